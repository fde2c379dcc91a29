/* SPDX-License-Identifier: MIT */
#include "core/proof/cells_json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/proof/cellinput.h"
#include "core/proof/merge.h"
#include "core/rules/release.h"

#define MAX_DEPTH 8
#define MAX_STRING ((size_t)4 << 20) /* a log's tail is the longest */
#define MAX_LIST 100000
#define MAX_SECONDS 1e9

struct field {
	const char *in, *name; /* IN.NAME of a cell, or NAME with in NULL */
	const char *once;      /* what schema 1 called it, beside the others */
	size_t at;             /* in struct gp_cell */
};

#define FIELD(in, name, x) \
	{ \
		in, name, #x, offsetof(struct gp_cell, x) \
	}
#define OWN(x) FIELD(NULL, #x, x)
static const struct field TEXTS[] = {
	FIELD("driver", "version", driver),
	FIELD("driver", "kind", kind),
	FIELD("driver", "file", input),
	FIELD("driver", "md5", input_md5),
	FIELD("kernel", "release", release),
	FIELD("kernel", "headers", headers),
	OWN(verdict),
	OWN(error),
	OWN(file),
	OWN(fact),
	OWN(compiler),
	OWN(repeat),
	OWN(log),
	OWN(log_tail),
	OWN(boot),
	OWN(built),
};
static const struct field LISTS[] = { OWN(sets), OWN(modules), OWN(reasons), OWN(booted), OWN(inputs) };
static const struct field TIMES[] = { OWN(patch_s), OWN(build_s), OWN(verify_s), OWN(boot_s), OWN(total_s) };

/* --- out --- */

/* Milliseconds are enough; json-c would print 17 digits. */
static struct json_object *seconds(double s)
{
	char text[32];

	if (!isfinite(s) || s < 0 || s > MAX_SECONDS)
		s = 0;
	snprintf(text, sizeof(text), "%.3f", s);
	return json_object_new_double_s(s, text);
}

/* The value of key; NULL when it is null or not there. */
static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

static struct json_object *branch_json(const char *driver)
{
	struct gp_version v;

	if (!driver || gp_version_parse(gp_str_of(driver), &v, NULL) < 0)
		return NULL;
	return json_object_new_uint64(gp_version_branch(&v));
}

static struct json_object *cell_json(const struct gp_cell *c)
{
	const char *base = (const char *)c;
	gp_auto(gp_free_ptr) char *key = gp_cell_key(c);
	struct json_object *o = gp_json_object(GP_J("key", key), GP_J("class", gp_cell_class_name(c->cls)),
					       GP_J("driver", gp_json_object(GP_J("branch", branch_json(c->driver)))),
					       GP_J("kernel", json_object_new_object()));

	for (size_t i = 0; i < GP_COUNT(TEXTS); i++)
		gp_json_fill(TEXTS[i].in ? get(o, TEXTS[i].in) : o,
			     GP_J(TEXTS[i].name, *(char *const *)(base + TEXTS[i].at)));
	for (size_t i = 0; i < GP_COUNT(LISTS); i++)
		gp_json_fill(o, GP_J(LISTS[i].name, (const struct gp_list *)(base + LISTS[i].at)));
	gp_json_fill(o, GP_J("claims", c->verdict ? gp_json_claims(c->claims) : NULL),
		     GP_J("line", c->line ? json_object_new_uint64(c->line) : NULL), GP_J("hooks_integrated", c->hooks),
		     GP_J("expected", c->expected), GP_J("unchanged", c->unchanged),
		     GP_J("was", c->compared ? gp_cell_class_name(c->was) : NULL));
	for (size_t i = 0; i < GP_COUNT(TIMES); i++)
		gp_json_fill(o, GP_J(TIMES[i].name, seconds(*(const double *)(const void *)(base + TIMES[i].at))));
	return o;
}

struct json_object *gp_cells_json(const struct gp_cells *l)
{
	struct json_object *counts = json_object_new_object();
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	size_t n[GP_CELL_CLASSES];

