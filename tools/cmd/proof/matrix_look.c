/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_look.h"

#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"

const struct gp_look gp_looks[GP_CELL_CLASSES] = {
	[GP_CELL_OK] = { "✔", "ok", "The modules are there and were verified." },
	[GP_CELL_BLOCKED] = { "⊘", "not", "The data say that it does not build; nothing was built." },
	[GP_CELL_UNKNOWN] = { "?", "not", "The data do not know the kernel; nothing was built." },
	[GP_CELL_HUNK] = { "✘", "bad", "A patch did not apply." },
	[GP_CELL_COMPILE] = { "✘", "bad", "The compiler refused it." },
	[GP_CELL_MODPOST] = { "✘", "bad", "The modules could not be linked." },
	[GP_CELL_VERIFY] = { "✘", "bad", "The modules would not load, or lack the hooks." },
	[GP_CELL_BOOT] = { "✘", "bad", "The kernel was booted, and refused them or complained." },
	[GP_CELL_TIMEOUT] = { "✘", "bad", "It took too long." },
	[GP_CELL_ENVIRONMENT] = { "!", "env", "Headers, compiler, disk or memory: it says nothing of the driver." },
	[GP_CELL_CANCELLED] = { "–", "env", "A signal came before it was finished." },
};

bool gp_look_due(const struct gp_cell *c)
{
	return c->expected && gp_cell_group(c->cls) == GP_GROUP_FAILED;
}

const char *gp_look_tone(const struct gp_cell *c)
{
	return gp_look_due(c) ? "due" : gp_looks[c->cls].tone;
}

void gp_look_words(struct gp_buf *out, const struct gp_cell *c)
{
	const char *change = gp_cell_change_words(c);

	gp_buf_printf(out, "%s%s%s%s%s", gp_cell_class_name(c->cls), gp_look_due(c) ? ", expected" : "",
		      c->unchanged ? ", unchanged" : "", change ? ", " : "", gp_or_nothing(change));
}

enum gp_section gp_section_of(const struct gp_cell *c)
{
	if (gp_cell_is_red(c))
		return GP_SECTION_FAILED;
	if (gp_cell_group(c->cls) == GP_GROUP_FAILED)
		return GP_SECTION_EXPECTED;
	return c->cls == GP_CELL_OK ? GP_SECTION_BUILT : GP_SECTION_NOT_BUILT;
}

const char *gp_section_name(enum gp_section s)
{
	static const char *const names[GP_SECTIONS] = { "Failed", "Failed as expected", "Not built", "Built" };

	return names[s];
}
