/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_UNIT_H
#define GP_CORE_DRIVER_UNIT_H

#include "base/buf.h"
#include "core/rules/half.h"

/*
 * The text of a systemd service, as far as it says with what its program is started:
 * LD_PRELOAD of its Environment=, or a wrapper in front of its ExecStart=.
 *
 * Source: systemd.syntax(7), systemd.exec(5) and systemd.service(5) of systemd 252: several
 *         [Service] sections are one, an empty value takes back those before it, a later
 *         value of a variable wins, a comment inside of a continued value is skipped, and
 *         one that ends in a backslash is not continued. ld.so(8): LD_PRELOAD is a list
 *         with blanks or colons. tests/cli/unlock.sh asks systemd itself.
 */

/*
 * Which file of that name does the unit use in that way?
 *
 * In:     text: untrusted. base: the last part of the file's name.
 * Out:    *path: as the unit has it, free() it; NULL: none.
 * Errors: GP_E_UNSUPPORTED it cannot be told: a NUL byte, an open quote; for the script
 *         also no ExecStart=, or several.
 */
int gp_unit_uses(struct gp_str text, enum gp_half half, const char *base, char **path, struct gp_err *err);

/*
 * Have the unit use that file. Another place of a file of the same name is corrected, what
 * else is preloaded stays; twice changes nothing.
 *
 * In:     path: absolute, of letters, digits and "/._-" only.
 * Out:    appended to out, the whole new text; all other bytes stay.
 * Errors: as above, and GP_E_UNSUPPORTED no [Service] section, a prefix of ExecStart= with
 *         which no wrapper works, or a last line that goes on nowhere.
 */
int gp_unit_use(struct gp_str text, enum gp_half half, const char *path, struct gp_buf *out, struct gp_err *err);

#endif
