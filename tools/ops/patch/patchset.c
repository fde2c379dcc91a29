/* SPDX-License-Identifier: MIT */
#include "ops/patch/patchset.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/stanza.h"
#include "core/diff/diff.h"

/* In: may be NULL, and then what is known stays. */
static void keep(char **known, const char *value)
{
	if (!value)
		return;
	free(*known);
	*known = gp_stanza_unfold(value);
}

/* Of a patch by its header: what a set is for is what all its patches are for. A header
 * in another form is not an error: it says nothing of a scope. */
static void add_scope(struct gp_patchset *p, size_t i)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list header = { 0 };
	bool neutral = false, hooks = false;

	(void)gp_stanza_parse_header(gp_buf_str(&p->text[i]), p->series.v[i].name, &header, NULL);
	for (size_t k = 0; k < header.n; k++) {
		const char *scope = gp_stanza_get(&header.v[k], "Scope");

		neutral |= scope && strcmp(scope, "neutral") == 0;
		hooks |= scope && strcmp(scope, "hooks") == 0;
		keep(&p->caution, gp_stanza_get(&header.v[k], "Caution"));
		keep(&p->replaces, gp_stanza_get(&header.v[k], "Replaces"));
		keep(&p->requires, gp_stanza_get(&header.v[k], "Requires"));
	}
	p->neutral = neutral && (i == 0 || p->neutral);
	p->hooks = hooks && (i == 0 || p->hooks);
}

static int read_patches(struct gp_patchset *p, struct gp_err *err)
{
	p->text = gp_alloc((p->series.n + 1) * sizeof(*p->text));
	for (size_t i = 0; i < p->series.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(p->dir, p->series.v[i].name);

		if (gp_patch_read(path, &p->text[i], err) < 0)
			return -1;
		add_scope(p, i);
	}
	return 0;
}

int gp_patchset_load(const char *dir, struct gp_patchset *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, "series");
	struct gp_err why = { 0 };
	size_t n = strlen(dir);
	int rc = -1;

	while (n > 1 && dir[n - 1] == '/') /* its last part is its name */
		n--;
	*out = (struct gp_patchset){ .dir = gp_strndup(dir, n) };
	out->name = gp_path_base(out->dir);
	if (gp_file_read(path, GP_SERIES_MAX, &out->series_text, &why) < 0) {
		if (why.code == GP_E_NOTFOUND && gp_is_dir(dir))
			gp_fail(err, GP_E_NOTFOUND, "'%s' is a directory without a series file", dir);
		else if (err)
			*err = why;
	} else if (gp_series_parse(gp_buf_str(&out->series_text), &out->series, err) < 0 ||
		   gp_series_check_unique(&out->series, err) < 0) {
		gp_within(err, "'%s'", path);
	} else {
		rc = read_patches(out, err);
	}
	if (rc < 0)
		gp_patchset_release(out);
	return rc;
}

int gp_patchset_load_single(const char *path, gp_patch_reader *read, struct gp_patchset *out, struct gp_err *err)
{
	*out = (struct gp_patchset){ .dir = gp_strdup(path), .single = true };
	out->name = gp_path_base(out->dir);
	out->series.v = gp_alloc(sizeof(*out->series.v));
	out->series.n = out->series.cap = 1;
	out->series.v[0] = (struct gp_series_entry){ .name = gp_strdup(out->name), .strip = 1 };
	out->text = gp_alloc(sizeof(*out->text));
	if (read(path, &out->text[0], err) < 0) {
		gp_patchset_release(out);
		return -1;
	}
	add_scope(out, 0);
	return 0;
}

void gp_patchset_sum(const struct gp_patchset *p, char out[GP_SHA256_HEX])
{
	struct gp_hash *sum = gp_hash_new(GP_HASH_SHA256);

	gp_hash_add(sum, p->series_text.data, p->series_text.len);
	for (size_t i = 0; i < p->series.n; i++)
		gp_hash_add(sum, p->text[i].data, p->text[i].len);
	gp_hash_hex(sum, out);
	gp_hash_free(sum);
}

void gp_patchset_release(struct gp_patchset *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->text && i < p->series.n; i++)
		gp_buf_release(&p->text[i]);
	free(p->text);
	gp_buf_release(&p->series_text);
	free(p->caution);
	free(p->replaces);
	free(p->requires);
	free(p->dir);
	gp_series_release(&p->series);
	*p = (struct gp_patchset){ 0 };
}

struct gp_patch gp_patchset_patch(const struct gp_patchset *p, size_t i)
{
	const struct gp_series_entry *e = &p->series.v[i];

	return (struct gp_patch){ .set = p->name,
				  .name = e->name,
				  .text = gp_buf_str(&p->text[i]),
				  .strip = e->strip,
				  .reverse = e->reverse,
				  .below = p->below };
}

static void add_path(struct gp_list *paths, char *path)
{
	if (!path)
		return;
	gp_list_take(paths, gp_path_join("kernel", path));
	gp_list_take(paths, path);
}

int gp_patchset_paths(const struct gp_patchset *p, struct gp_list *paths, struct gp_err *err)
{
	for (size_t i = 0; i < p->series.n; i++) {
		gp_auto(gp_diff_release) struct gp_diff d = { 0 };
		const struct gp_series_entry *e = &p->series.v[i];

		if (gp_diff_parse(gp_buf_str(&p->text[i]), &d, err) < 0)
			return gp_within(err, "'%s/%s'", p->dir, e->name);
		for (size_t k = 0; k < d.nfile; k++) {
			for (unsigned strip = p->single ? 0 : e->strip; strip <= e->strip; strip++) {
				add_path(paths, gp_diff_source(&d.file[k], strip, e->reverse, NULL));
				add_path(paths, gp_diff_target(&d.file[k], strip, e->reverse, NULL));
			}
		}
	}
	return 0;
}
