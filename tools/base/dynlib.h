/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_DYNLIB_H
#define GP_BASE_DYNLIB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A library that is loaded when it is first needed, as linking it would cost every start. */
struct gp_dynlib {
	const char *name, *soname;
	const char *const *functions; /* their names, n of them */
	size_t n;
	void *table;         /* n pointers to functions, in that order: filled when all are found */
	void (*first)(void); /* called once, when they are; may be NULL */
	pthread_mutex_t lock;
	bool loaded;
};

/*
 * Load it, once, for the rest of the process; later calls cost nothing. Safe from several
 * threads.
 *
 * Errors: GP_E_SYSTEM: it is not installed, or lacks a function.
 */
int gp_dynlib_load(struct gp_dynlib *l, struct gp_err *err);

#endif
