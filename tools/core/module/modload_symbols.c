/* SPDX-License-Identifier: MIT */
#include "core/module/modload_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define STR(s) (int)((s).len > 512 ? 512 : (s).len), (s).p

/* --- who gives what --- */

/* The kernel first, as find_symbol() does. */
static struct gp_bound find(const struct gp_modload *j, size_t unit, struct gp_str name)
{
	struct gp_bound b = { .from = SIZE_MAX };

	if (j->o->kernel && j->o->kernel->symvers)
		b.kernel = gp_symvers_find(j->o->kernel->symvers, name);
	for (size_t i = 0; i < j->n && !b.kernel && !b.sibling; i++) {
		if (i == unit)
			continue;
		b.sibling = gp_module_export(j->u[i].m, name);
		b.from = i;
	}
	return b;
}

static bool is_gpl(const struct gp_modunit *u)
{
	struct gp_str licence = gp_module_info(u->m, "license");

	return licence.p && gp_licence_is_gpl(licence);
}

/* inherit_taint(): from sibling to sibling, until nothing changes. */
static void spread_taint(struct gp_modload *j)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < j->n; i++)
			for (size_t k = 0; k < j->n && !j->proprietary[i]; k++) {
				if (!j->takes[i * j->n + k] || !j->proprietary[k])
					continue;
				j->proprietary[i] = more = true;
				j->taint_from[i] = k;
			}
	}
}

void gp_modload_bind(struct gp_modload *j)
{
	j->bound = gp_alloc(j->n * sizeof(*j->bound));
	j->takes = gp_alloc(j->n * j->n * sizeof(*j->takes));
	j->proprietary = gp_alloc(j->n * sizeof(*j->proprietary));
	j->taint_from = gp_alloc(j->n * sizeof(*j->taint_from));
	for (size_t i = 0; i < j->n; i++) {
		const struct gp_module *m = j->u[i].m;

		j->bound[i] = gp_alloc((m->nundef + 1) * sizeof(**j->bound));
		j->proprietary[i] = !is_gpl(&j->u[i]);
		j->taint_from[i] = SIZE_MAX;
		for (size_t s = 0; s < m->nundef; s++) {
			j->bound[i][s] = find(j, i, m->undef[s].name);
			if (j->bound[i][s].sibling)
				j->takes[i * j->n + j->bound[i][s].from] = true;
		}
	}
	spread_taint(j);
}

void gp_modload_release(struct gp_modload *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->bound[i]);
	free(j->bound);
	free(j->takes);
	free(j->proprietary);
	free(j->taint_from);
}

bool gp_modload_takes_from(const struct gp_modload *j, const struct gp_modunit *u, size_t sibling)
{
	return j->takes[(size_t)(u - j->u) * j->n + sibling];
}

/* --- missing --- */

/* modpost's ignore_undef_symbol(): linkers make these up. */
static bool made_up(struct gp_str name)
{
	return gp_str_eq(name, "__this_module") || gp_str_eq(name, "_GLOBAL_OFFSET_TABLE_");
}

static void check_missing(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	struct gp_modtally m = { u->file, "symbol", GP_FIND_ERROR, 0 };

	if (!j->o->kernel || !j->o->kernel->symvers)
		return;
	for (size_t s = 0; s < u->m->nundef; s++) {
		const struct gp_bound *b = &j->bound[i][s];

		/* A weak one may stay undefined. */
		if (!b->kernel && !b->sibling && !u->m->undef[s].weak && !made_up(u->m->undef[s].name))
			gp_modload_tally(j, &m, "'%.*s' is exported neither by the kernel nor by a module here",
					 STR(u->m->undef[s].name));
	}
	gp_modload_tally_end(j, &m);
}

/* --- GPL-only, taint --- */

static bool gpl_only(const struct gp_bound *b)
{
	return b->kernel ? b->kernel->gpl_only : b->sibling && b->sibling->gpl_only;
}

static void check_gpl_only(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	struct gp_modtally m = { u->file, "gpl-only", GP_FIND_ERROR, 0 };
	struct gp_str licence = gp_module_info(u->m, "license");

	if (!licence.p)
		licence = GP_STR("unspecified");
	for (size_t s = 0; s < u->m->nundef; s++)
		if (gpl_only(&j->bound[i][s]))
			gp_modload_tally(j, &m, "'%.*s' is for GPL-compatible modules only, its licence is '%.*s'",
					 STR(u->m->undef[s].name), STR(licence));
	gp_modload_tally_end(j, &m);
}

