/* SPDX-License-Identifier: MIT */
#include "core/proof/hostproof.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "core/rules/release.h"

#define MAX_DEPTH 8
#define MAX_LIST 64
#define MAX_NAME 64
#define MAX_COUNT 65535

void gp_hostproof_release(struct gp_hostproof *p)
{
	free(p->date);
	free(p->program);
	free(p->platform);
	free(p->kernel);
	free(p->driver);
	gp_list_release(&p->sets);
	for (size_t i = 0; i < p->nmodule; i++)
		free(p->module[i].name);
	for (size_t i = 0; i < p->nservice; i++) {
		free(p->service[i].name);
		free(p->service[i].state);
	}
	free(p->module);
	free(p->card);
	free(p->service);
	*p = (struct gp_hostproof){ 0 };
}

/* --- out --- */

static struct json_object *tri_json(enum gp_tri t)
{
	return t == GP_TRI_UNKNOWN ? NULL : json_object_new_boolean(t == GP_TRI_YES);
}

static struct json_object *module_json(const struct gp_hostproof_module *m)
{
	return gp_json_object(GP_J("name", m->name), GP_J("loaded", tri_json(m->loaded)),
			      GP_J("same_as_file", tri_json(m->same)));
}

static struct json_object *card_json(const struct gp_hostproof_card *c)
{
	gp_auto(gp_free_ptr) char *id = gp_asprintf("%04x:%04x", GP_NVIDIA, c->device);

	return gp_json_object(GP_J("id", id), GP_J("types", c->types), GP_J("functions", c->functions));
}

static struct json_object *service_json(const struct gp_hostproof_service *s)
{
	return gp_json_object(GP_J("name", s->name), GP_J("state", s->state), GP_J("preloads", tri_json(s->preloads)));
}

struct json_object *gp_hostproof_json(const struct gp_hostproof *p)
{
	return gp_json_object(GP_J("type", GP_HOSTPROOF_TYPE), GP_J("schema", GP_HOSTPROOF_SCHEMA),
			      GP_J("date", p->date), GP_J("program", p->program), GP_J("platform", p->platform),
			      GP_J("kernel", p->kernel), GP_J("driver", p->driver),
			      GP_J("sets", p->sets_known ? gp_json_list(&p->sets) : NULL),
			      GP_J("hooks", tri_json(p->hooks)),
			      GP_J("modules", GP_JSON_EACH(i, p->nmodule, module_json(&p->module[i]))),
			      GP_J("cards", GP_JSON_EACH(i, p->ncard, card_json(&p->card[i]))),
			      GP_J("services", GP_JSON_EACH(i, p->nservice, service_json(&p->service[i]))));
}

/* --- in --- */

/* What is being read. */
struct reading {
	const char *name; /* of the file */
	struct gp_hostproof *out;
	struct gp_err *err;
};

static int bad(const struct reading *r, const char *what)
{
	return gp_fail(r->err, GP_E_FORMAT, "'%s' is no proof of gridpatch's: '%s' is missing, or not of its form",
		       r->name, what);
}

/* The value of key; NULL when it is null or not there. */
static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

/* A text without NUL bytes, at most MAX_NAME bytes; NULL. */
static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = get(o, key);
	const char *s = v && json_object_is_type(v, json_type_string) ? json_object_get_string(v) : NULL;
	size_t len = s ? (size_t)json_object_get_string_len(v) : 0;

	return s && len && len <= MAX_NAME && strlen(s) == len ? s : NULL;
}

static bool is_name(const char *s)
{
	return s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._+-") == strlen(s);
}

/* A name that may be null. */
static int take_name(const struct reading *r, struct json_object *o, const char *key, char **out)
{
	const char *s = text_of(o, key);

	if (get(o, key) && !is_name(s))
		return bad(r, key);
	*out = s ? gp_strdup(s) : NULL;
	return 0;
}

static int take_tri(const struct reading *r, struct json_object *o, const char *key, enum gp_tri *out)
{
	struct json_object *v = get(o, key);

	*out = !v ? GP_TRI_UNKNOWN : json_object_get_boolean(v) ? GP_TRI_YES : GP_TRI_NO;
	return v && !json_object_is_type(v, json_type_boolean) ? bad(r, key) : 0;
}

static int take_count(const struct reading *r, struct json_object *o, const char *key, size_t *out)
{
	struct json_object *v = get(o, key);
	int64_t n = v && json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : -1;

	*out = (size_t)n;
	return n < 0 || n > MAX_COUNT ? bad(r, key) : 0;
}

