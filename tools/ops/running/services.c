/* SPDX-License-Identifier: MIT */
/* The services that run: their states, and whether what runs has what their files say. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/driver/unit.h"
#include "ops/driver/userspace.h"
#include "ops/host/machine.h"
#include "ops/running/running.h"

/* --- what the files say --- */

/* Source: systemd.unit(5), "Unit File Load Path": the first has a unit; of drop-ins of one
 * name, too, and they are read in the order of their names. */
static const char *const PLACES[] = { "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
				      "/usr/lib/systemd/system", "/lib/systemd/system" };

static enum gp_tri append(const struct gp_running *r, const char *path, struct gp_buf *text, struct gp_list *why)
{
	enum gp_tri there = gp_machine_read(r->checkup.machine, path, text, why);

	if (there == GP_TRI_YES)
		gp_buf_putc(text, '\n');
	return there;
}

static enum gp_tri append_unit(const struct gp_running *r, const char *unit, struct gp_buf *text, struct gp_list *why)
{
	enum gp_tri there = GP_TRI_NO;

	for (size_t i = 0; i < GP_COUNT(PLACES) && there == GP_TRI_NO; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(PLACES[i], unit);

		there = append(r, path, text, why);
	}
	return there;
}

static enum gp_tri append_drop_in(const struct gp_running *r, const char *unit, const char *name, struct gp_buf *text,
				  struct gp_list *why)
{
	enum gp_tri there = GP_TRI_NO;

	for (size_t i = 0; i < GP_COUNT(PLACES) && there == GP_TRI_NO; i++) {
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s.d/%s", PLACES[i], unit, name);

		there = append(r, path, text, why);
	}
	return there;
}

static bool list_drop_ins(const struct gp_running *r, const char *unit, struct gp_list *out, struct gp_list *why)
{
	bool known = true;

	for (size_t i = 0; i < GP_COUNT(PLACES); i++) {
		gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/%s.d", PLACES[i], unit);
		gp_auto(gp_list_release) struct gp_list names = { 0 };

		known &= gp_machine_names(r->checkup.machine, dir, &names, why) != GP_TRI_UNKNOWN;
		for (size_t k = 0; k < names.n; k++)
			if (gp_str_ends(gp_str_of(names.v[k]), ".conf") && !gp_list_has(out, names.v[k]))
				gp_list_add(out, names.v[k]);
	}
	gp_list_sort(out);
	return known;
}

/* All of a unit, as systemd would put it together. */
static enum gp_tri read_unit(const struct gp_running *r, const char *unit, struct gp_buf *text, struct gp_list *why)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	enum gp_tri there = append_unit(r, unit, text, why);

	if (there != GP_TRI_YES)
		return there;
	if (!list_drop_ins(r, unit, &names, why))
		return GP_TRI_UNKNOWN;
	for (size_t i = 0; i < names.n; i++)
		if (append_drop_in(r, unit, names.v[i], text, why) != GP_TRI_YES)
			return GP_TRI_UNKNOWN;
	return GP_TRI_YES;
}

/* --- what runs --- */

/* Source: systemctl(1), show; org.freedesktop.systemd1(5): MainPID is 0 when there is none. */
static enum gp_tri ask_systemd(const struct gp_running *r, const char *unit, char **state, uint64_t *pid,
			       struct gp_list *why)
{
	const char *const argv[] = { "systemctl", "show", unit, "-p", "LoadState,ActiveState,SubState,MainPID", NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	gp_auto(gp_free_ptr) char *record = gp_asprintf("unit-%s", unit);
	enum gp_tri ran = gp_machine_ask(r->checkup.machine, record, argv, &said, why);
	struct gp_str v;

	if (ran != GP_TRI_YES)
		return GP_TRI_UNKNOWN;
	if (gp_text_setting(gp_buf_str(&said.text), "ActiveState", &v))
		*state = gp_strndup(v.p, v.len < 40 ? v.len : 40);
	if (!gp_text_setting(gp_buf_str(&said.text), "MainPID", &v) || !gp_parse_u64(v, UINT32_MAX, pid))
		*pid = 0;
	return *state ? GP_TRI_YES : GP_TRI_UNKNOWN;
}

/* The library in a process's LD_PRELOAD; *path stays NULL when it is not there.
 * Source: proc(5), environ: NUL after each; ld.so(8): blanks or colons in LD_PRELOAD. */
static enum gp_tri preloaded(const struct gp_running *r, uint64_t pid, char **path, struct gp_list *why)
{
	gp_auto(gp_free_ptr) char *file = gp_asprintf("/proc/%llu/environ", (unsigned long long)pid);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	enum gp_tri there = gp_machine_read(r->checkup.machine, file, &text, why);
	const char *at = text.data, *end = text.data + text.len;