/* A module of a GPL-compatible licence that a sibling taints. */
static void check_taint(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	const struct gp_modsymbol *first = NULL, *theirs = NULL;
	size_t n = 0;

	for (size_t s = 0; s < u->m->nundef; s++) {
		if (!theirs && j->bound[i][s].sibling && j->bound[i][s].from == j->taint_from[i])
			theirs = &u->m->undef[s];
		if (!gpl_only(&j->bound[i][s]))
			continue;
		first = first ? first : &u->m->undef[s];
		n++;
	}
	if (first && theirs)
		gp_modfindings_add(
			j->found, GP_FIND_ERROR, u->file, "taint",
			"it takes '%.*s' from the proprietary '%s', and with it %zu symbol%s for GPL-compatible "
			"modules only ('%.*s'%s): since 5.9 the kernel refuses that",
			STR(theirs->name), j->u[j->taint_from[i]].file, n, n == 1 ? "" : "s", STR(first->name),
			n > 1 ? ", …" : "");
}

/* --- round the GPL --- */

/* Of a sibling that has GPL-only symbols, and gives others to whoever asks. */
static bool has_gpl_only(const struct gp_modload *j, size_t i)
{
	for (size_t s = 0; !j->proprietary[i] && s < j->u[i].m->nundef; s++)
		if (gpl_only(&j->bound[i][s]))
			return true;
	return false;
}

/* What nvidia.ko calls in nvidia-vgpu-vfio of the set vgpu-vfio-attach: the one returns
 * a status, the other nothing, so neither hands anything of the kernel on. */
static bool hands_over(struct gp_str name)
{
	return gp_str_eq(name, "nvidia_vgpu_vfio_attach") || gp_str_eq(name, "nvidia_vgpu_vfio_detach");
}

/* A proprietary module that takes plain symbols of such a sibling: the kernel loads it,
 * and those may be GPL-only functions under another name. */
static void check_wrappers(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	struct gp_modtally m = { u->file, "wrapper", GP_FIND_WARNING, 0 };
	gp_auto(gp_free_ptr) bool *has = gp_alloc((j->n + 1) * sizeof(*has));
	size_t linked = j->n;

	for (size_t k = 0; k < j->n; k++)
		has[k] = gp_modload_takes_from(j, u, k) && has_gpl_only(j, k);
	for (size_t s = 0; s < u->m->nundef; s++) {
		const struct gp_bound *b = &j->bound[i][s];

		if (!b->sibling || b->sibling->gpl_only || !has[b->from])
			continue;
		if (hands_over(u->m->undef[s].name))
			linked = b->from;
		else
			gp_modload_tally(j, &m,
					 "it is proprietary and takes '%.*s' of '%s', which has symbols for "
					 "GPL-compatible modules only: that may be a wrapper round one",
					 STR(u->m->undef[s].name), j->u[b->from].file);
	}
	gp_modload_tally_end(j, &m);
	if (linked < j->n && !m.n)
		gp_modfindings_add(j->found, GP_FIND_NOTE, u->file, "wrapper",
				   "it is linked to '%s' by the set vgpu-vfio-attach, and takes no other symbol of a "
				   "module that has GPL-only ones",
				   j->u[linked].file);
}

static void check_licences(struct gp_modload *j, size_t i)
{
	if (!is_gpl(&j->u[i])) {
		check_gpl_only(j, i);
		check_wrappers(j, i);
	} else if (j->taint_from[i] != SIZE_MAX && (!j->o->kernel || j->o->kernel->inherits_taint))
		check_taint(j, i);
}

/* --- symbol versions --- */

static bool wants_version(const struct gp_bound *b)
{
	return b->kernel ? b->kernel->crc != 0 : b->sibling && b->sibling->has_crc;
}

static int cmp_version(const void *a, const void *b)
{
	struct gp_str x = (*(const struct gp_modversion *const *)a)->name;
	struct gp_str y = (*(const struct gp_modversion *const *)b)->name;
	int c = memcmp(x.p, y.p, x.len < y.len ? x.len : y.len);

	return c ? c : (x.len > y.len) - (x.len < y.len);
}

/* The module's versions by name; free() it. */
static const struct gp_modversion **sorted_versions(const struct gp_module *m)
{
	const struct gp_modversion **v = gp_alloc((m->nversion + 1) * sizeof(*v));

	for (size_t i = 0; i < m->nversion; i++)
		v[i] = &m->version[i];
	qsort(v, m->nversion, sizeof(*v), cmp_version);
	return v;
}

