/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/report.h"
#include "core/instcmd.h"

/* Numbers of one file: "12 hunks, 2 with an offset (1 to 5 lines), 1 with fuzz". */
struct tally {
	size_t hunks, offset, fuzz;
	uint64_t most;
	unsigned most_fuzz;
};

static struct tally tally_of(const struct gp_hunk_report *r)
{
	struct tally t = { .hunks = r->n };

	for (size_t i = 0; i < r->n; i++) {
		uint64_t off = (uint64_t)(r->place[i].offset < 0 ? -r->place[i].offset : r->place[i].offset);

		t.offset += off != 0;
		t.fuzz += r->place[i].fuzz != 0;
		t.most = off > t.most ? off : t.most;
		t.most_fuzz = r->place[i].fuzz > t.most_fuzz ? r->place[i].fuzz : t.most_fuzz;
	}
	return t;
}

static const char *op_name(enum gp_file_op op)
{
	static const char *const name[] = { "changed", "created", "deleted", "renamed", "copied" };

	return name[op];
}

static void say_file(const struct gp_args *a, const struct gp_applied_file *f)
{
	struct tally t = tally_of(&f->hunks);

	gp_say(a, "    %s %s: %zu hunk%s", op_name(f->op), f->path, t.hunks, t.hunks == 1 ? "" : "s");
	if (f->hunks.result == GP_HUNKS_ALREADY) {
		gp_say(a, ", already there\n");
		return;
	}
	if (t.offset)
		gp_say(a, ", %zu at an offset (up to %llu line%s)", t.offset, (unsigned long long)t.most,
		       t.most == 1 ? "" : "s");
	if (t.fuzz)
		gp_say(a, ", %zu with fuzz (up to %u)", t.fuzz, t.most_fuzz);
	gp_say(a, "\n");
}

static void say_applied(const struct gp_args *a, const struct gp_patch_job *j)
{
	const char *set = "";

	for (size_t i = 0; i < j->applied.n; i++) {
		const struct gp_applied *p = &j->applied.v[i];

		if (strcmp(set, p->set) != 0)
			gp_say(a, "set        %s\n", p->set);
		set = p->set;
		gp_say(a, "  %s%s%s%s\n", p->name, p->prefix && *p->prefix ? " (in " : "",
		       p->prefix && *p->prefix ? p->prefix : "", p->prefix && *p->prefix ? "/)" : "");
		if (p->already) {
			gp_say(a, "    already applied\n");
			continue;
		}
		for (size_t k = 0; k < p->n; k++)
			say_file(a, &p->file[k]);
	}
}

static void say_hooks(const struct gp_args *a, const struct gp_patch_job *j)
{
	enum gp_hooks need = j->selection.hooks;

	if (j->hooks_action == GP_HOOKS_NONE)
		gp_say(a, "hooks      none: %s\n", j->hooks_why ? j->hooks_why : "not wanted");
	else if (j->hooks_action == GP_HOOKS_THERE)
		gp_say(a, "hooks      already in %s\n", j->driver.altered.hooks_file);
	else
		gp_say(a, "hooks      from %s%s: %s copy, %s table constant\n", j->hooks.dir,
		       j->hooks.patched ? " with your patch" : "", j->hooks.known ? "known" : "unrecognised",
		       gp_hooks_table_name(j->hooks.table));
	if (j->hooks_action != GP_HOOKS_NONE)
		gp_say(a, "  unlock   %s\n", need == GP_HOOKS_UPSTREAM ? "this driver works with upstream's hooks" :
		       need == GP_HOOKS_NEWER_TABLE ? "this driver needs the newer table constant" :
		       "not proved for this driver");
}

static void say_changes(const struct gp_args *a, const struct gp_patch_job *j)
{
	static const char *const mark[] = { " ", "M", "A", "D" };
	const struct gp_tree *t = &j->driver.tree;

	gp_say(a, "changed    %zu file%s\n", gp_tree_changes(t), gp_tree_changes(t) == 1 ? "" : "s");
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state != GP_TFILE_SAME &&
		    !(t->file[i].state == GP_TFILE_DELETED && !t->file[i].was))
			gp_say(a, "  %s %s\n", mark[t->file[i].state], t->file[i].path);
	if (j->exclusive && a->verbose)
		gp_say(a, "  DKMS     BUILD_EXCLUSIVE_KERNEL='%s'\n", j->exclusive);
}

/* The command for one kernel; for several, one line each. */
static void instcmd(const struct gp_patch_job *j, const struct gp_query_kernel *k, struct gp_buf *out)
{
	bool own = k && !j->targets.running;
	struct gp_instcmd c = {
		.run = j->out, .driver = j->driver.version,
		.release = own ? k->release.text : NULL,
		.two_trees = j->driver.has_kernel && j->driver.has_kernel_open,
	};
	/* sh looks a bare name up in PATH first. */
	gp_auto(gp_free_ptr) char *dotted = gp_asprintf("./%s", j->out);

	if (!strchr(j->out, '/'))
		c.run = dotted;
	/* A split tree (Debian's) is found by the installer itself. */
	if (own && k->headers && !k->headers->split && strncmp(k->headers->sysout, "/lib/modules/", 13) != 0 &&
	    strncmp(k->headers->sysout, "/usr/src/", 9) != 0)
		c.source_path = k->headers->syssrc;
	gp_instcmd_format(&c, out);
}

