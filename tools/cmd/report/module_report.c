/* SPDX-License-Identifier: MIT */
#include "cmd/report/report.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "core/module/module.h"
#include "ops/proof/modcheck.h"

/* Nothing in a module need be longer than this to be recognised. */
#define SHOWN 400

/* A value of .modinfo, masked and cut, or what stands for none; free() it. */
static char *shown(struct gp_str s, const char *none)
{
	if (!s.p)
		return gp_strdup(none);
	s = gp_str_trim(s);
	if (s.len > SHOWN)
		s.len = SHOWN;
	return gp_say_masked(s);
}

static void say_info(const struct gp_args *a, const struct gp_module *m)
{
	gp_auto(gp_free_ptr) char *version = shown(gp_module_info(m, "version"), "none");
	gp_auto(gp_free_ptr) char *licence = shown(gp_module_info(m, "license"), "none");
	gp_auto(gp_free_ptr) char *srcversion = shown(gp_module_info(m, "srcversion"), "none");
	gp_auto(gp_free_ptr) char *vermagic = shown(gp_module_info(m, "vermagic"), "none");
	gp_auto(gp_free_ptr) char *depends = shown(gp_module_info(m, "depends"), "");

	gp_say(a, "  version   %s; license %s; srcversion %s\n", version, licence, srcversion);
	gp_say(a, "  vermagic  %s\n", vermagic);
	gp_say(a, "  depends   %s\n", *depends ? depends : "on no module");
}

/* The linker script is that of all modules of the package: in others than nvidia.ko
 * both symbols are there, too, and nothing is between them. */
static bool has_hooks(const struct gp_modfile *f)
{
	const struct gp_module *m = &f->m;

	return m->hook_beg.found && m->hook_end.found && m->hook_beg.section != SIZE_MAX &&
	       (m->hook_beg.value != m->hook_end.value || strcmp(f->name, "nvidia") == 0);
}

static void say_hooks(const struct gp_args *a, const struct gp_modfile *f)
{
	const struct gp_module *m = &f->m;
	gp_auto(gp_free_ptr) char *section = NULL;

	if (!has_hooks(f))
		return;
	section = shown(m->section[m->hook_beg.section].name, "");
	gp_say(a, "  hooks     %lld bytes from 0x%llx on in %s\n", (long long)(m->hook_end.value - m->hook_beg.value),
	       (unsigned long long)m->hook_beg.value, section);
}

/* With -v: the sections that take room in memory. */
static void say_sections(const struct gp_args *a, const struct gp_module *m)
{
	for (size_t i = 1; a->verbose && i < m->nsection; i++) {
		const struct gp_modsection *s = &m->section[i];
		gp_auto(gp_free_ptr) char *name = shown(s->name, "");
		char size[32];

		if (s->flags & SHF_ALLOC)
			gp_say(a, "  section   %-28s %12s%s%s\n", name, gp_say_size(s->size, size),
			       s->flags & SHF_WRITE ? ", writable" : "", s->flags & SHF_EXECINSTR ? ", code" : "");
	}
}

static void say_file(const struct gp_args *a, const char *what, const struct gp_modfile *f)
{
	gp_auto(gp_free_ptr) char *file = gp_say_masked(gp_str_of(f->file));
	char size[32], machine[24];

	gp_say(a, "%-9s  %s: %s, %s%s%s%s\n", what, file, gp_machine_name(f->m.machine, machine),
	       gp_say_size(f->size, size), f->compression ? ", packed with " : "", f->compression ? f->compression : "",
	       f->m.signature ? ", signed" : "");
}

static void say_module(const struct gp_args *a, const struct gp_modfile *f)
{
	say_file(a, "module", f);
	say_info(a, &f->m);
	gp_say(a, "  symbols   %zu taken, %zu exported, %zu with a version\n", f->m.nundef, f->m.nexport,
	       f->m.nversion);
	say_hooks(a, f);
	say_sections(a, &f->m);
}

static void say_verdict(const struct gp_args *a, const struct gp_modreport *r)
{
	const struct gp_modfindings *l = &r->found;

	gp_say(a, "verdict    %zu error%s, %zu warning%s in %zu module%s; ", l->errors, l->errors == 1 ? "" : "s",
	       l->warnings, l->warnings == 1 ? "" : "s", r->n, r->n == 1 ? "" : "s");
	if (r->release)
		gp_say(a, "compared with the headers of %s\n", r->release);
	else
		gp_say(a, "no kernel was named (-k or --headers), so nothing of one was compared\n");
}

