/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules/half.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define GOOD "Unlock: library\nDriver: 460, 525 - 550\nFits: yes\nEvidence: [source] x\n"

static int parse(const char *text, struct gp_half_list *l, struct gp_err *err)
{
	return FX_READ(text, "unlock", gp_halves_parse, l, err);
}

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = { { "no half", "Driver: 460\nFits: yes\nEvidence: x\n", "'unlock:1': a half of vgpu_unlock needs 'Unlock'" },
	     { "no driver", "Unlock: script\nFits: yes\nEvidence: x\n", "needs 'Driver'" },
	     { "no answer", "Unlock: script\nDriver: any\nEvidence: x\n", "needs 'Fits'" },
	     { "no evidence", "Unlock: script\nDriver: any\nFits: yes\n", "needs 'Evidence'" },
	     { "an empty one", "Unlock: script\nDriver: any\nFits: yes\nEvidence:\n", "cannot be ''" },
	     { "another half", "Unlock: none\nDriver: any\nFits: yes\nEvidence: x\n", "'unlock:1'" },
	     { "another answer", "Unlock: script\nDriver: any\nFits: unset\nEvidence: x\n", "'unlock:3'" },
	     { "no range", "Unlock: script\nDriver: 5 - 4\nFits: yes\nEvidence: x\n", "'unlock:2'" },
	     { "partly, and no reason", "Unlock: script\nDriver: any\nFits: partly\nEvidence: x\n",
	       "needs a 'Reason'" },
	     { "another field", GOOD "Status: blocked\n", "'unlock:5': unknown field 'Status'" },
	     { "in a later paragraph", GOOD "\nUnlock: x\n", "'unlock:6'" } };

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	gp_auto(gp_halves_release) struct gp_half_list l = { 0 };
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &l, &err), &err, c->why);
}

static const struct gp_half_rule *find(const struct gp_half_list *l, enum gp_half half, const char *driver)
{
	struct gp_version v;

	assert_int_equal(gp_version_parse(gp_str_of(driver), &v, NULL), 0);
	return gp_half_find(l, half, &v);
}

static void finds(void **state)
{
	gp_auto(gp_halves_release) struct gp_half_list l = { 0 };

	(void)state;
	assert_int_equal(parse(GOOD "\n# later ones count\nUnlock: library\nDriver: > 550.90\nFits: partly\n"
				    "Reason: a\n b\nEvidence: y\n\nUnlock: script\nDriver: any\nFits: no\nReason: r\n"
				    "Evidence: z\n",
			       &l, NULL),
			 0);
	assert_int_equal(l.n, 3);
	assert_int_equal(find(&l, GP_HALF_LIBRARY, "460.73.01")->fits, GP_FITS_YES);
	assert_null(find(&l, GP_HALF_LIBRARY, "470.63"));
	assert_int_equal(find(&l, GP_HALF_LIBRARY, "550.54.10")->fits, GP_FITS_YES);
	assert_int_equal(find(&l, GP_HALF_LIBRARY, "550.100")->fits, GP_FITS_PARTLY);
	assert_string_equal(find(&l, GP_HALF_LIBRARY, "550.100")->reason, "a b");
	assert_int_equal(find(&l, GP_HALF_LIBRARY, "550.100")->lineno, 7);
	assert_int_equal(find(&l, GP_HALF_SCRIPT, "470.63")->fits, GP_FITS_NO);
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, NULL);
	FX_TEST(finds, NULL, NULL);
	return fx_run(NULL, NULL);
}
