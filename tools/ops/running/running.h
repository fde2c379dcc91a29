/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUNNING_RUNNING_H
#define GP_OPS_RUNNING_RUNNING_H

#include <signal.h>

#include "base/tri.h"
#include "core/proof/hostlog.h"
#include "core/rules/card.h"
#include "ops/host/checkup.h"

/* A driver that is installed: does it run, and does the machine have vGPUs? */

/* One of its modules. */
struct gp_run_module {
	const char *name; /* of its file: "nvidia-vgpu-vfio" */
	bool needed;      /* without it there are no vGPUs */
	enum gp_tri loaded;
	char *version;    /* of what is loaded; NULL: not known */
	char *file;       /* that modprobe would take, as a path of that machine; NULL: none, or not known */
	enum gp_tri same; /* is the file what is loaded? */
};
#define GP_RUN_MODULES 6

/* A card, or a device whose vGPUs are made by mdev. */
struct gp_run_card {
	char *slot;                 /* "0000:01:00.0" */
	unsigned device;            /* its PCI id */
	const struct gp_card *card; /* NULL: the data do not know it */
	size_t types;               /* that mdev offers */
	size_t functions;           /* virtual functions with a folder `nvidia` */
	enum gp_tri known;          /* could that be looked at? */
};

/* A service. */
struct gp_run_service {
	const char *unit;
	char *state;          /* "active"; NULL: not known */
	enum gp_tri preloads; /* has what runs the library of vgpu_unlock-rs? */
};

struct gp_running {
	struct gp_checkup checkup; /* machine and catalog are the caller's */
	struct gp_run_module module[GP_RUN_MODULES];
	enum gp_tri hooks; /* has nvidia.ko on the disk the hooks' symbols, as they should be? */
	struct gp_run_card *card;
	size_t ncard, card_cap;
	bool wants_hooks; /* a card here has vGPUs by the hooks only */
	struct gp_run_service service[GP_HOST_UNITS];
	struct gp_hostlog log;
	struct gp_list sets; /* that gridpatch wrote down in the sources */
	bool sets_known;     /* there was such a record */
};

void gp_running_release(struct gp_running *r);

/*
 * Look at all of it. Nothing is changed, and nothing of the driver is run.
 *
 * In:  r: zeroed but for checkup's machine and catalog.
 * Out: checkup has an answer for each thing; what cannot be looked at is unknown.
 *      gp_running_release() it.
 */
void gp_running_look(struct gp_running *r);

/* By its name, or NULL; belongs to r. */
const struct gp_run_module *gp_running_module(const struct gp_running *r, const char *name);

/* --- what is looked at, a file each, in this order --- */

void gp_running_cards(struct gp_running *r);    /* which there are: wants_hooks */
void gp_running_vgpus(struct gp_running *r);    /* types and virtual functions */
void gp_running_modules(struct gp_running *r);  /* what is loaded, against the files; hooks */
void gp_running_services(struct gp_running *r); /* states, LD_PRELOAD */
void gp_running_config(struct gp_running *r);   /* /etc/vgpu_unlock */
void gp_running_log(struct gp_running *r);      /* dmesg, the journal */
void gp_running_sets(struct gp_running *r);

/*
 * Look through a log of the caller's: a file, or "-", standard input. Errors: as
 * gp_hostlog_read(), and GP_E_NOTFOUND, GP_E_SYSTEM: it cannot be read; GP_E_CANCELLED.
 */
int gp_running_log_file(const char *path, const struct gp_message_list *messages, const volatile sig_atomic_t *cancel,
			struct gp_hostlog *out, struct gp_err *err);

/* What a log has to say, as answers: "log". In: past: the driver is loaded now, so what
 * the loader refused is over. */
void gp_running_explain(struct gp_checkup *c, const struct gp_hostlog *l, bool past);

#endif
