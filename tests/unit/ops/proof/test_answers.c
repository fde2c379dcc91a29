/* SPDX-License-Identifier: MIT */
/* Tests: ops/proof/answers, ops/proof/headersum */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "base/wire.h"
#include "ops/proof/answers.h"

#define ONE "#define NV_ONE 1\n"
#define TWO "#undef NV_TWO\n"

/* A driver, headers, a folder of programs and a cache, made once: what has just been made
 * is not trusted, and waiting takes seconds. A test has WORK/kernel, query and answers of its own. */
static char top[] = "/tmp/gp-answers-XXXXXX";

static char *at(const char *path)
{
	return gp_path_join(top, path);
}

static void put(const char *path, const char *text)
{
	gp_auto(gp_free_ptr) char *full = at(path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(full);

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	assert_int_equal(gp_file_write(full, text, strlen(text), 0644, true, NULL), 0);
}

/* In place, with the times that it had. */
static void change(const char *path, const char *text)
{
	gp_auto(gp_free_ptr) char *full = at(path);
	struct timespec times[2];
	struct stat st;
	int fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void away(const char *path)
{
	gp_auto(gp_free_ptr) char *full = at(path);

	gp_remove_tree(full);
}

static void lead(const char *target, const char *path)
{
	gp_auto(gp_free_ptr) char *full = at(path);

	away(path);
	assert_int_equal(symlink(target, full), 0);
}

/* --- the world --- */

struct world {
	char *work;
	struct gp_headers headers;
	struct gp_toolchain cc;
	struct gp_list argv, env;
	struct gp_answers answers;
	struct gp_answers_query q;
};

static struct world w;

static int make_top(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	put("build/include/generated/autoconf.h", "#define CONFIG_A 1\n");
	put("build/Module.symvers", "0x1\tx\tvmlinux\tEXPORT_SYMBOL\t\n");
	put("source/include/linux/kernel.h", "int a;\n");
	put("source/include/linux/other.h", "int b;\n");
	put("elsewhere/one.h", "int one;\n");
	put("elsewhere/two.h", "int two;\n");
	lead("../../../elsewhere/one.h", "source/include/linux/led.h");
	lead("..", "source/include/round"); /* in a circle */
	put("bin/sed", "#!/bin/sh\n");
	put("bin/cc-x", "#!/bin/sh\necho 1\n");
	{
		gp_auto(gp_free_ptr) char *cc = at("bin/cc-x"), *bin = at("bin");
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s:%s", bin, getenv("PATH"));

		assert_int_equal(chmod(cc, 0755), 0);
		setenv("PATH", path, 1);
	}
	return 0;
}

static int remove_top(void **state)
{
	(void)state;
	gp_remove_tree(top);
	return 0;
}

static void lay_out(const char *work)
{
	gp_auto(gp_free_ptr) char *kernel = gp_asprintf("%s/kernel/", work);
	static const char *const files[][2] = { { "conftest.sh", "#!/bin/sh\n#include <linux/kernel.h>\n" },
						{ "Kbuild", "ccflags-y := -DX\n" },
						{ "common/inc/nv.h", "int nv;\n" },
						{ "nvidia/nv.c", "int source;\n" } };

	away(work);
	for (size_t i = 0; i < GP_COUNT(files); i++) {
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s%s", kernel, files[i][0]);

		put(path, files[i][1]);
	}
}

static void ask_in(const char *work)
{
	free(w.work);
	w.work = at(work);
	w.q = (struct gp_answers_query){
		.work = w.work, .headers = &w.headers, .cc = &w.cc, .argv = &w.argv, .env = &w.env
	};
}

static int setup(void **state)
{
	gp_auto(gp_free_ptr) char *cache = at("cache"), *bin = at("bin");

	(void)state;
	gp_remove_tree(cache);
	setenv("XDG_CACHE_HOME", cache, 1);
	w = (struct world){ .headers = { .sysout = at("build"), .syssrc = at("source") },
			    .cc = { .cc = gp_strdup("cc-x -O"), .text = gp_strdup("cc 1.0") } };
	gp_list_add(&w.argv, "make");
	gp_list_add(&w.argv, "-j2");
	gp_list_add(&w.argv, "modules");
	gp_list_add(&w.argv, "CC=cc-x -O");
	gp_list_add(&w.env, "TMPDIR=/a");
	gp_list_printf(&w.env, "PATH=%s:/usr/bin:/bin", bin);
	lay_out("first");
	ask_in("first");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gp_answers_release(&w.answers);
	gp_list_release(&w.argv);
	gp_list_release(&w.env);
	free(w.cc.cc);
	free(w.cc.text);
	free(w.headers.sysout);
	free(w.headers.syssrc);
	free(w.work);
	away("first");
	away("second");
	return 0;
}

/* Wait until nothing of the headers is new. */
static void settle(void)
{
	gp_answers_release(&w.answers);
	gp_answers_recall(&w.answers, &w.q);
	while (!*w.answers.sum.stat) {
		gp_answers_release(&w.answers);
		sleep(1);
		gp_answers_recall(&w.answers, &w.q);
	}
}

/* A build that asks, and is kept; then a second one that is about to begin. */
static void first_build(void)
{
	settle();
	assert_false(w.answers.recalled);
	put("first/kernel/conftest/functions.h", ONE);
	put("first/kernel/conftest/compile-tests/two.h", TWO);
	put("first/kernel/conftest/empty.h", "");
	gp_answers_keep(&w.answers, &w.q);
	gp_answers_release(&w.answers);
	lay_out("second");
	ask_in("second");
}

static bool recalls(void)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(w.work, "kernel/conftest");
	bool yes;

	gp_answers_release(&w.answers);
	gp_answers_recall(&w.answers, &w.q);
	yes = w.answers.recalled;
	assert_int_equal(gp_exists(dir), yes);
	gp_remove_tree(dir);
	return yes;
}

/* The only file with that suffix in the cache; free() it. NULL: there is none. */
static char *entry(const char *suffix)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	gp_auto(gp_free_ptr) char *dir = at("cache/gridpatch");
	char *found = NULL;

	if (!gp_is_dir(dir) || gp_dir_list(dir, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		if (!gp_str_ends(gp_str_of(names.v[i]), suffix))
			continue;
		assert_null(found);
		found = gp_path_join(dir, names.v[i]);
	}
	return found;
}

static void assert_nothing_kept(void)
{
	gp_auto(gp_free_ptr) char *file = entry(".conftest");

	assert_null(file);
}

/* --- the second time --- */

static void assert_file(const char *path, const char *want)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *full = at(path);

	assert_int_equal(gp_file_read(full, 4096, &text, NULL), 0);
	assert_int_equal(text.len, strlen(want));
	assert_memory_equal(text.len ? text.data : "", want, text.len);
}

