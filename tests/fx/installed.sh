#!/bin/sh
# SPDX-License-Identifier: MIT
# installed.sh [--debian] TREE OUT
#
# Writes OUT as the sources of an installed driver, from TREE, an extracted installer
# (sample.sh): what nvidia-installer leaves in /usr/src/nvidia-VERSION, the kernel files of
# the manifest without "kernel/" and a dkms.conf with its words replaced. With --debian as
# Debian's package has it: another name, a dkms.conf of its own, a folder patches/.
set -eu
export LC_ALL=C
umask 022
debian=n
[ "$1" != --debian ] || { debian=y; shift; }
tree=$1 out=$2
version=$(sed -n 2p "$tree/.manifest")
modules=$(sed -n 4p "$tree/.manifest")
mkdir -p "$out"
awk 'NR > 8 && ($3 == "KERNEL_MODULE_SRC" || $3 == "DKMS_CONF") { sub(/^kernel\//, "", $1); print $1 }' \
    "$tree/.manifest" | (cd "$tree/kernel" && while read -r f; do [ ! -e "$f" ] || echo "$f"; done) | tar -C "$tree/kernel" -cf - -T - | tar -C "$out" -xf -

# names FORMAT: a line per module, numbered.
names() {
    i=0
    for m in $modules; do
        # shellcheck disable=SC2059 # the format is ours
        printf "$1" $i "$m" $i "$m"
        i=$((i + 1))
    done
}

if [ $debian = y ]; then
    {
        echo 'PACKAGE_NAME="nvidia-current"'
        echo "PACKAGE_VERSION=\"$version\""
        echo 'AUTOINSTALL=yes'
        echo 'PATCH=(sample.patch)'
        # shellcheck disable=SC1003,SC2016 # dkms expands it
        printf '%s\n' '' 'MAKE[0]="env NV_VERBOSE=1 \' \
            '    make ${parallel_jobs+-j$parallel_jobs} modules KERNEL_UNAME=${kernelver}"' \
            'CLEAN="make KERNEL_UNAME=${kernelver} clean"'
        # The modules get names of their own.
        # shellcheck disable=SC2016
        names 'BUILT_MODULE_NAME[%d]="%s"\nDEST_MODULE_NAME[%d]="$PACKAGE_NAME-%s"\n'
        names 'DEST_MODULE_LOCATION[%d]="/updates/dkms"%.0s%.0s%.0s\n'
    } > "$out/dkms.conf"
    mkdir "$out/patches"
    cat > "$out/patches/sample.patch" << 'EOF'
--- a/Makefile
+++ b/Makefile
@@ -1,3 +1,3 @@
-# Sample: the real one finds the kernel's sources and calls Kbuild.
+# Sample: patched by DKMS.
 SYSSRC ?= /lib/modules/$(shell uname -r)/build
 SYSOUT ?= $(SYSSRC)
EOF
else
    names 'BUILT_MODULE_NAME[%d]="%s"\nDEST_MODULE_LOCATION[%d]="/kernel/drivers/video"%.0s\n' > "$out.names"
    sed -i -e "s/__VERSION_STRING/$version/" -e 's/__JOBS/2/' -e 's/__EXCLUDE_MODULES//' \
        -e 's/__IGNORE_CC_MISMATCH/1/' -e 's/will be generated/was generated/' \
        -e "/^__DKMS_MODULES/{r $out.names
d;}" "$out/dkms.conf"
    rm "$out.names"
fi