static void say_end(const struct gp_args *a, const struct gp_patch_job *j)
{
	char size[32];

	gp_say_covers(a, &j->selection);
	if (j->written)
		gp_say(a, "wrote      %s, %s, %s level %d\n", j->out, gp_say_size(j->repack.out_size, size),
		       gp_codec_name(j->repack.codec), j->repack.level);
	else
		gp_say(a, "dry run    %s would be written\n", j->out);
	gp_say(a, "\nFor your own machines: NVIDIA's licence does not let you pass it on. Install with\n");
	for (size_t i = 0; i < j->targets.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };

		instcmd(j, &j->targets.v[i], &line);
		gp_say(a, "  %s\n", line.data);
	}
}

void gp_report_job(const struct gp_args *a, const struct gp_patch_job *j)
{
	if (!j->driver.version.n)
		return; /* it stopped before anything was known */
	gp_report_driver(a, &j->driver);
	gp_report_selection(a, &j->selection);
	for (size_t i = 0; i < j->targets.skipped.n; i++)
		gp_say(a, "skipped    %s\n", j->targets.skipped.v[i]);
	if (!j->targetdir)
		return; /* a judge or a hunk stopped it: the error says the rest */
	say_applied(a, j);
	say_hooks(a, j);
	say_changes(a, j);
	say_end(a, j);
}

static struct json_object *json_hunks(const struct gp_hunk_report *r)
{
	struct json_object *hunks = json_object_new_array();

	for (size_t i = 0; i < r->n; i++) {
		struct json_object *h = json_object_new_object();

		gp_json_put(h, "ok", json_object_new_boolean(r->place[i].ok));
		gp_json_put(h, "line", json_object_new_uint64(r->place[i].at));
		gp_json_put(h, "offset", json_object_new_int64(r->place[i].offset));
		gp_json_put(h, "fuzz", json_object_new_int((int)r->place[i].fuzz));
		json_object_array_add(hunks, h);
	}
	return hunks;
}

static struct json_object *json_applied(const struct gp_patch_job *j)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < j->applied.n; i++) {
		struct json_object *p = json_object_new_object(), *files = json_object_new_array();
		const struct gp_applied *ap = &j->applied.v[i];

		for (size_t k = 0; k < ap->n; k++) {
			struct json_object *f = json_object_new_object();

			gp_json_put(f, "path", gp_json_text(ap->file[k].path));
			gp_json_put(f, "operation", gp_json_text(op_name(ap->file[k].op)));
			gp_json_put(f, "already", json_object_new_boolean(
				    ap->file[k].hunks.result == GP_HUNKS_ALREADY));
			gp_json_put(f, "hunks", json_hunks(&ap->file[k].hunks));
			json_object_array_add(files, f);
		}
		gp_json_put(p, "set", gp_json_text(ap->set));
		gp_json_put(p, "patch", gp_json_text(ap->name));
		gp_json_put(p, "already", json_object_new_boolean(ap->already));
		gp_json_put(p, "files", files);
		json_object_array_add(list, p);
	}
	return list;
}

static struct json_object *json_hooks(const struct gp_patch_job *j)
{
	static const char *const action[] = { "none", "integrated", "already there" };
	struct json_object *o = json_object_new_object();
	bool own = j->hooks_action == GP_HOOKS_INTEGRATED;

	gp_json_put(o, "action", gp_json_text(action[j->hooks_action]));
	gp_json_put(o, "why", gp_json_text(j->hooks_why));
	gp_json_put(o, "need", j->selection.hooks ? gp_json_text(gp_hooks_name(j->selection.hooks)) : NULL);
	gp_json_put(o, "from", gp_json_text(own ? j->hooks.dir : NULL));
	gp_json_put(o, "sha256", gp_json_text(own ? j->hooks.sha256 : NULL));
	gp_json_put(o, "known", own ? json_object_new_boolean(j->hooks.known) : NULL);
	gp_json_put(o, "table", gp_json_text(own ? gp_hooks_table_name(j->hooks.table) : NULL));
	return o;
}

static struct json_object *json_changes(const struct gp_tree *t)
{
	static const char *const state[] = { "same", "changed", "new", "deleted" };
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < t->n; i++) {
		struct json_object *f;

		if (t->file[i].state == GP_TFILE_SAME)
			continue;
		f = json_object_new_object();
		gp_json_put(f, "path", gp_json_text(t->file[i].path));
		gp_json_put(f, "state", gp_json_text(state[t->file[i].state]));
		json_object_array_add(list, f);
	}
	return list;
}

struct json_object *gp_json_job(const struct gp_patch_job *j)
{
	struct json_object *o = json_object_new_object(), *cmds = json_object_new_array();

	if (j->driver.version.n) {
		gp_json_put(o, "driver", gp_json_driver(&j->driver));
		gp_json_put(o, "selection", gp_json_selection(&j->selection));
	}
	gp_json_put(o, "applied", json_applied(j));
	gp_json_put(o, "hooks", json_hooks(j));
	gp_json_put(o, "changes", json_changes(&j->driver.tree));
	gp_json_put(o, "warnings", gp_json_list(&j->warnings));
	gp_json_put(o, "overrides", gp_json_list(&j->overrides));
	gp_json_put(o, "skipped", gp_json_list(&j->targets.skipped));
	gp_json_put(o, "exclusive", gp_json_text(j->exclusive));
	gp_json_put(o, "why", j->why.len ? gp_json_text(j->why.data) : NULL);
	gp_json_put(o, "output", gp_json_text(j->written ? j->out : NULL));
	if (j->written) {
		gp_json_put(o, "output_size", json_object_new_uint64(j->repack.out_size));
		gp_json_put(o, "repack", gp_json_text("full"));
		gp_json_put(o, "level", json_object_new_int(j->repack.level));
	}
	for (size_t i = 0; j->targetdir && i < j->targets.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };

		instcmd(j, &j->targets.v[i], &line);
		json_object_array_add(cmds, gp_json_text(line.data));
	}
	gp_json_put(o, "install", cmds);
	return o;
}
