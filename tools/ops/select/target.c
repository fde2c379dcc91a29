/* SPDX-License-Identifier: MIT */
#include "ops/select/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/similar.h"

static struct gp_headers *add(struct gp_targets *t, const struct gp_release *r)
{
	GP_GROW(t->v, t->n, t->cap);
	t->headers = gp_realloc(t->headers, t->cap, sizeof(*t->headers));
	t->may_skip = gp_realloc(t->may_skip, t->cap, sizeof(*t->may_skip));
	t->may_skip[t->n] = false;
	t->v[t->n] = (struct gp_query_kernel){ .release = *r };
	t->headers[t->n] = (struct gp_headers){ 0 };
	return &t->headers[t->n++];
}

/* Headers that nobody named, and that we may not read, are not at hand; those that
 * nobody can look at are not an answer. */
static bool is_failure(const struct gp_err *why)
{
	return why->code == GP_E_SYSTEM && why->sys != EACCES;
}

/* The named headers of a release, else those that the system has, if there are any. */
static int fill_headers(struct gp_headers *slot, const char *release, const struct gp_list *dirs, struct gp_err *err)
{
	struct gp_err why = { 0 };

	for (size_t i = 0; i < dirs->n; i++) {
		if (gp_headers_open(dirs->v[i], slot, err) < 0)
			return -1;
		if (strcmp(slot->release.text, release) == 0)
			return 0;
		gp_headers_release(slot);
	}
	if (gp_headers_find(release, NULL, NULL, slot, &why) == 0 || !is_failure(&why))
		return 0;
	if (err)
		*err = why;
	return -1;
}

char *gp_target_hint(const char *release)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };

	if (strspn(release, "0123456789.") == strlen(release))
		return gp_strdup("");
	/* Without them the hint is poorer, and that is all. */
	gp_installed_kernels(NULL, &known, NULL);
	return gp_similar_hint(gp_str_of(release), &known);
}

static int no_release(const char *text, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	gp_list_add(&known, "installed");
	/* Without them the hint is poorer, and that is all. */
	gp_installed_kernels(NULL, &known, NULL);
	hint = gp_similar_hint(gp_str_of(text), &known);
	return gp_fail(err, GP_E_USAGE, "'%.80s' is not a kernel release%s", text, hint);
}

static int add_release(struct gp_targets *t, const char *text, const struct gp_list *dirs, struct gp_err *err)
{
	struct gp_release r;
	struct gp_headers *slot;

	if (gp_release_parse(text, &r, NULL) < 0)
		return no_release(text, err);
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].release.text, text) == 0) {
			t->may_skip[i] = false; /* named, not only found */
			return 0;
		}
	}
	slot = add(t, &r);
	return fill_headers(slot, text, dirs, err);
}

static bool listed(const struct gp_targets *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].release.text, text) == 0)
			return true;
	return false;
}

static int add_installed(struct gp_targets *t, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list found = { 0 };

	if (gp_installed_kernels(NULL, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.n; i++) {
		struct gp_release r;
		struct gp_headers h = { 0 };
		struct gp_err why = { 0 };

		if (gp_release_parse(found.v[i], &r, NULL) < 0 || listed(t, found.v[i]))
			continue;
		if (gp_headers_find(found.v[i], NULL, NULL, &h, &why) < 0) {
			if (is_failure(&why)) {
				if (err)
					*err = why;
				return -1;
			}
			gp_list_printf(&t->skipped, "%s: no headers", found.v[i]);
			continue;
		}
		*add(t, &r) = h;
		t->may_skip[t->n - 1] = true;
	}
	if (!t->n)
		return gp_fail(err, GP_E_NOTFOUND, "no installed kernel has headers");
	return 0;
}

static int add_headers(struct gp_targets *t, const char *dir, struct gp_err *err)
{
	struct gp_headers h = { 0 };

	if (gp_headers_open(dir, &h, err) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].release.text, h.release.text) == 0) {
			gp_headers_release(&h);
			return 0;
		}
	}
	*add(t, &h.release) = h;
	return 0;
}

static int find(const struct gp_list *kernels, const struct gp_list *headers, struct gp_targets *t, struct gp_err *err)
{
	struct utsname u;

	for (size_t i = 0; i < kernels->n; i++) {
		if (strcmp(kernels->v[i], "installed") == 0 ? add_installed(t, err) < 0 :
							      add_release(t, kernels->v[i], headers, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < headers->n && !kernels->n; i++)
		if (add_headers(t, headers->v[i], err) < 0)
			return -1;
	if (t->n || kernels->n)
		return 0;
	t->running = true;
	uname(&u);
	return add_release(t, u.release, headers, err);
}

/* Headers that were named must exist, and belong to one of the kernels. */
static int check_named(const struct gp_list *headers, const struct gp_targets *t, struct gp_err *err)
{
	for (size_t i = 0; i < headers->n; i++) {
		struct gp_headers h = { 0 };
		bool used = false;

		if (gp_headers_open(headers->v[i], &h, err) < 0)
			return -1;
		for (size_t k = 0; k < t->n; k++)
			used |= strcmp(t->v[k].release.text, h.release.text) == 0;
		if (!used)
			gp_fail(err, GP_E_USAGE, "the headers in '%s' are those of %s, which is not one of the kernels",
				headers->v[i], h.release.text);
		gp_headers_release(&h);
		if (!used)
			return -1;
	}
	return 0;
}

int gp_targets_find(const struct gp_list *kernels, const struct gp_list *headers, struct gp_targets *out,
		    struct gp_err *err)
{
	*out = (struct gp_targets){ 0 };
	if (find(kernels, headers, out, err) < 0 || check_named(headers, out, err) < 0) {
		gp_targets_release(out);
		return -1;
	}
	/* Pointers last: the array has moved while it grew. */
	for (size_t i = 0; i < out->n; i++)
		if (out->headers[i].sysout)
			out->v[i].headers = &out->headers[i];
	return 0;
}

void gp_targets_release(struct gp_targets *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		gp_headers_release(&t->headers[i]);
	free(t->headers);
	free(t->may_skip);
	free(t->v);
	gp_list_release(&t->skipped);
	*t = (struct gp_targets){ 0 };
}
