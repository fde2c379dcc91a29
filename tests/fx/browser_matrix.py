# SPDX-License-Identifier: MIT
"""browser_matrix.py PAGE SHOT.png: sorting, grouping and the heads of a matrix page.

As browser.py, whose driver it uses: prints what it saw as JSON, and the test judges it.
SHOT.png is the page at 1280 pixels, SHOT.png.phone.png at 390, the same with .dark.png
in dark. Everything is looked at in both widths and in both schemes.
"""
import sys

from browser import SHOWN, SIZES, choose, least_contrast, media, scriptless, shot, visit, window

TEXTS = "td a, td, th, th button, .sign, p, dt, dd, summary, legend, label, li, li a, h1, h2, #bar span, tr.why div, .short"
DRIVERS = """
return Array.from(document.querySelectorAll('tbody.row')).map(function (r) { return r.querySelector('th').textContent; });
"""
SORTED = """
return Array.from(document.querySelectorAll('#grid thead th')).map(function (h) { return h.getAttribute('aria-sort'); });
"""
TITLES = """
return Array.from(document.querySelectorAll('tbody.title, tbody.row')).map(function (t) {
  return (t.className === 'title' ? '# ' : '') + t.querySelector('th').textContent;
});
"""
GROUPS = """
return Array.from(document.querySelectorAll('#cells > section')).map(function (s) {
  return s.querySelector('h2').textContent + ': ' + Array.from(s.querySelectorAll('details.cell'))
    .map(function (d) { return d.id; }).join(' ');
});
"""
# The table is made low, so that it scrolls however few drivers there are.
HEADS = """
var t = document.querySelector('.table'), head = t.querySelector('thead th.kernel'), corner = t.querySelector('thead th');
function at(e) { var r = e.getBoundingClientRect(); return [Math.round(r.left), Math.round(r.top)]; }
t.scrollIntoView();
t.style.setProperty('max-height', (corner.offsetHeight + 40) + 'px');
var before = [at(head), at(corner), at(t.querySelector('tbody.row td[id]'))];
t.scrollTop = 60;
var after = [at(head), at(corner), at(t.querySelector('tbody.row td[id]'))];
var r = head.getBoundingClientRect();
var top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
var got = { scrolled: t.scrollTop, before: before, after: after, on_top: top ? head.contains(top) : null };
t.scrollTop = 0;
t.style.removeProperty('max-height');
return got;
"""
SIGNS = """
var t = document.querySelector('#grid td[id] a'), w = t.querySelector('.w'), r = t.getBoundingClientRect();
return { checked: document.getElementById('signs').checked, text: t.textContent, title: t.title,
  word: w.getBoundingClientRect().width, size: [r.width, r.height],
  grid: document.getElementById('grid').getBoundingClientRect().width };
"""
BAR = """
return Array.from(document.querySelectorAll('#bar span')).map(function (s) {
  return [s.className.replace(/^p\\d+ /, ''), Math.round(s.getBoundingClientRect().width), s.textContent];
});
"""
WHY = """
return Array.from(document.querySelectorAll('tbody.row')).map(function (r) {
  var w = r.querySelector('tr.why');
  return [r.querySelector('th').textContent, w ? w.textContent.trim() : null, w ? w.querySelector('a').hash : null];
});
"""
CHANGES = """
function ids(css) { return Array.from(document.querySelectorAll(css)).map(function (t) { return t.id; }); }
return { broken: ids('#grid td.broken'), mended: ids('#grid td.mended'),
  lines: Array.from(document.querySelectorAll('.changed')).map(function (s) { return s.textContent.trim().split(/\\n+/).join('|'); }),
  outline: ['broken', 'mended'].map(function (c) {
    var t = document.querySelector('#grid td.' + c);
    return t ? getComputedStyle(t).outlineStyle : null; }) };
"""


def head(n):
    return "#grid thead th:nth-child(%d) button" % n


