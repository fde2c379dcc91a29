#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2154 # lib.sh sets the rest
# --gpu: which card is meant, and what a driver is to it.
# tests: ops/select/gpu core/rules/card base/pci ops/lint/lintcards
. "$(dirname "$0")/lib.sh"

ask() { run select --driver "$1" -k "$2" --gpu "$3"; }

# --- which card -----------------------------------------------------------------
ask 535.309.01 6.5.13-6-pve 10de:1b80
check 'an id' test "$status" -eq 0
says 'its name is that of pci.ids' 'card       10de:1b80 GP104 [GeForce GTX 1080], Pascal' out
says 'the hooks present it as its twin' 'yes: branch 535 has vGPUs for its twin 10de:1b38 GP102GL [Tesla P40]' out
says 'by what' '  on       6.5.13-6-pve: by mdev' out
cp out by_id
for name in 0x1b80 10DE:1B80 'GTX 1080' 'gtx1080' 'NVIDIA GeForce GTX 1080' 1080; do
    ask 535.309.01 6.5.13-6-pve "$name"
    check "the same card: $name" cmp out by_id
done
ask 535.309.01 6.5.13-6-pve 'Tesla P4'
says 'P4 is not P40' 'card       10de:1bb3 GP104GL [Tesla P4], Pascal' out
says 'it has its own' 'yes: branch 535 has vGPUs for it' out
run select --driver 535.309.01 -k 6.5 --gpu 10de:1b80 -v
says 'with -v, how that is known' '  evidence [source] DualCoder/vgpu_unlock@' out

# NAME STATUS WHY: what cannot be meant.
refuses() {
    what=$(printf %s "$1" | tr -d '\n\033')
    expect_status "refused: $what" "$2" select --driver 535.309.01 -k 6.5 --gpu "$1"
    says "refused: $what: why" "$3"
}
refuses 10de:1080 1 'card 10de:1080 (GF110 [GeForce GTX 580]) is not known'
refuses 10de:ffff 1 'card 10de:ffff is not known'
refuses 1002:67df 1 "NVIDIA's begin with 10de"
refuses 'GTX 580' 1 'card 10de:1080 (GF110 [GeForce GTX 580]) is not known'
refuses 'Radeon RX 580' 1 "no such name of NVIDIA's"
refuses 'RTX' 2 ' and more: give an id'
refuses 'A100 PCIe 40GB' 2 '10de:20f1 (GA100 [A100 PCIe 40GB])'
refuses 10de:1b8 2 'no id of a card'
refuses 10de: 2 'no id of a card'
refuses 10de:1b80:119e 2 'no id of a card'
refuses 0xzz 2 'no id of a card'
refuses '' 2 'a name is missing'
refuses ' ' 2 'neither an id'
refuses "$(printf 'GTX\n1080')" 2 'neither an id'
refuses "$(printf '\033[31m')" 2 'neither an id'
run select --driver 535.309.01 -k 6.5 --gpu 10de:ffff --json
check 'json: a failure' json_is out .reason no

# --- what a driver is to it --------------------------------------------------------
# From NVIDIA/open-gpu-kernel-modules, the devices in g_nv_name_released.h that guests
# have; the table of cards of DualCoder/vgpu_unlock; and for how vGPUs are made
# NVIDIA/gpu-operator#2594 and OpenNebula/one#6841.
while read -r id driver kernel verdict framework; do
    run select --driver "$driver" -k "$kernel" --gpu "10de:$id" --json
    check "$id with $driver on $kernel" \
        json_is out '.gpus[0] | .verdict + " " + .frameworks[0].framework' "$verdict $framework"
    case $verdict in native | hooks) want=true ;; *) want=false ;; esac
    check "$id with $driver: served" json_is out '.gpus[0].served' "$want"
