#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2013,SC2016,SC2086,SC2154 # lib.sh and machine.sh set the rest; $k and versions are words
# gridpatch-walk(7): every block of commands is one that a test knows what to do with, every
# command is one that its program takes, and what the table of pains says that gridpatch
# says, it says. tests/real/walk.sh goes the way.
# no-san: a text and its quotes; the runs behind them are other tests'
. "$(dirname "$0")/lib.sh"
. "$fx/machine.sh"
page=$repo/tools/man/gridpatch-walk.7

check 'the blocks can be taken out' sh "$fx/walkpage.sh" "$page" p || finish
if command -v mandoc > /dev/null; then
    mandoc -Tlint -Wwarning "$page" > lint 2>&1
    check 'mandoc -Tlint -Wwarning is silent' sh -c 'cat lint; test ! -s lint'
    MANWIDTH=80 mandoc -Tutf8 "$page" | sed 's/.\x08//g' > text
    check '80 columns' sh -c '! LC_ALL=C.UTF-8 grep -nE "^.{81}" text'
else
    skip 'mandoc' 'it is not installed'
fi
check 'README leads here' grep -q 'tools/man/gridpatch-walk.7' "$repo/README.md"
grep -o 'https\?://[^ ]*' "$page" | sort -u > links
echo https://github.com/mbilker/vgpu_unlock-rs > want
check 'it leads to no driver, nor to an altered installer' diff want links

# --- blocks ---------------------------------------------------------------------------
kinds='run|ask|card|net|file [a-z.]*'
sed 's/^[0-9]* //' p/blocks | sort -u > marks
check 'every block says what a test does with it' \
    sh -c '! grep -vxE "($1)( (hooks|native|vendor|merged))*" marks' - "$kinds"
for reader in hooks native vendor merged; do
    grep -E "^[0-9]+ (run|ask)( .*)? $reader\b" p/blocks | cut -d ' ' -f 1 | while read -r n; do
        sed -n "s/^$n //p" p/commands
    done > of-$reader
    check "$reader: patches, and installs what that wrote" \
        sh -c 'grep -q "^gridpatch .*\.\(run\|zip\)" "$1" && grep -q "^sh \./.*-custom\.run --dkms" "$1"' - of-$reader
done
while read -r n kind _; do
    case $kind in
    file) check "block $n is XML" xmllint --noout "p/block.$n" ;;
    *) check "block $n: a shell can read it" sh -n "p/block.$n" ;;
    esac
done < p/blocks

# --- commands -------------------------------------------------------------------------
"$GRIDPATCH" __options | tr ' ' '\n' > verbs
# known WORD…: a command of gridpatch, its verb and its options.
known() {
    verb="patch"
    case ${1-} in
    --version) return 0 ;;
    *[./]* | -*) ;;
    *) verb=$1 && shift ;;
    esac
    grep -qx -- "$verb" verbs || { not_ok "gridpatch $verb is a verb"; return; }
    "$GRIDPATCH" __options "$verb" | cut -d ' ' -f 1 > opts
    for w; do
        case $w in -*) ;; *) continue ;; esac
        grep -qx -- "$w" opts || { not_ok "gridpatch $verb $w is an option"; return; }
    done
    ok "gridpatch $verb $*: known"
}
# What the others take. Sources: pci and mdev of --hostpci: qemu-server 9.2.6, PCI.pm;
# mdevctl(8) 1.2; virsh(1) 9.0; mokutil(1) 0.6; proxmox-boot-tool of pve-kernel-helper 8;
# dkms(8) 3; nvidia-installer 535, option_table.h; sriov-manage of GRID 460.73.01.
cat > takes << 'E'
/usr/lib/nvidia/sriov-manage -[ed] ALL
apt-get install -y [^;|&]+
apt-mark hold [^;|&]+
cargo build --release --manifest-path [^ ]+
cat /sys/bus/pci/devices/0000:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/nvidia/(creatable_vgpu_types|current_vgpu_type)
dkms remove --all -m nvidia -v [0-9.]+
dkms status
echo 'blacklist nouveau' > /etc/modprobe.d/nouveau.conf
echo [0-9]+ > /sys/bus/pci/devices/0000:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/nvidia/current_vgpu_type
git clone https://github.com/mbilker/vgpu_unlock-rs /opt/vgpu_unlock-rs
journalctl -b -o cat > [a-z.]+
make (un)?install
mdevctl define -a -u [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} -p 0000:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] -t nvidia-[0-9]+
mdevctl start -u [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}
mdevctl types
mokutil (--sb-state|--import /var/lib/dkms/mok\.pub)
nvidia-smi vgpu
nvidia-uninstall -s
proxmox-boot-tool kernel pin [0-9.]+-[0-9]+-pve
pve-nvidia-vgpu-helper setup
qm set [0-9]+ --hostpci[0-9]+ [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7],mdev=nvidia-[0-9]+,pcie=1
qm start [0-9]+
reboot
rm -rf /usr/src/nvidia-[0-9.]+
sh \./[^ ]+-custom\.run --dkms -s( -m=kernel| -M proprietary)? --no-x-check --no-nouveau-check
systemctl (enable|stop|isolate|enable --now)( [a-zA-Z0-9@.-]+)+
update-initramfs -u -k all
virsh attach-device [a-z]+ vgpu\.xml --config
virsh start [a-z]+
E
while read -r _ command; do
    case $command in
    'gridpatch '*)
        eval "set -- $(echo "${command#gridpatch }" | sed 's/\$(uname -r)/R/g; s/\$(find[^)]*)//')"
        known "$@"
        ;;
    *) check "known: $command" sh -c 'printf "%s\n" "$1" | grep -qxEf takes' - "$command" ;;
    esac
