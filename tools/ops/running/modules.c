/* SPDX-License-Identifier: MIT */
/* What is loaded, and is it what lies on the disk? */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/tri.h"
#include "core/driver/kofile.h"
#include "core/module/modload.h"
#include "ops/host/machine.h"
#include "ops/proof/modfile.h"
#include "ops/running/running.h"

/* Source: the manifests of host and merged drivers 460 - 580; the first two are needed. */
static const char *const NAMES[GP_RUN_MODULES] = { "nvidia",     "nvidia-vgpu-vfio", "nvidia-uvm",
						   "nvidia-drm", "nvidia-modeset",   "nvidia-peermem" };
#define NEEDED 2

static char *loaded_text(const struct gp_running *r, const char *name, const char *what)
{
	gp_auto(gp_free_ptr) char *of = gp_ko_name(gp_str_of(name));
	gp_auto(gp_free_ptr) char *path = gp_asprintf("/sys/module/%s/%s", of, what);

	return gp_machine_line(r->checkup.machine, path);
}

/* Source: Documentation/ABI/testing/sysfs-module: initstate is "live" when it is loaded. */
static enum gp_tri is_loaded(const struct gp_running *r, const char *name)
{
	gp_auto(gp_free_ptr) char *state = loaded_text(r, name, "initstate");

	if (state)
		return strcmp(state, "live") == 0 ? GP_TRI_YES : GP_TRI_NO;
	/* In a container these are the modules of the machine around it, if any are shown. */
	return r->checkup.machine->inside || gp_machine_has(r->checkup.machine, "/sys/module") != GP_TRI_YES ?
		       GP_TRI_UNKNOWN :
		       GP_TRI_NO;
}

/* --- the files --- */

/*
 * The file of a module, by the list that depmod makes for modprobe: its order of
 * directories (depmod.d) is in it already, and each module has one line.
 * Source: modules.dep(5) of kmod 30: "PATH: DEPENDENCY …", relative to the list's place.
 */
static char *file_in(struct gp_str list, const char *dir, const char *module)
{
	gp_auto(gp_free_ptr) char *wanted = gp_ko_name(gp_str_of(module));
	struct gp_str line;

	while (gp_text_line_next(&list, &line)) {
		ssize_t colon = gp_str_find(line, GP_STR(":"));
		struct gp_str path = { line.p, colon < 0 ? 0 : (size_t)colon }, base = path;
		gp_auto(gp_free_ptr) char *name = NULL;
		ssize_t at;

		while ((at = gp_str_find(base, GP_STR("/"))) >= 0)
			base = gp_str_skip(base, (size_t)at + 1);
		at = gp_str_find(base, GP_STR(".ko"));
		if (at < 0)
			continue;
		name = gp_ko_name((struct gp_str){ base.p, (size_t)at });
		if (strcmp(name, wanted) == 0)
			return gp_asprintf("%s%s%.*s", *path.p == '/' ? "" : dir, *path.p == '/' ? "" : "/",
					   (int)path.len, path.p);
	}
	return NULL;
}

/* What a file says, as far as it is asked here. A record has that in place of a file of a
 * hundred megabytes: module-NAME, a line `key=value` for each. */
struct on_disk {
	char *srcversion, *version; /* NULL: it does not say */
	char *build;                /* the beginning of its build id; NULL */
	char *hooks;                /* "none", "whole", or what is wrong with them */
	char *damaged;              /* why it is no module; NULL */
};

static void on_disk_release(struct on_disk *d)
{
	free(d->srcversion);
	free(d->version);
	free(d->build);
	free(d->hooks);
	free(d->damaged);
}

static char *info_of(const struct gp_modfile *f, const char *key)
{
	struct gp_str v = gp_module_info(&f->m, key);

	return v.p ? gp_strndup(v.p, v.len < 80 ? v.len : 80) : NULL;
}

