/* SPDX-License-Identifier: MIT */
#include "ops/job/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"
#include "core/driver/manifest.h"
#include "core/driver/vgpuconfig.h"
#include "core/payload/runheader.h"
#include "ops/driver/unlock.h"
#include "ops/job/merging.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"
#include "ops/tree/tree.h"

#define GP_HISTORY "pkg-history.txt"

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

static int list_new(struct gp_changes *c, const struct gp_manifest *m, struct gp_err *err)
{
	struct gp_tree *t = c->tree;
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	const char *like = source_form(m);

	for (size_t i = 0; i < t->n; i++) {
		if (t->file[i].state != GP_TFILE_NEW || gp_manifest_find(m, t->file[i].path))
			continue;
		if (gp_path_under(t->file[i].path, "kernel"))
			gp_list_add(&paths, t->file[i].path);
		else
			gp_list_printf(&c->warnings,
				       "'%s' is new, but only files of kernel/ get "
				       "a manifest line: it will not be installed",
				       t->file[i].path);
	}
	if (!paths.n)
		return 0;
	gp_list_sort(&paths);
	if (!like)
		return gp_fail(err, GP_E_UNSUPPORTED, "'.manifest' lists no %s", GP_UNLOCK_OS_INTERFACE);
	if (gp_manifest_add(m, (const char *const *)paths.v, paths.n, like, &out, err) < 0)
		return -1;
	return gp_tree_write(t, ".manifest", gp_buf_str(&out), -1, err);
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
		if (gp_tree_write(t, ".manifest", gp_buf_str(&out), -1, err) < 0)
			return -1;
	}
	return 0;
}

static int write_manifest(struct gp_changes *c, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest m = { 0 };
	struct gp_str text;

	/* A user's patch may have changed it: read it as it is now. */
	if (gp_tree_read(c->tree, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &m, err) < 0 ||
	    list_new(c, &m, err) < 0)
		return -1;
	return unlist_deleted(c->tree, err);
}

/* --- dkms.conf --- */

