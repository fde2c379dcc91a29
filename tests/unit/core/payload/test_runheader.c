/* SPDX-License-Identifier: MIT */
/* The stub of a .run: what is read from it, and how it is written anew. Offsets
 * and sums are checked with tail(1), cksum(1) and sh(1), which is what the stub
 * itself uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/payload/runheader.h"
#include "fx_table.h"

#define TOP "#! /bin/sh\nCRCsum=1234567890\nMD5=0123456789abcdef0123456789abcdef\n"
#define REST \
	"label=\"NVIDIA Driver (460.73.02)\"\nversion_string=460.73.02\npkg_version=1\n" \
	"script=./nvidia-installer\ntargetdir=NVIDIA-460.73.02\nscriptargs=\"\"\nkeep=n\n" \
	"add_this_kernel=n\napply_patch=n\nTMPROOT=${TMPDIR:=/tmp}\nTARGET_OS=\"Linux\"\n" \
	"TARGET_ARCH=\"x86_64\"\n"
/* Shell code behind the variables: its assignments mean something else. */
#define CODE \
	"\nif [ \"$1\" = --pkg-history ]; then\ncat << EOF_PKG_HISTORY\n\nfirst package\n\n" \
	"EOF_PKG_HISTORY\nexit 0\nfi\nif [ \"$1\" = --info ]; then\n" \
	"    echo \"  Uncompressed size : 77 KB\"\n    echo \"$targetdir\"\n    exit 0\nfi\n" \
	"skip=5\ntargetdir=/elsewhere\nexit 0\n"
#define NLINES(a) lines_in(a)

