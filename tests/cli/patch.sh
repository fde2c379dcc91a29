#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# The main job, and every option of `gridpatch patch`.
# tests: ops/job/patchjob ops/job/inputs ops/job/change ops/job/records ops/job/write ops/job/view ops/run/members ops/run/tarout ops/run/output ops/run/repack_full
# tests: ops/driver/driver ops/driver/inspect
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"

# --- five compressions, four stubs, an embedded decompressor ------------------

# What gridpatch may touch in this sample, by the sets and the hooks.
{
    sed -n 's,^+++ b/,,p' "$repo"/patches/*/*.patch
    printf '%s\n' kernel/nvidia/os-interface.c kernel/nvidia/nvidia.Kbuild kernel/unlock/vgpu_unlock_hooks.c \
        kernel/nvidia/kern.ld kernel/dkms.conf .manifest pkg-history.txt
} | sort -u > intended

# full DIR: mode, type and sum of all that is no directory.
full() {
    (cd "$1" && find . -mindepth 1 ! -type d | LC_ALL=C sort | while read -r f; do
        printf '%s %s\n' "$f" "$(stat -c '%a %F' "$f") $(cat "$f" 2> /dev/null | sha256sum)"
    done)
}

sh "$fx/sample.sh" s
full s > s.full
printf '\177ELF\n\000\n\nskip=3\nnot a decompressor\n' > embed
one() {
    name=$1
    shift
    sh "$fx/mkrun.sh" "$@" s "$name.run" || { not_ok "$name: mkrun"; return; }
    sha256sum "$name.run" > "$name.sum"
    stat -c '%Y %a' "$name.run" > "$name.stat"
    expect_status "$name: patch" 0 $opts "$name.run" -o "$name-custom.run"
    check "$name: its stub accepts it (--check)" sh "./$name-custom.run" --check
    sh "./$name-custom.run" --check > sums
    says "$name: --check means both sums" 'md5 sums are ok' sums
    check "$name: the input is untouched" sha256sum -c --quiet "$name.sum"
    check "$name: so are its time and mode" sh -c "stat -c '%Y %a' $name.run | cmp - $name.stat"
    check "$name: mode 0755 less umask" test "$(stat -c %a "$name-custom.run")" = 755
    check "$name: its stub unpacks it (-x)" sh "./$name-custom.run" -x --target "$name.x"
    full "$name.x" > "$name.full"
    diff s.full "$name.full" | sed -n 's,^[<>] \./\([^ ]*\) .*,\1,p' | sort -u > changed
    comm -23 changed intended > others
    check "$name: only intended files differ" test ! -s others
    check "$name: 20 files differ" test "$(wc -l < changed)" -eq 20
    check "$name: modes of the old ones stay" sh -c \
        "cut -d' ' -f1,2 s.full > a; cut -d' ' -f1,2 $name.full | grep -v -e kern.ld -e unlock/ -e inc/std | cmp - a"
    sh "./$name-custom.run" --pkg-history > history
    says "$name: --pkg-history names a set and its sum" 'patch set vgpu-vfio-eventfd sha256 ' history
    says "$name: and the hooks" "hooks sha256 $(sha256sum < hooks/vgpu_unlock_hooks.c | cut -d' ' -f1)" history
    check "$name: pkg-history.txt says the same" sh -c \
        "grep gridpatch: history > a; grep gridpatch: $name.x/pkg-history.txt | cmp - a"
    says "$name: the old history is still there" 'Initial package' history
    check "$name: --target-directory" test "$(sh "./$name-custom.run" --target-directory)" = s-custom
    sh "./$name-custom.run" --info > info
    says "$name: --info" 'Target directory  : s-custom' info
    check "$name: --label stays" test "$(sh "./$name-custom.run" --label)" = "$(sh "./$name.run" --label)"
    check "$name: the compression stays" sh -c \
        "[ \"\$(tail -n +\$(sed -n '4s/^skip=//p' $name.run) $name.run | head -c 3 | od -tx1)\" = \
           \"\$(tail -n +\$(sed -n '4s/^skip=//p' $name-custom.run) $name-custom.run | head -c 3 | od -tx1)\" ]"
}
one gzip --compress gzip
one bzip2 --compress bzip2
one xz --compress xz
one zstd --compress zstd
one none --compress none
one nv --stub nv
one nv2 --stub nv2 --quote-targetdir
one nv9 --stub nv9 --compress zstd --no-md5 --tar-args --format=pax
one embed --embed "$work/embed" --compress xz
check 'embed: the decompressor is as it was' sh -c \
    'sh ./embed-custom.run --extract-decompress > a; sh ./embed.run --extract-decompress | cmp - a'
xz -l --robot -v embed-custom.run > /dev/null 2>&1
tail -n +"$(sed -n '4s/^skip=//p' embed-custom.run)" embed-custom.run > payload.xz
check 'xz: one stream without a check, as NVIDIA writes it' sh -c \
    "xz -l --robot payload.xz | grep -q '^file.1.*None'"
check 'nv2: the quotes around targetdir stay' grep -q '^targetdir="s-custom"' nv2-custom.run
check 'without MD5 before, with or without after: the stub is content' sh ./nv9-custom.run --check

# --- the same bytes, wherever and whenever ------------------------------------

run $opts gzip.run -o a.run
mkdir -p else/where
(cd else/where && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$GRIDPATCH" $opts ../../gzip.run -o ../../b.run) \
    > out 2> err
check 'other cwd, umask, TZ, LC_ALL: same bytes' cmp a.run b.run
check 'umask 077 gives mode 0700' test "$(stat -c %a b.run)" = 700
(umask 022; "$GRIDPATCH" $opts gzip.run -o gzip-custom.run -f > out 2> err)
check 'again over the old output: same bytes' cmp a.run gzip-custom.run
for c in xz zstd bzip2; do
    run $opts "$c.run" -o a.run -f
    run $opts "$c.run" -o b.run -f
    check "$c: same bytes again" cmp a.run b.run
done
SOURCE_DATE_EPOCH=1 "$GRIDPATCH" $opts gzip.run -o epoch.run > out 2> err
unrun epoch.run epoch.x
check 'SOURCE_DATE_EPOCH is the time of new files' test "$(stat -c %Y epoch.x/kernel/nvidia/kern.ld)" = 1

# --- patching the output ------------------------------------------------------

expect_status 'the output again' 0 $opts gzip-custom.run -o twice.run
unrun twice.run twice.x
full twice.x > twice.full
check 'twice: the tree is the same' cmp gzip.full twice.full
check 'twice: -custom stays once' test "$(sh ./twice.run --target-directory)" = s-custom
says 'twice: says so' 'already' out
says 'twice: hooks are there' 'hooks      already in kernel/unlock/vgpu_unlock_hooks.c' out

# --- names --------------------------------------------------------------------

mkdir cwd in
cp gzip.run in/NAME.run
(cd cwd && "$GRIDPATCH" $opts ../in/NAME.run > ../out 2> ../err)
check 'the default output is NAME-custom.run in the current directory' test -f cwd/NAME-custom.run
(cd cwd && "$GRIDPATCH" $opts ../in/NAME.run > ../out 2> ../err)
check 'an existing output is refused: exit 1' test $? -eq 1
says 'it says which option replaces it' '-f'
echo old > cwd/NAME-custom.run
(cd cwd && "$GRIDPATCH" $opts ../in/NAME.run > /dev/null 2>&1)
check 'it is as it was' test "$(cat cwd/NAME-custom.run)" = old
(cd cwd && "$GRIDPATCH" $opts -f ../in/NAME.run > ../out 2> ../err)
check '-f replaces it' sh ./cwd/NAME-custom.run --check
check 'nothing else is left behind' test "$(ls -A cwd)" = NAME-custom.run
ln -s NAME.run in/link.run
ln in/NAME.run in/hard.run
for o in in/NAME.run in/../in/NAME.run in/link.run in/hard.run; do
    expect_status "the output is the input ($o)" 2 $opts -f -o "$o" in/NAME.run
done
check 'the input lives' cmp in/NAME.run gzip.run
mkfifo out.fifo
timeout 10 "$GRIDPATCH" $opts -f -o out.fifo gzip.run > out 2> err < /dev/null
check '-f replaces files only, no FIFO or device' test -p out.fifo
echo keep > target
ln -s target out.link
expect_status '-f over a symlink' 0 $opts -f -o out.link gzip.run
check 'its target stays' test "$(cat target)" = keep
expect_status 'the verb may be named' 0 patch $opts gzip.run -o verb.run
expect_status 'options behind the installer' 0 gzip.run $opts -o behind.run
expect_status 'long options' 0 patch gzip.run --kernel 5.12.9 --hooks=hooks --output long.run --force --verbose
check 'all the same bytes' sh -c 'cmp verb.run behind.run && cmp verb.run long.run'

# --- -n, -q, -v, --json -------------------------------------------------------

run $opts -n gzip.run -o dry.run
check '-n: exit 0' test "$status" -eq 0
refute '-n writes nothing' test -e dry.run
says '-n says so' 'dry run    dry.run would be written' out
expect_status '--dry-run over an existing output' 0 $opts --dry-run gzip.run -o verb.run
expect_status '-q' 0 $opts -q gzip.run -o quiet.run
silent_on '-q: nothing on stdout' out
silent_on '-q: nothing on stderr' err
expect_status '-q with an error still says it' 1 $opts --quiet gzip.run -o quiet.run
check 'in one line' test "$(wc -l < err)" -eq 1
silent_on 'errors go to stderr only' out
expect_status '-v' 0 $opts -v gzip.run -n
says '-v shows rules that were not taken' 'not taken' out
says '-v shows evidence' 'evidence' out
says '-v shows the limit for DKMS' "BUILD_EXCLUSIVE_KERNEL='^(" out
run $opts gzip.run -n
refute 'without -v no rule that was not taken' grep -q 'not taken' out
expect_status '-q and -v' 2 $opts -q -v gzip.run
expect_status '--json' 0 $opts --json gzip.run -o json.run
check '--json is JSON' json_ok out
check 'json: ok' json_is out .ok true
check 'json: exit' json_is out .exit 0
check 'json: driver' json_is out .driver.version 460.73.02
check 'json: kind' json_is out .driver.kind host
check 'json: the kernel' json_is out '.selection.cells[0].kernel.release' 5.12.9
check 'json: sets' json_is out '[.patches[].set] | contains(["vgpu-vfio-eventfd", "pfn-valid"])' true
check 'json: a hunk' json_is out '.patches[0].files[0].hunks[0].ok' true
check 'json: hooks' json_is out .hooks.action integrated
check 'json: the hooks sum' json_is out .hooks.sha256 "$(sha256sum < hooks/vgpu_unlock_hooks.c | cut -d' ' -f1)"
check 'json: changes' json_is out '.changes | length' 20
check 'json: output' json_is out .output json.run
check 'json: its size' json_is out .output_size "$(stat -c %s json.run)"
check 'json: the command' json_is out '.install[0] | startswith("sh ./json.run --dkms")' true
expect_status '--json=FILE' 0 $opts --json=report.json gzip.run -o json2.run
check '--json=FILE is JSON' json_ok report.json
says '--json=FILE leaves the report on stdout' 'wrote      json2.run' out
expect_status '--json with an error' 1 $opts --json gzip.run -o json.run
check 'json: the error too' json_is out .exit 1
check 'json: not ok' json_is out .ok false
says 'and it is on stderr' 'exists already'
expect_status '--json=FILE that cannot be written' 4 $opts --json=none/x.json gzip.run -n
mkfifo json.fifo
timeout 10 "$GRIDPATCH" $opts --json=json.fifo gzip.run -n > out 2> err < /dev/null
check '--json=FIFO (or a device) does not replace it' test -p json.fifo
expect_status '--json with a package that is none' 3 $opts --json "$cli/patch.sh" -n
check 'json: still JSON' json_ok out

# --- --patches ----------------------------------------------------------------

mkdir root rel bad missing
cat > root/series << 'E'
# ours
root.patch
E
cat > root/root.patch << 'E'
--- a/kernel/nvidia/os-interface.c
+++ b/kernel/nvidia/os-interface.c
@@ -2,3 +2,3 @@
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: changed at the root.
  */
 
--- /dev/null
+++ b/kernel/nvidia/ours.c
@@ -0,0 +1 @@
+/* ours */
E
cat > rel/series << 'E'
sub/rel.patch -p0
E
mkdir rel/sub
cat > rel/sub/rel.patch << 'E'
--- nvidia/nv-frontend.c
+++ nvidia/nv-frontend.c
@@ -2,3 +2,3 @@
- * Sample: the module's entry points.
+ * Sample: changed below kernel/.
  */
 
E
expect_status 'two --patches' 0 $opts --patches root --patches rel gzip.run -o own.run
unrun own.run own.x
check 'at the root' grep -q 'changed at the root' own.x/kernel/nvidia/os-interface.c
check 'relative to kernel/' grep -q 'changed below kernel/' own.x/kernel/nvidia/nv-frontend.c
check 'the new file has a manifest line' grep -q '^kernel/nvidia/ours.c 0644 KERNEL_MODULE_SRC' own.x/.manifest
says 'the history names them' 'patch set rel sha256' own.x/pkg-history.txt
expect_status 'verify agrees' 0 verify own.run
cp root/series missing/series
expect_status 'a patch of the series is missing' 4 $opts --patches missing gzip.run -o no.run
says 'it is named' 'missing/root.patch'
expect_status 'a folder without series' 4 $opts --patches in gzip.run -o no.run
expect_status 'no such folder' 4 $opts --patches none gzip.run -o no.run
sed 's/what the proprietary/what no/' root/root.patch > bad/root.patch
cp root/series bad/series
expect_status 'a hunk that fails' 1 $opts --patches bad gzip.run -o no.run
says 'file and hunk are named' "hunk 1 of 'kernel/nvidia/os-interface.c'"
says 'patch and folder are named' "bad: 'root.patch'"
says 'what the hunk wants is shown' 'Sample: what no core asks'
refute 'no output' test -e no.run
refute 'nothing left behind' sh -c 'ls -A | grep gridpatch-'
echo 'root.patch --no-such-thing' > bad/series
expect_status 'a series nobody understands' 3 $opts --patches bad gzip.run -o no.run
printf 'x.patch\n' > bad/series
printf -- '--- /dev/null\n+++ b/../../evil\n@@ -0,0 +1 @@\n+x\n' > bad/x.patch
expect_status 'a patch that climbs out' 3 $opts --patches bad gzip.run -o no.run
refute 'no file outside' test -e ../evil

# Deleted, renamed, new at the top: the manifest follows, verify agrees.
mkdir moves
echo m.patch > moves/series
cat > moves/m.patch << 'E'
--- a/kernel/nvidia/i2c_nvswitch.c
+++ /dev/null
@@ -1,3 +0,0 @@
-/* Sample: i2c of switches. */
-
-#include "linux_nvswitch.h"
--- /dev/null
+++ b/top.txt
@@ -0,0 +1 @@
+x
diff --git a/kernel/nvidia/nv-frontend.c b/kernel/nvidia/nv-front.c
similarity index 100%
rename from kernel/nvidia/nv-frontend.c
rename to kernel/nvidia/nv-front.c
E
expect_status 'a series that deletes, renames, adds' 0 $opts --patches moves gzip.run -o moves.run
says 'a new file outside kernel/ is warned of' "warning: 'top.txt' is new"
unrun moves.run moves.x
refute 'deleted' test -e moves.x/kernel/nvidia/i2c_nvswitch.c
check 'renamed' cmp s/kernel/nvidia/nv-frontend.c moves.x/kernel/nvidia/nv-front.c
refute 'the old name is gone' test -e moves.x/kernel/nvidia/nv-frontend.c
refute 'the manifest forgets the old names' grep -q -e i2c_nvswitch.c -e nv-frontend.c moves.x/.manifest
check 'the manifest has the new one' grep -q '^kernel/nvidia/nv-front.c 0644 KERNEL_MODULE_SRC' moves.x/.manifest
expect_status 'verify agrees again' 0 verify moves.run
# quilt on the extracted tree changes one name of a hard link, not both.
mkdir hard
echo h.patch > hard/series
for f in LICENSE GRID_LICENSE; do
    printf -- '--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-Sample: there is nothing here to license.\n+changed\n' $f $f > hard/h.patch
    run $opts --patches hard gzip.run -o hard.run -f
    if [ "$status" -eq 0 ]; then
        rm -rf hard.x
        unrun hard.run hard.x
        check "a patch of $f changes no other name of a hard link" sh -c \
            'cat hard.x/LICENSE hard.x/GRID_LICENSE | sort | uniq -c | grep -q "1 changed"'
    else
        check "a patch of $f, which has hard links, is refused by name" grep -q "'$f'" err
    fi
done
# dkms.conf with a limit of its own.
cp -R s limit
echo 'BUILD_EXCLUSIVE_KERNEL="^5\..*"' >> limit/kernel/dkms.conf
sh "$fx/mkrun.sh" limit limit.run
expect_status 'a limit of its own in dkms.conf' 0 $opts limit.run -o limit-custom.run
says 'it stays, with a warning' 'BUILD_EXCLUSIVE_KERNEL of its own'
unrun limit-custom.run limit.x
check 'it does stay' cmp limit/kernel/dkms.conf limit.x/kernel/dkms.conf

# --- where hooks come from ----------------------------------------------------

if [ -e /opt/vgpu_unlock ]; then
    skip 'hooks: places' 'this machine has /opt/vgpu_unlock'
else
    expect_status 'no hooks anywhere' 4 $k gzip.run -o h.run
    says 'the message says where it looked' "/opt/vgpu_unlock, $HOME/.local/share/gridpatch/vgpu_unlock"
    says 'and what to do' "gridpatch fetch-hooks"
    says 'and who needs none' 'a card that has vGPUs by itself needs none: --no-hooks'
    refute 'no output then' test -e h.run
    mkdir -p xdg/gridpatch "$HOME/.local/share/gridpatch"
    cp -R hooks xdg/gridpatch/vgpu_unlock
    XDG_DATA_HOME=$work/xdg "$GRIDPATCH" $k gzip.run -n > out 2> err
    says '$XDG_DATA_HOME' "hooks      from $work/xdg/gridpatch/vgpu_unlock" out
    cp -R hooks "$HOME/.local/share/gridpatch/vgpu_unlock"
    run $k gzip.run -n
    says '$HOME/.local/share' "hooks      from $HOME/.local/share/gridpatch/vgpu_unlock" out
    if [ "$(id -u)" -eq 0 ] && command -v unshare > /dev/null &&
        unshare -m sh -c 'mount --bind /etc/passwd /etc/passwd' 2> /dev/null; then
        mkdir -p sudoer/.local/share/gridpatch
        cp -R hooks sudoer/.local/share/gridpatch/vgpu_unlock
        { cat /etc/passwd; echo "gpsudoer:x:12345:12345::$work/sudoer:/bin/sh"; } > passwd
        unshare -m sh -c "mount --bind $work/passwd /etc/passwd; HOME=/nonexistent SUDO_USER=gpsudoer '$GRIDPATCH' $k gzip.run -n" \
            > out 2> err
        says "the home of sudo's caller" "hooks      from $work/sudoer/.local" out
    else
        skip "the home of sudo's caller" 'needs root and mount namespaces'
    fi
    rm -r "$HOME/.local"
fi
cp -R hooks envhooks
GRIDPATCH_HOOKS=$work/envhooks "$GRIDPATCH" $k gzip.run -n > out 2> err
says '$GRIDPATCH_HOOKS' "hooks      from $work/envhooks" out
GRIDPATCH_HOOKS=$work/envhooks "$GRIDPATCH" $opts gzip.run -n > out 2> err
says '--hooks goes first' "hooks      from $work/hooks" out
expect_status '--hooks without any there' 4 $k --hooks in gzip.run -n
rm envhooks/kern.ld
expect_status '--hooks without kern.ld' 4 $k --hooks envhooks gzip.run -n
says 'it is named' 'kern.ld'
expect_status '--no-hooks' 0 $k --no-hooks gzip.run -o nohooks.run
unrun nohooks.run nohooks.x
refute 'no hooks in it' grep -rq vgpu_unlock nohooks.x
expect_status '--no-hooks and --hooks' 2 $k --no-hooks --hooks hooks gzip.run
expect_status '--no-hooks and --hooks-patch' 2 $k --no-hooks --hooks-patch x gzip.run
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
expect_status '--hooks-patch' 0 $opts --hooks-patch hooks.patch gzip.run -o hp.run
unrun hp.run hp.x
check 'the hooks in it are patched' grep -q 'Patched hooks' hp.x/kernel/unlock/vgpu_unlock_hooks.c
refute "the user's copy is not" grep -q 'Patched hooks' hooks/vgpu_unlock_hooks.c
sed 's/Stand-in/Other/' hooks.patch > no.patch
expect_status '--hooks-patch that does not match' 1 $opts --hooks-patch no.patch gzip.run -o no.run
expect_status '--hooks-patch of another file' 3 $opts --hooks-patch root/root.patch gzip.run -o no.run
expect_status '--hooks-patch that is missing' 4 $opts --hooks-patch none.patch gzip.run -o no.run
refute 'no output' test -e no.run

# --- --allow, --data, --headers, -k, --repack ---------------------------------

expect_status '--allow with a bad word' 2 $opts --allow blocked,everything gzip.run -n
says 'the word is named' "'everything'"
expect_status '--allow with all words' 0 $opts --allow blocked,unknown,hooks,altered gzip.run -n
expect_status 'a blocked kernel' 1 -k 5.13.19 --hooks hooks gzip.run -n
says 'with a reason' 'mdev'
says 'and what to do instead' 'Instead:'
expect_status '--allow blocked' 0 -k 5.13.19 --hooks hooks --allow blocked gzip.run -o allowed.run
says 'it warns' 'warning: continuing as --allow blocked asks, though kernel 5.13.19 is blocked'
sh ./allowed.run --pkg-history > history
says 'the override is recorded' 'override: blocked kernel 5.13.19' history
mkdir -p data/kernel-versions
cat > data/kernel-versions/5.12 << 'E'
Kernel: 5.12
Status: supported
Changes: a test

Driver: 460.73.02
Status: blocked
Reason: data says no
Instead: another day
Evidence: [test] none
E
expect_status '--data lies over ours' 1 $opts --data data gzip.run -n
says 'its reason' 'data says no'
expect_status '--data that is missing' 4 $opts --data none gzip.run -n
GRIDPATCH_DATA=$work/none "$GRIDPATCH" $opts gzip.run -n > out 2> err
check 'GRIDPATCH_DATA that is missing: exit 4' test $? -eq 4

mkdir -p headers/include/linux headers/include/generated headers/include/config
echo 5.12.9 > headers/include/config/kernel.release
echo '#define UTS_RELEASE "5.12.9"' > headers/include/generated/utsrelease.h
: > headers/include/generated/autoconf.h
printf 'static int pfn_valid(void) { rcu_read_lock(); }\n' > headers/include/linux/mmzone.h
: > headers/include/linux/kernel.h
printf 'VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 9\nEXTRAVERSION =\n' > headers/Makefile
expect_status '--headers' 0 -v --hooks hooks --headers headers gzip.run -n
says 'their release counts' 'kernel     5.12.9: line 5.12' out
says 'they decide' 'judged by its headers' out
expect_status '--kernel-source-path' 0 --hooks hooks --kernel-source-path headers gzip.run -n
expect_status '--kernelsourcedir' 0 --hooks hooks --kernelsourcedir headers gzip.run -n
expect_status 'headers as a further argument' 0 -v --hooks hooks gzip.run headers -n
says 'they decide too' 'judged by its headers' out
expect_status 'with -k for the same' 0 --hooks hooks -k 5.12.9 --headers headers gzip.run -n
expect_status 'with -k for another' 2 --hooks hooks -k 5.11.22 --headers headers gzip.run -n
expect_status 'headers that are none' 4 --hooks hooks --headers in gzip.run -n
expect_status 'headers that are missing' 4 --hooks hooks --headers none gzip.run -n
expect_status 'a further argument that is a file' 2 $opts gzip.run intended -n
if command -v unshare > /dev/null && unshare -m true 2> /dev/null; then
    mkdir -p lib/5.12.9 lib/5.13.1 lib/4.18.0-nohdr
    cp -R headers lib/5.12.9/build
    cp -R headers lib/5.13.1/build
    echo 5.13.1 > lib/5.13.1/build/include/config/kernel.release
    echo '#define UTS_RELEASE "5.13.1"' > lib/5.13.1/build/include/generated/utsrelease.h
    unshare -m sh -c "mkdir -p /lib/modules; mount --bind $work/lib /lib/modules &&
        exec '$GRIDPATCH' -k installed --hooks hooks gzip.run -n" > out 2> err
    check '-k installed: exit 0' test $? -eq 0
    says '-k installed takes the good one' 'kernel     5.12.9: untested' out
    says '-k installed says what it skips' 'skipped    4.18.0-nohdr' out
    says '-k installed skips blocked ones' 'skipped    5.13.1: kernel 5.13.1 is blocked' out
    rm -r lib/5.12.9
    unshare -m sh -c "mount --bind $work/lib /lib/modules &&
        exec '$GRIDPATCH' -k installed --hooks hooks gzip.run -o no.run" > out 2> err
    check '-k installed with none left: exit 1' test $? -eq 1
else
    skip '-k installed' 'needs mount namespaces'
fi
expect_status '-k twice' 0 -k 5.12.9 -k 5.11.22 --hooks hooks gzip.run -n
says 'both are judged' 'kernel     5.11.22' out
expect_status '-k with something else' 2 -k banana --hooks hooks gzip.run -n
expect_status '--repack auto' 0 $opts --repack auto gzip.run -n
expect_status '--repack full' 0 $opts --repack full gzip.run -n
expect_status '--repack splice' 0 $opts -v --repack splice gzip.run -n
says 'it says so' 'repack     splice' out
expect_status '--repack with another word' 2 $opts --repack fast gzip.run -n
expect_status '--drop-dkms-patches without any' 0 $opts --drop-dkms-patches gzip.run -n

# --- usage --------------------------------------------------------------------

expect_status 'an unknown option' 2 $opts --frobnicate gzip.run
says 'it is named' "--frobnicate"
expect_status 'an unknown letter' 2 $opts -Z gzip.run
expect_status 'a missing argument' 2 $opts gzip.run -o
expect_status 'another missing argument' 2 gzip.run --kernel
expect_status 'an option of another verb' 2 patch --driver 460 gzip.run
expect_status 'no installer' 2 patch $opts
expect_status 'a directory' 2 $opts in
expect_status 'nothing at all' 2
expect_status 'an unknown verb for help' 2 help frobnicate
silent_on 'that goes to stderr' out
expect_status '--version' 0 --version
check 'the program has a number' grep -q '^gridpatch [0-9]' out
day=$(sed -n 's/^Date: //p' "$cli/../../kernel-versions/any")
says 'and its data have a day' "data of ${day:-none}" out
mkdir -p newer/kernel-versions older/kernel-versions undated/kernel-versions
printf 'Kernel: any\nDate: 9999-01-02\n' > newer/kernel-versions/any
printf 'Kernel: any\nDate: 2001-01-02\n' > older/kernel-versions/mine
printf 'Kernel: any\n' > undated/kernel-versions/any
# The newest of several files, behind comments, and whatever follows the first paragraph.
mkdir -p several/kernel-versions
printf '# of ours\n\n# and more\n\nKernel: any\n# new\nDate: 9999-01-02\n\nNo: rule\n' > several/kernel-versions/mine
printf 'Kernel: any\nDate: 2001-01-02\n' | tee several/kernel-versions/any > several/kernel-versions/yours
printf 'Kernel: 5.10\nStatus: supported\n\nDate: 9999-12-31\n' > several/kernel-versions/5.10
for of in "newer:9999-01-02" "undated:an unknown day" "several:9999-01-02"; do
    GRIDPATCH_DATA=$work/${of%%:*} run --version
    says "--version of ${of%%:*} data" "data of ${of#*:}" out
done
printf 'Kernel: any\nDate: today\n' > several/kernel-versions/any
GRIDPATCH_DATA=$work/several run --version
says '--version of data with another date' 'no data: ' out
GRIDPATCH_DATA=$work/nowhere run --version
check 'without data: exit 0' test "$status" -eq 0
says 'it says so' 'no data: ' out
newest=$(ls "$repo/kernel-versions" | grep '^[0-9]' | sort -V | tail -n 1)
for of in newer:9999-01-02 "older:$day" "undated:$day"; do
    run select --driver 595.71.03 -k 99.1 --data "${of%%:*}"
    says "unknown, with ${of%%:*} data" "(nearest: $newest, data of ${of#*:})"
    says "the same in the report" "the data are of ${of#*:}; what came later they do not know" out
done
for h in '--help' '-h' 'help' 'help patch' 'patch --help' 'info -h' 'extract --help' 'verify --help' \
    'select --help' 'fetch-hooks --help' 'help check' 'help plan'; do
    # shellcheck disable=SC2086
    expect_status "$h" 0 $h
    silent_on "$h: on stdout" err
    check "$h: 80 columns" sh -c '! LC_ALL=C.UTF-8 grep -qE "^.{81}" out'
    check "$h: something is there" grep -q '^usage: gridpatch' out
done
if [ -e /dev/full ]; then
    "$GRIDPATCH" help > /dev/full 2> err
    check 'a full stdout: exit 4' test $? -eq 4
    "$GRIDPATCH" $opts gzip.run -n > /dev/full 2> err
    check 'a full stdout of a report: exit 4' test $? -eq 4
fi
finish
