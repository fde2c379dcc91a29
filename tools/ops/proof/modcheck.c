/* SPDX-License-Identifier: MIT */
#include "ops/proof/modcheck.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/module/symvers.h"
#include "core/module/vermagic.h"

#define HEADER_FILE (4u << 20)
#define SYMVERS_FILE (64u << 20)

void gp_modreport_release(struct gp_modreport *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		gp_modfile_release(&r->file[i]);
	free(r->file);
	gp_modfile_release(&r->blob);
	free(r->release);
	free(r->vermagic);
	gp_modfindings_release(&r->found);
	*r = (struct gp_modreport){ 0 };
}

/* --- what the headers say --- */

struct kernel_side {
	struct gp_modkernel k;
	struct gp_symvers symvers;
	struct gp_buf symvers_text;
	struct gp_buf text[6]; /* in the order that gp_vermagic_expected() wants */
};

static void kernel_release(struct kernel_side *s)
{
	gp_symvers_release(&s->symvers);
	gp_buf_release(&s->symvers_text);
	for (size_t i = 0; i < GP_COUNT(s->text); i++)
		gp_buf_release(&s->text[i]);
}

/* An empty buffer when it is not there or cannot be read. */
static void read_in(const char *dir, const char *name, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);

	if (gp_is_file(path) && gp_file_read(path, HEADER_FILE, out, NULL) < 0)
		gp_buf_release(out);
}

/* "#define NAME 1" in autoconf.h, whose lines have that one form. */
static bool config(const struct kernel_side *s, const char *name)
{
	gp_auto(gp_free_ptr) char *line = gp_asprintf("#define %s 1\n", name);
	struct gp_str text = gp_buf_str(&s->text[0]), needle = gp_str_of(line);

	return text.len && gp_str_find(text, needle) >= 0;
}

static void read_vermagic(struct kernel_side *s, const struct gp_headers *h, struct gp_modreport *out)
{
	struct gp_str text[GP_COUNT(s->text)];
	const char *arch = s->k.machine == EM_AARCH64 ? "arm64" : "x86";
	gp_auto(gp_free_ptr) char *asm_vermagic = gp_asprintf("arch/%s/include/asm/vermagic.h", arch);
	gp_auto(gp_free_ptr) char *asm_module = gp_asprintf("arch/%s/include/asm/module.h", arch);
	struct gp_err why = { 0 };

	read_in(h->sysout, "include/generated/utsrelease.h", &s->text[1]);
	read_in(h->sysout, "include/generated/randomize_layout_hash.h", &s->text[2]);
	read_in(h->sysout, "include/generated/randstruct_hash.h", &s->text[3]);
	read_in(h->syssrc, asm_vermagic, &s->text[4]);
	if (!s->text[4].len)
		read_in(h->syssrc, asm_module, &s->text[4]);
	read_in(h->syssrc, "include/linux/vermagic.h", &s->text[5]);
	for (size_t i = 0; i < GP_COUNT(text); i++)
		text[i] = gp_buf_str(&s->text[i]);
	if (s->k.machine)
		out->vermagic = gp_vermagic_expected(text, GP_COUNT(text), &why);
	s->k.vermagic = out->vermagic;
	if (!out->vermagic)
		gp_modfindings_add(&out->found, GP_FIND_NOTE, "", "headers",
				   "only the release of vermagic is compared: %s",
				   why.code ? why.cause : "the headers' architecture is not known");
}

static int read_symvers(struct kernel_side *s, const struct gp_headers *h, struct gp_modreport *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(h->sysout, "Module.symvers");
	int thing = gp_thing_at(path, err);

	if (thing < 0)
		return -1;
	if (thing != GP_THING_FILE) {
		gp_modfindings_add(&out->found, GP_FIND_NOTE, "", "headers",
				   "there is no Module.symvers: symbols are not "
				   "compared with the kernel's");
		return 0;
	}
	if (gp_file_read(path, SYMVERS_FILE, &s->symvers_text, err) < 0)
		return -1;
	if (gp_symvers_parse(gp_buf_str(&s->symvers_text), &s->symvers, err) < 0)
		return gp_within(err, "'%s'", path);
	out->symbols = s->symvers.n;
	s->k.symvers = &s->symvers;
	return 0;
}

/* From 5.9 on; earlier, where the change was taken back, its field is there. */
static bool inherits_taint(const struct gp_headers *h)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	const unsigned *part = h->release.ver.part;

	if (part[0] > 5 || (part[0] == 5 && part[1] >= 9))
		return true;
	read_in(h->syssrc, "include/linux/module.h", &text);
	return text.len && gp_str_find(gp_buf_str(&text), GP_STR("using_gplonly_symbols")) >= 0;
}

static int read_kernel(struct kernel_side *s, const struct gp_headers *h, struct gp_modreport *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *autoconf = gp_path_join(h->sysout, "include/generated/autoconf.h");

	out->release = gp_strdup(h->release.text);
	s->k.release = out->release;
	s->k.inherits_taint = inherits_taint(h);
	s->k.symbol_get_gpl = gp_symbol_get_gpl(&h->release);
	if (gp_file_read(autoconf, HEADER_FILE, &s->text[0], err) < 0)
		return -1;
	s->k.machine = config(s, "CONFIG_X86_64") ? EM_X86_64 : config(s, "CONFIG_ARM64") ? EM_AARCH64 : 0;
	s->k.modversions = config(s, "CONFIG_MODVERSIONS");
	s->k.namespaces = !config(s, "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS");
	read_vermagic(s, h, out);
	return read_symvers(s, h, out, err);
}

