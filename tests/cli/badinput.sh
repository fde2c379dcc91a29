#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $k and $opts are words; lib.sh sets the rest
# Damaged, hostile and impossible: one clear line, the right status, nothing left.
# tests: ops/run/runfile ops/run/payload ops/run/tarsrc
# slow: 25 s
. "$(dirname "$0")/lib.sh"

make_sample good
sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
mkdir out.d

# refused WHAT STATUS RUN: by every verb; one line; no output; nothing left.
refused() {
    for verb in patch extract info verify; do
        case $verb in
            patch) set -- "$1" "$2" "$3" $opts "$3" -o out.d/out.run ;;
            extract) set -- "$1" "$2" "$3" extract "$3" -C out.d/x ;;
            *) set -- "$1" "$2" "$3" $verb "$3" ;;
        esac
        what=$1 want=$2
        shift 3
        run "$@"
        bad=
        [ "$status" -eq "$want" ] || bad="exit $status instead of $want"
        [ "$(grep -c '^gridpatch: ' err)" -eq 1 ] || bad="$bad; not one line"
        [ -z "$(ls -A out.d)" ] || bad="$bad; left: $(ls -A out.d)"
        if [ -n "$bad" ]; then
            not_ok "$what: $verb: $bad"
            chmod -R u+rwx out.d
            rm -rf out.d
            mkdir out.d
            return 1
        fi
        set -- "$what" "$want" "$run_file"
    done
    return 0
}
# A wrapper, because `refused` uses its arguments up.
refuse() {
    run_file=$3
    if refused "$1" "$2" "$3"; then ok "$1: exit $2"; fi
}

# --- truncated, flipped -------------------------------------------------------

for c in gzip bzip2 xz zstd none; do
    sh "$fx/mkrun.sh" --compress $c good $c.run
done
size=$(stat -c %s gzip.run)
before=$failed
n=0
for at in 1 2 9 10 11 20 30 40 80 90 100 200 400 500 $((size - 1)) $((size - 2)) $((size - 8)) $((size - 9)); do
    head -c $at gzip.run > cut.run
    run_file=cut.run
    refused "cut after $at" 3 cut.run
    n=$((n + 1))
done
for c in gzip bzip2 xz zstd none; do
    size=$(stat -c %s $c.run)
    for part in 15 35 55 75 95; do
        head -c $((size * part / 100)) $c.run > cut.run
        run_file=cut.run
        refused "$c cut at $part %" 3 cut.run
        n=$((n + 1))
    done
done
[ "$failed" -ne "$before" ] || ok "$n truncated installers: exit 3, nothing left"

