#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""install.py PACKAGE ROOT

Installs an unpacked driver package below ROOT by its .manifest, as the installer of the
real one does, but strictly: a line that it would pass over in silence is an error here.
Nothing of the package is run. Its unit files are put in place as its post-install script
does. What was there before is kept in ROOT/var/lib/nvidia, and is listed in its log.

Written from what is known of .manifest: eight lines of header; then, to an empty line or
the end, a file, its mode, a TYPE, and the fields that the type has: an architecture, a
path or INHERIT_PATH_DEPTH:n, the target of a link; then MODULE:x.
"""
import os
import re
import shutil
import sys

# Of each type: a for an architecture, p for a path, i for one that is inherited, l for a
# link; and where it goes, {p} being its path. NATIVE and COMPAT32 are told apart by {a}.
TYPES = {
    "KERNEL_MODULE_SRC": ("i", "usr/src/nvidia-{v}"),
    "DKMS_CONF": ("i", "usr/src/nvidia-{v}"),
    "FIRMWARE": ("i", "lib/firmware/nvidia/{v}"),
    "EXPLICIT_PATH": ("p", "{p}"),
    "NVIDIA_MODPROBE": ("p", "{p}"),
    "NVIDIA_MODPROBE_MANPAGE": ("p", "usr/share/man/{p}"),
    "DOCUMENTATION": ("p", "usr/share/doc/{p}"),
    "MANPAGE": ("p", "usr/share/man/{p}"),
    "DOT_DESKTOP": ("p", None),
    "APPLICATION_PROFILE": ("p", "usr/share/nvidia/{p}"),
    "VULKAN_ICD_JSON": ("p", "etc/vulkan/{p}"),
    "XMODULE_SHARED_LIB": ("p", "usr/lib/xorg/modules/{p}"),
    "GLX_MODULE_SHARED_LIB": ("p", "usr/lib/xorg/modules/{p}"),
    "GLX_MODULE_SYMLINK": ("pl", "usr/lib/xorg/modules/{p}"),
    "FLEXERA_LIB": ("p", "usr/lib/{a}/{p}"),
    "FLEXERA_LIB_SYMLINK": ("pl", "usr/lib/{a}/{p}"),
    "UTILITY_BINARY": ("", "usr/bin"),
    "INSTALLER_BINARY": ("", "usr/bin"),
    "UTILITY_BIN_SYMLINK": ("l", "usr/bin"),
    "VGX_LIB": ("", "usr/lib/{a}"),
    "VGX_LIB_SYMLINK": ("l", "usr/lib/{a}"),
    "CUDA_ICD": ("", "etc/OpenCL/vendors"),
    "XORG_OUTPUTCLASS_CONFIG": ("", "usr/share/X11/xorg.conf.d"),
    "GLVND_EGL_ICD_JSON": ("", "usr/share/glvnd/egl_vendor.d"),
    "EGL_EXTERNAL_PLATFORM_JSON": ("", "usr/share/egl/egl_external_platform.d"),
    "SYSTEMD_UNIT": ("", "usr/lib/systemd/system"),
    "INTERNAL_UTILITY_BINARY": ("a", None),
    "INTERNAL_UTILITY_LIB": ("a", None),
    "INTERNAL_UTILITY_DATA": ("", None),
}
for name in "CUDA_LIB OPENCL_LIB OPENCL_WRAPPER_LIB TLS_LIB VDPAU_LIB".split():
    TYPES[name] = ("ap", "usr/lib/{a}/{p}")
for name in "CUDA_SYMLINK OPENCL_LIB_SYMLINK OPENCL_WRAPPER_SYMLINK VDPAU_SYMLINK".split():
    TYPES[name] = ("apl", "usr/lib/{a}/{p}")
for name in ("OPENGL_LIB UTILITY_LIB NVCUVID_LIB ENCODEAPI_LIB NVIFR_LIB GLVND_LIB GLX_CLIENT_LIB "
             "EGL_CLIENT_LIB WINE_LIB GBM_BACKEND_LIB").split():
    TYPES[name] = ("a", "usr/lib/{a}")
for name in ("OPENGL_SYMLINK UTILITY_LIB_SYMLINK NVCUVID_LIB_SYMLINK ENCODEAPI_LIB_SYMLINK "
             "NVIFR_LIB_SYMLINK GLVND_SYMLINK GLX_CLIENT_SYMLINK EGL_CLIENT_SYMLINK").split():
    TYPES[name] = ("al", "usr/lib/{a}")

ARCHES = {"NATIVE": "x86_64-linux-gnu", "COMPAT32": "i386-linux-gnu"}


def die(text):
    sys.exit("install.py: " + text)


class Entry:
    """A line of the manifest, taken apart."""

    def __init__(self, lineno, text, version):
        self.where = f".manifest line {lineno}"
        words = text.split(" ")
        if len(words) < 3 or "" in words:
            die(f"{self.where}: not single words with single blanks: {text!r}")
        self.file = os.path.normpath(words[0])
        if self.file.startswith(("/", "..")):
            die(f"{self.where}: '{words[0]}' leaves the package")
        if not re.fullmatch("[0-7]{4,5}", words[1]):
            die(f"{self.where}: mode '{words[1]}'")
        self.mode = int(words[1], 8)
        if words[2] not in TYPES:
            die(f"{self.where}: unknown type '{words[2]}'")
        self.fields(words[2], words[3:], version)

    def fields(self, kind, rest, version):
        has, place = TYPES[kind]
        arch, path, self.target = ARCHES["NATIVE"], "", None
        # VGX_LIB has no architecture, and packages write one all the same.
        if "a" in has or (rest and rest[0] in ARCHES):
            arch = ARCHES.get(self.take(rest, "architecture"))
            if not arch:
                die(f"{self.where}: no such architecture")
        if "p" in has:
            path = self.take(rest, "path")
        if kind == "EXPLICIT_PATH" and not path.startswith("/"):
            die(f"{self.where}: '{path}' is not absolute")
        if "i" in has:
            path = self.inherit(self.take(rest, "depth"))
        if "l" in has:
            self.target = self.take(rest, "target")
        if not rest or any(not w.startswith("MODULE:") for w in rest):
            die(f"{self.where}: {rest} where MODULE: should stand")
        self.dst = None
        if place is not None:
            folder = place.format(v=version, p=path, a=arch)
            if "i" in has:
                folder = os.path.join(folder, path)
            self.dst = os.path.normpath(os.path.join(folder.lstrip("/"), os.path.basename(self.file)))
            if self.dst.startswith(".."):
                die(f"{self.where}: '{path}' leaves the root")

    def take(self, rest, what):
        if not rest or rest[0].startswith("MODULE:"):
            die(f"{self.where}: no {what}")
        return rest.pop(0)

    def inherit(self, word):
        m = re.fullmatch(r"INHERIT_PATH_DEPTH:(\d+)", word)
        if not m:
            die(f"{self.where}: '{word}' is no INHERIT_PATH_DEPTH")
        return os.path.dirname("/".join(self.file.split("/")[int(m[1]):]))


def read_manifest(package):
    with open(os.path.join(package, ".manifest"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    if len(lines) < 9:
        die(".manifest: cut off")
    version = lines[1].strip()
    if not re.fullmatch(r"\d+(\.\d+)+", version):
        die(f".manifest line 2: version {version!r}")
    entries = []
    for lineno, text in enumerate(lines[8:], 9):
        if not text.strip():
            break
        entries.append(Entry(lineno, text, version))
    return version, entries


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
    version, entries = read_manifest(package)
    seen = set()
    for e in entries:
        if e.dst is None:
            continue
        if e.dst in seen:
            die(f"{e.where}: '/{e.dst}' is installed twice")
        seen.add(e.dst)
    for e in entries:
        if e.dst is not None:
            root.put(os.path.join(package, e.file), e)
        elif e.target is None and not os.path.isfile(os.path.join(package, e.file)):
            die(f"{e.where}: '{e.file}' is missing")
    root.units()
    os.makedirs(root.path("var/lib/nvidia"), exist_ok=True)
    with open(root.path("var/lib/nvidia/log"), "w", encoding="utf-8") as f:
        f.write("\n".join([version] + root.log) + "\n")


main()
