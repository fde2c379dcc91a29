#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # lib.sh sets the rest; lists are words
# gridpatch merge: two installers become one, whatever their compression; what does not fit
# is refused, and leaves nothing. What is in the merged tree: tests/cli/mergeshapes.sh.
# tests: ops/job/merging ops/job/mergescan ops/job/mergejoin ops/run/append ops/run/ahead
# slow: 35 s
. "$(dirname "$0")/lib.sh"

command -v python3 > /dev/null || { skip merge 'no python3'; finish; }
one='--no-set all --set vgpu-vfio-eventfd'
plain='--no-hooks --no-set all -k 5.12.9 --allow versions,unknown,blocked'
# pair NAME ARG…: sets host and desktop to their installers.
pair() {
    name=$1
    shift
    set -- $(sh "$fx/mergepair.sh" "$@" "$name")
    host=$1 desktop=$2
}
# pack TREE OUT.run [MKRUN-ARG…]
pack() {
    tree=$1 out=$2
    shift 2
    sh "$fx/mkrun.sh" "$@" "$tree" "$out"
}
judged() {
    python3 "$fx/mergejudge.py" "$1" "$2" "$3" --changed kernel/dkms.conf &&
        python3 "$fx/manifest.py" "$3" --of "$1" --of "$2"
}
pair p --shape R460 --desktop general --sets vgpu-vfio-eventfd
H=$work/$host D=$work/$desktop
case $host in /*) H=$host D=$desktop ;; esac
mkdir d && cd d || exit 1
named=NVIDIA-Linux-x86_64-460.73.01-merged-vgpu-kvm-custom.run
# nothing WHAT: the current directory, where outputs would be, is empty.
nothing() { check "$1: nothing is left" test -z "$(ls -A)"; }
# no WHAT STATUS TEXT ARG…: an error of one line with that text, and no output.
no() {
    what=$1 want=$2 text=$3
    shift 3
    expect_status "$what" "$want" merge "$@" $plain -o out.run
    says "$what: the reason" "$text"
    check "$what: one line" test "$(grep -c . < "$work/err")" -eq 1
    nothing "$what"
}

# --- how often each is opened -------------------------------------------------------------

# To see what it is, to read its stub before anything long begins, and to read it.
if command -v strace > /dev/null && strace -qq true 2> /dev/null; then
    strace -f -qq -e trace=open,openat -o ../opened "$GRIDPATCH" merge "$H" "$D" $plain -q -n > "$work/out" 2> "$work/err"
    for f in "$H" "$D"; do
        check "${f##*/} is opened three times" test "$(grep -cF "${f##*/}\"" ../opened)" -eq 3
    done
else
    skip 'how often each is opened' 'strace is missing'
fi

# --- two versions of one branch ---------------------------------------------------------

expect_status 'two versions' 1 merge "$H" "$D" $k --no-hooks --no-set all
says 'two versions: the way out' '--allow versions'
check 'two versions: one line' test "$(grep -c . < "$work/err")" -eq 1
nothing 'two versions'
run merge "$H" "$D" $k --no-hooks --no-set all --json
check 'two versions: the reason' json_is "$work/out" .reason pair
check 'two versions: what they are to each other' json_is "$work/out" .merge.fit versions
nothing 'two versions'

# --- the name, the report, the sums -----------------------------------------------------

expect_status 'merge' 0 merge "$H" "$D" $plain --json=r.json
check 'its name is that of the desktop, merged' test -f $named
check 'its mode is 0755' test "$(stat -c %a $named)" = 755
check 'its own stub finds the sums right' sh ./$named --check
check 'it unpacks as its stub does it' sh ./$named -x --target x
check 'the tree is as both judges want it' judged ../p/host ../p/desktop x
check 'the targetdir is that name' grep -aqx 'targetdir=NVIDIA-Linux-x86_64-460.73.01-merged-vgpu-kvm-custom' $named
json() { check "report: $1" json_is r.json "$1" "$2"; }
json .driver.kind merged
json .driver.version 460.73.01
json .merge.host.version 460.73.02
json .merge.desktop.kind general
json .merge.fit versions
json .merge.swapped false
json '.merge.modules[0]' nvidia-vgpu-vfio
json '.merge.files[] | select(.path == "kernel/nvidia/nv-kernel.o_binary") | .take + " " + .version + " " + .why' 'host 460.73.02 table'
json '.merge.files[] | select(.path == "nvidia-smi") | .take + " " + .version + " " + .why' 'desktop 460.73.01 desktop'
json '.merge.files[] | select(.path == "libnvidia-ml.so.460.73.02") | .take + " " + .instead' 'desktop libnvidia-ml.so.460.73.01'
json '.merge.files[] | select(.path == "kernel/conftest.sh") | .take + " " + .edit' 'both done'
json '.merge.host.md5' "$(sed -n 's/^MD5=//p' "$H")"
json '.merge.needs[0].when' versions
# What both have: counted by find and cmp, too.
both=0 same=0
for f in $(cd ../p/host && find . -type f); do
    [ -f "../p/desktop/$f" ] || continue
    both=$((both + 1))
    ! cmp -s "../p/host/$f" "../p/desktop/$f" || same=$((same + 1))
