/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergefit.h"
#include "fx_table.h"

static const struct fit_case {
	const char *name;
	enum gp_kind a;
	const char *a_version;
	enum gp_kind b;
	const char *b_version;
	enum gp_merge_fit fit;
	bool swapped;
	const char *says; /* NULL: it is allowed */
} cases[] = {
	{ "one version", GP_KIND_HOST, "535.129.03", GP_KIND_GENERAL, "535.129.03", GP_FIT_SAME, false, NULL },
	{ "a grid guest", GP_KIND_HOST, "535.129.03", GP_KIND_GUEST, "535.129.03", GP_FIT_SAME, false, NULL },
	{ "the last number differs", GP_KIND_HOST, "460.73.02", GP_KIND_GUEST, "460.73.01", GP_FIT_VERSIONS, false,
	  "'a.run' is 460.73.02 and 'b.run' is 460.73.01: the driver checks" },
	{ "the last two differ", GP_KIND_HOST, "460.73.02", GP_KIND_GENERAL, "460.106.00", GP_FIT_VERSIONS, false,
	  "--allow versions" },
	{ "swapped", GP_KIND_GENERAL, "580.159.03", GP_KIND_HOST, "580.159.01", GP_FIT_VERSIONS, true,
	  "'b.run' is 580.159.01 and 'a.run' is 580.159.03" },
	{ "two branches", GP_KIND_HOST, "460.73.02", GP_KIND_GENERAL, "470.63.01", GP_FIT_BRANCHES, false,
	  "'a.run' is 460.73.02 and 'b.run' is 470.63.01: host and desktop must be of one branch" },
	{ "two hosts", GP_KIND_HOST, "460.73.02", GP_KIND_HOST, "460.73.02", GP_FIT_HOSTS, false,
	  "'a.run' and 'b.run' are both vGPU hosts" },
	{ "two desktops", GP_KIND_GUEST, "460.73.01", GP_KIND_GENERAL, "460.73.01", GP_FIT_DESKTOPS, false,
	  "'a.run' is a guest driver and 'b.run' is a general driver" },
	{ "merged already", GP_KIND_MERGED, "460.73.01", GP_KIND_GENERAL, "460.73.01", GP_FIT_MERGED, false,
	  "'a.run' is merged already" },
	{ "a merged one as desktop", GP_KIND_HOST, "460.73.02", GP_KIND_MERGED, "460.73.01", GP_FIT_MERGED, false,
	  "'b.run' is merged already" },
	/* One number, and two names of files. */
	{ "versions are compared as they are written", GP_KIND_HOST, "460.73.1", GP_KIND_GENERAL, "460.73.01",
	  GP_FIT_VERSIONS, false, "460.73.1 " },
};

static void check_fit(void **state)
{
	const struct fit_case *c = *state;
	struct gp_merge_half a = { .name = "a.run", .kind = c->a }, b = { .name = "b.run", .kind = c->b };
	struct gp_err err = { 0 };
	bool swapped = !c->swapped, allowed = c->fit == GP_FIT_SAME || c->fit == GP_FIT_VERSIONS;
	char said[1024];

	assert_int_equal(gp_version_parse(gp_str_of(c->a_version), &a.version, NULL), 0);
	assert_int_equal(gp_version_parse(gp_str_of(c->b_version), &b.version, NULL), 0);
	assert_int_equal(gp_merge_fits(&a, &b, &swapped), c->fit);
	assert_int_equal(swapped, c->swapped);
	assert_int_equal(gp_merge_check(&a, &b, true, NULL, NULL), allowed ? 0 : -1);
	assert_int_equal(gp_merge_check(&a, &b, false, &swapped, &err), c->says ? -1 : 0);
	assert_int_equal(err.code, c->says ? GP_E_NO : GP_OK);
	gp_err_format(&err, said, sizeof(said));
	if (c->says && !strstr(said, c->says))
		fail_msg("'%s' does not say '%s'", said, c->says);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(gp_merge_fit_name(GP_FIT_SAME), "same version");
	assert_string_equal(gp_merge_fit_name(GP_FIT_MERGED), "merged");
}

int main(void)
{
	FX_ROWS(cases, check_fit, NULL, NULL);
	FX_TEST(names, NULL, NULL);
	return fx_run(NULL, NULL);
}
