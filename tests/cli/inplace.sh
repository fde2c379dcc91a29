#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest; $k and commands are words
# gridpatch patch DIR and --undo: the sources of an installed driver, changed where they
# lie. Judges: tar and diff for the backup and the way back, dkms for what it is told.
# tests: ops/job/inplace ops/job/undo ops/run/backup ops/driver/dkmsstate
# slow: 20 s
. "$(dirname "$0")/lib.sh"

make_sample s
sh "$fx/hooks.sh" hooks
d=src/nvidia-460.73.02
backups() { find src -maxdepth 1 -name "${1##*/}.gridpatch-*" | wc -l; }
# fresh: src/ with the tree, odd things in it, and before/ as it is.
fresh() {
    rm -rf src before dkms
    mkdir src dkms
    cp -a pristine $d
    cp -a pristine before
}
odd_things() {
    printf 'x\n' > "$1/an odd
name"
    ln -s nvidia/os-interface.c "$1/link"
    ln -s /nowhere "$1/dangling"
    mkdir "$1/empty"
    chmod 0711 "$1/empty"
    chmod 0640 "$1/Kbuild"
    touch -d '2020-02-03 04:05:06' "$1/nvidia/os-interface.c" "$1/Makefile" "$1/common"
    [ "$(id -u)" -ne 0 ] || chown 5:7 "$1/nvidia/os-interface.c" "$1/conftest.sh"
}
sh "$fx/installed.sh" s pristine || exit 1
odd_things pristine
# What diff does not see: modes, owners, links, and that nothing else is beside it.
state() { (cd "$1" && find . -printf '%P %y %m %U %G %l %s\n' | sort | grep -v '^ ' && find . -type f -exec sha256sum {} + | sort); }
untouched() { [ "$(state $d)" = "$(state before)" ] && [ "$(ls -A src)" = nvidia-460.73.02 ]; }
patch_it="patch $k --hooks hooks --dkmstree dkms $d"

# --- nothing is changed ---------------------------------------------------------------
fresh
expect_status 'a dry run' 0 $patch_it -n
says 'it says what it would do' 'would be changed, after a backup beside it' out
check 'and does nothing' untouched
expect_status '-o' 2 $patch_it -o x
says 'it says why' '-o is for installers'
expect_status 'an extracted installer' 2 patch $k s
says 'what to do' 'an extracted installer: give the .run'
expect_status 'any directory' 2 patch $k hooks
says 'what it may be' '/usr/src/nvidia-VERSION'
expect_status 'a blocked kernel' 1 patch -k 6.12.1 --hooks hooks $d
expect_status 'hooks that are not there' 4 patch $k --hooks s $d
mkdir out-of
printf -- '--- a/LICENSE\n+++ b/LICENSE\n@@ -0,0 +1 @@\n+x\n' > out-of/x.patch
sed -i 's,a/LICENSE,/dev/null,' out-of/x.patch
echo x.patch > out-of/series
expect_status 'a patch for a file beside kernel/' 3 $patch_it --patches out-of
says 'it says so' 'lies outside of kernel/'
sed 's/@@ -2,3/@@ -2,9/' > mis.patch << 'EOT'
--- a/kernel/nvidia/os-interface.c
+++ b/kernel/nvidia/os-interface.c
@@ -1,3 +1,3 @@
 /*
- * Nobody wrote this.
+ * Nor this.
  */
EOT
expect_status 'a hunk that does not match' 1 $patch_it --patches mis.patch
mkdir unlock
: > unlock/config.toml
expect_status 'what is for a package' 2 $patch_it --unlock-config unlock
expect_status 'a card of vgpuConfig.xml, which is not there' 2 $patch_it --profile-clone 1b38=1b39
expect_status 'an installer besides' 2 $patch_it s.run
expect_status 'two trees' 2 $patch_it $d
check 'all this changes nothing' untouched