# flip FILE OFFSET: one bit of one byte.
flip() {
    byte=$(dd if="$1" bs=1 skip="$2" count=1 2> /dev/null | od -An -tu1)
    # shellcheck disable=SC2059 # an octal escape
    printf "\\$(printf %o $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}
before=$failed
n=0
for c in gzip bzip2 xz zstd none; do
    size=$(stat -c %s $c.run)
    for part in 5 20 40 60 80 92 97 99; do
        cp $c.run flip.run
        flip flip.run $((size * part / 100))
        refute "$c: byte at $part % is another" cmp $c.run flip.run > /dev/null
        run_file=flip.run
        refused "$c: a bit flipped at $part %" 3 flip.run
        n=$((n + 1))
    done
done
[ "$failed" -ne "$before" ] || ok "$n altered installers: exit 3, nothing left"
cp gzip.run long.run
echo more >> long.run
refuse 'bytes behind the end' 3 long.run
sed 's/^CRCsum=[0-9]*/CRCsum=1/' gzip.run > crc.run
refuse 'a wrong CRC' 3 crc.run
says 'it says CRC' 'CRC'
sed 's/^MD5=..../MD5=dead/' gzip.run > md5.run
refuse 'a wrong MD5' 3 md5.run
says 'it says MD5' 'MD5'
sed 's/^CRCsum=\([0-9]*\)/CRCsum=0\1/' gzip.run > zero.run
refuse 'a leading zero in the CRC (the stub compares strings)' 3 zero.run

# --- not a .run ---------------------------------------------------------------

echo hello > text.run
refuse 'text' 3 text.run
: > empty.run
refuse 'an empty file' 3 empty.run
cp "$(command -v cat)" elf.run
refuse 'an ELF file' 3 elf.run
cp "$fx/mkrun.sh" script.run
refuse 'another script' 3 script.run
head -c 100000 /dev/zero > zeros.run
refuse 'zeros' 3 zeros.run
mkfifo fifo.run
run_file=fifo.run
timeout 10 "$GRIDPATCH" $opts fifo.run -o out.d/x > out 2> err
check 'a FIFO: exit 3, and no waiting' test $? -eq 3
timeout 10 "$GRIDPATCH" info fifo.run > out 2> err
check 'info of a FIFO: exit 3, and no waiting' test $? -eq 3
for d in /dev/null out.d; do
    run info $d
    check "info of $d: exit 2 or 3" test "$status" -eq 2 -o "$status" -eq 3
    run extract $d -C out.d/x
    check "extract of $d: exit 2 or 3" test "$status" -eq 2 -o "$status" -eq 3
    run $opts $d -o out.d/x
    check "patch of $d: exit 2 or 3" test "$status" -eq 2 -o "$status" -eq 3
done
refuse 'a missing file' 4 absent.run
says 'it is named' "'absent.run'"
refuse 'a path through a file' 4 text.run/x.run

# --- well-formed, but no driver or unknown ------------------------------------

skip=$(sed -n '4s/^skip=//p' gzip.run)
replace() { # PAYLOAD RUN
    { head -n $((skip - 1)) gzip.run; cat "$1"; } > "$2"
    resum "$2"
}
head -c 5000 /dev/urandom | tr '\037\102\375\050' 'aaaa' > noise
{ printf 'LZIP\001'; cat noise; } > payload
replace payload lzip.run
refuse 'an unknown compression' 3 lzip.run
says 'it says which are known' 'gzip, bzip2, xz, zstd'
gzip -c noise > payload
replace payload notar.run
refuse 'no tar inside' 3 notar.run
gzip -c < /dev/null > payload
replace payload nothing.run
refuse 'nothing inside' 3 nothing.run
: > payload
replace payload none0.run
refuse 'no payload' 3 none0.run
tail -n +"$skip" gzip.run > payload.gz
{ cat payload.gz; printf 'garbage garbage'; } > payload
replace payload garbage.run
refuse 'garbage behind the payload, with right sums' 3 garbage.run
head -c 3000 payload.gz > payload
replace payload short.run
refuse 'a payload cut off, with right sums' 3 short.run
gzip -cd payload.gz > good.tar
head -c 20000 good.tar > payload
replace payload shorttar.run
refuse 'a tar cut off, with right sums' 3 shorttar.run
make_sample badman
printf 'one line\n' > badman/.manifest
sh "$fx/mkrun.sh" badman badman.run
for verb in info verify patch; do
    case $verb in patch) run $opts badman.run -o out.d/x ;; *) run $verb badman.run ;; esac
    check "$verb: a manifest that is none: exit 3" test "$status" -eq 3
done
says 'it is named' "'.manifest'"

# --- NUL bytes: what takes a text for strings would see it cut ------------------

