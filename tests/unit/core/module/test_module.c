/* SPDX-License-Identifier: MIT */
/* Tests: core/module/elfcheck */
/* A small object, made by the compiler in the way kbuild makes modules, is read,
 * and then damaged in thousands of ways. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "core/module/modload.h"
#include "fx_table.h"

static char dir[] = "/tmp/gp-module-XXXXXX";
static struct gp_buf object, other;
static struct gp_module m;

static const char source[] =
	"#define SECTION(s) __attribute__((section(s), used))\n"
	"struct version { unsigned long long crc; char name[56]; };\n"
	"static const char info[] SECTION(\".modinfo\") = \"license=Dual MIT/GPL\\0\\0version=1.2\\0\"\n"
	"	\"nothing\\0import_ns=A\\0import_ns=B\\0name=sample\\0empty=\\0vermagic=6.1.0 SMP \";\n"
	"static const struct version v[] SECTION(\"__versions\") = {\n"
	"	{ 0x12345678, \"module_layout\" }, { 0xdeadbeef, \"taken\" } };\n"
	"int given(void) { return 1; }\n"
	"int given_gpl(void) { return 2; }\n"
	"const void *const __ksymtab_given SECTION(\"__ksymtab\") = given;\n"
	"const void *const __ksymtab_given_gpl SECTION(\"__ksymtab_gpl\") = given_gpl;\n"
	"const unsigned __crc_given SECTION(\"__kcrctab\") = 0xcafe0001;\n"
	"__asm__(\".globl __crc_given_gpl\\n.set __crc_given_gpl, 0xcafe0002\\n\");\n"
	"__asm__(\".pushsection .data\\n\"\n"
	"	\".globl vgpu_unlock_nv_kern_rodata_beg, vgpu_unlock_nv_kern_rodata_end\\n\"\n"
	"	\"vgpu_unlock_nv_kern_rodata_beg: .fill 256, 1, 7\\n\"\n"
	"	\"vgpu_unlock_nv_kern_rodata_end: .byte 1\\n.popsection\\n\");\n"
	"extern int taken(void);\n"
	"extern int perhaps(void) __attribute__((weak));\n"
	"int init_module(void) { return taken() + (perhaps ? perhaps() : 0); }\n";

static void save(const char *name, const void *data, size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void compile(const char *flags, struct gp_buf *out)
{
	char cmd[512], path[128];

	snprintf(cmd, sizeof(cmd), "cd %s && ${CC:-cc} %s -fno-pic -fno-common -O1 -c -o m.o m.c", dir, flags);
	assert_int_equal(system(cmd), 0);
	snprintf(path, sizeof(path), "%s/m.o", dir);
	gp_buf_release(out);
	assert_int_equal(gp_file_read(path, 1 << 20, out, NULL), 0);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	save("m.c", source, sizeof(source) - 1);
	compile("", &object);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gp_remove_tree(dir);
	gp_buf_release(&object);
	gp_buf_release(&other);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	gp_module_release(&m);
	return 0;
}

static void assert_str(struct gp_str s, const char *want)
{
	char got[128] = "(null)";

	if (s.p)
		snprintf(got, sizeof(got), "%.*s", (int)s.len, s.p);
	assert_string_equal(got, want);
}

static bool undefined(const char *name, bool *weak)
{
	for (size_t i = 0; i < m.nundef; i++) {
		if (!gp_str_eq(m.undef[i].name, name))
			continue;
		*weak = m.undef[i].weak;
		return true;
	}
	return false;
}

static void test_facts(void **state)
{
	const struct gp_modexport *e;
	bool weak = true;

	(void)state;
	assert_int_equal(gp_module_parse(gp_buf_str(&object), &m, NULL), 0);
	assert_true(m.is_module);
	assert_false(m.signature);
	assert_str(gp_module_info(&m, "license"), "Dual MIT/GPL");
	assert_str(gp_module_info(&m, "version"), "1.2");
	assert_str(gp_module_info(&m, "import_ns"), "A");
	assert_str(gp_module_info(&m, "empty"), "");
	assert_str(gp_module_info(&m, "vermagic"), "6.1.0 SMP ");
	assert_str(gp_module_info(&m, "nothing"), "(null)");
	assert_true(gp_module_has_info(&m, "import_ns", GP_STR("B")));
	assert_false(gp_module_has_info(&m, "import_ns", GP_STR("C")));
	assert_int_equal(m.nversion, 2);
	assert_str(m.version[1].name, "taken");
	assert_int_equal(m.version[1].crc, 0xdeadbeef);
	assert_true(undefined("taken", &weak));
	assert_false(weak);
	assert_true(undefined("perhaps", &weak));
	assert_true(weak);
	assert_false(undefined("given", &weak));
	assert_int_equal(m.nexport, 2);
	e = gp_module_export(&m, GP_STR("given"));
	assert_non_null(e);
	assert_false(e->gpl_only);
	assert_true(e->has_crc);
	assert_int_equal(e->crc, 0xcafe0001);
	e = gp_module_export(&m, GP_STR("given_gpl"));
	assert_non_null(e);
	assert_true(e->gpl_only);
	assert_int_equal(e->crc, 0xcafe0002);
	assert_null(gp_module_export(&m, GP_STR("give")));
	assert_true(m.hook_beg.found && m.hook_end.found);
	assert_int_equal(m.hook_end.value - m.hook_beg.value, 256);
	assert_str(m.section[m.hook_beg.section].name, ".data");
	assert_int_equal(m.section[m.hook_beg.section].flags & (SHF_WRITE | SHF_ALLOC), SHF_WRITE | SHF_ALLOC);
}

/* An image need not begin at a multiple of anything. */
static void test_unaligned(void **state)
{
	char *copy = malloc(object.len + 1);

	(void)state;
	assert_non_null(copy);
	memcpy(copy + 1, object.data, object.len);
	assert_int_equal(gp_module_parse((struct gp_str){ copy + 1, object.len }, &m, NULL), 0);
	assert_int_equal(m.nexport, 2);
	assert_int_equal(m.nversion, 2);
	gp_module_release(&m);
	free(copy);
}

