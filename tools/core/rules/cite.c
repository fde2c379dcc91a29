/* SPDX-License-Identifier: MIT */
#include "core/rules/cite.h"

#include <string.h>

#include "base/regex.h"
#include "core/rules/claim.h"

#define REPOSITORY "[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_./-]*"
#define REPORT \
	REPOSITORY "([#!][0-9]|@[A-Za-z0-9])|https?://[^ ]+[.][^ ]|[A-Z][A-Z]-[0-9]{5}-[0-9]{3}|" \
		   "(Debian|LP)#[0-9]"
#define DATE "(^|[^0-9])20[0-9][0-9]-[01][0-9]-[0-3][0-9]([^0-9]|$)"

/* What the words of each kind must have. */
static const struct {
	const char *ere, *what, *todo;
} wanted[] = {
	[GP_EVIDENCE_INFERENCE] = { "[^ ]", "a conclusion from nothing", "say from what" },
	[GP_EVIDENCE_SOURCE] = { REPORT "|[0-9][.][0-9]|[0-9a-f]{12}|[A-Za-z0-9_-][.](c|h|rs|sh|toml|xml)([^a-z]|$)|"
					"Kbuild|Makefile|README|conftest [a-z_]+ ",
				 "a source without a file, a release or a commit", "say what was read" },
	[GP_EVIDENCE_REPORTED] = { REPORT, "a report that nobody can follow",
				   "name OWNER/REPOSITORY#N or @REF, an address, or a document's number" },
	[GP_EVIDENCE_BUILT] = { DATE, "a build without a date", "say what was built, with what, and when" },
	[GP_EVIDENCE_BOOTED] = { DATE, "a boot without a date", "say what was booted, with what, and when" },
};

static bool has(const char *ere, struct gp_str words)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };

	return gp_regex_compile(ere, &re, NULL) == 0 && gp_regex_match(&re, words, NULL) > 0;
}

static bool is_found(const struct gp_findings *l, const char *file, unsigned lineno, const char *what)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].lineno == lineno && strcmp(l->v[i].file, file) == 0 && strcmp(l->v[i].what, what) == 0)
			return true;
	return false;
}

static void complain(struct gp_findings *found, const char *file, unsigned lineno, const char *what, const char *todo,
		     struct gp_str words)
{
	gp_auto(gp_free_ptr) char *text = gp_asprintf("%s: '%.*s%s'", what, (int)(words.len < 60 ? words.len : 60),
						      words.len ? words.p : "", words.len > 60 ? "…" : "");

	/* A rule over several lines is looked at once for each of them. */
	if (!is_found(found, file, lineno, text))
		gp_finding_add(found, file, lineno, todo, "%s", text);
}

void gp_lint_cites(const char *text, const char *file, unsigned lineno, struct gp_findings *found)
{
	struct gp_told told;
	size_t off = 0;

	while (gp_told_next(text, &off, &told)) {
		if (!told.leads)
			continue;
		if (told.was)
			complain(found, file, lineno, "an old word", "write [reported]", gp_str_of(told.was));
		if (!has(wanted[told.kind].ere, told.words))
			complain(found, file, lineno, wanted[told.kind].what, wanted[told.kind].todo, told.words);
	}
}
