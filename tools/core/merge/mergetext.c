/* SPDX-License-Identifier: MIT */
#include "core/merge/mergetext.h"

#include <string.h>

#include "base/path.h"
#include "base/text.h"

#define MODULE "nvidia-vgpu-vfio"
#define SWITCH "VGX_KVM_BUILD"
#define BUILT "BUILT_MODULE_NAME["
#define DEST "DEST_MODULE_LOCATION["

static const char *const edit_names[] = { "nothing", "there", "done" };

const char *gp_merge_edit_name(enum gp_merge_edit e)
{
	return edit_names[e];
}

bool gp_merge_is_text(const char *path)
{
	static const char *const texts[] = { "kernel/conftest.sh", "kernel/Kbuild", "kernel/Makefile",
					     "kernel/dkms.conf" };

	for (size_t i = 0; i < GP_COUNT(texts); i++)
		if (strcmp(path, texts[i]) == 0)
			return true;
	return false;
}

/* All of text up to the byte `at`, then `more`, then the rest. */
static void insert(struct gp_str text, const char *at, const char *more, struct gp_buf *out)
{
	gp_buf_add(out, text.p, (size_t)(at - text.p));
	gp_buf_puts(out, more);
	gp_buf_add(out, at, text.len - (size_t)(at - text.p));
}

/* --- conftest.sh --- */

static int set_switch(const char *path, struct gp_str text, struct gp_buf *out, enum gp_merge_edit *edit,
		      struct gp_err *err)
{
	struct gp_str rest = text, line, place = { 0 };

	while (gp_text_line_next(&rest, &line)) {
		struct gp_str l = gp_str_trim(line);

		if (gp_str_eq(l, SWITCH "=1")) {
			gp_buf_add(out, text.p, text.len);
			*edit = GP_EDIT_THERE;
			return 0;
		}
		if (gp_str_starts(l, SWITCH "="))
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' sets " SWITCH " to something else than 1", path);
		if (!place.p && gp_str_starts(line, "# " SWITCH " "))
			place = line;
	}
	if (!place.p)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' has no line that begins with '# " SWITCH "', behind which " SWITCH "=1 belongs",
			       path);
	insert(text, place.p + place.len, "\n" SWITCH "=1", out);
	*edit = GP_EDIT_DONE;
	return 0;
}

/* --- lists of modules --- */

static bool parts_words(char c)
{
	return strchr(" \t\r\"'(),=", c) != NULL;
}

/* Where a word stands in a line that is no comment; NULL: nowhere. */
static const char *word_at(struct gp_str line, struct gp_str word)
{
	if (gp_str_starts(gp_str_trim(line), "#") || !word.len)
		return NULL;
	for (size_t i = 0; i + word.len <= line.len; i++) {
		const char *end = line.p + i + word.len;

		if (memcmp(line.p + i, word.p, word.len) == 0 && (i == 0 || parts_words(line.p[i - 1])) &&
		    (end == line.p + line.len || parts_words(*end)))
			return line.p + i;
	}
	return NULL;
}

/* The next line that names the module. */
static bool next_naming(struct gp_str *rest, struct gp_str *line)
{
	while (gp_text_line_next(rest, line))
		if (word_at(*line, GP_STR(MODULE)))
			return true;
	return false;
}

/* "NV_KERNEL_MODULES ?" of an assignment; empty: it is none. */
static struct gp_str assigned(struct gp_str line)
{
	const char *eq = memchr(line.p, '=', line.len);

	return gp_str_trim((struct gp_str){ line.p, eq ? (size_t)(eq - line.p) : 0 });
}

/* The word before the module in the host's line. */
static struct gp_str word_before(struct gp_str line)
{
	const char *end = word_at(line, GP_STR(MODULE)), *p;

	while (end > line.p && parts_words(end[-1]))
		end--;
	for (p = end; p > line.p && !parts_words(p[-1]);)
		p--;
	return (struct gp_str){ p, (size_t)(end - p) };
}

/* Where the module belongs in the desktop's assignment of that name: NULL when there is
 * none or another one besides, or when it does not have the host's word before it. */
static const char *place_in(struct gp_str text, struct gp_str host_line)
{
	struct gp_str name = assigned(host_line), before = word_before(host_line), rest = text, line;
	const char *place = NULL;
	size_t n = 0;

	while (name.len && gp_text_line_next(&rest, &line)) {
		const char *at = word_at(line, before);

		if (!gp_str_same(assigned(line), name))
			continue;
		n++;
		place = at ? at + before.len : NULL;
	}
	return n == 1 ? place : NULL;
}

