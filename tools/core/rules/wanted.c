/* SPDX-License-Identifier: MIT */
#include "core/rules/branch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/similar.h"

/* No driver branch is below it, and no vGPU release will be above it for long. */
#define FIRST_BRANCH 100

/* Takes a word, and a blank or "-" behind it, off the front. */
static bool take(const char **text, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(*text, word, n) != 0)
		return false;
	*text += n;
	if (**text == ' ' || **text == '-')
		(*text)++;
	return true;
}

/* "vGPU 16.9", "NVIDIA GRID v16.9": takes what is in front of the number. */
static bool take_vgpu(const char **text)
{
	(void)take(text, "nvidia");
	if (!take(text, "vgpu") && !take(text, "grid"))
		return false;
	(void)take(text, "v");
	return true;
}

/* What a word that names no driver was meant to be, appended to the error: branches,
 * drivers and releases, as they are written. */
static int did_you_mean(const char *text, const struct gp_branch_list *l, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct gp_branch *b = &l->v[i];

		gp_list_printf(&known, "%u", b->number);
		for (size_t k = 0; k < b->n; k++)
			gp_list_add(&known, b->versions[k].text);
		for (size_t k = 0; k < b->nnamed; k++)
			gp_list_add(&known, b->named[k].release.text);
	}
	hint = gp_similar_hint(gp_str_of(text), &known);
	return *hint ? gp_besides(err, "%s", hint) : -1;
}

static int unknown_branch(unsigned number, const struct gp_branch_list *l, enum gp_kind kind, struct gp_err *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	if (gp_branch_check(l, number, err) < 0)
		return did_you_mean(text, l, err);
	return gp_fail(err, GP_E_NO,
		       "no %s driver of branch %u is listed in kernel-versions/drivers: "
		       "give a whole version",
		       gp_kind_name(kind), number);
}

static int find_branch(unsigned number, const struct gp_branch_list *l, enum gp_kind kind, struct gp_wanted *out,
		       struct gp_err *err)
{
	out->version = (struct gp_version){ 0 };
	out->branch = gp_branch_find(l, number, kind);
	return out->branch ? 0 : unknown_branch(number, l, kind, err);
}

/* "16.0, 16.1": those of that number. */
static void list_releases(const struct gp_branch_list *l, unsigned major, struct gp_buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_branch *b = &l->v[i];

		for (size_t k = 0; b->named && k < b->nnamed; k++)
			if (b->named[k].release.part[0] == major)
				gp_buf_printf(out, "%s%s", out->len ? ", " : "", b->named[k].release.text);
	}
}

static int unknown_release(const struct gp_version *v, const struct gp_branch_list *l, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf listed = { 0 };

	list_releases(l, v->part[0], &listed);
	gp_fail(err, GP_E_NO, "vGPU %s is unknown: kernel-versions/drivers%s%s lists %s", v->text,
		l->date ? " of " : "", l->date ? l->date : "", listed.len ? listed.data : "none of that number");
	/* A list says more than a guess. */
	return listed.len ? -1 : did_you_mean(v->text, l, err);
}

static const struct gp_named *named_in(const struct gp_branch *b, const struct gp_version *release)
{
	for (size_t i = 0; i < b->nnamed; i++)
		if (gp_version_cmp(&b->named[i].release, release) == 0)
			return &b->named[i];
	return NULL;
}

/* "vGPU 16": the branch that is that product. */
static const struct gp_branch *branch_of(const struct gp_branch_list *l, unsigned major)
{
	char product[32];

	snprintf(product, sizeof(product), "vGPU %u", major);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].product && strcmp(l->v[i].product, product) == 0)
			return &l->v[i];
	return NULL;
}

/* 16.4, or 16 for the branch. */
static int find_release(struct gp_version v, const struct gp_branch_list *l, enum gp_kind kind, struct gp_wanted *out,
			struct gp_err *err)
{
	if (kind != GP_KIND_HOST && kind != GP_KIND_MERGED)
		return gp_fail(err, GP_E_USAGE, "vGPU %s names a host driver; a %s driver has a version of its own",
			       v.text, gp_kind_name(kind));
	for (size_t i = 0; v.n > 1 && i < l->n; i++) {
		const struct gp_named *n = named_in(&l->v[i], &v);

		if (!n)
			continue;
		out->version = n->driver;
		out->release = n->release.text;
		return 0;
	}
	out->branch = v.n > 1 ? NULL : branch_of(l, v.part[0]);
	if (out->branch)
		return 0;
	return unknown_release(&v, l, err);
}

int gp_wanted_parse(const char *text, const struct gp_branch_list *l, enum gp_kind kind, struct gp_wanted *out,
		    struct gp_err *err)
{
	bool vgpu = take_vgpu(&text);
	bool branch = !vgpu && (*text == 'R' || *text == 'r');
	struct gp_version v;

	*out = (struct gp_wanted){ 0 };
	if (gp_version_parse(gp_str_of(text + branch), &v, err) < 0) {
		if (err)
			err->code = GP_E_USAGE;
		return did_you_mean(text + branch, l, err);
	}
	if (vgpu || (!branch && v.part[0] < FIRST_BRANCH))
		return find_release(v, l, kind, out, err);
	out->version = v;
	return v.n == 1 && l->n ? find_branch(v.part[0], l, kind, out, err) : 0;
}