static void check_differing(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	struct gp_modtally m = { u->file, "crc", GP_FIND_ERROR, 0 };

	for (size_t v = 0; v < u->m->nversion; v++) {
		const struct gp_modversion *mv = &u->m->version[v];
		struct gp_bound b = find(j, i, mv->name);
		uint32_t crc = b.kernel ? b.kernel->crc : b.sibling ? b.sibling->crc : 0;

		if (!wants_version(&b) || crc == mv->crc)
			continue;
		gp_modload_tally(j, &m, "'%.*s' has version 0x%08x there, 0x%08x in %s", STR(mv->name), mv->crc, crc,
				 b.kernel ? "the kernel" : j->u[b.from].file);
	}
	gp_modload_tally_end(j, &m);
}

static void check_unversioned(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	const struct gp_modversion **all = sorted_versions(u->m);
	struct gp_modtally m = { u->file, "crc", GP_FIND_WARNING, 0 };

	for (size_t s = 0; s < u->m->nundef; s++) {
		struct gp_modversion key = { .name = u->m->undef[s].name };
		const struct gp_modversion *kp = &key;

		if (wants_version(&j->bound[i][s]) && !bsearch(&kp, all, u->m->nversion, sizeof(*all), cmp_version))
			gp_modload_tally(j, &m, "it does not say which version of '%.*s' it wants", STR(key.name));
	}
	gp_modload_tally_end(j, &m);
	free(all);
}

static void check_versions(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];

	if (!j->o->kernel || !j->o->kernel->modversions)
		return;
	if (!u->m->nversion) {
		gp_modfindings_add(j->found, GP_FIND_ERROR, u->file, "crc",
				   "it has no symbol versions, the kernel has "
				   "CONFIG_MODVERSIONS");
		return;
	}
	check_differing(j, i);
	check_unversioned(j, i);
}

/* --- namespaces --- */

/* "kvm,kvm-*": names, with a tail that may be anything. */
static bool module_in_list(struct gp_str list, const char *name)
{
	while (list.len) {
		const char *comma = memchr(list.p, ',', list.len);
		size_t n = comma ? (size_t)(comma - list.p) : list.len;
		bool open = n && list.p[n - 1] == '*', same = open || strlen(name) == n;
		size_t fixed = n - open;

		for (size_t k = 0; k < fixed && same; k++)
			same = name[k] && (name[k] == list.p[k] || (name[k] == '_' && list.p[k] == '-'));
		if (same)
			return true;
		n += comma != NULL;
		list.p += n;
		list.len -= n;
	}
	return false;
}

static bool may_use(const struct gp_modunit *u, struct gp_str ns)
{
	if (!gp_str_starts(ns, "module:"))
		return gp_module_has_info(u->m, "import_ns", ns);
	ns.p += strlen("module:");
	ns.len -= strlen("module:");
	return module_in_list(ns, u->name);
}

static void check_namespaces(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	bool strict = !j->o->kernel || j->o->kernel->namespaces;
	struct gp_modtally m = { u->file, "namespace", strict ? GP_FIND_ERROR : GP_FIND_WARNING, 0 };

	for (size_t s = 0; s < u->m->nundef; s++) {
		const struct gp_symver *k = j->bound[i][s].kernel;

		if (k && k->ns.len && !may_use(u, k->ns))
			gp_modload_tally(j, &m, "'%.*s' is of namespace '%.*s', which it does not import", STR(k->name),
					 STR(k->ns));
	}
	gp_modload_tally_end(j, &m);
}

/* --- exports --- */

static void check_exports(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	struct gp_modtally m = { u->file, "export", GP_FIND_ERROR, 0 };

	for (size_t e = 0; e < u->m->nexport; e++) {
		struct gp_bound b = find(j, i, u->m->export[e].name);

		/* One of the kernel's modules need not be loaded. */
		if (b.kernel && gp_str_eq(b.kernel->module, "vmlinux"))
			gp_modload_tally(j, &m, "it exports '%.*s', as the kernel itself does",
					 STR(u->m->export[e].name));
		else if (b.sibling && b.from < i)
			gp_modload_tally(j, &m, "it exports '%.*s', as '%s' does", STR(u->m->export[e].name),
					 j->u[b.from].file);
	}
	gp_modload_tally_end(j, &m);
}

void gp_modload_symbols(struct gp_modload *j, size_t i)
{
	check_missing(j, i);
	check_licences(j, i);
	check_versions(j, i);
	check_namespaces(j, i);
	check_exports(j, i);
}
