/* SPDX-License-Identifier: MIT */
#include "base/dynlib.h"

#include <dlfcn.h>
#include <string.h>

#include "base/buf.h"

static int load(struct gp_dynlib *l, struct gp_err *err)
{
	void *lib = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);
	gp_auto(gp_free_ptr) void *slots = gp_alloc(l->n * sizeof(void *));
	void **slot = slots;

	if (!lib)
		return gp_fail(err, GP_E_SYSTEM, "cannot load %s: %s", l->name, dlerror());
	for (size_t i = 0; i < l->n; i++) {
		slot[i] = dlsym(lib, l->functions[i]);
		if (!slot[i])
			return gp_fail(err, GP_E_SYSTEM, "%s lacks %s", l->soname, l->functions[i]);
	}
	/* POSIX lets dlsym() speak of functions; ISO C does not let us cast. */
	memcpy(l->table, slot, l->n * sizeof(*slot));
	if (l->first)
		l->first();
	return 0;
}

int gp_dynlib_load(struct gp_dynlib *l, struct gp_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	if (!l->loaded)
		rc = load(l, err);
	l->loaded |= rc == 0;
	pthread_mutex_unlock(&l->lock);
	return rc;
}
