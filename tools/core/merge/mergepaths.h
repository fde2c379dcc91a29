/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEPATHS_H
#define GP_CORE_MERGE_MERGEPATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "core/merge/mergetable.h"

/* Who has a path. */
enum gp_side { GP_SIDE_HOST = 1, GP_SIDE_DESKTOP = 2 };

const char *gp_side_name(enum gp_side s); /* "host", "desktop" */

enum gp_member_type { GP_MEMBER_FILE, GP_MEMBER_DIR, GP_MEMBER_SYMLINK };

struct gp_merge_path {
	char *path;
	unsigned sides; /* bits of gp_side that have it */
	enum gp_member_type type;
};

/* What lies in the two packages. The desktop is added first: its list must be whole
 * before the first question for a choice. */
struct gp_merge_paths {
	struct gp_merge_path *v;
	size_t n, cap;
	struct gp_map by_path, by_folded; /* to v's numbers */
	size_t bytes;                     /* of all paths */
};

/* Of paths, with those of the directories above: NVIDIA's packages have a few hundred KB. */
#define GP_MERGE_PATHS_MAX (32u << 20)

void gp_merge_paths_release(struct gp_merge_paths *s);

/*
 * Add a member of a package, and the directories above it.
 *
 * In:     path: clean. A path that one side has twice is fine; the later type counts.
 * Errors: GP_E_UNSUPPORTED the two sides do not go into one tree: a path is a file in one
 *         and a directory or a symlink in the other, or two paths differ in upper and lower
 *         case only; the paths are more than GP_MERGE_PATHS_MAX.
 */
int gp_merge_paths_add(struct gp_merge_paths *s, enum gp_side side, const char *path, enum gp_member_type type,
		       struct gp_err *err);

/* Bits of gp_side; 0: nobody has it. */
unsigned gp_merge_paths_sides(const struct gp_merge_paths *s, const char *path);

/* Does that side have it, and not as a directory? */
bool gp_merge_paths_is_file(const struct gp_merge_paths *s, enum gp_side side, const char *path);

/* Which rule made a choice. */
enum gp_merge_why {
	GP_WHY_TABLE,    /* choice.rule */
	GP_WHY_ONLY,     /* only one side has it */
	GP_WHY_DESKTOPS, /* both have it: the desktop's, as nothing else is said */
	GP_WHY_VERSION,  /* the host's version of what the desktop has in its own, instead */
	GP_WHY_MADE,     /* GP_TAKE_BOTH */
};

const char *gp_merge_why_name(enum gp_merge_why w); /* "table", "only", "desktop", "version", "made" */

/* What to choose by. */
struct gp_merge_case {
	const struct gp_merge_table *table;
	const struct gp_merge_paths *paths; /* the desktop's at least */
	struct gp_version host, desktop;
};

struct gp_merge_choice {
	enum gp_take take;
	enum gp_merge_why why;
	const struct gp_merge_rule *rule; /* of the table; NULL: the default rule that why names */
	char *instead;                    /* GP_WHY_VERSION: the desktop's path */
};

void gp_merge_choice_release(struct gp_merge_choice *c);

/*
 * Whose is this file in the merged driver? The answer depends on the path, on who has it
 * and on what the desktop has, so the host's payload can be decided on while it streams.
 *
 * What the table has a rule for is done so; of what both have, the desktop's is taken; of
 * what one has, that one's, but for a file of the host that is named for its version while
 * the desktop has the same in its own (libnvidia-ml.so.460.73.02): that is left out.
 *
 * In:  path: clean, of a member that is no directory. sides: bits of gp_side.
 * Out: gp_merge_choice_release() it. Where sides is GP_SIDE_HOST and take is
 *      GP_TAKE_DESKTOP, the file is left out.
 */
void gp_merge_choose(const struct gp_merge_case *c, const char *path, unsigned sides, struct gp_merge_choice *out);

#endif
