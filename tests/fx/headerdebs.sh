#!/bin/sh
# SPDX-License-Identifier: MIT
# headerdebs.sh new REPO                    an archive without packages
# headerdebs.sh kernel REPO RELEASE VERSION Debian's three packages of a kernel's headers
# headerdebs.sh index REPO [ORIGIN]         Packages and Release, for what is there
#
# A Debian archive of our own, flat, for an apt with a configuration of its own. The
# headers are as small as something that is taken for headers can be, in Debian's layout:
# a half for the flavour, one that flavours share, and the kernel's tools, with links
# between them, as in linux-headers-6.1.0-56-amd64.
#
# headerdebs.sh small DIR RELEASE           such headers in one directory, as an rpm has them
# shellcheck disable=SC2016 # scripts are to hold it
set -eu
export LC_ALL=C
umask 022

# build DIR: the half that has been configured.
build_half() {
    mkdir -p "$1/include/generated/uapi/linux" "$1/include/config" "$1/arch"
    echo '#define CONFIG_X86_64 1' > "$1/include/generated/autoconf.h"
    echo "#define UTS_RELEASE \"$2\"" > "$1/include/generated/utsrelease.h"
    echo '#define LINUX_VERSION_CODE 330496' > "$1/include/generated/uapi/linux/version.h"
    printf 'CONFIG_X86_64=y\nCONFIG_MODULES=y\n' > "$1/include/config/auto.conf"
    printf '0x00000001\tsample\tvmlinux\tEXPORT_SYMBOL\t\n' > "$1/Module.symvers"
}
source_half() {
    mkdir -p "$1/include/linux" "$1/include/uapi"
    printf 'VERSION = 5\nPATCHLEVEL = 13\nSUBLEVEL = 9\n' > "$1/Makefile"
    echo '/* sample */' > "$1/include/linux/kernel.h"
    echo '/* sample */' > "$1/include/uapi/sample.h"
    ln -s ../uapi/sample.h "$1/include/linux/sample.h"
}
# pack REPO ROOT NAME VERSION ARCH [DEPENDS]
pack() {
    mkdir -p "$2/DEBIAN" "$2/usr/share/doc/$3"
    echo sample > "$2/usr/share/doc/$3/copyright"
    cat > "$2/DEBIAN/control" << END
Package: $3
Version: $4
Architecture: $5
Maintainer: Nobody <nobody@example.org>
${6:+Depends: $6
}Description: Sample of a kernel's headers
END
    # It is not to run.
    printf '#!/bin/sh\ntouch "$TMPDIR/ran"\n' > "$2/DEBIAN/postinst"
    chmod 0755 "$2/DEBIAN/postinst"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$2" "$1" > /dev/null
}

case $1 in
small)
    build_half "$2" "$3"
    source_half "$2"
    ;;
new) mkdir -p "$2" ;;
kernel)
    repo=$2 release=$3 version=$4
    abi=${release%-amd64}
    case $abi in *-cloud | *-rt) shared=${abi%-*} ;; *) shared=$abi ;; esac
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    src=$tmp/flavour/usr/src/linux-headers-$release
    build_half "$src" "$release"
    echo "include /usr/src/linux-headers-$shared-common/Makefile" > "$src/Makefile"
    ln -s ../../lib/linux-kbuild-5.13/scripts "$src/scripts"
    mkdir -p "$tmp/flavour/lib/modules/$release"
    ln -s "/usr/src/linux-headers-$release" "$tmp/flavour/lib/modules/$release/build"
    pack "$repo" "$tmp/flavour" "linux-headers-$release" "$version" amd64 \
        "linux-headers-$shared-common (= $version), linux-kbuild-5.13 (>= $version), linux-compiler-gcc-10-x86"
    common=$tmp/common/usr/src/linux-headers-$shared-common
    source_half "$common"
    ln -s ../../lib/linux-kbuild-5.13/scripts "$common/scripts"
    ln -s "/usr/src/linux-headers-$shared-common/include" "$common/absolute"
    pack "$repo" "$tmp/common" "linux-headers-$shared-common" "$version" all
    mkdir -p "$tmp/kbuild/usr/lib/linux-kbuild-5.13/scripts" "$tmp/kbuild/usr/src"
    printf '#!/bin/sh\n' > "$tmp/kbuild/usr/lib/linux-kbuild-5.13/scripts/sample.sh"
    chmod 0755 "$tmp/kbuild/usr/lib/linux-kbuild-5.13/scripts/sample.sh"
    ln -s ../lib/linux-kbuild-5.13 "$tmp/kbuild/usr/src/linux-kbuild-5.13"
    ls "$repo"/linux-kbuild-5.13_*.deb > /dev/null 2>&1 || pack "$repo" "$tmp/kbuild" linux-kbuild-5.13 "$version" amd64 libc6
    ;;
index)
    cd "$2"
    for f in *.deb; do
        dpkg-deb -f "$f"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$f" "$(wc -c < "$f")" "$(sha256sum < "$f" | cut -c -64)"
    done > Packages
    cat > Release << END
Origin: ${3-Debian}
Label: ${3-Debian}
Suite: sample
Codename: sample
Date: $(date -u '+%a, %d %b %Y %H:%M:%S UTC')
Architectures: amd64
SHA256:
 $(sha256sum < Packages | cut -c -64) $(wc -c < Packages) Packages
END
    ;;
*)
    echo "headerdebs.sh: $1?" >&2
    exit 2
    ;;
esac
