/* SPDX-License-Identifier: MIT */
#include "ops/job/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/vgpuconfig.h"
#include "core/payload/runheader.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "core/rules/rule.h"
#include "ops/driver/hooks.h"
#include "ops/driver/userspace.h"
#include "ops/job/decide.h"
#include "ops/job/merging.h"
#include "ops/run/given.h"
#include "ops/run/repack.h"
#include "ops/select/catalog.h"
#include "ops/select/select.h"

#define UNLOCK_WORD "unlock=" /* in Options: a file of the userspace half */
#define HOST_WORD "host="     /* in Options: the other half of a merged driver */
#define LOCK_MAX (1u << 20)
#define MAX_FIELDS 14

/* --- the form --- */

static bool any_value(const char *v)
{
	(void)v;
	return true;
}

static bool not_empty(const char *v)
{
	return *v != '\0';
}

static bool number(const char *v)
{
	uint64_t n;

	return gp_parse_u64(gp_str_of(v), UINT64_MAX, &n);
}

static bool hex(const char *v, size_t len)
{
	return strlen(v) == len && strspn(v, "0123456789abcdef") == len;
}

static bool md5(const char *v)
{
	return hex(v, GP_MD5_HEX - 1);
}

static bool sha256(const char *v)
{
	return hex(v, GP_SHA256_HEX - 1);
}

static bool no_or_sha256(const char *v)
{
	return !*v || sha256(v);
}

static bool no_or_number(const char *v)
{
	return !*v || number(v);
}

static bool release(const char *v)
{
	struct gp_release r;

	return gp_release_parse(v, &r, NULL) == 0;
}

static const char *const hooks_word[] = { "none", "integrated", "there" }; /* enum gp_hooks_action */

static bool hooks(const char *v)
{
	for (size_t i = 0; i < GP_COUNT(hooks_word); i++)
		if (strcmp(v, hooks_word[i]) == 0)
			return true;
	return false;
}

struct form_field {
	const char *name;
	bool (*good)(const char *value);
};

/* The fields of each kind of paragraph; the first one names the kind. */
static const struct form {
	const char *of; /* "", or what a message says in front of the field */
	struct form_field field[MAX_FIELDS + 1];
} FORMS[] = { { "",
		{ { "Gridpatch-Lock", not_empty },
		  { "Gridpatch", not_empty },
		  { "Installer", not_empty },
		  { "Size", number },
		  { "CRC", number },
		  { "MD5", md5 },
		  { "Driver", not_empty },
		  { "Kind", not_empty },
		  { "Targetdir", not_empty },
		  { "Options", any_value },
		  { "Source-Date-Epoch", no_or_number },
		  { "Dkms-Excludes", any_value },
		  { "Sets", any_value },
		  { "Kernels", not_empty } } },
	      { "host",
		{ { "Host", not_empty },
		  { "Host-Size", number },
		  { "Host-CRC", number },
		  { "Host-MD5", md5 },
		  { "Host-Driver", not_empty } } },
	      { "kernel",
		{ { "Kernel", release },
		  { "Line", any_value },
		  { "Verdict", not_empty },
		  { "Judged-By", not_empty },
		  { "Load", not_empty } } },
	      { "set", { { "Set", not_empty }, { "Origin", not_empty }, { "SHA256", sha256 } } },
	      { "hooks",
		{ { "Hooks", hooks },
		  { "Patch-SHA256", no_or_sha256 },
		  { "Kern-Ld-SHA256", no_or_sha256 },
		  { "SHA256", no_or_sha256 } } },
	      { "userspace half", { { "Unlock", not_empty }, { "SHA256", sha256 } } } };
enum { HEAD, HOST, KERNEL, SET, HOOKS, UNLOCK };

static const struct form *form_of(const struct gp_stanza *s)
{
	for (size_t i = 0; i < GP_COUNT(FORMS); i++)
		if (strcmp(s->v[0].name, FORMS[i].field[0].name) == 0)
			return &FORMS[i];
	return NULL;
}

/* --- writing --- */

/* One word of a list, on one line. */
static void put_word(struct gp_buf *out, const char *word)
{
	for (const unsigned char *p = (const unsigned char *)word; *p; p++) {
		if (*p <= ' ' || *p == 0x7f || *p == '%')
			gp_buf_printf(out, "%%%02X", *p);
		else
			gp_buf_putc(out, (char)*p);
	}
}

