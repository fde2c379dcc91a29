/* SPDX-License-Identifier: MIT */
#include "ops/host/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/record/keep.h"
#include "core/record/scrub.h"

#define LINKS_MAX 8

void gp_record_release(struct gp_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].path);
		gp_buf_release(&r->v[i].text);
	}
	free(r->v);
	gp_list_release(&r->left_out);
	*r = (struct gp_record){ 0 };
}

/* --- whose names are left out --- */

/* People have numbers from 1000 on, "nobody" 65534. Source: login.defs(5), UID_MIN;
 * systemd's UIDS-GIDS.md. */
static void find_users(const struct gp_root *files, struct gp_scrub *s)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	if (gp_root_read(files, "/etc/passwd", &text, NULL) != GP_TRI_YES)
		return;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		struct gp_str field[3] = { { line.p, 0 } };
		uint64_t uid = 0;

		for (size_t i = 0, n = 0; i < line.len && n < GP_COUNT(field); i++)
			if (line.p[i] != ':')
				field[n].len++;
			else if (++n < GP_COUNT(field))
				field[n].p = line.p + i + 1;
		if (gp_parse_u64(field[2], UINT32_MAX, &uid) && uid >= 1000 && uid != 65534)
			gp_scrub_user(s, field[0]);
	}
}

static void find_names(const struct gp_machine *m, struct gp_scrub *s)
{
	static const char *const ours[] = { "USER", "LOGNAME", "SUDO_USER" };
	const struct gp_root files = gp_machine_unseen(m);
	gp_auto(gp_free_ptr) char *host = gp_root_line(&files, "/etc/hostname");
	char name[HOST_NAME_MAX + 1] = "";

	if (host)
		gp_scrub_host(s, gp_str_of(host));
	find_users(&files, s);
	/* Of another machine they are nobody's. */
	if (m->root)
		return;
	if (gethostname(name, sizeof(name) - 1) == 0)
		gp_scrub_host(s, gp_str_of(name));
	for (size_t i = 0; i < GP_COUNT(ours); i++)
		if (getenv(ours[i]))
			gp_scrub_user(s, gp_str_of(getenv(ours[i])));
}

/* --- putting it together --- */

struct making {
	struct gp_root files; /* without a witness */
	struct gp_scrub scrub;
	struct gp_record *out;
	struct gp_buf closed;
};

static struct gp_record_file *find(const struct gp_record *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].path, path) == 0)
			return &r->v[i];
	return NULL;
}

static struct gp_record_file *put(struct gp_record *r, const char *path, enum gp_record_kind kind)
{
	struct gp_record_file *f = find(r, path);

	if (f)
		return f;
	GP_GROW(r->v, r->n, r->cap);
	f = &r->v[r->n++];
	*f = (struct gp_record_file){ .path = gp_strdup(path), .kind = kind };
	return f;
}

/* Is a path somebody's own words, and not the system's? */
static bool is_own(struct gp_str path)
{
	static const char *const places[] = { "/home/", "/root/", "/opt/", "/srv/", "/mnt/", "/media/", "/data/" };

	for (size_t i = 0; i < GP_COUNT(places); i++)
		if (gp_str_starts(path, places[i]))
			return true;
	/* Names of drop-ins, too. */
	return gp_str_starts(path, "/etc/systemd/") && gp_str_find(path, GP_STR(".d/")) >= 0;
}

/* A path as it is told, appended. A variable's name in efivars has the UUID of its maker,
 * which is the same everywhere. */
static void scrub_path(struct making *k, struct gp_str path, struct gp_buf *out)
{
	if (gp_str_starts(path, "/sys/firmware/efi/efivars/"))
		gp_buf_add(out, path.p, path.len);
	else if (is_own(path))
		gp_scrub_text(&k->scrub, path, out);
	else
		gp_scrub_path(&k->scrub, path, out);
}

