/* SPDX-License-Identifier: MIT */
/* base/regex: regcomp(3) and regexec(3) say what is right, and the kernel what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/regex.h"
#include "fx_table.h"

/* None has a newline: regexec finds "$[^a]" in "a\nb" (glibc 2.36). */
static const char *const texts[] = { "",     "a",        "b",        "ab", "ba", "aab",  "abab",
				     "abc",  "a b",      " a",       "a ", "_a", "a-b",  "5.10.0-32-amd64",
				     "5x10", "]",        "-",        "^",  "\\", "a]",   "[a",
				     "{",    "a{2}",     "}",        ")",  "a)", "aaaa", "aaaaa",
				     "\t",   "AZ",       "\xc3\xa4", "1",  "n",  "d",    "*",
				     "a*",   "foo(bar)", "x.y",      "|",  "w",  "\x01", "~" };

/* Both must say the same of every text; malformed for one is malformed for the other. */
static void compare(const char *ere)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };
	struct gp_err err = { 0 };
	regex_t other;
	int rc = gp_regex_compile(ere, &re, &err), want = regcomp(&other, ere, REG_EXTENDED | REG_NOSUB);

	if (rc < 0 && err.code == GP_E_UNSUPPORTED) {
		if (want == 0)
			regfree(&other);
		return;
	}
	if ((rc == 0) != (want == 0))
		fail_msg("'%s': %s, but regcomp says %d", ere, rc ? err.cause : "fine", want);
	if (want != 0)
		return;
	for (size_t i = 0; i < GP_COUNT(texts); i++) {
		int hit = regexec(&other, texts[i], 0, NULL, 0) == 0;

		if (gp_regex_match(&re, gp_str_of(texts[i]), &err) != hit)
			fail_msg("'%s' in '%s': not %d", ere, texts[i], hit);
	}
	regfree(&other);
}

static void by_hand(void **state)
{
	static const char *const eres[] = { "",
					    "a",
					    "a|b",
					    "|a",
					    "a|",
					    "a||b",
					    "(|a)b",
					    "(a|)b",
					    "()",
					    "()*a",
					    "(()|a)+",
					    "a**",
					    "a+?",
					    "a?*",
					    "(a*)*",
					    "(a*)+b",
					    "^",
					    "$",
					    "^$",
					    "a^b",
					    "a$b",
					    "(^a|b$)",
					    "(^)*a",
					    "($)+",
					    "^*",
					    "^+a",
					    "$?",
					    "\\b*",
					    "*a",
					    "+",
					    "?",
					    "a|*b",
					    "(*a)",
					    "(+)",
					    "{1}",
					    "a|{1}",
					    "({1})",
					    "a{2}",
					    "a{2,}",
					    "a{,2}",
					    "a{,}",
					    "a{0}",
					    "a{0}b",
					    "a{0,0}",
					    "a{0,1}b",
					    "a{1,3}b",
					    "a{2,1}",
					    "a{1",
					    "a{",
					    "a{x}",
					    "a{1,x}",
					    "a{1,2,3}",
					    "a{-1}",
					    "a{1a}",
					    "a{}",
					    "}",
					    "a}",
					    ")",
					    "a)",
					    ")*",
					    "(",
					    "(a",
					    "a|)",
					    "((a)",
					    "(a))",
					    "[a]",
					    "[^a]",
					    "[]]",
					    "[^]]",
					    "[]a]",
					    "[a",
					    "[",
					    "[]",
					    "[^]",
					    "[^",
					    "[a-c]",
					    "[c-a]",
					    "[a-]",
					    "[-a]",
					    "[^-a]",
					    "[a-c-e]",
					    "[--a]",
					    "[%--]",
					    "[a--]",
					    "[+--1]",
					    "[]-a]",
					    "[a-a]",
					    "[a\\]",
					    "[\\n]",
					    "[\\]a]",
					    "[*]",
					    "[^^]",
					    "[a^]",
					    "[[]",
					    "[[a]",
					    "[a[b]",
					    "[[:alpha:]]",
					    "[[:alpha:]-z]",
					    "[a-[:digit:]]",
					    "[[:nope:]]",
					    "[[:alpha:]",
					    "[[:alpha]]",
					    "[[:]",
					    "[[:]]",
					    "[^[:space:]]",
					    "[[:alpha:][:digit:]_]+",
					    "[[:w:]]",
					    "[a[:digit:]-]",
					    "[[:digit:]-]",
					    "a\\",
					    "\\",
					    "\\.",
					    "\\*",
					    "\\{",
					    "\\}",
					    "\\|",
					    "\\(a\\)",
					    "\\n",
					    "\\d",
					    "\\0",
					    "\\w",
					    "\\W",
					    "\\s",
					    "\\S",
					    "\\w+\\W",
					    "\\ba\\b",
					    "\\Ba",
					    "a\\B",
					    "\\<a",
					    "a\\>",
					    "\\`a",
					    "b\\'",
					    "\\<\\>",
					    "\\b",
					    "\\B",
					    "\\b\\B",
					    ".",
					    "..",
					    ".*",
					    "^.*$",
					    "^.+$",
					    "^.$",
					    "x\\.y",
					    "^5\\.1[0-2]\\..*$",
					    "^5.10.0-(30|32)-amd64$",
					    "(a|ab)(c|bcd)*",
					    "(a|b)*a(a|b){3}",
					    "((a{1,2}){1,2}){1,2}b",
					    "(a|b{0}c)",
					    "\xc3",
					    "[^\x01-\x7f]",
					    "(a?){3}b",
					    "^(a|b)*$",
					    "a{255}",
					    "(^a)+",
					    "(a$)*",
					    "(\\ba)*b",
					    "a.b",
					    "\t",
					    "(a)(b)(c)",
					    "((((a))))",
					    "x*",
					    "x*y*",
					    "(x*)",
					    "[.]",
					    "[.-/]",
					    "[=]",
					    "[:alpha:]" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(eres); i++)
		compare(eres[i]);
}

