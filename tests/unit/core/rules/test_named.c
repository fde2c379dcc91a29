/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/rules/rule.h"
#include "fx_table.h"

static const struct {
	const char *words, *driver;
	enum gp_tri want;
} words[] = {
	{ "2026-11-22: 460.73.01 on Debian 5.10.223-1, gcc 12.2", "460.73.01", GP_TRI_YES },
	{ "2026-11-22: 460.73.01 on Debian 5.10.223-1, gcc 12.2", "460.107", GP_TRI_NO },
	{ "550.90 works on Unraid's 6.12.24", "550.90.05", GP_TRI_YES },
	{ "550.90 works on Unraid's 6.12.24", "550.9", GP_TRI_NO },
	{ "a/b@535.161: no patch", "535.161.05", GP_TRI_YES },
	{ "Ubuntu's 535.216.01 - 535.309.01 are there", "535.230.02", GP_TRI_YES },
	{ "Ubuntu's 535.216.01 - 535.309.01 are there", "535.183.04", GP_TRI_NO },
	{ "Debian's 470.256.02-1~deb12u1", "470.256.02", GP_TRI_YES },
	{ "so does 570.148.06.", "570.148.06", GP_TRI_YES },
	/* builds of kernels, sizes and numbers of reports are no drivers */
	{ "by us, on 4.18.0-305.19.1.el8_4 and Ubuntu 5.15.0-204.214", "460.107", GP_TRI_UNKNOWN },
	{ "a/b#823.4; RN-07347-001 v120.2; 500 MB", "460.107", GP_TRI_UNKNOWN },
	{ "", "460.107", GP_TRI_UNKNOWN },
};

static void names_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(words); i++) {
		struct gp_version v;

		assert_int_equal(gp_version_parse(gp_str_of(words[i].driver), &v, NULL), 0);
		if (gp_words_name(words[i].words, &v) != words[i].want)
			fail_msg("'%s' of %s", words[i].words, words[i].driver);
	}
}

static const struct {
	const char *rule, *driver, *host, *want; /* builds, loads; known */
} kinds[] = {
	/* one driver: whatever is said is said of it */
	{ "Driver: 460.107\nLoad: yes\nEvidence: [built] 460.73.01", "460.107", NULL, "built inference built" },
	/* of several only those that are named */
	{ "Driver: 460\nLoad: yes\nEvidence: [built] 460.73.01\nLoad-Evidence: [reported] a/b#1: 460.107", "460.73.01",
	  NULL, "built inference built" },
	{ "Driver: 460\nLoad: yes\nEvidence: [built] 460.73.01\nLoad-Evidence: [reported] a/b#1: 460.107", "460.107",
	  NULL, "inference reported expected" },
	{ "Driver: 460\nStatus: blocked\nReason: r\nEvidence: [built] 460.73.01 fails", "460.107", NULL,
	  "inference none expected" },
	/* or all of them */
	{ "Driver: 460\nLoad: yes\nEvidence: [built] by us", "460.107", NULL, "built inference built" },
	/* what is read or concluded holds as it stands */
	{ "Driver: 460\nLoad: yes\nEvidence: [source] 460.73.01", "460.107", NULL, "source source expected" },
	/* an untested rule claims nothing for those that it does not name */
	{ "Driver: 460\nStatus: untested\nEvidence: [reported] a/b#1: 460.73.01", "460.107", NULL, "none none unsure" },
	/* a merged driver by its host, too */
	{ "Driver: 460\nLoad: yes\nEvidence: [built] 460.73.02", "460.73.01", "460.73.02", "built inference built" },
};

static void kind_of_a_driver(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(kinds); i++) {
		gp_auto(gp_free_ptr) char *text = gp_asprintf("Kernel: 5.10\nStatus: supported\n\n%s\n", kinds[i].rule);
		gp_auto(gp_free_ptr) char *got = NULL;
		struct gp_stanza_list l = { 0 };
		struct gp_facts facts = { .kind_unknown = true };
		struct gp_judgement j;
		struct gp_line line;

		assert_int_equal(gp_stanza_parse(gp_str_of(text), "f", &l, NULL), 0);
		assert_int_equal(gp_line_parse(&l, &line, NULL), 0);
		assert_int_equal(gp_version_parse(gp_str_of(kinds[i].driver), &facts.driver, NULL), 0);
		if (kinds[i].host)
			assert_int_equal(gp_version_parse(gp_str_of(kinds[i].host), &facts.host, NULL), 0);
		gp_rule_judge(&line.rules[0], &facts, &j);
		got = gp_asprintf("%s %s %s", gp_evidence_kind_name(j.kinds[GP_CLAIM_BUILDS]),
				  gp_evidence_kind_name(j.kinds[GP_CLAIM_LOADS]), gp_known_name(j.known));
		assert_string_equal(got, kinds[i].want);
		gp_line_release(&line);
		gp_stanza_list_release(&l);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(names_or_not), cmocka_unit_test(kind_of_a_driver) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
