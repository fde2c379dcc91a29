/* SPDX-License-Identifier: MIT */
/* What the kernel's module loader would say, check by check. Symbols are in
 * check_symbols.c. */
#include "core/module/modload_impl.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SAID_MAX 20
#define HOOK_BEG "vgpu_unlock_nv_kern_rodata_beg"
#define HOOK_END "vgpu_unlock_nv_kern_rodata_end"

/* --- findings --- */

const char *gp_severity_name(enum gp_severity s)
{
	return s == GP_FIND_ERROR ? "error" : s == GP_FIND_WARNING ? "warning" : "note";
}

void gp_modfindings_release(struct gp_modfindings *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].module);
		free(l->v[i].text);
	}
	free(l->v);
	*l = (struct gp_modfindings){ 0 };
}

static void count(struct gp_modfindings *l, enum gp_severity severity, size_t n)
{
	l->errors += severity == GP_FIND_ERROR ? n : 0;
	l->warnings += severity == GP_FIND_WARNING ? n : 0;
}

static void add(struct gp_modfindings *l, enum gp_severity severity, const char *module, const char *check, char *text)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_modfinding){ severity, gp_strdup(module), check, text };
}

void gp_modfindings_add(struct gp_modfindings *l, enum gp_severity severity, const char *module, const char *check,
			const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(l, severity, module, check, gp_vasprintf(fmt, ap));
	va_end(ap);
	count(l, severity, 1);
}

void gp_modload_tally(struct gp_modload *j, struct gp_modtally *m, const char *fmt, ...)
{
	va_list ap;

	count(j->found, m->severity, 1);
	if (m->n++ >= SAID_MAX)
		return;
	va_start(ap, fmt);
	add(j->found, m->severity, m->file, m->check, gp_vasprintf(fmt, ap));
	va_end(ap);
}

void gp_modload_tally_end(struct gp_modload *j, const struct gp_modtally *m)
{
	if (m->n > SAID_MAX)
		add(j->found, m->severity, m->file, m->check,
		    gp_asprintf("and %zu more of this kind", m->n - SAID_MAX));
}

#define say(j, severity, unit, check, ...) gp_modfindings_add((j)->found, severity, (unit)->file, check, __VA_ARGS__)
#define STR(s) (int)((s).len > 512 ? 512 : (s).len), (s).p

/* --- what it is --- */

static void check_kind(struct gp_modload *j, const struct gp_modunit *u)
{
	uint16_t want = j->o->kernel && j->o->kernel->machine ? j->o->kernel->machine : j->u[0].m->machine;
	char is[24], wanted[24];

	if (u->m->machine != want)
		say(j, GP_FIND_ERROR, u, "architecture", "it is for %s, %s for %s", gp_machine_name(u->m->machine, is),
		    want == j->u[0].m->machine ? "the others are" : "the headers are", gp_machine_name(want, wanted));
	if (!u->m->is_module)
		say(j, GP_FIND_ERROR, u, "modinfo", "it has no .modinfo: an object file, not a kernel module");
}

/* --- vermagic --- */

/* Words of a that b lacks, as "'x', 'y'"; the first word is the release. */
static char *lacking(struct gp_str a, struct gp_str b)
{
	struct gp_buf out = { 0 };
	struct gp_str w;

	gp_word_next(&a, &w);
	gp_word_next(&b, &w);
	while (gp_word_next(&a, &w))
		if (!gp_str_has_word(b, w))
			gp_buf_printf(&out, "%s'%.*s'", out.len ? ", " : "", STR(w));
	return gp_buf_detach(&out);
}

/* With symbol versions on both sides the kernel does not look at the release (same_magic()). */
static void check_release(struct gp_modload *j, const struct gp_modunit *u, struct gp_str release)
{
	const struct gp_modkernel *k = j->o->kernel;
	bool versions = k->modversions && u->m->nversion;

	if (gp_str_eq(release, k->release))
		return;
	say(j, versions ? GP_FIND_WARNING : GP_FIND_ERROR, u, "vermagic",
	    "it is for kernel '%.*s', the headers are of '%s'%s", STR(release), k->release,
	    versions ? "; with CONFIG_MODVERSIONS its symbol versions decide" : "");
}

static void check_vermagic(struct gp_modload *j, const struct gp_modunit *u)
{
	struct gp_str magic = gp_module_info(u->m, "vermagic"), rest = magic, release = { "", 0 }, want;

	if (!magic.p) {
		say(j, GP_FIND_ERROR, u, "vermagic", "its .modinfo has no vermagic: the kernel does not load it");
		return;
	}
	if (!j->o->kernel)
		return;
	gp_word_next(&rest, &release);
	check_release(j, u, release);
	if (!j->o->kernel->vermagic)
		return;
	want = gp_str_of(j->o->kernel->vermagic);
	if (!gp_str_same(gp_str_trim(magic), gp_str_trim(want))) {
		gp_auto(gp_free_ptr) char *more = lacking(magic, want), *less = lacking(want, magic);

		if (*less)
			say(j, GP_FIND_ERROR, u, "vermagic", "the kernel's has %s, the module's does not", less);
		if (*more)
			say(j, GP_FIND_ERROR, u, "vermagic", "the module's has %s, the kernel's does not", more);
	}
}

