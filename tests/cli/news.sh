#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh sets the rest
# make data-news: lists of our own against data of our own.
. "$(dirname "$0")/lib.sh"
command -v jq > /dev/null || {
    skip 'data-news' 'jq is missing'
    finish
    exit
}
mkdir -p d/kernel-versions
printf 'Kernel: any\nDate: 2026-11-30\nLines: 5.10 - 5.13, 6.12\n' > d/kernel-versions/any
cat > d/kernel-versions/drivers << 'T'
Branch: 460
Versions: 460.32.04 460.73.02

Branch: 550
Kind: general
Versions: 550.163.01
T
printf 'Kernel: 5.10\nStatus: supported\n\nDriver: 460\nEvidence: [inference] x\n' > d/kernel-versions/5.10
printf 'Kernel: 6.12\nStatus: supported\n\nDriver: 550\nEvidence: [inference] x\n' > d/kernel-versions/6.12
package() { printf 'Package: %s\nVersion: %s\n\n' "$1" "$2"; }
{
    package linux-headers-5.10.0-9-amd64 5.10.9-1
    package linux-headers-5.10.0-46-amd64 5.10.262-1
    package linux-headers-5.10.0-46-common 5.10.262-1
    package linux-headers-5.10.0-47-rt-amd64x 1
    package linux-headers-amd64 5.10.262-1
    package proxmox-headers-6.12.1-1-pve 6.12.1-1
    package nvidia-kernel-source 1:550.163.01-5.1
} > one
package nvidia-kernel-source-580-server 580.178.04-0ubuntu1 | gzip > two.gz
package linux-headers-9.9.0-1-generic 9.9.0-1.1 | xz > three.xz
news() {
    status=0
    GRIDPATCH_DATA=$work/d sh "$cli/../news.sh" "$@" > out 2> err || status=$?
}
news one two.gz three.xz
check 'exit 0' test "$status" -eq 0
check 'all of it' diff - out << 'T'
data of 2026-11-30, 3 kernels and 2 drivers in the lists
driver     580.178.04 (general): not in kernel-versions/drivers
line       9.9: no file in kernel-versions
pair       550.163.01 (general) on 5.10.0-46-amd64: no evidence
pair       550.163.01 (general) on 9.9.0-1-generic: unknown
pair       580.178.04 (general) on 5.10.0-46-amd64: no evidence
pair       580.178.04 (general) on 6.12.1-1-pve: no evidence
pair       580.178.04 (general) on 9.9.0-1-generic: unknown
pair       460.73.02 (host) on 6.12.1-1-pve: no evidence
pair       460.73.02 (host) on 9.9.0-1-generic: unknown
7 pairs without evidence
T
news nowhere
check 'no such list: exit 4' test "$status" -eq 4
: > empty
news empty
check 'an empty one: exit 4' test "$status" -eq 4
says 'it says so' 'no package in the lists'
finish
