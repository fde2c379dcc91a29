/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/report/report.h"
#include "ops/host/record.h"

#define SHOWN 40 /* lines of one file, without -v; a kernel's configuration has 8000 */

int gp_doctor_record_check(const struct gp_args *a, struct gp_err *err)
{
	if (!a->record)
		return a->yes || a->patch.dry_run ?
			       gp_fail(err, GP_E_USAGE,
				       "doctor writes nothing but with --record; see 'gridpatch doctor --help'") :
			       0;
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "a record is of a machine: give no installer with --record");
	if (a->yes || a->patch.dry_run)
		return 0;
	if (a->quiet || (a->json && !a->json_file))
		return gp_fail(err, GP_E_USAGE, "nobody would see what is written: give --yes, too");
	if (!isatty(STDIN_FILENO))
		return gp_fail(err, GP_E_USAGE,
			       "there is no terminal to ask whether it may be written: give --yes, or -n to see it");
	return 0;
}

/* --- showing it --- */

static bool is_text(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' && !strchr("\n\t", s.p[i] ? s.p[i] : 'x'))
			return false;
	return true;
}

static void show_text(const struct gp_args *a, struct gp_str text)
{
	struct gp_str line;
	size_t n = 0, more = 0;

	if (!is_text(text)) {
		gp_say(a, "    %zu bytes\n", text.len);
		return;
	}
	while (gp_text_line_next(&text, &line)) {
		gp_auto(gp_free_ptr) char *shown = gp_strndup(line.p, line.len);

		for (char *p = shown; *p; p++)
			if (*p == '\t')
				*p = ' ';
		if (n++ < SHOWN || a->verbose)
			gp_say(a, "    %s\n", shown);
		else
			more++;
	}
	if (more)
		gp_say(a, "    and %zu lines more, which -v shows\n", more);
}

static void show(const struct gp_args *a, const struct gp_record *r)
{
	size_t files = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct gp_record_file *f = &r->v[i];

		if (f->kind == GP_RECORD_LINK)
			gp_say(a, "/%s -> %s\n", f->path, f->text.data);
		else
			gp_say(a, "/%s%s\n", f->path, f->kind == GP_RECORD_DIR ? "/" : "");
		if (f->kind == GP_RECORD_FILE)
			show_text(a, gp_buf_str(&f->text));
		files += f->kind == GP_RECORD_FILE;
	}
	for (size_t i = 0; i < r->left_out.n; i++)
		gp_say(a, "left out   %s\n", r->left_out.v[i]);
	gp_say(a, "in all     %zu files, for %s\n", files, a->record);
}

/* --- asking --- */

/* Anything but yes is no. */
static int is_wanted(const struct gp_args *a, struct gp_err *err)
{
	char answer[16] = "";

	if (a->yes)
		return 0;
	fprintf(stderr, "Read what is shown: only you know what may be told. Write it? [y/N] ");
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0))
		return 0;
	return gp_fail(err, GP_E_NO, "nothing was written");
}

static struct json_object *json_file(const struct gp_record_file *f)
{
	static const char *const kinds[] = { "directory", "file", "link" };

	return gp_json_object(GP_J("path", f->path), GP_J("kind", kinds[f->kind]), GP_J("bytes", f->text.len));
}

int gp_doctor_record(const struct gp_args *a, const struct gp_machine *m, const struct gp_sights *seen,
		     struct json_object **json, struct gp_err *err)
{
	gp_auto(gp_record_release) struct gp_record r = { 0 };
	int rc = 0;

	if (gp_record_make(m, seen, &r, err) < 0)
		return -1;
	show(a, &r);
	gp_main_flush(); /* before it is asked */
	if (!a->patch.dry_run)
		rc = is_wanted(a, err) < 0 || gp_record_write(&r, a->record, gp_main_cancel(), err) < 0 ? -1 : 0;
	if (rc == 0 && !a->patch.dry_run)
		gp_say(a, "wrote      %s\n", a->record);
	*json = gp_json_object(GP_J("directory", a->record), GP_J("written", (bool)(rc == 0 && !a->patch.dry_run)),
			       GP_J("files", GP_JSON_EACH(i, r.n, json_file(&r.v[i]))), GP_J("left_out", &r.left_out));
	return rc;
}