make_sample nul
cp nul/.manifest nul.manifest
cp nul/kernel/dkms.conf nul.conf
# nul_refused WHAT MESSAGE: by what reads nul.
nul_refused() {
    sh "$fx/mkrun.sh" --comp-args -1 nul nul.run
    for verb in info verify patch; do
        case $verb in patch) run $opts nul.run -o out.d/x ;; *) run $verb nul.run ;; esac
        check "$verb: $1: exit 3" test "$status" -eq 3
        says "$verb: $1: it says so" "$2"
    done
}
n=$(($(grep -n -m 1 'nvidia/nv' nul.manifest | cut -d: -f1)))
sed "$n"'s, 0,\x00 0,' nul.manifest > nul/.manifest
nul_refused 'a NUL in the manifest' "'nul.run': '.manifest': line $n has a NUL byte"
cp nul.manifest nul/.manifest
{ cat nul.conf; printf 'PAT\0CH[0]="evil.patch"\n'; } > nul/kernel/dkms.conf
nul_refused 'a NUL in dkms.conf' "'nul.run': 'kernel/dkms.conf' line $(wc -l < nul/kernel/dkms.conf) has a NUL byte"
cp nul.conf nul/kernel/dkms.conf
# Lines of pkg-history are copied as they are, not read.
printf 'a\0b\n' > nul/pkg-history.txt
sh "$fx/mkrun.sh" --comp-args -1 nul nul.run
expect_status 'a NUL in pkg-history.txt' 0 $opts nul.run -o out.d/x
unrun out.d/x nul.x
head -n 1 nul.x/pkg-history.txt > first
printf 'a\0b\n' > want
check 'it stays' cmp first want
rm -rf out.d/x nul.x nul
sed 's/^label=".*"/label="a\x00b"/' good.run > nul.run
resum nul.run
refuse 'a NUL in the label' 3 nul.run
says 'it says so' "line $(grep -an -m 1 ^label= good.run | cut -d: -f1) has a NUL byte"
mkdir nulset
printf 'p\0q.patch\n' > nulset/series
expect_status 'a NUL in series' 3 $opts good.run --patches nulset -o out.d/x
says 'it says so' 'line 1: a path has a NUL byte'
mkdir -p nuldata/kernel-versions nuldata/patches
printf 'Kernel: 5.12\nStatus: sup\0ported\nChanges: x\n' > nuldata/kernel-versions/5.12
expect_status 'a NUL in a kernel-versions file' 3 select --driver 460.73.01 $k --data nuldata
says 'it says so' "5.12:2': a NUL byte"

# --- files that are too large to be one ----------------------------------------

# Sparse on the disk and small when packed. Each is named, with size and limit:
# as if it were not there, hooks in it or patches of a dkms.conf would not be seen.
make_sample large
for f in .manifest kernel/dkms.conf kernel/nvidia/nvidia.Kbuild kernel/nvidia/os-interface.c kernel/patches/p.patch; do
    rm -rf huge
    cp -R large huge
    mkdir -p "huge/${f%/*}" 2> /dev/null
    truncate -s 16777217 "huge/$f"
    sh "$fx/mkrun.sh" --comp-args -1 huge huge.run
    for verb in info verify patch; do
        case $verb in patch) run $opts huge.run -o out.d/x ;; *) run $verb huge.run ;; esac
        check "$verb: a $f of 16 MiB and a byte: exit 3" test "$status" -eq 3
        says "$verb: it says so" "'huge.run': '$f' has 16777217 bytes, more than 16777216"
    done
done
truncate -s 16777216 "huge/$f"
sh "$fx/mkrun.sh" --comp-args -1 huge huge.run
expect_status 'one of 16 MiB' 0 info huge.run
rm -rf huge
cp -R large huge
truncate -s 67108865 huge/LICENSE
printf -- '--- a/LICENSE\n+++ b/LICENSE\n@@ -1 +1 @@\n-x\n+y\n' > LICENSE.patch
mkdir setd
cp LICENSE.patch setd
echo LICENSE.patch > setd/series
sh "$fx/mkrun.sh" --comp-args -1 huge huge.run
expect_status 'a file to patch of 64 MiB and a byte' 3 $opts --patches setd huge.run -o out.d/x
says 'it says so' "'LICENSE' has 67108865 bytes, more than 67108864"
expect_status 'nobody wants it: fine' 0 info huge.run
rm -rf huge
cp -R large huge
rm huge/kernel/dkms.conf
echo x > huge/aaa
ln huge/aaa huge/kernel/dkms.conf
sh "$fx/mkrun.sh" --tar-args --sort=name huge huge.run
expect_status 'a dkms.conf that is a link to something else' 3 info huge.run
says 'it says so' "'kernel/dkms.conf' is not a source file, or a link to one"
{ sed 's/^skip=.*/skip=9999/' good.run | head -n 20; head -c 17000000 /dev/zero; } > huge.run
expect_status 'a stub of more than 16 MiB' 3 info huge.run
says 'it says so' "'huge.run': the stub has more than 16777216 bytes"
rm -rf huge huge.run large