static int take_module(const struct reading *r, struct json_object *o)
{
	struct gp_hostproof *p = r->out;

	GP_GROW(p->module, p->nmodule, p->module_cap);
	p->module[p->nmodule] = (struct gp_hostproof_module){ 0 };
	if (take_name(r, o, "name", &p->module[p->nmodule].name) < 0 || !p->module[p->nmodule++].name)
		return bad(r, "name");
	return take_tri(r, o, "loaded", &p->module[p->nmodule - 1].loaded) < 0 ||
			       take_tri(r, o, "same_as_file", &p->module[p->nmodule - 1].same) < 0 ?
		       -1 :
		       0;
}

/* "10de:1b80" */
static bool read_id(const char *text, unsigned *device)
{
	static const char digits[] = "0123456789abcdef";
	struct gp_str s = gp_str_of(text ? text : "");

	if (!gp_str_take(&s, "10de:") || s.len != 4)
		return false;
	*device = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char *at = memchr(digits, s.p[i], 16);

		if (!at)
			return false;
		*device = *device * 16 + (unsigned)(at - digits);
	}
	return true;
}

static int take_card(const struct reading *r, struct json_object *o)
{
	struct gp_hostproof *p = r->out;
	struct gp_hostproof_card c = { 0 };

	if (!read_id(text_of(o, "id"), &c.device))
		return bad(r, "id");
	if (take_count(r, o, "types", &c.types) < 0 || take_count(r, o, "functions", &c.functions) < 0)
		return -1;
	GP_GROW(p->card, p->ncard, p->card_cap);
	p->card[p->ncard++] = c;
	return 0;
}

static int take_service(const struct reading *r, struct json_object *o)
{
	struct gp_hostproof *p = r->out;
	struct gp_hostproof_service *s;

	GP_GROW(p->service, p->nservice, p->service_cap);
	s = &p->service[p->nservice++];
	*s = (struct gp_hostproof_service){ 0 };
	if (take_name(r, o, "name", &s->name) < 0 || take_name(r, o, "state", &s->state) < 0 ||
	    take_tri(r, o, "preloads", &s->preloads) < 0)
		return -1;
	return s->name ? 0 : bad(r, "name");
}

static int take_list(const struct reading *r, struct json_object *o, const char *key,
		     int (*take)(const struct reading *r, struct json_object *o))
{
	struct json_object *l = get(o, key);

	if (!l || !json_object_is_type(l, json_type_array) || json_object_array_length(l) > MAX_LIST)
		return bad(r, key);
	for (size_t i = 0; i < json_object_array_length(l); i++) {
		struct json_object *v = json_object_array_get_idx(l, i);

		if (!v || !json_object_is_type(v, json_type_object))
			return bad(r, key);
		if (take(r, v) < 0)
			return -1;
	}
	return 0;
}

static int take_sets(const struct reading *r, struct json_object *o)
{
	struct json_object *l = get(o, "sets");

	r->out->sets_known = l != NULL;
	if (!l)
		return 0;
	if (!json_object_is_type(l, json_type_array) || json_object_array_length(l) > MAX_LIST)
		return bad(r, "sets");
	for (size_t i = 0; i < json_object_array_length(l); i++) {
		struct json_object *v = json_object_array_get_idx(l, i);
		const char *s = v && json_object_is_type(v, json_type_string) ? json_object_get_string(v) : NULL;

		if (!is_name(s) || !*s || strlen(s) > MAX_NAME || (size_t)json_object_get_string_len(v) != strlen(s))
			return bad(r, "sets");
		gp_list_add(&r->out->sets, s);
	}
	return 0;
}

/* When, on what, which driver. */
static int take_head(const struct reading *r, struct json_object *o)
{
	const char *date = text_of(o, "date"), *kernel = text_of(o, "kernel"), *driver = text_of(o, "driver");
	struct gp_hostproof *p = r->out;
	struct gp_release release;
	struct gp_version version;

	if (!date || !gp_str_is_date(gp_str_of(date)))
		return bad(r, "date");
	if (!kernel || gp_release_parse(kernel, &release, NULL) < 0)
		return bad(r, "kernel");
	if (get(o, "driver") && (!driver || gp_version_parse(gp_str_of(driver), &version, NULL) < 0))
		return bad(r, "driver");
	p->date = gp_strdup(date);
	p->kernel = gp_strdup(kernel);
	p->driver = driver ? gp_strdup(driver) : NULL;
	return take_name(r, o, "program", &p->program) < 0 || take_name(r, o, "platform", &p->platform) < 0 ||
			       take_tri(r, o, "hooks", &p->hooks) < 0 ?
		       -1 :
		       0;
}

