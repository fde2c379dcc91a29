/* SPDX-License-Identifier: MIT */
#include "ops/fetch/fetchheaders.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/scratch.h"
#include "core/rules/headerwish.h"
#include "ops/fetch/apt.h"
#include "ops/fetch/dnf.h"
#include "ops/fetch/kept.h"
#include "ops/fetch/plan.h"
#include "ops/fetch/unpacked.h"

#define BLOCK (256u << 10)

/* Headers on their way. */
struct fetching {
	struct gp_headerwish wish;
	struct gp_fetch_plan plan;
	const volatile sig_atomic_t *cancel;
	char *scratch; /* downloads/, and N.package, which nobody else can change */
	int lock;
	struct gp_list files;    /* the packages */
	struct gp_list packages; /* what they are, as in gp_fetched */
};

void gp_fetched_release(struct gp_fetched *f)
{
	if (f->scratch)
		gp_remove_tree(f->scratch);
	if (f->root && f->lock >= 0)
		close(f->lock);
	free(f->wish);
	free(f->exact);
	free(f->release);
	free(f->headers);
	free(f->root);
	free(f->scratch);
	gp_list_release(&f->packages);
	*f = (struct gp_fetched){ .lock = -1 };
}

static void fetching_release(struct fetching *f)
{
	if (f->scratch) {
		gp_remove_tree(f->scratch);
		close(f->lock);
	}
	free(f->scratch);
	gp_fetch_plan_release(&f->plan);
	gp_list_release(&f->files);
	gp_list_release(&f->packages);
}

/* --- downloading --- */

/*
 * Where the package manager puts its files. apt run by root downloads as a user of its
 * own, if that one may write there.
 */
static char *make_downloads(const struct fetching *f, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(f->scratch, "downloads");
	const struct passwd *apt = geteuid() == 0 ? getpwnam("_apt") : NULL;

	if (mkdir(dir, 0700) < 0 || (apt && (chmod(f->scratch, 0711) < 0 || chown(dir, apt->pw_uid, (gid_t)-1) < 0))) {
		gp_fail_sys(err, errno, "cannot make '%s'", dir);
		return NULL;
	}
	return gp_steal(&dir);
}

static int sum_file(const char *path, const volatile sig_atomic_t *cancel, char out[GP_SHA256_HEX], struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_hash *hash;
	int fd = gp_regular_open(path, err);
	uint64_t off = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	hash = gp_hash_new(GP_HASH_SHA256);
	while (gp_check_cancel(cancel, err) == 0 && (n = gp_pread(fd, block, BLOCK, off, path, err)) > 0) {
		gp_hash_add(hash, block, (size_t)n);
		off += (uint64_t)n;
		n = -1;
	}
	gp_hash_hex(hash, out);
	gp_hash_free(hash);
	close(fd);
	return n == 0 ? 0 : -1;
}

/* Which package of the plan a file is, by its sum, or the one whose sum nobody knew. */
static size_t whose(const struct gp_fetch_plan *p, const char *sum)
{
	size_t i = 0;

	while (i < p->n && *p->v[i].sum && strcmp(p->v[i].sum, sum) != 0)
		i++;
	return i;
}

/* It is copied first: who downloaded it can change it as long as it is open there. */
static int take_file(struct fetching *f, const char *dir, const char *name, size_t n, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *from = gp_path_join(dir, name), *copy = gp_asprintf("%s/%zu.package", f->scratch, n);
	char sum[GP_SHA256_HEX];
	size_t i;

	if (gp_file_clone(from, copy, 0600, err) < 0 || sum_file(copy, f->cancel, sum, err) < 0)
		return -1;
	i = whose(&f->plan, sum);
	if (i == f->plan.n)
		return gp_fail(err, GP_E_FORMAT, "'%s' was downloaded, and its SHA-256 is not the one its archive says",
			       name);
	if (f->plan.distro->packager == GP_PACKAGER_DNF && gp_dnf_check(copy, f->cancel, err) < 0)
		return -1;
	gp_list_take(&f->files, gp_steal(&copy));
	gp_list_printf(&f->packages, "%s %s %s", f->plan.v[i].name, f->plan.v[i].version, sum);
	return 0;
}

static int take_files(struct fetching *f, const char *dir, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (take_file(f, dir, names.v[i], i, err) < 0)
			return -1;
	if (f->files.n == f->plan.n)
		return 0;
	return gp_fail(err, GP_E_SYSTEM, "%zu packages were to be downloaded, and %zu are there", f->plan.n,
		       f->files.n);
}