# --- paths that leave the tree ------------------------------------------------

# hostile WHAT: the file payload, with right sums, is refused.
hostile() {
    replace payload hostile.run
    refuse "$1" 3 hostile.run
}
mkdir t
echo evil > t/evil
tar -cf payload --transform='s,^evil$,../evil,' -P -C t evil
hostile '../ in the tar'
tar -cf payload --transform='s,^evil$,kernel/../../evil,' -P -C t evil
hostile 'a/../../ in the tar'
tar -cf payload --transform="s,^evil\$,$work/evil," -P -C t evil
hostile 'an absolute path in the tar'
refute 'nothing was written there' test -e evil
refute 'nor above' test -e ../evil
ln -s "$work" t/kernel
tar -cf payload -C t kernel
tar -rf payload --transform='s,^evil$,kernel/evil,' -C t evil
hostile 'through a symlink'
refute 'nothing was written through it' test -e evil
rm t/kernel
ln -s . t/kernel
tar -cf payload -C t kernel
tar -rf payload --transform='s,^evil$,kernel/sub/evil,' -C t evil
hostile 'through a symlink to a directory of the tree'
if command -v python3 > /dev/null; then
    py() {
        python3 -c "
import tarfile, io
t = tarfile.open('payload', 'w', format=tarfile.GNU_FORMAT)
def add(name, kind=tarfile.REGTYPE, link='', data=b'', **more):
    i = tarfile.TarInfo(name)
    i.type, i.linkname, i.size = kind, link, len(data)
    for k, v in more.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
$1
t.close()"
    }
    py "add('a', tarfile.LNKTYPE, '../../etc/passwd')"
    hostile 'a hard link outside'
    py "add('a', tarfile.LNKTYPE, '/etc/passwd')"
    hostile 'a hard link to an absolute path'
    py "add('a', tarfile.LNKTYPE, 'nothing')"
    hostile 'a hard link to nothing'
    py "add('s', tarfile.SYMTYPE, '/etc'); add('a', tarfile.LNKTYPE, 's/passwd')"
    hostile 'a hard link through a symlink'
    py "add('s', tarfile.SYMTYPE, '/etc/passwd'); add('a', tarfile.LNKTYPE, 's')"
    hostile 'a hard link to a symlink'
    py "add('d', tarfile.CHRTYPE, devmajor=1, devminor=3)"
    hostile 'a character device'
    py "add('d', tarfile.BLKTYPE, devmajor=8, devminor=0)"
    hostile 'a block device'
    py "add('d', tarfile.FIFOTYPE)"
    hostile 'a FIFO inside'
    py "add('..')"
    hostile 'a member named ..'
    py "add('.manifest', tarfile.SYMTYPE, '/etc/passwd')"
    replace payload hostile.run
    run info hostile.run
    check 'a manifest that is a symlink: exit 3' test "$status" -eq 3
    py "add('x\033[2Jy/../z')"
    hostile 'a terminal sequence in a name'
    refute 'it does not reach the terminal' grep -q "$(printf '\033')" err
else
    skip 'links and devices' 'no python3'
fi

# --- the machine's fault ------------------------------------------------------