static uint64_t lines_in(const char *s)
{
	uint64_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* --- what is refused --- */

static const struct bad_case {
	const char *name, *text;
	size_t len; /* 0: strlen */
	enum gp_code code;
	const char *says;
} bad[] = { { "an empty file", "", 0, GP_E_FORMAT, "#!" },
	    { "text", "hello\nworld\n", 0, GP_E_FORMAT, "#!" },
	    { "an ELF file", "\177ELF\2\1\1\0\0\n", 10, GP_E_FORMAT, "#!" },
	    { "another shell script", "#!/bin/sh\necho hello\n", 0, GP_E_FORMAT, "CRCsum" },
	    { "only the first line", "#! /bin/sh\n", 0, GP_E_FORMAT, "CRCsum" },
	    { "cut off in line 2", "#! /bin/sh\nCRCsum=12", 0, GP_E_FORMAT, "MD5" },
	    { "no MD5", "#! /bin/sh\nCRCsum=1\nx=1\nskip=9\n" REST, 0, GP_E_FORMAT, "MD5" },
	    { "no skip", TOP "x=1\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "no targetdir", TOP "skip=6\nlabel=\"x\"\nb\n", 0, GP_E_FORMAT, "targetdir" },
	    { "skip=0", TOP "skip=0\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "a skip of letters", TOP "skip=abc\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "a negative skip", TOP "skip=-3\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "a skip that overflows", TOP "skip=18446744073709551617\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "a skip that a shell would compute", TOP "skip=$((4+2))\n" REST, 0, GP_E_FORMAT, "skip" },
	    { "more lines skipped than there are", TOP "skip=1000\n" REST, 0, GP_E_FORMAT, "fewer lines" },
	    { "the decompressor behind the payload", TOP "skip=8\nskip_decompress=18\nsize_decompress=1\n" REST, 0,
	      GP_E_FORMAT, "skip_decompress" },
	    { "the decompressor in the first lines", TOP "skip=20\nskip_decompress=2\nsize_decompress=18\n" REST CODE,
	      0, GP_E_FORMAT, "skip_decompress" },
	    { "a gap between decompressor and payload",
	      TOP "skip=20\nskip_decompress=18\nsize_decompress=1\n" REST CODE, 0, GP_E_UNSUPPORTED, "between" },
	    { "a NUL in the label", TOP "skip=9\nlabel=\"a\0b\"\ntargetdir=x\n\n\n\n",
	      sizeof(TOP "skip=9\nlabel=\"a\0b\"\ntargetdir=x\n\n\n\n") - 1, GP_E_FORMAT, "line 5 has a NUL byte" },
	    { "a NUL in the targetdir", TOP "skip=9\nx=1\ntargetdir=x\0y\n\n\n\n",
	      sizeof(TOP "skip=9\nx=1\ntargetdir=x\0y\n\n\n\n") - 1, GP_E_FORMAT, "line 6 has a NUL byte" },
	    { "size_decompress is no number", TOP "skip=9\nskip_decompress=8\nsize_decompress=many\n" REST, 0,
	      GP_E_FORMAT, "size_decompress" } };

static struct gp_runheader header;
static struct gp_buf head, out;
static char dir[] = "/tmp/gp-stub-XXXXXX";

static void clear_all(void)
{
	gp_runheader_release(&header);
	gp_buf_release(&head);
	gp_buf_release(&out);
}

static int clear(void **state)
{
	(void)state;
	clear_all();
	return 0;
}

static void check_bad(void **state)
{
	const struct bad_case *c = *state;
	struct gp_str text = { c->text, c->len ? c->len : strlen(c->text) };
	struct gp_err err = { 0 };

	assert_int_equal(gp_runheader_parse(text, &header, &err), -1);
	assert_int_equal(err.code, c->code);
	if (!strstr(err.cause, c->says))
		fail_msg("'%s' does not say '%s'", err.cause, c->says);
	assert_null(header.crc);
}

/* --- what is read, for each generation --- */

enum { LINE4_NV, LINE4_NV2 };

static const struct good_case {
	const char *name;
	const char *crc, *md5; /* as the lines say it */
	int line4;
	const char *rest;
	const char *embed; /* bytes between stub and payload; '@' stands for NUL */
	const char *targetdir, *arch;
	bool has_md5;
} good[] = { { "nv: no decompressor lines", "1234567890", "0123456789abcdef0123456789abcdef", LINE4_NV, REST, NULL,
	       "NVIDIA-460.73.02", "x86_64", true },
	     { "nv2: decompressor lines, none embedded", "1234567890", "0123456789abcdef0123456789abcdef", LINE4_NV2,
	       REST, NULL, "NVIDIA-460.73.02", "x86_64", true },
	     { "a decompressor of one line", "1234567890", "0123456789abcdef0123456789abcdef", LINE4_NV2, REST,
	       "\177ELF@@x\n", "NVIDIA-460.73.02", "x86_64", true },
	     { "a decompressor with newlines and NULs", "1234567890", "0123456789abcdef0123456789abcdef", LINE4_NV2,
	       REST, "\177ELF\n@\nskip=3\n\n\n@x\n", "NVIDIA-460.73.02", "x86_64", true },
	     { "a CRC of eight digits and a blank", "74537649 ", "0123456789abcdef0123456789abcdef", LINE4_NV2, REST,
	       NULL, "NVIDIA-460.73.02", "x86_64", true },
	     { "no MD5: all zeros", "1", "00000000000000000000000000000000", LINE4_NV2, REST, NULL, "NVIDIA-460.73.02",
	       "x86_64", false },
	     { "a quoted targetdir", "1", "00000000000000000000000000000000", LINE4_NV2,
	       "targetdir=\"A B\"\nTARGET_ARCH=\"x86_64\"\n", NULL, "A B", "x86_64", false },
	     { "no TARGET_ARCH", "1", "00000000000000000000000000000000", LINE4_NV, "targetdir=x\n", NULL, "x", NULL,
	       false },
	     { "nv9: more variables", "1", "0123456789abcdef0123456789abcdef", LINE4_NV2,
	       REST "UNCOMPRESSED_KB=\"5\"\nCOMPRESSION=\"zstd\"\nrepackage_file=n\n", NULL, "NVIDIA-460.73.02",
	       "x86_64", true } };

static const char payload[] = "\x1f\x8b\n\n payload \n of \0 bytes\n";

static void build(const struct good_case *c)
{
	gp_auto(gp_buf_release) struct gp_buf body = { 0 };
	gp_auto(gp_buf_release) struct gp_buf embed = { 0 };
	uint64_t stub, nembed = c->embed ? NLINES(c->embed) : 0;

	gp_buf_puts(&embed, c->embed ? c->embed : "");
	for (size_t i = 0; i < embed.len; i++)
		if (embed.data[i] == '@')
			embed.data[i] = '\0';
	gp_buf_printf(&body, "%s%s", c->rest, CODE);
	/* Lines: three at the top, then one or three of numbers. */
	stub = 3 + (c->line4 == LINE4_NV ? 1 : 3) + NLINES(body.data);
	gp_buf_printf(&head, "#! /bin/sh\nCRCsum=%s\nMD5=%s\nskip=%llu\n", c->crc, c->md5,
		      (unsigned long long)(stub + nembed + 1));
	if (c->line4 == LINE4_NV2)
		gp_buf_printf(&head, "skip_decompress=%llu\nsize_decompress=%llu\n",
			      (unsigned long long)(nembed ? stub + 1 : 0), (unsigned long long)nembed);
	gp_buf_add(&head, body.data, body.len);
	gp_buf_add(&head, embed.data, embed.len);
	gp_buf_add(&head, payload, sizeof(payload) - 1);
}

static void save(const char *name, const struct gp_buf *b)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

/* What a shell command prints; $d is the test's directory. */
static void told(const char *cmd, struct gp_buf *b)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };
	char block[4096];
	FILE *p;
	size_t n;

	gp_buf_release(b);
	gp_buf_printf(&line, "d=%s; cd $d; %s", dir, cmd);
	p = popen(line.data, "r");
	assert_non_null(p);
	gp_buf_puts(b, "");
	while ((n = fread(block, 1, sizeof(block), p)))
		gp_buf_add(b, block, n);
	assert_int_equal(pclose(p), 0);
}

