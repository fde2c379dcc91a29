/* SPDX-License-Identifier: MIT */
#include "ops/patch/patchfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/text.h"
#include "core/payload/codec.h"

static bool has_suffix(const char *name, const char *const *suffix, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gp_str_ends(gp_str_of(name), suffix[i]))
			return true;
	return false;
}

/* What the decoders call a payload is a patch here. */
static void reword(struct gp_err *err)
{
	static const char payload[] = "payload ";
	size_t n = sizeof(payload) - 1;

	if (err && strncmp(err->cause, payload, n) == 0)
		memmove(err->cause, err->cause + n, strlen(err->cause + n) + 1);
}

static int unpack(struct gp_buf *text, struct gp_err *err)
{
	struct gp_str rest = gp_buf_str(text);
	struct gp_buf plain = { 0 };
	struct gp_decoder *dec;
	struct gp_src src;
	enum gp_codec codec;
	ssize_t n = -1;

	if (gp_codec_detect(rest, &codec, NULL) < 0 || codec == GP_CODEC_NONE)
		return gp_fail(err, GP_E_UNSUPPORTED, "is not packed as its name says");
	dec = gp_decoder_new(codec, gp_str_src(&rest), err);
	if (!dec)
		return -1;
	src = gp_decoder_src(dec);
	do {
		gp_buf_reserve(&plain, 65536);
		n = src.read(src.arg, plain.data + plain.len, 65536, err);
		plain.len += n > 0 ? (size_t)n : 0;
		plain.data[plain.len] = '\0';
	} while (n > 0 && plain.len <= GP_PATCH_MAX);
	gp_decoder_free(dec);
	if (n < 0)
		reword(err);
	if (n > 0)
		n = gp_fail(err, GP_E_FORMAT, "too long when unpacked");
	gp_buf_release(text);
	*text = plain;
	return (int)n;
}

static bool is_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int read_packed(const char *path, bool pipe_will_do, struct gp_buf *text, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("'%s'", path);
	int fd, rc;

	if (!pipe_will_do || !is_pipe(path))
		return gp_file_read(path, GP_PATCH_MAX, text, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == EINTR)
		return gp_fail(err, GP_E_CANCELLED, "stopped by a signal");
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open %s", name);
	rc = gp_fd_read(fd, 0, GP_PATCH_MAX, name, text, err);
	close(fd);
	return rc;
}

static int read_patch(const char *path, bool pipe_will_do, struct gp_buf *text, struct gp_err *err)
{
	static const char *const known[] = { ".gz", ".bz2", ".xz" }, *const unknown[] = { ".lzma", ".lz" };
	int thing = gp_thing_at(path, err);

	if (thing < 0)
		return -1;
	if (thing == GP_THING_NONE)
		return gp_fail(err, GP_E_NOTFOUND, "patch '%s' does not exist", path);
	if (has_suffix(path, unknown, GP_COUNT(unknown)))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s': .lzma and .lz are not supported; unpack it first", path);
	if (read_packed(path, pipe_will_do, text, err) < 0)
		return -1;
	if (text->len && has_suffix(path, known, GP_COUNT(known)) && unpack(text, err) < 0)
		return gp_within(err, "'%s'", path);
	return 0;
}

int gp_patch_read(const char *path, struct gp_buf *text, struct gp_err *err)
{
	return read_patch(path, false, text, err);
}

int gp_patch_read_given(const char *path, struct gp_buf *text, struct gp_err *err)
{
	if (strcmp(path, "-") == 0)
		return gp_fd_read(STDIN_FILENO, 0, GP_PATCH_MAX, "standard input", text, err);
	return read_patch(path, true, text, err);
}