/* Its name in the record; free() it. */
static char *name_of(struct making *k, const char *path)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	struct gp_str p;

	scrub_path(k, gp_str_of(path), &b);
	p = gp_buf_str(&b);
	while (gp_str_take(&p, "/"))
		;
	return gp_strndup(p.p, p.len);
}

/* The link of the record that a name runs through; *rest: what is behind it. */
static const struct gp_record_file *link_in(const struct gp_record *r, const char *name, const char **rest)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t n = strlen(r->v[i].path);

		*rest = name + n;
		if (r->v[i].kind == GP_RECORD_LINK && strncmp(name, r->v[i].path, n) == 0 && name[n] == '/')
			return &r->v[i];
	}
	return NULL;
}

/* Where it is when links of the record are followed; NULL: nowhere below it. free() it. */
static char *follow(const struct gp_record *r, char *name)
{
	gp_auto(gp_free_ptr) char *seen = name, *at = gp_path_clean(seen, strlen(seen), NULL);
	const struct gp_record_file *link;
	const char *rest;

	for (int i = 0; at && (link = link_in(r, at, &rest)) != NULL; i++) {
		gp_auto(gp_free_ptr) char *up = gp_path_dir(link->path);
		gp_auto(gp_free_ptr) char *to = link->text.data[0] == '/' ?
							gp_asprintf("%s%s", link->text.data + 1, rest) :
							gp_asprintf("%s/%s%s", up, link->text.data, rest);

		free(at);
		at = i < LINKS_MAX ? gp_path_clean(to, strlen(to), NULL) : NULL;
	}
	return gp_steal(&at);
}

static struct gp_record_file *put_seen(struct making *k, const char *path, enum gp_record_kind kind)
{
	gp_auto(gp_free_ptr) char *name = k->out->n < GP_RECORD_FILES ? follow(k->out, name_of(k, path)) : NULL;

	return name && *name ? put(k->out, name, kind) : NULL;
}

static void close_path(struct making *k, struct gp_str line)
{
	scrub_path(k, line, &k->closed);
	gp_buf_putc(&k->closed, '\n');
}

static void put_text(struct making *k, const struct gp_sight *s)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_record_file *f;

	if (!gp_keep_file(&k->scrub, s->path, gp_buf_str(&s->text), &text)) {
		gp_auto(gp_free_ptr) char *line = gp_asprintf("%s: not in the record", s->path);

		gp_list_add(&k->out->left_out, s->path);
		close_path(k, gp_str_of(line));
		return;
	}
	f = put_seen(k, s->path, GP_RECORD_FILE);
	if (f && !f->text.len)
		GP_SWAP(f->text, text);
}

static void put_names(struct making *k, const struct gp_sight *s)
{
	struct gp_str rest = gp_buf_str(&s->text), line;

	put_seen(k, s->path, GP_RECORD_DIR);
	while (gp_text_line_next(&rest, &line)) {
		gp_auto(gp_free_ptr) char *name = gp_strndup(line.p, line.len), *path = gp_path_join(s->path, name);
		struct stat st;

		if (gp_keep_name(s->path, name) && gp_root_look(&k->files, path, &st, NULL) == GP_TRI_YES)
			put_seen(k, path, S_ISDIR(st.st_mode) ? GP_RECORD_DIR : GP_RECORD_FILE);
	}
}

static void put_link(struct making *k, const struct gp_sight *s)
{
	struct gp_record_file *f = gp_keep_link(gp_buf_str(&s->text)) ? put_seen(k, s->path, GP_RECORD_LINK) : NULL;

	if (f && f->kind == GP_RECORD_LINK && !f->text.len)
		gp_scrub_path(&k->scrub, gp_buf_str(&s->text), &f->text);
}

static void put_said(struct making *k, const struct gp_sight *s)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf(GP_MACHINE_RECORD "/%s", s->path),
				  *status = gp_asprintf("%s.status", name);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!gp_keep_said(&k->scrub, s->path, gp_buf_str(&s->text), &text)) {
		gp_list_add(&k->out->left_out, s->path);
		return;
	}
	GP_SWAP(put(k->out, name, GP_RECORD_FILE)->text, text);
	if (s->status)
		gp_buf_printf(&put(k->out, status, GP_RECORD_FILE)->text, "%d\n", s->status);
}

