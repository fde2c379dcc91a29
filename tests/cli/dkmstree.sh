#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2086,SC2154 # $k and options are words; lib.sh sets the rest
# dkms-tree: the tree has what nvidia-installer would put into /usr/src, told from the
# installer that patch writes; dkms.conf as bash reads it; archives as GNU tar and bsdtar
# list them; the source package as dpkg-source unpacks it; the same bytes everywhere.
# tests: core/driver/dkmsfill core/driver/debsrc ops/job/dkmsfiles ops/job/dkmspack ops/job/dkmstree
. "$(dirname "$0")/lib.sh"

sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
v=460.73.02

# expected RUN DIR: what nvidia-installer (process_dkms_conf() of 460.73.01) makes of an
# installer's kernel/, with what differs by machine as it is to be everywhere.
expected() {
    unrun "$1" "$2.all" && mkdir "$2" || return 1
    awk 'NR > 8 && /^kernel\// && ($3 == "KERNEL_MODULE_SRC" || $3 == "DKMS_CONF") { print substr($1, 8) }' \
        "$2.all/.manifest" | tar -C "$2.all/kernel" -cf - -T - | tar -C "$2" -xf -
    n=0
    for m in $(sed -n 4p "$2.all/.manifest"); do
        printf 'BUILT_MODULE_NAME[%s]="%s"\nDEST_MODULE_LOCATION[%s]="/kernel/drivers/video"\n' $n "$m" $n
        n=$((n + 1))
    done > modules
    sed -i -e "s/__VERSION_STRING/$v/" -e 's/-j__JOBS/-j${parallel_jobs:-$(nproc)}/' -e 's/__EXCLUDE_MODULES//' \
        -e 's/__IGNORE_CC_MISMATCH/1/' -e 's/will be generated/was generated/' -e '/^__DKMS_MODULES/{r modules
d}' "$2/dkms.conf"
    cp "$2.all/pkg-history.txt" "$2/"
}
# modes DIR: mode, time and name of all that is in it.
modes() { (cd "$1" && find . -printf '%m %T@ %y %p\n' | sort -k4); }

# --- a directory -------------------------------------------------------------------

make_sample host --kernel-open
chmod 0755 host/kernel/conftest.sh
run $opts host.run -o out.run
expected out.run want
expect_status 'a tree' 0 dkms-tree $opts host.run --json=tree.json
grep '^covers ' out > covers
check 'it has what an installer would leave' diff -r want nvidia-$v
says 'it says that kernel-open/ is not in it' 'left out   kernel-open/' out
"$GRIDPATCH" select host.run -k 5.12.9 > selected
check 'and which kernels the sets in it cover, as select does' sh -c 'grep "^covers .*[0-9]" selected | cmp - covers'
check 'in JSON, too' json_is tree.json '.selection.covers' "$(sed 's/^covers *//; s/; .*//' covers)"
refute 'and it is not' grep -rq kernel-open nvidia-$v/dkms.conf nvidia-$v/Kbuild
check 'hooks are in it' test -f nvidia-$v/unlock/vgpu_unlock_hooks.c
check 'and a blob' cmp host/kernel/nvidia/nv-kernel.o_binary nvidia-$v/nvidia/nv-kernel.o_binary
check 'no placeholder is left' sh -c '! grep -v "^#" nvidia-'$v'/dkms.conf | grep -q "__[A-Z]"'
for line in "cp -rT nvidia-$v /usr/src/nvidia-$v" "dkms add -m nvidia -v $v" "dkms build -m nvidia -v $v -k 5.12.9" \
    "dkms install -m nvidia -v $v -k 5.12.9" 'NVIDIA'\''s licence does not let you pass it on'; do
    says "it ends with: $line" "$line" out
