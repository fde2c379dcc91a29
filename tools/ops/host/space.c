/* SPDX-License-Identifier: MIT */
/* Is there room for what an installation unpacks and builds? */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "base/tri.h"
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
	{ "/usr", NULL, 0 }, /* only whether it can be written to: an image's cannot */
};

struct room {
	uint64_t free_mb;
	bool noexec, readonly;
};

/* The nearest directory that is there. */
static int ask(const char *path, struct statvfs *out)
{
	if (statvfs(path, out) == 0)
		return 0;
	return errno == ENOENT ? statvfs("/var/lib", out) : -1;
}

/* Its name in a record: "space-tmp", "space-var-lib-dkms". free() it. */
static char *record_of(const char *path)
{
	char *name = gp_asprintf("space%s", path);

	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '-';
	return name;
}

static enum gp_tri measure(const struct gp_machine *m, const char *path, struct room *out, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *name = record_of(path), *line = NULL;
	struct statvfs st;

	if (ask(path, &st) < 0) {
		gp_list_printf(why, "%s: %s", path, strerror(errno));
		return GP_TRI_UNKNOWN;
	}
	out->free_mb = (uint64_t)st.f_bavail * st.f_frsize / 1000000;
	out->noexec = st.f_flag & ST_NOEXEC;
	out->readonly = st.f_flag & ST_RDONLY;
	line = gp_asprintf("%llu%s%s", (unsigned long long)out->free_mb, out->noexec ? " noexec" : "",
			   out->readonly ? " ro" : "");
	gp_machine_note(m, name, gp_str_of(line), 0);
	return GP_TRI_YES;
}

/* As measure() wrote it: megabytes, "noexec", "ro". No: that was not recorded. */
static enum gp_tri recall(const struct gp_machine *m, const char *path, struct room *out, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *name = record_of(path);
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	enum gp_tri there = gp_machine_noted(m, name, &said, why);
	struct gp_str text = gp_buf_str(&said.text), rest = { "", 0 }, word = { "", 0 };

	if (there != GP_TRI_YES)
		return there;
	gp_text_line_next(&text, &rest);
	if (!gp_word_next(&rest, &word) || !gp_parse_u64(word, UINT64_MAX, &out->free_mb)) {
		gp_list_printf(why, "'%s' of the record has no megabytes", name);
		return GP_TRI_UNKNOWN;
	}
	out->noexec = gp_str_has_word(rest, GP_STR("noexec"));
	out->readonly = gp_str_has_word(rest, GP_STR("ro"));
	return GP_TRI_YES;
}

static void tell(struct gp_checkup *c, size_t i, const struct room *r)
{
	if (!PLACES[i].need_mb) {
		if (r->readonly)
			gp_checkup_add(c, "image", GP_HEALTH_ATTENTION,
				       gp_strdup("gridpatch build RUN --headers DIR -o DIR, and bring the modules in "
						 "as it takes them"),
				       "%s cannot be written to: neither an installer nor DKMS can put a driver there",
				       PLACES[i].path);
		return;
	}
	if (r->free_mb < PLACES[i].need_mb)
		gp_checkup_add(c, "space", GP_HEALTH_MISSING,
			       i ? NULL : gp_strdup("TMPDIR=/var/tmp sh RUN --tmpdir /var/tmp"),
			       "%s has %llu MB left, and %s takes %u MB", PLACES[i].path,
			       (unsigned long long)r->free_mb, PLACES[i].what, PLACES[i].need_mb);
	else
		gp_checkup_add(c, "space", GP_HEALTH_OK, NULL, "%s has room for %s", PLACES[i].path, PLACES[i].what);
	if (i == 0 && r->noexec)
		gp_checkup_add(c, "noexec", GP_HEALTH_ATTENTION, gp_strdup("sh RUN --tmpdir /var/tmp"),
			       "/tmp is mounted noexec: the installer cannot run from it");
}

void gp_check_space(struct gp_checkup *c)
{
	for (size_t i = 0; i < GP_COUNT(PLACES); i++) {
		gp_auto(gp_list_release) struct gp_list why = { 0 };
		struct room r = { 0 };
		enum gp_tri there = c->machine->root ? recall(c->machine, PLACES[i].path, &r, &why) :
						       measure(c->machine, PLACES[i].path, &r, &why);

		if (there == GP_TRI_YES)
			tell(c, i, &r);
		else if (there == GP_TRI_UNKNOWN)
			gp_checkup_add(c, "space", GP_HEALTH_UNKNOWN, NULL, "%s", why.v[0]);
	}
}