static int download(struct fetching *f, struct gp_err *err)
{
	bool apt = f->plan.distro->packager == GP_PACKAGER_APT;
	gp_auto(gp_free_ptr) char *dir = NULL;

	f->scratch = gp_scratch_dir(&f->lock, err);
	dir = f->scratch ? make_downloads(f, err) : NULL;
	if (!dir)
		return -1;
	if ((apt ? gp_apt_download : gp_dnf_download)(&f->plan, dir, f->cancel, err) < 0)
		return -1;
	return take_files(f, dir, err);
}

/* --- unpacking --- */

/* Into the cache. Out: 1: there is none that is ours. */
static int keep(struct fetching *f, struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { .fd = -1, .dir = -1 };
	gp_auto(gp_free_ptr) char *root = NULL;

	if (!gp_kept_begin(&f->plan, &t, &root))
		return 1;
	if (gp_unpacked_make(&f->files, root, &f->plan, f->cancel, err) < 0)
		return -1;
	return gp_kept_commit(&t, root, &f->packages, err);
}

/* Into the scratch directory, which is out's from then on. */
static int unpack(struct fetching *f, struct gp_fetched *out, struct gp_err *err)
{
	out->root = gp_path_join(f->scratch, "root");
	if (mkdir(out->root, 0700) < 0)
		return gp_fail_sys(err, errno, "cannot make '%s'", out->root);
	if (gp_unpacked_make(&f->files, out->root, &f->plan, f->cancel, err) < 0)
		return -1;
	for (size_t i = 0; i < f->files.n; i++)
		unlink(f->files.v[i]);
	gp_list_add_all(&out->packages, &f->packages);
	out->scratch = gp_steal(&f->scratch);
	out->lock = f->lock;
	return 0;
}

static bool find_kept(const struct fetching *f, struct gp_fetched *out)
{
	struct gp_kept k;

	if (!gp_kept_find(&f->plan, &k))
		return false;
	out->root = k.root;
	out->lock = k.lock;
	out->packages = k.packages;
	return true;
}

static int fetch(struct fetching *f, bool no_cache, struct gp_fetched *out, struct gp_err *err)
{
	int rc;

	if (download(f, err) < 0)
		return -1;
	rc = no_cache ? 1 : keep(f, err);
	if (rc > 0)
		return unpack(f, out, err);
	if (rc == 0 && !find_kept(f, out))
		return gp_fail(err, GP_E_SYSTEM, "something has changed the headers of %s that were kept just now",
			       f->plan.release.text);
	return rc;
}

/* What is wished for, and whether it is there already. Out: 1: it is. */
static int look(struct fetching *f, bool no_cache, struct gp_fetched *out, struct gp_err *err)
{
	bool apt = f->wish.distro->packager == GP_PACKAGER_APT;

	/* dnf would ask the network for its lists. */
	if (!apt && !no_cache && gp_dnf_named(&f->wish, &f->plan) && find_kept(f, out))
		return 1;
	gp_fetch_plan_release(&f->plan);
	if ((apt ? gp_apt_find : gp_dnf_find)(&f->wish, f->cancel, &f->plan, err) < 0)
		return -1;
	return !no_cache && find_kept(f, out);
}

int gp_fetch_headers(const char *wish, bool no_cache, const volatile sig_atomic_t *cancel, struct gp_fetched *out,
		     struct gp_err *err)
{
	gp_auto(fetching_release) struct fetching f = { .cancel = cancel, .lock = -1 };
	int rc;

	*out = (struct gp_fetched){ .lock = -1 };
	if (gp_headerwish_parse(wish, &f.wish, err) < 0)
		return -1;
	rc = look(&f, no_cache, out, err);
	out->kept = rc > 0;
	if (rc == 0)
		rc = fetch(&f, no_cache, out, err);
	if (rc < 0) {
		gp_fetched_release(out);
		return gp_within(err, "headers of %s", wish);
	}
	out->wish = gp_strdup(wish);
	out->exact = gp_asprintf("%s:%s", f.wish.distro->word, f.plan.release.text);
	out->release = gp_strdup(f.plan.release.text);
	out->headers = gp_unpacked_headers(out->root, &f.plan);
	out->tool = f.wish.distro->packager == GP_PACKAGER_APT ? "apt-get" : "dnf";
	return 0;
}
