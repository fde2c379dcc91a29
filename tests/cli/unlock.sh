#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2046,SC2086,SC2154 # $k is words; lib.sh sets the rest
# The userspace half of vgpu_unlock in a package.
# tests: ops/driver/userspace ops/driver/usercopy ops/driver/toml ops/job/userhalf core/module/library
# slow: 15 s
. "$(dirname "$0")/lib.sh"

make_sample plain
cp -R plain host
sh "$fx/userhalf.sh" --twins host
sh "$fx/mkrun.sh" host host.run
sh "$fx/userhalf.sh" half
sh "$fx/hooks.sh" hooks
[ -f half/lib.so ] || {
    skip 'the userspace half' 'no compiler makes a library'
    finish
}
units='nvidia-vgpud nvidia-vgpu-mgr'
lib=/usr/lib/nvidia/libvgpu_unlock_rs.so
script=/usr/lib/nvidia/vgpu_unlock
sum() { sha256sum "$1" | cut -d' ' -f1; }
# installed RUN ROOT: by a reader of the manifest that is not ours.
installed() {
    rm -rf "$2.x"
    unrun "$1" "$2.x" && python3 "$fx/install.py" "$2.x" "$2"
}
# The programs of a root, so that systemd finds them.
programs() {
    mkdir -p "$1/bin"
    printf '#!/bin/sh\n' > "$1/bin/rm"
    chmod 0755 "$1/bin/rm"
}
systemd_takes() {
    command -v systemd-analyze > /dev/null || {
        skip "$1" 'systemd-analyze is missing'
        return
    }
    programs "$2"
    for u in $units; do
        systemd-analyze verify --man=no --recursive-errors=no --root="$PWD/$2" $u.service > said.$u 2>&1
        check "$1: $u" test "$?" = 0 -a ! -s said.$u
    done
}

# --- the library ----------------------------------------------------------------

