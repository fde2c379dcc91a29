/* SPDX-License-Identifier: MIT */
/* The user's own copies of vgpu_unlock's userspace half: read and checked. */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/module/library.h"
#include "ops/driver/toml.h"
#include "ops/driver/userspace.h"
#include "ops/run/runfile.h"

/* A stripped build has about 1 MB, one with debug information thirty. What is put in has to
 * be read again by the next run. */
#define LIBRARY_MAX GP_RUN_MAX_FILE
#define SCRIPT_MAX (1u << 20)
#define CONFIG_MAX (256u << 10)

static const char *const config_path[] = { "unlock/config.toml", "unlock/profile_override.toml" };

static int read_file(const char *path, size_t max, const char *package, struct gp_userfile *f, struct gp_err *err)
{
	if (gp_file_read(path, max, &f->data, err) < 0)
		return -1;
	f->from = gp_strdup(path);
	f->package = package;
	gp_sha256_hex(f->data.data, f->data.len, f->sha256);
	return 0;
}

/* "#!/bin/python3", "#!/usr/bin/env python3" */
static bool is_python(struct gp_str text)
{
	struct gp_str line;

	return gp_text_line_next(&text, &line) && gp_str_starts(line, "#!") && gp_str_find(line, GP_STR("python")) >= 0;
}

int gp_userspace_check(enum gp_half half, struct gp_str data, struct gp_list *needed, struct gp_err *err)
{
	if (half == GP_HALF_LIBRARY)
		return gp_library_check(data, "ioctl", needed, err);
	if (!gp_text_nul_line(data) && is_python(data) && gp_str_find(data, GP_STR("frida")) >= 0)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED, "it is no Python program that uses frida");
}

static int load_library(const char *path, struct gp_usercopy *c, struct gp_err *err)
{
	if (read_file(path, LIBRARY_MAX, gp_userspace_file(GP_HALF_LIBRARY), &c->program, err) < 0 ||
	    gp_userspace_check(GP_HALF_LIBRARY, gp_buf_str(&c->program.data), &c->needed, err) < 0)
		return gp_within(err, "--unlock-lib '%s'", path);
	c->half = GP_HALF_LIBRARY;
	return 0;
}

/* Often its file is given. */
static int check_dir(const char *dir, struct gp_err *err)
{
	int thing = gp_thing_at(dir, err);

	if (thing < 0 || thing == GP_THING_DIR)
		return thing < 0 ? -1 : 0;
	if (thing == GP_THING_NONE)
		return gp_fail(err, GP_E_NOTFOUND, "there is no directory '%s'", dir);
	return gp_fail(err, GP_E_NOTFOUND, "'%s' is no directory: give the one that it is in", dir);
}

/* The place of the script: in the directory, or in a folder of its name below it. */
static int find_script(const char *dir, char **path, struct gp_err *err)
{
	const char *name = gp_userspace_file(GP_HALF_SCRIPT);
	gp_auto(gp_free_ptr) char *file = gp_path_join(dir, name);
	gp_auto(gp_free_ptr) char *below = gp_path_join(file, name);
	int thing = gp_thing_at(file, err);

	if (thing == GP_THING_FILE) {
		*path = gp_steal(&file);
		return 0;
	}
	if (thing < 0)
		return -1;
	if (thing == GP_THING_DIR && gp_is_file(below))
		return gp_fail(err, GP_E_NOTFOUND, "'%s' is a directory: give that", file);
	return gp_fail(err, GP_E_NOTFOUND, "no file '%s' in it", name);
}

/* It imports what Python and frida bring along: nothing else of its repository is needed. */
static int load_script(const char *dir, struct gp_usercopy *c, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = NULL;

	if (check_dir(dir, err) < 0 || find_script(dir, &path, err) < 0 ||
	    read_file(path, SCRIPT_MAX, gp_userspace_file(GP_HALF_SCRIPT), &c->program, err) < 0)
		return gp_within(err, "--unlock-script '%s'", dir);
	c->half = GP_HALF_SCRIPT;
	if (gp_userspace_check(GP_HALF_SCRIPT, gp_buf_str(&c->program.data), &c->needed, err) < 0)
		return gp_within(err, "--unlock-script '%s': '%s' is not DualCoder's script", dir, path);
	return 0;
}

int gp_userconf_file(enum gp_userconf which, const char *from, struct gp_str text, struct gp_list *warnings,
		     struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list said = { 0 };
	struct json_object *doc = NULL;
	int rc;

	if (gp_toml_read(from, text, &doc, err) < 0)
		return -1;
	rc = gp_userconf_check(which, doc, &said, err);
	json_object_put(doc);
	for (size_t i = 0; i < said.n; i++)
		gp_list_printf(warnings, "'%s': %s", from, said.v[i]);
	return rc < 0 ? gp_within(err, "'%s'", from) : 0;
}

static int load_config(const char *dir, struct gp_usercopy *c, struct gp_err *err)
{
	size_t n = 0;

	if (check_dir(dir, err) < 0)
		return -1;
	for (int i = 0; i < GP_USERCONF_COUNT; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, gp_userconf_name((enum gp_userconf)i));
		int thing = gp_thing_at(path, err);

		if (thing < 0)
			return -1;
		if (thing == GP_THING_NONE)
			continue;
		n++;
		if (read_file(path, CONFIG_MAX, config_path[i], &c->config[i], err) < 0 ||
		    gp_userconf_file((enum gp_userconf)i, c->config[i].from, gp_buf_str(&c->config[i].data),
				     &c->warnings, err) < 0)
			return -1;
	}
	if (n)
		return 0;
	return gp_fail(err, GP_E_NOTFOUND, "neither %s nor %s is in '%s'", gp_userconf_name(GP_USERCONF_CONFIG),
		       gp_userconf_name(GP_USERCONF_PROFILE), dir);
}

int gp_usercopy_load(const char *lib, const char *script, const char *config, struct gp_usercopy *out,
		     struct gp_err *err)
{
	gp_assert(!lib || !script);
	if ((lib && load_library(lib, out, err) < 0) || (script && load_script(script, out, err) < 0))
		return -1;
	return config && load_config(config, out, err) < 0 ? gp_within(err, "--unlock-config") : 0;
}

static void userfile_release(struct gp_userfile *f)
{
	free(f->from);
	gp_buf_release(&f->data);
	*f = (struct gp_userfile){ 0 };
}

void gp_usercopy_release(struct gp_usercopy *c)
{
	userfile_release(&c->program);
	gp_list_release(&c->needed);
	for (int i = 0; i < GP_USERCONF_COUNT; i++)
		userfile_release(&c->config[i]);
	gp_list_release(&c->warnings);
	*c = (struct gp_usercopy){ 0 };
}

const struct gp_userfile *gp_usercopy_next(const struct gp_usercopy *c, const struct gp_userfile *prev)
{
	const struct gp_userfile *const all[] = { &c->program, &c->config[0], &c->config[1] };
	bool past = !prev;

	for (size_t i = 0; i < GP_COUNT(all); i++) {
		if (past && all[i]->from)
			return all[i];
		past |= all[i] == prev;
	}
	return NULL;
}

bool gp_usercopy_any(const struct gp_usercopy *c)
{
	return gp_usercopy_next(c, NULL) != NULL;
}
