/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/stanza.h"
#include "base/text.h"
#include "core/diff/series.h"

#define RULE_FILE (1u << 20)
/* Files of kernel-versions/ that have no rules. */
enum other { DRIVERS, UNLOCK, CARDS, PLATFORMS, EXPORTS, MERGE, LOG, OTHERS };
static const char *const others[OTHERS] = { "drivers", "unlock", "cards", "platforms", "exports", "merge", "log" };
/* The bits of those that are not always read. */
static const unsigned table_of[OTHERS] = {
	[CARDS] = GP_DATA_CARDS, [PLATFORMS] = GP_DATA_PLATFORMS, [EXPORTS] = GP_DATA_EXPORTS, [MERGE] = GP_DATA_MERGE
};

const struct gp_merge_table *gp_catalog_merge(const struct gp_catalog *c)
{
	gp_assert(c->tables & GP_DATA_MERGE);
	return &c->merge;
}

const struct gp_card_list *gp_catalog_cards(const struct gp_catalog *c)
{
	gp_assert(c->tables & GP_DATA_CARDS);
	return &c->cards;
}

const struct gp_platform_list *gp_catalog_platforms(const struct gp_catalog *c)
{
	gp_assert(c->tables & GP_DATA_PLATFORMS);
	return &c->platforms;
}

const struct gp_exports *gp_catalog_exports(const struct gp_catalog *c)
{
	gp_assert(c->tables & GP_DATA_EXPORTS);
	return &c->exports;
}

void gp_catalog_release(struct gp_catalog *c)
{
	if (!c)
		return;
	gp_line_release(&c->any);
	for (size_t i = 0; i < c->nlines; i++)
		gp_line_release(&c->lines[i]);
	free(c->lines);
	for (size_t i = 0; i < c->nsets; i++)
		gp_patchset_release(&c->sets[i]);
	free(c->sets);
	gp_list_release(&c->order);
	gp_list_release(&c->files);
	gp_branch_list_release(&c->branches);
	gp_halves_release(&c->halves);
	gp_merge_table_release(&c->merge);
	gp_cards_release(&c->cards);
	gp_platforms_release(&c->platforms);
	gp_exports_release(&c->exports);
	gp_messages_release(&c->messages);
	*c = (struct gp_catalog){ 0 };
}

/* --- patch sets --- */

/* The sets of the data fit exactly; a user's own series may say otherwise. */
static int refuse_fuzz(const struct gp_patchset *s, const char *path, struct gp_err *err)
{
	for (size_t i = 0; i < s->series.n; i++) {
		const struct gp_series_entry *e = &s->series.v[i];

		if (!e->fuzz_given || !e->fuzz)
			continue;
		gp_fail(err, GP_E_FORMAT, "line %zu: -F%u: the patches of a set are applied without fuzz", e->lineno,
			e->fuzz);
		return gp_within(err, "'%s'", path);
	}
	return 0;
}

static struct gp_patchset *find_set(const struct gp_catalog *c, const char *name)
{
	for (size_t i = 0; i < c->nsets; i++)
		if (strcmp(c->sets[i].name, name) == 0)
			return &c->sets[i];
	return NULL;
}

const struct gp_patchset *gp_catalog_set(const struct gp_catalog *c, const char *name)
{
	return find_set(c, name);
}

/* 1; 0 a file beside the sets, or a folder without a series; -1 it cannot be told: what
 * stands for nothing may have been meant to replace something. */
static int is_set(const char *dir, const char *series, struct gp_err *err)
{
	int folder = gp_thing_at(dir, err), thing;

	if (folder == GP_THING_OTHER)
		return gp_fail(err, GP_E_FORMAT, "'%s' is neither a file nor a directory", dir);
	if (folder != GP_THING_DIR)
		return folder < 0 ? -1 : 0;
	thing = gp_thing_at(series, err);
	return thing < 0 ? -1 : thing != GP_THING_NONE;
}

static int load_set(struct gp_catalog *c, const char *patches, const char *name, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(patches, name), *series = gp_path_join(dir, "series");
	gp_auto(gp_patchset_release) struct gp_patchset s = { 0 };
	struct gp_patchset *at = find_set(c, name);
	int there = is_set(dir, series, err);

	if (there == 0)
		return 0;
	if (there < 0 || gp_patchset_load(dir, &s, err) < 0 || refuse_fuzz(&s, series, err) < 0)
		return gp_within(err, "patch set '%s'", name);
	gp_patchset_release(at);
	if (!at) {
		GP_GROW(c->sets, c->nsets, c->sets_cap);
		at = &c->sets[c->nsets++];
	}
	*at = s;
	s = (struct gp_patchset){ 0 };
	return 0;
}

