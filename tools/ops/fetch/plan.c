/* SPDX-License-Identifier: MIT */
#include "ops/fetch/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/proc.h"
#include "base/text.h"
#include "core/rules/release.h"

#define SAID_MAX (64u << 20) /* Debian's list of packages' names has 3 MB */
#define KEY_HEX 16
#define NEAREST 4

void gp_fetch_plan_release(struct gp_fetch_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].version);
	}
	free(p->v);
	*p = (struct gp_fetch_plan){ 0 };
}

void gp_fetch_plan_add(struct gp_fetch_plan *p, struct gp_str name, struct gp_str version, const char *sum)
{
	struct gp_fetch_package *one;

	GP_GROW(p->v, p->n, p->cap);
	one = &p->v[p->n++];
	*one = (struct gp_fetch_package){ .name = gp_strndup(name.p, name.len),
					  .version = gp_strndup(version.p, version.len) };
	memcpy(one->sum, sum, strnlen(sum, sizeof(one->sum) - 1));
}

char *gp_fetch_plan_key(const struct gp_fetch_plan *p)
{
	gp_auto(gp_buf_release) struct gp_buf all = { 0 };
	char sum[GP_SHA256_HEX];

	for (size_t i = 0; i < p->n; i++)
		gp_buf_printf(&all, "%s %s %s\n", p->v[i].name, p->v[i].version, p->v[i].sum);
	gp_sha256_hex(all.data, all.len, sum);
	return gp_asprintf("%s-%s-%.*s", p->distro->word, p->release.text, KEY_HEX, sum);
}

/* --- what there is instead --- */

/* The releases of the usual flavour, or of all. Out: how many of them are newer than the
 * one that is wished for. */
static size_t releases(const struct gp_headerwish *w, const struct gp_list *packages, bool all, struct gp_list *out)
{
	const struct gp_headerwish usual = { .distro = w->distro };
	struct gp_release wished, r;
	size_t newer = 0;

	gp_release_parse(w->version, &wished, NULL);
	for (size_t i = 0; i < packages->n; i++) {
		if (!gp_headerwish_release(w->distro, gp_str_of(packages->v[i]), &r) ||
		    (!all && !gp_headerwish_holds(&usual, &r)))
			continue;
		gp_list_add(out, r.text);
		newer += gp_release_cmp(&r, &wished) > 0;
	}
	return newer;
}

char *gp_fetch_nearest(const struct gp_headerwish *w, const struct gp_list *packages)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	size_t at = releases(w, packages, false, &names);

	if (!names.n)
		at = releases(w, packages, true, &names);
	if (!names.n)
		return gp_strdup("there is none");
	at = at > NEAREST / 2 ? at - NEAREST / 2 : 0;
	if (at + NEAREST > names.n)
		at = names.n > NEAREST ? names.n - NEAREST : 0;
	gp_buf_puts(&out, "there is ");
	for (size_t i = at; i < names.n && i < at + NEAREST; i++)
		gp_buf_printf(&out, "%s%s", i > at ? ", " : "", names.v[i]);
	return gp_buf_detach(&out);
}

/* --- package managers --- */

static int run_into(int fd, const char *const *argv, const char *dir, const volatile sig_atomic_t *cancel,
		    struct gp_buf *out, struct gp_err *err)
{
	const struct gp_proc_work w = { .argv = argv,
					.dir = dir,
					.out = fd,
					.keep = { -1, -1 },
					.cancel = cancel,
					.confine = { .ways = GP_CONFINE_WATCH } };
	gp_auto(gp_free_ptr) char *name = gp_asprintf("the output of '%s'", argv[0]);
	struct gp_proc_end end;

	if (gp_proc_work(&w, &end, err) < 0)
		return -1;
	if (end.cancelled)
		return gp_check_cancel(cancel, err);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return gp_fail_sys(err, errno, "cannot read %s", name);
	return gp_fd_read(fd, 0, SAID_MAX, name, out, err) < 0 ? -1 : end.status;
}

int gp_fetch_run(const struct gp_list *words, const char *dir, const volatile sig_atomic_t *cancel, struct gp_buf *out,
		 struct gp_err *err)
{
	gp_auto(gp_free_ptr) const char **argv = gp_alloc((words->n + 1) * sizeof(*argv));
	int fd = memfd_create("output", MFD_CLOEXEC), rc;
	struct gp_err why = { 0 };

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot run '%s'", words->v[0]);
	for (size_t i = 0; i < words->n; i++)
		argv[i] = words->v[i];
	rc = run_into(fd, argv, dir, cancel, out, &why);
	close(fd);
	if (rc >= 0)
		return rc;
	if (why.code == GP_E_NOTFOUND)
		return gp_fail(err, GP_E_NOTFOUND,
			       "'%s' is missing: --fetch-headers asks the package manager of a system that is set up "
			       "for the distribution; elsewhere unpack its packages, and give --headers DIR",
			       argv[0]);
	if (err)
		*err = why;
	return -1;
}

static int failed(const char *tool, const struct gp_buf *said, struct gp_err *err)
{
	struct gp_str text = gp_buf_str(said), line, why = GP_STR("it does not say why");

	while (gp_text_line_next(&text, &line)) {
		line = gp_str_trim(line);
		if (line.len)
			why = line;
		if (gp_str_starts(line, "E: ") || gp_str_starts(line, "Error: "))
			break;
	}
	return gp_fail(err, GP_E_SYSTEM, "%s failed: %.*s", tool, (int)(why.len < 250 ? why.len : 250), why.p);
}

int gp_fetch_ask(const char *tool, const struct gp_list *argv, const char *dir, const volatile sig_atomic_t *cancel,
		 struct gp_buf *out, struct gp_err *err)
{
	int status = gp_fetch_run(argv, dir, cancel, out, err);

	return status > 0 ? failed(tool, out, err) : status;
}
