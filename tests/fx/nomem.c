/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD: the allocation number $NOMEM_AT (from 1) that a library whose name
 * holds $NOMEM_LIB asks for fails. If it comes to that, $NOMEM_TOLD is made.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

/* dladdr() takes long, and there are many calls from few places. */
static int is_of(void *caller, const char *lib)
{
	static _Thread_local struct {
		void *caller;
		int yes;
	} seen[1024];
	size_t i = (size_t)caller / 4 % 1024;
	Dl_info info;

	if (seen[i].caller != caller) {
		seen[i].caller = caller;
		seen[i].yes = dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, lib);
	}
	return seen[i].yes;
}

static int fails(void *caller)
{
	static const char *lib;
	static long at = -1;
	static _Atomic long n;
	static _Thread_local int busy; /* dladdr() may allocate */

	if (busy)
		return 0;
	busy = 1;
	if (at < 0) {
		lib = getenv("NOMEM_LIB");
		at = getenv("NOMEM_AT") ? atol(getenv("NOMEM_AT")) : 0;
	}
	if (at && lib && is_of(caller, lib) && ++n == at) {
		close(open(getenv("NOMEM_TOLD"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		errno = ENOMEM;
		busy = 0;
		return 1;
	}
	busy = 0;
	return 0;
}

void *malloc(size_t len)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(len);
}

void *calloc(size_t n, size_t len)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, len);
}

void *realloc(void *p, size_t len)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, len);
}
