#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exports.py [--symbols NAME,...] --source TEXT TABLE LIST...

Prints TABLE, a file like kernel-versions/exports, with what kernels' lists of exports
say of its symbols. A LIST is a Module.symvers, a list as Ubuntu and Proxmox keep of
each ABI ("EXPORT_SYMBOL module 0xCRC name"), or bare names, a line each, which say
nothing of GPL and namespaces. Its kernel is told by its name: RELEASE,
abi-prev-RELEASE, linux-headers-RELEASE/Module.symvers; else write RELEASE=LIST.
TABLE may not be there yet: then --symbols says what it is about. Symbols that are
added later are unknown where no list is given again.

What lies between two kernels that were read is not written down: those of a line with
names of one form make one range while they are alike. Exits with 1, and prints
nothing, when a list is not one, or not a whole one.
"""
import argparse
import os
import re
import sys

WIDTH = 120
NONE, PLAIN, GPL, SOME, UNKNOWN = "none", "Plain", "Gpl", "Exported", "Unknown"
TYPES = {"EXPORT_SYMBOL": PLAIN, "EXPORT_SYMBOL_GPL": GPL, "EXPORT_UNUSED_SYMBOL": PLAIN,
         "EXPORT_UNUSED_SYMBOL_GPL": GPL, "EXPORT_SYMBOL_GPL_FUTURE": PLAIN}
# Every kernel exports it; a list that breaks off may lack it, an empty one does.
ALWAYS = "kfree"


def die(text):
    sys.exit("exports: " + text)


def fields_of_symvers(line):
    """name, type, namespace of a line of Module.symvers; see core/module/symvers.h."""
    f = line.split("\t")
    if len(f) not in (4, 5) or not f[0].startswith("0x"):
        return None
    if f[3] in TYPES:
        return f[1], TYPES[f[3]], f[4] if len(f) == 5 else ""
    return (f[1], TYPES[f[4]], f[2]) if len(f) == 5 and f[4] in TYPES else None


def fields_of_abi(line):
    """The same of a list that was made from one: the last three columns come first, in
    reverse order, and an empty namespace leaves nothing behind."""
    f = line.split()
    if len(f) not in (4, 5):
        return None
    if f[0] in TYPES and f[2].startswith("0x"):
        return f[3], TYPES[f[0]], f[4] if len(f) == 5 else ""
    return (f[3], TYPES[f[1]], f[0]) if len(f) == 5 and f[1] in TYPES and f[2].startswith("0x") else None


def read_list(path, symbols):
    """{symbol: (how, namespace or None)}; NONE where it is not exported."""
    found = {s: (NONE, "") for s in symbols}
    whole = False
    try:
        with open(path, encoding="ascii", errors="surrogateescape") as f:
            text = f.read()
    except OSError as e:
        die("cannot read '%s': %s" % (path, e.strerror))
    for n, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        got = fields_of_symvers(line) or fields_of_abi(line)
        if not got and re.fullmatch(r"[A-Za-z_]\w*", line):
            got = line, SOME, None
        if not got:
            die("'%s:%d': not a line of a list of exports" % (path, n))
        whole |= got[0] == ALWAYS
        if found.get(got[0], "")[:1] == (NONE,):
            found[got[0]] = got[1:]
    if not whole:
        die("'%s': no %s in it, so it is not a whole list" % (path, ALWAYS))
    return found


def release_of(arg):
    """RELEASE and path of an argument."""
    name, eq, path = arg.partition("=")
    if eq and re.match(r"\d", name):
        return name, path
    name = os.path.basename(arg)
    if name == "Module.symvers":
        name = os.path.basename(os.path.dirname(os.path.abspath(arg)))
    name = re.sub(r"^(abi-prev-|linux-headers-)", "", name)
    if name.endswith("-pve-amd64"):
        name = name[:-6]
    if not re.match(r"\d+\.\d+\.\d+", name):
        die("'%s' does not say of which kernel: write RELEASE=%s" % (arg, arg))
    return name, arg


def form(release):
    """What neighbours have in common: the line, and all but the numbers."""
    return tuple(release.split(".")[:2]), re.sub(r"\d+", "#", release)


def order(release):
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.findall(r"\d+|[^\d]+", release)]


class Table:
    """spans: [lo, hi, state, source]; a state is {symbol: (how, namespace)}."""

    def __init__(self):
        self.symbols, self.spans, self.head = [], [], ""

    def load(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.head = re.match(r"(?:#.*\n|\s*\n)*", text).group()
        paragraphs = [p for p in re.split(r"\n\s*\n", text) if re.search(r"^[A-Z]", p, re.M)]
        for i, p in enumerate(paragraphs):
            lines = [s for s in p.split("\n") if not s.startswith("#")]
            body = re.sub(r"\n\s+", " ", "\n".join(lines).strip())
            found = [re.match(r"([A-Za-z-]+):\s*(.*)", s) for s in body.split("\n")]
            fields = dict(m.groups() for m in found if m)
            if None in found or not ({"Symbols"} if i == 0 else {"Releases", "Source"}) <= set(fields):
                die("'%s': paragraph %d is none of a table of exports" % (path, i + 1))
            if i == 0:
                self.symbols = fields["Symbols"].split()
            else:
                self.take(fields)

    def take(self, fields):
        state = {s: (NONE, "") for s in self.symbols}
        for how in (PLAIN, GPL, SOME, UNKNOWN):
            for word in fields.get(how, "").split():
                name, has, ns = word.rstrip(")").partition("(")
                known = has and ns != "?" or not has and how in (PLAIN, GPL)
                state[name] = (how, ns if known else None)
        for span in fields["Releases"].split(","):
            lo, _, hi = span.strip().partition(" - ")
            self.spans.append([lo, hi or lo, state, fields["Source"]])

    def widen(self, names):
        for s in names:
            if s not in self.symbols:
                self.symbols.append(s)
                for span in self.spans:
                    span[2] = dict(span[2])
                    span[2][s] = (UNKNOWN, None)

    def add(self, release, state, source):
        for i, (lo, hi, old, whose) in enumerate(self.spans):
            if form(release) != form(lo) or not order(lo) <= order(release) <= order(hi):
                continue
            if old == state:
                return
            # Nothing is known of what lay between any more.
            ends = [[e, e, old, whose] for e in sorted({lo, hi} - {release}, key=order)]
            self.spans[i:i + 1] = ends + [[release, release, state, source]]
            return
        self.spans.append([release, release, state, source])

    def draw_together(self):
        self.spans.sort(key=lambda s: (form(s[0])[1], order(s[0])))
        spans = []
        for s in self.spans:
            last = spans[-1] if spans else None
            if last and form(last[0]) == form(s[0]) and last[2:] == s[2:]:
                last[1] = s[1]
            else:
                spans.append(s)
        self.spans = spans


def fold(name, words, sep=" "):
    """A field, folded between its words."""
    out, line = [], name + ":"
    for i, w in enumerate(words):
        w += sep.strip() if i + 1 < len(words) else ""
        if len(line) + 1 + len(w) > WIDTH:
            out.append(line)
            line = ""
        line += " " + w
    return "\n".join(out + [line]) + "\n"


def word(name, how, ns):
    return name + ("(?)" if ns is None and how != SOME else "(%s)" % ns if ns else "")


def text_of(table):
    out = [table.head + fold("Symbols", table.symbols)]
    groups = []
    for lo, hi, state, source in table.spans:
        for g in groups:
            if g[1:] == [state, source]:
                g[0].append((lo, hi))
                break
        else:
            groups.append([[(lo, hi)], state, source])
    for spans, state, source in groups:
        p = fold("Releases", [lo if lo == hi else lo + " - " + hi for lo, hi in spans], ", ")
        p += fold("Source", source.split())
        for how in (PLAIN, GPL, SOME, UNKNOWN):
            words = [s if how == UNKNOWN else word(s, *state[s]) for s in table.symbols if state[s][0] == how]
            p += fold(how, words) if words else ""
        out.append(p)
    return "\n".join(out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--symbols", default="")
    p.add_argument("--source", required=True)
    p.add_argument("table")
    p.add_argument("lists", nargs="+")
    a = p.parse_args()
    table = Table()
    if os.path.exists(a.table):
        table.load(a.table)
    table.widen([s for s in re.split(r"[,\s]+", a.symbols) if s])
    if not table.symbols:
        die("no symbols: '%s' is not there, and --symbols names none" % a.table)
    for arg in a.lists:
        release, path = release_of(arg)
        table.add(release, read_list(path, table.symbols), a.source)
    table.draw_together()
    sys.stdout.write(text_of(table))


if __name__ == "__main__":
    main()
