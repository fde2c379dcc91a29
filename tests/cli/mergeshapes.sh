#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2046,SC2086,SC2154 # lib.sh sets the rest; lists are words
# Pairs in the shapes of R460 to R580, with a grid guest and with a general driver: what is
# merged of them is judged by three that know neither the table of choices nor our code.
# slow: 15 s
# no-san: merge.sh, merged.sh and unit tests run the same code; here other judges are asked
. "$(dirname "$0")/lib.sh"

command -v python3 > /dev/null || { skip 'merged shapes' 'no python3'; finish; exit; }

# judged HOST DESKTOP TREE. The kernels that are left out stand in dkms.conf.
judged() {
    python3 "$fx/mergejudge.py" "$1" "$2" "$3" --changed kernel/dkms.conf &&
        python3 "$fx/manifest.py" "$3" --of "$1" --of "$2"
}

for shape in R460 R470 R535 R550 R580; do
    for desktop in grid general; do
        p=$shape-$desktop
        set -- $(sh "$fx/mergepair.sh" --shape $shape --desktop $desktop $p)
        expect_status "$p" 0 merge "$1" "$2" -o $p.run --no-hooks --no-set all $k --allow versions,unknown,blocked
        case $desktop in grid) check "$p: that gridd is not set up is no fault" grep -q '^note .* nvidia-gridd' "$work/out" ;; esac
        refute "$p: what a host does without is no fault" grep -q '^by itself.*\(gridd\|proprietary\)' "$work/out"
        unrun $p.run $p/m || not_ok "$p: it does not unpack"
        check "$p: files and manifest" judged $p/host $p/desktop $p/m
        check "$p: all of it is installed, once" python3 "$fx/install.py" $p/m $p/root
        expect_status "$p: verify" 0 verify $p.run
        run info --json $p.run
        check "$p: kind merged" json_is out .driver.kind merged
    done
done

# A judge that never says no is none. good is right; t is that with one thing changed.
p=R580-general
host=$p/host desktop=$p/desktop good=$p/m
v=$(sed -n 2p $host/.manifest)
objects() {
    rm -rf t
    cp -a $good t
    chmod u+w t/.manifest t/nvidia-smi
    what=$1
    shift
    "$@"
    refute "the judges object: $what" judged $host $desktop t
}
line4() { sed -i "4s/ nvidia-vgpu-vfio//" t/.manifest; }
drop() { sed -i "\\,^$1 ,d" t/.manifest; }
twice() { sed -i "\\,^$1 ,p" t/.manifest; }
retype() { sed -i "s/^\\($1 [0-9]*\\) [A-Z_]*/\\1 $2/" t/.manifest; }
relink() { sed -i "s/^\\(libnvidia-ml.so.1 .* \\)libnvidia-ml[^ ]*/\\1libnvidia-ml.so.$v/" t/.manifest; }
objects 'a file of the host is missing' rm t/nvidia-vgpud
objects "the desktop's blob" cp $desktop/kernel/nvidia/nv-kernel.o_binary t/kernel/nvidia/
objects 'no VGX_KVM_BUILD' sed -i /^VGX_KVM_BUILD=1/d t/kernel/conftest.sh
objects 'a library in two versions' cp "$host/libnvidia-ml.so.$v" t/
objects 'another mode' chmod 0700 t/nvidia-smi
objects 'a file of kernel/ without a line' drop kernel/nvidia-vgpu-vfio/nvidia-vgpu-vfio.c
objects 'a line twice' twice nvidia-vgpud
objects 'a link to what is not there' relink
objects 'a type that the installer does not know' retype nvidia-vgpud NVIFR_LIB
objects 'a module without its name in line 4' line4
finish