expect_status 'library: in' 0 $k --hooks hooks --unlock-lib half/lib.so --unlock-config half/config host.run -o one.run --json=one.json
says 'library: said' 'userspace  library from half/lib.so: put in, and used by both units' out
# What it needs, by readelf.
for n in $(readelf -d half/lib.so | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    says "library: needs $n" "$n" out
done
says 'library: whether it fits' '  fits     yes, says kernel-versions/unlock:' out
says 'the twins are left' '  left     init-scripts/sysv/nvidia-vgpud, init-scripts/upstart/nvidia-vgpud.conf, ' out
check 'JSON: integrated' json_is one.json .userspace.action integrated
check 'JSON: its sum' json_is one.json '.userspace.files[0].sha256' "$(sum half/lib.so)"
check 'JSON: what it needs' json_is one.json '.userspace.needed | length' "$(readelf -d half/lib.so | grep -c '(NEEDED)')"
check 'JSON: fits' json_is one.json .userspace.known.fits yes
check 'JSON: twins' json_is one.json '.userspace.twins | length' 4

mkdir -p root/etc/vgpu_unlock root/usr/lib/systemd/system
echo '# mine' > root/etc/vgpu_unlock/config.toml
echo '# old' > root/usr/lib/systemd/system/nvidia-vgpud.service
check 'installs' installed one.run root
check 'the library is in its place' cmp half/lib.so root$lib
check 'its mode' test "$(stat -c %a root$lib)" = 755
for f in config.toml profile_override.toml; do
    check "$f is in its place" cmp half/config/$f root/etc/vgpu_unlock/$f
    check "$f: its mode" test "$(stat -c %a root/etc/vgpu_unlock/$f)" = 644
done
check 'a config.toml that was there is kept' grep -rqx '# mine' root/var/lib/nvidia
for u in $units; do
    check "$u: one line more" sh -c "diff host/init-scripts/systemd/$u.service root/usr/lib/systemd/system/$u.service | grep -c '^[<>]' | grep -qx 1"
    check "$u: in [Service]" sh -c "sed -n '/^.Service/,/^.Install/p' root/usr/lib/systemd/system/$u.service | grep -qx 'Environment=LD_PRELOAD=$lib'"
    check "$u: the twins stay" cmp host/init-scripts/sysv/$u root.x/init-scripts/sysv/$u
done
systemd_takes 'systemd takes it' root
check 'manifest: the form of its neighbours' grep -qx 'libvgpu_unlock_rs.so 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu' root.x/.manifest
check 'manifest: three lines of ours' sh -c \
    "diff host/.manifest root.x/.manifest | grep -v '^> kernel/' | grep -c '^[<>]' | grep -qx 3"
check 'history' grep -q "gridpatch: userspace half: libvgpu_unlock_rs.so sha256 $(sum half/lib.so)\$" root.x/pkg-history.txt
check 'history: the configuration' grep -q "userspace half: config.toml sha256 $(sum half/config/config.toml)\$" root.x/pkg-history.txt
check 'the rest of the package stays' sh -c "diff -rq host root.x | grep -v -e hooks -e unlock -e 'kernel/' -e manifest -e pkg-history -e service -e GRID_LICENSE | grep . && exit 1; :"

# Twice, known, whole.
expect_status 'twice' 0 $k --hooks hooks --unlock-lib half/lib.so --unlock-config half/config one.run -o two.run
says 'twice: it is there' 'userspace  library from half/lib.so: is there already' out
rm -rf two.x && unrun two.run two.x
check 'twice: nothing changes' diff -r root.x two.x
expect_status 'once more without the option' 0 $k --hooks hooks one.run -o three.run --json=three.json
says 'it is recognised' "userspace  library already in $lib" out
check 'JSON: there' json_is three.json .userspace.action 'already there'
expect_status 'info' 0 info one.run --json
check 'JSON of info: complete' json_is out .driver.altered.unlock_state complete
check 'JSON of info: the configuration' json_is out '.driver.altered.unlock_config | join(" ")' 'config.toml profile_override.toml'
expect_status 'info in words' 0 info one.run
says 'info: says it' "library of vgpu_unlock in $lib" out
expect_status 'verify: complete' 0 verify one.run
says 'verify: says it' 'verified   the library of vgpu_unlock, its manifest line and both units' out
expect_status 'a dry run' 0 $k --hooks hooks --unlock-lib half/lib.so host.run -n
says 'a dry run: says the same' 'put in, and used by both units' out

# A newer library takes the place of the older one.
sed 's/: (int)cos/: 1 + (int)cos/' half/lib.c > newer.c && gcc -shared -fPIC -o newer.so newer.c -lm
expect_status 'a newer library' 0 $k --hooks hooks --unlock-lib newer.so one.run -o newer.run
check 'a newer library: installs' installed newer.run newer
check 'a newer library: is it' cmp newer.so newer$lib
check 'a newer library: one line in the manifest' test "$(grep -c libvgpu newer.x/.manifest)" = 1

# Reproducible, and whatever way it is packed.
for mode in splice full; do
    for i in 1 2; do
        SOURCE_DATE_EPOCH=1700000000 expect_status "$mode, run $i" 0 $k --no-hooks --unlock-lib half/lib.so --repack $mode host.run -o $mode$i.run
    done
    check "$mode: the same bytes" cmp ${mode}1.run ${mode}2.run
    rm -rf $mode.x && unrun ${mode}1.run $mode.x
    check "$mode: the library" cmp half/lib.so $mode.x/libvgpu_unlock_rs.so
done
expect_status 'without hooks: allowed' 0 $k --no-hooks --unlock-lib half/lib.so host.run -n
says 'without hooks: said' '  hooks    none: ' out
make_sample merged --kind merged
expect_status 'merged: in' 0 $k --hooks hooks --unlock-lib half/lib.so merged.run -o merged-custom.run
check 'merged: installs' installed merged-custom.run merged.root
check 'merged: the licence client is left' cmp merged/init-scripts/systemd/nvidia-gridd.service merged.root/usr/lib/systemd/system/nvidia-gridd.service

# --- the script ------------------------------------------------------------------

expect_status 'script: in' 0 $k --hooks hooks --unlock-script half/script host.run -o s.run
says 'script: said' 'userspace  script from half/script/vgpu_unlock: put in' out
says 'script: what it needs' 'python3 with its module frida' out
check 'script: installs' installed s.run sroot
check 'script: in its place' cmp half/script/vgpu_unlock sroot$script
check 'script: can be run' test -x sroot$script
for u in $units; do
    check "script: $u" grep -qx "ExecStart=$script /usr/bin/$u" sroot/usr/lib/systemd/system/$u.service
    check "script: $u forks" grep -qx 'Type=forking' sroot/usr/lib/systemd/system/$u.service
done
systemd_takes 'script: systemd takes it' sroot
expect_status 'script: twice' 0 $k --hooks hooks --unlock-script half/script s.run -o s2.run
rm -rf s2.x && unrun s2.run s2.x
check 'script: nothing changes' diff -r sroot.x s2.x
expect_status 'script: verify' 0 verify s.run
says 'script: verify says it' 'verified   the script of vgpu_unlock' out
expect_status 'the other half as well: refused' 1 $k --hooks hooks --unlock-lib half/lib.so s.run -o no.run
says 'the other half as well: why' 'the package has the script of vgpu_unlock'
expect_status 'both: usage' 2 $k --unlock-lib half/lib.so --unlock-script half/script host.run -o no.run
expect_status 'a script that reads no configuration' 0 $k --hooks hooks --unlock-script half/script --unlock-config half/config host.run -n
says 'a script that reads no configuration: warned of' 'nothing in this package reads the files of --unlock-config'

# --- lock -------------------------------------------------------------------------

locked="$k --hooks hooks --unlock-lib half/lib.so --unlock-config half/config host.run -o l.run -f"
expect_status 'lock: written' 0 $locked --write-lock l.lock
check 'lock: the sum' sh -c "grep -A 1 '^Unlock: libvgpu_unlock_rs.so' l.lock | grep -qx 'SHA256: $(sum half/lib.so)'"
check 'lock: three files' test "$(grep -c '^Unlock: ' l.lock)" = 3
expect_status 'lock: holds' 0 $locked --lock l.lock
expect_status 'lock: without it' 1 $k --hooks hooks host.run -o l.run -f --lock l.lock
says 'lock: without it: why' 'Options was'
expect_status 'lock: another library' 1 $k --hooks hooks --unlock-lib newer.so --unlock-config half/config host.run -o l.run -f --lock l.lock
says 'lock: another library: why' 'userspace half libvgpu_unlock_rs.so: SHA256 was'
cp -R half/config drift && echo '# more' >> drift/config.toml
expect_status 'lock: another configuration' 1 $k --hooks hooks --unlock-lib half/lib.so --unlock-config drift host.run -o l.run -f --lock l.lock
says 'lock: another configuration: why' 'userspace half config.toml: SHA256 was'
sed '/^Unlock: config.toml/,/^SHA256/d' l.lock > cut.lock
expect_status 'lock: a paragraph is missing' 3 $locked --lock cut.lock
sed 's/ unlock=config.toml//' l.lock > cut.lock
expect_status 'lock: a word is missing' 3 $locked --lock cut.lock

# --- what is no library ------------------------------------------------------------

no_lib() {
    expect_status "$1" "$2" $k --no-hooks --unlock-lib "$3" host.run -o no.run
    says "$1: why" "$4"
    check "$1: nothing is written" test ! -e no.run
}
gcc -c -o obj.o half/lib.c
echo 'int main(void) { return 0; }' > main.c && gcc -pie -fPIE -o pie main.c
gcc -no-pie -o exe main.c
echo 'int other(void) { return 1; }' > other.c && gcc -shared -fPIC -o other.so other.c
printf 'int open(void);\nint ioctl(int a, ...);\nint f(void);\nint f(void) { return ioctl(0); }\n' > user.c && gcc -shared -fPIC -o user.so user.c
sed 's/^int ioctl(int fd, unsigned long request, void \*arg)$/__attribute__((visibility("hidden"))) &/' half/lib.c > hid.c && gcc -shared -fPIC -o hidden.so hid.c -lm
echo 'int ioctl = 1;' > data.c && gcc -shared -fPIC -fno-builtin -o data.so data.c
objcopy --only-keep-debug half/lib.so debug.so
head -c 5000 half/lib.so > cut.so
sed '19s/.*/&/' half/lib.so > arm.so && printf '\267' | dd of=arm.so bs=1 seek=18 conv=notrunc 2> /dev/null
no_lib 'an object' 3 obj.o 'an ELF object, not a shared library'
no_lib 'a program' 3 exe 'an ELF program, not a shared library'
no_lib 'a program that can be moved' 3 pie 'a program, not a shared library'
no_lib 'no ioctl' 3 other.so "does not export 'ioctl'"
no_lib 'only uses ioctl' 3 user.so "does not export 'ioctl'"
no_lib 'keeps ioctl to itself' 3 hidden.so "does not export 'ioctl'"
no_lib 'ioctl is no function' 3 data.so "does not export 'ioctl'"
no_lib 'debug information' 3 debug.so 'debug information of a library'
no_lib 'cut off' 3 cut.so 'truncated'
no_lib 'another machine' 3 arm.so 'for another machine'
no_lib 'a script' 3 half/script/vgpu_unlock 'not an ELF file'
no_lib 'a directory' 3 half "half"
no_lib 'nothing there' 4 gone.so 'gone.so'
truncate -s 200M huge.so
no_lib 'too large' 3 huge.so 'huge.so'
# What could be put in, and not be read again.
cp half/lib.so large.so && truncate -s 65M large.so
no_lib 'too large for the next run' 3 large.so "'large.so' is larger than 67108864 bytes"
# Each byte of what libelf is led by, one after the other: never a crash, or a hang.
bad=0
for at in 40 41 58 59 60 62 $(seq 1000 1100 16000); do
    cp half/lib.so damaged.so && printf '\377' | dd of=damaged.so bs=1 seek=$at conv=notrunc 2> /dev/null
    run $k --no-hooks --unlock-lib damaged.so host.run -n
    case $status in 0 | 3) ;; *) bad=$((bad + 1)) ;; esac
