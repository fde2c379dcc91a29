/* SPDX-License-Identifier: MIT */
/* base/: text, path, buf, map, err, fsio. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/map.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/utf8.h"
#include "fx_table.h"

/* --- paths --- */

static const struct clean_case {
	const char *name, *path;
	size_t len;       /* 0: strlen */
	const char *want; /* NULL: refused */
} cleans[] = { { "plain", "kernel/a.c", 0, "kernel/a.c" },
	       { "./ in front", "./kernel/a.c", 0, "kernel/a.c" },
	       { "doubled slashes", "kernel//nvidia///a.c", 0, "kernel/nvidia/a.c" },
	       { "a slash behind", "kernel/", 0, "kernel" },
	       { "dots between", "./a/./b/.", 0, "a/b" },
	       { "the root itself", ".", 0, "" },
	       { "the root with slash", "./", 0, "" },
	       { "empty", "", 0, "" },
	       { "names that start with dots", "..a/.b/...", 0, "..a/.b/..." },
	       { "absolute", "/etc/passwd", 0, NULL },
	       { "climbing at once", "../x", 0, NULL },
	       { "climbing later", "a/b/../../../x", 0, NULL },
	       { "climbing that comes back", "a/../b", 0, NULL },
	       { "climbing at the end", "a/..", 0, NULL },
	       { "only ..", "..", 0, NULL },
	       { "a NUL byte", "a\0b", 3, NULL } };

static void check_clean(void **state)
{
	const struct clean_case *c = *state;
	struct gp_err err = { 0 };
	gp_auto(gp_free_ptr) char *got = gp_path_clean(c->path, c->len ? c->len : strlen(c->path), &err);

	if (c->want) {
		assert_non_null(got);
		assert_string_equal(got, c->want);
		assert_int_equal(err.code, GP_OK);
	} else {
		assert_null(got);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
}

static void a_path_has_at_most_4095_bytes(void **state)
{
	struct gp_err err = { 0 };
	char longest[4097];
	char *got;

	(void)state;
	memset(longest, 'a', sizeof(longest));
	got = gp_path_clean(longest, 4095, &err);
	assert_non_null(got);
	assert_int_equal(strlen(got), 4095);
	free(got);
	assert_null(gp_path_clean(longest, 4096, &err));
	assert_int_equal(err.code, GP_E_FORMAT);
}

/* dirname(1), basename(1) give the same for these. */
static const struct parts_case {
	const char *path, *dir, *base;
} parts[] = {
	{ "a/b/c", "a/b", "c" }, { "/a", "/", "a" }, { "a", ".", "a" }, { "/a/b", "/a", "b" }, { "./x", ".", "x" },
};

static void check_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		gp_auto(gp_free_ptr) char *dir = gp_path_dir(parts[i].path);

		assert_string_equal(dir, parts[i].dir);
		assert_string_equal(gp_path_base(parts[i].path), parts[i].base);
	}
}

static void joining_and_under(void **state)
{
	gp_auto(gp_free_ptr) char *a = gp_path_join("a", "b");
	gp_auto(gp_free_ptr) char *b = gp_path_join("a/", "b");
	gp_auto(gp_free_ptr) char *c = gp_path_join("/", "b");

	(void)state;
	assert_string_equal(a, "a/b");
	assert_string_equal(b, "a/b");
	assert_string_equal(c, "/b");
	assert_true(gp_path_under("kernel/a", "kernel"));
	assert_true(gp_path_under("kernel", "kernel"));
	assert_false(gp_path_under("kernel-open/a", "kernel"));
	assert_false(gp_path_under("kern", "kernel"));
	assert_false(gp_path_under("a/kernel", "kernel"));
}

/* --- text --- */

