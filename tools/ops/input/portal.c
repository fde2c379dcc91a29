/* SPDX-License-Identifier: MIT */
#include "ops/input/portal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/payload/filetype.h"
#include "ops/input/archive.h"
#include "ops/input/spool.h"
#include "ops/run/libarchive.h"
#include "ops/run/runfile.h"

#define MEMBERS_MAX 10000u /* the portal's have less than a hundred */
#define NAMED 6            /* of several members so many are named */

/* What deflate makes of the best there is. An installer is packed already, so that
 * whoever says more of one lies.
 * Source: zlib.net/zlib_tech.html, "maximum compression factor". */
#define RATIO_MAX 1032

/* --- the list --- */

static void member_release(struct gp_portal_member *m)
{
	free(m->path);
}

void gp_portal_release(struct gp_portal *p)
{
	for (size_t i = 0; i < p->n; i++)
		member_release(&p->member[i]);
	free(p->member);
	*p = (struct gp_portal){ 0 };
}

static int add(struct gp_portal *p, struct gp_map *names, struct archive_entry *e, struct gp_err *err)
{
	const char *name = archive_entry_pathname(e);
	struct gp_portal_member m = { 0 };
	size_t old;

	if (p->n >= MEMBERS_MAX)
		return gp_fail(err, GP_E_FORMAT, "'%s' has more than %u members, which no .zip of drivers has", p->name,
			       MEMBERS_MAX);
	/* Of no importance, as it cannot be named. */
	if (!name)
		return 0;
	m.path = gp_path_clean(name, strlen(name), err);
	if (!m.path)
		return gp_within(err, "'%s'", p->name);
	m.size = (uint64_t)archive_entry_size(e);
	m.file = archive_entry_filetype(e) == AE_IFREG;
	m.encrypted = archive_entry_is_data_encrypted(e) != 0;
	m.twice = m.repeat = gp_map_get(names, m.path, &old);
	if (m.twice)
		p->member[old].twice = true;
	gp_map_put(names, m.path, p->n);
	GP_GROW(p->member, p->n, p->cap);
	p->member[p->n++] = m;
	return 0;
}

int gp_portal_open(struct gp_portal *p, int fd, const char *name, struct gp_err *err)
{
	struct gp_archive *a = gp_archive_open(fd, name, GP_ARCHIVE_ZIP, err);
	gp_auto(gp_map_release) struct gp_map names = { 0 };
	struct archive_entry *e;
	int rc = a ? 0 : -1;

	*p = (struct gp_portal){ .name = name, .fd = fd };
	while (rc == 0 && (rc = gp_archive_next(a, &e, err)) > 0)
		rc = add(p, &names, e, err);
	gp_archive_close(a);
	if (rc == 0)
		return 0;
	gp_portal_release(p);
	return -1;
}

/* --- which one --- */

static bool has(const char *path, const char *part)
{
	return strcasestr(path, part) != NULL;
}

/* What macOS packs beside each file: "__MACOSX/Host_Drivers/._X.run" has its attributes. */
static bool is_shadow(const struct gp_portal_member *m)
{
	return strncmp(gp_path_base(m->path), "._", 2) == 0;
}

static bool is_run(const struct gp_portal_member *m)
{
	size_t n = strlen(m->path);

	return m->file && !is_shadow(m) && !m->repeat && n > 4 && strcasecmp(m->path + n - 4, ".run") == 0;
}

static bool is_host_run(const struct gp_portal_member *m)
{
	return is_run(m) && (has(gp_path_base(m->path), "vgpu-kvm") || has(m->path, "host_drivers/"));
}

static bool is_guest_run(const struct gp_portal_member *m)
{
	return is_run(m) && (has(m->path, "guest_drivers/") || gp_str_ends(gp_str_of(m->path), "-grid.run"));
}

static bool is_other_run(const struct gp_portal_member *m)
{
	return is_run(m) && !is_host_run(m) && !is_guest_run(m);
}

static bool is_vmware(const struct gp_portal_member *m)
{
	return m->file &&
	       (gp_str_ends(gp_str_of(m->path), ".vib") || strcmp(gp_path_base(m->path), "vendor-index.xml") == 0);
}

static bool is_archive(const struct gp_portal_member *m)
{
	static const char *const ends[] = { ".zip", ".deb", ".rpm", ".iso", ".tgz", ".tar.gz", ".7z" };

	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (m->file && gp_str_ends(gp_str_of(m->path), ends[i]))
			return true;
	return false;
}

typedef bool is_fn(const struct gp_portal_member *m);

/* How many there are; *first: the first of them. */
static size_t count(const struct gp_portal *p, is_fn *is, size_t *first)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!is(&p->member[i]))
			continue;
		*first = n++ ? *first : i;
	}
	return n;
}

static void put_names(const struct gp_portal *p, is_fn *is, struct gp_buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (is(&p->member[i]) && n++ < NAMED)
			gp_buf_printf(out, "%s'%s'", out->len ? ", " : "", p->member[i].path);
	}
	if (n > NAMED)
		gp_buf_printf(out, " and %zu more", n - NAMED);
}

static int choose_by_name(const struct gp_portal *p, const char *wanted, size_t *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_clean(wanted, strlen(wanted), NULL);
	size_t n = 0;

	for (size_t i = 0; path && i < p->n; i++) {
		if (strcmp(p->member[i].path, path) == 0) {
			*out = i;
			return 0;
		}
		if (strcmp(gp_path_base(p->member[i].path), path) == 0) {
			*out = i;
			n++;
		}
	}
	if (n == 1)
		return 0;
	return gp_fail(err, GP_E_USAGE,
		       n ? "'%s' has several members '%s': name one by its path in it" : "'%s' has no member '%s'",
		       p->name, wanted);
}

