/* SPDX-License-Identifier: MIT */
#include "ops/driver.h"

#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "ops/runindex.h"

/* Sources are small; the blobs beside them (nv-kernel.o_binary, 40 MB) are not
 * wanted in memory. */
#define SOURCE_MAX (16u << 20)

static bool want(void *arg, const char *path, uint64_t size)
{
	const struct gp_list *also = arg;

	if (also && gp_list_has(also, path))
		return true;
	if (size > SOURCE_MAX || gp_str_ends(gp_str_of(path), "_binary"))
		return false;
	return strcmp(path, ".manifest") == 0 || strcmp(path, "pkg-history.txt") == 0 ||
	       gp_path_under(path, "kernel") || gp_path_under(path, "kernel-open");
}

static int read_manifest(struct gp_driver *d, struct gp_err *err)
{
	struct gp_str text;

	if (gp_tree_read(&d->tree, ".manifest", &text, err) < 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "no '.manifest' in it: not a driver installer");
	if (gp_manifest_parse(text, &d->manifest, err) < 0)
		return -1;
	if (gp_version_parse(d->manifest.version, &d->version, err) < 0)
		return gp_within(err, "'.manifest' line 2");
	return 0;
}

static bool has_below(const struct gp_runfile *rf, const char *dir)
{
	for (size_t i = 0; i < rf->n; i++)
		if (rf->entry[i].type == GP_ENTRY_FILE && gp_path_under(rf->entry[i].path, dir))
			return true;
	return false;
}

static int identify(struct gp_driver *d, struct gp_err *err)
{
	gp_tree_init(&d->tree, &d->rf);
	if (read_manifest(d, err) < 0)
		return -1;
	d->kind = gp_manifest_kind(&d->manifest);
	d->has_kernel = has_below(&d->rf, "kernel");
	d->has_kernel_open = has_below(&d->rf, "kernel-open");
	return gp_altered_find(&d->tree, &d->manifest, &d->altered, err);
}

int gp_driver_open(struct gp_driver *d, const char *path, const struct gp_list *also,
		   const char *index_dir, const volatile sig_atomic_t *cancel, struct gp_err *err)
{
	struct gp_keep keep = { want, (void *)also };

	*d = (struct gp_driver){ .rf.fd = -1 };
	if (gp_runfile_open(&d->rf, path, err) < 0)
		return -1;
	d->rf.cancel = cancel;
	if (!(index_dir && gp_index_load(&d->rf, index_dir, also)) && gp_runfile_scan(&d->rf, &keep, err) < 0) {
		gp_driver_release(d);
		return -1;
	}
	if (identify(d, err) < 0) {
		gp_driver_release(d);
		return gp_within(err, "'%s'", path);
	}
	return 0;
}

void gp_driver_release(struct gp_driver *d)
{
	if (!d)
		return;
	gp_altered_release(&d->altered);
	gp_manifest_release(&d->manifest);
	gp_tree_release(&d->tree);
	gp_runfile_release(&d->rf);
	*d = (struct gp_driver){ .rf.fd = -1 };
}

bool gp_driver_file(void *arg, const char *path, struct gp_str *out)
{
	const struct gp_driver *d = arg;

	return gp_tree_has(&d->tree, path) && gp_tree_read(&d->tree, path, out, NULL) == 0;
}
