/* SPDX-License-Identifier: MIT */
#include "ops/driver/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/digest.h"
#include "base/userdir.h"
#include "core/driver/hooksrc.h"
#include "ops/driver/hooks.h"
#include "ops/run/libarchive.h"

#define FILE_MAX (4u << 20)
#define HOOKS_URL "https://github.com/DualCoder/vgpu_unlock"
#define PATCH_URL "https://github.com/VGPU-Community-Drivers/vGPU-Unlock-patcher"

/* One file that is wanted. */
struct wanted {
	const char *name, *sha256;
	bool patch; /* it comes from the patcher's repository */
	struct gp_buf data;
	bool found;
};

static bool check_sum(const struct wanted *w)
{
	char sum[GP_SHA256_HEX];

	gp_sha256_hex(w->data.data, w->data.len, sum);
	return strcmp(sum, w->sha256) == 0;
}

/* NAME or patches/NAME below dir. */
static int from_dir(const char *dir, bool patch, struct wanted *w, size_t n, struct gp_err *err)
{
	for (size_t i = 0; i < n; i++) {
		gp_auto(gp_free_ptr) char *plain = gp_path_join(dir, w[i].name);
		gp_auto(gp_free_ptr) char *sub = gp_asprintf("%s/patches/%s", dir, w[i].name);
		int at_top = gp_thing_at(plain, err), below = at_top < 0 ? -1 : gp_thing_at(sub, err);
		const char *path = at_top == GP_THING_FILE ? plain : sub;

		if (below < 0)
			return -1;
		if (w[i].found || (patch && !w[i].patch) || (at_top != GP_THING_FILE && below != GP_THING_FILE))
			continue;
		if (gp_file_read(path, FILE_MAX, &w[i].data, err) < 0)
			return -1;
		w[i].found = true;
	}
	return 0;
}

static int read_entry(struct archive *a, struct archive_entry *ae, struct wanted *w, struct gp_err *err)
{
	la_int64_t size = archive_entry_size(ae);

	if (size < 0 || size > FILE_MAX)
		return gp_fail(err, GP_E_FORMAT, "'%s' has %lld bytes, more than %u", w->name, (long long)size,
			       FILE_MAX);
	gp_buf_reserve(&w->data, (size_t)size);
	w->data.len = (size_t)size;
	if (archive_read_data(a, w->data.data, (size_t)size) != size)
		return gp_libarchive_fail(a, GP_E_FORMAT, "damaged archive", err);
	w->found = true;
	return 0;
}

static int from_tarball(const char *path, struct wanted *w, size_t n, struct gp_err *err)
{
	struct archive_entry *ae;
	struct archive *a;
	int rc = 0;

	if (gp_libarchive_load(err) < 0)
		return -1;
	a = archive_read_new();
	if (!a)
		gp_oom();
	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a); /* GitHub's "Download ZIP" */
	if (archive_read_open_filename(a, path, 65536) != ARCHIVE_OK)
		rc = gp_fail(err, GP_E_FORMAT, "'%s': %s", path, archive_error_string(a));
	while (rc == 0 && archive_read_next_header(a, &ae) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(ae);

		for (size_t i = 0; name && i < n && rc == 0; i++)
			if (!w[i].found && archive_entry_filetype(ae) == AE_IFREG &&
			    strcmp(gp_path_base(name), w[i].name) == 0)
				rc = read_entry(a, ae, &w[i], err);
	}
	archive_read_free(a);
	return rc;
}

static int git(const char *dir, const char *const *argv, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	int rc = gp_proc_run(argv, dir, &out, err);
	struct gp_str rest, line = { "", 0 };

	if (rc < 0 && err && err->code == GP_E_NOTFOUND)
		return gp_fail(err, GP_E_NOTFOUND,
			       "git is missing: install it (apt-get install git), or take the files from a "
			       "directory, a tarball or a zip with --from, which needs none");
	if (rc <= 0)
		return rc;
	rest = gp_buf_str(&out);
	gp_text_line_next(&rest, &line); /* its first line says what; hints follow */
	return gp_fail(err, GP_E_SYSTEM, "git %s failed: %.*s", argv[1], (int)(line.len < 200 ? line.len : 200),
		       line.p);
}