void gp_report_modules(const struct gp_args *a, const struct gp_modreport *r)
{
	for (size_t i = 0; i < r->n; i++)
		say_module(a, &r->file[i]);
	if (r->blob.path)
		say_file(a, "blob", &r->blob);
	for (size_t i = 0; i < r->found.n; i++) {
		const struct gp_modfinding *f = &r->found.v[i];
		gp_auto(gp_free_ptr) char *module = gp_say_masked(gp_str_of(f->module));
		gp_auto(gp_free_ptr) char *text = gp_say_masked(gp_str_of(f->text));

		gp_say(a, "%-9s  %s%s%s: %s\n", gp_severity_name(f->severity), module, *module ? ": " : "", f->check,
		       text);
	}
	say_verdict(a, r);
}

/* --- JSON --- */

static struct json_object *json_value(const struct gp_module *m, const char *key)
{
	struct gp_str s = gp_module_info(m, key);

	return s.p ? gp_json_str(s) : NULL;
}

static struct json_object *json_values(const struct gp_module *m, const char *key)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < m->ninfo; i++)
		if (gp_str_eq(m->info[i].key, key))
			json_object_array_add(list, gp_json_str(m->info[i].value));
	return list;
}

static struct json_object *json_depends(const struct gp_module *m)
{
	struct json_object *list = json_object_new_array();
	struct gp_str rest = gp_module_info(m, "depends");

	while (rest.len) {
		const char *comma = memchr(rest.p, ',', rest.len);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.len;

		if (n)
			json_object_array_add(list, gp_json_str((struct gp_str){ rest.p, n }));
		n += comma != NULL;
		rest.p += n;
		rest.len -= n;
	}
	return list;
}

static struct json_object *json_section(const struct gp_modsection *s)
{
	return gp_json_object(GP_J("name", s->name), GP_J("size", s->size), GP_J("flags", s->flags));
}

static struct json_object *json_hooks(const struct gp_modfile *f)
{
	const struct gp_module *m = &f->m;

	if (!has_hooks(f))
		return NULL;
	return gp_json_object(GP_J("section", m->section[m->hook_beg.section].name), GP_J("begin", m->hook_beg.value),
			      GP_J("end", m->hook_end.value));
}

static struct json_object *json_file(const struct gp_modfile *f)
{
	char machine[24];

	return gp_json_object(GP_J("path", f->path), GP_J("size", f->size), GP_J("compression", f->compression),
			      GP_J("machine", gp_machine_name(f->m.machine, machine)));
}

static struct json_object *json_module(const struct gp_modfile *f)
{
	struct json_object *o = json_file(f);
	struct gp_str licence = gp_module_info(&f->m, "license");

	gp_json_fill(o, GP_J("file", f->file), GP_J("name", f->name), GP_J("version", json_value(&f->m, "version")),
		     GP_J("license", json_value(&f->m, "license")),
		     GP_J("gpl_compatible", json_object_new_boolean(licence.p && gp_licence_is_gpl(licence))),
		     GP_J("srcversion", json_value(&f->m, "srcversion")),
		     GP_J("vermagic", json_value(&f->m, "vermagic")), GP_J("depends", json_depends(&f->m)),
		     GP_J("import_ns", json_values(&f->m, "import_ns")), GP_J("signed", f->m.signature),
		     GP_J("symbols_taken", f->m.nundef), GP_J("symbols_exported", f->m.nexport),
		     GP_J("symbol_versions", f->m.nversion), GP_J("hooks_at", json_hooks(f)),
		     /* The first one is none. */
		     GP_J("sections",
			  GP_JSON_EACH(i, f->m.nsection ? f->m.nsection - 1 : 0, json_section(&f->m.section[i + 1]))));
	return o;
}

static struct json_object *json_finding(const struct gp_modfinding *f)
{
	return gp_json_finding(gp_severity_name(f->severity), f->check, *f->module ? f->module : NULL, f->text);
}

static struct json_object *json_kernel(const struct gp_modreport *r)
{
	return gp_json_object(GP_J("release", r->release), GP_J("vermagic", r->vermagic), GP_J("symbols", r->symbols));
}

struct json_object *gp_json_modules(const struct gp_modreport *r)
{
	return gp_json_object(
		GP_J("modules", GP_JSON_EACH(i, r->n, json_module(&r->file[i]))),
		GP_J("blob", r->blob.path ? json_file(&r->blob) : NULL),
		GP_J("kernel", r->release ? json_kernel(r) : NULL),
		GP_J("findings", GP_JSON_EACH(i, r->found.n, json_finding(&r->found.v[i]))),
		GP_J("counts", gp_json_object(GP_J("error", r->found.errors), GP_J("warning", r->found.warnings))));
}