/* --- the blob --- */

/* The version as a word: "460.73.01" is not in "1460.73.01" or "460.73.010". */
static bool carries(struct gp_str image, struct gp_str version)
{
	while (version.len) {
		ssize_t at = gp_str_find(image, version);
		const char *p;
		size_t behind;

		if (at < 0)
			return false;
		p = image.p + at;
		behind = (size_t)at + version.len;
		if ((at == 0 || ((p[-1] < '0' || p[-1] > '9') && p[-1] != '.')) &&
		    (behind == image.len ||
		     ((image.p[behind] < '0' || image.p[behind] > '9') && image.p[behind] != '.')))
			return true;
		image.p += at + 1;
		image.len -= (size_t)at + 1;
	}
	return false;
}

static int ask_blob(const struct gp_modfile *f, const char *version, struct gp_err *err)
{
	char name[24];

	if (f->m.machine != EM_X86_64)
		return gp_fail(err, GP_E_NO, "it is for %s, not for x86_64", gp_machine_name(f->m.machine, name));
	if (f->m.is_module)
		return gp_fail(err, GP_E_NO, "it is a kernel module, not the object that nvidia.ko is linked from");
	if (version && !carries(gp_modfile_image(f), gp_str_of(version)))
		return gp_fail(err, GP_E_NO, "it does not carry the version '%s'", version);
	return 0;
}

int gp_blob_check(const char *path, const char *version, struct gp_err *err)
{
	gp_auto(gp_modfile_release) struct gp_modfile f = { 0 };

	if (gp_modfile_open(path, &f, err) < 0)
		return -1;
	return ask_blob(&f, version, err) < 0 ? gp_within(err, "'%s'", path) : 0;
}

/* With the driver's version, or that which nvidia.ko has. */
static int check_blob(const struct gp_modcheck_opts *o, struct gp_modreport *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *version = o->version ? gp_strdup(o->version) : NULL;
	struct gp_err no = { 0 };

	if (gp_modfile_open(o->blob, &out->blob, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n && !version; i++) {
		struct gp_str v = gp_module_info(&out->file[i].m, "version");

		if (v.len && strcmp(out->file[i].name, "nvidia") == 0)
			version = gp_strndup(v.p, v.len);
	}
	if (ask_blob(&out->blob, version, &no) < 0)
		gp_modfindings_add(&out->found, GP_FIND_ERROR, out->blob.file, "blob", "%s", no.cause);
	return 0;
}

/* --- what is beside them --- */

/* nvidia.ko, packed or not, of the directory of the one that was named first: whose
 * functions the others ask for by name. It is not judged. */
static void find_beside(const struct gp_modcheck_opts *o, const struct gp_modreport *r, struct gp_modfile *out)
{
	static const char *const names[] = { "nvidia.ko", "nvidia.ko.xz", "nvidia.ko.zst", "nvidia.ko.gz" };
	gp_auto(gp_free_ptr) char *dir = o->n ? gp_path_dir(o->paths[0]) : NULL;
	bool asked = false;

	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->file[i].name, "nvidia") == 0)
			return;
		asked |= gp_module_takes(&r->file[i].m, "__symbol_get");
	}
	for (size_t i = 0; asked && !out->path && i < GP_COUNT(names); i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names[i]);

		/* One that cannot be read is none: nobody asked for it. */
		if (gp_is_file(path) && gp_modfile_open(path, out, NULL) < 0)
			gp_modfile_release(out);
	}
}

/* --- all --- */

static void ask_loader(const struct gp_modcheck_opts *o, const struct gp_modkernel *k, struct gp_modreport *out)
{
	gp_auto(gp_free_ptr) struct gp_modunit *u = gp_alloc((out->n + 1) * sizeof(*u));
	gp_auto(gp_modfile_release) struct gp_modfile near = { 0 };
	struct gp_modunit beside;

	find_beside(o, out, &near);
	beside = (struct gp_modunit){ near.file, near.name, &near.m };
	for (size_t i = 0; i < out->n; i++)
		u[i] = (struct gp_modunit){ out->file[i].file, out->file[i].name, &out->file[i].m };
	gp_modload(u, out->n,
		   &(struct gp_modload_opts){ .kernel = k,
					      .blob = out->blob.path ? &out->blob.m : NULL,
					      .hooks_wanted = o->hooks_wanted,
					      .version = o->version,
					      .beside = near.path ? &beside : NULL },
		   &out->found);
}

int gp_modcheck_run(const struct gp_modcheck_opts *o, struct gp_modreport *out, struct gp_err *err)
{
	gp_auto(kernel_release) struct kernel_side s = { 0 };

	*out = (struct gp_modreport){ 0 };
	if (o->n > GP_MODCHECK_MAX)
		return gp_fail(err, GP_E_USAGE, "%zu modules at a time are too many, %d will do", o->n,
			       GP_MODCHECK_MAX);
	out->file = gp_alloc((o->n + 1) * sizeof(*out->file));
	for (size_t i = 0; i < o->n; i++) {
		if (gp_modfile_open(o->paths[i], &out->file[i], err) < 0)
			return -1;
		out->n++;
	}
	if ((o->blob && check_blob(o, out, err) < 0) || (o->headers && read_kernel(&s, o->headers, out, err) < 0))
		return -1;
	ask_loader(o, o->headers ? &s.k : NULL, out);
	return 0;
}
