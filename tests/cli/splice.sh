#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2046,SC2086,SC2154 # $opts and commands are words; lib.sh sets the rest
# Repack without compressing again: the payload's bytes stay, the changes follow
# them. Whatever wrote the payload, the tree is that of a full repack.
# tests: ops/run/repack ops/run/repack_splice ops/run/append core/payload/splice ops/job/headstart
# slow: 90 s
. "$(dirname "$0")/lib.sh"

if ! python=$(python3 -c 'import sys; print(sys.executable)' 2> /dev/null); then
    skip splice 'no python3'
    finish
fi
sh "$fx/hooks.sh" hooks
opts="$k --hooks $work/hooks"
retar() { "$python" -I -S "$fx/retar.py" "$@"; }
has() { command -v "$1" > /dev/null; }
users=me
as=
if [ "$(id -u)" -eq 0 ] && has setpriv; then
    users='me nobody'
else
    skip 'unpacking as another user' 'needs root and setpriv'
fi
for tool in bsdtar busybox pigz pzstd; do
    has $tool || skip "what needs $tool" 'it is missing'
done
other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
# One kernel line's rules are enough, and quicker. Everybody may read this.
mkdir -p open/kernel-versions
cp "$repo/kernel-versions/any" "$repo/kernel-versions/5.10" "$repo/kernel-versions/5.12" open/kernel-versions
cp -R "$repo/patches" open
cp "$GRIDPATCH" open/gridpatch
chmod -R a+rX open hooks
GRIDPATCH_DATA=$work/open
export GRIDPATCH_DATA

# --- the sample: some of it compresses, some does not ---------------------------

sh "$fx/sample.sh" s
retar noise 140000 1 > s/libnvidia-noise.so
retar words 220000 2 > s/libnvidia-words.so
for f in libnvidia-noise.so libnvidia-words.so; do
    echo "$f 0755 VGX_LIB NATIVE MODULE:vgpu" >> s/.manifest
done
mkdir tiny
cp s/.manifest tiny
for c in gzip bzip2 xz zstd none; do
    sh "$fx/mkrun.sh" --compress $c --targetdir s tiny stub-$c.run
done
sh "$fx/mkrun.sh" --compress none s plain.run
retar payload plain.run > base.tar

# pack NAME CODEC TAR COMMAND...: NAME.run, its payload is what the command makes of TAR.
pack() {
    made=$1 codec=$2 tar=$3
    shift 3
    if "$@" < "$tar" > payload; then
        with_payload stub-$codec.run payload "$made.run"
    else
        not_ok "$made: cannot be made"
        return 1
    fi
}

thorough=y
# --- what is compared -----------------------------------------------------------

# Times of directories do not count: tar itself changes them when it comes back.
# Nor do those of symlinks: busybox does not set them.
tree() {
    (cd "$1" && find . -mindepth 1 \( -type d -printf '%P %y %m %U:%G\n' -o -type l -printf '%P %y %U:%G %l\n' -o \
        -printf '%P %y %m %U:%G %n %T@\n' \) | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# unpacked TAR: its trees by every tar and user, once, in the directory $trees.
unpacked() {
    trees=seen.$(sha256sum < "$1" | cut -b-24)
    [ ! -d "$trees" ] || return 0
    mkdir "$trees"
    for tool in tar bsdtar 'busybox tar'; do
        has ${tool%% *} || continue
        for who in $users; do
            mkdir x
            as=
            if [ $who = nobody ]; then
                chown 65534:65534 x
                as=other
            fi
            $as $tool -xf "$1" -C x > said 2>&1
            { echo "status $?"; tree x; } > "$trees/${tool%% *}-$who"
            [ "$users" != me ] || chmod -R u+rwx x
            rm -rf x
        done
    done
}

wrong() { bad="$bad; $1"; }
# verdict WHAT: one line for all that was looked at.
verdict() {
    if [ -z "$bad" ]; then ok "$1"; else not_ok "$1: ${bad#; }"; fi
}

kind_of() {
    case $(head -c 4 "$1" | od -An -tx1) in
        *1f\ 8b*) echo gzip ;;
        *42\ 5a*) echo bzip2 ;;
        *fd\ 37*) echo xz ;;
        *28\ b5* | *5?\ 2a\ 4d\ 18*) echo zstd ;;
        *) echo none ;;
    esac
}