done << 'T'
1bb3 535.309.01 6.1 native mdev
15f8 535.161.05 6.5 native mdev
15f8 550.54.10 6.5 branch-too-new unknown
1b38 580.159.01 6.8 branch-too-new unknown
1b06 460.73.02 5.10 hooks mdev
13f2 535.309.01 6.1 native mdev
13f2 550.54.10 6.5 branch-too-new unknown
13bd 580.159.01 6.14 native mdev
13bd 595.71.03 6.14 branch-too-new unknown
1391 570.172.07 6.8 hooks mdev
1db6 580.159.01 6.8 native mdev
1db6 595.71.03 6.14 branch-too-new unknown
1d81 580.159.01 6.8 hooks mdev
1e30 580.159.01 6.8 native mdev
1e30 595.71.03 6.14 branch-too-new unknown
1e84 550.54.16 6.8 hooks mdev
1eb8 595.71.03 7.0 native mdev
1eb1 595.71.03 7.0 branch-too-new unknown
2230 535.161.05 5.15 native mdev
2230 535.309.01 6.12 native unknown
2236 550.90.05 6.5 native mdev
2236 550.90.05 6.8 native vendor-vfio
2236 450.80 5.4 branch-too-old unknown
2204 535.309.01 6.1 not-with-hooks unknown
2684 580.159.01 6.8 not-with-hooks unknown
26b5 535.161.05 5.15 native mdev
26b5 550.54.16 5.15 native vendor-vfio
26b5 510.47.03 5.15 branch-too-old unknown
2335 580.159.01 6.8 native vendor-vfio
2bb5 570.172.07 6.8 branch-too-old unknown
11bf 460.73.02 5.4 not-with-hooks unknown
T
ask 550.54.10 6.5.13-6-pve 10de:1b80
check 'no vGPUs: exit 1' test "$status" -eq 1
says 'and why' 'driver 550.54.10 and card 10de:1b80: branch 550 is newer than 535, the last that has vGPUs for it'
ask 535.309.01 6.1 10de:2204
check 'not with these hooks: exit 1' test "$status" -eq 1
says 'that is no more than it says' '  vgpus    not with these hooks: ' out
refute 'nobody says that it does not work' grep -qi 'not work' out

expect_status 'a guest driver makes none' 1 select --driver 535.161.08 --kind guest -k 6.1 --gpu 10de:1eb8
says 'and why' 'is a guest driver, which makes no vGPUs for any card'

# --- other verbs ------------------------------------------------------------------
expect_status 'support' 0 support --driver 550 -k 6.8 --gpu 'GTX 1080' --json
check 'support: a card without vGPUs is an answer' json_is out '.gpus[0].branches | map("\(.branch) \(.verdict)") | join(",")' '550 branch-too-new'
expect_status 'support, all branches' 0 support --gpu 10de:1eb8
says 'support: a line each' '  branch   595: by itself' out
make_sample s --version 550.90.05
expect_status 'patch goes on' 0 patch --no-hooks -k 6.8.12 --gpu 10de:1b80 s.run
says 'patch: a warning' 'warning: driver 550.90.05 and card 10de:1b80: branch 550 is newer than 535'
says 'patch: the card' 'card       10de:1b80 GP104 [GeForce GTX 1080], Pascal' out
rm -f s-custom.run
run patch --no-hooks -k 6.8.12 --gpu 10de:2236 s.run --json -n
check 'patch: json' json_is out '.gpus[0] | "\(.verdict) \(.frameworks[0].framework)"' 'native vendor-vfio'
expect_status 'patch: a card that is not known' 1 patch --no-hooks -k 6.8.12 --gpu 10de:ffff s.run
refute 'and nothing is written' test -e s-custom.run