done
json .merge.counts.same $same
json .merge.counts.differ $((both - same))
says 'text: the host' 'host       ' "$work/out"
says 'text: what it does not do' 'by itself  it does not work' "$work/out"
says 'text: what differs is listed' '  desktop  nvidia-smi' "$work/out"
refute 'text: not what is the same' grep -q 'nv-vgpu-vfio-interface' "$work/out"
run merge "$H" "$D" $plain -n -v -o none.run
says '-v: all that comes from the host' 'nvidia-vgpud: only the host has it' "$work/out"
check '-n writes nothing more' test ! -e none.run
# The history names both, with their sums.
for f in "$H" "$D"; do
    check 'the history has the sums' grep -q "version 460.73.0[12] size $(stat -c %s "$f") crc $(sed -n 's/^CRCsum=//p' "$f") md5 $(sed -n 's/^MD5=//p' "$f")\$" x/pkg-history.txt
done
expect_status 'an output that is there' 1 merge "$H" "$D" $plain
expect_status '-f' 0 merge "$H" "$D" $plain -f
expect_status 'patch takes the merged one' 0 patch $named $k $one --no-hooks -o again.run
check 'and it is sound' "$GRIDPATCH" verify again.run
rm -rf -- *

"$GRIDPATCH" merge "$H" "$D" $plain -q -o g.run --progress json 2> "$work/err"
check 'progress: reading both is one way' jq -es '[.[] | select(.phase == "read")] as $r |
    ($r | map(.total) | unique | length) == 1 and $r[-1].done == $r[-1].total and ($r | map(.done)) == ($r | map(.done) | sort)' "$work/err"
rm -f g.run

expect_status 'swapped' 0 merge "$D" "$H" $plain -o s.run
says 'swapped: it is said' 'put right: the desktop was named first' "$work/out"
expect_status 'in order' 0 merge "$H" "$D" $plain -o a.run
check 'swapped: the same bytes' cmp s.run a.run
SOURCE_DATE_EPOCH=1234567890 "$GRIDPATCH" merge "$H" "$D" $plain -q -o e.run && SOURCE_DATE_EPOCH=1234567890 "$GRIDPATCH" merge "$H" "$D" $plain -q -o f.run
check 'twice the same bytes' cmp e.run f.run
mkdir sub
expect_status '-o DIR/' 0 merge "$H" "$D" $plain -o sub/
check '-o DIR/: it is there' cmp a.run sub/$named
"$GRIDPATCH" merge "$H" "$D" $plain -o - > o.run 2> "$work/err"
check '-o -' cmp a.run o.run
"$GRIDPATCH" merge - "$D" $plain -o i.run < "$H" > "$work/out" 2> "$work/err"
"$GRIDPATCH" merge "$H" - $plain -o j.run < "$D" > "$work/out" 2> "$work/err"
python3 -c 'import sys, zipfile
with zipfile.ZipFile("portal.zip", "w") as z: z.write(sys.argv[1], "Host_Drivers/" + sys.argv[2]); z.writestr("README", "x")' "$H" "$(basename "$H")"
expect_status 'the host out of a .zip' 0 merge portal.zip "$D" $plain -o z.run
says 'the host out of a .zip: it is said' 'taken from portal.zip' "$work/out"
check 'the host out of a .zip: the same' cmp z.run a.run
unrun i.run xi && unrun j.run xj && unrun a.run xa
check 'the host from a pipe' diff -rq -x pkg-history.txt xi xa
check 'the desktop from a pipe' diff -rq -x pkg-history.txt xj xa
rm -rf -- *

