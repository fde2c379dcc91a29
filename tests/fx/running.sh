# SPDX-License-Identifier: MIT
# running.sh: sourced by tests of what looks at a driver that is installed. The machine is m,
# a GTX 1080 with a host driver whose modules the compiler makes and depmod lists.
#   running_tools          are there the programs for that? $missing says which is not
#   host                   m anew, and all is well
#   ko, loaded             a module on its disk, and one that is loaded
#   build                  give a module a build id, and show it as loaded
#   unit, runs             a service's files and state, and the process that it is
#   type_of                a type of mdev
# shellcheck shell=sh disable=SC1091,SC2034,SC2086,SC2154 # the sourcing tests use it; words
. "$fx/machine.sh" # card, $k
PATH=$PATH:/usr/sbin:/sbin
cc=${CC:-cc}
running_tools() {
    for tool in ${cc%% *} ld objcopy depmod modinfo; do
        command -v $tool > /dev/null || { missing="$tool is missing"; return 1; }
    done
}
lib=/usr/lib/nvidia/libvgpu_unlock_rs.so
hooks='-DHOOKS'
cat > module.c << 'C'
#define IN(s) __attribute__((section(s), used))
static const char info[] IN(".modinfo") = "license=NVIDIA\0name=" NAME "\0version=535.161.05\0depends=\0"
    "vermagic=6.1.0-44-amd64 SMP preempt mod_unload modversions \0srcversion=" SRC;
#ifdef MORE
static const char more[] __attribute__((used)) = "of the hooks";
#endif
#ifdef HOOKS
__asm__(".pushsection .data\n.globl vgpu_unlock_nv_kern_rodata_beg, vgpu_unlock_nv_kern_rodata_end\n"
        "vgpu_unlock_nv_kern_rodata_beg: .fill 4096, 1, 7\nvgpu_unlock_nv_kern_rodata_end: .byte 0\n.popsection\n");
#endif
C
# It warns that the kernel's own lists are not there.
lists() { depmod -b m $k 2> /dev/null; }
# ko NAME SRCVERSION [-DHOOKS]: a module of the machine m, as DKMS installs it.
ko() {
    mkdir -p "m/lib/modules/$k/updates/dkms"
    $cc -c -DNAME="\"$(echo "$1" | tr - _)\"" -DSRC="\"$2\"" ${3-} -o "m/lib/modules/$k/updates/dkms/$1.ko" module.c ||
        not_ok "the compiler makes $1.ko"
    lists
}
# loaded NAME SRCVERSION: as sysfs shows one.
loaded() {
    d=m/sys/module/$(echo "$1" | tr - _)
    mkdir -p "$d"
    echo live > "$d/initstate"
    echo "$2" > "$d/srcversion"
    echo 535.161.05 > "$d/version"
}
# build NAME: give it a build id, by the linker, and show it as that of what is loaded.
build() {
    f=m/lib/modules/$k/updates/dkms/$1.ko
    ld -r --build-id=sha1 -o linked.ko "$f" && mv linked.ko "$f"
    d=m/sys/module/$(echo "$1" | tr - _)/notes
    mkdir -p "$d"
    objcopy -O binary --only-section=.note.gnu.build-id "$f" "$d/.note.gnu.build-id"
}
type_of() { mkdir -p "m/sys/class/mdev_bus/0000:$1:00.0/mdev_supported_types/$2"; }
# unit NAME STATE PID: with a drop-in for the library.
unit() {
    mkdir -p "m/usr/lib/systemd/system" "m/etc/systemd/system/$1.service.d"
    printf '[Service]\nType=forking\nExecStart=/usr/bin/%s\n' "$1" > "m/usr/lib/systemd/system/$1.service"
    printf '[Service]\nEnvironment=LD_PRELOAD=%s\n' "$lib" > "m/etc/systemd/system/$1.service.d/vgpu_unlock.conf"
    printf 'LoadState=loaded\nActiveState=%s\nSubState=x\nMainPID=%s\n' "$2" "$3" > "m/.gridpatch-record/unit-$1.service"
}
runs() { mkdir -p "m/proc/$1" && printf 'LANG=C\0LD_PRELOAD=%s\0HOME=/\0' "$2" > "m/proc/$1/environ"; }
# host: a GTX 1080, which needs the hooks, and a driver that works.
host() {
    rm -rf m
    mkdir -p m/proc m/sys/bus/pci/devices m/sys/module m/sys/class/mdev_bus m/.gridpatch-record m/etc/vgpu_unlock \
        "m/lib/modules/$k" "m$(dirname $lib)"
    echo $k > m/.gridpatch-record/uname
    : > m$lib
    card m 01 1b80
    ko nvidia 0123456789ABCDEF0123456 $hooks
    ko nvidia-vgpu-vfio ABCDEF0123456789ABCDEF0
    loaded nvidia 0123456789ABCDEF0123456
    loaded nvidia-vgpu-vfio ABCDEF0123456789ABCDEF0
    type_of 01 nvidia-46
    type_of 01 nvidia-47
    unit nvidia-vgpud inactive 0
    unit nvidia-vgpu-mgr active 812
    runs 812 $lib
    printf '[profile.nvidia-47]\nnum_displays = 1\n' > m/etc/vgpu_unlock/profile_override.toml
    echo '[    1.0] Linux version 6.1.0-44-amd64' > m/.gridpatch-record/dmesg
    echo 'notice: vmiop_env_log: nvidia-vgpu-mgr daemon started' > m/.gridpatch-record/journal-nvidia
}