# decoded OLD-PAYLOAD PAYLOAD TAR: by every program that there is, all to the
# same; and of the same make as before.
decoded() {
    make=$(kind_of "$2")
    [ "$make" = "$(kind_of "$1")" ] || wrong "$make instead of $(kind_of "$1")"
    case $make in
        gzip)
            gzip -cd "$2" > "$3" 2> said || wrong "gzip: $(head -n 1 said)"
            ! has busybox || busybox gunzip -c < "$2" 2> said | cmp -s - "$3" || wrong 'busybox gunzip'
            ! has pigz || pigz -t "$2" 2> said || wrong 'pigz -t'
            [ -z "$thorough" ] || gzip -t "$2" 2> said || wrong 'gzip -t'
            if retar gunzip < "$1" > /dev/null 2>&1; then
                retar gunzip < "$2" 2> said | cmp -s - "$3" || wrong 'not one member any more'
            fi
            ;;
        xz)
            xz -cd "$2" > "$3" 2> said || wrong "xz: $(head -n 1 said)"
            [ -z "$thorough" ] || xz -t "$2" 2> said || wrong 'xz -t'
            # The check's name is the seventh field.
            xz --list --robot "$2" 2> said | awk '$1 == "file" { print $2, $7 }' > a
            xz --list --robot "$1" 2> said | awk '$1 == "file" { print $2, $7 }' > b
            cmp -s a b || wrong "streams and check are $(cat a) instead of $(cat b)"
            ! has busybox || busybox unxz -c < "$2" 2> said | cmp -s - "$3" || wrong 'busybox unxz'
            ;;
        zstd)
            zstd -qcd "$2" > "$3" 2> said || wrong "zstd: $(head -n 1 said)"
            [ -z "$thorough" ] || zstd -qt "$2" 2> said || wrong 'zstd -t'
            ;;
        bzip2) bzip2 -cd "$2" > "$3" 2> said || wrong bzip2 ;;
        none) cp "$2" "$3" ;;
    esac
}

# good OLD.run NEW.run TAR: its own stub, gridpatch and the decoders like NEW.
good() {
    sh "./$2" --check > said 2>&1 || wrong "--check: $(tail -n 1 said)"
    run verify "$2"
    [ "$status" -eq 0 ] || wrong 'verify'
    tail -n +"$(sed -n '4s/^skip=//p' "$1")" "$1" > old.pay
    tail -n +"$(sed -n '4s/^skip=//p' "$2")" "$2" > new.pay
    decoded old.pay new.pay "$3"
}

# What the changes cost by themselves.
run $opts plain.run --repack full -o changed.run
unrun changed.run changed
(cd changed && find . -type f | sort | while read -r f; do
    cmp -s "$f" "../s/$f" || echo "$f"
done) > changed.list
tar -cf changed.tar -C changed -T changed.list
fresh_none=$(stat -c %s changed.tar)
fresh=$(gzip -9c changed.tar | wc -c)

# full_of NAME [OPTION...]: $full, the trees of a full repack of NAME.run. The
# same members give the same trees: once is enough, but for a thorough look.
full_of() {
    name=$1
    shift
    tail -n +"$(sed -n '4s/^skip=//p' "$name.run")" "$name.run" > old.pay
    case $(kind_of old.pay) in
        gzip) gzip -cd old.pay ;;
        xz) xz -cd old.pay ;;
        zstd) zstd -qcd old.pay ;;
        none) cat old.pay ;;
    esac > old.tar 2> said
    key=full.$(sha256sum < old.tar | cut -b-24)$(echo "$*" | tr -c 'a-z0-9\n' _)
    if [ -n "$thorough" ] || [ ! -e "$key" ]; then
        run $opts "$@" "$name.run" --repack full --json=r.json -o full.run -f
        [ "$status" -eq 0 ] || wrong "full: exit $status"
        grep -q '^repack     full: as asked' out || wrong "full: the report says '$(grep '^repack' out)'"
        json_is r.json '"\(.repack) \(.repack_why | type)"' 'full string' || wrong 'full: JSON'
        good "$name.run" full.run full.tar
        unpacked full.tar
        echo "$trees" > "$key"
    fi
    full=$(cat "$key")
}

