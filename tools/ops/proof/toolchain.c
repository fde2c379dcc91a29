/* SPDX-License-Identifier: MIT */
#include "ops/proof/toolchain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "ops/proof/prereq.h"

#define COMPILE_H_MAX (1u << 20)
#define CC_WORDS 16

void gp_toolchain_release(struct gp_toolchain *t)
{
	if (!t)
		return;
	free(t->cc);
	free(t->text);
	free(t->note);
	free(t->masquerade);
	*t = (struct gp_toolchain){ 0 };
}

/* Run the compiler with one option; what it prints. */
static int ask(const char *cc, const char *option, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list words = { 0 };
	const char *argv[CC_WORDS + 2] = { 0 };
	struct gp_str rest = gp_str_of(cc), word;

	while (words.n < CC_WORDS && gp_text_word_next(&rest, &word))
		gp_list_take(&words, gp_strndup(word.p, word.len));
	if (!words.n)
		return gp_fail(err, GP_E_USAGE, "--cc: a name is missing");
	for (size_t i = 0; i < words.n; i++)
		argv[i] = words.v[i];
	argv[words.n] = option;
	if (gp_proc_run(argv, NULL, out, err) != 0)
		return err && err->code ? -1 : gp_fail(err, GP_E_NOTFOUND, "'%s %s' fails", cc, option);
	return 0;
}

static char *first_line(const struct gp_buf *b)
{
	struct gp_str rest = gp_buf_str(b), line = { "", 0 };

	gp_text_line_next(&rest, &line);
	return gp_strndup(line.p, line.len);
}

char *gp_toolchain_line(const char *cc, const char *option)
{
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_err none = { 0 };

	return ask(cc, option, &said, &none) == 0 ? first_line(&said) : NULL;
}

/* The first "N.N" in a text, as grep -o '[0-9]\+\.[0-9]\+' | head -n 1 finds it. */
static char *two_numbers(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		size_t a = i, b;

		while (a < s.len && isdigit((unsigned char)s.p[a]))
			a++;
		if (a == i)
			continue;
		b = a + 1;
		while (a < s.len && s.p[a] == '.' && b < s.len && isdigit((unsigned char)s.p[b]))
			b++;
		if (b > a + 1)
			return gp_strndup(s.p + i, b - i);
		i = a;
	}
	return NULL;
}

/* --- which one --- */

/* "Debian clang version 19.1.7 (3)": Debian has a program for each version, and one
 * that is the newest. */
static void clang_names(struct gp_str text, struct gp_list *out)
{
	ssize_t at = gp_str_find(text, GP_STR("clang version "));
	size_t n = 0;

	if (at < 0)
		return;
	text.p += (size_t)at + strlen("clang version ");
	text.len -= (size_t)at + strlen("clang version ");
	while (n < text.len && isdigit((unsigned char)text.p[n]))
		n++;
	if (n)
		gp_list_printf(out, "clang-%.*s", (int)(n < 8 ? n : 8), text.p);
	gp_list_add(out, "clang");
}

void gp_toolchain_names(const char *text, struct gp_list *out)
{
	struct gp_str rest = gp_str_of(text ? text : ""), word;
	gp_auto(gp_free_ptr) char *cc = NULL;

	clang_names(rest, out);
	if (out->n || !gp_text_word_next(&rest, &word))
		return;
	cc = gp_strndup(word.p, word.len);
	/* The name of a program, not the path of one: the headers may be anybody's. */
	if (!strchr(cc, '/') && cc[0] != '-')
		gp_list_take(out, gp_steal(&cc));
}

static char *first_here(const struct gp_list *names)
{
	for (size_t i = 0; i < names->n; i++) {
		gp_auto(gp_buf_release) struct gp_buf said = { 0 };
		struct gp_err none = { 0 };

		if (ask(names->v[i], "--version", &said, &none) == 0)
			return gp_strdup(names->v[i]);
	}
	return NULL;
}

/* No compiler at all, or not the one on the command line: what has it. */
static void is_missing(const char *cc, const char *built_with, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *package = gp_compiler_package(cc);

	if (!package || gp_program_is_here(cc))
		return;
	gp_fail(err, GP_E_NOTFOUND, "there is no compiler '%s': install Debian's package %s%s%s", cc, package,
		built_with ? "; the kernel was built with " : "", built_with ? built_with : "");
}

