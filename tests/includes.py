#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`make includes`: a file includes what it uses, and uses what it includes.

For each name with gp_ or GP_ that a header of tools/ declares (a function, a type, a
member of an enum, a macro) each file of tools/ that says it includes that header. As
good as that are

- what an included header needs itself for what it declares: who takes a gp_tree in gets
  gp_tree's header with it, but no further;
- what the header that a .c file includes first, its own, brings along, and an _impl.h,
  which the files of one subject share: all that is reached from there through headers
  of the same room;
- errors and buffers (BASICS), of which all interfaces speak: any header brings them;
- in a header, "struct gp_x;" of its own.

A header that is included is there for a name that is used, but for a .c file's own.
"""
import os
import re
import sys

BASICS = {"base/err.h", "base/buf.h"}
NAME = re.compile(r"\b(?:gp|GP)_\w+")
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
FORWARD = re.compile(r"^(?:struct|enum|union) (gp_\w+);", re.M)
DECLARED = [
    r"\b(?:struct|enum|union)\s+(gp_\w+)\s*\{",
    r"\b(gp_\w+)\s*\(",
    r"\btypedef\b[^;]*\b(gp_\w+)\s*;",
    r"\btypedef\b[^;]*\(\*\s*(gp_\w+)\s*\)",
    r"(?m)^(?:gp_\w+)\s+(gp_\w+)\s*;",
    r"\bextern\b[^;]*?\b(gp_\w+)\s*(?:\[[^;]*)?;",
]


class File:
    def __init__(self, path):
        with open(os.path.join("tools", path), encoding="utf-8") as f:
            raw = f.read()
        self.path = path
        self.room = os.path.dirname(path)
        self.includes = INCLUDE.findall(raw)
        self.text = NOISE.sub(" ", raw)
        self.words = set(re.findall(r"\w+", DIRECTIVE.sub(drop_include, self.text)))
        self.used = {w for w in self.words if NAME.fullmatch(w)}
        self.forward = set(FORWARD.findall(self.text)) if path.endswith(".h") else set()
        self.declares = declared(self.text) if path.endswith(".h") else set()

    def shares(self, h):
        """Is h this file's own header, or one of its subject?"""
        own = self.path.endswith(".c") and h == self.includes[0]
        return own or h.endswith("_impl.h") or self.path.endswith("_impl.h") and os.path.dirname(h) == self.room


def drop_include(m):
    return "" if "include" in m.group(0) else m.group(0)


def without_bodies(text):
    """Without what stands between braces; the members of enums stay."""
    out, inside = "", []
    for piece in re.split(r"([{}])", text):
        if piece == "{":
            inside.append(bool(re.search(r"\benum(\s+\w+)?\s*$", out)))
        elif piece == "}" and inside:
            inside.pop()
        if piece in "{}" or all(inside):
            out += piece
    return out


def declared(text):
    """The names that a header is there for."""
    names = set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", text, re.M))
    code = without_bodies(DIRECTIVE.sub("", text))
    for pattern in DECLARED:
        names.update(re.findall(pattern, code))
    for body in re.findall(r"\benum(?:\s+\w+)?\s*\{([^}]*)\}", code):
        names.update(re.findall(r"\bGP_\w+", body))
    return names


def reached(files, start, room=None):
    """What an include of start brings along: through headers of that room alone, if one is given."""
    todo, seen = [start], set()
    while todo:
        h = todo.pop()
        if h in files and h not in seen:
            seen.add(h)
            if room is None or files[h].room == room:
                todo += files[h].includes
    return seen


def missing(files, where, f):
    """The headers that f does not include, each with the names that it takes from there."""
    seen = {f.path} | set(f.includes)
    for h in f.includes:
        seen |= reached(files, h, f.room) if f.shares(h) else BASICS & reached(files, h)
    for h in f.includes:
        seen |= {g for g in files[h].includes if g in files and files[g].declares & files[h].words} if h in files else set()
    seen |= BASICS & set().union(*(reached(files, h) for h in seen))
    found = {}
    for name in f.used - f.forward:
        if name in where and not where[name] & seen:
            found.setdefault(min(where[name]), []).append(name)
    return found


def unused(files, f):
    """The headers that f includes for nothing."""
    others = f.includes[1:] if f.path.endswith(".c") else f.includes
    brings = {h: {h} | (BASICS & reached(files, h) if h in BASICS else set()) for h in others if h in files}
    return [h for h in brings if not set().union(*(files[x].declares | files[x].forward for x in brings[h])) & f.words]


def main():
    paths = [os.path.relpath(os.path.join(top, n), "tools") for top, _, names in os.walk("tools") for n in names]
    files = {p: File(p) for p in sorted(paths) if p.endswith((".c", ".h"))}
    where = {}
    for f in files.values():
        for name in f.declares:
            where.setdefault(name, set()).add(f.path)
    for f in files.values():
        # A type that nobody else may look into comes from where it is named.
        for name in f.forward:
            if all(h.endswith("_impl.h") for h in where.get(name, ())):
                where.setdefault(name, set()).add(f.path)
    bad = 0
    for f in files.values():
        for h, names in sorted(missing(files, where, f).items()):
            bad += 1
            print("tools/%s does not include '%s' for %s" % (f.path, h, ", ".join(sorted(names)[:4])))
        for h in unused(files, f):
            bad += 1
            print("tools/%s includes '%s' and uses nothing of it" % (f.path, h))
    if bad:
        sys.exit("includes: %d findings" % bad)
    print("includes: fine")


main()