done < p/commands

# --- what the page says of cards and drivers ---------------------------------------------
# reader CARD KERNEL WORDS…: advise says these of the best driver.
reader() {
    run advise --gpu "$1" -k "$2"
    asked="$1 on $2"
    shift 2
    for words; do says "$asked: $words" "$words" out; done
}
reader 'Tesla P4' 6.1.0-44-amd64 'vgpus    by itself' 'vGPUs by mdev'
reader 'A40' 6.5.13-6-pve 'vgpus    by itself' 'vGPUs by mdev'
reader 'A40' 6.14.11-9-pve 'vgpus    by itself' 'vGPUs by vendor-vfio'
reader 'L4' 6.5.13-6-pve 'vGPUs by vendor-vfio'
reader 'GTX 1080' 6.5.13-6-pve 'vgpus    with the hooks'
check 'the newest driver that hooks are known to unlock' \
    sh -c 'sed -n "/^fits/{n;p}" out | grep -q "535\.161\.05 (vGPU 16\.4)"'
run select --driver 535.161.05 -k 6.5.13-6-pve
says 'is unlocked' 'unlocks  yes' out
for v in $(grep -oE '16\.[0-9]+=535[0-9.]+' "$repo/kernel-versions/drivers" | cut -d = -f 2 | sort -u); do
    case $v in 535.54.* | 535.1[0-6]*) continue ;; esac
    run select --driver "$v" -k 6.5.13-6-pve
    says "$v is not" 'unlocks  unknown' out
done