/*
 * Sixteen digits of the build id that a note has: enough to tell two builds apart, and few
 * enough to stay in a record. NULL: it is none.
 * Source: gABI 5, "Note Section" (three words, the name, the bytes); ld(1), --build-id:
 *         name "GNU", type 3. Bytes are those of x86.
 */
static char *build_of(struct gp_str text)
{
	static const char head[] = "\4\0\0\0\24\0\0\0\3\0\0\0GNU";
	char hex[17];

	if (text.len < sizeof(head) + 20 || memcmp(text.p, head, sizeof(head)) != 0)
		return NULL;
	gp_hex((const uint8_t *)text.p + sizeof(head), 8, hex);
	return gp_strdup(hex);
}
#define BUILD_NOTE ".note.gnu.build-id"

static char *build_in(const struct gp_modfile *f)
{
	const struct gp_modsection *s = gp_module_section(&f->m, BUILD_NOTE);
	struct gp_str image = gp_modfile_image(f);

	return s ? build_of((struct gp_str){ image.p + s->off, (size_t)s->size }) : NULL;
}

/* Source: kernel/module/sysfs.c of 6.6, add_notes_attrs(): the section as it is. */
static char *build_loaded(const struct gp_running *r, const char *name)
{
	gp_auto(gp_free_ptr) char *of = gp_ko_name(gp_str_of(name));
	gp_auto(gp_free_ptr) char *path = gp_asprintf("/sys/module/%s/notes/" BUILD_NOTE, of);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	return gp_machine_read(r->checkup.machine, path, &text, NULL) == GP_TRI_YES ? build_of(gp_buf_str(&text)) :
										      NULL;
}

static char *hooks_of(const struct gp_modfile *f)
{
	const struct gp_modunit unit = { .file = f->file, .name = f->name, .m = &f->m };
	const struct gp_modload_opts o = { 0 };
	gp_auto(gp_modfindings_release) struct gp_modfindings found = { 0 };

	gp_modload(&unit, 1, &o, &found);
	for (size_t i = 0; i < found.n; i++)
		if (strcmp(found.v[i].check, "hooks") == 0 && found.v[i].severity == GP_FIND_ERROR)
			return gp_strdup(found.v[i].text);
	return gp_strdup(f->m.hook_beg.found ? "whole" : "none");
}

static void note(const struct gp_running *r, const char *name, const struct on_disk *d)
{
	const struct {
		const char *key, *value;
	} lines[] = { { "srcversion", d->srcversion },
		      { "version", d->version },
		      { "build", d->build },
		      { "hooks", d->hooks },
		      { "damaged", d->damaged } };
	gp_auto(gp_free_ptr) char *record = gp_asprintf("module-%s", name);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < GP_COUNT(lines); i++)
		if (lines[i].value)
			gp_buf_printf(&text, "%s=%s\n", lines[i].key, lines[i].value);
	gp_machine_note(r->checkup.machine, record, gp_buf_str(&text), 0);
}

static char *noted_value(struct gp_str text, const char *key)
{
	struct gp_str v;

	return gp_text_setting(text, key, &v) && v.len ? gp_strndup(v.p, v.len) : NULL;
}

/* Yes: it was recorded. */
static enum gp_tri read_note(const struct gp_running *r, const char *name, struct on_disk *out, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *record = gp_asprintf("module-%s", name);
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	enum gp_tri there = gp_machine_noted(r->checkup.machine, record, &said, why);
	struct gp_str text = gp_buf_str(&said.text);

	if (there != GP_TRI_YES)
		return there;
	*out = (struct on_disk){
		.srcversion = noted_value(text, "srcversion"),
		.version = noted_value(text, "version"),
		.build = noted_value(text, "build"),
		.hooks = noted_value(text, "hooks"),
		.damaged = noted_value(text, "damaged"),
	};
	return GP_TRI_YES;
}

