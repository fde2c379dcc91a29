# SPDX-License-Identifier: MIT
"""picture.py text IN.txt OUT.svg   lines of a terminal as an SVG
picture.py page IN.html OUT.png  the top of a matrix page, to the end of its table, 1280 pixels wide

Small enough to be kept in git: the PNG has the 255 colours that there are most of.
"""
import base64
import collections
import html
import os
import struct
import sys
import textwrap
import zlib

from browser import decode_png, media, started, window

COLUMNS = 104  # longer lines go on below,
INDENT = " " * 11  # where gridpatch's own begin behind their first word
GLYPH, LINE, EDGE = 7.25, 17, 14  # pixels, at 12 pixels of a monospaced font


def wrapped(lines):
    for line in lines:
        yield from textwrap.wrap(line, COLUMNS, subsequent_indent=INDENT, break_on_hyphens=False) or [""]


def draw_text(text, out):
    lines = list(wrapped(text.split("\n")))
    width, height = COLUMNS * GLYPH + 2 * EDGE, len(lines) * LINE + 2 * EDGE
    svg = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">' % (width, height, width, height),
           '<title>gridpatch on a terminal</title>',
           '<rect width="100%" height="100%" rx="6" fill="#17171b"/>',
           '<g font-family="ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="12" fill="#e7e7ee">']
    for i, line in enumerate(lines):
        if not line:
            continue
        # The length is given, so that any font fits.
        svg.append('<text x="%d" y="%d" textLength="%g" lengthAdjust="spacingAndGlyphs" xml:space="preserve"%s>%s</text>' %
                   (EDGE, EDGE + LINE * i + 12, len(line) * GLYPH, ' fill="#8ab4f8"' if line.startswith("$ ") else "",
                    html.escape(line)))
    svg += ["</g>", "</svg>", ""]
    with open(out, "w", encoding="utf-8") as f:
        f.write("\n".join(svg))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def indexed(png):
    """The same picture with a palette."""
    width, height, rows = decode_png(png)
    palette = [c for c, _ in collections.Counter(p for row in rows for p in row).most_common(255)]
    number = {c: i for i, c in enumerate(palette)}

    def nearest(c):
        if c not in number:
            number[c] = min(range(len(palette)), key=lambda i: sum((a - b) ** 2 for a, b in zip(palette[i], c)))
        return number[c]
    raw = b"".join(b"\0" + bytes(nearest(p) for p in row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) +
            chunk(b"PLTE", bytes(v for c in palette for v in c)) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def draw_page(page, out):
    with started() as d:
        media(d)
        window(d, 1280, 1400, False)
        d.call("POST", "/url", {"url": "file://" + os.path.abspath(page)})
        bottom = d.js("return document.querySelector('.table').getBoundingClientRect().bottom")
        png = d.cdp("Page.captureScreenshot", format="png",
                    clip={"x": 0, "y": 0, "width": 1280, "height": int(bottom) + 16, "scale": 1})
    with open(out, "wb") as f:
        f.write(indexed(base64.b64decode(png["data"])))


def main(what, source, out):
    if what == "page":
        draw_page(source, out)
    else:
        with open(source, encoding="utf-8") as f:
            draw_text(f.read().rstrip("\n"), out)


main(*sys.argv[1:])
