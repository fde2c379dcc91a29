/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules/conftest.h"
#include "fx_table.h"

static const struct row {
	const char *name, *text, *bad;
} rows[] = {
	{ "from a release", "[source] conftest follow_pfn from 550.90.07", "" },
	{ "several", "[source] conftest a, b_2 from 535.216.01, 550.90.07; not built by us", "" },
	{ "not in a branch", "[source] kernel commit x; conftest a not in 525. [built] y", "" },
	{ "in the middle of a sentence", "[built] x: \"dma_buf_export() conftest failed\"", "" },
	{ "a file", "[source] conftest.sh of 470.256.02 has it", "" },
	{ "no evidence", "", "" },
	{ "without a release", "[source] conftest follow_pfn", "conftest follow_pfn" },
	{ "another word", "[source] conftest follow_pfn since 550.90.07", "conftest follow_pfn since 550.90.07" },
	{ "a release that is none", "[source 6.10] conftest follow_pfn from R550", "conftest follow_pfn from R550" },
	{ "no name", "conftest () from 550", "conftest () from 550" },
	{ "an empty list", "[source] conftest a,b from 550", "conftest a,b from 550" },
	{ "the second one", "[source] conftest a from 550; conftest b; more", "conftest b" },
	{ "behind a full stop", "[source] x. conftest b, from 550 [built] y", "conftest b, from 550 " },
};

static void quoted(void **state)
{
	const struct row *r = *state;
	struct gp_str bad = gp_conftest_misquoted(r->text);

	if (!gp_str_eq(bad, r->bad))
		fail_msg("'%.*s'", (int)bad.len, bad.p);
}

int main(void)
{
	FX_ROWS(rows, quoted, NULL, NULL);
	return fx_run(NULL, NULL);
}
