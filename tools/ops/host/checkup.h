/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_CHECKUP_H
#define GP_OPS_HOST_CHECKUP_H

#include "core/rules/platform.h"
#include "ops/host/machine.h"
#include "ops/select/catalog.h"
#include "ops/driver/driver.h"

/* What one look at a machine said. */
enum gp_health {
	GP_HEALTH_OK,
	GP_HEALTH_ATTENTION, /* it may work as it is */
	GP_HEALTH_MISSING,   /* it will not, before this is mended */
	GP_HEALTH_UNKNOWN    /* it could not be looked at */
};
const char *gp_health_name(enum gp_health h); /* "ok", "attention", "missing", "unknown" */

struct gp_check {
	const char *id; /* a word of the schema: "iommu" */
	enum gp_health health;
	char *text; /* one sentence */
	char *mend; /* a command, or what to do; NULL: nothing */
};

/* Everything that is asked about, and the answers. Zeroed is empty. */
struct gp_checkup {
	const struct gp_machine *machine;
	const struct gp_catalog *catalog;
	const struct gp_driver *driver; /* of RUN; NULL */
	struct gp_check *v;
	size_t n, cap;
	/* Found on the way, for later ones. */
	char *running;                      /* uname -r; NULL: not known */
	struct gp_list kernels;             /* releases below /lib/modules that have modules, oldest first */
	const struct gp_platform *platform; /* NULL: the data do not know it */
	bool needs_iommu;                   /* a card here has SR-IOV */
};
void gp_checkup_release(struct gp_checkup *c);

/* Append an answer. mend may be NULL; it is taken. */
void gp_checkup_add(struct gp_checkup *c, const char *id, enum gp_health health, char *mend, const char *fmt, ...)
	GP_PRINTF(5, 6);
/* The same for what cannot be told: why's reasons are in it, and a container's name. */
void gp_checkup_unknown(struct gp_checkup *c, const char *id, const char *what, const struct gp_list *why);
/* Missing; but unknown in a container or a chroot, where less is seen than there is. */
enum gp_health gp_checkup_missing(const struct gp_checkup *c);

/* --- what is looked at, a file each --- */

void gp_check_kernels(struct gp_checkup *c);     /* first: running, kernels */
void gp_check_platform(struct gp_checkup *c);    /* then: platform; DKMS, make */
void gp_check_processor(struct gp_checkup *c);   /* virtualization, IOMMU, KVM */
void gp_check_each_kernel(struct gp_checkup *c); /* the data, configuration, headers, compiler */
struct gp_kconfig;
void gp_check_config(struct gp_checkup *c, const char *release, const struct gp_kconfig *k);
void gp_check_gpus(struct gp_checkup *c);      /* before the processor: needs_iommu */
void gp_check_installed(struct gp_checkup *c); /* nouveau, loaded modules, DKMS, leftovers */
void gp_check_services(struct gp_checkup *c);
void gp_check_space(struct gp_checkup *c);      /* and noexec */
void gp_check_secureboot(struct gp_checkup *c); /* and lockdown */

/*
 * Look at everything.
 *
 * Errors: none: what cannot be looked at is unknown.
 */
void gp_checkup_run(struct gp_checkup *c);

#endif
