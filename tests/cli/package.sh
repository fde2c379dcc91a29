#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154 # $k is words; lib.sh sets the rest
# A .deb or .rpm of a driver: what it is is told, its kernel sources are those that
# dpkg-deb and bsdtar unpack, and can be judged and built; no script of it is run, bad ones
# are refused, and nothing is left.
# tests: core/driver/package ops/input/package ops/input/archive ops/input/unpack
# slow: 12 s
. "$(dirname "$0")/lib.sh"

for tool in dpkg-deb bsdtar python3 zstd; do
    command -v $tool > /dev/null || { skip package "no $tool"; finish; }
done
make_sample good
mkdir tmp
TMPDIR=$work/tmp
export TMPDIR
# tree FROM: an installed tree, and the package's files, in FROM.tree.
tree() {
    sh "$fx/installed.sh" "$1" "$1.src" && sh "$fx/deb.sh" "$1" "$1.src" "$1.tree" || not_ok "the files of $1"
}
deb() { dpkg-deb --root-owner-group "$@" > /dev/null 2>&1 || not_ok "dpkg-deb $*"; }
rpm() { python3 "$fx/package.py" "$@" || not_ok "the rpm $3"; }
nothing_left() {
    check "$1: nothing is left" test -z "$(find tmp -mindepth 1)"
    rm -rf tmp
    mkdir tmp
}
tree good
for z in xz zstd gzip none; do
    deb -Z$z -b good.tree $z.deb
done
cp -R good.tree rpm.tree
rm -r rpm.tree/DEBIAN
for z in xz zstd gzip none; do
    rpm $z rpm.tree $z.rpm
done
check 'bsdtar reads the .rpm' bsdtar -tf zstd.rpm
bsdtar -xf zstd.rpm -C tmp
check 'and finds the same sources' diff -r good.src tmp/usr/src/nvidia-460.73.02
rm -rf tmp/usr
dpkg-deb -x zstd.deb tmp
check 'as does dpkg-deb' diff -r good.src tmp/usr/src/nvidia-460.73.02
rm -rf tmp
mkdir tmp

# --- info ---------------------------------------------------------------------------------

for f in xz.deb zstd.deb gzip.deb none.deb xz.rpm zstd.rpm gzip.rpm none.rpm; do
    expect_status "info $f" 0 info $f
    says "$f: its driver" 'driver     460.73.02 (branch 460), host; modules: nvidia nvidia-vgpu-vfio' out
done
run info xz.deb
says 'the package' 'package    xz.deb: a Debian package, nvidia-vgpu-ubuntu-460 460.73.02 (amd64)' out
says 'where the sources are' 'sources  usr/src/nvidia-460.73.02' out
says 'its libraries' 'library  libnvidia-ml.so.460.73.02 libnvidia-vgpu.so.460.73.02' out
says 'its units' 'unit     nvidia-vgpu-mgr.service nvidia-vgpud.service' out
says 'the places of the hooks' 'hooks    the places where they go in are there' out
says 'what can be done' 'gridpatch build xz.deb' out
dpkg-deb -f xz.deb Package Version Architecture | sed 's/.*: //' > want
run info xz.deb --json
for m in name version arch; do
    python3 -c 'import json, sys; print(json.load(open("out"))["package"][sys.argv[1]])' $m
done > got
check 'name, version and architecture are those that dpkg-deb says' cmp want got
check 'JSON: the sources' json_is out .package.sources usr/src/nvidia-460.73.02
check 'JSON: the driver' json_is out .driver.version 460.73.02
check 'JSON: the hooks' json_is out .package.takes_hooks true
run info xz.rpm --json
check 'JSON of an .rpm: its name' json_is out .package.name NVIDIA-vGPU-rhel-9.2
check 'JSON of an .rpm: its version' json_is out .package.version 535.129.03-1
check 'JSON of an .rpm: its format' json_is out .package.format rpm
run info - < xz.deb
"$GRIDPATCH" info - < xz.deb > out 2> err
check 'a .deb on standard input' grep -q 'Debian package' out
nothing_left info

# --- the verbs that take sources ----------------------------------------------------------

