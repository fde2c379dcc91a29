#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2034,SC2154 # lib.sh sets the rest, and reads undo
# doctor --record: of machines of our own below directories, full of what must not be
# told; of a record; of this machine. A record answers as its machine did.
# tests: ops/host/record ops/host/machine ops/host/space ops/host/perkernel ops/host/config
# tests: core/record/keep core/record/scrub
. "$(dirname "$0")/lib.sh"

k=6.1.0-44-amd64
uuid=6f1c2b0a-9d3e-4f11-8a77-0123456789ab
driver=535.161.05
# Everything that must not be told, once and in each place where Linux has it.
secrets="zeus hera.example $uuid 52:54:00:ab:cd:ef 0324718091234 4C530001230 10.77.1.9 0123456789abcdef0123456789abcdef hera"
machine() {
    m=$1
    mkdir -p "$m/proc" "$m/etc" "$m/boot" "$m/usr/bin" "$m/usr/sbin" "$m/dev" "$m/.gridpatch-record" \
        "$m/lib/modules/$k" "$m/sys/class/iommu/dmar0" "$m/sys/module/nvidia" "$m/sys/firmware/efi/efivars" \
        "$m/sys/bus/pci/devices/0000:01:00.0" "$m/var/lib/dkms/nvidia/$driver/$k/x86_64/module" \
        "$m/usr/src/nvidia-$driver" "$m/usr/src/secret-hera-1.0" "$m/usr/lib/systemd/system" "$m/home/hera"
    printf 'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse\n\nprocessor\t: 1\n' > "$m/proc/cpuinfo"
    printf 'ID=debian\nVERSION_ID="12"\nHOME_URL="https://zeus.hera.example/"\n' > "$m/etc/os-release"
    echo zeus.hera.example > "$m/etc/hostname"
    echo 0123456789abcdef0123456789abcdef > "$m/etc/machine-id"
    printf 'root:x:0:0::/root:/bin/sh\nhera:x:1000:1000:Hera:/home/hera:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' \
        > "$m/etc/passwd"
    printf 'CONFIG_%s\n' KVM=m VFIO=m VFIO_IOMMU_TYPE1=m VFIO_MDEV=m 'LOCALVERSION="-hera"' \
        'CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"' > "$m/boot/config-$k"
    echo "$k" > "$m/.gridpatch-record/uname"
    : > "$m/lib/modules/$k/modules.builtin"
    for p in gcc-12 make apt-get; do : > "$m/usr/bin/$p"; done
    : > "$m/usr/sbin/dkms"
    : > "$m/dev/kvm"
    printf '\6\0\0\0\1' > "$m/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    echo "$driver" > "$m/sys/module/nvidia/version"
    d=$m/sys/bus/pci/devices/0000:01:00.0
    echo 0x10de > "$d/vendor"
    echo 0x1bb3 > "$d/device"
    echo 0x030200 > "$d/class"
    { printf '\336\020\263\033'; head -c 252 /dev/zero; printf '0324718091234'; head -c 100 /dev/zero; } > "$d/config"
    : > "$m/usr/src/nvidia-$driver/dkms.conf"
    ln -s "/usr/src/nvidia-$driver" "$m/var/lib/dkms/nvidia/$driver/source"
    ln -s "$driver/$k/x86_64" "$m/var/lib/dkms/nvidia/kernel-$k-x86_64"
    : > "$m/var/lib/dkms/mok.pub"
    : > "$m/usr/lib/systemd/system/nvidia-vgpu-mgr.service"
    echo failed > "$m/.gridpatch-record/systemctl-nvidia-vgpu-mgr.service"
    printf 'SHA1 0123456789abcdef0123456789abcdef of hera\n/var/lib/dkms/mok.pub is already enrolled\n' \
        > "$m/.gridpatch-record/mokutil-dkms"
    printf 'ii nvidia-kernel-dkms\n' > "$m/.gridpatch-record/packages"
    # What --installed asks.
    printf 'live\n' > "$m/sys/module/nvidia/initstate"
    echo 533BB7E5866E52F63B9ACCB > "$m/sys/module/nvidia/srcversion"
    echo 'updates/dkms/nvidia.ko: kernel/drivers/hera.ko' > "$m/lib/modules/$k/modules.dep"
    printf 'srcversion=533BB7E5866E52F63B9ACCB\nhooks=whole\n' > "$m/.gridpatch-record/module-nvidia"
    printf 'LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=77\nInvocationID=%s\n' "$uuid" \
        > "$m/.gridpatch-record/unit-nvidia-vgpu-mgr.service"
    printf '[Service]\nExecStart=/usr/bin/nvidia-vgpu-mgr\nUser=hera\n' > "$m/usr/lib/systemd/system/nvidia-vgpu-mgr.service"
    mkdir -p "$m/proc/77" "$m/etc/systemd/system/nvidia-vgpu-mgr.service.d" "$m/etc/vgpu_unlock" "$m/home/hera" \
        "$m/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/nvidia-63"
    printf 'HOME=/home/hera\0LD_PRELOAD=/home/hera/libvgpu_unlock_rs.so\0SSH_CLIENT=10.77.1.9\0' > "$m/proc/77/environ"
    : > "$m/home/hera/libvgpu_unlock_rs.so"
    printf "# hera's\n[Service]\nEnvironment=LD_PRELOAD=/home/hera/libvgpu_unlock_rs.so\n" \
        > "$m/etc/systemd/system/nvidia-vgpu-mgr.service.d/hera.conf"
    printf '# of hera, at zeus\n[profile.nvidia-63]\nnum_displays = 1\n[vm.%s]\nnum_displays = 2\n' "$uuid" \
        > "$m/etc/vgpu_unlock/profile_override.toml"
    echo 'GRID P4-2Q' > "$m/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/nvidia-63/name"
    cat > "$m/.gridpatch-record/dmesg" << END
[    0.000000] Linux version $k (hera@zeus) #1
[    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=UUID=$uuid iommu=pt ip=10.77.1.9::::zeus
[    0.100000] DMAR: IOMMU enabled
[    0.200000] x86/cpu: VMX (outside TXT) disabled by BIOS
[    1.000000] usb 1-1: SerialNumber: 4C530001230
[    1.100000] virtio_net: 52:54:00:ab:cd:ef
[    9.100000] NVRM: GPU Board Serial Number: 0324718091234
[    9.200000] NVRM: GPU at 0000:01:00.0: GPU-$uuid on zeus.hera.example
[    9.300000] nvidia-vgpu-mgr[77]: /home/hera/lib.so of hera, 52:54:00:ab:cd:ef, 10.77.1.9
END
}
machine m
mkdir -p m/.gridpatch-record
printf '3500 noexec' > m/.gridpatch-record/space-tmp
printf '/proc/x: Permission denied\n/sys/kernel/security/lockdown: Permission denied\n' > m/.gridpatch-record/unreadable

# --- nothing of it slips through ------------------------------------------------------
expect_status 'a record' 0 doctor --sysroot m --record r --yes --json=r.json
json_valid r.json doctor
for word in $secrets; do
    refute "not in a file: $word" grep -raqF -e "$word" r
    refute "not in a name: $word" sh -c "find r | grep -qF -e '$word'"
    refute "not shown: $word" grep -qF -e "$word" out
    refute "not in the report: $word" grep -qF -e "$word" r.json
done
# The judge looks for forms, and knows nothing of ours but the stand-ins.
cat > forms.py << 'END'
import os, re, sys
forms = {"UUID": rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "MAC": rb"\b([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b",
         "id": rb"[0-9a-fA-F]{32}", "address": rb"\b(?:\d{1,3}\.){3}\d{1,3}\b", "person": rb"\w+@\w+"}
fine = re.compile(rb"[0:.]*|00000000-0000-4000-8000-0000000000..")
for top, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(top, name)
        if os.path.islink(path):
            continue
        for what, form in forms.items():
            for m in re.finditer(form, open(path, "rb").read()):
                if not fine.fullmatch(m.group()):
                    sys.exit(f"{path}: {what} {m.group()}")
END
check 'nor anything of such a form' python3 forms.py r
check 'what is of use stands there' grep -q 'GPU-00000000-0000-4000-8000-000000000001 on HOST' r/.gridpatch-record/dmesg
check 'the log lost what nobody asked for' test "$(wc -l < r/.gridpatch-record/dmesg)" -eq 5
check '64 bytes of the configuration space' test "$(wc -c < r/sys/bus/pci/devices/0000:01:00.0/config)" -eq 64
check 'no sources of somebody' test "$(ls r/usr/src)" = "nvidia-$driver"
check 'a file for its being there is empty' test ! -s r/dev/kvm -a -f r/dev/kvm

# --- the record is the machine ----------------------------------------------------------
# A log has fewer lines there, and a home another name.
for of in m r; do
    run doctor --sysroot $of --json
    jq 'del(.sysroot)' out > said.$of
    run doctor --sysroot $of
    cp out text.$of
    run doctor --sysroot $of --installed
    sed 's/line [0-9]*:/line:/; s/in [0-9]* lines/in some lines/; s/hera/USER/' out > installed.$of
done
check 'it says what the machine said' cmp said.m said.r
check 'in text, too' cmp text.m text.r
check 'and of what is installed' diff installed.m installed.r
says 'much is told' 'in the firmware' text.r
says 'noexec' 'noexec' text.r
expect_status 'a record of it' 0 doctor --sysroot r --record again --yes
check 'is the same' diff -r --no-dereference r again
check 'directories are ours' test -z "$(find r -type d ! -perm 0700)"
check 'files are' test -z "$(find r -type f ! -perm 0600)"

# What the data know of logs is in a record of them: each pattern is a line here.
machine logs
awk '/^[A-Z][a-z]*:/ { pattern = /^Pattern:/; if (/^From:/) from = $2; sub(/^Pattern: /, "") }
    pattern { sub(/^ /, ""); gsub(/\*/, "x"); print > ("pattern-" (from == "loader" || from == "modules" ? "kernel" : "daemons")) }' \
    "$repo/kernel-versions/log"
check 'there are patterns' test "$(cat pattern-kernel pattern-daemons | wc -l)" -ge 40
cp pattern-kernel logs/.gridpatch-record/dmesg
cp pattern-daemons logs/.gridpatch-record/journal-nvidia
run doctor --sysroot logs --record logs.r --yes
check 'all of the kernel are kept' diff pattern-kernel logs.r/.gridpatch-record/dmesg
check 'all of the daemons are kept' diff pattern-daemons logs.r/.gridpatch-record/journal-nvidia

# What could not be read is not missing there.
machine u
printf '/proc/cpuinfo: Permission denied\n' > u/.gridpatch-record/unreadable
run doctor --sysroot u --record ur --yes
run doctor --sysroot ur
says 'what could not be read is unknown' 'unknown    the processor: /proc/cpuinfo: Permission denied' out

# --- showing, asking ----------------------------------------------------------------------
expect_status 'shown only' 0 doctor --sysroot m --record none -n --json=r.json
json_valid r.json doctor
check 'nothing is written' test ! -e none
check 'the report says so' json_is r.json '.record.written' false
says 'what would be' '/var/lib/dkms/nvidia/kernel-'$k'-x86_64 -> '"$driver/$k/x86_64" out
find r -mindepth 1 | sed 's|^r/||' | LC_ALL=C sort > is
jq -r '.record.files[].path' r.json | LC_ALL=C sort > told
check 'what is shown is what is written' cmp is told
expect_status 'nobody to ask' 2 doctor --sysroot m --record none
expect_status 'nobody to see' 2 doctor --sysroot m --record none --json
expect_status 'a driver is no machine' 2 doctor --sysroot m --record none --yes x.run
expect_status '--yes to what' 2 doctor --sysroot m --yes
expect_status '-n of what' 2 doctor --sysroot m -n
check 'nothing is written by these' test ! -e none
cat > ask.py << 'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
while b"[y/N]" not in said:
    said += os.read(fd, 4096)
os.write(fd, sys.argv[1].encode() + b"\n")
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
python3 ask.py n "$GRIDPATCH" doctor --sysroot m --record none
check 'no: exit 1' test $? -eq 1 -a ! -e none
python3 ask.py '' "$GRIDPATCH" doctor --sysroot m --record none
check 'nothing said: exit 1' test $? -eq 1 -a ! -e none
python3 ask.py y "$GRIDPATCH" doctor --sysroot m --record asked
check 'yes: it is there' diff -r --no-dereference r asked

# --- all or nothing -----------------------------------------------------------------------
expect_status 'there is one already' 1 doctor --sysroot m --record r --yes
check 'it is as it was' diff -r --no-dereference r again
mkdir empty
expect_status 'an empty directory will do' 0 doctor --sysroot m --record empty --yes
check 'it is filled' diff -r --no-dereference r empty
ln -s empty link
expect_status 'a link will not' 1 doctor --sysroot m --record link --yes
expect_status 'nor a place that is not there' 4 doctor --sysroot m --record a/b --yes
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=16k,nr_inodes=20 none small 2> /dev/null; then
    undo="umount '$work/small'"
    expect_status 'no room' 4 doctor --sysroot m --record small/r --yes
    check 'no room: nothing is left' test -z "$(ls -A small)"
    umount small
    undo=:
else
    skip 'no room' 'that takes root, and mounts'
fi

# Somebody's directory may have more than anybody's machine.
mkdir -p many/sys/class/iommu
(cd many/sys/class/iommu && seq 20100 | xargs mkdir)
expect_status 'too many files' 3 doctor --sysroot many --record too-many --yes
check 'too many files: nothing is left' test ! -e too-many

# Stopped at each tenth of its files: nothing is left; killed: the next run clears it.
if command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
    mkdir stop
    n=0
    for at in 1 5 9 13 17 21; do
        strace -o /dev/null -e trace=mkdirat -e "inject=mkdirat:signal=TERM:when=$at" \
            "$GRIDPATCH" doctor --sysroot m --record stop/r --yes > out 2> err
        [ -z "$(ls -A stop)" ] && n=$((n + 1))
    done
    check 'stopped: nothing is left' test $n -eq 6
    strace -o /dev/null -e trace=mkdirat -e inject=mkdirat:signal=KILL:when=9 \
        "$GRIDPATCH" doctor --sysroot m --record stop/r --yes > out 2> err
    check 'killed: it has no name' test ! -e stop/r -a -n "$(ls -A stop)"
    run doctor --sysroot m --record stop/r --yes
    check 'killed: the next one clears it' test "$(ls -A stop)" = r
else
    skip 'stopped' 'no strace, or none that may trace'
fi

# --- this machine ---------------------------------------------------------------------------
expect_status 'this machine' 0 doctor --record here --yes
for root in '' '--sysroot here'; do
    # shellcheck disable=SC2086 # two words
    run doctor $root --json
    jq 'del(.sysroot)' out > "said.${root#--sysroot }"
done
check 'answers from its record as from itself' diff said. said.here
check 'nothing of such a form in it' python3 forms.py here
name=$(uname -n)
case $name in
*[0-9-]*) refute 'nor its name' grep -raqwF -e "$name" here ;;
*) skip "this machine's name" "'$name' may be a word of other meanings" ;;
esac
finish
