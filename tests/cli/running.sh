#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154,SC2086 # lib.sh and running.sh set the rest; words
# doctor --installed: machines of our own below directories, whose modules the compiler makes,
# depmod lists and modinfo reads; each with one thing that is wrong.
# tests: ops/running/running ops/running/modules ops/running/vgpus ops/running/services
# tests: ops/running/config ops/running/sets
# slow: 8 s
. "$(dirname "$0")/lib.sh"
. "$fx/running.sh"

running_tools || { skip 'doctor --installed' "$missing"; finish; }

health() { jq -r --arg c "$1" '[.checks[] | select(.check == $c) | .health] | unique | join(" ")' r.json; }
# is WHAT STATUS CHECK HEALTH: of the machine m.
is() {
    expect_status "$1" "$2" doctor --installed --sysroot m --json=r.json
    check "$1: $3 is $4" test "$(health "$3")" = "$4"
}

host
cp -R m before
check 'modinfo reads the same' test "$(modinfo -F srcversion m/lib/modules/$k/updates/dkms/nvidia.ko)" = \
    "$(cat m/sys/module/nvidia/srcversion)"
is 'all is well' 0 loaded ok
for c in kernel hooks vgpus services preload unlock-config log; do check "all is well: $c" test "$(health $c)" = ok; done
says 'two types' '0000:01:00.0: mdev has 2 vGPU types' out
check 'the machine is as it was' diff -r before m
rm -r before

