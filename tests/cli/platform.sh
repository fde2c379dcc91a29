#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# --platform: whose kernels are meant, and what one has to know there.
# tests: core/rules/platform
. "$(dirname "$0")/lib.sh"

# --- names ----------------------------------------------------------------------
while read -r platform name; do
    run select --driver 535.309.01 --platform "$name" --json
    check "$name is $platform" json_is out '.platform.platform' "$platform"
done << 'T'
proxmox-7 Proxmox VE 7
proxmox-8 pve8
proxmox-9 proxmox-9
proxmox-9 Proxmox 9
proxmox-9 PROXMOX-9.1.2
debian-11 bullseye
debian-12 Debian 12.5
debian-13 debian13
ubuntu-20.04 focal
ubuntu-22.04 Ubuntu 22.04 LTS
ubuntu-24.04 ubuntu-24.04.3
ubuntu-26.04 Ubuntu 26.04
rhel-8 el8
rhel-9 el9_6
rhel-9 RHEL 9
rhel-9 Rocky Linux 9.4
rhel-10 AlmaLinux 10
sles-15 SLES 15
fedora-44 fedora
arch Arch Linux
unraid-7 Unraid 7.1.4
unraid-7 unraid
truenas-25 TrueNAS SCALE 25.04
T
# NAME STATUS WHY
refuses() {
    what=$(printf %s "$1" | tr -d '\n\033')
    expect_status "refused: $what" "$2" select --driver 535.309.01 --platform "$1"
    says "refused: $what: why" "$3"
}
refuses proxmox-99 1 "platform 'proxmox-99' is not known (did you mean 'proxmox-9'?); known are: proxmox-7 proxmox-8"
refuses proxmox 1 'is not known'
refuses ubuntu-24.10 1 'is not known'
refuses windows-11 1 'is not known'
refuses 'proxmox=9' 2 'cannot be the name of a platform'
refuses - 2 'cannot be the name of a platform'
refuses "$(printf 'proxmox\n9')" 2 'cannot be the name of a platform'
expect_status 'not both' 2 select --driver 535.309.01 --platform proxmox-9 -k 6.8
says 'and why' 'give --kernel or --platform, not both'

# --- its kernels take the part of -k ------------------------------------------------
kernels='-k 6.14.11-9-pve -k 6.17.13-2-pve -k 7.0.14-14-pve'
expect_status 'select' 0 select --driver 19.5 --platform proxmox-9
sed '/^platform/,/^  dkms/d' out > got
# shellcheck disable=SC2086 # words
run select --driver 580.159.01 $kernels
sed 's/; vGPU 19.5$//' got > got2
sed 's/; vGPU 19.5$//' out > want
check 'as -k says it of each' diff want got2
run select --driver 580.159.01 --platform proxmox-9 --json
check 'json: its kernels' json_is out '[.platform.kernels[].release] == [.selection.cells[].kernel.release]' true
check 'json: their headers' json_is out '.platform.kernels[0].headers' proxmox-headers-6.14.11-9-pve
check 'json: how one is kept' json_is out '.platform.kernels[2].pin' 'proxmox-boot-tool kernel pin 7.0.14-14-pve'
check 'json: dkms' json_is out .platform.dkms dkms
run select --driver 535.309.01 --platform unraid
says 'no headers there' '  headers  none' out
says 'no dkms there' '  dkms     none' out
says 'and what then' '  note     Unraid runs from memory' out
run advise --driver 535.309.01 --platform proxmox-8
says 'a note stands for every release, too' '  note     The headers of 6.2 are pve-headers-RELEASE.' out
expect_status 'a blocked kernel' 1 select --driver 535.161.05 --platform debian-13
run support --driver 535 --platform ubuntu-24.04 --json
check 'support: its kernels' json_is out '.kernels | join(" ")' '6.8.0-87-generic 6.11.0-29-generic 6.14.0-37-generic 6.17.0-14-generic'
expect_status 'support' 0 support --driver 535.309.01 --platform debian-12
says 'support: what one does there' '  headers  linux-headers-RELEASE' out
expect_status 'support: not known' 1 support --platform beos-5

# As people say a driver's version.
while read -r name; do
    run select --driver "$name" -k 6.5.13-6-pve --json
    check "16.9 as $name" json_is out '.driver | "\(.version) \(.vgpu)"' '535.230.02 16.9'
done << 'T'
16.9
vgpu-16.9
vGPU 16.9
vgpu16.9
VGPU 16.9
GRID 16.9
T

# Each platform has kernels that the data know, and the release says whose it is.
run select --driver 595.71.03 --platform proxmox-9 --json
jq -r '.selection.cells[].kernel.distro' out | sort -u > got
echo pve > want
check 'they are recognized as its own' cmp want got

# --- the data -----------------------------------------------------------------------
mkdir -p my/kernel-versions
rest='Headers: h-%r
Pin: none
Dkms: dkms
Reason: r
Evidence: [source] x'
cat > my/kernel-versions/platforms << T
Platform: mine-1
Title: Mine 1
Names: own
Kernels: 6.8.12
$rest
T
expect_status 'your own' 0 select --data my --driver 535.309.01 --platform own
says 'its headers' '  headers  h-RELEASE' out
says 'there is no pin' '  pin      none' out
cat >> my/kernel-versions/platforms << T

Platform: other-1
Title: Other 1
Names: proxmox-9
Kernels: 6.8.12 9.9.9
$rest
T
run lint-set --data my
check 'lint-set' test "$status" -eq 1
says 'lint-set: a name of two' "'proxmox-9' is 'proxmox-9' already" out
says 'lint-set: a kernel on no line' 'kernel 9.9.9 is older or newer than every line that is known' out
echo 'Platform: x' > my/kernel-versions/platforms
expect_status 'half a paragraph: lint-set' 1 lint-set --data my
expect_status 'half a paragraph' 3 select --data my --driver 535.309.01 --platform x
says 'and where' "'my/kernel-versions/platforms:1': a platform needs 'Title'"

finish
