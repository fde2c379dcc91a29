/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_VM_QEMU_H
#define GP_OPS_VM_QEMU_H

#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"

enum gp_accel { GP_ACCEL_AUTO, GP_ACCEL_KVM, GP_ACCEL_TCG };

extern const char *const gp_accel_names[]; /* "auto", "kvm", "tcg", NULL */

/* A virtual machine. Strings are borrowed. */
struct gp_qemu {
	int kernel;         /* descriptor of a bzImage, untrusted */
	int initrd;         /* of a gp_initramfs_file() */
	const char *append; /* more of the kernel's command line, or NULL */
	const char *device; /* one more device: "edu"; NULL: none */
	enum gp_accel accel;
	unsigned cpus;                       /* 0: 1 */
	unsigned memory_mib;                 /* 0: 1024 */
	double timeout_s;                    /* 0: GP_QEMU_TIMEOUT_S */
	const volatile sig_atomic_t *cancel; /* may be NULL */
};

#define GP_QEMU_TIMEOUT_S 300
#define GP_QEMU_CONSOLE_MAX ((size_t)8 << 20)

struct gp_qemu_end {
	struct gp_buf console; /* all that came out of the serial port, and QEMU's own words; untrusted */
	enum gp_accel used;    /* kvm or tcg */
	bool kvm_silent;       /* a guest under KVM said nothing for 5 s, and was given up */
	bool timed_out, too_much;
	int status; /* QEMU's */
	double seconds;
};

/*
 * Start a kernel and wait until the machine is off: qemu-system-x86_64, without network,
 * disk, display and monitor, in its sandbox where it has one, as nobody where we are root,
 * in a process group that nothing survives (base/confine.h).
 *
 * Under GP_ACCEL_AUTO KVM is tried where /dev/kvm can be opened; one that says nothing
 * for 5 s is stopped, and the machine started anew without it: in a machine that is
 * itself a virtual one /dev/kvm may be there and run nothing.
 *
 * Out:    *end, gp_qemu_end_release(), also after a failure; 0 when QEMU ran, whatever came of it.
 * Errors: GP_E_NOTFOUND no QEMU: the message has the package; GP_E_CANCELLED; GP_E_SYSTEM.
 * Source: qemu-system-x86_64(1) of 7.2; by experiment with Debian's 6.1.0-50 and 6.12: on an
 *         idle machine of two cores TCG needs 6 s to the end of an empty plan.
 */
int gp_qemu_run(const struct gp_qemu *q, struct gp_qemu_end *end, struct gp_err *err);
void gp_qemu_end_release(struct gp_qemu_end *e);

/* Is QEMU here? Errors: GP_E_NOTFOUND, with the package. */
int gp_qemu_find(struct gp_err *err);

#endif