static void classes(void **state)
{
	static const char *const names[] = { "alnum", "alpha", "blank", "cntrl", "digit", "graph",
					     "lower", "print", "punct", "space", "upper", "xdigit" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		gp_auto(gp_free_ptr) char *ere = gp_asprintf("^[[:%s:]]$", names[i]);
		gp_auto(gp_regex_release) struct gp_regex re = { 0 };
		regex_t other;

		assert_int_equal(gp_regex_compile(ere, &re, NULL), 0);
		assert_int_equal(regcomp(&other, ere, REG_EXTENDED | REG_NOSUB), 0);
		for (int c = 0; c < 256; c++) {
			char byte[2] = { (char)c };
			regmatch_t span = { .rm_so = 0, .rm_eo = 1 };

			if (gp_regex_match(&re, (struct gp_str){ byte, 1 }, NULL) !=
			    (regexec(&other, byte, 1, &span, REG_STARTEND) == 0))
				fail_msg("%s and byte %d", ere, c);
		}
		regfree(&other);
	}
}

/* Expressions that a dice writes; the same ones each time. */
static void by_chance(void **state)
{
	static const char *const words[] = {
		"^", "$", "\\b", "\\<", "\\>",   "\\B",  "a",    "b",           "c",     "(", ")",   "(",    ")",   "|",
		"*", "+", "?",   "{2}", "{0,2}", "{1,}", "[ab]", "[^a]",        "[a-c]", ".", "\\w", "\\W",  "-",   " ",
		"]", "{", "}",   "[",   "\\",    ",",    "1",    "[[:alpha:]]", "\\.",   "a", "b",   "(a|b", "c)*",
	};
	unsigned seed = 20200102;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char ere[128] = "";
		unsigned n = (seed >> 16) % 9 + 1;

		for (unsigned k = 0; k < n; k++) {
			seed = seed * 1103515245u + 12345u;
			strcat(ere, words[(seed >> 16) % GP_COUNT(words)]);
		}
		compare(ere);
	}
}

/* --- what it may cost --- */

struct bomb {
	const char *name;
	const char *head, *again; /* the expression: head, `times` times again, tail */
	unsigned times;
	const char *tail;
	enum gp_code code; /* what compiling and matching say; GP_OK: there is an answer */
};