done
if command -v bash > /dev/null; then
    bash -c 'kernelver=5.12.9 parallel_jobs=3; . ./nvidia-'$v'/dkms.conf
        printf "%s\n" "$PACKAGE_NAME" "$PACKAGE_VERSION" "${MAKE[0]}" "${BUILT_MODULE_NAME[@]}" "$AUTOINSTALL"' > said
    printf '%s\n' nvidia $v "'make' -j3 NV_EXCLUDE_BUILD_MODULES='' KERNEL_UNAME=5.12.9 IGNORE_CC_MISMATCH='1' modules" \
        nvidia nvidia-vgpu-vfio yes > want.said
    check 'dkms.conf as bash reads it' diff want.said said
    bash -c '. ./nvidia-'$v'/dkms.conf; echo "${MAKE[0]}"' > said
    says 'without dkms: as many jobs as processors' "'make' -j$(nproc) " said
else
    skip 'dkms.conf as bash reads it' 'no bash'
fi
epoch=$(date -u -d "$(tar --full-time -tvf host.run 2> /dev/null; unrun host.run x; stat -c %y x/.manifest)" +%s)
modes nvidia-$v > have
check 'all of it has the time of .manifest' sh -c '! grep -v " '$epoch'\.0*  *" have'
check 'modes: 0644, 0755 for a script and directories' test "$(cut -d ' ' -f 1,3 have | sort | uniq -c | awk '{ print $2, $3 }' | tr '\n' ' ')" = '644 f 755 d 755 f '
check 'the script is conftest.sh' test "$(grep '^755 .* f ' have | sed 's/.* //')" = ./conftest.sh

if unshare -m true 2> said && [ -d /var/lib/dkms ]; then
    unshare -m sh -c 'mount -t tmpfs none /var/lib/dkms && mkdir -p /var/lib/dkms/nvidia/'$v' && exec "$@"' - \
        "$GRIDPATCH" dkms-tree $opts host.run -o x -n > out 2> err
    says 'what DKMS has of it goes first' "dkms remove -m nvidia -v $v --all" out
else
    skip 'what DKMS has already' 'no dkms, or no right to mount'
fi

# --- names, and what is there ------------------------------------------------------

expect_status 'it is there' 1 dkms-tree $opts host.run
says 'it says so' "'nvidia-$v' exists already; -f replaces it"
mkdir src
expect_status 'into a directory' 0 dkms-tree $opts host.run -o src
check 'it is the same' diff -r nvidia-$v src/nvidia-$v
expect_status 'with a slash' 1 dkms-tree $opts host.run -o src/
expect_status 'a name of its own' 0 dkms-tree $opts host.run -o mine
check 'it is the same, too' diff -r nvidia-$v mine
echo altered >> mine/Kbuild
touch mine/more
expect_status '-f' 0 dkms-tree $opts host.run -o src -f
mv mine src/mine
rm -r nvidia-$v && mv src/mine nvidia-$v
expect_status '-f over an altered tree' 0 dkms-tree $opts host.run -f
check 'it is as new' diff -r src/nvidia-$v nvidia-$v
check 'and so are its modes' sh -c 'modes() { (cd "$1" && find . -printf "%m %T@ %y %p\n" | sort -k4); }; modes nvidia-'$v' | diff have -'
mkdir -p other/nvidia-$v
echo precious > other/nvidia-$v/file
expect_status '-f over something else' 1 dkms-tree $opts host.run -o other -f
check 'which is left alone' test "$(cat other/nvidia-$v/file)" = precious
rm -r other/nvidia-$v && cp -R src/nvidia-$v real && ln -s ../real other/nvidia-$v
expect_status '-f over a link' 1 dkms-tree $opts host.run -o other -f
check 'which is left alone, too' sh -c 'test -L other/nvidia-'$v' && diff -r src/nvidia-'$v' real'
expect_status 'a directory that is not there' 4 dkms-tree $opts host.run -o none/
expect_status 'nor the one above it' 4 dkms-tree $opts host.run -o none/there
touch plain
expect_status 'a file' 2 dkms-tree $opts host.run -o plain
for o in - x.run x.zip x.deb x.tar x.tgz x.TAR.XZ x.tar.lz x.tbz2 x.Dsc; do
    expect_status "the output $o" 2 dkms-tree $opts host.run -o $o
