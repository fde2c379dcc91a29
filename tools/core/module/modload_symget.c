/* SPDX-License-Identifier: MIT */
/* symbol_get(): what a module asks for by name while it runs, which no table of
 * it lists. */
#include "core/module/modload_impl.h"

#include <string.h>

#include "base/tri.h"
#include "core/rules/distro.h"

#define STR(s) (int)((s).len > 512 ? 512 : (s).len), (s).p

/* --- the kernel --- */

/* Below 6.6, the lines that got it, and from when. */
static const unsigned since[][3] = { { 4, 14, 326 }, { 4, 19, 295 }, { 5, 4, 257 }, { 5, 10, 195 },
				     { 5, 15, 131 }, { 6, 1, 52 },   { 6, 4, 15 },  { 6, 5, 2 } };
#define FIRST_MAJOR 6
#define FIRST_MINOR 6
/* The oldest line that got it: August 2023. Lines that had ended by then may get it
 * from a distribution that keeps them. */
#define OLDEST_MAJOR 4
#define OLDEST_MINOR 14

static bool at_least(const unsigned part[2], unsigned major, unsigned minor)
{
	return part[0] > major || (part[0] == major && part[1] >= minor);
}

/* Lines of Ubuntu that never took it over, whatever their number; Proxmox builds on
 * Ubuntu's sources. */
static const unsigned never[][2] = { { 5, 15 }, { 6, 2 }, { 6, 5 } };

static bool is_ubuntus(enum gp_distro d)
{
	return d == GP_DISTRO_UBUNTU || d == GP_DISTRO_UBUNTU_FLAVOUR || d == GP_DISTRO_PVE;
}

/* Flavours have sources of their own: what is known of generic says nothing of them. */
static bool never_got_it(const struct gp_release *r)
{
	const unsigned *part = r->ver.part;

	for (size_t i = 0; i < GP_COUNT(never); i++)
		if (part[0] == never[i][0] && part[1] == never[i][1])
			return is_ubuntus(r->distro) && r->distro != GP_DISTRO_UBUNTU_FLAVOUR;
	return false;
}

enum gp_tri gp_symbol_get_gpl(const struct gp_release *r)
{
	const unsigned *part = r->ver.part;

	/* openEuler had it in 5.10, and then not. */
	if (gp_distro_trait(r->distro) == GP_DISTRO_APART)
		return GP_TRI_UNKNOWN;
	if (at_least(part, FIRST_MAJOR, FIRST_MINOR))
		return GP_TRI_YES;
	if (never_got_it(r))
		return GP_TRI_NO;
	if (!r->sublevel_known)
		return GP_TRI_UNKNOWN;
	for (size_t i = 0; i < GP_COUNT(since); i++)
		if (part[0] == since[i][0] && part[1] == since[i][1])
			return part[2] < since[i][2] ? GP_TRI_NO : is_ubuntus(r->distro) ? GP_TRI_UNKNOWN : GP_TRI_YES;
	/* Lines that ended before: only a distribution can have brought it there. */
	return r->distro == GP_DISTRO_NONE || !at_least(part, OLDEST_MAJOR, OLDEST_MINOR) ? GP_TRI_NO : GP_TRI_UNKNOWN;
}

/* --- the module --- */

static void tell(struct gp_modload *j, struct gp_modtally *m, struct gp_str name, const char *from)
{
	if (m->severity == GP_FIND_ERROR)
		gp_modload_tally(
			j, m,
			"it asks symbol_get() for '%.*s' of '%s', which is not GPL-only: this kernel refuses that",
			STR(name), from);
	else
		gp_modload_tally(
			j, m,
			"it asks symbol_get() for '%.*s' of '%s', which is not GPL-only: kernels from 6.6 on and "
			"stable ones of September 2023 refuse that%s",
			STR(name), from, j->o->kernel ? "; the headers do not say what this one does" : "");
}

/* Texts of the module that name an export of from's; each once. */
static void check_giver(struct gp_modload *j, struct gp_modtally *m, const struct gp_module *asks,
			const struct gp_modunit *from)
{
	gp_auto(gp_free_ptr) bool *said = gp_alloc((from->m->nexport + 1) * sizeof(*said));
	struct gp_modtext_at at = { 0, 0 };
	struct gp_str text;

	while (from->m->nexport && gp_module_text_next(asks, &at, &text)) {
		const struct gp_modexport *e = gp_module_export(from->m, text);
		size_t k = e ? (size_t)(e - from->m->export) : 0;

		if (!e || e->gpl_only || said[k])
			continue;
		said[k] = true;
		tell(j, m, text, from->file);
	}
}

void gp_modload_symbol_get(struct gp_modload *j, size_t i)
{
	const struct gp_modunit *u = &j->u[i];
	enum gp_tri refuses = j->o->kernel ? j->o->kernel->symbol_get_gpl : GP_TRI_UNKNOWN;
	struct gp_modtally m = { u->file, "symbol-get", refuses == GP_TRI_YES ? GP_FIND_ERROR : GP_FIND_WARNING, 0 };

	if (refuses == GP_TRI_NO || !gp_module_takes(u->m, "__symbol_get"))
		return;
	for (size_t k = 0; k < j->n; k++)
		if (k != i)
			check_giver(j, &m, u->m, &j->u[k]);
	if (j->o->beside)
		check_giver(j, &m, u->m, j->o->beside);
	gp_modload_tally_end(j, &m);
}
