/* SPDX-License-Identifier: MIT */
/* Tests: ops/proof/workdir */
/* Slow: 10 s */
/* base/dirfd: directories below a root that somebody else rearranges. The kernel's own
 * openat2() is what the way without it is measured by. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dirfd.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/scratch.h"
#include "fx_table.h"

static char top[64]; /* holds root, and what must never be reached */
static int root = -1;

static const char *at_top(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static int make(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/gp-dirfd-XXXXXX");
	if (!mkdtemp(top) || gp_mkdirs(at_top("root/a/b/c"), NULL) < 0 || gp_mkdirs(at_top("outside/b"), NULL) < 0)
		return -1;
	root = open(at_top("root"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || mkdirat(root, "closed", 0711) || mkdirat(root, "closed/in", 0755) ||
	    symlinkat("../outside", root, "out") || symlinkat("a", root, "in") || symlinkat("none", root, "dangling") ||
	    symlinkat("../../outside", root, "a/up") || mknodat(root, "file", S_IFREG | 0644, 0))
		return -1;
	return 0;
}

static int drop(void **state)
{
	(void)state;
	close(root);
	gp_remove_tree(top);
	return 0;
}

#define LONG16 "0123456789abcdef"
#define LONG256 \
	LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16

static const struct path_case {
	const char *name, *path;
	int error;
} paths[] = { { "a directory", "a", 0 },
	      { "three deep", "a/b/c", 0 },
	      { "the root", ".", 0 },
	      { "search is all that is needed", "closed/in", 0 },
	      { "missing", "none", ENOENT },
	      { "below what is missing", "none/x", ENOENT },
	      { "a file", "file", ENOTDIR },
	      { "below a file", "file/x", ENOTDIR },
	      { "a link to a directory outside", "out", ELOOP },
	      { "behind it", "out/b", ELOOP },
	      { "a link to a directory inside", "in", ELOOP },
	      { "behind that", "in/b", ELOOP },
	      { "a dangling link", "dangling", ELOOP },
	      { "a link further down", "a/up/b", ELOOP },
	      { "up and out", "..", EXDEV },
	      { "up and out, later", "a/b/../../../outside", EXDEV },
	      { "absolute", "/tmp", EXDEV },
	      { "a name that is too long", "a/" LONG256, ENAMETOOLONG } };

static void check_path(void **state)
{
	const struct path_case *c = *state;

	for (int walk = 0; walk < 2; walk++) {
		int fd = gp_dir_below(root, c->path, walk);
		int error = fd < 0 ? errno : 0;
		struct stat got, want;

		if (error != c->error)
			fail_msg("walk %d: '%s': %s instead of %s", walk, c->path, strerror(error), strerror(c->error));
		if (fd < 0)
			continue;
		assert_int_equal(fstat(fd, &got), 0);
		assert_int_equal(fstatat(root, c->path, &want, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(got.st_ino, want.st_ino);
		close(fd);
	}
}

static bool has_openat2(void)
{
	int fd = (int)syscall(SYS_openat2, root, ".", NULL, 0);

	return fd >= 0 || errno != ENOSYS;
}

/* In a child: openat2() does not exist, or may not be called. */
static int without_openat2(unsigned error)
{
	struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
				      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
				      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
				      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };
	struct stat got, want;
	int fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 77;
	fd = gp_dir_below(root, "a/b", false);
	if (fd < 0 || fstat(fd, &got) || fstatat(root, "a/b", &want, 0) || got.st_ino != want.st_ino)
		return 1;
	return gp_dir_below(root, "out/b", false) < 0 && errno == ELOOP ? 0 : 2;
}

static void an_old_kernel(void **state)
{
	static const unsigned errors[] = { ENOSYS, EPERM };

	(void)state;
	if (!has_openat2())
		skip();
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();
		int status = -1;

		if (pid == 0)
			_exit(without_openat2(errors[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 77)
			skip();
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static size_t open_files(void)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	assert_int_equal(gp_dir_list("/proc/self/fd", &names, NULL), 0);
	return names.n;
}

static void a_few_stay_open(void **state)
{
	struct gp_dirs d;
	size_t before = open_files();

	(void)state;
	gp_dirs_init(&d, root, false);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3 * GP_DIRS_KEPT; i++) {
			struct stat got, want;
			const char *name;
			char path[64];

			snprintf(path, sizeof(path), "many/d%d/f", i);
			assert_true(gp_dirs_make(&d, path) >= 0);
			assert_int_equal(fstat(gp_dirs_parent(&d, path, &name), &got), 0);
			assert_string_equal(name, "f");
			*strrchr(path, '/') = '\0';
			assert_int_equal(fstatat(root, path, &want, 0), 0);
			assert_int_equal(got.st_ino, want.st_ino);
		}
		assert_true(open_files() <= before + GP_DIRS_KEPT);
	}
	gp_dirs_release(&d);
	assert_int_equal(open_files(), before);
}

static void what_was_removed_is_forgotten(void **state)
{
	struct gp_dirs d;
	struct stat got, want;

	(void)state;
	gp_dirs_init(&d, root, false);
	assert_int_equal(gp_dirs_open(&d, ""), root);
	assert_true(gp_dirs_open(&d, "a/b/c") >= 0);
	assert_int_equal(renameat(root, "a/b", root, "a/old"), 0);
	gp_dirs_forget(&d, "a/b");
	assert_int_equal(gp_dirs_open(&d, "a/b/c"), -1);
	assert_int_equal(errno, ENOENT);
	assert_true(gp_dirs_make(&d, "a/b/c") >= 0);
	assert_int_equal(fstat(gp_dirs_open(&d, "a/b/c"), &got), 0);
	assert_int_equal(fstatat(root, "a/b/c", &want, 0), 0);
	assert_int_equal(got.st_ino, want.st_ino);
	/* Not through a link, and not over a file. */
	assert_int_equal(gp_dirs_make(&d, "out/new"), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(gp_dirs_make(&d, "file/new"), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(faccessat(root, "../outside/new", F_OK, 0), -1);
	gp_dirs_release(&d);
}

/* A link to the outside and a directory change places without end. */
static void a_race(void **state)
{
	struct stat outside, got;
	size_t opened = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(stat(at_top("outside/b"), &outside), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, root, "a", root, "out", 2 /* exchange */);
	}
	for (int i = 0; i < 6000; i++) {
		int fd = gp_dir_below(root, "a/b", i % 2);

		if (fd < 0)
			continue;
		opened++;
		assert_int_equal(fstat(fd, &got), 0);
		assert_int_not_equal(got.st_ino, outside.st_ino);
		close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(opened > 0);
}

/* --- removing --- */

/* levels directories in each other, with a file, a link and another directory in each. */
static void make_deep(int levels)
{
	int at = root, next;

	for (int i = 0; i < levels; i++) {
		assert_int_equal(mkdirat(at, "d", 0755), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		assert_int_equal(symlinkat(at_top("outside"), next, "l"), 0);
		assert_int_equal(mknodat(next, "f", S_IFREG | 0600, 0), 0);
		assert_int_equal(mkdirat(next, "e", 0555), 0);
		/* A name that is wanted for what is moved up. */
		assert_int_equal(mknodat(next, ".gridpatch-0", S_IFREG | 0600, 0), 0);
		if (at != root)
			close(at);
		at = next;
	}
	close(at);
}

/* In a child: few descriptors, and, if there is a choice, no more rights than others. */
static int remove_deep(void)
{
	struct rlimit few = { 64, 64 };

	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		return 77;
	gp_remove_at(root, "d");
	return faccessat(root, "d", F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT ? 0 : 1;
}

static void deeper_than_descriptors(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	make_deep(3000);
	pid = fork();
	if (pid == 0)
		_exit(remove_deep());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(gp_is_dir(at_top("outside/b")));
}

/* --- a parent that is swapped meanwhile --- */

static void swap_parent(void)
{
	assert_int_equal(renameat(root, "a", root, "moved"), 0);
	assert_int_equal(symlinkat("../outside", root, "a"), 0);
}

static void a_file_stays_in_its_directory(void **state)
{
	bool replace = *state != NULL;
	struct gp_outfile f;
	struct gp_err err = { 0 };

	assert_int_equal(make(NULL), 0);
	assert_int_equal(gp_outfile_open(&f, at_top("root/a/out"), 3, &err), 0);
	assert_int_equal(gp_write_fd(f.fd, "abc", 3, "out", &err), 0);
	swap_parent();
	assert_int_equal(gp_outfile_commit(&f, 0644, replace, &err), 0);
	gp_outfile_release(&f);
	assert_true(gp_is_file(at_top("root/moved/out")));
	assert_false(gp_exists(at_top("outside/out")));
	drop(NULL);
}

static void a_file_below_goes_through_no_link(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *tree = gp_strdup(at_top("root"));
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_file_write_below(tree, "new/deep/f", "abc", 3, 0644, false, &err), 0);
	assert_int_equal(gp_file_write_below(tree, "top", "abc", 3, 0644, false, &err), 0);
	assert_int_equal(gp_file_read(at_top("root/new/deep/f"), 9, &text, &err), 0);
	assert_string_equal(text.data, "abc");
	assert_int_equal(gp_file_write_below(tree, "out/f", "abc", 3, 0644, true, &err), -1);
	assert_int_equal(err.sys, ELOOP);
	assert_int_equal(gp_file_write_below(tree, "out/new/f", "abc", 3, 0644, true, &err), -1);
	assert_false(gp_exists(at_top("outside/f")) || gp_exists(at_top("outside/new")));
	/* A link at its end is replaced. */
	assert_int_equal(gp_file_write_below(tree, "out", "abc", 3, 0644, true, &err), 0);
	assert_true(gp_is_dir(at_top("outside/b")) && gp_is_file(at_top("root/out")));
}

/* make goes by names: no other user may be able to move the scratch directory. */
static void a_scratch_that_others_can_move(void **state)
{
	struct gp_err err = { 0 };
	int lock = -1;
	char *path;

	(void)state;
	assert_int_equal(setenv("TMPDIR", at_top("root/a"), 1), 0);
	path = gp_scratch_dir(&lock, &err);
	assert_non_null(path);
	assert_true(gp_is_dir(path) && lock >= 0);
	gp_remove_tree(path);
	close(lock);
	free(path);
	assert_int_equal(chmod(at_top("root/a"), 0777), 0);
	assert_null(gp_scratch_dir(&lock, &err));
	assert_non_null(strstr(err.cause, "set TMPDIR"));
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_int_equal(lock, -1);
	/* As /tmp is. */
	assert_int_equal(chmod(at_top("root/a"), 01777), 0);
	path = gp_scratch_dir(&lock, &err);
	assert_non_null(path);
	gp_remove_tree(path);
	close(lock);
	free(path);
	if (geteuid() == 0) {
		assert_int_equal(chown(at_top("root"), 65534, 65534), 0);
		assert_null(gp_scratch_dir(&lock, &err));
	}
	unsetenv("TMPDIR");
}

static void a_directory_stays_in_its_directory(void **state)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_tmpdir_open(&t, at_top("root/a/new"), &err), 0);
	assert_int_equal(mkdirat(t.fd, "in", 0755), 0);
	swap_parent();
	assert_int_equal(gp_tmpdir_commit(&t, &err), 0);
	assert_true(gp_is_dir(at_top("root/moved/new/in")));
	assert_false(gp_exists(at_top("outside/new")));
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test_setup_teardown(an_old_kernel, make, drop),
		cmocka_unit_test_setup_teardown(a_few_stay_open, make, drop),
		cmocka_unit_test_setup_teardown(what_was_removed_is_forgotten, make, drop),
		cmocka_unit_test_setup_teardown(a_race, make, drop),
		cmocka_unit_test_setup_teardown(deeper_than_descriptors, make, drop),
		{ "a new file stays in its directory", a_file_stays_in_its_directory, NULL, NULL, NULL },
		{ "a file that replaces stays in its directory", a_file_stays_in_its_directory, NULL, NULL,
		  (void *)"replace" },
		cmocka_unit_test_setup_teardown(a_file_below_goes_through_no_link, make, drop),
		cmocka_unit_test_setup_teardown(a_scratch_that_others_can_move, make, drop),
		cmocka_unit_test_setup_teardown(a_directory_stays_in_its_directory, make, drop),
	};

	FX_ROWS(paths, check_path, make, drop);
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