/* --- version, license, depends, srcversion --- */

static struct gp_str version_of(const struct gp_modunit *u)
{
	return gp_module_info(u->m, "version");
}

static void check_version(struct gp_modload *j, const struct gp_modunit *u)
{
	struct gp_str version = version_of(u), first = { NULL, 0 };
	const char *want = j->o->version, *file = "";

	for (size_t i = 0; i < j->n && !first.p; i++) {
		first = version_of(&j->u[i]);
		file = j->u[i].file;
	}
	/* Not all of NVIDIA's do: nvidia-uvm (460, 470) has no MODULE_VERSION. */
	if (want && !version.p)
		say(j, GP_FIND_NOTE, u, "version", "it does not say its version, which should be '%s'", want);
	else if (want && !gp_str_eq(version, want))
		say(j, GP_FIND_ERROR, u, "version", "its version is '%.*s', not '%s'", STR(version), want);
	else if (!want && version.p && !gp_str_same(version, first))
		say(j, GP_FIND_WARNING, u, "version", "its version is '%.*s', that of '%s' is '%.*s'", STR(version),
		    file, STR(first));
}

static void check_srcversion(struct gp_modload *j, const struct gp_modunit *u)
{
	struct gp_str s = gp_module_info(u->m, "srcversion");
	bool fine = s.len == 23;

	/* modpost cuts 32 digits to 23: get_src_version(), scripts/mod/sumversion.c. */
	for (size_t i = 0; i < s.len && fine; i++)
		fine = strchr("0123456789ABCDEF", s.p[i]) && s.p[i];
	if (s.p && !fine)
		say(j, GP_FIND_WARNING, u, "srcversion", "its srcversion '%.*s' is not one of modpost's", STR(s));
}

/* Module names have '_' where file names may have '-'. */
static bool same_name(struct gp_str a, struct gp_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if ((a.p[i] == '-' ? '_' : a.p[i]) != (b.p[i] == '-' ? '_' : b.p[i]))
			return false;
	return true;
}

static bool depends_on(const struct gp_modunit *u, struct gp_str name)
{
	struct gp_str all = gp_module_info(u->m, "depends");

	while (all.len) {
		const char *comma = memchr(all.p, ',', all.len);
		size_t n = comma ? (size_t)(comma - all.p) : all.len;

		if (same_name((struct gp_str){ all.p, n }, name))
			return true;
		n += comma != NULL;
		all.p += n;
		all.len -= n;
	}
	return false;
}

static bool kernel_has_module(const struct gp_symvers *s, struct gp_str name)
{
	for (size_t i = 0; i < s->n; i++) {
		struct gp_str path = s->v[i].module;
		const char *slash = memrchr(path.p, '/', path.len);

		if (slash) {
			path.len -= (size_t)(slash + 1 - path.p);
			path.p = slash + 1;
		}
		if (same_name(path, name))
			return true;
	}
	return false;
}

static void check_depends(struct gp_modload *j, const struct gp_modunit *u)
{
	struct gp_str all = gp_module_info(u->m, "depends");
	struct gp_modtally m = { u->file, "depends", GP_FIND_WARNING, 0 };
	size_t asked = 0;

	/* No module depends on hundreds; each question walks through all of the kernel's symbols. */
	while (all.len && asked++ < 256) {
		const char *comma = memchr(all.p, ',', all.len);
		size_t n = comma ? (size_t)(comma - all.p) : all.len;
		struct gp_str name = { all.p, n };
		bool known = !n || !j->o->kernel || !j->o->kernel->symvers;

		for (size_t i = 0; i < j->n && !known; i++)
			known = same_name(name, gp_str_of(j->u[i].name));
		if (!known && !kernel_has_module(j->o->kernel->symvers, name))
			gp_modload_tally(j, &m, "it depends on '%.*s', which is neither here nor in Module.symvers",
					 STR(name));
		n += comma != NULL;
		all.p += n;
		all.len -= n;
	}
	gp_modload_tally_end(j, &m);
	for (size_t i = 0; i < j->n; i++)
		if (gp_modload_takes_from(j, u, i) && !depends_on(u, gp_str_of(j->u[i].name)))
			say(j, GP_FIND_WARNING, u, "depends",
			    "it takes symbols from '%s', and its depends does not say so", j->u[i].file);
}

static void check_license(struct gp_modload *j, const struct gp_modunit *u)
{
	if (!gp_module_info(u->m, "license").p)
		say(j, GP_FIND_WARNING, u, "license",
		    "it does not say its licence: the kernel takes it for proprietary");
}

