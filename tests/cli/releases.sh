#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2046,SC2086,SC2154 # $kernels are words; lib.sh sets the rest
# Names of kernels of many distributions: whose each one is, and what follows from
# it. What a number means the distributions say: 5.15.0-88 and -91 of Ubuntu are
# 5.15.126 and 5.15.131 (Makefiles of linux-headers), -90 is 5.15.131 (Proxmox's
# change log); 5.10.0-25 and -26 of Debian are 5.10.191 and 5.10.197 (its change
# logs); Oracle's UEK 7 has the patch level as its second number. The kernel
# refuses symbol_get() from 5.10.195 and 5.15.131 on; Ubuntu's 5.15.0-94 and -204,
# booted, do not, and Proxmox's change log names Ubuntu's sources.
# tests: core/rules/release core/rules/distro
. "$(dirname "$0")/lib.sh"

if ! command -v jq > /dev/null; then
    skip 'names of kernels' 'jq is missing'
    finish
fi

# RELEASE DISTRO KERNEL VERDICT LOAD, of the host 460.73.02. KERNEL: "plain" when it
# is the kernel of its number, else "own".
cat > want << 'T'
5.10.0-26-amd64 debian plain supported no
5.10.0-25-amd64 debian plain supported unknown
5.10.0-0.deb10.26-amd64 debian plain supported no
5.10.0-26-cloud-amd64 debian plain supported no
6.1.0-13-amd64 debian plain blocked unknown
6.12.43+deb13-amd64 debian plain blocked unknown
6.12.9+bpo-amd64 debian plain blocked unknown
5.15.0-88-generic ubuntu plain untested unknown
5.15.0-90-generic ubuntu plain untested unknown
5.15.0-91-lowlatency ubuntu plain untested unknown
5.15.0-1050-oracle ubuntu-flavour plain untested unknown
5.15.0-1053-aws ubuntu-flavour plain untested unknown
5.15.0-1057-azure ubuntu-flavour plain untested unknown
5.15.0-1050-gcp ubuntu-flavour plain untested unknown
5.15.0-1046-kvm ubuntu-flavour plain untested unknown
6.5.0-1023-oem ubuntu-flavour plain blocked unknown
6.8.0-1008-nvidia ubuntu-flavour plain blocked unknown
5.15.7-051507-generic mainline plain untested unknown
5.15.15-76051515-generic pop plain untested unknown
5.15.102-1-pve pve plain untested unknown
5.15.131-2-pve pve plain untested unknown
6.8.12-4-pve pve plain blocked unknown
4.18.0-305.19.1.el8_4.x86_64 rhel own untested unknown
4.18.0-305.el8.x86_64 rhel own untested unknown
4.18.0-553.16.1.el8_10.x86_64 rhel own no-evidence unknown
5.14.0-427.13.1.el9_4.x86_64 rhel own blocked unknown
5.14.0-503.el9.x86_64 rhel own blocked unknown
6.12.0-55.9.1.el10_0.x86_64 rhel own blocked unknown
5.4.17-2136.300.7.el8uek.x86_64 uek6 own no-evidence unknown
5.15.0-101.103.2.1.el8uek.x86_64 uek plain untested unknown
5.15.0-200.131.27.el9uek.x86_64 uek plain untested no
6.12.0-100.28.2.el10uek.x86_64 uek plain blocked unknown
5.15.150-1.el8.elrepo.x86_64 elrepo plain untested no
5.14.21-150400.24.100-default suse own no-evidence unknown
5.14.21-150500.55.65-default suse own no-evidence unknown
6.4.0-150600.23.7-default suse own blocked unknown
5.14.21-150400.14.10-azure suse own no-evidence unknown
5.15.12-1-default tumbleweed plain untested unknown
5.10.0-60.18.0.50.oe2203.x86_64 openeuler own no-evidence unknown
5.10.0-136.12.0.86.oe2203sp1.x86_64 openeuler own no-evidence unknown
6.6.0-28.0.0.34.oe2403.x86_64 openeuler own blocked unknown
5.10.0-60.18.0.50.r1002_48.hce2.x86_64 euleros own no-evidence unknown
5.10.0-18.0.0.11.ky11.x86_64 kylin own no-evidence unknown
5.10.134-16.2.an8.x86_64 anolis own no-evidence unknown
6.6.25-2.1.an23.x86_64 anolis own blocked unknown
5.10.134-16.1.al8.x86_64 alinux own no-evidence unknown
5.4.119-19-0009.28 tencent own no-evidence unknown
6.6.47-12.tl4.x86_64 tencent own blocked unknown
5.4.241-1-tlinux4-0017 tencent own no-evidence unknown
5.4.119-1-tlinux4-0010 tencent own no-evidence unknown
5.4.241-24.0017.23 tencent own no-evidence unknown
5.10.0-74.uos.x86_64 other own no-evidence unknown
5.10.0-46.uel20.x86_64 other own no-evidence unknown
5.10.0-200.0.0.80.bclinux.x86_64 other own no-evidence unknown
5.10.0-106.18.0.68.ctl3.x86_64 other own no-evidence unknown
5.10.0-153.12.0.92.u10.fos30.x86_64 other own no-evidence unknown
5.10.0-26mx-amd64 none plain supported unknown
5.15.0-91acme-generic none plain untested unknown
5.10.200-custom none plain supported no
5.10.200-320.current none plain supported no
5.15.150-1.el8.x86_64 none plain untested no
6.6.34-9.oc9.x86_64 tencent own blocked unknown
5.10.205-195.804.amzn2.x86_64 amazon plain supported no
5.10.190-175.680.amzn2.x86_64 amazon plain supported unknown
6.1.72-96.166.amzn2023.x86_64 amazon plain blocked unknown
5.15.102.1-1.cm2 azurelinux plain untested unknown
5.10.100-1.ph4 photon plain supported unknown
5.15.46-Unraid unraid plain untested unknown
6.1.79-Unraid unraid plain blocked unknown
5.15.79+truenas truenas plain untested unknown
5.10.142+truenas truenas plain supported unknown
6.6.44-production+truenas truenas plain blocked unknown
5.15.60-xanmod1 xanmod plain untested unknown
6.5.9-x64v3-xanmod1 xanmod plain blocked unknown
5.15.0-16.1-liquorix-amd64 liquorix plain untested unknown
5.15.12-1-liquorix-amd64 liquorix plain untested unknown
5.15.10-zen1-1-zen zen plain untested unknown
6.12.1-2-cachyos cachyos plain blocked unknown
5.10.103-v7l+ raspberry plain supported unknown
5.15.84-v8+ raspberry plain untested unknown
6.6.20+rpt-rpi-v8 raspberry plain blocked unknown
5.15.133.1-microsoft-standard-WSL2 wsl plain untested no
5.15.90.1-microsoft-standard-WSL2 wsl plain untested unknown
5.15.80-gentoo gentoo plain untested unknown
5.15.80-gentoo-dist gentoo plain untested unknown
5.15.86-1-MANJARO manjaro plain untested unknown
5.15.12-arch1-1 arch plain untested unknown
5.10.90-1-lts arch plain supported unknown
5.15.120-0-lts alpine plain untested unknown
5.15.12-200.fc35.x86_64 fedora plain untested unknown
5.15.0-kali3-amd64 kali plain untested unknown
5.10.0-6parrot1-amd64 parrot plain supported unknown
5.15.77-amd64-desktop deepin plain untested unknown
5.15.43-desktop-1.mga8 mageia plain untested unknown
5.10.194 none plain supported unknown
5.10.195 none plain supported no
5.15.0 none plain untested unknown
5.16.0-rc3 none plain untested unknown
6.1.0-57-rt-amd64 debian plain blocked unknown
5.15.0-1032-realtime ubuntu-flavour plain blocked unknown
T
kernels=$(sed 's/^\([^ ]*\).*/-k \1/' want)
run select --json --driver 460.73.02 $kernels
jq -r '.selection.cells[] | "\(.kernel.release) \(.kernel.distro) \(if .kernel.plain then "plain" else "own" end) \(.verdict | gsub(" "; "-")) \(.claims.loads.claim)"' out > got
check 'there are many' test "$(wc -l < got)" -ge 80
while read -r release rest; do
    check "$release: $rest" grep -qxF "$release $rest" got