static void put_sight(struct making *k, const struct gp_sight *s)
{
	if (s->answer == GP_TRI_UNKNOWN)
		close_path(k, gp_buf_str(&s->text));
	if (s->answer != GP_TRI_YES)
		return;
	switch (s->asked) {
	case GP_LOOK_THERE: put_seen(k, s->path, S_ISDIR(s->mode) ? GP_RECORD_DIR : GP_RECORD_FILE); break;
	case GP_LOOK_TEXT: put_text(k, s); break;
	case GP_LOOK_NAMES: put_names(k, s); break;
	case GP_LOOK_SAID: put_said(k, s); break;
	case GP_LOOK_LINK: break; /* before all others */
	}
}

static int by_path(const void *a, const void *b)
{
	const struct gp_record_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The directories that they are in. */
static void put_parents(struct gp_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		gp_auto(gp_free_ptr) char *up = gp_path_dir(r->v[i].path);

		if (strcmp(up, ".") != 0 && *up)
			put(r, up, GP_RECORD_DIR);
	}
}

int gp_record_make(const struct gp_machine *m, const struct gp_sights *seen, struct gp_record *out, struct gp_err *err)
{
	struct making k = { .files = gp_machine_unseen(m), .out = out };

	*out = (struct gp_record){ 0 };
	find_names(m, &k.scrub);
	for (size_t i = 0; i < seen->n; i++)
		if (seen->v[i].asked == GP_LOOK_LINK && seen->v[i].answer == GP_TRI_YES)
			put_link(&k, &seen->v[i]);
	for (size_t i = 0; i < seen->n; i++)
		put_sight(&k, &seen->v[i]);
	if (k.closed.len)
		GP_SWAP(put(out, GP_MACHINE_RECORD "/unreadable", GP_RECORD_FILE)->text, k.closed);
	put_parents(out);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	gp_scrub_release(&k.scrub);
	gp_buf_release(&k.closed);
	return seen->full || out->n >= GP_RECORD_FILES ?
		       gp_fail(err, GP_E_UNSUPPORTED, "this machine has more than the %d files of a record",
			       GP_RECORD_FILES) :
		       0;
}

/* --- writing it --- */

/* In a directory that is ours alone. */
static int write_one(const struct gp_record_file *f, int dir, struct gp_err *err)
{
	switch (f->kind) {
	case GP_RECORD_DIR:
		return mkdirat(dir, f->path, 0700) == 0 ? 0 : gp_fail_sys(err, errno, "cannot create '%s'", f->path);
	case GP_RECORD_LINK:
		return symlinkat(f->text.data, dir, f->path) == 0 ?
			       0 :
			       gp_fail_sys(err, errno, "cannot create '%s'", f->path);
	default: return gp_file_make_at(dir, f->path, 0600, gp_buf_str(&f->text), err);
	}
}

/* Is there an empty directory of that name already? */
static bool is_empty_dir(const char *dir)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && gp_dir_list(dir, &names, NULL) == 0 && names.n == 0;
}

int gp_record_write(const struct gp_record *r, const char *dir, const volatile sig_atomic_t *stop, struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { .fd = -1, .dir = -1 };

	const bool exists = gp_exists(dir);

	if (exists && !is_empty_dir(dir))
		return gp_fail(err, GP_E_NO, "'%s' exists already: give a new directory, or an empty one", dir);
	if (gp_tmpdir_open(&t, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (gp_check_cancel(stop, err) < 0 || write_one(&r->v[i], t.fd, err) < 0)
			return -1;
	if (syncfs(t.fd) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", dir);
	/* Never one that is not empty any more. */
	if (exists && unlinkat(t.dir, gp_path_base(t.path), AT_REMOVEDIR) < 0)
		return gp_fail_sys(err, errno, "cannot replace '%s'", dir);
	return gp_tmpdir_commit(&t, err);
}