# --- it is changed ------------------------------------------------------------------------
tar -C src -cf before.tar nvidia-460.73.02
expect_status 'patch' 0 $patch_it --json=j --write-lock l -f
b=$(ls -d $d.gridpatch-*)
says 'the backup is named' "backup     $work/$b" out
check 'by its time' sh -c 'echo "$1" | grep -Eq "^src/nvidia-460\.73\.02\.gridpatch-20[0-9]{6}T[0-9]{6}Z\.tar\.zst$"' x "$b"
check 'only for its owner' test "$(stat -c %a "$b")" = 600
check 'JSON: the backup' json_is j .tree.backup "$work/$b"
check 'the lock is written' grep -q '^Installer: nvidia-460.73.02$' l
if command -v zstd > /dev/null; then
    check 'zstd takes it' zstd -tq "$b"
    mkdir x
    tar -xpf "$b" -C x --numeric-owner
    check 'tar: files, links' diff -r --no-dereference x/nvidia-460.73.02 before
    check 'modes, owners, sizes' test "$(state x/nvidia-460.73.02)" = "$(state before)"
    # Owners and times, too, to the second.
    mv src/nvidia-460.73.02 src/now
    cp -a before src/nvidia-460.73.02
    check 'tar --compare finds no difference' tar --compare -f "$b" -C src
    rm -r src/nvidia-460.73.02 x
    mv src/now src/nvidia-460.73.02
else
    skip 'the backup, by tar' 'zstd is missing'
fi
# The same as an installer gets, below kernel/.
run $k --hooks hooks s.run -o s-out.run --no-cache
unrun s-out.run o
check 'the sources are those of a patched installer' diff -r --no-dereference -x dkms.conf -x gridpatch-history.txt \
    -x 'an odd*' -x link -x dangling -x empty $d o/kernel
check 'so is what keeps dkms from blocked kernels' test "$(grep ^BUILD_EXCLUSIVE $d/dkms.conf)" = "$(grep ^BUILD_EXCLUSIVE o/kernel/dkms.conf)"
check 'what was not changed keeps its time' test "$(stat -c %Y $d/Makefile)" = "$(stat -c %Y before/Makefile)"
check 'what was changed keeps its owner' test "$(stat -c %u:%g $d/conftest.sh)" = "$(stat -c %u:%g before/conftest.sh)"
check 'and its mode' test "$(stat -c %a $d/conftest.sh)" = 755
expect_status 'info' 0 info $d
says 'who changed it' "by gridpatch on 20" out
expect_status 'verify' 0 verify $d

cp -a $d patched
expect_status 'twice' 0 $patch_it
says 'it says so' 'has all of it: nothing was changed' out
check 'nothing is changed' test "$(state $d)" = "$(state patched)"
check 'no second backup' test "$(backups $d)" -eq 1

# --- and back --------------------------------------------------------------------------
expect_status '--undo -n' 0 patch --undo -n $d
check 'changes nothing' test "$(state $d)" = "$(state patched)"
expect_status '--undo' 0 patch --undo $d --json=j
check 'all is as it was' untouched
check 'diff -r' diff -r --no-dereference $d before
check 'JSON: what it did' json_is j .undo.restored "$(diff -rq --no-dereference patched before | grep -c differ)"
expect_status '--undo again' 1 patch --undo $d
says 'it says why' 'nothing to take back'

# A lock: what was decided, and nothing else.
rm -f l
expect_status '--write-lock' 0 $patch_it -n --write-lock l
expect_status '--lock, other options' 1 $patch_it --lock l --no-set pfn-valid
check 'changes nothing' untouched
expect_status '--lock' 0 $patch_it --lock l
says 'it holds' 'everything is as it was' out

# Two steps, and back one at a time.
fresh
printf 'x.patch\n' > out-of/series
cat > out-of/x.patch << 'EOT'
--- a/nvidia/os-interface.c
+++ b/nvidia/os-interface.c
@@ -1,3 +1,3 @@
 /*
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: a step.
  */
EOT
expect_status 'the first step' 0 $patch_it
cp -a $d first
sleep 1.1
expect_status 'the second step' 0 $patch_it --patches out-of/x.patch
check 'two backups' test "$(backups $d)" -eq 2
expect_status 'back' 0 patch --undo $d
check 'to the first' test "$(state $d)" = "$(state first)"
expect_status 'and again' 0 patch --undo $d
check 'to the beginning' untouched