# --- this machine's ------------------------------------------------------------------
# device BUS SLOT VENDOR DEVICE CLASS: as the kernel shows it.
device() {
    mkdir -p "$1/devices/$2"
    for _ in 1 2 3 4 5 6 7; do
        echo '0x0000000000000000 0x0000000000000000 0x0000000000000000'
    done > "$1/devices/$2/resource"
    echo 0 > "$1/devices/$2/irq"
    echo "0x$3" > "$1/devices/$2/vendor"
    echo "0x$4" > "$1/devices/$2/device"
    echo "0x$5" > "$1/devices/$2/class"
    printf '%064d' 0 > "$1/devices/$2/config"
}
device bus 0000:00:02.0 8086 3e92 030000
device bus 0000:01:00.0 10de 1b80 030000
device bus 0000:01:00.1 10de 10f0 040300
device bus 0000:81:00.0 10de 2236 030200
device bus 0000:82:00.0 10de 1080 030000
device old 0000:82:00.0 10de 1080 030000
device none 0000:00:02.0 8086 3e92 030000
# auto BUS ARG…
auto() {
    bus=$1
    shift
    unshare -m sh -c 'mount --bind "$1" /sys/bus/pci && shift && exec "$@"' - "$work/$bus" "$GRIDPATCH" "$@" > out 2> err
    status=$?
}
if [ "$(id -u)" -eq 0 ] && unshare -m mount --bind "$work/bus" /sys/bus/pci 2> /dev/null; then
    auto bus select --driver 535.309.01 -k 6.8 --gpu auto --json
    check 'auto: several cards' test "$status" -eq 0
    # lspci -nn ends with "[10de:1b80]"; only display devices have class 03.
    LC_ALL=C lspci -O "sysfs.path=$work/bus" -D -nn -d 10de: |
        sed -n 's/^\([^ ]*\) [^[]*\[03..\]: NVIDIA Corporation \(.*\) \[\(10de:....\)\].*$/\1 \3 \2/p' > judge
    jq -r '.gpus[] | "\(.slot) \(.id) \(.name)"' out > got
    check 'auto: as lspci has them' diff judge got
    check 'auto: three of them' test "$(wc -l < judge)" -eq 3
    check 'auto: each with its answer' json_is out '.gpus | map(.verdict) | tostring' '["hooks","native",null]'
    auto bus select --driver 550.90.05 -k 6.8 --gpu auto
    check 'auto: one that has vGPUs is enough' test "$status" -eq 0
    says 'auto: what is not known' 'card       0000:82:00.0 10de:1080 GF110 [GeForce GTX 580]: not known' out
    auto old select --driver 535.309.01 -k 6.8 --gpu auto
    check 'auto: a card that is not known' test "$status" -eq 1
    auto none select --driver 535.309.01 -k 6.8 --gpu auto
    check 'auto: no card' test "$status" -eq 1
    says 'auto: it says so' "no card of NVIDIA's is in this machine"
    mkdir empty
    auto empty select --driver 535.309.01 -k 6.8 --gpu auto
    check 'auto: no bus, as in a container' test "$status" -eq 4
    says 'auto: that it cannot be told' 'which card is there cannot be told: no PCI bus'

    # Without libpci, or its names, an id will do.
    lib=$(ldconfig -p | sed -n 's/.*libpci\.so\.3 .*=> //p' | head -n 1)
    without() {
        unshare -m sh -c "$1"' && shift && exec "$@"' - "$@" > out 2> err
        status=$?
    }
    for lack in "mount --bind /dev/null $lib" 'mount -t tmpfs none /usr/share/misc'; do
        without "$lack" "$GRIDPATCH" select --driver 535.309.01 -k 6.1 --gpu 10de:1b80
        check "$lack: an id" test "$status" -eq 0
        says "$lack: it has no name" 'card       10de:1b80, Pascal' out
        without "$lack" "$GRIDPATCH" select --driver 535.309.01 -k 6.1 --gpu 'GTX 1080'
        check "$lack: a name cannot be found" test "$status" -eq 4
    done
    says 'what to do then' "no pci.ids to find card 'GTX 1080' in: give its id, like 10de:1b80"
    without "mount --bind /dev/null $lib && mount --bind $work/bus /sys/bus/pci" \
        "$GRIDPATCH" select --driver 535.309.01 -k 6.1 --gpu auto --json
    check 'auto without libpci' test "$status" -eq 0
    check 'auto without libpci: no names' json_is out '.gpus | map(.name) | tostring' '[null,null,null]'
else
    skip 'auto' 'that takes root, and mounts'
fi

