/* SPDX-License-Identifier: MIT */
#include "core/driver/kbuild.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

const char *const gp_module_names[] = { "nvidia",     "nvidia-uvm",     "nvidia-modeset",
					"nvidia-drm", "nvidia-peermem", "nvidia-vgpu-vfio",
					NULL };

static struct gp_str without_comment(struct gp_str line)
{
	const char *hash = line.len ? memchr(line.p, '#', line.len) : NULL;

	if (hash)
		line.len = (size_t)(hash - line.p);
	return line;
}

/* A line without its last backslash, when it has one; a CR may stand after. */
static bool take_backslash(struct gp_str *line)
{
	*line = gp_str_trim(*line);
	if (!gp_str_ends(*line, "\\"))
		return false;
	line->len--;
	return true;
}

/* "NV_CONFTEST_TYPE_COMPILE_TESTS += …": *words is what stands after. */
static bool starts_list(struct gp_str line, struct gp_str *words)
{
	static const char *const ops[] = { "+=", "=", ":=", "?=", "::=" };
	struct gp_str name, op;

	*words = line;
	if (!gp_word_next(words, &name) || !gp_str_starts(name, "NV_CONFTEST_") || !gp_str_ends(name, "_TESTS") ||
	    !gp_word_next(words, &op))
		return false;
	for (size_t i = 0; i < GP_COUNT(ops); i++)
		if (gp_str_eq(op, ops[i]))
			return true;
	return false;
}

/* Lists of conftests, line by line. */
struct lists {
	struct gp_str rest;
	bool in_list, goes_on;
};

static bool next_tests(struct lists *l, struct gp_str *words)
{
	struct gp_str line;

	while (gp_text_line_next(&l->rest, &line)) {
		bool continues = l->goes_on;

		line = without_comment(line);
		l->goes_on = take_backslash(&line);
		*words = line;
		if (!continues)
			l->in_list = starts_list(line, words);
		if (l->in_list)
			return true;
	}
	return false;
}

bool gp_kbuild_lists_conftest(struct gp_str text, const char *name)
{
	struct lists l = { .rest = text };
	struct gp_str words;

	while (next_tests(&l, &words))
		if (gp_str_has_word(words, gp_str_of(name)))
			return true;
	return false;
}

void gp_kbuild_conftests(struct gp_str text, struct gp_list *names)
{
	struct lists l = { .rest = text };
	struct gp_str words, word;

	while (next_tests(&l, &words))
		while (gp_word_next(&words, &word))
			gp_list_take(names, gp_strndup(word.p, word.len));
}

/* Of "a | b_*" one after the other. */
static bool next_label(struct gp_str *line, struct gp_str *label)
{
	const char *end = line->len ? memchr(line->p, '|', line->len) : NULL;
	size_t n = end ? (size_t)(end - line->p) : line->len;

	if (!line->len)
		return false;
	*label = gp_str_trim((struct gp_str){ line->p, n });
	*line = gp_str_skip(*line, n + (end != NULL));
	return true;
}

static bool is_label_of(struct gp_str label, const char *name)
{
	bool glob = label.len > 1 && label.p[label.len - 1] == '*';

	return glob ? strncmp(name, label.p, label.len - 1) == 0 : gp_str_eq(label, name);
}

/* "a | b_*" of a line that begins with it and a ')'; empty: it does not. */
static struct gp_str labels_of(struct gp_str line)
{
	const char *end = line.len ? memchr(line.p, ')', line.len) : NULL;
	struct gp_str labels = { line.p, end ? (size_t)(end - line.p) : 0 };

	for (size_t i = 0; i < labels.len; i++)
		if (!isalnum((unsigned char)labels.p[i]) && !strchr("_*| \t", labels.p[i]))
			return (struct gp_str){ line.p, 0 };
	return labels;
}

bool gp_conftest_knows(struct gp_str text, const char *name)
{
	struct gp_str line, label;

	while (gp_text_line_next(&text, &line)) {
		line = labels_of(line);
		while (next_label(&line, &label))
			if (is_label_of(label, name))
				return true;
	}
	return false;
}

struct gp_str gp_kbuild_version(struct gp_str text)
{
	static const char word[] = "NV_VERSION_STRING=";
	ssize_t at = gp_str_find(text, GP_STR(word));
	size_t n = 0;

	if (at < 0)
		return (struct gp_str){ text.p, 0 };
	text = gp_str_skip(text, (size_t)at + sizeof(word) - 1);
	while (text.len && strchr("\\\"'", *text.p))
		text = gp_str_skip(text, 1);
	while (n < text.len && (isdigit((unsigned char)text.p[n]) || text.p[n] == '.'))
		n++;
	return (struct gp_str){ text.p, n };
}
