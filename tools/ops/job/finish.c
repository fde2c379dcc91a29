/* SPDX-License-Identifier: MIT */
#include "ops/job/finish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

#define GP_HISTORY "pkg-history.txt"
#define EPOCH_MAX 077777777777 /* the field of a tar header has 11 octal digits */

/* --- .manifest --- */

/* An entry whose form new source files take. i2c_nvswitch.c is where peers put
 * theirs; os-interface.c is in every driver. */
static const char *source_form(const struct gp_manifest *m)
{
	static const char *const like[] = { "kernel/nvidia/i2c_nvswitch.c", GP_UNLOCK_OS_INTERFACE };

	for (size_t i = 0; i < GP_COUNT(like); i++)
		if (gp_manifest_find(m, like[i]))
			return like[i];
	return NULL;
}

static int put_manifest(struct gp_tree *t, struct gp_str text, struct gp_err *err)
{
	return gp_tree_write(t, ".manifest", text, -1, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_new(struct gp_patch_job *j, const struct gp_manifest *m, struct gp_err *err)
{
	struct gp_tree *t = &j->driver.tree;
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	gp_auto(gp_free_ptr) const char **paths = gp_alloc((t->n + 1) * sizeof(*paths));
	const char *like = source_form(m);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->file[i].state != GP_TFILE_NEW || gp_manifest_find(m, t->file[i].path))
			continue;
		if (gp_path_under(t->file[i].path, "kernel"))
			paths[n++] = t->file[i].path;
		else
			gp_list_take(&j->warnings, gp_asprintf("'%s' is new, but only files of kernel/ get "
							       "a manifest line: it will not be installed",
							       t->file[i].path));
	}
	if (!n)
		return 0;
	qsort(paths, n, sizeof(*paths), by_name);
	if (!like)
		return gp_fail(err, GP_E_UNSUPPORTED, "'.manifest' lists no %s", GP_UNLOCK_OS_INTERFACE);
	if (gp_manifest_add(m, paths, n, like, &out, err) < 0)
		return -1;
	return put_manifest(t, gp_buf_str(&out), err);
}

static int unlist_deleted(struct gp_tree *t, struct gp_err *err)
{
	for (size_t i = 0; i < t->n; i++) {
		gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
		gp_auto(gp_buf_release) struct gp_buf out = { 0 };
		struct gp_str text;

		if (t->file[i].state != GP_TFILE_DELETED || !t->file[i].was)
			continue;
		if (gp_tree_read(t, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &m, err) < 0)
			return -1;
		gp_manifest_drop(&m, t->file[i].path, &out);
		if (put_manifest(t, gp_buf_str(&out), err) < 0)
			return -1;
	}
	return 0;
}

static int finish_manifest(struct gp_patch_job *j, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	struct gp_str text;

	/* A user's patch may have changed it: read it as it is now. */
	if (gp_tree_read(&j->driver.tree, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &m, err) < 0 ||
	    list_new(j, &m, err) < 0)
		return -1;
	return unlist_deleted(&j->driver.tree, err);
}

/* --- dkms.conf --- */

/* Lines for the patches that DKMS will apply, numbered behind those there are. */
static int put_patches(struct gp_patch_job *j, struct gp_buf *conf, struct gp_err *err)
{
	gp_auto(gp_dkms_patch_list_release) struct gp_dkms_patch_list before = { 0 }, new = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	for (size_t i = 0; i < j->late.n; i++) {
		if (j->late.v[i].there)
			continue;
		if (!new.n && gp_dkms_patches_read(gp_buf_str(conf), &before, err) < 0)
			return -1;
		gp_dkms_patch_add(&new, (unsigned)(before.n + new.n), j->late.v[i].file, j->late.v[i].match);
	}
	if (!new.n)
		return 0;
	gp_dkms_patches_put(gp_buf_str(conf), &new, &out);
	gp_buf_release(conf);
	*conf = out;
	out = (struct gp_buf){ 0 };
	return 0;
}

/* The kernels that DKMS may build for; nothing: all. */
static void limit(const struct gp_patch_job *j, struct gp_buf *regex)
{
	if (j->has_only)
		gp_dkms_regex_only(&j->only, regex);
	else if (j->blocked.n)
		gp_klines_regex(&j->blocked, regex);
}

static int finish_dkms(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf regex = { 0 };
	gp_auto(gp_buf_release) struct gp_buf plain = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;

	if (!gp_tree_has(&j->driver.tree, GP_DKMS_CONF))
		return 0;
	if (gp_tree_read(&j->driver.tree, GP_DKMS_CONF, &text, err) < 0)
		return -1;
	if (o->drop_dkms_patches && j->driver.altered.dkms_patches.n)
		gp_dkms_drop_patches(text, &plain);
	else
		gp_buf_add(&plain, text.p, text.len);
	if (put_patches(j, &plain, err) < 0)
		return -1;
	limit(j, &regex);
	if (gp_dkms_set_exclusive(gp_buf_str(&plain), regex.len ? regex.data : NULL,
				  j->has_only ? "the sources have patches for this kernel line only" :
						"kernels that this driver does not build on stay out",
				  &out)) {
		if (regex.len)
			j->exclusive = gp_strdup(regex.data);
	} else if (j->has_only) {
		return gp_fail(err, GP_E_NO,
			       "dkms.conf has a BUILD_EXCLUSIVE_KERNEL of its own, so DKMS cannot be kept "
			       "from building patches for %u.%u on other kernels",
			       j->only.major, j->only.minor);
	} else {
		gp_list_add(&j->warnings, "dkms.conf has a BUILD_EXCLUSIVE_KERNEL of its own: left as it is");
	}
	return gp_tree_write(&j->driver.tree, GP_DKMS_CONF, gp_buf_str(&out), -1, err);
}