done
check 'damaged libraries are taken or refused' test $bad = 0

no_script() {
    expect_status "$1" "$2" $k --no-hooks --unlock-script "$3" host.run -o no.run
    says "$1: why" "$4"
}
mkdir other && echo 'echo frida' > other/vgpu_unlock
mkdir up && cp -R half/script up/vgpu_unlock
no_script 'no Python' 3 other 'is no Python program that uses frida'
no_script 'no such file in it' 4 hooks "no file 'vgpu_unlock' in it"
no_script 'one directory too high' 4 up "'up/vgpu_unlock' is a directory: give that"
no_script 'the script itself' 4 half/script/vgpu_unlock "'half/script/vgpu_unlock' is no directory: give the one"
no_script 'no such directory' 4 gone "there is no directory 'gone'"
expect_status 'a file of the configuration' 4 $k --no-hooks --unlock-config half/config/config.toml host.run -n
says 'a file of the configuration: why' "'half/config/config.toml' is no directory: give the one"

# --- TOML --------------------------------------------------------------------------

# toml WHAT STATUS TEXT-OF-THE-MESSAGE, the file on standard input.
toml() {
    rm -rf t && mkdir t && cat > "t/${4:-config.toml}"
    expect_status "TOML: $1" "$2" $k --no-hooks --unlock-lib half/lib.so --unlock-config t host.run -o no.run
    [ -z "$3" ] || says "TOML: $1: why" "$3"
    [ "$2" = 0 ] || check "TOML: $1: nothing is written" test ! -e no.run
    rm -f no.run
}
printf 'unlock = true\n\nunlock_migration = yes\n' | toml 'no value' 3 "t/config.toml:3'"
printf 'unlock = true\nunlock = false\n' | toml 'twice' 3 "t/config.toml:2'"
printf 'a = """\n\n' | toml 'an open string' 3 "t/config.toml:2'"
printf 'unlock = true\na = "\377"\n' | toml 'not UTF-8' 3 "t/config.toml:2': not UTF-8"
printf 'unlock = 1\n' | toml 'a wrong type' 3 "'unlock' has to be true or false"
printf 'unlock = nan\n' | toml 'a number that JSON has not' 3 "'unlock' has to be true or false"
printf '[pci_info_map.0x1b81]\ndevice_id = 65536\nsub_system_id = 0\n' | toml 'too large' 3 "'pci_info_map.0x1b81.device_id' has to be an integer from 0 to 65535"
printf '[pci_info_map.0x1b81]\ndevice_id = 1\n' | toml 'a key is missing' 3 "'pci_info_map.0x1b81.sub_system_id' is missing"
printf '[pci_info_map.gtx]\ndevice_id = 1\nsub_system_id = 2\n' | toml 'no number' 3 'a device id is a number'
printf 'a = 99999999999999999999\n' | toml 'more than 64 bits' 3 'more than 64 bits'
{ printf 'a = '; printf '%5000s' '' | tr ' ' '['; } | toml 'nested' 3 'config.toml'
printf 'when = 2026-11-30\nspeed = 1.5\nunlok = true\n' | toml 'unknown keys' 0 "'unlok' is not known to vgpu_unlock-rs"
printf '\r\nunlock = true\r\n' | toml 'CRLF' 0 ''
printf '' | toml 'empty' 0 ''
p=profile_override.toml
printf '[profile.nvidia-55]\nnum_displays = "1"\n' | toml 'profile: a string for a number' 3 "'profile.nvidia-55.num_displays' has to be an integer" $p
printf '[profile.nvidia-55]\nframebuffer = "1 GB"\nmax_pixels = -1\n' | toml 'profile: negative' 3 "'profile.nvidia-55.max_pixels' has to be" $p
printf '[profile.nvidia-55]\nframebuffer = "1 Gigabyte"\n' | toml 'profile: no unit' 3 "'profile.nvidia-55.framebuffer' has to be" $p
printf '[profile]\nnvidia-55 = 3\n' | toml 'profile: no table' 3 "'profile.nvidia-55' has to be a table" $p
printf '[profiles.nvidia-55]\nnum_displays = 1\n' | toml 'profile: an unknown table' 0 "'profiles' is not known" $p
expect_status 'TOML: neither file' 4 $k --no-hooks --unlock-lib half/lib.so --unlock-config hooks host.run -o no.run
says 'TOML: neither file: why' 'neither config.toml nor profile_override.toml'
mkdir bin && for p in cp sh rm; do ln -s "$(command -v $p)" bin/; done
PATH=$work/bin expect_status 'TOML: no Python' 4 $k --no-hooks --unlock-lib half/lib.so --unlock-config half/config host.run -n
says 'TOML: no Python: what to do' 'apt-get install python3'