static int load_order(struct gp_catalog *c, const char *path, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_series_release) struct gp_series series = { 0 };

	if (gp_file_read(path, GP_SERIES_MAX, &text, err))
		return -1;
	if (gp_series_parse(gp_buf_str(&text), &series, err) || gp_series_check_unique(&series, err))
		return gp_within(err, "'%s'", path);
	for (size_t i = 0; i < series.n; i++) {
		if (!find_set(c, series.v[i].name))
			return gp_fail(err, GP_E_FORMAT, "'%s:%zu': patch set '%s' does not exist", path,
				       series.v[i].lineno, series.v[i].name);
		if (!gp_list_has(&c->order, series.v[i].name))
			gp_list_add(&c->order, series.v[i].name);
	}
	return 0;
}

static int load_sets(struct gp_catalog *c, const char *patches, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *order = gp_path_join(patches, "series");
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	int thing;

	if (gp_dir_list(patches, &names, err))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] != '.' && load_set(c, patches, names.v[i], err))
			return -1;
	thing = gp_thing_at(order, err);
	if (thing < 0)
		return -1;
	return thing != GP_THING_NONE ? load_order(c, order, err) : 0;
}

size_t gp_catalog_rank(const struct gp_catalog *c, const struct gp_patchset *s)
{
	size_t i = 0;

	while (i < c->order.n && strcmp(c->order.v[i], s->name) != 0)
		i++;
	return i;
}

/* Insertion sort: stable, few elements, and it needs the catalog. */
static void sort_sets(struct gp_catalog *c)
{
	for (size_t i = 1; i < c->nsets; i++) {
		struct gp_patchset s = c->sets[i];
		size_t at = i, r = gp_catalog_rank(c, &s);

		for (; at > 0 && gp_catalog_rank(c, &c->sets[at - 1]) > r; at--)
			c->sets[at] = c->sets[at - 1];
		c->sets[at] = s;
	}
}

/* --- kernel lines --- */

bool gp_catalog_reads(const char *name)
{
	struct gp_str s = gp_str_of(name);

	return name[0] != '.' && !gp_str_starts(s, "README") && !gp_str_ends(s, "~");
}

static bool is_rule_file(const char *name)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return gp_catalog_reads(name);
}

/* The files to read, in order. */
static int list_rule_files(const char *dir, struct gp_list *files, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		/* Whatever it is, reading it tells: to pass it over would take a block away. */
		if (is_rule_file(names.v[i]))
			gp_list_take(files, gp_path_join(dir, names.v[i]));
	}
	return 0;
}

const struct gp_line *gp_catalog_line(const struct gp_catalog *c, const struct gp_release *r)
{
	for (size_t i = 0; i < c->nlines; i++) {
		const struct gp_version *v = &c->lines[i].release.ver;

		if (v->part[0] == r->ver.part[0] && v->part[1] == r->ver.part[1])
			return &c->lines[i];
	}
	return NULL;
}

static int by_line(const void *a, const void *b)
{
	const struct gp_line *x = a, *y = b;

	return gp_version_cmp(&x->release.ver, &y->release.ver);
}

static int check_sets(const struct gp_catalog *c, const struct gp_line *l, struct gp_err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_rule *r = &l->rules[i];

		for (size_t k = 0; k < r->patches.n; k++)
			if (!find_set(c, r->patches.v[k]))
				return gp_fail(err, GP_E_FORMAT, "'%s:%u': patch set '%s' does not exist", r->file,
					       r->lineno, r->patches.v[k]);
	}
	return 0;
}

/* A file of a kernel-versions/ directory that has no rules; none: no paragraphs. */
static int load_other(const char *dir, const char *name, struct gp_stanza_list *stanzas, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	int thing = gp_thing_at(path, err);

	if (thing <= 0)
		return thing;
	return gp_file_read(path, RULE_FILE, &text, err) ? -1 : gp_stanza_parse(gp_buf_str(&text), path, stanzas, err);
}

