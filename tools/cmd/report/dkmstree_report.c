/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/text.h"
#include "ops/job/decide.h"
#include "ops/job/dkmstree.h"
#include "ops/job/patchjob.h"
#include "ops/select/headers.h"
#include "ops/select/select.h"
#include "cmd/report/report.h"

#define SOURCES "/usr/src"

/* How the tree comes to where DKMS looks for it. */
static void put_place(const struct gp_dkmstree *t, struct gp_list *out)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_free_ptr) char *top = gp_asprintf(SOURCES "/%s-%s", t->name, t->version);

	if (t->form == GP_DKMSTREE_DIR && strcmp(t->out, top) == 0)
		return;
	gp_buf_puts(&b, t->form == GP_DKMSTREE_DIR ? "cp -rT " : "tar -C " SOURCES " -xf ");
	gp_text_shell_word(&b, t->out);
	if (t->form == GP_DKMSTREE_DIR) {
		gp_buf_putc(&b, ' ');
		gp_text_shell_word(&b, top);
	}
	gp_list_add(out, b.data);
}

static void put_dkms(const struct gp_dkmstree *t, const char *verb, const struct gp_query_kernel *k,
		     struct gp_list *out)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	bool build = k && strcmp(verb, "build") == 0;
	const struct gp_headers *h = k ? k->headers : NULL;

	/* NVIDIA's make looks for a kernel's sources by itself, in these places only. */
	if (h && (strncmp(h->sysout, "/lib/modules/", 13) == 0 || strncmp(h->sysout, "/usr/src/", 9) == 0))
		h = NULL;
	if (h && build) {
		gp_buf_puts(&b, "SYSSRC=");
		gp_text_shell_word(&b, h->syssrc);
		gp_buf_puts(&b, " SYSOUT=");
		gp_text_shell_word(&b, h->sysout);
		gp_buf_putc(&b, ' ');
	}
	gp_buf_printf(&b, "dkms %s -m %s -v %s", verb, t->name, t->version);
	if (k) {
		gp_buf_puts(&b, " -k ");
		gp_text_shell_word(&b, k->release.text);
	}
	/* dkms 2.8 runs `make mrproper` in what --kernelsourcedir names, which leaves headers
	 * that nothing builds against; newer ones only say that they do so no more. */
	if (h && build) {
		gp_buf_puts(&b, " --no-prepare-kernel --no-clean-kernel --kernelsourcedir ");
		gp_text_shell_word(&b, h->sysout);
	}
	gp_list_add(out, b.data);
}

/* dpkg has dkms build for every kernel whose headers are installed. */
static void put_package(const struct gp_dkmstree *t, struct gp_list *out)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_puts(&b, "dpkg-source -x ");
	gp_text_shell_word(&b, t->out);
	gp_list_add(out, b.data);
	gp_list_printf(out, "(cd %s && dpkg-buildpackage -b -us -uc)", t->source);
	gp_list_printf(out, "apt install ./%s.deb", t->package);
}

static void commands(const struct gp_patch_job *j, const struct gp_dkmstree *t, struct gp_list *out)
{
	/* One that DKMS has here is not added again, and its builds are of other sources. */
	gp_auto(gp_free_ptr) char *there = gp_asprintf("/var/lib/dkms/%s/%s", t->name, t->version);

	if (t->form == GP_DKMSTREE_DSC) {
		put_package(t, out);
		return;
	}
	if (gp_exists(there))
		gp_list_printf(out, "dkms remove -m %s -v %s --all", t->name, t->version);
	put_place(t, out);
	put_dkms(t, "add", NULL, out);
	for (size_t i = 0; i < j->in.targets.n; i++) {
		if (gp_decision_skips(&j->in, &j->decided, i))
			continue;
		put_dkms(t, "build", &j->in.targets.v[i], out);
		put_dkms(t, "install", &j->in.targets.v[i], out);
	}
}

void gp_report_dkmstree(const struct gp_args *a, const struct gp_patch_job *j, const struct gp_dkmstree *t)
{
	gp_auto(gp_list_release) struct gp_list lines = { 0 };
	char size[32];

	if (!t->done)
		return;
	gp_say_covers(a, &j->decided.selection);
	if (j->decided.lock_holds)
		gp_say(a, "lock       %s: everything is as it was\n", a->patch.lock);
	gp_say(a, "tree       %zu files, %s; DKMS calls it %s, version %s\n", t->files, gp_say_size(t->bytes, size),
	       t->name, t->version);
	if (j->in.driver.has_kernel_open)
		gp_say(a, "left out   kernel-open/: the tree is that of the proprietary modules, kernel/\n");
	if (!t->output)
		gp_say(a, "dry run    %s would be written\n", t->out);
	else if (t->size)
		gp_say(a, "wrote      %s, %s\n", t->tar ? t->tar : t->out, gp_say_size(t->size, size));
	if (t->output && t->form != GP_DKMSTREE_TAR)
		gp_say(a, "wrote      %s\n", t->out);
	if (t->lock)
		gp_say(a, "wrote      %s, the lock file\n", a->patch.write_lock);
	commands(j, t, &lines);
	gp_say(a, "\nFor your own machines: NVIDIA's licence does not let you pass it on. As root\n");
	for (size_t i = 0; i < lines.n; i++)
		gp_say(a, "  %s\n", lines.v[i]);
}

struct json_object *gp_json_dkmstree(const struct gp_args *a, const struct gp_patch_job *j, const struct gp_dkmstree *t)
{
	struct json_object *o = gp_json_changes(a, j);
	gp_auto(gp_list_release) struct gp_list lines = { 0 };

	if (t->done)
		commands(j, t, &lines);
	gp_json_fill(o, GP_J("lock_written", t->lock ? a->patch.write_lock : NULL),
		     GP_J("output", t->output ? t->out : NULL), GP_J("archive", t->output ? t->tar : NULL),
		     GP_J("form", gp_dkmstree_forms[t->form]), GP_J("install", &lines));
	if (t->done)
		gp_json_fill(o, GP_J("module", t->name), GP_J("module_version", t->version), GP_J("files", t->files),
			     GP_J("bytes", t->bytes));
	if (t->output && t->size)
		gp_json_fill(o, GP_J("archive_size", t->size));
	return o;
}