done
says 'it says what can be' '.tar.xz, .tar.gz, .tar.zst or .dsc'
expect_status 'into the input' 2 dkms-tree $opts host -o host/kernel/x
expect_status 'into the input, as an archive' 2 dkms-tree $opts host -o host/x.tar.gz
expect_status 'over the input' 2 dkms-tree $opts host.run -o host.run
# What is read is not what -f replaces.
mkdir lib
sh "$fx/installed.sh" host lib/nvidia-$v
cp -a lib/nvidia-$v lib.before
ln -s lib/nvidia-$v linked
for o in lib linked lib/../linked/; do
    expect_status "-f over the input, -o $o" 2 dkms-tree $opts lib/nvidia-$v -f -o $o
done
(cd lib && "$GRIDPATCH" dkms-tree $opts nvidia-$v -f > /dev/null 2>&1)
check 'the input under the name that would be chosen' test $? -eq 2
cp host.run lib/nvidia-$v/
expect_status '-f over a tree that has the input in it' 2 dkms-tree $opts lib/nvidia-$v/host.run -f -o lib
rm lib/nvidia-$v/host.run linked
check 'it is as it was' diff -r lib/nvidia-$v lib.before
mkdir dry
expect_status 'a dry run' 0 dkms-tree $opts host.run -o dry -n
says 'it says what it would do' "dry run    dry/nvidia-$v would be written" out
expect_status 'a dry run of a package' 0 dkms-tree $opts host.run -o dry/x.dsc -n
check 'nothing is written' test -z "$(ls -A dry)"
expect_status 'no argument' 2 dkms-tree
expect_status 'no file' 4 dkms-tree $k nothing.run

# --- archives ----------------------------------------------------------------------

for e in xz gz zst; do
    expect_status "an archive, $e" 0 dkms-tree $opts host.run -o a.tar.$e
    mkdir x.$e
    check "$e: GNU tar unpacks it" tar -C x.$e -xf a.tar.$e
    check "$e: it is the tree" diff -r x.$e/nvidia-$v src/nvidia-$v
    tar --numeric-owner --full-time -tvf a.tar.$e > list
    check "$e: all is root's" sh -c '! grep -v " 0/0 " list'
    sed 's/.* //; s,/$,,' list > names
    # What is in a directory follows it at once.
    check "$e: it is in order" sh -c 'tr / "\\001" < names | LC_ALL=C sort -c'
    check "$e: all is below one name" sh -c '! grep -v "^nvidia-'$v'" names'
    if command -v bsdtar > /dev/null; then
        bsdtar -tf a.tar.$e | sed 's,/$,,' > names.2
        check "$e: bsdtar reads the same" diff names names.2
    fi
done
(cd x.gz && modes nvidia-$v) > have.2
check 'modes and times are those of the directory' diff have have.2
expect_status 'an archive that is there' 1 dkms-tree $opts host.run -o a.tar.xz
expect_status '-f over it' 0 dkms-tree $opts host.run -o a.tar.xz -f

# --- the same bytes everywhere -----------------------------------------------------

mkdir far far/tmp
for o in a.tar.xz a.tar.gz a.tar.zst a.dsc; do
    [ $o != a.dsc ] || run dkms-tree $opts host.run -o $o
    (cd far && umask 077 && TMPDIR=$work/far/tmp TZ=Asia/Tokyo LANG=tr_TR.UTF-8 LC_ALL='' taskset 1 \
        "$GRIDPATCH" dkms-tree $k --hooks ../hooks ../host.run -o $o > said 2>&1)
    check "$o: somewhere else, it is the same" cmp $o far/$o