static void test_signature(void **state)
{
	struct gp_buf b = { 0 };

	(void)state;
	gp_buf_add(&b, object.data, object.len);
	gp_buf_puts(&b, "\1\2\3~Module signature appended~\n");
	assert_int_equal(gp_module_parse(gp_buf_str(&b), &m, NULL), 0);
	assert_true(m.signature);
	gp_buf_release(&b);
}

/* The form of 6.14: numbers and names apart. */
static void test_ext_versions(void **state)
{
	static const char src[] =
		"static const unsigned c[] __attribute__((section(\"__version_ext_crcs\"), used)) = { 7, 0x80000001 NUMBERS };\n"
		"static const char n[] __attribute__((section(\"__version_ext_names\"), used)) = \"one\\0a_long_name\";\n"
		"static const char i[] __attribute__((section(\".modinfo\"), used)) = \"license=GPL\";\n";
	struct gp_buf b = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	save("m.c", src, sizeof(src) - 1);
	compile("-DNUMBERS=", &b);
	assert_int_equal(gp_module_parse(gp_buf_str(&b), &m, NULL), 0);
	assert_int_equal(m.nversion, 2);
	assert_str(m.version[1].name, "a_long_name");
	assert_int_equal(m.version[1].crc, 0x80000001);
	gp_module_release(&m);
	/* A number without its name. */
	compile("-DNUMBERS=,3", &b);
	assert_int_equal(gp_module_parse(gp_buf_str(&b), &m, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_non_null(strstr(err.cause, "3 entries"));
	gp_buf_release(&b);
}

/* Ubuntu's form of 6.8 and 6.11, as linux-modules-usbio-6.8.0-124-generic has it: the
 * last entry is all zeros, and the string's own NUL comes behind it. */
static const struct packed_case {
	const char *name, *bytes; /* of a C string */
	size_t n;                 /* of versions; SIZE_MAX: refused */
} packed_cases[] = {
	{ "packed",
	  "\\x1c\\0\\0\\0\\xfc\\xd1\\x41\\x67"
	  "is_acpi_device_node\\0"
	  "\\x18\\0\\0\\0\\xf8\\x1a\\x8b\\312"
	  "devm_kmalloc\\0\\0\\0\\0"
	  "\\x18\\0\\0\\0\\x31\\x03\\xb4\\x32"
	  "module_layout\\0\\0\\0"
	  "\\0\\0\\0\\0\\0\\0\\0\\0",
	  3 },
	{ "packed, one",
	  "\\x18\\0\\0\\0\\x31\\x03\\xb4\\x32"
	  "module_layout\\0\\0\\0"
	  "\\0\\0\\0\\0\\0\\0\\0\\0",
	  1 },
	/* 120 characters: what the form was made for. */
	{ "packed, a long name",
	  "\\x84\\0\\0\\0\\1\\2\\3\\4"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbccccccccccccccccccccccccccccccdddddddddddddddddddddddddddddd"
	  "\\0\\0\\0\\0"
	  "\\x10\\0\\0\\0\\1\\2\\3\\4"
	  "printk\\0\\0",
	  2 },
	{ "packed, the second too long",
	  "\\x10\\0\\0\\0\\1\\2\\3\\4"
	  "printk\\0\\0"
	  "\\x10\\0\\0\\0\\1\\2\\3\\4"
	  "printk\\0\\0"
	  "\\x40\\0\\0\\0\\1\\2\\3\\4"
	  "printk\\0\\0",
	  SIZE_MAX },
	{ "packed, the next nowhere",
	  "\\xff\\xff\\xff\\xff\\1\\2\\3\\4"
	  "printk\\0\\0",
	  SIZE_MAX },
	{ "packed, no end of the name",
	  "\\x10\\0\\0\\0\\1\\2\\3\\4"
	  "printk__",
	  SIZE_MAX },
};

static void test_packed_versions(void **state)
{
	const struct packed_case *c = *state;
	gp_auto(gp_free_ptr) char *src =
		gp_asprintf("static const char v[] __attribute__((section(\"__versions\"), used)) = \"%s\";\n"
			    "static const char i[] __attribute__((section(\".modinfo\"), used)) = \"license=GPL\";\n",
			    c->bytes);
	struct gp_err err = { 0 };
	int rc;

	save("m.c", src, strlen(src));
	compile("", &other);
	rc = gp_module_parse(gp_buf_str(&other), &m, &err);
	assert_int_equal(rc, c->n == SIZE_MAX ? -1 : 0);
	if (rc < 0) {
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_non_null(strstr(err.cause, "__versions"));
		return;
	}
	assert_int_equal(m.nversion, c->n);
	if (c->n < 3)
		return;
	assert_str(m.version[0].name, "is_acpi_device_node");
	assert_int_equal(m.version[0].crc, 0x6741d1fc);
	assert_str(m.version[2].name, "module_layout");
	assert_int_equal(m.version[2].crc, 0x32b40331);
}

/* The usual form, whose first CRC happens to be what a packed entry starts with. */
static void test_not_packed(void **state)
{
	static const char src[] =
		"static const struct { unsigned long long crc; char name[56]; } v[] __attribute__((section(\"__versions\"), used)) = {\n"
		"	{ 16, \"printk\" }, { 2, \"kfree\" } };\n"
		"static const char i[] __attribute__((section(\".modinfo\"), used)) = \"license=GPL\";\n";

	(void)state;
	save("m.c", src, sizeof(src) - 1);
	compile("", &other);
	assert_int_equal(gp_module_parse(gp_buf_str(&other), &m, NULL), 0);
	assert_int_equal(m.nversion, 2);
	assert_str(m.version[0].name, "printk");
	assert_int_equal(m.version[0].crc, 16);
}

/* --- damage that has a name --- */

static const struct damage {
	const char *name;
	size_t off;
	unsigned bytes;
	uint64_t value;
	enum gp_code code;
	const char *says;
} damages[] = { { "no magic", 0, 1, 0, GP_E_FORMAT, "not an ELF file" },
		{ "32 bits", EI_CLASS, 1, ELFCLASS32, GP_E_UNSUPPORTED, "32-bit" },
		{ "no such class", EI_CLASS, 1, 9, GP_E_FORMAT, "class" },
		{ "big endian", EI_DATA, 1, ELFDATA2MSB, GP_E_UNSUPPORTED, "big-endian" },
		{ "no such order", EI_DATA, 1, 0, GP_E_FORMAT, "byte order" },
		{ "another ELF", EI_VERSION, 1, 2, GP_E_UNSUPPORTED, "version" },
		{ "a program", offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC, GP_E_UNSUPPORTED, "program" },
		{ "a library", offsetof(Elf64_Ehdr, e_type), 2, ET_DYN, GP_E_UNSUPPORTED, "library" },
		{ "no type", offsetof(Elf64_Ehdr, e_type), 2, 0x1234, GP_E_FORMAT, "type" },
		{ "header size", offsetof(Elf64_Ehdr, e_ehsize), 2, 63, GP_E_FORMAT, "header" },
		{ "no sections", offsetof(Elf64_Ehdr, e_shoff), 8, 0, GP_E_FORMAT, "section table" },
		{ "sections far away", offsetof(Elf64_Ehdr, e_shoff), 8, UINT64_MAX - 8, GP_E_FORMAT, "truncated" },
		{ "sections in the header", offsetof(Elf64_Ehdr, e_shoff), 8, 8, GP_E_FORMAT, "truncated" },
		{ "section size", offsetof(Elf64_Ehdr, e_shentsize), 2, 65, GP_E_FORMAT, "65 bytes" },
		{ "many sections", offsetof(Elf64_Ehdr, e_shnum), 2, 0xfeff, GP_E_FORMAT, "truncated" },
		{ "one section", offsetof(Elf64_Ehdr, e_shnum), 2, 1, GP_E_FORMAT, "1 sections" },
		{ "no names", offsetof(Elf64_Ehdr, e_shstrndx), 2, 0, GP_E_FORMAT, "names" },
		{ "names behind the end", offsetof(Elf64_Ehdr, e_shstrndx), 2, 0xfe00, GP_E_FORMAT, "names" } };

static void test_damage(void **state)
{
	const struct damage *d = *state;
	struct gp_err err = { 0 };
	char *copy = malloc(object.len);

	assert_non_null(copy);
	memcpy(copy, object.data, object.len);
	for (unsigned i = 0; i < d->bytes; i++)
		copy[d->off + i] = (char)(d->value >> 8 * i);
	assert_int_equal(gp_module_parse((struct gp_str){ copy, object.len }, &m, &err), -1);
	free(copy);
	assert_int_equal(err.code, d->code);
	assert_non_null(strstr(err.cause, d->says));
}

/* Cut at every length. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len < object.len; len++) {
		struct gp_err err = { 0 };
		char *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, object.data, len);
		/* The section table is last, and is missed at any length. */
		assert_int_equal(gp_module_parse((struct gp_str){ copy, len }, &m, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		free(copy);
	}
}

/* --- any damage --- */

static uint32_t next_random(uint32_t *r)
{
	*r ^= *r << 13;
	*r ^= *r >> 17;
	*r ^= *r << 5;
	return *r;
}

/* Half of it where it hurts: in the header, the section table, the symbols. */
static size_t place(uint32_t *r, size_t len)
{
	Elf64_Ehdr eh;
	size_t at = next_random(r) % len;

	memcpy(&eh, object.data, sizeof(eh));
	switch (next_random(r) % 4) {
	case 0: return at % sizeof(eh) % len;
	case 1: return (eh.e_shoff + at % (eh.e_shnum * (size_t)eh.e_shentsize)) % len;
	default: return at;
	}
}

static void mutate(uint32_t *r, char *p, size_t len)
{
	static const uint64_t nasty[] = { 0, 1, 0xff, 0xffff, 0xffffffff, UINT64_MAX, INT64_MAX, 0x80000000, 64, 24 };
	unsigned n = 1 + next_random(r) % 4;

	while (n--) {
		size_t at = place(r, len), width = (size_t)1 << next_random(r) % 4;
		uint64_t v = next_random(r) % 2 ? nasty[next_random(r) % GP_COUNT(nasty)] : next_random(r);

		for (size_t i = 0; i < width && at + i < len; i++)
			p[at + i] = (char)(v >> 8 * i);
	}
}

static void judge(const struct gp_module *mod)
{
	struct gp_symvers s = { 0 };
	struct gp_modkernel k = { .release = "6.1.0",
				  .vermagic = "6.1.0 SMP ",
				  .machine = EM_X86_64,
				  .modversions = true,
				  .namespaces = true,
				  .inherits_taint = true,
				  .symvers = &s };
	struct gp_modunit u[] = { { "a.ko", "nvidia", mod }, { "b.ko", "b", mod } };
	struct gp_modfindings found = { 0 };

	assert_int_equal(gp_symvers_parse(GP_STR("0x1\ttaken\tvmlinux\tEXPORT_SYMBOL_GPL\tC\n"), &s, NULL), 0);
	gp_modload(u, 2, &(struct gp_modload_opts){ .kernel = &k, .blob = mod, .hooks_wanted = true }, &found);
	gp_modfindings_release(&found);
	gp_symvers_release(&s);
}

static void test_fuzz(void **state)
{
	size_t good = 0, bad = 0;
	uint32_t r = 2463534242u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct gp_err err = { 0 };
		size_t len = next_random(&r) % 8 ? object.len : 1 + next_random(&r) % object.len;
		char *copy = malloc(len); /* exactly as long, for the sanitizer */

		assert_non_null(copy);
		memcpy(copy, object.data, len);
		mutate(&r, copy, len);
		if (gp_module_parse((struct gp_str){ copy, len }, &m, &err) == 0) {
			judge(&m);
			good++;
		} else {
			assert_true(err.code == GP_E_FORMAT || err.code == GP_E_UNSUPPORTED);
			assert_null(m.section);
			bad++;
		}
		gp_module_release(&m);
		free(copy);
	}
	print_message("%zu read, %zu refused\n", good, bad);
	/* Neither all nor nothing: otherwise it tests nothing. */
	assert_true(good > 1000 && bad > 1000);
}

static void test_licences(void **state)
{
	static const char *const yes[] = { "GPL",          "GPL v2",       "GPL and additional rights",
					   "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" };
	static const char *const no[] = {
		"", "MIT", "NVIDIA", "Proprietary", "gpl", "GPL v3", "GPL ", "Dual MIT/GPL\n"
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(yes); i++)
		assert_true(gp_licence_is_gpl(gp_str_of(yes[i])));
	for (size_t i = 0; i < GP_COUNT(no); i++)
		assert_false(gp_licence_is_gpl(gp_str_of(no[i])));
}

int main(void)
{
	if (system("command -v ${CC:-cc} >/dev/null 2>&1") != 0) {
		printf("SKIP test_module: no compiler\n");
		return 0;
	}
	FX_TEST(test_facts, NULL, clear);
	FX_TEST(test_unaligned, NULL, clear);
	FX_TEST(test_signature, NULL, clear);
	FX_TEST(test_ext_versions, NULL, clear);
	FX_TEST(test_not_packed, NULL, clear);
	FX_ROWS(packed_cases, test_packed_versions, NULL, clear);
	FX_ROWS(damages, test_damage, NULL, clear);
	FX_TEST(test_truncated, NULL, clear);
	FX_TEST(test_fuzz, NULL, clear);
	FX_TEST(test_licences, NULL, clear);
	return fx_run(setup, teardown);
}