static void check_good(void **state)
{
	const struct good_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_err err = { 0 };
	char want[64];

	build(c);
	assert_int_equal(gp_runheader_parse(gp_buf_str(&head), &header, &err), 0);
	assert_string_equal(header.md5, c->md5);
	assert_int_equal(gp_runheader_has_md5(&header), c->has_md5);
	assert_string_equal(header.targetdir, c->targetdir);
	if (c->arch)
		assert_string_equal(header.target_arch, c->arch);
	else
		assert_null(header.target_arch);
	snprintf(want, sizeof(want), "%.*s", (int)strcspn(c->crc, " "), c->crc);
	assert_string_equal(header.crc, want);

	/* tail counts newlines as the stub does. */
	save("a.run", &head);
	told("skip=$(sed -n 's/^skip=//p' a.run | head -n 1); tail -n +$skip a.run", &said);
	assert_int_equal(said.len, sizeof(payload) - 1);
	assert_int_equal(header.payload_off, head.len - said.len);
	told("tail -n +4 a.run | wc -c", &said);
	assert_int_equal(header.sums_off, head.len - strtoul(said.data, NULL, 10));
	if (c->embed)
		assert_int_equal(header.embed_off, header.payload_off - strlen(c->embed));
	else
		assert_int_equal(header.embed_off, header.payload_off);
}

/* --- a stub written anew --- */

static const char history[] = "X-custom: gridpatch: patch set a sha256 0f\nX-custom: two\n\n";

static void fill_sums(const struct gp_stub_sums *sums)
{
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };

	save("o.run", &out);
	told("tail -n +4 o.run | cksum | cut -d' ' -f1", &said);
	memcpy(out.data + sums->crc_off, said.data, strcspn(said.data, "\n"));
	told("tail -n +4 o.run | md5sum | cut -b-32", &said);
	memcpy(out.data + sums->md5_off, said.data, 32);
	save("o.run", &out);
}

