/* SPDX-License-Identifier: MIT */
#include "ops/proof/bootread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/vm/loader.h"
#include "core/vm/trouble.h"
#include "ops/proof/standin.h"

void gp_bootplan_init(struct gp_bootplan *p, size_t n)
{
	*p = (struct gp_bootplan){ .part = gp_alloc((n + 1) * sizeof(*p->part)), .n = n };
	for (size_t i = 0; i < n; i++)
		p->part[i].load = p->part[i].standin_load = p->part[i].taint = p->part[i].unload = GP_BOOT_NO_STEP;
}

void gp_bootplan_release(struct gp_bootplan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		gp_modfile_release(&p->part[i].standin);
		free(p->part[i].no_standin);
	}
	free(p->part);
	*p = (struct gp_bootplan){ 0 };
}

struct reading {
	const struct gp_bootplan *p;
	const struct gp_bootorder *o;
	const struct gp_console *c;
	struct gp_boot *out;
};

/* NULL: there is no such step. */
static const struct gp_console_step *step_of(const struct reading *r, unsigned id)
{
	return id == GP_BOOT_NO_STEP ? NULL : &r->c->step[id];
}

/* What is loaded already, or part of the kernel, says EEXIST. */
static bool is_there(const struct reading *r, size_t i)
{
	const struct gp_console_step *s = step_of(r, r->p->part[i].load);
	const struct gp_console_step *other = step_of(r, r->p->part[i].standin_load);

	return (s->ended && (s->result == 0 || s->result == -EEXIST)) || (other && other->ended && other->result == 0);
}

static bool by_standin(const struct reading *r, size_t i)
{
	const struct gp_console_step *other = step_of(r, r->p->part[i].standin_load);

	return other && other->ended && other->result == 0;
}

/* --- not asked --- */

static void not_asked(struct gp_boot_module *m, char *meaning)
{
	free(m->meaning);
	free(m->line);
	m->line = NULL;
	m->check = NULL;
	m->verdict = GP_BOOT_NOT_ASKED;
	m->meaning = meaning;
}

static char *why_absent(const struct reading *r, size_t on)
{
	const struct gp_modfile *f = r->o->unit[on].f;
	const struct gp_console_step *s = step_of(r, r->p->part[on].load);
	const char *no_standin = r->p->part[on].no_standin;
	const char *text = gp_loader_errno(s->result);

	if (!s->ended)
		return gp_asprintf("it needs %s, and the machine did not live through loading that", f->file);
	if (no_standin)
		return gp_asprintf("it needs %s, which ends without a card; %s", f->file, no_standin);
	return gp_asprintf("it needs %s, which is not there: loading it gave %ld%s%s%s", f->file, s->result,
			   text ? " (" : "", text ? text : "", text ? ")" : "");
}

/* Refusals that come before symbols are looked at are answers all the same. */
static bool is_for_want(const struct gp_boot_module *m)
{
	return m->verdict == GP_BOOT_FAILED || (m->verdict == GP_BOOT_REFUSED && m->check &&
						(strcmp(m->check, "symbol") == 0 || strcmp(m->check, "errno") == 0));
}

static void judge_wants(const struct reading *r, size_t i, struct gp_boot_module *m)
{
	const struct gp_bootunit *u = &r->o->unit[i];

	if (!is_for_want(m))
		return;
	for (size_t k = 0; k < u->nneed; k++) {
		if (is_there(r, u->need[k]))
			continue;
		not_asked(m, why_absent(r, u->need[k]));
		return;
	}
	if (u->missing.n)
		not_asked(m, gp_asprintf("it depends on '%s', which is neither beside it nor among the kernel's "
					 "modules",
					 u->missing.v[0]));
}

/* --- beside a stand-in --- */

/* Does it take an export to which the stand-in says "no"? */
static bool is_told_no(const struct gp_module *m, const struct gp_modfile *real)
{
	for (size_t i = 0; i < m->nundef; i++)
		if (gp_module_export(&real->m, m->undef[i].name) && !gp_standin_is_fine(real->name, m->undef[i].name))
			return true;
	return false;
}

static void judge_standins(const struct reading *r, size_t i, struct gp_boot_module *m)
{
	const struct gp_bootunit *u = &r->o->unit[i];

	for (size_t k = 0; k < u->nneed; k++) {
		const struct gp_modfile *real = r->o->unit[u->need[k]].f;

		if (!by_standin(r, u->need[k]))
			continue;
		free(m->beside);
		m->beside = gp_strdup(real->file);
		if (m->verdict != GP_BOOT_FAILED || !is_told_no(&u->f->m, real))
			continue;
		m->verdict = GP_BOOT_ENDED;
		free(m->meaning);
		m->meaning = gp_asprintf(
			"that is a yes: the kernel took it, and the stand-in for %s does nothing for it", real->file);
	}
}

/* --- all --- */

