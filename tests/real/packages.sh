#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154 # lib.sh and chroot.sh set the rest
# The packages of Debian, made here, in a fresh Debian 12, with FULL=1 in a 13, too: each
# installed, used as debian/tests says, upgraded, removed and purged; and the data alone.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
. "$here/chroot.sh"
top=$(cd "$here/../.." && pwd)
[ "$(id -u)" -eq 0 ] || { skip 'packages: a chroot needs root'; finish; }
tool=$(lacks dpkg-buildpackage dh debootstrap chroot unshare) && { skip "packages: $tool is missing"; finish; }

# The sources as they are here, and as a later release has them: its data know one day more.
mkdir src && sh "$top/tools/packaging/dist.sh" stage src/now > log 2>&1
check 'make deb' make -s -C src/now deb || { cat log; finish; }
cp -R src/now src/later
sed -i 's/^Date: .*/Date: 2031-02-03/' src/later/kernel-versions/any
rm -rf src/later/dist src/later/build
# Nothing is compiled for it: with a compiler that cannot, it is made all the same.
check 'make deb-data, without a compiler' env CC=false make -s -C src/later deb-data
data=$(echo src/now/dist/gridpatch-data_*_all.deb)
later=$(echo src/later/dist/gridpatch-data_2031.02.03_all.deb)
program=$(echo src/now/dist/gridpatch_*_amd64.deb)
check 'and alone' test "$(echo src/later/dist/*.deb)" = "$later"
if tool=$(lacks lintian); then
    skip "packages: $tool is missing"
else
    check 'lintian has no error and no warning' sh -c \
        'lintian --allow-root --fail-on error,warning src/now/dist/*.changes'
fi
if tool=$(lacks rpmbuild rpm); then
    skip "packages: $tool is missing"
else
    # Its libraries are Debian's here.
    check 'make rpm' make -s -C src/now rpm RPMBUILD_FLAGS=--nodeps
    check 'with what an installed one has' sh -c 'rpm -qpl src/now/dist/gridpatch-[0-9]*.rpm > list &&
        for f in /usr/bin/gridpatch /usr/share/man/man1/gridpatch.1 /usr/lib/kernel/install.d/95-gridpatch.install; do
            grep -q "^$f" list || exit 1; done'
    check 'the data in the other' sh -c 'rpm -qpl src/now/dist/gridpatch-data-*.rpm | grep -qx /usr/share/gridpatch/kernel-versions/any'
    if tool=$(lacks rpmlint); then
        skip "packages: $tool is missing"
    else
        check 'rpmlint has no error and no warning' sh -c \
            'rpmlint -c "$0" src/now/dist/*.rpm | tee lint | grep " 0 errors, 0 warnings" || { cat lint; exit 1; }' \
            "$top/tools/packaging/rpm/rpmlint.toml"
    fi
fi
if [ -z "${FULL:-}" ]; then
    skip "packages: Arch's need FULL=1"
elif tool=$(lacks makepkg fakeroot setpriv bsdtar); then
    skip "packages: $tool is missing"
else
    check 'make dist' make -s -C src/now dist
    mkdir arch && cp src/now/dist/gridpatch-1*.tar.gz src/now/tools/packaging/arch/PKGBUILD arch/
    chown -R 65534:65534 arch
    # -d: what it needs is here, by Debian's names.
    check 'makepkg' sh -c 'cd arch && setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$PWD" makepkg -d'
    for p in arch/*.pkg.tar*; do bsdtar -tf "$p"; done | grep -v -e '/$' -e '^\.[A-Z]' > listed
    check 'the program and the data' sh -c 'grep -qx usr/bin/gridpatch listed && grep -qx usr/share/gridpatch/kernel-versions/any listed'
    check 'no file is in both' sh -c '! sort listed | uniq -d | grep .'
fi
# A later program: the same, by another number, without one of its files.
dpkg-deb -R "$program" next && sed -i 's/^Version: .*/Version: 9.9/' next/DEBIAN/control
rm next/usr/share/man/man7/gridpatch-walk.7.gz && sed -i '/gridpatch-walk/d' next/DEBIAN/md5sums
dpkg-deb -b next gridpatch_9.9_amd64.deb > log

