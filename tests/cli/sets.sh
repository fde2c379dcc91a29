#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Which sets go in when somebody knows better than the rules, patches for some
# kernels only, and data of one's own.
# tests: ops/job/dkmspatch ops/job/decide ops/job/sources ops/select/override ops/patch/whole
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
make_sample s
unrun s.run s.x

# --- --set, --no-set ----------------------------------------------------------

# A set of somebody's that no rule asks for, and one that fits nowhere.
mkdir -p more/patches/extra more/patches/misfit
for set in extra misfit; do
    echo x.patch > more/patches/$set/series
    cat > more/patches/$set/x.patch << 'P'
Description: a test
Scope: neutral

--- a/kernel/nvidia/os-interface.c
+++ b/kernel/nvidia/os-interface.c
@@ -2,3 +2,3 @@
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: an extra set was here.
  */
 
P
done
sed -i 's/what the proprietary/what no/' more/patches/misfit/x.patch

expect_status '--no-set' 0 $opts --no-set pfn-valid --json s.run -o no.run
check 'the set is not applied' json_is out '[.patches[].set] | contains(["pfn-valid"])' false
check 'the others are' json_is out '[.patches[].set] | contains(["vgpu-vfio-eventfd"])' true
check 'json: an override' json_is out '.overrides | join(" ")' 'set pfn-valid left out'
unrun no.run no.x
check 'its file is as it was' cmp s/kernel/common/inc/nv-linux.h no.x/kernel/common/inc/nv-linux.h
says 'the history has the override' 'override: set pfn-valid left out' no.x/pkg-history.txt
run $opts --no-set pfn-valid s.run -n
says 'the report has it' 'override   set pfn-valid left out' out
expect_status 'two of them' 0 $opts --no-set pfn-valid --no-set=vgpu-vfio-licence s.run -n
refute 'neither is in' grep -qe '^set .*pfn-valid' -e '^set .*licence' out
cp -R more fuzz
echo 'x.patch -F2' > fuzz/patches/extra/series
expect_status 'a set of the data takes no fuzz' 3 $opts --data fuzz --set extra s.run -n
says 'it says so' 'line 1: -F2: the patches of a set are applied without fuzz'
expect_status '--no-set all' 0 $opts --no-set all s.run -n --json=all.json
refute 'none is in' grep -q '^set ' out
says 'each is said' 'override   set pfn-valid left out' out
check 'nor in JSON' json_is all.json '.patches | length' 0
expect_status 'all but one' 0 $opts --no-set all --set pfn-valid s.run -n --json=one.json
check 'that one is in' json_is one.json '[.patches[].set] | unique | join(" ")' pfn-valid
expect_status '--set all is no such thing' 2 $opts --set all s.run -n
expect_status 'select knows it, too' 0 select s.run $k --no-set all --json=all.json
check 'nothing is chosen' json_is all.json '.selection.neutral_sets | length' 0
expect_status '--set of a set that no rule asks for' 0 $opts --data more --set extra s.run -o extra.run
says 'the report has it' 'override   set extra taken in' out
unrun extra.run extra.x
check 'it is in' grep -q 'an extra set was here' extra.x/kernel/nvidia/os-interface.c
says 'the history has the set' 'patch set extra sha256 ' extra.x/pkg-history.txt
says 'and the override' 'override: set extra taken in' extra.x/pkg-history.txt
# Of a packed patch the text counts, for its scope and for the sum, too.
for pack in gzip:gz xz:xz bzip2:bz2; do
    z=x.patch.${pack#*:}
    rm -rf packed packed.x
    cp -R more packed
    ${pack%:*} -c more/patches/extra/x.patch > "packed/patches/extra/$z"
    echo "$z" > packed/patches/extra/series
    sum=$( (echo "$z" && cat more/patches/extra/x.patch) | sha256sum | cut -d' ' -f1)
    expect_status "a neutral set, $z" 0 $opts --data packed --set extra s.run -o packed.run -f
    unrun packed.run packed.x
    check 'it is in' cmp extra.x/kernel/nvidia/os-interface.c packed.x/kernel/nvidia/os-interface.c
    says 'the history has its sum' "patch set extra sha256 $sum" packed.x/pkg-history.txt
    run select --data packed --set extra --driver 460.73.02 $k --json=packed.json
    check 'it stays neutral' json_is packed.json '.selection.neutral_sets[-1] | .set + " " + .sha256' "extra $sum"
done
run lint-set --data packed extra
says 'lint-set reads it, too' 'packed/patches/extra/x.patch.bz2:1: no Origin' out
head -c 99 packed/patches/extra/x.patch.bz2 > short.bz2
mv short.bz2 packed/patches/extra/x.patch.bz2
expect_status 'a packed patch that is damaged' 3 select --data packed --driver 460.73.02 $k
says 'is named' "patch set 'extra': 'packed/patches/extra/x.patch.bz2': "
expect_status 'without --set' 0 $opts --data more s.run -n
refute 'it is not in' grep -q '^set .*extra' out
expect_status '--set of a set that the rules ask for' 0 $opts --set pfn-valid s.run -o asked.run
refute 'is no override' grep -q '^override' out
run $opts s.run -o plain.run
check 'and changes nothing' cmp asked.run plain.run
expect_status '--set of a set that does not apply' 1 $opts --data more --set misfit s.run -o misfit.run
says 'set, patch and hunk are named' "misfit: 'x.patch': hunk 1 of 'kernel/nvidia/os-interface.c'"
refute 'no output' test -e misfit.run
refute 'who asked for it is not told to do without' grep -q 'no-set' err
# Sets for kernels to come go in, too, and one of them may not match.
cp -R more ahead
mkdir ahead/kernel-versions
cat > ahead/kernel-versions/9.7 << 'R'
Kernel: 9.7
Status: untested
Changes: a test

Driver: any
Patches: misfit
Load: unknown
Evidence: [inference] a test
R
expect_status 'a set for another kernel does not apply' 1 $opts --data ahead s.run -o ahead.run
says 'the way out is said' "set 'misfit' is for other kernels than those of this run: --no-set misfit leaves it out"
refute 'no output' test -e ahead.run
expect_status 'it is one' 0 $opts --data ahead --no-set misfit s.run -n
# One that matches may be in the way of a patch of the user's.
cp -R ahead ahead2
sed -i 's/Patches: misfit/Patches: extra/' ahead2/kernel-versions/9.7
sed 's/extra set was here/user was here/' more/patches/extra/x.patch > users.patch
expect_status 'a set for another kernel is in the way' 1 $opts --data ahead2 --patches users.patch s.run -n
says 'the way out is said' "set 'extra' changed the same file, for other kernels than those of this run: --no-set extra leaves it out"
expect_status 'it is one' 0 $opts --data ahead2 --patches users.patch --no-set extra s.run -n
expect_status 'a set for this kernel does not apply' 1 --hooks hooks --data ahead -k 9.7.1 --allow unknown,blocked s.run -n
refute 'then there is no way out' grep -q 'no-set' err
for o in --set --no-set; do
    expect_status "$o of an unknown set" 2 $opts $o banana s.run -n
    says 'it is named' "$o: there is no patch set 'banana'; there are:"
    says 'and those that are there' ' pfn-valid '
    expect_status "$o without a name" 2 $opts $o '' s.run -n
done
expect_status '--set and --no-set of the same set' 2 $opts --set pfn-valid --no-set pfn-valid s.run -n
says 'it is said' '--set pfn-valid contradicts --no-set pfn-valid'

run $opts --data more --set extra --no-set pfn-valid s.run -n --write-lock sets.lock
check 'lock: the options' grep -qx 'Options: set=extra no-set=pfn-valid' sets.lock
check 'lock: the sets' sh -c "grep '^Sets: ' sets.lock | grep extra | grep -vq pfn-valid"
check 'lock: where it comes from' sh -c "grep -A1 -x 'Set: extra' sets.lock | grep -qx 'Origin: option'"
expect_status 'lock: it holds' 0 --hooks hooks --data more --set extra --no-set pfn-valid s.run -n --lock sets.lock
expect_status 'lock: not without --set' 1 --hooks hooks --data more --no-set pfn-valid s.run -n --lock sets.lock
says 'which is said' 'Options was set=extra'
expect_status 'lock: not without --no-set' 1 --hooks hooks --data more --set extra s.run -n --lock sets.lock

# --- --patches with one patch -------------------------------------------------

# one WORDS FROM TO: a patch of os-interface.c's first comment.
one() {
    printf -- '--- %s\n+++ %s\n' "$2" "$3"
    printf '@@ -2,3 +2,3 @@\n- * Sample: what the proprietary core asks of the kernel.\n+ * Sample: %s.\n  */\n \n' "$1"
}
f=nvidia/os-interface.c
one root-p1 a/kernel/$f b/kernel/$f > root-p1.patch
one root-p0 kernel/$f kernel/$f > root-p0.patch
one kernel-p1 a/$f b/$f > kernel-p1.patch
one kernel-p0 $f $f > kernel-p0.patch
# As the community's patches come: context lines without their blank, ./ in front.
one dialect ./$f.orig ./$f | sed 's/^ $//' > dialect.patch
check 'the dialect has a context line without its blank' grep -qx '' dialect.patch
for p in root-p1 root-p0 kernel-p1 kernel-p0 dialect; do
    expect_status "a single patch, $p" 0 $opts --patches $p.patch s.run -o one.run -f
    rm -rf one.x
    unrun one.run one.x
    check 'it is in' grep -q "Sample: $p\." one.x/kernel/$f
    says 'the history names it' "patch set $p.patch sha256 $(sha256sum < $p.patch | cut -d' ' -f1)" one.x/pkg-history.txt
done
mkdir dialect
echo dialect.patch > dialect/series
cp dialect.patch dialect
expect_status 'the dialect in a series' 0 $opts --patches dialect s.run -n
# A user's series says how much context may differ, as for quilt.
mkdir fuzzy
sed '/^--- /,$s|^  \*/$|  *x|' more/patches/extra/x.patch > fuzzy/x.patch
for opt in '' -F2 '--fuzz 3'; do
    echo "x.patch $opt" > fuzzy/series
    expect_status "a series, '$opt', with fuzz" 0 $opts --patches fuzzy s.run -n
done
for opt in -F0 '-F 1'; do
    echo "x.patch $opt" > fuzzy/series
    expect_status "a series, '$opt'" 1 $opts --patches fuzzy s.run -n
done
echo 'x.patch -l' > fuzzy/series
expect_status 'an option of patch that changes the result' 3 $opts --patches fuzzy s.run -n
says 'is named' "'fuzzy/series': line 1: patch's option -l"
if command -v patch > /dev/null; then
    cp -R s/kernel gnu
    check 'GNU patch -p1 in kernel/ takes it' patch -s -p1 -d gnu -i "$work/dialect.patch"
    check 'and makes the same first lines' sh -c "head -n 8 gnu/$f > a; head -n 8 one.x/kernel/$f | cmp - a"
else
    skip 'the dialect and GNU patch' 'no patch'
fi
sed 's/what the/what no/' root-p1.patch > no.patch
expect_status 'a single patch that does not match' 1 $opts --patches no.patch s.run -n
says 'it is named once' "gridpatch: 'no.patch': hunk 1 of 'kernel/$f'"
expect_status 'a single patch that is not there' 4 $opts --patches none.patch s.run -n

# --- data of one's own --------------------------------------------------------

# A packager's rule for a line that nobody knows yet, with a set: no fork.
mkdir -p mine/kernel-versions mine/patches/for-9
cat > mine/kernel-versions/9.3 << 'EOT'
Kernel: 9.3
Status: untested
Changes: the first line of tomorrow

Driver: 580
Kind: host
Patches: for-9
Load: unknown
Reason: It builds with for-9.
Evidence: [built] here
EOT
echo x.patch > mine/patches/for-9/series
{ printf 'Description: a test\nScope: neutral\n\n'; one for-9 a/kernel/$f b/kernel/$f; } > mine/patches/for-9/x.patch
nine='-k 9.3.1-1-amd64 --no-hooks'
make_sample n580 --version 580.178.04
# The name of the flags that 6.15 knows.
sed -i 's/^EXTRA_CFLAGS/ccflags-y/' n580/kernel/Kbuild
sh "$fx/mkrun.sh" n580 n580.run
expect_status 'a line that nobody knows' 1 $nine n580.run -n
says 'it is unknown' 'kernel 9.3.1-1-amd64 belongs to no known line'
expect_status 'with --data' 0 $nine -v --data mine n580.run -o nine.run
says 'the rule is taken' 'kernel-versions/9.3:5 taken' out
says 'the line is covered' '9.3; next unknown: newer than 9.3' out
unrun nine.run nine.x
check 'the set is in' grep -q 'Sample: for-9' nine.x/kernel/$f
says 'the history has it' 'patch set for-9 sha256 ' nine.x/pkg-history.txt
if command -v bash > /dev/null; then
    check 'DKMS may build it there' bash -c '. nine.x/kernel/dkms.conf; ! [[ 9.3.1-1-amd64 =~ $BUILD_EXCLUSIVE_KERNEL ]] && exit 1; :'
fi
expect_status 'select shows the file' 0 select -v --data mine --driver 580.178.04 -k 9.3.1-1-amd64
says 'with its path' "mine/kernel-versions/9.3:5" out
# Tests run side by side: no other gridpatch may see this one.
etc() { unshare -m sh -c 'mount -t tmpfs none /etc && cp -R "$0/mine" /etc/gridpatch && exec "$@"' "$work" "$@" > out 2> err; }
if command -v unshare > /dev/null && etc true; then
    etc "$GRIDPATCH" $nine -v "$work/n580.run" -n
    check '/etc/gridpatch does the same' test $? -eq 0
    says 'its rule is taken' 'kernel-versions/9.3:5 taken' out
    cp -R mine over
    sed -i 's/^Status: untested/Status: blocked/; s/^Changes.*/&\nReason: so says --data/' over/kernel-versions/9.3
    etc "$GRIDPATCH" select -k 9.3.1 --data over --driver 580.178.04
    check '--data lies over it' test $? -eq 1
    says 'it gives the reason' 'so says --data'
else
    skip '/etc/gridpatch' 'needs root and mount namespaces'
fi

# --- --patch-match: DKMS applies them -----------------------------------------

if ! command -v bash > /dev/null || ! command -v patch > /dev/null; then
    skip 'patches for some kernels' 'no bash, or no patch'
    finish
fi
# as_dkms TREE RELEASE: what dkms 3.0 does with a tree before it builds, by bash and
# GNU patch: read_conf() and prepare_build(). The result is dkms.tree; 77, 5 and 6
# are its exit statuses.
cat > dkms.bash << 'EOT'
. "$1/kernel/dkms.conf"
if [[ $BUILD_EXCLUSIVE_KERNEL && ! $2 =~ $BUILD_EXCLUSIVE_KERNEL ]]; then exit 77; fi
rm -rf dkms.tree
# The installer copies what the manifest lists, without kernel/.
mkdir dkms.tree
sed -n '9,$s,^kernel/\([^ ]*\) .*,\1,p' "$1/.manifest" | tar -C "$1/kernel" -cf - -T - | tar -C dkms.tree -xf -
cd dkms.tree || exit 1
count=0
for ((index=0; index < ${#PATCH[@]}; index++)); do
    if [[ ${PATCH[$index]} && (! ${PATCH_MATCH[$index]} || $2 =~ ${PATCH_MATCH[$index]}) ]]; then
        patch_array[$count]="${PATCH[$index]}"
        count=$(($count+1))
    fi
done
for p in "${patch_array[@]}"; do
    [[ -e ./patches/$p ]] || exit 5
    eval "patch -p1 < ./patches/$p" || exit 6
done
EOT
as_dkms() { bash dkms.bash "$1" "$2" > dkms.out 2>&1 < /dev/null; }

mkdir -p old/sub
printf '%s\n' '# for 5.10 only' 'x$(id)&.patch' 'sub/p0.patch -p0' 'back.patch -R' > old/series
cp root-p1.patch 'old/x$(id)&.patch'
cat > old/sub/p0.patch << 'EOT'
--- nvidia/nv-frontend.c
+++ nvidia/nv-frontend.c
@@ -2,3 +2,3 @@
- * Sample: the module's entry points.
+ * Sample: changed below kernel/.
  */

--- /dev/null
+++ nvidia/only-5.10.h
@@ -0,0 +1 @@
+#define ONLY
\ No newline at end of file
EOT
cat > old/back.patch << 'EOT'
diff --git a/kernel/nvidia/i2c_nvswitch.c b/kernel/nvidia/i2c_nvswitch.c
--- a/kernel/nvidia/i2c_nvswitch.c
+++ b/kernel/nvidia/i2c_nvswitch.c
@@ -1,3 +1,3 @@
-/* changed in reverse */
+/* Sample: i2c of switches. */
 
 #include "linux_nvswitch.h"
EOT
new=new.patch
one 'for six' a/kernel/$f b/kernel/$f > $new
late="--patches old --patch-match ^5\.10\. --patches $new --patch-match ^6\.1[^0-9]"
k2='-k 5.10.0-32-amd64 -k 5.12.9'
expect_status 'two series for some kernels' 0 $k2 --hooks hooks $late s.run -o late.run
says 'the report names the expression' 'by DKMS    when the release matches ^5\.10\.' out
says 'and the files' 'sub/p0.patch of old as patches/old-p0.patch' out
says 'one matches no kernel of the run' "warning: '^6\\.1[^0-9]' matches none of these kernels"
unrun late.run late.x
check 'the sources are as without them' cmp s/kernel/nvidia/i2c_nvswitch.c late.x/kernel/nvidia/i2c_nvswitch.c
check 'the history has the sum' grep -q "patch set old sha256 $( (cat old/series 'old/x$(id)&.patch' old/sub/p0.patch old/back.patch) |
    sha256sum | cut -d' ' -f1) for some kernels: see dkms.conf" late.x/pkg-history.txt
check 'their names are harmless' sh -c 'ls late.x/kernel/patches > a; ! grep -q "[^A-Za-z0-9._+-]" a && test "$(wc -l < a)" -eq 4'
check 'the manifest has them' test "$(grep -c '^kernel/patches/.* 0644 KERNEL_MODULE_SRC' late.x/.manifest)" -eq 4
expect_status 'verify agrees' 0 verify late.run
says 'the numbers begin at 0' 'PATCH[0]="' late.x/kernel/dkms.conf
check 'dkms on 5.10' as_dkms late.x 5.10.0-32-amd64
check 'the patch at the root' grep -q root-p1 dkms.tree/$f
check 'the one with -p0 in kernel/' grep -q 'changed below' dkms.tree/nvidia/nv-frontend.c
check 'the new file, byte for byte' test "$(cat dkms.tree/nvidia/only-5.10.h; echo x)" = '#define ONLYx'
check 'the one in reverse' grep -q 'changed in reverse' dkms.tree/nvidia/i2c_nvswitch.c
for r in 5.12.9 5.11.22-7-pve; do
    check "dkms on $r" as_dkms late.x $r
    check 'nothing of it' sh -c '! grep -rq -e root-p1 -e "changed " dkms.tree/nvidia'
done
make_sample n470 --version 470.256.02
expect_status 'on another kernel' 0 -k 6.1.0-50-amd64 --no-hooks --allow blocked $late n470.run -o n470-late.run
unrun n470-late.run n470.x
check 'dkms on 6.1' as_dkms n470.x 6.1.0-50-amd64
check 'the patch for 6.1' grep -q 'for six' dkms.tree/$f
refute 'and no other' test -e dkms.tree/nvidia/only-5.10.h
check 'dkms on 5.10' as_dkms n470.x 5.10.0-32-amd64
check 'the patch for 5.10' grep -q root-p1 dkms.tree/$f
check 'dkms on 5.4: none' as_dkms n470.x 5.4.0-42-generic
check 'the file as it is' cmp n470.x/kernel/$f dkms.tree/$f

expect_status 'again on the output' 0 $k2 --hooks hooks $late late.run -o again.run
says 'they are there' 'is there already' out
unrun again.run again.x
check 'dkms.conf is the same' cmp late.x/kernel/dkms.conf again.x/kernel/dkms.conf
check 'so are the patches' diff -r late.x/kernel/patches again.x/kernel/patches
expect_status 'again without the options' 0 $k2 --hooks hooks late.run -o again.run -f
one more a/kernel/$f b/kernel/$f | sed 's/what the proprietary core asks of the kernel/root-p1/' > more.patch
expect_status 'one more on top' 0 $k2 --hooks hooks --patches more.patch --patch-match '^5\.10\.' late.run -o more.run
unrun more.run more.x
says 'the numbers go on' 'PATCH[4]="more.patch"' more.x/kernel/dkms.conf
check 'dkms on 5.10' as_dkms more.x 5.10.0-32-amd64
check 'both are in' grep -q 'Sample: more' dkms.tree/$f
sed -i 's/for six/for eleven/' $new
expect_status 'another one of the same name' 0 $k2 --hooks hooks --patches $new --patch-match '^5\.11' late.run -o name.run
unrun name.run name.x
says 'gets another file' '="2-new.patch"' name.x/kernel/dkms.conf
# In the sources below what an earlier run left to DKMS.
expect_status 'sources that it does not fit any more' 1 $k2 --hooks hooks --patches root-p1.patch late.run -n
says 'which is said' "dkms.conf's own patch for 5.10.0-32-amd64"

# All or nothing, tried on what the sources will be.
expect_status 'a hunk that does not match' 1 $k2 --hooks hooks --patches no.patch --patch-match '^5\.10\.' s.run -o no2.run
says 'kernel and hunk are named' "on 5.10.0-32-amd64: 'no.patch': hunk 1 of 'kernel/$f'"
refute 'no output' test -e no2.run
expect_status 'neither on a kernel that is not of the run' 1 $k2 --hooks hooks --patches no.patch --patch-match '^6' s.run -n
expect_status 'two that cannot both go in' 1 $k2 --hooks hooks --patches root-p1.patch --patch-match '^5\.1' \
    --patches kernel-p1.patch --patch-match '^5\.10' s.run -n
says 'the second is named' "on 5.10.0-32-amd64: 'kernel-p1.patch'"
expect_status 'they can for different kernels' 0 $k2 --hooks hooks --patches root-p1.patch --patch-match '^5\.12' \
    --patches kernel-p1.patch --patch-match '^5\.10' s.run -n
cp root-p1.patch twin.patch
expect_status 'what is in the sources already' 1 $k2 --hooks hooks --patches root-p1.patch \
    --patches twin.patch --patch-match '^5\.10' s.run -n
says 'dkms would stop there' 'has this change already, and DKMS would stop there'
cat > rename.patch << 'EOT'
diff --git a/kernel/nvidia/nv-frontend.c b/kernel/nvidia/nv-front.c
similarity index 100%
rename from kernel/nvidia/nv-frontend.c
rename to kernel/nvidia/nv-front.c
EOT
expect_status 'a rename' 3 $k2 --hooks hooks --patches rename.patch --patch-match '^5' s.run -n
says 'is not for DKMS' 'but not rename'
cat > top.patch << 'EOT'
--- a/LICENSE
+++ b/LICENSE
@@ -1 +1 @@
-Sample: there is nothing here to license.
+changed
EOT
expect_status 'a file that DKMS does not see' 1 $k2 --hooks hooks --patches top.patch --patch-match '^5' s.run -n

# usage
expect_status '--patch-match without --patches' 2 $opts --patch-match '^5' s.run -n
expect_status 'two for one' 2 $opts --patches old --patch-match '^5' --patch-match '^6' s.run -n
expect_status 'no expression' 2 $opts --patches old --patch-match '' s.run -n
expect_status 'one that is none' 2 $opts --patches old --patch-match '^5\.(10' s.run -n
says 'it is named' "'^5\\.(10' is not an extended regular expression"
expect_status 'one with a newline' 2 $opts --patches old --patch-match '^5
x' s.run -n
for ere in '((a{1,255}){1,255}){1,255}' '(.*)\1\1' "$(printf '%05000d' 0)"; do
    expect_status "one that is too much: $(echo "$ere" | cut -c-12)" 2 $opts --patches old --patch-match "$ere" s.run -n
done
expect_status 'the same folder with and without' 2 $opts --patches old --patch-match '^5' --patches ./old s.run -n
expect_status 'quotes in an expression' 0 $k2 --hooks hooks --patches root-p1.patch \
    --patch-match "^(5.10|'\"\$(touch ran)\`\\\\)" s.run -o quotes.run
unrun quotes.run quotes.x
check 'are for bash what they are here' as_dkms quotes.x 5.10.0-32-amd64
check 'it is applied' grep -q root-p1 dkms.tree/$f
refute 'and nothing of it ran' sh -c 'test -e ran || test -e dkms.tree/ran'

# --- sets of the data that are not neutral ------------------------------------

mkdir -p spec/patches/for-510 spec/kernel-versions
echo x.patch > spec/patches/for-510/series
{ printf 'Description: a test\n\n'; cat root-p1.patch; } > spec/patches/for-510/x.patch
cat > spec/kernel-versions/local << 'EOT'
Kernel: 5.10
Status: supported
Changes: a test

Driver: 460.73.02
Patches: for-510
Reason: a test
Evidence: [test] none

Driver: 525
Patches: for-510
Reason: a test
Evidence: [test] none
EOT
expect_status 'a set that is not neutral' 0 $k2 -k 5.10.0-30+x-amd64 --hooks hooks --data spec s.run -o spec.run
unrun spec.run spec.x
says 'the expression is those releases' "PATCH_MATCH[0]='^(5\\.10\\.0-32-amd64|5\\.10\\.0-30\\+x-amd64)\$'" spec.x/kernel/dkms.conf
for r in 5.10.0-32-amd64 5.10.0-30+x-amd64; do
    check "dkms on $r" as_dkms spec.x $r
    check 'it is applied' grep -q root-p1 dkms.tree/$f
done
for r in 5.10.0-32-amd64x 5.10.0-3-amd64 5.10.0-300x-amd64 5.10.0-32-amd640; do
    check "dkms on $r" as_dkms spec.x $r
    refute "not there" grep -q root-p1 dkms.tree/$f
done
expect_status 'with --set for one kernel' 0 $k --hooks hooks --data spec --set for-510 s.run -o spec2.run
unrun spec2.run spec2.x
says 'it is for that one' "PATCH_MATCH[0]='^5\\.12\\.9\$'" spec2.x/kernel/dkms.conf
if command -v unshare > /dev/null && unshare -m true 2> /dev/null; then
    # A kernel that "-k installed" skips counts neither for nor against.
    for r in 5.10.7 5.13.1; do
        mkdir -p lib/$r/build/include/linux lib/$r/build/include/generated lib/$r/build/include/config
        echo $r > lib/$r/build/include/config/kernel.release
        echo "#define UTS_RELEASE \"$r\"" > lib/$r/build/include/generated/utsrelease.h
        : > lib/$r/build/include/generated/autoconf.h
        : > lib/$r/build/include/linux/kernel.h
        minor=${r#5.}
        printf 'VERSION = 5\nPATCHLEVEL = %s\nSUBLEVEL = %s\nEXTRAVERSION =\n' ${minor%.*} ${minor#*.} > lib/$r/build/Makefile
    done
    sed 's/^Kernel: 5.10/Kernel: 5.13/; s/supported/blocked\nReason: a test/' spec/kernel-versions/local > spec/kernel-versions/local13
    unshare -m sh -c "mkdir -p /lib/modules; mount --bind $work/lib /lib/modules &&
        exec '$GRIDPATCH' -k installed --hooks hooks --data spec s.run -o inst.run" > out 2> err
    check '-k installed: exit 0' test $? -eq 0
    says 'one is skipped' 'skipped    5.13.1' out
    refute 'and has no line of how to install' grep -q -- '-k 5.13.1' out
    unrun inst.run inst.x
    says 'the set is for the other one' "PATCH_MATCH[0]='^5\\.10\\.7\$'" inst.x/kernel/dkms.conf
    rm spec/kernel-versions/local13
else
    skip '-k installed' 'needs mount namespaces'
fi

# --- drivers from 520 on ------------------------------------------------------

make_sample n525 --version 525.85.07
n525='-k 5.10.0-32-amd64 --no-hooks'
expect_status 'from 520 on: into the sources' 0 $n525 --patches old --patch-match '^5\.10\.' n525.run -o n525-o.run
unrun n525-o.run n525.x
check 'it is in' grep -q 'root-p1' n525.x/kernel/$f
refute 'not for DKMS' grep -q '^PATCH' n525.x/kernel/dkms.conf
for r in 5.10.0-32-amd64 5.10.223 5.10; do
    check "DKMS may build for $r" as_dkms n525.x $r
done
for r in 5.1.10 5.100.1 5.12.9 6.1.0-50-amd64 15.10.1; do
    as_dkms n525.x $r
    check "DKMS leaves $r alone: 77" test $? -eq 77
done
expect_status 'for two kernels' 1 $n525 -k 5.15.0 --patches old --patch-match '^5\.10\.' n525.run -n
says 'the way out is named' 'make one installer per kernel, each with one -k R'
expect_status 'a set of the data, too' 1 $n525 -k 5.15.0 --data spec n525.run -n
says 'it is named' "'for-510' is for some kernels only"
expect_status 'and for one kernel' 0 $n525 --data spec n525.run -o n525-o.run -f
rm -rf n525.x
unrun n525-o.run n525.x
check 'it is in' grep -q 'root-p1' n525.x/kernel/$f
expect_status 'not for this kernel' 0 $n525 --patches old --patch-match '^6' n525.run -o n525-o.run -f
says 'it is left out, with a warning' "warning: --patches 'old' is left out"
rm -rf n525.x
unrun n525-o.run n525.x
check 'and limits nothing' as_dkms n525.x 5.12.9
cp -R n525 n525l
echo 'BUILD_EXCLUSIVE_KERNEL="^5\..*"' >> n525l/kernel/dkms.conf
sh "$fx/mkrun.sh" n525l n525l.run
expect_status 'a limit of the package in the way' 1 $n525 --patches old --patch-match '^5\.10\.' n525l.run -n
says 'which is said' 'BUILD_EXCLUSIVE_KERNEL of its own'

# --- BUILD_EXCLUSIVE_KERNEL of the shipped rules ------------------------------

# For every line from 4.18 to 7.3, bash and dkms.conf say what select says.
i=18
lines=
while [ $i -le 20 ]; do lines="$lines 4.$i"; i=$((i + 1)); done
for m in 5 6; do
    i=0
    while [ $i -le 19 ]; do lines="$lines $m.$i"; i=$((i + 1)); done
done
lines="$lines 7.0 7.1 7.2 7.3"
ks=
for l in $lines; do ks="$ks -k $l"; done
cat > exclusive.bash << 'EOT'
. "$1" 2> /dev/null
while read -r release verdict; do
    got=in
    [[ ! $BUILD_EXCLUSIVE_KERNEL || $release =~ $BUILD_EXCLUSIVE_KERNEL ]] || got=out
    for more in .0-1-amd64 .99-rc1 -generic; do
        [[ ! $BUILD_EXCLUSIVE_KERNEL || $release$more =~ $BUILD_EXCLUSIVE_KERNEL ]] && also=in || also=out
        [ $also = $got ] || echo "$release$more: $also, $release: $got"
    done
    want=in
    [ "$verdict" != blocked ] || want=out
    [ $got = $want ] || echo "$release: $got instead of $want"
done
EOT
if command -v jq > /dev/null; then
    make_sample n535 --version 535.161.05
    for d in s n470 n525 n535 n580; do
        run $k --no-hooks $d.run -o excl.run -f
        rm -rf excl.x
        unrun excl.run excl.x
        "$GRIDPATCH" select --json $ks $d.run 2> /dev/null |
            jq -r '.selection.cells[] | .kernel.release + " " + .verdict' > verdicts
        check "$d: all lines have a verdict" test "$(wc -l < verdicts)" -eq 47
        bash exclusive.bash excl.x/kernel/dkms.conf < verdicts > excl.diff 2>&1
        check "$d: DKMS leaves the blocked lines alone, and no other" sh -c 'cat excl.diff; test ! -s excl.diff'
    done
else
    skip 'BUILD_EXCLUSIVE_KERNEL of the shipped rules' 'no jq'
fi

# --- lock files ---------------------------------------------------------------

run $k2 --hooks hooks $late s.run -n --write-lock late.lock
check 'lock: the expressions' grep -qxF 'Options: patch-match=1:^5\.10\. patch-match=2:^6\.1[^0-9]' late.lock
expect_status 'lock: it holds' 0 --hooks hooks $late s.run -n --lock late.lock
expect_status 'lock: not with another expression' 1 --hooks hooks --patches old --patch-match '^5\.10' \
    --patches $new --patch-match '^6\.1[^0-9]' s.run -n --lock late.lock

# --- a dkms.conf that has PATCH[] ---------------------------------------------

# conf NAME TEXT: the sample with TEXT at the end of dkms.conf, and k.patch.
conf() {
    cp -R s "$1"
    mkdir "$1/kernel/patches"
    printf -- '--- a/Kbuild\n+++ b/Kbuild\n@@ -1,1 +1,2 @@\n # Sample: one fragment per module.\n+# x\n' > "$1/kernel/patches/k.patch"
    echo 'kernel/patches/k.patch 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman' >> "$1/.manifest"
    printf '%s\n' "$2" >> "$1/kernel/dkms.conf"
    sh "$fx/mkrun.sh" "$1" "$1.run"
}
ten='--patches root-p1.patch --patch-match ^5\.10'
conf has 'PATCH[0]="k.patch"
PATCH[1]=k.patch # for 5.4
PATCH_MATCH[1]="^5\.4"'
expect_status 'PATCH[] of other files' 0 $k2 --hooks hooks $ten has.run -o has-o.run
unrun has-o.run has.x
says 'ours goes behind' 'PATCH[2]="root-p1.patch"' has.x/kernel/dkms.conf
check 'dkms' as_dkms has.x 5.10.0-32-amd64
check 'both are in' sh -c "grep -qx '# x' dkms.tree/Kbuild && grep -q root-p1 dkms.tree/$f"
check 'dkms on 5.12' as_dkms has.x 5.12.9
check 'only its own' sh -c "grep -qx '# x' dkms.tree/Kbuild && ! grep -q root-p1 dkms.tree/$f"
printf -- '--- a/Kbuild\n+++ b/Kbuild\n@@ -1,1 +1,2 @@\n # Sample: one fragment per module.\n+# y\n' > kbuild.patch
expect_status 'a patch in the sources over the same file' 1 $k2 --hooks hooks --patches kbuild.patch has.run -n
says 'both are named' "dkms.conf applies 'k.patch' to files that 'kbuild.patch' changes; --drop-dkms-patches"
conf second 'PATCH[0]="o.patch"
PATCH[1]="k.patch"'
printf -- '--- /dev/null\n+++ b/o.txt\n@@ -0,0 +1,1 @@\n+o\n' > second/kernel/patches/o.patch
sh "$fx/mkrun.sh" second second.run
expect_status 'the second of two over the same file' 1 $k2 --hooks hooks --patches kbuild.patch second.run -n
says 'that one is named' "dkms.conf applies 'k.patch' to files that 'kbuild.patch' changes; --drop-dkms-patches"
expect_status 'with --drop-dkms-patches' 0 $k2 --hooks hooks --drop-dkms-patches --patches kbuild.patch $ten has.run -o drop.run
unrun drop.run drop.x
check 'ours is the first then' grep -qxF 'PATCH[0]="root-p1.patch"' drop.x/kernel/dkms.conf
check 'and the only one' test "$(grep -c '^PATCH\[' drop.x/kernel/dkms.conf)" -eq 1
conf gap 'PATCH[1]="k.patch"'
expect_status 'a gap in the numbers' 3 $k2 --hooks hooks $ten gap.run -n
says 'it is said' 'gaps in the numbers'
expect_status 'does no harm without ours' 0 $k2 --hooks hooks gap.run -n
conf all 'PATCH=(k.patch)'
expect_status 'PATCH=()' 0 $k2 --hooks hooks $ten all.run -o all-o.run
unrun all-o.run all.x
says 'PATCH=(): ours goes behind' 'PATCH[1]="root-p1.patch"' all.x/kernel/dkms.conf
check 'PATCH=(): dkms' as_dkms all.x 5.10.0-32-amd64
check 'PATCH=(): both are in' sh -c "grep -qx '# x' dkms.tree/Kbuild && grep -q root-p1 dkms.tree/$f"
conf var 'x=k.patch
PATCH[0]="$x"'
expect_status 'a variable' 3 $k2 --hooks hooks $ten var.run -n
# As dkms sees it: [[ x =~ '(' ]] is 2, and its patch is never applied. Whether that
# was meant nobody knows.
for ere in '^5\.(10' '(5)\.\1'; do
    conf bad "PATCH[0]=k.patch
PATCH_MATCH[0]='$ere'"
    expect_status "an expression that is none: $ere" 3 $k2 --hooks hooks $ten bad.run -n
    says 'whose it is' "'kernel/dkms.conf': PATCH_MATCH[0]: "
    says 'which it is' "'$ere'"
    expect_status 'does no harm without ours' 0 $k2 --hooks hooks bad.run -n
    expect_status 'nor without its own' 0 $k2 --hooks hooks --drop-dkms-patches $ten bad.run -n
    rm -r bad bad.run
done
# --- a series whose second patch changes what the first one wrote ---------------

f=kernel/nvidia/os-interface.c
mkdir -p in/patches/later mine
printf '1.patch\n2.patch\n' | tee in/patches/later/series > mine/series
cp s.x/$f one && sed '2s/.*/ * Once./' one > two && sed '2s/.*/ * Twice./; 3s/$/\n\/* more *\//' two > three
# The hooks put a line further down.
starts_as() { head -n 6 "$1" > want && head -n 6 "$2" | cmp want -; }
made() { # FROM TO PATCH: as diff says it
    printf 'Description: a test\nScope: neutral\n\n' > in/patches/later/$3
    diff -u --label a/$f --label b/$f $1 $2 >> in/patches/later/$3
    cp in/patches/later/$3 mine/$3
}
made one two 1.patch
made two three 2.patch
for how in "--data in --set later" "--patches mine"; do
    expect_status "$how" 0 $opts $how s.run -o later.run -f
    unrun later.run later.x
    check "$how: both are in" starts_as three later.x/$f
    expect_status "$how: once more" 0 $opts $how later.run -o twice.run -f --json=twice.json
    check "$how: both are there already" json_is twice.json \
        '[.patches[] | select(.patch == "1.patch" or .patch == "2.patch") | .already] | unique | tostring' '[true]'
    unrun twice.run twice.x
    check "$how: nothing is changed" cmp later.x/$f twice.x/$f
    rm -rf later.x twice.x
done
# The first one alone is there; and one whose second would come out of what is there.
expect_status 'the first one alone' 0 $opts --patches mine/1.patch s.run -o half.run
expect_status 'and then both' 0 $opts --patches mine half.run -o whole.run --json=whole.json
check 'one is there, one goes in' json_is whole.json '[.patches[] | select(.set == "mine") | .already] | tostring' '[true,false]'
unrun whole.run whole.x
check 'and both are in' starts_as three whole.x/$f
expect_status 'what has the second one only' 1 $opts --patches mine/2.patch s.run -n
# What somebody has changed since is neither.
rm -rf other && cp -R whole.x other && sed -i 's/Twice/Thrice/' other/$f
sh "$fx/mkrun.sh" other other.run
expect_status 'one that was changed since' 1 $opts --patches mine --allow altered other.run -o none.run
refute 'nothing is written' test -e none.run
finish