	gp_cells_count(l, n);
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++)
		gp_json_fill(counts, GP_J(gp_cell_class_name((enum gp_cell_class)i), n[i]));
	gp_cells_missing(l, &missing);
	return gp_json_object(GP_J("program", l->program), GP_J("started", l->started), GP_J("hosts", &l->hosts),
			      GP_J("wall_s", seconds(l->wall_s)), GP_J("decode_s", seconds(l->decode_s)),
			      GP_J("jobs", l->jobs), GP_J("counts", counts), GP_J("planned", &l->planned),
			      GP_J("missing", &missing), GP_J("twice", &l->twice), GP_J("skipped", &l->skipped),
			      GP_J("cells", GP_JSON_EACH(i, l->n, cell_json(&l->v[i]))));
}

int gp_cells_to_json(const struct gp_cells *l, struct gp_buf *out)
{
	struct json_object *o = gp_json_report("matrix", gp_code_exit(GP_E_CANCELLED), gp_code_name(GP_E_CANCELLED),
					       "the run has not ended", gp_cells_json(l));

	gp_json_format(o, JSON_C_TO_STRING_PRETTY, out);
	gp_buf_putc(out, '\n');
	json_object_put(o);
	return 0;
}

/* --- in --- */

struct reader {
	const char *name; /* of the file */
	unsigned schema;
	char where[32]; /* "cells[12]." */
	struct gp_err *err;
};

static int wrong(const struct reader *r, const char *key, const char *what)
{
	return gp_fail(r->err, GP_E_FORMAT, "'%s': %s%s: %s", r->name, r->where, key, what);
}

/* v is a string; *out is new. */
static int take_string(const struct reader *r, const char *key, struct json_object *v, char **out)
{
	const char *p;
	size_t len;

	if (!json_object_is_type(v, json_type_string))
		return wrong(r, key, "is not a string");
	p = json_object_get_string(v);
	len = (size_t)json_object_get_string_len(v);
	if (len > MAX_STRING)
		return wrong(r, key, "is too long");
	if (memchr(p, '\0', len))
		return wrong(r, key, "has a NUL character");
	free(*out);
	*out = gp_strndup(p, len);
	return 0;
}

static int read_text(const struct reader *r, struct json_object *o, const char *key, char **out)
{
	struct json_object *v = get(o, key);

	return v ? take_string(r, key, v, out) : 0;
}

static int read_list(const struct reader *r, struct json_object *o, const char *key, struct gp_list *out)
{
	struct json_object *v = get(o, key);
	size_t n;

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_array))
		return wrong(r, key, "is not an array");
	n = json_object_array_length(v);
	if (n > MAX_LIST)
		return wrong(r, key, "is too long");
	for (size_t i = 0; i < n; i++) {
		char *s = NULL;

		if (take_string(r, key, json_object_array_get_idx(v, i), &s) < 0)
			return -1;
		gp_list_take(out, s);
	}
	return 0;
}

static int read_seconds(const struct reader *r, struct json_object *o, const char *key, double *out)
{
	struct json_object *v = get(o, key);

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int))
		return wrong(r, key, "is not a number");
	*out = json_object_get_double(v);
	if (isfinite(*out) && *out >= 0 && *out <= MAX_SECONDS)
		return 0;
	*out = 0;
	return wrong(r, key, "is not a number of seconds");
}

static int read_count(const struct reader *r, struct json_object *o, const char *key, unsigned *out)
{
	struct json_object *v = get(o, key);
	int64_t n;

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_int))
		return wrong(r, key, "is not a whole number");
	n = json_object_get_int64(v);
	if (n < 0 || n > INT_MAX)
		return wrong(r, key, "is out of range");
	*out = (unsigned)n;
	return 0;
}

static int read_flag(const struct reader *r, struct json_object *o, const char *key, bool *out)
{
	struct json_object *v = get(o, key);

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_boolean))
		return wrong(r, key, "is neither true nor false");
	*out = json_object_get_boolean(v);
	return 0;
}

