# SPDX-License-Identifier: MIT
# portal.py HOW OUT RUN [RUN…]: a .zip as the portal has it, or one that is wrong. The
# first RUN is the host's, others are put beside it under their own names.
#
#   good stored zip64     Host_Drivers/RUN, Guest_Drivers/…, Signing_Keys/…, a .pdf
#   mac                   the same by macOS, with __MACOSX/…/._RUN
#   two                   every RUN is the host's
#   guest                 Guest_Drivers only
#   plain                 the installer alone, at the top, with an ordinary name
#   none esxi inner       no .run: documents; packages for ESXi; a .zip and a .deb
#   html                  what is called .run is a page
#   nested                what is called .run is a .zip
#   empty                 no member at all
#   method                it is packed by Deflate64, as Windows does for large files
#   encrypted             its flag says so
#   twice                 two members of one name
#   leaves absolute       a member's name leaves the tree
#   cut                   without its last bytes
#   flip                  a byte of the installer is another
#   longer shorter        the directory says another size of it
#   bomb                  zeros, a great many of them, behind the stub of a RUN
#   many                  a member for each of 100,000 names
#   link                  the installer is a symbolic link
import os
import struct
import sys
import warnings
import zipfile
import zlib

how, out, *runs = sys.argv[1:]
first = "Host_Drivers/" + os.path.basename(runs[0])
method = zipfile.ZIP_BZIP2 if how == "bomb" else zipfile.ZIP_STORED if how in ("stored", "flip", "longer", "shorter", "link") else zipfile.ZIP_DEFLATED


def read(path):
    with open(path, "rb") as f:
        return f.read()


def info(name):
    i = zipfile.ZipInfo(name, (2021, 4, 1, 0, 0, 0))
    i.compress_type = method
    i.external_attr = (0o120777 if how == "link" and name == first else 0o100755) << 16
    return i


def put(z, name, data):
    with z.open(info(name), "w", force_zip64=how == "zip64") as f:
        f.write(data)


def members():
    if how == "plain":
        return [("NVIDIA-Linux-x86_64-460.73.02.run", read(runs[0]))]
    if how == "empty":
        return []
    if how == "none":
        return [("guide.pdf", b"%PDF-1.4\n")]
    if how == "esxi":
        return [("vib20/NVIDIA-VMware/NVIDIA.vib", b"!<arch>\ndescriptor.xml"), ("vendor-index.xml", b"<x/>")]
    if how == "inner":
        return [("Host_Drivers/a.zip", b"PK\5\6" + bytes(18)), ("Host_Drivers/nvidia-vgpu-ubuntu-460_460.73.02_amd64.deb", b"!<arch>\n")]
    if how == "guest":
        return [("Guest_Drivers/" + os.path.basename(runs[0]), read(runs[0]))]
    if how == "two":
        return [("Host_Drivers/" + os.path.basename(r), read(r)) for r in runs]
    data = read(runs[0])
    if how == "html":
        data = b"\r\n<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n"
    if how == "nested":
        data = b"PK\3\4" + bytes(100)
    if how == "bomb":
        data = data[:6000] + bytes(50 << 20)
    rest = [("Guest_Drivers/" + os.path.basename(r), read(r)) for r in runs[1:]]
    rest += [("Guest_Drivers/462.31_grid_win10.exe", b"MZ" + bytes(200)), ("Signing_Keys/vgpu.der", b"0\x82")]
    if how == "mac":
        rest.append(("__MACOSX/Host_Drivers/._" + os.path.basename(runs[0]), b"\0\5\x16\7" + bytes(100)))
    if how == "leaves":
        rest.append(("../../etc/cron.d/x", b"x"))
    if how == "absolute":
        rest.append(("/etc/cron.d/x", b"x"))
    if how == "twice":
        rest.append((first, b"#! /bin/sh\n"))
    return [(first, data), ("460.73.02-460.73.01-release-notes.pdf", b"%PDF-1.4\n")] + rest


def many():
    """By hand: zipfile needs minutes for it."""
    n, local, central = 100000, [], []
    data = read(runs[0])
    names = [(first, data)] + [("x/%d" % i, b"") for i in range(n - 1)]
    off = 0
    for name, body in names:
        name = name.encode()
        head = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(body), len(body), len(body), len(name), 0)
        local.append(b"PK\3\4" + head + name + body)
        central.append(b"PK\1\2" + struct.pack("<H", 0x314) + head + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, off) + name)
        off += len(local[-1])
    table = b"".join(central)
    with open(out, "wb") as f:
        f.write(b"".join(local) + table)
        f.write(b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, n, n, len(table), off))
        f.write(b"PK\6\7" + struct.pack("<IQI", 0, off + len(table), 1))
        f.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(table), off, 0))


def edit(data):
    """Of the first member, which is the installer: central and local headers."""
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    if how == "encrypted":
        data[local + 6] |= 1
        data[central + 8] |= 1
    if how == "method":
        data[local + 8] = data[central + 10] = 9
    if how == "flip":
        data[data.index(b"TARGET_OS")] ^= 1
    if how in ("longer", "shorter"):
        for at in (local + 22, central + 24):
            size = struct.unpack_from("<I", data, at)[0]
            struct.pack_into("<I", data, at, size + (100 if how == "longer" else -100))
    return data[:-30] if how == "cut" else data


if how == "many":
    many()
    sys.exit()
with zipfile.ZipFile(out, "w") as z:
    warnings.simplefilter("ignore")  # of a name that is there already
    for name, data in members():
        put(z, name, data)
if how in ("encrypted", "method", "flip", "longer", "shorter", "cut"):
    with open(out, "rb") as f:
        data = edit(bytearray(f.read()))
    with open(out, "wb") as f:
        f.write(data)
