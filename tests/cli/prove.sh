#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh and running.sh set the rest
# prove, and lint-set --from-proof: what a host shows of itself, what it does not, and what
# may be said of that.
# tests: ops/running/prove ops/running/sets core/proof/hostproof
. "$(dirname "$0")/lib.sh"
. "$fx/running.sh"

running_tools || { skip 'prove' "$missing"; finish; }
SOURCE_DATE_EPOCH=1796000000 # date -u -d @1796000000
export SOURCE_DATE_EPOCH
day=$(date -u -d @$SOURCE_DATE_EPOCH +%Y-%m-%d)
history=m/usr/src/nvidia-535.161.05/gridpatch-history.txt
# value PATH WANT: of the proof p.json.
value() { check "$1 is $2" json_is p.json "$1" "$2"; }

# --- what is shown ---------------------------------------------------------------------------
# Everything that must not be told lies around.
secrets() {
    echo hal9000.example.org > m/etc/hostname
    echo 0badcafe0badcafe0badcafe0badcafe > m/etc/machine-id
    mkdir -p m/sys/class/dmi/id m/sys/bus/mdev/devices/5eca5eca-0000-4000-8000-000000000001 m/home/dave m/sys/class/net/eth0
    echo SN-4711 > m/sys/class/dmi/id/product_serial
    echo 02:00:5e:ca:5e:ca > m/sys/class/net/eth0/address
    mkdir -p "$(dirname $history)"
    printf 'Date: 2026-11-30\nDone: 535.161.05: gridpatch: patch set pfn-valid sha256 12\n x: gridpatch: patch set no-llseek sha256 34\n x: gridpatch: hooks sha256 56 of /home/dave/hooks\n' > $history
    echo 'GPU UUID GPU-5eca5eca on hal9000, user dave' >> m/.gridpatch-record/dmesg
    printf 'LANG=C\0USER=dave\0LD_PRELOAD=%s\0' "$lib" > m/proc/812/environ
}
host
secrets
printf 'ID=debian\nVERSION_ID="12"\n' > m/etc/os-release
mkdir -p m/usr/bin; : > m/usr/bin/pveversion
expect_status 'a driver that works' 0 prove --sysroot m
cp out p.json
json_valid p.json proof
value .date "$day"
value .platform proxmox-8
value .kernel "$k"
value .driver 535.161.05
value '.sets | join(" ")' 'pfn-valid no-llseek'
value .hooks true
value '.modules | map(.name + " \(.loaded) \(.same_as_file)") | join(", ")' 'nvidia true true, nvidia-vgpu-vfio true true'
value '.cards | map("\(.id) \(.types) \(.functions)") | join(", ")' '10de:1b80 2 0'
value '.services | map("\(.name) \(.state) \(.preloads)") | join(", ")' \
    'nvidia-vgpud.service inactive null, nvidia-vgpu-mgr.service active true'
for secret in hal9000 0badcafe 5eca SN-4711 02:00 dave /usr /home nvidia-46 "$PWD" "$(hostname)" sha256; do
    refute "nothing tells $secret" grep -qiF -- "$secret" p.json
done
# Each text of it, by a reader of its own, is one of these.
jq -r '.. | strings' p.json | grep -vxE "gridpatch[.-].*|$day|proxmox-8|$k|535.161.05|pfn-valid|no-llseek|nvidia[a-z-]*(.service)?|10de:1b80|(in)?active" > other
check 'nothing else is in it' test ! -s other

