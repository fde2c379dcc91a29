/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ops/job/inputs.h"
#include "ops/select/catalog.h"
#include "ops/select/datadir.h"
#include "ops/select/datafiles.h"

#include "cmd/report/report.h"

/* The directories in their order; the last few are the command line's. */
struct work {
	struct gp_list dirs;
	struct gp_datafiles d;
	struct gp_catalog catalog;
	size_t extra;
};

/* How a directory came to be read, as a word of the JSON. */
static const char *role(const struct work *w, size_t i)
{
	const char *env = getenv("GRIDPATCH_DATA");

	if (i == 0)
		return env && *env ? "variable" : "shipped";
	if (i >= w->dirs.n - w->extra)
		return "option";
	return strcmp(w->dirs.v[i], GP_DATADIR_MACHINE) == 0 ? "machine" : "user";
}

static const char *role_words(const char *word)
{
	static const char *const words[][2] = { { "variable", "named by GRIDPATCH_DATA" },
						{ "shipped", "what gridpatch came with" },
						{ "option", "named by --data" },
						{ "machine", "this machine's" },
						{ "user", "yours" } };

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (strcmp(word, words[i][0]) == 0)
			return words[i][1];
	return word;
}

static const char *day(const char *date)
{
	return date ? date : "an unknown day";
}

static void say_dirs(const struct gp_args *a, const struct work *w)
{
	gp_say(a, "data of %s; what stands lower lies over what stands above it\n", gp_catalog_date(&w->catalog));
	for (size_t i = 0; i < w->d.ndirs; i++) {
		const struct gp_datadir *dir = &w->d.dirs[i];

		gp_say(a, "  %zu  %s\n", i + 1, dir->path);
		gp_say(a, "     %s%s%s; of %s; files: %zu, patch sets: %zu\n", role_words(role(w, i)),
		       dir->origin ? ", " : "", dir->origin ? dir->origin : "", day(dir->date), dir->nfiles,
		       dir->nsets);
	}
}

/* "2, over 1" */
static void say_file(const struct gp_args *a, const struct gp_datafiles *d, const struct gp_datafile *f)
{
	const char *date = d->dirs[f->dirs[f->n - 1]].date;

	gp_say(a, "%-44s %-10s  %zu", f->name, date ? date : "-", f->dirs[f->n - 1] + 1);
	for (size_t i = f->n - 1; i-- > 0;)
		gp_say(a, "%s%zu", i + 2 == f->n ? ", over " : ", ", f->dirs[i] + 1);
	gp_say(a, "\n");
}

static struct json_object *json_file(const struct gp_datafiles *d, const struct gp_datafile *f)
{
	const struct gp_datadir *top = &d->dirs[f->dirs[f->n - 1]];

	return gp_json_object(GP_J("name", f->name), GP_J("date", top->date), GP_J("directory", top->path),
			      GP_J("over", GP_JSON_EACH(i, f->n - 1, d->dirs[f->dirs[f->n - 2 - i]].path)));
}

static struct json_object *json_dir(const struct work *w, size_t i)
{
	const struct gp_datadir *dir = &w->d.dirs[i];

	return gp_json_object(GP_J("path", dir->path), GP_J("role", role(w, i)), GP_J("date", dir->date),
			      GP_J("origin", dir->origin), GP_J("files", dir->nfiles), GP_J("sets", dir->nsets));
}

static int answer(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "data takes no file; more data are named by --data DIR");
	w->extra = a->patch.data.n;
	/* Loading tells what is wrong with them: a list alone would say that all is well. */
	if (gp_data_dirs(&a->patch.data, &w->dirs, err) < 0 || gp_datafiles_list(&w->dirs, &w->d, err) < 0 ||
	    gp_catalog_load(&w->dirs, GP_DATA_ALL, &w->catalog, err) < 0)
		return -1;
	say_dirs(a, w);
	for (size_t i = 0; i < w->d.nfiles; i++)
		say_file(a, &w->d, &w->d.files[i]);
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct work w = { 0 };
	int rc = answer(a, &w, err);

	if (rc == 0 && a->json)
		r->root = gp_json_object(GP_J("data_date", w.catalog.any.date),
					 GP_J("directories", GP_JSON_EACH(i, w.d.ndirs, json_dir(&w, i))),
					 GP_J("list", GP_JSON_EACH(i, w.d.nfiles, json_file(&w.d, &w.d.files[i]))));
	gp_catalog_release(&w.catalog);
	gp_datafiles_release(&w.d);
	gp_list_release(&w.dirs);
	return rc;
}

const struct gp_cmd gp_cmd_data = {
	.name = "data",
	.args = "",
	.summary = "show where the data come from, and how old they are",
	.about = "Shows the directories of data in the order in which they lie over each other,\n"
		 "the day each is of, and where each file of kernel-versions/ and each patch set\n"
		 "is taken from. Over what gridpatch came with lie /etc/gridpatch, then\n"
		 "$XDG_DATA_HOME/gridpatch/data, else ~/.local/share/gridpatch/data, then --data:\n"
		 "a checkout of the data, or some files of your own, which nobody but you and\n"
		 "root may be able to change. The network is not used.",
	.example = "gridpatch data",
	.options = "data",
	.run = run,
};
