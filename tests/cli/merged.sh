#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2015,SC2016,SC2086,SC2154 # $k is words; lib.sh sets the rest
# What info and verify say of merged drivers, and which desktops go with a host. The merged
# one is put together here with cp, sed and grep, as its makers do it by hand.
# tests: core/merge/mergepartner core/merge/mergewhole ops/driver/inspect
. "$(dirname "$0")/lib.sh"

pair() { sh "$fx/mergepair.sh" --shape "$@" > "$work/made" 2>&1 || not_ok "the pair $*"; }

# merge_by_hand PAIR OUT: the desktop, what only the host has, and what the host needs.
merge_by_hand() {
    cp -R "$1/desktop" "$2"
    chmod -R u+w "$2"
    hv=$(sed -n 2p "$1/host/.manifest") dv=$(sed -n 2p "$1/desktop/.manifest")
    (cd "$1/host" && find . -type f ! -path './kernel-open/*') | sed 's,^\./,,' | sort | while read -r f; do
        other=$(echo "$f" | sed "s/$hv/$dv/")
        case $f in
            LICENSE | nvidia-bug-report.sh | firmware/* | init-scripts/* | vgpuConfig.xml) ;;
            kernel/nvidia/nv-kernel.o_binary | kernel/nvidia/nvidia-sources.Kbuild) ;;
            *) [ ! -e "$1/desktop/$f" ] && [ ! -e "$1/desktop/$other" ] || continue ;;
        esac
        mkdir -p "$(dirname "$2/$f")"
        cp -p "$1/host/$f" "$2/$f"
    done
    chmod -R u+w "$2"
    sed -i '/^VGX_KVM_BUILD=/d; /^# VGX_KVM_BUILD/aVGX_KVM_BUILD=1' "$2/kernel/conftest.sh"
    sed -i '4s/$/ nvidia-vgpu-vfio/' "$2/.manifest"
    sed 1,8d "$1/host/.manifest" | grep -v " kernel-open/\|^kernel-open/\|libnvidia-ml" | while read -r line; do
        [ ! -e "$1/desktop/${line%% *}" ] || continue
        grep -qxF "$line" "$2/.manifest" || echo "$line" >> "$2/.manifest"
    done
}

# --- which desktops go with a host ------------------------------------------------------

for shape in R460 R470 R535 R550 R580; do pair $shape --trees $shape; done
expect_status 'a host of one version with its desktop' 0 info R535/host
says 'that desktop' 'merges     with 535.129.03, released with it' out
says 'another one of the branch' '  or       with 535.261.03 (--allow versions)' out
expect_status 'a host of another version' 0 info R550/host
says 'it needs a word' 'merges     with 550.90.07 (--allow versions), released with it' out
expect_status 'in JSON' 0 info --json R550/host
check 'fit and origin' json_is out '.desktops[0] | "\(.version) \(.fit) \(.released_with)"' '550.90.07 versions true'
expect_status 'a desktop goes with no desktop' 0 info --json R550/desktop
check 'null' json_is out .desktops null
mkdir -p my/kernel-versions
printf '%s\n' 'Branch: 550' 'Pairs: 550.90.05=550.90.12' 'Evidence: [source] x' > my/kernel-versions/merge
expect_status "the user's data" 0 info --data my R550/host
says 'both' '  or       with 550.90.12 (--allow versions), released with it' out
expect_status 'data that are not there' 4 info --data nowhere R550/host
printf '%s\n' 'Branch: 550' 'Pairs: 550.90.05' 'Evidence: [source] x' > my/kernel-versions/merge
expect_status 'data that cannot be read' 3 info --data my R550/host
says 'where' "my/kernel-versions/merge:2': field 'Pairs' cannot be '550.90.05'"
sed -i 's/550\.90\.05/555.42.01/' R550/host/.manifest
expect_status 'a host of a branch that nobody lists' 0 info R550/host
says 'nothing is made up' 'merges     with a desktop driver of branch 555; none is known to be released with it' out
sed -i 's/555\.42\.01/550.90.05/' R550/host/.manifest

# --- what a merged one is ---------------------------------------------------------------

for shape in R460 R470 R535 R550 R580; do
    merge_by_hand $shape $shape.m
    sh "$fx/mkrun.sh" $shape.m $shape.run > /dev/null
    expect_status "$shape: info" 0 info $shape.run
    says "$shape: merged" 'merged; modules: ' out
    expect_status "$shape: whole" 0 verify $shape.run
    check "$shape: the strict reader has nothing against this one, either" \
        python3 "$fx/manifest.py" $shape.m --of $shape/host --of $shape/desktop
    expect_status "$shape: its host is none" 0 verify $shape/host
done

# The hooks look for a table in the binary part, which is the host's: 460.107 has the newer
# one, its own desktop's version stands below where that begins.
pair R460 --trees --host-version 460.107 --desktop-version 460.106.00 R460.4
merge_by_hand R460.4 R460.4m
sh "$fx/mkrun.sh" R460.4m R460.4.run > /dev/null
expect_status '460.106.00 with the host 460.107' 0 patch -n -v $k --no-hooks --no-set all R460.4.run
says "the hooks are the host's" 'hooks: newer-table' out
expect_status '460.73.01 with the host 460.73.02' 0 patch -n -v $k --no-hooks --no-set all R460.run
says "the host's are older" 'hooks: upstream' out

# broken WHAT SAYS COMMANDS: a merged driver that was changed so is not whole.
broken() {
    rm -rf b && cp -R R460.m b
    (cd b && eval "$3") || not_ok "$1: its making"
    expect_status "$1" 1 verify b
    says "$1: why" "$2" out
    check "$1: nothing else" test "$(grep -c '^problem' out)" = "${4:-1}"
}
v=460.73.01
broken 'a file of the host is missing' "lists 'sriov-manage', which is not there" 'rm sriov-manage'
broken 'a script of the host is not listed' "'init-scripts/common.sh' is not in '.manifest': it would never be installed" \
    'sed -i "/common.sh/d" .manifest'
broken 'a library of the host is not listed' "host half: '.manifest' does not list libnvidia-vgxcfg.so" \
    'sed -i "/^libnvidia-vgxcfg/d" .manifest'
broken 'a source of the host is not listed' "nv-vgpu-vfio-interface.c' is not in '.manifest': it would never be built" \
    'sed -i "/vfio-interface.c/d" .manifest'
broken "the desktop's conftest.sh" "'kernel/conftest.sh' does not set VGX_KVM_BUILD=1" \
    'sed -i "/^VGX_KVM_BUILD/d" kernel/conftest.sh'
broken "the desktop's list of sources" "'kernel/nvidia/nvidia-sources.Kbuild' does not name nv-vgpu-vfio-interface.c" \
    'sed -i "/vfio-interface/d" kernel/nvidia/nvidia-sources.Kbuild'
broken "an older desktop's conftest.sh" "asks for the test vfio_register_notifier, which 'kernel/conftest.sh' does not know" \
    'sed -i "s/vfio_register_notifier)/vfio_other)/" kernel/conftest.sh'
broken 'no module of the host' 'host half: nvidia-vgpu-vfio is not among the modules' \
    'sed -i "4s/ nvidia-vgpu-vfio//" .manifest'
broken 'no module of the desktop' "desktop half: 'kernel/nvidia-uvm/nvidia-uvm.Kbuild' is not there" \
    'rm -r kernel/nvidia-uvm; sed -i "/nvidia-uvm\//d" .manifest'
broken 'no CUDA' "desktop half: '.manifest' does not list libcuda.so" 'sed -i "/^libcuda/d" .manifest; rm libcuda.so.$v'
broken 'NVML in two versions' "'libnvidia-ml.so.460.73.01' and 'libnvidia-ml.so.460.73.02' are one library" \
    'cp ../R460/host/libnvidia-ml.so.* .; grep "^libnvidia-ml.so.4" ../R460/host/.manifest >> .manifest' 2
broken 'NVML of the host' "'libnvidia-ml.so.460.73.02' is not of the driver's version, 460.73.01" \
    'mv libnvidia-ml.so.$v libnvidia-ml.so.460.73.02; sed -i "s/libnvidia-ml.so.$v/libnvidia-ml.so.460.73.02/" .manifest'
broken 'a link to nothing' "the symlink 'libnvidia-vgpu.so' leads to 'libnvidia-vgpu.so.$v', which nothing installs" \
    'sed -i "/VGX_LIB_SYMLINK libnvidia-vgpu/s/460.73.02/$v/" .manifest'
expect_status 'in JSON' 1 verify --json b
check 'the finding' json_is out '.findings | map(select(.text | contains("leads to"))) | length' 1

# Of an installer all files are seen.
sed -i '/^nvidia-vgpud /d' b/.manifest && sh "$fx/mkrun.sh" b b.run > /dev/null
expect_status 'an installer' 1 verify b.run
says 'the file' "'nvidia-vgpud' is not in '.manifest': it would never be installed" out
says 'the half' "host half: '.manifest' does not list nvidia-vgpud" out

finish
