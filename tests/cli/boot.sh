#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh sets the rest; $kernel and $kos are words
# --boot: a kernel of Debian's loads modules of our own under QEMU's emulation, and says of
# each what it is there for. The judge is that kernel; what a guest or QEMU may do to us is
# tried with a program in QEMU's place.
# tests: ops/proof/boot ops/proof/bootorder ops/proof/bootread ops/proof/standin ops/vm/initramfs ops/vm/qemu
# tests: ops/proof/bootcell ops/vm/kernel ops/vm/kernelpackage ops/vm/guest/init ops/input/packagefiles
# slow: 55 s
# no-san: minutes of emulation; tests/unit/core/vm reads the same texts
packages=${GRIDPATCH_REAL_CACHE:-$HOME/.cache/gridpatch-real}
. "$(dirname "$0")/lib.sh"

# --- without a kernel ------------------------------------------------------------------

printf 'int x;\n' | ${CC:-cc} -c -x c -o plain.ko - 2> /dev/null || { skip '--boot' 'no compiler'; finish; }
printf 'x' > package.deb
expect_status 'an option of it alone' 2 verify plain.ko --kernel-image vmlinuz --kernel-modules .
says 'it is said' '--kernel-image: it goes with --boot'
expect_status 'an installer' 2 verify none.run --boot
says 'what to do' 'gridpatch build RUN --boot'
mkdir none fake
path=$PATH
# The test's own tools are needed by run(), too.
with() { # PATH ARG…: gridpatch with that PATH
    : > "$reports/.run"
    p=$1
    shift
    PATH=$p "$GRIDPATCH" "$@" > out 2> err < /dev/null
    status=$?
    keep_report "$@"
}
with none verify plain.ko --boot
check 'no QEMU: exit 4' test $status -eq 4
says 'the package is named' 'qemu-system-x86'

# A program in QEMU's place: standard input is what it does.
fake() {
    {
        echo '#!/bin/sh'
        echo 'case "$*" in --version) exit 0 ;; esac'
        cat
    } > fake/qemu-system-x86_64
    chmod +x fake/qemu-system-x86_64
}
faked() { # STATUS WHAT ARG…
    n=$1
    what=$2
    shift 2
    with "$work/fake:$path" "$@"
    check "$what: exit $n" test $status -eq $n
}
fake < /dev/null
faked 2 'an image without modules' verify plain.ko --boot --kernel-image vmlinuz
faked 3 'no package' verify plain.ko --boot --kernel-package package.deb
says 'it is said' "'package.deb' is neither"
faked 4 'a package that is not there' verify plain.ko --boot --kernel-package absent.deb
faked 3 'no bzImage' verify plain.ko --boot --kernel-image package.deb --kernel-modules .
says 'it is said' 'no bzImage'
faked 1 'modules of no kernel' verify plain.ko --boot

# --- a kernel ----------------------------------------------------------------------------

for tool in qemu-system-x86_64 jq dpkg-deb make; do
    command -v $tool > /dev/null || { skip '--boot, a kernel' "no $tool"; finish; }
done
# Debian's 6.1, which make check-vm has, too. It is fetched with AUTODEPS=1 only.
ls "$packages"/images/6.1.*/boot/vmlinuz-6.1.* > /dev/null 2>&1 || [ "${AUTODEPS:-0}" = 1 ] || {
    skip '--boot, a kernel' "there is none in '$packages', and AUTODEPS is not 1"
    finish
}
mkdir -p "$packages"
if ! sh "$repo/tests/vm/kernel.sh" "$packages" 6.1 > found 2> why; then
    skip '--boot, a kernel' "$(cat why)"
    finish
fi
read -r release headers _ root _ < found
check 'the samples build' sh "$fx/bootmods.sh" "$headers" m
# A package as Debian's, with the modules that the samples need.
mkdir -p deb/DEBIAN deb/boot "deb/lib/modules/$release/kernel/virt/lib"
printf 'Package: linux-image\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@example.org>\nDescription: x\n' > deb/DEBIAN/control
cp "$root/boot/vmlinuz-$release" deb/boot
cp "$root/lib/modules/$release/kernel/virt/lib/irqbypass.ko" "deb/lib/modules/$release/kernel/virt/lib"
dpkg-deb --root-owner-group -Zgzip -z1 -b deb kernel.deb > /dev/null || not_ok 'the package is made'
deb=kernel.deb
kernel="--boot --kernel-image $root/boot/vmlinuz-$release --kernel-modules $root/lib/modules/$release"