done < want

# --- what is said --------------------------------------------------------------

# answer RELEASE DRIVER MUST-NOT MUST: texts, the second one an ERE in any case.
answer() {
    run select --driver "$2" -k "$1"
    cat err >> out
    refute "$2 on $1: not '$3'" grep -qF -- "$3" out
    check "$2 on $1: '$4'" grep -Eiq -- "$4" out
}
vgpu=$(printf '%s ' vgpu-vfio-eventfd vgpu-vfio-symbol-get vgpu-vfio-typed-mdev vgpu-vfio-mdev-config vgpu-vfio-open-device)
for n in 88 89 90 91; do
    answer 5.15.0-$n-generic 460.73.02 'sets     none' "^  sets +${vgpu% };"
done
answer 5.15.0-88-generic 460.73.02 'modules load: no' 'modules load: unknown'
answer 5.15.0-90-generic 460.73.02 'modules load: no' 'modules load: unknown'
answer 5.15.0-91-generic 525.85.07 'refuses to load it' 'modules load: yes'
answer 5.15.0-90-lowlatency 525.85.07 'refuses to load it' 'modules load: yes'
answer 5.15.160-Unraid 460.73.02 'modules load: unknown' 'refuses symbol_get'
answer 5.15.160-1 525.85.07 'modules load: unknown' 'refuses to load it'
answer 5.15.0-1050-oracle 460.73.02 'refuse' 'only be decided with the headers'
answer 5.10.0-26-amd64 460.73.02 'sets     none' 'refuses symbol_get'
answer 5.10.0-60.18.0.50.oe2203.x86_64 460.73.02 "Debian's" 'a kernel of openEuler has the number of the plain 5.10'
answer 5.10.0-60.18.0.50.oe2203.x86_64 460.73.02 'modules load: no' 'give --headers DIR'
answer 5.15.0-101.103.2.1.el8uek.x86_64 460.73.02 "Ubuntu's" '5\.15\.103 is inside'
answer 5.15.0-200.131.27.el9uek.x86_64 460.73.02 "Ubuntu's" 'from 5\.15\.131 on the kernel refuses'
answer 5.4.17-2136.300.7.el8uek.x86_64 460.73.02 ', supported' 'Oracle UEK 6'
answer 5.14.21-150400.24.100-default 460.73.02 'It builds' 'a kernel of SUSE'
answer 6.4.0-150600.23.7-default 535.161.05 'modules load: yes' 'no evidence'
answer 6.5.9-1-default 535.161.05 'no evidence' 'modules load: no'
answer 4.18.0-305.19.1.el8_4.x86_64 450.80.02 ', supported' 'no evidence'
answer 4.18.0-240.22.1.el8_3.x86_64 450.80.02 'no evidence' 'line 4\.18, untested'
answer 5.14.0-427.13.1.el9_4.x86_64 470.63 ', supported' 'no evidence'
answer 5.14.0-427.13.1.el9_4.x86_64 525.85.07 ', supported' 'no evidence'
answer 5.14.0-70.13.1.el9_0.x86_64 525.85.07 'no evidence' 'line 5\.14, untested'
answer 5.14.0-570.12.1.el9_6.x86_64 580.105.06 'no evidence' 'modules load: yes'
answer 6.1.0-57-rt-amd64 535.261.03 ', supported' 'PREEMPT_RT'
answer 6.1.52 525.85.07 'modules load: unknown' 'refuses to load it'
answer 6.1.0-13-amd64 525.85.07 'modules load: unknown' 'refuses to load it'
answer 6.1.0-0.deb11.13-amd64 525.85.07 'modules load: unknown' 'refuses to load it'
answer 6.1.0-12mx-amd64 525.85.07 'modules load: no' 'modules load: unknown'
answer 5.10.0-74.uos.x86_64 460.73.02 ', supported' 'a kernel of a distribution not known here has the number.*'
answer 6.12.0-55.9.1.el10_0.x86_64 580.105.06 'no evidence' 'modules load: yes'
answer 6.1.51 525.85.07 'modules load: no' 'modules load: unknown'
# The desktop driver of that report has nvidia-drm, the host has not.
run select --driver 450.80.02 --kind general -k 4.18.0-305.19.1.el8_4.x86_64
check 'the general 450.80.02 on RHEL 8.4 is blocked' test "$status" -eq 1
says 'and says which module' 'nvidia-drm calls drm_prime_pages_to_sg()'

# --- with headers the probes decide, and nothing else does ------------------------

mkdir -p oe/include/linux oe/include/generated oe/include/config
: > oe/include/linux/kernel.h
: > oe/include/generated/autoconf.h
: > oe/include/config/auto.conf
echo '#define UTS_RELEASE "5.10.0-216.0.0.115.oe2203sp4.x86_64"' > oe/include/generated/utsrelease.h
printf 'VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 0\n' > oe/Makefile
printf 'static inline int pfn_valid(unsigned long pfn)\n{\n\trcu_read_lock();\n}\n' > oe/include/linux/mmzone.h
run select --driver 460.73.02 --headers oe
check 'a set that the headers ask for' grep -q '^  sets     pfn-valid; modules load: unknown' out
check 'is no evidence' grep -q 'line 5.10, no evidence; judged by its headers' out
says 'and the report says what to do' 'build it first' out
refute 'no headers are asked for that are there' grep -q 'give --headers' out
finish
