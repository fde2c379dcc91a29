#!/bin/sh
# shellcheck disable=SC1091,SC2154 # apt.sh sets the rest
# suite.sh CACHE SUITE [bare | NAME PACKAGE...]
#
# Makes a root of a suite of Debian, or of Ubuntu 24.04 (noble), below CACHE, and prints
# the directory; says why and exits 1 if it cannot be had. It is used with chroot(8) and
# nothing is mounted there: within it the directory's own path is a link to its root, so
# that a path below it is the same inside and outside.
#
#   bare            make, gcc and the libc's headers. debootstrap makes this one of each
#                   suite; all others are copies of it that got more
#   (nothing)       with what the scripts of a kernel's headers want
#   NAME PACKAGE... with these
set -eu
export LC_ALL=C

cache=$1
suite=$2
name=${3-}
root=$cache/suites/$suite${name:+.$name}

die() {
    echo "$*" >&2
    exit 1
}

. "$(dirname "$0")/apt.sh"

if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi
[ "$(id -u)" -eq 0 ] || die "a root of $suite needs the rights to chroot"
command -v chroot > /dev/null || die "no chroot here"
mkdir -p "$cache/suites"
log=$root.log
new=$root.new
rm -rf --one-file-system "$new"

bare() {
    script=
    components=main
    if [ "$suite" = noble ]; then
        # Ubuntu's, by Debian's own debootstrap and keyring.
        ubuntu_ready
        export DEBOOTSTRAP_DIR="$apt/root/usr/share/debootstrap"
        debootstrap=$apt/root/usr/sbin/debootstrap
        components=main,universe
    else
        debootstrap=$(command -v debootstrap) || die "no debootstrap here"
        keyring=/usr/share/keyrings/debian-archive-keyring.gpg
        [ -f "$keyring" ] || die "no keyring of Debian's archive here"
        apt_ready
        # For a suite that debootstrap does not know yet: all newer ones of Debian's are made alike.
        [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=/usr/share/debootstrap/scripts/sid
    fi
    sh "$debootstrap" --arch=amd64 --variant=minbase --components="$components" --keyring="$keyring" \
        --include=make,gcc,libc6-dev "$suite" "$new" "$site" ${script:+"$script"} > "$log" 2>&1 || {
        rm -rf --one-file-system "$new"
        die "debootstrap of $suite failed: $(tail -n 1 "$log")"
    }
    rm -rf "$new"/var/cache/apt/archives/*.deb
}

# more PACKAGE...: a copy of the bare one with them.
more() {
    from=$(sh "$0" "$cache" "$suite" bare) || exit 1
    cp -a --reflink=auto "$from" "$new"
    cp -L /etc/resolv.conf "$new/etc/"
    # Nothing is to start there.
    printf '#!/bin/sh\nexit 101\n' > "$new/usr/sbin/policy-rc.d"
    chmod 0755 "$new/usr/sbin/policy-rc.d"
    # shellcheck disable=SC2016 # expanded in there
    env -u APT_CONFIG DEBIAN_FRONTEND=noninteractive chroot "$new" sh -c 'apt-get -q update &&
        apt-get install -y -q --no-install-recommends "$@" && apt-get clean' sh "$@" > "$log" 2>&1 < /dev/null || {
        rm -rf --one-file-system "$new"
        die "a root of $suite with $*: $(tail -n 1 "$log")"
    }
    rm -f "$new/usr/sbin/policy-rc.d"
    mkdir -p "$new$cache/suites"
    ln -s / "$new$root"
}

case $name in
    bare) bare ;;
    '')
        # libelf and pahole: objtool and the scripts of the kernel's headers.
        libraries='libelf1t64 libssl3t64'
        [ "$suite" != bookworm ] || libraries='libelf1 libssl3'
        # shellcheck disable=SC2086 # words
        more $libraries pahole kmod
        ;;
    *) shift 3 && more "$@" ;;
esac
mv "$new" "$root"
echo "$root"
