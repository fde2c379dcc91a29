/* SPDX-License-Identifier: MIT */
/*
 * The two payloads, each decoded once.
 *
 * The desktop's comes first: its list of paths has to be whole before anything of the
 * host's can be chosen. Of each of its files a sum is taken on the way, so that what both
 * have is compared without reading it again. Then the host's members are chosen as they
 * come. Sources stay in memory, as `patch` has them; what is large goes straight into the
 * compressor of the part that will stand behind the desktop's payload.
 */
#include "ops/job/merging_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/fsio.h"
#include "base/map.h"
#include "base/path.h"
#include "core/driver/manifest.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/run/members.h"

#define THREADS 2u /* of the compressor: what more would do waits for the decoder */

/* The sum of a file of the desktop's. */
struct sum {
	uint64_t size;
	XXH128_hash_t hash;
};

struct gp_merge_pass {
	struct gp_merging *m;
	struct gp_inputs *in;
	const struct gp_list *also;
	/* Nobody who makes an installer knows it, so nobody can make two files with one sum. */
	XXH64_hash_t seed;
	XXH3_state_t *xxh;
	struct sum *sum;
	size_t n, cap;
	struct gp_map of_desktop, of_host; /* the desktop's, the host's: to their numbers in sum[] */
	struct gp_members members;         /* into m->append, or another tar */
	struct gp_err why;                 /* why the pass ends early */
	bool is_host;                      /* the desktop's pass has met a host's manifest */
	struct gp_version says;            /* what the host's manifest said in this pass; n is 0: nothing yet */
	bool again;                        /* the host is not the version that was taken for granted */
	/* The present member: */
	struct gp_merged_file *now; /* NULL: it is the desktop's, or a directory */
	bool kept, streamed;
	int fd; /* where it is stored; -1 */
};

void gp_merge_pass_free(struct gp_merge_pass *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	XXH3_freeState(p->xxh);
	gp_map_release(&p->of_desktop);
	gp_map_release(&p->of_host);
	free(p->sum);
	free(p);
}

static struct gp_merge_pass *pass_new(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also)
{
	struct gp_merge_pass *p = gp_alloc(sizeof(*p));

	*p = (struct gp_merge_pass){ .m = m, .in = in, .also = also, .fd = -1 };
	p->xxh = XXH3_createState();
	if (!p->xxh)
		gp_oom();
	if (getrandom(&p->seed, sizeof(p->seed), 0) != sizeof(p->seed))
		p->seed = (XXH64_hash_t)getpid();
	return p;
}

/* --- the bytes of a member --- */

static int take_bytes(void *arg, const void *data, size_t len, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	XXH3_128bits_update(p->xxh, data, len);
	if (p->fd >= 0 && gp_write_fd(p->fd, data, len, p->m->sources, err) < 0)
		return -1;
	return p->streamed ? gp_tarout_data(p->members.out, data, len, err) : 0;
}

static void begin_bytes(struct gp_merge_pass *p, struct gp_sink *to)
{
	XXH3_128bits_reset_withSeed(p->xxh, p->seed);
	*to = (struct gp_sink){ take_bytes, p };
}

/* A blob that is linked into a module. */
static int open_source(struct gp_merge_pass *p, const struct gp_entry *e, struct gp_err *err)
{
	if (!p->m->sources || p->kept || !gp_path_under(e->path, "kernel"))
		return 0;
	return gp_merge_open_source(p->m, e->path, e->mode, &p->fd, err);
}

static int close_source(struct gp_merge_pass *p, struct gp_err *err)
{
	int fd = p->fd;

	p->fd = -1;
	return fd < 0 || close(fd) == 0 ? 0 : gp_fail_sys(err, errno, "cannot write below '%s'", p->m->sources);
}

static enum gp_member_type type_of(const struct gp_entry *e)
{
	return e->type == GP_ENTRY_DIR     ? GP_MEMBER_DIR :
	       e->type == GP_ENTRY_SYMLINK ? GP_MEMBER_SYMLINK :
					     GP_MEMBER_FILE;
}

/* The pass ends here, with a reason that needs no name of a file in front of it. */
static int stop(struct gp_merge_pass *p, struct gp_err *err)
{
	if (err)
		*err = p->why;
	return -1;
}

