#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""split.py MERGED HOST DESKTOP [HOST_VERSION]

Takes an unpacked merged driver apart, by its manifest, into what a vGPU host and a grid
guest would be: the pair that, merged again, should give it back. HOST_VERSION is the
host's, if its libraries say another one than the desktop's.

What only a host has goes to the host: vgpud, vgpu-mgr, their libraries and services,
vgpuConfig.xml, sriov-manage, nvidia-vgpu-vfio and what it needs in nvidia/. What only a
desktop has: gridd, and all that is not the vGPU's, the installer's, NVML's or nvidia.ko's.
The rest goes to both, and each gets its own form of

  kernel/conftest.sh                    VGX_KVM_BUILD in the host's, GRID_BUILD in the desktop's
  kernel/nvidia/nvidia-sources.Kbuild   nv-vgpu-vfio-interface.c, or nv-vgpu-vmbus.c
  init-scripts/post-install, pre-uninstall    the daemons that it has
  LICENSE, nvidia-bug-report.sh         the desktop's have a line more
  kernel/nvidia/nv-kernel.o_binary      the desktop's is cut short: nobody may want it
  libnvidia-ml.so.V                     the host's has its own version, and a byte more
"""
import os
import re
import shutil
import sys

GRID = re.compile(r"(nvidia-gridd|gridd\.conf|grid-third|GRID_LICENSE|libFlx|init-scripts/\w+/nvidia-gridd|"
                  r"nvidia-topologyd|init-scripts/\w+/nvidia-topologyd|kernel/nvidia/nv-vgpu-vmbus)")
SHARED_SCRIPT = re.compile(r"init-scripts/[^/]+$")
DESKTOP_KERNEL = re.compile(r"kernel/nvidia-(uvm|modeset|drm|peermem)/|kernel-open/")
DESKTOP_DOCS = re.compile(r"html/|README\.txt|libglvnd_install_checker/|32/")
ONLY_DESKTOPS_MODULES = {"nvidia-uvm", "nvidia-modeset", "nvidia-drm", "nvidia-peermem"}


def side_of(name, line):
    """'host', 'desktop' or 'both', of the file of an entry."""
    module = re.search(r"MODULE:(\w+)", line)[1]
    if " COMPAT32 " in line or GRID.match(name) or DESKTOP_KERNEL.match(name) or DESKTOP_DOCS.match(name):
        return "desktop"
    if name.startswith("kernel/"):
        return "host" if module == "vgpu" else "both"
    if module == "vgpu":
        return "both" if SHARED_SCRIPT.match(name) else "host"
    return "both" if module in ("installer", "nvml", "gspfw") else "desktop"


class Half:
    def __init__(self, side, root):
        self.side, self.root, self.lines = side, root, []

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def write(self, name, text):
        path = os.path.join(self.root, name)
        mode = os.stat(path).st_mode
        os.chmod(path, mode | 0o200)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
        os.chmod(path, mode)

    def without(self, name, pattern, flags=re.M):
        """Take out what must be there once."""
        text, n = re.subn(pattern, "", self.read(name), flags=flags)
        if n != 1:
            sys.exit(f"split.py: {name}: {n} times {pattern}")
        self.write(name, text)


def copy(merged, half, name):
    to = os.path.join(half.root, name)
    os.makedirs(os.path.dirname(to), exist_ok=True)
    if not os.path.lexists(to):
        shutil.copy2(os.path.join(merged, name), to, follow_symlinks=False)


def distribute(merged, host, desktop):
    """All files to whom they belong; the lines of the manifest, too."""
    with open(os.path.join(merged, ".manifest"), encoding="utf-8") as f:
        lines = f.read().rstrip("\n").split("\n")
    listed = set()
    for line in lines[8:]:
        name = line.split(" ")[0].removeprefix("./")
        side = side_of(name, line)
        listed.add(name)
        for half in (host, desktop):
            if side in ("both", half.side):
                half.lines.append(line)
                if line.split(" ")[1] != "0000":
                    copy(merged, half, name)
    for folder, _, files in os.walk(merged):
        for name in files:
            name = os.path.relpath(os.path.join(folder, name), merged)
            if name not in listed and name != ".manifest":
                copy(merged, desktop, name)
                if not DESKTOP_DOCS.match(name) and not name.startswith("lib"):
                    copy(merged, host, name)
    return lines[:8]


def make_host(host, version):
    old = host.header[1]
    host.header[3] = " ".join(m for m in host.header[3].split(" ") if m not in ONLY_DESKTOPS_MODULES)
    host.without("kernel/conftest.sh", r"^GRID_BUILD=1\n")
    host.without("kernel/nvidia/nvidia-sources.Kbuild", r"^.*nv-vgpu-vmbus\.c\n")
    for script in ("init-scripts/post-install", "init-scripts/pre-uninstall"):
        host.without(script, r"^IS_GRID=.*\n(?:.*\n)*?fi\n")
    ml = f"libnvidia-ml.so.{old}"
    with open(os.path.join(host.root, ml), "ab") as f:
        f.write(b"\0")
    if version == old:
        return
    os.rename(os.path.join(host.root, ml), os.path.join(host.root, f"libnvidia-ml.so.{version}"))
    host.lines = [x.replace(ml, f"libnvidia-ml.so.{version}") for x in host.lines]
    host.header[1] = version
    host.write("kernel/Kbuild", host.read("kernel/Kbuild").replace(old, version))


def make_desktop(desktop):
    desktop.header[3] = desktop.header[3].replace(" nvidia-vgpu-vfio", "")
    desktop.without("kernel/conftest.sh", r"^VGX_KVM_BUILD=1\n")
    desktop.without("kernel/nvidia/nvidia-sources.Kbuild", r"^.*nv-vgpu-vfio-interface\.c\n")
    for script in ("init-scripts/post-install", "init-scripts/pre-uninstall"):
        desktop.without(script, r"^IS_VGX=.*\n(?:.*\n)*?fi\n\s*IS_KVM=.*\n(?:.*\n)*?fi\n")
    for name in ("LICENSE", "nvidia-bug-report.sh"):
        desktop.write(name, desktop.read(name) + "# A desktop's.\n")
    with open(os.path.join(desktop.root, "kernel/nvidia/nv-kernel.o_binary"), "r+b") as f:
        f.truncate(100000)


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    merged, host, desktop = sys.argv[1], Half("host", sys.argv[2]), Half("desktop", sys.argv[3])
    header = distribute(merged, host, desktop)
    host.header, desktop.header = list(header), list(header)
    make_host(host, sys.argv[4] if len(sys.argv) == 5 else header[1])
    make_desktop(desktop)
    for half in (host, desktop):
        with open(os.path.join(half.root, ".manifest"), "w", encoding="utf-8") as f:
            f.write("\n".join(half.header + half.lines) + "\n")


main()