done
deb=nvidia-$v-dkms_$v+gridpatch1.tar.xz
check 'so is the archive of the package' cmp $deb far/$deb
(cd far && umask 077 && "$GRIDPATCH" dkms-tree $k --hooks ../hooks ../host.run > said 2>&1)
modes far/nvidia-$v > have.2
check 'so is a directory' diff have have.2
check 'nothing is left over' test -z "$(ls -A far/tmp)"
SOURCE_DATE_EPOCH=1234567890
export SOURCE_DATE_EPOCH
run dkms-tree $opts host -o e.tar.gz
check 'SOURCE_DATE_EPOCH is the time' sh -c 'TZ=UTC tar --full-time -tvf e.tar.gz > list && ! grep -v " 2009-02-13 23:31:30 " list'
cp -R host elsewhere
find elsewhere -exec touch {} +
run dkms-tree $opts elsewhere -o t.tar.gz
check 'a tree that was copied gives the same' cmp e.tar.gz t.tar.gz
expect_status 'it wants a kernel' 2 dkms-tree --hooks hooks host.run -o f.tar.gz
unset SOURCE_DATE_EPOCH

# --- twice -------------------------------------------------------------------------

run dkms-tree $opts out.run -o twice
check 'an installer that was patched before gives the same' diff -r nvidia-$v twice
says 'nothing changes' ', 0 files changed' out
run dkms-tree $opts out.run -o twice.tar.gz
check 'as an archive, too' cmp a.tar.gz twice.tar.gz

# --- the sources of an installed driver --------------------------------------------

expect_status 'a tree of a tree' 0 dkms-tree $opts nvidia-$v -o again
check 'nothing has changed' diff -r nvidia-$v again
mkdir pristine
tar -C host/kernel -cf - . | tar -C pristine -xf -
sed "s/__VERSION_STRING/$v/; s/__JOBS/7/; s/__EXCLUDE_MODULES//; s/__IGNORE_CC_MISMATCH//" host/kernel/dkms.conf |
    sed -e '/^__DKMS_MODULES/{r modules
d}' > pristine/dkms.conf
mkdir pristine/conftest && touch pristine/conftest/functions.h pristine/nvidia/os-interface.o
expect_status 'a tree that nvidia-installer left' 0 dkms-tree $opts pristine -o of-tree --json=of-tree.json
refute 'what a build left there stays out' test -e of-tree/conftest -o -e of-tree/nvidia/os-interface.o
check 'its dkms.conf is kept' grep -q "'make' -j7 " of-tree/dkms.conf
for d in nvidia-$v of-tree; do
    rm -rf $d.src && cp -R $d $d.src && rm $d.src/dkms.conf $d.src/pkg-history.txt
done
check 'its sources are patched the same' diff -r nvidia-$v.src of-tree.src
check 'JSON: what it was' json_is of-tree.json .driver.form installed
says 'its history says what was done' 'patch set pfn-valid sha256' of-tree/pkg-history.txt

# One that was patched where it lies says so in a file of its own, which stays there.
cp -R pristine inplace
run $opts inplace
expect_status 'a tree that was patched where it lies' 0 dkms-tree $opts inplace -o of-inplace
sed -n 's/.*: gridpatch: //p' of-tree/pkg-history.txt > history
check 'the history is in it' sh -c 'sed -n "s/.*: gridpatch: //p" of-inplace/pkg-history.txt | diff history -'
check 'and all else is as without that' diff -r -x pkg-history.txt of-tree of-inplace
if command -v dpkg-source > /dev/null; then
    mkdir package
    run dkms-tree $opts inplace -o package/of-inplace.dsc
    dpkg-source -x package/of-inplace.dsc of-inplace.src > said 2>&1
    check 'and in the changelog' test "$(sed -n 's/^  \* \(patch set\|hooks\)/\1/p' of-inplace.src/debian/changelog)" = "$(cat history)"
fi

# --- an archive of the portal's, and a package -------------------------------------

