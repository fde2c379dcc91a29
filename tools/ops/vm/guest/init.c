/* SPDX-License-Identifier: MIT */
/*
 * The first and only program in the virtual machine of --boot. It does what /plan says,
 * line by line, tells the kernel's log about it, and turns the machine off.
 *
 * It is linked with no libc, which not every machine has in a static form: it makes its
 * system calls itself. It is embedded in gridpatch, and runs nowhere else.
 *
 * A line of /plan is words between single blanks:
 *
 *     token WORD           what each of our lines in the log begins with; the first line
 *     load ID FILE         load a module
 *     orload ID OTHER FILE the same, if step OTHER has failed
 *     unload ID NAME
 *     read ID FILE         what a short file says
 *     write ID FILE TEXT   one word
 *     run ID FILE ARG…     a program; its output goes to the log, line by line
 *
 * IDs are numbers from 0 on, each once. In the log stand
 *
 *     WORD begin ID
 *     WORD out ID TEXT     a line of what was read, or of what a program printed
 *     WORD end ID RESULT   0, an error as -errno, or a program's exit status
 *     WORD done
 *
 * Lines go through /dev/kmsg: so they stand among the kernel's own in the right order,
 * and none comes apart.
 */
#include <asm/unistd_64.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stddef.h>

#define PLAN_MAX (256 << 10)
#define LINE_MAX 900 /* the kernel takes about 1,000 bytes at a time */
#define STEPS_MAX 4096
#define ARGS_MAX 32
#define LOG_ALL 8        /* KERN_DEBUG, too */
#define SYSLOG_CONSOLE 8 /* SYSLOG_ACTION_CONSOLE_LEVEL */

static char plan[PLAN_MAX];
static const char *token = "";
static signed char failed[STEPS_MAX];
static int kmsg = -1;

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall guest_main\n\thlt\n");
void guest_main(void) __attribute__((noreturn));

/* --- the kernel --- */

static long call(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = 0; /* mount()'s last one; the others here have four at most */
	long out;

	__asm__ volatile("syscall"
			 : "=a"(out)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return out;
}

static long call_path(long n, const char *path, long b, long c)
{
	return call(n, (long)path, b, c, 0);
}

static int open_file(const char *path, int flags)
{
	return (int)call_path(__NR_open, path, flags, 0);
}

static void close_file(long fd)
{
	call(__NR_close, fd, 0, 0, 0);
}

static void mount_at(const char *what, const char *where)
{
	call(__NR_mount, (long)what, (long)where, (long)what, 0);
}

/* --- text --- */

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static char *word_next(char **rest)
{
	char *w = *rest, *p = w;

	while (*p && *p != ' ')
		p++;
	*rest = *p ? p + 1 : p;
	*p = '\0';
	return w;
}

static unsigned number(const char *s)
{
	unsigned n = 0;

	while (*s >= '0' && *s <= '9' && n < STEPS_MAX)
		n = n * 10 + (unsigned)(*s++ - '0');
	return n < STEPS_MAX ? n : STEPS_MAX - 1;
}

/* --- the log --- */

struct line {
	char text[LINE_MAX];
	size_t n;
};

static void put(struct line *l, const char *s, size_t n)
{
	for (size_t i = 0; i < n && l->n < LINE_MAX - 1; i++)
		l->text[l->n++] = s[i];
}

static void put_word(struct line *l, const char *s)
{
	if (l->n)
		put(l, " ", 1);
	put(l, s, length(s));
}

static void put_number(struct line *l, long v)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;
	unsigned long u = v < 0 ? -(unsigned long)v : (unsigned long)v;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		digits[--at] = '-';
	put_word(l, digits + at);
}

static void flush(struct line *l)
{
	put(l, "\n", 1);
	call(__NR_write, kmsg, (long)l->text, (long)l->n, 0);
}

static void say_begin(const char *id)
{
	struct line l;

	l.n = 0;
	put_word(&l, token);
	put_word(&l, "begin");
	put_word(&l, id);
	flush(&l);
}

static void say_end(const char *id, long result)
{
	struct line l;

	failed[number(id)] = result != 0;
	l.n = 0;
	put_word(&l, token);
	put_word(&l, "end");
	put_word(&l, id);
	put_number(&l, result);
	flush(&l);
}

static void say_out(const char *id, const char *text, size_t n)
{
	struct line l;

	l.n = 0;
	put_word(&l, token);
	put_word(&l, "out");
	put_word(&l, id);
	put(&l, " ", 1);
	put(&l, text, n);
	flush(&l);
}