static void put(struct gp_buf *out, const char *name, const char *value)
{
	gp_buf_printf(out, "%s:", name);
	if (*value) {
		gp_buf_putc(out, ' ');
		put_word(out, value);
	}
	gp_buf_putc(out, '\n');
}

static void put_number(struct gp_buf *out, const char *name, uint64_t value)
{
	gp_buf_printf(out, "%s: %llu\n", name, (unsigned long long)value);
}

static void put_list(struct gp_buf *out, const char *name, const struct gp_list *l)
{
	gp_buf_printf(out, "%s:", name);
	for (size_t i = 0; i < l->n; i++) {
		gp_buf_putc(out, ' ');
		put_word(out, l->v[i]);
	}
	gp_buf_putc(out, '\n');
}

static void list_kernels(const struct gp_inputs *in, const struct gp_decision *d, struct gp_list *l)
{
	for (size_t i = 0; i < d->selection.nkernels; i++)
		if (!gp_decision_skips(in, d, i))
			gp_list_add(l, d->selection.kernels[i].release.text);
}

/* In the order of application: neutral ones, those of a kernel, those for the hooks. */
static void list_chosen(const struct gp_inputs *in, const struct gp_decision *d, struct gp_list *l)
{
	const struct gp_selection *s = &d->selection;

	for (size_t i = 0; i < s->neutral.n; i++)
		gp_list_add(l, s->neutral.v[i].set->name);
	for (size_t k = 0; k < s->nkernels; k++)
		for (size_t i = 0; !gp_decision_skips(in, d, k) && i < s->kernels[k].sets.n; i++)
			if (!gp_list_has(l, s->kernels[k].sets.v[i].set->name))
				gp_list_add(l, s->kernels[k].sets.v[i].set->name);
	gp_list_add_all(l, &d->hook_sets);
}

/* Then the user's, of whose place on the disk only the last name is kept. */
static void list_sets(const struct gp_inputs *in, const struct gp_list *chosen, struct gp_list *l)
{
	gp_list_add_all(l, chosen);
	for (size_t i = 0; i < in->nuser; i++)
		gp_list_add(l, gp_path_base(in->user[i].dir));
}

/* In one form, however it was written. */
static void put_clone(struct gp_list *l, const char *text)
{
	struct gp_profile_clone c = { 0 };
	char from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];

	if (gp_profile_clone_parse(text, &c, NULL) < 0)
		return; /* which was looked at before */
	c.to.any = false;
	gp_list_printf(l, "profile-clone=%s=%s", gp_card_id_text(&c.from, from), gp_card_id_text(&c.to, to));
}

/* Whatever of the command line shows in the output and nowhere else in a lock. */
static void list_options(const struct gp_inputs *in, struct gp_list *l)
{
	const struct gp_patch_opts *o = in->opts;
	const struct gp_userfile *f = NULL;

	for (unsigned i = 0; gp_allow_names[i]; i++)
		if (o->allow & (1u << i))
			gp_list_printf(l, "allow=%s", gp_allow_names[i]);
	for (size_t i = 0; i < o->sets.n; i++)
		gp_list_printf(l, "set=%s", o->sets.v[i]);
	for (size_t i = 0; i < o->no_sets.n; i++)
		gp_list_printf(l, "no-set=%s", o->no_sets.v[i]);
	for (size_t i = 0; i < o->matches.n; i++)
		if (*o->matches.v[i])
			gp_list_printf(l, "patch-match=%zu:%s", i + 1, o->matches.v[i]);
	for (size_t i = 0; i < o->clones.n; i++)
		put_clone(l, o->clones.v[i]);
	if (o->drop_dkms_patches)
		gp_list_add(l, "drop-dkms-patches");
	if (o->repack != GP_REPACK_AUTO)
		gp_list_printf(l, "repack=%s", gp_repack_names[o->repack]);
	while ((f = gp_usercopy_next(&in->user_half, f)))
		gp_list_printf(l, UNLOCK_WORD "%s", gp_path_base(f->package));
	if (in->merging)
		gp_list_printf(l, HOST_WORD "%s", gp_given_file(in->opts->given, in->merging->host.rf.path));
}

static void list_excludes(const struct gp_decision *d, struct gp_list *l)
{
	for (size_t i = 0; i < d->blocked.n; i++)
		gp_list_printf(l, "%u.%u%s", d->blocked.v[i].major, d->blocked.v[i].minor,
			       d->blocked.v[i].and_later ? "+" : "");
	for (size_t i = 0; i < d->blocked.let.n; i++)
		gp_list_printf(l, "not=%s", d->blocked.let.v[i]);
}

