/* SPDX-License-Identifier: MIT */
#include "ops/select/gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/pci.h"
#include "base/root.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/rules/cardname.h"
#include "core/rules/release.h"

#define CLASS_DISPLAY 0x03 /* the upper byte: VGA controllers, 3D controllers */
#define CANDIDATES 8

static void gpu_release(struct gp_gpu *g)
{
	free(g->slot);
	free(g->name);
	free(g->twin_name);
	*g = (struct gp_gpu){ 0 };
}

void gp_gpus_release(struct gp_gpu_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		gpu_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_gpu_list){ 0 };
}

const char *gp_gpu_id(unsigned device, char out[GP_GPU_ID])
{
	snprintf(out, GP_GPU_ID, "%04x:%04x", GP_NVIDIA, device);
	return out;
}

char *gp_gpu_why(const struct gp_gpu *g, const struct gp_version *driver)
{
	struct gp_card_verdict v = gp_card_judge(g->card, driver, NULL);
	unsigned branch = gp_version_branch(driver), first, last;
	char id[GP_GPU_ID];

	gp_card_branches(g->card, &first, &last);
	switch (v.fit) {
	case GP_CARD_NATIVE: break;
	case GP_CARD_HOOKS:
		return gp_asprintf("branch %u has vGPUs for its twin %s%s%s, as which the hooks present it", branch,
				   gp_gpu_id(g->card->twin, id), g->twin_name ? " " : "",
				   g->twin_name ? g->twin_name : "");
	case GP_CARD_NOT_WITH_HOOKS: return gp_strdup(g->card->reason);
	case GP_CARD_TOO_OLD:
		return gp_asprintf("branch %u is older than %u, the first that has vGPUs for it", branch, first);
	case GP_CARD_TOO_NEW:
		return gp_asprintf("branch %u is newer than %u, the last that has vGPUs for it", branch, last);
	}
	return gp_asprintf("branch %u has vGPUs for it", branch);
}

bool gp_kind_makes_vgpus(enum gp_kind kind)
{
	return kind == GP_KIND_HOST || kind == GP_KIND_MERGED;
}

int gp_gpus_check(const struct gp_gpu_list *l, enum gp_kind kind, const struct gp_version *driver, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *why = NULL;
	char id[GP_GPU_ID];

	if (l->n && !gp_kind_makes_vgpus(kind))
		return gp_fail(err, GP_E_NO, "driver %s is a %s driver, which makes no vGPUs for any card",
			       driver->text, gp_kind_name(kind));
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_gpu *g = &l->v[i];

		if (!g->card)
			continue;
		if (gp_card_served(gp_card_judge(g->card, driver, NULL).fit))
			return 0;
		if (why)
			continue;
		why = gp_gpu_why(g, driver);
		gp_gpu_id(g->device, id);
	}
	if (!why)
		return 0; /* no card was asked about */
	return gp_fail(err, GP_E_NO, "driver %s and card %s: %s", driver->text, id, why);
}

/* Who is asked. */
struct asker {
	struct gp_pci *pci; /* NULL: no libpci, and then no names */
	const struct gp_card_list *cards;
	struct gp_gpu_list *out;
};

static void add(struct asker *a, unsigned device, const char *slot)
{
	struct gp_gpu g = { .device = device, .card = gp_card_find(a->cards, device) };

	g.slot = slot ? gp_strdup(slot) : NULL;
	g.name = a->pci ? gp_pci_name(a->pci, GP_NVIDIA, device) : NULL;
	if (a->pci && g.card && g.card->twin)
		g.twin_name = gp_pci_name(a->pci, GP_NVIDIA, g.card->twin);
	GP_GROW(a->out->v, a->out->n, a->out->cap);
	a->out->v[a->out->n++] = g;
}

/* Is one of them known? */
static int check_known(const struct gp_gpu_list *l, struct gp_err *err)
{
	const struct gp_gpu *g = &l->v[0];
	char id[GP_GPU_ID];

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].card)
			return 0;
	return gp_fail(err, GP_E_NO, "card %s%s%s%s is not known: kernel-versions/cards does not list it",
		       gp_gpu_id(g->device, id), g->name ? " (" : "", g->name ? g->name : "", g->name ? ")" : "");
}

/* --- an id --- */

static bool parse_hex(struct gp_str s, unsigned *out)
{
	static const char digits[] = "0123456789abcdef";

	*out = 0;
	for (size_t i = 0; i < s.len && s.len == 4; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'F' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
		const char *at = memchr(digits, c, sizeof(digits) - 1);

		if (!at)
			return false;
		*out = *out << 4 | (unsigned)(at - digits);
	}
	return s.len == 4;
}