static const struct mask_case {
	const char *name, *text;
	size_t len;
	const char *want;
} masks[] = { { "plain", "abc XYZ~", 8, "abc XYZ~" },
	      { "escape", "a\033[2Jb", 6, "a?[2Jb" },
	      { "newline, CR, tab, NUL, DEL", "\n\r\t\0\177", 5, "?????" },
	      { "UTF-8 stays", "gr\xc3\xb6\xc3\x9f", 6, "gr\xc3\xb6\xc3\x9f" },
	      { "C1 in UTF-8 goes: CSI",
		"a\xc2\x9b"
		"2J",
		5, "a??2J" },
	      { "U+00A0 is no control", "a\xc2\xa0", 3, "a\xc2\xa0" },
	      { "half a sequence", "a\xc2", 2, "a?" },
	      { "C1 as a byte goes: CSI",
		"a\x9b"
		"2J",
		4, "a?2J" },
	      { "C1 behind a character", "\xc3\xb6\x90q", 4, "\xc3\xb6?q" },
	      { "Latin-1 stays readable",
		"gr\xf6\xdf"
		"er",
		6, "gr??er" },
	      { "an overlong escape", "\xc0\x9b[", 3, "??[" },
	      { "a surrogate", "\xed\xa0\x80", 3, "???" },
	      { "text turned round",
		"a\xe2\x80\xae"
		"b",
		5, "a???b" },
	      { "a line separator", "\xe2\x80\xa8", 3, "???" },
	      { "an isolate, a byte order mark", "\xe2\x81\xa6\xef\xbb\xbf", 6, "??????" },
	      { "the Arabic letter mark", "\xd8\x9c", 2, "??" },
	      { "joiners stay", "\xe2\x80\x8c\xe2\x80\x8d", 6, "\xe2\x80\x8c\xe2\x80\x8d" },
	      { "four bytes stay", "\xf0\x9f\x90\xa7", 4, "\xf0\x9f\x90\xa7" },
	      { "nothing", "", 0, "" } };

static void check_text_mask(void **state)
{
	const struct mask_case *c = *state;
	char text[32];

	memcpy(text, c->text, c->len);
	gp_text_mask(text, c->len);
	assert_memory_equal(text, c->want, c->len);
}

/* The libc knows what controls the terminal and what has a width there, but since glibc
 * 2.40 or 2.41 the marks around annotations, which are format characters (Cf), have one. The
 * bidi marks are those of Unicode's PropList.txt, Bidi_Control. */
static void what_hides(void **state)
{
	static const uint32_t bidi[] = { 0x61c,  0x200e, 0x200f, 0x202a, 0x202b, 0x202c,
					 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069 };

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (uint32_t c = 0; c < 0x110000; c++) {
		if (iswcntrl((wint_t)c) && !gp_utf8_hides(c))
			fail_msg("U+%04X is a control, and stays", c);
		if (wcwidth((wchar_t)c) > 0 && gp_utf8_hides(c) && (c < 0xfff9 || c > 0xfffb))
			fail_msg("U+%04X has a width, and goes", c);
	}
	setlocale(LC_CTYPE, "C");
	for (size_t i = 0; i < GP_COUNT(bidi); i++)
		assert_true(gp_utf8_hides(bidi[i]));
}

static void lines(void **state)
{
	static const struct {
		const char *text;
		size_t n, last;
	} t[] = { { "", 0, 0 },      { "\n", 1, 0 },     { "a", 1, 1 },    { "a\n", 1, 1 },
		  { "a\nbc", 2, 2 }, { "\n\n\n", 3, 0 }, { "a\r\n", 1, 2 } };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(t); i++) {
		struct gp_str rest = gp_str_of(t[i].text), line = { NULL, 0 };
		size_t n = 0;

		while (gp_text_line_next(&rest, &line))
			n++;
		assert_int_equal(n, t[i].n);
		assert_int_equal(line.len, t[i].last);
		assert_int_equal(rest.len, 0);
	}
}

static void the_line_of_a_nul(void **state)
{
	(void)state;
	assert_int_equal(gp_text_nul_line(GP_STR("")), 0);
	assert_int_equal(gp_text_nul_line(GP_STR("a\nb")), 0);
	assert_int_equal(gp_text_nul_line(GP_STR("\0")), 1);
	assert_int_equal(gp_text_nul_line(GP_STR("a\n\nb\0\nc\0")), 3);
}

