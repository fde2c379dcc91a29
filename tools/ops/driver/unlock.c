/* SPDX-License-Identifier: MIT */
#include "ops/driver/unlock.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/dkmsconf.h"

static const char INCLUDE_LINE[] = "#include \"../unlock/vgpu_unlock_hooks.c\"\n";
static const char LDFLAGS_LINE[] = "ldflags-y += -T $(src)/nvidia/kern.ld\n";

/* Where the pieces of an integration were seen. */
struct pieces {
	const char *hooks, *kern_ld, *included, *linked;
	char *far_hooks, *far_kern_ld; /* what an installed tree takes from this machine; NULL */
};

static void pieces_release(struct pieces *p)
{
	free(p->far_hooks);
	free(p->far_kern_ld);
}

static bool read_source(const struct gp_tree *t, const char *path, struct gp_str *text)
{
	return gp_tree_has(t, path) && gp_tree_read(t, path, text, NULL) == 0;
}

static void look_at(const struct gp_tree *t, const char *path, struct pieces *p)
{
	struct gp_str name = gp_str_of(gp_path_base(path)), text;

	if (!gp_path_under(path, "kernel") && !gp_path_under(path, "kernel-open"))
		return;
	if (!gp_tree_has(t, path))
		return;
	if (gp_str_eq(name, "vgpu_unlock_hooks.c"))
		p->hooks = path;
	if (gp_str_eq(name, "kern.ld"))
		p->kern_ld = path;
	if ((gp_str_ends(name, ".c") || gp_str_ends(name, ".h")) && !gp_str_eq(name, "vgpu_unlock_hooks.c") &&
	    read_source(t, path, &text) && gp_hooks_included(text))
		p->included = path;
	if ((gp_str_ends(name, "Kbuild") || gp_str_eq(name, "Makefile")) && read_source(t, path, &text) &&
	    gp_hooks_linked(text))
		p->linked = path;
}

static void find_pieces(const struct gp_runfile *rf, const struct gp_tree *t, struct pieces *p)
{
	for (size_t i = 0; i < rf->n; i++)
		if (!rf->entry[i].superseded && rf->entry[i].type != GP_ENTRY_DIR)
			look_at(t, rf->entry[i].path, p);
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_NEW)
			look_at(t, t->file[i].path, p);
}

/* An absolute path in a line is a file of this machine's, as DualCoder's README has it. */
static void find_far(const struct gp_tree *t, struct pieces *p)
{
	struct gp_str text, path;

	if (!p->hooks && p->included && read_source(t, p->included, &text)) {
		path = gp_hooks_include_path(text);
		p->far_hooks = gp_str_starts(path, "/") ? gp_strndup(path.p, path.len) : NULL;
		p->hooks = p->far_hooks && gp_is_file(p->far_hooks) ? p->far_hooks : NULL;
	}
	if (!p->kern_ld && p->linked && read_source(t, p->linked, &text)) {
		path = gp_hooks_link_path(text);
		p->far_kern_ld = gp_str_starts(path, "/") ? gp_strndup(path.p, path.len) : NULL;
		p->kern_ld = p->far_kern_ld && gp_is_file(p->far_kern_ld) ? p->far_kern_ld : NULL;
	}
}

static void conclude(const struct pieces *p, const struct gp_manifest *m, struct gp_altered *out)
{
	const char *missing = !p->hooks                             ? "the file vgpu_unlock_hooks.c" :
			      !p->included                          ? "its #include" :
			      !p->kern_ld                           ? "the file kern.ld" :
			      !p->linked                            ? "the -T kern.ld in a Kbuild file" :
			      m && !gp_manifest_find(m, p->hooks)   ? "the manifest line of vgpu_unlock_hooks.c" :
			      m && !gp_manifest_find(m, p->kern_ld) ? "the manifest line of kern.ld" :
								      NULL;

	if (!p->hooks && !p->included && !p->linked && !p->kern_ld)
		return;
	out->hooks = missing ? GP_UNLOCK_PARTIAL : GP_UNLOCK_COMPLETE;
	out->outside = p->hooks && p->hooks == p->far_hooks;
	out->hooks_file = p->hooks ? gp_strdup(p->hooks) : NULL;
	out->missing = missing ? gp_strdup(missing) : NULL;
}

/* nvidia.ko's sources lie in kernel/nvidia/; NVIDIA's tag there is "NVIDIA"
 * (nv-frontend.c in 460 and 470, nv.c from 515 on). */
