/* SPDX-License-Identifier: MIT */
#include "ops/vm/initramfs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/text.h"

#ifdef GP_GUEST_INIT
/* The program that tools/ops/vm/guest/init.c was made into. */
__asm__(".section .rodata\n"
	".globl gp_guest_init_beg, gp_guest_init_end\n"
	"gp_guest_init_beg: .incbin \"" GP_GUEST_INIT "\"\n"
	"gp_guest_init_end: .byte 0\n"
	".previous\n");
extern const char gp_guest_init_beg[], gp_guest_init_end[];

bool gp_initramfs_works(void)
{
	return true;
}

static struct gp_str init_program(void)
{
	return (struct gp_str){ gp_guest_init_beg, (size_t)(gp_guest_init_end - gp_guest_init_beg) };
}
#else
bool gp_initramfs_works(void)
{
	return false;
}

static struct gp_str init_program(void)
{
	return GP_STR("");
}
#endif

static int make_token(struct gp_initramfs *r, struct gp_err *err)
{
	uint8_t bytes[sizeof(r->token) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return gp_fail_sys(err, errno, "the system has no random bytes");
	gp_hex(bytes, sizeof(bytes), r->token);
	return 0;
}

int gp_initramfs_init(struct gp_initramfs *r, struct gp_err *err)
{
	static const char *const dirs[] = { "bin", "dev", "m", "proc", "sys", "tmp" };

	*r = (struct gp_initramfs){ 0 };
	if (!gp_initramfs_works())
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "this gridpatch was built for another machine than x86_64: it boots no kernel");
	if (make_token(r, err) < 0)
		return -1;
	for (size_t i = 0; i < GP_COUNT(dirs); i++)
		gp_cpio_add_dir(&r->cpio, dirs[i]);
	/* Source: Documentation/admin-guide/devices.txt. */
	gp_cpio_add_device(&r->cpio, "dev/console", 5, 1);
	gp_cpio_add_device(&r->cpio, "dev/kmsg", 1, 11);
	gp_cpio_add_device(&r->cpio, "dev/null", 1, 3);
	gp_buf_printf(&r->plan, "token %s\n", r->token);
	return gp_cpio_add_file(&r->cpio, "init", 0755, init_program(), err);
}

void gp_initramfs_release(struct gp_initramfs *r)
{
	if (!r)
		return;
	gp_cpio_release(&r->cpio);
	gp_buf_release(&r->plan);
	*r = (struct gp_initramfs){ 0 };
}

int gp_initramfs_add(struct gp_initramfs *r, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err)
{
	return gp_cpio_add_file(&r->cpio, path, mode, bytes, err);
}

unsigned gp_initramfs_do(struct gp_initramfs *r, const char *verb, const char *fmt, ...)
{
	va_list ap;
	gp_auto(gp_free_ptr) char *words = NULL;

	va_start(ap, fmt);
	words = gp_vasprintf(fmt, ap);
	va_end(ap);
	gp_buf_printf(&r->plan, "%s %u %s\n", verb, r->steps, words);
	return r->steps++;
}

int gp_initramfs_file(struct gp_initramfs *r, struct gp_err *err)
{
	int fd;

	if (gp_cpio_add_file(&r->cpio, "plan", 0600, gp_buf_str(&r->plan), err) < 0)
		return -1;
	gp_cpio_end(&r->cpio);
	fd = memfd_create("initramfs", MFD_CLOEXEC);
	if (fd < 0)
		return gp_fail_sys(err, errno, "no memory for a virtual machine's first files");
	if (gp_write_fd(fd, r->cpio.bytes.data, r->cpio.bytes.len, "the virtual machine's first files", err) == 0)
		return fd;
	close(fd);
	return -1;
}