# --- patch sets and hooks come along ------------------------------------------------------

sh "$fx/hooks.sh" hooks
sets="-k 5.12.9 --allow versions --hooks hooks $one"
expect_status 'with a set and hooks' 0 merge "$H" "$D" $sets -o m.run --write-lock m.lock
says 'the set' 'vgpu-vfio-eventfd' "$work/out"
check 'all of it is sound' "$GRIDPATCH" verify m.run
unrun m.run x
check 'the hooks are listed' grep -q '^kernel/unlock/vgpu_unlock_hooks.c' x/.manifest
check 'lock: both sums' test "$(grep -c "MD5: \($(sed -n 's/^MD5=//p' "$H")\|$(sed -n 's/^MD5=//p' "$D")\)\$" m.lock)" -eq 2
expect_status '--lock' 0 merge "$H" "$D" --allow versions --hooks hooks $one -o n.run --lock m.lock
check '--lock: the same bytes' cmp m.run n.run
rm -r ../p2 2> /dev/null
cp -a ../p/host h2
echo more >> h2/nvidia-vgpud
pack h2 h2.run --compress xz --targetdir "$(sed -n 's/^targetdir=//p' "$H")"
cp h2.run "$(basename "$H")"
expect_status 'another host than that of the lock' 1 merge "$(basename "$H")" "$D" --allow versions --hooks hooks $one -o q.run --lock m.lock
says 'another host: it is named' 'Host-' 
check 'another host: no output' test ! -e q.run
expect_status 'patch with a lock of merge' 1 patch "$D" --hooks hooks $one -o q.run --lock m.lock
rm -rf -- *

# --- compressions ---------------------------------------------------------------------------

for c in xz:gzip gzip:zstd zstd:bzip2 bzip2:none none:xz; do
    pack ../p/host h.run --compress ${c%:*} --targetdir "$(sed -n 's/^targetdir=//p' "$H")"
    pack ../p/desktop e.run --compress ${c#*:} --targetdir "$(sed -n 's/^targetdir=//p' "$D")"
    expect_status "$c" 0 merge h.run e.run $plain -o m.run --json=r.json
    case $c in *:bzip2) way=full ;; *) way=splice ;; esac
    check "$c: $way" json_is r.json .repack $way
    check "$c: the stub is content" sh ./m.run --check
    unrun m.run x
    check "$c: the tree" judged ../p/host ../p/desktop x
    rm -rf x m.run
    expect_status "$c, full" 0 merge h.run e.run $plain -o m.run --repack full
    unrun m.run x
    check "$c, full: the tree" judged ../p/host ../p/desktop x
    case $c in
        *:xz) check "$c: xz finds it whole" sh -c 'tail -n +"$(sed -n "4s/^skip=//p" m.run)" m.run | xz -t' ;;
        *:zstd) check "$c: zstd finds it whole" sh -c 'tail -n +"$(sed -n "4s/^skip=//p" m.run)" m.run | zstd -tq' ;;
    esac
    rm -rf -- *
done

# Blobs of the host's past what is kept in memory, in pieces; links; a directory of its own.
cp -a ../p/host h && cp -a ../p/desktop e
python3 "$fx/retar.py" noise 5000000 7 > h/kernel/nvidia/nv-kernel.o_binary
python3 "$fx/retar.py" noise 100000 8 > h/nvidia-vgpu-mgr
mkdir h/own && chmod 0750 h/own && echo 1 > h/own/file && ln -s file h/own/link && ln h/nvidia-vgpu-mgr h/own/hard
ln h/kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c h/kernel/nvidia-vgpu-vfio/twin.c
for c in xz gzip zstd; do
    pack h h.run --compress $c --targetdir NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
    pack e e.run --compress $c --targetdir NVIDIA-Linux-x86_64-460.73.01
    expect_status "large, $c" 0 merge h.run e.run $plain -o m.run
    unrun m.run x
    for f in kernel/nvidia/nv-kernel.o_binary nvidia-vgpu-mgr own/file own/hard kernel/nvidia-vgpu-vfio/twin.c; do
        check "large, $c: $f" cmp h/$f x/$f
    done
    check "large, $c: a link" test "$(readlink x/own/link)" = file
    check "large, $c: the mode of a directory" test "$(stat -c %a x/own)" = 750
    rm -rf x m.run
