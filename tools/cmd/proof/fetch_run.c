/* SPDX-License-Identifier: MIT */
#include "cmd/proof/fetch_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/report/report.h"

static void say(const struct gp_args *a, const struct gp_fetched *f)
{
	if (a->emit)
		return; /* standard output is its own */
	gp_say(a, "headers    of %s: %s, ", f->wish, f->release);
	if (f->kept)
		gp_say(a, "fetched by an earlier run\n");
	else
		gp_say(a, "fetched by %s, %zu package%s\n", f->tool, f->packages.n, f->packages.n == 1 ? "" : "s");
	gp_main_flush();
}

int gp_fetch_begin(struct gp_args *a, struct gp_fetch_ready *r, struct gp_err *err)
{
	for (size_t i = 0; i < a->fetch_headers.n; i++) {
		struct gp_fetched *f;

		GP_GROW(r->v, r->n, r->cap);
		f = &r->v[r->n];
		if (gp_fetch_headers(a->fetch_headers.v[i], a->patch.no_cache, gp_main_cancel(), f, err) < 0)
			return -1;
		r->n++;
		say(a, f);
		gp_list_add(&a->patch.headers, f->headers);
	}
	return 0;
}

void gp_fetch_ready_release(struct gp_fetch_ready *r)
{
	for (size_t i = 0; i < r->n; i++)
		gp_fetched_release(&r->v[i]);
	free(r->v);
	*r = (struct gp_fetch_ready){ 0 };
}

const struct gp_fetched *gp_fetch_ready_of(const struct gp_fetch_ready *r, const char *headers)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].headers, headers) == 0)
			return &r->v[i];
	return NULL;
}

/* "NAME VERSION SHA256" */
static struct json_object *package(const char *text)
{
	struct gp_str rest = gp_str_of(text), name = { "", 0 }, version = { "", 0 }, sum = { "", 0 };

	gp_word_next(&rest, &name);
	gp_word_next(&rest, &version);
	gp_word_next(&rest, &sum);
	return gp_json_object(GP_J("name", name), GP_J("version", version), GP_J("sha256", sum));
}

static struct json_object *headers(const struct gp_fetched *f)
{
	return gp_json_object(GP_J("wanted", f->wish), GP_J("exact", f->exact), GP_J("release", f->release),
			      GP_J("headers", f->headers), GP_J("cached", f->kept),
			      GP_J("packages", GP_JSON_EACH(k, f->packages.n, package(f->packages.v[k]))));
}

void gp_fetch_tell(const struct gp_fetch_ready *r, struct json_object *report)
{
	gp_json_fill(report, GP_J("fetched", GP_JSON_EACH(i, r->n, headers(&r->v[i]))));
}
