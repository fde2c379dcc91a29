/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_BOOT_H
#define GP_CORE_VM_BOOT_H

#include <stdbool.h>

#include "base/buf.h"

/* What a kernel said of one module when it was to load it. */
enum gp_boot_verdict {
	GP_BOOT_NOT_ASKED, /* something that it needs was not there: no answer */
	GP_BOOT_LOADED,
	GP_BOOT_ENDED,   /* the kernel took it, and it found nothing to do: no card */
	GP_BOOT_REFUSED, /* the loader said no */
	GP_BOOT_FAILED,  /* the kernel took it, and its own init said no */
	GP_BOOT_CRASHED, /* the kernel did not live through it */
};

/* "loaded", … as reports and JSON say it. */
const char *gp_boot_verdict_name(enum gp_boot_verdict v);

/* Strings are its own; NULL where there is nothing to say. */
struct gp_boot_module {
	char *file, *name;
	bool stand_in;  /* it was made for this boot, in the place of the real one */
	bool asked_for; /* by the user; else the kernel's own, or a stand-in */
	char *beside;   /* the stand-in that it was loaded beside */
	enum gp_boot_verdict verdict;
	long error;           /* of finit_module(): 0, or -errno */
	char *line;           /* the loader's, or the module's own, from the console */
	const char *check;    /* what it is about: as gp_loader_judge() has them; NULL */
	char *meaning;        /* one line: what that is, and what can be done; of "not asked" the reason */
	char *taint;          /* /sys/module/NAME/taint: "POE" */
	bool tried, unloaded; /* to unload it again */
};

/* Something that the kernel had to say besides: a warning, an oops, a slab report. */
struct gp_boot_finding {
	const char *check; /* "warning", "oops", "bug", "slab", "hang", "unload" */
	char *module;      /* during whose step */
	char *text;        /* its first line */
	char *trace;       /* all of its lines; NULL */
};

struct gp_boot {
	char *release;   /* of the kernel */
	char *image;     /* its file, or package */
	char *accel;     /* "kvm", "tcg" */
	bool kvm_silent; /* KVM was tried, and given up */
	double seconds;
	char *why; /* nobody was asked, or not all: the reason; NULL */
	struct gp_list notes;
	struct gp_boot_module *module; /* in the order in which they were loaded */
	size_t n, cap;
	struct gp_boot_finding *finding;
	size_t nfinding, finding_cap;
};

void gp_boot_release(struct gp_boot *b);

void gp_boot_module_release(struct gp_boot_module *m);

/* A new one at the end, zeroed; borrowed until the next call. */
struct gp_boot_module *gp_boot_add(struct gp_boot *b);

/*
 * All of it in a word: does the kernel take the modules that were asked for?
 *
 * GP_BOOT_SAYS_NO: one was refused, failed or crashed, or there is a finding; else
 * GP_BOOT_SAYS_NOTHING: one was not asked; else GP_BOOT_SAYS_YES.
 */
enum gp_boot_answer { GP_BOOT_SAYS_YES, GP_BOOT_SAYS_NO, GP_BOOT_SAYS_NOTHING };
enum gp_boot_answer gp_boot_answer(const struct gp_boot *b);
const char *gp_boot_answer_name(enum gp_boot_answer a); /* "yes", "no", "not asked" */

/* The first of what makes it no "yes", in one line; free() it. NULL: it is one. */
char *gp_boot_reason(const struct gp_boot *b);

#endif