static void read_taint(const struct reading *r, unsigned id, struct gp_boot_module *m)
{
	const struct gp_console_step *s = step_of(r, id);
	struct gp_str line = { "", 0 };

	if (!s || !s->ended || s->result != 0)
		return;
	line = gp_str_trim(
		(struct gp_str){ s->out.data ? s->out.data : "", strcspn(s->out.data ? s->out.data : "", "\n") });
	if (line.len)
		m->taint = gp_strndup(line.p, line.len);
}

static void read_unload(const struct reading *r, unsigned id, struct gp_boot_module *m)
{
	const struct gp_console_step *s = step_of(r, id);
	gp_auto(gp_free_ptr) char *text = NULL;
	const char *name;

	if (!s || m->verdict != GP_BOOT_LOADED || !s->ended)
		return;
	m->tried = true;
	m->unloaded = s->result == 0;
	if (m->unloaded)
		return;
	name = gp_loader_errno(s->result);
	text = gp_asprintf("it does not unload: %ld%s%s%s", s->result, name ? " (" : "", name ? name : "",
			   name ? ")" : "");
	gp_trouble_add(r->out, "unload", m->file, gp_str_of(text), NULL);
}

static void find_trouble(const struct reading *r, unsigned id, const char *module)
{
	const struct gp_console_step *s = step_of(r, id);

	if (s)
		gp_trouble_find(gp_buf_str(&s->text), module, r->out);
}

/* What ours does wrong is nothing that the kernel has said of theirs. */
static void find_own_trouble(const struct reading *r, size_t i)
{
	const struct gp_console_step *s = step_of(r, r->p->part[i].standin_load);
	gp_auto(gp_boot_release) struct gp_boot own = { 0 };

	if (!s || !s->begun || r->out->why)
		return;
	gp_trouble_find(gp_buf_str(&s->text), "", &own);
	if (own.nfinding || !s->ended)
		r->out->why = gp_asprintf("the stand-in for %s: %s", r->o->unit[i].f->file,
					  own.nfinding ? own.finding[0].text : "the machine went off");
}

static void read_standin(const struct reading *r, size_t i)
{
	const struct gp_bootpart *p = &r->p->part[i];
	const struct gp_console_step *s = step_of(r, p->standin_load);
	struct gp_boot_module *m;

	if (!s || !s->begun)
		return;
	m = gp_boot_add(r->out);
	m->file = gp_strdup(p->standin.file);
	m->name = gp_strdup(p->standin.name);
	m->stand_in = true;
	gp_loader_judge(s, m);
	read_unload(r, p->unload, m);
}

/*
 * nvidia-peermem that was built beside no InfiniBand stack of Mellanox's ends at once, in
 * some branches without a word.
 * Source: nvidia-peermem.c of 470.256.02: nv_mem_client_init() is "return -EINVAL" without
 * NV_MLNX_IB_PEER_MEM_SYMBOLS_PRESENT, with which it takes ib_register_peer_memory_client().
 */
static void judge_peermem(const struct gp_modfile *f, struct gp_boot_module *m)
{
	if (m->verdict != GP_BOOT_FAILED || m->error != -EINVAL || strcmp(f->name, "nvidia_peermem") != 0 ||
	    gp_module_takes(&f->m, "ib_register_peer_memory_client"))
		return;
	m->verdict = GP_BOOT_ENDED;
	m->check = "card";
	free(m->meaning);
	m->meaning = gp_strdup("that is a yes: the kernel took it, and it was built without what it is for");
}

static void read_unit(const struct reading *r, size_t i)
{
	const struct gp_bootunit *u = &r->o->unit[i];
	const struct gp_bootpart *p = &r->p->part[i];
	struct gp_boot_module m = { .asked_for = u->asked_for };

	find_trouble(r, p->load, u->f->file);
	find_own_trouble(r, i);
	find_trouble(r, p->unload, u->f->file);
	m.file = gp_strdup(u->f->file);
	m.name = gp_strdup(u->f->name);
	gp_loader_judge(step_of(r, p->load), &m);
	judge_peermem(u->f, &m);
	if (m.verdict == GP_BOOT_CRASHED && r->out->why)
		not_asked(&m, gp_strdup(r->out->why));
	judge_wants(r, i, &m);
	judge_standins(r, i, &m);
	read_taint(r, p->taint, &m);
	if (u->asked_for)
		read_unload(r, p->unload, &m);
	/* Of the kernel's own only what is not there is worth a word. */
	if (u->asked_for || !is_there(r, i))
		*gp_boot_add(r->out) = m;
	else
		gp_boot_module_release(&m);
	read_standin(r, i);
}

void gp_bootplan_read(const struct gp_bootplan *p, const struct gp_bootorder *o, const struct gp_console *c,
		      struct gp_boot *out)
{
	const struct reading r = { p, o, c, out };

	for (size_t i = 0; i < o->n; i++)
		read_unit(&r, o->order[i]);
	gp_trouble_find(gp_buf_str(&c->between), "after the modules", out);
	if (!c->done && c->started && !out->why && !out->nfinding)
		out->why = gp_strdup("the machine went off before all was done");
}