# spliced NAME [OPTION...]: NAME.run is spliced, and as good as repacked in full.
# The last output is spliced.run.
spliced() {
    name=$1
    shift
    bad=
    sha256sum "$name.run" > before
    run $opts -v "$@" "$name.run" --repack splice --json=r.json -o spliced.run -f
    if [ "$status" -ne 0 ]; then
        not_ok "$name: splice: exit $status"
        return 1
    fi
    grep -q '^repack     splice: ' out || wrong "the report says '$(grep '^repack' out)'"
    json_is r.json '"\(.repack) \(.repack_why)"' 'splice null' || wrong 'JSON'
    if [ -n "$thorough" ]; then
        run $opts -v "$@" "$name.run" -o auto.run -f
        grep -q '^repack     splice: ' out || wrong 'auto does not splice'
        cmp -s auto.run spliced.run || wrong 'auto gives other bytes'
    fi
    full_of "$name" "$@"
    good "$name.run" spliced.run spliced.tar
    unpacked spliced.tar
    [ "$full" = "$trees" ] || for f in $(cd "$full" && ls); do
        # Busybox knows no sparse members, bsdtar no UTF-8 in this locale.
        case $f in tar-*) ;; *) grep -q '^status 0' "$full/$f" || continue ;; esac
        diff "$full/$f" "$trees/$f" > said 2>&1 || wrong "another tree by $f: $(head -n 4 said | tr '\n' ' ')"
    done
    for f in $trees/tar-*; do
        grep -q '^status 0' $f || wrong "tar fails (${f##*-})"
    done
    sha256sum -c --quiet before > said 2>&1 || wrong 'the input has changed'
    # A header near the start may be another; cmp does not go behind it.
    size=$(stat -c %s old.pay)
    same=$(cmp old.pay new.pay 2> /dev/null | sed 's/.* \([0-9]*\), line.*/\1/')
    lost=$((size - ${same:-$size}))
    [ "$lost" -le 110000 ] || lost=$(retar lost "$name.run" spliced.run)
    [ "$lost" -le 110000 ] || wrong "$lost of the payload's $size bytes are not kept"
    may=$fresh
    [ "$(kind_of old.pay)" != none ] || may=$fresh_none
    grown=$(($(stat -c %s spliced.run) - $(stat -c %s "$name.run")))
    [ "$grown" -le $((65536 + may)) ] || wrong "grew by $grown bytes, the changes alone are $may"
    verdict "$name: spliced, and all as after a full repack"
}

# whole WHAT PATTERN [OPTION...]: WHAT.run cannot be spliced, and that is said.
whole() {
    name=$1 pattern=$2
    shift 2
    bad=
    run $opts "$@" "$name.run" --repack splice -o not.run
    [ "$status" -eq 1 ] || wrong "splice: exit $status instead of 1"
    [ ! -e not.run ] || wrong 'splice: there is an output'
    rm -f not.run
    [ "$(grep -c '^gridpatch: --repack splice ' err)" -eq 1 ] || wrong 'splice: not one line'
    grep -qiE "$pattern" err || wrong "splice: no reason: $(cat err)"
    run $opts "$@" "$name.run" --json=r.json -o auto.run -f
    [ "$status" -eq 0 ] || wrong "auto: exit $status"
    grep -qiE "^repack     full: .*($pattern)" out || wrong "auto: the report says '$(grep '^repack' out)'"
    grep -E '^repack     full: as asked' out && wrong 'auto: nobody asked'
    json_is r.json .repack full || wrong 'JSON'
    check_reason=$(jq -r .repack_why < r.json 2> /dev/null)
    ! has jq || printf '%s\n' "$check_reason" | grep -qiE "$pattern" || wrong "JSON: '$check_reason'"
    run $opts "$@" "$name.run" --repack full -o full.run -f
    grep -q '^repack     full: as asked' out || wrong "full: the report says '$(grep '^repack' out)'"
    cmp -s auto.run full.run || wrong 'auto gives other bytes'
    sh ./full.run --check > said 2>&1 || wrong "--check"
    run verify full.run
    [ "$status" -eq 0 ] || wrong 'verify'
    verdict "$name: repacked in full, and why"
}
# The same, and the tree is that of base.tar when patched.
whole_base() {
    whole "$@" || return
    bad=
    rm -rf x.full
    unrun full.run x.full
    tree x.full > tree.full
    cmp -s tree.full tree.base || wrong "$(diff tree.base tree.full | head -n 4 | tr '\n' ' ')"
    verdict "$name: the tree"
}
tree changed > tree.base

# --- who compressed it ------------------------------------------------------------

for level in 1 6 9; do
    pack gzip-$level gzip base.tar gzip -n -$level && spliced gzip-$level
    thorough=
done
check 'gzip: its stub unpacks it (-x)' sh ./spliced.run -x --target by-stub
tree by-stub > tree.stub
check 'gzip: to the same tree' cmp tree.stub tree.base
! has pigz || { pack pigz gzip base.tar pigz -n -p 4 -b 128 && spliced pigz; }
! has pigz || { pack pigz-independent gzip base.tar pigz -n -p 4 -i -b 128 && spliced pigz-independent; }
for how in stored fixed huffman small flush header 'members 2' 'members 40' end-member; do
    made=gzip-$(echo $how | tr ' ' -)
    pack $made gzip base.tar retar gzip $how && spliced $made
done

thorough=y
for c in none crc32 crc64; do
    pack xz-$c xz base.tar xz -6 -C $c && spliced xz-$c
    thorough=
