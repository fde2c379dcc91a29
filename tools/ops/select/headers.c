/* SPDX-License-Identifier: MIT */
#include "ops/select/headers.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/rules/exports.h"
#include "ops/select/headerdir.h"

#define SMALL_FILE (1u << 20)
#define HEADER_FILE (16u << 20)
#define SYMVERS_FILE (64u << 20)

void gp_headers_release(struct gp_headers *h)
{
	if (!h)
		return;
	free(h->sysout);
	free(h->syssrc);
	gp_symvers_release(&h->exports);
	gp_buf_release(&h->symvers);
	*h = (struct gp_headers){ 0 };
}

/* The first failure of the system's is kept: see gp_headers_sound(). */
static void note(struct gp_headers *h, const struct gp_err *why)
{
	if (why->code == GP_E_SYSTEM && !h->trouble.code)
		h->trouble = *why;
}

int gp_headers_sound(const struct gp_headers *h, struct gp_err *err)
{
	if (!h->trouble.code)
		return 0;
	if (err)
		*err = h->trouble;
	return gp_within(err, "headers '%s'", h->sysout);
}

/* A link to nowhere is none. */
static bool is_there(struct gp_headers *h, const char *path)
{
	struct gp_err why = { 0 };
	int thing = gp_thing_at(path, &why);

	note(h, &why);
	return thing == GP_THING_FILE;
}

/* A file that may be missing: false then, or when it cannot be read. */
static bool read_in(struct gp_headers *h, const char *dir, const char *name, size_t max, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);
	struct gp_err why = { 0 };

	if (!is_there(h, path))
		return false;
	if (gp_file_read(path, max, out, &why) == 0)
		return true;
	note(h, &why);
	gp_buf_release(out);
	return false;
}

/* --- the two halves --- */

/* dir as seen from base, resolved; NULL unless kernel sources are there. */
static char *source_at(struct gp_headers *h, const char *base, const char *dir)
{
	gp_auto(gp_free_ptr) char *joined = dir[0] == '/' ? gp_strdup(dir) : gp_path_join(base, dir);
	struct gp_err why = { 0 };
	char *real = realpath(joined, NULL);

	if (!real)
		gp_fail_sys(&why, errno, "cannot look at '%s'", joined);
	if (real && !gp_headerdir_is_source(real, &why)) {
		free(real);
		real = NULL;
	}
	note(h, &why);
	return real;
}

/* "include /usr/src/linux-headers-R-common/Makefile" or the older form
 * "MAKEARGS := -C /usr/src/linux-headers-R-common O=…" → the directory. */
static char *makefile_names(struct gp_headers *h)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line, word;

	if (!read_in(h, h->sysout, "Makefile", SMALL_FILE, &text))
		return NULL;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		bool c_option = gp_str_starts(line, "MAKEARGS");

		if (!c_option && !gp_str_starts(line, "include "))
			continue;
		while (gp_word_next(&line, &word)) {
			if (c_option && gp_str_eq(word, "-C") && gp_word_next(&line, &word))
				return gp_strndup(word.p, word.len);
			if (!c_option && gp_str_ends(word, "/Makefile"))
				return gp_strndup(word.p, word.len - strlen("/Makefile"));
		}
	}
	return NULL;
}

/* What Makefile names, or what has the same name beside the headers. */
static char *find_named(struct gp_headers *h, const char *named)
{
	gp_auto(gp_free_ptr) char *up = gp_path_dir(h->sysout), *beside = gp_path_join(up, gp_path_base(named));
	/* Debian's is installed by that name; unpacked elsewhere its own half is meant, whatever
	 * build of it the system has. */
	bool own = gp_str_ends(gp_str_of(named), "-common");
	char *first = source_at(h, h->sysout, own ? beside : named);

	return first ? first : source_at(h, h->sysout, own ? named : beside);
}

static int find_source(struct gp_headers *h, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *named = NULL;
	struct gp_err why = { 0 };

	if (gp_headerdir_is_source(h->sysout, &why)) {
		h->syssrc = gp_strdup(h->sysout);
		return 0;
	}
	if (why.code) {
		if (err)
			*err = why;
		return -1;
	}
	named = makefile_names(h);
	if (named)
		h->syssrc = find_named(h, named);
	if (!h->syssrc)
		h->syssrc = source_at(h, h->sysout, "source");
	h->split = true;
	if (h->syssrc)
		return 0;
	if (named)
		return gp_fail(err, GP_E_NOTFOUND,
			       "headers '%s' need '%s', which is not there: install that package too", h->sysout,
			       named);
	return gp_fail(err, GP_E_NOTFOUND, "'%s' has no include/linux: not kernel headers", h->sysout);
}