# of FILE FIELD: of a module in boot.json.
of() { jq -r --arg f "$1" "[.boot.modules[] | select(.file == \$f and (.stand_in | not))][0].$2" boot.json; }
found() { jq -r --arg f "$1" '[.boot.findings[] | select(.module == $f) | .check] | join(" ")' boot.json; }

kos=
for m in nvidia taken init prop link taint gplonly space crc absent warning stays nvidia-uvm nvidia-peermem nvidia-vgpu-vfio; do
    kos="$kos m/$m.ko"
done
# Out of the package, which says which kernel it is.
expect_status 'a package, and all samples' 1 verify $kos --headers "$headers" --boot --accel tcg --kernel-package "$deb" \
    --json=boot.json
cp out said
while read -r file verdict what; do
    check "$file.ko: $verdict, ${what:--}" \
        test "$(of $file.ko verdict) $(of $file.ko check)" = "$verdict ${what:-null}"
done << 'END'
nvidia ended card
nvidia-vgpu-vfio refused symbol-get
nvidia-uvm ended init
nvidia-peermem ended card
taken loaded
init failed init
prop loaded
link loaded
taint refused symbol
gplonly refused symbol
space refused namespace
crc refused crc
absent refused symbol
warning loaded
stays loaded
END
check 'a stand-in was loaded in the place of nvidia.ko' test \
    "$(jq -r '[.boot.modules[] | select(.stand_in) | .file + " " + .verdict] | join(",")' boot.json)" = 'nvidia.ko loaded'
check 'who was beside it' test "$(of nvidia-uvm.ko beside) $(of taken.ko beside)" = 'nvidia.ko null'
check "the kernel's taints" test "$(of taken.ko taint) $(of link.ko taint)" = 'OE POE'
check 'they were unloaded again' \
    test "$(of taken.ko unloads) $(of link.ko unloads) $(of stays.ko unloads)" = 'true true false'
check 'a warning is found' test "$(found warning.ko)" = warning
check 'its trace is there' jq -e '.boot.findings[] | select(.check == "warning") | .trace | test("Call Trace")' boot.json
check 'what it was told to say, too' jq -e '.boot.findings[] | select(.check == "warning") | .trace | test("a warning of")' boot.json
check 'that one does not unload is found' test "$(found stays.ko)" = unload
check 'by which machine' test "$(jq -r .boot.accel boot.json)" = tcg
says 'what is not shown' 'a virtual machine does not show' said
refute 'a look at the files has said the same of each' grep -q '^differs' said
jq -r '.findings[] | select(.severity == "error") | .file' boot.json | sort -u > looked
jq -r '.boot.modules[] | select(.verdict == "refused") | .file' boot.json | sort -u > refused
check 'verify and the kernel refuse the same' diff looked refused
check 'there are some' test "$(wc -l < refused)" -ge 5

# One alone: what it needs lies beside it. A crash ends the machine, and is no time-out.
run verify m/nvidia-vgpu-vfio.ko m/oops.ko --headers "$headers" $kernel --accel tcg --json=boot.json
check 'a crash: exit 1' test $status -eq 1
check 'the one that crashes' test "$(of oops.ko verdict)" = crashed
check 'its trace' jq -e '.boot.findings[0].trace | test("m_init")' boot.json
check 'the other was refused, by a kernel that has a stand-in' \
    test "$(of nvidia-vgpu-vfio.ko verdict) $(of nvidia-vgpu-vfio.ko beside)" = 'refused nvidia.ko'
# What MODULE_SOFTDEP wants before and after it: as modprobe does it. Of root QEMU takes
# what only root may read, and is nobody when the machine runs.
cp "$root/boot/vmlinuz-$release" private
chmod 0600 private
fake << END
(while kill -0 \$\$; do sed -n 's/^Uid:[[:space:]]*//p' /proc/\$\$/status >> $work/users; sleep 0.5; done) 2> /dev/null &
exec $(command -v qemu-system-x86_64) "\$@"
END
faked 0 'soft dependencies' verify m/soft.ko --boot --kernel-image private --kernel-modules "$root/lib/modules/$release" \
    --accel tcg --json=boot.json
if [ "$(id -u)" = 0 ]; then
    check 'root: QEMU runs as nobody' test "$(tail -n 1 users | xargs)" = '65534 65534 65534 65534'
else
    skip 'root: QEMU runs as nobody' 'this is not root'
