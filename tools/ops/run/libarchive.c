/* SPDX-License-Identifier: MIT */
#define GP_LIBARCHIVE_SELF
#include "ops/run/libarchive.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>

#include "base/buf.h"
#include "base/dynlib.h"

/* The name since libarchive 3.0 of 2011. */
#define SONAME "libarchive.so.13"

static struct gp_libarchive table;

const struct gp_libarchive *gp_libarchive(void)
{
	return &table;
}

static const char *const names[] = {
#define GP_NAME(name) #name,
	GP_LIBARCHIVE_FUNCTIONS(GP_NAME)
};
_Static_assert(sizeof(names) == sizeof(table), "one pointer a function");

/* Member names in pax headers are UTF-8 whatever the user's locale is; nothing else here
 * asks for a locale. */
static void set_locale(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
}

int gp_libarchive_load(struct gp_err *err)
{
	static struct gp_dynlib lib = { .name = "libarchive",
					.soname = SONAME,
					.functions = names,
					.n = GP_COUNT(names),
					.table = &table,
					.first = set_locale,
					.lock = PTHREAD_MUTEX_INITIALIZER };

	return gp_dynlib_load(&lib, err);
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