if command -v python3 > /dev/null; then
    mkdir Host_Drivers && cp host.run Host_Drivers/NVIDIA-Linux-x86_64-$v-vgpu-kvm.run
    python3 -m zipfile -c g.zip Host_Drivers
    expect_status 'a .zip' 0 dkms-tree $opts g.zip -o of-zip --json=of-zip.json
    check 'it is the same tree' diff -r nvidia-$v of-zip
    check 'JSON: where it is from' json_is of-zip.json .input.member Host_Drivers/NVIDIA-Linux-x86_64-$v-vgpu-kvm.run
else
    skip 'a .zip' 'no python3'
fi
if command -v dpkg-deb > /dev/null; then
    mkdir -p pkg/DEBIAN pkg/usr/src && cp -R pristine pkg/usr/src/nvidia-$v && rm -r pkg/usr/src/nvidia-$v/conftest
    printf 'Package: nvidia-vgpu-host\nVersion: %s\nArchitecture: amd64\nMaintainer: x <x@localhost>\nDescription: x\n' $v > pkg/DEBIAN/control
    check 'a .deb is made' dpkg-deb --root-owner-group -b pkg host.deb
    expect_status 'a .deb' 0 dkms-tree $opts host.deb -o of-deb
    cp -R of-deb of-deb.src && rm of-deb.src/dkms.conf of-deb.src/pkg-history.txt
    check 'its sources are patched the same' diff -r of-tree.src of-deb.src
else
    skip 'a .deb' 'no dpkg-deb'
fi

# --- a source package --------------------------------------------------------------

for s in sha256 sha1 md5; do
    check "the .dsc has the $s sum" grep -q "^ $(${s}sum < $deb | cut -d ' ' -f 1) $(stat -c %s $deb) $deb\$" a.dsc
done
check 'the .dsc names its archive' grep -q "^ [0-9a-f]\{64\} $(stat -c %s $deb) $deb\$" a.dsc
if command -v dpkg-source > /dev/null && command -v dpkg-parsechangelog > /dev/null; then
    check 'dpkg-source unpacks it' dpkg-source -x a.dsc unpacked
    check 'the tree is in it' diff -r src/nvidia-$v unpacked/nvidia-$v
    check 'its version' test "$(dpkg-parsechangelog -l unpacked/debian/changelog -S Version)" = $v+gridpatch1
    check 'its date' test "$(dpkg-parsechangelog -l unpacked/debian/changelog -S Timestamp)" = "$epoch"
    dpkg-parsechangelog -l unpacked/debian/changelog > said 2> complaints
    check 'nothing is wrong with its changelog' test ! -s complaints
    says 'which names the sets' 'patch set pfn-valid sha256' said
    check 'its rules can run' test -x unpacked/debian/rules
    check 'make reads them' make -n -C unpacked -f debian/rules override_dh_strip
    says 'it is not free' 'may not be passed on' unpacked/debian/copyright
    # dpkg-source itself makes the same .dsc of it, as far as that goes.
    (cd unpacked && dpkg-source -b . > ../said 2>&1) && sed -n '/^Checksums/q; /^[A-Z]/p' a.dsc > fields
    check 'dpkg-source builds it again' test -f fields
    check 'with the same fields' sh -c 'while read -r l; do grep -qxF "$l" *"+gridpatch1.dsc" || { echo "$l"; exit 1; }; done < fields'
    run dkms-tree $opts host.run -o a.dsc -f
    printf x | dd of=$deb bs=1 seek=100 conv=notrunc 2> said
    refute 'an archive that was altered is refused' dpkg-source -x a.dsc unpacked.2
else
    skip 'dpkg-source -x' 'no dpkg-dev'
fi
run dkms-tree $opts host.run -o b.dsc
check 'the archive is there: exit 1' test "$status" -eq 1
check 'and no .dsc appears' test ! -e b.dsc

# --- patches for some kernels ------------------------------------------------------