# --- packages ------------------------------------------------------------------------

for kind in guest general; do
    make_sample $kind --kind $kind
    expect_status "$kind: refused" 1 $k --unlock-lib half/lib.so $kind.run -o no.run
    says "$kind: why" "a $kind driver has no vGPU daemons"
done
make_sample arm -- --arch aarch64
expect_status 'aarch64: refused' 1 $k --no-hooks --unlock-lib half/lib.so arm.run -o no.run
# package NAME: what standard input does in a copy of the host's.
package() {
    cp -R host "$1"
    (cd "$1" && sh -e) && sh "$fx/mkrun.sh" "$1" "$1.run"
}
package nounit << 'T'
rm init-scripts/systemd/nvidia-vgpu-mgr.service
sed -i '/nvidia-vgpu-mgr.service/d' .manifest
T
expect_status 'a unit is missing' 3 $k --no-hooks --unlock-lib half/lib.so nounit.run -o no.run
says 'a unit is missing: which, and what to do' "no unit 'nvidia-vgpu-mgr.service'"
check 'a unit is missing: nothing is written' test ! -e no.run
package moved << 'T'
mkdir systemd && mv init-scripts/systemd/nvidia-vgpu-mgr.service systemd/
sed -i 's,init-scripts/systemd/nvidia-vgpu-mgr,systemd/nvidia-vgpu-mgr,' .manifest
T
expect_status 'a unit lies elsewhere' 0 $k --no-hooks --unlock-lib half/lib.so moved.run -o moved-custom.run
check 'a unit lies elsewhere: installs' installed moved-custom.run mroot
check 'a unit lies elsewhere: changed' grep -q "LD_PRELOAD=$lib" mroot/usr/lib/systemd/system/nvidia-vgpu-mgr.service
package badunit << 'T'
chmod u+w init-scripts/systemd/nvidia-vgpud.service
echo 'UnsetEnvironment=LD_PRELOAD' >> init-scripts/systemd/nvidia-vgpud.service
sed -i 's/^.Install.*//; s/^WantedBy.*//' init-scripts/systemd/nvidia-vgpud.service
T
expect_status 'a unit that cannot be changed' 3 $k --no-hooks --unlock-lib half/lib.so badunit.run -o no.run
says 'a unit that cannot be changed: which' "'init-scripts/systemd/nvidia-vgpud.service'"
package noform << 'T'
sed -i 's/EXPLICIT_PATH .* MODULE/SYSTEMD_UNIT MODULE/' .manifest
T
expect_status 'no form for a line' 3 $k --no-hooks --unlock-lib half/lib.so noform.run -o no.run
says 'no form for a line: why' 'no entry of type EXPLICIT_PATH'

