/* SPDX-License-Identifier: MIT */
#define GP_LIBARCHIVE_SELF
#include "ops/run/libarchive.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"

/* The name since libarchive 3.0 of 2011. */
#define SONAME "libarchive.so.13"

static struct gp_libarchive table;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

const struct gp_libarchive *gp_libarchive(void)
{
	return &table;
}

static int load(struct gp_err *err)
{
	static const char *const names[] = {
#define GP_NAME(name) #name,
		GP_LIBARCHIVE_FUNCTIONS(GP_NAME)
	};
	/* Stays for the rest of the process. */
	void *lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	void *slot[GP_COUNT(names)];

	_Static_assert(sizeof(slot) == sizeof(table), "one pointer a function");
	if (!lib)
		return gp_fail(err, GP_E_SYSTEM, "cannot load libarchive: %s", dlerror());
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		slot[i] = dlsym(lib, names[i]);
		if (!slot[i])
			return gp_fail(err, GP_E_SYSTEM, "%s lacks %s", SONAME, names[i]);
	}
	/* POSIX lets dlsym() speak of functions; ISO C does not let us cast. */
	memcpy(&table, slot, sizeof(table));
	/* Member names in pax headers are UTF-8 whatever the user's locale is;
	 * nothing else here asks for a locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	return 0;
}

int gp_libarchive_load(struct gp_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!loaded)
		rc = load(err);
	loaded |= rc == 0;
	pthread_mutex_unlock(&lock);
	return rc;
}

/* The names of libarchive.h's macros are not known here. */
int gp_libarchive_fail(struct archive *a, enum gp_code code, const char *what, struct gp_err *err)
{
	const char *text = table.archive_error_string(a);

	/* It has words for all but some allocations that fail. */
	if (table.archive_errno(a) == ENOMEM || !text)
		return gp_fail_sys(err, ENOMEM, "%s", what);
	return gp_fail(err, code, "%s: %s", what, text);
}
