/* SPDX-License-Identifier: MIT */
#include "ops/proof/boot.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/scratch.h"
#include "base/text.h"
#include "ops/proof/bootorder.h"
#include "ops/proof/bootread.h"
#include "ops/proof/standin.h"
#include "ops/vm/initramfs.h"

#define MEMORY_MIB 768 /* beside the modules, which are there up to three times while they are loaded */
#define MEMORY_MAX_MIB 8192

struct boot {
	const struct gp_boot_opts *o;
	struct gp_vmkernel kernel;
	struct gp_bootorder order;
	struct gp_bootplan plan;
	struct gp_initramfs initramfs;
	uint64_t bytes; /* of all modules */
	char *dir;      /* a scratch directory of our own, or NULL */
	int lock;
	struct gp_boot *out;
};

static void boot_release(struct boot *b)
{
	gp_bootplan_release(&b->plan);
	gp_bootorder_release(&b->order);
	gp_vmkernel_release(&b->kernel);
	gp_initramfs_release(&b->initramfs);
	if (b->dir)
		gp_remove_tree(b->dir);
	if (b->lock >= 0)
		close(b->lock);
	free(b->dir);
}

/* --- stand-ins --- */

/* The kernel's own modules find what they look for, or nobody needs them. */
static bool may_end(const struct gp_modfile *f)
{
	return strcmp(f->name, "nvidia") == 0 || strncmp(f->name, "nvidia_", 7) == 0;
}

static const char *place(struct boot *b, struct gp_err *err)
{
	if (b->o->dir)
		return b->o->dir;
	if (!b->dir)
		b->dir = gp_scratch_dir(&b->lock, err);
	return b->dir;
}

static int make_standin(struct boot *b, const struct gp_modfile *real, struct gp_bootpart *part, struct gp_err *err)
{
	const char *where = place(b, err);
	gp_auto(gp_free_ptr) char *dir = where ? gp_asprintf("%s/standin-%s", where, real->name) : NULL;
	struct gp_standin_opts o = { .headers = b->o->headers,
				     .cc = b->o->cc,
				     .dir = dir,
				     .timeout_s = b->o->timeout_s > 0 ? b->o->timeout_s : GP_QEMU_TIMEOUT_S,
				     .cancel = b->o->cancel };

	if (!dir)
		return -1;
	return gp_standin_make(real, &o, &part->standin, err);
}

/* One that cannot be had is not the end: who needs it is not asked then. */
static int make_standins(struct boot *b, struct gp_err *err)
{
	for (size_t i = 0; i < b->order.n; i++) {
		const struct gp_modfile *real = b->order.unit[i].f;
		struct gp_bootpart *part = &b->plan.part[i];
		struct gp_err why = { 0 };
		char line[1024];

		if (!may_end(real) || !gp_bootorder_is_needed(&b->order, i))
			continue;
		if (!b->o->headers) {
			part->no_standin = gp_asprintf("a stand-in for %s takes the headers of kernel %s, and they "
						       "are not at hand: -k or --headers",
						       real->file, b->kernel.release);
			continue;
		}
		if (make_standin(b, real, part, &why) == 0)
			continue;
		if (why.code == GP_E_CANCELLED) {
			*err = why;
			return -1;
		}
		gp_modfile_release(&part->standin);
		gp_err_format(&why, line, sizeof(line));
		part->no_standin = gp_strdup(line);
		gp_list_add(&b->out->notes, line);
	}
	return 0;
}

/* --- the plan --- */

static int add_file(struct boot *b, const char *path, const struct gp_modfile *f, struct gp_err *err)
{
	struct gp_str image = gp_modfile_image(f);

	b->bytes += image.len;
	return gp_initramfs_add(&b->initramfs, path, 0600, image, err);
}

/* In: i, index into order. */
static int plan_load(struct boot *b, size_t i, struct gp_err *err)
{
	const struct gp_bootunit *u = &b->order.unit[i];
	struct gp_bootpart *p = &b->plan.part[i];
	gp_auto(gp_free_ptr) char *path = gp_asprintf("m/%zu.ko", i);
	gp_auto(gp_free_ptr) char *other = gp_asprintf("m/%zu-standin.ko", i);

	if (add_file(b, path, u->f, err) < 0)
		return -1;
	p->load = gp_initramfs_do(&b->initramfs, "load", "/%s", path);
	if (u->asked_for)
		p->taint = gp_initramfs_do(&b->initramfs, "read", "/sys/module/%s/taint", u->f->name);
	if (!p->standin.path)
		return 0;
	if (add_file(b, other, &p->standin, err) < 0)
		return -1;
	p->standin_load = gp_initramfs_do(&b->initramfs, "orload", "%u /%s", p->load, other);
	return 0;
}

/* Names go into the plan, whose words stand between blanks. */
static int check_name(const struct gp_modfile *f, struct gp_err *err)
{
	for (const char *p = f->name; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '/')
			return gp_fail(err, GP_E_FORMAT, "'%s' has a name that no module has", f->path);
	return *f->name && strlen(f->name) < 64 ?
		       0 :
		       gp_fail(err, GP_E_FORMAT, "'%s' has a name that no module has", f->path);
}