run select good.src $k --json
sed -n '/"selection"/,$p' out | sed '/^  "input"/,$d' > want
for f in xz.deb xz.rpm; do
    expect_status "select $f" 0 select $f $k --json
    sed -n '/"selection"/,$p' out | sed '/^  "input"/,$d' > got
    check "select $f: as for its sources" cmp want got
    expect_status "verify $f" 0 verify $f --json
    says "verify $f: it is said" '"kind":"host"' out
done
if headers_here; then
    for f in good.src xz.deb xz.rpm; do
        run build $f --no-hooks --headers "$headers" --allow blocked --json
        sed -n '/"class"/p; /"sets"/,/]/p' out > cells
        [ $f != good.src ] || mv cells want
        [ $f = good.src ] || check "build $f: as its sources" cmp want cells
    done
    says 'build: the command that repeats it' 'gridpatch build xz.rpm --headers' out
    expect_status 'matrix' 1 matrix xz.deb good.run "$headers" --no-hooks --allow blocked --json
    check 'matrix: its name' json_is out '.cells[0].driver.file' xz.deb
else
    skip builds 'no kernel headers'
fi
for f in xz.deb xz.rpm; do
    expect_status "patch $f" 2 $k --no-hooks $f
    says 'it is said what to do' "-o DIR (or .tar.xz, .dsc) writes its patched sources as 'gridpatch dkms-tree' does"
    expect_status "extract $f" 3 extract $f
    says 'it is said what to do' 'it holds files, not an installer'