static int read_class(const struct reader *r, struct json_object *o, enum gp_cell_class *out)
{
	gp_auto(gp_free_ptr) char *word = NULL;

	if (read_text(r, o, "class", &word) < 0)
		return -1;
	if (!word)
		return wrong(r, "class", "is missing");
	return gp_cell_class_parse(gp_str_of(word), out) ? 0 : wrong(r, "class", "is none that is known");
}

/* One of TEXTS: in schema 1 all of them stood in the cell itself. */
static int read_field(const struct reader *r, struct json_object *o, const struct field *f, char **out)
{
	if (r->schema == 1)
		return read_text(r, o, f->once, out);
	if (f->in && !json_object_is_type(get(o, f->in), json_type_object))
		return wrong(r, f->in, "is not an object");
	return read_text(r, f->in ? get(o, f->in) : o, f->name, out);
}

static int read_claims(const struct reader *r, struct json_object *o, struct gp_claim claims[GP_CLAIM_COUNT])
{
	for (unsigned i = 0; o && i < GP_CLAIM_COUNT; i++) {
		struct json_object *v = get(o, gp_claim_name((enum gp_claim_of)i));
		gp_auto(gp_free_ptr) char *answer = NULL, *kind = NULL;

		if (!json_object_is_type(v, json_type_object))
			return wrong(r, "claims", "is not an object of claims");
		if (read_text(r, v, "claim", &answer) < 0 || read_text(r, v, "kind", &kind) < 0 ||
		    read_text(r, v, "source", (char **)&claims[i].source) < 0)
			return -1;
		if (!gp_claim_parse(answer, kind, &claims[i]))
			return wrong(r, "claims", "says what is not known");
	}
	return 0;
}

/* "2026-11-24T03:04:05Z" */
static bool is_moment(const char *s)
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	return true;
}

/* --since answers by what stands there. */
static int check_origin(const struct reader *r, const struct gp_cell *c)
{
	struct gp_cellinput_line x;

	if (c->built && !is_moment(c->built))
		return wrong(r, "built", "is not a date and time in UTC");
	for (size_t i = 0; i < c->inputs.n; i++)
		if (!gp_cellinput_parse(c->inputs.v[i], &x))
			return wrong(r, "inputs", "has a line that is none of sums");
	return 0;
}

static int read_cell(const struct reader *r, struct json_object *o, struct gp_cell *c)
{
	char *base = (char *)c;

	if (!json_object_is_type(o, json_type_object))
		return wrong(r, "", "is not an object");
	for (size_t i = 0; i < GP_COUNT(TEXTS); i++)
		if (read_field(r, o, &TEXTS[i], (char **)(base + TEXTS[i].at)) < 0)
			return -1;
	for (size_t i = 0; i < GP_COUNT(LISTS); i++)
		if (read_list(r, o, LISTS[i].name, (struct gp_list *)(base + LISTS[i].at)) < 0)
			return -1;
	for (size_t i = 0; i < GP_COUNT(TIMES); i++)
		if (read_seconds(r, o, TIMES[i].name, (double *)(void *)(base + TIMES[i].at)) < 0)
			return -1;
	if (!c->driver || !c->release)
		return wrong(r, c->driver ? "release" : "driver", "is missing");
	if (read_class(r, o, &c->cls) < 0 || read_count(r, o, "line", &c->line) < 0 ||
	    read_flag(r, o, r->schema == 1 ? "hooks" : "hooks_integrated", &c->hooks) < 0 ||
	    read_claims(r, get(o, "claims"), c->claims) < 0 || read_flag(r, o, "expected", &c->expected) < 0 ||
	    read_flag(r, o, "unchanged", &c->unchanged) < 0)
		return -1;
	return check_origin(r, c);
}

