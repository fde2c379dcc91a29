/* SPDX-License-Identifier: MIT */
/* Tests: ops/tree/commit, ops/tree/disktree, ops/tree/recover */
/*
 * Somebody else owns the tree and rearranges it while it is changed: a directory and
 * a link to the outside change places without end. Whatever comes of it, the outside
 * stays as it was.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "fx_judge.h"
#include "ops/tree/disktree.h"

#define TRIES 300

static char top[64];
static pid_t racer;

static const char *at_top(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(gp_file_write(at_top(path), text, strlen(text), 0644, true, NULL), 0);
}

static int make(void **state)
{
	(void)state;
	return fx_work_dir(top, sizeof(top), "race") == 0 && gp_mkdirs(at_top("outside/sub"), NULL) == 0 &&
			       chmod(at_top("outside"), 0750) == 0 ?
		       0 :
		       -1;
}

static int drop(void **state)
{
	(void)state;
	if (racer > 0) {
		kill(racer, SIGKILL);
		waitpid(racer, NULL, 0);
	}
	racer = 0;
	gp_remove_tree(top);
	return 0;
}

static void make_tree(void)
{
	gp_remove_tree(at_top("t"));
	assert_int_equal(gp_mkdirs(at_top("t/d/sub"), NULL), 0);
	put("t/d/f.c", "old\n");
	put("t/d/gone.c", "old\n");
	put("t/d/sub/only.c", "old\n");
	put("outside/f.c", "old\n");
	put("outside/gone.c", "old\n");
	put("outside/sub/only.c", "old\n");
}

static void begin_race(void)
{
	int fd = open(at_top("t"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(symlinkat("../outside", fd, "s"), 0);
	racer = fork();
	if (racer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, fd, "d", fd, "s", 2 /* exchange */);
	}
	close(fd);
}

static void end_race(void)
{
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	racer = 0;
}

static bool change(bool walk)
{
	struct gp_commit_opts o = { 0 };
	struct gp_disktree d;
	struct gp_tree t;
	bool done;

	if (gp_disktree_open(&d, at_top("t"), NULL) < 0)
		return false;
	d.dirs->walk = walk;
	gp_disktree_tree(&d, &t);
	done = gp_tree_write(&t, "d/f.c", GP_STR("new\n"), 0600, NULL) == 0 &&
	       gp_tree_delete(&t, "d/gone.c", NULL) == 0 && gp_tree_delete(&t, "d/sub/only.c", NULL) == 0 &&
	       gp_tree_write(&t, "d/new.c", GP_STR("new\n"), -1, NULL) == 0 &&
	       gp_tree_write(&t, "d/made/new.c", GP_STR("new\n"), -1, NULL) == 0 &&
	       gp_commit_run(&d, &t, &o, NULL) == 0;
	gp_tree_release(&t);
	gp_disktree_close(&d);
	return done;
}

static void recover(bool walk)
{
	struct gp_disktree d;
	size_t files;

	if (gp_disktree_open(&d, at_top("t"), NULL) < 0)
		return;
	d.dirs->walk = walk;
	(void)gp_commit_recover(&d, &files, NULL);
	gp_disktree_close(&d);
}

static void assert_untouched(const char *path)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct stat st;

	assert_int_equal(gp_file_read(at_top(path), 100, &text, NULL), 0);
	assert_string_equal(text.data, "old\n");
	assert_int_equal(stat(at_top(path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void check_outside(void)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	assert_int_equal(gp_dir_list(at_top("outside"), &names, NULL), 0);
	assert_int_equal(names.n, 3);
	assert_untouched("outside/f.c");
	assert_untouched("outside/gone.c");
	assert_untouched("outside/sub/only.c");
}

static void nothing_outside_changes(void **state)
{
	bool walk = *state != NULL;
	size_t done = 0;

	for (int i = 0; i < TRIES; i++) {
		make_tree();
		begin_race();
		done += change(walk);
		recover(walk);
		end_race();
		check_outside();
	}
	print_message("%zu of %d changes were carried out\n", done, TRIES);
}

/* An interrupted run is rolled back. */
static void nor_on_the_way_back(void **state)
{
	static const char journal[] = "c 0 d/f.c\nd 1 d/gone.c\nn 2 d/sub/only.c\nm 0 d/sub\nr 511 d\nend\n";
	bool walk = *state != NULL;

	for (int i = 0; i < TRIES; i++) {
		make_tree();
		assert_int_equal(mkdir(at_top("t/" GP_JOURNAL_DIR), 0700), 0);
		put("t/" GP_JOURNAL_DIR "/journal", journal);
		put("t/" GP_JOURNAL_DIR "/b0", "planted\n");
		put("t/" GP_JOURNAL_DIR "/b1", "planted\n");
		assert_int_equal(unlink(at_top("t/d/gone.c")), 0);
		begin_race();
		recover(walk);
		end_race();
		check_outside();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "nothing outside changes", nothing_outside_changes, make, drop, NULL },
		{ "nothing outside changes, without openat2", nothing_outside_changes, make, drop, (void *)"walk" },
		{ "nor on the way back", nor_on_the_way_back, make, drop, NULL },
		{ "nor on the way back, without openat2", nor_on_the_way_back, make, drop, (void *)"walk" },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
