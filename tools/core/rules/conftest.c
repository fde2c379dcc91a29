/* SPDX-License-Identifier: MIT */
#include "core/rules/conftest.h"

#include <string.h>

#include "base/text.h"

/* Take a word of these bytes off the front. Out: false: none is there. */
static bool take_word(struct gp_str *rest, const char *more)
{
	size_t n = 0;

	while (n < rest->len) {
		char c = rest->p[n];

		if (!(c >= '0' && c <= '9') && !strchr(more, c))
			break;
		n++;
	}
	rest->p += n;
	rest->len -= n;
	return n > 0;
}

static bool take(struct gp_str *rest, const char *text)
{
	if (!gp_str_starts(*rest, text))
		return false;
	rest->p += strlen(text);
	rest->len -= strlen(text);
	return true;
}

static bool take_list(struct gp_str *rest, const char *more)
{
	do {
		if (!take_word(rest, more))
			return false;
	} while (take(rest, ", "));
	return true;
}

/* A version may end the sentence: its full stop is taken with it. */
static bool is_quoted_well(struct gp_str rest)
{
	return take_list(&rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") &&
	       (take(&rest, " from ") || take(&rest, " in ") || take(&rest, " not in ")) && take_word(&rest, ".");
}

static bool begins_clause(const char *evidence, const char *at)
{
	while (at > evidence && at[-1] == ' ')
		at--;
	return at == evidence || strchr("];.", at[-1]);
}

struct gp_str gp_conftest_misquoted(const char *evidence)
{
	static const char word[] = "conftest ";

	for (const char *at = evidence; (at = strstr(at, word)); at++) {
		struct gp_str rest = gp_str_of(at + strlen(word));

		if (begins_clause(evidence, at) && !is_quoted_well(rest))
			return (struct gp_str){ at, strcspn(at, ";[") };
	}
	return (struct gp_str){ "", 0 };
}
