#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# --write-lock and --lock, and what SOURCE_DATE_EPOCH asks for.
# tests: ops/job/lock
. "$(dirname "$0")/lib.sh"

make_sample s
sh "$fx/hooks.sh" hooks
mkdir data
cp -R "$repo/kernel-versions" "$repo/patches" data
GRIDPATCH_DATA=$work/data
export GRIDPATCH_DATA
mkdir mine
echo p.patch > mine/series
printf -- '--- a/top.txt\n+++ b/top.txt\n@@ -0,0 +1 @@\n+x\n' | sed 's,^--- .*,--- /dev/null,; s,top,kernel/top,' > mine/p.patch
cat > hooks.patch << 'E'
--- a/vgpu_unlock_hooks.c
+++ b/vgpu_unlock_hooks.c
@@ -1,4 +1,4 @@
 /*
- * Stand-in hooks for tests.  Included into nvidia/os-interface.c after its
+ * Patched hooks for tests.  Included into nvidia/os-interface.c after its
  * last include, like the real hooks; counts what passes by and unlocks nothing.
  */
E
own="--hooks $work/hooks --patches $work/mine/"
opts="$k $own"
sum() { sha256sum < "$1" | cut -d' ' -f1; }
# Same as at the start, whatever the last test did to it.
restore() {
    chmod -R u+w data hooks mine
    rm -rf data hooks mine
    cp -R kept/data kept/hooks kept/mine .
}
mkdir kept
cp -R data hooks mine kept

# --- writing ------------------------------------------------------------------

expect_status '--write-lock' 0 $opts s.run -o a.run --write-lock a.lock
says 'it is reported' 'wrote      a.lock, the lock file' out
check 'its mode is 0644' test "$(stat -c %a a.lock)" = 644
# line FIELD VALUE
line() { check "lock: $1" grep -qx -- "$1: $2" a.lock; }
line Gridpatch-Lock 1
line Gridpatch "$("$GRIDPATCH" --version | cut -d' ' -f2)"
line Installer s.run
line Size "$(stat -c %s s.run)"
line CRC "$(sed -n 's/^CRCsum=//p' s.run)"
line MD5 "$(sed -n 's/^MD5=//p' s.run)"
line Driver 460.73.02
line Kind host
line Targetdir s-custom
check 'lock: no epoch' grep -qx 'Source-Date-Epoch:' a.lock
check 'lock: no options' grep -qx 'Options:' a.lock
line Kernels 5.12.9
line Line 5.12
line Verdict untested
line Judged-By version
line Hooks integrated
check 'lock: the sum of the hooks' grep -qx "SHA256: $(sum hooks/vgpu_unlock_hooks.c)" a.lock
line Kern-Ld-SHA256 "$(sum hooks/kern.ld)"
check 'lock: no patch of the hooks' grep -qx 'Patch-SHA256:' a.lock
check 'lock: the sets, in order, those of the user last' grep -qx 'Sets: vgpu-vfio-eventfd.* mine' a.lock
sed -n 's/^Sets: //p' a.lock | tr ' ' '\n' > sets
while read -r set; do
    dir=data/patches/$set
    origin=rules
    [ "$set" != mine ] || { dir=mine origin=user; }
    want=$( (cat $dir/series; sed 's/#.*//; s/ .*//' $dir/series | while read -r p; do [ -z "$p" ] || cat "$dir/$p"; done) | sha256sum | cut -d' ' -f1)
    check "lock: the set $set" sh -c "grep -A2 -x 'Set: $set' a.lock | tr '\n' ' ' | grep -qx 'Set: $set Origin: $origin SHA256: $want '"
