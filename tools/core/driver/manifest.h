/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_MANIFEST_H
#define GP_CORE_DRIVER_MANIFEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/rules/kind.h"

#define GP_MANIFEST_HEADER 8 /* lines before the entries */

/* One entry line; the strings are borrowed from the text. */
struct gp_mentry {
	struct gp_str raw; /* first field as written ("./32/libEGL.so") */
	char *path;        /* the same in clean form, owned */
	struct gp_str mode, type, rest;
	size_t lineno;
};

/*
 * nvidia-installer's .manifest.
 *
 * Lines: 1 description, 2 version, 3 ignored, 4 space-separated modules, 5 to 8
 * ignored, entries until an empty line or the end. Entry: path, octal mode,
 * TYPE, then fields that depend on the type; types differ by version and are
 * opaque here.
 *
 * Source: nvidia-installer 460.73.01 manifest.c and install-from-cwd.c;
 *         .manifest of GRID 460.73.01.
 */
struct gp_manifest {
	struct gp_str text;
	struct gp_str description, version, modules;
	struct gp_mentry *entry;
	size_t n, cap;
	bool open_end;  /* no empty line ended the entries */
	size_t end_off; /* bytes: where an entry would be appended */
};

/*
 * Parse a manifest.
 *
 * In:     text: untrusted, must outlive out.
 * Errors: GP_E_FORMAT fewer than eight header lines, an entry with fewer than
 *         three fields, a mode that is not octal, a path that leaves the tree,
 *         a NUL byte.
 */
int gp_manifest_parse(struct gp_str text, struct gp_manifest *out, struct gp_err *err);
void gp_manifest_release(struct gp_manifest *m);

const struct gp_mentry *gp_manifest_find(const struct gp_manifest *m, const char *path);

/* Is name one of the modules of line 4? */
bool gp_manifest_has_module(const struct gp_manifest *m, const char *name);

/* Symlink entries ("…_SYMLINK", "…_NEWSYM") are made at installation: no file. */
bool gp_mentry_is_symlink(const struct gp_mentry *e);

/* "NATIVE" or "COMPAT32"; empty: its type has no architecture. */
struct gp_str gp_mentry_arch(const struct gp_mentry *e);

/* The last of the fields that depend on the type, without tags (MODULE:x): of a symlink
 * where it leads, of others where they go. Empty: it has none. */
struct gp_str gp_mentry_last(const struct gp_mentry *e);

/* The same of a symlink; empty of all others. */
struct gp_str gp_mentry_target(const struct gp_mentry *e);

/*
 * A manifest with more entries.
 *
 * In:  paths: clean; those already listed are left alone. like: the path of an
 *      entry whose form (mode, type, tags) and place is taken; the new lines
 *      follow it.
 * Out: out, the whole new text.
 * Errors: GP_E_FORMAT like is not listed.
 */
int gp_manifest_add(const struct gp_manifest *m, const char *const *paths, size_t n, const char *like,
		    struct gp_buf *out, struct gp_err *err);

/* A file that is installed in a place of its own. */
struct gp_placed {
	const char *path; /* clean, not listed yet */
	const char *dir;  /* where it goes, absolute */
	unsigned mode;
};

/* Where an entry's file is installed, for the types that name a directory of their own
 * (EXPLICIT_PATH) or whose directory is fixed (UTILITY_BINARY); free() it. NULL: not told.
 * Source: set_destinations() of nvidia-installer 460.73.01, files.c. */
char *gp_mentry_place(const struct gp_mentry *e);

/*
 * A manifest with more entries of type EXPLICIT_PATH: they follow one that the package has
 * (near: the path of another entry with whose tags it should agree, or NULL), and have its
 * fields but for path, mode and directory.
 *
 * Out:    out, the whole new text.
 * Errors: GP_E_UNSUPPORTED there is no such entry.
 */
int gp_manifest_place(const struct gp_manifest *m, const struct gp_placed *what, size_t n, const char *near,
		      struct gp_buf *out, struct gp_err *err);

/* A manifest without the entry of path (which must have a line of its own). */
void gp_manifest_drop(const struct gp_manifest *m, const char *path, struct gp_buf *out);

/*
 * What kind of driver the manifest describes.
 *
 * host: nvidia-vgpu-vfio among the modules, or nvidia-vgpud listed; merged:
 * host plus CUDA or GL libraries; guest: nvidia-gridd without these; else general.
 * Source: the manifest of the public merged 460.73.01 (libnvidia-ml.so is a CUDA_LIB there);
 *         what packages for Arch install of the hosts 535 to 570: of libraries
 *         libnvidia-ml.so, libnvidia-vgpu.so and libnvidia-vgxcfg.so. nvidia-gridd is the
 *         daemon that fetches a guest's licence.
 */
enum gp_kind gp_manifest_kind(const struct gp_manifest *m);

#endif
