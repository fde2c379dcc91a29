/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_CONFIG_H
#define GP_OPS_HOST_CONFIG_H

#include "ops/host/machine.h"

/* What a kernel was configured with. Zeroed is empty. */
struct gp_kconfig {
	struct gp_buf text;
	char *from; /* the file; NULL: none was found */
};
void gp_kconfig_release(struct gp_kconfig *k);

/*
 * Find it: /boot/config-R, /lib/modules/R/config, the headers' .config, for the running
 * kernel /proc/config.gz.
 *
 * In:  running: R runs.
 * Out: k->from is NULL when there is none to be read.
 */
void gp_kconfig_read(const struct gp_machine *m, const char *release, bool running, struct gp_kconfig *k);

/* 'y', 'm', or 'n' where it is not set. */
char gp_kconfig_is(const struct gp_kconfig *k, const char *name);
/* A text, without its quotes; free() it. NULL: not set. */
char *gp_kconfig_text(const struct gp_kconfig *k, const char *name);

#endif