static int make_plan(struct boot *b, struct gp_err *err)
{
	if (gp_initramfs_init(&b->initramfs, err) < 0)
		return -1;
	for (size_t i = 0; i < b->order.n; i++)
		if (check_name(b->order.unit[i].f, err) < 0)
			return -1;
	for (size_t i = 0; i < b->order.n; i++)
		if (plan_load(b, b->order.order[i], err) < 0)
			return -1;
	for (size_t i = b->order.n; i-- > 0;) {
		size_t at = b->order.order[i];
		const struct gp_bootunit *u = &b->order.unit[at];

		if (u->asked_for || b->plan.part[at].standin.path)
			b->plan.part[at].unload = gp_initramfs_do(&b->initramfs, "unload", "%s", u->f->name);
	}
	return 0;
}

/* --- the machine --- */

static int ask(struct boot *b, struct gp_qemu_end *end, struct gp_err *err)
{
	uint64_t mib = MEMORY_MIB + 3 * (b->bytes >> 20);
	struct gp_qemu q = { .accel = b->o->accel, .timeout_s = b->o->timeout_s, .cancel = b->o->cancel };
	int rc = -1;

	if (mib > MEMORY_MAX_MIB)
		return gp_fail(err, GP_E_UNSUPPORTED, "the modules have %llu MiB, too much for a virtual machine",
			       (unsigned long long)(b->bytes >> 20));
	q.memory_mib = (unsigned)mib;
	q.kernel = gp_vmkernel_open(&b->kernel, err);
	q.initrd = q.kernel < 0 ? -1 : gp_initramfs_file(&b->initramfs, err);
	if (q.initrd >= 0)
		rc = gp_qemu_run(&q, end, err);
	if (q.kernel >= 0)
		close(q.kernel);
	if (q.initrd >= 0)
		close(q.initrd);
	return rc;
}

/* The last thing that was said, of a machine that did not come to its end. */
static char *last_line(const struct gp_buf *console)
{
	struct gp_str rest = gp_buf_str(console), line, last = { "", 0 };
	char *text;

	while (gp_text_line_next(&rest, &line))
		/* "qemu-system-x86_64: terminating on signal 15" is our own doing. */
		if (gp_str_trim(line).len && gp_str_find(line, GP_STR(": terminating on signal")) < 0)
			last = gp_console_line(line);
	text = gp_strndup(last.p, last.len < 300 ? last.len : 300);
	gp_text_mask(text, strlen(text));
	return text;
}

/* Why what has come is no answer, or not all of one. */
static void tell_end(struct boot *b, const struct gp_qemu_end *end, const struct gp_console *c)
{
	struct gp_boot *out = b->out;
	gp_auto(gp_free_ptr) char *last = last_line(&end->console);

	out->accel = gp_strdup(gp_accel_names[end->used]);
	out->kvm_silent = end->kvm_silent;
	out->seconds = end->seconds;
	if (end->too_much)
		out->why = gp_asprintf("the console has more than %zu MiB", GP_QEMU_CONSOLE_MAX >> 20);
	else if (end->timed_out)
		out->why = gp_asprintf("the machine was not done after %.0f s; its last line: %s",
				       b->o->timeout_s > 0 ? b->o->timeout_s : GP_QEMU_TIMEOUT_S, last);
	else if (!end->console.len)
		out->why = gp_asprintf("nothing came out of the console; QEMU ended with %d", end->status);
	else if (end->status != 0)
		out->why = gp_asprintf("QEMU ended with %d; the last line: %s", end->status, last);
	else if (!c->started)
		out->why = gp_asprintf("the kernel did not come as far as its modules; the last line: %s", last);
	else if (c->lost)
		out->why = gp_strdup("the console has lost lines");
}

static int run(struct boot *b, struct gp_err *err)
{
	gp_auto(gp_qemu_end_release) struct gp_qemu_end end = { 0 };
	gp_auto(gp_console_release) struct gp_console c = { 0 };

	if (gp_vmkernels_find(b->o->kernels, b->o->release, &b->kernel, err) < 0)
		return -1;
	b->out->image = gp_strdup(b->kernel.from);
	if (gp_bootorder_find(b->o->file, b->o->n, &b->kernel, &b->order, err) < 0)
		return -1;
	gp_bootplan_init(&b->plan, b->order.n);
	if (make_standins(b, err) < 0 || make_plan(b, err) < 0 || ask(b, &end, err) < 0)
		return -1;
	gp_console_parse(gp_buf_str(&end.console), b->initramfs.token, b->initramfs.steps, &c);
	tell_end(b, &end, &c);
	gp_bootplan_read(&b->plan, &b->order, &c, b->out);
	return 0;
}

int gp_boot_run(const struct gp_boot_opts *o, struct gp_boot *out, struct gp_err *err)
{
	struct boot b = { .o = o, .lock = -1, .out = out };
	int rc;

	*out = (struct gp_boot){ .release = gp_strdup(o->release) };
	rc = run(&b, err);
	boot_release(&b);
	return rc;
}