/* --- does it fit --- */

static char *kernels_compiler(const struct gp_headers *h)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(h->sysout, "include/generated/compile.h");
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;

	if (!gp_is_file(path) || gp_file_read(path, COMPILE_H_MAX, &text, NULL) < 0)
		return NULL;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		const char *quote = memchr(line.p, '"', line.len);
		struct gp_str value;
		const char *end;

		if (gp_str_find(line, GP_STR("LINUX_COMPILER")) < 0 || !quote)
			continue;
		value = (struct gp_str){ quote + 1, line.len - (size_t)(quote + 1 - line.p) };
		end = memchr(value.p, '"', value.len);
		return gp_strndup(value.p, end ? (size_t)(end - value.p) : value.len);
	}
	return NULL;
}

static void compare(const struct gp_headers *h, struct gp_toolchain *t)
{
	gp_auto(gp_free_ptr) char *kernels = kernels_compiler(h);
	gp_auto(gp_free_ptr) char *want = kernels ? two_numbers(gp_str_of(kernels)) : NULL;
	gp_auto(gp_free_ptr) char *have = NULL;
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_err none = { 0 };

	if (!want)
		return;
	if (gp_str_find(gp_str_of(t->text), GP_STR("clang")) >= 0)
		have = gp_strdup("4.2");
	else if (ask(t->cc, "-dumpfullversion", &said, &none) == 0)
		have = two_numbers(gp_buf_str(&said));
	if (have && strcmp(want, have) == 0)
		return;
	t->mismatch = true;
	t->note =
		gp_asprintf("the kernel was built with %s, this is %s: IGNORE_CC_MISMATCH=1 is set", kernels, t->text);
}

/* The kernel's own compiler is not here, and another one is taken. */
static void tell_package(struct gp_toolchain *t, const char *cc, const struct gp_list *named)
{
	gp_auto(gp_free_ptr) char *package = !cc && named->n ? gp_compiler_package(named->v[0]) : NULL;
	gp_auto(gp_free_ptr) char *note = t->note;

	t->note = NULL;
	if (note && package && strcmp(t->cc, named->v[0]) != 0)
		t->note = gp_asprintf("%s; Debian's package %s has the kernel's", note, package);
	else
		t->note = gp_steal(&note);
}

static bool maps_files(const char *cc)
{
	gp_auto(gp_free_ptr) char *line = gp_asprintf("%s -ffile-prefix-map=/a=/b -x c -E", cc);
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_err none = { 0 };

	return ask(line, "/dev/null", &said, &none) == 0;
}

/* Where distributions keep ccache under the names of compilers: Debian and Arch,
 * Fedora, Alpine. */
static char *masquerade(const char *cc)
{
	static const char *const dirs[] = { "/usr/lib/ccache", "/usr/lib64/ccache", "/usr/lib/ccache/bin" };

	for (size_t i = 0; i < GP_COUNT(dirs) && !strchr(cc, '/'); i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dirs[i], cc);

		if (access(path, X_OK) == 0)
			return gp_strdup(dirs[i]);
	}
	return NULL;
}

int gp_toolchain_find(const struct gp_headers *h, const char *cc, struct gp_toolchain *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *text = gp_headers_config(h, "CONFIG_CC_VERSION_TEXT");
	gp_auto(gp_free_ptr) char *clang = gp_headers_config(h, "CONFIG_CC_IS_CLANG");
	gp_auto(gp_list_release) struct gp_list named = { 0 };
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };

	*out = (struct gp_toolchain){ .clang = clang && strcmp(clang, "y") == 0 };
	gp_toolchain_names(text, &named);
	out->cc = cc ? gp_strdup(cc) : first_here(&named);
	if (!out->cc)
		out->cc = gp_strdup(out->clang ? "clang" : "gcc");
	if (ask(out->cc, "--version", &said, err) < 0) {
		is_missing(cc || !named.n ? out->cc : named.v[0], text, err);
		gp_toolchain_release(out);
		return -1;
	}
	out->text = first_line(&said);
	out->masquerade = masquerade(out->cc);
	out->maps_files = maps_files(out->cc);
	compare(h, out);
	tell_package(out, cc, &named);
	return 0;
}