done < sets
sh ./a.run --pkg-history > history
says 'the history has its name, whatever slash was behind it' "patch set mine sha256 $(sed -n '/^Set: mine/,/^$/s/^SHA256: //p' a.lock)" history
cp a.lock kept.lock
expect_status 'an existing one is refused' 1 $opts s.run -o b.run --write-lock a.lock
says 'it says which option replaces it' '-f'
refute 'and nothing was written' test -e b.run
echo old > a.lock
expect_status '-f replaces it' 0 $opts s.run -o a.run --write-lock a.lock -f
check 'it says the same again' cmp a.lock kept.lock
expect_status '-n writes it, too' 0 $opts s.run -n --write-lock n.lock
check 'the same one' cmp n.lock kept.lock
expect_status '-n over an existing one' 1 $opts s.run -n --write-lock n.lock
expect_status 'a run that fails' 1 -k 5.13.19 $own s.run -n --write-lock no.lock
refute 'leaves none' test -e no.lock
expect_status 'no such directory' 4 $opts s.run -o no.run --write-lock none/x.lock
refute 'and no output' test -e no.run
for f in s.run ./s.run; do
    expect_status "the lock file is the input ($f)" 2 $opts s.run -f -o no.run --write-lock $f
done
check 'the input lives' test "$(sed -n 's/^CRCsum=//p' s.run)" = "$(sed -n 's/^CRC: //p' kept.lock)"
expect_status 'the lock file is the output' 2 $opts s.run -o same.x --write-lock ./same.x
expect_status 'the lock file is a directory' 2 $opts s.run -n -f --write-lock mine
mkfifo fifo
expect_status 'the lock file is a FIFO' 2 $opts s.run -n -f --write-lock fifo
expect_status 'no name' 2 $opts s.run -n --write-lock ''
check 'nothing left behind' sh -c '! ls -A | grep gridpatch-'
run $opts --json s.run -n --write-lock json.lock
check 'json: it was written' json_is out .lock_written json.lock

# --- holding ------------------------------------------------------------------

expect_status '--lock' 0 $own s.run -o b.run --lock a.lock
says 'it is reported' 'lock       a.lock: everything is as it was' out
check 'the kernels are those of the lock' grep -q '^kernel     5.12.9: ' out
check 'the same bytes' cmp a.run b.run
mkdir -p else/where
(cd else/where && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 \
    "$GRIDPATCH" --hooks ../../hooks --patches ../../mine ../../s.run -o ../../c.run --lock ../../a.lock) > out 2> err
check 'other cwd, umask, TZ, LANG: exit 0' test $? -eq 0
check 'the same bytes' cmp a.run c.run
expect_status 'the same kernel named' 0 $opts s.run -n --lock a.lock
expect_status 'both: the old one holds, and a new one' 0 $own s.run -n --lock a.lock --write-lock b.lock
check 'they are the same' cmp a.lock b.lock
run $own --json s.run -n --lock a.lock
check 'json: it held' json_is out .lock a.lock
expect_status 'two kernels' 0 -k 5.12.9 -k 5.11.22 $own s.run -n --write-lock two.lock
expect_status 'two kernels of the lock' 0 $own s.run -n --lock two.lock
check 'both are judged' test "$(grep -c '^kernel  ' out)" -eq 2
expect_status 'a blocked kernel and --allow' 0 -k 5.13.19 --allow blocked $own s.run -n --write-lock allow.lock
check 'lock: the allowed word' grep -qx 'Options: allow=blocked' allow.lock
expect_status 'with the word' 0 --allow blocked $own s.run -n --lock allow.lock
expect_status 'without it' 1 $own s.run -n --lock allow.lock
expect_status '--hooks-patch' 0 $opts --hooks-patch hooks.patch s.run -n --write-lock hp.lock
check 'lock: its sum' grep -qx "Patch-SHA256: $(sum hooks.patch)" hp.lock
expect_status 'holds' 0 $own --hooks-patch hooks.patch s.run -n --lock hp.lock
expect_status '--no-hooks' 0 $k --no-hooks s.run -n --write-lock nohooks.lock
expect_status 'holds' 0 --no-hooks s.run -n --lock nohooks.lock
check 'lock: none' grep -qx 'Hooks: none' nohooks.lock
cp -R mine 'my  own %20'
cp s.run 'a b.run'
expect_status 'names with blanks' 0 $k --no-hooks --patches mine --patches 'my  own %20' 'a b.run' -n --write-lock blanks.lock
check 'lock: they are one word' grep -qx 'Installer: a%20b.run' blanks.lock
expect_status 'hold' 0 --no-hooks --patches mine --patches 'my  own %20' 'a b.run' -n --lock blanks.lock
mkdir twin
cp -R mine twin
echo >> twin/mine/series
expect_status 'two sets of one name' 0 $k --no-hooks --patches mine --patches twin/mine s.run -n --write-lock twins.lock
expect_status 'hold' 0 --no-hooks --patches mine --patches twin/mine s.run -n --lock twins.lock
expect_status 'changed places' 1 --no-hooks --patches twin/mine --patches mine s.run -n --lock twins.lock
says 'which are two differences' '2 differences from '
for o in '--repack full' '--drop-dkms-patches' '--allow unknown'; do
    expect_status "$o is another run" 1 $own $o s.run -n --lock a.lock
    says 'which is said' "Options was nothing, is "
