/* SPDX-License-Identifier: MIT */
/*
 * Boots a kernel with files and a plan (tools/ops/vm/guest/init.c), and prints what its
 * console said of each step. For tests that need more than `verify --boot` asks.
 *
 *     vm-run [-a auto|kvm|tcg] [-c CPUS] [-m MIB] [-t SECONDS] [-d DEVICE] [-p WORDS]
 *            KERNEL PLAN [FILE=PATH …]
 *
 * PLAN is a file with a line for each step, without IDs: "load m/nvidia.ko", "unload
 * nvidia", "orload 0 /m/x.ko", "run /bin/t 1 2"; step 0 is that of the first line. FILE
 * goes to PATH in the machine, which lies in bin, m or tmp, and may be executed. -p adds
 * to the kernel's command line: slub_debug=FZP.
 *
 * Printed are "step N RESULT: LINE" and what belongs to it, each line with its mark:
 * "k " the kernel said, "o " read or printed by a program. Exit status: 0 the plan was
 * followed to its end, whatever the steps came to; 1 not to its end; 4 no answer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/text.h"
#include "core/vm/console.h"
#include "ops/vm/initramfs.h"
#include "ops/vm/qemu.h"

static int fail(const struct gp_err *err)
{
	char line[1100];

	gp_err_format(err, line, sizeof(line));
	fprintf(stderr, "vm-run: %s\n", line);
	return 4;
}

static int add_file(struct gp_initramfs *r, const char *word, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	const char *is = strchr(word, '=');
	gp_auto(gp_free_ptr) char *file = is ? gp_strndup(word, (size_t)(is - word)) : NULL;

	if (!is)
		return gp_fail(err, GP_E_USAGE, "'%s' is not FILE=PATH", word);
	return gp_file_read(file, 512u << 20, &b, err) < 0 ?
		       -1 :
		       gp_initramfs_add(r, is + 1 + (is[1] == '/'), 0755, gp_buf_str(&b), err);
}

static int add_plan(struct gp_initramfs *r, const char *path, struct gp_list *lines, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	struct gp_str rest, line, verb;

	if (gp_file_read(path, 1u << 20, &b, err) < 0)
		return -1;
	rest = gp_buf_str(&b);
	while (gp_text_line_next(&rest, &line)) {
		struct gp_str words = line;

		if (!gp_word_next(&words, &verb) || verb.p[0] == '#')
			continue;
		gp_list_take(lines, gp_strndup(line.p, line.len));
		words = gp_str_trim(words);
		verb.p = lines->v[lines->n - 1] + (verb.p - line.p);
		{
			gp_auto(gp_free_ptr) char *v = gp_strndup(verb.p, verb.len);

			gp_initramfs_do(r, v, "%.*s", (int)words.len, words.p);
		}
	}
	return 0;
}

static void print(const struct gp_buf *b, char mark)
{
	struct gp_str rest = gp_buf_str(b), line;

	while (gp_text_line_next(&rest, &line))
		printf("%c %.*s\n", mark, (int)line.len, line.p);
}

static int report(const struct gp_qemu_end *e, const struct gp_initramfs *r, const struct gp_list *lines)
{
	struct gp_console c = { 0 };
	int rc;

	gp_console_parse(gp_buf_str(&e->console), r->token, r->steps, &c);
	if (!c.started) {
		fwrite(e->console.data, 1, e->console.len, stderr);
		fprintf(stderr, "vm-run: no answer\n");
	}
	for (size_t i = 0; i < c.n; i++) {
		const struct gp_console_step *s = &c.step[i];

		if (s->ended)
			printf("step %zu %ld: %s\n", i, s->result, lines->v[i]);
		else
			printf("step %zu %s: %s\n", i, s->begun ? "no end" : "not begun", lines->v[i]);
		print(&s->text, 'k');
		print(&s->out, 'o');
	}
	print(&c.between, 'k');
	printf("%s by %s, %.1f s%s%s\n", c.done ? "done" : "not to its end", gp_accel_names[e->used], e->seconds,
	       e->timed_out ? ", out of time" : "", e->kvm_silent ? ", kvm was silent" : "");
	rc = c.done ? 0 : c.started ? 1 : 4;
	gp_console_release(&c);
	return rc;
}

static enum gp_accel accel(const char *word)
{
	for (int i = 0; gp_accel_names[i]; i++)
		if (strcmp(word, gp_accel_names[i]) == 0)
			return (enum gp_accel)i;
	fprintf(stderr, "vm-run: -a: '%s'?\n", word);
	exit(2);
}

int main(int argc, char **argv)
{
	struct gp_qemu q = { .accel = GP_ACCEL_AUTO };
	gp_auto(gp_initramfs_release) struct gp_initramfs r = { 0 };
	gp_auto(gp_list_release) struct gp_list lines = { 0 };
	gp_auto(gp_qemu_end_release) struct gp_qemu_end end = { 0 };
	struct gp_err err = { 0 };
	int c;

	while ((c = getopt(argc, argv, "a:c:m:t:d:p:")) != -1) {
		switch (c) {
		case 'a': q.accel = accel(optarg); break;
		case 'c': q.cpus = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'm': q.memory_mib = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': q.timeout_s = strtod(optarg, NULL); break;
		case 'd': q.device = optarg; break;
		case 'p': q.append = optarg; break;
		default: return 2;
		}
	}
	if (argc - optind < 2)
		return 2;
	if (gp_initramfs_init(&r, &err) < 0 || add_plan(&r, argv[optind + 1], &lines, &err) < 0)
		return fail(&err);
	for (int i = optind + 2; i < argc; i++)
		if (add_file(&r, argv[i], &err) < 0)
			return fail(&err);
	q.kernel = open(argv[optind], O_RDONLY | O_CLOEXEC);
	q.initrd = gp_initramfs_file(&r, &err);
	if (q.kernel < 0 || q.initrd < 0 || gp_qemu_run(&q, &end, &err) < 0)
		return q.kernel < 0 ? (perror(argv[optind]), 4) : fail(&err);
	return report(&end, &r, &lines);
}
