# SPDX-License-Identifier: MIT
# package.py HOW TREE OUT.rpm: TREE as an rpm: lead, signature, header and a cpio, packed
# by xz, gzip, zstd (HOW) or not (none). Of others HOW says what is wrong:
#
#   sum        the header's SHA-256 is not the payload's
#   noname     the header has no name
#   nosum      the payload ends in the middle of a name, and no SHA-256 would tell
#   biglink    a symbolic link of two megabytes
#   hard       three of its sources are one file
import gzip
import hashlib
import lzma
import os
import stat
import struct
import subprocess
import sys

how, tree, out = sys.argv[1:]


def entry(name, mode, data, mtime, nlink=1, ino=0):
    name = name.encode() + b"\0"
    fields = (ino, mode, 0, 0, nlink, mtime, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def cpio():
    body, ino = b"", 0
    for top, dirs, files in sorted(os.walk(tree)):
        dirs.sort()
        for f in sorted(files):
            path, ino = os.path.join(top, f), ino + 1
            s = os.lstat(path)
            with open(path, "rb") as h:
                data = h.read()
            mode = stat.S_IFREG | stat.S_IMODE(s.st_mode)
            name = "./" + os.path.relpath(path, tree)
            if how == "hard" and f == "dkms.conf":
                # A cpio's links: the last one has the bytes.
                body += entry(name + ".a", mode, b"", int(s.st_mtime), 3, 9999)
                body += entry(name, mode, b"", int(s.st_mtime), 3, 9999)
                body += entry(name + ".b", mode, data, int(s.st_mtime), 3, 9999)
                continue
            body += entry(name, mode, data, int(s.st_mtime), 1, ino)
    if how == "biglink":
        body += entry("./x", stat.S_IFLNK | 0o777, b"x" * (2 << 20), 0)
    return body + entry("TRAILER!!!", 0, b"", 0)


def header(tags):
    """[(tag, type, value)]: 6 a string, 8 strings, 4 a number."""
    index = data = b""
    for tag, kind, value in tags:
        if kind == 4:
            data += bytes(-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), 1)
        data += struct.pack(">I", value) if kind == 4 else value.encode() + b"\0"
    return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", len(tags), len(data)) + index + data


payload = cpio()
if how == "xz":
    payload = lzma.compress(payload)
elif how == "gzip":
    payload = gzip.compress(payload, mtime=0)
elif how == "nosum":
    payload = payload[:payload.index(b"070701", len(payload) // 2) + 112]
elif how not in ("none",):
    payload = subprocess.run(["zstd", "-cq"], input=payload, stdout=subprocess.PIPE, check=True).stdout
sha = hashlib.sha256(payload if how != "sum" else b"").hexdigest()
tags = [(1000, 6, "NVIDIA-vGPU-rhel-9.2"), (1001, 6, "535.129.03"), (1002, 6, "1"), (1022, 6, "x86_64"),
        (1124, 6, "cpio"), (5092, 8, sha), (5093, 4, 8)]
if how == "nosum":
    tags = tags[:-2]
if how == "noname":
    tags = tags[1:]
lead = struct.pack(">4sBBhh66shh16s", b"\xed\xab\xee\xdb", 3, 0, 0, 1, b"NVIDIA-vGPU-rhel-9.2-535.129.03-1", 1, 5, b"")
signature = header([(1004, 6, "x")])
with open(out, "wb") as f:
    f.write(lead + signature + bytes(-len(signature) % 8) + header(tags) + payload)
