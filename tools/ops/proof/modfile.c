/* SPDX-License-Identifier: MIT */
#include "ops/proof/modfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "core/driver/kofile.h"
#include "core/payload/codec.h"

/* The largest nvidia.ko has 100 MB; with debug information perhaps three times that. */
#define MAX_PLAIN (1u << 29)
#define HEAD 512

#define BLOB ".o_binary" /* the part of nvidia.ko that NVIDIA builds */

void gp_modfile_release(struct gp_modfile *f)
{
	if (!f)
		return;
	gp_module_release(&f->m);
	if (f->map)
		munmap(f->map, f->map_len);
	gp_buf_release(&f->plain);
	free(f->path);
	free(f->file);
	free(f->name);
	*f = (struct gp_modfile){ 0 };
}

struct gp_str gp_modfile_image(const struct gp_modfile *f)
{
	return f->compression ? gp_buf_str(&f->plain) : (struct gp_str){ f->map, f->map_len };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A FIFO must not block us. */
static int open_fd(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int map_file(struct gp_modfile *f, int fd, struct gp_err *err)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", f->path);
	if (!S_ISREG(st.st_mode))
		return gp_fail(err, GP_E_FORMAT, "'%s' is not a regular file", f->path);
	if (st.st_size == 0)
		return gp_fail(err, GP_E_FORMAT, "'%s' is empty", f->path);
	f->size = (uint64_t)st.st_size;
	f->map_len = (size_t)st.st_size;
	f->map = mmap(NULL, f->map_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f->map == MAP_FAILED) {
		f->map = NULL;
		return gp_fail_sys(err, errno, "cannot map '%s'", f->path);
	}
	return 0;
}

/* --- unpacking --- */

static bool is_elf(struct gp_str s)
{
	return s.p && s.len >= SELFMAG && memcmp(s.p, ELFMAG, SELFMAG) == 0;
}

static int read_all(struct gp_src src, const char *path, struct gp_buf *out, struct gp_err *err)
{
	for (;;) {
		ssize_t n;

		if (out->len >= MAX_PLAIN)
			return gp_fail(err, GP_E_FORMAT, "'%s': unpacked it is longer than %u bytes", path, MAX_PLAIN);
		gp_buf_reserve(out, 1 << 20);
		n = src.read(src.arg, out->data + out->len, 1 << 20, err);
		if (n < 0)
			return gp_within(err, "'%s'", path);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		/* No use in unpacking what is not a module. */
		if (out->len >= SELFMAG && !is_elf(gp_buf_str(out)))
			return gp_fail(err, GP_E_FORMAT, "'%s': what is packed in it is not an ELF file", path);
	}
}

static int unpack(struct gp_modfile *f, struct gp_err *err)
{
	struct gp_str packed = { f->map, f->map_len }, head = { f->map, f->map_len < HEAD ? f->map_len : HEAD };
	struct gp_decoder *dec;
	enum gp_codec codec;
	int rc;

	if (is_elf(packed) || gp_codec_detect(head, &codec, NULL) < 0 || codec == GP_CODEC_NONE ||
	    codec == GP_CODEC_BZIP2)
		return 0;
	dec = gp_decoder_new(codec, gp_str_src(&packed), err);
	if (!dec)
		return gp_within(err, "'%s'", f->path);
	f->compression = gp_codec_name(codec);
	rc = read_all(gp_decoder_src(dec), f->path, &f->plain, err);
	gp_decoder_free(dec);
	munmap(f->map, f->map_len);
	f->map = NULL;
	return rc;
}

/* --- names --- */

/* "nvidia-uvm.ko.xz" → "nvidia_uvm". */
static char *name_of_file(const char *file)
{
	struct gp_str s = gp_str_of(file);

	if (gp_ko_is(s))
		s = gp_ko_stem(s);
	else if (gp_str_ends(s, BLOB))
		s.len -= strlen(BLOB);
	return gp_ko_name(s);
}

int gp_modfile_open(const char *path, struct gp_modfile *out, struct gp_err *err)
{
	gp_auto(close_fd) int fd = open_fd(path);

	return gp_modfile_open_fd(fd, path, out, err);
}

int gp_modfile_open_fd(int fd, const char *path, struct gp_modfile *out, struct gp_err *err)
{
	struct gp_str name;

	*out = (struct gp_modfile){ .path = gp_strdup(path), .file = gp_strdup(gp_path_base(path)) };
	if (map_file(out, fd, err) < 0 || unpack(out, err) < 0) {
		gp_modfile_release(out);
		return -1;
	}
	if (gp_module_parse(gp_modfile_image(out), &out->m, err) < 0) {
		gp_modfile_release(out);
		return gp_within(err, "'%s'", path);
	}
	name = gp_module_info(&out->m, "name");
	out->name = name.len && name.len < 256 ? gp_strndup(name.p, name.len) : name_of_file(out->file);
	return 0;
}

bool gp_modfile_is(const char *path)
{
	gp_auto(close_fd) int fd = open_fd(path);
	char head[HEAD];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	struct gp_str s = { head, n < 0 ? 0 : (size_t)n };
	enum gp_codec codec;

	if (gp_ko_is(gp_str_of(path)) || gp_str_ends(gp_str_of(path), BLOB))
		return true;
	if (is_elf(s))
		return true;
	return s.len && gp_codec_detect(s, &codec, NULL) == 0 && codec != GP_CODEC_NONE && codec != GP_CODEC_BZIP2;
}