static struct timespec time_of(const char *path)
{
	gp_auto(gp_free_ptr) char *full = at(path);
	struct stat st;

	assert_int_equal(stat(full, &st), 0);
	return st.st_mtim;
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* make takes them for up to date: none is older than another, or than what they are made of. */
static void t_second_build(void **state)
{
	struct timespec one, two;

	(void)state;
	first_build();
	gp_answers_recall(&w.answers, &w.q);
	assert_true(w.answers.recalled);
	assert_file("second/kernel/conftest/functions.h", ONE);
	assert_file("second/kernel/conftest/compile-tests/two.h", TWO);
	assert_file("second/kernel/conftest/empty.h", "");
	one = time_of("second/kernel/conftest/functions.h");
	two = time_of("second/kernel/conftest/compile-tests/two.h");
	assert_false(is_later(one, two) || is_later(two, one));
	assert_false(is_later(time_of("second/kernel/conftest.sh"), one));
}

static void t_only_ours_to_read(void **state)
{
	gp_auto(gp_free_ptr) char *file = NULL, *dir = NULL;
	struct stat st;

	(void)state;
	first_build();
	file = entry(".conftest");
	dir = gp_path_dir(file);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

/* --- what they depend on --- */

static void header(void)
{
	change("source/include/linux/kernel.h", "int c;\n");
}
static void header_back(void)
{
	change("source/include/linux/kernel.h", "int a;\n");
}
static void new_header(void)
{
	put("source/include/linux/new.h", "");
}
static void new_header_back(void)
{
	away("source/include/linux/new.h");
}
static void linked_header(void)
{
	change("elsewhere/one.h", "int own;\n");
}
static void linked_header_back(void)
{
	change("elsewhere/one.h", "int one;\n");
}
static void retargeted(void)
{
	lead("../../../elsewhere/two.h", "source/include/linux/led.h");
}
static void retargeted_back(void)
{
	lead("../../../elsewhere/one.h", "source/include/linux/led.h");
}
static void autoconf(void)
{
	change("build/include/generated/autoconf.h", "#define CONFIG_A 0\n");
}
static void autoconf_back(void)
{
	change("build/include/generated/autoconf.h", "#define CONFIG_A 1\n");
}
static void symvers(void)
{
	change("build/Module.symvers", "0x1\ty\tvmlinux\tEXPORT_SYMBOL\t\n");
}
static void symvers_back(void)
{
	change("build/Module.symvers", "0x1\tx\tvmlinux\tEXPORT_SYMBOL\t\n");
}
static void conftest_sh(void)
{
	change("second/kernel/conftest.sh", "#!/bin/sh\n#include <linux/kernel.i>\n");
}
static void kbuild(void)
{
	change("second/kernel/Kbuild", "ccflags-y := -DY\n");
}
static void own_header(void)
{
	change("second/kernel/common/inc/nv.h", "int mv;\n");
}
static void new_file(void)
{
	put("second/kernel/patch-x.h", "");
}
static void second_again(void)
{
	lay_out("second");
}
static void a_word(void)
{
	gp_list_add(&w.argv, "LLVM=1");
}
static void a_word_back(void)
{
	free(w.argv.v[--w.argv.n]);
}
static void surroundings(void)
{
	gp_list_add(&w.env, "IGNORE_PREEMPT_RT_PRESENCE=1");
}
static void surroundings_back(void)
{
	free(w.env.v[--w.env.n]);
}
static void version(void)
{
	w.cc.text[3] = '2';
}
static void version_back(void)
{
	w.cc.text[3] = '1';
}

static const struct change {
	const char *what;
	void (*make)(void), (*take_back)(void);
} changes[] = {
	{ "a header of the same size and time", header, header_back },
	{ "a header more", new_header, new_header_back },
	{ "a header behind a link", linked_header, linked_header_back },
	{ "a link that leads elsewhere", retargeted, retargeted_back },
	{ "autoconf.h", autoconf, autoconf_back },
	{ "Module.symvers", symvers, symvers_back },
	{ "conftest.sh", conftest_sh, second_again },
	{ "Kbuild", kbuild, second_again },
	{ "a header of the driver", own_header, second_again },
	{ "a file more", new_file, second_again },
	{ "an argument", a_word, a_word_back },
	{ "the surroundings", surroundings, surroundings_back },
	{ "the compiler's version", version, version_back },
};

static void t_changes(void **state)
{
	(void)state;
	first_build();
	for (size_t i = 0; i < GP_COUNT(changes); i++) {
		changes[i].make();
		if (recalls())
			fail_msg("%s: recalled", changes[i].what);
		changes[i].take_back();
		if (!recalls())
			fail_msg("%s, taken back: not recalled", changes[i].what);
	}
}

/* Programs of the same size and time. */
static void t_programs(void **state)
{
	(void)state;
	first_build();
	change("bin/sed", "#!/bin/xx\n");
	assert_false(recalls());
	lay_out("first");
	ask_in("first");
	first_build();
	assert_true(recalls());
	change("bin/cc-x", "#!/bin/sh\necho 2\n");
	assert_false(recalls());
}

static void t_program_in_front(void **state)
{
	(void)state;
	first_build();
	put("bin/grep", "#!/bin/sh\n");
	assert_false(recalls());
	away("bin/grep");
	assert_true(recalls());
}

static void t_what_does_not_matter(void **state)
{
	(void)state;
	first_build();
	change("second/kernel/nvidia/nv.c", "int another;\n");
	assert_true(recalls());
	free(w.argv.v[1]);
	w.argv.v[1] = gp_strdup("-j64");
	free(w.env.v[0]);
	w.env.v[0] = gp_strdup("TMPDIR=/b");
	assert_true(recalls());
}

/* Other inodes and times, the same bytes: the headers were installed anew. */
static void t_same_bytes(void **state)
{
	(void)state;
	first_build();
	away("source/include/linux/other.h");
	put("source/include/linux/other.h", "int b;\n");
	assert_true(recalls());
}

/* --- what is not kept --- */

static void t_not_settled(void **state)
{
	(void)state;
	change("source/include/linux/other.h", "int d;\n");
	gp_answers_recall(&w.answers, &w.q);
	put("first/kernel/conftest/functions.h", ONE);
	gp_answers_keep(&w.answers, &w.q);
	assert_nothing_kept();
	change("source/include/linux/other.h", "int b;\n");
}

static void t_changed_meanwhile(void **state)
{
	(void)state;
	settle();
	put("first/kernel/conftest/functions.h", ONE);
	header();
	gp_answers_keep(&w.answers, &w.q);
	assert_nothing_kept();
	header_back();
}

static void not_kept(const char *path, const char *text)
{
	settle();
	gp_answers_release(&w.answers);
	put(path, text);
	gp_answers_recall(&w.answers, &w.q);
	put("first/kernel/conftest/functions.h", ONE);
	gp_answers_keep(&w.answers, &w.q);
	assert_nothing_kept();
}

static void t_includes_a_source(void **state)
{
	(void)state;
	not_kept("first/kernel/conftest.sh", "echo '#include \"nvidia/nv.c\"'\n");
}

static void t_includes_a_source_quoted(void **state)
{
	(void)state;
	not_kept("first/kernel/conftest.sh", "CODE=\"#include \\\"nvidia/nv.c\\\"\"\n");
}

static void t_names_the_scratch(void **state)
{
	gp_auto(gp_free_ptr) char *text = gp_asprintf("/* %s/kernel */\n", w.work);

	(void)state;
	settle();
	put("first/kernel/conftest/functions.h", text);
	gp_answers_keep(&w.answers, &w.q);
	assert_nothing_kept();
}

static void t_nothing_asked(void **state)
{
	(void)state;
	settle();
	gp_answers_keep(&w.answers, &w.q);
	assert_nothing_kept();
}

static void t_brings_its_own(void **state)
{
	(void)state;
	first_build();
	put("second/kernel/conftest/functions.h", "its own\n");
	gp_answers_recall(&w.answers, &w.q);
	assert_false(w.answers.recalled);
	assert_file("second/kernel/conftest/functions.h", "its own\n");
}

/* --- what lies in the cache is not believed --- */

static void bad_entry(const char *file, const char *bytes, size_t len, const char *what, size_t n)
{
	assert_int_equal(gp_file_write(file, bytes, len, 0600, true, NULL), 0);
	if (recalls())
		fail_msg("%s %zu: recalled", what, n);
}

static void t_altered(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf good = { 0 };
	gp_auto(gp_free_ptr) char *file = NULL;

	(void)state;
	first_build();
	file = entry(".conftest");
	assert_int_equal(gp_file_read(file, 65536, &good, NULL), 0);
	for (size_t i = 0; i < good.len; i += 5) {
		good.data[i] ^= 1;
		bad_entry(file, good.data, good.len, "byte", i);
		good.data[i] ^= 1;
	}
	for (size_t n = 0; n < good.len; n += 11)
		bad_entry(file, good.data, n, "length", n);
	gp_buf_puts(&good, "x");
	bad_entry(file, good.data, good.len, "length", good.len);
	assert_int_equal(gp_file_write(file, good.data, good.len - 1, 0600, true, NULL), 0);
	assert_true(recalls());
}

/* With right sums, as one who knows the form would write it. */
static void forge(const char *file, const char *name, const char *text, uint64_t n)
{
	gp_auto(gp_buf_release) struct gp_buf good = { 0 }, rest = { 0 };
	size_t head = strlen("gridpatch conftest 1\n") + GP_SHA256_HEX - 1;
	char sum[GP_SHA256_HEX];

	assert_int_equal(gp_file_read(file, 65536, &good, NULL), 0);
	gp_wire_put(&rest, n);
	gp_wire_put_str(&rest, gp_str_of(name));
	gp_wire_put_str(&rest, gp_str_of(text));
	gp_sha256_hex(rest.data, rest.len, sum);
	good.len = head;
	gp_buf_puts(&good, sum);
	gp_buf_add(&good, rest.data, rest.len);
	assert_int_equal(gp_file_write(file, good.data, good.len, 0600, true, NULL), 0);
}

static void t_forged(void **state)
{
	static const char *const names[] = {
		"../../out", "/tmp/gp-answers-out", "conftest/../Kbuild", "conftest/../../../out", "Kbuild", "conftest",
		"",          "conftest//x",         "conftests/x"
	};
	gp_auto(gp_free_ptr) char *file = NULL, *outside = at("out");

	(void)state;
	first_build();
	file = entry(".conftest");
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		forge(file, names[i], "x", 1);
		if (recalls())
			fail_msg("'%s': recalled", names[i]);
		assert_false(gp_exists(outside));
		assert_file("second/kernel/Kbuild", "ccflags-y := -DX\n");
	}
	for (uint64_t n = 0; n < 4; n++) {
		forge(file, "conftest/x", "x", n);
		assert_int_equal(recalls(), n == 1);
	}
	forge(file, "conftest/x", "x", UINT64_MAX);
	assert_false(recalls());
}

static void t_kinds_and_owners(void **state)
{
	gp_auto(gp_free_ptr) char *file = NULL, *aside = at("aside"), *dir = at("cache/gridpatch");

	(void)state;
	first_build();
	file = entry(".conftest");
	assert_int_equal(rename(file, aside), 0);
	assert_int_equal(symlink(aside, file), 0);
	assert_false(recalls());
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_false(recalls());
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rename(aside, file), 0);
	assert_true(recalls());
	assert_int_equal(chmod(file, 0620), 0);
	assert_false(recalls());
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(chmod(dir, 0707), 0);
	assert_false(recalls());
	assert_int_equal(chmod(dir, 0700), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(file, 12345, 12345), 0);
	assert_false(recalls());
	assert_int_equal(chown(file, 0, 0), 0);
	assert_int_equal(chown(dir, 12345, 12345), 0);
	assert_false(recalls());
	assert_int_equal(chown(dir, 0, 0), 0);
	assert_true(recalls());
}

