/* SPDX-License-Identifier: MIT */
#include "core/driver/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

#define EXPLICIT "EXPLICIT_PATH" /* a file with a directory of its own */

static bool is_octal(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
	return s.len > 0 && s.len <= 6;
}

static int entry_parse(struct gp_str line, struct gp_mentry *e, struct gp_err *err)
{
	struct gp_str rest = line;

	if (!gp_word_next(&rest, &e->raw) || !gp_word_next(&rest, &e->mode) || !gp_word_next(&rest, &e->type))
		return gp_fail(err, GP_E_FORMAT, "line %zu has fewer than three fields", e->lineno);
	if (!is_octal(e->mode))
		return gp_fail(err, GP_E_FORMAT, "line %zu: '%.*s' is not an octal mode", e->lineno,
			       (int)(e->mode.len < 40 ? e->mode.len : 40), e->mode.p);
	e->rest = gp_str_trim(rest);
	e->path = gp_path_clean(e->raw.p, e->raw.len, err);
	return e->path ? 0 : gp_within(err, "line %zu", e->lineno);
}

static void header_line(struct gp_manifest *m, size_t lineno, struct gp_str line)
{
	if (lineno == 1)
		m->description = line;
	else if (lineno == 2)
		m->version = gp_str_trim(line);
	else if (lineno == 4)
		m->modules = line;
}

static int lines_parse(struct gp_manifest *m, struct gp_err *err)
{
	struct gp_str rest = m->text, line;
	size_t lineno = 0;

	m->open_end = true;
	while (gp_text_line_next(&rest, &line)) {
		struct gp_mentry e = { 0 };

		e.lineno = ++lineno;
		if (gp_text_nul_line(line))
			return gp_fail(err, GP_E_FORMAT, "line %zu has a NUL byte", lineno);
		if (lineno <= GP_MANIFEST_HEADER) {
			header_line(m, lineno, line);
			continue;
		}
		if (!gp_str_trim(line).len) {
			m->open_end = false;
			m->end_off = (size_t)(line.p - m->text.p);
			break;
		}
		if (entry_parse(line, &e, err) < 0) {
			free(e.path);
			return -1;
		}
		GP_GROW(m->entry, m->n, m->cap);
		m->entry[m->n++] = e;
	}
	if (m->open_end)
		m->end_off = m->text.len;
	if (lineno < GP_MANIFEST_HEADER)
		return gp_fail(err, GP_E_FORMAT, "cut off: %zu lines, eight belong to its header", lineno);
	return 0;
}

int gp_manifest_parse(struct gp_str text, struct gp_manifest *out, struct gp_err *err)
{
	*out = (struct gp_manifest){ .text = text };
	if (lines_parse(out, err) < 0) {
		gp_manifest_release(out);
		return gp_within(err, "'.manifest'");
	}
	return 0;
}

void gp_manifest_release(struct gp_manifest *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->entry[i].path);
	free(m->entry);
	*m = (struct gp_manifest){ 0 };
}

const struct gp_mentry *gp_manifest_find(const struct gp_manifest *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->entry[i].path, path) == 0)
			return &m->entry[i];
	return NULL;
}

bool gp_manifest_has_module(const struct gp_manifest *m, const char *name)
{
	struct gp_str rest = m->modules, word;

	while (gp_word_next(&rest, &word))
		if (gp_str_eq(gp_str_trim(word), name))
			return true;
	return false;
}

bool gp_mentry_is_symlink(const struct gp_mentry *e)
{
	return gp_str_ends(e->type, "_SYMLINK") || gp_str_ends(e->type, "_NEWSYM");
}

struct gp_str gp_mentry_arch(const struct gp_mentry *e)
{
	struct gp_str rest = e->rest, arch;

	if (gp_word_next(&rest, &arch) && (gp_str_eq(arch, "NATIVE") || gp_str_eq(arch, "COMPAT32")))
		return arch;
	return (struct gp_str){ "", 0 };
}

struct gp_str gp_mentry_last(const struct gp_mentry *e)
{
	struct gp_str rest = e->rest, word, last = { "", 0 };

	while (gp_word_next(&rest, &word))
		if (!gp_str_starts(word, "MODULE:"))
			last = word;
	return gp_str_no_cr(last);
}

struct gp_str gp_mentry_target(const struct gp_mentry *e)
{
	return gp_mentry_is_symlink(e) ? gp_mentry_last(e) : (struct gp_str){ "", 0 };
}

int gp_manifest_add(const struct gp_manifest *m, const char *const *paths, size_t n, const char *like,
		    struct gp_buf *out, struct gp_err *err)
{
	const struct gp_mentry *form = gp_manifest_find(m, like);
	size_t cut;