/* 1: an id; 0: a name, or auto; -1 */
static int parse_id(const char *asked, unsigned *device, struct gp_err *err)
{
	struct gp_str s = gp_str_of(asked);
	ssize_t colon = gp_str_find(s, GP_STR(":"));
	unsigned vendor;

	if (gp_str_take(&s, "0x") || gp_str_take(&s, "0X"))
		return parse_hex(s, device) ? 1 : gp_fail(err, GP_E_USAGE, "--gpu: '%s' is no id of a card", asked);
	if (colon < 0)
		return 0;
	if (!parse_hex((struct gp_str){ s.p, (size_t)colon }, &vendor) ||
	    !parse_hex(gp_str_skip(s, (size_t)colon + 1), device))
		return gp_fail(err, GP_E_USAGE, "--gpu: '%s' is no id of a card, like 10de:1b80", asked);
	if (vendor != GP_NVIDIA)
		return gp_fail(err, GP_E_NO, "card %s is not known: NVIDIA's begin with 10de", asked);
	return 1;
}

/* --- this machine's --- */

static bool is_virtual(const struct gp_root *root, const struct gp_pci_dev *d)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("/sys/bus/pci/devices/%s/physfn", d->slot);

	return gp_root_has(root, path) == GP_TRI_YES;
}

static int find_here(struct asker *a, const struct gp_root *root, struct gp_err *err)
{
	gp_auto(gp_pci_list_release) struct gp_pci_list l = { 0 };

	if (gp_pci_scan(root, &l, err) < 0)
		return gp_within(err, "which card is there cannot be told");
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].vendor == GP_NVIDIA && l.v[i].class >> 8 == CLASS_DISPLAY && !is_virtual(root, &l.v[i]))
			add(a, l.v[i].device, l.v[i].slot);
	if (!a->out->n)
		return gp_fail(err, GP_E_NO, "no card of NVIDIA's is in this machine, by '/sys/bus/pci'");
	return check_known(a->out, err);
}

/* --- a name --- */

/* Every device whose name fits best; names of all are looked at. */
static enum gp_name_fit find_named(struct asker *a, const char *asked)
{
	enum gp_name_fit best = GP_NAME_OTHER;

	for (unsigned device = 0; device <= 0xffff; device++) {
		gp_auto(gp_free_ptr) char *name = gp_pci_name(a->pci, GP_NVIDIA, device);
		enum gp_name_fit fit = name ? gp_card_name_fit(asked, name) : GP_NAME_OTHER;

		if (fit == GP_NAME_OTHER || fit < best)
			continue;
		if (fit > best)
			gp_gpus_release(a->out);
		best = fit;
		add(a, device, NULL);
	}
	return best;
}

/* Of several, is the same known? Then it does not matter which one is meant. */
static int check_clear(const struct gp_gpu_list *l, const char *asked, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	bool same = true;

	for (size_t i = 0; i < l->n; i++) {
		char id[GP_GPU_ID];

		same &= l->v[i].card == l->v[0].card;
		if (i < CANDIDATES)
			gp_buf_printf(&b, "%s%s (%s)", i ? ", " : "", gp_gpu_id(l->v[i].device, id), l->v[i].name);
	}
	if (same)
		return 0;
	return gp_fail(err, GP_E_USAGE, "--gpu: '%s' may be %s%s: give an id", asked, b.data,
		       l->n > CANDIDATES ? " and more" : "");
}

static int find_by_name(struct asker *a, const char *asked, struct gp_err *err)
{
	if (!gp_card_name_sane(asked))
		return gp_fail(err, GP_E_USAGE, "--gpu: '%s' is neither an id like 10de:1b80, nor a name, nor auto",
			       asked);
	if (!gp_pci_has_names(a->pci))
		return gp_fail(err, GP_E_NOTFOUND, "no pci.ids to find card '%s' in: give its id, like 10de:1b80",
			       asked);
	if (find_named(a, asked) == GP_NAME_OTHER)
		return gp_fail(
			err, GP_E_NO,
			"card '%s' is not known: pci.ids has no such name of NVIDIA's; an id, like 10de:1b80, will do",
			asked);
	if (check_clear(a->out, asked, err) < 0)
		return -1;
	/* The others are the same. */
	while (a->out->n > 1)
		gpu_release(&a->out->v[--a->out->n]);
	return check_known(a->out, err);
}

static int find(struct asker *a, const char *asked, const struct gp_root *root, struct gp_err *err)
{
	unsigned device = 0;
	int id = parse_id(asked, &device, err);
	bool here = id == 0 && strcmp(asked, GP_GPU_AUTO) == 0, named = id == 0 && !here;

	/* But for a name no library is needed: only names are missing then. */
	if (id < 0 || (gp_pci_open(&a->pci, named ? err : NULL) < 0 && named))
		return -1;
	if (!id)
		return here ? find_here(a, root, err) : find_by_name(a, asked, err);
	add(a, device, NULL);
	return check_known(a->out, err);
}

int gp_gpus_find(const char *asked, const struct gp_card_list *cards, const struct gp_root *root,
		 struct gp_gpu_list *out, struct gp_err *err)
{
	struct asker a = { .cards = cards, .out = out };
	int rc;

	*out = (struct gp_gpu_list){ 0 };
	rc = find(&a, asked, root, err);
	gp_pci_close(a.pci);
	if (rc < 0)
		gp_gpus_release(out);
	return rc;
}
