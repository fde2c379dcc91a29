#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# --progress: the bar on a terminal, the JSON lines, and silence elsewhere.
#
# Time is ours: a preloaded library says what the clock says, so that nothing here
# depends on how fast the machine is.
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
sh "$fx/sample.sh" s
sh "$fx/mkrun.sh" s small.run
head -c 12000000 /dev/zero > s/filler
sh "$fx/mkrun.sh" --compress none s big.run
opts="--no-cache $k --hooks $work/hooks"
TERM=xterm
export TERM
unset COLUMNS

# --- lines of JSON, and the words --------------------------------------------

run $opts --progress json big.run -o json.run
cp err lines
check '--progress json: exit 0' test "$status" -eq 0
grep '^{' lines > objects
check 'something is said' test -s objects
if command -v jq > /dev/null; then
    # all FILTER: it holds for the list of all objects.
    all() { jq -se "$1" < objects > /dev/null; }
    check 'every line is an object of these five' all 'all(.[]; keys == ["done","eta","phase","rate","total"])'
    check 'one object per line' test "$(jq -c . < objects | wc -l)" -eq "$(wc -l < objects)"
    check 'first it reads, then it writes' all '[.[].phase] | . == sort and unique == ["read","write"]'
    check 'reading ends with all of the file' all "[.[] | select(.phase == \"read\")] | last | .done == .total and .total == $(stat -c %s big.run)"
    check 'writing ends with all of the new one' all "[.[] | select(.phase == \"write\")] | last | .done == .total and .total == $(stat -c %s json.run)"
    check 'done never falls' all 'group_by(.phase) | all(.[]; [.[].done] | . == sort)'
    check 'nothing comes after the end of a phase' all '[.[] | select(.done == .total)] | length == 2'
    check 'the end is 0 s away' all 'all(.[] | select(.done == .total); .eta == 0 or .eta == null)'
    run $opts --progress json --repack full big.run -o full.run
    grep '^{' err > objects
    check 'a full repack, too, reads and writes to the end' all \
        '[.[] | select(.done == .total) | .phase] == ["read","write"]'
    run extract --progress=json big.run -C json.x
    cp err objects
    check 'extract reads and unpacks' all '[.[] | select(.done == .total) | .phase] == ["read","unpack"]'
    for verb in info verify "select $k"; do
        run $verb --progress json big.run
        cp err objects
        check "$verb reads" all '[.[] | select(.done == .total) | .phase] == ["read"]'
    done
    run $opts --progress json -q small.run -n
    cp err objects
    check 'small, -n and -q: still one line for reading' all '[.[].phase] == ["read"]'
    # Headers of an unknown kernel: decoded, and then nothing is built.
    mkdir -p h/include/generated h/include/linux h/include/config
    for f in linux/kernel.h generated/autoconf.h config/auto.conf; do : > h/include/$f; done
    echo '#define UTS_RELEASE "5.13.0-9-amd64"' > h/include/generated/utsrelease.h
    printf 'VERSION = 5\nPATCHLEVEL = 13\nSUBLEVEL = 0\n' > h/Makefile
    cp big.run other.run
    for verb in build matrix; do
        run $verb --progress json --hooks hooks big.run h
        grep '^{' err > objects
        check "$verb reads" all '[.[] | select(.done == .total) | .phase] | unique - ["unpack"] == ["read"]'
        run $verb --progress none --hooks hooks big.run h
        refute "$verb, none: no object" grep -q '^{' err
    done
    run matrix -j 4 --progress json --hooks hooks big.run other.run h
    grep '^{' err > objects
    check 'matrix of two: every line is whole' all 'all(.[]; keys == ["done","eta","phase","rate","total"])'
    run lint-set --build --progress json --from big.run --headers h
    grep '^{' err > objects
    check 'lint-set reads' all '[.[] | select(.done == .total) | .phase] | unique - ["unpack"] == ["read"]'
    run $opts --progress json --json small.run -n
    check 'with --json: the report is on standard output' json_ok out
    grep '^{' err > objects
    check 'and the lines on standard error' all 'length == 1'
else
    skip '--progress json' 'jq is missing'
fi
expect_status 'another word' 2 $opts --progress bar small.run -n
says 'it is named' "--progress: 'bar' is none of auto, none, json"
expect_status 'a verb without it' 2 support --progress none --driver 460.73.02 $k
run $opts --progress none -q big.run -o none.run
silent_on 'none: not a byte' err
for verb in info verify; do
    run $verb big.run
    silent_on "$verb into a file: not a byte on standard error" err
done
run extract big.run -C x
silent_on 'extract into a file: not a byte on standard error' err
run $opts big.run -o piped.run
refute 'patch into a file: no bar' grep -q -e '\[=' -e "$(printf '\r')" out err

# --- the bar ------------------------------------------------------------------

cat > clock.c << 'E'
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? atol(text) : 0;
}

/* Every look at the clock is FAKE_STEP milliseconds after the one before. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	static long ms = 1000000;

	if (id != CLOCK_MONOTONIC || !getenv("FAKE_STEP"))
		return (int)syscall(SYS_clock_gettime, id, t);
	ms += number("FAKE_STEP");
	t->tv_sec = ms / 1000;
	t->tv_nsec = ms % 1000 * 1000000;
	return 0;
}

/* Every large read takes FAKE_SLEEP milliseconds. */
ssize_t pread64(int fd, void *buf, size_t len, off64_t off)
{
	if (len >= 65536)
		usleep((useconds_t)(1000 * number("FAKE_SLEEP")));
	return syscall(SYS_pread64, fd, buf, len, off);
}
E
if ! python3 -c 'import pty; pty.openpty()' 2> /dev/null; then
    skip 'the bar' 'needs python3 and a pty'
    finish
