#!/bin/sh
# SPDX-License-Identifier: MIT
# installer.sh PACKAGE|PROGRAM OPTION…
#
# Plays nvidia-installer in a root of its own: a sample's nvidia-installer calls it, from
# the unpacked package, or as what was installed. Takes the options that the real one has
# (535, option_table.h) as far as gridpatch tells them, and no other. Installs by the
# manifest (install.py, beside it), fills dkms.conf in as the real one does, and lets dkms
# build and install. As nvidia-uninstall it takes away what it installed, and its entry in
# DKMS; not that if /forgets-dkms is there, as one that was interrupted.
# shellcheck disable=SC2013 # words
set -eu
here=$(cd "$(dirname "$0")" && pwd)
called=$1
shift
kernel=$(uname -r) dkms='' silent='' flavour=''
while [ $# -gt 0 ]; do
    case $1 in
        --dkms) dkms=y ;;
        -s) silent=y ;;
        --no-x-check | --no-nouveau-check | --skip-module-load) ;;
        -m=kernel) flavour=kernel ;;
        -M) flavour=$2 && shift ;;
        -k) kernel=$2 && shift ;;
        *) echo "nvidia-installer: unrecognized option: '$1'" >&2; exit 1 ;;
    esac
    shift
done
[ -n "$silent" ] || { echo "the sample asks nothing: -s" >&2; exit 1; }

uninstall() {
    version=$(head -n 1 /var/lib/nvidia/log)
    [ -e /forgets-dkms ] || dkms remove --all -m nvidia -v "$version"
    sed -n 's/^1: //p' /var/lib/nvidia/log | while read -r f; do
        case $f in /usr/src/*) [ ! -e /forgets-dkms ] || continue ;; esac
        rm -f "$f"
    done
    for u in /usr/lib/systemd/system/nvidia-vgpu*.service; do rm -f "$u"; done
    rm -r /var/lib/nvidia
    [ -e /forgets-dkms ] || rm -r "/usr/src/nvidia-$version"
}
case $called in */nvidia-uninstall) uninstall; exit ;; esac

cd "$called"
version=$(sed -n 2p .manifest)
[ -n "$dkms" ] || { echo "the sample builds with DKMS only: --dkms" >&2; exit 1; }
[ ! -d kernel-open ] || case $flavour in
    kernel | proprietary) ;;
    *) echo "the open modules would be installed" >&2; exit 1 ;;
esac
[ ! -e /var/lib/nvidia/log ] || /usr/bin/nvidia-uninstall -s
python3 "$here/install.py" "$PWD" /
conf=/usr/src/nvidia-$version/dkms.conf
i=0
for m in $(sed -n 4p .manifest); do
    [ -d "kernel/$m" ] || continue
    printf 'BUILT_MODULE_NAME[%d]="%s"\nDEST_MODULE_LOCATION[%d]="/kernel/drivers/video"\n' $i "$m" $i
    i=$((i + 1))
done > names
sed -i -e "s/__VERSION_STRING/$version/" -e "s/__JOBS/$(nproc)/" -e 's/__EXCLUDE_MODULES//' \
    -e 's/__IGNORE_CC_MISMATCH/1/' -e 's/will be generated/was generated/' -e '/^__DKMS_MODULES/{r names
d;}' "$conf"
rm names
for verb in add build install; do
    k=$kernel
    [ $verb != add ] || k=
    dkms $verb -m nvidia -v "$version" ${k:+-k "$k"} || {
        cat "/var/lib/dkms/nvidia/$version/build/make.log" >&2 || :
        exit 1
    }
done