# What somebody changed since is theirs.
fresh
run $patch_it
echo theirs >> $d/nvidia/os-interface.c
echo theirs >> $d/Makefile
echo theirs > $d/new.c
expect_status 'verify' 1 verify $d
says 'what somebody changed' "'nvidia/os-interface.c' is not as gridpatch left it" out
cp -a $d theirs
expect_status '--undo of what somebody changed' 1 patch --undo $d
says 'which files' "2 files of '$work/$d' are not as gridpatch left them"
check 'nothing is changed' test "$(state $d)" = "$(state theirs)"
expect_status '--allow altered' 0 patch --undo --allow altered $d
says 'what stays is said' 'others     1 file that came since stays, new.c first' out
rm $d/new.c
check 'all else is as it was' untouched

# Links and directories, too; and what the run deleted comes back with its owner, in a
# directory as it was.
fresh
for o in $d before; do
    mkdir $o/sub
    echo a > $o/sub/only.c
    chmod 0640 $o/sub/only.c
    chmod 0711 $o/sub
    [ "$(id -u)" -ne 0 ] || chown 5:7 $o/sub $o/sub/only.c
done
printf -- '--- a/kernel/sub/only.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n' > del.patch
run $patch_it --patches del.patch
check 'a directory that got empty is gone' test ! -e $d/sub
ln -sfn /etc/passwd $d/link
rmdir $d/empty
expect_status '--undo where a link leads elsewhere' 1 patch --undo $d
says 'how many' "2 files of '$work/$d'"
expect_status '--allow altered' 0 patch --undo --allow altered $d
check 'all is as it was' untouched

if [ "$(id -u)" -eq 0 ] && id nobody > /dev/null 2>&1 && command -v zstd > /dev/null; then
    # A tree of somebody else's, who has written record and backup: no setuid file of root's.
    fresh
    mkdir $d/evil
    echo id > $d/evil/new
    chmod 4755 $d/evil/new
    chown -R nobody $d src
    run $patch_it
    rm -r $d/evil
    expect_status 'a setuid file in a backup' 0 patch --undo --allow altered $d
    check 'comes back' test -f $d/evil/new
    check 'without that' test -z "$(find $d -perm /6000)"
fi

# A backup that is damaged, cut off, another one, gone.
for how in 'printf x | dd of="$b" bs=1 seek=2000 conv=notrunc' 'truncate -s -100 "$b"' 'cp s.run "$b"' 'rm "$b"' \
    'mv "$b" away && ln -s "$PWD/away" "$b"'; do
    fresh
    run $patch_it
    b=$(ls -d $d.gridpatch-*)
    rm -rf now
    cp -a $d now
    eval "$how" 2> /dev/null
    run patch --undo $d
    check "--undo, $how: no" sh -c 'test $1 -eq 1 || test $1 -eq 3 || test $1 -eq 4' x $status
    check 'nothing is changed' test "$(state $d)" = "$(state now)"
done
rm -f away

fresh
run $patch_it
: > src/other.tar.zst
sed -i 's/^Backup: .*/Backup: other.tar.zst/' $d/gridpatch-history.txt
expect_status 'a record that names another file' 1 patch --undo $d
says 'it says so' "'other.tar.zst' is not the backup of"
check 'the file stays' test -e src/other.tar.zst