	for (; there == GP_TRI_YES && at < end; at += strlen(at) + 1) {
		struct gp_str rest = gp_str_of(at), word;

		if (!gp_str_take(&rest, "LD_PRELOAD="))
			continue;
		for (char *p = text.data; p < end; p++)
			*p = *p == ':' ? ' ' : *p;
		while (!*path && gp_word_next(&rest, &word)) {
			*path = gp_strndup(word.p, word.len);
			if (strcmp(gp_path_base(*path), gp_userspace_file(GP_HALF_LIBRARY)) != 0) {
				free(*path);
				*path = NULL;
			}
		}
		break;
	}
	return there;
}

/* --- what that means --- */

static const char RESTART[] = "systemctl daemon-reload; systemctl restart nvidia-vgpud nvidia-vgpu-mgr";
#define ID "preload"

static void tell_running(struct gp_running *r, struct gp_run_service *s, const char *said, const char *runs)
{
	struct gp_checkup *c = &r->checkup;

	s->preloads = runs ? GP_TRI_YES : GP_TRI_NO;
	if (said && runs && strcmp(said, runs) == 0)
		gp_checkup_add(c, ID, GP_HEALTH_OK, NULL, "%s runs with %s, as its files say", s->unit, runs);
	else if (said && runs)
		gp_checkup_add(c, ID, GP_HEALTH_ATTENTION, gp_strdup(RESTART),
			       "%s runs with %s, and its files say %s: they were changed since it began", s->unit, runs,
			       said);
	else if (said)
		gp_checkup_add(c, ID, GP_HEALTH_ATTENTION, gp_strdup(RESTART),
			       "%s runs without %s, and its files say it: they were changed since it began", s->unit,
			       said);
	else if (runs)
		gp_checkup_add(c, ID, GP_HEALTH_ATTENTION, gp_strdup(RESTART),
			       "%s runs with %s, and its files do not say so any more", s->unit, runs);
	else if (r->wants_hooks)
		gp_checkup_add(
			c, ID, GP_HEALTH_MISSING, gp_strdup("gridpatch RUN --unlock-lib FILE, and install again"),
			"%s runs without %s, which a card here needs", s->unit, gp_userspace_file(GP_HALF_LIBRARY));
	else
		gp_checkup_add(c, ID, GP_HEALTH_OK, NULL, "%s runs without vgpu_unlock, which no card here needs",
			       s->unit);
}

static void tell_library(struct gp_running *r, const struct gp_run_service *s, const char *said)
{
	if (*said == '/' && gp_machine_has(r->checkup.machine, said) == GP_TRI_NO)
		gp_checkup_add(&r->checkup, ID, GP_HEALTH_MISSING,
			       gp_asprintf("put the library to %s, then %s", said, RESTART),
			       "%s is to be started with %s, which is not there: it runs without", s->unit, said);
}

/* The other half is in the program's place, and leaves no trace in its environment. */
static bool uses_script(struct gp_str text)
{
	gp_auto(gp_free_ptr) char *path = NULL;

	return gp_unit_uses(text, GP_HALF_SCRIPT, gp_userspace_file(GP_HALF_SCRIPT), &path, NULL) == 0 && path;
}

static void check_preload(struct gp_running *r, struct gp_run_service *s, uint64_t pid)
{
	gp_auto(gp_free_ptr) char *said = NULL, *runs = NULL;
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	enum gp_tri there = read_unit(r, s->unit, &text, &why);
	struct gp_err err = { 0 };

	if (there == GP_TRI_YES &&
	    gp_unit_uses(gp_buf_str(&text), GP_HALF_LIBRARY, gp_userspace_file(GP_HALF_LIBRARY), &said, &err) < 0) {
		gp_list_add(&why, err.cause);
		there = GP_TRI_UNKNOWN;
	}
	if (there != GP_TRI_YES) {
		gp_checkup_unknown(&r->checkup, ID, s->unit, &why);
		return;
	}
	if (said)
		tell_library(r, s, said);
	if (!said && uses_script(gp_buf_str(&text)))
		gp_checkup_add(&r->checkup, ID, GP_HEALTH_OK, NULL, "%s is started by DualCoder's script", s->unit);
	else if (pid && preloaded(r, pid, &runs, &why) == GP_TRI_YES)
		tell_running(r, s, said, runs);
	else if (pid)
		gp_checkup_unknown(&r->checkup, ID, s->unit, &why);
}

static void check_service(struct gp_running *r, struct gp_run_service *s)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	uint64_t pid = 0;

	if (!gp_host_has_unit(r->checkup.machine, s->unit)) {
		gp_checkup_add(&r->checkup, "services", gp_checkup_missing(&r->checkup),
			       gp_strdup("install a host driver; gridpatch info RUN says what kind one is"),
			       "%s is not installed", s->unit);
		return;
	}
	if (ask_systemd(r, s->unit, &s->state, &pid, &why) != GP_TRI_YES)
		gp_checkup_unknown(&r->checkup, "services", s->unit, &why);
	else
		gp_check_unit_state(&r->checkup, s->unit, gp_str_of(s->state));
	check_preload(r, s, pid);
}

void gp_running_services(struct gp_running *r)
{
	for (size_t i = 0; i < GP_HOST_UNITS; i++) {
		r->service[i] = (struct gp_run_service){ .unit = gp_host_units[i], .preloads = GP_TRI_UNKNOWN };
		check_service(r, &r->service[i]);
	}
}