expect_status 'an output below a missing directory' 4 $opts gzip.run -o absent/x.run
refute 'it does not call that a dry run' grep -q 'dry run' out
refute 'nor tell how to install what is not there' grep -q -e 'Install with' -e '--dkms' out
expect_status 'an output below a file' 4 $opts gzip.run -o text.run/x.run
if [ "$(id -u)" -eq 0 ]; then
    if command -v unshare > /dev/null && unshare -m true 2> /dev/null; then
        mkdir tiny
        unshare -m sh -c "mount -t tmpfs -o size=16k tmpfs tiny || exit 99
            '$GRIDPATCH' $opts gzip.run -o tiny/out.run; echo \$? > st; ls -A tiny > left
            '$GRIDPATCH' extract gzip.run -C tiny/x; echo \$? > st2; ls -A tiny > left2" > out 2> err
        if [ $? -eq 99 ]; then
            skip 'no space' 'cannot mount a tmpfs'
        else
            check 'no space: exit 4' test "$(cat st)" = 4
            says 'no space: says so' 'No space left on device'
            check 'no space: nothing left' test ! -s left
            check 'no space for extract: exit 4' test "$(cat st2)" = 4
            check 'no space for extract: nothing left' test ! -s left2
            # Enough at first sight, full on the way: incompressible growth is not known before.
            unshare -m sh -c "mount -t tmpfs -o size=28k tmpfs tiny || exit 99
                '$GRIDPATCH' $opts none.run -o tiny/out.run; echo \$? > st; ls -A tiny > left" > out 2> err
            check 'no space on the way: exit 4' test "$(cat st)" = 4
            check 'no space on the way: nothing left' test ! -s left
        fi
    else
        skip 'no space' 'needs mount namespaces'
    fi
    if command -v setpriv > /dev/null; then
        mkdir closed data
        cp "$GRIDPATCH" gridpatch.copy
        # The tree may lie where nobody else can look (/root).
        cp -R "$repo/kernel-versions" "$repo/patches" data
        chmod 755 gridpatch.copy closed
        chmod -R a+rX data
        nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@" > out 2> err; }
        GRIDPATCH_DATA=$PWD/data nobody ./gridpatch.copy $opts gzip.run -o closed/out.run
        check 'a directory one may not write: exit 4' test $? -eq 4
        says 'it says so' 'Permission denied'
        chmod 0700 hooks
        GRIDPATCH_DATA=$PWD/data nobody ./gridpatch.copy $opts gzip.run -n
        check 'hooks one may not read: exit 4' test $? -eq 4
        chmod 0755 hooks
        chmod 0600 gzip.run
        nobody ./gridpatch.copy info gzip.run
        check 'an installer one may not read: exit 4' test $? -eq 4
        chmod 0755 gzip.run
        check 'nothing was left' test -z "$(ls -A closed)"
    else
        skip 'as nobody' 'no setpriv'
    fi
else
    skip 'no space, no right' 'needs root'
fi

# --- a signal -----------------------------------------------------------------

# Large enough that it takes a while: 60 MB that do not compress.
cp -R good big
head -c 60000000 /dev/urandom > big/libnvidia-big.so
sh "$fx/mkrun.sh" --compress none big bigplain.run
tail -n +"$(sed -n '4s/^skip=//p' bigplain.run)" bigplain.run | xz -0 -C none -T2 > payload
skip=$(sed -n '4s/^skip=//p' bigplain.run)
{ head -n $((skip - 1)) bigplain.run; cat payload; } > big.run
resum big.run
rm -rf big bigplain.run payload
for sig in TERM INT HUP; do
    mkdir sig.$sig
    # A background child of sh ignores SIGINT; env gives it its default back.
    env --default-signal=INT "$GRIDPATCH" $opts big.run -o sig.$sig/out.run > out 2> err &
    pid=$!
    # Until the output has been begun: the unnamed file shows as an open descriptor.
    i=0
    while [ $i -lt 200 ] && ! find /proc/$pid/fd -lname "*sig.$sig*" 2> /dev/null | grep -q .; do
        sleep 0.02
        i=$((i + 1))
    done
    kill -$sig $pid
    wait $pid
    st=$?
    check "SIG$sig while writing: it ends by it" test $st -gt 128
    check "SIG$sig while writing: nothing left" test -z "$(ls -A sig.$sig)"
    says "SIG$sig while writing: it says so" 'stopped by a signal'
done
mkdir sigx
"$GRIDPATCH" extract big.run -C sigx/x > out 2> err &
pid=$!
i=0
while [ $i -lt 200 ] && [ -z "$(ls -A sigx)" ] && kill -0 $pid 2> /dev/null; do
    sleep 0.02
    i=$((i + 1))
done
kill -TERM $pid
wait $pid
check 'SIGTERM during extract: it ends by it' test $? -gt 128
check 'SIGTERM during extract: nothing left' test -z "$(ls -A sigx)"

# --- names that a shell would run ---------------------------------------------

