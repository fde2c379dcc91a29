#!/bin/sh
# cards.sh DIR
#
# Gives the sample DIR of a host driver (sample.sh) a vgpuConfig.xml: shaped like the
# real thing, with cards, types and digests of our own, and a line in .manifest.
set -eu
export LC_ALL=C

if [ $# -ne 1 ] || [ ! -f "$1/.manifest" ]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
fi
cd "$1"

# type ID NAME DEVICE SUBSYSTEM
type() {
    cat << END
  <vgpuType id="$1" name="GRID $2" class="Quadro">
    <devId vendorId="0x10de" deviceId="0x$3" subsystemVendorId="0x10de" subsystemId="0x$4"/>
    <framebuffer>0x38000000</framebuffer>
    <license>SAMPLE</license>
  </vgpuType>
END
}

# card ATTRIBUTE DEVICE SUBSYSTEM TYPE ...
card() {
    echo "  <pgpu$1>"
    echo "    <devId vendorId=\"0x10de\" deviceId=\"0x$2\" subsystemVendorId=\"0x10de\" subsystemId=\"0x$3\"/>"
    dev=$2$3
    shift 3
    for t; do
        echo "    <supportedVgpu vgpuId=\"$t\">"
        echo "      <maxVgpus>8</maxVgpus>"
        echo "      <digest type=\"signature\">$(printf '%s' "$dev $t" | sha256sum | cut -d' ' -f1)</digest>"
        echo "    </supportedVgpu>"
    done
    echo "  </pgpu>"
}

{
    cat << 'END'
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE vgpu SYSTEM "http://localhost/dtd/vgpuConfig.dtd">
<vgpuconfig>
  <version>1.0</version>
  <globalSettings>
    <pluginSoName>libnvidia-vgpu</pluginSoName>
  </globalSettings>
END
    type 46 P40-1Q 1B38 11E7
    type 47 P40-2Q 1B38 11E8
    type 256 RTX6000-1Q 1E30 1325
    type 257 RTX6000-2Q 1E30 1326
    card '' 1B38 0 46 47
    card '' 1E30 12BA 256 257
    card '' 1E78 13D8 256
    card '' 1E78 13D9 257
    card ' hostVgpuMode="sriov"' 2230 0 256
    echo '</vgpuconfig>'
} > vgpuConfig.xml
chmod 0444 vgpuConfig.xml
echo 'vgpuConfig.xml 0444 EXPLICIT_PATH /usr/share/nvidia/vgpu MODULE:vgpu' >> .manifest