static void find_licence(const struct gp_runfile *rf, const struct gp_tree *t, struct gp_altered *out)
{
	for (size_t i = 0; i < rf->n && !out->licence; i++) {
		const char *path = rf->entry[i].path;
		struct gp_str text, tag;

		if (!gp_path_under(path, "kernel/nvidia") || !gp_str_ends(gp_str_of(path), ".c") ||
		    !read_source(t, path, &text))
			continue;
		tag = gp_module_licence(text);
		if (tag.len && !gp_str_eq(tag, "NVIDIA"))
			out->licence = gp_strndup(tag.p, tag.len);
	}
}

int gp_altered_find(const struct gp_runfile *rf, const struct gp_tree *t, const struct gp_manifest *m,
		    struct gp_altered *out, struct gp_err *err)
{
	gp_auto(pieces_release) struct pieces p = { 0 };
	struct gp_str conf;

	*out = (struct gp_altered){ 0 };
	find_pieces(rf, t, &p);
	if (!m)
		find_far(t, &p);
	conclude(&p, m, out);
	find_licence(rf, t, out);
	if (m) /* an installed tree has only kernel sources */
		gp_userspace_find(t, m, &out->user);
	if (!read_source(t, GP_DKMS_CONF, &conf))
		return 0;
	/* bash drops it, and reads what a search in the text would not find. */
	if (gp_text_nul_line(conf)) {
		gp_altered_release(out);
		return gp_fail(err, GP_E_FORMAT, "'%s' line %zu has a NUL byte", GP_DKMS_CONF, gp_text_nul_line(conf));
	}
	gp_dkms_patches(conf, &out->dkms_patches);
	return 0;
}

void gp_altered_release(struct gp_altered *a)
{
	if (!a)
		return;
	free(a->hooks_file);
	free(a->missing);
	free(a->licence);
	gp_list_release(&a->dkms_patches);
	gp_userspace_release(&a->user);
	*a = (struct gp_altered){ 0 };
}

bool gp_altered_any(const struct gp_altered *a)
{
	return a->hooks != GP_UNLOCK_ABSENT || a->licence || a->dkms_patches.n || a->user.state != GP_UNLOCK_ABSENT;
}

static int put_include(struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;
	size_t off;

	if (gp_tree_read(t, GP_UNLOCK_OS_INTERFACE, &text, err) < 0) {
		if (err && err->code == GP_E_NOTFOUND)
			err->code = GP_E_UNSUPPORTED;
		return -1;
	}
	if (gp_hooks_included(text))
		return 0;
	if (gp_hooks_place(text, &off, err) < 0)
		return gp_within(err, "'%s'", GP_UNLOCK_OS_INTERFACE);
	gp_buf_add(&out, text.p, off);
	if (off && text.p[off - 1] != '\n')
		gp_buf_putc(&out, '\n');
	gp_buf_puts(&out, INCLUDE_LINE);
	gp_buf_add(&out, text.p + off, text.len - off);
	return gp_tree_write(t, GP_UNLOCK_OS_INTERFACE, gp_buf_str(&out), -1, err);
}

static int put_ldflags(struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str text;

	if (gp_tree_read(t, GP_UNLOCK_KBUILD, &text, err) < 0) {
		if (err && err->code == GP_E_NOTFOUND)
			err->code = GP_E_UNSUPPORTED;
		return -1;
	}
	if (gp_hooks_linked(text))
		return 0;
	gp_buf_add(&out, text.p, text.len);
	/* NVIDIA's file may lack its last newline; a glued line would be lost. */
	if (out.len && out.data[out.len - 1] != '\n')
		gp_buf_putc(&out, '\n');
	gp_buf_puts(&out, LDFLAGS_LINE);
	return gp_tree_write(t, GP_UNLOCK_KBUILD, gp_buf_str(&out), -1, err);
}

int gp_unlock_integrate(struct gp_tree *t, const struct gp_hookcopy *h, struct gp_err *err)
{
	if (put_include(t, err) < 0 || put_ldflags(t, err) < 0 ||
	    gp_tree_write(t, GP_UNLOCK_HOOKS, gp_buf_str(&h->source), -1, err) < 0 ||
	    gp_tree_write(t, GP_UNLOCK_KERN_LD, gp_buf_str(&h->kern_ld), -1, err) < 0)
		return gp_within(err, "hooks");
	return 0;
}