elif ! ${CC:-cc} -shared -fPIC -o clock.so clock.c 2> /dev/null; then
    skip 'the bar' 'the compiler makes no library'
    finish
fi
# tty [OPTION...] -- ARG...: gridpatch on a terminal; every look at the clock is
# $step milliseconds after the last one.
step=150
sleep=0
tty() {
    words=
    while [ "$1" != -- ]; do
        words="$words $1"
        shift
    done
    shift
    python3 "$fx/terminal.py" $words raw env LD_PRELOAD="$work/clock.so" ASAN_OPTIONS=verify_asan_link_order=0 \
        FAKE_STEP="$step" FAKE_SLEEP="$sleep" "$GRIDPATCH" "$@"
    status=$?
    tr '\r' '\n' < raw | sed "s/$(printf '\033')\[K//" > raw.lines
}
bars() { grep -c '%' raw.lines; }

tty -- $opts big.run -o bar.run
check 'on a terminal: exit 0' test "$status" -eq 0
check 'the output is the same' cmp bar.run piped.run
check 'a bar while it reads' grep -q '^read   \[=* *\] *[0-9]*%  [0-9.]* MB of 12.[0-9] MB  [0-9.]* MB/s  0:[0-9][0-9] left' raw.lines
check 'a bar while it writes' grep -q '^write  \[=* *\] *[0-9]*%  ' raw.lines
check 'it is full at the end' grep -q '^write  \[=*\] 100%' raw.lines
refute 'nothing of it is left' grep -q -e '%' -e '\[=' raw.screen
check 'the report starts at the left' sh -c 'head -n 1 raw.screen | grep -q "^driver  "'
check 'the last line is that of the report' sh -c 'tail -n 1 raw.screen | grep -q "sh ./bar.run --dkms" || tail -n 3 raw.screen | grep -q warning'
check 'warnings stand at the left, too' grep -q '^gridpatch: warning: kernel 5.12.9 is untested' raw.screen

for n in 132 60 40 30 20 12 5 1; do
    tty --columns $n -- info big.run
    [ "$n" -lt 12 ] || check "$n columns: there is one" test "$(bars)" -gt 0
    check "$n columns: it fits" sh -c "grep % raw.lines | awk 'length > $n - 1 { exit 1 }'"
    check "$n columns: all of the report" grep -q '^installer  big.run' raw.screen
done
tty --columns 0 -- info big.run
check 'a terminal that does not tell: 80 columns' grep -q '^read   \[=.* left' raw.lines
export COLUMNS=20
tty --columns 0 -- info big.run
unset COLUMNS
check 'or what COLUMNS says' sh -c "grep % raw.lines | awk 'length > 19 { exit 1 }'"

for verb in verify info "select $k"; do
    tty -- $verb big.run
    check "$verb has one" test "$(bars)" -gt 0
    refute "$verb: nothing is left" grep -q '%' raw.screen
done
tty -- extract big.run -C bar.x
check 'extract has one for reading' grep -q '^read   \[=' raw.lines
check 'and one for unpacking' grep -q '^unpack \[=' raw.lines
check 'unpacking fills it' grep -q '^unpack \[=*\] 100%' raw.lines
refute 'nothing is left' grep -q '%' raw.screen

# Errors.
head -c 9000000 big.run > cut.run
tty -- info cut.run
check 'a damaged file: exit 3' test "$status" -eq 3
check 'there was a bar' test "$(bars)" -gt 0
check 'the error stands alone' test "$(cat raw.screen)" = "$(grep "^gridpatch: 'cut.run'" raw.screen)"
sleep=100
tty --interrupt '%' -- $opts big.run -o int.run
check 'Ctrl-C: it dies of it' test "$status" -eq 130
refute 'no output' test -e int.run
check 'and the message stands alone' test "$(cat raw.screen)" = "$(grep '^gridpatch: ' raw.screen)"
sleep=0

# Where there is none.
tty -- $opts -q big.run -o q.run
check '-q: not a byte' test ! -s raw
tty -- $opts --progress none big.run -n
check 'none: no bar' test "$(bars)" -eq 0
export TERM=dumb
tty -- info big.run
check 'TERM=dumb: no bar' test "$(bars)" -eq 0
unset TERM
tty -- info big.run
check 'no TERM: no bar' test "$(bars)" -eq 0
export TERM=xterm
tty -- info --json big.run
check '--json onto the terminal: no bar' test "$(bars)" -eq 0
tty --stdout report.json -- info --json big.run
check '--json into a file: a bar' test "$(bars)" -gt 0
check 'which is gone in the end' test -z "$(tr -d '\n' < raw.screen)"
check 'the report is JSON' json_ok report.json
step=0
tty -- $opts big.run -n
check 'no time passes: no bar' test "$(bars)" -eq 0
step=10
tty -- $opts big.run -n
check 'less than half a second: no bar' test "$(bars)" -eq 0
tty -- info --progress json big.run
check 'ten lines a second at most' test "$(grep -c '^{' raw.lines)" -le 3
finish