/* The sum of the headers is looked up, too: one that says another is not believed. */
static void t_altered_headers_sum(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf good = { 0 };
	gp_auto(gp_free_ptr) char *file = NULL;

	(void)state;
	first_build();
	file = entry(".headers");
	assert_int_equal(gp_file_read(file, 4096, &good, NULL), 0);
	for (size_t i = 0; i < good.len; i += 5) {
		good.data[i] ^= 1;
		assert_int_equal(gp_file_write(file, good.data, good.len, 0600, true, NULL), 0);
		good.data[i] ^= 1;
		/* Read anew, and right. */
		if (!recalls())
			fail_msg("byte %zu: not recalled", i);
	}
}

/* --- no room --- */

static void with_room(rlim_t bytes, void (*run)(void))
{
	struct rlimit old, new;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	new = old;
	new.rlim_cur = bytes;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &new), 0);
	run();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

static void keep_now(void)
{
	gp_answers_keep(&w.answers, &w.q);
}

static void t_no_room_to_keep(void **state)
{
	(void)state;
	settle();
	put("first/kernel/conftest/functions.h", ONE);
	with_room(100, keep_now);
	assert_nothing_kept();
}

static void recall_now(void)
{
	assert_false(recalls()); /* and nothing is left of what was begun */
}

static void t_no_room_to_recall(void **state)
{
	(void)state;
	first_build();
	with_room(5, recall_now);
	assert_true(recalls());
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_second_build),
		T(t_only_ours_to_read),
		T(t_changes),
		T(t_same_bytes),
		T(t_what_does_not_matter),
		T(t_nothing_asked),
		T(t_includes_a_source),
		T(t_includes_a_source_quoted),
		T(t_names_the_scratch),
		T(t_not_settled),
		T(t_changed_meanwhile),
		T(t_brings_its_own),
		T(t_altered),
		T(t_forged),
		T(t_kinds_and_owners),
		T(t_altered_headers_sum),
		T(t_no_room_to_keep),
		T(t_no_room_to_recall),
		T(t_programs),
		T(t_program_in_front),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
