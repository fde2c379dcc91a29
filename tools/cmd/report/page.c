/* SPDX-License-Identifier: MIT */
#include "cmd/report/page.h"

#include "base/digest.h"
#include "core/proof/markup.h"

/*
 * Colours keep 4.5:1 against their ground in both schemes (WCAG 2.1, 1.4.3; the
 * tests measure it), and words and signs say the same without them. The five
 * tones: fine, bad, expected to be bad, not built, and "says nothing of the driver".
 */
const char gp_page_style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1f;--soft:#50505a;--line:#b9b9c4;--focus:#0b57d0;\n"
	"--ok-bg:#d3f2da;--ok-fg:#0a4a1d;--bad-bg:#ffd9d4;--bad-fg:#8a0008;--due-bg:#fbe3f1;--due-fg:#6d1450;\n"
	"--not-bg:#e6e6ec;--not-fg:#3a3a42;--env-bg:#ffefc0;--env-fg:#573a00}\n"
	"@media (prefers-color-scheme:dark){:root{--bg:#17171b;--fg:#e7e7ee;--soft:#b4b4c0;--line:#565662;\n"
	"--focus:#8ab4f8;--ok-bg:#123b1e;--ok-fg:#b5f2c3;--bad-bg:#601410;--bad-fg:#ffdad5;--due-bg:#4d1a3b;\n"
	"--due-fg:#ffd8ec;--not-bg:#33333b;--not-fg:#e1e1e9;--env-bg:#4a3600;--env-fg:#ffe3a3}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--bg);color:var(--fg);\n"
	"font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:1.75rem 0 .5rem}\n"
	"p{margin:.25rem 0}.soft{color:var(--soft)}\n"
	"fieldset{border:1px solid var(--line);border-radius:.4rem;margin:1rem 0;padding:.4rem .8rem;min-width:0}\n"
	"fieldset label{display:inline-block;margin:.2rem 1rem .2rem 0;white-space:nowrap}\n"
	"#search label{white-space:normal}\n"
	"input[type=search]{font:inherit;width:16rem;max-width:100%;padding:.2rem .4rem}\n"
	"[hidden]{display:none !important}\n"
	".table{overflow-x:auto;max-width:100%}\n"
	"table{border-collapse:separate;border-spacing:2px;overflow-wrap:break-word}\n"
	"th{font-weight:600;text-align:left;vertical-align:bottom;padding:.3rem .6rem .3rem 0;background:var(--bg)}\n"
	"thead th{max-width:9rem}\n"
	"th[scope=row]{position:sticky;left:0;z-index:1;white-space:nowrap}\n"
	"th small{display:block;font-weight:400;color:var(--soft);max-width:16rem;white-space:normal}\n"
	"td{padding:0;border-radius:.3rem}\n"
	"td a{display:block;padding:.35rem .6rem;min-width:6rem;color:inherit;text-decoration:none;\n"
	"white-space:nowrap}\n"
	"td a:hover,summary:hover{text-decoration:underline}\n"
	"a:focus-visible,summary:focus-visible{outline:3px solid var(--focus);outline-offset:1px;\n"
	"border-radius:.2rem}\n"
	".ok{background:var(--ok-bg);color:var(--ok-fg)}.bad{background:var(--bad-bg);color:var(--bad-fg)}\n"
	".due{background:var(--due-bg);color:var(--due-fg)}.not{background:var(--not-bg);color:var(--not-fg)}\n"
	".env{background:var(--env-bg);color:var(--env-fg)}\n"
	"td.out{opacity:.2}details.out,tr.out{display:none}\n"
	"details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0}\n"
	"summary{cursor:pointer;padding:.35rem .6rem}\n"
	".sign{display:inline-block;border-radius:.3rem;padding:0 .5rem;margin-right:.4rem}\n"
	".more{padding:.2rem .8rem .6rem}\n"
	".more:target{outline:2px solid var(--focus);outline-offset:-2px;border-radius:.4rem}\n"
	".first{font-weight:600}\n"
	"dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1rem;margin:.5rem 0}\n"
	"dt{color:var(--soft)}dd{margin:0}\n"
	"ul{margin:0;padding-left:1.2rem}\n"
	"code,pre{font:.875rem/1.45 ui-monospace,monospace}\n"
	"pre{overflow:auto;max-height:28rem;margin:.5rem 0 0;padding:.5rem;border:1px solid var(--line);\n"
	"border-radius:.3rem;white-space:pre;overflow-wrap:normal}\n"
	"@media (max-width:40rem){body{padding:.6rem}dl{grid-template-columns:minmax(0,1fr)}dd{margin:0 0 .3rem}\n"
	"th[scope=row]{max-width:40vw;white-space:normal}td a{min-width:5rem}}\n"
	/* ::details-content opens what is closed without touching its state; browsers
	 * that do not know it have the script's beforeprint. */
	"@media print{body{max-width:none;padding:0}fieldset{display:none}.table{overflow:visible}\n"
	"details::details-content{content-visibility:visible;display:block;block-size:auto}\n"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:none}\n"
	".ok,.bad,.due,.not,.env{print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
	"details,tr{break-inside:avoid-page}th[scope=row]{position:static}}\n";

/* A source expression of the policy, 'sha256-…': W3C Content Security Policy 3, 2.3.1. */
static void put_hash(struct gp_buf *out, struct gp_str s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char hex[GP_SHA256_HEX];
	unsigned bits = 0, n = 0;

	gp_sha256_hex(s.p, s.len, hex);
	gp_buf_puts(out, "'sha256-");
	for (const char *p = hex; *p; p++) {
		bits = bits << 4 | (unsigned)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
		n += 4;
		if (n < 6)
			continue;
		n -= 6;
		gp_buf_putc(out, letters[bits >> n & 63]);
	}
	/* 256 bits are 42 letters and four more bits. */
	gp_buf_putc(out, letters[bits << (6 - n) & 63]);
	gp_buf_puts(out, "='");
}

void gp_page_head(struct gp_buf *out, const char *what, const char *title, struct gp_str style, const char *script)
{
	gp_buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			 "<meta charset=\"utf-8\"/>\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
	put_hash(out, style);
	gp_buf_puts(out, "; script-src ");
	put_hash(out, gp_str_of(script));
	gp_buf_puts(out, "; base-uri 'none'; form-action 'none'\"/>\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
			 "<meta name=\"referrer\" content=\"no-referrer\"/>\n");
	gp_buf_printf(out, "<title>gridpatch %s: ", what);
	gp_markup_text(out, title);
	gp_buf_puts(out, "</title>\n<style>");
	gp_buf_add(out, style.p, style.len);
	gp_buf_puts(out, "</style>\n</head>\n");
}