/* What has passed had these bytes; a hard link has those of its file. */
static void note_sum(struct gp_merge_pass *p, struct gp_map *of, const struct gp_entry *e)
{
	size_t i;

	if (e->type == GP_ENTRY_FILE) {
		GP_GROW(p->sum, p->n, p->cap);
		p->sum[p->n] = (struct sum){ e->size, XXH3_128bits_digest(p->xxh) };
		gp_map_put(of, e->path, p->n++);
	} else if (e->type == GP_ENTRY_HARDLINK && gp_map_get(of, e->link, &i))
		gp_map_put(of, e->path, i);
}

/* --- the manifest, as soon as it has come --- */

static int read_half(const struct gp_entry *e, struct gp_merge_half *half, char **modules, struct gp_err *err)
{
	gp_auto(gp_manifest_release) struct gp_manifest man = { 0 };

	if (!e->kept)
		return gp_fail(err, GP_E_FORMAT, "'.manifest' is no file");
	if (gp_manifest_parse(gp_buf_str(&e->data), &man, err) < 0)
		return -1;
	half->kind = gp_manifest_kind(&man);
	free(*modules);
	*modules = gp_strndup(man.modules.p, man.modules.len);
	return gp_version_parse(man.version, &half->version, err);
}

static int look_at_desktop(struct gp_merge_pass *p, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_merge_half *half = &p->m->half[1];
	gp_auto(gp_free_ptr) char *modules = NULL;

	if (read_half(e, half, &modules, err) < 0)
		return -1;
	p->is_host = half->kind == GP_KIND_HOST || half->kind == GP_KIND_MERGED;
	if (p->is_host)
		return gp_fail(err, GP_E_NO, "this is a host");
	free(p->m->modules);
	p->m->modules = gp_asprintf("%s nvidia-vgpu-vfio", modules);
	return gp_merge_decide_early(p->m, p->in, &p->m->guess, &p->why) < 0 ? stop(p, err) : 0;
}

static int check_pair(struct gp_merge_pass *p, struct gp_err *err)
{
	bool versions = p->in->opts->allow & GP_ALLOW_VERSIONS;

	if (gp_merge_check(&p->m->half[0], &p->m->half[1], versions, NULL, &p->why) < 0 ||
	    gp_merge_decide_early(p->m, p->in, &p->m->half[0].version, &p->why) < 0)
		return stop(p, err);
	return 0;
}

/* A host's that does not fit need not be read to its end. Of another kind there may be one
 * more: what gridpatch has merged begins with the desktop's. */
static int look_at_host(struct gp_merge_pass *p, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_merging *m = p->m;
	gp_auto(gp_free_ptr) char *modules = NULL;

	if (read_half(e, &m->half[0], &modules, err) < 0)
		return -1;
	if (p->says.n && strcmp(p->says.text, m->half[0].version.text) != 0)
		return gp_fail(err, GP_E_FORMAT, "it has a '.manifest' of %s, and one of %s", p->says.text,
			       m->half[0].version.text);
	p->says = m->half[0].version;
	if (m->half[0].kind == GP_KIND_HOST && check_pair(p, err) < 0)
		return -1;
	p->again = strcmp(m->by.host.text, m->half[0].version.text) != 0;
	m->by.host = m->half[0].version;
	return p->again ? gp_fail(err, GP_E_NO, "it is not the version that its stub says") : 0;
}

/* --- the desktop --- */

static bool want_desktops(void *arg, const char *path, uint64_t size)
{
	struct gp_merge_pass *p = arg;

	p->kept = gp_driver_wants((void *)p->also, path, size);
	return p->kept;
}

static int desktop_member(void *arg, const struct gp_entry *e, struct gp_sink *to, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	if (!*e->path)
		return 0;
	if (gp_merge_paths_add(&p->m->paths, GP_SIDE_DESKTOP, e->path, type_of(e), err) < 0)
		return -1;
	if (e->type != GP_ENTRY_FILE)
		return 0;
	begin_bytes(p, to);
	want_desktops(p, e->path, e->size);
	return open_source(p, e, err);
}

static int desktop_passed(void *arg, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	if (strcmp(e->path, ".manifest") == 0 && look_at_desktop(p, e, err) < 0)
		return -1;
	note_sum(p, &p->of_desktop, e);
	return close_source(p, err);
}

/* While the desktop is read a core is half idle, and while the host is there is none to spare. */
static struct gp_sums *begin_sums(struct gp_merging *m)
{
	if (!m->sums)
		m->sums = gp_sums_new();
	gp_ahead_free(m->ahead); /* they were swapped */
	m->ahead = gp_ahead_new(&m->looked[m->swapped ? 1 : 0], m->sums);
	return m->sums;
}

