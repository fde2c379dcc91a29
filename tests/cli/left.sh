#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest; $as is words
# What is left of a build when gridpatch is killed: nothing, of whatever the package
# started, and the next run clears the scratch directory. No real headers are needed:
# the package's Makefile goes on as it likes.
. "$(dirname "$0")/lib.sh"

if [ ! -r /proc/self/environ ]; then
    skip 'what is left' '/proc is not mounted'
    finish
fi
sh "$fx/buildable.sh" tree && sh "$fx/buildable.sh" --data data --line 6.1
for r in 6.1.0-1-amd64 6.1.0-2-amd64; do
    mkdir -p h-$r/include/linux h-$r/include/generated h-$r/include/config
    : > h-$r/include/linux/kernel.h
    echo "#define UTS_RELEASE \"$r\"" > h-$r/include/generated/utsrelease.h
    echo 'CONFIG_MODULES=y' > h-$r/include/config/auto.conf
    : > h-$r/Makefile
    # What a build is not begun without.
    mkdir -p h-$r/scripts/mod
    printf '#!/bin/sh\n' > h-$r/scripts/mod/modpost
    chmod +x h-$r/scripts/mod/modpost
    : > h-$r/Module.symvers
done
headers=h-6.1.0-1-amd64
both="--headers $headers --headers h-6.1.0-2-amd64"
# Daemons: one that has left its group and its parent, one that is deaf as well.
cat > start << 'EOF'
setsid sh -c 'sleep 300 & exit 0' &
(setsid sh -c "trap '' TERM HUP INT; (sleep 300; :)" &) &
EOF
# package NAME COMMAND: one whose make starts them and then does that.
package() {
    cp -R tree "$1"
    cp start "$1/kernel/start.sh"
    printf 'modules:\n\tsh start.sh; %s\n' "$2" > "$1/kernel/Makefile"
}
package hang 'sleep 300'
package fails 'sleep 0.2; exit 3'
sh "$fx/mkrun.sh" hang hang.run > /dev/null

# make keeps ccache's variables, and so do all that it starts.
mark=gridpatch-left-$$
CCACHE_MARK=$mark GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
export CCACHE_MARK GRIDPATCH_DATA TMPDIR
mkdir scratch
marked() { grep -lsF "CCACHE_MARK=$mark-run" /proc/[0-9]*/environ 2> /dev/null | wc -l; }
# In tenths of a second.
until_marked() {
    n=0
    while [ $n -le "$2" ]; do
        now=$(marked)
        if [ "$1" = none ] && [ "$now" -eq 0 ]; then return 0; fi
        if [ "$1" != none ] && [ "$now" -ge "$1" ]; then return 0; fi
        sleep 0.1
        n=$((n + 1))
    done
    return 1
}
left_nothing() { [ -z "$(ls -A "$work/scratch")" ]; }

# killed WHAT HOW-MANY ARG…: started, killed when so many processes are there.
killed() {
    whose=$1
    many=$2
    shift 2
    CCACHE_MARK=$mark-run $as "$GRIDPATCH" "$@" > out 2> err < /dev/null &
    pid=$!
    if ! until_marked "$many" 100; then
        not_ok "$whose: it never ran"
    fi
    kill -9 $pid
    wait $pid 2> /dev/null
    check "$whose: all is gone within a second" until_marked none 10
    refute "$whose: its scratch directory is there" left_nothing
}

# What every way must do. $as: who runs it.
each_way() {
    way=$1
    name=$2
    GRIDPATCH_CONFINE=$way
    export GRIDPATCH_CONFINE
    $as "$GRIDPATCH" build fails --headers $headers -v -f -o kept > out 2> err < /dev/null
    status=$?
    if grep -q "cannot run 'make': Operation not permitted" out err; then
        skip "$name" 'it is not allowed here'
        return
    fi
    check "$name: make fails: exit 1" test $status -eq 1
    says "$name: -v says it" "make is confined by $name"
    says "$name: the status of its command" 'Error 3' kept/6.1.0-1-amd64/build.log
    check "$name: nothing is left" left_nothing
    CCACHE_MARK=$mark-run $as "$GRIDPATCH" build fails --headers $headers > out 2> err < /dev/null
    check "$name: no daemon is left" until_marked none 0
    # gridpatch, keeper, make, sh, three of sleep and what holds them
    killed "$name: build" 8 build hang --headers $headers
    $as "$GRIDPATCH" build fails --headers $headers > out 2> err < /dev/null
    check "$name: the next run clears it" left_nothing
    killed "$name: matrix" 14 matrix hang $both -j 2
    $as "$GRIDPATCH" matrix fails $both > out 2> err < /dev/null
    check "$name: the next matrix clears it" left_nothing
}

as=
each_way pids 'a PID namespace'
each_way watch 'a process that watches'
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    cp "$GRIDPATCH" nobodys
    GRIDPATCH=$work/nobodys
    chown -R 65534:65534 "$work"
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
each_way user 'a user and PID namespace'
# root builds in no scratch that is another user's.
[ -z "$as" ] || chown -R "$(id -u):$(id -g)" "$work"
as=
unset GRIDPATCH_CONFINE
run build fails --headers $headers -v
check 'without a word the first way that there is' grep -q 'make is confined by a' err
killed "patch --build" 8 hang.run --no-hooks --headers $headers --build -o out.run
run build fails --headers $headers
check 'the next run clears that' left_nothing
GRIDPATCH_CONFINE=prison
export GRIDPATCH_CONFINE
run build fails --headers $headers
says 'a way that there is not' "GRIDPATCH_CONFINE: 'prison' is not one of pids, user, watch" out
finish
