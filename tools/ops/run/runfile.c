/* SPDX-License-Identifier: MIT */
#include "ops/run/runfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/run/libarchive.h"
#include "ops/run/payload.h"
#include "ops/run/tarsrc.h"

#define HEAD_STEP (1u << 20)
#define TAIL_MAX (6ull << 20) /* what gp_tarsrc_last() surely has */

/* Read the head until the stub's own numbers say it is complete. */
static int head_read(struct gp_runfile *rf, struct gp_err *err)
{
	for (size_t want = HEAD_STEP;; want *= 2) {
		ssize_t n;
		struct gp_err trial = { 0 };

		if (want > GP_RUNHEADER_MAX)
			want = GP_RUNHEADER_MAX;
		rf->head.len = 0;
		gp_buf_reserve(&rf->head, want);
		n = gp_pread(rf->fd, rf->head.data, want, 0, rf->path, err);
		if (n < 0)
			return -1;
		rf->head.len = (size_t)n;
		if (gp_runheader_parse(gp_buf_str(&rf->head), &rf->header, &trial) == 0)
			return 0;
		if ((size_t)n < want || want == GP_RUNHEADER_MAX || !gp_str_starts(gp_buf_str(&rf->head), "#!")) {
			if (err)
				*err = trial;
			return -1;
		}
	}
}

static int codec_read(struct gp_runfile *rf, struct gp_err *err)
{
	char block[512];
	ssize_t n = gp_pread(rf->fd, block, sizeof(block), rf->header.payload_off, rf->path, err);

	if (n < 0)
		return -1;
	return gp_codec_detect((struct gp_str){ block, (size_t)n }, &rf->codec, err);
}

int gp_runfile_open(struct gp_runfile *rf, const char *path, const struct gp_given *given, struct gp_err *err)
{
	const struct gp_given_one *one = gp_given_find(given, path);
	struct stat st;

	*rf = (struct gp_runfile){ .path = gp_strdup(path), .sums = gp_sums_new() };
	/* O_NONBLOCK: a FIFO given by mistake must not hang us. */
	rf->fd = one && one->fd >= 0 ? fcntl(one->fd, F_DUPFD_CLOEXEC, 3) :
				       open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	rf->open = rf->fd >= 0;
	if (!rf->open || fstat(rf->fd, &st) < 0) {
		gp_fail_sys(err, errno, "cannot open '%s'", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		gp_fail(err, GP_E_FORMAT, "'%s' is not a regular file%s", path,
			S_ISFIFO(st.st_mode) ? ", but a pipe: '-' takes an installer from standard input" : "");
		goto fail;
	}
	rf->size = (uint64_t)st.st_size;
	if (head_read(rf, err) < 0 || codec_read(rf, err) < 0) {
		gp_within(err, "'%s'", path);
		goto fail;
	}
	return 0;
fail:
	gp_runfile_release(rf);
	return -1;
}

void gp_runfile_forget(struct gp_runfile *rf)
{
	for (size_t i = 0; i < rf->n; i++) {
		free(rf->entry[i].path);
		free(rf->entry[i].link);
		gp_buf_release(&rf->entry[i].data);
	}
	free(rf->entry);
	rf->entry = NULL;
	rf->n = rf->cap = 0;
	gp_map_release(&rf->index);
	gp_splice_free(rf->splice);
	rf->splice = NULL;
	gp_buf_release(&rf->tail);
	free(rf->no_splice);
	rf->no_splice = NULL;
	rf->from_index = false;
	rf->unpacked = 0;
}

void gp_runfile_release(struct gp_runfile *rf)
{
	if (!rf)
		return;
	gp_runfile_forget(rf);
	gp_runheader_release(&rf->header);
	gp_buf_release(&rf->head);
	if (rf->open)
		close(rf->fd);
	gp_sums_free(rf->sums);
	free(rf->path);
	*rf = (struct gp_runfile){ 0 };
}

struct gp_str gp_runfile_stub(const struct gp_runfile *rf)
{
	return (struct gp_str){ rf->head.data, rf->head.len ? (size_t)rf->header.embed_off : 0 };
}

const struct gp_entry *gp_runfile_find(const struct gp_runfile *rf, const char *path)
{
	size_t i;

	return gp_map_get(&rf->index, path, &i) ? &rf->entry[i] : NULL;
}

const struct gp_entry *gp_runfile_resolve(const struct gp_runfile *rf, const struct gp_entry *e)
{
	/* A link names an earlier member, so this ends; unless a later member of
	 * that name took its place. */
	for (size_t steps = 0; e && e->type == GP_ENTRY_HARDLINK && steps < rf->n; steps++)
		e = gp_runfile_find(rf, e->link);
	return e && e->type == GP_ENTRY_FILE ? e : NULL;
}

/* No member may be written through a symlink that an earlier one made. */
static int check_parents(const struct gp_runfile *rf, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		const struct gp_entry *e;

		*slash = '\0';
		e = gp_runfile_find(rf, p);
		if (e && e->type == GP_ENTRY_SYMLINK)
			return gp_fail(err, GP_E_FORMAT, "member '%s' runs through the symlink '%s'", path, p);
		*slash = '/';
	}
	return 0;
}

