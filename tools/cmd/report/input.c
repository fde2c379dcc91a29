/* SPDX-License-Identifier: MIT */
#include "cmd/report/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ops/input/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

static void say(const struct gp_args *a, const struct gp_given_one *one)
{
	if (one->package)
		return; /* it is the file that was named */
	if (one->member)
		gp_say(a, "input      taken from %s: %s\n",
		       strcmp(one->container, "-") == 0 ? "standard input" : one->container, one->member);
	else
		gp_say(a, "input      taken from standard input: %s\n", one->file);
}

int gp_take_input(struct gp_args *a, enum gp_input_use use, const char **word, struct gp_err *err)
{
	struct gp_input_opts o = {
		.use = use, .member = a->member, .cancel = gp_main_cancel(), .progress = gp_progress_begin(a)
	};
	size_t before = a->given.n;
	int rc = gp_input_take(&a->given, *word, &o, word, err);

	gp_progress_end();
	a->patch.given = &a->given;
	if (rc == 0 && a->given.n > before)
		say(a, &a->given.v[before]);
	return rc;
}

int gp_take_listed(struct gp_args *a, enum gp_input_use use, struct gp_list *l, size_t i, struct gp_err *err)
{
	const char *word = l->v[i];

	if (gp_take_input(a, use, &word, err) < 0)
		return -1;
	if (word != l->v[i]) {
		free(l->v[i]);
		l->v[i] = gp_strdup(word);
	}
	return 0;
}

struct json_object *gp_json_input(const struct gp_args *a, const char *name)
{
	const struct gp_given_one *one = gp_given_find(&a->given, name);

	return gp_json_object(GP_J("path", name), GP_J("container", one ? one->container : NULL),
			      GP_J("member", one ? one->member : NULL));
}