/* --- release and versions --- */

/* The value of "#define NAME value", first one; empty when not there. */
static struct gp_str find_define(struct gp_str text, const char *name)
{
	struct gp_str line, word;

	while (gp_text_line_next(&text, &line)) {
		if (gp_word_next(&line, &word) && gp_str_eq(word, "#define") && gp_word_next(&line, &word) &&
		    gp_str_eq(word, name))
			return gp_str_trim(line);
	}
	return (struct gp_str){ "", 0 };
}

/* The value of "NAME = value" in a Makefile. */
static struct gp_str find_make(struct gp_str text, const char *name)
{
	struct gp_str line, word;

	while (gp_text_line_next(&text, &line)) {
		if (gp_word_next(&line, &word) && gp_str_eq(word, name) && gp_word_next(&line, &word) &&
		    gp_str_eq(word, "="))
			return gp_str_trim(line);
	}
	return (struct gp_str){ "", 0 };
}

static bool number(struct gp_str s, unsigned *out)
{
	uint64_t v;

	if (!gp_parse_u64(s, 0xffffff, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

static int read_release(struct gp_headers *h, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *name = NULL;
	struct gp_str s = { "", 0 };

	if (read_in(h, h->sysout, "include/generated/utsrelease.h", SMALL_FILE, &text))
		s = find_define(gp_buf_str(&text), "UTS_RELEASE");
	if (s.len > 2 && s.p[0] == '"' && s.p[s.len - 1] == '"') {
		s.p++;
		s.len -= 2;
	} else {
		struct gp_str rest;

		gp_buf_release(&text);
		if (!read_in(h, h->sysout, "include/config/kernel.release", SMALL_FILE, &text))
			return gp_fail(err, GP_E_NOTFOUND,
				       "headers '%s' do not say their release: "
				       "run 'make modules_prepare' there",
				       h->sysout);
		rest = gp_buf_str(&text);
		gp_text_line_next(&rest, &s);
		s = gp_str_trim(s);
	}
	name = gp_strndup(s.p, s.len);
	if (gp_release_parse(name, &h->release, err))
		return gp_within(err, "headers '%s'", h->sysout);
	return 0;
}

/* version[3] from three texts; false unless all are numbers. */
static bool three_numbers(struct gp_str a, struct gp_str b, struct gp_str c, unsigned version[3])
{
	return number(a, &version[0]) && number(b, &version[1]) && number(c, &version[2]);
}

static bool version_of_makefile(struct gp_headers *h, unsigned version[3])
{
	gp_auto(gp_buf_release) struct gp_buf make = { 0 };
	struct gp_str text;

	if (!read_in(h, h->syssrc, "Makefile", SMALL_FILE, &make))
		return false;
	text = gp_buf_str(&make);
	return three_numbers(find_make(text, "VERSION"), find_make(text, "PATCHLEVEL"), find_make(text, "SUBLEVEL"),
			     version);
}

static bool version_of_code(struct gp_str text, unsigned version[3])
{
	unsigned code;

	if (!number(find_define(text, "LINUX_VERSION_CODE"), &code))
		return false;
	version[0] = code >> 16;
	version[1] = code >> 8 & 0xff;
	version[2] = code & 0xff;
	return true;
}

static void read_version(struct gp_headers *h)
{
	gp_auto(gp_buf_release) struct gp_buf file = { 0 };
	struct gp_release *r = &h->release;
	struct gp_str text;
	unsigned v[3];

	if (!read_in(h, h->sysout, "include/generated/uapi/linux/version.h", SMALL_FILE, &file))
		read_in(h, h->sysout, "include/linux/version.h", SMALL_FILE, &file);
	text = gp_buf_str(&file);
	number(find_define(text, "RHEL_RELEASE_CODE"), &h->rhel_code);
	if (!three_numbers(find_define(text, "LINUX_VERSION_MAJOR"), find_define(text, "LINUX_VERSION_PATCHLEVEL"),
			   find_define(text, "LINUX_VERSION_SUBLEVEL"), v) &&
	    !version_of_makefile(h, v) && !version_of_code(text, v))
		return;
	/* Of another kernel? Then believe the name. */
	if (v[0] == r->ver.part[0] && v[1] == r->ver.part[1] && !h->rhel_code)
		gp_release_set_sublevel(r, v[2]);
}

int gp_headers_open(const char *dir, struct gp_headers *out, struct gp_err *err)
{
	int rc;

	*out = (struct gp_headers){ .sysout = gp_headerdir_find(dir, err) };
	if (!out->sysout)
		return -1;
	rc = find_source(out, err) || read_release(out, err) ? -1 : 0;
	if (rc == 0)
		read_version(out);
	/* What could not be looked at is the reason for whatever else was said. */
	if (gp_headers_sound(out, err))
		rc = -1;
	if (rc < 0)
		gp_headers_release(out);
	return rc;
}

/* --- finding --- */

/* A build link under another root: its absolute target is meant from there. */
static char *follow_build(const char *root, const char *link)
{
	char target[PATH_MAX];
	ssize_t n = *root ? readlink(link, target, sizeof(target) - 1) : -1;

	if (n <= 0 || target[0] != '/')
		return gp_strdup(link);
	target[n] = '\0';
	return gp_asprintf("%s%s", root, target);
}

/* 1 found, 0 nothing of that release under this root, -1 unusable (in err). */
static int find_under(const char *root, const char *release, struct gp_headers *out, struct gp_err *err)
{
	static const char *const forms[] = { "/lib/modules/", "/usr/src/linux-headers-", "/usr/src/kernels/" };
	struct gp_err first = { 0 };

	for (size_t i = 0; i < GP_COUNT(forms); i++) {
		gp_auto(gp_free_ptr) char *place =
			gp_asprintf("%s%s%s%s", root, forms[i], release, i == 0 ? "/build" : "");
		gp_auto(gp_free_ptr) char *dir = i == 0 ? follow_build(root, place) : gp_strdup(place);
		struct gp_err mine = { 0 };
		int thing;

		thing = gp_thing_at(dir, &mine);
		if (thing < 0 && !first.code)
			first = mine;
		if (thing != GP_THING_DIR)
			continue;
		if (gp_headers_open(dir, out, &mine) == 0) {
			if (strcmp(out->release.text, release) == 0)
				return 1;
			gp_fail(&mine, GP_E_FORMAT, "headers '%s' are those of '%s'", dir, out->release.text);
			gp_headers_release(out);
		}
		if (!first.code)
			first = mine;
	}
	if (!first.code)
		return 0;
	if (err)
		*err = first;
	return -1;
}

int gp_headers_find(const char *release, const struct gp_list *roots, const char *root, struct gp_headers *out,
		    struct gp_err *err)
{
	struct gp_err first = { 0 };
	struct gp_release parsed;
	size_t n = roots ? roots->n : 0;

	*out = (struct gp_headers){ 0 };
	if (gp_release_parse(release, &parsed, err))
		return -1;
	for (size_t i = 0; i <= n; i++) {
		struct gp_err mine = { 0 };
		const char *place = i < n ? roots->v[i] : root ? root : "";
		int rc = find_under(place, release, out, &mine);

		if (rc > 0)
			return 0;
		if (rc < 0 && !first.code)
			first = mine;
	}
	if (!first.code)
		return gp_fail(err, GP_E_NOTFOUND,
			       "no headers of kernel '%s': looked in "
			       "/lib/modules/%s/build and below /usr/src",
			       release, release);
	if (err)
		*err = first;
	return -1;
}

static int by_release(const void *a, const void *b)
{
	struct gp_release ra, rb;

	gp_release_parse(*(char *const *)a, &ra, NULL);
	gp_release_parse(*(char *const *)b, &rb, NULL);
	return gp_release_cmp(&ra, &rb);
}

int gp_installed_kernels(const char *root, struct gp_list *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/lib/modules", root ? root : "");
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_release r;
	int thing;

	if (gp_dir_list(dir, &names, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);

		if (gp_release_parse(names.v[i], &r, NULL) < 0)
			continue;
		thing = gp_thing_at(path, err);
		if (thing < 0)
			return -1;
		if (thing == GP_THING_DIR)
			gp_list_add(out, names.v[i]);
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_release);
	return 0;
}

/* --- probes --- */

/* As LINUXINCLUDE and USERINCLUDE of the kernel's Makefile, x86; "" for paths
 * that name the directory themselves. */
static char *find_header(struct gp_headers *h, const char *path)
{
	static const char *const places[] = { "include",
					      "arch/x86/include",
					      "arch/x86/include/generated",
					      "arch/x86/include/uapi",
					      "arch/x86/include/generated/uapi",
					      "include/uapi",
					      "include/generated/uapi",
					      "" };
	bool whole = gp_str_starts(gp_str_of(path), "include/") || gp_str_starts(gp_str_of(path), "arch/");
	size_t n = GP_COUNT(places) - (whole ? 0 : 1);

	for (size_t i = 0; i < n * 2; i++) {
		const char *half = i % 2 ? h->syssrc : h->sysout;
		gp_auto(gp_free_ptr) char *dir = gp_path_join(half, places[i / 2]);
		gp_auto(gp_free_ptr) char *file = gp_path_join(dir, path);

		if (is_there(h, file))
			return gp_steal(&file);
	}
	return NULL;
}

static enum gp_tri tri(bool yes)
{
	return yes ? GP_TRI_YES : GP_TRI_NO;
}

static enum gp_tri probe_text(struct gp_headers *h, const struct gp_probe *p, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *file = find_header(h, p->arg);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_err why = { 0 };
	int rc;

	if (!file)
		return GP_TRI_NO;
	if (gp_file_read(file, HEADER_FILE, &text, &why)) {
		note(h, &why);
		return GP_TRI_UNKNOWN;
	}
	rc = gp_text_matches(gp_buf_str(&text), p->ere, err);
	if (rc < 0)
		gp_within(err, "'%s'", file);
	return rc < 0 ? GP_TRI_UNKNOWN : tri(rc == 1);
}

/* false: there is no configuration. value->p stays NULL for an option that is not set. */
static bool find_config(struct gp_headers *h, const char *name, struct gp_buf *text, struct gp_str *value)
{
	struct gp_str rest, line;
	size_t len = strlen(name);

	if (!read_in(h, h->sysout, "include/config/auto.conf", HEADER_FILE, text) &&
	    !read_in(h, h->sysout, ".config", HEADER_FILE, text))
		return false;
	rest = gp_buf_str(text);
	while (gp_text_line_next(&rest, &line)) {
		if (!gp_str_starts(line, name) || line.len < len + 2 || line.p[len] != '=')
			continue;
		*value = (struct gp_str){ line.p + len + 1, line.len - len - 1 };
		return true;
	}
	return true;
}

static enum gp_tri probe_config(struct gp_headers *h, const char *name)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str value = { NULL, 0 };

	if (!find_config(h, name, &text, &value))
		return GP_TRI_UNKNOWN;
	return tri(value.p && (gp_str_eq(value, "y") || gp_str_eq(value, "m")));
}

char *gp_headers_config(const struct gp_headers *h, const char *name)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_headers copy = *h; /* what it notes is nobody's */
	struct gp_str value = { NULL, 0 };

	if (!find_config(&copy, name, &text, &value) || !value.p)
		return NULL;
	if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
		value = (struct gp_str){ value.p + 1, value.len - 2 };
	return gp_strndup(value.p, value.len);
}

static int read_symvers(struct gp_headers *h, struct gp_err *err)
{
	if (h->symvers_read)
		return 0;
	h->symvers_read = true;
	read_in(h, h->sysout, "Module.symvers", SYMVERS_FILE, &h->symvers);
	if (gp_symvers_parse(gp_buf_str(&h->symvers), &h->exports, err) < 0)
		return gp_within(err, "'%s/Module.symvers'", h->sysout);
	return 0;
}

static enum gp_tri probe_symbol(struct gp_headers *h, const struct gp_probe *p, struct gp_err *err)
{
	struct gp_export e = { .ns_known = true };
	const struct gp_symver *v;

	if (read_symvers(h, err) < 0 || !h->exports.n)
		return GP_TRI_UNKNOWN;
	v = gp_symvers_find(&h->exports, gp_str_of(p->arg));
	if (p->word != GP_PROBE_EXPORTS)
		return tri(v && (v->gpl_only || p->word == GP_PROBE_SYMBOL));
	e.exported = tri(v);
	e.gpl = tri(v && v->gpl_only);
	if (v)
		e.ns = v->ns;
	return gp_export_answer(&e, p);
}

enum gp_tri gp_headers_probe(struct gp_headers *h, const struct gp_probe *p, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *file = NULL;

	switch (p->word) {
	case GP_PROBE_HEADER: file = find_header(h, p->arg); return tri(file != NULL);
	case GP_PROBE_TEXT: return probe_text(h, p, err);
	case GP_PROBE_CONFIG: return probe_config(h, p->arg);
	case GP_PROBE_SYMBOL:
	case GP_PROBE_SYMBOL_GPL:
	case GP_PROBE_EXPORTS: return probe_symbol(h, p, err);
	case GP_PROBE_DRIVER_TEXT:
	case GP_PROBE_DRIVER_CONFTEST: break;
	}
	return GP_TRI_UNKNOWN;
}