done
expect_status 'lint-set --from a package' 3 lint-set --from xz.deb drm-pdev
says 'it is said' "'xz.deb' is a Debian package: it holds files, not an installer"
run extract xz.rpm
says 'of an .rpm, too' "'xz.rpm' is an RPM package: it holds files, not an installer"
expect_status 'dkms-tree of the sources' 0 dkms-tree good.src $k --no-hooks -o of-src
for f in xz.deb xz.rpm; do
    d=${f#xz.}
    expect_status "dkms-tree $f" 0 dkms-tree $f $k --no-hooks -o $d.of --json
    check "dkms-tree $f: as of its sources" diff -r of-src $d.of
    "$GRIDPATCH" $f $k --no-hooks -o $d.by --json=r.json > out 2> err
    check "patch $f -o DIR" test $? -eq 0
    json_valid r.json dkms-tree
    check "patch $f -o DIR: the same" diff -r of-src $d.by
    check "patch $f -o DIR: the verb that it was" json_is r.json .type gridpatch.dkms-tree
    mkdir $d.in
    expect_status "patch $f -o a directory that is there" 0 patch $k --no-hooks -o $d.in $f
    check "patch $f: it is in there" diff -r of-src $d.in/nvidia-460.73.02
done
mkdir both
"$GRIDPATCH" xz.deb $k --no-hooks -o card --gpu 10de:1b80 --json=r.json > out 2> err
check 'patch: a package, for a card' test $? -eq 0
json_valid r.json dkms-tree
check 'patch: a package, for a card: json' json_is r.json '.gpus[0].verdict' hooks
expect_status 'patch: a package beside an installer' 1 patch $k --no-hooks -o both good.run xz.deb --json=r.json
says 'it is said' 'it has to be the only one'
check 'the installer has its turn' test -s both/good-custom.run
rm both/*
expect_status 'patch: a package before an installer' 1 patch $k --no-hooks -o both xz.deb good.run --json=r.json
check 'the installer has its turn after it, too' test -s both/good-custom.run
expect_status 'patch --undo of a package' 2 $k --no-hooks --undo xz.deb -o both
says 'it is said' '--undo is for what was patched'
expect_status 'patch --repack of a package' 2 $k --no-hooks --repack full xz.deb -o both
says 'patch --repack of a package: why' '--repack is about how an installer is written'
expect_status 'patch --unlock-lib of a package' 2 $k --no-hooks --unlock-lib good.run xz.deb -o both
says 'it is said' 'are for installers'
check 'neither writes' test "$(ls both)" = good-custom.run
cp xz.deb same.deb
expect_status '-o that is the package' 2 $k --no-hooks same.deb -f -o same.deb
check 'it is as it was' cmp xz.deb same.deb
nothing_left 'verbs'

# --- other shapes -------------------------------------------------------------------------

rpm hard rpm.tree hard.rpm
expect_status 'sources that are one file' 0 dkms-tree hard.rpm $k --no-hooks -o hard.of
bsdtar -xf hard.rpm -C tmp
for n in .a .b; do
    check "sources that are one file: dkms.conf$n is as bsdtar has it" \
        cmp tmp/usr/src/nvidia-460.73.02/dkms.conf$n hard.of/dkms.conf$n
done
rm -rf tmp hard.of/dkms.conf.[ab]
mkdir tmp
check 'sources that are one file: the rest is as without' diff -r of-src hard.of
ln good.tree/usr/src/nvidia-460.73.02/Kbuild good.tree/usr/src/nvidia-460.73.02/Kbuild2
deb -b good.tree hard.deb
expect_status 'the same in a .deb' 0 info hard.deb
rm good.tree/usr/src/nvidia-460.73.02/Kbuild2
mkdir -p built.tree/lib/modules/5.14.0/extra/nvidia built.tree/usr/bin built.tree/usr/lib64
echo x > built.tree/lib/modules/5.14.0/extra/nvidia/nvidia-vgpu-vfio.ko
echo x > built.tree/usr/bin/nvidia-vgpud
echo x > built.tree/usr/lib64/libnvidia-vgpu.so.535.129.03
rpm zstd built.tree built.rpm
expect_status 'built modules only' 0 info built.rpm --json
check 'JSON: the driver by its libraries' json_is out .package.driver 535.129.03
expect_status 'built modules only: to people' 0 info built.rpm
says 'the modules' 'built    lib/modules/5.14.0/extra/nvidia/nvidia-vgpu-vfio.ko' out
says 'what cannot be done' 'it has no kernel sources' out
for verb in build verify "select $k" "$k"; do
    expect_status "built modules only: $verb" 3 $verb built.rpm
    says 'it is said' 'without kernel sources'
done
nothing_left 'other shapes'

# --- what is wrong ------------------------------------------------------------------------

# refused FILE TEXT
refused() {
    before=$failed
    for verb in info verify build "select $k" "-o out.d $k"; do
        run $verb "$1"
        [ "$status" -eq 3 ] && [ "$(grep -c '^gridpatch: ' err)" -eq 1 ] && grep -qF -- "$2" err ||
            not_ok "$1: $verb: exit $status, or not said: $2"
    done
    [ "$failed" -ne "$before" ] || ok "$1: $2"
    nothing_left "$1"
}
size=$(stat -c %s none.deb)
head -c $((size / 2)) none.deb > half.deb
refused half.deb 'cut off'
head -c $(($(stat -c %s xz.deb) / 2)) xz.deb > half-xz.deb
refused half-xz.deb 'cut off'
head -c 100 xz.deb > head.deb
refused head.deb 'cut off'
head -c $(($(stat -c %s zstd.rpm) - 10)) zstd.rpm > half.rpm
refused half.rpm 'the SHA-256 of its payload is another one'
head -c 120 zstd.rpm > head.rpm
refused head.rpm 'damaged or cut off rpm'
rpm sum rpm.tree sum.rpm
refused sum.rpm 'the SHA-256 of its payload is another one'
rpm noname rpm.tree noname.rpm
refused noname.rpm 'no name or no version'
# A payload that ends in a member's name, and no sum to tell.
rpm nosum rpm.tree nosum.rpm
refused nosum.rpm 'damaged or cut off archive'
rpm biglink rpm.tree biglink.rpm
refused biglink.rpm 'damaged or cut off archive'
for at in 200 1000 2500; do
    cp zstd.rpm flip.rpm
    printf '\377' | dd of=flip.rpm bs=1 seek=$(($(stat -c %s zstd.rpm) - at)) conv=notrunc 2> /dev/null
    refused flip.rpm 'the SHA-256 of its payload is another one'
done
# ar_of OUT FILE…: a .deb by hand.
ar_of() {
    out=$1
    shift
    python3 - "$out" "$@" << 'END'
import sys
with open(sys.argv[1], "wb") as f:
    f.write(b"!<arch>\n")
    for name in sys.argv[2:]:
        data = open(name, "rb").read()
        f.write(b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), 0, 0, 0, 0o100644, len(data)) + data + b"\n" * (len(data) % 2))
END
}
echo 2.0 > debian-binary
tar -cf control.tar -C good.tree/DEBIAN ./control
ar_of nodata.deb debian-binary control.tar
refused nodata.deb 'it has no data.tar'
tar -cf data.tar -C good.tree ./usr
ar_of nocontrol.deb debian-binary data.tar
refused nocontrol.deb 'it has no control.tar'
echo 'Depends: x' > control
tar -cf control.tar control
ar_of nopackage.deb debian-binary control.tar data.tar
refused nopackage.deb 'no Package or no Version'
tar -cf control.tar -C good.tree/DEBIAN ./control
tar -Pcf data.tar --transform 's,^x,usr/src/nvidia-1.2/../../../../x,' good.run --transform 's,good,usr/src/nvidia-1.2/../../../../x,'
ar_of climbs.deb debian-binary control.tar data.tar
refused climbs.deb 'climbs out of the tree'
mkdir -p link/usr/src/nvidia-1.2
ln -s "$work/elsewhere" link/usr/src/nvidia-1.2/nvidia
tar -cf data.tar -C link ./usr
ar_of link.deb debian-binary control.tar data.tar
refused link.deb 'neither a file nor a directory'
# members NAME[=LINK]…: a .deb, x.deb, whose folder of sources has but these, in their order.
members() {
    python3 - "$@" << 'END' || not_ok "members $*"
import io, sys, tarfile
with tarfile.open("data.tar", "w") as t:
    for word in sys.argv[1:]:
        i = tarfile.TarInfo("./usr/src/nvidia-1.2/" + word.split("=")[0])
        if "=" in word:
            i.type, i.linkname = tarfile.LNKTYPE, "./usr/src/nvidia-1.2/" + word.split("=")[1]
        t.addfile(i, io.BytesIO(b""))
END
    ar_of x.deb debian-binary control.tar data.tar
}
members a a/b
refused x.deb "'x.deb': its source 'usr/src/nvidia-1.2/a/b' would be a file and a directory"
members a/b a
refused x.deb "'x.deb': its source 'usr/src/nvidia-1.2/a' would be a file and a directory"
members a a=a
refused x.deb "'x.deb': 'a' is a link to 'usr/src/nvidia-1.2/a', which is no source that came before it"
members b=a
refused x.deb "'x.deb': 'b' is a link to 'usr/src/nvidia-1.2/a', which is no source that came before it"
members d/a b=d
refused x.deb "'x.deb': 'b' is a link to 'usr/src/nvidia-1.2/d', which is no source that came before it"
members "$(printf '%0300d' 0)"
refused x.deb "'x.deb': the name of its source 'usr/src/nvidia-1.2/000"
members a
expect_status 'sources that are none' 3 info x.deb
says 'it is said of the package' "'x.deb': no '.manifest' in it, and no 'dkms.conf'"
mkdir -p two/usr/src/nvidia-1.2 two/usr/src/nvidia-1.3
echo x > two/usr/src/nvidia-1.2/x
echo x > two/usr/src/nvidia-1.3/x
tar -cf data.tar -C two ./usr
ar_of two.deb debian-binary control.tar data.tar
refused two.deb 'sources of several drivers'
mkdir -p other/usr/bin
echo x > other/usr/bin/x
tar -cf data.tar -C other ./usr
ar_of other.deb debian-binary control.tar data.tar
refused other.deb "no driver of NVIDIA's is in it"
check 'no link was followed' test ! -e elsewhere
check 'no script was run' test -z "$(find . -name ran)"

# --- signals ------------------------------------------------------------------------------

if ${CC:-cc} -shared -fPIC -O1 -w -o fault.so "$fx/fault.c" -ldl 2> /dev/null && ! nm -D "$GRIDPATCH" | grep -q __asan; then
    for at in 2 10 20; do
        LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=$at FAULT_ERROR=28 FAULT_ON=y "$GRIDPATCH" info none.deb > out 2> err
        check "a full disk at write $at: exit 4" test $? -eq 4
    done
    nothing_left 'a full disk'
    LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=20 FAULT_RUN='kill -TERM $PPID' "$GRIDPATCH" info none.deb > out 2> err
    check 'SIGTERM in the middle' test $? -eq 143
    nothing_left 'SIGTERM'
else
    skip 'a full disk' 'no compiler, or a sanitizer build'
fi

finish
