/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/text.h"
#include "cmd/report.h"

/* Length of the valid UTF-8 sequence at p, 0 if it is none. RFC 3629. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
		   p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

struct json_object *gp_json_str(struct gp_str s)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct json_object *o;

	for (size_t i = 0; i < s.len;) {
		size_t n = utf8_len((const unsigned char *)s.p + i, s.len - i);

		if (n)
			gp_buf_add(&out, s.p + i, n);
		else
			gp_buf_puts(&out, "\xef\xbf\xbd"); /* U+FFFD */
		i += n ? n : 1;
	}
	o = json_object_new_string_len(out.data ? out.data : "", (int)out.len);
	return o;
}

struct json_object *gp_json_text(const char *s)
{
	return s ? gp_json_str(gp_str_of(s)) : NULL;
}

struct json_object *gp_json_list(const struct gp_list *l)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(a, gp_json_text(l->v[i]));
	return a;
}

void gp_json_put(struct json_object *o, const char *key, struct json_object *v)
{
	if (json_object_object_add(o, key, v) != 0)
		gp_oom();
}

/* A FIFO or /dev/fd/3 is written to; replacing it would be a surprise. */
static int write_device(const char *path, const char *text, struct gp_err *err)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) != EOF;

	if (f && fclose(f) == EOF)
		ok = false;
	return ok ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", path);
}

int gp_json_check(const struct gp_args *a, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { .fd = -1 };

	if (!a->json_file)
		return 0;
	if (gp_is_dir(a->json_file))
		return gp_fail(err, GP_E_SYSTEM, "cannot write '%s': it is a directory", a->json_file);
	if (!gp_exists(a->json_file) || gp_is_file(a->json_file))
		return gp_outfile_open(&f, a->json_file, 0, err);
	return access(a->json_file, W_OK) == 0 ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", a->json_file);
}

int gp_json_emit(const struct gp_args *a, struct json_object *root, const struct gp_err *failure,
		 struct gp_err *err)
{
	bool ok = !failure || failure->code == GP_OK;
	gp_auto(gp_free_ptr) char *text = NULL;
	char line[1024];
	int rc = 0;

	gp_json_put(root, "ok", json_object_new_boolean(ok));
	gp_json_put(root, "exit", json_object_new_int(ok ? 0 : gp_code_exit(failure->code)));
	if (!ok) {
		gp_err_format(failure, line, sizeof(line));
		gp_json_put(root, "error", gp_json_text(line));
	}
	text = gp_asprintf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
				   JSON_C_TO_STRING_NOSLASHESCAPE));
	if (a->json_file && gp_exists(a->json_file) && !gp_is_file(a->json_file))
		rc = write_device(a->json_file, text, err);
	else if (a->json_file)
		rc = gp_file_write(a->json_file, text, strlen(text), 0644, true, err);
	else if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		rc = gp_fail_sys(err, errno, "cannot write to standard output");
	json_object_put(root);
	return rc;
}
