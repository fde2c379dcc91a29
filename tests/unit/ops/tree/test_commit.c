/* SPDX-License-Identifier: MIT */
/* Tests: ops/tree/disktree, ops/tree/journal, ops/tree/recover */
/*
 * A directory changes completely or not at all. A traced child changes a tree;
 * at its 1st, 2nd, 3rd, … operation on the file system it is killed, or the
 * operation fails, or the cancel flag goes up. Then the tree must be the old
 * one or the new one: names, contents, modes, owners, links.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "fx_judge.h"
#include "fx_table.h"
#include "ops/tree/disktree.h"

static char top[64]; /* holds root, and what must never be touched */
static char root[96];
static volatile sig_atomic_t cancel_flag;
static bool with_fsync;

/* --- trees on the disk ------------------------------------------------------ */

static void put(const char *path, const char *text, mode_t mode)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(root, path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(full);
	int fd;

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int at_root(const char *path, int (*fn)(const char *))
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(root, path);

	return fn(full);
}

static void mode_of(const char *path, mode_t mode)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(root, path);

	assert_int_equal(chmod(full, mode), 0);
}

#define ODD "odd \303\244\n%0A %25 .c"

static void make_old(void)
{
	gp_auto(gp_free_ptr) char *a = gp_path_join(root, "twin-a.c"), *b = gp_path_join(root, "twin-b.c");
	gp_auto(gp_free_ptr) char *owned = gp_path_join(root, "owned.c"), *link = gp_path_join(root, "link");

	gp_remove_tree(root);
	assert_int_equal(mkdir(root, 0755), 0);
	put("plain.c", "old\n", 0644);
	put("exec.sh", "old\n", 0755);
	put("ro.c", "old\n", 0444);
	put("same.c", "untouched\n", 0640);
	put("mode.sh", "only its mode\n", 0644);
	put("shrinks.c", "to nothing\n", 0664);
	put("owned.c", "old\n", 0644);
	put(ODD, "old\n", 0644);
	put("twin-a.c", "old\n", 0644);
	put("dir/sub/only.c", "the last one\n", 0644);
	put("two/gone.c", "gone\n", 0600);
	put("two/kept.c", "kept\n", 0600);
	put("all/one.c", "1\n", 0644);
	put("all/deep/two.c", "2\n", 0644);
	put("moved/from.c", "moved\n", 0644);
	put("swap.c", "becomes a directory\n", 0640);
	put("keep/swap", "becomes one, too\n", 0600);
	mode_of("dir", 0750);
	mode_of("dir/sub", 0711);
	assert_int_equal(linkat(AT_FDCWD, a, AT_FDCWD, b, 0), 0);
	assert_int_equal(symlink("plain.c", link), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(owned, 1234, 2345), 0);
}

static int set(struct gp_tree *t, const char *path, const char *text, int mode)
{
	return gp_tree_write(t, path, gp_str_of(text), mode, NULL);
}

static int make_changes(struct gp_tree *t)
{
	int bad = 0;

	bad |= set(t, "plain.c", "new\n", -1) | set(t, "exec.sh", "new\n", -1) | set(t, "ro.c", "new\n", -1);
	bad |= set(t, "mode.sh", "only its mode\n", 0755) | set(t, "shrinks.c", "", -1);
	bad |= set(t, "owned.c", "new\n", -1) | set(t, ODD, "new\n", -1) | set(t, "twin-a.c", "new\n", -1);
	bad |= gp_tree_delete(t, "dir/sub/only.c", NULL) | gp_tree_delete(t, "two/gone.c", NULL);
	bad |= gp_tree_delete(t, "all/one.c", NULL) | gp_tree_delete(t, "all/deep/two.c", NULL);
	bad |= gp_tree_delete(t, "moved/from.c", NULL) | set(t, "moved/to.c", "moved\n", -1);
	bad |= set(t, "new/deep/er/a.c", "a\n", -1) | set(t, "new/deep/b%\n.c", "b\n", 0755) |
	       set(t, "empty.c", "", -1);
	bad |= gp_tree_delete(t, "swap.c", NULL) | set(t, "swap.c/in/x.c", "x\n", -1);
	bad |= set(t, "keep/first.c", "1\n", -1) | gp_tree_delete(t, "keep/swap", NULL) |
	       set(t, "keep/swap/y", "y\n", -1);
	bad |= set(t, "two/late.c", "late\n", 0600) | set(t, "same.c", "untouched\n", -1);
	/* Came and went: nothing to be done. */
	bad |= set(t, "brief/x.c", "x\n", -1) | gp_tree_delete(t, "brief/x.c", NULL);
	return bad;
}