static int parse_other(struct gp_catalog *c, enum other which, const struct gp_stanza_list *s, struct gp_err *err)
{
	switch (which) {
	case DRIVERS: return gp_branches_parse(s, &c->branches, err);
	case UNLOCK: return gp_halves_parse(s, &c->halves, err);
	case CARDS: return gp_cards_parse(s, &c->cards, err);
	case PLATFORMS: return gp_platforms_parse(s, &c->platforms, err);
	case EXPORTS: return gp_exports_parse(s, &c->exports, err);
	case LOG: return gp_messages_parse(s, &c->messages, err);
	default: return gp_merge_table_parse(s, &c->merge, err);
	}
}

static int load_others(struct gp_catalog *c, const char *dir, struct gp_err *err)
{
	for (int i = 0; i < OTHERS; i++) {
		gp_auto(gp_stanza_list_release) struct gp_stanza_list stanzas = { 0 };

		if (table_of[i] & ~c->tables)
			continue;
		if (load_other(dir, others[i], &stanzas, err) || parse_other(c, (enum other)i, &stanzas, err))
			return -1;
	}
	return 0;
}

/* Which of its two parts does a directory have? Errors: GP_E_NOTFOUND neither. */
static int find_parts(const char *dir, const char *rules, const char *sets, bool *has_rules, bool *has_sets,
		      struct gp_err *err)
{
	int r = gp_thing_at(rules, err), s = r < 0 ? -1 : gp_thing_at(sets, err);

	if (s < 0)
		return -1;
	*has_rules = r != GP_THING_NONE;
	*has_sets = s != GP_THING_NONE;
	if (!*has_rules && !*has_sets)
		return gp_fail(err, GP_E_NOTFOUND, "data '%s' holds neither kernel-versions nor patches", dir);
	return 0;
}

static int load_dir(struct gp_catalog *c, const char *dir, struct gp_list *files, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *rules = gp_path_join(dir, "kernel-versions");
	gp_auto(gp_free_ptr) char *sets = gp_path_join(dir, "patches");
	bool has_rules, has_sets;

	if (find_parts(dir, rules, sets, &has_rules, &has_sets, err) < 0)
		return -1;
	/* Listing says what is wrong with one that is not a directory. */
	if (has_rules && (list_rule_files(rules, files, err) || load_others(c, rules, err)))
		return -1;
	return has_sets ? load_sets(c, sets, err) : 0;
}

static int load_all(struct gp_catalog *c, const struct gp_list *dirs, struct gp_err *err)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (load_dir(c, dirs->v[i], &c->files, err))
			return -1;
	if (gp_lines_load(c, err) || check_sets(c, &c->any, err))
		return -1;
	for (size_t i = 0; i < c->nlines; i++)
		if (check_sets(c, &c->lines[i], err))
			return -1;
	return 0;
}

#define NO_DATE "an unknown day"

const char *gp_catalog_date(const struct gp_catalog *c)
{
	return c->any.date ? c->any.date : NO_DATE;
}

int gp_catalog_read_date(const struct gp_list *dirs, char **date, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	gp_auto(gp_free_ptr) char *newest = NULL;

	for (size_t i = 0; i < dirs->n; i++) {
		gp_auto(gp_free_ptr) char *rules = gp_path_join(dirs->v[i], "kernel-versions");
		gp_auto(gp_free_ptr) char *sets = gp_path_join(dirs->v[i], "patches");
		bool has_rules, has_sets;

		if (find_parts(dirs->v[i], rules, sets, &has_rules, &has_sets, err) < 0 ||
		    (has_rules && list_rule_files(rules, &files, err)))
			return -1;
	}
	for (size_t i = 0; i < files.n; i++)
		if (gp_line_read_date(files.v[i], &newest, err) < 0)
			return -1;
	*date = newest ? gp_steal(&newest) : gp_strdup(NO_DATE);
	return 0;
}

int gp_catalog_load(const struct gp_list *dirs, unsigned tables, struct gp_catalog *out, struct gp_err *err)
{
	*out = (struct gp_catalog){ .ndirs = dirs->n, .tables = tables };
	if (load_all(out, dirs, err)) {
		gp_catalog_release(out);
		return -1;
	}
	sort_sets(out);
	out->branches.date = out->any.date;
	if (out->nlines > 1)
		qsort(out->lines, out->nlines, sizeof(*out->lines), by_line);
	return 0;
}
