/* SPDX-License-Identifier: MIT */
/* base/spool: what stays in memory, what goes out, and what comes back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/spool.h"

/* What an opener did. */
static struct opened {
	int calls, fd;
} opened;

static int open_file(void *arg)
{
	char name[] = "/tmp/gp-spool-XXXXXX";

	assert_ptr_equal(arg, &opened);
	opened.calls++;
	opened.fd = mkstemp(name);
	assert_true(opened.fd >= 0);
	assert_int_equal(unlink(name), 0);
	return opened.fd;
}

static int open_fails(void *arg)
{
	assert_ptr_equal(arg, &opened);
	opened.calls++;
	errno = EMFILE;
	return -1;
}

static int open_unwritable(void *arg)
{
	(void)arg;
	opened.calls++;
	opened.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return opened.fd;
}

static struct gp_spool spool_of(size_t limit, int (*how)(void *))
{
	opened = (struct opened){ 0, -1 };
	return (struct gp_spool){ .limit = limit, .open = how, .arg = &opened };
}

/* len bytes that tell their piece and their place. */
static struct gp_buf filled(size_t len, int seed)
{
	struct gp_buf b = { 0 };

	for (size_t i = 0; i < len; i++)
		gp_buf_putc(&b, (char)(seed + (int)(i * 7 + i / 251)));
	return b;
}

static void set(struct gp_spool *s, struct gp_piece *p, size_t len, int seed)
{
	struct gp_buf data = filled(len, seed);
	struct gp_err err = { 0 };

	assert_int_equal(gp_piece_set(s, p, &data, &err), 0);
	assert_null(data.data); /* handed over */
	assert_int_equal(data.len, 0);
	assert_int_equal(p->len, len);
}

static void is_content(struct gp_str got, size_t len, int seed)
{
	struct gp_buf want = filled(len, seed);

	assert_int_equal(got.len, len);
	if (len)
		assert_memory_equal(got.p, want.data, len);
	gp_buf_release(&want);
}

/* A piece says what it was set to, wherever it is. */
static void holds(const struct gp_spool *s, const struct gp_piece *p, size_t len, int seed)
{
	struct gp_buf room = { 0 };
	struct gp_err err = { 0 };
	struct gp_str got;

	assert_int_equal(gp_piece_get(s, p, &room, &got, &err), 0);
	is_content(got, len, seed);
	if (p->out)
		assert_int_equal(got.p[len], '\0');
	gp_buf_release(&room);
}