done
check 'xz: its stub unpacks it (-x)' sh ./spliced.run -x --target by-stub-xz
pack xz-0 xz base.tar xz -0 -C none && spliced xz-0
pack xz-9e xz base.tar xz -9e -C crc32 && spliced xz-9e
for c in none crc32 crc64; do
    # Sizes in the headers, with two threads; none, with one.
    pack xz-threads-$c xz base.tar xz -1 -T2 --block-size=200KiB -C $c && spliced xz-threads-$c
done
pack xz-blocks xz base.tar xz -1 -T1 --block-size=200KiB -C crc64 && spliced xz-blocks
pack xz-small-blocks xz base.tar xz -1 -T2 --block-size=8KiB -C crc32 && spliced xz-small-blocks
end=$(retar end base.tar)
pack xz-end-block xz base.tar xz -1 -T1 --block-list=$end,0 -C crc32 && spliced xz-end-block
pack xz-end-blocks xz base.tar xz -1 -T2 --block-list=300000,$((end - 300000)),512,0 -C none && spliced xz-end-blocks
pack xz-lc0 xz base.tar xz --lzma2=preset=1,lc=0,lp=2,pb=0 -C none && spliced xz-lc0
pack xz-dict xz base.tar xz --lzma2=preset=1,dict=4KiB -C none && spliced xz-dict

thorough=y
for level in 1 9 19; do
    pack zstd-$level zstd base.tar zstd -q -c -$level && spliced zstd-$level
    thorough=
done
check 'zstd: its stub unpacks it (-x)' sh ./spliced.run -x --target by-stub-zstd
pack zstd-no-check zstd base.tar zstd -q -c --no-check && spliced zstd-no-check
pack zstd-no-size zstd base.tar zstd -q -c --no-content-size && spliced zstd-no-size
pack zstd-size zstd base.tar zstd -q -c base.tar && spliced zstd-size
pack zstd-size-no-check zstd base.tar zstd -q -c --no-check base.tar && spliced zstd-size-no-check
pack zstd-threads zstd base.tar zstd -q -c -T2 -B128KiB -3 && spliced zstd-threads
pack zstd-long zstd base.tar zstd -q -c --long=27 -3 && spliced zstd-long
pack zstd-ultra zstd base.tar zstd -q -c --ultra -22 base.tar && spliced zstd-ultra
! has pzstd || { pack pzstd zstd base.tar pzstd -q -c -p 2 && spliced pzstd; }
half=$(($(stat -c %s base.tar) / 2))
pack zstd-frames zstd base.tar sh -c "head -c $half base.tar > a; tail -c +$((half + 1)) base.tar > b
    zstd -qc a; zstd -qc --no-check < b" && spliced zstd-frames
pack zstd-end-frame zstd base.tar sh -c "head -c $end base.tar > a; tail -c +$((end + 1)) base.tar > b
    zstd -qc a; zstd -qc b" && spliced zstd-end-frame
retar zstd-skippable 999 > skippable
pack zstd-skippable zstd base.tar sh -c "head -c $half base.tar > a; tail -c +$((half + 1)) base.tar > b
    zstd -qc a; cat skippable; zstd -qc b; cat skippable" && spliced zstd-skippable

thorough=y
pack none none base.tar cat && spliced none
thorough=
check 'none: its stub unpacks it (-x)' sh ./spliced.run -x --target by-stub-none
pack bzip2 bzip2 base.tar bzip2 -9 && whole_base bzip2 bzip2
pack xz-sha256 xz base.tar xz -1 -C sha256 && whole_base xz-sha256 'sha-?256'
pack xz-x86 xz base.tar xz --x86 --lzma2=preset=1 -C none && whole_base xz-x86 'bcj|filter|x86|lzma2'
pack xz-delta xz base.tar xz --delta=dist=4 --lzma2=preset=1 -C none && whole_base xz-delta 'delta|filter|lzma2'
pack xz-streams xz base.tar sh -c "head -c $half base.tar | xz -1; tail -c +$((half + 1)) base.tar | xz -1" &&
    whole_base xz-streams stream

# Several megabytes: many blocks. And one block only.
cp -R s m
retar noise 1000000 3 > m/libnvidia-noise.so
retar words 2500000 4 > m/libnvidia-words.so
sh "$fx/mkrun.sh" --compress none m m.run
retar payload m.run > m.tar
pack 3M-gzip gzip m.tar gzip -n -9 && spliced 3M-gzip
pack 3M-xz xz m.tar xz -2 -C none && spliced 3M-xz
pack 3M-zstd zstd m.tar zstd -q -c -9 && spliced 3M-zstd
rm -rf m m.run m.tar 3M-*
make_sample guest --kind guest -- --compress none
retar payload guest.run > guest.tar
pack guest-gzip gzip guest.tar gzip -n -9 && spliced guest-gzip
pack guest-xz xz guest.tar xz -C crc32 && spliced guest-xz
pack guest-zstd zstd guest.tar zstd -qc && spliced guest-zstd
pack guest-zstd-single zstd guest.tar zstd -qc guest.tar && spliced guest-zstd-single

