/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_LOOK_H
#define GP_CMD_PROOF_MATRIX_LOOK_H

#include "core/proof/cell.h"

/* How a class looks on the page: a sign that fonts have, one of gp_page_style's five tones,
 * and what it means in a sentence. */
struct gp_look {
	const char *sign, *tone, *meaning;
};

extern const struct gp_look gp_looks[GP_CELL_CLASSES];

/* It failed, and --expect said that it may. */
bool gp_look_due(const struct gp_cell *c);

const char *gp_look_tone(const struct gp_cell *c);

/* "compile, expected, newly broken": all of it but the sign. */
void gp_look_words(struct gp_buf *out, const struct gp_cell *c);

/* Under which head it stands, the worst first. */
enum gp_section { GP_SECTION_FAILED, GP_SECTION_EXPECTED, GP_SECTION_NOT_BUILT, GP_SECTION_BUILT, GP_SECTIONS };

enum gp_section gp_section_of(const struct gp_cell *c);
const char *gp_section_name(enum gp_section s);

#endif
