#!/bin/sh
# SPDX-License-Identifier: MIT
# unlock.sh: NVIDIA's own installer, of a host driver of yours, installs both forms of
# vgpu_unlock's userspace half below a root of its own, and once more over itself. No
# kernel module is built, and nothing of this machine is touched.
#
#   GRIDPATCH            the program
#   GRIDPATCH_TREES      a directory of .run files and extracted drivers; hosts up to 515
#                        are taken, whose installer knows --no-kernel-module
#   GRIDPATCH_REAL_CACHE where downloads are kept
#   GRIDPATCH_REAL_KEEP  set: leave the scratch directory and name it
set -eu
export LC_ALL=C
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/real/lib.sh disable=SC1091
. "$here/lib.sh"

if [ -z "${GRIDPATCH_TREES:-}" ]; then
    skip 'unlock: your own drivers: GRIDPATCH_TREES names no directory'
    finish
    exit
fi
if tool=$(lacks jq unshare chroot systemd-analyze gcc tar); then
    skip "unlock: no $tool"
    finish
    exit
fi
if [ "$(id -u)" -ne 0 ] || ! base=$(sh "$here/suite.sh" "$cache" trixie); then
    skip "unlock: no root of trixie to install into"
    finish
    exit
fi
sh "$fx/userhalf.sh" half

# new_root: a copy of Debian's with what post-install asks for. It only enables units:
# there is no systemd in there that could be told anything.
new_root() {
    rm -rf root
    cp -a --reflink=auto "$base" root
    mkdir -p root/usr/lib/systemd/system root/etc/dbus-1/system.d
    printf '#!/bin/sh\necho "$@" >> /systemctl.log\n' > root/usr/bin/systemctl
    chmod 0755 root/usr/bin/systemctl
}

# install_by TREE: what lies in it, by its own program. It has a /proc while it runs.
install_by() {
    rm -rf root/pkg
    cp -a "$1" root/pkg
    unshare --mount sh -c 'mount -t proc proc root/proc && exec chroot root sh -c "cd /pkg && exec ./nvidia-installer \
        -s --no-kernel-module --no-x-check --no-nouveau-check --no-opengl-files --no-check-for-alternate-installs"'
}

# in_place HALF TREE: both units and the file, as they were put into the package.
in_place() {
    for u in nvidia-vgpud nvidia-vgpu-mgr; do
        cmp "root/usr/lib/systemd/system/$u.service" "$2/init-scripts/systemd/$u.service" || return 1
        grep -q "reenable $u.service" root/systemctl.log || return 1
        case $1 in
            lib) [ "$(grep -c '^Environment=LD_PRELOAD=/usr/lib/nvidia/libvgpu_unlock_rs.so$' \
                "root/usr/lib/systemd/system/$u.service")" = 1 ] || return 1 ;;
            script) grep -qx "ExecStart=/usr/lib/nvidia/vgpu_unlock /usr/bin/$u" \
                "root/usr/lib/systemd/system/$u.service" || return 1 ;;
        esac
    done
    case $1 in
        lib) cmp half/lib.so root/usr/lib/nvidia/libvgpu_unlock_rs.so && cmp half/config/config.toml root/etc/vgpu_unlock/config.toml ;;
        script) cmp half/script/vgpu_unlock root/usr/lib/nvidia/vgpu_unlock && test -x root/usr/lib/nvidia/vgpu_unlock ;;
    esac
}

systemd_takes() {
    for u in nvidia-vgpud nvidia-vgpu-mgr; do
        systemd-analyze verify --man=no --recursive-errors=no --root="$work/root" $u.service || return 1
    done
}

# bare TREE: without a userspace half that somebody put in already.
bare() {
    sed -i '/vgpu_unlock_rs.so/d' "$1/.manifest"
    sed -i '/LD_PRELOAD=.*vgpu_unlock/d' "$1"/init-scripts/systemd/*.service
    rm -f "$1/libvgpu_unlock_rs.so"
}

one() {
    driver=$1
    shift
    for half in lib script; do
        case $half in
            lib) set -- --unlock-lib half/lib.so --unlock-config half/config ;;
            script) set -- --unlock-script half/script ;;
        esac
        rm -rf out out.run
        check "$driver: $half: patched" "$GRIDPATCH" "$driver.run" -k 5.10.9 -o out.run -q --no-hooks --no-set all \
            --allow altered,blocked,unknown,hooks "$@" || continue
        check "$driver: $half: unpacked" "$GRIDPATCH" extract out.run -C out -q || continue
        new_root
        mkdir -p root/etc/vgpu_unlock && echo '# mine' > root/etc/vgpu_unlock/config.toml
        check "$driver: $half: installed" install_by out || continue
        check "$driver: $half: in place" in_place $half out || continue
        check "$driver: $half: systemd takes the units" systemd_takes || continue
        check "$driver: $half: installed again" install_by out || continue
        check "$driver: $half: in place again" in_place $half out || continue
        check "$driver: $half: what was there comes back" sh -c \
            "unshare --mount sh -c 'mount -t proc proc root/proc && chroot root nvidia-uninstall -s' > un.log 2>&1; grep -qx '# mine' root/etc/vgpu_unlock/config.toml"
    done
}

found=0
for t in "$GRIDPATCH_TREES"/*; do
    "$GRIDPATCH" info "$t" --json > info.json 2> /dev/null || [ -f "$t/.manifest" ] || continue
    rm -rf tree
    if [ -d "$t" ]; then cp -a "$t" tree; else "$GRIDPATCH" extract "$t" -C tree -q; fi
    version=$(sed -n 2p tree/.manifest)
    case ${version%%.*} in 4[5-9]? | 50? | 51[0-5]) ;; *) continue ;; esac
    [ -f tree/init-scripts/systemd/nvidia-vgpud.service ] || continue
    found=1
    bare tree
    sh "$fx/mkrun.sh" tree "$version.run"
    one "$version"
done
[ $found = 1 ] || skip 'unlock: GRIDPATCH_TREES has no host driver up to 515'
finish
