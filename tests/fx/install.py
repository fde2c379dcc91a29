#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""install.py PACKAGE ROOT

Installs an unpacked driver package below ROOT by its .manifest, as the installer of the
real one does, but strictly: a line that it would pass over in silence is an error here.
Nothing of the package is run. Its unit files are put in place as its post-install script
does. What was there before is kept in ROOT/var/lib/nvidia, and is listed in its log.

The manifest is read by manifest.py; here is where each type goes.
"""
import os
import shutil
import sys

from manifest import Manifest

# {p} is the entry's path, {a} its architecture, {v} the version.
PLACES = {
    "KERNEL_MODULE_SRC": "usr/src/nvidia-{v}",
    "DKMS_CONF": "usr/src/nvidia-{v}",
    "FIRMWARE": "lib/firmware/nvidia/{v}",
    "EXPLICIT_PATH": "{p}",
    "NVIDIA_MODPROBE": "{p}",
    "NVIDIA_MODPROBE_MANPAGE": "usr/share/man/{p}",
    "DOCUMENTATION": "usr/share/doc/{p}",
    "MANPAGE": "usr/share/man/{p}",
    "APPLICATION_PROFILE": "usr/share/nvidia/{p}",
    "OPENGL_DATA": "usr/share/nvidia/{p}",
    "SANDBOXUTILS_FILELIST_JSON": "usr/share/nvidia/{p}",
    "ICON": "usr/share/icons/{p}",
    "VULKAN_ICD_JSON": "etc/vulkan/{p}",
    "VULKANSC_ICD_JSON": "etc/vulkansc/{p}",
    "XMODULE_SHARED_LIB": "usr/lib/xorg/modules/{p}",
    "GLX_MODULE_SHARED_LIB": "usr/lib/xorg/modules/{p}",
    "GLX_MODULE_SYMLINK": "usr/lib/xorg/modules/{p}",
    "UTILITY_BINARY": "usr/bin",
    "INSTALLER_BINARY": "usr/bin",
    "UTILITY_BIN_SYMLINK": "usr/bin",
    "CUDA_ICD": "etc/OpenCL/vendors",
    "XORG_OUTPUTCLASS_CONFIG": "usr/share/X11/xorg.conf.d",
    "GLVND_EGL_ICD_JSON": "usr/share/glvnd/egl_vendor.d",
    "EGL_EXTERNAL_PLATFORM_JSON": "usr/share/egl/egl_external_platform.d",
    "SYSTEMD_UNIT": "usr/lib/systemd/system",
    "SYSTEMD_SLEEP_SCRIPT": "usr/lib/systemd/system-sleep",
    "WINE_LIB": "usr/lib/{a}/nvidia/wine",
    "GBM_BACKEND_LIB": "usr/lib/{a}/gbm",
    "GBM_BACKEND_LIB_SYMLINK": "usr/lib/{a}/gbm",
    "DOT_DESKTOP": None,
    "INTERNAL_UTILITY_BINARY": None,
    "INTERNAL_UTILITY_LIB": None,
    "INTERNAL_UTILITY_DATA": None,
}
ARCHES = {"NATIVE": "x86_64-linux-gnu", "COMPAT32": "i386-linux-gnu"}


def die(text):
    sys.exit("install.py: " + text)


def destination(e, version):
    """Where below the root the entry goes; None: nowhere."""
    # What has no place of its own is a library, or a link to one.
    if e.kind not in PLACES and not e.kind.endswith(("_LIB", "_SYMLINK")):
        die(f"{e.where}: where does a '{e.kind}' go?")
    place = PLACES.get(e.kind, "usr/lib/{a}/{p}")
    if place is None:
        return None
    folder = place.format(v=version, p=e.path, a=ARCHES[e.arch])
    if e.kind in ("KERNEL_MODULE_SRC", "DKMS_CONF", "FIRMWARE"):
        folder = os.path.join(folder, e.path)
    dst = os.path.normpath(os.path.join(folder.lstrip("/"), os.path.basename(e.file)))
    if dst.startswith(".."):
        die(f"{e.where}: '{e.path}' leaves the root")
    return dst


class Root:
    """Where it is installed."""

    def __init__(self, root):
        self.root = root
        self.log = []
        self.backups = 0

    def path(self, name):
        return os.path.join(self.root, name)

    def backup(self, dst):
        full = self.path(dst)
        if not os.path.lexists(full):
            return
        keep = self.path("var/lib/nvidia")
        os.makedirs(keep, exist_ok=True)
        os.rename(full, os.path.join(keep, str(100 + self.backups)))
        self.log.append(f"{100 + self.backups}: /{dst}")
        self.backups += 1

    def put(self, src, e):
        full = self.path(e.dst)
        if e.target is None and not os.path.isfile(src):
            die(f"{e.where}: '{e.file}' is missing")
        self.backup(e.dst)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if e.target is not None:
            os.symlink(e.target, full)
        else:
            shutil.copyfile(src, full)
            os.chmod(full, e.mode)
        self.log.append(f"1: /{e.dst}")

    def units(self):
        """What post-install does with them."""
        source, to = self.path("usr/lib/nvidia/systemd"), self.path("usr/lib/systemd/system")
        if not os.path.isdir(source):
            return
        os.makedirs(to, exist_ok=True)
        for name in sorted(os.listdir(source)):
            if os.path.lexists(os.path.join(to, name)):
                os.rename(os.path.join(to, name), os.path.join(to, name + ".bk"))
            shutil.copyfile(os.path.join(source, name), os.path.join(to, name))


def main():
    if len(sys.argv) != 3:
        die("usage: install.py PACKAGE ROOT")
    package, root = sys.argv[1], Root(sys.argv[2])
    m = Manifest(package)
    if m.bad:
        die(m.bad[0])
    seen = set()
    for e in m.entries:
        e.dst = destination(e, m.version)
        # Of the two flavours of kernel sources the installer takes one.
        if e.dst is None or e.file.startswith("kernel-open/"):
            e.dst = None
            continue
        if e.dst in seen:
            die(f"{e.where}: '/{e.dst}' is installed twice")
        seen.add(e.dst)
    for e in m.entries:
        if e.dst is not None:
            root.put(os.path.join(package, e.file), e)
        elif e.target is None and not os.path.isfile(os.path.join(package, e.file)):
            die(f"{e.where}: '{e.file}' is missing")
    root.units()
    os.makedirs(root.path("var/lib/nvidia"), exist_ok=True)
    with open(root.path("var/lib/nvidia/log"), "w", encoding="utf-8") as f:
        f.write("\n".join([m.version] + root.log) + "\n")


main()