static int entry_type(struct archive_entry *ae, struct gp_entry *e, struct gp_err *err)
{
	if (archive_entry_hardlink(ae)) {
		const char *to = archive_entry_hardlink(ae);

		e->type = GP_ENTRY_HARDLINK;
		e->link = gp_path_clean(to, strlen(to), err);
		return e->link ? 0 : -1;
	}
	switch (archive_entry_filetype(ae)) {
	case AE_IFREG: e->type = GP_ENTRY_FILE; return 0;
	case AE_IFDIR: e->type = GP_ENTRY_DIR; return 0;
	case AE_IFLNK:
		e->type = GP_ENTRY_SYMLINK;
		e->link = gp_strdup(archive_entry_symlink(ae) ? archive_entry_symlink(ae) : "");
		return 0;
	default: return gp_fail(err, GP_E_UNSUPPORTED, "member '%s' is a device node, FIFO or socket", e->path);
	}
}

static int entry_fill(struct gp_runfile *rf, struct archive_entry *ae, struct gp_entry *e, struct gp_err *err)
{
	const char *name = archive_entry_pathname(ae);
	const struct gp_entry *target;

	if (!name)
		return gp_fail(err, GP_E_FORMAT, "a member's name cannot be decoded");
	e->path = gp_path_clean(name, strlen(name), err);
	if (!e->path || entry_type(ae, e, err) < 0 || check_parents(rf, e->path, err) < 0)
		return -1;
	e->mode = (unsigned)archive_entry_perm(ae) & 07777;
	e->size = (uint64_t)archive_entry_size(ae);
	e->mtime = archive_entry_mtime(ae);
	if (strncmp(name, "./", 2) == 0)
		rf->dot_slash = true;
	if (e->type != GP_ENTRY_HARDLINK)
		return 0;
	target = gp_runfile_find(rf, e->link);
	if (!target || (target->type != GP_ENTRY_FILE && target->type != GP_ENTRY_HARDLINK))
		return gp_fail(err, GP_E_FORMAT, "member '%s' links to '%s', which is not an earlier file", e->path,
			       e->link);
	return 0;
}

int gp_runfile_too_large(const struct gp_entry *e, uint64_t limit, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "'%s' has %llu bytes, more than %llu", e->path, (unsigned long long)e->size,
		       (unsigned long long)limit);
}

static int entry_keep(struct gp_tarsrc *t, struct gp_entry *e, uint64_t *kept, struct gp_err *err)
{
	if (e->size > GP_RUN_MAX_FILE)
		return gp_runfile_too_large(e, GP_RUN_MAX_FILE, err);
	if ((*kept += e->size) > GP_RUN_MAX_KEPT)
		return gp_fail(err, GP_E_FORMAT, "its sources up to '%s' have %llu bytes, more than %llu", e->path,
			       (unsigned long long)*kept, GP_RUN_MAX_KEPT);
	e->kept = true;
	return gp_tarsrc_data(t, &e->data, (size_t)e->size, err);
}