/* Of that machine's file, or of what was recorded of it. */
static enum gp_tri read_file(const struct gp_running *r, const struct gp_run_module *m, struct on_disk *out,
			     struct gp_list *why)
{
	gp_auto(gp_modfile_release) struct gp_modfile f = { 0 };
	enum gp_tri there = read_note(r, m->name, out, why);
	struct gp_err err = { 0 };
	int fd = -1, rc;

	if (there == GP_TRI_NO)
		there = gp_machine_open_file(r->checkup.machine, m->file, &fd, why);
	if (there != GP_TRI_YES || fd < 0)
		return there;
	rc = gp_modfile_open_fd(fd, m->file, &f, &err);
	close(fd);
	if (rc < 0 && gp_code_exit(err.code) != gp_code_exit(GP_E_FORMAT)) {
		gp_list_add(why, err.cause);
		return GP_TRI_UNKNOWN;
	}
	if (rc < 0)
		out->damaged = gp_strdup(err.cause);
	else
		*out = (struct on_disk){
			.srcversion = info_of(&f, "srcversion"),
			.version = info_of(&f, "version"),
			.build = build_in(&f),
			.hooks = hooks_of(&f),
		};
	note(r, m->name, out);
	return GP_TRI_YES;
}

/* --- the hooks in nvidia.ko --- */

static bool has_types(const struct gp_running *r)
{
	for (size_t i = 0; i < r->ncard; i++)
		if (r->card[i].types || r->card[i].functions)
			return true;
	return false;
}

static void tell_hooks(struct gp_running *r, const char *hooks)
{
	bool none = strcmp(hooks, "none") == 0;

	r->hooks = strcmp(hooks, "whole") == 0 ? GP_TRI_YES : GP_TRI_NO;
	if (r->hooks == GP_TRI_YES)
		gp_checkup_add(&r->checkup, "hooks", GP_HEALTH_OK, NULL, "nvidia.ko has the hooks, and their symbols");
	else if (none && !r->wants_hooks)
		gp_checkup_add(&r->checkup, "hooks", GP_HEALTH_OK, NULL,
			       "nvidia.ko has no hooks, and no card here is known to need them");
	else
		/* Other projects' hooks have no such symbols. */
		gp_checkup_add(&r->checkup, "hooks", none && has_types(r) ? GP_HEALTH_ATTENTION : GP_HEALTH_MISSING,
			       gp_strdup("gridpatch RUN --hooks DIR, and install what it writes with --dkms"),
			       "nvidia.ko: %s",
			       none ? "it has none of DualCoder's hooks, which a card here needs" : hooks);
}

/* --- one module --- */

static const char REBUILD[] = "dkms install --force nvidia/VERSION -k \"$(uname -r)\", and reboot";

static void tell_same(struct gp_running *r, struct gp_run_module *m, const char *in_file, const char *loaded,
		      const char *what)
{
	m->same = strcmp(in_file, loaded) == 0 ? GP_TRI_YES : GP_TRI_NO;
	if (m->same == GP_TRI_YES)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_OK, NULL, "%s is loaded, and is what %s is (%s %s)",
			       m->name, m->file, what, loaded);
	else
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_ATTENTION,
			       gp_strdup("reboot, or stop what uses it, unload it, and load it again"),
			       "%s is loaded, and %s is another one: %s %s is loaded, %s on the disk", m->name, m->file,
			       what, loaded, in_file);
}

/* srcversion is a sum of the sources that lie beside the objects: not of the hooks, and not
 * of a blob. The build id is of all that was linked. A module without both is told by its
 * version. */