/* There is no .run but for guests. */
static int fail_none(const struct gp_portal *p, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	size_t first = 0;

	if (count(p, is_guest_run, &first)) {
		put_names(p, is_guest_run, &names);
		return gp_fail(err, GP_E_USAGE,
			       "'%s' has no driver for the host, only for guests (%s): give the .zip that has "
			       "Host_Drivers, or name one with --member",
			       p->name, names.data);
	}
	if (count(p, is_vmware, &first))
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' is for VMware ESXi ('%s' is in it): give the .zip for Linux with KVM", p->name,
			       p->member[first].path);
	if (!count(p, is_archive, &first))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' has no .run installer in it", p->name);
	put_names(p, is_archive, &names);
	return gp_fail(
		err, GP_E_UNSUPPORTED,
		"'%s' has no .run installer in it; archives within it are not looked into: unpack it, and give one of "
		"them if it is what you want (%s)",
		p->name, names.data);
}

int gp_portal_choose(const struct gp_portal *p, const char *wanted, size_t *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	is_fn *is = is_host_run;
	size_t n;

	if (wanted)
		return choose_by_name(p, wanted, out, err);
	n = count(p, is, out);
	if (!n) {
		is = is_other_run;
		n = count(p, is, out);
	}
	if (n == 1)
		return 0;
	if (!n)
		return fail_none(p, err);
	put_names(p, is, &names);
	return gp_fail(err, GP_E_USAGE, "'%s' has %zu installers: choose one with --member (%s)", p->name, n,
		       names.data);
}

/* --- unpacking it --- */

static int check(const struct gp_portal *p, const struct gp_portal_member *m, struct gp_err *err)
{
	struct stat st;

	if (fstat(p->fd, &st) < 0)
		return gp_fail_sys(err, errno, "cannot read '%s'", p->name);
	if (m->twice)
		return gp_fail(err, GP_E_FORMAT, "'%s' has two members '%s': nobody can tell which one is meant",
			       p->name, m->path);
	if (m->encrypted)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' in '%s' is encrypted: unpack it with its password", m->path,
			       p->name);
	if (!m->file)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' in '%s' is not a regular file", m->path, p->name);
	if (m->size > GP_RUN_MAX_UNPACKED || m->size / RATIO_MAX > (uint64_t)st.st_size)
		return gp_fail(err, GP_E_FORMAT,
			       "'%s' in '%s' says that it has %llu bytes, which no installer in a file of %llu has",
			       m->path, p->name, (unsigned long long)m->size, (unsigned long long)st.st_size);
	return 0;
}

/* Its first bytes, which tell what it is. */
static int read_head(struct gp_archive *a, const char *name, struct gp_buf *head, struct gp_err *err)
{
	enum gp_filetype t;
	ssize_t n;

	gp_buf_reserve(head, GP_FILETYPE_BYTES);
	while (head->len < GP_FILETYPE_BYTES &&
	       (n = gp_archive_read(a, head->data + head->len, GP_FILETYPE_BYTES - head->len, err)) != 0) {
		if (n < 0)
			return -1;
		head->len += (size_t)n;
	}
	t = gp_filetype_of(gp_buf_str(head));
	if (gp_filetype_complaint(t))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' %s", name, gp_filetype_complaint(t));
	if (t == GP_FILETYPE_ZIP || t == GP_FILETYPE_DEB || t == GP_FILETYPE_RPM)
		return gp_fail(
			err, GP_E_UNSUPPORTED,
			"'%s' is itself an archive, and archives within archives are not looked into: unpack the "
			"outer one",
			name);
	return 0;
}

static int copy(const struct gp_portal *p, size_t which, struct gp_archive *a, struct gp_archive_copy *c, int *fd,
		struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_path_join(p->name, p->member[which].path);
	gp_auto(gp_buf_release) struct gp_buf head = { 0 };
	gp_auto(gp_spool_file_release) struct gp_spool_file s = { 0 };

	if (read_head(a, name, &head, err) < 0 || gp_spool_file_open(&s, p->member[which].size, err) < 0)
		return -1;
	c->head = gp_buf_str(&head);
	c->size = p->member[which].size;
	c->to = s.fd;
	c->to_name = s.name;
	if (gp_archive_copy(a, c, err) < 0)
		return -1;
	*fd = gp_spool_file_take(&s);
	return 0;
}

int gp_portal_spool(const struct gp_portal *p, size_t which, const volatile sig_atomic_t *cancel,
		    const struct gp_progress *progress, int *fd, struct gp_err *err)
{
	struct gp_archive_copy c = { .cancel = cancel, .progress = progress };
	struct archive_entry *e;
	struct gp_archive *a;
	int rc = 1;

	if (check(p, &p->member[which], err) < 0)
		return -1;
	a = gp_archive_open(p->fd, p->name, GP_ARCHIVE_ZIP, err);
	/* Members without a name were not counted. */
	for (size_t i = 0; a && rc > 0 && i <= which;) {
		rc = gp_archive_next(a, &e, err);
		i += rc > 0 && archive_entry_pathname(e);
	}
	if (rc == 0)
		rc = gp_fail(err, GP_E_FORMAT, "'%s' changed while it was read", p->name);
	rc = a && rc > 0 ? copy(p, which, a, &c, fd, err) : -1;
	gp_archive_close(a);
	return rc;
}