# --- pains ----------------------------------------------------------------------------
# Each function runs gridpatch so that it says what is quoted, and leaves that in "said".
says_in() { "$GRIDPATCH" "$@" > said 2>&1 < /dev/null; }
sample() { # FILE VERSION [OPTION]
    [ -f "$1" ] || { sh "$fx/sample.sh" --version "$2" ${3-} "$1.d" && sh "$fx/mkrun.sh" "$1.d" "$1"; }
}
sick() { says_in doctor --sysroot m; }
r460() { sample r460.run 460.73.02 && says_in -k 5.12.9 --hooks hooks -n r460.run; }
r535() { sample r535.run 535.309.01 && says_in -k 6.14.11-9-pve --no-hooks -n r535.run; }
r580() { sample r580.run 580.105.06 --kernel-open && says_in -k 6.14.11-9-pve --no-hooks -n r580.run; }
no_llseek() {
    sh "$fx/sample.sh" --version 550.90.05 r550
    echo '    .llseek = no_llseek,' >> r550/kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c
    says_in select r550 -k 6.12.24
}
kernel_6_8() { says_in select --driver 535.161.05 -k 6.8.12-15-pve; }
kernel_5_13() { says_in select --driver 460.73.02 -k 5.13.19-6-pve; }
kernel_6_18() { says_in select --driver 550.163.02 -k 6.18.9-arch1-2; }
advise_kernels() { says_in advise --driver 16.4 --gpu 'GTX 1080'; }
wrong_table() { sample r129.run 535.129.03 && says_in -k 6.1.0-44-amd64 --hooks hooks -n r129.run; }
no_unlock() { sample r535.run 535.309.01 && says_in -k 6.1.0-44-amd64 --hooks hooks -n r535.run; }
wrong_hunk() {
    mkdir -p series
    printf -- '--- a/kernel/nvidia/os-interface.c\n+++ b/kernel/nvidia/os-interface.c\n@@ -3,3 +3,3 @@\n a\n-b\n+c\n d\n' > series/wrong.patch
    echo wrong.patch > series/series
    sample r535.run 535.309.01 && says_in -k 6.1.0-44-amd64 --no-hooks --patches series -o not-there.run r535.run
    test $? -eq 1 && test ! -e not-there.run
}
binary_patch() {
    printf 'diff --git a/nv-kernel.o_binary b/nv-kernel.o_binary\nindex 1..2 100644\nBinary files a/x and b/x differ\n' > binary.patch
    says_in apply -n binary.patch
}
half_hooks() {
    rm -rf half.d half.run
    sh "$fx/sample.sh" --version 460.73.02 --altered hooks half.d && rm -f half.d/kernel/nvidia/kern.ld &&
        sh "$fx/mkrun.sh" half.d half.run && says_in verify half.run
}
unbuilt() {
    machine m && mkdir -p m/var/lib/dkms/nvidia/535.161.05 m/usr/src/nvidia-535.161.05
    printf '%s\n' AUTOINSTALL=yes PACKAGE_NAME=nvidia PACKAGE_VERSION=535.161.05 'BUILT_MODULE_NAME[0]=nvidia' \
        > m/usr/src/nvidia-535.161.05/dkms.conf
    ln -s /usr/src/nvidia-535.161.05 m/var/lib/dkms/nvidia/535.161.05/source
}
doctor_unbuilt() { unbuilt && sick; }
upgrade_check() { unbuilt && says_in upgrade-check --sysroot m; }
log() {
    echo '[   10.1] nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)' > dmesg
    says_in doctor --log dmesg
}
doctor_secureboot() { machine m && printf '\6\0\0\0\1' > m/$secure && sick; }
doctor_headers() { machine m && rm -r m/lib/modules/$k/build m/usr/src/linux-headers-$k && sick; }
doctor_compiler() { machine m && rm m/usr/bin/gcc-12 && sick; }
doctor_services() {
    machine m && mkdir -p m/usr/lib/systemd/system && : > m/usr/lib/systemd/system/nvidia-vgpu-mgr.service
    echo failed > m/.gridpatch-record/systemctl-nvidia-vgpu-mgr.service && sick
}
doctor_stale() {
    machine m && mkdir -p m/var/lib/dkms/nvidia/525.85.07
    ln -s /usr/src/nvidia-525.85.07 m/var/lib/dkms/nvidia/525.85.07/source && sick
}
# Of a /tmp of our own, and /mnt, since the program may lie in /tmp; where no file system can
# be mounted nobody is asked.
doctor_noexec() {
    unshare --user --map-root-user --mount sh -c 'mount --rbind "$1/.." /mnt &&
        mount -t tmpfs -o noexec,size=3g none /tmp && exec "/mnt/${1##*/}/gridpatch" doctor' \
        sh "$(dirname "$GRIDPATCH")" > said 2>&1 < /dev/null
}

# quoted LINE: a line of what was said has its parts, in order; " ... " stands for anything.
quoted() {
    printf '%s\n' "$1" | sed 's/^ *//; s/ \.\.\.$//; s/ *\.\.\. */\n/g' > parts
    LC_ALL=C awk '
        NR == FNR { part[++n] = $0; next }
        {
            rest = $0
            for (i = 1; i <= n && (at = index(rest, part[i])); i++)
                rest = substr(rest, at + length(part[i]))
            if (i > n) { found = 1; exit }
        }
        END { exit !found }' parts said
}
# pain N NAME QUOTE: NAME is provoked, and what stands in the file QUOTE is said.
pain() {
    provoke=$(echo "$2" | tr .- __)
    command -v "$provoke" > /dev/null || { not_ok "pain $1: nothing provokes $2"; return 1; }
    : > said
    $provoke
    while read -r line; do
        quoted "$line" || { cp said err && not_ok "pain $1, $2: it says '$line'"; return 1; }
    done < "$3"
    ok "pain $1, $2: it says so"
}
sh "$fx/hooks.sh" hooks
check 'there are 25' test "$(wc -l < p/pains)" -eq 25
cut -d ' ' -f 1 p/says | sort -un > with
check 'and each has what gridpatch says' sh -c 'seq 25 | cmp - with'
while read -r n name quote; do
    if [ "$name" = doctor-noexec ] && ! unshare --user --map-root-user --mount mount -t tmpfs none /tmp 2> /dev/null; then
        skip "pain $n" 'no file system can be mounted here'
        continue
    fi
    pain "$n" "$name" "p/quote.$quote"
done < p/says

# What is not said cannot be quoted.
doctor_stale
for line in 'DKMS has an entry nvidia/525.85.08 ...' 'DKMS has ... an entry ... DKMS has' '-> rm -r /var/lib/dkms/nvidia/525.85.07x'; do
    refute "not said: $line" quoted "$line"
done
finish
