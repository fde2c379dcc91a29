#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh sets the rest
# What root does under sudo leaves nothing that the caller's next run stumbles over.
. "$(dirname "$0")/lib.sh"
user=65534
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv > /dev/null; then
    skip 'sudo' 'needs root and setpriv'
    finish
fi
as_user() { setpriv --reuid $user --regid $user --clear-groups env HOME="$work/home" "$@"; }
of_root() { find "$@" -user 0 | head -n 3; }

# --- the cache ----------------------------------------------------------------------
make_sample s
cp "$GRIDPATCH" gridpatch
chmod 0755 gridpatch s.run
mkdir root-home
chown -R $user:$user home
GRIDPATCH_DATA=$repo
export GRIDPATCH_DATA
# sudo ARG…: gridpatch as root in the caller's environment, with root's home elsewhere.
root=$(getent passwd 0 | cut -d: -f6)
sudo() {
    SUDO_UID=$user SUDO_GID=$user SUDO_USER=nobody unshare -m sh -c '
        mount --bind "$0/root-home" "$1" && shift && exec "$@"' "$work" "$root" "$work/gridpatch" "$@" > out 2> err
}
if unshare -m true 2> /dev/null; then
    for cache in '' "$work/home/cache/deep"; do
        if [ -n "$cache" ]; then export XDG_CACHE_HOME="$cache"; fi
        check "root, a cache ${cache:-in HOME}" sudo -k 5.12.9 --no-hooks -f s.run
        check 'nothing in the home of another' test -z "$(ls -A home)"
        check 'it is in root'\''s' test -n "$(ls root-home/.cache/gridpatch)"
        rm -rf root-home/.cache
    done
    unset XDG_CACHE_HOME
    # A link in that home would lead root elsewhere.
    mkdir elsewhere
    as_user ln -s "$work/elsewhere" home/.cache
    check 'a link in that home' sudo -k 5.12.9 --no-hooks -f s.run
    check 'is not followed' test -z "$(ls elsewhere)"
    as_user rm home/.cache
    HOME=$work/root-home sudo -k 5.12.9 --no-hooks -f s.run
    check 'root in a home of root: there' test -n "$(ls root-home/.cache/gridpatch)"
else
    skip 'root with the cache of its caller' 'needs mount namespaces'
fi
if [ -r "$repo/patches" ] && as_user test -r "$repo/kernel-versions/any"; then
    as_user ./gridpatch -k 5.12.9 --no-hooks s.run -o home/o.run > out 2> err
    check 'the caller' test $? -eq 0
    check 'has one' test -n "$(ls home/.cache/gridpatch)"
fi

# --- make ---------------------------------------------------------------------------
if ! command -v make > /dev/null; then
    skip 'sudo make' 'make is missing'
    finish
fi
unset GRIDPATCH_DATA
tree_here || exit 1
chown -R $user:$user tree
sudo_make() { (SUDO_UID=$user SUDO_GID=$user SUDO_USER=nobody && export SUDO_UID SUDO_GID SUDO_USER && mk "$@"); }
rm tree/$build/tools/base/utf8.o
check 'sudo make demo' sudo_make demo
check 'it was done' test -f "tree/build/demo/NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm-custom.run"
check 'nothing in the tree is root'\''s' test -z "$(of_root tree)"
check 'sudo make install' sudo_make install DESTDIR="$work/dest" PREFIX=/opt/one
check 'what is installed is root'\''s' test -z "$(find dest ! -user 0)"
check 'what was compiled for it is not' test -z "$(of_root tree)"
check 'sudo make uninstall' sudo_make uninstall DESTDIR="$work/dest" PREFIX=/opt/one
check 'takes it away' test -z "$(ls dest)"
check 'the caller can make again' as_user make -C "$work/tree" AUTODEPS=0 SAN="$san"
# What an earlier sudo make left.
chown 0:0 tree/$build/gridpatch tree/$build/tools/base
check 'with leftovers of root' sudo_make -n all
check 'build is made anew' test ! -e "tree/$build"
chown 0:0 tree
mkdir "tree/$build"
check 'a tree of root'\''s' sudo_make -n all
check 'is root'\''s business' test -d "tree/$build"
finish