/* Lines for the patches that DKMS will apply, numbered after those there are. */
static int put_patches(const struct gp_changes *c, struct gp_buf *conf, struct gp_err *err)
{
	gp_auto(gp_dkms_patch_list_release) struct gp_dkms_patch_list before = { 0 }, new = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	for (size_t i = 0; i < c->late.n; i++) {
		if (c->late.v[i].there)
			continue;
		if (!new.n && gp_dkms_patches_read(gp_buf_str(conf), &before, err) < 0)
			return -1;
		gp_dkms_patch_add(&new, (unsigned)(before.n + new.n), c->late.v[i].file, c->late.v[i].match);
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
static void limit(const struct gp_decision *d, struct gp_buf *regex)
{
	if (d->has_only)
		gp_dkms_regex_only(&d->only, regex);
	else if (d->blocked.n)
		gp_klines_regex(&d->blocked, regex);
}

static int write_dkms(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf regex = { 0 };
	gp_auto(gp_buf_release) struct gp_buf plain = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;

	if (!gp_tree_has(c->tree, GP_DKMS_CONF))
		return 0;
	if (gp_tree_read(c->tree, GP_DKMS_CONF, &text, err) < 0)
		return -1;
	if (in->opts->drop_dkms_patches && in->driver.altered.dkms_patches.n)
		gp_dkms_drop_patches(text, &plain);
	else
		gp_buf_add(&plain, text.p, text.len);
	if (put_patches(c, &plain, err) < 0)
		return -1;
	limit(d, &regex);
	if (gp_dkms_set_exclusive(gp_buf_str(&plain), regex.len ? regex.data : NULL,
				  d->has_only ? "the sources have patches for this kernel line only" :
						"kernels that this driver does not build on stay out",
				  &out)) {
		if (regex.len)
			c->exclusive = gp_strdup(regex.data);
	} else if (d->has_only) {
		return gp_fail(err, GP_E_NO,
			       "dkms.conf has a BUILD_EXCLUSIVE_KERNEL of its own, so DKMS cannot be kept "
			       "from building patches for %u.%u on other kernels",
			       d->only.major, d->only.minor);
	} else {
		gp_list_add(&c->warnings, "dkms.conf has a BUILD_EXCLUSIVE_KERNEL of its own: left as it is");
	}
	return gp_tree_write(c->tree, GP_DKMS_CONF, gp_buf_str(&out), -1, err);
}

/* --- pkg-history.txt --- */

static void history_line(struct gp_changes *c, const char *fmt, ...) GP_PRINTF(2, 3);

static void history_line(struct gp_changes *c, const char *fmt, ...)
{
	gp_auto(gp_free_ptr) char *what = NULL;
	size_t at = c->history.len;
	va_list ap;

	va_start(ap, fmt);
	what = gp_vasprintf(fmt, ap);
	va_end(ap);
	gp_buf_printf(&c->history, "%s: gridpatch: %s", c->targetdir, what);
	gp_stub_mask(c->history.data + at);
	for (char *p = c->history.data + at; *p; p++) /* gp_stub_mask() lets '\n' pass */
		if (*p == '\n')
			*p = ' ';
	gp_buf_putc(&c->history, '\n');
}

static bool set_counts(const struct gp_changes *c, const char *set)
{
	for (size_t i = 0; i < c->applied.n; i++)
		if (strcmp(c->applied.v[i].set, set) == 0 && !c->applied.v[i].already)
			return true;
	return false;
}

/* Of a folder of the user's only the last part of its name is kept, here and below. */
static void history_sets(const struct gp_inputs *in, struct gp_changes *c)
{
	gp_auto(gp_list_release) struct gp_list seen = { 0 };

	for (size_t i = 0; i < c->applied.n; i++) {
		const char *name = c->applied.v[i].set;
		const struct gp_patchset *set = gp_catalog_set(&in->catalog, name);
		char sum[GP_SHA256_HEX] = "";

		if (gp_list_has(&seen, name) || !set_counts(c, name))
			continue;
		gp_list_add(&seen, name);
		for (size_t k = 0; k < in->nuser && !set; k++)
			if (strcmp(in->user[k].dir, name) == 0)
				set = &in->user[k];
		if (set)
			gp_patchset_sum(set, sum);
		history_line(c, "patch set %s sha256 %s", gp_path_base(name), sum);
	}
}

static void history_late(struct gp_changes *c)
{
	const char *last = "";

	for (size_t i = 0; i < c->late.n; i++) {
		const struct gp_late *p = &c->late.v[i];

		if (p->there || strcmp(p->set, last) == 0)
			continue;
		last = p->set;
		/* Expressions do not survive in a stub: dkms.conf has them. */
		history_line(c, "patch set %s sha256 %s for some kernels: see dkms.conf", gp_path_base(p->set),
			     p->sha256);
	}
}

static void history_rest(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c)
{
	const struct gp_userfile *f = NULL;

	for (size_t i = 0; i < d->reask.n; i++) {
		const struct gp_reasked *x = &d->reask.v[i];

		if (x->was.taken != x->is.taken)
			history_line(c, "rule %s:%u %s with these patches", gp_path_base(x->rule->file),
				     x->rule->lineno, x->is.taken ? "holds" : "does not hold any more");
	}
	if (d->hooks_action == GP_HOOKS_INTEGRATED)
		history_line(c, "hooks sha256 %s%s%s", d->hooks.sha256, d->hooks.patched ? ", with patch sha256 " : "",
			     d->hooks.patch_sha256);
	while (c->user_half && (f = gp_usercopy_next(&in->user_half, f)))
		history_line(c, "userspace half: %s sha256 %s", gp_path_base(f->package), f->sha256);
	if (in->opts->drop_dkms_patches && in->driver.altered.dkms_patches.n)
		history_line(c, "dropped the DKMS patches");
	for (size_t i = 0; i < c->clones.n; i++) {
		char from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];

		if (!c->clones.v[i].there)
			history_line(c, "profiles of card %s cloned for %s",
				     gp_card_id_text(&c->clones.v[i].from, from),
				     gp_card_id_text(&c->clones.v[i].to, to));
	}
	for (size_t i = 0; i < d->overrides.n; i++)
		history_line(c, "override: %s", d->overrides.v[i]);
}

/* Of which two it was made: whoever has it wants to know for which bytes. */
static void history_merged(const struct gp_inputs *in, struct gp_changes *c)
{
	const struct gp_merging *m = in->merging;
	const struct gp_driver *both[] = { &m->host, &in->driver };

	for (size_t i = 0; i < GP_COUNT(both); i++) {
		const struct gp_runfile *rf = &both[i]->rf;

		history_line(c, "merged: %s %s version %s size %llu crc %s md5 %s", i ? "desktop" : "host",
			     gp_path_base(gp_given_file(in->opts->given, rf->path)), m->half[i].version.text,
			     (unsigned long long)rf->size, rf->header.crc, rf->header.md5);
	}
}

static int write_history(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c,
			 struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text = { "", 0 };

	if (in->merging)
		history_merged(in, c);
	history_sets(in, c);
	history_late(c);
	history_rest(in, d, c);
	/* A driver that needs nothing: who asks later has to see that it was made here. */
	if (!c->history.len && c->exclusive)
		history_line(c, "no patch was needed; dkms.conf leaves out kernels that it does not build on");
	if (!c->history.len || in->tree)
		return 0; /* a tree's record is written when its backup is */
	gp_buf_putc(&c->history, '\n');
	if (gp_tree_has(c->tree, GP_HISTORY) && gp_tree_read(c->tree, GP_HISTORY, &text, err) < 0)
		return -1;
	gp_buf_add(&out, text.p, text.len);
	if (out.len && out.data[out.len - 1] != '\n')
		gp_buf_putc(&out, '\n');
	gp_buf_add(&out, c->history.data, c->history.len);
	return gp_tree_write(c->tree, GP_HISTORY, gp_buf_str(&out), -1, err);
}

int gp_records_write(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	gp_assert(!c->targetdir);
	/* A directory has no name of its own: the history of a tree from it says DKMS's. */
	c->targetdir = in->tree                       ? gp_strdup(gp_path_base(in->tree)) :
		       in->driver.rf.header.targetdir ? gp_custom_name(in->driver.rf.header.targetdir) :
							gp_asprintf("nvidia-%s", in->driver.version.text);
	if ((gp_tree_has(c->tree, ".manifest") && write_manifest(c, err) < 0) || write_dkms(in, d, c, err) < 0)
		return -1;
	/* A second run over the same package changes nothing: no line then. */
	if (!gp_tree_changes(c->tree) && !in->merging)
		return 0;
	return write_history(in, d, c, err);
}