static void words_and_trims(void **state)
{
	struct gp_str rest = GP_STR("  a\t bc d  "), w;

	(void)state;
	assert_true(gp_word_next(&rest, &w) && gp_str_eq(w, "a"));
	assert_true(gp_word_next(&rest, &w) && gp_str_eq(w, "bc"));
	assert_true(gp_word_next(&rest, &w) && gp_str_eq(w, "d"));
	assert_false(gp_word_next(&rest, &w));
	assert_false(gp_word_next(&rest, &w));
	assert_true(gp_str_eq(gp_str_trim(GP_STR(" \t a b \r")), "a b"));
	assert_true(gp_str_eq(gp_str_trim(GP_STR(" \t\r")), ""));
	assert_true(gp_str_eq(gp_str_trim(GP_STR("")), ""));
	assert_true(gp_str_starts(GP_STR("abc"), "ab") && gp_str_starts(GP_STR("abc"), ""));
	assert_false(gp_str_starts(GP_STR("a"), "ab"));
	assert_true(gp_str_ends(GP_STR("abc"), "bc") && !gp_str_ends(GP_STR("c"), "bc"));
	assert_int_equal(gp_str_find(GP_STR("aabaab"), GP_STR("ab")), 1);
	assert_int_equal(gp_str_find(GP_STR("aaa"), GP_STR("ab")), -1);
	assert_int_equal(gp_str_find(GP_STR(""), GP_STR("a")), -1);
	assert_int_equal(gp_str_find(GP_STR("a\0b"), GP_STR("b")), 2);
}

static const struct number_case {
	const char *name, *text;
	uint64_t max;
	bool ok;
	uint64_t want;
} numbers[] = { { "zero", "0", 10, true, 0 },
		{ "leading zeros", "007", 10, true, 7 },
		{ "the maximum", "10", 10, true, 10 },
		{ "one more", "11", 10, false, 0 },
		{ "the largest", "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "larger than the largest", "18446744073709551616", UINT64_MAX, false, 0 },
		{ "much larger", "99999999999999999999999", UINT64_MAX, false, 0 },
		{ "empty", "", 10, false, 0 },
		{ "a sign", "+1", 10, false, 0 },
		{ "minus", "-1", 10, false, 0 },
		{ "blanks", " 1", 10, false, 0 },
		{ "hex", "0x1", 10, false, 0 },
		{ "letters behind", "1a", 10, false, 0 } };

static void check_number(void **state)
{
	const struct number_case *c = *state;
	uint64_t v = 0;

	assert_int_equal(gp_parse_u64(gp_str_of(c->text), c->max, &v), c->ok);
	if (c->ok)
		assert_true(v == c->want);
}

static void hex(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x0f, 0xf0, 0xff, 0xa5 };
	char got[11];

	(void)state;
	gp_hex(bytes, 5, got);
	assert_string_equal(got, "000ff0ffa5");
	gp_hex(bytes, 0, got);
	assert_string_equal(got, "");
}

/* --- buffers, lists, maps, errors --- */

static void buffers(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	char *s;

	(void)state;
	assert_int_equal(gp_buf_str(&b).len, 0);
	gp_buf_puts(&b, "ab");
	gp_buf_putc(&b, '\0');
	gp_buf_printf(&b, "%d-%s", 42, "x");
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.data,
			    "ab\0"
			    "42-x",
			    8); /* with the NUL behind */
	for (int i = 0; i < 100000; i++)
		gp_buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(b.len, 100007);
	assert_int_equal(b.data[100006], 'a' + 99999 % 26);
	s = gp_buf_detach(&b);
	assert_int_equal(s[0], 'a');
	assert_null(b.data);
	free(s);
	s = gp_buf_detach(&b);
	assert_string_equal(s, "");
	free(s);
	gp_buf_release(NULL);
}