/* All that a file or a pipe has, line by line. */
static void say_all(const char *id, int fd)
{
	char text[LINE_MAX / 2], c = '\0';
	size_t n = 0;

	while (call(__NR_read, fd, (long)&c, 1, 0) == 1) {
		if (c != '\n')
			text[n++] = c;
		if (c == '\n' || n == sizeof(text)) {
			say_out(id, text, n);
			n = 0;
		}
	}
	if (n)
		say_out(id, text, n);
}

/* --- steps --- */

static long load(const char *file)
{
	int fd = open_file(file, O_RDONLY | O_CLOEXEC);
	long rc;

	if (fd < 0)
		return fd;
	rc = call(__NR_finit_module, fd, (long)"", 0, 0);
	close_file(fd);
	return rc;
}

static long read_file(const char *id, const char *file)
{
	int fd = open_file(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fd;
	say_all(id, fd);
	close_file(fd);
	return 0;
}

static long write_file(const char *file, const char *text)
{
	int fd = open_file(file, O_WRONLY | O_CLOEXEC);
	long rc;

	if (fd < 0)
		return fd;
	rc = call(__NR_write, fd, (long)text, (long)length(text), 0);
	close_file(fd);
	return rc < 0 ? rc : 0;
}

static void become(const char *file, char *rest, int out)
{
	static const char *const env[] = { "PATH=/bin:/sbin", "HOME=/", NULL };
	const char *argv[ARGS_MAX + 1];
	int n = 0;

	argv[n++] = file;
	while (*rest && n < ARGS_MAX)
		argv[n++] = word_next(&rest);
	argv[n] = NULL;
	call(__NR_dup2, open_file("/dev/null", O_RDONLY), 0, 0, 0);
	call(__NR_dup2, out, 1, 0, 0);
	call(__NR_dup2, out, 2, 0, 0);
	call(__NR_execve, (long)file, (long)argv, (long)env, 0);
	call(__NR_exit, 127, 0, 0, 0);
}

static long run(const char *id, const char *file, char *rest)
{
	int ends[2] = { -1, -1 }, status = 0;
	long pid = call(__NR_pipe2, (long)ends, O_CLOEXEC, 0, 0);

	if (pid < 0)
		return pid;
	pid = call(__NR_fork, 0, 0, 0, 0);
	if (pid == 0)
		become(file, rest, ends[1]);
	close_file(ends[1]);
	if (pid > 0)
		say_all(id, ends[0]);
	close_file(ends[0]);
	if (pid < 0)
		return pid;
	call(__NR_wait4, pid, (long)&status, 0, 0);
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

static void step(char *line)
{
	char *rest = line;
	const char *verb = word_next(&rest), *id = word_next(&rest);
	const char *other = same(verb, "orload") ? word_next(&rest) : NULL, *file;
	long rc = -38; /* ENOSYS: the plan is not for this program */

	if (same(verb, "token")) {
		token = id;
		return;
	}
	if (other && !failed[number(other)])
		return;
	file = word_next(&rest);
	say_begin(id);
	if (same(verb, "load") || other)
		rc = load(file);
	else if (same(verb, "unload"))
		rc = call_path(__NR_delete_module, file, O_NONBLOCK, 0);
	else if (same(verb, "read"))
		rc = read_file(id, file);
	else if (same(verb, "write"))
		rc = write_file(file, rest);
	else if (same(verb, "run"))
		rc = run(id, file, rest);
	say_end(id, rc);
}

static void follow_plan(void)
{
	int fd = open_file("/plan", O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	long got;

	while (n < PLAN_MAX - 1 && (got = call(__NR_read, fd, (long)(plan + n), (long)(PLAN_MAX - 1 - n), 0)) > 0)
		n += (size_t)got;
	for (size_t i = 0, from = 0; i < n; i++) {
		if (plan[i] != '\n')
			continue;
		plan[i] = '\0';
		if (i > from)
			step(plan + from);
		from = i + 1;
	}
}

void guest_main(void)
{
	struct line l;

	kmsg = open_file("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	call(__NR_syslog, SYSLOG_CONSOLE, 0, LOG_ALL, 0);
	follow_plan();
	l.n = 0;
	put_word(&l, token);
	put_word(&l, "done");
	flush(&l);
	call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, (long)LINUX_REBOOT_CMD_POWER_OFF, 0);
	/* Where that is not known: QEMU ends when the machine starts again. */
	for (;;)
		call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, (long)LINUX_REBOOT_CMD_RESTART, 0);
}
