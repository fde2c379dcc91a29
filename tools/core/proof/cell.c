/* SPDX-License-Identifier: MIT */
#include "core/proof/cell.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

static const char *const NAMES[GP_CELL_CLASSES] = { [GP_CELL_OK] = "ok",
						    [GP_CELL_BLOCKED] = "blocked",
						    [GP_CELL_UNKNOWN] = "unknown",
						    [GP_CELL_HUNK] = "hunk",
						    [GP_CELL_COMPILE] = "compile",
						    [GP_CELL_MODPOST] = "modpost",
						    [GP_CELL_VERIFY] = "verify",
						    [GP_CELL_BOOT] = "boot",
						    [GP_CELL_TIMEOUT] = "timeout",
						    [GP_CELL_ENVIRONMENT] = "environment",
						    [GP_CELL_CANCELLED] = "cancelled" };

const char *gp_cell_class_name(enum gp_cell_class c)
{
	return (unsigned)c < GP_CELL_CLASSES ? NAMES[c] : "?";
}

bool gp_cell_class_parse(struct gp_str name, enum gp_cell_class *out)
{
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++) {
		if (!gp_str_eq(name, NAMES[i]))
			continue;
		*out = (enum gp_cell_class)i;
		return true;
	}
	return false;
}

enum gp_cell_group gp_cell_group(enum gp_cell_class c)
{
	if (c == GP_CELL_OK)
		return GP_GROUP_OK;
	return c == GP_CELL_BLOCKED || c == GP_CELL_UNKNOWN ? GP_GROUP_SKIPPED : GP_GROUP_FAILED;
}

bool gp_cell_class_tells(enum gp_cell_class c)
{
	return c != GP_CELL_CANCELLED && c != GP_CELL_ENVIRONMENT;
}

#define OWN (16 + GP_CLAIM_COUNT)

static void own_strings(struct gp_cell *c, char **own[OWN])
{
	char **const all[] = { &c->driver,  &c->kind,     &c->input, &c->input_md5, &c->release,  &c->headers,
			       &c->verdict, &c->error,    &c->file,  &c->fact,      &c->compiler, &c->repeat,
			       &c->log,     &c->log_tail, &c->boot,  &c->built };

	memcpy(own, all, sizeof(all));
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++)
		own[GP_COUNT(all) + i] = (char **)&c->claims[i].source;
}

void gp_cell_release(struct gp_cell *c)
{
	char **own[OWN];

	own_strings(c, own);
	for (size_t i = 0; i < OWN; i++)
		free(*own[i]);
	gp_list_release(&c->sets);
	gp_list_release(&c->modules);
	gp_list_release(&c->reasons);
	gp_list_release(&c->booted);
	gp_list_release(&c->inputs);
	*c = (struct gp_cell){ 0 };
}

void gp_cell_fail(struct gp_cell *c, enum gp_cell_class cls, const char *text)
{
	if (c->cls != GP_CELL_OK)
		return;
	c->cls = cls;
	c->error = gp_strdup(text);
}

void gp_cell_fail_err(struct gp_cell *c, enum gp_cell_class cls, const struct gp_err *err)
{
	char line[1024];

	gp_err_format(err, line, sizeof(line));
	gp_cell_fail(c, err->code == GP_E_CANCELLED ? GP_CELL_CANCELLED : cls, line);
}

static struct gp_list copy_list(const struct gp_list *l)
{
	struct gp_list out = { 0 };

	gp_list_add_all(&out, l);
	return out;
}

void gp_cell_copy(struct gp_cell *to, const struct gp_cell *from)
{
	char **own[OWN];

	*to = *from;
	own_strings(to, own);
	for (size_t i = 0; i < OWN; i++)
		*own[i] = *own[i] ? gp_strdup(*own[i]) : NULL;
	to->sets = copy_list(&from->sets);
	to->modules = copy_list(&from->modules);
	to->reasons = copy_list(&from->reasons);
	to->booted = copy_list(&from->booted);
	to->inputs = copy_list(&from->inputs);
}

struct gp_cell *gp_cells_add(struct gp_cells *l)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct gp_cell){ 0 };
	return &l->v[l->n++];
}

void gp_cells_release(struct gp_cells *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		gp_cell_release(&l->v[i]);
	free(l->v);
	free(l->program);
	free(l->started);
	free(l->baseline.file);
	free(l->baseline.started);
	gp_list_release(&l->planned);
	gp_list_release(&l->twice);
	gp_list_release(&l->hosts);
	gp_list_release(&l->skipped);
	*l = (struct gp_cells){ 0 };
}

void gp_cells_count(const struct gp_cells *l, size_t n[GP_CELL_CLASSES])
{
	memset(n, 0, GP_CELL_CLASSES * sizeof(*n));
	for (size_t i = 0; i < l->n; i++)
		n[l->v[i].cls]++;
}

const char *gp_cells_reason(const struct gp_cells *l, enum gp_cell_group from)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].expected && gp_cell_group(l->v[i].cls) >= from)
			return gp_cell_class_name(l->v[i].cls);
	return NULL;
}

char *gp_cell_key(const struct gp_cell *c)
{
	return gp_asprintf("%s %s", c->input ? gp_path_base(c->input) : "", c->release ? c->release : "");
}