/* --- pkg-history.txt --- */

static void history_line(struct gp_patch_job *j, const char *what)
{
	gp_auto(gp_free_ptr) char *line = gp_asprintf("%s: gridpatch: %s", j->targetdir, what);

	gp_stub_mask(line);
	for (char *p = line; *p; p++) /* gp_stub_mask() lets '\n' pass */
		if (*p == '\n')
			*p = ' ';
	gp_buf_printf(&j->history, "%s\n", line);
}

static bool set_counts(const struct gp_patch_job *j, const char *set)
{
	for (size_t i = 0; i < j->applied.n; i++)
		if (strcmp(j->applied.v[i].set, set) == 0 && !j->applied.v[i].already)
			return true;
	return false;
}

static void history_sets(struct gp_patch_job *j)
{
	gp_auto(gp_list_release) struct gp_list seen = { 0 };

	for (size_t i = 0; i < j->applied.n; i++) {
		const char *name = j->applied.v[i].set, *sum = "";
		const struct gp_patchset *set = gp_catalog_set(&j->catalog, name);
		gp_auto(gp_free_ptr) char *text = NULL;

		if (gp_list_has(&seen, name) || !set_counts(j, name))
			continue;
		gp_list_add(&seen, name);
		for (size_t k = 0; k < j->nuser; k++)
			if (strcmp(j->user[k].dir, name) == 0)
				sum = j->user[k].sha256;
		/* Of a folder of the user's only the last part of its name is kept. */
		text = gp_asprintf("patch set %s sha256 %s", gp_path_base(name), set ? set->sha256 : sum);
		history_line(j, text);
	}
}

static void history_late(struct gp_patch_job *j)
{
	const char *last = "";

	for (size_t i = 0; i < j->late.n; i++) {
		const struct gp_late *p = &j->late.v[i];
		gp_auto(gp_free_ptr) char *text = NULL;

		if (p->there || strcmp(p->set, last) == 0)
			continue;
		last = p->set;
		/* Expressions do not survive in a stub: dkms.conf has them. */
		text = gp_asprintf("patch set %s sha256 %s for some kernels: see dkms.conf", gp_path_base(p->set),
				   p->sha256);
		history_line(j, text);
	}
}

static void history_reasked(struct gp_patch_job *j)
{
	for (size_t i = 0; i < j->reask.n; i++) {
		const struct gp_reasked *x = &j->reask.v[i];
		gp_auto(gp_free_ptr) char *text = NULL;

		if (x->was.taken == x->is.taken)
			continue;
		/* Of a folder of the user's only the last part of its name is kept. */
		text = gp_asprintf("rule %s:%u %s with these patches", gp_path_base(x->rule->file), x->rule->lineno,
				   x->is.taken ? "holds" : "does not hold any more");
		history_line(j, text);
	}
}

static void history_rest(struct gp_patch_job *j, const struct gp_patch_opts *o)
{
	if (j->hooks_action == GP_HOOKS_INTEGRATED) {
		const struct gp_hookcopy *h = &j->hooks;
		gp_auto(gp_free_ptr) char *text = gp_asprintf(
			"hooks sha256 %s%s%s", h->sha256, h->patched ? ", with patch sha256 " : "", h->patch_sha256);

		history_line(j, text);
	}
	if (o->drop_dkms_patches && j->driver.altered.dkms_patches.n)
		history_line(j, "dropped the DKMS patches");
	for (size_t i = 0; i < j->overrides.n; i++) {
		gp_auto(gp_free_ptr) char *text = gp_asprintf("override: %s", j->overrides.v[i]);

		history_line(j, text);
	}
}

static int finish_history(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text = { "", 0 };

	history_sets(j);
	history_late(j);
	history_reasked(j);
	history_rest(j, o);
	if (!j->history.len)
		return 0;
	gp_buf_putc(&j->history, '\n');
	if (gp_tree_has(&j->driver.tree, GP_HISTORY) && gp_tree_read(&j->driver.tree, GP_HISTORY, &text, err) < 0)
		return -1;
	gp_buf_add(&out, text.p, text.len);
	if (out.len && out.data[out.len - 1] != '\n')
		gp_buf_putc(&out, '\n');
	gp_buf_add(&out, j->history.data, j->history.len);
	return gp_tree_write(&j->driver.tree, GP_HISTORY, gp_buf_str(&out), -1, err);
}

int gp_finish_tree(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	j->targetdir = gp_custom_name(j->driver.rf.header.targetdir);
	if (finish_manifest(j, err) < 0 || finish_dkms(j, o, err) < 0)
		return -1;
	/* A second run over the same package changes nothing: no line then. */
	if (!gp_tree_changes(&j->driver.tree))
		return 0;
	return finish_history(j, o, err);
}

int gp_finish_epoch(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t v;

	j->has_epoch = text != NULL;
	if (!text)
		return 0;
	if (!gp_parse_u64(gp_str_of(text), EPOCH_MAX, &v))
		return gp_fail(err, GP_E_USAGE, "SOURCE_DATE_EPOCH is '%s', not a decimal number of seconds up to %llu",
			       text, (unsigned long long)EPOCH_MAX);
	j->epoch = (int64_t)v;
	if (o->kernels.n || o->headers.n || o->lock)
		return 0;
	return gp_fail(err, GP_E_USAGE,
		       "SOURCE_DATE_EPOCH is set, and a build that can be repeated must not depend "
		       "on the running kernel: give -k R, --headers DIR or --lock FILE");
}

int64_t gp_finish_mtime(const struct gp_patch_job *j)
{
	const struct gp_entry *e = gp_runfile_find(&j->driver.rf, ".manifest");

	if (j->has_epoch)
		return j->epoch;
	return e ? e->mtime : 0;
}
