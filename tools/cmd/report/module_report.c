/* SPDX-License-Identifier: MIT */
#include "cmd/report/report.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
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

static struct json_object *json_sections(const struct gp_module *m)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 1; i < m->nsection; i++) {
		struct json_object *o = json_object_new_object();

		gp_json_put(o, "name", gp_json_str(m->section[i].name));
		gp_json_put(o, "size", json_object_new_uint64(m->section[i].size));
		gp_json_put(o, "flags", json_object_new_uint64(m->section[i].flags));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_hooks(const struct gp_modfile *f)
{
	const struct gp_module *m = &f->m;
	struct json_object *o;

	if (!has_hooks(f))
		return NULL;
	o = json_object_new_object();
	gp_json_put(o, "section", gp_json_str(m->section[m->hook_beg.section].name));
	gp_json_put(o, "begin", json_object_new_uint64(m->hook_beg.value));
	gp_json_put(o, "end", json_object_new_uint64(m->hook_end.value));
	return o;
}

static struct json_object *json_file(const struct gp_modfile *f)
{
	struct json_object *o = json_object_new_object();
	char machine[24];

	gp_json_put(o, "path", gp_json_text(f->path));
	gp_json_put(o, "size", json_object_new_uint64(f->size));
	gp_json_put(o, "compression", gp_json_text(f->compression));
	gp_json_put(o, "machine", gp_json_text(gp_machine_name(f->m.machine, machine)));
	return o;
}

static struct json_object *json_module(const struct gp_modfile *f)
{
	struct json_object *o = json_file(f);
	struct gp_str licence = gp_module_info(&f->m, "license");

	gp_json_put(o, "file", gp_json_text(f->file));
	gp_json_put(o, "name", gp_json_text(f->name));
	gp_json_put(o, "version", json_value(&f->m, "version"));
	gp_json_put(o, "license", json_value(&f->m, "license"));
	gp_json_put(o, "gpl_compatible", json_object_new_boolean(licence.p && gp_licence_is_gpl(licence)));
	gp_json_put(o, "srcversion", json_value(&f->m, "srcversion"));
	gp_json_put(o, "vermagic", json_value(&f->m, "vermagic"));
	gp_json_put(o, "depends", json_depends(&f->m));
	gp_json_put(o, "import_ns", json_values(&f->m, "import_ns"));
	gp_json_put(o, "signed", json_object_new_boolean(f->m.signature));
	gp_json_put(o, "symbols_taken", json_object_new_uint64(f->m.nundef));
	gp_json_put(o, "symbols_exported", json_object_new_uint64(f->m.nexport));
	gp_json_put(o, "symbol_versions", json_object_new_uint64(f->m.nversion));
	gp_json_put(o, "hooks_at", json_hooks(f));
	gp_json_put(o, "sections", json_sections(&f->m));
	return o;
}

static struct json_object *json_findings(const struct gp_modfindings *l)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct gp_modfinding *f = &l->v[i];

		json_object_array_add(list, gp_json_finding(gp_severity_name(f->severity), f->check,
							    *f->module ? f->module : NULL, f->text));
	}
	return list;
}

static struct json_object *json_kernel(const struct gp_modreport *r)
{
	struct json_object *o;

	if (!r->release)
		return NULL;
	o = json_object_new_object();
	gp_json_put(o, "release", gp_json_text(r->release));
	gp_json_put(o, "vermagic", gp_json_text(r->vermagic));
	gp_json_put(o, "symbols", json_object_new_uint64(r->symbols));
	return o;
}

void gp_json_modules(struct json_object *root, const struct gp_modreport *r)
{
	struct json_object *modules = json_object_new_array(), *counts = json_object_new_object();

	for (size_t i = 0; i < r->n; i++)
		json_object_array_add(modules, json_module(&r->file[i]));
	gp_json_put(root, "modules", modules);
	gp_json_put(root, "blob", r->blob.path ? json_file(&r->blob) : NULL);
	gp_json_put(root, "kernel", json_kernel(r));
	gp_json_put(root, "findings", json_findings(&r->found));
	gp_json_put(counts, "error", json_object_new_uint64(r->found.errors));
	gp_json_put(counts, "warning", json_object_new_uint64(r->found.warnings));
	gp_json_put(root, "counts", counts);
}
