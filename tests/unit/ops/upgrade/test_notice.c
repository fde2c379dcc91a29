/* SPDX-License-Identifier: MIT */
/* ops/upgrade/notice: what a login is told, and what the log gets, by a socket of ours in the
 * place of the system's. Slow: 2 s */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fsio.h"
#include "ops/host/machine.h"
#include "ops/upgrade/notice.h"

/* --- at the login --- */

static char *root;

static int make_root(void **state)
{
	char name[] = "/tmp/gp-notice-XXXXXX";

	(void)state;
	root = gp_strdup(mkdtemp(name));
	return root ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	gp_remove_tree(root);
	free(root);
	return 0;
}

static void test_motd(void **state)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/run/motd.d/gridpatch-6.1.0-50-amd64", root);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_machine m;
	struct stat st;

	(void)state;
	assert_int_equal(gp_machine_open(&m, root, NULL), 0);
	assert_true(gp_notice_has_place(&m));
	assert_false(gp_notice_drop(&m, "6.1.0-50-amd64"));
	assert_int_equal(gp_notice_put(&m, "6.1.0-50-amd64", GP_STR("one\n"), NULL), 1);
	assert_int_equal(gp_notice_put(&m, "6.1.0-50-amd64", GP_STR("one\n"), NULL), 0);
	assert_int_equal(gp_notice_put(&m, "6.1.0-50-amd64", GP_STR("two\n"), NULL), 1);
	assert_int_equal(gp_file_read(path, 100, &text, NULL), 0);
	assert_string_equal(text.data, "two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_true(gp_notice_drop(&m, "6.1.0-50-amd64"));
	assert_false(gp_exists(path));
	gp_machine_close(&m);
}

/* Somebody's link does not lead the file out, nor what it points at away. */
static void test_link(void **state)
{
	gp_auto(gp_free_ptr) char *run = gp_asprintf("%s/run", root), *dir = gp_asprintf("%s/run/motd.d", root);
	gp_auto(gp_free_ptr) char *away = gp_asprintf("%s-away", root);
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_machine m;

	(void)state;
	assert_int_equal(mkdir(run, 0755), 0);
	assert_int_equal(mkdir(away, 0755), 0);
	assert_int_equal(symlink(away, dir), 0);
	assert_int_equal(gp_machine_open(&m, root, NULL), 0);
	assert_int_equal(gp_notice_put(&m, "6.1.0", GP_STR("one\n"), NULL), -1);
	assert_int_equal(gp_dir_list(away, &names, NULL), 0);
	assert_int_equal(names.n, 0);
	gp_machine_close(&m);
	assert_int_equal(rmdir(away), 0);
}

/* --- in the log --- */

/* A /dev of our own with a log in it; -1: we may not. */
static int log_of_ours(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/dev", "tmpfs", 0, NULL) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void next_is(int fd, const char *end)
{
	char block[512];
	ssize_t n = recv(fd, block, sizeof(block) - 1, MSG_DONTWAIT);

	assert_true(n > 0);
	block[n] = '\0';
	/* <facility and severity>date gridpatch: text; user.warning is 1 * 8 + 4. */
	assert_int_equal(strncmp(block, "<12>", 4), 0);
	assert_non_null(strstr(block, "gridpatch: "));
	assert_string_equal(strstr(block, "gridpatch: ") + strlen("gridpatch: "), end);
}

static void test_log(void **state)
{
	int fd = log_of_ours();
	char block[16];
	double begin;

	(void)state;
	if (fd < 0)
		skip();
	gp_notice_log(GP_STR("one %s\n  two\n"));
	next_is(fd, "one %s");
	next_is(fd, "  two");
	assert_int_equal(recv(fd, block, sizeof(block), MSG_DONTWAIT), -1);
	/* Nobody reads: the queue is full, and a writer waits. */
	begin = gp_clock_s();
	for (int i = 0; i < 3000 && gp_clock_s() - begin < 1; i++)
		gp_notice_log(GP_STR("x\n"));
	assert_true(gp_clock_s() - begin < 8);
	/* And nobody at all. */
	close(fd);
	unlink("/dev/log");
	gp_notice_log(GP_STR("x\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_motd, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_link, make_root, remove_root),
		cmocka_unit_test(test_log), /* last: it is in a namespace then */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