# --- shown, and then written -----------------------------------------------------------------
expect_status 'into a file' 0 prove --sysroot m -o f.json
check 'the file is what was shown' sh -c 'grep -v "^# " out | cmp - f.json'
check 'and what is shown without' cmp p.json f.json
says 'nobody was told' 'nothing was sent anywhere' out
expect_status 'a file that is there' 1 prove --sysroot m -o f.json
check 'it is shown all the same' sh -c 'cmp p.json out'
echo mine > f.json
expect_status '-f' 0 prove --sysroot m -f -o f.json
check 'replaces it' cmp p.json f.json
expect_status 'shown, or not written' 2 prove --sysroot m -q -f -o f.json
expect_status 'a report' 0 prove --sysroot m --json=r.json
json_valid r.json prove
check 'has it, too' sh -c 'jq -S .proof r.json > a && jq -S . p.json > b && cmp a b'
expect_status 'a word too many' 2 prove m
if [ -e /dev/full ]; then
    "$GRIDPATCH" prove --sysroot m -o full.json > /dev/full 2> err
    check 'what could not be shown is told' test $? -eq 4
    check 'and not written' test ! -e full.json
fi
check 'nothing else was made' test "$(find . -name '.*.gridpatch-??????' | wc -l)" -eq 0

run doctor --record recorded --sysroot m --yes
run prove --sysroot recorded
check 'a record shows the same' cmp p.json out

# --- sets, by who writes them down -------------------------------------------------------------
cp -R m kept
make_sample s
sh "$fx/installed.sh" s m/usr/src/nvidia-460.73.02 || exit 1
run patch -k 5.12.9 --no-hooks --dkmstree none m/usr/src/nvidia-460.73.02 --json=patch.json
jq -r '.patches[].set' patch.json | sort -u > want
check 'patch wrote sets down' test -s want
echo 460.73.02 > m/sys/module/nvidia/version
run prove --sysroot m --json=r.json
jq -r '.proof.sets[]' r.json | sort > got
check 'in an installed tree' diff want got
rm m/usr/src/nvidia-460.73.02/gridpatch-history.txt
run prove --sysroot m; cp out p2.json
check 'without that nothing is known of sets' json_is p2.json .sets null
expect_status 'a tree for DKMS' 0 dkms-tree -k 5.12.9 --no-hooks s -o tree --json=tree.json
cp tree/pkg-history.txt m/usr/src/nvidia-460.73.02/
jq -r '.patches[].set' tree.json | sort -u > want
run prove --sysroot m --json=r.json
jq -r '.proof.sets[]' r.json | sort > got
check 'in a tree for DKMS' diff want got
rm -rf m; mv kept m

# --- what cannot be proved ---------------------------------------------------------------------
cp -R m kept
rm -r m/sys/module/nvidia
expect_status 'not loaded' 1 prove --sysroot m -o none.json
check 'writes nothing' test ! -e none.json
mkdir -p m/run/systemd; echo lxc > m/run/systemd/container; rm -r m/sys/module
expect_status 'in a container' 4 prove --sysroot m
rm -rf m; cp -R kept m; rm -r m/usr/src
run prove --sysroot m; cp out p.json
value .sets null
rm "m/lib/modules/$k/updates/dkms/nvidia.ko"
run prove --sysroot m; cp out p.json
json_valid p.json proof
value .hooks null
value '.modules[0].same_as_file' null

# --- given back ---------------------------------------------------------------------------------
rm -rf m; cp -R kept m
run prove --sysroot m; cp out p.json
expect_status 'loaded, and unlocked' 0 lint-set --from-proof p.json --json=l.json
says 'evidence of all' "Evidence: [reported] OWNER/REPOSITORY#N, $day: 535.161.05 on $k (proxmox-8)" out
check 'its value' test "$(jq -r '.evidence[0].field' l.json)" = \
    "[reported] OWNER/REPOSITORY#N, $day: 535.161.05 on $k (proxmox-8) with pfn-valid, no-llseek, with hooks: nvidia and nvidia-vgpu-vfio are loaded; 10de:1b80 has 2 types of mdev"