/* The number of "NAME[3]=…"; 0 and false: it is no such line. */
static bool index_of(struct gp_str line, const char *name, uint64_t *index)
{
	struct gp_str l = gp_str_trim(line);
	const char *end;

	*index = 0;
	if (!gp_str_take(&l, name))
		return false;
	end = memchr(l.p, ']', l.len);
	return end && gp_parse_u64((struct gp_str){ l.p, (size_t)(end - l.p) }, 9999, index);
}

/* What stands behind "NAME[index]" in text; empty: nothing does. */
static struct gp_str value_of(struct gp_str text, const char *name, uint64_t index)
{
	struct gp_str rest = text, line;
	uint64_t i;

	while (gp_text_line_next(&rest, &line)) {
		if (index_of(line, name, &i) && i == index) {
			const char *end = memchr(line.p, ']', line.len);

			return (struct gp_str){ end + 1, line.len - (size_t)(end + 1 - line.p) };
		}
	}
	return (struct gp_str){ "", 0 };
}

/* The module as one more of dkms.conf's arrays. Out: false when the desktop has none. */
static bool add_built(struct gp_str host, struct gp_str host_line, struct gp_str text, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf more = { 0 };
	struct gp_str rest = text, line, name, dest;
	uint64_t i, last = 0, number = 0;
	const char *place = NULL;

	while (gp_text_line_next(&rest, &line)) {
		bool built = index_of(line, BUILT, &i);

		if (!built && !index_of(line, DEST, &i))
			continue;
		last = i > last ? i : last;
		place = line.p + line.len;
	}
	if (!place || !index_of(host_line, BUILT, &number))
		return false;
	name = value_of(host, BUILT, number);
	dest = value_of(host, DEST, number);
	gp_buf_printf(&more, "\n" BUILT "%u]%.*s", (unsigned)last + 1, (int)name.len, name.p);
	if (dest.len)
		gp_buf_printf(&more, "\n" DEST "%u]%.*s", (unsigned)last + 1, (int)dest.len, dest.p);
	insert(text, place, more.data, out);
	return true;
}

/* The text with one of the host's lines that name the module. */
static int put_module(const char *path, struct gp_str host, struct gp_str host_line, struct gp_str text,
		      struct gp_buf *out, struct gp_err *err)
{
	const char *place = place_in(text, host_line);

	if (add_built(host, host_line, text, out))
		return 0;
	if (!place)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' of the desktop has no place for " MODULE ", which the host "
			       "names in '%.*s'",
			       path, (int)(host_line.len < 120 ? host_line.len : 120), host_line.p);
	insert(text, place, " " MODULE, out);
	return 0;
}

/* nvidia-installer writes the arrays of such a dkms.conf from the manifest's modules. */
static bool is_template(struct gp_str text)
{
	struct gp_str rest = text, line;

	while (gp_text_line_next(&rest, &line))
		if (gp_str_eq(gp_str_trim(line), "__DKMS_MODULES"))
			return true;
	return false;
}

static int put_modules(const char *path, struct gp_str host, struct gp_str desktop, struct gp_buf *out,
		       enum gp_merge_edit *edit, struct gp_err *err)
{
	struct gp_str rest = host, line, other = desktop, unused;
	bool there = next_naming(&other, &unused) || is_template(desktop);

	gp_buf_add(out, desktop.p, desktop.len);
	*edit = there ? GP_EDIT_THERE : GP_EDIT_NOTHING;
	while (!there && next_naming(&rest, &line)) {
		struct gp_buf next = { 0 };

		if (put_module(path, host, line, gp_buf_str(out), &next, err) < 0) {
			gp_buf_release(&next);
			return -1;
		}
		gp_buf_release(out);
		*out = next;
		*edit = GP_EDIT_DONE;
	}
	return 0;
}

int gp_merge_text(const char *path, struct gp_str host, struct gp_str desktop, struct gp_buf *out,
		  enum gp_merge_edit *edit, struct gp_err *err)
{
	if (strcmp(gp_path_base(path), "conftest.sh") == 0)
		return set_switch(path, desktop, out, edit, err);
	return put_modules(path, host, desktop, out, edit, err);
}
