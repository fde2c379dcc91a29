#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mergejudge.py HOST DESKTOP MERGED [--changed PATH]…

Is MERGED, unpacked, what a merged driver of the unpacked packages HOST and DESKTOP has to
be? Written from what was asked for, not from the table in the data: the desktop's package;
of the host all that only it has, and what HOSTS lists; nothing of the host's in
kernel-open/; of a library in two versions the desktop's. --changed: what patch sets,
hooks and the like were to change, or to add.

Says all that is otherwise, a line each; exit 1. Manifests are for manifest.py to judge.
"""
import os
import re
import sys

HOSTS = re.compile(r"kernel/nvidia/(nv-kernel\.o_binary|nvidia-sources\.Kbuild)$|kernel/nvidia-vgpu-vfio/|"
                   r"init-scripts/|firmware/|(vgpuConfig\.xml|LICENSE|nvidia-bug-report\.sh)$")
MADE = {".manifest", "pkg-history.txt"}
TEXTS = {"kernel/conftest.sh", "kernel/Kbuild", "kernel/Makefile", "kernel/dkms.conf"}
MODULE = "nvidia-vgpu-vfio"


def members(package):
    found = {}
    for folder, dirs, files in os.walk(package):
        for name in files + [d for d in dirs if os.path.islink(os.path.join(folder, d))]:
            full = os.path.join(folder, name)
            if os.path.islink(full):
                what = ("link", os.readlink(full))
            else:
                with open(full, "rb") as f:
                    what = (oct(os.stat(full).st_mode & 0o7777), f.read())
            found[os.path.relpath(full, package)] = what
    return found


def version_of(package):
    with open(os.path.join(package, ".manifest"), encoding="utf-8") as f:
        return f.read().split("\n")[1]


class Pair:
    def __init__(self, host, desktop):
        self.host, self.desktop = members(host), members(desktop)
        self.versions = version_of(host), version_of(desktop)

    def want(self, name):
        """'host', 'desktop' or None: nobody's."""
        hosts, desktops = name in self.host, name in self.desktop
        if name.startswith("kernel-open/"):
            return "desktop" if desktops else None
        if hosts and HOSTS.match(name):
            return "host"
        if hosts and not desktops and self.versions[0] != self.versions[1]:
            other = name.replace(self.versions[0], self.versions[1])
            if other != name and other in self.desktop:
                return None
        return "desktop" if desktops else "host"


def edited(name, text, desktops, bad):
    """A text of the desktop's, with the host's switch or module in it, and nothing else."""
    lines, old = text.decode().split("\n"), desktops.decode().split("\n")
    if name.endswith("conftest.sh"):
        if lines.count("VGX_KVM_BUILD=1") != 1:
            bad.append(f"{name}: no VGX_KVM_BUILD=1, or more than one")
        lines = [x for x in lines if x != "VGX_KVM_BUILD=1"]
        old = [x for x in old if x not in ("VGX_KVM_BUILD=1", "VGX_KVM_BUILD=0")]
    else:
        lines = [x.replace(" " + MODULE, "") for x in lines]
        old = [x.replace(" " + MODULE, "") for x in old]
    if lines != old:
        bad.append(f"{name}: more was changed than that")


def main():
    args, changed = sys.argv[1:4], set(sys.argv[5::2])
    if len(args) != 3 or any(a != "--changed" for a in sys.argv[4::2]):
        sys.exit(__doc__)
    pair, merged, bad = Pair(args[0], args[1]), members(args[2]), []
    sides = {"host": pair.host, "desktop": pair.desktop}
    for name in sorted(set(merged) | set(pair.host) | set(pair.desktop)):
        if name in changed or name in MADE:
            if name not in merged:
                bad.append(f"{name}: is missing")
            continue
        side = pair.want(name)
        if name not in merged:
            if side:
                bad.append(f"{name}: is missing, and the {side} has it")
        elif not side:
            bad.append(f"{name}: nobody should have it")
        elif side not in sides or name not in sides[side]:
            bad.append(f"{name}: where is it from?")
        elif name in TEXTS and name in pair.host:
            edited(name, merged[name][1], pair.desktop[name][1], bad)
        elif merged[name][0] != sides[side][name][0]:
            bad.append(f"{name}: mode {merged[name][0]}, the {side}'s is {sides[side][name][0]}")
        elif merged[name] != sides[side][name]:
            bad.append(f"{name}: is not the {side}'s")
    for line in bad:
        print(line, file=sys.stderr)
    sys.exit(1 if bad else 0)


main()