check 'lines of 120 columns' sh -c '! grep -E "^.{121}" out'
# claim NAME JQ: with that of the proof changed, it is a claim of that.
claim() {
    jq "$2" p.json > c.json
    run lint-set --from-proof c.json --json=l.json
    check "$2: $1" test "$(jq -r '.evidence[0] | if .field then .name else "nothing" end' l.json)" = "$1"
}
claim Evidence .
claim Load-Evidence '.hooks = false'
claim Load-Evidence '.hooks = null'
claim Load-Evidence '.cards[0].types = 0'
claim Load-Evidence '.cards[0].id = "10de:1bb3"'
claim Load-Evidence '.cards = []'
claim Load-Evidence '.modules[0].same_as_file = false'
claim nothing '.modules[0].loaded = false'
claim nothing '.modules[1].loaded = null'
claim nothing '.modules = []'
claim nothing '.driver = null'
jq '.modules = []' p.json > c.json
expect_status 'nothing is loaded' 1 lint-set --from-proof c.json
expect_status 'one of two' 0 lint-set --from-proof c.json --from-proof p.json
jq '.sets = null | .hooks = null' p.json > c.json
run lint-set --from-proof c.json
check 'what nobody wrote down is said' sh -c 'tr -d "\n" < out | grep -q "with patches that nobody wrote down"'

# What is printed is for a rule, and lint-set takes it only once its place is there.
mkdir -p my/kernel-versions
rule() {
    printf 'Kernel: 9.9\nStatus: untested\nChanges: x (0123456789ab)\n\nDriver: 535.161.05\nKind: host\nLoad: yes\nReason: x\n' > my/kernel-versions/9.9
    "$GRIDPATCH" lint-set --from-proof p.json | grep -v '^#' | sed "$1" >> my/kernel-versions/9.9
    run lint-set --data my
}
rule 's/x/x/'
says 'not as it is' 'my/kernel-versions/9.9:5: a report that nobody can follow' out
rule 's|OWNER/REPOSITORY#N|somebody/somewhere#12|'
refute 'but with a place' grep -q 'my/kernel-versions' out

# --- proofs that are none --------------------------------------------------------------------------
# none WHAT STATUS JQ
none() {
    jq -c "$3" p.json > c.json
    expect_status "$1" "$2" lint-set --from-proof c.json
}
none 'another type' 3 '.type = "gridpatch.matrix"'
none 'a later schema' 3 '.schema = 3'
none 'no schema' 3 'del(.schema)'
none 'no day' 3 '.date = "today"'
none 'a kernel that is none' 3 '.kernel = "6.1 [built] 2026-11-30"'
none 'a driver that is none' 3 '.driver = "535; Evidence: [built]"'
none 'a set of several lines' 3 '.sets = ["a\nEvidence: [built] x"]'
none 'a set with an escape' 3 '.sets = ["\u001b[2J"]'
none 'a set that is a number' 3 '.sets = [1]'
none 'an empty set' 3 '.sets = [""]'
none 'a platform with blanks' 3 '.platform = "a b"'
none 'a long name' 3 '.platform = "a" * 65'
none 'a NUL byte' 3 '.modules[0].name = "nvidia\u0000x"'
none 'modules that are no list' 3 '.modules = {}'
none 'a module that is no object' 3 '.modules = ["nvidia"]'
none 'loaded, by a word' 3 '.modules[0].loaded = "yes"'
none 'a thousand modules' 3 '.modules = [range(1000) | {name: "nvidia", loaded: true, same_as_file: true}]'
none 'a card of somebody else' 3 '.cards[0].id = "1002:1b80"'
none 'less than no types' 3 '.cards[0].types = -1'
none 'types by the million' 3 '.cards[0].types = 1000000'
none 'half a type' 3 '.cards[0].types = 0.5'
none 'no services' 3 'del(.services)'
none 'members that nobody knows' 0 '.more = 1'
none 'a list' 3 '[.]'
for text in '' '{' 'null' '[[[[[[[[[[[[' '{"type":"gridpatch.proof"'; do
    printf '%s' "$text" > c.json
    expect_status "'$text'" 3 lint-set --from-proof c.json
done
head -c 300000 /dev/zero | tr '\0' ' ' > c.json
expect_status 'one that is too long' 3 lint-set --from-proof c.json
expect_status 'no such file' 4 lint-set --from-proof nothing.json
expect_status 'and a set' 2 lint-set --from-proof p.json pfn-valid
expect_status 'and a matrix' 2 lint-set --from-proof p.json --evidence p.json
finish
