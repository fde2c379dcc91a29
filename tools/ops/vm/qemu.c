/* SPDX-License-Identifier: MIT */
#include "ops/vm/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/proc.h"
#include "base/text.h"

#define PROGRAM "qemu-system-x86_64"
#define SILENT_S 5.0
#define LOOK_MS 50

const char *const gp_accel_names[] = { "auto", "kvm", "tcg", NULL };

void gp_qemu_end_release(struct gp_qemu_end *e)
{
	if (!e)
		return;
	gp_buf_release(&e->console);
	*e = (struct gp_qemu_end){ 0 };
}

static int fail_missing(struct gp_err *err)
{
	return gp_fail(err, GP_E_NOTFOUND,
		       "there is no " PROGRAM ", which boots kernels for --boot: Debian's and Ubuntu's package is "
		       "qemu-system-x86, Fedora's qemu-system-x86-core");
}

int gp_qemu_find(struct gp_err *err)
{
	static const char *const argv[] = { PROGRAM, "--version", NULL };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_err why = { 0 };

	if (gp_proc_run(argv, NULL, &out, &why) == 0)
		return 0;
	if (why.code == GP_E_NOTFOUND)
		return fail_missing(err);
	if (why.code) {
		if (err)
			*err = why;
		return -1;
	}
	return gp_fail(err, GP_E_SYSTEM, "'" PROGRAM " --version' fails");
}

/* --- the console --- */

/* A thread reads what QEMU prints while another waits for its end. */
struct listening {
	int from;
	struct gp_buf *to;
	const volatile sig_atomic_t *cancel; /* of whoever called us */
	double patience;                     /* seconds in which something must come; 0: none */
	volatile sig_atomic_t stop;          /* for gp_proc_work() */
	bool silent, too_much;
};

static void hear(struct listening *l, const char *block, size_t n)
{
	if (l->to->len + n <= GP_QEMU_CONSOLE_MAX) {
		gp_buf_add(l->to, block, n);
		return;
	}
	l->too_much = true;
	l->stop = 1;
}

static void *listen_to(void *arg)
{
	struct listening *l = arg;
	double began = gp_clock_s();
	char block[4096];

	for (;;) {
		struct pollfd p = { .fd = l->from, .events = POLLIN };
		int rc = poll(&p, 1, LOOK_MS);
		ssize_t n = rc > 0 ? read(l->from, block, sizeof(block)) : -1;

		if (n > 0)
			hear(l, block, (size_t)n);
		if (n == 0 || (n < 0 && rc > 0 && errno != EINTR && errno != EAGAIN))
			return NULL;
		if (l->cancel && *l->cancel)
			l->stop = 1;
		if (l->patience > 0 && !l->to->len && gp_clock_s() - began >= l->patience) {
			l->silent = true;
			l->stop = 1;
		}
	}
}

/* --- QEMU --- */

/* Source: Documentation/admin-guide/kernel-parameters.txt of 6.1. An oops ends the
 * machine: what it had in hand then is in no state to be asked more. On a busy machine
 * too few ticks of the emulated timer come while the kernel counts them, and it panics
 * ("IO-APIC + timer doesn't work"): no_timer_check. */
#define APPEND \
	"console=ttyS0 panic=-1 oops=panic mitigations=off initcall_debug printk.devkmsg=on loglevel=6 " \
	"log_buf_len=4M nokaslr no_hash_pointers no_timer_check"

/* What QEMU is kept from. Who is root gives that up: QEMU opens what it needs, and becomes
 * nobody before the machine starts, so nobody needs no right on a file.
 * Source: change_process_uid() of QEMU's os-posix.c; -run-with stands for -runas since 9.1. */
struct limits {
	bool sandbox;
	size_t user; /* index into becoming */
};

#define NOBODY "65534:65534"

static const struct {
	const char *option, *value;
} becoming[] = { { NULL, NULL }, { "-run-with", "user=" NOBODY }, { "-runas", NOBODY } };

#define AS_ROOT (GP_COUNT(becoming) - 1)

struct words {
	char kernel[32], initrd[32], memory[16], cpus[16];
	char *append;
};

static void arguments(const struct gp_qemu *q, enum gp_accel accel, const struct limits *limits, struct words *w,
		      const char *argv[48])
{
	const char *const fixed[] = { PROGRAM,
				      "-nodefaults",
				      "-no-user-config",
				      "-no-reboot",
				      "-display",
				      "none",
				      "-net",
				      "none",
				      "-monitor",
				      "none",
				      "-serial",
				      "stdio",
				      "-M",
				      "q35",
				      "-accel",
				      accel == GP_ACCEL_KVM ? "kvm" : "tcg,thread=multi",
				      "-cpu",
				      accel == GP_ACCEL_KVM ? "host" : "max",
				      "-m",
				      w->memory,
				      "-smp",
				      w->cpus,
				      "-kernel",
				      w->kernel,
				      "-initrd",
				      w->initrd,
				      "-append",
				      w->append };
	size_t n = GP_COUNT(fixed);

	memcpy(argv, fixed, sizeof(fixed));
	if (q->device) {
		argv[n++] = "-device";
		argv[n++] = q->device;
	}
	if (becoming[limits->user].option) {
		argv[n++] = becoming[limits->user].option;
		argv[n++] = becoming[limits->user].value;
	}
	if (limits->sandbox) {
		argv[n++] = "-sandbox";
		/* By experiment with 7.2: elevateprivileges, "children" too, kills who gives its
		 * user up. Nobody has no privileges, and without spawn gets none. */
		argv[n++] = limits->user ? "on,obsolete=deny,spawn=deny,resourcecontrol=deny" :
					   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
	}
	argv[n] = NULL;
}