static void tell_loaded(struct gp_running *r, struct gp_run_module *m, const struct on_disk *d)
{
	gp_auto(gp_free_ptr) char *srcversion = loaded_text(r, m->name, "srcversion");
	gp_auto(gp_free_ptr) char *build = build_loaded(r, m->name);

	if (d->damaged)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_MISSING, gp_strdup(REBUILD),
			       "%s is no module that could be loaded: %s", m->file, d->damaged);
	else if (m->loaded != GP_TRI_YES)
		return;
	else if (d->build && build && d->srcversion && srcversion && strcmp(d->srcversion, srcversion) == 0)
		tell_same(r, m, d->build, build, "build id");
	else if (d->srcversion && srcversion)
		tell_same(r, m, d->srcversion, srcversion, "srcversion");
	else if (d->version && m->version)
		tell_same(r, m, d->version, m->version, "version");
	else
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_UNKNOWN, NULL,
			       "%s is loaded; whether it is what %s is cannot be told", m->name, m->file);
}

static void compare(struct gp_running *r, struct gp_run_module *m)
{
	gp_auto(on_disk_release) struct on_disk d = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	enum gp_tri read = read_file(r, m, &d, &why);

	if (read == GP_TRI_NO && r->checkup.machine->root)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_UNKNOWN, NULL, "%s: %s was not recorded", m->name,
			       m->file);
	else if (read == GP_TRI_NO)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_MISSING, gp_strdup("depmod -a"),
			       "%s, which modprobe would take for %s, is not there", m->file, m->name);
	else if (read == GP_TRI_UNKNOWN)
		gp_checkup_unknown(&r->checkup, "loaded", m->file, &why);
	if (read != GP_TRI_YES)
		return;
	if (m == r->module && d.hooks)
		tell_hooks(r, d.hooks);
	tell_loaded(r, m, &d);
}

static void tell_absent(struct gp_running *r, const struct gp_run_module *m, bool list)
{
	if (m->loaded == GP_TRI_UNKNOWN)
		gp_checkup_unknown(&r->checkup, "loaded", m->name, NULL);
	else if (m->loaded == GP_TRI_YES)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_ATTENTION, gp_strdup(REBUILD),
			       "%s is loaded, and %s for the kernel that runs", m->name,
			       list ? "modprobe finds none" : "there is no list of modules");
	else if (m->file)
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_MISSING,
			       gp_asprintf("modprobe %s; dmesg | tail", m->name), "%s is not loaded, and %s is there",
			       m->name, m->file);
	else
		gp_checkup_add(&r->checkup, "loaded", GP_HEALTH_MISSING, gp_strdup(REBUILD),
			       "%s is not loaded, and modprobe finds none for the kernel that runs", m->name);
}

static void look(struct gp_running *r, struct gp_run_module *m, const struct gp_buf *list, const char *dir)
{
	m->loaded = is_loaded(r, m->name);
	m->version = m->loaded == GP_TRI_YES ? loaded_text(r, m->name, "version") : NULL;
	m->file = list ? file_in(gp_buf_str(list), dir, m->name) : NULL;
	if (!m->needed && m->loaded != GP_TRI_YES)
		return;
	if (m->loaded != GP_TRI_YES || !m->file)
		tell_absent(r, m, list);
	if (m->file)
		compare(r, m);
}

void gp_running_modules(struct gp_running *r)
{
	gp_auto(gp_buf_release) struct gp_buf list = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("/lib/modules/%s", r->checkup.running ? r->checkup.running : "");
	gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/modules.dep", dir);
	enum gp_tri there =
		!r->checkup.running ? GP_TRI_UNKNOWN : gp_machine_read(r->checkup.machine, path, &list, &why);

	if (there == GP_TRI_NO && !r->checkup.machine->inside)
		gp_checkup_add(&r->checkup, "modules", GP_HEALTH_MISSING, gp_strdup("depmod -a"),
			       "%s is not there: modprobe finds nothing", path);
	else if (there != GP_TRI_YES)
		gp_checkup_unknown(&r->checkup, "modules", "the modules of the kernel that runs", &why);
	for (size_t i = 0; i < GP_RUN_MODULES; i++) {
		r->module[i] = (struct gp_run_module){ .name = NAMES[i], .needed = i < NEEDED, .same = GP_TRI_UNKNOWN };
		look(r, &r->module[i], there == GP_TRI_YES ? &list : NULL, dir);
	}
}