static const struct bomb bombs[] = {
	{ "repetitions in repetitions", "((((a{1,255}){1,255}){1,255}){1,255})", "", 0, "", GP_E_UNSUPPORTED },
	{ "large numbers", "a{32767}", "", 0, "", GP_E_UNSUPPORTED },
	{ "numbers beyond all numbers", "a{99999999999999999999}", "", 0, "", GP_E_UNSUPPORTED },
	{ "nothing, very often", "((){32767}){32767}b{2}", "", 0, "", GP_OK },
	{ "stars in stars in a row", "", "(a*)*", 300, "c", GP_E_UNSUPPORTED },
	{ "the same with edges", "", "(^|a|\\b|b)*", 300, "c", GP_E_UNSUPPORTED },
	{ "edges", "", "\\ba*", 500, "c", GP_OK },
	{ "edges, repeated", "((((^|$|a|\\b|\\B|\\<|\\>)*){1,16}){1,16})Q{9}", "", 0, "", GP_E_UNSUPPORTED },
	{ "a long memory", "(a|b)*a(a|b){62}c", "", 0, "", GP_OK },
	{ "a longer one", "(a|b)*a(a|b){2500}c", "", 0, "", GP_E_UNSUPPORTED },
	{ "all questions", "", "a?", 2000, "c", GP_E_UNSUPPORTED },
	{ "dots", "", ".*", 2000, "c", GP_E_UNSUPPORTED },
	{ "dots and dots", "(.{1,255}){1,30}", "", 0, "Q{9}", GP_E_UNSUPPORTED },
	{ "alternatives", "", "ab|", 1300, "c", GP_OK },
	{ "sets", "", "[^c]", 1000, "c", GP_E_UNSUPPORTED },
	{ "a long set", "[", "\\|", 2000, "]c", GP_OK },
	{ "operators", "a", "*", 4000, "", GP_E_UNSUPPORTED },
	{ "deep", "", "(", 4000, "", GP_E_UNSUPPORTED },
	{ "deep in the middle", "a|", "(a|", 1300, "", GP_E_UNSUPPORTED },
	{ "too long", "", "a", GP_REGEX_LEN + 1, "", GP_E_UNSUPPORTED },
	{ "back-references", "(.*)\\1\\1", "", 0, "c", GP_E_UNSUPPORTED },
	{ "collating", "[[.space.]]", "", 0, "", GP_E_UNSUPPORTED },
	{ "equals", "[[=a=]]", "", 0, "", GP_E_UNSUPPORTED },
};

#define TEXT (128u << 10)

/* In a process of its own: 1 s, and 64 MiB beside the text. */
static int set_off(const struct bomb *b)
{
	gp_auto(gp_buf_release) struct gp_buf ere = { 0 }, text = { 0 };
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };
	struct rlimit second = { 1, 2 };
	struct gp_err err = { 0 };
	struct rusage before, after;
	unsigned seed = 1;
	int rc;

	gp_buf_puts(&ere, b->head);
	for (unsigned i = 0; i < b->times; i++)
		gp_buf_puts(&ere, b->again);
	gp_buf_puts(&ere, b->tail);
	for (unsigned i = 0; i < TEXT; i++)
		gp_buf_putc(&text, "ab"[(seed = seed * 1103515245u + 12345u) >> 16 & 1]);
	setrlimit(RLIMIT_CPU, &second);
	getrusage(RUSAGE_SELF, &before);
	rc = gp_regex_compile(ere.data, &re, &err);
	if (rc == 0)
		rc = gp_regex_match(&re, gp_buf_str(&text), &err);
	getrusage(RUSAGE_SELF, &after);
	if (after.ru_maxrss - before.ru_maxrss > 64 << 10)
		return 100;
	return rc < 0 ? (int)err.code : 0;
}

static void bomb(void **state)
{
	const struct bomb *b = *state;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(set_off(b));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), b->code);
}

/* Whoever asks line by line gets no more than who asks once. */
static void all_lines_count(void **state)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };
	struct gp_err err = { 0 };
	int rc = 0;

	(void)state;
	assert_int_equal(gp_regex_compile("(a|a?){2000}c", &re, &err), 0);
	for (int i = 0; i < 100000 && rc == 0; i++)
		rc = gp_regex_match(&re, GP_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &err);
	assert_int_equal(rc, -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
	assert_string_equal(err.cause, "the expression '(a|a?){2000}c': it takes too long");
}

static void bytes_like_others(void **state)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };

	(void)state;
	assert_int_equal(gp_regex_compile("^a[^x]b$", &re, NULL), 0);
	assert_int_equal(gp_regex_match(&re, (struct gp_str){ "a\0b", 3 }, NULL), 1);
	assert_int_equal(gp_regex_match(&re, GP_STR("a\nb"), NULL), 1);
	assert_int_equal(gp_regex_match(&re, GP_STR("a\nb\n"), NULL), 0);
	gp_regex_release(&re);
	gp_regex_release(&re);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(by_hand),         cmocka_unit_test(classes),           cmocka_unit_test(by_chance),
		cmocka_unit_test(all_lines_count), cmocka_unit_test(bytes_like_others),
	};

	FX_ROWS(bombs, bomb, NULL, NULL);
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
