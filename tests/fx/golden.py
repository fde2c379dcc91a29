#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A recorded machine in one text file, with what is to be said of it (tests/golden).

    golden.py pack DIR        a record of `gridpatch doctor --record`, as text
    golden.py unpack FILE DIR write the machine
    golden.py says FILE       what doctor is to say: lines "HEALTH CHECK: TEXT", with mends
    golden.py ends FILE       "STATUS PLATFORM RUNNING"

A file's text stands below "@ PATH", the bytes of another below "@hex PATH"; "@link PATH
TARGET" is a link, "@dir PATH" an empty directory, "@none PATH…" are files that are empty.
Lines with "#" at the beginning are comments between these. What is to be said begins
with "@says STATUS PLATFORM RUNNING".
"""
import os
import sys


def entries(text):
    """(kind, argument, lines) of each @, comments left out."""
    kind, arg, lines = None, "", []
    for line in text.splitlines():
        if line.startswith("@"):
            if kind is not None:
                yield kind, arg, lines
            kind, _, arg = line[1:].partition(" ")
            lines = []
        elif kind is not None and not line.startswith("#"):
            lines.append(line)
    if kind is not None:
        yield kind, arg, lines


def put(top, path, data):
    assert not path.startswith("/") and ".." not in path.split("/"), path
    full = os.path.join(top, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def unpack(file, top):
    for kind, arg, lines in entries(open(file, encoding="utf-8").read()):
        if kind == "":
            put(top, arg, "".join(line + "\n" for line in lines).encode())
        elif kind == "hex":
            put(top, arg, bytes.fromhex("".join(lines)))
        elif kind == "none":
            for path in arg.split() + " ".join(lines).split():
                put(top, path, b"")
        elif kind == "dir":
            for path in arg.split() + " ".join(lines).split():
                os.makedirs(os.path.join(top, path), exist_ok=True)
        elif kind == "link":
            path, to = arg.split()
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            os.symlink(to, os.path.join(top, path))
        else:
            assert kind == "says", kind


def pack(top):
    empty = []
    for at, dirs, files in os.walk(top):
        dirs.sort()
        for name in sorted(files) + [d for d in dirs if os.path.islink(os.path.join(at, d))]:
            full = os.path.join(at, name)
            path = os.path.relpath(full, top)
            if os.path.islink(full):
                print("@link", path, os.readlink(full))
                continue
            data = open(full, "rb").read()
            text = data.decode("utf-8", "replace")
            if not data:
                empty.append(path)
            elif text.isprintable() or (data.endswith(b"\n") and all(c.isprintable() or c in "\n\t" for c in text)):
                print("@ " + path + "\n" + text, end="" if text.endswith("\n") else "\n")
            else:
                print("@hex " + path + "\n" + data.hex())
        if not dirs and not files:
            print("@dir", os.path.relpath(at, top))
    print("@none")
    print("\n".join(empty))


def main():
    verb, args = sys.argv[1], sys.argv[2:]
    if verb == "pack":
        pack(*args)
    elif verb == "unpack":
        unpack(*args)
    else:
        for kind, arg, lines in entries(open(args[0], encoding="utf-8").read()):
            if kind == "says":
                print(arg if verb == "ends" else "\n".join(lines))


main()