static void without_limit_all_stays_in_memory(void **state)
{
	struct gp_spool s = { 0 };
	struct gp_piece p[3] = { { .len = 0 } };

	(void)state;
	for (int i = 0; i < 3; i++)
		set(&s, &p[i], 100000, i);
	for (int i = 0; i < 3; i++) {
		assert_false(p[i].out);
		holds(&s, &p[i], 100000, i);
	}
	assert_int_equal(s.held, 300000);
	assert_false(s.opened);
	for (int i = 0; i < 3; i++)
		gp_piece_release(&s, &p[i]);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void a_limit_of_zero_is_none_even_with_an_opener(void **state)
{
	struct gp_spool s = spool_of(0, open_file);
	struct gp_piece p = { 0 };

	(void)state;
	set(&s, &p, 5000, 1);
	assert_false(p.out);
	assert_int_equal(opened.calls, 0);
	gp_piece_release(&s, &p);
	gp_spool_release(&s);
}

static void up_to_the_limit_in_memory_beyond_it_out(void **state)
{
	struct gp_spool s = spool_of(100, open_file);
	struct gp_piece p[5] = { { .len = 0 } };

	(void)state;
	set(&s, &p[0], 60, 1);
	set(&s, &p[1], 40, 2); /* exactly the limit */
	assert_false(p[0].out || p[1].out);
	assert_int_equal(s.held, 100);
	assert_int_equal(opened.calls, 0); /* no file before it is needed */

	set(&s, &p[2], 1, 3);
	assert_true(p[2].out);
	assert_null(p[2].mem.data);
	assert_int_equal(s.held, 100);
	assert_int_equal(s.end, 1);
	set(&s, &p[3], 5000, 4);
	assert_true(p[3].out);
	assert_int_equal(p[3].off, 1);
	assert_int_equal(s.end, 5001);
	assert_int_equal(opened.calls, 1); /* one file for all */

	/* Room again: the next one stays. Those that are out do not come back. */
	gp_piece_release(&s, &p[0]);
	assert_int_equal(s.held, 40);
	set(&s, &p[4], 60, 5);
	assert_false(p[4].out);
	assert_int_equal(s.held, 100);
	holds(&s, &p[1], 40, 2);
	holds(&s, &p[2], 1, 3);
	holds(&s, &p[3], 5000, 4);
	holds(&s, &p[4], 60, 5);
	for (int i = 0; i < 5; i++)
		gp_piece_release(&s, &p[i]);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void a_piece_larger_than_the_limit_goes_out_at_once(void **state)
{
	struct gp_spool s = spool_of(10, open_file);
	struct gp_piece p = { 0 };

	(void)state;
	set(&s, &p, 1u << 20, 9);
	assert_true(p.out);
	assert_int_equal(s.held, 0);
	holds(&s, &p, 1u << 20, 9);
	gp_piece_release(&s, &p);
	gp_spool_release(&s);
}

static void an_empty_piece_stays_whatever_is_held(void **state)
{
	struct gp_spool s = spool_of(10, open_fails);
	struct gp_piece full = { 0 }, empty = { 0 };

	(void)state;
	set(&s, &full, 20, 1); /* cannot go out: over the limit from now on */
	set(&s, &empty, 0, 0);
	assert_false(empty.out);
	assert_int_equal(s.held, 20);
	holds(&s, &empty, 0, 0);
	gp_piece_release(&s, &empty);
	gp_piece_release(&s, &full);
	gp_spool_release(&s);
}

static void get_brings_it_into_the_room_and_no_further(void **state)
{
	struct gp_spool s = spool_of(1, open_file);
	struct gp_piece a = { 0 }, b = { 0 }, in = { 0 };
	struct gp_buf room = { 0 };
	struct gp_err err = { 0 };
	struct gp_str got;

	(void)state;
	set(&s, &in, 1, 7);
	set(&s, &a, 3000, 1);
	set(&s, &b, 50, 2);
	/* The same room serves a long one, a short one, and one in memory. */
	gp_buf_puts(&room, "left over");
	assert_int_equal(gp_piece_get(&s, &a, &room, &got, &err), 0);
	assert_ptr_equal(got.p, room.data);
	is_content(got, 3000, 1);
	assert_int_equal(gp_piece_get(&s, &b, &room, &got, &err), 0);
	assert_ptr_equal(got.p, room.data);
	is_content(got, 50, 2);
	assert_int_equal(room.len, 50);
	assert_int_equal(gp_piece_get(&s, &in, &room, &got, &err), 0);
	assert_ptr_equal(got.p, in.mem.data);
	is_content(got, 1, 7);
	assert_true(a.out && b.out && !in.out);
	assert_int_equal(s.held, 1);
	gp_buf_release(&room);
	gp_piece_release(&s, &a);
	gp_piece_release(&s, &b);
	gp_piece_release(&s, &in);
	gp_spool_release(&s);
}

static void load_brings_it_back_to_stay(void **state)
{
	struct gp_spool s = spool_of(100, open_file);
	struct gp_piece p = { 0 }, q = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	set(&s, &p, 400, 3);
	assert_true(p.out);
	assert_int_equal(gp_piece_load(&s, &p, &err), 0);
	assert_false(p.out);
	assert_int_equal(s.held, 400); /* more than the limit: it was asked for */
	is_content(gp_buf_str(&p.mem), 400, 3);
	assert_int_equal(gp_piece_load(&s, &p, &err), 0); /* nothing more to do */
	assert_int_equal(s.held, 400);
	holds(&s, &p, 400, 3);
	/* What is held by loading counts for the others. */
	set(&s, &q, 1, 4);
	assert_true(q.out);
	gp_piece_release(&s, &p);
	assert_int_equal(s.held, 0);
	gp_piece_release(&s, &q);
	gp_spool_release(&s);
}

static void load_of_an_unset_piece_does_nothing(void **state)
{
	struct gp_spool s = spool_of(1, open_file);
	struct gp_piece p = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_piece_load(&s, &p, &err), 0);
	holds(&s, &p, 0, 0);
	assert_int_equal(opened.calls, 0);
	gp_spool_release(&s);
}

static void set_again_replaces_it(void **state)
{
	struct gp_spool s = spool_of(100, open_file);
	struct gp_piece p = { 0 };

	(void)state;
	set(&s, &p, 80, 1);
	set(&s, &p, 90, 2); /* the 80 do not count any more */
	assert_false(p.out);
	assert_int_equal(s.held, 90);
	holds(&s, &p, 90, 2);
	set(&s, &p, 300, 3);
	assert_true(p.out);
	assert_int_equal(s.held, 0);
	set(&s, &p, 301, 4); /* from the file to the file: behind the old bytes */
	assert_true(p.out);
	assert_int_equal(p.off, 300);
	assert_int_equal(s.held, 0);
	holds(&s, &p, 301, 4);
	set(&s, &p, 10, 5); /* and back into memory */
	assert_false(p.out);
	assert_int_equal(p.off, 0);
	assert_int_equal(s.held, 10);
	holds(&s, &p, 10, 5);
	gp_piece_release(&s, &p);
	gp_spool_release(&s);
}

static void loaded_and_set_again_counts_once(void **state)
{
	struct gp_spool s = spool_of(100, open_file);
	struct gp_piece p = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	set(&s, &p, 300, 1);
	assert_int_equal(gp_piece_load(&s, &p, &err), 0);
	assert_int_equal(s.held, 300);
	set(&s, &p, 50, 2);
	assert_int_equal(s.held, 50);
	holds(&s, &p, 50, 2);
	gp_piece_release(&s, &p);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void many_pieces_keep_apart(void **state)
{
	struct gp_spool s = spool_of(1000, open_file);
	struct gp_piece p[60] = { { .len = 0 } };
	size_t held = 0;

	(void)state;
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < GP_COUNT(p); i++)
			set(&s, &p[i], (i * 37 + round * 11) % 400, (int)(i + round));
	for (size_t i = 0; i < GP_COUNT(p); i++) {
		holds(&s, &p[i], (i * 37 + 22) % 400, (int)(i + 2));
		held += p[i].out ? 0 : p[i].len;
	}
	assert_int_equal(s.held, held);
	assert_true(held <= 1000);
	assert_int_equal(opened.calls, 1);
	for (size_t i = 0; i < GP_COUNT(p); i++)
		gp_piece_release(&s, &p[i]);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void release_empties_the_piece_and_closes_the_file(void **state)
{
	struct gp_spool s = spool_of(1, open_file);
	int before = fcntl(0, F_GETFD);
	struct gp_piece p = { 0 };
	struct stat st;

	(void)state;
	set(&s, &p, 100, 1);
	gp_piece_release(&s, &p);
	assert_int_equal(p.len, 0);
	assert_false(p.out);
	gp_piece_release(&s, &p); /* twice is as once */
	assert_int_equal(s.held, 0);
	assert_int_equal(fstat(opened.fd, &st), 0);
	gp_spool_release(&s);
	assert_int_equal(fstat(opened.fd, &st), -1);
	assert_int_equal(errno, EBADF);
	assert_false(s.opened);
	assert_int_equal(s.limit, 0);
	gp_spool_release(&s); /* and does not close what fd 0 is */
	assert_int_equal(fcntl(0, F_GETFD), before);
}

static void without_an_opener_memory_must_do(void **state)
{
	struct gp_spool s = { .limit = 10 };
	struct gp_piece p = { 0 }, q = { 0 };

	(void)state;
	set(&s, &p, 500, 1);
	set(&s, &q, 600, 2);
	assert_false(p.out || q.out);
	assert_int_equal(s.held, 1100);
	holds(&s, &p, 500, 1);
	holds(&s, &q, 600, 2);
	gp_piece_release(&s, &p);
	gp_piece_release(&s, &q);
	gp_spool_release(&s);
}

static void when_the_file_does_not_open_memory_must_do(void **state)
{
	struct gp_spool s = spool_of(10, open_fails);
	struct gp_piece p = { 0 }, q = { 0 };

	(void)state;
	set(&s, &p, 500, 1);
	set(&s, &q, 600, 2);
	assert_false(p.out || q.out);
	assert_int_equal(opened.calls, 1); /* it is not asked for again and again */
	assert_int_equal(s.held, 1100);
	holds(&s, &p, 500, 1);
	holds(&s, &q, 600, 2);
	gp_piece_release(&s, &p);
	gp_piece_release(&s, &q);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s); /* there is nothing to close */
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct gp_spool s = spool_of(10, open_unwritable);
	struct gp_buf data = filled(100, 1);
	struct gp_piece p = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_piece_set(&s, &p, &data, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_int_equal(err.sys, EBADF);
	assert_null(data.data);
	assert_int_equal(s.held, p.mem.len); /* whatever is kept is accounted for */
	gp_piece_release(&s, &p);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void a_file_that_became_shorter_is_an_error(void **state)
{
	struct gp_spool s = spool_of(10, open_file);
	struct gp_piece p = { 0 }, q = { 0 };
	struct gp_buf room = { 0 };
	struct gp_err err = { 0 };
	struct gp_str got;

	(void)state;
	set(&s, &p, 100, 1);
	set(&s, &q, 100, 2);
	assert_int_equal(ftruncate(opened.fd, 199), 0);
	holds(&s, &p, 100, 1); /* the first is all there */
	assert_int_equal(gp_piece_get(&s, &q, &room, &got, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_string_equal(err.cause, "the temporary file has become shorter");
	gp_buf_release(&room);

	err = (struct gp_err){ 0 };
	assert_int_equal(gp_piece_load(&s, &q, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_true(q.out); /* as it was */
	assert_int_equal(s.held, 0);
	gp_piece_release(&s, &p);
	gp_piece_release(&s, &q);
	assert_int_equal(s.held, 0);
	gp_spool_release(&s);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct gp_spool s = spool_of(10, open_file);
	struct gp_piece p = { 0 };
	struct gp_err err = { 0 };
	int fd;

	(void)state;
	set(&s, &p, 100, 1);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, s.fd), s.fd);
	close(fd);
	assert_int_equal(gp_piece_load(&s, &p, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	assert_int_equal(err.sys, EBADF);
	gp_piece_release(&s, &p);
	gp_spool_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without_limit_all_stays_in_memory),
					    cmocka_unit_test(a_limit_of_zero_is_none_even_with_an_opener),
					    cmocka_unit_test(up_to_the_limit_in_memory_beyond_it_out),
					    cmocka_unit_test(a_piece_larger_than_the_limit_goes_out_at_once),
					    cmocka_unit_test(an_empty_piece_stays_whatever_is_held),
					    cmocka_unit_test(get_brings_it_into_the_room_and_no_further),
					    cmocka_unit_test(load_brings_it_back_to_stay),
					    cmocka_unit_test(load_of_an_unset_piece_does_nothing),
					    cmocka_unit_test(set_again_replaces_it),
					    cmocka_unit_test(loaded_and_set_again_counts_once),
					    cmocka_unit_test(many_pieces_keep_apart),
					    cmocka_unit_test(release_empties_the_piece_and_closes_the_file),
					    cmocka_unit_test(without_an_opener_memory_must_do),
					    cmocka_unit_test(when_the_file_does_not_open_memory_must_do),
					    cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
					    cmocka_unit_test(a_file_that_became_shorter_is_an_error),
					    cmocka_unit_test(a_file_that_cannot_be_read_is_an_error) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