static int take_all(const struct reading *r, struct json_object *o)
{
	const char *type = text_of(o, "type");
	size_t schema;

	if (!type || strcmp(type, GP_HOSTPROOF_TYPE) != 0)
		return bad(r, "type");
	if (take_count(r, o, "schema", &schema) < 0)
		return -1;
	if (schema != GP_HOSTPROOF_SCHEMA)
		return gp_fail(r->err, GP_E_UNSUPPORTED, "'%s' is of schema %zu, and this gridpatch knows %d", r->name,
			       schema, GP_HOSTPROOF_SCHEMA);
	return take_head(r, o) < 0 || take_sets(r, o) < 0 || take_list(r, o, "modules", take_module) < 0 ||
			       take_list(r, o, "cards", take_card) < 0 ||
			       take_list(r, o, "services", take_service) < 0 ?
		       -1 :
		       0;
}

int gp_hostproof_parse(struct gp_str text, const char *name, struct gp_hostproof *out, struct gp_err *err)
{
	const struct reading r = { name, out, err };
	struct json_tokener *tok;
	struct json_object *o;
	int rc;

	*out = (struct gp_hostproof){ 0 };
	if (text.len > GP_HOSTPROOF_MAX)
		return gp_fail(err, GP_E_FORMAT, "'%s' is longer than a proof can be", name);
	tok = json_tokener_new_ex(MAX_DEPTH);
	if (!tok)
		gp_oom();
	o = json_tokener_parse_ex(tok, text.p ? text.p : "", (int)text.len);
	json_tokener_free(tok);
	rc = o && json_object_is_type(o, json_type_object) ?
		     take_all(&r, o) :
		     gp_fail(err, GP_E_FORMAT, "'%s' is no JSON object, or is cut short", name);
	json_object_put(o);
	return rc;
}

/* --- what follows --- */

static bool is_loaded(const struct gp_hostproof *p, const char *name)
{
	for (size_t i = 0; i < p->nmodule; i++)
		if (strcmp(p->module[i].name, name) == 0)
			return p->module[i].loaded == GP_TRI_YES;
	return false;
}

bool gp_hostproof_loaded(const struct gp_hostproof *p)
{
	return p->driver && is_loaded(p, "nvidia") && is_loaded(p, "nvidia-vgpu-vfio");
}

/* A module that was built anew since says nothing of the hooks in the one that is loaded. */
static bool is_current(const struct gp_hostproof *p)
{
	for (size_t i = 0; i < p->nmodule; i++)
		if (strcmp(p->module[i].name, "nvidia") == 0)
			return p->module[i].same == GP_TRI_YES;
	return false;
}

static bool is_unlocked(const struct gp_hostproof *p, const struct gp_card_list *cards)
{
	for (size_t i = 0; i < p->ncard; i++) {
		const struct gp_card *card = gp_card_find(cards, p->card[i].device);

		if (card && card->way == GP_WAY_HOOKS && p->card[i].types)
			return p->hooks == GP_TRI_YES && is_current(p);
	}
	return false;
}

static void put_sets(struct gp_buf *b, const struct gp_hostproof *p)
{
	for (size_t i = 0; i < p->sets.n; i++)
		gp_buf_printf(b, "%s%s", i ? ", " : " with ", p->sets.v[i]);
	if (!p->sets.n)
		gp_buf_puts(b, p->sets_known ? ", unpatched" : ", with patches that nobody wrote down");
}

static void put_cards(struct gp_buf *b, const struct gp_hostproof *p)
{
	for (size_t i = 0; i < p->ncard; i++) {
		const struct gp_hostproof_card *c = &p->card[i];

		gp_buf_printf(b, "; %04x:%04x has ", GP_NVIDIA, c->device);
		if (c->types || !c->functions)
			gp_buf_printf(b, "%zu type%s of mdev", c->types, c->types == 1 ? "" : "s");
		if (c->functions)
			gp_buf_printf(b, "%s%zu virtual function%s", c->types ? ", " : "", c->functions,
				      c->functions == 1 ? "" : "s");
	}
}

char *gp_hostproof_field(const struct gp_hostproof *p, const struct gp_card_list *cards, const char **name)
{
	struct gp_buf b = { 0 };

	if (!gp_hostproof_loaded(p))
		return NULL;
	*name = is_unlocked(p, cards) ? "Evidence" : "Load-Evidence";
	gp_buf_printf(&b, "[reported] " GP_HOSTPROOF_PLACE ", %s: %s on %s", p->date, p->driver, p->kernel);
	if (p->platform)
		gp_buf_printf(&b, " (%s)", p->platform);
	put_sets(&b, p);
	if (p->hooks == GP_TRI_YES)
		gp_buf_puts(&b, ", with hooks");
	gp_buf_puts(&b, ": nvidia and nvidia-vgpu-vfio are loaded");
	put_cards(&b, p);
	return gp_buf_detach(&b);
}