# --- who made the tar ---------------------------------------------------------------

# Where the archive ends: other records than the usual ones (base.tar has those),
# no end at all, half of one, 9 MB of zeros.
for e in b1 b2048 0 512 9000000; do
    case $e in
        b*) tar -c -b "${e#b}" --format=gnu --sort=name --owner=0 --group=0 --mtime=@1620000000 -C s -f end.tar \
            $(cd s && find . -maxdepth 1 -mindepth 1 | sort) ;;
        *) retar cut base.tar $e > end.tar ;;
    esac
    pack end-$e-gzip gzip end.tar gzip -n -6 && spliced end-$e-gzip
    pack end-$e-xz xz end.tar xz -1 -C crc32 && spliced end-$e-xz
    pack end-$e-zstd zstd end.tar zstd -qc -1 && spliced end-$e-zstd
    pack end-$e-none none end.tar cat && spliced end-$e-none
    rm -f end-*.run
done

# members NAME TAR-ARGUMENT...: a tar of the directory t, without a compressor.
members() {
    tars=$1
    shift
    tar -c --sort=name --owner=0 --group=0 --mtime=@1620000000 "$@" -C t -f t.tar $(cd t && find . -maxdepth 1 -mindepth 1 | sort) &&
        pack "$tars-none" none t.tar cat && pack "$tars-xz" xz t.tar xz -0 -C none
}
both() {
    spliced "$1-none"
    spliced "$1-xz"
}

cp -a s t
long=html/$(printf '%0120d' 7)
mkdir -p "t/$long/$(printf '%0150d' 8)"
echo long > "t/$long/$(printf '%0150d' 8)/$(printf '%0100d' 9)"
ln -s "$(printf '%0140d' 1)" t/long-link
members long --format=gnu && both long
rm -r t
cp -a s t
rm t/html/gr*
members ustar --format=ustar && both ustar
rm -r t
cp -a s t
find t -type f -exec touch -d @1600000000.123456789 {} +
tar -c --sort=name --owner=0 --group=0 --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f -C t -f t.tar \
    $(cd t && find . -maxdepth 1 -mindepth 1 | sort)
pack pax-none none t.tar cat && pack pax-gzip gzip t.tar gzip -n && spliced pax-none && spliced pax-gzip
rm -r t
cp -a s t
truncate -s 3M t/libnvidia-hole.so
printf end >> t/libnvidia-hole.so
printf start | dd of=t/libnvidia-hole.so bs=1 seek=100000 conv=notrunc 2> /dev/null
members sparse --sparse --format=gnu && both sparse
members sparse-pax --sparse --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime && both sparse-pax
rm -r t
cp -a s t
ln t/libnvidia-words.so t/libnvidia-words.so.1
ln t/libnvidia-words.so t/libnvidia-words.so.2
ln -s kernel t/kernel-link
ln -s nothing t/dangling
mkdir t/odd1 t/odd2 t/odd3
chmod 1777 t/odd1
chmod 0500 t/odd2
chmod 2755 t/odd3
chmod 0700 t/kernel/nvidia
chmod 0600 t/kernel/nvidia/os-interface.c
chmod 0444 t/kernel/nvidia/nvidia.Kbuild
members links-modes --format=gnu && both links-modes
rm -r t
cp -a s t
tar -c --sort=name --owner=0 --group=0 --mtime=@1620000000 --format=gnu -C t -f t.tar .
pack dot-none none t.tar cat && pack dot-gzip gzip t.tar gzip -n && spliced dot-none && spliced dot-gzip
# A read-only "." is not in the way: tar sets its mode at the end.
chmod 0555 t
tar -c --sort=name --owner=0 --group=0 --mtime=@1620000000 --format=gnu -C t -f t.tar .
pack closed-dot-gzip gzip t.tar gzip -n && spliced closed-dot-gzip
chmod 0755 t
(cd t && find . -mindepth 1 -maxdepth 1 -printf '%P\n' | sort) > t.list
tar -c --sort=name --owner=1234 --group=4321 --mtime=@1620000000 --format=gnu -C t -f t.tar -T t.list
pack no-dot-zstd zstd t.tar zstd -qc && spliced no-dot-zstd
(cd t && find . -mindepth 1 ! -type d -printf '%P\n' | sort) > t.list
tar -c --no-recursion --owner=0 --group=0 --mtime=@1620000000 --format=gnu -C t -f t.tar -T t.list
pack no-dirs-none none t.tar cat && spliced no-dirs-none
rm -r t