int gp_merge_read_desktop(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	struct gp_merge_pass *p = pass_new(m, in, also);
	const struct gp_keep keep = {
		.want = want_desktops, .member = desktop_member, .passed = desktop_passed, .arg = p, .cut = true
	};
	const struct gp_driver_opts d = { .keep = &keep,
					  .given = o->given,
					  .sums = begin_sums(m),
					  .cancel = o->cancel,
					  .progress = &p->m->progress.as };

	gp_merge_pass_free(m->pass);
	gp_merge_paths_release(&m->paths);
	m->pass = p;
	if (gp_driver_open(&in->driver, m->half[1].name, &d, err) == 0)
		return 0;
	if (p->why.code)
		return stop(p, err);
	return p->is_host ? 1 : -1;
}

/* --- the host --- */

struct gp_merged_file *gp_merged_file(const struct gp_merging *m, const char *path)
{
	size_t i;

	return gp_map_get(&m->by_file, path, &i) ? &m->file[i] : NULL;
}

/* What is chosen for a member. A later one of the same name takes its place. */
static struct gp_merged_file *decide(struct gp_merging *m, const struct gp_entry *e)
{
	struct gp_merged_file *f = gp_merged_file(m, e->path);

	if (f) {
		gp_merge_choice_release(&f->choice);
		f->same = false;
	} else {
		GP_GROW(m->file, m->n, m->cap);
		gp_map_put(&m->by_file, e->path, m->n);
		f = &m->file[m->n++];
		*f = (struct gp_merged_file){ .path = gp_strdup(e->path) };
	}
	f->sides = gp_merge_paths_sides(&m->paths, e->path);
	gp_merge_choose(&m->by, e->path, f->sides, &f->choice);
	return f;
}

/* Of kernel-open/ nothing but what the merged driver gets. */
static bool want_hosts(void *arg, const char *path, uint64_t size)
{
	struct gp_merge_pass *p = arg;
	bool open = gp_path_under(path, "kernel-open") && p->now && p->now->choice.take != GP_TAKE_HOST;

	p->kept = !open && gp_driver_wants((void *)p->also, path, size);
	return p->kept;
}

static bool is_streamed(const struct gp_merging *m, const char *path)
{
	const struct gp_merged_file *f = gp_merged_file(m, path);

	return f && f->streamed;
}

/* A link goes where its file goes: into the tar at once, or, as a file of its own, into
 * memory (gp_merge_join()). */
static int begin_streamed(struct gp_merge_pass *p, const struct gp_entry *e, struct gp_err *err)
{
	bool link = e->type == GP_ENTRY_HARDLINK;

	p->now->streamed = p->now->choice.take == GP_TAKE_HOST && (link ? is_streamed(p->m, e->link) : !p->kept);
	p->streamed = p->now->streamed && p->members.out;
	return p->streamed ? gp_members_put_entry(&p->members, e, err) : 0;
}

static int host_member(void *arg, const struct gp_entry *e, struct gp_sink *to, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	p->now = NULL;
	p->streamed = p->kept = false;
	if (!*e->path)
		return 0;
	if (gp_merge_paths_add(&p->m->paths, GP_SIDE_HOST, e->path, type_of(e), err) < 0)
		return -1;
	if (e->type == GP_ENTRY_DIR)
		return 0;
	p->now = decide(p->m, e);
	if (e->type == GP_ENTRY_FILE) {
		begin_bytes(p, to);
		want_hosts(p, e->path, e->size);
		if (p->now->choice.take == GP_TAKE_HOST && open_source(p, e, err) < 0)
			return -1;
	}
	return begin_streamed(p, e, err);
}

/* Has the desktop that file or link, too, and the same? */
static bool is_same(const struct gp_merge_pass *p, const struct gp_entry *e)
{
	const struct gp_entry *other = gp_runfile_find(&p->in->driver.rf, e->path);
	size_t i, k;

	if (e->type == GP_ENTRY_SYMLINK)
		return other && other->type == GP_ENTRY_SYMLINK && strcmp(other->link, e->link) == 0;
	return gp_map_get(&p->of_desktop, e->path, &i) && gp_map_get(&p->of_host, e->path, &k) &&
	       p->sum[i].size == p->sum[k].size && XXH128_isEqual(p->sum[i].hash, p->sum[k].hash);
}

