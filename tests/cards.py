#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cards.py CHECKOUT [CARDS]

Do the native cards of CARDS (kernel-versions/cards) have vGPUs with the branches that it
says? CHECKOUT is a git repository in the shape of NVIDIA's open-gpu-kernel-modules, bare
or not, with a tag for each release. A card has vGPU types with a release whose list of
device names has a guest's name for it, "GRID P40-1Q" or "NVIDIA A10-2B". Of each branch
that CARDS names as a bound the newest tag is asked. Prints what differs, a line each, and
how much was compared; exit 1 if something does.
"""
import re
import subprocess
import sys

LIST = "src/nvidia/generated/g_nv_name_released.h"
GUEST = re.compile(r'\{ *0x([0-9a-f]{4}), *0x[0-9a-f]{4}, *0x10de, *"(?:GRID|NVIDIA) [^"]*-\d+(?:-\d+)?[A-Z]', re.I)
RANGE = re.compile(r"(?:>= )?(\d+)(?: - (\d+))?$")


def git(checkout, *args):
    p = subprocess.run(["git", "-C", checkout, *args], capture_output=True, text=True, errors="replace")
    return p.stdout if p.returncode == 0 else None


def read_cards(path):
    cards = {}
    with open(path, encoding="utf-8") as f:
        paragraphs = f.read().split("\n\n")
    for text in paragraphs:
        field = dict(re.findall(r"^([A-Z][A-Za-z-]*): *(.*)$", text, re.M))
        if field.get("Vgpu") != "native":
            continue
        bounds = RANGE.match(field["Driver"])
        if not bounds:
            sys.exit(f"cards: {path}: Driver '{field['Driver']}' is no range of branches")
        for device in field["Cards"].split(", "):
            cards[int(device, 16)] = int(bounds[1]), int(bounds[2] or 0)
    return cards


def newest_tags(checkout):
    tags = [t for t in (git(checkout, "tag") or "").split() if re.fullmatch(r"\d+(\.\d+)+", t)]
    tags.sort(key=lambda t: [int(p) for p in t.split(".")])
    return {int(t.split(".")[0]): t for t in tags}


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    cards = read_cards(sys.argv[2] if len(sys.argv) > 2 else "kernel-versions/cards")
    named = {b for bounds in cards.values() for b in bounds if b}
    wrong = compared = 0
    for branch, tag in sorted(newest_tags(sys.argv[1]).items()):
        text = git(sys.argv[1], "show", f"{tag}:{LIST}") if branch in named else None
        if text is None:
            continue
        has = {int(m, 16) for m in GUEST.findall(text)}
        says = {d for d, (first, last) in cards.items() if first <= branch and (not last or branch <= last)}
        for device in sorted(has ^ says):
            wrong += 1
            print(f"{device:04x}: {tag} has {'' if device in has else 'no '}vGPUs for it, cards says otherwise")
        compared += len(has | says)
    print(f"{compared} cards of a branch compared, {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main()