sh "$fx/sample.sh" --version 535.161.05 --sets '' new && sh "$fx/mkrun.sh" new new.run
mkdir six
echo x.patch > six/series
cat > six/x.patch << 'EOT'
--- a/nvidia/os-interface.c
+++ b/nvidia/os-interface.c
@@ -1,3 +1,3 @@
 /*
- * Sample: what the proprietary core asks of the kernel.
+ * Sample: for six.
  */
EOT
late="--no-hooks --no-set all -k 6.1.0-50-amd64 -k 5.15.0-9-generic --patches six --patch-match ^6\.1\."
expect_status 'an installer of 535 for two kernels' 1 $late new.run
says 'it tells the way' "gridpatch dkms-tree"
expect_status 'a tree of it' 0 dkms-tree $late new.run -o late --json=late.json
check 'the patch is left to DKMS' cmp new/kernel/nvidia/os-interface.c late/nvidia/os-interface.c
check 'and lies there' test -f late/patches/six-x.patch
check 'dkms.conf names it' grep -qx 'PATCH\[0\]="six-x.patch"' late/dkms.conf
if command -v bash > /dev/null; then
    bash -c '. ./late/dkms.conf; for k in 6.1.0-50-amd64 5.15.0-9-generic; do [[ $k =~ ${PATCH_MATCH[0]} ]] && echo $k; done' > said
    check 'for its kernel' test "$(cat said)" = 6.1.0-50-amd64
fi
(cp -R late copy && cd copy && patch -sp1 < patches/six-x.patch)
says 'as GNU patch applies it' 'Sample: for six.' copy/nvidia/os-interface.c
check 'JSON: the patch' json_is late.json '.dkms_patches[0].file' six-x.patch
check 'JSON: the form' json_is late.json '"\(.form) \(.module) \(.module_version) \(.output)"' 'directory nvidia 535.161.05 late'
check 'JSON: the lines' json_is late.json '.install[-1]' 'dkms install -m nvidia -v 535.161.05 -k 5.15.0-9-generic'
sed -i 's/proprietary core/core/' six/x.patch
expect_status 'a hunk that does not match' 1 dkms-tree $late new.run -o failed --json=failed.json
check 'JSON: so it says' json_is failed.json .reason no
check 'nothing is written then' test ! -e failed
expect_status 'a blocked kernel' 1 dkms-tree --hooks hooks -k 6.19.3 host.run -o failed --json
check 'JSON: it is blocked' json_is out .reason blocked
expect_status 'with allowance' 0 dkms-tree --hooks hooks -k 6.19.3 --allow blocked host.run -o allowed
sed -n "s/^BUILD_EXCLUSIVE_KERNEL=//p" out/dkms.conf 2> /dev/null > said
check 'lines that are blocked are kept out' grep -q "^BUILD_EXCLUSIVE_KERNEL='" nvidia-$v/dkms.conf

# --- locks -------------------------------------------------------------------------

run $opts host.run -n --write-lock patch.lock
expect_status 'a lock that patch wrote' 0 dkms-tree --hooks hooks --lock patch.lock host.run -o locked
check 'it is the same tree' diff -r nvidia-$v locked
run dkms-tree $opts host.run -o l.tar.gz --write-lock tree.lock
check 'one that dkms-tree writes is the same' cmp patch.lock tree.lock
expect_status 'what differs' 1 dkms-tree --no-hooks --lock patch.lock host.run -o differs
check 'nothing is written then, either' test ! -e differs
expect_status 'a lock and a directory' 2 dkms-tree $opts host -o x.tar.gz --write-lock x.lock

# --- what is wrong with an input ---------------------------------------------------

