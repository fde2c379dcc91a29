# SPDX-License-Identifier: MIT
"""browser.py PAGE SHOT.png: what a headless Chromium makes of a matrix report.

browser_matrix.py looks at what the page does with its table.

Drives chromedriver by WebDriver's HTTP interface and prints what it saw as JSON;
the test judges it. Colours are [r, g, b]; a contrast is WCAG's ratio.
"""
import base64
import contextlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Driver:
    def __init__(self, scratch):
        env = dict(os.environ, HOME=scratch, TMPDIR=scratch)
        self.proc = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     env=env, text=True)
        port = None
        for line in self.proc.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                port = found.group(1)
                break
        if not port:
            self.proc.kill()
            raise RuntimeError("chromedriver does not start")
        self.base = "http://127.0.0.1:%s/session" % port

    def begin(self, scratch):
        # A container has no sandbox for root; the page is our own.
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--force-color-profile=srgb", "--hide-scrollbars",
                "--user-data-dir=" + os.path.join(scratch, "profile"), "--window-size=1200,900"]
        made = self.call("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": args},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/" + made["sessionId"]

    def call(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        req = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(req, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise RuntimeError(json.load(e)["value"]["error"]) from None

    def js(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, cmd, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": cmd, "params": params})

    def wait(self, condition):
        """Emulation takes effect a moment after its answer."""
        for _ in range(200):
            if self.js("return " + condition):
                return
            time.sleep(0.05)
        raise RuntimeError("never came true: " + condition)

    def opened(self):
        """What content-visibility hides is known after the next frame only. A picture
        forces one, also where a page without scripts cannot ask for it."""
        self.call("GET", "/screenshot")
        return self.js(OPENED)

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", "/element/%s/click" % self.find(css))

    def type(self, css, text):
        self.call("POST", "/element/%s/value" % self.find(css), {"text": text})

    def close(self):
        try:
            self.call("DELETE", "")
        except (RuntimeError, OSError, ValueError):
            pass
        self.proc.terminate()
        self.proc.wait(10)


def decode_png(data):
    """Width, height and rows of (r, g, b) of an 8-bit RGB or RGBA picture."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, idat = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, lace = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and colour in (2, 6) and not lace
            n = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            idat += body
        at += size + 12
    raw, rows, before = zlib.decompress(idat), [], bytearray(width * n)
    for y in range(height):
        kind = raw[y * (width * n + 1)]
        row = bytearray(raw[y * (width * n + 1) + 1:(y + 1) * (width * n + 1)])
        for i in range(len(row)):
            a = row[i - n] if i >= n else 0
            b = before[i]
            c = before[i - n] if i >= n else 0
            if kind == 4:
                p = a + b - c
                d = (abs(p - a), abs(p - b), abs(p - c))
                guess = a if d[0] <= d[1] and d[0] <= d[2] else b if d[1] <= d[2] else c
            else:
                guess = (0, a, b, (a + b) // 2)[kind]
            row[i] = (row[i] + guess) & 255
        rows.append([tuple(row[x * n:x * n + 3]) for x in range(width)])
        before = row
    return width, height, rows


def rgb(text):
    return [int(x) for x in re.findall(r"\d+", text)[:3]]


def contrast(a, b):
    """WCAG 2.1, relative luminance and contrast ratio."""
    def luminance(c):
        parts = [v / 255 / 12.92 if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in c]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return round((high + 0.05) / (low + 0.05), 2)


COLOURS = """
var seen = arguments[1];
function ground(e) {
  for (; e; e = e.parentElement) {
    var c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c;
  }
}
return Array.from(document.querySelectorAll(arguments[0]))
  .filter(function (e) { return !seen || e.checkVisibility(); })
  .map(function (e) { return [e.tagName + '.' + e.className, getComputedStyle(e).color, ground(e)]; });
"""
TEXTS = "td a, th, .sign, p, dt, dd, summary, legend, label, li, pre, h1, h2"
SHOWN = """
return Array.from(document.querySelectorAll('details.cell')).filter(function (d) { return d.checkVisibility(); })
  .map(function (d) { return d.id; });
"""
CELLS = """
return Array.from(document.querySelectorAll('#grid td[id]')).map(function (t) {
  var r = t.getBoundingClientRect();
  return { id: t.id, word: t.textContent, x: r.x, y: r.y, w: r.width, h: r.height,
    ground: getComputedStyle(t).backgroundColor };
});
"""
SIZES = "return [innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth];"
OPENED = """
return Array.from(document.querySelectorAll('details.cell .more')).filter(function (d) {
  return d.checkVisibility({ contentVisibilityAuto: true });
}).map(function (d) {
  var r = d.getBoundingClientRect(), first = d.querySelector('.first');
  return { id: d.id, first: first ? first.textContent : null, top: r.top, height: r.height };
});
"""


def least_contrast(d, css, seen=False):
    """Of the elements that css names, or with seen of those that show: (ratio, which)."""
    return min((contrast(rgb(fg), rgb(bg or "255 255 255")), what) for what, fg, bg in d.js(COLOURS, css, seen))


def media(d, kind="", scheme="light"):
    d.cdp("Emulation.setEmulatedMedia", media=kind, features=[{"name": "prefers-color-scheme", "value": scheme}])
    d.wait("matchMedia('%s and (prefers-color-scheme: %s)').matches" % (kind or "screen", scheme))


def shot(d, name):
    with open(name, "wb") as f:
        f.write(base64.b64decode(d.call("GET", "/screenshot")))


def window(d, width, height, phone):
    d.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
    d.wait("document.documentElement.clientWidth === %d" % width)


def choose(d, css, value):
    d.js("var e = document.querySelector(arguments[0]); e.value = arguments[1];"
         "e.dispatchEvent(new Event('change'))", css, value)


def look(d, name):
    """The page as it comes, and its picture."""
    got = {
        "title": d.call("GET", "/title"),
        "summary": d.js("return document.getElementById('summary').textContent"),
        "resources": d.js("return performance.getEntriesByType('resource').map(function (r) { return r.name; })"),
        "foreign": d.js("return document.querySelectorAll('img, iframe, object, link, script[src]').length"),
        "scripts": d.js("return document.scripts.length"),
        "pwned": d.js("return typeof window.pwned !== 'undefined'"),
        "cells": d.js(CELLS), "shown": len(d.js(SHOWN)), "opened": d.opened(),
        "text_filter": d.js("return document.getElementById('search').checkVisibility()"),
        "grid": d.js("var r = document.getElementById('grid').getBoundingClientRect(); return [r.width, r.height]"),
    }
    shot(d, name)
    with open(name, "rb") as f:
        width, height, rows = decode_png(f.read())
    got["picture"] = [width, height]
    for c in got["cells"]:
        x, y = int(c["x"] + c["w"] / 2), int(c["y"] + 3)
        c["ground"] = rgb(c["ground"])
        c["pixel"] = list(rows[y][x]) if 0 <= y < height and 0 <= x < width else None
    return got


def use(d):
    """Clicks, keys, filters."""
    got = {}
    d.click("td.k-compile a")
    got["click"] = d.opened()
    got["focus"] = d.js("return document.activeElement.tagName")
    d.js("document.querySelectorAll('details').forEach(function (e) { e.open = false; })")
    d.type("td.k-timeout a", "\ue007")
    got["key"] = d.opened()
    d.type("#text", "6.17 COMPILE")
    got["words"] = d.js(SHOWN)
    got["words_rows"] = d.js("return Array.from(document.querySelectorAll('tbody.row'))"
                             ".filter(function (r) { return r.checkVisibility(); }).length")
    got["words_count"] = d.js("return document.getElementById('shown').textContent")
    d.js("var e = document.getElementById('text'); e.value = ''; e.dispatchEvent(new Event('input'))")
    d.click("#show-ok")
    got["without_ok"] = d.js(SHOWN)
    d.click("#show-ok")
    got["all_again"] = len(d.js(SHOWN))
    return got


def phone(d):
    d.cdp("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    d.wait("document.documentElement.clientWidth === 360")
    d.js("document.querySelectorAll('details').forEach(function (e) { e.open = true; })")
    got = d.js("""
var t = document.querySelector('.table'), h = document.querySelector('tbody th');
var before = h.getBoundingClientRect().left;
t.scrollLeft = 1000;
return { inner: innerWidth, page: document.documentElement.scrollWidth, body: document.body.scrollWidth,
  scrolled: t.scrollLeft, first_column: [before, h.getBoundingClientRect().left] };
""")
    d.cdp("Emulation.clearDeviceMetricsOverride")
    d.wait("document.documentElement.clientWidth !== 360")
    d.js("document.querySelectorAll('details').forEach(function (e) { e.open = false; })")
    return got


def printed(d):
    media(d, "print")
    got = {"opened": [o["height"] for o in d.opened()],
           "filter": d.js("return document.getElementById('filter').checkVisibility()")}
    if len(got["opened"]) < 50:  # hundreds of logs are thousands of pages
        pdf = base64.b64decode(d.call("POST", "/print", {"background": True}))
        got["pdf"] = pdf[:5].decode("latin-1")
    media(d)
    return got


@contextlib.contextmanager
def scriptless(d, url):
    """The page in a browser that runs no script."""
    d.cdp("Emulation.setScriptExecutionDisabled", value=True)
    d.call("POST", "/url", {"url": url})
    yield
    d.cdp("Emulation.setScriptExecutionDisabled", value=False)


@contextlib.contextmanager
def started():
    """A Driver with a browser, which end with this."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        d = Driver(scratch)
        try:
            d.begin(scratch)
            yield d
        finally:
            d.close()


def visit(page, name, see):
    """Print what see(d, url, name) makes of a page, and what the console said, as JSON."""
    with started() as d:
        media(d)
        got = see(d, "file://" + os.path.abspath(page), name)
        got["console"] = [x["message"] for x in d.call("POST", "/se/log", {"type": "browser"})]
    json.dump(got, sys.stdout, indent=1)
    print()


def without_script(d, url):
    with scriptless(d, url):
        got = {"text_filter": d.js("return document.getElementById('search').checkVisibility()")}
        d.click("td.k-compile a")
        got["click"] = d.opened()
        d.click("#show-ok")
        got["without_ok"] = d.js(SHOWN)
    return got


def see(d, url, name):
    d.call("POST", "/url", {"url": url})
    got = {"page": look(d, name), "use": use(d), "phone": phone(d), "print": printed(d)}
    got["contrast"] = {}
    d.js("document.querySelectorAll('details').forEach(function (e) { e.open = true; })")
    for scheme in ("light", "dark"):
        media(d, "", scheme)
        got["contrast"][scheme] = least_contrast(d, TEXTS)[0]
    media(d)
    got["no_script"] = without_script(d, url)
    return got


if __name__ == "__main__":
    visit(*sys.argv[1:], see)
