/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "cmd/front/outputs.h"
#include "base/json.h"
#include "cmd/report/report.h"

struct json_object *gp_json_ended(struct gp_report *r, int rc, const struct gp_err *err)
{
	enum gp_code code = rc == 0 ? GP_OK : err->code ? err->code : GP_E_BUG;
	struct json_object *body = r->root;
	char line[1024];

	r->root = NULL;
	if (code != GP_OK)
		gp_err_format(err, line, sizeof(line));
	return gp_json_report(r->verb, gp_code_exit(code),
			      code == GP_OK ? NULL :
			      r->reason     ? r->reason :
					      gp_code_name(code),
			      line, body);
}

static int write_text(const struct gp_args *a, const struct gp_buf *text, struct gp_err *err)
{
	if (a->json_file)
		return gp_output_write(a->json_file, text->data, text->len, err);
	if (fputs(text->data, stdout) == EOF || fflush(stdout) == EOF)
		return gp_fail_sys(err, errno, "cannot write to standard output");
	return 0;
}

/* Standard output may be wanted by what was not to go there with it. */
static bool is_wanted(const struct gp_args *a, const struct gp_report *r, int rc, const struct gp_err *err)
{
	bool misused = rc < 0 && err->code == GP_E_USAGE && !r->root;

	return a->json && !r->withheld && (a->json_file ? !misused : !gp_stdout_is_output(a));
}

int gp_json_emit(const struct gp_args *a, struct gp_report *r, int rc, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_err second = { 0 };

	if (is_wanted(a, r, rc, err)) {
		r->root = gp_json_ended(r, rc, err);
		gp_json_format(r->root, JSON_C_TO_STRING_PRETTY, &text);
		gp_buf_putc(&text, '\n');
		if (write_text(a, &text, rc < 0 ? &second : err) < 0 && rc == 0)
			rc = r->done ? gp_besides(err, "; %s", r->done) : -1;
	}
	json_object_put(r->root);
	r->root = NULL;
	return rc;
}