/* Everything below dir as text, sorted. */
static void snapshot_into(const char *dir, const char *rel, struct gp_buf *out)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	assert_int_equal(gp_dir_list(dir, &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *full = gp_path_join(dir, names.v[i]);
		gp_auto(gp_free_ptr) char *name = gp_asprintf("%s/%s", rel, names.v[i]);
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };
		char target[128];
		struct stat st;
		ssize_t n = 0;

		assert_int_equal(lstat(full, &st), 0);
		gp_buf_printf(out, "%s %o %u:%u ", name, st.st_mode, st.st_uid, st.st_gid);
		if (S_ISLNK(st.st_mode))
			n = readlink(full, target, sizeof(target));
		else if (S_ISREG(st.st_mode))
			assert_int_equal(gp_file_read(full, 1 << 24, &text, NULL), 0);
		gp_buf_add(out, target, (size_t)n);
		gp_buf_printf(out, "[%s]\n", text.data ? text.data : "");
		if (S_ISDIR(st.st_mode))
			snapshot_into(full, name, out);
	}
}

static char *snapshot(const char *dir)
{
	struct gp_buf out = { 0 };

	snapshot_into(dir, "", &out);
	return gp_buf_detach(&out);
}

/* --- what the child does ------------------------------------------------------ */

static int do_run(struct gp_err *err)
{
	struct gp_commit_opts o = { .fsync = with_fsync, .cancel = &cancel_flag };
	struct gp_disktree d;
	struct gp_tree t;
	int rc;

	if (gp_disktree_open(&d, root, err) < 0)
		return -1;
	gp_disktree_tree(&d, &t);
	rc = make_changes(&t);
	/* What cannot be looked at is no reason for another answer. */
	if (rc < 0 && gp_tree_sound(&t, err) == 0)
		gp_fail(err, GP_E_BUG, "a change was refused, and nobody says why");
	rc = rc < 0 ? -1 : gp_commit_run(&d, &t, &o, err);
	gp_tree_release(&t);
	gp_disktree_close(&d);
	return rc;
}

static int do_recover(struct gp_err *err)
{
	struct gp_disktree d;
	size_t files;
	int rc;

	if (gp_disktree_open(&d, root, err) < 0)
		return -1;
	rc = gp_commit_recover(&d, &files, err);
	gp_disktree_close(&d);
	return rc;
}

/* --- faults -------------------------------------------------------------------- */

enum fault { KILL, FAIL, FAIL_ON, CANCEL };

static bool looks_fail; /* looking is an operation, too */
static bool no_links;   /* as on a file system without hard links */

/* How a traced child ended. */
enum { DONE_OK, DONE_NO, DONE_NEITHER, DONE_CANCELLED, KILLED };

static bool changes_files(uint64_t nr)
{
	switch (nr) {
	case SYS_openat:
	case SYS_mkdirat:
	case SYS_unlinkat:
	case SYS_linkat:
	case SYS_renameat2:
	case SYS_write:
	case SYS_fchmod:
	case SYS_fchown:
	case SYS_fchmodat:
	case SYS_fsync:
#ifdef SYS_renameat
	case SYS_renameat:
#endif
#ifdef SYS_rename
	case SYS_rename:
	case SYS_rmdir:
	case SYS_unlink:
	case SYS_mkdir:
	case SYS_link:
	case SYS_chmod:
#endif
		return true;
	case SYS_newfstatat:
	case SYS_openat2:
	case SYS_faccessat2:
	case SYS_getdents64:
	case SYS_read:
	case SYS_pread64:
	case SYS_close: return looks_fail;
	default: return false;
	}
}

