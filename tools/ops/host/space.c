/* SPDX-License-Identifier: MIT */
/* Is there room for what an installation unpacks and builds? */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "ops/host/checkup.h"

/* Source: 610.57.04 unpacks to 1.81 GB; sources of R535 are 100 MB below /usr/src, and
 * DKMS keeps them and the modules of each kernel (measured with 460.73.01 and 535.261.03). */
static const struct {
	const char *path, *what;
	unsigned need_mb;
} PLACES[] = {
	{ "/tmp", "unpacking the installer", 2000 },
	{ "/usr/src", "the driver's sources", 200 },
	{ "/var/lib/dkms", "DKMS's builds", 500 },
};

/* The nearest directory that is there. */
static int ask(const char *path, struct statvfs *out)
{
	if (statvfs(path, out) == 0)
		return 0;
	return errno == ENOENT ? statvfs("/var/lib", out) : -1;
}

static void check_place(struct gp_checkup *c, size_t i)
{
	struct statvfs st;
	uint64_t free_mb;

	if (ask(PLACES[i].path, &st) < 0) {
		gp_checkup_add(c, "space", GP_HEALTH_UNKNOWN, NULL, "%s: %s", PLACES[i].path, strerror(errno));
		return;
	}
	free_mb = (uint64_t)st.f_bavail * st.f_frsize / 1000000;
	if (free_mb < PLACES[i].need_mb)
		gp_checkup_add(c, "space", GP_HEALTH_MISSING,
			       i ? NULL : gp_strdup("TMPDIR=/var/tmp sh RUN --tmpdir /var/tmp"),
			       "%s has %llu MB left, and %s takes %u MB", PLACES[i].path, (unsigned long long)free_mb,
			       PLACES[i].what, PLACES[i].need_mb);
	else
		gp_checkup_add(c, "space", GP_HEALTH_OK, NULL, "%s has room for %s", PLACES[i].path, PLACES[i].what);
	if (i == 0 && (st.f_flag & ST_NOEXEC))
		gp_checkup_add(c, "noexec", GP_HEALTH_ATTENTION, gp_strdup("sh RUN --tmpdir /var/tmp"),
			       "/tmp is mounted noexec: the installer cannot run from it");
}

void gp_check_space(struct gp_checkup *c)
{
	/* Of a recorded machine nobody knows. */
	for (size_t i = 0; !c->machine->root && i < GP_COUNT(PLACES); i++)
		check_place(c, i);
}