# --- the data ---------------------------------------------------------------------
base='Generation: Pascal
Sriov: no
Evidence: [source] x'
native="Cards: 1b38
Vgpu: native
Driver: 418 - 535
$base"
# finds WHAT TEXT: lint-set says that of cards, which stand in standard input.
finds() {
    mkdir -p "my/kernel-versions"
    cat > my/kernel-versions/cards
    "$GRIDPATCH" lint-set --data my > out 2> err
    status=$?
    check "$1" test "$status" -ne 0
    says "$1: it says so" "$2" out
}
finds 'ranges that overlap' 'cards 1b80 - 1bff overlap those of line 1' << T
Cards: 1b00 - 1d56
Vgpu: native
Driver: 418 - 535
$base

Cards: 1b80 - 1bff
Vgpu: native
Driver: 418 - 535
$base
T
finds 'an id twice' 'cards 1b38 - 1b38 overlap those of line 1' << T
$native

$native
T
finds 'a branch that is none' 'branch 536 is not one of the drivers' << T
Cards: 1b38
Vgpu: native
Driver: 418 - 536
$base
T
finds 'a twin without vGPUs' 'twin ffff has no vGPUs of its own' << T
Cards: 1b00 - 1d56
Vgpu: hooks
Twin: ffff
Driver: 418 - 535
$base
T
finds 'a twin with others' 'Driver is not that of twin 1b38' << T
$native

Cards: 1b00 - 1d56
Vgpu: hooks
Twin: 1b38
Driver: 418 - 580
$base
T
finds 'evidence without a mark' 'Evidence does not say how it is known' << T
Cards: 1b38
Vgpu: native
Driver: 418 - 535
Generation: Pascal
Sriov: no
Evidence: x
T
# What a checkout of NVIDIA's modules says: a guest's name is that of a card with types.
mkdir -p nv/src/nvidia/generated
nv() { git -C nv -c user.name=x -c user.email=x -c init.defaultBranch=x "$@" > said 2>&1; }
nv init -q
# tag TAG LINE…
tag() {
    name=$1
    shift
    printf '    { %s },\n' '0x1B80, 0x0000, 0x0000, "NVIDIA GeForce GTX 1080"' "$@" \
        > nv/src/nvidia/generated/g_nv_name_released.h
    nv add -A && nv commit -qm "$name" && nv tag "$name"
}
tag 418.1 '0x1B38, 0x11e7, 0x10de, "GRID P40-1Q"'
tag 535.9
tag 535.10.01 '0x1B38, 0x11e7, 0x10DE, "GRID P40-1B4"'
printf '%s\n' "$native" > own
check 'cards.py: as the newest tags have it' python3 "$repo/tests/cards.py" nv own
python3 "$repo/tests/cards.py" nv own > said
says 'cards.py: how much' '2 cards of a branch compared, 0 differ' said
tag 535.11 '0x2236, 0x1482, 0x10DE, "NVIDIA A10-1Q"'
refute 'cards.py: as they do not' python3 "$repo/tests/cards.py" nv own
python3 "$repo/tests/cards.py" nv own > said
says 'cards.py: one too many' '1b38: 535.11 has no vGPUs for it, cards says otherwise' said
says 'cards.py: one missing' '2236: 535.11 has vGPUs for it, cards says otherwise' said
mkdir no
refute 'cards.py: nothing to compare with' python3 "$repo/tests/cards.py" no own

echo 'Cards: 1b38' > my/kernel-versions/cards
expect_status 'evidence is missing: nobody asks for cards' 0 select --data my --driver 535.309.01 -k 6.5
expect_status 'evidence is missing: lint-set' 1 lint-set --data my
expect_status 'evidence is missing' 3 select --data my --driver 535.309.01 -k 6.5 --gpu 1b38
says 'and where' "'my/kernel-versions/cards:1': cards need 'Vgpu'"
printf '%s\n' "$native" | sed 's/418 - 535/418 - 470/' > my/kernel-versions/cards
expect_status "your own data's cards count" 1 select --data my --driver 535.309.01 -k 6.5 --gpu 10de:1b38
says 'as they say' 'branch 535 is newer than 470'

finish