# Other people's packages.
package mrd << 'T'
for u in nvidia-vgpud nvidia-vgpu-mgr; do
    chmod u+w init-scripts/systemd/$u.service
    sed -i '/^ExecStopPost/a Environment=LD_PRELOAD=/usr/lib/nvidia/libvgpu_unlock_rs.so' init-scripts/systemd/$u.service
done
cp ../newer.so libvgpu_unlock_rs.so
sed -i '/^nvidia-vgpud /a libvgpu_unlock_rs.so 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu' .manifest
T
expect_status "another's package: verify" 0 verify mrd.run
says "another's package: complete" 'verified   the library of vgpu_unlock' out
expect_status "another's package: its library is exchanged" 0 $k --no-hooks --unlock-lib half/lib.so mrd.run -o mrd-custom.run
check "another's package: installs" installed mrd-custom.run mrd.root
check "another's package: the new one" cmp half/lib.so mrd.root$lib
check "another's package: nothing else" sh -c "diff -rq mrd mrd.root.x | grep -v -e libvgpu -e kernel/ -e pkg-history -e GRID_LICENSE -e manifest | grep . && exit 1; :"
package merged2 << 'T'
for u in nvidia-vgpud nvidia-vgpu-mgr; do
    chmod u+w init-scripts/systemd/$u.service
    sed -i 's,^ExecStart=,&/usr/bin/vgpu_unlock ,' init-scripts/systemd/$u.service