static void put_head(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_list *sets,
		     struct gp_buf *out)
{
	const struct gp_runheader *h = &in->driver.rf.header;
	gp_auto(gp_free_ptr) char *targetdir =
		in->tree ? gp_strdup(gp_path_base(in->tree)) : gp_custom_name(h->targetdir);
	gp_auto(gp_list_release) struct gp_list options = { 0 }, excludes = { 0 }, kernels = { 0 };

	list_options(in, &options);
	list_excludes(d, &excludes);
	list_kernels(in, d, &kernels);
	put(out, "Gridpatch-Lock", GP_LOCK_VERSION);
	put(out, "Gridpatch", in->opts->program);
	/* A tree's files are what they are only until the run is done: it has no sums. */
	put(out, "Installer", in->tree ? gp_path_base(in->tree) : gp_given_file(in->opts->given, in->driver.rf.path));
	put_number(out, "Size", in->driver.rf.size);
	put(out, "CRC", h->crc ? h->crc : "0");
	put(out, "MD5", h->md5 ? h->md5 : "00000000000000000000000000000000"); /* as a stub without one */
	put(out, "Driver", in->driver.version.text);
	put(out, "Kind", gp_kind_name(in->driver.kind));
	put(out, "Targetdir", targetdir);
	put_list(out, "Options", &options);
	if (in->has_epoch)
		put_number(out, "Source-Date-Epoch", (uint64_t)in->epoch);
	else
		put(out, "Source-Date-Epoch", "");
	put_list(out, "Dkms-Excludes", &excludes);
	put_list(out, "Sets", sets);
	put_list(out, "Kernels", &kernels);
}

/* The other half of a merged driver. */
static void put_host(const struct gp_inputs *in, struct gp_buf *out)
{
	const struct gp_merging *m = in->merging;
	const struct gp_runfile *rf = &m->host.rf;

	gp_buf_putc(out, '\n');
	put(out, "Host", gp_given_file(in->opts->given, rf->path));
	put_number(out, "Host-Size", rf->size);
	put(out, "Host-CRC", rf->header.crc);
	put(out, "Host-MD5", rf->header.md5);
	put(out, "Host-Driver", m->half[0].version.text);
}

static void put_kernels(const struct gp_inputs *in, const struct gp_decision *d, struct gp_buf *out)
{
	for (size_t i = 0; i < d->selection.nkernels; i++) {
		const struct gp_choice *c = &d->selection.kernels[i];

		if (gp_decision_skips(in, d, i))
			continue;
		gp_buf_putc(out, '\n');
		put(out, "Kernel", c->release.text);
		put(out, "Line", c->line ? c->line->name : "");
		gp_buf_printf(out, "Verdict: %s\n", gp_verdict_name(c->verdict)); /* words of our own */
		put(out, "Judged-By", c->has_headers ? "headers" : "version");
		put(out, "Load", gp_load_name(c->load));
	}
}

static void put_set(struct gp_buf *out, const char *name, const char *origin, const struct gp_patchset *set)
{
	char sum[GP_SHA256_HEX];

	gp_patchset_sum(set, sum);
	gp_buf_putc(out, '\n');
	put(out, "Set", name);
	put(out, "Origin", origin);
	put(out, "SHA256", sum);
}

static void put_hooks(const struct gp_decision *d, struct gp_buf *out)
{
	const struct gp_hookcopy *h = &d->hooks;
	char kern_ld[GP_SHA256_HEX] = "";

	if (d->hooks_action == GP_HOOKS_INTEGRATED)
		gp_sha256_hex(h->kern_ld.data, h->kern_ld.len, kern_ld);
	gp_buf_putc(out, '\n');
	put(out, "Hooks", hooks_word[d->hooks_action]);
	put(out, "Patch-SHA256", h->patch_sha256);
	put(out, "Kern-Ld-SHA256", kern_ld);
	put(out, "SHA256", h->sha256);
}

static void put_unlock(const struct gp_inputs *in, struct gp_buf *out)
{
	const struct gp_userfile *f = NULL;

	while ((f = gp_usercopy_next(&in->user_half, f))) {
		gp_buf_putc(out, '\n');
		put(out, "Unlock", gp_path_base(f->package));
		put(out, "SHA256", f->sha256);
	}
}