# Twice the same name: the last one wins, and is what is patched.
mkdir -p dup/kernel/nvidia
echo 'not what any patch knows' > dup/kernel/nvidia/os-interface.c
tar -c --owner=0 --group=0 --mtime=@1620000000 --format=gnu -C dup -f first.tar ./kernel/nvidia/os-interface.c
{ retar cut first.tar 0; cat base.tar; } > dup.tar
pack dup-none none dup.tar cat && spliced dup-none
unrun spliced.run x.dup
check 'dup: the last one is patched' cmp x.dup/kernel/nvidia/os-interface.c changed/kernel/nvidia/os-interface.c
pack dup-gzip gzip dup.tar gzip -n && spliced dup-gzip
pack dup-xz xz dup.tar xz -1 -C none && spliced dup-xz
{ retar cut base.tar 0; cat first.tar; } > dup.tar
pack dup-last zstd dup.tar zstd -qc -1
mkdir os
printf 'os.patch\n' > os/series
printf -- '--- a/kernel/nvidia/os-interface.c\n+++ b/kernel/nvidia/os-interface.c\n@@ -1 +1 @@\n-not what any patch knows\n+patched\n' > os/os.patch
run $k --no-hooks --patches os dup-last.run --repack splice -o dup-last.out
check 'dup: a patch for the last one applies' test "$status" -eq 0
unrun dup-last.out x.dup-last
check 'dup: and is what is unpacked' grep -qx patched x.dup-last/kernel/nvidia/os-interface.c
expect_status 'dup: a patch for the first one does not' 1 $k --no-hooks --patches os dup-none.run -o not.run

# --- what takes a full repack ---------------------------------------------------------

mkdir delete rename licence
echo p.patch | tee delete/series rename/series > licence/series
cat > delete/p.patch << 'E'
--- a/kernel/nvidia/i2c_nvswitch.c
+++ /dev/null
@@ -1,3 +0,0 @@
-/* Sample: i2c of switches. */
-
-#include "linux_nvswitch.h"
E
cat > rename/p.patch << 'E'
diff --git a/kernel/nvidia/nv-frontend.c b/kernel/nvidia/nv-front.c
similarity index 100%
rename from kernel/nvidia/nv-frontend.c
rename to kernel/nvidia/nv-front.c
E
printf -- '--- a/GRID_LICENSE\n+++ b/GRID_LICENSE\n@@ -1 +1 @@\n-Sample: there is nothing here to license.\n+changed\n' > licence/p.patch
for c in gzip-6 xz-none zstd-9 none; do
    whole $c 'disappear' --patches delete
    rm -rf x.deleted
    unrun auto.run x.deleted
    refute "$c: it is deleted" test -e x.deleted/kernel/nvidia/i2c_nvswitch.c
    [ $c = xz-none ] || whole $c 'disappear' --patches rename
done
whole none 'hard link' --patches licence
cp -a s t
ln t/kernel/nvidia/i2c_nvswitch.c t/kernel/nvidia/a.c
ln t/kernel/nvidia/i2c_nvswitch.c t/kernel/nvidia/z.c
for f in a z; do
    echo "kernel/nvidia/$f.c 0644 KERNEL_MODULE_SRC INHERIT_PATH_DEPTH:1 MODULE:resman" >> t/.manifest
done
members linked --format=gnu
for f in a i2c_nvswitch z; do
    mkdir link-$f
    echo p.patch > link-$f/series
    printf -- '--- a/kernel/nvidia/%s.c\n+++ b/kernel/nvidia/%s.c\n@@ -1 +1 @@\n-/* Sample: i2c of switches. */\n+changed\n' $f $f \
        > link-$f/p.patch
    whole linked-none 'hard link' --patches link-$f
    rm -rf x.linked
    unrun auto.run x.linked
    check "linked: only $f is changed" test "$(cd x.linked/kernel/nvidia && grep -lx changed *)" = $f.c
done
spliced linked-none
rm -r t
cp -a s t
chmod 0555 t/kernel/nvidia
members closed --format=gnu
whole closed-none 'read-only'
whole closed-xz 'read-only'
chmod 0755 t/kernel/nvidia
# A new directory, and nothing else, would have to go into it.
chmod 0555 t/kernel
members closed-top --format=gnu
whole closed-top-none 'read-only'
chmod 0755 t/kernel
rm -r t

# --- again and again -------------------------------------------------------------------

for n in 1 2 3 4 5; do
    mkdir again$n
    echo a.patch > again$n/series
    was="step $((n - 1))"
    [ $n -gt 1 ] || was='i2c of switches'
    cat > again$n/a.patch << E
--- a/kernel/nvidia/i2c_nvswitch.c
+++ b/kernel/nvidia/i2c_nvswitch.c
@@ -1,3 +1,3 @@
-/* Sample: $was. */
+/* Sample: step $n. */
 
 #include "linux_nvswitch.h"