/* Make the call the child is about to do fail; false: not on this machine. */
static bool fail_call(pid_t pid, int error)
{
#ifdef __x86_64__
	struct user_regs_struct regs;
	int status;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return false;
	regs.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0 || ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, 0) < 0 || ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return false;
	regs.rax = (unsigned long long)-(long long)error;
	return ptrace(PTRACE_SETREGS, pid, 0, &regs) == 0;
#else
	(void)pid;
	(void)error;
	return false;
#endif
}

static void raise_flag(pid_t pid)
{
	sig_atomic_t one = 1;
	struct iovec from = { &one, sizeof(one) }, to = { (void *)(uintptr_t)&cancel_flag, sizeof(one) };

	assert_int_equal(process_vm_writev(pid, &from, 1, &to, 1, 0), (ssize_t)sizeof(one));
}

static void strike(pid_t pid, enum fault fault)
{
	if (fault == KILL)
		kill(pid, SIGKILL);
	else if (fault == FAIL || fault == FAIL_ON)
		assert_true(fail_call(pid, EIO));
	else
		raise_flag(pid);
}

static pid_t start(int (*fn)(struct gp_err *))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct gp_err err = { 0 };

		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(99);
		raise(SIGSTOP);
		if (fn(&err) == 0)
			_exit(DONE_OK);
		if (!err.cause[0] || err.code == GP_E_BUG)
			_exit(97);
		if (strstr(err.cause, "; nor could it be rolled back ("))
			_exit(strstr(err.cause, "Input/output error); fix that") ? DONE_NEITHER : 98);
		_exit(err.code == GP_E_CANCELLED ? DONE_CANCELLED : DONE_NO);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	return pid;
}

static size_t operations; /* that the last child did */

/* Let a child run fn; at operation number at (from 1; 0 never), the fault; FAIL_ON: and
 * at all that follow. */
static int run_with_fault(int (*fn)(struct gp_err *), enum fault fault, size_t at)
{
	pid_t pid = start(fn);
	int status;

	for (operations = 0;;) {
		struct __ptrace_syscall_info info;

		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFSIGNALED(status))
			return KILLED;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
		    info.op != PTRACE_SYSCALL_INFO_ENTRY || !changes_files(info.entry.nr))
			continue;
		if (++operations == at || (fault == FAIL_ON && at && operations > at))
			strike(pid, fault);
		else if (no_links && info.entry.nr == SYS_linkat)
			assert_true(fail_call(pid, EPERM));
	}
}