void gp_lock_text(const struct gp_inputs *in, const struct gp_decision *d, struct gp_buf *out)
{
	gp_auto(gp_list_release) struct gp_list chosen = { 0 }, sets = { 0 };

	list_chosen(in, d, &chosen);
	list_sets(in, &chosen, &sets);
	put_head(in, d, &sets, out);
	if (in->merging)
		put_host(in, out);
	put_kernels(in, d, out);
	for (size_t i = 0; i < chosen.n; i++)
		put_set(out, chosen.v[i], gp_list_has(&in->opts->sets, chosen.v[i]) ? "option" : "rules",
			gp_catalog_set(&in->catalog, chosen.v[i]));
	for (size_t i = 0; i < in->nuser; i++)
		put_set(out, gp_path_base(in->user[i].dir), "user", &in->user[i]);
	put_unlock(in, out);
	put_hooks(d, out);
}

/* --- reading --- */

static int damaged(const struct gp_stanza *s, unsigned lineno, const char *what, const char *name, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "'%s:%u': the lock file is damaged: %s '%s'", s->file, lineno, what, name);
}

static int check_fields(const struct gp_stanza *s, const struct form *form, struct gp_err *err)
{
	for (size_t i = 0; form->field[i].name; i++) {
		const struct gp_field *f = gp_stanza_field(s, form->field[i].name);

		if (!f)
			return damaged(s, s->lineno, "no field", form->field[i].name, err);
		if (!form->field[i].good(f->value))
			return damaged(s, f->lineno, "a bad value of field", f->name, err);
	}
	for (size_t i = 0, k; i < s->n; i++) {
		for (k = 0; form->field[k].name && strcmp(form->field[k].name, s->v[i].name) != 0; k++)
			;
		if (!form->field[k].name)
			return damaged(s, s->v[i].lineno, "an unknown field", s->v[i].name, err);
	}
	return 0;
}

/* The next word of a list of the head, or of those that begin so, without that. */
static bool next_listed(struct gp_str *rest, const char *prefix, struct gp_str *word)
{
	while (gp_word_next(rest, word))
		if (gp_str_take(word, prefix))
			return true;
	return false;
}

/* The paragraphs of one kind are those that the head lists. */
static int check_listed(const struct gp_lock *l, int kind, const char *list, const char *prefix, struct gp_err *err)
{
	const char *name = FORMS[kind].field[0].name;
	struct gp_str rest = gp_str_of(gp_stanza_get(&l->is.v[0], list)), word;

	for (size_t i = 1; i < l->is.n; i++) {
		const struct gp_stanza *s = &l->is.v[i];

		if (form_of(s) != &FORMS[kind])
			continue;
		if (!next_listed(&rest, prefix, &word) || !gp_str_eq(word, gp_stanza_get(s, name)))
			return damaged(s, s->lineno, "it is not in its place in", list, err);
	}
	if (next_listed(&rest, prefix, &word))
		return damaged(&l->is.v[0], l->is.v[0].lineno, "a paragraph is missing of", list, err);
	return 0;
}

static int check_hooks(const struct gp_lock *l, struct gp_err *err)
{
	const struct gp_stanza *last = &l->is.v[l->is.n - 1];
	bool in;

	for (size_t i = 0; i + 1 < l->is.n; i++)
		if (form_of(&l->is.v[i]) == &FORMS[HOOKS])
			return damaged(&l->is.v[i], l->is.v[i].lineno, "there is more after", "Hooks", err);
	if (form_of(last) != &FORMS[HOOKS])
		return damaged(last, last->lineno, "this is not followed by", "Hooks", err);
	in = strcmp(gp_stanza_get(last, "Hooks"), hooks_word[GP_HOOKS_INTEGRATED]) == 0;
	if (in != sha256(gp_stanza_get(last, "SHA256")) || in != sha256(gp_stanza_get(last, "Kern-Ld-SHA256")))
		return damaged(last, last->lineno, "sums do not fit", "Hooks", err);
	return 0;
}