--- /dev/null
+++ b/kernel/nvidia/again$n/new.c
@@ -0,0 +1 @@
+/* new $n */
E
done
for c in gzip-9 xz-none xz-threads-crc64 zstd-size none; do
    run $opts $c.run --repack splice -o again.run -f
    for n in 1 2 3 4 5; do
        mv again.run again-$n.run
        spliced again-$n --patches again$n
        mv spliced.run again.run
    done
    bad=
    rm -rf x.again
    unrun again.run x.again
    grep -q 'step 5' x.again/kernel/nvidia/i2c_nvswitch.c || wrong 'not the last step'
    [ "$(cat x.again/kernel/nvidia/again?/new.c | wc -l)" -eq 5 ] || wrong 'not all of the new files'
    [ "$(grep -c '^kernel/nvidia/again./new.c ' x.again/.manifest)" -eq 5 ] || wrong 'not all in the manifest'
    [ "$(grep -c 'patch set again' x.again/pkg-history.txt)" -eq 5 ] || wrong 'not all in the history'
    grown=$(($(stat -c %s again.run) - $(stat -c %s again-1.run)))
    [ "$grown" -le 200000 ] || wrong "grew by $grown bytes in five times"
    verdict "$c: patched six times"
done
rm -f again-?.run again.run

# --- the same bytes, wherever, whenever and whoever ---------------------------------------

mkdir -p else/where
chmod 1777 else/where
for c in gzip-6 xz-threads-crc32 zstd-size none; do
    run $opts $c.run --repack splice -o same.run -f
    bad=
    for n in 1 2 3; do
        "$GRIDPATCH" $opts $c.run --repack splice -o same2.run -f > out 2> err
        cmp -s same.run same2.run || wrong "try $n"
    done
    # What an earlier run found out about the installer is no longer needed, either.
    (cd else/where && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 "$GRIDPATCH" $opts --no-cache ../../$c.run -f -o ../../same2.run > said 2>&1)
    cmp -s same.run same2.run || wrong 'umask, TZ, LANG, directory, --no-cache'
    [ "$(stat -c %a same2.run)" = 700 ] || wrong 'umask 077: not 0700'
    [ "$(stat -c %a same.run)" = 755 ] || wrong 'umask 022: not 0755'
    if has taskset; then
        taskset 1 "$GRIDPATCH" $opts $c.run -o same2.run -f > said 2>&1
        cmp -s same.run same2.run || wrong 'on one core'
    fi
    if [ "$users" != me ]; then
        (cd else/where && other $work/open/gridpatch $opts ../../$c.run -o nobody.run > said 2>&1) ||
            wrong "nobody: $(cat else/where/said)"
        cmp -s same.run else/where/nobody.run || wrong 'as nobody'
        rm -f else/where/nobody.run
    fi
    cat $c.run | cat > copy.run
    touch -d @1 copy.run
    run $opts copy.run --repack splice -o same2.run -f
    cmp -s same.run same2.run || wrong 'of a copy with another name, mode and time'
    SOURCE_DATE_EPOCH=12345 "$GRIDPATCH" $opts $c.run --repack splice -o same2.run -f > said 2>&1
    rm -rf x.epoch
    unrun same2.run x.epoch
    [ "$(stat -c %Y x.epoch/kernel/nvidia/kern.ld)" = 12345 ] || wrong 'SOURCE_DATE_EPOCH is not the time of a new file'
    [ "$(stat -c %Y x.epoch/kernel/nvidia/os-interface.c)" = 1620000000 ] || wrong 'a changed file has another time'
    verdict "$c: the same bytes, and SOURCE_DATE_EPOCH"
done
expect_status 'splice with -n' 0 $opts gzip-6.run --repack splice -n -o dry.run
refute 'it writes nothing' test -e dry.run
expect_status 'splice over an existing output' 1 $opts gzip-6.run --repack splice -o same.run
expect_status '--repack with another word' 2 $opts gzip-6.run --repack paste -n

# --- what nobody should touch ---------------------------------------------------------------

# refused WHAT RUN [MODE]: exit 3, one line, no output.
refused() {
    for mode in splice ${3:-}; do
        run $opts "$2" --repack $mode -o not.run
        [ "$status" -eq 3 ] || wrong "$1: $mode: exit $status"
        [ "$(grep -v '^gridpatch: warning: ' err | grep -c '^gridpatch: ')" -eq 1 ] || wrong "$1: $mode: not one line"
        [ ! -e not.run ] || wrong "$1: $mode: there is an output"
        rm -f not.run
    done
}
for how in absolute dots inner-dots symlink inner-symlink hardlink device block fifo; do
    bad=
    { retar cut base.tar 0; retar bad $how; } > bad.tar
    pack bad none bad.tar cat
    refused none bad.run auto
    pack bad gzip bad.tar gzip -n -1
    refused gzip bad.run auto
    [ ! -e evil ] && [ ! -e ../evil ] || wrong 'it was written'
    verdict "a member to refuse ($how): exit 3, no output"
