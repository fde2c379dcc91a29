#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest; commands are words
# A call to the system that fails is no answer: each look, open, read, listing and
# close of apply, push, pop and extract fails in turn. Then all is done nevertheless,
# or the status is 4, a name and the reason are said, and nothing has changed.
. "$(dirname "$0")/lib.sh"

if grep -q __asan_init "$GRIDPATCH"; then
    skip failures 'a sanitizer has its own calls'
    finish
fi
if ! ${CC:-cc} -O1 -shared -fPIC -o fault.so "$fx/fault.c" -ldl 2> err; then
    skip failures 'the compiler makes no library'
    finish
fi
unset QUILT_PATCHES QUILT_SERIES QUILT_PC
EIO=5

# faulty CALL N [ERROR]: gridpatch $command, whose Nth such call fails.
faulty() {
    FAULT_CALL=$1 FAULT_AT=$2 FAULT_ERROR=${3-$EIO} FAULT_COUNT=$work/count LD_PRELOAD=$work/fault.so \
        "$GRIDPATCH" $command > out 2> err < /dev/null
    status=$?
}

# The tree, and what each verb makes of it.
mkdir -p old/src old/doc old/empty/deep
printf 'int a;\nint b;\n' > old/src/a.c
printf 'gone\n' > old/doc/gone.txt
printf 'only\n' > old/empty/deep/only.c
printf 'stays\n' > old/stays
mkdir old/patches
cat > old/patches/one.patch << 'E'
--- a/src/a.c
+++ b/src/a.c
@@ -1,2 +1,2 @@
-int a;
+int one;
 int b;
--- /dev/null
+++ b/src/new/n.c
@@ -0,0 +1 @@
+int n;
--- a/empty/deep/only.c
+++ /dev/null
@@ -1 +0,0 @@
-only
E
cat > old/patches/two.patch << 'E'
--- a/doc/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone
E
printf 'one.patch\ntwo.patch\n' > old/patches/series
cp old/patches/one.patch .
cp -a old applied && "$GRIDPATCH" apply -q -d applied one.patch
cp -a old pushed && "$GRIDPATCH" push -q -a -d pushed
cp -a pushed popped && "$GRIDPATCH" pop -q -a -d popped
find applied pushed popped -depth -type d -empty -delete
check 'the tree is what it should be' test -e applied/src/new/n.c -a -e pushed/.pc/applied-patches -a ! -e pushed/doc

# Times are quilt's to look at, and ours to leave.
same() { diff -r --no-dereference "$1" "$2" > said 2>&1; }