static void check_rewrite(void **state)
{
	const struct good_case *c = *state;
	const struct gp_stub_edit edit = { "X-custom", history, (4242 - 77) * 1024 - 5 };
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	build(c);
	assert_int_equal(gp_runheader_parse(gp_buf_str(&head), &header, &err), 0);
	assert_int_equal(gp_runheader_rewrite(&header, gp_buf_str(&head), &edit, &out, &sums, &err), 0);
	assert_memory_equal(out.data + sums.crc_off, "          ", 10);
	gp_buf_add(&out, payload, sizeof(payload) - 1);
	fill_sums(&sums);

	/* The shell reads the sums as the stub does: a blank behind a short one. */
	told("eval \"$(sed -n 2,3p o.run)\"; "
	     "[ \"$CRCsum\" = \"$(tail -n +4 o.run | cksum | cut -d' ' -f1)\" ] && "
	     "[ \"$MD5\" = \"$(tail -n +4 o.run | md5sum | cut -b-32)\" ] && echo yes",
	     &said);
	assert_string_equal(said.data, "yes\n");
	told("tail -n +$(sed -n '4s/^skip=//p' o.run) o.run", &said);
	assert_int_equal(said.len, sizeof(payload) - 1);
	assert_memory_equal(said.data, payload, sizeof(payload) - 1);
	if (c->embed) {
		told("tail -n +$(sed -n '5s/^skip_decompress=//p' o.run) o.run | "
		     "head -n $(sed -n '6s/^size_decompress=//p' o.run)",
		     &said);
		assert_int_equal(said.len, strlen(c->embed));
		assert_memory_equal(said.data, head.data + header.embed_off, said.len);
	}
	told("sh o.run --pkg-history", &said);
	assert_string_equal(said.data, "\nfirst package\n\nX-custom: gridpatch: patch set a sha256 0f\n"
				       "X-custom: two\n\n");
	told("sh o.run --info", &said);
	assert_string_equal(said.data, "  Uncompressed size : 4242 KB\nX-custom\n");
	/* Everything else is as it was: only these lines differ. */
	told("diff a.run o.run > diff.txt; "
	     "LC_ALL=C grep -a '^[<>]' diff.txt | sed 's/=.*/=/; s/[0-9]* KB/KB/' | sort -u; rm -f diff.txt",
	     &said);
	assert_null(strstr(said.data, "label"));
	assert_null(strstr(said.data, "TARGET"));
}

static int save_input(void **state)
{
	build(*state);
	save("a.run", &head);
	clear_all();
	return 0;
}