/* The sums are told at the end only: what is written out is not to be trusted before. */
static int entry_store(struct gp_tarsrc *t, const struct gp_entry *e, const struct gp_keep *keep, struct gp_err *err)
{
	int fd = -1, rc;

	if (keep->store(keep->arg, e, &fd, err) < 0)
		return -1;
	if (fd < 0)
		return 0;
	rc = gp_tarsrc_copy(t, fd, e->path, e->size, err);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", e->path);
	return rc;
}

static int entry_add(struct gp_runfile *rf, struct gp_entry *e, struct gp_err *err)
{
	size_t old;

	if (rf->n >= GP_RUN_MAX_ENTRIES)
		return gp_fail(err, GP_E_FORMAT, "more than %u members", GP_RUN_MAX_ENTRIES);
	if (gp_map_get(&rf->index, e->path, &old))
		rf->entry[old].superseded = true;
	gp_map_put(&rf->index, e->path, rf->n);
	GP_GROW(rf->entry, rf->n, rf->cap);
	rf->entry[rf->n++] = *e;
	*e = (struct gp_entry){ 0 };
	return 0;
}

static void entry_release(struct gp_entry *e)
{
	free(e->path);
	free(e->link);
	gp_buf_release(&e->data);
}

int gp_runfile_put(struct gp_runfile *rf, struct gp_entry *e, struct gp_err *err)
{
	gp_auto(entry_release) struct gp_entry own = *e;

	*e = (struct gp_entry){ 0 };
	own.added = true;
	if (own.type == GP_ENTRY_FILE)
		rf->unpacked += own.size;
	return entry_add(rf, &own, err);
}

/* To whoever wants to see them as they come. */
static int entry_pass(struct gp_tarsrc *t, const struct gp_entry *e, const struct gp_sink *to, struct gp_err *err)
{
	if (!to->write)
		return 0;
	return e->kept ? to->write(to->arg, e->data.data, e->data.len, err) : gp_tarsrc_pass(t, *to, e->size, err);
}

/* A member's bytes, to where they are wanted. */
static int entry_bytes(struct gp_tarsrc *t, struct gp_entry *e, const struct gp_keep *keep, uint64_t *kept,
		       struct gp_err *err)
{
	struct gp_sink to = { 0 };

	if (keep->member && keep->member(keep->arg, e, &to, err) < 0)
		return -1;
	if (e->type == GP_ENTRY_FILE) {
		if (keep->want && keep->want(keep->arg, e->path, e->size) && entry_keep(t, e, kept, err) < 0)
			return -1;
		if (keep->store && entry_store(t, e, keep, err) < 0)
			return -1;
		if (entry_pass(t, e, &to, err) < 0)
			return -1;
	}
	return keep->passed ? keep->passed(keep->arg, e, err) : 0;
}

static int scan_entries(struct gp_runfile *rf, struct gp_tarsrc *t, const struct gp_keep *keep, struct gp_err *err)
{
	struct archive_entry *ae;
	uint64_t kept = 0;
	bool is_kept;
	int rc;

	while ((rc = gp_tarsrc_next(t, &ae, err)) > 0) {
		gp_auto(entry_release) struct gp_entry e = { .off = gp_tarsrc_offset(t) };

		if (rf->n)
			rf->entry[rf->n - 1].end = e.off;
		if (rf->splice)
			gp_splice_beyond(rf->splice, e.off);
		if (entry_fill(rf, ae, &e, err) < 0)
			return -1;
		if (e.type == GP_ENTRY_FILE)
			rf->unpacked += e.size;
		if (rf->unpacked > GP_RUN_MAX_UNPACKED)
			return gp_fail(err, GP_E_FORMAT, "unpacks to more than %llu GiB", GP_RUN_MAX_UNPACKED >> 30);
		if (keep && entry_bytes(t, &e, keep, &kept, err) < 0)
			return -1;
		is_kept = e.kept;
		if (entry_add(rf, &e, err) < 0)
			return -1;
		if (keep && is_kept && keep->kept)
			keep->kept(keep->arg, rf);
	}
	if (rc < 0)
		return -1;
	rf->tar_end = gp_tarsrc_offset(t);
	if (rf->n)
		rf->entry[rf->n - 1].end = rf->tar_end;
	else
		return gp_fail(err, GP_E_FORMAT, "the payload holds no files");
	return 0;
}

