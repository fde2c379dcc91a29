/* SPDX-License-Identifier: MIT */
#include "core/proof/buildlog.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LINE_SHOWN 400u /* bytes of an error message */

void gp_build_error_release(struct gp_build_error *e)
{
	if (!e)
		return;
	free(e->text);
	free(e->file);
	free(e->name);
	*e = (struct gp_build_error){ 0 };
}

static bool has(struct gp_str line, const char *what)
{
	return gp_str_find(line, gp_str_of(what)) >= 0;
}

static char *masked(struct gp_str s)
{
	size_t n = s.len < LINE_SHOWN ? s.len : LINE_SHOWN;
	char *text = gp_strndup(s.p, n);

	gp_text_mask(text, n); /* a NUL byte, too: it is not an end */
	return text;
}

/* --- what each line is --- */

/* The machine's fault, whatever is built. */
static bool is_environment(struct gp_str line)
{
	static const char *const said[] = { "No space left on device",
					    "Disk quota exceeded",
					    "Read-only file system",
					    "Input/output error",
					    "Cannot allocate memory",
					    "virtual memory exhausted",
					    "out of memory",
					    "Out of memory",
					    "Killed signal terminated program",
					    "internal compiler error",
					    "command not found",
					    ": not found",
					    "unrecognized command-line option",
					    "unrecognized command line option",
					    "does not appear to be able to create object files",
					    "Compiler version check failed",
					    "Kernel configuration is invalid",
					    "include/generated/autoconf.h or include/config/auto.conf are missing",
					    "Too many open files",
					    "fork: Resource temporarily unavailable",
					    "Exec format error" };

	for (size_t i = 0; i < GP_COUNT(said); i++)
		if (has(line, said[i]))
			return true;
	return false;
}

static bool is_modpost(struct gp_str line)
{
	return gp_str_starts(line, "ERROR: modpost:") || gp_str_starts(line, "FATAL: modpost:") ||
	       (gp_str_starts(line, "ERROR: \"") && gp_str_ends(line, "undefined!"));
}

/* "…: error: ", "…: fatal error: ", and the linker's complaints. */
static bool is_compiler(struct gp_str line)
{
	return has(line, " error: ") || has(line, "undefined reference to") || has(line, "ld: cannot ") ||
	       (has(line, "ld: ") && has(line, "multiple definition"));
}

/* "make[2]: *** [Makefile:7: nvidia.o] Error 1" tells that, not what. */
static bool is_make(struct gp_str line)
{
	return gp_str_starts(line, "make") && has(line, ": *** ");
}

/* --- what it says --- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_name(struct gp_str s)
{
	if (!s.len || isdigit((unsigned char)s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_word(s.p[i]))
			return false;
	return true;
}

/* The next thing in quotes: '…', "…", and GCC's in UTF-8. */
static bool next_quoted(struct gp_str *rest, struct gp_str *out)
{
	static const struct {
		const char *open, *close;
	} marks[] = { { "\xe2\x80\x98", "\xe2\x80\x99" }, { "'", "'" }, { "\"", "\"" }, { "`", "'" } };

	for (size_t i = 0; i < rest->len; i++) {
		struct gp_str from = { rest->p + i, rest->len - i };

		for (size_t k = 0; k < GP_COUNT(marks); k++) {
			ssize_t end;

			if (!gp_str_starts(from, marks[k].open))
				continue;
			from.p += strlen(marks[k].open);
			from.len -= strlen(marks[k].open);
			end = gp_str_find(from, gp_str_of(marks[k].close));
			if (end < 0)
				return false;
			*out = (struct gp_str){ from.p, (size_t)end };
			rest->len -= (size_t)(from.p + end - rest->p) + strlen(marks[k].close);
			rest->p = from.p + end + strlen(marks[k].close);
			return true;
		}
	}
	return false;
}

/* What the message is about: a missing header, the member of a struct that has
 * none of that name (named last), else the first identifier in quotes. */
static char *subject(struct gp_str text)
{
	static const char missing[] = ": No such file or directory";
	struct gp_str rest = text, q, found = { NULL, 0 };
	bool last = has(text, "has no member named");

	if (gp_str_ends(text, missing)) {
		struct gp_str path = { text.p, text.len - strlen(missing) };

		while (path.len && path.p[path.len - 1] != ' ')
			path.len--;
		path.p += path.len;
		path.len = text.len - strlen(missing) - path.len;
		return path.len ? masked(path) : NULL;
	}
	while (next_quoted(&rest, &q))
		if (is_name(q) && (last || !found.p))
			found = q;
	return found.p ? gp_strndup(found.p, found.len) : NULL;
}

static bool cut(struct gp_str *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!n || path->len <= n || memcmp(path->p, dir, n) != 0 || path->p[n] != '/')
		return false;
	*path = (struct gp_str){ path->p + n + 1, path->len - n - 1 };
	return true;
}

/* ccache gives the compiler "../../tmp/x/kernel/a.c" for what is below CCACHE_BASEDIR:
 * after the dots stands the end of root (ccache(1), "base_dir"). */
static struct gp_str without_root(struct gp_str path, const char *root)
{
	struct gp_str rest = path;