done
cp ../half/script/vgpu_unlock vgpu_unlock
echo 'vgpu_unlock 0755 UTILITY_BINARY MODULE:vgpu' >> .manifest
T
expect_status 'the script in /usr/bin: verify' 0 verify merged2.run
says 'the script in /usr/bin: complete' 'verified   the script of vgpu_unlock' out
expect_status 'the script in /usr/bin: stays there' 0 $k --no-hooks --unlock-script half/script merged2.run -n
says 'the script in /usr/bin: is there' 'is there already' out

# Half of it.
half() {
    package "$1"
    expect_status "$1: verify" 1 verify "$1.run"
    says "$1: what is missing" "$2" out
    expect_status "$1: patch refuses" 1 $k --no-hooks "$1.run" -o no.run
    says "$1: what to do" "$3"
    expect_status "$1: --allow altered" 0 $k --no-hooks --allow altered "$1.run" -n
}
half lonely 'half there: the manifest line of' '--unlock-lib completes it' << 'T'
cp ../half/lib.so libvgpu_unlock_rs.so
T
half outside "half there: the file 'libvgpu_unlock_rs.so'" '--unlock-lib completes it' << 'T'
chmod u+w init-scripts/systemd/nvidia-vgpud.service
sed -i '/^ExecStart=/a Environment=LD_PRELOAD=/opt/x/libvgpu_unlock_rs.so' init-scripts/systemd/nvidia-vgpud.service
T
half oneunit "in LD_PRELOAD of 'nvidia-vgpu-mgr.service'" '--unlock-lib completes it' << 'T'
chmod u+w init-scripts/systemd/nvidia-vgpud.service
sed -i '/^ExecStart=/a Environment=LD_PRELOAD=/usr/lib/nvidia/libvgpu_unlock_rs.so' init-scripts/systemd/nvidia-vgpud.service
cp ../half/lib.so libvgpu_unlock_rs.so
echo 'libvgpu_unlock_rs.so 0755 EXPLICIT_PATH /usr/lib/nvidia MODULE:vgpu' >> .manifest
T
for n in lonely outside oneunit; do
    expect_status "$n: completed" 0 $k --no-hooks --unlock-lib half/lib.so $n.run -o $n-custom.run
    expect_status "$n: complete" 0 verify $n-custom.run
    check "$n: installs" installed $n-custom.run $n.root
    for u in $units; do
        check "$n: $u" test "$(grep -c "^Environment=LD_PRELOAD=$lib\$" $n.root/usr/lib/systemd/system/$u.service)" = 1
    done
done

# What is called so, and is not.
fake() {
    package "$1"
    expect_status "$1: verify" 1 verify "$1.run"
    says "$1: why" "problem    '$2' is not the $3 of vgpu_unlock: $4" out
}
fake nolib libvgpu_unlock_rs.so library 'not an ELF file' << 'T'
(cd ../mrd && tar -cf - .) | tar -xf - --overwrite
echo garbage > libvgpu_unlock_rs.so
T
fake noscript vgpu_unlock script 'it is no Python program' << 'T'
(cd ../merged2 && tar -cf - .) | tar -xf - --overwrite
echo garbage > vgpu_unlock
T
package deeper << 'T'
(cd ../mrd && tar -cf - .) | tar -xf - --overwrite
mkdir x && mv libvgpu_unlock_rs.so x/
sed -i 's,^libvgpu_unlock_rs.so,x/&,' .manifest
T
expect_status 'in a folder of the package: verify' 0 verify deeper.run
says 'in a folder of the package: not looked at' 'what is in the file was not looked at' out