static int host_passed(void *arg, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	if (strcmp(e->path, ".manifest") == 0 && look_at_host(p, e, err) < 0)
		return -1;
	if (!p->now)
		return 0;
	note_sum(p, &p->of_host, e);
	p->now->same = is_same(p, e);
	if (e->type != GP_ENTRY_FILE)
		return 0;
	if (p->streamed && gp_tarout_pad(p->members.out, err) < 0)
		return -1;
	return close_source(p, err);
}

static int begin_append(struct gp_merge_pass *p, struct gp_err *err)
{
	const struct gp_patch_opts *o = p->in->opts;
	const struct gp_runfile *rf = &p->in->driver.rf;

	p->members = (struct gp_members){ .rf = rf };
	if (o->dry_run || o->repack == GP_REPACK_FULL || rf->no_splice)
		return 0;
	p->m->append = gp_append_new(rf, o->threads < THREADS ? o->threads : THREADS, err);
	if (!p->m->append)
		return -1;
	gp_append_ahead(p->m->append, o->cancel);
	p->members.out = gp_append_tar(p->m->append);
	return 0;
}

static int open_host(struct gp_merge_pass *p, struct gp_err *err)
{
	const struct gp_patch_opts *o = p->in->opts;
	const struct gp_keep keep = { .want = want_hosts, .member = host_member, .passed = host_passed, .arg = p };
	const struct gp_driver_opts d = { .keep = &keep,
					  .given = o->given,
					  .sums = p->m->sums,
					  .ahead = p->m->ahead,
					  .cancel = o->cancel,
					  .progress = &p->m->progress.as };

	gp_merge_forget_host(p->m);
	p->again = false;
	p->says = (struct gp_version){ 0 };
	p->m->progress.before = p->in->driver.rf.size;
	if (begin_append(p, err) < 0)
		return -1;
	return gp_driver_open(&p->m->host, p->m->half[0].name, &d, err);
}

int gp_merge_read_host(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err)
{
	struct gp_merge_pass *p = m->pass;
	int rc;

	p->also = also;
	m->by = (struct gp_merge_case){ .table = gp_catalog_merge(&in->catalog),
					.paths = &m->paths,
					.host = in->driver.version,
					.desktop = in->driver.version };
	/* Choices are made before the manifest need have come; that it says another version is
	 * seen when it has. */
	if (m->named[0].n)
		m->by.host = m->named[0];
	rc = open_host(p, err);
	if (rc < 0 && p->again)
		rc = open_host(p, err);
	if (rc < 0)
		return p->why.code ? stop(p, err) : -1;
	return check_pair(p, err);
}

/* --- once more, for a full repack --- */

static int again_member(void *arg, const struct gp_entry *e, struct gp_sink *to, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;
	const struct gp_entry *now = gp_runfile_find(&p->in->driver.rf, e->path);

	p->streamed = now && now->added && now->elsewhere;
	if (!p->streamed)
		return 0;
	if (e->type == GP_ENTRY_FILE)
		begin_bytes(p, to);
	return gp_members_put_entry(&p->members, e, err);
}

static int again_passed(void *arg, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_merge_pass *p = arg;

	return p->streamed && e->type == GP_ENTRY_FILE ? gp_tarout_pad(p->members.out, err) : 0;
}

int gp_merging_stream(void *arg, struct gp_tarout *to, struct gp_err *err)
{
	struct gp_merging *m = arg;
	struct gp_merge_pass *p = m->pass;
	const struct gp_keep keep = { .member = again_member, .passed = again_passed, .arg = p };
	gp_auto(gp_runfile_release) struct gp_runfile rf = { 0 };

	p->members = (struct gp_members){ .rf = &p->in->driver.rf, .out = to };
	if (gp_runfile_open(&rf, m->half[0].name, p->in->opts->given, err) < 0)
		return -1;
	rf.cancel = p->in->opts->cancel;
	/* It has to be what was read before: its sums are those of its stub. */
	if (strcmp(rf.header.crc, m->host.rf.header.crc) != 0 || strcmp(rf.header.md5, m->host.rf.header.md5) != 0)
		return gp_fail(err, GP_E_FORMAT, "'%s': the input changed while it was read", rf.path);
	return gp_runfile_scan(&rf, &keep, err);
}
