/* SPDX-License-Identifier: MIT */
#include "core/vm/cpio.h"

#include <inttypes.h>
#include <string.h>

#define TYPE_FILE 0100000u /* as <sys/stat.h> has them */
#define TYPE_DIR 0040000u
#define TYPE_CHAR 0020000u
#define ALIGN 4u

void gp_cpio_release(struct gp_cpio *c)
{
	if (!c)
		return;
	gp_buf_release(&c->bytes);
	*c = (struct gp_cpio){ 0 };
}

struct member {
	const char *path;
	unsigned mode, major, minor;
	struct gp_str bytes;
};

/* All that is added is padded, so the buffer's length says where we are. */
static void pad(struct gp_buf *b)
{
	gp_buf_add(b, "\0\0\0", (ALIGN - b->len % ALIGN) % ALIGN);
}

static void add(struct gp_cpio *c, const struct member *m)
{
	/* magic, inode, mode, uid, gid, links, time, size, device (2), rdevice (2), name's size, check */
	gp_buf_printf(&c->bytes, "070701%08x%08x%08x%08x%08x%08x%08" PRIx32 "%08x%08x%08x%08x%08x%08x", ++c->members,
		      m->mode, 0, 0, 1, 0, (uint32_t)m->bytes.len, 0, 0, m->major, m->minor,
		      (unsigned)strlen(m->path) + 1, 0);
	gp_buf_add(&c->bytes, m->path, strlen(m->path) + 1);
	pad(&c->bytes);
	gp_buf_add(&c->bytes, m->bytes.p, m->bytes.len);
	pad(&c->bytes);
}

void gp_cpio_add_dir(struct gp_cpio *c, const char *path)
{
	add(c, &(struct member){ .path = path, .mode = TYPE_DIR | 0755 });
}

int gp_cpio_add_file(struct gp_cpio *c, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err)
{
	if (bytes.len > UINT32_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s': a cpio archive has no room for %zu bytes", path,
			       bytes.len);
	add(c, &(struct member){ .path = path, .mode = TYPE_FILE | (mode & 0777), .bytes = bytes });
	return 0;
}

void gp_cpio_add_device(struct gp_cpio *c, const char *path, unsigned major, unsigned minor)
{
	add(c, &(struct member){ .path = path, .mode = TYPE_CHAR | 0600, .major = major, .minor = minor });
}

void gp_cpio_end(struct gp_cpio *c)
{
	add(c, &(struct member){ .path = "TRAILER!!!" });
}
