#!/bin/sh
# SPDX-License-Identifier: MIT
# deb.sh TREE SOURCES PREFIX
#
# Makes of TREE, an extracted installer (sample.sh), and SOURCES, an installed tree
# (installed.sh), what the portal's packages for hosts have in them, in PREFIX: programs,
# libraries, units, /usr/src/nvidia-VERSION. PREFIX/DEBIAN/control is for dpkg-deb.
# shellcheck disable=SC2016 # the script is to hold it
set -eu
export LC_ALL=C
umask 022
version=$(sed -n 2p "$1/.manifest")
sources=$2 top=$3
mkdir -p "$top/usr/bin" "$top/usr/lib/x86_64-linux-gnu" "$top/lib/systemd/system" "$top/usr/src" "$top/usr/share/nvidia/vgpu" "$top/DEBIAN"
for p in nvidia-smi nvidia-vgpud nvidia-vgpu-mgr; do
    echo "sample of $p" > "$top/usr/bin/$p"
    chmod 0755 "$top/usr/bin/$p"
done
for l in libnvidia-vgpu libnvidia-ml; do
    echo "sample of $l" > "$top/usr/lib/x86_64-linux-gnu/$l.so.$version"
    ln -s "$l.so.$version" "$top/usr/lib/x86_64-linux-gnu/$l.so.1"
done
for u in nvidia-vgpud nvidia-vgpu-mgr; do
    printf '[Service]\nExecStart=/usr/bin/%s\n' $u > "$top/lib/systemd/system/$u.service"
done
echo '<vgpuconfig/>' > "$top/usr/share/nvidia/vgpu/vgpuConfig.xml"
cp -Rp "$sources" "$top/usr/src/nvidia-$version"
cat > "$top/DEBIAN/control" << END
Package: nvidia-vgpu-ubuntu-${version%%.*}
Version: $version
Architecture: amd64
Maintainer: Nobody <nobody@example.org>
Depends: dkms
Description: Sample of a host driver's package
 Shaped like the real thing, and good for tests only.
END
# None of it is to run.
printf '#!/bin/sh\ntouch "$TMPDIR/ran"\n' > "$top/DEBIAN/postinst"
chmod 0755 "$top/DEBIAN/postinst"