# bad WHAT TEXT COMMAND: the sample, altered, is refused.
bad() {
    rm -rf bad
    cp -R host bad
    (cd bad && eval "$3")
    expect_status "$1" 3 dkms-tree $opts bad -o nothing
    says "$1: it says so" "$2"
}
bad 'a listed file is missing' "lists 'kernel/nvidia/os-mlock.c', which is not there" 'rm kernel/nvidia/os-mlock.c'
bad 'a placeholder that nobody knows' "placeholder '__NEW_WORD'" 'echo A=__NEW_WORD_ >> kernel/dkms.conf; sed -i s/WORD_/WORD/ kernel/dkms.conf'
bad 'no module' 'names no module' 'sed -i "4s/.*/ /" .manifest'
bad 'a module that is shell code' "names a module 'a\$(id)'" 'sed -i "4s/.*/a\$(id)/" .manifest'
bad 'a name that climbs' 'no PACKAGE_NAME for' 'sed -i "s,^PACKAGE_NAME=.*,PACKAGE_NAME=../x," kernel/dkms.conf'
bad 'a name that only a shell knows' 'without a shell' 'sed -i "s,^PACKAGE_NAME=.*,PACKAGE_NAME=\$(id)," kernel/dkms.conf'
bad 'no dkms.conf' 'there is no kernel/dkms.conf' 'rm kernel/dkms.conf; sed -i /DKMS_CONF/d .manifest'
bad 'a NUL byte' 'has a NUL byte' 'printf "\\000\n" >> kernel/dkms.conf'
bad 'a blob that is a link' 'is a symlink' 'ln -sf /etc/passwd kernel/nvidia/nv-kernel.o_binary'
bad 'no kernel/' 'has no kernel/' 'rm -r kernel'
check 'and nothing was written' test ! -e nothing
head -c 20000 host.run > cut.run
expect_status 'a cut installer' 3 dkms-tree $opts cut.run -o nothing
check 'and nothing was written of it' test ! -e nothing

# --- trouble -----------------------------------------------------------------------

head -c 3000000 /dev/urandom > host/kernel/nvidia/nv-kernel.o_binary
mkdir trouble
for o in trouble trouble/a.tar.gz trouble/a.dsc; do
    (ulimit -f 200 && exec "$GRIDPATCH" dkms-tree $opts host -o $o > out 2> err)
    check "$o: a file too large: exit 4" test $? -eq 4
    check "$o: nothing is left" test -z "$(ls -A trouble)"
done
mkdir big.tmp
for ms in 5 15 30; do
    TMPDIR=$work/big.tmp timeout -s TERM 0.0$ms "$GRIDPATCH" dkms-tree $opts host -o trouble/a.tar.xz > out 2> err
    [ -e trouble/a.tar.xz ] || check "stopped after $ms: nothing is left" test -z "$(find trouble big.tmp -mindepth 1)"
    rm -f trouble/a.tar.xz
done
# timeout(1) sends its signal twice, and so does a terminal behind sudo.
if ! grep -q __asan_init "$GRIDPATCH" && ${CC:-cc} -shared -fPIC -o fault.so "$fx/fault.c" -ldl 2> said; then
    LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=9 FAULT_RUN='kill -TERM $PPID; sleep 0.1; kill -TERM $PPID; sleep 0.1' \
        TMPDIR=$work/big.tmp "$GRIDPATCH" dkms-tree $opts host.run -o trouble/a.tar.xz > out 2> err
    check 'stopped, twice at once: by the signal' test $? -eq 143
    check 'nothing is left' test -z "$(find trouble big.tmp -mindepth 1)"
else
    skip 'a signal that comes twice' 'cannot build the library that sends it'
fi
# --- --build -----------------------------------------------------------------------

if headers_here && command -v make > /dev/null; then
    sh "$fx/buildable.sh" --breaks headers broken
    expect_status 'modules that do not build' 1 dkms-tree --no-hooks --headers "$headers" broken -o built --build --json
    check 'JSON: why' json_is out .reason compile
    check 'nothing is written' test ! -e built
else
    skip '--build' 'no kernel headers, or no make'
fi
finish
