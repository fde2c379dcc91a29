/* SPDX-License-Identifier: MIT */
#include "cmd/report/boot_report.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/report/report.h"

#define TRACE_LINES 24 /* of one that a terminal gets; JSON has all of it */

/* What no virtual machine of ours can say. */
#define NOT_SHOWN "a card, what the driver does with one, Secure Boot, lockdown, firmware"

static void say_machine(const struct gp_args *a, const struct gp_boot *b)
{
	if (!b->accel)
		return;
	gp_say(a, "booted     kernel %s (%s), %s, %.0f s%s\n", b->release, b->image, b->accel, b->seconds,
	       b->kvm_silent ? "; under KVM it said nothing for 5 s" : "");
}

static void say_module(const struct gp_args *a, const struct gp_boot_module *m)
{
	if (m->stand_in) {
		gp_say(a, "stand-in   %s, %s: in place of the real one, for this boot only\n", m->file,
		       gp_boot_verdict_name(m->verdict));
	} else {
		gp_say(a, "%-10s %s%s%s%s%s%s%s\n", gp_boot_verdict_name(m->verdict), m->file,
		       m->asked_for ? "" : ", the kernel's own", m->beside ? ", beside the stand-in for " : "",
		       m->beside ? m->beside : "", m->taint ? "; taint " : "", m->taint ? m->taint : "",
		       !m->tried   ? "" :
		       m->unloaded ? "; unloaded again" :
				     "; does not unload");
	}
	if (m->line)
		gp_say(a, "           the kernel: %s\n", m->line);
	if (m->meaning)
		gp_say(a, "           %s\n", m->meaning);
}

static void say_finding(const struct gp_args *a, const struct gp_boot_finding *f)
{
	struct gp_str rest = gp_str_of(f->trace ? f->trace : ""), line;

	gp_say(a, "finding    %s, %s: %s\n", f->check, f->module, f->text);
	gp_text_line_next(&rest, &line);
	for (size_t i = 0; i < TRACE_LINES && gp_text_line_next(&rest, &line); i++)
		gp_say(a, "             %.*s\n", (int)line.len, line.p);
}

static size_t errors_of(const struct gp_modfindings *l, const char *file)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].severity == GP_FIND_ERROR && strcmp(l->v[i].module, file) == 0;
	return n;
}

/* The kernel is right: what differs is ours to mend. */
static void say_difference(const struct gp_args *a, const struct gp_boot_module *m, const struct gp_modfindings *looked)
{
	size_t n = errors_of(looked, m->file);
	bool taken = m->verdict == GP_BOOT_LOADED || m->verdict == GP_BOOT_ENDED;

	if (!m->asked_for || m->verdict == GP_BOOT_NOT_ASKED || m->verdict == GP_BOOT_CRASHED)
		return;
	if (n && taken)
		gp_say(a, "differs    %s: its file has %zu error%s, and the kernel takes it\n", m->file, n,
		       n == 1 ? "" : "s");
	else if (!n && m->verdict == GP_BOOT_REFUSED)
		gp_say(a, "differs    %s: a look at its file found no error, and the kernel refuses it\n", m->file);
}

void gp_report_boot(const struct gp_args *a, const struct gp_boot *b, const struct gp_modfindings *looked)
{
	say_machine(a, b);
	for (size_t i = 0; i < b->n; i++)
		if (!b->why || b->module[i].verdict != GP_BOOT_NOT_ASKED)
			say_module(a, &b->module[i]);
	for (size_t i = 0; i < b->nfinding; i++)
		say_finding(a, &b->finding[i]);
	for (size_t i = 0; looked && i < b->n; i++)
		say_difference(a, &b->module[i], looked);
	for (size_t i = 0; i < b->notes.n; i++)
		gp_say(a, "note       %s\n", b->notes.v[i]);
	if (b->why)
		gp_say(a, "not asked  %s\n", b->why);
	gp_say(a, "the kernel says %s; a virtual machine does not show: " NOT_SHOWN "\n",
	       b->why || gp_boot_answer(b) == GP_BOOT_SAYS_NOTHING ? "nothing" :
								     gp_boot_answer_name(gp_boot_answer(b)));
}

/* --- JSON --- */

static struct json_object *json_module(const struct gp_boot_module *m)
{
	struct json_object *unloads = m->tried ? json_object_new_boolean(m->unloaded) : NULL;

	return gp_json_object(GP_J("file", m->file), GP_J("name", m->name), GP_J("asked_for", m->asked_for),
			      GP_J("stand_in", m->stand_in), GP_J("verdict", gp_boot_verdict_name(m->verdict)),
			      GP_J("errno", -m->error), GP_J("check", m->check), GP_J("line", m->line),
			      GP_J("meaning", m->meaning), GP_J("beside", m->beside), GP_J("taint", m->taint),
			      GP_J("unloads", unloads));
}

static struct json_object *json_finding(const struct gp_boot_finding *f)
{
	return gp_json_object(GP_J("check", f->check), GP_J("module", f->module), GP_J("text", f->text),
			      GP_J("trace", f->trace));
}

struct json_object *gp_json_boot(const struct gp_boot *b)
{
	if (!b->release)
		return NULL;
	return gp_json_object(GP_J("answer", gp_boot_answer_name(gp_boot_answer(b))), GP_J("why", b->why),
			      GP_J("kernel", b->release), GP_J("image", b->image), GP_J("accel", b->accel),
			      GP_J("kvm_silent", b->kvm_silent), GP_J("seconds", json_object_new_double(b->seconds)),
			      GP_J("modules", GP_JSON_EACH(i, b->n, json_module(&b->module[i]))),
			      GP_J("findings", GP_JSON_EACH(i, b->nfinding, json_finding(&b->finding[i]))),
			      GP_J("notes", &b->notes));
}