static void lists(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };
	static const char *const word[] = { "b", "a", "C", "aa", "b" };

	(void)state;
	assert_false(gp_list_has(&l, "a"));
	for (size_t i = 0; i < GP_COUNT(word); i++)
		gp_list_add(&l, word[i]);
	gp_list_sort(&l);
	assert_int_equal(l.n, 5);
	assert_string_equal(l.v[0], "C");
	assert_string_equal(l.v[1], "a");
	assert_string_equal(l.v[2], "aa");
	assert_true(gp_list_has(&l, "aa") && !gp_list_has(&l, "A"));
	gp_list_release(NULL);
}

static void maps(void **state)
{
	gp_auto(gp_map_release) struct gp_map m = { 0 };
	char key[32];
	size_t v;

	(void)state;
	assert_false(gp_map_get(&m, "a", &v));
	for (size_t i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "kernel/%zu.c", i * 7);
		gp_map_put(&m, key, i);
	}
	gp_map_put(&m, "kernel/0.c", 77); /* replaces */
	gp_map_put(&m, "", 5);
	assert_int_equal(m.n, 20001);
	for (size_t i = 1; i < 20000; i++) {
		snprintf(key, sizeof(key), "kernel/%zu.c", i * 7);
		assert_true(gp_map_get(&m, key, &v));
		assert_int_equal(v, i);
	}
	assert_true(gp_map_get(&m, "kernel/0.c", &v) && v == 77);
	assert_true(gp_map_get(&m, "", NULL));
	assert_false(gp_map_get(&m, "kernel/1.c", NULL));
	gp_map_release(NULL);
}

/* EXIT STATUS of gridpatch(1): 0, 1, 2, 3, 4, 70. */
static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(gp_code_exit(GP_OK), 0);
	assert_int_equal(gp_code_exit(GP_E_NO), 1);
	assert_int_equal(gp_code_exit(GP_E_USAGE), 2);
	assert_int_equal(gp_code_exit(GP_E_FORMAT), 3);
	assert_int_equal(gp_code_exit(GP_E_UNSUPPORTED), 3);
	assert_int_equal(gp_code_exit(GP_E_NOTFOUND), 4);
	assert_int_equal(gp_code_exit(GP_E_SYSTEM), 4);
	assert_int_equal(gp_code_exit(GP_E_CANCELLED), 4);
	assert_int_equal(gp_code_exit(GP_E_BUG), 70);
}

