#!/bin/sh
# SPDX-License-Identifier: MIT
# userhalf.sh OUT_DIR
#
# Makes copies of vgpu_unlock's userspace half in the shape of the real ones, but our own
# and good for nothing but tests, and a host's services for other init systems:
#
#   OUT_DIR/lib.so          a shared library for x86-64 that exports ioctl()
#   OUT_DIR/script/         a Python program that speaks of frida: vgpu_unlock
#   OUT_DIR/config/         config.toml and profile_override.toml
#
# userhalf.sh --twins PACKAGE adds services for sysvinit and upstart to an unpacked sample.
set -eu
export LC_ALL=C
umask 022

if [ "$1" = --twins ]; then
    cd "$2"
    mkdir -p init-scripts/sysv init-scripts/upstart
    for n in nvidia-vgpud nvidia-vgpu-mgr; do
        echo '#!/bin/sh' > init-scripts/sysv/$n
        echo "exec /usr/bin/$n" > init-scripts/upstart/$n.conf
        chmod 0755 init-scripts/sysv/$n
        cat >> .manifest << T
init-scripts/sysv/$n 0755 EXPLICIT_PATH /usr/lib/nvidia/sysv MODULE:vgpu
init-scripts/upstart/$n.conf 0444 EXPLICIT_PATH /usr/lib/nvidia/upstart MODULE:vgpu
T
    done
    exit
fi

mkdir -p "$1/script" "$1/config"
cd "$1"
# Without a compiler those who need the library skip.
if command -v gcc > /dev/null; then
    cat > lib.c << 'T'
#include <math.h>
int ioctl(int fd, unsigned long request, void *arg);
int ioctl(int fd, unsigned long request, void *arg)
{
	return fd < 0 || !arg ? -1 : (int)cos((double)request);
}
T
    gcc -shared -fPIC -O1 -o lib.so lib.c -Wl,--no-as-needed -lm
fi
cat > script/vgpu_unlock << 'T'
#!/usr/bin/env python3
# Sample: the real one starts its arguments under frida.
import frida
T
chmod 0755 script/vgpu_unlock
cat > config/config.toml << 'T'
unlock = true
unlock_migration = false

[pci_info_map.0x1b81]
device_id = 0x1b38
sub_system_id = 0
T
cat > config/profile_override.toml << 'T'
# Sample.
[profile.nvidia-55]
num_displays = 1
display_width = 1920
display_height = 1080
max_pixels = 2073600
cuda_enabled = 1
framebuffer = "1.5 GiB"

[mdev.12345678-1234-1234-1234-123456789012]
frl_enabled = 0
adapter_name = "A \"name\""
T