static void say_words(const struct gp_qemu *q, struct words *w)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_printf(&b, "/dev/fd/%d", q->kernel);
	memcpy(w->kernel, b.data, b.len + 1);
	b.len = 0;
	gp_buf_printf(&b, "/dev/fd/%d", q->initrd);
	memcpy(w->initrd, b.data, b.len + 1);
	b.len = 0;
	gp_buf_printf(&b, "%u", q->memory_mib ? q->memory_mib : 1024);
	memcpy(w->memory, b.data, b.len + 1);
	b.len = 0;
	gp_buf_printf(&b, "%u", q->cpus ? q->cpus : 1);
	memcpy(w->cpus, b.data, b.len + 1);
	w->append = gp_asprintf(APPEND "%s%s", q->append ? " " : "", q->append ? q->append : "");
}

static int work(struct gp_proc_work *w, struct listening *l, int to, struct gp_proc_end *end, struct gp_err *err)
{
	pthread_t thread;
	int rc, sys = pthread_create(&thread, NULL, listen_to, l);

	if (sys) {
		close(to);
		return gp_fail_sys(err, sys, "cannot start a thread");
	}
	w->out = to;
	rc = gp_proc_work(w, end, err);
	close(to);
	pthread_join(thread, NULL);
	return rc;
}

/* Once, in that way. */
static int start(const struct gp_qemu *q, enum gp_accel accel, const struct limits *limits, struct gp_qemu_end *e,
		 struct gp_err *err)
{
	bool may_be_silent = accel == GP_ACCEL_KVM && q->accel == GP_ACCEL_AUTO;
	struct listening l = { .to = &e->console, .cancel = q->cancel, .patience = may_be_silent ? SILENT_S : 0 };
	struct gp_proc_work w = { .keep = { q->kernel, q->initrd },
				  .timeout_s = q->timeout_s > 0 ? q->timeout_s : GP_QEMU_TIMEOUT_S,
				  .cancel = &l.stop };
	struct gp_proc_end end = { 0 };
	struct words words = { 0 };
	const char *argv[48];
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot run '" PROGRAM "'");
	say_words(q, &words);
	arguments(q, accel, limits, &words, argv);
	w.argv = argv;
	l.from = ends[0];
	e->console.len = 0;
	e->used = accel;
	rc = work(&w, &l, ends[1], &end, err);
	close(ends[0]);
	free(words.append);
	e->kvm_silent |= l.silent;
	e->too_much = l.too_much;
	e->timed_out = end.timed_out;
	e->status = end.status;
	return rc < 0 ? -1 : gp_check_cancel(q->cancel, err);
}

/* It could not even begin: what there is are its own words. */
static bool began(const struct gp_qemu_end *e)
{
	return e->status == 0 || !gp_str_starts(gp_buf_str(&e->console), PROGRAM ":");
}

/* Give up what this QEMU, or this machine, does not know. Out: false: there is no more. */
static bool loosen(struct limits *limits, struct gp_str said)
{
	static const char *const of_user[] = { "-run", "setuid", "setgid", "setgroups" };

	for (size_t i = 0; limits->user && i < GP_COUNT(of_user); i++) {
		if (gp_str_find(said, gp_str_of(of_user[i])) < 0)
			continue;
		limits->user--;
		return true;
	}
	/* A QEMU without seccomp, or a machine that does not let it. */
	if (!limits->sandbox || gp_str_find(said, GP_STR("andbox")) < 0)
		return false;
	limits->sandbox = false;
	return true;
}

static int start_somehow(const struct gp_qemu *q, enum gp_accel accel, struct gp_qemu_end *e, struct gp_err *err)
{
	struct limits limits = { .sandbox = true, .user = geteuid() == 0 ? AS_ROOT : 0 };
	int rc;

	do
		rc = start(q, accel, &limits, e, err);
	while (rc == 0 && !began(e) && loosen(&limits, gp_buf_str(&e->console)));
	return rc;
}

static bool kvm_is_here(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int run(const struct gp_qemu *q, struct gp_qemu_end *e, struct gp_err *err)
{
	if (q->accel == GP_ACCEL_KVM)
		return start_somehow(q, GP_ACCEL_KVM, e, err);
	if (q->accel == GP_ACCEL_AUTO && kvm_is_here()) {
		if (start_somehow(q, GP_ACCEL_KVM, e, err) < 0)
			return -1;
		if (!e->kvm_silent && began(e))
			return 0;
	}
	return start_somehow(q, GP_ACCEL_TCG, e, err);
}

int gp_qemu_run(const struct gp_qemu *q, struct gp_qemu_end *end, struct gp_err *err)
{
	double at = gp_clock_s();
	struct gp_err why = { 0 };
	int rc;

	*end = (struct gp_qemu_end){ 0 };
	rc = run(q, end, &why);
	end->seconds = gp_clock_s() - at;
	if (rc < 0 && why.code == GP_E_NOTFOUND)
		return fail_missing(err);
	if (rc < 0 && err)
		*err = why;
	return rc;
}
