/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_CARDNAME_H
#define GP_CORE_RULES_CARDNAME_H

#include <stdbool.h>

/* What people call a card, and what pci.ids calls it. */

/* How well a name fits, the better the greater. */
enum gp_name_fit {
	GP_NAME_OTHER,
	GP_NAME_BEGINS, /* some of the words of it, in a row: "GTX 1060" of "GeForce GTX 1060 6GB" */
	GP_NAME_ENDS,   /* its last words, with a number: "GTX 1080", "P4" */
	GP_NAME_WHOLE
};

/*
 * Compare what somebody said with a device's name.
 *
 * Only letters and digits count, in whatever case, and "NVIDIA" in front does not; a word
 * ends where a blank or a sign is, but people may leave these out ("gtx1080"). A name
 * with a slash stands for several.
 *
 * In:     said: untrusted. name: "GP104 [GeForce GTX 1080]"; what has no brackets is
 *         no product.
 * Source: pci.ids: "GA107GL [A2 / A16]", "TU102GL [Quadro RTX 6000/8000]", "GH100[H100 SXM5 80GB]".
 */
enum gp_name_fit gp_card_name_fit(const char *said, const char *name);

/* Can it be a name: letters, digits, blanks and signs as names have, at most 64? */
bool gp_card_name_sane(const char *said);

#endif