done
rm -rf -- *

# A file of the desktop's that is replaced, and has other names: they keep its bytes.
for order in 'LICENSE GRID_LICENSE OTHER' 'OTHER GRID_LICENSE LICENSE'; do
    cp -a ../p/desktop e
    ln e/LICENSE e/GRID_LICENSE && ln e/LICENSE e/OTHER
    for f in GRID_LICENSE OTHER; do echo "$f 0444 DOCUMENTATION NVIDIA_GLX-1.0/ MODULE:installer"; done >> e/.manifest
    (cd e && tar -cf ../e.tar --format=gnu --owner=0 --group=0 $order && tar -rf ../e.tar --exclude=LICENSE --exclude=GRID_LICENSE --exclude=OTHER --owner=0 --group=0 .)
    gzip e.tar
    pack e g.run --compress gzip --targetdir NVIDIA-Linux-x86_64-460.73.01
    skip=$(sed -n '4s/^skip=//p' g.run)
    { head -n $((skip - 1)) g.run; cat e.tar.gz; } > e.run
    resum e.run
    expect_status "links, $order" 0 merge "$H" e.run $plain -o m.run
    says "links, $order: no splice" 'has hard links' "$work/out"
    unrun m.run x
    check "links, $order: the host's" cmp x/LICENSE ../p/host/LICENSE
    check "links, $order: another name" cmp x/GRID_LICENSE ../p/desktop/LICENSE
    check "links, $order: the third one" cmp x/OTHER ../p/desktop/LICENSE
    rm -rf -- *
done

# Links that both have: the same when they lead to the same, or are names of the same bytes.
cp -a ../p/host h && cp -a ../p/desktop e
for t in h e; do ln -s nvidia-smi $t/to-same && ln -s $t $t/to-other && ln $t/nvidia-modprobe $t/hard; done
ln h/nvidia-modprobe h/copy && cp e/nvidia-modprobe e/copy && ln h/nvidia-smi h/bytes && ln e/nvidia-smi e/bytes
pack h h.run --targetdir NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
pack e e.run --targetdir NVIDIA-Linux-x86_64-460.73.01
expect_status 'links of both' 0 merge h.run e.run $plain -n --json=r.json
check 'links of both: what is the same' json_is r.json '[.merge.files[] | select(.path | test("^(to-|hard|copy|bytes)")) |
    "\(.path) \(.same)"] | sort | join(", ")' 'bytes false, copy true, hard true, to-other false, to-same true'
rm -rf -- *

# --- what does not go together ---------------------------------------------------------------

