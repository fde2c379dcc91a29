# SPDX-License-Identifier: MIT
"""browser_support.py PAGE SHOT.png: what a headless Chromium makes of a page of support.

As browser.py, whose driver it uses: prints what it saw as JSON, and the test judges it.
SHOT.png is the page at 1280 pixels, SHOT.png.phone.png at 390, SHOT.png.dark.png dark.
"""
import sys

from browser import SIZES, choose, least_contrast, media, scriptless, shot, visit, window

TEXTS = "td, td a, th, small, .sign, p, dt, dd, dd a, li, li a, h1, h2, h3, label"
SHOWN = """
return Array.from(document.querySelectorAll('article.cell')).filter(function (d) { return d.checkVisibility(); })
  .map(function (d) {
    var r = d.getBoundingClientRect();
    return { id: d.id, title: d.querySelector('h2').textContent, text: d.textContent, top: r.top, left: r.left,
      width: r.width, rules: d.querySelectorAll('ul.from > li > a').length, told: d.querySelectorAll('ul.from dl').length,
      links: Array.from(d.querySelectorAll('a[href^=http]')).map(function (a) { return a.href; }) };
  });
"""
COLUMNS = """
return Array.from(document.querySelectorAll('#grid thead th')).filter(function (t) { return t.checkVisibility(); })
  .map(function (t) { return t.dataset.b + (t.classList.contains('faint') ? ' faint' : ''); });
"""
ROWS = """
return Array.from(document.querySelectorAll('#grid tbody tr:not(.title) th'))
  .filter(function (t) { return t.checkVisibility(); }).map(function (t) { return t.textContent; });
"""


def look(d):
    return {
        "title": d.call("GET", "/title"),
        "resources": d.js("return performance.getEntriesByType('resource').map(function (r) { return r.name; })"),
        "foreign": d.js("return document.querySelectorAll('img, iframe, object, link, script[src]').length"),
        "pwned": d.js("return typeof window.pwned !== 'undefined'"),
        "ids": d.js("var n = {}, twice = []; document.querySelectorAll('[id]').forEach(function (e) {"
                    "if (n[e.id]) twice.push(e.id); n[e.id] = 1; }); return twice;"),
        "dead": d.js("return Array.from(document.querySelectorAll('a[href^=\"#\"]')).filter(function (a) {"
                     "return !document.getElementById(a.hash.slice(1)); }).length"),
        "small": d.js("return Array.from(document.querySelectorAll('#grid td a')).filter(function (a) {"
                      "var r = a.getBoundingClientRect(); return r.height > 0 ? r.width < 24 || r.height < 24 : false;"
                      "}).length"),
        "columns": d.js(COLUMNS), "rows": d.js(ROWS), "shown": d.js(SHOWN), "sizes": d.js(SIZES),
        "filter": d.js("return document.getElementById('filter').checkVisibility()"),
    }


def use(d):
    """A click, a key, the filters."""
    got = {}
    d.click("#s0 td.bad a")
    got["click"] = d.js(SHOWN)
    got["current"] = d.js("return document.querySelectorAll('#grid a[aria-current]').length")
    d.type("#s0 td.ok a", "\ue007")
    got["key"] = d.js(SHOWN)
    choose(d, "#branch", "460")
    got["branch"] = d.js(COLUMNS)
    choose(d, "#branch", "")
    got["platforms"] = d.js("return Array.from(document.getElementById('platform').options)"
                            ".map(function (o) { return o.textContent; })")
    if len(got["platforms"]) > 1:
        choose(d, "#platform", "s1")
        got["platform"] = d.js(ROWS)
        choose(d, "#platform", "s0")
    if d.js("return document.getElementById('gpu') !== null"):
        got["cards"] = {}
        for text in ("10de:1b80", "1b38", "10DE:FFFF", "x", ""):
            d.js("var e = document.getElementById('gpu'); e.value = arguments[0];"
                 "e.dispatchEvent(new Event('input'))", text)
            got["cards"][text] = [d.js(COLUMNS), d.js("return document.getElementById('says').textContent")]
    return got


def without_script(d, url):
    with scriptless(d, url):
        got = {"filter": d.js("return document.getElementById('filter').checkVisibility()")}
        d.click("#s0 td.bad a")
        got["click"] = d.js(SHOWN)
    return got


def see(d, url, name):
    got = {"contrast": {}}
    window(d, 1280, 900, False)
    d.call("POST", "/url", {"url": url})
    got["page"] = look(d)
    got["use"] = use(d)
    shot(d, name)
    for scheme in ("light", "dark"):
        media(d, "", scheme)
        got["contrast"][scheme] = least_contrast(d, TEXTS, True)
    shot(d, name + ".dark.png")
    media(d)
    window(d, 390, 844, True)
    shot(d, name + ".phone.png")
    d.click("#s0 td.ok a")
    d.wait("document.querySelector('article.cell:target') !== null")
    got["phone"] = {"sizes": d.js(SIZES), "shown": d.js(SHOWN), "scrolled": d.js(
        "var t = document.querySelector('.table'); t.scrollLeft = 2000; return t.scrollLeft;")}
    d.cdp("Emulation.clearDeviceMetricsOverride")
    got["no_script"] = without_script(d, url)
    return got


visit(*sys.argv[1:], see)
