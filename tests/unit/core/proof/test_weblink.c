/* SPDX-License-Identifier: MIT */
/*
 * Links in evidence. What a browser makes of them is looked at in
 * tests/cli/support_browser.sh; here, which words become one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/proof/weblink.h"

static void is(const char *text, const char *want)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	gp_weblink_text(&out, text);
	assert_string_equal(out.data ? out.data : "", want);
}

/* A link to a place that the word names. */
#define A(to, text) "<a href=\"https://" to "\">" text "</a>"

static void github(void **state)
{
	(void)state;
	is("a/b#12", A("github.com/a/b/issues/12", "a/b#12"));
	is("[reported] NVIDIA/gpu-operator#2594: no mdev",
	   "[reported] " A("github.com/NVIDIA/gpu-operator/issues/2594", "NVIDIA/gpu-operator#2594") ": no mdev");
	is("(DualCoder/vgpu_unlock@f432ffc).",
	   "(" A("github.com/DualCoder/vgpu_unlock/tree/f432ffc", "DualCoder/vgpu_unlock@f432ffc") ").");
	is("x/y@v1.2/z,", A("github.com/x/y/tree/v1.2/z", "x/y@v1.2/z") ",");
	is("a/b@12ab:docs/X.md:", A("github.com/a/b/blob/12ab/docs/X.md", "a/b@12ab:docs/X.md") ":");
	is("a/b!13,", A("gitlab.com/a/b/-/merge_requests/13", "a/b!13") ",");
	is("Debian#1036755 LP#2062380",
	   A("bugs.debian.org/1036755", "Debian#1036755") " " A("bugs.launchpad.net/bugs/2062380", "LP#2062380"));
	is("a/b#1 c/d#2", A("github.com/a/b/issues/1", "a/b#1") " " A("github.com/c/d/issues/2", "c/d#2"));
}

static void urls(void **state)
{
	(void)state;
	is("see https://docs.nvidia.com/vgpu/16.0/.",
	   "see " A("docs.nvidia.com/vgpu/16.0/", "https://docs.nvidia.com/vgpu/16.0/") ".");
	is("http://a.b/c", "<a href=\"http://a.b/c\">http://a.b/c</a>");
	is("http://", "http://");
	is("javascript:alert(1)", "javascript:alert(1)");
	is("https://a/\"onclick=x", "https://a/&quot;onclick=x");
	is("https://a/<b>", "https://a/&lt;b&gt;");
	is("https://", "https://");
}

static void others(void **state)
{
	(void)state;
	is(NULL, "");
	is("", "");
	is("  5.10\n x", "  5.10\n x");
	is("a/b", "a/b");
	is("a/b#", "a/b#");
	is("a/b#x", "a/b#x");
	is("a/b#1x", "a/b#1x");
	is("/b#1", "/b#1");
	is("a/#1", "a/#1");
	is("#12", "#12");
	is("a/../b#1", "a/../b#1");
	is("a/..#1", "a/..#1");
	is("a<b/c#1", "a&lt;b/c#1");
	is("a/b@\"x", "a/b@&quot;x");
	is("a/b@x:\"y", "a/b@x:&quot;y");
	is("a/b@x:<y", "a/b@x:&lt;y");
	is("Debian#x", "Debian#x");
	is("Suse#12", "Suse#12");
	is("./a#1", "./a#1");
	is("()", "()");
	is("\xff/b#1 \x1b[31m", "\xef\xbf\xbd/b#1 \xef\xbf\xbd[31m");
	is("ä/b#1", "ä/b#1");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(github), cmocka_unit_test(urls),
					    cmocka_unit_test(others) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
