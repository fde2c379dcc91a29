/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_USERSPACE_H
#define GP_OPS_DRIVER_USERSPACE_H

#include "core/driver/manifest.h"
#include "core/driver/userconf.h"
#include "core/rules/half.h"
#include "ops/tree/tree.h"

enum gp_unlock_state {
	GP_UNLOCK_ABSENT,
	GP_UNLOCK_COMPLETE,
	GP_UNLOCK_PARTIAL, /* some pieces: builds fail, or never unlock */
};

/*
 * The userspace half of vgpu_unlock in a package: a file that is installed, and the two
 * services whose programs it has to come before.
 * Source: Merged-Rust-Drivers' 460.73.01 (library in /usr/lib/nvidia, LD_PRELOAD in both
 *         units); README of DualCoder/vgpu_unlock (script in ExecStart=).
 */
#define GP_USERSPACE_DIR "/usr/lib/nvidia"
#define GP_USERSPACE_CONF_DIR "/etc/vgpu_unlock"

const char *gp_userspace_file(enum gp_half half); /* its name, and where it lies in a package */

/* What a package has of it. */
struct gp_userspace {
	enum gp_unlock_state state;
	enum gp_half half;
	bool both;             /* the other one, too */
	char *file;            /* where it is installed, or where the units look for it; NULL */
	char *missing;         /* which piece is missing when PARTIAL */
	struct gp_list config; /* files below /etc/vgpu_unlock that it brings: their names */
	struct gp_list twins;  /* the services for other init systems: paths in the package */
};

/* Look for it. Out: gp_userspace_release(). A unit that cannot be read uses nothing. */
void gp_userspace_find(const struct gp_tree *t, const struct gp_manifest *m, struct gp_userspace *out);
void gp_userspace_release(struct gp_userspace *u);

/*
 * Is its program in the package what its name says? Only a COMPLETE one is asked, and only
 * one that was kept in memory, or lies on disk.
 *
 * Out: a line appended to problems if it is not.
 */
void gp_userspace_inspect(const struct gp_tree *t, const struct gp_manifest *m, const struct gp_userspace *u,
			  struct gp_list *problems);

/* Is it one of the two units? By its name: gp_driver_wants() asks before there is a manifest. */
bool gp_userspace_is_unit(const char *path);

/* One file of the user's. */
struct gp_userfile {
	char *from;          /* where it was read; NULL: there is none */
	const char *package; /* path in the package */
	struct gp_buf data;
	char sha256[65];
};

/* The user's own copies. Zeroed: none. */
struct gp_usercopy {
	enum gp_half half;
	struct gp_userfile program;
	struct gp_list needed; /* libraries that the library needs */
	struct gp_userfile config[GP_USERCONF_COUNT];
	struct gp_list warnings; /* about the configuration */
};

/*
 * Can this be the program of that half?
 *
 * Out:    needed: the libraries that a library names itself, appended.
 * Errors: as gp_library_check(); GP_E_UNSUPPORTED not the script.
 */
int gp_userspace_check(enum gp_half half, struct gp_str data, struct gp_list *needed, struct gp_err *err);

/*
 * Is a file of vgpu_unlock-rs's configuration as it can take it?
 *
 * In:     from: for messages. text: untrusted.
 * Out:    warnings: appended, each with from.
 * Errors: as gp_toml_read() and gp_userconf_check().
 */
int gp_userconf_file(enum gp_userconf which, const char *from, struct gp_str text, struct gp_list *warnings,
		     struct gp_err *err);

/*
 * Read and check what the options name; each may be NULL.
 *
 * In:     lib: --unlock-lib; script: --unlock-script, a directory; config: --unlock-config,
 *         a directory. At most one of lib and script.
 * Out:    gp_usercopy_release() frees *out, also after a failure.
 * Errors: as gp_file_read(), gp_library_check(), gp_toml_read() and gp_userconf_check();
 *         GP_E_NOTFOUND neither file of the configuration; GP_E_UNSUPPORTED not the script.
 */
int gp_usercopy_load(const char *lib, const char *script, const char *config, struct gp_usercopy *out,
		     struct gp_err *err);
void gp_usercopy_release(struct gp_usercopy *c);

/* Is there anything in it? */
bool gp_usercopy_any(const struct gp_usercopy *c);

/* Each file of it, by its place: NULL after the last. */
const struct gp_userfile *gp_usercopy_next(const struct gp_usercopy *c, const struct gp_userfile *prev);

/*
 * Put it into a package: files, lines of the manifest in the form of their neighbours, the
 * units. Doing it twice changes nothing.
 *
 * Out:    *changed: something is different now.
 * Errors: GP_E_UNSUPPORTED a unit is missing or cannot be changed, no entry whose form a
 *         line could take, a file of that name in another place; as gp_manifest_parse().
 */
int gp_userspace_integrate(struct gp_tree *t, const struct gp_usercopy *c, bool *changed, struct gp_err *err);

#endif