	if (cut(&path, root))
		return path;
	while (gp_str_starts(rest, "../"))
		rest = (struct gp_str){ rest.p + 3, rest.len - 3 };
	for (const char *end = strchr(root, '/'); end && rest.p != path.p; end = strchr(end + 1, '/'))
		if (cut(&rest, end + 1))
			return rest;
	return path;
}

/* Take "file:line:column: " off; the column may be missing. */
static void take_place(struct gp_str *line, const char *root, struct gp_build_error *out)
{
	const char *colon = memchr(line->p, ':', line->len);
	struct gp_str file, rest;
	uint64_t number = 0;

	if (!colon || colon == line->p)
		return;
	file = (struct gp_str){ line->p, (size_t)(colon - line->p) };
	rest = (struct gp_str){ colon + 1, line->len - file.len - 1 };
	for (int i = 0; i < 2 && rest.len && isdigit((unsigned char)rest.p[0]); i++) {
		size_t n = 0;

		while (n < rest.len && isdigit((unsigned char)rest.p[n]))
			n++;
		if (n == rest.len || rest.p[n] != ':' || n > 9)
			return;
		if (i == 0 && !gp_parse_u64((struct gp_str){ rest.p, n }, UINT32_MAX, &number))
			return;
		rest.p += n + 1;
		rest.len -= n + 1;
	}
	if (!number)
		return;
	out->file = masked(without_root(file, root));
	out->line = (unsigned)number;
	*line = gp_str_trim(rest);
}

/* "  CC [M]  nvidia.o", "make[1]: Entering directory": what is done, not what is wrong. */
static bool is_progress(struct gp_str line)
{
	return gp_str_starts(line, "  ") || (gp_str_starts(line, "make") && has(line, "ing directory"));
}

/* Names of the scratch directory tell nobody anything. */
static char *shown(struct gp_str s, const char *root)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	gp_auto(gp_free_ptr) char *prefix = gp_asprintf("%s/", root);
	ssize_t at;

	while (*root && (at = gp_str_find(s, gp_str_of(prefix))) >= 0) {
		gp_buf_add(&out, s.p, (size_t)at);
		s.p += (size_t)at + strlen(prefix);
		s.len -= (size_t)at + strlen(prefix);
	}
	gp_buf_add(&out, s.p, s.len);
	return masked(gp_buf_str(&out));
}

static void fill(struct gp_str line, const char *root, enum gp_cell_class cls, struct gp_build_error *out)
{
	gp_build_error_release(out);
	out->cls = cls;
	take_place(&line, root, out);
	out->text = shown(line, root);
	out->name = subject(line);
}

/* "  123 |     printk(KERN_ERR "out of memory");" and "      |     ^~~~": the compiler
 * shows the sources, which may say anything. */
static bool is_excerpt(struct gp_str s)
{
	size_t n = 0;

	while (n < s.len && (isdigit((unsigned char)s.p[n]) || s.p[n] == ' '))
		n++;
	return n < s.len && s.p[n] == '|';
}

enum said { SAID_NOTHING, SAID_ERROR, SAID_MAKE };

/* What a line of the log says, and what class it makes of the cell. */
static enum said judge_line(struct gp_str s, enum gp_cell_class *cls)
{
	if (is_excerpt(s))
		return SAID_NOTHING;
	*cls = is_environment(s) ? GP_CELL_ENVIRONMENT : is_modpost(s) ? GP_CELL_MODPOST : GP_CELL_COMPILE;
	/* "No rule to make target" is all that there will be. */
	if (is_make(s) && !has(s, "No rule to make target"))
		return SAID_MAKE;
	return *cls != GP_CELL_COMPILE || is_make(s) || is_compiler(s) ? SAID_ERROR : SAID_NOTHING;
}

bool gp_buildlog_first(struct gp_str log, const char *root, struct gp_build_error *out)
{
	struct gp_str line, last = { NULL, 0 }, make = { NULL, 0 }, before = { NULL, 0 };
	enum gp_cell_class cls;

	*out = (struct gp_build_error){ .cls = GP_CELL_ENVIRONMENT };
	while (gp_text_line_next(&log, &line)) {
		struct gp_str s = gp_str_trim(line);

		switch (s.len ? judge_line(s, &cls) : SAID_NOTHING) {
		case SAID_ERROR: fill(s, root, cls, out); return true;
		case SAID_MAKE:
			before = make.p ? before : last;
			make = make.p ? make : s;
			break;
		case SAID_NOTHING: last = s.len && !is_progress(line) ? s : last; break;
		}
	}
	/* What was said before make gave up is more than that it did. */
	if (make.p)
		fill(before.p ? before : make, root, has(make, "modpost") ? GP_CELL_MODPOST : GP_CELL_COMPILE, out);
	else if (last.p)
		fill(last, root, GP_CELL_ENVIRONMENT, out);
	return make.p != NULL;
}

struct gp_str gp_buildlog_tail(struct gp_str log, size_t max)
{
	const char *nl;

	if (log.len <= max)
		return log;
	log.p += log.len - max;
	log.len = max;
	nl = memchr(log.p, '\n', log.len);
	if (nl && nl + 1 < log.p + log.len) {
		log.len -= (size_t)(nl + 1 - log.p);
		log.p = nl + 1;
	}
	return log;
}