# --- without it ----------------------------------------------------------------------

expect_status 'hooks alone' 0 $k --hooks hooks host.run -o h.run
says 'hooks alone: one line tells' "userspace  none: the host still needs vgpu_unlock's other half" out
refute 'hooks alone: not the whole drop-in' grep -q '^\[Service\]' out
expect_status 'hooks alone, at length' 0 $k --hooks hooks -v host.run -n
says 'hooks alone, at length: the drop-in' 'Environment=LD_PRELOAD=/opt/vgpu_unlock-rs/target/release/libvgpu_unlock_rs.so' out
expect_status 'info --explain' 0 info --explain h.run
sed -n '/^.Service/,$p' out > drop.conf
check 'info --explain: a drop-in to copy' sh -c "head -n 2 drop.conf | tail -n 1 | grep -qx 'Environment=LD_PRELOAD=/opt/.*'"
expect_status 'no hooks, no word of it' 0 $k --no-hooks host.run -n
refute 'no hooks: no word of it' grep -q '^userspace' out
expect_status 'it is in it: info --explain' 0 info --explain one.run
says 'it is in it: nothing is missing' 'unlock     the library is in this package' out
refute 'it is in it: no drop-in' grep -q '^\[Service\]' out
expect_status 'a guest: info --explain' 0 info --explain guest.run
says 'a guest: info --explain' 'needs nothing of vgpu_unlock' out

# --- what the data say ------------------------------------------------------------------

data() {
    rm -rf d && mkdir -p d/kernel-versions && printf '%b' "$2" > d/kernel-versions/unlock
    expect_status "data: $1" "$3" $k --data d --no-hooks --unlock-lib half/lib.so host.run -n
    [ -z "${4-}" ] || says "data: $1: said" "$4"
}
all='Unlock: library\nDriver: 460\nEvidence: e\n'
data 'no' "${all}Fits: no\nReason: it is so\n" 0 'warning: the library of vgpu_unlock fits driver 460.73.02 not: it is so'
data 'partly' "${all}Fits: partly\nReason: half\n" 0 'fits driver 460.73.02 in part only: half'
data 'no reason' "${all}Fits: no\n" 3 "d/kernel-versions/unlock:1': 'Fits: no' needs a 'Reason'"
data 'no word' "${all}Fits: maybe\n" 3 "d/kernel-versions/unlock:4': field 'Fits' cannot be 'maybe'"
data 'no half' 'Unlock: both\nDriver: 460\nEvidence: e\nFits: yes\n' 3 "field 'Unlock' cannot be 'both'"
data 'no range' 'Unlock: library\nDriver: x\nEvidence: e\nFits: yes\n' 3 'unlock:2'
data 'no evidence' 'Unlock: library\nDriver: 460\nFits: yes\n' 3 "needs 'Evidence'"
data 'an unknown field' "${all}Fits: yes\nKernel: 5.4\n" 3 "unknown field 'Kernel'"
run lint-set --data d
check 'data: lint-set says it, too' test "$status" = 1
make_sample new --version 595.58.02
expect_status 'data: nothing is known' 0 -k 6.12.9 --allow unknown,blocked,hooks --no-hooks --unlock-lib half/lib.so new.run -n
says 'data: nothing is known: said' 'nothing is known of the library of vgpu_unlock with driver 595.58.02'
# Every half of the shipped file, by a driver of each range.
for d in 470.63 535.161.05 580.126.08; do
    make_sample v$d --version $d
    run -k 6.12.9 --allow unknown,blocked,hooks --no-hooks --unlock-lib half/lib.so v$d.run -n --json
    case $d in 580*) want=partly ;; *) want=yes ;; esac
    check "data: $d: $want" json_is out .userspace.known.fits $want
done

# --- nothing is read by mistake ------------------------------------------------------

cp half/lib.so keep.so
expect_status 'a report over the library' 2 $k --no-hooks --unlock-lib keep.so host.run -n --json=keep.so
check 'a report over the library: it stays' cmp half/lib.so keep.so
expect_status 'an output over the library' 2 $k --no-hooks --unlock-lib keep.so host.run -o keep.so -f
check 'an output over the library: it stays' cmp half/lib.so keep.so

finish
