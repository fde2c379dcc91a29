/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/outputs.h"
#include "cmd/report.h"

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
	if (a->json_file)
		rc = gp_output_write(a->json_file, text, strlen(text), err);
	else if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		rc = gp_fail_sys(err, errno, "cannot write to standard output");
	json_object_put(root);
	return rc;
}
