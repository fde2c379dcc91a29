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
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	char line[1024];
	int rc = 0;

	gp_json_put(root, "ok", json_object_new_boolean(ok));
	gp_json_put(root, "exit", json_object_new_int(ok ? 0 : gp_code_exit(failure->code)));
	if (!ok) {
		gp_err_format(failure, line, sizeof(line));
		gp_json_put(root, "error", gp_json_text(line));
	}
	gp_json_format(root, JSON_C_TO_STRING_PRETTY, &text);
	gp_buf_putc(&text, '\n');
	if (a->json_file && gp_exists(a->json_file) && !gp_is_file(a->json_file))
		rc = write_device(a->json_file, text.data, err);
	else if (a->json_file)
		rc = gp_file_write(a->json_file, text.data, text.len, 0644, true, err);
	else if (fputs(text.data, stdout) == EOF || fflush(stdout) == EOF)
		rc = gp_fail_sys(err, errno, "cannot write to standard output");
	json_object_put(root);
	return rc;
}