done

# --- drift --------------------------------------------------------------------

# drift WHAT TEXT ARG...: exit 1, no output, TEXT is said, in the error if alone.
drift() {
    what=$1 text=$2
    shift 2
    expect_status "$what" 1 "$@" -o drift.run
    says "$what: it is named" "$text"
    refute "$what: no output" test -e drift.run
    run "$@" -o drift.run -q
    says "$what: also with -q" "$text"
}
old=$(sed -n '/^Set: vgpu-vfio-licence/,/^$/s/^SHA256: //p' a.lock)
for p in data/patches/vgpu-vfio-licence/*.patch; do
    sed -i '1s/$/ indeed/' "$p"
done
drift 'a changed set' "set vgpu-vfio-licence: SHA256 was $old, is " $own s.run --lock a.lock
restore
echo >> mine/series
drift 'a changed set of the user' 'set mine: SHA256 was ' $own s.run --lock a.lock
restore
cp -R mine other
drift 'one more set' 'mine, is ' $own --patches other s.run --lock a.lock
drift 'one set less' 'Sets was vgpu' --hooks hooks s.run --lock a.lock
run $opts --patches other s.run -n --write-lock other.lock
drift 'sets in another order' ' mine other, is ' --hooks hooks --patches other --patches mine s.run --lock other.lock
sed -i 's/Stand-in/Stand-out/' hooks/vgpu_unlock_hooks.c
drift 'changed hooks' 'hooks: SHA256 was ' $own s.run --lock a.lock
restore
echo >> hooks/kern.ld
drift 'a changed linker script' 'hooks: Kern-Ld-SHA256 was ' $own s.run --lock a.lock
restore
drift 'no hooks' ' hooks-compile mine, is ' --no-hooks --patches mine s.run --lock a.lock
run --no-hooks --patches mine s.run -o drift.run --lock a.lock
says 'no hooks: that is named, too' 'hooks: Hooks was integrated, is none'
echo >> hooks.patch
drift 'a changed patch of the hooks' 'hooks: Patch-SHA256 was ' $own --hooks-patch hooks.patch s.run --lock hp.lock
cp s.run renamed.run
drift 'a renamed installer' 'Installer was s.run, is renamed.run' $own renamed.run --lock a.lock
mkdir again
(
    cp -R s again/s
    echo more >> again/s/LICENSE
    sh "$fx/mkrun.sh" again/s again/s.run
)
expect_status 'another installer' 1 $own again/s.run -o no.run --lock a.lock
says 'another installer: its CRC' "  CRC was $(sed -n 's/^CRC: //p' a.lock), is "
says 'another installer: its MD5' "  MD5 was $(sed -n 's/^MD5: //p' a.lock), is "
says 'another installer: all are counted' 'differences from '
refute 'another installer: no output' test -e no.run
run $own --json again/s.run -n --lock a.lock
check 'json: why' json_is out '.why | contains("MD5 was")' true
check 'json: no lock held' json_is out .lock null
drift 'another kernel' 'Kernels was 5.12.9, is 5.11.22' -k 5.11.22 $own s.run --lock a.lock
drift 'one kernel more' 'Kernels was 5.12.9, is 5.12.9 5.11.22' $opts -k 5.11.22 s.run --lock a.lock
sed -i '0,/^Status:/s/^Status: .*/Status: supported/' data/kernel-versions/5.12
drift 'another verdict' 'kernel 5.12.9: Verdict was untested, is ' $own s.run --lock a.lock
restore
printf 'Kernel: 5.8\nStatus: blocked\nChanges: x\nReason: a test\n' > data/kernel-versions/5.8
drift 'another line that is left out' 'Dkms-Excludes was ' $own s.run --lock a.lock
restore
mkdir -p headers/include/linux headers/include/generated headers/include/config
echo 5.12.9 > headers/include/config/kernel.release
echo '#define UTS_RELEASE "5.12.9"' > headers/include/generated/utsrelease.h
: > headers/include/generated/autoconf.h
: > headers/include/linux/kernel.h
printf 'VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 9\nEXTRAVERSION =\n' > headers/Makefile
drift 'judged by headers' 'kernel 5.12.9: Judged-By was version, is headers' --headers headers $own s.run --lock a.lock
sed -i 's/^Gridpatch: .*/Gridpatch: 0.0.9/' b.lock
sed "s/^Kind: host/Kind: $(printf '\033')[31mhost/" kept.lock > esc.lock
drift 'what would drive a terminal' 'Kind was ?[31mhost, is host' $own s.run --lock esc.lock
drift 'another gridpatch' 'Gridpatch was 0.0.9, is ' $own s.run --lock b.lock
expect_status 'all is as it was' 0 $own s.run -n --lock a.lock

