#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# What a run says without -v: what it came to, in eight lines; what a kernel that stops it
# wants to be typed; and colours where there is a terminal, and where somebody asks.
. "$(dirname "$0")/lib.sh"
sh "$fx/hooks.sh" hooks
make_sample s --version 460.73.02
lines() { grep -c . "$1"; }
heads() { sed -n 's/^\([a-z][a-z]*\)  .*/\1/p' "$1" | tr '\n' ' '; }
esc=$(printf '\033')

# --- eight lines ----------------------------------------------------------------------
expect_status 'a run' 0 -k 5.12.9 --hooks hooks s.run -o a.run
check 'eight lines' test "$(lines out)" -eq 8
check 'what they are about' test "$(heads out)" = 'driver kernel sets hooks userspace wrote '
says 'the verdict' 'kernel     5.12.9: untested (by version, its headers are not at hand); builds yes, loads unknown, unlocks yes' out
says 'the sets' 'vgpu-vfio-eventfd vgpu-vfio-symbol-get' out
says 'the next command' '  sh ./a.run --dkms' out
# Numbers, against those of the report that has all of it.
expect_status 'with -v' 0 -v -k 5.12.9 --hooks hooks s.run -o a.run -f
cp out all
hunks=$(sed -n 's/^    [a-z].*: \([0-9]*\) hunks\{0,1\}.*/\1/p' all | awk '{ n += $1 } END { print n }')
moved=$(sed -n 's/.* hunks\{0,1\}, \([0-9]*\) at an offset.*/\1/p' all | awk '{ n += $1 } END { print n }')
files=$(sed -n 's/^changed    \([0-9]*\) files/\1/p' all)
check 'with -v each patch is there' test "$hunks" -gt 20 -a "$moved" -gt 5
expect_status 'without' 0 -k 5.12.9 --hooks hooks s.run -o a.run -f
says 'as many hunks, moved ones and files' ": $hunks hunks, $moved at an offset" out
says 'and files' ", $files files changed" out
sed -n 's/^set        //p' all > want
sed -n 's/^sets       \(.*\): .*/\1/p' out | tr ' ' '\n' > got
check 'the sets are those of -v' diff want got
for w in '  rule     ' 'payload    ' 'repack     ' 'covers     ' '  builds   '; do
    check "-v says '$w'" grep -q "^$w" all
    refute "else not: '$w'" grep -q "^$w" out
done

# --- kernels that stop it -------------------------------------------------------------
expect_status 'a blocked kernel' 1 -k 5.13.2 --hooks hooks s.run -o b.run
check 'three lines' test "$(lines out)" -eq 3
says 'the verdict' 'kernel     5.13.2: blocked' out
says 'what to type' 'next       gridpatch advise -k 5.13.2' out
check 'the reason, and the one Instead, once' test "$(cat out err | grep -c 'Instead: ')" -eq 1
says 'beside the reason' 'does not build with the mdev interface'
run advise -k 5.13.2
check 'what is to be typed works' test "$status" -le 1 -a -s out
expect_status 'allowed' 0 -k 5.13.2 --allow blocked --hooks hooks s.run -o b.run
refute 'nothing to type instead' grep -q '^next ' out
says 'the override' 'override   ' out

# --- several ---------------------------------------------------------------------------
expect_status 'two kernels' 0 -k 5.12.9 -k 5.11.22 --hooks hooks s.run -o c.run
check 'a line of each' test "$(grep -c '^kernel ' out)" -eq 2

# --- colours ---------------------------------------------------------------------------
unset NO_COLOR CLICOLOR CLICOLOR_FORCE
coloured() { grep -q "${esc}\[33muntested${esc}\[0m" out; }
k='-k 5.12.9 --hooks hooks s.run -n'
# shellcheck disable=SC2086 # words
{
    run $k
    cp out plain
    refute 'to a file: none' grep -q "$esc" out
    run $k --color
    check '--color: some' coloured
    sed "s/$esc\[[0-9]*m//g" out > bare
    check 'and the same words' diff plain bare
    run $k --color=always
    check '--color=always' coloured
    CLICOLOR_FORCE=1 run $k
    check 'CLICOLOR_FORCE' coloured
    CLICOLOR_FORCE=1 NO_COLOR=1 run $k
    refute 'NO_COLOR is before it' grep -q "$esc" out
    NO_COLOR=1 run $k --color=always
    check 'and --color before that' coloured
    CLICOLOR_FORCE=1 run $k --color=never
    refute '--color=never' grep -q "$esc" out
    run --color=always $k
    check 'before the verb' coloured
    expect_status '--color with another word' 2 $k --color=green
    run select --driver 460.73.02 -k 5.12.9 --color=always
    check 'select, too' coloured
    run $k --color
    check 'a warning' grep -q "^gridpatch: ${esc}\[33mwarning: ${esc}\[0m" err
    refute 'never more than its name' grep -q "${esc}.*${esc}.*${esc}" err
    run select --color --driver 5x -k 5.12.9
    check 'an error' grep -q "^${esc}\[31mgridpatch: ${esc}\[0m'5x' is no" err
    run select --color --no-such
    check 'and of a wrong command line' grep -q "^${esc}\[31mgridpatch: ${esc}\[0mno such" err
    CLICOLOR_FORCE=1 run selct
    check 'and where there is no verb' grep -q "^${esc}\[31mgridpatch: ${esc}\[0m" err
    run select --driver 5x -k 5.12.9
    refute 'none to a file' grep -q "$esc" err
}
if python3 -c 'import pty' 2> /dev/null; then
    # tty COLUMNS [NAME=VALUE…]: the run, at a terminal.
    cat > atty.py << 'E2'
import os, pty, struct, sys, fcntl, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    env = dict(os.environ, TERM="xterm")
    env.pop("COLUMNS", None)
    for pair in sys.argv[2].split():
        env[pair.split("=")[0]] = pair.split("=")[1]
    os.execve(sys.argv[3], sys.argv[3:], env)
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
E2
    tty() { python3 atty.py "$1" "$2" "$GRIDPATCH" -k 5.12.9 --hooks hooks s.run -n 2>&1 | tr -d '\r' > out; }
    tty 100 ''
    check 'a terminal: colours' coloured
    tty 100 NO_COLOR=1
    refute 'NO_COLOR at a terminal' grep -q "$esc" out
    tty 100 TERM=dumb
    refute 'a terminal that has none' grep -q "$esc" out
    tty 60 NO_COLOR=1
    sed -n '/^sets /,/^hooks /p' out | sed '$d' > sets
    check '60 columns: the sets keep to them' sh -c 'test "$(wc -l < sets)" -gt 3 && ! grep -E "^.{61}" sets'
    tr -s ' \n' '  ' < sets > one
    grep '^sets ' plain | tr -s ' \n' '  ' > want
    check 'and are whole' diff want one
else
    skip 'a terminal' 'python3 is missing'
fi
finish