/* What is parsed again says the same, and a rewrite without edits is the stub. */
static void no_edit_changes_only_the_sums(void **state)
{
	const struct gp_stub_edit none = { 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	(void)state;
	build(&good[3]);
	assert_int_equal(gp_runheader_parse(gp_buf_str(&head), &header, &err), 0);
	assert_int_equal(gp_runheader_rewrite(&header, gp_buf_str(&head), &none, &out, &sums, &err), 0);
	memcpy(out.data + sums.crc_off, "1234567890", 10);
	memcpy(out.data + sums.md5_off, good[3].md5, 32);
	assert_int_equal(out.len, header.payload_off);
	assert_memory_equal(out.data, head.data, out.len);
}

static void a_stub_without_history_gets_no_lines(void **state)
{
	static const char text[] = TOP "skip=8\ntargetdir=x\n\nexit 0\npayload";
	const struct gp_stub_edit edit = { NULL, "a\nb\n", 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_runheader_parse(gp_str_of(text), &header, &err), 0);
	assert_int_equal(gp_runheader_rewrite(&header, gp_str_of(text), &edit, &out, &sums, &err), 0);
	assert_non_null(strstr(out.data, "\nskip=8\n"));
	assert_null(strstr(out.data, "\na\nb\n"));
}

static void sums_outside_lines_2_and_3_are_refused(void **state)
{
	static const char text[] = "#! /bin/sh\nMD5=0\nx=1\nCRCsum=1\nskip=8\ntargetdir=x\nexit 0\npayload";
	const struct gp_stub_edit none = { 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_runheader_parse(gp_str_of(text), &header, &err), 0);
	assert_int_equal(gp_runheader_rewrite(&header, gp_str_of(text), &none, &out, &sums, &err), -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
}

/* --- texts from outside --- */

static const struct mask_case {
	const char *name, *text, *want;
} masks[] = { { "plain text stays", "Abz 019._+ :/-\n", "Abz 019._+ :/-\n" },
	      { "a command substitution", "$(touch x)", "__touch x_" },
	      { "backquotes", "`id`", "_id_" },
	      { "a variable", "${HOME}", "__HOME_" },
	      { "quotes and backslash", "a\"b'c\\d", "a_b_c_d" },
	      { "control bytes and tabs", "a\tb\033[1m", "a_b__1m" },
	      { "bytes beyond ASCII", "gr\xc3\xb6", "gr__" },
	      { "the rest of the shell's signs", ";&|<>*?!#~=%@,", "______________" } };

static void check_mask(void **state)
{
	const struct mask_case *c = *state;
	char text[64];

	snprintf(text, sizeof(text), "%s", c->text);
	gp_stub_mask(text);
	assert_string_equal(text, c->want);
}

/* Run as the stub runs it: nothing is created. */
static void nothing_of_a_text_runs(void **state)
{
	const struct gp_stub_edit edit = { "$(touch pwned1)`touch pwned2`;touch pwned3 #",
					   "$(touch pwned4) `touch pwned5`\n", 0 };
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	(void)state;
	build(&good[6]); /* quoted */
	assert_int_equal(gp_runheader_parse(gp_buf_str(&head), &header, &err), 0);
	assert_int_equal(gp_runheader_rewrite(&header, gp_buf_str(&head), &edit, &out, &sums, &err), 0);
	save("evil.run", &out);
	told("sh evil.run --pkg-history > /dev/null 2>&1; sh evil.run --info > /dev/null 2>&1; "
	     "sh evil.run > /dev/null 2>&1; ls | grep -c pwned || :",
	     &said);
	assert_string_equal(said.data, "0\n");
}

/* A line of the history that is the here-document's end would let the next one run. */
static void a_history_cannot_end_its_here_document(void **state)
{
	const struct gp_stub_edit edit = { NULL, "EOF_PKG_HISTORY\ntouch pwned6\n", 0 };
	gp_auto(gp_buf_release) struct gp_buf said = { 0 };
	struct gp_stub_sums sums;
	struct gp_err err = { 0 };

	(void)state;
	build(&good[6]);
	assert_int_equal(gp_runheader_parse(gp_buf_str(&head), &header, &err), 0);
	if (gp_runheader_rewrite(&header, gp_buf_str(&head), &edit, &out, &sums, &err) < 0)
		return; /* refused: fine */
	save("evil2.run", &out);
	told("sh evil2.run --pkg-history > /dev/null 2>&1; ls | grep -c pwned6 || :", &said);
	assert_string_equal(said.data, "0\n");
}

static const struct custom_case {
	const char *name, *text, *want;
} customs[] = {
	{ "a mark is added", "X", "X-custom" },
	{ "once only", "X-custom", "X-custom" },
	{ "in the middle it means nothing", "X-custom-460", "X-custom-460-custom" },
	{ "dots and all", "NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm", "NVIDIA-Linux-x86_64-460.73.02-vgpu-kvm-custom" },
};

static void check_custom(void **state)
{
	const struct custom_case *c = *state;
	gp_auto(gp_free_ptr) char *got = gp_custom_name(c->text);

	assert_string_equal(got, c->want);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int main(void)
{
	FX_ROWS(bad, check_bad, NULL, clear);
	FX_ROWS(good, check_good, NULL, clear);
	FX_ROWS(good, check_rewrite, save_input, clear);
	FX_ROWS(masks, check_mask, NULL, clear);
	FX_ROWS(customs, check_custom, NULL, clear);
	FX_TEST(no_edit_changes_only_the_sums, NULL, clear);
	FX_TEST(a_stub_without_history_gets_no_lines, NULL, clear);
	FX_TEST(sums_outside_lines_2_and_3_are_refused, NULL, clear);
	FX_TEST(nothing_of_a_text_runs, NULL, clear);
	FX_TEST(a_history_cannot_end_its_here_document, NULL, clear);
	return fx_run(setup, teardown);
}