static void errors(void **state)
{
	struct gp_err err = { 0 };
	char line[1024], text[600];

	(void)state;
	assert_int_equal(gp_fail(&err, GP_E_NO, "hunk %d\033[m", 3), -1);
	assert_int_equal(gp_within(&err, "patch '%s'", "a\nb"), -1);
	assert_int_equal(gp_within(&err, "set 'x'"), -1);
	gp_err_format(&err, line, sizeof(line));
	assert_string_equal(line, "set 'x': patch 'a?b': hunk 3?[m");
	assert_int_equal(err.code, GP_E_NO);
	assert_int_equal(gp_fail_sys(&err, ENOENT, "cannot open '%s'", "f"), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	gp_err_format(&err, line, sizeof(line));
	assert_string_equal(line, "cannot open 'f': No such file or directory");
	assert_int_equal(gp_fail_sys(&err, ENOSPC, "x"), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	/* A long path does not push the reason off the line. */
	memset(text, 'p', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	gp_within(&err, "%s", text);
	gp_err_format(&err, line, sizeof(line));
	assert_non_null(strstr(line, ": x: No space left on device"));
	assert_int_equal(gp_fail(NULL, GP_E_NO, "x"), -1);
	assert_int_equal(gp_within(NULL, "x"), -1);
}

static void running_a_program(void **state)
{
	const char *const no[] = { "gp-no-such-program", NULL };
	const char *const seven[] = { "sh", "-c", "pwd; echo err >&2; cat; exit 7", NULL };
	const char *const killed[] = { "sh", "-c", "kill -9 $$", NULL };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_proc_run(no, NULL, &out, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_int_equal(gp_proc_run(seven, "/", &out, &err), 7);
	assert_string_equal(out.data, "/\nerr\n");
	assert_int_equal(gp_proc_run(killed, NULL, &out, &err), 128 + 9);
}

/* --- files --- */

static char dir[] = "/tmp/gp-base-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[8][256];
	static unsigned next;
	char *p = path[next++ % 8];

	snprintf(p, 256, "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	char cmd[64];

	(void)state;
	umask(022);
	snprintf(cmd, sizeof(cmd), "chmod -R u+rwx %s; rm -rf %s", dir, dir);
	return system(cmd);
}

static void reading(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	put("f", "12345");
	assert_int_equal(gp_file_read(in_dir("f"), 5, &b, &err), 0);
	assert_string_equal(b.data, "12345");
	assert_int_equal(gp_file_read(in_dir("f"), 5, &b, &err), 0); /* appended */
	assert_string_equal(b.data, "1234512345");
	assert_int_equal(gp_file_read(in_dir("f"), 4, &b, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_int_equal(gp_file_read(in_dir("none"), 4, &b, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_int_equal(gp_file_read(dir, 4, &b, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	/* A FIFO must not hang us. */
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(gp_file_read(in_dir("fifo"), 4, &b, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	put("empty", "");
	gp_buf_release(&b);
	assert_int_equal(gp_file_read(in_dir("empty"), 0, &b, &err), 0);
	assert_int_equal(b.len, 0);
}

static void listing(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	put("b", "");
	put("a", "");
	put(".h", "");
	assert_int_equal(gp_dir_list(dir, &l, &err), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0], ".h");
	assert_string_equal(l.v[2], "b");
	assert_int_equal(gp_dir_list(in_dir("none"), &l, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
}

static void asking(void **state)
{
	(void)state;
	put("f", "");
	assert_int_equal(symlink("f", in_dir("l")), 0);
	assert_int_equal(symlink("nowhere", in_dir("dangling")), 0);
	assert_int_equal(link(in_dir("f"), in_dir("hard")), 0);
	put("g", "");
	assert_true(gp_is_dir(dir) && !gp_is_dir(in_dir("f")) && !gp_is_dir(in_dir("none")));
	assert_true(gp_is_file(in_dir("f")) && gp_is_file(in_dir("l")) && !gp_is_file(dir));
	assert_true(gp_exists(in_dir("dangling")) && !gp_is_file(in_dir("dangling")));
	assert_false(gp_exists(in_dir("none")));
	assert_true(gp_same_file(in_dir("f"), in_dir("l")) && gp_same_file(in_dir("f"), in_dir("hard")));
	assert_false(gp_same_file(in_dir("f"), in_dir("g")));
	assert_false(gp_same_file(in_dir("none"), in_dir("none")));
}

static void making_directories(void **state)
{
	struct gp_err err = { 0 };
	struct stat st;

	(void)state;
	umask(027);
	assert_int_equal(gp_mkdirs(in_dir("a/b//c/"), &err), 0);
	assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(gp_mkdirs(in_dir("a/b"), &err), 0);
	put("f", "");
	assert_int_equal(gp_mkdirs(in_dir("f"), &err), -1);
	assert_int_equal(gp_mkdirs(in_dir("f/x"), &err), -1);
}

static void removing_follows_no_symlink(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_dir("keep"), 0755), 0);
	put("keep/f", "");
	assert_int_equal(mkdir(in_dir("t"), 0755), 0);
	assert_int_equal(mkdir(in_dir("t/ro"), 0755), 0);
	put("t/ro/f", "");
	assert_int_equal(symlink("../../keep", in_dir("t/ro/l")), 0);
	assert_int_equal(symlink("keep", in_dir("l")), 0);
	assert_int_equal(chmod(in_dir("t/ro"), 0555), 0);
	gp_remove_tree(in_dir("t"));
	assert_false(gp_exists(in_dir("t")));
	gp_remove_tree(in_dir("l"));
	assert_false(gp_exists(in_dir("l")));
	assert_true(gp_exists(in_dir("keep/f")));
	gp_remove_tree(in_dir("none"));
}

static size_t count(void)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };

	assert_int_equal(gp_dir_list(dir, &l, NULL), 0);
	return l.n;
}

static void a_file_appears_when_it_is_complete(void **state)
{
	struct gp_outfile f;
	struct gp_err err = { 0 };
	struct stat st;

	(void)state;
	umask(027);
	assert_int_equal(gp_outfile_open(&f, in_dir("out"), 10, &err), 0);
	assert_int_equal(gp_write_fd(f.fd, "hello", 5, "out", &err), 0);
	assert_int_equal(gp_pwrite_fd(f.fd, "J", 1, 0, "out", &err), 0);
	assert_false(gp_exists(in_dir("out")));
	assert_int_equal(gp_outfile_commit(&f, 0777, false, &err), 0);
	gp_outfile_release(&f);
	gp_outfile_release(&f);
	assert_int_equal(stat(in_dir("out"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(count(), 1);
}

static void giving_up_leaves_nothing(void **state)
{
	struct gp_outfile f;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_outfile_open(&f, in_dir("out"), 0, &err), 0);
	assert_int_equal(gp_write_fd(f.fd, "hello", 5, "out", &err), 0);
	gp_outfile_release(&f);
	assert_int_equal(count(), 0);
}

static void replacing(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	put("out", "old");
	assert_int_equal(gp_file_write(in_dir("out"), "new", 3, 0644, false, &err), -1);
	assert_int_equal(err.code, GP_E_NO);
	assert_int_equal(gp_file_read(in_dir("out"), 9, &b, &err), 0);
	assert_string_equal(b.data, "old");
	assert_int_equal(gp_file_write(in_dir("out"), "new", 3, 0644, true, &err), 0);
	gp_buf_release(&b);
	assert_int_equal(gp_file_read(in_dir("out"), 9, &b, &err), 0);
	assert_string_equal(b.data, "new");
	assert_int_equal(count(), 1);
	/* Replacing a symlink leaves its target alone. */
	assert_int_equal(symlink("out", in_dir("l")), 0);
	assert_int_equal(gp_file_write(in_dir("l"), "l", 1, 0644, true, &err), 0);
	gp_buf_release(&b);
	assert_int_equal(gp_file_read(in_dir("out"), 9, &b, &err), 0);
	assert_string_equal(b.data, "new");
}

static void output_that_cannot_be(void **state)
{
	struct gp_outfile f;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_outfile_open(&f, in_dir("none/out"), 0, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	/* More than any file system here has free. */
	assert_int_equal(gp_outfile_open(&f, in_dir("out"), UINT64_MAX / 4, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_int_equal(err.sys, ENOSPC);
	assert_int_equal(count(), 0);
}

/* Runs for one name that begin together sweep what dead ones left, and leave the
 * others' directories alone, also those that are only just made. */
static void directories_of_many_runs(void **state)
{
	(void)state;
	pid_t pid[6];
	int rc, bad = 0;

	for (size_t i = 0; i < GP_COUNT(pid); i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (int n = 0; n < 400; n++) {
			gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { 0 };
			struct stat st;

			if (gp_tmpdir_open(&t, in_dir("together"), NULL) < 0 ||
			    fstatat(t.dir, t.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (size_t i = 0; i < GP_COUNT(pid); i++)
		bad += waitpid(pid[i], &rc, 0) < 0 || rc != 0;
	assert_int_equal(bad, 0);
}

static void a_temporary_directory(void **state)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { 0 };
	struct gp_err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(gp_tmpdir_open(&t, in_dir("x"), &err), 0);
	assert_int_equal(strncmp(t.name, ".x.gridpatch-", 13), 0);
	assert_int_equal(fstatat(t.dir, t.name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	put("x", "");
	assert_int_equal(gp_tmpdir_commit(&t, &err), -1);
	assert_int_equal(err.code, GP_E_NO);
	assert_int_equal(unlink(in_dir("x")), 0);
	/* An empty directory is something, too. */
	assert_int_equal(mkdir(in_dir("x"), 0755), 0);
	assert_int_equal(gp_tmpdir_commit(&t, &err), -1);
	assert_int_equal(err.code, GP_E_NO);
	assert_int_equal(rmdir(in_dir("x")), 0);
	assert_int_equal(gp_tmpdir_commit(&t, &err), 0);
	gp_tmpdir_release(&t);
	assert_true(gp_is_dir(in_dir("x")));
	assert_int_equal(gp_tmpdir_open(&t, in_dir("y"), &err), 0);
	gp_tmpdir_release(&t);
	assert_int_equal(count(), 1);
	assert_int_equal(gp_tmpdir_open(&t, in_dir("none/x"), &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
}

static void reading_at_a_place(void **state)
{
	struct gp_err err = { 0 };
	char block[8];
	int fd;

	(void)state;
	put("f", "12345");
	fd = open(in_dir("f"), O_RDONLY);
	assert_int_equal(gp_pread(fd, block, 3, 1, "f", &err), 3);
	assert_memory_equal(block, "234", 3);
	assert_int_equal(gp_pread(fd, block, 8, 3, "f", &err), 2);
	assert_int_equal(gp_pread(fd, block, 8, 5, "f", &err), 0);
	close(fd);
	assert_int_equal(gp_pread(fd, block, 8, 0, "f", &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
}

/* --- long work --- */

static const char *text_of(const char *name)
{
	static char text[256];
	FILE *f = fopen(in_dir(name), "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static int work(const char *script, struct gp_proc_work *w, struct gp_proc_end *end)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct gp_err err = { 0 };
	int rc;

	w->argv = argv;
	w->dir = dir;
	w->keep[0] = w->keep[1] = -1;
	w->out = open(in_dir("log"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	rc = gp_proc_work(w, end, &err);
	close(w->out);
	return rc;
}

static void long_work(void **state)
{
	char path[] = "PATH=/usr/bin:/bin", only[] = "ONLY=this", *env[] = { path, only, NULL };
	const char *const no[] = { "gp-no-such-program", NULL };
	struct gp_proc_work w = { .env = env }, none = { .argv = no, .out = -1, .keep = { -1, -1 } };
	struct gp_proc_end end;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(work("echo $ONLY$HOME; pwd >&2; exit 3", &w, &end), 0);
	assert_int_equal(end.status, 3);
	assert_false(end.timed_out || end.cancelled);
	assert_memory_equal(text_of("log"), "this\n/", 6);
	assert_int_equal(work("kill -9 $$", &w, &end), 0);
	assert_int_equal(end.status, 128 + 9);
	assert_int_equal(gp_proc_work(&none, &end, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
}

/* Not only the program goes, but also what it started; even what ignores SIGTERM. */
static void late_work(void **state)
{
	/* Without a namespace, where the number of a process would be another one. */
	struct gp_proc_work w = { .timeout_s = 0.3, .confine.ways = GP_CONFINE_WATCH };
	struct gp_proc_end end;
	double began = gp_clock_s();
	pid_t pid;

	(void)state;
	assert_int_equal(work("sleep 100 & echo $! > pid; wait", &w, &end), 0);
	assert_true(end.timed_out);
	assert_true(gp_clock_s() - began < 2.5);
	pid = (pid_t)atoi(text_of("pid"));
	assert_true(pid > 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(20000); /* whoever reaps orphans may take a moment */
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(work("trap '' TERM; while :; do sleep 0.1; done", &w, &end), 0);
	assert_true(end.timed_out);
	assert_int_equal(end.status, 128 + 9);
}

static void cancelled_work(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct gp_proc_work w = { .cancel = &stop };
	struct gp_proc_end end;

	(void)state;
	assert_int_equal(work("sleep 100", &w, &end), 0);
	assert_true(end.cancelled);
	assert_false(end.timed_out);
}

static void walking(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 }, below = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_mkdirs(in_dir("a/b"), &err), 0);
	put("z", "");
	put("a/b/c", "");
	assert_int_equal(symlink("/etc", in_dir("a/link")), 0);
	assert_int_equal(symlink("z", in_dir("a/file")), 0);
	assert_int_equal(gp_dir_walk(dir, "", &l, &err), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "a/b/c");
	assert_string_equal(l.v[1], "z");
	assert_int_equal(gp_dir_walk(dir, "a", &below, &err), 0);
	assert_int_equal(below.n, 1);
	assert_string_equal(below.v[0], "a/b/c");
	assert_int_equal(gp_dir_walk(in_dir("nowhere"), "", &l, &err), -1);
}

static void cloning(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	put("from", "the same bytes");
	assert_int_equal(gp_file_clone(in_dir("from"), in_dir("to"), 0640, &err), 0);
	assert_string_equal(text_of("to"), "the same bytes");
	assert_int_equal(gp_file_clone(in_dir("from"), in_dir("to"), 0640, &err), -1); /* it exists */
	assert_int_equal(gp_file_clone(dir, in_dir("other"), 0640, &err), -1);
	assert_int_equal(symlink("from", in_dir("link")), 0);
	assert_int_equal(gp_file_clone(in_dir("link"), in_dir("other"), 0640, &err), -1);
	/* Between file systems that do not share blocks: read and written. */
	if (access("/proc/self/status", R_OK) == 0) {
		assert_int_equal(gp_file_clone("/proc/self/status", in_dir("status"), 0640, &err), 0);
		assert_memory_equal(text_of("status"), "Name:", 5);
	}
}

static void umask_and_cancel(void **state)
{
	volatile sig_atomic_t flag = 0;
	struct gp_err err = { 0 };

	(void)state;
	umask(037);
	assert_int_equal(gp_umask(), 037);
	assert_int_equal(gp_umask(), 037);
	assert_int_equal(gp_check_cancel(NULL, &err), 0);
	assert_int_equal(gp_check_cancel(&flag, &err), 0);
	flag = 15;
	assert_int_equal(gp_check_cancel(&flag, &err), -1);
	assert_int_equal(err.code, GP_E_CANCELLED);
}

/* --- assertions --- */

/* One that holds says nothing; one that does not ends a build for tests, and is not even
 * evaluated in others. */
static void what_cannot_be(void **state)
{
	int asked = 0, status, p[2];
	char said[512] = "";
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (!pid) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		dup2(p[1], STDERR_FILENO);
		gp_assert(p[0] >= 0);
		gp_assert(++asked == 2);
		_exit(asked);
	}
	close(p[1]);
	assert_true(read(p[0], said, sizeof(said) - 1) >= 0);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
#ifdef GP_DEBUG
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(said, "test_base.c:"));
	assert_non_null(strstr(said, "++asked == 2"));
#else
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_string_equal(said, "");
#endif
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(a_path_has_at_most_4095_bytes),
		cmocka_unit_test(check_parts),
		cmocka_unit_test(joining_and_under),
		cmocka_unit_test(what_hides),
		cmocka_unit_test(lines),
		cmocka_unit_test(the_line_of_a_nul),
		cmocka_unit_test(words_and_trims),
		cmocka_unit_test(hex),
		cmocka_unit_test(buffers),
		cmocka_unit_test(lists),
		cmocka_unit_test(maps),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(errors),
		cmocka_unit_test(running_a_program),
		cmocka_unit_test_setup_teardown(reading, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(listing, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(asking, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(making_directories, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(removing_follows_no_symlink, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(a_file_appears_when_it_is_complete, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(giving_up_leaves_nothing, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(replacing, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(output_that_cannot_be, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(a_temporary_directory, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(directories_of_many_runs, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(reading_at_a_place, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(long_work, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(late_work, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(cancelled_work, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(walking, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(cloning, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(umask_and_cancel, make_dir, drop_dir),
		cmocka_unit_test(what_cannot_be),
	};

	FX_ROWS(cleans, check_clean, NULL, NULL);
	FX_ROWS(masks, check_text_mask, NULL, NULL);
	FX_ROWS(numbers, check_number, NULL, NULL);
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