# What gridpatch remembers in there lies beside what is compared.
in_root() {
    inside "export DEBIAN_FRONTEND=noninteractive LC_ALL=C HOME=/root XDG_CACHE_HOME=/pkg/cache; $1" < /dev/null
}
get() { in_root "apt-get install -y -q --no-install-recommends $*"; }
# All that is there, but what dpkg, apt and a linker's cache keep for themselves.
files() {
    (cd root && find . -path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o -path ./var/cache -prune -o \
        -path ./var/log -prune -o -path ./proc -prune -o -path ./dev -prune -o -path ./pkg -prune -o \
        -name '.pwd.lock' -prune -o -print) | LC_ALL=C sort > "$1"
}

try() {
    suite=$1
    base=$(sh "$here/suite.sh" "$cache" "$suite" 2> log) || { fail "a root of $suite"; cat log; return; }
    rm -rf --one-file-system root
    cp -a --reflink=auto "$base" root
    cp -L /etc/resolv.conf root/etc/resolv.conf
    mkdir root/pkg && cp "$program" "$data" "$later" gridpatch_9.9_amd64.deb root/pkg/
    cp -R src/now root/pkg/src
    check "$suite: apt-get update" in_root 'apt-get update -q' || return
    # What it depends on stays when it goes: before that is after this.
    in_root "apt-get install -y -q --no-install-recommends xz-utils \$(dpkg-deb -f /pkg/${program##*/} Depends |
        tr ',' '\n' | sed 's/(.*//; s/|.*//; /gridpatch/d')" > log 2>&1 || cat log
    files before
    check "$suite: install" get "/pkg/${program##*/} /pkg/${data##*/}" || return
    check "$suite: the version" in_root 'gridpatch --version | head -n 1 | grep "^gridpatch [1-9]"'
    check "$suite: libarchive came as a dependency" in_root 'dpkg -L $(dpkg-query -S libarchive.so.13 | head -n 1 | cut -d: -f1)'
    check "$suite: the hooks are there" in_root 'test -x /etc/kernel/postinst.d/zz-gridpatch && apt-config dump | grep -q gridpatch'
    check "$suite: the data are the package's" in_root 'gridpatch data | grep "gridpatch-data .*, the package"'
    for t in sample data; do
        check "$suite: debian/tests/$t" in_root "mkdir /pkg/$t && cd /pkg/src && AUTOPKGTEST_TMP=/pkg/$t sh tools/packaging/deb/tests/$t"
    done
    check "$suite: newer data, the same program" get "/pkg/${later##*/}"
    check "$suite: they count" in_root 'gridpatch --version | grep -x "data of 2031-02-03"'
    check "$suite: the program is what it was" in_root 'dpkg-query -W -f "\${Version}" gridpatch | grep -vx 9.9'
    check "$suite: upgrade" get /pkg/gridpatch_9.9_amd64.deb
    check "$suite: what it has not any more is gone" test ! -e root/usr/share/man/man7/gridpatch-walk.7.gz
    check "$suite: remove" in_root 'apt-get remove -y -q gridpatch gridpatch-data'
    check "$suite: hooks that stay do nothing" in_root 'sh /etc/kernel/postinst.d/zz-gridpatch 6.1.0-1-amd64'
    check "$suite: nor does apt stumble" in_root 'apt-get install -y -q --reinstall xz-utils'
    check "$suite: purge" in_root 'apt-get purge -y -q gridpatch gridpatch-data'
    files after
    check "$suite: nothing is left, and nothing lost" diff before after
}

try bookworm
[ -z "${FULL:-}" ] || try trixie
rm -rf --one-file-system root
finish