static bool can_trace(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- old or new ------------------------------------------------------------------ */

static char *old_tree, *new_tree;

static void learn_trees(void)
{
	struct gp_err err = { 0 };

	make_old();
	free(old_tree);
	old_tree = snapshot(root);
	assert_int_equal(do_run(&err), 0);
	free(new_tree);
	new_tree = snapshot(root);
	assert_string_not_equal(old_tree, new_tree);
	make_old();
}

/* 'o'ld, 'n'ew; anything else fails the test. */
static char which_tree(const char *what, size_t at, size_t at2)
{
	gp_auto(gp_free_ptr) char *now = snapshot(root);
	bool old = strcmp(now, old_tree) == 0;

	if (!old && strcmp(now, new_tree) != 0)
		fail_msg("%s %zu %zu: neither old nor new:\n%s\n--- old\n%s", what, at, at2, now, old_tree);
	return old ? 'o' : 'n';
}

/* Directories that got empty go if they can: that is no part of the promise. */
static void drop_empty(const char *dir)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	assert_int_equal(gp_dir_list(dir, &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *full = gp_path_join(dir, names.v[i]);
		struct stat st;

		if (lstat(full, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		drop_empty(full);
		rmdir(full);
	}
}

static void recover_here(const char *what, size_t at)
{
	struct gp_err err = { 0 };

	if (do_recover(&err) < 0)
		fail_msg("%s %zu: cannot recover: %s", what, at, err.cause);
}

static void test_new_tree(void **state)
{
	struct stat st;
	gp_auto(gp_free_ptr) char *owned = gp_path_join(root, "owned.c");

	(void)state;
	learn_trees();
	assert_int_equal(do_run(NULL), 0);
	assert_int_equal(which_tree("run", 0, 0), 'n');
	assert_non_null(strstr(new_tree, "/plain.c 100644"));
	assert_non_null(strstr(new_tree, "/exec.sh 100755"));
	assert_non_null(strstr(new_tree, "/ro.c 100444"));
	assert_non_null(strstr(new_tree, "/mode.sh 100755"));
	assert_non_null(strstr(new_tree, "[moved\n]"));
	assert_non_null(strstr(new_tree, "/new/deep/b%\n.c 100755"));
	assert_non_null(strstr(new_tree, "/twin-b.c 100644"));
	assert_null(strstr(new_tree, "/dir"));
	assert_null(strstr(new_tree, "/all"));
	assert_null(strstr(new_tree, "/brief"));
	assert_null(strstr(new_tree, "gridpatch"));
	if (geteuid() == 0) {
		assert_int_equal(stat(owned, &st), 0);
		assert_int_equal(st.st_uid, 1234);
		assert_int_equal(st.st_gid, 2345);
	}
}

static void test_kill(void **state)
{
	size_t n, old = 0, new = 0;

	with_fsync = *state != NULL;
	if (!can_trace())
		skip();
	learn_trees();
	for (n = 1;; n++) {
		make_old();
		if (run_with_fault(do_run, KILL, n) != KILLED)
			break;
		recover_here("killed at", n);
		if (which_tree("killed at", n, 0) == 'o')
			old++;
		else
			new ++;
	}
	assert_int_equal(which_tree("not killed", n, 0), 'n');
	print_message("killed at %zu operations: %zu old, %zu new\n", n - 1, old, new);
	assert_true(old > 40 && new > 0);
}

/* What is kept are copies. */
static void test_kill_copies(void **state)
{
#ifndef __x86_64__
	skip();
#endif
	no_links = true;
	test_kill(state);
	no_links = false;
}

static void test_kill_recovery(void **state)
{
	size_t total = 0;

	with_fsync = *state != NULL;
	if (!can_trace())
		skip();
	learn_trees();
	for (size_t n = 1;; n += 9) {
		for (size_t k = 1;; k++) {
			int end;

			make_old();
			if (run_with_fault(do_run, KILL, n) != KILLED) {
				print_message("recovery killed at %zu operations\n", total);
				return;
			}
			end = run_with_fault(do_recover, KILL, k);
			recover_here("recovery killed at", k);
			which_tree("recovery killed at", n, k);
			total += end == KILLED;
			if (end != KILLED)
				break;
		}
	}
}

/* An operation that fails once: an error means the old tree. */
static void test_fail(void **state)
{
	size_t n, all, old = 0, new = 0;

	with_fsync = *state != NULL;
	looks_fail = !with_fsync; /* once is enough */
#ifndef __x86_64__
	skip();
#endif
	if (!can_trace())
		skip();
	learn_trees();
	assert_int_equal(run_with_fault(do_run, FAIL, 0), DONE_OK);
	all = operations;
	for (n = 1; n <= all; n++) {
		char tree;
		int end;

		make_old();
		end = run_with_fault(do_run, FAIL, n);
		if (end == DONE_OK) {
			recover_here("failed at", n); /* what could not be tidied up */
			drop_empty(root);
		}
		tree = which_tree("failed at", n, 0);
		old += tree == 'o';
		new += tree == 'n';
		if (end != DONE_OK && end != DONE_NO)
			fail_msg("operation %zu fails: status %d", n, end);
		if ((end == DONE_OK) != (tree == 'n'))
			fail_msg("operation %zu fails: status %d, but the tree is '%c'", n, end, tree);
	}
	looks_fail = false;
	print_message("%zu operations failed: %zu old, %zu new\n", all, old, new);
	assert_true(old > 40);
}

/* From one operation on nothing works, the way back neither. A later recovery goes it. */
static void test_fail_on(void **state)
{
	size_t n, all, neither = 0;

	with_fsync = *state != NULL;
#ifndef __x86_64__
	skip();
#endif
	if (!can_trace())
		skip();
	learn_trees();
	assert_int_equal(run_with_fault(do_run, FAIL_ON, 0), DONE_OK);
	all = operations;
	for (n = 1; n <= all; n++) {
		int end;

		make_old();
		end = run_with_fault(do_run, FAIL_ON, n);
		if (end != DONE_OK && end != DONE_NO && end != DONE_NEITHER)
			fail_msg("all fails from %zu on: status %d", n, end);
		recover_here("all failed from", n);
		if (end == DONE_OK)
			drop_empty(root);
		assert_int_equal(which_tree("all failed from", n, 0), end == DONE_OK ? 'n' : 'o');
		neither += end == DONE_NEITHER;
	}
	print_message("nothing worked any more from each of %zu operations on: %zu half changed\n", all, neither);
	assert_true(neither > 10);
}

static void test_cancel(void **state)
{
	size_t n, all, old = 0;

	with_fsync = *state != NULL;
	if (!can_trace())
		skip();
	learn_trees();
	assert_int_equal(run_with_fault(do_run, CANCEL, 0), DONE_OK);
	all = operations;
	for (n = 1; n <= all; n++) {
		int end;

		make_old();
		end = run_with_fault(do_run, CANCEL, n);
		if (end != DONE_OK && end != DONE_CANCELLED)
			fail_msg("cancelled at %zu: status %d", n, end);
		assert_int_equal(which_tree("cancelled at", n, 0), end == DONE_OK ? 'n' : 'o');
		old += end != DONE_OK;
	}
	print_message("cancelled at %zu operations, %zu went back\n", all, old);
	assert_true(old > 40);
}

static void test_cancelled_before(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	learn_trees();
	cancel_flag = 1;
	assert_int_equal(do_run(&err), -1);
	cancel_flag = 0;
	assert_int_equal(err.code, GP_E_CANCELLED);
	assert_int_equal(which_tree("cancelled", 0, 0), 'o');
}

/* --- errors of the system --------------------------------------------------------- */

/* fn's status in a child: 0 fine, 77 not possible here. */
static void in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int no_space(void)
{
	struct gp_commit_opts o = { .fsync = false };
	static char big[3 << 20];
	struct gp_disktree d;
	struct gp_err err = { 0 };
	struct gp_tree t;
	char *before, *after;
	int rc;

	gp_remove_tree(root);
	if (mkdir(root, 0755) || unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", root, "tmpfs", 0, "size=1m"))
		return 77;
	put("a.c", "a\n", 0644);
	put("b.c", "b\n", 0644);
	before = snapshot(root);
	memset(big, 'x', sizeof(big) - 1);
	rc = gp_disktree_open(&d, root, &err);
	gp_disktree_tree(&d, &t);
	rc |= set(&t, "a.c", "small\n", -1) | set(&t, "new/b.c", "small\n", -1) | set(&t, "b.c", big, -1);
	if (rc)
		return 1;
	rc = gp_commit_run(&d, &t, &o, &err);
	after = snapshot(root);
	return rc == -1 && err.code == GP_E_SYSTEM && err.sys == ENOSPC && strcmp(before, after) == 0 ? 0 : 2;
}

static void test_no_space(void **state)
{
	(void)state;
	in_child(no_space);
}

static int become_nobody(void)
{
	return setgid(65534) || setuid(65534) ? -1 : 0;
}

static void give_away(const char *path)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	assert_int_equal(lchown(path, 65534, 65534), 0);
	if (!gp_is_dir(path) || gp_dir_list(path, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *full = gp_path_join(path, names.v[i]);

		give_away(full);
	}
}

static const char *locked_dir; /* "" is the root itself */

static int read_only(void)
{
	struct gp_err err = { 0 };
	char *before, *after;

	if (geteuid() == 0 && (chmod(top, 0755) || (give_away(root), become_nobody())))
		return 77;
	mode_of(*locked_dir ? locked_dir : ".", 0555);
	before = snapshot(root);
	if (do_run(&err) != -1 || err.code != GP_E_SYSTEM)
		return 1;
	after = snapshot(root);
	mode_of(*locked_dir ? locked_dir : ".", 0755);
	return strcmp(before, after) == 0 ? 0 : 2;
}

static void test_read_only(void **state)
{
	with_fsync = false;
	locked_dir = *state;
	make_old();
	in_child(read_only);
}

static void test_locked(void **state)
{
	struct gp_disktree a, b;
	struct gp_err err = { 0 };

	(void)state;
	make_old();
	assert_int_equal(gp_disktree_open(&a, root, NULL), 0);
	assert_int_equal(gp_disktree_open(&b, root, &err), -1);
	gp_disktree_close(&a);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_non_null(strstr(err.cause, "another gridpatch"));
	assert_int_equal(gp_disktree_open(&a, root, NULL), 0);
	assert_false(gp_disktree_interrupted(&a));
	gp_disktree_close(&a);
}

/* --- places that are no places ------------------------------------------------------ */

/* A tree with link -> a directory outside of it that holds victim.c. */
static void make_trap(void)
{
	gp_auto(gp_free_ptr) char *outside = gp_path_join(top, "outside");
	gp_auto(gp_free_ptr) char *empty = gp_path_join(outside, "empty");
	gp_auto(gp_free_ptr) char *victim = gp_path_join(outside, "victim.c");
	gp_auto(gp_free_ptr) char *link = gp_path_join(root, "out");

	gp_remove_tree(outside);
	make_old();
	assert_int_equal(gp_mkdirs(empty, NULL), 0);
	assert_int_equal(gp_file_write(victim, "precious\n", 9, 0640, true, NULL), 0);
	assert_int_equal(symlink("../outside", link), 0);
}

static char *outside_now(void)
{
	gp_auto(gp_free_ptr) char *outside = gp_path_join(top, "outside");
	struct stat st;
	char *all = snapshot(outside), *out;

	assert_int_equal(stat(outside, &st), 0);
	out = gp_asprintf("%o %s", st.st_mode, all);
	free(all);
	return out;
}

static void test_symlinks(void **state)
{
	static const char *const paths[] = { "out/victim.c", "out/new.c", "out/empty/new.c", "link", "link/x.c",
					     "plain.c/x.c",  "dir" };
	struct gp_disktree d;
	struct gp_tree t;

	(void)state;
	make_trap();
	assert_int_equal(gp_disktree_open(&d, root, NULL), 0);
	gp_disktree_tree(&d, &t);
	for (size_t i = 0; i < GP_COUNT(paths); i++) {
		struct gp_err err = { 0 };

		assert_int_equal(gp_tree_write(&t, paths[i], GP_STR("x\n"), -1, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
	assert_int_equal(gp_tree_delete(&t, "out/victim.c", NULL), -1);
	assert_int_equal(gp_tree_changes(&t), 0);
	gp_tree_release(&t);
	gp_disktree_close(&d);
}

static const struct journal_case {
	const char *name, *text;
	enum { GOOD, REFUSED, EITHER } want;
} journals[] = { { "..", "n 0 ../outside/victim.c\nend\n", REFUSED },
		 { ".. inside", "n 0 dir/../../outside/victim.c\nend\n", REFUSED },
		 { "../.. for a backup", "c 0 ../../x\nend\n", REFUSED },
		 { "absolute", "n 0 /etc/hostname\nend\n", REFUSED },
		 { "a huge number", "c 99999999999999999999999999 plain.c\nend\n", REFUSED },
		 { "a negative number", "c -1 plain.c\nend\n", REFUSED },
		 { "no number", "c x plain.c\nend\n", REFUSED },
		 { "no path", "c 0 \nend\n", REFUSED },
		 { "an unknown kind", "x 0 plain.c\nend\n", REFUSED },
		 { "binary", "\001\002\003\377\nend\n", REFUSED },
		 { "truncated behind a line", "n 0 not-there.c\n", REFUSED },
		 { "truncated in the end mark", "n 0 not-there.c\nen", REFUSED },
		 { "a path that is no path", "n 0 plain%41.c\nend\n", REFUSED },
		 { "good", "n 0 not-there.c\nend\n", GOOD },
		 { "truncated in a path", "n 0 plain.c\nn 1 plain.c.ori", REFUSED },
		 { "truncated in a word", "n 0 not-there.c\nc", REFUSED },
		 { "empty", "", REFUSED },
		 { "one of our own files", "n 0 .gridpatch-journal/b0\nend\n", REFUSED },
		 { "a new file behind a symlink", "n 0 out/victim.c\nend\n", REFUSED },
		 { "a backup behind a symlink", "c 0 out/victim.c\nend\n", REFUSED },
		 { "a deleted file behind a symlink", "d 0 out/new.c\nend\n", REFUSED },
		 { "a made directory behind a symlink", "m 0 out/empty\nend\n", REFUSED },
		 { "a mode behind a symlink", "r 511 out/empty\nend\n", REFUSED },
		 { "a mode of a symlink", "r 511 out\nend\n", EITHER } };

static void test_journal(void **state)
{
	const struct journal_case *c = *state;
	gp_auto(gp_free_ptr) char *before = NULL, *after = NULL, *was = NULL, *is = NULL;
	struct gp_err err = { 0 };
	int rc;

	make_trap();
	before = outside_now();
	was = snapshot(root);
	put(GP_JOURNAL_DIR "/journal", c->text, 0600);
	put(GP_JOURNAL_DIR "/b0", "planted\n", 0644);
	rc = do_recover(&err);
	after = outside_now();
	assert_string_equal(after, before);
	if (c->want != EITHER)
		assert_int_equal(rc, c->want == REFUSED ? -1 : 0);
	assert_int_equal(err.code, rc < 0 ? GP_E_FORMAT : GP_OK);
	at_root(GP_JOURNAL_DIR "/journal", unlink);
	at_root(GP_JOURNAL_DIR "/b0", unlink);
	at_root(GP_JOURNAL_DIR, rmdir);
	is = snapshot(root);
	assert_string_equal(is, was);
}

/* The journal's directory, or the journal, is itself a symlink. */
static void test_journal_link(void **state)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(root, GP_JOURNAL_DIR);
	gp_auto(gp_free_ptr) char *file = gp_path_join(dir, "journal"), *before = NULL, *after = NULL;
	gp_auto(gp_free_ptr) char *outer = gp_path_join(top, "outside/journal"), *plain = gp_path_join(root, "plain.c");
	struct gp_err err = { 0 };

	make_trap();
	assert_int_equal(gp_file_write(outer, "n 0 plain.c\nend\n", 16, 0644, true, NULL), 0);
	before = outside_now();
	if (*state) {
		assert_int_equal(symlink("../outside", dir), 0);
	} else {
		assert_int_equal(mkdir(dir, 0700), 0);
		assert_int_equal(symlink("../../outside/journal", file), 0);
	}
	do_recover(&err);
	after = outside_now();
	assert_string_equal(after, before);
	assert_true(gp_exists(plain));
}

/* Somebody else's, or one that others can write: not a line of it counts. */
static void test_journal_foreign(void **state)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_join(root, GP_JOURNAL_DIR), *before = NULL, *after = NULL;
	struct gp_err err = { 0 };

	if (*state && geteuid() != 0)
		skip();
	make_old();
	put(GP_JOURNAL_DIR "/journal", "n 0 plain.c\nm 0 two\nend\n", 0600);
	put(GP_JOURNAL_DIR "/b1", "planted\n", 0644);
	assert_int_equal(*state ? lchown(dir, 65534, 65534) : chmod(dir, 0777), 0);
	before = snapshot(root);
	assert_int_equal(do_recover(&err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_non_null(strstr(err.cause, *state ? "belongs to user 65534" : "can be written by others"));
	assert_non_null(strstr(err.cause, dir));
	after = snapshot(root);
	assert_string_equal(after, before);
	gp_remove_tree(dir);
}

/* A file becomes a directory: carried out, or refused without a trace. */
static void test_file_to_dir(void **state)
{
	struct gp_commit_opts o = { 0 };
	gp_auto(gp_free_ptr) char *before = NULL, *after = NULL;
	struct gp_disktree d;
	struct gp_tree t;
	int rc = 0;

	(void)state;
	make_old();
	before = snapshot(root);
	assert_int_equal(gp_disktree_open(&d, root, NULL), 0);
	gp_disktree_tree(&d, &t);
	rc |= set(&t, "exec.sh", "new\n", -1) | gp_tree_delete(&t, "plain.c", NULL) | set(&t, "plain.c/x.c", "x\n", -1);
	if (rc == 0)
		rc = gp_commit_run(&d, &t, &o, NULL);
	gp_tree_release(&t);
	gp_disktree_close(&d);
	after = snapshot(root);
	if (rc < 0)
		assert_string_equal(after, before);
	else
		assert_non_null(strstr(after, "/plain.c/x.c"));
}

/* --- main ------------------------------------------------------------------------------ */

static int setup(void **state)
{
	(void)state;
	umask(022);
	if (fx_work_dir(top, sizeof(top), "commit"))
		return -1;
	snprintf(root, sizeof(root), "%s/tree", top);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(old_tree);
	free(new_tree);
	gp_remove_tree(top);
	return 0;
}

#define SYNC ((void *)"with fsync")

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_new_tree),
		{ "killed at each operation", test_kill, NULL, NULL, NULL },
		{ "killed at each operation, with fsync", test_kill, NULL, NULL, SYNC },
		{ "killed at each operation, without hard links", test_kill_copies, NULL, NULL, NULL },
		{ "recovery killed at each operation", test_kill_recovery, NULL, NULL, NULL },
		{ "each operation fails", test_fail, NULL, NULL, NULL },
		{ "each operation fails, with fsync", test_fail, NULL, NULL, SYNC },
		{ "each operation fails, and all that follow", test_fail_on, NULL, NULL, NULL },
		{ "cancelled at each operation", test_cancel, NULL, NULL, NULL },
		cmocka_unit_test(test_cancelled_before),
		cmocka_unit_test(test_no_space),
		{ "the directory is read-only", test_read_only, NULL, NULL, (void *)"" },
		{ "a directory below is read-only", test_read_only, NULL, NULL, (void *)"two" },
		{ "another one is read-only", test_read_only, NULL, NULL, (void *)"dir/sub" },
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_symlinks),
		cmocka_unit_test(test_file_to_dir),
		{ "the journal's directory is a symlink", test_journal_link, NULL, NULL, (void *)"dir" },
		{ "the journal is a symlink", test_journal_link, NULL, NULL, NULL },
		{ "the journal is another user's", test_journal_foreign, NULL, NULL, (void *)"chown" },
		{ "others can write the journal", test_journal_foreign, NULL, NULL, NULL },
	};

	FX_TESTS(fixed);
	FX_ROWS(journals, test_journal, NULL, NULL);
	return fx_run(setup, teardown);
}