# --- damaged ------------------------------------------------------------------

expect_status 'a lock that is missing' 4 $own s.run -n --lock none.lock
expect_status 'no name' 2 $own s.run -n --lock ''
# damage WHAT SED-SCRIPT [STATUS]
damage() {
    sed "$2" kept.lock > bad.lock
    check "$1: it is another file" sh -c '! cmp -s kept.lock bad.lock'
    expect_status "$1" 3 $own s.run -o no.run --lock bad.lock
}
damage 'empty' d
says 'is no lock' 'is not a lock file of gridpatch'
damage 'another version' 's/^Gridpatch-Lock: 1/Gridpatch-Lock: 2/'
says 'the versions are named' "has version '2' of lock files; this gridpatch knows 1"
damage 'a field is missing' /^Kind:/d
says 'the line and the field are named' "'bad.lock:1': the lock file is damaged: no field 'Kind'"
damage 'a field too many' 's/^Kind:.*/&\nKinds: x/'
damage 'a field twice' 's/^Kind:.*/&\n&/'
damage 'no field at all' 's/^Kind:.*/Kind/'
damage 'a sum that is none' 's/^SHA256: ./SHA256: x/'
damage 'a sum that is too short' 's/^SHA256: ./SHA256: /'
damage 'an upper-case sum' '/^MD5/y/abcdef/ABCDEF/'
damage 'a size that is none' 's/^Size: /Size: -/'
damage 'a release that is none' 's/5\.12\.9/..\/x/'
damage 'a kernel that is not listed' 's/^Kernels: .*/Kernels: 5.12.8/'
damage 'a kernel too few' 's/^Kernels: .*/& 5.11.22/'
damage 'a set that is not listed' 's/^Sets: [^ ]* /Sets: /'
damage 'a set too few' 's/^Sets: .*/& x/'
damage 'no hooks' '/^Hooks/,$d'
damage 'bad hooks' 's/^Hooks: .*/Hooks: maybe/'
damage 'hooks without a sum' '/^Hooks/,$s/^SHA256: .*/SHA256:/'
damage 'something behind' '$s/$/\n\nHooks: none\nPatch-SHA256:\nKern-Ld-SHA256:\nSHA256:/'
damage 'an unknown paragraph' '$s/$/\n\nMore: x/'
damage 'the head twice' '1{h;s/.*/&/};$s/$/\n\nGridpatch-Lock: 1/'
size=$(stat -c %s kept.lock)
at=0
whole=0
while [ "$at" -lt $((size - 1)) ]; do
    head -c "$at" kept.lock > bad.lock
    run $own s.run -n -q --lock bad.lock
    [ "$status" -eq 3 ] || { whole=$at; break; }
    at=$((at + 37))