def look(d):
    return {
        "pwned": d.js("return typeof window.pwned !== 'undefined'"),
        "foreign": d.js("return document.querySelectorAll('img, iframe, object, link, script[src]').length"),
        "made": d.js("return document.getElementById('made') ? document.getElementById('made').textContent.trim()"
                     ".split(/\\n+/) : []"),
        "compilers": d.js("return Array.from(document.querySelectorAll('dt')).filter(function (t) {"
                          "return t.textContent === 'compiler'; }).length"),
        "bar": d.js(BAR), "bar_says": d.js("return document.getElementById('bar').getAttribute('aria-label')"),
        "why": d.js(WHY), "signs": d.js(SIGNS), "changes": d.js(CHANGES), "groups": d.js(GROUPS),
        "small": d.js("return Array.from(document.querySelectorAll('#grid a:not(.why a), #grid button')).filter(function (a) {"
                      "var r = a.getBoundingClientRect(); return r.width < 24 || r.height < 24; }).length"),
    }


def sort(d):
    """Heads, by mouse and by keyboard; each time the drivers from top to bottom."""
    got = {"at_first": d.js(DRIVERS), "at_first_aria": d.js(SORTED)}
    for name in ("driver_up", "driver_down", "driver_back"):
        d.click(head(1))
        got[name] = d.js(DRIVERS)
        got[name + "_aria"] = d.js(SORTED)
    d.type(head(2), "\ue007")
    got["failed"] = d.js(DRIVERS)
    d.js("document.querySelector(arguments[0]).focus()", head(3))
    got["outline"] = d.js("return getComputedStyle(document.activeElement).outlineStyle")
    for n in (3, 4):
        for name in ("worst", "best"):
            d.type(head(n), " ")
            got["%s_%d" % (name, n)] = d.js(DRIVERS)
            got["%s_%d_aria" % (name, n)] = d.js(SORTED)
    # The row with the first error goes with its driver.
    got["why"] = d.js(WHY)
    choose(d, "#rows", "result")
    got["by_result_sorted"] = d.js(TITLES)
    d.click(head(4))
    got["by_result"] = d.js(TITLES)
    choose(d, "#rows", "")
    got["end"] = d.js(TITLES)
    return got


def group(d):
    got = {}
    for by in ("verdict", "driver", "kernel", "change"):
        if d.js("return document.querySelector('#group [value=%s]') !== null" % by):
            choose(d, "#group", by)
            got[by] = d.js(GROUPS)
    d.click("#show-ok")
    got["filtered"] = d.js(SHOWN)
    d.click("#show-ok")
    d.click("td.k-compile a")
    got["click"] = d.opened()
    choose(d, "#group", "result")
    got["result"] = d.js(GROUPS)
    d.js("document.querySelectorAll('details').forEach(function (e) { e.open = false; })")
    return got


def sizes(d, name, width, height, phone):
    """One width, in both schemes."""
    got = {}
    window(d, width, height, phone)
    for scheme in ("light", "dark"):
        media(d, "", scheme)
        d.js("document.querySelectorAll('details').forEach(function (e) { e.open = false; })")
        shot(d, name + (".dark.png" if scheme == "dark" else ""))
        closed = d.js(SIZES)
        d.js("document.querySelectorAll('details').forEach(function (e) { e.open = true; })")
        got[scheme] = {"closed": closed, "opened": d.js(SIZES), "contrast": least_contrast(d, TEXTS, True),
                       "heads": d.js(HEADS)}
        d.js("document.querySelectorAll('details').forEach(function (e) { e.open = false; })")
        d.js("scrollTo(0, 0)")
    media(d)
    return got


def without_script(d, url):
    with scriptless(d, url):
        got = {"signs": d.js(SIGNS), "groups": d.js(GROUPS), "drivers": d.js(DRIVERS), "heads": d.js(HEADS),
               "buttons": d.js("return document.querySelectorAll('#grid button').length"),
               "selects": d.js("return document.getElementById('group').checkVisibility()")}
        d.click("#signs")
        got["signs_other"] = d.js(SIGNS)
    return got


def see(d, url, name):
    window(d, 1280, 900, False)
    d.call("POST", "/url", {"url": url})
    got = {"page": look(d), "wide": sizes(d, name, 1280, 900, False),
           "phone": sizes(d, name + ".phone.png", 390, 844, True)}
    window(d, 1280, 900, False)
    got["sort"] = sort(d)
    got["group"] = group(d)
    got["no_script"] = without_script(d, url)
    return got


visit(*sys.argv[1:], see)
