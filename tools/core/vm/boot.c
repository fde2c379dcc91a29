/* SPDX-License-Identifier: MIT */
#include "core/vm/boot.h"

#include <stdlib.h>

const char *gp_boot_verdict_name(enum gp_boot_verdict v)
{
	static const char *const names[] = { "not asked", "loaded", "ended", "refused", "failed", "crashed" };

	return names[v];
}

const char *gp_boot_answer_name(enum gp_boot_answer a)
{
	static const char *const names[] = { "yes", "no", "not asked" };

	return names[a];
}

void gp_boot_module_release(struct gp_boot_module *m)
{
	free(m->file);
	free(m->name);
	free(m->beside);
	free(m->line);
	free(m->meaning);
	free(m->taint);
}

void gp_boot_release(struct gp_boot *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		gp_boot_module_release(&b->module[i]);
	for (size_t i = 0; i < b->nfinding; i++) {
		free(b->finding[i].module);
		free(b->finding[i].text);
		free(b->finding[i].trace);
	}
	free(b->module);
	free(b->finding);
	free(b->release);
	free(b->image);
	free(b->accel);
	free(b->why);
	gp_list_release(&b->notes);
	*b = (struct gp_boot){ 0 };
}

struct gp_boot_module *gp_boot_add(struct gp_boot *b)
{
	GP_GROW(b->module, b->n, b->cap);
	b->module[b->n] = (struct gp_boot_module){ 0 };
	return &b->module[b->n++];
}

/* --- the answer --- */

static bool says_no(const struct gp_boot_module *m)
{
	return m->verdict == GP_BOOT_REFUSED || m->verdict == GP_BOOT_FAILED || m->verdict == GP_BOOT_CRASHED;
}

static const struct gp_boot_module *first_no(const struct gp_boot *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->module[i].asked_for && says_no(&b->module[i]))
			return &b->module[i];
	return NULL;
}

static const struct gp_boot_module *first_not_asked(const struct gp_boot *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->module[i].asked_for && b->module[i].verdict == GP_BOOT_NOT_ASKED)
			return &b->module[i];
	return NULL;
}

enum gp_boot_answer gp_boot_answer(const struct gp_boot *b)
{
	if (first_no(b) || b->nfinding)
		return GP_BOOT_SAYS_NO;
	return b->why || !b->n || first_not_asked(b) ? GP_BOOT_SAYS_NOTHING : GP_BOOT_SAYS_YES;
}

static char *module_reason(const struct gp_boot_module *m)
{
	return gp_asprintf("%s is %s: %s", m->file, gp_boot_verdict_name(m->verdict),
			   m->line    ? m->line :
			   m->meaning ? m->meaning :
					"the console has no line about it");
}

char *gp_boot_reason(const struct gp_boot *b)
{
	const struct gp_boot_module *m = first_no(b);

	if (m)
		return module_reason(m);
	if (b->nfinding)
		return gp_asprintf("%s: %s", b->finding[0].module, b->finding[0].text);
	m = first_not_asked(b);
	if (b->why)
		return gp_asprintf("the kernel was not asked: %s", b->why);
	if (m)
		return module_reason(m);
	return b->n ? NULL : gp_strdup("the kernel was not asked: there are no modules");
}