	if (!form)
		return gp_fail(err, GP_E_FORMAT, "'.manifest' does not list '%s'", like);
	cut = (size_t)(form->raw.p - m->text.p);
	while (cut < m->text.len && m->text.p[cut] != '\n')
		cut++;
	gp_buf_add(out, m->text.p, cut);
	for (size_t i = 0; i < n; i++) {
		if (gp_manifest_find(m, paths[i]))
			continue;
		gp_buf_printf(out, "\n%s%s %.*s %.*s%s%.*s", gp_str_starts(form->raw, "./") ? "./" : "", paths[i],
			      (int)form->mode.len, form->mode.p, (int)form->type.len, form->type.p,
			      form->rest.len ? " " : "", (int)form->rest.len, form->rest.p);
	}
	gp_buf_add(out, m->text.p + cut, m->text.len - cut);
	return 0;
}

/* Of "/usr/lib/nvidia MODULE:vgpu" the directory; rest: what follows it. */
static bool explicit_dir(const struct gp_mentry *e, struct gp_str *dir, struct gp_str *rest)
{
	*rest = e->rest;
	return gp_str_eq(e->type, EXPLICIT) && gp_word_next(rest, dir) && gp_str_starts(*dir, "/");
}

char *gp_mentry_place(const struct gp_mentry *e)
{
	const char *name = gp_path_base(e->path);
	struct gp_str dir, rest;

	if (gp_str_eq(e->type, "UTILITY_BINARY"))
		return gp_asprintf("/usr/bin/%s", name);
	if (!explicit_dir(e, &dir, &rest))
		return NULL;
	while (dir.len && dir.p[dir.len - 1] == '/')
		dir.len--;
	return gp_asprintf("%.*s/%s", (int)dir.len, dir.p, name);
}

/* An entry with a directory of its own: one with the tags of `near` before any other. */
static const struct gp_mentry *placed_form(const struct gp_manifest *m, const char *near)
{
	const struct gp_mentry *like = near ? gp_manifest_find(m, near) : NULL, *any = NULL;
	struct gp_str dir, tags, want = { "", 0 };

	if (like && !explicit_dir(like, &dir, &want))
		want = (struct gp_str){ "", 0 };
	for (size_t i = 0; i < m->n; i++) {
		if (!explicit_dir(&m->entry[i], &dir, &tags))
			continue;
		if (want.len && gp_str_same(gp_str_trim(tags), gp_str_trim(want)))
			return &m->entry[i];
		any = any ? any : &m->entry[i];
	}
	return any;
}

int gp_manifest_place(const struct gp_manifest *m, const struct gp_placed *what, size_t n, const char *near,
		      struct gp_buf *out, struct gp_err *err)
{
	const struct gp_mentry *form = placed_form(m, near);
	struct gp_str dir, tags;
	size_t cut;

	if (!form)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'.manifest' has no entry of type %s, whose form a new line could take", EXPLICIT);
	explicit_dir(form, &dir, &tags);
	tags = gp_str_trim(tags);
	cut = (size_t)(form->raw.p - m->text.p);
	while (cut < m->text.len && m->text.p[cut] != '\n')
		cut++;
	gp_buf_add(out, m->text.p, cut);
	for (size_t i = 0; i < n; i++)
		gp_buf_printf(out, "\n%s%s %04o %s %s%s%.*s", gp_str_starts(form->raw, "./") ? "./" : "", what[i].path,
			      what[i].mode, EXPLICIT, what[i].dir, tags.len ? " " : "", (int)tags.len, tags.p);
	gp_buf_add(out, m->text.p + cut, m->text.len - cut);
	return 0;
}

void gp_manifest_drop(const struct gp_manifest *m, const char *path, struct gp_buf *out)
{
	const struct gp_mentry *e = gp_manifest_find(m, path);
	struct gp_str rest = m->text, line;
	size_t lineno = 0;

	while (gp_text_line_next(&rest, &line)) {
		size_t len = line.len + (line.p + line.len < m->text.p + m->text.len);

		if (++lineno != (e ? e->lineno : 0))
			gp_buf_add(out, line.p, len);
	}
}

/* A library that only desktops have. libnvidia-ml.so, which nvidia-smi needs, is a
 * CUDA_LIB, too, and in every host. */
static bool is_desktop_library(const struct gp_mentry *e)
{
	if (gp_str_starts(e->type, "CUDA_LIB"))
		return strncmp(gp_path_base(e->path), "libnvidia-ml.so", 15) != 0;
	return gp_str_starts(e->type, "OPENGL_LIB") || gp_str_starts(e->type, "GLVND_LIB");
}

enum gp_kind gp_manifest_kind(const struct gp_manifest *m)
{
	bool libs = false;

	for (size_t i = 0; i < m->n && !libs; i++)
		libs = is_desktop_library(&m->entry[i]);
	if (gp_manifest_has_module(m, "nvidia-vgpu-vfio") || gp_manifest_find(m, "nvidia-vgpud"))
		return libs ? GP_KIND_MERGED : GP_KIND_HOST;
	return gp_manifest_find(m, "nvidia-gridd") ? GP_KIND_GUEST : GP_KIND_GENERAL;
}
