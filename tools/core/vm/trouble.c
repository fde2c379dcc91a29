/* SPDX-License-Identifier: MIT */
#include "core/vm/trouble.h"

#include "base/text.h"

static const struct {
	const char *begins, *check;
} KINDS[] = {
	{ "BUG kmalloc-", "slab" },
	{ "BUG: KASAN", "slab" },
	{ "BUG: KFENCE", "slab" },
	{ "BUG: soft lockup", "hang" },
	{ "BUG: workqueue lockup", "hang" },
	{ "watchdog: BUG", "hang" },
	{ "INFO: task ", "hang" },
	{ "INFO: rcu", "hang" },
	{ "rcu: INFO: ", "hang" },
	{ "BUG: ", "bug" },
	{ "kernel BUG at", "bug" },
	{ "BUG ", "slab" },
	{ "WARNING: ", "warning" },
	{ "Oops: ", "oops" },
	{ "Oops[", "oops" },
	{ "general protection fault", "oops" },
	{ "stack segment", "oops" },
	{ "invalid opcode:", "oops" },
	{ "divide error:", "oops" },
	{ "int3:", "oops" },
	{ "Kernel panic - not syncing", "oops" },
	{ "UBSAN: ", "bug" },
	{ "CFI failure", "bug" },
	{ "refcount_t: ", "warning" },
	{ "list_add corruption", "bug" },
	{ "list_del corruption", "bug" },
	{ "sysfs: cannot create duplicate filename", "warning" },
	{ "kobject_add_internal failed", "warning" },
	{ "Trying to vfree()", "bug" },
};

static const char *kind_of(struct gp_str line)
{
	for (size_t i = 0; i < GP_COUNT(KINDS); i++)
		if (gp_str_starts(line, KINDS[i].begins))
			return KINDS[i].check;
	return NULL;
}

void gp_trouble_add(struct gp_boot *b, const char *check, const char *module, struct gp_str text,
		    const struct gp_str *trace)
{
	if (b->nfinding >= GP_TROUBLE_MAX)
		return;
	GP_GROW(b->finding, b->nfinding, b->finding_cap);
	b->finding[b->nfinding++] = (struct gp_boot_finding){ check, gp_strdup(module), gp_strndup(text.p, text.len),
							      trace ? gp_strndup(trace->p, trace->len) : NULL };
}

/* From its first line to what ends a report: a dump, or a line of init's or of the tracer's. */
static struct gp_str take_report(struct gp_str *rest, const char *from)
{
	struct gp_str line = { "", 0 };
	size_t n = 1;

	while (n++ < GP_TROUBLE_LINES && gp_text_line_next(rest, &line))
		if (gp_str_starts(line, "---[ end ") || gp_str_starts(line, "calling ") ||
		    gp_str_starts(line, "initcall "))
			break;
	return (struct gp_str){ from, (size_t)(rest->p - from) };
}

/* What WARN() was told to say stands between the "cut here" and the line that it is
 * known by. */
#define CUT "------------[ cut here ]------------"
#define CUT_LINES 4

void gp_trouble_find(struct gp_str text, const char *module, struct gp_boot *b)
{
	struct gp_str line, trace;
	const char *cut = NULL;
	size_t since = 0;

	while (gp_text_line_next(&text, &line)) {
		const char *check = kind_of(line);

		since++;
		if (gp_str_eq(line, CUT)) {
			cut = line.p;
			since = 0;
		}
		if (!check)
			continue;
		trace = take_report(&text, cut && since <= CUT_LINES ? cut : line.p);
		gp_trouble_add(b, check, module, line, &trace);
		cut = NULL;
	}
}
