/* SPDX-License-Identifier: MIT */
#include "base/limits.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"

#define SHORT_FILE 65536

/* Files of the kernel's have no length, so they are read to their end. */
static bool read_short(const char *path, struct gp_buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool read = fd >= 0 && gp_fd_read(fd, 0, SHORT_FILE, path, out, NULL) == 0;

	if (fd >= 0)
		close(fd);
	return read;
}

/* The numbers at the start of DIR/NAME, at most n of them; how many there are. */
static int numbers(const char *dir, const char *name, uint64_t *v, int n)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, name);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, word;
	int i = 0;

	if (!read_short(path, &text))
		return 0;
	rest = gp_buf_str(&text);
	while (i < n && gp_text_word_next(&rest, &word) && gp_parse_u64(word, UINT64_MAX, &v[i]))
		i++;
	return i;
}

static void narrow_by(struct gp_limits *l, const char *dir)
{
	uint64_t cpu[2], memory, cpus;

	if (numbers(dir, "cpu.max", cpu, 2) == 2 && cpu[0] && cpu[1]) {
		cpus = cpu[0] / cpu[1] + (cpu[0] % cpu[1] != 0);
		if (cpus < l->cpus)
			l->cpus = (unsigned)cpus;
	}
	if (numbers(dir, "memory.max", &memory, 1) == 1 && memory < l->memory)
		l->memory = memory;
}

void gp_limits_narrow(struct gp_limits *l, const char *mount, const char *self)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *dir = NULL;
	struct gp_str rest, line;
	size_t top = strlen(mount);
	char *slash;

	if (!read_short(self, &text))
		return;
	rest = gp_buf_str(&text);
	do {
		if (!gp_text_line_next(&rest, &line))
			return;
	} while (!gp_str_starts(line, "0::/"));
	dir = gp_asprintf("%s%.*s", mount, (int)(line.len - 3), line.p + 3);
	/* A cgroup outside of this namespace's is "/../…": its limits cannot be seen. */
	if (strstr(dir + top, "/.."))
		dir[top] = '\0';
	narrow_by(l, dir);
	while ((slash = strrchr(dir + top, '/'))) {
		*slash = '\0';
		narrow_by(l, dir);
	}
}

struct gp_limits gp_limits_here(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	struct gp_limits l = { .cpus = online > 0 ? (unsigned)online : 1, .memory = UINT64_MAX };
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		l.cpus = (unsigned)CPU_COUNT(&set);
	if (pages > 0 && size > 0)
		l.memory = (uint64_t)pages * (uint64_t)size;
	gp_limits_narrow(&l, "/sys/fs/cgroup", "/proc/self/cgroup");
	return l;
}
