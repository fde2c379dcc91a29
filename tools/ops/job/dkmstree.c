/* SPDX-License-Identifier: MIT */
#include "ops/job/dkmstree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/debsrc.h"
#include "ops/job/dkmsfiles.h"
#include "ops/job/dkmspack.h"
#include "ops/tree/disktree.h"

#define CONF_MAX (1u << 20)

const char *const gp_dkmstree_forms[] = { "directory", "archive", "source-package", NULL };

/* --- names --- */

/* Names of files of other kinds: none is to become a directory by a slip. */
static bool is_other(const char *name)
{
	static const char *const ends[] = { ".run",  ".deb",  ".rpm", ".zip", ".tar", ".tgz", ".txz",
					    ".tzst", ".tbz2", ".tbz", ".bz2", ".7z",  ".dsc", ".changes" };
	size_t n = strlen(name);

	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (n >= strlen(ends[i]) && strcasecmp(name + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strcasestr(name, ".tar.") != NULL;
}

/* By what the name ends with; 0: it is no name of any of them. */
static int find_form(const char *out, struct gp_dkmstree *t)
{
	static const struct {
		const char *end;
		enum gp_dkmstree_form form;
		enum gp_codec codec;
	} known[] = { { ".tar.xz", GP_DKMSTREE_TAR, GP_CODEC_XZ },
		      { ".tar.gz", GP_DKMSTREE_TAR, GP_CODEC_GZIP },
		      { ".tar.zst", GP_DKMSTREE_TAR, GP_CODEC_ZSTD },
		      { ".dsc", GP_DKMSTREE_DSC, GP_CODEC_XZ } };
	t->form = GP_DKMSTREE_DIR;
	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (gp_str_ends(gp_str_of(gp_path_base(out)), known[i].end)) {
			t->form = known[i].form;
			t->codec = known[i].codec;
			return 1;
		}
	return strcmp(out, "-") != 0 && !is_other(gp_path_base(out));
}

static int check_dir(const char *out, struct gp_err *err)
{
	int thing = gp_thing_at(out, err);

	if (thing < 0)
		return -1;
	if (thing == GP_THING_FILE || thing == GP_THING_OTHER)
		return gp_fail(err, GP_E_USAGE, "the output '%s' is not a directory", out);
	if (thing == GP_THING_NONE && gp_str_ends(gp_str_of(out), "/"))
		return gp_fail(err, GP_E_NOTFOUND, "there is no directory '%s'", out);
	return 0;
}

int gp_dkmstree_name(const struct gp_inputs *in, struct gp_dkmstree *t, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	const char *out = o->out;
	gp_auto(gp_free_ptr) char *inside = NULL;

	if (out && !find_form(out, t))
		return gp_fail(err, GP_E_USAGE,
			       "the output '%s' is neither a directory nor .tar.xz, .tar.gz, .tar.zst or .dsc", out);
	if (t->form == GP_DKMSTREE_DIR) {
		if (out && check_dir(out, err) < 0)
			return -1;
		/* Where it will be made: in it, or beside it. */
		inside = gp_path_join(out && gp_is_dir(out) ? out : ".", "nvidia");
		return o->dry_run ? 0 : gp_inputs_check_writable(out && !gp_is_dir(out) ? out : inside, err);
	}
	if (gp_inputs_check_place("output", out, o, err) < 0)
		return -1;
	if (o->dry_run)
		return 0;
	if (!o->force && gp_exists(out))
		return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", out);
	return gp_inputs_check_writable(out, err);
}

/* Is it what lies at real, or in it? Not there: no. */
static bool is_in(const char *path, const char *real)
{
	gp_auto(gp_free_ptr) char *input = path ? realpath(path, NULL) : NULL;

	return input && gp_path_under(input, real);
}

/* What is read is not replaced. */
static int check_not_read(const struct gp_patch_opts *o, const char *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *real = realpath(out, NULL);
	const char *in = !real ? NULL : is_in(o->run, real) ? o->run : is_in(o->hooks, real) ? o->hooks : NULL;

	for (size_t i = 0; real && !in && i < o->patches.n; i++)
		in = is_in(o->patches.v[i], real) ? o->patches.v[i] : NULL;
	return in ? gp_fail(err, GP_E_USAGE, "the output '%s' would replace the input '%s': -o names another place",
			    out, in) :
		    0;
}

/* Nothing is put into what is read. */
static int check_outside(const struct gp_inputs *in, const char *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(out);
	gp_auto(gp_free_ptr) char *real = realpath(parent, NULL);
	gp_auto(gp_free_ptr) char *input = realpath(in->opts->run, NULL);

	if (!real || !input || !gp_is_dir(input) || !gp_path_under(real, input))
		return check_not_read(in->opts, out, err);
	return gp_fail(err, GP_E_USAGE, "the output '%s' would lie in the input '%s'", out, in->opts->run);
}

/* Is it a tree of the same module? Links count for nothing. */
static int check_replaced(const struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *conf = gp_path_join(t->out, "dkms.conf");
	gp_auto(gp_dkms_name_release) struct gp_dkms_name name = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct stat st;

	if (lstat(t->out, &st) < 0)
		return gp_fail_sys(err, errno, "cannot look at '%s'", t->out);
	if (S_ISDIR(st.st_mode) && gp_file_read(conf, CONF_MAX, &text, NULL) == 0 &&
	    gp_dkms_name_read(gp_buf_str(&text), &name, NULL) == 0 && strcmp(name.name, t->name) == 0 &&
	    strcmp(name.version, t->version) == 0)
		return 0;
	return gp_fail(err, GP_E_NO, "'%s' exists already, and is no tree of %s %s for DKMS: it is left alone", t->out,
		       t->name, t->version);
}

/* A file that the user has not named, or a directory. */
static int check_there(const struct gp_inputs *in, const struct gp_dkmstree *t, const char *path, struct gp_err *err)
{
	if (check_outside(in, path, err) < 0)
		return -1;
	if (t->form == GP_DKMSTREE_DSC && gp_inputs_check_place("archive", path, in->opts, err) < 0)
		return -1;
	if (!gp_exists(path))
		return 0;
	if (!in->opts->force)
		return in->opts->dry_run ? 0 : gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", path);
	return t->form == GP_DKMSTREE_DIR ? check_replaced(t, err) : 0;
}

static struct gp_debsrc debsrc(const struct gp_inputs *in, const struct gp_dkmstree *t)
{
	return (struct gp_debsrc){ .dkms = t->name,
				   .version = t->version,
				   .arch = gp_debsrc_arch(in->driver.rf.header.target_arch),
				   .program = in->opts->program };
}

static int name_package(const struct gp_inputs *in, struct gp_dkmstree *t, struct gp_err *err)
{
	const struct gp_debsrc d = debsrc(in, t);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(t->out);
	gp_auto(gp_free_ptr) char *name = gp_debsrc_name(&d);
	gp_auto(gp_free_ptr) char *version = gp_debsrc_version(&d);
	gp_auto(gp_free_ptr) char *tar = gp_asprintf("%s_%s.tar.xz", name, version);

	if (!d.arch)
		return gp_fail(err, GP_E_UNSUPPORTED, "Debian's word for the architecture '%s' is not known",
			       in->driver.rf.header.target_arch);
	t->tar = gp_path_join(dir, tar);
	t->package = gp_asprintf("%s_%s_%s", name, version, d.arch);
	t->source = gp_asprintf("%s-%s", name, version);
	return check_there(in, t, t->tar, err);
}

/* Now that the driver is known. */
static int choose_out(const struct gp_inputs *in, const struct gp_dkmsfiles *files, struct gp_dkmstree *t,
		      struct gp_err *err)
{
	const char *out = in->opts->out;
	gp_auto(gp_free_ptr) char *top = NULL;

	t->name = gp_strdup(files->name.name);
	t->version = gp_strdup(files->name.version);
	top = gp_asprintf("%s-%s", t->name, t->version);
	if (t->form != GP_DKMSTREE_DIR)
		t->out = gp_strdup(out);
	else if (out && !gp_is_dir(out))
		t->out = gp_strdup(out);
	else
		t->out = out ? gp_path_join(out, top) : gp_strdup(top);
	if (t->form == GP_DKMSTREE_DSC)
		return check_outside(in, t->out, err) < 0 ? -1 : name_package(in, t, err);
	return t->form == GP_DKMSTREE_DIR ? check_there(in, t, t->out, err) : check_outside(in, t->out, err);
}

/* --- what goes in --- */

/* SOURCE_DATE_EPOCH, else the time of the driver: of its manifest, or its dkms.conf. */
static int64_t time_of(const struct gp_inputs *in)
{
	static const char *const files[] = { ".manifest", "dkms.conf", "kernel/dkms.conf" };
	const struct gp_entry *e = gp_runfile_find(&in->driver.rf, ".manifest");
	struct stat st;

	if (in->has_epoch || e)
		return in->has_epoch ? in->epoch : e->mtime < 0 ? 0 : e->mtime;
	for (size_t i = 0; i < GP_COUNT(files); i++)
		if (gp_disktree_stat(&in->driver.disk, files[i], &st) == 1)
			return st.st_mtime < 0 ? 0 : st.st_mtime;
	return 0;
}

/* As RFC 5322 has it, in the words of no language but its own. */
static char *date_of(int64_t when)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return gp_strdup("Thu, 01 Jan 1970 00:00:00 +0000");
	return gp_asprintf("%.3s, %02d %.3s %d %02d:%02d:%02d +0000", days + 3 * tm.tm_wday, tm.tm_mday,
			   months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What gridpatch did, now and before: its lines of the history that goes in, without the
 * name in front of each. */
static void list_changes(const struct gp_dkmsfiles *files, struct gp_list *out)
{
	static const char mark[] = ": gridpatch: ";
	struct gp_str rest = { "", 0 }, line;

	for (size_t i = 0; i < files->n; i++)
		if (!files->v[i].from && strcmp(gp_path_base(files->v[i].path), GP_PACKAGE_HISTORY) == 0)
			rest = gp_buf_str(&files->v[i].text);
	while (gp_text_line_next(&rest, &line)) {
		ssize_t at = gp_str_find(line, GP_STR(mark));

		if (at >= 0) {
			line = gp_str_trim(gp_str_skip(line, (size_t)at + strlen(mark)));
			gp_list_take(out, gp_strndup(line.p, line.len));
			gp_text_mask(out->v[out->n - 1], line.len);
		}
	}
}

/* DKMS-VERSION/ and debian/ below one directory. */
static void add_package(const struct gp_inputs *in, const struct gp_dkmstree *t, struct gp_dkmsfiles *files)
{
	struct gp_debsrc d = debsrc(in, t);
	gp_auto(gp_free_ptr) char *date = date_of(time_of(in));
	gp_auto(gp_list_release) struct gp_list changes = { 0 };
	struct gp_debsrc_file own[GP_DEBSRC_FILES];

	list_changes(files, &changes);
	d.date = date;
	d.changes = &changes;
	gp_debsrc_files(&d, own);
	for (size_t i = 0; i < GP_DEBSRC_FILES; i++)
		gp_dkmsfiles_add(files, own[i].path, &own[i].text, own[i].mode);
	gp_debsrc_files_release(own);
	gp_dkmsfiles_below(files, t->source);
}

static void arrange(const struct gp_inputs *in, const struct gp_changes *c, struct gp_dkmstree *t,
		    struct gp_dkmsfiles *files)
{
	gp_auto(gp_free_ptr) char *top = gp_asprintf("%s-%s", t->name, t->version);

	t->files = files->files;
	for (size_t i = 0; i < files->n; i++)
		t->bytes += gp_dkmsfiles_size(c->tree, &files->v[i]);
	if (t->form != GP_DKMSTREE_DIR)
		gp_dkmsfiles_below(files, top);
	if (t->form == GP_DKMSTREE_DSC)
		add_package(in, t, files);
	gp_dkmsfiles_order(files);
}

/* --- writing --- */

static int write_dir(const struct gp_inputs *in, const struct gp_dkmspack *p, struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir dir = { 0 };

	if (gp_tmpdir_open(&dir, t->out, err) < 0 || gp_dkmspack_dir(p, &dir, err) < 0)
		return -1;
	if (in->opts->force && gp_exists(t->out))
		return check_replaced(t, err) < 0 ? -1 : gp_tmpdir_replace(&dir, err);
	return gp_tmpdir_commit(&dir, err);
}

static int write_tar(const struct gp_inputs *in, const struct gp_dkmspack *p, struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	struct gp_dkmspack_sums sums;

	if (gp_outfile_open(&f, t->out, 0, err) < 0 || gp_dkmspack_tar(p, &f, &sums, err) < 0)
		return -1;
	t->size = sums.size;
	return gp_outfile_commit(&f, 0644, in->opts->force, err);
}

/* The .dsc gets its name last: what it names is there then. */
static int write_dsc(const struct gp_inputs *in, const struct gp_dkmspack *p, struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile tar = { 0 }, dsc = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	const struct gp_debsrc d = debsrc(in, t);
	struct gp_dkmspack_sums sums;
	struct gp_debsrc_tar told = { .name = gp_path_base(t->tar) };

	if (gp_outfile_open(&tar, t->tar, 0, err) < 0 || gp_outfile_open(&dsc, t->out, 0, err) < 0 ||
	    gp_dkmspack_tar(p, &tar, &sums, err) < 0)
		return -1;
	t->size = told.size = sums.size;
	memcpy(told.md5, sums.md5, sizeof(told.md5));
	memcpy(told.sha1, sums.sha1, sizeof(told.sha1));
	memcpy(told.sha256, sums.sha256, sizeof(told.sha256));
	gp_debsrc_dsc(&d, &told, &text);
	if (gp_write_fd(dsc.fd, text.data, text.len, t->out, err) < 0 ||
	    gp_outfile_commit(&tar, 0644, in->opts->force, err) < 0)
		return -1;
	return gp_outfile_commit(&dsc, 0644, in->opts->force, err) < 0 ?
		       gp_besides(err, "; its archive is there all the same") :
		       0;
}

static int write_output(const struct gp_inputs *in, const struct gp_changes *c, const struct gp_dkmsfiles *files,
			struct gp_dkmstree *t, struct gp_err *err)
{
	const struct gp_dkmspack p = { .tree = c->tree,
				       .files = files,
				       .mtime = time_of(in),
				       .threads = in->opts->threads,
				       .codec = t->codec,
				       .total = t->bytes,
				       .cancel = in->opts->cancel,
				       .progress = in->opts->progress };
	int rc = t->form == GP_DKMSTREE_DIR ? write_dir(in, &p, t, err) :
		 t->form == GP_DKMSTREE_TAR ? write_tar(in, &p, t, err) :
					      write_dsc(in, &p, t, err);

	t->done = t->output = rc == 0;
	return rc;
}

/* The lock file is written first and gets its name last, as with an installer. */
static int write_all(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_changes *c,
		     const struct gp_dkmsfiles *files, struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	const char *name = in->opts->write_lock;

	if (name && (gp_outfile_open(&f, name, d->lock.len, err) < 0 ||
		     gp_write_fd(f.fd, d->lock.data, d->lock.len, name, err) < 0))
		return -1;
	t->done = in->opts->dry_run;
	if (!in->opts->dry_run && write_output(in, c, files, t, err) < 0)
		return -1;
	t->lock = name && gp_outfile_commit(&f, 0644, in->opts->force, err) == 0;
	return name && !t->lock ? -1 : 0;
}

int gp_dkmstree_write(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_changes *c,
		      struct gp_dkmstree *t, struct gp_err *err)
{
	gp_auto(gp_dkmsfiles_release) struct gp_dkmsfiles files = { 0 };

	if (gp_dkmsfiles_collect(in, c, &files, err) < 0)
		return gp_within(err, "'%s'", in->opts->run);
	if (choose_out(in, &files, t, err) < 0)
		return -1;
	arrange(in, c, t, &files);
	return write_all(in, d, c, &files, t, err);
}

/* --- the job --- */

static int run(struct gp_patch_job *j, const char *dir, const struct gp_runfile *rf, struct gp_dkmstree *t,
	       struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };

	if (gp_inputs_name(&j->in, err) < 0 || gp_dkmstree_name(&j->in, t, err) < 0 ||
	    gp_inputs_load(&j->in, &paths, err) < 0 || gp_driver_open_dir(&j->in.driver, dir, rf, err) < 0 ||
	    gp_inputs_complete(&j->in, err) < 0 || gp_decide(&j->in, &j->decided, err) < 0 ||
	    gp_decide_lock(&j->in, &j->decided, err) < 0)
		return -1;
	gp_changes_begin(&j->changed, &j->in, &j->decided);
	if (gp_change_all(&j->in, &j->decided, &j->changed, err) < 0)
		return -1;
	return gp_dkmstree_write(&j->in, &j->decided, &j->changed, t, err);
}

int gp_dkmstree_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *dir,
		    const struct gp_runfile *rf, struct gp_dkmstree *t, struct gp_err *err)
{
	*job = (struct gp_patch_job){ .in = { .opts = opts, .dkms_tree = true } };
	*t = (struct gp_dkmstree){ 0 };
	return run(job, dir, rf, t, err);
}

int gp_dkmstree_check_names(const struct gp_patch_opts *opts, struct gp_err *err)
{
	gp_auto(gp_inputs_release) struct gp_inputs in = { .opts = opts, .dkms_tree = true };
	gp_auto(gp_dkmstree_release) struct gp_dkmstree t = { 0 };

	return gp_inputs_name(&in, err) < 0 ? -1 : gp_dkmstree_name(&in, &t, err);
}

void gp_dkmstree_release(struct gp_dkmstree *t)
{
	free(t->name);
	free(t->version);
	free(t->out);
	free(t->tar);
	free(t->package);
	free(t->source);
	*t = (struct gp_dkmstree){ 0 };
}