# --- modules -------------------------------------------------------------------------------
for pack in 'xz -C crc32' 'gzip -n' 'zstd -q --rm'; do
    host
    # This depmod may know fewer packers than the machine's own.
    ${pack%% *} ${pack#* } m/lib/modules/$k/updates/dkms/nvidia.ko &&
        sed -i "s|nvidia.ko:|$(cd "m/lib/modules/$k/updates/dkms" && echo nvidia.ko.*):|" m/lib/modules/$k/modules.dep
    is "packed by ${pack%% *}" 0 loaded ok
done
host; ko nvidia FFFFFFFFFFFFFFFFFFFFFFF $hooks
is 'built anew since' 1 loaded 'attention ok'
says 'both' 'srcversion 0123456789ABCDEF0123456 is loaded, FFFFFFFFFFFFFFFFFFFFFFF on the disk' out
host; build nvidia; build nvidia-vgpu-vfio
is 'the build that is loaded' 0 loaded ok
says 'its build id' "(build id $(readelf -n m/lib/modules/$k/updates/dkms/nvidia.ko | sed -n 's/.*Build ID: \(................\).*/\1/p'))" out
cp m/lib/modules/$k/updates/dkms/nvidia.ko kept.ko
ko nvidia 0123456789ABCDEF0123456 '-DHOOKS -DMORE'; mv m/sys/module/nvidia/notes notes; build nvidia
rm -r m/sys/module/nvidia/notes; mv notes m/sys/module/nvidia/notes
is 'the same sources, and other hooks' 1 loaded 'attention ok'
rm m/sys/module/nvidia/notes/.*build-id; echo short > m/sys/module/nvidia/notes/.note.gnu.build-id
is 'a note that is none' 0 loaded ok
host; rm m/sys/module/nvidia/srcversion
is 'without srcversion the version tells' 0 loaded ok
rm m/sys/module/nvidia/version
is 'without both nothing does' 0 loaded 'ok unknown'
host; rm -r m/sys/module/nvidia_vgpu_vfio
is 'one is not loaded' 1 loaded 'missing ok'
says 'how' 'modprobe nvidia-vgpu-vfio' out
host; echo coming > m/sys/module/nvidia/initstate
is 'one that hangs' 1 loaded 'missing ok'
host; rm -r m/lib/modules/$k/updates m/sys/module/nvidia*; lists
is 'there are none' 1 loaded missing
says 'DKMS' 'dkms install --force' out
host; rm -r m/lib/modules/$k/updates
is 'a list of what is not there' 0 loaded unknown
says 'it may not have been recorded' 'was not recorded' out
printf 'srcversion=0123456789ABCDEF0123456\nhooks=none\n' > m/.gridpatch-record/module-nvidia
printf 'srcversion=F\n' > m/.gridpatch-record/module-nvidia-vgpu-vfio
is 'as it was recorded' 1 loaded 'attention ok'
check 'hooks, too' test "$(health hooks)" = attention
echo 'damaged=it is empty' > m/.gridpatch-record/module-nvidia
is 'a damaged one that was recorded' 1 loaded 'attention missing'
host; rm m/lib/modules/$k/modules.dep
is 'no list' 1 modules missing
host; echo garbage > m/lib/modules/$k/updates/dkms/nvidia.ko
is 'a damaged file' 1 loaded 'missing ok'
host; ko nvidia-uvm 1111111111111111111111F; loaded nvidia-uvm 22222222222222222222222
is 'another one, if it is loaded' 1 loaded 'attention ok'

# --- hooks ----------------------------------------------------------------------------------
host; ko nvidia 0123456789ABCDEF0123456; rm -r m/sys/class/mdev_bus/*
is 'no hooks, and a card that needs them' 1 hooks missing
host; ko nvidia 0123456789ABCDEF0123456
is 'no hooks, and types all the same: those of another project' 1 hooks attention
host; ko nvidia 0123456789ABCDEF0123456; rm -r m/sys/bus/pci/devices/*; card m 01 1bb3
is 'a P4 does without' 0 hooks ok

# --- vGPUs ----------------------------------------------------------------------------------
host; rm -r m/sys/class/mdev_bus/*
is 'no types' 1 vgpus missing
says 'where to look' 'journalctl -b -u nvidia-vgpud' out
# vf N WHAT: a virtual function of an A40 with a file of that name in its folder `nvidia`.
vf() {
    card m 03 2235
    mv m/sys/bus/pci/devices/0000:03:00.0 "m/sys/bus/pci/devices/0000:02:00.$1"
    ln -s ../0000:02:00.0 "m/sys/bus/pci/devices/0000:02:00.$1/physfn"
    mkdir "m/sys/bus/pci/devices/0000:02:00.$1/$2"
    printf 'ID    : vGPU Name\n1145  : NVIDIA L40S-1B\n' > "m/sys/bus/pci/devices/0000:02:00.$1/$2/creatable_vgpu_types"
    echo 0 > "m/sys/bus/pci/devices/0000:02:00.$1/$2/current_vgpu_type"
    ln -s "../0000:02:00.$1" "m/sys/bus/pci/devices/0000:02:00.0/virtfn$(($1 - 4))"
}
host; rm -r m/sys/bus/pci/devices/*; card m 02 2235
is 'SR-IOV, and no virtual functions' 1 vgpus missing
says 'how to get them' '/usr/lib/nvidia/sriov-manage -e 0000:02:00.0' out
vf 4 nvidia; vf 5 nvidia; vf 6 other
is 'virtual functions of the driver' 0 vgpus ok
says 'two of three' '0000:02:00.0: 2 virtual functions are ready' out
host; rm -r m/sys/bus/pci/devices/*
is 'no card' 1 gpu missing

# --- services ------------------------------------------------------------------------------
host; runs 812 ''
is 'edited, and not restarted' 1 preload attention
says 'how' 'systemctl daemon-reload; systemctl restart' out
host; runs 812 "/opt/x.so:/opt/libvgpu_unlock_rs.so"
is 'another place than the files say' 1 preload attention
host; runs 812 "/opt/x.so $lib"
is 'among others' 0 preload ok
host; rm m/etc/systemd/system/nvidia-vgpu-mgr.service.d/*
is 'the files do not say so any more' 1 preload attention
runs 812 ''
is 'neither, and a card that needs it' 1 preload missing
host; printf '[Service]\nEnvironment=LD_PRELOAD=\n' > m/etc/systemd/system/nvidia-vgpu-mgr.service.d/zz.conf; runs 812 ''
is 'a later drop-in takes it back' 1 preload missing
host; mkdir -p m/run/systemd/system/nvidia-vgpu-mgr.service.d
printf '[Service]\nEnvironment=LD_PRELOAD=\n' > m/run/systemd/system/nvidia-vgpu-mgr.service.d/vgpu_unlock.conf
is 'one in /etc lies over one of its name in /run' 0 preload ok
host; rm m$lib
is 'the library is gone' 1 preload 'missing ok'
host; rm m/proc/812/environ
expect_status 'what runs cannot be seen' 0 doctor --installed --sysroot m --json=r.json
host; echo ActiveState=failed > m/.gridpatch-record/unit-nvidia-vgpu-mgr.service
is 'a service that failed' 1 services 'attention ok'
host; rm m/usr/lib/systemd/system/nvidia-vgpud.service
is 'no service' 1 services 'missing ok'
host; rm m/.gridpatch-record/unit-*
is 'systemd was not asked' 0 services unknown

# --- /etc/vgpu_unlock ---------------------------------------------------------------------------
host; printf '[profile.nvidia-47]\nnum_displays = = 1\n' > m/etc/vgpu_unlock/profile_override.toml
is 'no TOML' 1 unlock-config missing
says 'where' 'profile_override.toml:2' out
host; printf '[profile.nvidia-47]\nnum_displays = "one"\n' > m/etc/vgpu_unlock/profile_override.toml
is 'a value of another type' 1 unlock-config missing
host; printf '[profile.nvidia-47]\nnum_display = 1\n' > m/etc/vgpu_unlock/profile_override.toml
is 'a key that nobody knows' 1 unlock-config attention
host; rm -r m/etc/vgpu_unlock
is 'none' 0 unlock-config ''

# --- logs -------------------------------------------------------------------------------------
host; echo '[  9.1] nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)' >> m/.gridpatch-record/dmesg
is 'what the loader refused once is over' 1 log 'attention ok'
rm -r m/sys/module/nvidia_vgpu_vfio
is 'and is not, while it is not loaded' 1 log 'missing ok'
says 'the line' '| line 2: [  9.1] nvidia_vgpu_vfio: Unknown symbol enable_apicv' out
host; rm m/.gridpatch-record/dmesg
is 'a log that was not recorded' 0 log 'ok unknown'
host; echo 1 > m/.gridpatch-record/dmesg.status
is 'one that only root may read' 0 log 'ok unknown'
host; : > m/.gridpatch-record/journal-nvidia
is 'an empty one: a record leaves out what is about other things' 0 log ok
host; yes 'nvidia-vgpu-mgr: all is well' | head -c 1040000 > m/.gridpatch-record/journal-nvidia
is 'one that is too long' 0 log 'ok unknown'
says 'how to look at all of it' 'journalctl -b | gridpatch doctor --log -' out

# --- recorded ------------------------------------------------------------------------------------
# recorded WHAT: a record of m says the same, in each word.
recorded() {
    rm -rf b
    run doctor --installed --sysroot m --json=m.json
    expect_status "a record of $1" 0 doctor --record b --sysroot m --yes
    run doctor --installed --sysroot b --json=b.json
    # Of logs it has the lines that are about drivers.
    jq .checks m.json | sed 's/"line [0-9]*/"line N/' > m.checks
    jq .checks b.json | sed 's/"line [0-9]*/"line N/' > b.checks
    check "of $1: it says the same" diff m.checks b.checks
    check "of $1: no module is in it" test -z "$(find b -name '*.ko*' -size +0)"
}
host; build nvidia; recorded 'all that is well'
ko nvidia FFFFFFFFFFFFFFFFFFFFFFF; runs 812 ''; echo garbage > m/lib/modules/$k/updates/dkms/nvidia-vgpu-vfio.ko
mkdir -p m/run/systemd/system/nvidia-vgpud.service.d
printf '[Service]\nEnvironment=LD_PRELOAD=\n' > m/run/systemd/system/nvidia-vgpud.service.d/zz.conf
echo '[  9.1] nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)' >> m/.gridpatch-record/dmesg
rm -r m/sys/class/mdev_bus/*
recorded 'much that is not'
host; rm -r m/sys/bus/pci/devices/*; card m 02 2235; vf 4 nvidia; vf 5 nvidia
recorded 'virtual functions'
expect_status 'a record asks all by itself' 2 doctor --record b --installed

# --- what cannot be looked at --------------------------------------------------------------------
mkdir none
expect_status 'nothing is there' 1 doctor --installed --sysroot none
host; mkdir -p m/run/systemd; echo lxc > m/run/systemd/container; rm -r m/sys/module m/sys/class
is 'in a container' 0 loaded unknown
mkdir -p c/run/systemd; echo lxc > c/run/systemd/container
expect_status 'in a container, where nothing is' 4 doctor --installed --sysroot c --json=r.json
check 'nothing is missing there' test "$(jq '[.checks[] | select(.health != "unknown")] | length' r.json)" -eq 0
host; ln -sf /etc/passwd m/lib/modules/$k/updates/dkms/nvidia.ko
is 'a link does not lead out' 0 loaded 'ok unknown'
host; rm m/lib/modules/$k/updates/dkms/nvidia.ko; mkfifo m/lib/modules/$k/updates/dkms/nvidia.ko
is 'a FIFO does not hold us up' 0 loaded 'ok unknown'
expect_status 'an installer has no place there' 2 doctor --installed m
run doctor --installed --json=r.json
check 'here: 0, 1 or 4' test "$status" -le 4
finish