/* --- hooks --- */

/* How long the blob's .rodata sections are in a row: at least their sizes, and
 * at most with all of what aligns them. */
static void rodata_of(const struct gp_module *blob, uint64_t *least, uint64_t *most)
{
	*least = *most = 0;
	for (size_t i = 1; i < blob->nsection; i++) {
		const struct gp_modsection *s = &blob->section[i];

		if (!gp_str_starts(s->name, ".rodata") || s->type != SHT_PROGBITS)
			continue;
		*least += s->size;
		*most += s->size + (s->align > 1 && s->align <= 4096 ? s->align - 1 : 0);
	}
}

static void check_hook_range(struct gp_modload *j, const struct gp_modunit *u)
{
	const struct gp_modplace *beg = &u->m->hook_beg, *end = &u->m->hook_end;
	const struct gp_modsection *s = beg->section == SIZE_MAX ? NULL : &u->m->section[beg->section];
	uint64_t least, most, len = end->value - beg->value;

	if (!s || beg->section != end->section) {
		say(j, GP_FIND_ERROR, u, "hooks",
		    "the symbols of the hooks' linker script are in no section, or in two");
		return;
	}
	if (end->value > s->size)
		say(j, GP_FIND_ERROR, u, "hooks", "%s lies outside of '%.*s'", HOOK_END, STR(s->name));
	if (end->value <= beg->value) {
		say(j, GP_FIND_ERROR, u, "hooks",
		    "there is nothing between %s and %s: nothing will be unlocked; "
		    "the linker script finds the blob by the name nv-kernel.o",
		    HOOK_BEG, HOOK_END);
		return;
	}
	if ((s->flags & (SHF_WRITE | SHF_ALLOC)) != (SHF_WRITE | SHF_ALLOC))
		say(j, GP_FIND_ERROR, u, "hooks",
		    "the blob's read-only data are in '%.*s', which is not writable: "
		    "the hooks cannot change them",
		    STR(s->name));
	if (!j->o->blob)
		return;
	rodata_of(j->o->blob, &least, &most);
	if (len < least || len > most)
		say(j, GP_FIND_ERROR, u, "hooks",
		    "%llu bytes are between the hooks' symbols, the blob has %llu of "
		    "read-only data",
		    (unsigned long long)len, (unsigned long long)least);
}

static bool wants_hook_symbol(const struct gp_module *m)
{
	for (size_t i = 0; i < m->nundef; i++)
		if (gp_str_eq(m->undef[i].name, HOOK_BEG) || gp_str_eq(m->undef[i].name, HOOK_END))
			return true;
	return false;
}

static void check_hooks(struct gp_modload *j, const struct gp_modunit *u)
{
	bool beg = u->m->hook_beg.found, end = u->m->hook_end.found, nvidia = strcmp(u->name, "nvidia") == 0;

	/* ldflags-y in NVIDIA's Kbuild holds for all modules of the directory: each gets
	 * both symbols, and nv-kernel.o is in one of them. */
	if (beg && end && !nvidia && u->m->hook_beg.value == u->m->hook_end.value)
		return;
	if (beg && end)
		check_hook_range(j, u);
	else if (wants_hook_symbol(u->m))
		say(j, GP_FIND_ERROR, u, "hooks", "the hooks are in it, and it was linked without their linker script");
	else if (beg || end)
		say(j, GP_FIND_ERROR, u, "hooks", "it has %s without %s", beg ? HOOK_BEG : HOOK_END,
		    beg ? HOOK_END : HOOK_BEG);
	else if (j->o->hooks_wanted && nvidia)
		say(j, GP_FIND_ERROR, u, "hooks", "it has no hooks: %s and %s are missing", HOOK_BEG, HOOK_END);
}

static void check_all(struct gp_modload *j)
{
	bool nvidia = false;

	for (size_t i = 0; i < j->n; i++) {
		const struct gp_modunit *u = &j->u[i];

		nvidia |= strcmp(u->name, "nvidia") == 0;
		check_kind(j, u);
		check_vermagic(j, u);
		check_version(j, u);
		check_license(j, u);
		check_depends(j, u);
		check_srcversion(j, u);
		gp_modload_symbols(j, i);
		gp_modload_symbol_get(j, i);
		check_hooks(j, u);
	}
	if (j->o->hooks_wanted && !nvidia)
		gp_modfindings_add(j->found, GP_FIND_ERROR, "", "hooks",
				   "nvidia.ko, which must have the hooks, is not among the files");
}

void gp_modload(const struct gp_modunit *u, size_t n, const struct gp_modload_opts *o, struct gp_modfindings *found)
{
	struct gp_modload j = { .u = u, .n = n, .o = o, .found = found };

	if (!n)
		return;
	gp_modload_bind(&j);
	check_all(&j);
	gp_modload_release(&j);
}
