/* SPDX-License-Identifier: MIT */
#include "core/rules/cardname.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define SAID_MAX 64
#define WORDS_MAX 32

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool counts(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool gp_card_name_sane(const char *said)
{
	bool some = false;
	size_t n = 0;

	for (; n < SAID_MAX && said[n]; n++) {
		if (!counts(said[n]) && !strchr(" -_./()+", said[n]))
			return false;
		some |= counts(said[n]);
	}
	return some && !said[n];
}

/* The letters and digits of a text, run together, and where its words begin in them. */
struct run {
	char text[256];
	size_t len;
	size_t words[WORDS_MAX + 1], nwords; /* words[nwords] is len */
};

static void run_add(struct run *r, struct gp_str s)
{
	bool inside = false;

	for (size_t i = 0; i < s.len && r->len + 1 < sizeof(r->text) && r->nwords < WORDS_MAX; i++) {
		bool c = counts(s.p[i]);

		if (c && !inside)
			r->words[r->nwords++] = r->len;
		if (c)
			r->text[r->len++] = lower(s.p[i]);
		inside = c;
	}
	r->text[r->len] = '\0';
	r->words[r->nwords] = r->len;
}

/* Take the last word off. */
static void run_cut(struct run *r)
{
	if (r->nwords)
		r->len = r->words[--r->nwords];
	r->text[r->len] = '\0';
}

/* Words in a row that are what was said. */
static enum gp_name_fit compare(const char *said, const struct run *r)
{
	enum gp_name_fit best = GP_NAME_OTHER;
	size_t n = strlen(said);

	for (size_t i = 0; i < r->nwords; i++) {
		size_t end = i;

		while (end <= r->nwords && r->words[end] < r->words[i] + n)
			end++;
		if (end > r->nwords || r->words[end] != r->words[i] + n || memcmp(r->text + r->words[i], said, n) != 0)
			continue;
		if (end == r->nwords && i == 0)
			return GP_NAME_WHOLE;
		/* "RTX" is not what TITAN RTX is called. */
		if (end == r->nwords && said[strcspn(said, "0123456789")])
			return GP_NAME_ENDS;
		best = GP_NAME_BEGINS;
	}
	return best;
}

/* Take what stands before the next slash off. Out: false at the end. */
static bool next_part(struct gp_str *rest, struct gp_str *part)
{
	ssize_t slash = gp_str_find(*rest, GP_STR("/"));

	if (!rest->p)
		return false;
	*part = slash < 0 ? *rest : (struct gp_str){ rest->p, (size_t)slash };
	*rest = slash < 0 ? (struct gp_str){ NULL, 0 } : gp_str_skip(*rest, (size_t)slash + 1);
	return true;
}

enum gp_name_fit gp_card_name_fit(const char *said, const char *name)
{
	const char *open = strchr(name, '['), *shut = open ? strrchr(open, ']') : NULL;
	struct run wanted = { 0 }, before = { 0 };
	enum gp_name_fit best = GP_NAME_OTHER;
	struct gp_str rest, part;
	const char *text;

	run_add(&wanted, gp_str_of(said));
	text = strncmp(wanted.text, "nvidia", 6) == 0 ? wanted.text + 6 : wanted.text;
	if (!shut || !*text)
		return GP_NAME_OTHER;
	rest = (struct gp_str){ open + 1, (size_t)(shut - open - 1) };
	while (next_part(&rest, &part)) {
		struct run r = before; /* "8000" of "Quadro RTX 6000/8000" is "Quadro RTX 8000" */
		enum gp_name_fit fit;

		run_add(&r, part);
		fit = compare(text, &r);
		best = fit > best ? fit : best;
		before = r;
		run_cut(&before);
	}
	return best;
}