done
check 'cut off anywhere: exit 3' test "$whole" -eq 0
head -c $((size - 2)) kept.lock > bad.lock
expect_status 'cut off two bytes before the end' 3 $own s.run -n --lock bad.lock
head -c 4096 /dev/urandom > bad.lock
expect_status 'random bytes' 3 $own s.run -n --lock bad.lock
{ echo '# a comment'; tr -d '\r' < kept.lock | sed 's/$/\r/'; } > crlf.lock
expect_status 'comments and CRLF do no harm' 0 $own s.run -n --lock crlf.lock
refute 'none of them wrote anything' test -e no.run

# --- SOURCE_DATE_EPOCH --------------------------------------------------------

SOURCE_DATE_EPOCH=1600000000
export SOURCE_DATE_EPOCH
expect_status 'the epoch without a kernel' 2 $own s.run -n
says 'it says what to give' 'give -k R, --headers DIR or --lock FILE'
expect_status 'with -k' 0 $opts s.run -o e.run --write-lock e.lock
check 'lock: the epoch' grep -qx 'Source-Date-Epoch: 1600000000' e.lock
expect_status 'with --headers' 0 $own --headers headers s.run -n
expect_status 'with headers behind the installer' 0 $own s.run headers -n
expect_status 'with --lock' 0 $own s.run -o e2.run --lock e.lock
check 'the same bytes' cmp e.run e2.run
SOURCE_DATE_EPOCH=1600000001
drift 'another epoch' 'Source-Date-Epoch was 1600000000, is 1600000001' $own s.run --lock e.lock
unset SOURCE_DATE_EPOCH
drift 'no epoch' 'Source-Date-Epoch was 1600000000, is nothing' $own s.run --lock e.lock
for e in '' x -1 +1 1.5 ' 1' 0x10 1e9 '1 ' 8589934592 99999999999999999999; do
    SOURCE_DATE_EPOCH=$e
    export SOURCE_DATE_EPOCH
    expect_status "the epoch is '$e'" 2 $opts s.run -o no.run
    says "it is named" "SOURCE_DATE_EPOCH is '$e'"
done
for e in 0 8589934591; do
    SOURCE_DATE_EPOCH=$e
    expect_status "the epoch is $e" 0 $opts s.run -o e$e.run
    sh ./e$e.run --check > /dev/null || not_ok "the epoch is $e: the stub accepts it"
done
unrun e0.run e0.x
check 'the epoch 0 is a time, too' test "$(stat -c %Y e0.x/kernel/nvidia/kern.ld)" = 0
unrun e8589934591.run e9.x 2> /dev/null # tar warns of the future
check 'so is the last one' test "$(stat -c %Y e9.x/kernel/nvidia/kern.ld)" = 8589934591
SOURCE_DATE_EPOCH=x
expect_status 'verbs that write no times do not ask' 0 info s.run
expect_status 'select neither' 0 select --driver 460.73.02 $k
refute 'nothing was written' test -e no.run
finish
