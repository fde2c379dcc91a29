/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_LIMITS_H
#define GP_BASE_LIMITS_H

#include <stdint.h>

/* What this process may use of the machine. */
struct gp_limits {
	unsigned cpus;   /* at least 1 */
	uint64_t memory; /* bytes; UINT64_MAX: not known */
};

/* By the processors that are online, affinity, memory, and cgroups of version 2. */
struct gp_limits gp_limits_here(void);

/*
 * Narrow them by those of a process's cgroup, and of those above it.
 *
 * In:     mount, where cgroup2 is mounted; self, the process's /proc/PID/cgroup.
 *         Files that are not there, or do not parse, limit nothing.
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst: "0::PATH" names the
 *         cgroup; cpu.max is "QUOTA PERIOD" in microseconds, memory.max bytes,
 *         either may say "max"; a parent's limits hold for its children.
 */
void gp_limits_narrow(struct gp_limits *l, const char *mount, const char *self);

#endif