/* One commit, nothing else of the repository's history. */
static int from_git(const char *url, const char *commit, bool patch, struct wanted *w, size_t n, struct gp_err *err)
{
	const char *const init[] = { "git", "init", "-q", ".", NULL };
	const char *const fetch[] = { "git", "fetch", "-q", "--depth", "1", url, commit, NULL };
	const char *const checkout[] = { "git", "-c", "core.autocrlf=false", "checkout", "-q", commit, NULL };
	const char *tmpdir = getenv("TMPDIR");
	gp_auto(gp_free_ptr) char *tmp = gp_asprintf("%s/gridpatch-fetch-XXXXXX", tmpdir && *tmpdir ? tmpdir : "/tmp");
	int rc = -1;

	if (!mkdtemp(tmp))
		return gp_fail_sys(err, errno, "cannot make '%s'", tmp);
	if (git(tmp, init, err) == 0 && git(tmp, fetch, err) == 0 && git(tmp, checkout, err) == 0)
		rc = from_dir(tmp, patch, w, n, err);
	gp_remove_tree(tmp);
	return rc;
}

/* *patch: what there is to say of the other repository. */
static int get(const struct gp_fetch *f, struct wanted *w, size_t n, struct gp_err *patch, struct gp_err *err)
{
	if (f->from && gp_is_dir(f->from))
		return from_dir(f->from, false, w, n, err);
	if (f->from)
		return from_tarball(f->from, w, n, err);
	if (from_git(HOOKS_URL, GP_HOOKS_COMMIT, false, w, n, err) < 0)
		return -1;
	(void)from_git(PATCH_URL, GP_HOOKS_PATCH_COMMIT, true, w, n, patch);
	return 0;
}

static char *default_to(struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list places = { 0 };

	if (geteuid() == 0)
		return gp_strdup("/opt/vgpu_unlock");
	gp_userdir_data("gridpatch/vgpu_unlock", &places);
	if (places.n)
		return gp_strdup(places.v[0]);
	gp_fail(err, GP_E_USAGE, "no $HOME: say where with --to DIR");
	return NULL;
}

static int check(const struct gp_fetch *f, const struct wanted *w, struct gp_err *err)
{
	if (!w->found)
		return gp_fail(err, GP_E_NOTFOUND, "'%s' has no %s", f->from ? f->from : "the repository", w->name);
	if (!check_sum(w))
		return gp_fail(err, GP_E_NO, "%s is not the known one (SHA-256 differs); nothing was written", w->name);
	return 0;
}

/* All that is wanted and not a patch; and how it stands with the patch, which only
 * some drivers need. */
static int check_all(const struct gp_fetch *f, const struct wanted *w, size_t n, struct gp_err *patch,
		     struct gp_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct gp_err why = { 0 };

		if (check(f, &w[i], &why) == 0)
			continue;
		if (!w[i].patch) {
			*err = why;
			return -1;
		}
		if (!patch->code)
			*patch = why;
	}
	if (!patch->code || !f->newer_table)
		return 0;
	*err = *patch;
	return -1;
}

static int put(const char *to, const struct wanted *w, size_t n, struct gp_list *written, struct gp_err *err)
{
	if (gp_mkdirs(to, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(to, w[i].name);

		if (gp_file_write(path, w[i].data.data, w[i].data.len, 0644, true, err) < 0)
			return -1;
		gp_list_add(written, path);
	}
	return 0;
}

/* Why the user goes without the patch. */
static char *say_lack(const struct gp_err *patch)
{
	return gp_asprintf("%s was left out: %.*s", GP_HOOKS_PATCH, (int)strcspn(patch->cause, ";"), patch->cause);
}

int gp_fetch_hooks(const struct gp_fetch *f, struct gp_list *written, char **lack, struct gp_err *err)
{
	struct wanted w[] = { { .name = "vgpu_unlock_hooks.c", .sha256 = GP_HOOKS_SHA256 },
			      { .name = "kern.ld", .sha256 = GP_KERN_LD_SHA256 },
			      { .name = GP_HOOKS_PATCH, .sha256 = GP_HOOKS_PATCH_SHA256, .patch = true } };
	gp_auto(gp_free_ptr) char *to = f->to ? gp_strdup(f->to) : default_to(err);
	struct gp_err patch = { 0 };
	int rc = -1;

	*lack = NULL;
	if (!to)
		return -1;
	if (f->from && !gp_exists(f->from))
		return gp_fail(err, GP_E_NOTFOUND, "'%s' does not exist", f->from);
	if (get(f, w, GP_COUNT(w), &patch, err) == 0 && check_all(f, w, GP_COUNT(w), &patch, err) == 0)
		rc = put(to, w, patch.code ? 2 : 3, written, err);
	if (rc == 0 && patch.code)
		*lack = say_lack(&patch);
	for (size_t i = 0; i < GP_COUNT(w); i++)
		gp_buf_release(&w[i].data);
	return rc;
}