# --- names, links, others' trees -------------------------------------------------------------
fresh
ln -s nvidia-460.73.02 src/current
expect_status 'by a link, with a slash' 0 patch $k --hooks hooks src/current/
check 'the backup is beside the tree' test "$(backups $d)" -eq 1
check 'not beside the link' test "$(backups src/current)" -eq 0
check 'back, from inside' sh -c "cd $d && exec '$GRIDPATCH' patch -q --undo ."
rm src/current
check 'as it was' untouched
mkdir "src/it's far"
cp -a $d "src/it's far/"
run $k --hooks hooks "src/it's far/nvidia-460.73.02"
sed -n 's/.*take that back: gridpatch/"$GRIDPATCH"/p' out > undo
check 'what it says to run, from a name for a shell' sh undo
check 'takes it back' diff -r --no-dereference "src/it's far/nvidia-460.73.02" before
rm -r "src/it's far"
rm -rf outside
mkdir outside
mv $d/common outside/
ln -s "$work/outside/common" $d/common
cp -a outside outside.before
run $patch_it
check 'a link in the tree is not followed' sh -c 'test $1 -ne 0 && diff -r outside outside.before' x $status
check 'nothing is left' test "$(backups $d)" -eq 0

# An installer is never changed.
expect_status '--undo of an installer of ours' 0 patch --undo s-out.run
says 'what to run' 'nvidia-uninstall' out
says 'dkms' 'dkms remove --all -m nvidia -v 460.73.02' out
says 'the original' 'sh ./s.run --dkms' out
expect_status 'of an original' 1 patch --undo s.run
says 'there is nothing' "gridpatch has not made 's.run'"
# One that needs no patch is not what NVIDIA made either.
sh "$fx/sample.sh" --version 580.105.06 --sets '' plain && sh "$fx/mkrun.sh" plain plain.run
expect_status 'a driver that needs nothing' 0 patch -k 6.1.0-44-amd64 --no-hooks plain.run -o plain-custom.run
says 'only dkms.conf is another' ', 2 files changed' out
expect_status 'of that' 0 patch --undo plain-custom.run
expect_status 'a second run' 0 patch -k 6.1.0-44-amd64 --no-hooks plain-custom.run -o again.run
check 'has no more to say' sh -c '"$0" extract -q again.run -C again && test "$(grep -c ": gridpatch: " again/pkg-history.txt)" -eq 1' "$GRIDPATCH"
expect_status '--undo and -o' 2 patch --undo -o x $d

# Debian's: another name, a BUILD_EXCLUSIVE_KERNEL of its own stays.
rm -rf src
mkdir src
sh "$fx/installed.sh" --debian s src/nvidia-current-460.73.02
echo 'BUILD_EXCLUSIVE_KERNEL="^[2-5].*"' >> src/nvidia-current-460.73.02/dkms.conf
expect_status "a distribution's package" 0 patch $k --hooks hooks src/nvidia-current-460.73.02
says 'under its own name' 'dkms add -m nvidia-current -v 460.73.02 --sourcetree' out
says 'its limit stays' 'dkms.conf has a BUILD_EXCLUSIVE_KERNEL of its own'
check 'as it was' grep -qx 'BUILD_EXCLUSIVE_KERNEL="^\[2-5\].\*"' src/nvidia-current-460.73.02/dkms.conf

# DKMS applies the distribution's own patches after ours: they must fit what we leave.
e=src/nvidia-current-460.73.02
check "its patches, by GNU patch" patch -p1 -s --dry-run -F0 -d $e -i patches/sample.patch
check 'they stay' grep -qx 'PATCH=(sample.patch)' $e/dkms.conf
run patch --undo $e
cat > $e/patches/sample.patch << 'EOT'
--- a/nvidia/os-interface.c
+++ b/nvidia/os-interface.c
@@ -9,6 +9,7 @@
 #include "nv-linux.h"
 
 #include "nv-time.h"