fi
jq -r '.boot.modules[] | .file + " " + .verdict' boot.json > soft
if command -v modprobe > /dev/null && command -v depmod > /dev/null; then
    mkdir -p "depmod/lib/modules/$release"
    cp m/soft.ko m/early.ko m/late.ko m/init.ko "depmod/lib/modules/$release"
    depmod -b depmod "$release" 2> /dev/null
    modprobe -d depmod -S "$release" --show-depends soft > shown
    sed -n 's,^insmod .*/\([^/ ]*\.ko\).*,\1,p' shown > order
    check 'soft dependencies: those of modprobe, in its order' test "$(cut -d' ' -f1 soft | xargs)" = "$(xargs < order)"
else
    skip 'soft dependencies' 'no modprobe to compare with'
fi
check 'soft dependencies: there are some' test "$(wc -l < soft)" -ge 2
# Without headers there is no stand-in: that is no answer.
mkdir alone
cp m/nvidia.ko m/nvidia-uvm.ko alone
if [ ! -e "/lib/modules/$release/build" ] && [ ! -e "/usr/src/linux-headers-$release" ]; then
    expect_status 'no headers for a stand-in' 4 verify alone/*.ko $kernel --accel tcg
    says 'it is said' 'a stand-in for nvidia.ko takes the headers' out
fi

# As nobody, and packed; the kernel by -k.
xz -k m/taken.ko && gzip -k m/link.ko && zstd -q m/prop.ko
nobody=
mkdir -m 0777 tmp
if setpriv --reuid=65534 --regid=65534 --clear-groups true 2> /dev/null; then
    nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
    # A scratch directory of somebody's own.
    chown 65534:65534 tmp
    chmod 0755 tmp
fi
cp "$GRIDPATCH" gp
TMPDIR=$work/tmp $nobody ./gp verify m/taken.ko.xz m/link.ko.gz m/prop.ko.zst -k "$release" --boot --accel tcg \
    --kernel-package kernel.deb > out 2> err < /dev/null
status=$?
check 'without root, packed modules: exit 0' test $status -eq 0
says 'the answer' 'the kernel says yes' out
says 'one of them' 'loaded     taken.ko.xz; taint OE; unloaded again' out
check 'nothing is left in its scratch directory' test -z "$(find tmp -mindepth 1)"

# --- what was built just now -----------------------------------------------------------------

# A driver of our own, and one whose nvidia-uvm.ko asks for that function by symbol_get().
sh "$fx/buildable.sh" links && sh "$fx/buildable.sh" --breaks asks asks && sh "$fx/buildable.sh" --data data
GRIDPATCH_DATA=$work/data
export GRIDPATCH_DATA
expect_status 'a matrix' 1 matrix links asks --headers "$headers" $kernel --accel tcg --json=cells.json --junit cells.xml \
    --html cells.html
check 'one is a yes, the other a class of its own' test \
    "$(jq -r '[.cells[] | .driver.file + " " + .class + " " + .boot] | join(", ")' cells.json)" = 'links ok yes, asks boot no'
check 'what the kernel said of each module' \
    jq -e '.cells[1].booted | .[1] | test("nvidia-uvm.ko: refused: failing symbol_get of non-GPLONLY symbol")' cells.json
check 'JUnit: a failure of that class' grep -q '<failure message="boot: nvidia-uvm.ko is refused' cells.xml
says 'HTML has it' 'boot</' cells.html
# What that proves: builds of both, and of one that it loads.
run lint-set --evidence cells.json
tr -s '\n ' ' ' < out > flat
day=$(jq -r .started cells.json | cut -c-10)
says 'evidence of a boot' "Evidence: [booted] $day: 390.10 (general) on $release, unpatched," flat
says 'which is that the kernel took them' "nvidia-uvm.ko; a virtual machine's kernel took them, without a card" flat
says 'of the other, that it builds' "Evidence: [built] $day: 390.10 (general) on $release, unpatched," flat
says 'and what the kernel said' 'not loaded: booted, and nvidia-uvm.ko is refused: failing symbol_get' flat
mkdir -p pasted/kernel-versions
line=$(echo "$release" | cut -d. -f1,2)
{
    printf 'Kernel: %s\nStatus: untested\n\nDriver: 390.10\nLoad: yes\nReason: A test.\n' "$line"
    sed -n '/^Evidence/,/^#/{/^#/q;p}' out
} > "pasted/kernel-versions/$line"
GRIDPATCH_DATA=$work/pasted run lint-set
says 'a rule takes it' 'clean      0 sets, 1 rule' out
# Those that were only built are not what is asked for.
jq '.cells[0].boot = null | .cells[0].booted = []' cells.json > earlier.json
echo "echo 'Linux version'" | fake
faked 1 'the rest of a matrix' matrix links asks --headers "$headers" $kernel --accel tcg --resume earlier.json --json=later.json
check 'one was asked again, and nobody answered' test \
    "$(jq -r '[.cells[] | .class] | join(" ")' later.json)" = 'environment boot'
expect_status 'no package' 3 build links --headers "$headers" --boot --kernel-package m/taken.ko
other_release other 6.1.0-999-amd64
faked 4 'another kernel than that of the headers' build links --headers other $kernel --accel tcg
says 'it is said' 'kernel 6.1.0-999-amd64 is not among those that were named to be booted' out
expect_status 'patch without --build' 2 patch links --boot
says 'it is said' '--boot: it goes with --build'
expect_status '--merge' 2 matrix --merge cells.json --boot
unset GRIDPATCH_DATA

# --- no answer -----------------------------------------------------------------------------

unanswered() { # WHAT TEXT
    faked 4 "$1" verify m/taken.ko $kernel --accel tcg --json=boot.json
    says "$1: it is said" "$2"
    check "$1: no module counts as asked" test "$(of taken.ko verdict)" = 'not asked'
    check "$1: the answer" test "$(jq -r .boot.answer boot.json)" = 'not asked'
}
fake < /dev/null
unanswered 'a console that says nothing' 'nothing came out of the console'
echo 'echo "Linux version"; echo "0123 end 0 0"; echo done' | fake
unanswered 'a kernel that ends early' 'did not come as far as its modules; the last line: done'
echo 'echo hello; exit 3' | fake
unanswered 'QEMU fails' 'QEMU ended with 3'
echo 'yes "a line of a console"' | fake
unanswered 'a console without end' 'the console has more than 8 MiB'
# Of root: QEMUs that cannot give their user up, or know one word for it only.
echo "echo \"\$*\" >> $work/asked; echo 'qemu-system-x86_64: -run: invalid option'; exit 1" | fake
unanswered 'a QEMU that stays who it is' 'QEMU ended with 1'
[ "$(id -u)" != 0 ] || check 'a QEMU that stays who it is: how it was asked' \
    test "$(sed -n 's/.*-append//; s/.* \(-run[^ ]* [^ ]*\).*elev.*/wrong/; s/.* \(-run[^ ]* [^ ]*\).*/\1/; s/.*elevateprivileges=deny.*/deny/; p' asked | xargs)" \
    = '-runas 65534:65534 -run-with user=65534:65534 deny'
