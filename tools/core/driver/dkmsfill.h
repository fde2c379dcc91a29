/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_DKMSFILL_H
#define GP_CORE_DRIVER_DKMSFILL_H

#include "base/buf.h"
#include "base/err.h"

/*
 * A package's dkms.conf as nvidia-installer leaves it in /usr/src/nvidia-VERSION: the
 * words that it fills in are placeholders before.
 *
 * What depends on a machine there is the same everywhere here: as many jobs as dkms was
 * asked for or as there are processors, no module left out, and compilers of another
 * minor version are no obstacle (an installer asks the user; dkms cannot).
 *
 * In:     text: untrusted; one without placeholders is done already. modules: words,
 *         of the manifest's fourth line.
 * Out:    appended to out.
 * Errors: GP_E_UNSUPPORTED a placeholder that is not known, or a module's name that
 *         would be shell code; GP_E_FORMAT a NUL byte, or modules are asked for and
 *         there are none.
 * Source: nvidia-installer 460.73.01 and 590.48.01, process_dkms_conf(); dkms 2.8.4,
 *         3.0.10 and 3.2.2, which source the file where parallel_jobs is set.
 */
int gp_dkms_fill(struct gp_str text, const char *version, struct gp_str modules, struct gp_buf *out,
		 struct gp_err *err);

/* What DKMS calls a module; free() both. */
struct gp_dkms_name {
	char *name, *version;
};

/*
 * PACKAGE_NAME and PACKAGE_VERSION of a dkms.conf that is filled in.
 *
 * Out:    gp_dkms_name_release() it; zeroed on failure. Both are words of
 *         [A-Za-z0-9._+~-] that begin with a letter or a digit: they become names of
 *         files, and shells see them.
 * Errors: GP_E_UNSUPPORTED one is missing, or is not such a word.
 */
int gp_dkms_name_read(struct gp_str text, struct gp_dkms_name *out, struct gp_err *err);
void gp_dkms_name_release(struct gp_dkms_name *n);

#endif
