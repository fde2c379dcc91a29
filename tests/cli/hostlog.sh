#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# doctor --log: lines of public reports, each with its source, and logs that are not as they
# should be.
# tests: ops/running/log core/proof/hostlog core/rules/message
. "$(dirname "$0")/lib.sh"

# found: the messages of the last run with --json=r.json.
found() { jq -r '[.checks[].text | select(contains(": ")) | sub(":.*"; "")] | join(" ")' r.json; }
# explains WHAT STATUS NAMES < LOG
explains() {
    cat > log
    expect_status "$1" "$2" doctor --log log --json=r.json
    check "$1: $3" test "$(found)" = "$3"
}

# --- public reports, at most three lines of each -------------------------------------------
# https://github.com/mbilker/vgpu_unlock-rs/issues/29
explains 'no types on a card that is not unlocked' 1 'no-types types-not-sent' << 'L'
Feb 13 18:44:28 sm1 nvidia-vgpud[2009]: GPU not supported by vGPU at PCI Id: 0:1:0:0 DevID: 0x10de / 0x1e89 / 0x10de / >
Feb 13 18:44:28 sm1 nvidia-vgpud[2009]: error: failed to send vGPU configuration info to RM: 6
Feb 13 18:44:28 sm1 nvidia-vgpud[2009]: PID file unlocked.
L
# https://github.com/mrzenc/vgpu4nixos/issues/4
explains 'a daemon that finds no driver' 1 no-client << 'L'
Mar 20 13:55:26 nixos nvidia-vgpu-mgr[4816]: error: vmiop_env_log: Failed to initialize RM client: 0x26
Mar 20 13:55:26 nixos systemd[1]: nvidia-vgpu-mgr.service: Main process exited, code=exited, status=1/FAILURE
L
# https://github.com/NVIDIA/nvidia-installer/issues/15
explains 'a guest on a card that is seen as it is' 1 'not-vgx init-device' << 'L'
17:42:33 localhost.localdomain nvidia-vgpu-mgr[8626]: error: vmiop_log: (0x0): vGPU is supported only on VGX capable boards
17:42:33 localhost.localdomain nvidia-vgpu-mgr[8626]: error: vmiop_log: (0x0): init_device_instance failed for inst 0 with error 1 (vGPU validation of the GPU failed)
L
# https://github.com/DualCoder/vgpu_unlock/issues/71
explains 'a guest without UUID' 1 vm-uuid << 'L'
aug 23 16:43:15 pve nvidia-vgpu-mgr[45395]: error: vmiop_env_log: Failed to get VM UUID from QEMU command-line 0x57
aug 23 16:43:15 pve nvidia-vgpu-mgr[45395]: error: vmiop_env_log: kvm_plugin_global_init failed with error 0x57
L
# https://github.com/NVIDIA/open-gpu-kernel-modules/issues/1230
explains 'a card in a bad state' 1 'gsp-state gsp-start rm-init' << 'L'
[  115.083711] NVRM: GPU6 _kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP
[  115.083750] NVRM: GPU6 RmInitAdapter: Cannot initialize GSP firmware RM
[  115.084348] NVRM: GPU 0000:a1:00.0: RmInitAdapter failed! (0x62:0x40:2168)
L
# https://github.com/saidsay-so/acpi_ec/issues/8
explains 'lockdown' 1 lockdown << 'L'
archlinux kernel: Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7
L
# https://github.com/mbilker/vgpu_unlock-rs/issues/51
explains 'a library that is too old' 1 profile-size << 'L'
Aug 27 22:17:58 gamma nvidia-vgpu-mgr[118156]: Parameters size for NVA081_CTRL_CMD_VGPU_CONFIG_GET_VGPU_TYPE_INFO was 5424 bytes, expected 4960 bytes
Aug 27 22:17:58 gamma nvidia-vgpu-mgr[118156]: cmd: 0x2080014b failed.
L
# https://github.com/NVIDIA/k8s-device-plugin/issues/480
explains 'nothing is wrong' 0 unsigned << 'L'
[    2.829501] nvidia: module license 'NVIDIA' taints kernel.
[    2.846803] nvidia: module verification failed: signature and/or required key missing - tainting kernel
[    3.011519] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  525.147.05  Wed Oct 25 20:27:35 UTC 2023
L
# https://github.com/strongtz/i915-sriov-dkms/issues/125: another module's trouble
explains 'somebody else is meant' 0 log << 'L'
[   32.076467] kvmgt: disagrees about version of symbol i915_gem_object_set_to_cpu_domain
[   32.076470] kvmgt: Unknown symbol i915_gem_object_set_to_cpu_domain (err -22)
L

# --- by the texts of the kernel's source (kernel/module/main.c, signing.c of 6.6) ------------
explains 'the loader' 1 'symbol-get enable-apicv mdev-symbol unknown-symbol version-magic signature' << 'L'
<4>[ 9.1] failing symbol_get of non-GPLONLY symbol nvidia_vgpu_vfio_get_ops.
<4>[ 9.2] nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)
<4>[ 9.3] nvidia_vgpu_vfio: Unknown symbol mdev_register_parent (err -2)
<4>[ 9.4] nvidia_vgpu_vfio: Unknown symbol gfn_to_memslot (err -2)
<3>[ 9.5] nvidia: version magic '6.1.0-44-amd64 SMP mod_unload ' should be '6.1.0-50-amd64 SMP mod_unload '
<5>[ 9.6] Loading of module with unavailable key is rejected
L
check 'each says what to do' test "$(jq '[.checks[] | select(.mend == null)] | length' r.json)" -eq 0
says 'the line and its place' '| line 2: <4>[ 9.2] nvidia_vgpu_vfio: Unknown symbol enable_apicv (err -2)' out
says 'the cause' 'enable-apicv: nvidia-vgpu-vfio takes enable_apicv' out