done
# Cut off: the sums are wrong; and with right sums, the payload's own end is missing.
for c in gzip-6 gzip-members-2 xz-none xz-threads-crc32 zstd-9 zstd-frames none; do
    bad=
    size=$(stat -c %s $c.run)
    for part in 40 90; do
        head -c $((size * part / 100)) $c.run > cut.run
        refused "cut at $part %" cut.run
    done
    for less in 1 4 8 12 13 600; do
        head -c $((size - less)) $c.run > cut.run
        [ $less -gt 4 ] || refused "cut $less before the end" cut.run
        # A plain tar without all of its zeros is a tar.
        [ $c != none ] || continue
        resum cut.run
        refused "cut $less before the end, right sums" cut.run
    done
    verdict "$c: cut off: exit 3, no output"
    bad=
    # It may be taken for the one that an earlier run knows: by no means.
    run $opts $c.run -n
    for part in 40 95; do
        cp $c.run flip.run
        at=$((size * part / 100))
        byte=$(dd if=flip.run bs=1 skip=$at count=1 2> /dev/null | od -An -tu1)
        # shellcheck disable=SC2059 # an octal escape
        printf "\\$(printf %o $((byte ^ 16)))" | dd of=flip.run bs=1 seek=$at conv=notrunc 2> /dev/null
        refused "another bit at $part %" flip.run 'auto full'
        grep -qi -e crc -e sum -e damaged err || wrong "another bit at $part %: $(cat err)"
    done
    verdict "$c: another bit: exit 3, no output"
done

# --- names that a shell would run ---------------------------------------------------------------

mkdir shell
evil='$(touch pwned1)`touch pwned2`'
mkdir "shell/$evil"
echo p.patch > "shell/$evil/series"
printf -- '--- /dev/null\n+++ b/kernel/p.c\n@@ -0,0 +1 @@\n+x\n' > "shell/$evil/p.patch"
for c in gzip-6 xz-none zstd-9 none; do
    bad=
    (cd shell && "$GRIDPATCH" $opts --patches "$evil" ../$c.run --repack splice -o evil.run -f > ../out 2> ../err) || wrong 'patch'
    head -n $(($(sed -n '4s/^skip=//p' shell/evil.run) - 1)) shell/evil.run > stub
    ! grep -qF -e '$(touch' -e '`touch' stub || wrong 'it stands in the stub'
    for o in --pkg-history --info --check --label --target-directory; do
        (cd shell && sh ./evil.run $o > ../said 2>&1)
    done
    (cd shell && sh ./evil.run --pkg-history) | grep -q 'touch pwned1' || wrong 'the history does not name it'
    [ -z "$(find . -name 'pwned*')" ] || wrong 'it ran'
    verdict "$c: a patch set named as a command runs nowhere"
done

# --- stubs -----------------------------------------------------------------------------------------

printf '\177ELF\n\000\n\nskip=3\n\nnot a decompressor\n' > embed
head -c 20000 s/libnvidia-noise.so >> embed
for stub in nv nv2 nv4 nv9 embed; do
    case $stub in
        nv) set -- --stub nv ;;
        nv2) set -- --stub nv2 --compress xz --xz-args '-0 -C none' --quote-targetdir ;;
        nv4) set -- --stub nv4 --compress zstd ;;
        nv9) set -- --stub nv9 --compress zstd --no-md5 ;;
        embed) set -- --stub nv4 --embed "$work/embed" --compress xz --xz-args '-0 -C none' ;;
    esac
    sh "$fx/mkrun.sh" "$@" s stub-$stub.run && spliced stub-$stub || continue
    bad=
    sh ./spliced.run -x --target x.$stub > said 2>&1 || wrong '-x'
    tree x.$stub > tree.stub
    # The history has the input's name in it, and so may differ.
    grep -v -e pkg-history tree.base > a
    grep -v -e pkg-history tree.stub | cmp -s - a || wrong 'another tree'
    sh ./spliced.run --pkg-history | grep -q 'patch set vgpu-vfio-eventfd sha256' || wrong '--pkg-history'
    [ "$(sh ./spliced.run --target-directory)" = s-custom ] || wrong '--target-directory'
    [ $stub != embed ] || { sh ./stub-embed.run --extract-decompress > a && sh ./spliced.run --extract-decompress | cmp -s - a; } ||
        wrong 'another embedded decompressor'
    verdict "stub $stub"
done
finish
