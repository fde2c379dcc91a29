/* SPDX-License-Identifier: MIT */
#include "core/diff/patchopt.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* More components than any path can have. */
#define MAX_STRIP 2048
/* More lines than any hunk has as context; patch takes any number. */
#define MAX_FUZZ 1000000

enum effect {
	NONE, /* on the result, as quilt calls patch: it adds --backup, --prefix and -f itself */
	STRIP,
	FUZZ,
	REVERSE,
	READ_ONLY, /* none, unless it is "fail" */
	REFUSED,
};

static const struct option {
	const char *name;
	char letter;
	char arg; /* 'n'o, 'r'equired, 'o'ptional */
	enum effect effect;
} options[] = { { "backup", 'b', 'n', NONE },
		{ "prefix", 'B', 'r', NONE },
		{ "context", 'c', 'n', REFUSED },
		{ "directory", 'd', 'r', REFUSED },
		{ "ifdef", 'D', 'r', REFUSED },
		{ "ed", 'e', 'n', REFUSED },
		{ "remove-empty-files", 'E', 'n', REFUSED },
		{ "force", 'f', 'n', NONE },
		{ "fuzz", 'F', 'r', FUZZ },
		{ "get", 'g', 'r', REFUSED },
		{ "input", 'i', 'r', REFUSED },
		{ "ignore-whitespace", 'l', 'n', REFUSED },
		{ "normal", 'n', 'n', REFUSED },
		{ "forward", 'N', 'n', NONE },
		{ "output", 'o', 'r', REFUSED },
		{ "strip", 'p', 'r', STRIP },
		{ "reject-file", 'r', 'r', NONE },
		{ "reverse", 'R', 'n', REVERSE },
		{ "quiet", 's', 'n', NONE },
		{ "silent", 's', 'n', NONE },
		{ "batch", 't', 'n', NONE },
		{ "set-time", 'T', 'n', REFUSED },
		{ "unified", 'u', 'n', NONE },
		{ "version", 'v', 'n', REFUSED },
		{ "version-control", 'V', 'r', REFUSED },
		{ "debug", 'x', 'r', REFUSED },
		{ "basename-prefix", 'Y', 'r', REFUSED },
		{ "suffix", 'z', 'r', REFUSED },
		{ "set-utc", 'Z', 'n', REFUSED },
		{ "backup-if-mismatch", 0, 'n', NONE },
		{ "binary", 0, 'n', REFUSED },
		{ "dry-run", 0, 'n', REFUSED },
		{ "follow-symlinks", 0, 'n', REFUSED },
		{ "help", 0, 'n', REFUSED },
		{ "merge", 0, 'o', REFUSED },
		{ "no-backup-if-mismatch", 0, 'n', NONE },
		{ "posix", 0, 'n', REFUSED },
		{ "quoting-style", 0, 'r', NONE },
		{ "read-only", 0, 'r', READ_ONLY },
		{ "reject-format", 0, 'r', NONE },
		{ "verbose", 0, 'n', NONE } };

static int shown(struct gp_str s)
{
	return s.len < 80 ? (int)s.len : 80;
}

static int unknown(struct gp_str word, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "unknown option '%.*s'", shown(word), word.p);
}

static int refused(const struct option *o, struct gp_err *err)
{
	char letter[] = { '-', o->letter, '\0' };

	if (!o->letter)
		return gp_fail(err, GP_E_UNSUPPORTED, "patch's option --%s is not supported", o->name);
	return gp_fail(err, GP_E_UNSUPPORTED, "patch's option %s (--%s) is not supported", letter, o->name);
}

static int number(const struct option *o, struct gp_str arg, uint64_t max, unsigned *out, struct gp_err *err)
{
	uint64_t n;

	if (gp_parse_u64(arg, max, &n)) {
		*out = (unsigned)n;
		return 0;
	}
	if (!arg.len)
		return gp_fail(err, GP_E_FORMAT, "-%c needs a number", o->letter);
	return gp_fail(err, GP_E_FORMAT, "-%c needs a number up to %llu, not '%.*s'", o->letter,
		       (unsigned long long)max, shown(arg), arg.p);
}