static int check(const struct gp_lock *l, struct gp_err *err)
{
	const char *version = l->is.n ? gp_stanza_get(&l->is.v[0], "Gridpatch-Lock") : NULL;

	if (!version)
		return gp_fail(err, GP_E_FORMAT, "'%s' is not a lock file of gridpatch", l->path);
	if (strcmp(version, GP_LOCK_VERSION) != 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' has version '%s' of lock files; this gridpatch knows %s",
			       l->path, version, GP_LOCK_VERSION);
	for (size_t i = 0; i < l->is.n; i++) {
		const struct gp_stanza *s = &l->is.v[i];
		const struct form *form = form_of(s);

		if (!form || (form == &FORMS[HEAD]) != (i == 0))
			return damaged(s, s->lineno, "a paragraph of an unknown kind:", s->v[0].name, err);
		if (check_fields(s, form, err) < 0)
			return -1;
	}
	if (check_listed(l, KERNEL, "Kernels", "", err) < 0 || check_listed(l, SET, "Sets", "", err) < 0 ||
	    check_listed(l, UNLOCK, "Options", UNLOCK_WORD, err) < 0 ||
	    check_listed(l, HOST, "Options", HOST_WORD, err) < 0)
		return -1;
	return check_hooks(l, err);
}

int gp_lock_read(const char *path, struct gp_lock *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, word;

	*out = (struct gp_lock){ .path = gp_strdup(path) };
	if (gp_file_read(path, LOCK_MAX, &text, err) < 0 ||
	    gp_stanza_parse(gp_buf_str(&text), path, &out->is, err) < 0 || check(out, err) < 0) {
		gp_lock_release(out);
		return -1;
	}
	rest = gp_str_of(gp_stanza_get(&out->is.v[0], "Kernels"));
	while (gp_word_next(&rest, &word))
		gp_list_take(&out->kernels, gp_strndup(word.p, word.len));
	return 0;
}

void gp_lock_release(struct gp_lock *l)
{
	free(l->path);
	gp_stanza_list_release(&l->is);
	gp_list_release(&l->kernels);
	*l = (struct gp_lock){ 0 };
}

/* --- comparing --- */

/* The paragraph of the same kind and name: of two with one name the second one
 * is the second one. Head and hooks are one of a kind. */
static const struct gp_stanza *counterpart(const struct gp_stanza_list *was, size_t i, const struct gp_stanza_list *is)
{
	const struct form *form = form_of(&was->v[i]);
	bool named = form != &FORMS[HEAD] && form != &FORMS[HOOKS];
	size_t nth = 0;

	for (size_t k = 0; named && k < i; k++)
		nth += form_of(&was->v[k]) == form && strcmp(was->v[k].v[0].value, was->v[i].v[0].value) == 0;
	for (size_t k = 0; k < is->n; k++) {
		if (form_of(&is->v[k]) != form || (named && strcmp(is->v[k].v[0].value, was->v[i].v[0].value) != 0))
			continue;
		if (nth-- == 0)
			return &is->v[k];
	}
	return NULL;
}

static size_t compare_fields(const struct gp_stanza *was, const struct gp_stanza *is, struct gp_buf *why)
{
	const struct form *form = form_of(was);
	bool named = form != &FORMS[HEAD] && form != &FORMS[HOOKS];
	size_t found = 0;

	for (size_t i = 0; form->field[i].name; i++) {
		const char *name = form->field[i].name;
		const char *a = gp_stanza_get(was, name), *b = gp_stanza_get(is, name);
		gp_auto(gp_free_ptr) char *line = NULL;

		if (strcmp(a, b) == 0)
			continue;
		found++;
		line = gp_asprintf("%s%s%s%s%s was %s, is %s", form->of, named ? " " : "", named ? was->v[0].value : "",
				   *form->of ? ": " : "", name, *a ? a : "nothing", *b ? b : "nothing");
		gp_text_mask(line, strlen(line)); /* a lock file may come from anywhere */
		gp_buf_printf(why, "%s\n", line);
	}
	return found;
}

int gp_lock_compare(const struct gp_lock *lock, struct gp_str now, struct gp_buf *why, struct gp_err *err)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list is = { 0 };
	struct gp_str rest, first;
	size_t found = 0, start = why->len;

	if (gp_stanza_parse(now, "this run", &is, err) < 0)
		return gp_fail(err, GP_E_BUG, "a lock that cannot be read was about to be written");
	/* What came or went is a difference in the lists of the head. */
	for (size_t i = 0; i < lock->is.n; i++) {
		const struct gp_stanza *s = counterpart(&lock->is, i, &is);

		found += s ? compare_fields(&lock->is.v[i], s, why) : 0;
	}
	if (!found)
		return 0;
	rest = (struct gp_str){ why->data + start, why->len - start };
	gp_text_line_next(&rest, &first);
	return gp_fail(err, GP_E_NO, "%zu difference%s from '%s': %.*s%s", found, found == 1 ? "" : "s", lock->path,
		       (int)first.len, first.p, found == 1 ? "" : "; …");
}
