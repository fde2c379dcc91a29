/* SPDX-License-Identifier: MIT */
#include "core/driver/dkmsfill.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/driver/dkmsconf.h"

/* --- placeholders --- */

struct word {
	const char *is, *becomes;
};

static bool is_name(struct gp_str s, const char *more)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && (!s.p[i] || !strchr(more, s.p[i])))
			return false;
	return s.len && isalnum((unsigned char)s.p[0]);
}

/* The lines that dkms wants of each module. */
static int put_modules(struct gp_str modules, struct gp_buf *out, struct gp_err *err)
{
	struct gp_str name;
	unsigned n = 0;

	gp_buf_puts(out, "");
	while (gp_text_word_next(&modules, &name)) {
		if (!is_name(name, "_-"))
			return gp_fail(err, GP_E_UNSUPPORTED, "'.manifest' names a module '%.*s'", (int)name.len,
				       name.p);
		gp_buf_printf(out,
			      "%sBUILT_MODULE_NAME[%u]=\"%.*s\"\n"
			      "DEST_MODULE_LOCATION[%u]=\"/kernel/drivers/video\"",
			      n ? "\n" : "", n, (int)name.len, name.p, n);
		n++;
	}
	return 0;
}

/* Which of the words begins here; NULL: none. */
static const struct word *word_at(struct gp_str rest, const struct word *words)
{
	while (words->is && !gp_str_starts(rest, words->is))
		words++;
	return words->is ? words : NULL;
}

static void replace(struct gp_str text, const struct word *words, struct gp_buf *out)
{
	while (text.len) {
		const struct word *w = word_at(text, words);

		if (w) {
			gp_buf_puts(out, w->becomes);
			text = gp_str_skip(text, strlen(w->is));
		} else {
			gp_buf_putc(out, *text.p);
			text = gp_str_skip(text, 1);
		}
	}
}

/* "__WORD": of what no program fills in, a shell would make something else. */
static int check_left(struct gp_str text, struct gp_err *err)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		size_t n = 2;
		ssize_t at;

		line = gp_str_trim(line);
		at = gp_str_starts(line, "#") ? -1 : gp_str_find(line, GP_STR("__"));
		if (at < 0)
			continue;
		line = gp_str_skip(line, (size_t)at);
		while (n < line.len && (isupper((unsigned char)line.p[n]) || line.p[n] == '_'))
			n++;
		if (n > 2)
			return gp_fail(err, GP_E_UNSUPPORTED,
				       "'kernel/dkms.conf' has the placeholder '%.*s', which gridpatch does not know",
				       (int)n, line.p);
	}
	return 0;
}

int gp_dkms_fill(struct gp_str text, const char *version, struct gp_str modules, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf built = { 0 };
	size_t from = out->len, nul = gp_text_nul_line(text);

	if (nul)
		return gp_fail(err, GP_E_FORMAT, "'kernel/dkms.conf' line %zu has a NUL byte", nul);
	if (put_modules(modules, &built, err) < 0)
		return -1;
	if (!built.len && gp_str_find(text, GP_STR("__DKMS_MODULES")) >= 0)
		return gp_fail(err, GP_E_FORMAT, "'.manifest' line 4 names no module, and dkms.conf wants their names");
	const struct word words[] = { { "__VERSION_STRING", version },
				      { "__DKMS_MODULES", built.data },
				      { "__JOBS", "${parallel_jobs:-$(nproc)}" },
				      { "__EXCLUDE_MODULES", "" },
				      { "__IGNORE_CC_MISMATCH", "1" },
				      { "will be generated", "was generated" },
				      { NULL, NULL } };

	replace(text, words, out);
	return check_left((struct gp_str){ out->data + from, out->len - from }, err);
}

/* --- names --- */

static int read_name(struct gp_str text, const char *field, char **out, struct gp_err *err)
{
	*out = gp_dkms_value(text, field);
	if (!*out)
		return gp_fail(err, GP_E_UNSUPPORTED, "'kernel/dkms.conf' says no %s that can be told without a shell",
			       field);
	if (!is_name(gp_str_of(*out), "._+~-"))
		return gp_fail(err, GP_E_UNSUPPORTED, "'kernel/dkms.conf': '%s' is no %s for a directory's name", *out,
			       field);
	return 0;
}

int gp_dkms_name_read(struct gp_str text, struct gp_dkms_name *out, struct gp_err *err)
{
	*out = (struct gp_dkms_name){ 0 };
	if (read_name(text, "PACKAGE_NAME", &out->name, err) == 0 &&
	    read_name(text, "PACKAGE_VERSION", &out->version, err) == 0)
		return 0;
	gp_dkms_name_release(out);
	return -1;
}

void gp_dkms_name_release(struct gp_dkms_name *n)
{
	free(n->name);
	free(n->version);
	*n = (struct gp_dkms_name){ 0 };
}
