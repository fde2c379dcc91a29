/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into gridpatch: one of its calls to the system fails, or something else
 * happens before it.
 *
 *   FAULT_CALL   stat open read readdir close write fsync rename link mkdir unlink malloc
 *   FAULT_AT     which one of them, from 1; 0: none, they are counted
 *   FAULT_ERROR  errno; 0: it does not fail
 *   FAULT_ON     not empty: so do all that follow
 *   FAULT_RUN    a command for sh, run before that call
 *   FAULT_COUNT  a file for how many there were
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *which, *command, *count_file;
static long at, count;
static int error;
static bool on, armed;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("FAULT_AT");

	which = getenv("FAULT_CALL");
	if (!which || strcmp(program_invocation_short_name, "gridpatch") != 0)
		return;
	at = text ? atol(text) : 0;
	text = getenv("FAULT_ERROR");
	error = text ? atoi(text) : 0;
	text = getenv("FAULT_ON");
	on = text && *text;
	command = getenv("FAULT_RUN");
	count_file = getenv("FAULT_COUNT");
	armed = true;
}

__attribute__((destructor)) static void end(void)
{
	FILE *f;

	if (!armed || !count_file)
		return;
	armed = false;
	f = fopen(count_file, "w");
	if (!f)
		return;
	fprintf(f, "%ld\n", count);
	fclose(f);
}

static bool strikes(const char *name)
{
	if (!armed || strcmp(name, which) != 0)
		return false;
	count++;
	if (!at || (count != at && !(on && count > at)))
		return false;
	if (command) {
		armed = false; /* sh and what it runs are left alone */
		unsetenv("LD_PRELOAD");
		if (system(command))
			abort();
		armed = true;
	}
	errno = error;
	return error != 0;
}

#define NEXT(type, name, ...) \
	static type (*next)(__VA_ARGS__); \
	if (!next) \
	next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define HIDES(type, call, fail, name, args, ...) \
	type name(__VA_ARGS__) \
	{ \
		NEXT(type, #name, __VA_ARGS__); \
		if (strikes(call)) \
			return fail; \
		return next args; \
	}

HIDES(int, "stat", -1, stat, (path, st), const char *path, struct stat *st)
HIDES(int, "stat", -1, stat64, (path, st), const char *path, struct stat64 *st)
HIDES(int, "stat", -1, lstat, (path, st), const char *path, struct stat *st)
HIDES(int, "stat", -1, lstat64, (path, st), const char *path, struct stat64 *st)
HIDES(int, "stat", -1, fstat, (fd, st), int fd, struct stat *st)
HIDES(int, "stat", -1, fstat64, (fd, st), int fd, struct stat64 *st)
HIDES(int, "stat", -1, fstatat, (fd, path, st, flags), int fd, const char *path, struct stat *st, int flags)
HIDES(int, "stat", -1, fstatat64, (fd, path, st, flags), int fd, const char *path, struct stat64 *st, int flags)
HIDES(ssize_t, "read", -1, read, (fd, p, n), int fd, void *p, size_t n)
HIDES(ssize_t, "read", -1, pread, (fd, p, n, off), int fd, void *p, size_t n, off_t off)
HIDES(ssize_t, "read", -1, pread64, (fd, p, n, off), int fd, void *p, size_t n, off64_t off)
HIDES(struct dirent *, "readdir", NULL, readdir, (dir), DIR *dir)
HIDES(struct dirent64 *, "readdir", NULL, readdir64, (dir), DIR *dir)
HIDES(int, "fsync", -1, fsync, (fd), int fd)
HIDES(int, "rename", -1, rename, (from, to), const char *from, const char *to)
HIDES(int, "rename", -1, renameat, (a, from, b, to), int a, const char *from, int b, const char *to)
HIDES(int, "rename", -1, renameat2, (a, from, b, to, flags), int a, const char *from, int b, const char *to,
      unsigned flags)
HIDES(int, "link", -1, linkat, (a, from, b, to, flags), int a, const char *from, int b, const char *to, int flags)
HIDES(int, "mkdir", -1, mkdir, (path, mode), const char *path, mode_t mode)
HIDES(int, "mkdir", -1, mkdirat, (fd, path, mode), int fd, const char *path, mode_t mode)
HIDES(int, "unlink", -1, unlinkat, (fd, path, flags), int fd, const char *path, int flags)

/* What is told to people is another matter. */
ssize_t write(int fd, const void *p, size_t n)
{
	NEXT(ssize_t, "write", int, const void *, size_t);
	if (fd > 2 && strikes("write"))
		return -1;
	return next(fd, p, n);
}

/* It is closed all the same, as Linux does. */
int close(int fd)
{
	NEXT(int, "close", int);
	if (fd > 2 && strikes("close")) {
		next(fd);
		errno = error;
		return -1;
	}
	return next(fd);
}

#define OPENS(name, args, ...) \
	int name(__VA_ARGS__, ...) \
	{ \
		mode_t mode = 0; \
		va_list ap; \
		NEXT(int, #name, __VA_ARGS__, ...); \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
			va_start(ap, flags); \
			mode = va_arg(ap, mode_t); \
			va_end(ap); \
		} \
		if (strikes("open")) \
			return -1; \
		return next args; \
	}

OPENS(open, (path, flags, mode), const char *path, int flags)
OPENS(open64, (path, flags, mode), const char *path, int flags)
OPENS(openat, (fd, path, flags, mode), int fd, const char *path, int flags)
OPENS(openat64, (fd, path, flags, mode), int fd, const char *path, int flags)

/* openat2() has no function of its own. */
long syscall(long nr, ...)
{
	long a[6];
	va_list ap;
	NEXT(long, "syscall", long, ...);

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
#ifdef SYS_openat2
	if (nr == SYS_openat2 && strikes("open"))
		return -1;
#endif
	return next(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* dlsym() asks for memory itself. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *p, size_t len);

void *malloc(size_t len)
{
	return strikes("malloc") ? NULL : __libc_malloc(len);
}

void *calloc(size_t n, size_t len)
{
	return strikes("malloc") ? NULL : __libc_calloc(n, len);
}

void *realloc(void *p, size_t len)
{
	return strikes("malloc") ? NULL : __libc_realloc(p, len);
}