echo "echo 'Linux version'; exec sleep 985.$$" | fake
faked 4 'out of time' verify m/taken.ko $kernel --accel tcg --timeout 1
says 'it is said' 'not done after 1 s; its last line: Linux version'
refute 'nothing is left running' pgrep -f "sleep 985.$$"
# KVM that runs nothing: given up after 5 s.
if [ -w /dev/kvm ]; then
    echo "case \"\$*\" in *'accel kvm'*) exec sleep 985.$$ ;; esac; echo 'by tcg'" | fake
    faked 4 'KVM is silent' verify m/taken.ko $kernel --json=boot.json
    check 'another was asked' test "$(jq -r '"\(.boot.accel) \(.boot.kvm_silent)"' boot.json)" = 'tcg true'
else
    skip 'KVM is silent' 'no /dev/kvm that could be opened'
fi
# Whoever ends us ends QEMU.
echo "echo 'Linux version'; : > $work/started; exec sleep 984.$$" | fake
wait_for() { # COMMAND…: at most 3 s
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        "$@" > /dev/null 2>&1 && return
        sleep 0.3
    done
}
gone() { ! pgrep -f "sleep 984.$$"; }
for signal in TERM KILL; do
    rm -f started
    PATH=$work/fake:$path "$GRIDPATCH" verify m/taken.ko $kernel --accel tcg > out 2> err &
    pid=$!
    wait_for test -e started
    check "SIG$signal: QEMU was there" test -e started
    kill -$signal $pid
    wait $pid 2> /dev/null
    status=$?
    [ $signal = KILL ] || check 'SIGTERM: it died of it' test $status -eq 143
    wait_for gone
    check "SIG$signal: QEMU is gone" gone
done
finish
