#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manifest.py PACKAGE [--of PACKAGE]…      is the manifest of an unpacked driver right?
manifest.py PACKAGE --entries            its entries, each in one form, to compare

Reads .manifest as nvidia-installer does, but strictly: what that would pass over in
silence is an error here, too. All that is wrong is said, a line each; exit 1.

Both ways: what a line names is there, as a regular file; what is there is named by a line,
but for the package's own tools. Which those are cannot be known, so of a package that
was made of others, --of names them: what no line names there needs none here. Without
--of, all is asked for in kernel/, kernel-open/ and init-scripts/.

Links exist as lines only. What one leads to has to be installed as well, in its own
architecture. The fourth line names the modules that are in kernel/, no other ones.

Written from what is known of manifest.c and install-from-cwd.c of nvidia-installer, 415 to
590: eight lines of header; to an empty line or the end a file, its mode, a TYPE, and the
fields that the type has: an architecture, a path or INHERIT_PATH_DEPTH:n, the target of
a link; then MODULE:x. An unknown type ends the installation.
"""
import os
import re
import sys

# Of each type: a for an architecture, p for a path, i for one that is inherited, l for a
# link; then, where it is not known to all, the first and the last branch that knows it.
TYPES = {}
for name in ("CUDA_ICD INSTALLER_BINARY UTILITY_BINARY VGX_LIB XORG_OUTPUTCLASS_CONFIG GLVND_EGL_ICD_JSON "
             "EGL_EXTERNAL_PLATFORM_JSON KERNEL_MODULE MODULE_SIGNING_KEY").split():
    TYPES[name] = ("", 0, 9999)
for name in ("OPENGL_LIB UTILITY_LIB NVCUVID_LIB ENCODEAPI_LIB GLVND_LIB GLX_CLIENT_LIB EGL_CLIENT_LIB").split():
    TYPES[name] = ("a", 0, 9999)
for name in ("OPENGL_SYMLINK UTILITY_LIB_SYMLINK NVCUVID_LIB_SYMLINK ENCODEAPI_LIB_SYMLINK GLVND_SYMLINK "
             "GLX_CLIENT_SYMLINK EGL_CLIENT_SYMLINK").split():
    TYPES[name] = ("al", 0, 9999)
for name in "CUDA_LIB OPENCL_LIB OPENCL_WRAPPER_LIB TLS_LIB VDPAU_LIB".split():
    TYPES[name] = ("ap", 0, 9999)
for name in "CUDA_SYMLINK OPENCL_LIB_SYMLINK OPENCL_WRAPPER_SYMLINK VDPAU_SYMLINK".split():
    TYPES[name] = ("apl", 0, 9999)
for name in ("DOCUMENTATION APPLICATION_PROFILE MANPAGE EXPLICIT_PATH DOT_DESKTOP XMODULE_SHARED_LIB "
             "GLX_MODULE_SHARED_LIB GRID_LIB NVIDIA_MODPROBE NVIDIA_MODPROBE_MANPAGE FLEXERA_LIB").split():
    TYPES[name] = ("p", 0, 9999)
for name in "GLX_MODULE_SYMLINK GRID_LIB_SYMLINK FLEXERA_LIB_SYMLINK".split():
    TYPES[name] = ("pl", 0, 9999)
TYPES.update({
    "UTILITY_BIN_SYMLINK": ("l", 0, 9999),
    "VGX_LIB_SYMLINK": ("l", 0, 9999),
    "KERNEL_MODULE_SRC": ("i", 0, 9999),
    "DKMS_CONF": ("i", 0, 9999),
    "VULKAN_ICD_JSON": ("p", 435, 9999),
    "ALLOCATOR_JSON": ("", 0, 470),
    "NVIFR_LIB": ("a", 0, 470),
    "NVIFR_LIB_SYMLINK": ("al", 0, 470),
    "INTERNAL_UTILITY_BINARY": ("a", 450, 9999),
    "INTERNAL_UTILITY_LIB": ("a", 450, 9999),
    "INTERNAL_UTILITY_DATA": ("", 450, 9999),
    "FIRMWARE": ("i", 465, 9999),
    "SYSTEMD_UNIT": ("", 465, 9999),
    "SYSTEMD_SLEEP_SCRIPT": ("", 465, 9999),
    "SYSTEMD_UNIT_SYMLINK": ("pl", 465, 9999),
    "WINE_LIB": ("a", 470, 9999),
    "GBM_BACKEND_LIB": ("a", 495, 9999),
    "GBM_BACKEND_LIB_SYMLINK": ("al", 495, 9999),
    "ICON": ("p", 530, 9999),
    "OPENGL_DATA": ("p", 535, 9999),
    "VULKANSC_ICD_JSON": ("p", 560, 9999),
    "SANDBOXUTILS_FILELIST_JSON": ("p", 570, 9999),
})


class Bad(Exception):
    """What is wrong with a line."""


class Entry:
    """A line of the manifest, taken apart."""

    def __init__(self, lineno, text, version):
        self.where = f".manifest line {lineno}"
        self.text = text
        words = text.split(" ")
        if len(words) < 3 or "" in words:
            raise Bad(f"{self.where}: not single words with single blanks: {text!r}")
        self.file = os.path.normpath(words[0])
        if self.file.startswith(("/", "..")) or words[0].removeprefix("./") != self.file:
            raise Bad(f"{self.where}: '{words[0]}' is no path in the package")
        if not re.fullmatch("[0-7]{4,5}", words[1]):
            raise Bad(f"{self.where}: mode '{words[1]}'")
        self.mode = int(words[1], 8)
        self.kind = words[2]
        branch = int(version.split(".")[0])
        has, first, last = TYPES.get(self.kind, ("", 9999, 0))
        if not first <= branch <= last:
            raise Bad(f"{self.where}: unknown type '{self.kind}' in branch {branch}")
        self.arch, self.path, self.target = "NATIVE", "", None
        self.fields(has, words[3:])

    def fields(self, has, rest):
        # VGX_LIB has no architecture, and packages write one all the same.
        if "a" in has or (rest and rest[0] in ("NATIVE", "COMPAT32")):
            self.arch = self.take(rest, "architecture")
            if self.arch not in ("NATIVE", "COMPAT32"):
                raise Bad(f"{self.where}: no such architecture")
        if "p" in has:
            self.path = self.take(rest, "path")
        if self.kind == "EXPLICIT_PATH" and not self.path.startswith("/"):
            raise Bad(f"{self.where}: '{self.path}' is not absolute")
        if "i" in has:
            self.path = self.inherit(self.take(rest, "depth"))
        if "l" in has:
            self.target = self.take(rest, "target")
        if not rest or any(not re.fullmatch(r"MODULE:\w+", w) for w in rest):
            raise Bad(f"{self.where}: {rest} where MODULE: should stand")

    def take(self, rest, what):
        if not rest or rest[0].startswith("MODULE:"):
            raise Bad(f"{self.where}: no {what}")
        return rest.pop(0)

    def inherit(self, word):
        m = re.fullmatch(r"INHERIT_PATH_DEPTH:(\d+)", word)
        parts = self.file.split("/")
        if not m or int(m[1]) >= len(parts):
            raise Bad(f"{self.where}: '{word}' is no INHERIT_PATH_DEPTH of '{self.file}'")
        return os.path.dirname("/".join(parts[int(m[1]):]))

    def key(self):
        """What makes it another entry than all others."""
        return (self.file, self.kind, self.arch, self.path, self.target or "")


class Manifest:
    """Of an unpacked package. Errors gather in bad."""

    def __init__(self, package):
        self.bad = []
        self.entries = []
        self.version, self.modules = "0", []
        with open(os.path.join(package, ".manifest"), encoding="utf-8") as f:
            lines = f.read().split("\n")
        if len(lines) < 9 or lines.pop() != "":
            self.bad.append(".manifest: cut off")
            return
        self.version, self.modules = lines[1], lines[3].split(" ")
        if not re.fullmatch(r"\d+(\.\d+)+", self.version):
            self.bad.append(f".manifest line 2: version {self.version!r}")
            return
        if "" in self.modules or len(set(self.modules)) != len(self.modules):
            self.bad.append(f".manifest line 4: {lines[3]!r}")
        for lineno, text in enumerate(lines[8:], 9):
            if not text.strip():
                if any(t.strip() for t in lines[lineno:]):
                    self.bad.append(f".manifest line {lineno}: empty, and what follows is never read")
                break
            try:
                self.entries.append(Entry(lineno, text, self.version))
            except Bad as e:
                self.bad.append(str(e))


def members(package):
    """All that is in a package but directories."""
    for folder, dirs, files in os.walk(package):
        for name in files + [d for d in dirs if os.path.islink(os.path.join(folder, d))]:
            yield os.path.relpath(os.path.join(folder, name), package)


def not_listed(package, m):
    listed = {e.file for e in m.entries}
    return {f for f in members(package) if f not in listed and f != ".manifest"}


def check_files(package, m):
    seen = {}
    for e in m.entries:
        if e.key() in seen:
            m.bad.append(f"{e.where}: the same as {seen[e.key()]}")
        seen[e.key()] = e.where
        full = os.path.join(package, e.file)
        if e.target is None and (os.path.islink(full) or not os.path.isfile(full)):
            m.bad.append(f"{e.where}: '{e.file}' is {'no file' if os.path.lexists(full) else 'missing'}")


def check_links(m):
    names = {(e.arch, os.path.basename(e.file)) for e in m.entries}
    for e in m.entries:
        if e.target is not None and (e.arch, os.path.basename(e.target)) not in names:
            m.bad.append(f"{e.where}: '{e.file}' leads to '{e.target}', which is not installed")


def check_modules(package, m):
    have = {f.split("/")[1] for f in members(package) if re.fullmatch(r"kernel/(nvidia[^/]*)/\1\.Kbuild", f)}
    for name in sorted(have ^ set(m.modules)):
        m.bad.append(f".manifest line 4: {name}: " + ("not there" if name in have else "not in kernel/"))


def check_not_listed(package, m, of):
    fine = {f for p in of for f in not_listed(p, Manifest(p))}
    must = re.compile(r"(kernel|kernel-open|init-scripts)/")
    for f in sorted(not_listed(package, m) - fine):
        if of or must.match(f):
            m.bad.append(f".manifest: no line names '{f}'")


def main():
    args = sys.argv[1:]
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    package, rest = args[0], args[1:]
    m = Manifest(package)
    if rest == ["--entries"]:
        for e in sorted(e.key() for e in m.entries):
            print(*[w or "-" for w in e])
    else:
        if rest[::2] != ["--of"] * (len(rest) // 2) or len(rest) % 2:
            sys.exit(__doc__)
        check_files(package, m)
        check_links(m)
        check_modules(package, m)
        check_not_listed(package, m, rest[1::2])
    for line in m.bad:
        print(line, file=sys.stderr)
    sys.exit(1 if m.bad else 0)


if __name__ == "__main__":
    main()