static int read_cells(struct reader *r, struct json_object *o, struct gp_cells *out)
{
	struct json_object *v = get(o, "cells");
	size_t n;

	if (!json_object_is_type(v, json_type_array))
		return wrong(r, "cells", v ? "is not an array" : "is missing");
	n = json_object_array_length(v);
	if (n > GP_MATRIX_MAX_CELLS)
		return wrong(r, "cells", "are too many");
	for (size_t i = 0; i < n; i++) {
		snprintf(r->where, sizeof(r->where), "cells[%zu].", i);
		if (read_cell(r, json_object_array_get_idx(v, i), gp_cells_add(out)) < 0)
			return -1;
	}
	r->where[0] = '\0';
	return 0;
}

/* A build's has cells, too. */
static bool is_report(const char *type, unsigned schema)
{
	if (!type || schema == 1)
		return type && strcmp(type, "gridpatch matrix") == 0;
	return strcmp(type, "gridpatch.matrix") == 0 || strcmp(type, "gridpatch.build") == 0;
}

static int check_schema(struct reader *r, struct json_object *o)
{
	gp_auto(gp_free_ptr) char *type = NULL;

	if (!json_object_is_type(o, json_type_object))
		return gp_fail(r->err, GP_E_FORMAT, "'%s' is not a JSON object", r->name);
	if (read_text(r, o, "type", &type) < 0 || read_count(r, o, "schema", &r->schema) < 0)
		return -1;
	if (!is_report(type, r->schema))
		return gp_fail(r->err, GP_E_FORMAT, "'%s' is not a JSON report of gridpatch matrix", r->name);
	if (!r->schema || r->schema > GP_JSON_SCHEMA)
		return gp_fail(r->err, GP_E_UNSUPPORTED, "'%s': schema %u; this gridpatch knows %d", r->name, r->schema,
			       GP_JSON_SCHEMA);
	return 0;
}

static int read_all(struct reader *r, struct json_object *o, struct gp_cells *out)
{
	if (check_schema(r, o) < 0 || read_text(r, o, "program", &out->program) < 0 ||
	    read_text(r, o, "started", &out->started) < 0 || read_seconds(r, o, "wall_s", &out->wall_s) < 0 ||
	    read_seconds(r, o, "decode_s", &out->decode_s) < 0 || read_count(r, o, "jobs", &out->jobs) < 0 ||
	    read_list(r, o, "planned", &out->planned) < 0 || read_list(r, o, "twice", &out->twice) < 0 ||
	    read_list(r, o, "hosts", &out->hosts) < 0 || read_list(r, o, "skipped", &out->skipped) < 0)
		return -1;
	return read_cells(r, o, out);
}

int gp_cells_from_json(struct gp_str text, const char *name, struct gp_cells *out, struct gp_err *err)
{
	struct reader r = { .name = name, .err = err };
	gp_auto(gp_buf_release) struct gp_buf ascii = { 0 }, before = { 0 };
	struct json_tokener *tok;
	struct json_object *o;
	enum json_tokener_error bad;
	int rc;

	*out = (struct gp_cells){ 0 };
	if (text.len > GP_MATRIX_MAX_BYTES)
		return gp_fail(err, GP_E_FORMAT, "'%s' is longer than %zu MiB", name, GP_MATRIX_MAX_BYTES >> 20);
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (!tok)
		gp_oom();
	/* Strict: nothing after the object, no NaN, no single quotes. */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	gp_json_ascii(text, SIZE_MAX, &ascii);
	o = json_tokener_parse_ex(tok, gp_buf_str(&ascii).p, (int)ascii.len);
	bad = json_tokener_get_error(tok);
	if (bad == json_tokener_success)
		rc = read_all(&r, o, out);
	else
		rc = gp_fail(err, GP_E_FORMAT, "'%s', byte %zu: %s", name,
			     gp_json_ascii(text, json_tokener_get_parse_end(tok), &before),
			     bad == json_tokener_continue ? "the JSON ends too early" : json_tokener_error_desc(bad));
	json_object_put(o);
	json_tokener_free(tok);
	return rc;
}
