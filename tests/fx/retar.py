# SPDX-License-Identifier: MIT
# retar.py VERB ARG...: payloads as no common program writes them, and what is
# inside of others. Everything is the same every time.
#
#   noise BYTES SEED      bytes that do not compress
#   words BYTES SEED      text that does, about 4 : 1
#   payload RUN           its payload, found by skip=
#   lost OLD NEW          two .run files: so many bytes of OLD's payload are not
#                         in NEW's, in order and from its start (zeros at its
#                         end do not count)
#   gzip HOW              standard input as gzip: stored fixed huffman rle small
#                         flush header; members (K of them), end-member
#   gunzip                standard input: one member and nothing behind it, or fail
#   zstd-skippable SIZE   a skippable frame
#   xz-nosize             is every block header of standard input without sizes?
#   end TAR               where its end-of-archive begins
#   cut TAR BYTES         TAR without its end-of-archive, and BYTES zeros instead
#   bad WHAT              a tar with one member that must be refused
import io
import os
import re
import struct
import sys
import zlib


def out(data):
    sys.stdout.buffer.write(data)


def noise(n, seed):
    import random
    out(random.Random(int(seed)).randbytes(int(n)))


def words(n, seed):
    import random
    r = random.Random(int(seed))
    known = ["".join(r.choices("abcdefghijklmnopqrstuvwxyz_", k=r.randint(3, 11))) for _ in range(3000)]
    text, have = [], 0
    while have < int(n):
        text.append(" ".join(r.choices(known, k=9)) + "\n")
        have += len(text[-1])
    out("".join(text).encode()[:int(n)])


def payload_of(path):
    with open(path, "rb") as f:
        data = f.read()
    skip = int(re.search(rb"^skip=(\d+)", data, re.M).group(1))
    at = 0
    for _ in range(skip - 1):
        at = data.index(b"\n", at) + 1
    return data[at:]


# The bytes that two strings have in common from a and b on.
def common(x, a, y, b):
    n = min(len(x) - a, len(y) - b)
    low, high = 0, n
    while low < high:
        mid = (low + high + 1) // 2
        if x[a:a + mid] == y[b:b + mid]:
            low = mid
        else:
            high = mid - 1
    return low


# A header of a block or frame may be written anew: up to 64 bytes may differ,
# three times.
def lost(old, new):
    x, y = payload_of(old).rstrip(b"\0"), payload_of(new)
    a = b = total = 0
    for _ in range(4):
        n = common(x, a, y, b)
        total, a, b = total + n, a + n, b + n
        for i in range(64 * 64):
            da, db = i // 64, i % 64
            if a + da + 32 <= len(x) and x[a + da:a + da + 32] == y[b + db:b + db + 32] and \
               len(set(x[a + da:a + da + 32])) > 8:
                a, b = a + da, b + db
                break
        else:
            break
    print(len(x) - total)


def member(data, level=9, memory=8, strategy=zlib.Z_DEFAULT_STRATEGY, flush=0, header=b""):
    z = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
    body = []
    step = flush or len(data) or 1
    for at in range(0, len(data), step):
        body.append(z.compress(data[at:at + step]))
        if flush:
            body.append(z.flush(zlib.Z_FULL_FLUSH if at // step % 2 else zlib.Z_SYNC_FLUSH))
    body.append(z.flush())
    head = header or b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + b"".join(body) + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)


def gzip(how, k="2"):
    data = sys.stdin.buffer.read()
    if how == "stored":
        out(member(data, level=0))
    elif how == "fixed":
        out(member(data, strategy=zlib.Z_FIXED))
    elif how == "huffman":
        out(member(data, strategy=zlib.Z_HUFFMAN_ONLY))
    elif how == "rle":
        out(member(data, strategy=zlib.Z_RLE))
    elif how == "small":
        out(member(data, memory=1))
    elif how == "flush":
        out(member(data, flush=5000))
    elif how == "header":
        head = b"\x1f\x8b\x08\x1f\1\2\3\4\0\xff" + b"\x05\0extra" + b"name.tar\0" + b"comment\0"
        out(member(data, header=head + struct.pack("<H", zlib.crc32(head) & 0xffff)))
    elif how == "members":
        size = len(data) // int(k) + 1
        for at in range(0, len(data), size):
            out(member(data[at:at + size], level=6))
    elif how == "end-member":
        at = end_of(io.BytesIO(data))
        out(member(data[:at]) + member(data[at:]))
    else:
        sys.exit(2)


def gunzip():
    data = sys.stdin.buffer.read()
    z = zlib.decompressobj(31)
    plain = z.decompress(data) + z.flush()
    if not z.eof or z.unused_data:
        sys.exit("%d bytes behind the first member" % len(z.unused_data))
    out(plain)


def zstd_skippable(size):
    out(struct.pack("<II", 0x184D2A53, int(size)) + b"s" * int(size))


def vli(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 128:
            return value, at


# Walks the LZMA2 chunks, as a decoder would.
def xz_nosize():
    data = sys.stdin.buffer.read()
    check = (0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32)[data[7]]
    at, sized = 12, 0
    while data[at]:
        sized += data[at + 1] & 0xc0 != 0
        at += (data[at] + 1) * 4
        while data[at]:
            control = data[at]
            if control < 3:
                at += 3 + struct.unpack(">H", data[at + 1:at + 3])[0] + 1
            else:
                at += (6 if control >= 0xc0 else 5) + struct.unpack(">H", data[at + 3:at + 5])[0] + 1
        at = (at + 1 + 3) // 4 * 4 + check
    sys.exit(1 if sized else 0)


def end_of(f):
    import tarfile
    with tarfile.open(fileobj=f) as t:
        for _ in t:
            pass
        return t.offset


def end(path):
    with open(path, "rb") as f:
        print(end_of(f))


def cut(path, n):
    with open(path, "rb") as f:
        at = end_of(f)
        f.seek(0)
        out(f.read(at))
    out(bytes(int(n)))


def bad(what):
    import tarfile
    t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)

    def add(name, kind=tarfile.REGTYPE, link="", **more):
        i = tarfile.TarInfo(name)
        i.type, i.linkname = kind, link
        for k, v in more.items():
            setattr(i, k, v)
        t.addfile(i)

    if what == "absolute":
        add(os.getcwd() + "/evil")
    elif what == "dots":
        add("../evil")
    elif what == "inner-dots":
        add("kernel/../../evil")
    elif what == "symlink":
        add("away", tarfile.SYMTYPE, os.getcwd())
        add("away/evil")
    elif what == "inner-symlink":
        add("away", tarfile.SYMTYPE, "kernel")
        add("away/evil")
    elif what == "hardlink":
        add("evil", tarfile.LNKTYPE, "../../evil")
    elif what == "device":
        add("evil", tarfile.CHRTYPE, devmajor=1, devminor=3)
    elif what == "block":
        add("evil", tarfile.BLKTYPE, devmajor=8, devminor=0)
    elif what == "fifo":
        add("evil", tarfile.FIFOTYPE)
    else:
        sys.exit(2)
    t.close()


verbs = {"noise": noise, "words": words, "lost": lost, "gzip": gzip, "gunzip": gunzip,
         "zstd-skippable": zstd_skippable, "xz-nosize": xz_nosize, "end": end, "cut": cut, "bad": bad,
         "payload": lambda path: out(payload_of(path))}
verbs[sys.argv[1]](*sys.argv[2:])