+#include "other.h"
 
 void os_copy_sample(void *to, const void *from, unsigned int length)
 {
EOT
check 'one where the hooks go: GNU patch takes it now' patch -p1 -s --dry-run -d $e -i "$PWD/$e/patches/sample.patch"
refute 'and not with the hooks in' patch -p1 -s --dry-run -f -d o/kernel -i "$PWD/$e/patches/sample.patch"
rm -rf now
cp -a $e now
expect_status 'so it is refused' 1 patch $k --hooks hooks $e
says 'whose' "dkms.conf's own patch for 5.12.9"
check 'nothing is changed' diff -r $e now
expect_status '--drop-dkms-patches' 0 patch $k --hooks hooks --drop-dkms-patches $e
refute 'it is gone' grep -q 'PATCH=' $e/dkms.conf

# --- what dkms has --------------------------------------------------------------------------
fresh
m=dkms/nvidia/460.73.02
mkdir -p $m/5.12.9/x86_64/module $m/5.10.1/x86_64/module $m/build $d/conftest
ln -s "$work/$d" $m/source
ln -s 460.73.02/5.12.9/x86_64 dkms/nvidia/kernel-5.12.9-x86_64
: > $d/conftest/functions.h
: > $d/nvidia/nv.o
touch -d '2020-01-01' $m/*/x86_64/module
expect_status 'builds that are there' 0 $patch_it --json=j
says 'an installed one' 'modules for 5.12.9 (x86_64), which are installed, are from the old sources' out
says 'one that is not' 'modules for 5.10.1 (x86_64) are from the old sources' out
says 'a left-over copy' 'a build left its copy of the old sources' out
says 'a stale conftest/' 'stale      a build left 2 files in it, conftest/functions.h first' out
says 'what goes first' 'dkms remove --all -m nvidia -v 460.73.02' out
check 'JSON: old' json_is j '[.tree.dkms.built[] | select(.old)] | length' 2
check 'JSON: the lines' json_is j '.install | length' 4
touch $m/*/x86_64/module
sleep 1.1
expect_status 'built since' 0 $patch_it --json=j
check 'JSON: none is old' json_is j '[.tree.dkms.built[] | select(.old)] | length' 0

# --- dkms takes the lines ----------------------------------------------------------------------
# Its module is made from the file that the patch changes, without any kernel.
small() {
    fresh
    cat > $d/Makefile << 'EOT'
modules:
	sed -n 's/.*Sample: \(.*\)\./static const char what[] __attribute__((used)) = "\1";/p' nvidia/os-interface.c > m.c
	$${CC:-cc} -c -o nvidia.ko m.c
clean:
	rm -f m.c nvidia.ko
EOT
    sed -i '/\[1\]/d' $d/dkms.conf
    rm -rf none
    mkdir -p none/include
    : > none/Makefile
}
# lines: those that were printed, but for installing; for headers of our own.
lines() { sed -n 's/^  \(dkms .*\)/\1/p' out | grep -v '^dkms install' | sed "/ build /s|\$| --kernelsourcedir $work/none|"; }
in_module() { find dkms/nvidia/460.73.02/5.12.9 -name 'nvidia.ko*' -exec sh -c 'case $1 in *.xz) xz -dc "$1" ;; *.zst) zstd -qdc "$1" ;; *) cat "$1" ;; esac' x {} \; | grep -qaF "$1"; }
if command -v dkms > /dev/null && [ "$(id -u)" -eq 0 ] && command -v cc make > /dev/null; then
    small
    no_sign() { sign_file=/nonexistent sh -ex "$@"; }
    expect_status 'patch' 0 $patch_it --patches out-of/x.patch
    lines > script
    check 'dkms: add, build' no_sign script
    check 'the module is of the new sources' in_module 'a step'
    expect_status 'a second run' 0 $patch_it --patches out-of/x.patch
    refute 'it is of these sources, then' grep -q 'old sources' out
    sleep 1.1
    expect_status '--undo' 0 patch --undo $k --dkmstree dkms $d
    says 'the build is old now' 'modules for 5.12.9 (x86_64) are from the old sources' out
    lines > script
    check 'dkms remove comes first' sh -c 'head -n 1 script | grep -q "^dkms remove"'
    check 'dkms: remove, add, build' no_sign script
    check 'the module is of the old sources' in_module 'what the proprietary core asks'
    # Registered, and nothing built.
    check 'dkms remove' sh -c 'head -n 1 script | sh'
    check 'dkms add' sh -c 'grep "^dkms add" script | sh'
    expect_status 'patch' 0 $patch_it --patches out-of/x.patch
    lines > script
    check 'dkms: remove of nothing, add, build' no_sign script
    check 'the module is of the new sources' in_module 'a step'
else
    skip 'what dkms makes of the lines' 'dkms, a compiler or root are missing'
fi

# --- proved first ---------------------------------------------------------------------------
if headers_here; then
    line=$(echo "$release" | cut -d. -f1,2)
    sh "$fx/buildable.sh" --data data --line "$line"
    sh "$fx/buildable.sh" --breaks compile tree
    rm -rf src before
    mkdir src scratch
    sh "$fx/installed.sh" tree src/nvidia-390.10
    cp -a src/nvidia-390.10 before
    GRIDPATCH_DATA=$work/data TMPDIR=$work/scratch
    export GRIDPATCH_DATA TMPDIR
    expect_status '--build without the set' 1 patch --build --no-set all --headers "$headers" src/nvidia-390.10
    check 'changes nothing' diff -r src/nvidia-390.10 before
    expect_status '--build' 0 patch --build --headers "$headers" src/nvidia-390.10
    check 'the tree is changed' grep -q gridpatch src/nvidia-390.10/gridpatch-history.txt
    check 'nothing was built in it' test -z "$(find src/nvidia-390.10 -name '*.o')"
    check 'the scratch is gone' test -z "$(ls -A scratch)"
    unset GRIDPATCH_DATA TMPDIR
else
    skip '--build' 'no kernel headers here'
fi

# --- faults ---------------------------------------------------------------------------------
fresh
(ulimit -f 8 && exec "$GRIDPATCH" $patch_it > out 2> err < /dev/null)
check 'no room for the backup: status 4' test $? -eq 4
check 'nothing is changed' untouched
if ! grep -q __asan_init "$GRIDPATCH" && ${CC:-cc} -O1 -shared -fPIC -o fault.so "$fx/fault.c" -ldl 2> err; then
    # faulty CALL N ERROR [COMMAND]
    faulty() {
        FAULT_CALL=$1 FAULT_AT=$2 FAULT_ERROR=$3 FAULT_RUN=${4-} FAULT_COUNT=$work/count LD_PRELOAD=$work/fault.so \
            "$GRIDPATCH" ${command:-$patch_it} > out 2> err < /dev/null
        status=$?
    }
    whole() { [ "$(state $d | sed '/gridpatch-history/d')" = "$(state patched | sed '/gridpatch-history/d')" ]; }
    for call in write fsync link rename mkdir; do
        fresh
        faulty $call 0 0
        n=$(cat count)
        bad='' tries=0 at=1
        step=$(((n + 4) / 5))
        while [ $at -le "$n" ]; do
            fresh
            faulty $call $at 28
            tries=$((tries + 1))
            if [ $status -eq 0 ]; then whole || bad="$bad $at"; else untouched || bad="$bad $at"; fi
            at=$((at + step))
        done
        check "no space, at $tries of $n calls of $call: all or nothing" test -z "$bad"
        [ -z "$bad" ] || echo "#   not: $bad"
    done
    # Killed: the next run rolls back, and says so.
    fresh
    faulty rename 0 0
    n=$(cat count)
    for at in 2 $n; do
        fresh
        faulty rename $at 0 'kill -9 $PPID; sleep 1'
        check "killed at rename $at" test $status -ne 0
        run verify $d
        [ "$at" = "$n" ] || check 'verify says that it is half changed' test $status -eq 1
        expect_status 'the next run' 0 $patch_it
        check 'has all of it' whole
        expect_status 'and it can be taken back' 0 patch --undo $d
        check 'to what it was' test "$(state $d)" = "$(state before)"
    done
    # The way back is all or nothing, too.
    bad=
    for at in 1 3 9; do
        fresh
        run $patch_it
        rm -rf now
        cp -a $d now
        command="patch --undo $d" faulty rename $at 28
        [ $status -eq 4 ] && [ "$(state $d)" = "$(state now)" ] || bad="$bad $at"
    done
    check '--undo without space: all or nothing' test -z "$bad"
else
    skip 'faults' 'no library to preload, or a sanitizer'
fi

finish