cp "$H" ../h2.run
cp "$D" ../d2.run
no 'two hosts' 1 'are both vGPU hosts' "$H" ../h2.run
no 'two desktops' 1 'a merged driver is made of a vGPU host' "$D" ../d2.run
no 'one twice' 2 'is given twice' "$H" "$H"
no 'one only' 2 'give two installers' "$H"
no 'three' 2 'one more than the two' "$H" "$D" ../h2.run
no 'a directory' 2 'is a directory' ../p/host "$D"
no 'no such file' 4 'cannot open' "$H" ../none.run
cd .. && pair q --shape R470 && cd d || exit 1
case $desktop in /*) D2=$desktop ;; *) D2=../$desktop ;; esac
no 'two branches' 1 'must be of one branch' "$H" "$D2"
no 'two branches, swapped' 1 'must be of one branch' "$D2" "$H"
"$GRIDPATCH" merge "$H" "$D" $plain -q -o ../merged.run
no 'merged already' 1 'is merged already' ../merged.run "$D"
no 'merged already, second' 1 'is merged already' "$H" ../merged.run
expect_status 'the output is the host' 2 merge "$H" "$D" $plain -f -o "$H"
expect_status 'the output is the desktop' 2 merge "$H" "$D" $plain -f -o "$D"
nothing 'outputs that are inputs'
mkdir ro && chmod 555 ro
if [ "$(id -u)" -ne 0 ]; then
    expect_status 'a directory that is read-only' 4 merge "$H" "$D" $plain -o ro/x.run
fi
rm -rf ro

# --- altered, damaged -------------------------------------------------------------------------

# with SIDE NAME COMMAND…: that side's tree, changed, as NAME.run.
with() {
    side=$1 new=$2
    shift 2
    cp -a ../p/$side ../t && (cd ../t && "$@") && pack ../t ../$new.run --targetdir "$(sed -n 's/^targetdir=//p' "$(eval echo \$$side)")"
    rm -rf ../t
}
host=$H desktop=$D
tag() { sed -i 's/MODULE_LICENSE("NVIDIA")/MODULE_LICENSE("Dual MIT\/GPL")/' kernel/nvidia/*.c && grep -rq 'Dual MIT' kernel/nvidia; }
with desktop tag tag && expect_status 'an altered desktop' 1 merge "$H" ../tag.run $plain -o out.run
says 'an altered desktop: the reason' 'altered'
nothing 'an altered desktop'
with host tag tag && no 'an altered host' 1 'is altered' ../tag.run "$D"
if [ -f ../tag.run ]; then
    expect_status 'an altered host, allowed' 0 merge ../tag.run "$D" --no-hooks --no-set all -k 5.12.9 --allow versions,unknown,blocked,altered -o m.run
    says 'an altered host: it is said' 'does not come along'
    rm -f m.run
fi
computed() { printf '%s\n' 'i=0' 'PATCH[$i]="own.patch"' >> kernel/dkms.conf; }
with host computed computed && no 'a host whose dkms.conf counts its patches' 1 'its dkms.conf applies patches' ../computed.run "$D"
# A later member of the same name wins; of another version it is no host of either.
mkdir ../two
printf '%s\n' '--- .manifest' '+++ .manifest' '@@ -1,3 +1,3 @@' "$(sed -n '1s/^/ /p' ../p/host/.manifest)" \
    "$(sed -n '2s/^/-/p' ../p/host/.manifest)" '+460.91.03' "$(sed -n '3s/^/ /p' ../p/host/.manifest)" > ../two/v.patch
echo 'v.patch -p0' > ../two/series
if run patch "$H" --patches ../two -k 5.12.9 --no-hooks --no-set all --allow unknown,blocked --repack splice -q -o ../two.run; then
    no 'a host of two versions' 3 "two.run': it has a '.manifest' of 460.73.02, and one of 460.91.03" ../two.run "$D"
else
    not_ok 'a host of two versions can be made' "$work/err"
fi
missing() { sed -i '/^nvidia-vgpud /p; s/^nvidia-vgpud /nvidia-missing /' .manifest; }
with host missing missing && no 'the host names what is missing' 3 "of the host names 'nvidia-missing'" ../missing.run "$D"
lost() { rm nvidia-smi; }
with desktop lost lost && no 'the desktop names what is missing' 3 "of the desktop names 'nvidia-smi'" "$H" ../lost.run
unlisted() { sed -i '/^nvidia-vgpud /d' .manifest; }
with host unlisted unlisted && expect_status 'a file of the host that its manifest lacks' 0 merge ../unlisted.run "$D" $plain -n
says 'a file that is not in the manifest: it is said' "warning: 'nvidia-vgpud' is not in '.manifest'"
dirfile() { mkdir nvidia-vgpud && echo > nvidia-vgpud/x; }
with desktop dir dirfile && no 'a file here, a directory there' 3 nvidia-vgpud "$H" ../dir.run
link() { ln -s LICENSE nvidia-vgpud; }
with desktop link link && no 'a file here, a link there' 3 nvidia-vgpud "$H" ../link.run
case_() { echo > Nvidia-VGPUD; }
with desktop case case_ && no 'upper and lower case' 3 VGPUD "$H" ../case.run
place() { sed -i '/VGX_KVM_BUILD/d' kernel/conftest.sh; }
with desktop place place && no 'no place in conftest.sh' 3 conftest.sh "$H" ../place.run
for f in host desktop; do
    eval "is=\$$f"
    size=$(stat -c %s "$is")
    head -c $((size / 2)) "$is" > ../cut.run
    cp "$is" ../bad.run
    printf 'x' | dd of=../bad.run bs=1 seek=$((size - 300)) conv=notrunc 2> /dev/null
    if [ $f = host ]; then set -- ../cut.run "$D" ../bad.run "$D"; else set -- "$H" ../cut.run "$H" ../bad.run; fi
    no "$f cut off" 3 cut.run "$1" "$2"
    no "$f damaged" 3 bad.run "$3" "$4"
    # Each of the sums is compared, of the one that is read first and of the other.
    for sum in CRC:CRCsum MD5:MD5; do
        sed "0,/^${sum#*:}=/{/^${sum#*:}=/{s/1\$/2/;t;s/.\$/1/}}" "$is" > ../bad.run
        check "$f, another ${sum%:*}: one byte differs" test "$(cmp -l "$is" ../bad.run | wc -l)" -eq 1
        no "$f, another ${sum%:*}" 3 "bad.run': damaged or altered: ${sum%:*} is" "$3" "$4"
    done
done

# What the versions decide is said before all is read: an end that is not there is not missed.
# By the stub's name at once; else when the host's manifest has come.
pack ../p/host h.run --compress none --targetdir NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm
pack ../p/host i.run --compress none --targetdir Host
pack ../p/desktop e.run --compress none --targetdir NVIDIA-Linux-x86_64-460.73.01
mv h.run i.run e.run ..
for f in i e; do head -c $(($(stat -c %s ../$f.run) * 3 / 4)) ../$f.run > ../$f-cut.run; done
for p in h:e-cut e-cut:h i-cut:e e:i-cut; do
    expect_status "blocked, $p" 1 merge ../${p%:*}.run ../${p#*:}.run -k 6.6 --no-hooks --no-set all --allow versions -o out.run --json
    check "blocked, $p: why" json_is "$work/out" .reason blocked
    says "blocked, $p: of which driver" 'kernel 6.6 is blocked for driver 460.73.01: R460 needs'
    nothing "blocked, $p"
    expect_status "blocked and allowed, $p" 3 merge ../${p%:*}.run ../${p#*:}.run -k 6.6 --no-hooks --no-set all --allow versions,blocked -n
done
expect_status 'unknown, before all is read' 1 merge ../h.run ../e-cut.run -k 3.10 --no-hooks --no-set all --allow versions -o out.run
says 'unknown: the way out' '--allow unknown continues anyway'
no 'a pair that does not fit is told of first' 1 'must be of one branch' ../h.run "$D2" -k 3.10

# --- what packs beside the reader -----------------------------------------------------------

# Megabytes of the host's, so that they wait for the compressor; what comes out does not
# depend on how many processors there are, nor on a place for what waits.
for codec in zstd xz gzip; do
    cd .. && pair "big-$codec" --shape R460 --desktop general --sets vgpu-vfio-eventfd --codec "$codec" --size 900
    BH=$work/$host BD=$work/$desktop
    case $host in /*) BH=$host BD=$desktop ;; esac
    cd d || exit 1
    expect_status "large $codec" 0 merge "$BH" "$BD" $plain -q -o large.run
    check "large $codec: it is whole" sh ./large.run --check
    if command -v taskset > /dev/null; then
        check "large $codec: with one processor" \
            taskset 1 "$GRIDPATCH" merge "$BH" "$BD" $plain -q -o one.run
        check "large $codec: the same with one processor" cmp large.run one.run
    fi
    check "large $codec: without a place for files" \
        env TMPDIR=/proc/no "$GRIDPATCH" merge "$BH" "$BD" $plain -q -o none.run
    check "large $codec: the same without one" cmp large.run none.run
    rm -f ./*.run
done

# --- the disk is full, a signal comes ------------------------------------------------------------

if "${CC:-gcc}" -shared -fPIC -o ../fault.so "$fx/fault.c" -ldl 2> /dev/null && ! ldd "$GRIDPATCH" | grep -q asan; then
    for at in 1 3; do
        LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=$at FAULT_ERROR=28 FAULT_ON=1 \
            "$GRIDPATCH" merge "$H" "$D" $plain -q -o out.run > "$work/out" 2> "$work/err"
        status=$?
        check "no space at write $at: exit 4" test $status -eq 4
        says "no space at write $at: it is said" 'No space left'
        nothing "no space at write $at"
    done
    LD_PRELOAD=$work/fault.so FAULT_CALL=write FAULT_AT=2 FAULT_RUN="kill -TERM \$PPID" \
        "$GRIDPATCH" merge "$H" "$D" $plain -q -o out.run > "$work/out" 2> "$work/err"
    status=$?
    check 'a signal ends it' test $status -ne 0
    nothing 'a signal'
else
    skip 'a full disk' 'no compiler, or a sanitizer'
fi
finish