mkdir shell
cd shell || exit 1
# shellcheck disable=SC2016
evil='$(touch pwned1)`touch pwned2`'
mkdir "$evil"
printf 'p.patch\n' > "$evil/series"
printf -- '--- /dev/null\n+++ b/kernel/p.c\n@@ -0,0 +1 @@\n+x\n' > "$evil/p.patch"
run $opts --patches "$evil" ../good.run -o evil.run
check 'an evil folder name: it works' test "$status" -eq 0
sh ./evil.run --pkg-history > history
check '--pkg-history runs nothing' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
refute 'and shows it masked' grep -q '[$`]' history
sh "$fx/mkrun.sh" --quote-targetdir --targetdir x ../good td0.run
# shellcheck disable=SC2016
sed 's/^targetdir="x"/targetdir="x$(touch pwned3)`touch pwned4`;touch pwned5"/' td0.run > td.run
resum td.run
run $opts td.run -o td-custom.run
check 'an evil targetdir: it works' test "$status" -eq 0
check 'gridpatch ran nothing' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
for o in --pkg-history --info --target-directory --check --label; do
    sh ./td-custom.run $o > /dev/null 2>&1
done
check 'nor does the new stub' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
sed 's/^targetdir="x"/targetdir=x;touch pwned6/' td0.run > td.run
resum td.run
run $opts td.run -o td-custom.run -f
sh ./td-custom.run --target-directory > /dev/null 2>&1
check 'unquoted: nor then' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
# What gridpatch adds to a stub is of these bytes only, whatever the names are.
odd=$(printf '"\\$HOME\\"\047;&|<>*?!#~=%%@,\t{}[]^\303\266')
cp -R "$evil" "$odd"
run $opts --patches "$odd" --patches "$evil" ../good.run -o odd.run
check 'odd names: it works' test "$status" -eq 0
for f in ../good.run odd.run; do
    head -n $(($(sed -n '4s/^skip=//p' $f) - 1)) $f > "${f##*/}.stub"
done
diff good.run.stub odd.run.stub | sed -n 's/^> //p' > added
check 'lines were added' test "$(grep -c sha256 added)" -ge 2
refute 'all of bytes that no shell takes for more than text' grep -v -e '^[A-Za-z0-9._+ :/-]*$' -e '^[A-Za-z0-9_]*=[A-Za-z0-9._+ :/-]*$' \
    -e '^    echo "  Uncompressed size : [0-9]* KB"$' added
run info --json odd.run
check 'no line of its stub is warned of' json_is ../out '.driver.stub_risks | length' 0
silent_on 'nor told' err
# What others put there stays as it is, and is warned of.
sed 's/^label=".*"/label="x $(touch pwned8)"/' ../good.run > risk.run
resum risk.run
n=$(grep -an -m 1 '^label=' risk.run | cut -d: -f1)
run info risk.run
check 'info of an evil label: exit 0' test "$status" -eq 0
says 'it warns' "gridpatch: warning: 'label' of the stub (line $n) holds '\$(': sh would run it at every start"
run info --json risk.run
check 'info --json says so' json_is ../out '.driver.stub_risks | map("\(.where) \(.line) \(.holds) \(.does) \(.when)") | join(";")' \
    "label $n \$( run every start"
run $opts risk.run -o risk-custom.run --json
check 'patch of an evil label: exit 0' test "$status" -eq 0
says 'it warns' "'label' of the stub (line $n) holds '\$(': sh would run it at every start"
check 'patch --json says so' json_is ../out '(.driver.stub_risks | length) + (.warnings | map(select(test("of the stub"))) | length)' 2
check 'still nothing ran' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
run $opts ../good.run -n
refute 'a good one is not warned of' grep 'of the stub' ../err
# The version goes into the report and into dkms' world.
cp -R ../good ver
sed '2s/.*/460.73.02;touch pwned7/' ../good/.manifest > ver/.manifest
sh "$fx/mkrun.sh" --version-string 460.73.02 ver ver.run
run $opts ver.run -o ver-custom.run
check 'an evil version: exit 3' test "$status" -eq 3
check 'still nothing ran' test "$(ls -d pwned* 2> /dev/null | wc -l)" -eq 0
cd "$work" || exit 1
finish