wrong() { bad="$bad; $1"; }
# judge WHAT BEFORE AFTER: is T one of the two, and does the status say which?
judge() {
    tries=$((tries + 1))
    case $status in
        0)
            # What could not be tidied up the next run removes.
            [ ! -e T/.gridpatch-journal ] || "$GRIDPATCH" apply -q --recover -d T > said 2>&1
            find T -depth -type d -empty -delete
            same T "$3" || wrong "$1: exit 0, but $(head -n 1 said)" ;;
        4)
            same T "$2" || wrong "$1: exit 4, but $(head -n 1 said)"
            grep -q "'.*Input/output error\|Input/output error.*'" err || wrong "$1: $(cat err)"
            ;;
        *) wrong "$1: exit $status: $(cat err)" ;;
    esac
}
# each WHAT BEFORE AFTER: all of $calls, one after the other.
each() {
    for call in $calls; do
        bad='' tries=0
        rm -rf T && cp -a "$2" T
        faulty $call 0
        n=$(cat count)
        i=1
        while [ $i -le "$n" ]; do
            rm -rf T && cp -a "$2" T
            faulty $call $i
            judge "$call $i" "$2" "$3"
            i=$((i + 1 + n / 40)) # of many, some
        done
        if [ -z "$bad" ]; then ok "$1: $tries times $call fails"; else not_ok "$1: $call: $(printf '%s' "${bad#; }" | cut -c-700)"; fi
    done
}

calls='stat open read readdir close write link mkdir rename unlink'
command='apply -d T one.patch'
each apply old applied
calls='stat open read close'
command='push -a -d T'
each push old pushed
calls='stat open read readdir close'
command='pop -a -d T'
each pop pushed popped

# extract: what is there in the end is whole, or nothing.
make_sample s
mkdir x0 x1 && "$GRIDPATCH" extract -q s.run -C x1/out && find x1 -depth -type d -empty -delete
command='extract s.run -C T/out'
calls='open read readdir close'
each extract x0 x1

# --- the data, and kernel headers -------------------------------------------------------

cp -R "$repo/kernel-versions" "$repo/patches" . && mkdir data && mv kernel-versions patches data
GRIDPATCH_DATA=$work/data
export GRIDPATCH_DATA
mkdir -p h/include/linux h/include/generated h/include/config h/arch/x86/include/asm
: > h/include/linux/kernel.h
: > h/include/generated/autoconf.h
echo '#define UTS_RELEASE "5.12.9-test"' > h/include/generated/utsrelease.h
echo CONFIG_X86_64=y > h/include/config/auto.conf
printf 'VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 9\n' > h/Makefile
cat >> data/kernel-versions/5.12 << 'E'

Driver: any
Probe: header linux/asked.h
Patches: task-state
Reason: a header decides
E

# The answer is the same, or none is given.
command='select --driver 460.73.02 -k 5.12.9-test --headers h'
run $command
cp out answer
said=$status
for call in stat open read readdir; do
    bad='' tries=0
    faulty $call 0
    n=$(cat count)
    i=1
    while [ $i -le "$n" ]; do
        faulty $call $i
        tries=$((tries + 1))
        if [ $status -eq "$said" ] && cmp -s out answer; then :
        elif [ $status -eq 4 ] && grep -q "'.*Input/output error" err; then :
        else wrong "$call $i: exit $status instead of $said: $(cat err; diff answer out | head -n 3)"; fi
        i=$((i + 1 + n / 40))
    done
    if [ -z "$bad" ]; then ok "select: $tries times $call fails"; else not_ok "select: $call: $(printf '%s' "${bad#; }" | cut -c-700)"; fi
done
ln -s asked.h h/include/linux/asked.h
expect_status 'a probe that runs in circles is no no' 4 $command
says 'it says where' 'asked.h'
rm h/include/linux/asked.h

# What stands for a line, or a set, and cannot be read would take its block away.
command='select --driver 460.73.02 -k 5.13.4'
expect_status '5.13 is blocked' 1 $command
mv data/kernel-versions/5.13 5.13
ln -s nowhere data/kernel-versions/5.13
expect_status 'its file is a link to nowhere' 4 $command
says 'it says which' 'kernel-versions/5.13'
rm data/kernel-versions/5.13 && mkdir data/kernel-versions/5.13
expect_status 'a directory' 3 $command
says 'it says which' 'kernel-versions/5.13'
rmdir data/kernel-versions/5.13 && mkfifo data/kernel-versions/5.13
expect_status 'a pipe' 3 $command
rm data/kernel-versions/5.13 && cp 5.13 data/kernel-versions/5.13
ln -s nowhere data/patches/task-later
expect_status 'a set that is a link to nowhere' 3 $command
says 'it says which' 'patches/task-later'
rm data/patches/task-later && mkdir over over/kernel-versions && ln -s nowhere over/kernel-versions/5.13
expect_status 'the same in a directory that lies over it' 4 $command --data over
ln -sfn nowhere over/kernel-versions/drivers && rm over/kernel-versions/5.13
expect_status 'the list of drivers' 4 $command --data over
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
    cp "$GRIDPATCH" gridpatch && chmod 0755 gridpatch && chmod -R a+rX data h
    nobody() {
        setpriv --reuid 65534 --regid 65534 --clear-groups "$work/gridpatch" "$@" > out 2> err < /dev/null
        status=$?
    }
    nobody $command
    check 'another user: blocked, too' test $status -eq 1
    chmod 0 data/kernel-versions/5.13
    nobody $command
    check 'a file that one may not read: exit 4' test $status -eq 4
    chmod 0644 data/kernel-versions/5.13
    chmod 0 data/kernel-versions
    nobody $command
    check 'a directory that one may not read: exit 4' test $status -eq 4
    chmod 0755 data/kernel-versions
    chmod 0 h/include/linux
    nobody select --driver 460.73.02 -k 5.12.9-test --headers h
    check 'headers that one may not read: exit 4' test $status -eq 4
    says 'it says where' 'h/include/linux'
    chmod 0755 h/include/linux
else
    skip 'as another user' 'needs root and setpriv'
fi
unset GRIDPATCH_DATA

# --- memory ---------------------------------------------------------------------------

# Half way there is nothing but memory that was asked for before; or the message says
# how to go back.
bad='' tries=0
command='apply -d T one.patch'
rm -rf T && cp -a old T
faulty malloc 0
n=$(cat count)
i=1
while [ $i -le "$n" ]; do
    rm -rf T && cp -a old T
    FAULT_ON=y
    export FAULT_ON
    faulty malloc $i
    unset FAULT_ON
    if [ -e T/.gridpatch-journal/journal ] && ! grep -q 'apply --recover' err; then
        wrong "malloc $i: half changed, and $(cat err)"
    fi
    # Without a journal's name nothing has happened; with all done it has lost it.
    [ ! -e T/.gridpatch-journal ] || "$GRIDPATCH" apply -q --recover -d T > said 2>&1 || wrong "malloc $i: $(cat said)"
    same T old || same T applied || wrong "malloc $i: exit $status, $(head -n 1 said)"
    tries=$((tries + 1))
    i=$((i + 7))
done
if [ -z "$bad" ]; then ok "$tries times no memory"; else not_ok "no memory: $(printf '%s' "${bad#; }" | cut -c-700)"; fi

# --- an installer that changes between the two passes -----------------------------------

# change HOW WHAT: at the first mkdir, when all of it has been read once.
change() {
    cp "$1.run" in.run
    FAULT_CALL=mkdir FAULT_AT=1 FAULT_RUN="$2" LD_PRELOAD=$work/fault.so "$GRIDPATCH" extract in.run -C x/out > out 2> err
    status=$?
    check "$3: exit 3" test $status -eq 3
    check "$3: nothing is there" test -z "$(ls -A x)"
    says "$3: says which" "'in.run'"
}
mkdir x
sh "$fx/mkrun.sh" --compress none s plain.run
change plain 'printf X | dd of=in.run bs=1 seek=30000 conv=notrunc 2> /dev/null' 'a byte of a file'
cp -a s other && echo longer >> other/LICENSE && sh "$fx/mkrun.sh" --compress none other other.run
change plain 'cat other.run > in.run' 'another installer'
cp -a s linked && rm linked/LICENSE && ln -s ../../../etc/passwd linked/LICENSE
sh "$fx/mkrun.sh" --compress none linked linked.run
change plain 'cat linked.run > in.run' 'a file is a link'
change plain 'truncate -s 30000 in.run' 'its end is gone'
change s 'printf XX | dd of=in.run bs=1 seek=20000 conv=notrunc 2> /dev/null' 'compressed: a byte'

# --- sets that change while they are used -----------------------------------------------

# part FOLDER FILE SCOPE [TREE]: a set whose one patch adds a word behind line 2 of a
# file; it can be the first word or the second.
part() {
    mkdir -p "$1" && echo x.patch > "$1/series"
    for word in first second; do
        (
            printf 'Description: a test\n%s\n--- a/%s\n+++ b/%s\n@@ -1,4 +1,5 @@\n' "$3" "$2" "$2"
            sed -n "1,4s/^/ /p; 2s|.*|+ * the $word ${1##*/}|p" "${4:-s}/$2"
        ) > "$1/$word"
    done
}
sh "$fx/hooks.sh" hooks
part live/patches/neutral kernel/nvidia/os-interface.c 'Scope: neutral'
part live/patches/late kernel/nvidia/nv-frontend.c ''
part live/patches/hooked vgpu_unlock_hooks.c 'Scope: hooks' hooks
part mine kernel/common/inc/nv-linux.h ''
part mine-dkms kernel/nvidia/i2c_nvswitch.c ''
sets='live/patches/neutral live/patches/late live/patches/hooked mine mine-dkms'
mkdir live/kernel-versions
cat > live/kernel-versions/5.12 << 'E'
Kernel: 5.12
Status: supported
Changes: a test

Driver: 460
Patches: neutral late hooked
Load: unknown
Evidence: [inference] a test
E
GRIDPATCH_DATA=$work/live
export GRIDPATCH_DATA sets
# put first, put second
cat > put << 'E'
for d in $sets; do cp "$d/$1" "$d/new" && mv "$d/new" "$d/x.patch"; done
E
# What the lock and the history say of each set is what the output has.
agree() {
    rm -rf y && unrun T/out.run y || return
    for d in $sets; do
        name=${d##*/}
        case $name in
            hooked) f=unlock/vgpu_unlock_hooks.c ;;
            late | mine-dkms) f=patches/$name-x.patch ;;
            neutral) f=nvidia/os-interface.c ;;
            *) f=common/inc/nv-linux.h ;;
        esac
        word=$(sed -n "s/.* the \([a-z]*\) $name\$/\1/p" y/kernel/$f)
        sum=$(cat "$d/series" "$d/$word" | sha256sum | cut -d' ' -f1)
        sed -n "/^Set: $name\$/,/^\$/p" T/l | grep -qx "SHA256: $sum" &&
            grep -q "patch set $name sha256 $sum" y/pkg-history.txt || return
        words="$words $word"
    done
}
command="patch s.run $k --hooks hooks --patches mine-dkms --patch-match ^5 --patches mine --no-cache -o T/out.run --write-lock T/l"
bad=
words=
sh put first
rm -rf T && mkdir T
faulty open 0 0
n=$(cat count)
check 'sets that stay: lock, history and output agree' agree
at=2
while [ "$at" -le "$n" ]; do
    sh put first
    rm -rf T && mkdir T
    FAULT_RUN="sh $work/put second" faulty open "$at" 0
    [ $status -eq 0 ] && agree || bad="$bad $at"
    at=$((at + 3))
done
check "sets that change at one of $n opens: lock, history and output agree" test -z "$bad"
[ -z "$bad" ] || echo "#   they do not:$bad"
check 'some changed early enough' test "${words#* second}" != "$words"
unset GRIDPATCH_DATA

# --- a failure behind the name ----------------------------------------------------------

command="patch s.run $k --no-hooks --no-cache -o T/out.run"
rm -rf T && mkdir T
faulty fsync 0
n=$(cat count)
rm -rf T && mkdir T
faulty fsync "$n"
check 'the directory cannot be synced: exit 4' test $status -eq 4
says 'it is said that the output is there' 'it is there all the same'
check 'and it is' test -x T/out.run
finish
