/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/front/outputs.h"
#include "cmd/report/report.h"

int gp_json_emit(const struct gp_args *a, struct json_object *root, const struct gp_err *failure, struct gp_err *err)
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
	if (a->json_file)
		rc = gp_output_write(a->json_file, text.data, text.len, err);
	else if (fputs(text.data, stdout) == EOF || fflush(stdout) == EOF)
		rc = gp_fail_sys(err, errno, "cannot write to standard output");
	json_object_put(root);
	return rc;
}