int gp_runfile_peek(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err)
{
	const struct gp_runfile *rf = arg;
	ssize_t n = gp_pread(rf->fd, buf, len, rf->header.payload_off + off, rf->path, err);

	if (n < 0)
		return -1;
	return (size_t)n == len ? 0 : gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
}

/* Where can the payload be continued? false: ask for blocks and scan again. */
static bool find_cut(struct gp_runfile *rf, const struct gp_tarsrc *t, const struct gp_buf *before)
{
	gp_auto(gp_buf_release) struct gp_buf last = { 0 };
	struct gp_peek peek = { gp_runfile_peek, rf };
	struct gp_err why = { 0 };

	if (rf->codec == GP_CODEC_GZIP)
		gp_tarsrc_all_last(t, &last);
	if (gp_splice_cut(rf->splice, rf->tar_end, peek, gp_buf_str(&last), &rf->cut, &why) < 0) {
		if (why.code == GP_E_NOTFOUND)
			return false;
		rf->no_splice = gp_strdup(why.cause);
	} else if (rf->tar_end - rf->cut.plain > before->len) {
		rf->no_splice = gp_strdup("its last block is too long");
	} else {
		size_t n = (size_t)(rf->tar_end - rf->cut.plain);

		gp_buf_add(&rf->tail, before->data + before->len - n, n);
	}
	return true;
}

/* The zeros after the archive may be many: keep what is before them. */
static bool keep_before(const struct gp_runfile *rf, const struct gp_tarsrc *t, const struct gp_keep *keep,
			struct gp_buf *before)
{
	uint64_t from = rf->tar_end > TAIL_MAX ? rf->tar_end - TAIL_MAX : 0;

	if (keep && keep->cut)
		gp_tarsrc_last(t, from, rf->tar_end, before);
	return true;
}

static int scan(struct gp_runfile *rf, const struct gp_keep *keep, bool blocks, bool *again, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf before = { 0 }; /* the archive's end */
	struct gp_plain *p = gp_plain_open(rf, err);
	struct gp_tarsrc *t = NULL;
	int rc = -1;

	*again = false;
	if (!p)
		return -1;
	gp_plain_sum(p);
	gp_plain_tell(p);
	/* Watching costs: zstd is decoded block by block then. */
	if (keep && keep->cut) {
		rf->splice = gp_splice_new(rf->codec);
		if (blocks)
			gp_splice_want_blocks(rf->splice);
		gp_plain_watch(p, rf->splice);
	}
	t = gp_tarsrc_new(gp_plain_src(p), err);
	if (t && scan_entries(rf, t, keep, err) == 0 && keep_before(rf, t, keep, &before) &&
	    gp_tarsrc_drain(t, GP_RUN_MAX_UNPACKED, err) == 0 && gp_plain_check_sums(p, err) == 0) {
		rc = 0;
		*again = keep && keep->cut && !find_cut(rf, t, &before);
	}
	rf->codec_facts = gp_plain_facts(p);
	gp_tarsrc_free(t);
	gp_plain_close(p);
	return rc;
}

int gp_runfile_scan(struct gp_runfile *rf, const struct gp_keep *keep, struct gp_err *err)
{
	bool again = false;
	int rc;

	gp_assert(rf->open);
	gp_runfile_forget(rf);
	rc = scan(rf, keep, false, &again, err);
	if (rc == 0 && again) {
		const struct gp_progress *progress = rf->progress;

		gp_runfile_forget(rf);
		rf->progress = NULL; /* it has been at the end already */
		rc = scan(rf, keep, true, &again, err);
		rf->progress = progress;
	}
	return rc < 0 ? gp_within(err, "'%s'", rf->path) : 0;
}
