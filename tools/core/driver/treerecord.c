/* SPDX-License-Identifier: MIT */
#include "core/driver/treerecord.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/stanza.h"
#include "base/text.h"

#define HEAD \
	"# What gridpatch changed here, a paragraph a time. 'gridpatch patch --undo' and this\n" \
	"# directory's name take the last one back.\n"

void gp_treerecord_release(struct gp_treerecord *r)
{
	free(r->date);
	free(r->program);
	free(r->backup);
	free(r->done);
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].path);
	free(r->v);
	*r = (struct gp_treerecord){ 0 };
}

void gp_treerecord_add(struct gp_treerecord *r, const char *path, const char *sha256)
{
	struct gp_treefile *f;

	GP_GROW(r->v, r->n, r->cap);
	f = &r->v[r->n++];
	*f = (struct gp_treefile){ .path = gp_strdup(path) };
	snprintf(f->sha256, sizeof(f->sha256), "%s", sha256);
}

const struct gp_treefile *gp_treerecord_find(const struct gp_treerecord *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].path, path) == 0)
			return &r->v[i];
	return NULL;
}

/* --- writing --- */

/* A name as one word of a line. */
static void put_word(struct gp_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s <= ' ' || *s == '%' || *s == 0x7f)
			gp_buf_printf(out, "%%%02X", (unsigned char)*s);
		else
			gp_buf_putc(out, *s);
	}
}

static void put_lines(struct gp_buf *out, const char *field, struct gp_str text)
{
	struct gp_str line;

	gp_buf_printf(out, "%s:\n", field);
	while (gp_text_line_next(&text, &line)) {
		line = gp_str_trim(line);
		if (line.len)
			gp_buf_printf(out, " %.*s\n", (int)line.len, line.p);
	}
}

void gp_treerecord_format(struct gp_str text, const struct gp_treerecord *r, struct gp_buf *out)
{
	gp_buf_add(out, text.p, text.len);
	if (!text.len)
		gp_buf_puts(out, HEAD);
	else if (text.p[text.len - 1] != '\n')
		gp_buf_putc(out, '\n');
	gp_buf_printf(out, "\nGridpatch-Tree: %s\nDate: %s\nProgram: %s\nBackup: ", GP_TREERECORD_VERSION, r->date,
		      r->program);
	put_word(out, r->backup);
	gp_buf_printf(out, "\nBackup-SHA256: %s\n", r->backup_sha256);
	put_lines(out, "Done", gp_str_of(r->done));
	gp_buf_puts(out, "Files:\n");
	for (size_t i = 0; i < r->n; i++) {
		gp_buf_printf(out, " %s ", *r->v[i].sha256 ? r->v[i].sha256 : "deleted");
		put_word(out, r->v[i].path);
		gp_buf_putc(out, '\n');
	}
}

/* --- reading --- */

static int hex_value(struct gp_str s)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *hi = s.len >= 3 ? memchr(digits, s.p[1], 16) : NULL;
	const char *lo = s.len >= 3 ? memchr(digits, s.p[2], 16) : NULL;

	return hi && lo ? (int)((hi - digits) * 16 + (lo - digits)) : -1;
}

/* What put_word() wrote; free() it. NULL: that is not it. */
static char *get_word(struct gp_str s)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	gp_buf_puts(&out, "");
	while (s.len) {
		int c = *s.p == '%' ? hex_value(s) : (unsigned char)*s.p;

		if (c <= 0)
			return NULL;
		s = gp_str_skip(s, *s.p == '%' ? 3 : 1);
		gp_buf_putc(&out, (char)c);
	}
	return gp_buf_detach(&out);
}

static bool is_sum(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return s.len == GP_SHA256_HEX - 1;
}

static bool read_file(struct gp_treerecord *r, struct gp_str line)
{
	gp_auto(gp_free_ptr) char *path = NULL;
	char sum[GP_SHA256_HEX] = "";
	struct gp_str word;

	if (!gp_word_next(&line, &word))
		return true;
	if (is_sum(word))
		memcpy(sum, word.p, word.len);
	else if (!gp_str_eq(word, "deleted"))
		return false;
	path = get_word(gp_str_trim(line));
	if (!path || !gp_path_is_clean(path))
		return false;
	gp_treerecord_add(r, path, sum);
	return true;
}

static bool read_fields(const struct gp_stanza *s, struct gp_treerecord *r)
{
	const char *date = gp_stanza_get(s, "Date"), *backup = gp_stanza_get(s, "Backup");
	const char *sum = gp_stanza_get(s, "Backup-SHA256"), *files = gp_stanza_get(s, "Files");
	const char *program = gp_stanza_get(s, "Program"), *done = gp_stanza_get(s, "Done");
	struct gp_str rest, line;

	if (!date || !backup || !sum || !files || !is_sum(gp_str_of(sum)))
		return false;
	r->date = gp_strdup(date);
	r->program = gp_strdup(program ? program : "");
	r->done = gp_strdup(done ? done : "");
	r->backup = get_word(gp_str_of(backup));
	memcpy(r->backup_sha256, sum, sizeof(r->backup_sha256));
	for (rest = gp_str_of(files); gp_text_line_next(&rest, &line);)
		if (!read_file(r, line))
			return false;
	return r->backup && !strchr(r->backup, '/') && gp_path_is_clean(r->backup);
}

int gp_treerecord_last(struct gp_str text, const char *origin, struct gp_treerecord *out, struct gp_err *err)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list l = { 0 };
	const char *version;

	*out = (struct gp_treerecord){ 0 };
	if (gp_stanza_parse(text, origin, &l, err) < 0)
		return -1;
	version = l.n ? gp_stanza_get(&l.v[l.n - 1], "Gridpatch-Tree") : NULL;
	if (version && strcmp(version, GP_TREERECORD_VERSION) != 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s': version '%s' is newer than this gridpatch", origin,
			       version);
	if (version && read_fields(&l.v[l.n - 1], out))
		return 0;
	gp_treerecord_release(out);
	return gp_fail(err, GP_E_FORMAT, "'%s' is damaged: its last paragraph is not as gridpatch writes it", origin);
}