static int take(const struct option *o, struct gp_str arg, struct gp_patch_flags *f, struct gp_err *err)
{
	unsigned n = 0;

	switch (o->effect) {
	case NONE: break;
	case REVERSE: f->reverse = true; break;
	case STRIP:
		/* quilt's own word for a/ and b/, which counts as 1 */
		if (gp_str_eq(arg, "ab"))
			f->strip = 1;
		else
			return number(o, arg, MAX_STRIP, &f->strip, err);
		break;
	case FUZZ:
		if (number(o, arg, MAX_FUZZ, &n, err) < 0)
			return -1;
		f->fuzz = (int)n;
		break;
	case READ_ONLY: return gp_str_starts(arg, "f") ? refused(o, err) : 0;
	case REFUSED: return refused(o, err);
	}
	return 0;
}

/* The words that are left, and whether one of them began with "-p". */
struct words {
	struct gp_str rest;
	bool dash_p;
};

static bool next(struct words *w, struct gp_str *word)
{
	if (!gp_text_word_next(&w->rest, word))
		return false;
	w->dash_p |= gp_str_starts(*word, "-p");
	return true;
}

/* A long option may be cut as long as it is the only one that begins so. */
static const struct option *find_long(struct gp_str name)
{
	const struct option *found = NULL;

	for (size_t i = 0; i < GP_COUNT(options); i++) {
		if (strlen(options[i].name) < name.len || memcmp(options[i].name, name.p, name.len) != 0)
			continue;
		if (!options[i].name[name.len])
			return &options[i];
		if (found)
			return NULL;
		found = &options[i];
	}
	return found;
}

/* "--name", "--name=arg" or "--name arg" */
static int parse_long(struct words *w, struct gp_str word, struct gp_patch_flags *f, struct gp_err *err)
{
	struct gp_str name = { word.p + 2, word.len - 2 }, arg = { "", 0 };
	const char *equals = memchr(name.p, '=', name.len);
	const struct option *o;

	if (equals) {
		arg = (struct gp_str){ equals + 1, name.len - (size_t)(equals + 1 - name.p) };
		name.len = (size_t)(equals - name.p);
	}
	o = name.len ? find_long(name) : NULL;
	if (!o || (equals && o->arg == 'n'))
		return unknown(word, err);
	if (!equals && o->arg == 'r')
		(void)next(w, &arg);
	return take(o, arg, f, err);
}

/* "-R", "-NF0" or "-NF 0" */
static int parse_letters(struct words *w, struct gp_str word, struct gp_patch_flags *f, struct gp_err *err)
{
	for (size_t i = 1; i < word.len; i++) {
		struct gp_str arg = { word.p + i + 1, word.len - i - 1 };
		const struct option *o = NULL;

		for (size_t k = 0; k < GP_COUNT(options) && !o; k++)
			if (options[k].letter && options[k].letter == word.p[i])
				o = &options[k];
		if (!o)
			return unknown(word, err);
		if (o->arg == 'r' && !arg.len)
			(void)next(w, &arg);
		if (take(o, arg, f, err) < 0)
			return -1;
		if (o->arg == 'r')
			break;
	}
	return 0;
}

int gp_patch_flags_parse(struct gp_str text, struct gp_patch_flags *out, struct gp_err *err)
{
	struct words w = { .rest = text };
	struct gp_str word;

	*out = (struct gp_patch_flags){ .strip = 1, .fuzz = -1 };
	while (next(&w, &word)) {
		bool is_long = gp_str_starts(word, "--");

		if (word.len < 2 || word.p[0] != '-')
			return unknown(word, err);
		if ((is_long ? parse_long(&w, word, out, err) : parse_letters(&w, word, out, err)) < 0)
			return -1;
	}
	out->strip_given = w.dash_p;
	if (!w.dash_p)
		out->strip = 1;
	return 0;
}