# Every pattern of the data, each star as a word, is what its paragraph has: a reader of our own.
python3 - "$repo/kernel-versions/log" > all << 'P'
import sys
for paragraph in open(sys.argv[1]).read().split("\n\n"):
    lines = [l for l in paragraph.splitlines() if not l.startswith("#")]
    name = kind = None
    inside = False
    for l in lines:
        if not l.startswith(" "):
            inside = l.startswith("Pattern: ")
            name = l[9:] if l.startswith("Message: ") else name
            kind = l[6:] if l.startswith("Kind: ") else kind
        if inside:
            text = l.split("Pattern: ")[-1].strip().replace("*", "WORD")
            print(name, {"fault": "missing", "doubt": "attention", "fine": "ok"}[kind], text, sep="\t")
P
check 'there are patterns' test "$(wc -l < all)" -ge 60
cut -f 3 all | sed 's/^/Nov 30 12:00:00 host unit[1]: /; s/$/ and more/' > log
expect_status 'all of them' 1 doctor --log log --json=r.json
jq -r '.checks[] | (.text | sub(":.*"; "")) + "\t" + .health' r.json | sort > got
cut -f 1,2 all | sort -u > want
check 'each is found, and is what it says' diff want got
check 'lines and messages' test "$(jq '[.checks[].seen | if contains(" more: ") then sub(".*, and (?<n>[0-9]+) more: .*"; "\(.n)") | tonumber else 0 end] | add + length' r.json)" -eq "$(wc -l < all)"

# --- how it is read ---------------------------------------------------------------------------
printf 'GPU not supported by vGPU at PCI Id: 1\r\nx\0y GPU has fallen off the bus.' > log
expect_status 'CR, NUL, no newline' 1 doctor --log log --json=r.json
check 'both are found' test "$(found)" = 'no-types bus'
check 'a NUL byte is a question mark' test "$(jq -r '.checks[1].seen' r.json)" = 'line 2: x?y GPU has fallen off the bus.'
"$GRIDPATCH" doctor --log - < log > out 2> err
check 'standard input' test $? -eq 1
says 'is the same' 'bus: the card no longer answers' out
printf '\033]0;evil\007\033[31mGPU has fallen off the bus.\033[0m\342\200\256\377\n' > log
run doctor --log log
check 'nothing drives a terminal' sh -c 'LC_ALL=C grep -q "fallen off the bus" out && ! LC_ALL=C grep -q "[[:cntrl:]]" out'
check 'nor a reader of JSON' sh -c '"$1" doctor --log log --json | LC_ALL=C tr -d "\n" | (! LC_ALL=C grep -q "[[:cntrl:]]")' - "$GRIDPATCH"
: > log
expect_status 'an empty log' 4 doctor --log log --json=r.json
printf 'all is quiet\n' > log
expect_status 'nothing is known of it' 0 doctor --log log --json=r.json
check 'its lines are counted' json_is r.json .log.lines 1
expect_status 'no such file' 4 doctor --log nothing
expect_status 'a directory' 4 doctor --log .
expect_status 'a log and a machine' 2 doctor --log log --sysroot .
expect_status 'a log and what is installed' 2 doctor --log log --installed
expect_status 'a log and an installer' 2 doctor --log log x.run
# A line of 200 MB, in 180 MB of address space.
head -c 200000000 /dev/zero | tr '\0' x > log
echo 'GPU has fallen off the bus.' >> log
case $(dirname "$GRIDPATCH") in
*-san) limit=unlimited ;; # the sanitizer takes all that there is
*) limit=180000 ;;
esac
check 'a line of 200 MB takes no memory, and its end is passed over' sh -c 'ulimit -v $2; "$1" doctor --log log --json=r.json' \
    - "$GRIDPATCH" "$limit"
check 'it is one line' json_is r.json .log.lines 1

head -c 1100000000 /dev/zero | "$GRIDPATCH" doctor --log - --json=r.json > out 2> err
check 'a GiB is enough: exit 0' test $? -eq 0
json_valid r.json doctor
check 'the rest is said to be left out' json_is r.json '"\(.log.cut) \(.checks | map(.health) | join(" "))"' 'true ok unknown'

# --- a user's own data --------------------------------------------------------------------------
mkdir -p my/kernel-versions
cat > my/kernel-versions/log << 'E'
Message: mine
From: modules
Kind: doubt
Pattern: fallen off
Cause: mine
Next: think
Evidence: [reported] https://example.org/1
E
printf 'GPU has fallen off the bus.\n' > log
expect_status "a user's message comes first" 1 doctor --log log --data my --json=r.json
check 'and has the line' test "$(found)" = mine
run lint-set --data my
says 'lint-set finds what it hides' "the pattern 'GPU has fallen off the bus.' never counts: 'mine'" out
sed -i 's/^Evidence:.*/Evidence: somebody said so/' my/kernel-versions/log
run lint-set --data my
says 'and evidence that nobody can follow' 'my/kernel-versions/log:1' out
sed -i 's/^Kind: .*/Kind: bad/' my/kernel-versions/log
expect_status 'what cannot be read' 3 doctor --log log --data my
finish
