/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_CHECKUP_H
#define GP_OPS_HOST_CHECKUP_H

#include "base/tri.h"
#include "core/rules/platform.h"
#include "ops/host/machine.h"
#include "ops/driver/driver.h"
#include "ops/select/catalog.h"
#include "ops/select/select.h"

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
	char *seen; /* a line of a log that says it, and where; untrusted; NULL */
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
/* Where the last answer was seen; it is taken. */
void gp_checkup_seen(struct gp_checkup *c, char *seen);
/* The same for what cannot be told: why's reasons are in it, and a container's name. */
void gp_checkup_unknown(struct gp_checkup *c, const char *id, const char *what, const struct gp_list *why);
/* A command of that system that installs a package; free() it. */
char *gp_checkup_install(const struct gp_checkup *c, const char *package);
/* Missing; but unknown in a container or a chroot, where less is seen than there is. */
enum gp_health gp_checkup_missing(const struct gp_checkup *c);

/* --- what later answers need, found without saying so --- */

/* c->running and c->kernels. why: as gp_machine_look(). */
void gp_checkup_find_kernels(struct gp_checkup *c, struct gp_list *why);
/* c->platform. Out: what the system calls itself, free() it; NULL: it cannot be told. */
char *gp_checkup_find_platform(struct gp_checkup *c, struct gp_list *why);
struct gp_gpu_list;
/* The cards of that machine; an answer where there are none, or where that cannot be told.
 * Out: gp_gpus_release(). */
void gp_checkup_find_gpus(struct gp_checkup *c, struct gp_gpu_list *l);
/* The command that installs a kernel's headers, or what to do; free() it. */
char *gp_checkup_headers(const struct gp_checkup *c, const char *release);
/* The versions that DKMS has of a module. Out: appended; as gp_machine_names(). */
enum gp_tri gp_checkup_dkms_versions(const struct gp_checkup *c, const char *name, struct gp_list *out,
				     struct gp_list *why);
struct gp_headers;
/* What the data are asked for, and so what their doubts are: what to install; besides, where
 * modules were built and looked at; or there is nothing else to go by. */
enum gp_data_part { GP_DATA_ADVISES, GP_DATA_BESIDES, GP_DATA_ALONE };
/*
 * Append what the data say of c->driver on a kernel.
 *
 * In:  h: the kernel's headers, or NULL.
 * Out: 0 and *s, of that kernel: gp_selection_release(); -1: they could not be asked, which
 *      is an answer, too.
 */
int gp_check_data(struct gp_checkup *c, const struct gp_release *r, struct gp_headers *h, enum gp_data_part part,
		  struct gp_selection *s);

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
#define GP_HOST_UNITS 2
extern const char *const gp_host_units[GP_HOST_UNITS]; /* "nvidia-vgpud.service", … */
/* Is there a file of the unit? And what its ActiveState means. */
bool gp_host_has_unit(const struct gp_machine *m, const char *unit);
void gp_check_unit_state(struct gp_checkup *c, const char *unit, struct gp_str state);
void gp_check_packages(struct gp_checkup *c);   /* those of the distribution with modules of their own */
void gp_check_space(struct gp_checkup *c);      /* and noexec; is /usr one that can be written to */
void gp_check_secureboot(struct gp_checkup *c); /* and lockdown */

/*
 * Look at everything.
 *
 * Errors: none: what cannot be looked at is unknown.
 */
void gp_checkup_run(struct gp_checkup *c);

/* For a record: ask what the answers so far gave no reason to ask, and others may want. */
void gp_checkup_ask_more(const struct gp_checkup *c);

#endif
