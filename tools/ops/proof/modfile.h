/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_MODFILE_H
#define GP_OPS_PROOF_MODFILE_H

#include "base/buf.h"
#include "core/module/module.h"

/* A kernel module in a file, mapped; a compressed one, unpacked in memory. */
struct gp_modfile {
	char *path;              /* as given */
	char *file;              /* its last part */
	char *name;              /* the kernel's name: .modinfo's, else the file's with '_' for '-' */
	uint64_t size;           /* bytes of the file */
	const char *compression; /* "xz", "gzip", "zstd", or NULL */
	struct gp_module m;      /* borrows from the two below */
	void *map;
	size_t map_len;
	struct gp_buf plain;
};

/*
 * Open a module, or an object.
 *
 * The file is mapped: somebody who may write to it can end the program by
 * cutting it short meanwhile, as with every program that maps a file.
 *
 * In:     path: ELF, or ELF packed with gzip, xz or zstd, as distributions
 *         install modules; untrusted.
 * Out:    gp_modfile_release(); zeroed on failure.
 * Errors: GP_E_NOTFOUND, GP_E_SYSTEM; GP_E_FORMAT no regular file, empty,
 *         damaged, unpacked longer than 512 MiB, and as gp_module_parse();
 *         GP_E_UNSUPPORTED as there. The path is in the message.
 */
int gp_modfile_open(const char *path, struct gp_modfile *out, struct gp_err *err);
/* The same of one that is open for reading, and stays so; path is for messages and names. */
int gp_modfile_open_fd(int fd, const char *path, struct gp_modfile *out, struct gp_err *err);
void gp_modfile_release(struct gp_modfile *f);

/* The whole image, unpacked. */
struct gp_str gp_modfile_image(const struct gp_modfile *f);

/*
 * Is it one that gp_modfile_open() is for? By its first bytes, or else by its name
 * (.ko, .ko.xz, …), so that an empty or damaged module is taken for one.
 */
bool gp_modfile_is(const char *path);

#endif
