/* SPDX-License-Identifier: MIT */
#include "cmd/report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "core/payload/codec.h"
#include "core/payload/runheader.h"
#include "core/payload/stubrisk.h"
#include "core/rules/half.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/driver/driver.h"
#include "ops/driver/installed.h"
#include "ops/driver/unlock.h"
#include "ops/run/runfile.h"
#include "cmd/report/progress.h"
#include "cmd/report/terminal.h"
#include "cmd/report/userhalf_report.h"

const char *gp_say_size(uint64_t bytes, char out[32])
{
	if (bytes < 10000)
		snprintf(out, 32, "%llu bytes", (unsigned long long)bytes);
	else if (bytes < 1000000)
		snprintf(out, 32, "%.1f kB", (double)bytes / 1e3);
	else
		snprintf(out, 32, "%.1f MB", (double)bytes / 1e6);
	return out;
}

const char *gp_data_name(const char *file)
{
	const char *data = strstr(file, "kernel-versions/");

	return data ? data : file;
}

char *gp_say_masked(struct gp_str s)
{
	char *text = gp_strndup(s.p, s.len);

	gp_text_mask(text, s.len);
	return text;
}

/* With -o - standard output is the installer's, or that of a matrix's report or commands. */
bool gp_stdout_is_output(const struct gp_args *a)
{
	const char *const paths[] = { a->patch.out, a->junit, a->html, a->markdown_file };

	for (size_t i = 0; i < GP_COUNT(paths); i++)
		if (paths[i] && strcmp(paths[i], "-") == 0)
			return true;
	return false;
}

FILE *gp_report_stream(const struct gp_args *a)
{
	return a->emit || gp_stdout_is_output(a) ? stderr : stdout;
}

/*
 * Mask all but the newlines of the format: one in an argument, a file's name for
 * example, would begin a line of the report that is not ours. Which ones are the
 * format's? Those that differ when the format has another byte there.
 */
static char *format_masked(const char *fmt, va_list ap) GP_PRINTF(1, 0);

static char *format_masked(const char *fmt, va_list ap)
{
	gp_auto(gp_free_ptr) char *other_fmt = gp_strdup(fmt), *other = NULL;
	char *text;
	size_t from = 0;
	va_list again;

	for (char *p = other_fmt; *p; p++)
		if (*p == '\n')
			*p = '\r';
	va_copy(again, ap);
	text = gp_vasprintf(fmt, ap);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* it is fmt, but for the newlines */
	other = gp_vasprintf(other_fmt, again);
#pragma GCC diagnostic pop
	va_end(again);
	for (size_t i = 0; text[i]; i++)
		if (text[i] == '\n' && other[i] == '\r') {
			gp_text_mask(text + from, i - from);
			from = i + 1;
		}
	gp_text_mask(text + from, strlen(text + from));
	return text;
}

static bool is_silent(const struct gp_args *a)
{
	return a->quiet || (a->json && !a->json_file);
}

void gp_say_ours(const struct gp_args *a, const struct gp_buf *text)
{
	if (!is_silent(a))
		fwrite(text->data, 1, text->len, gp_report_stream(a));
}

void gp_say(const struct gp_args *a, const char *fmt, ...)
{
	gp_auto(gp_free_ptr) char *text = NULL;
	va_list ap;

	if (is_silent(a))
		return;
	va_start(ap, fmt);
	text = format_masked(fmt, ap);
	va_end(ap);
	fputs(text, gp_report_stream(a));
}

void gp_say_wrapped(const struct gp_args *a, const char *name, const char *text)
{
	int fd = fileno(gp_report_stream(a));
	size_t width = isatty(fd) ? gp_terminal_columns(fd) : SIZE_MAX, at = 10;
	struct gp_str rest = gp_str_of(text), word;

	gp_say(a, "%-10s", name);
	while (gp_word_next(&rest, &word)) {
		if (at > 10 && at + 1 + word.len > width) {
			gp_say(a, "\n%-10s", "");
			at = 10;
		}
		gp_say(a, " %.*s", (int)word.len, word.p);
		at += 1 + word.len;
	}
	gp_say(a, "\n");
}

void gp_say_word(const struct gp_args *a, enum gp_tone tone, const char *word)
{
	/* Green, yellow, red, as git and the grid of support have them. */
	static const int colour[] = { [GP_TONE_GOOD] = 32, [GP_TONE_DOUBT] = 33, [GP_TONE_BAD] = 31 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	bool has = gp_terminal_has_colours(fileno(gp_report_stream(a)));

	if (has)
		gp_buf_printf(&text, "\033[%dm", colour[tone]);
	gp_buf_puts(&text, word);
	if (has)
		gp_buf_puts(&text, "\033[0m");
	gp_say_ours(a, &text);
}

/* --- drivers --- */

static void say_altered(const struct gp_args *a, const struct gp_altered *alt)
{
	const char *between = "altered    ";

	if (alt->hooks != GP_UNLOCK_ABSENT) {
		gp_say(a, "%s", between);
		if (alt->hooks == GP_UNLOCK_COMPLETE)
			gp_say(a, "hooks in %s", alt->hooks_file);
		else
			gp_say(a, "hooks half integrated, without %s", alt->missing);
		between = "; ";
	}
	between = gp_say_userspace(a, &alt->user, between);
	if (alt->licence) {
		gp_say(a, "%snvidia.ko's licence tag is '%s'", between, alt->licence);
		between = "; ";
	}
	if (alt->dkms_patches.n)
		gp_say(a, "%sdkms.conf applies", between);
	for (size_t i = 0; i < alt->dkms_patches.n; i++)
		gp_say(a, " %s", alt->dkms_patches.v[i]);
	if (gp_altered_any(alt))
		gp_say(a, "\n");
}

static void say_version(const struct gp_args *a, const struct gp_driver *d)
{
	gp_auto(gp_free_ptr) char *modules = gp_say_masked(gp_str_trim(d->manifest.modules));

	gp_say(a, "driver     %s (branch %u), %s; modules: %s\n", d->version.text, gp_version_branch(&d->version),
	       gp_driver_kind_text(d), modules);
}

int gp_open_driver(const struct gp_args *a, const char *path, const struct gp_list *also, struct gp_driver *d,
		   struct gp_err *err)
{
	struct gp_driver_opts o = { .also = also, .given = &a->given, .cancel = gp_main_cancel() };
	const char *dir = gp_given_dir(&a->given, path);
	int rc;

	if (dir)
		return gp_driver_open_tree(d, dir, path, false, err);
	o.progress = gp_progress_begin(a);
	rc = gp_driver_open(d, path, &o, err);
	gp_progress_end();
	return rc;
}

void gp_report_known(const struct gp_args *a, const struct gp_driver *d)
{
	say_version(a, d);
	say_altered(a, &d->altered);
}

void gp_report_tree(const struct gp_args *a, const struct gp_driver *d)
{
	gp_say(a, "tree       %s%s\n", d->rf.path, d->installed ? ", sources of an installed driver" : "");
	say_version(a, d);
	say_altered(a, &d->altered);
	if (d->record.date)
		gp_say(a, "patched    by gridpatch on %s; as it was before: %s\n", d->record.date, d->record.backup);
}

void gp_report_driver(const struct gp_args *a, const struct gp_driver *d)
{
	char size[32], plain[32];

	if (d->disk.root && !d->rf.open) {
		gp_report_tree(a, d);
		return;
	}
	gp_say(a, "installer  %s: %s, %s\n", gp_path_base(d->rf.path),
	       d->rf.header.label ? d->rf.header.label : "(no label)", gp_say_size(d->rf.size, size));
	say_version(a, d);
	gp_say(a, "payload    %s%s%s, %zu members, %s unpacked; %s right\n", gp_codec_name(d->rf.codec),
	       d->rf.codec_facts.check ? ", check " : "", d->rf.codec_facts.check ? d->rf.codec_facts.check : "",
	       d->rf.n, gp_say_size(d->rf.unpacked, plain),
	       gp_runheader_has_md5(&d->rf.header) ? "CRC and MD5 are" : "CRC (there is no MD5) is");
	say_altered(a, &d->altered);
}

static struct json_object *json_stub_risk(const struct gp_stub_risk *r)
{
	return gp_json_object(GP_J("where", r->where), GP_J("line", r->lineno), GP_J("holds", r->holds),
			      GP_J("does", gp_stub_risk_kind_name(r->kind)), GP_J("when", gp_stub_risk_when(r)));
}

static struct json_object *json_stub_risks(const struct gp_runfile *rf)
{
	gp_auto(gp_stub_risks_release) struct gp_stub_risks risks = { 0 };

	gp_stub_risks_find(gp_runfile_stub(rf), &risks);
	return GP_JSON_EACH(i, risks.n, json_stub_risk(&risks.v[i]));
}

struct json_object *gp_json_version(const struct gp_version *v, enum gp_kind kind)
{
	return gp_json_object(GP_J("version", v->text), GP_J("branch", gp_version_branch(v)),
			      GP_J("kind", gp_kind_name(kind)));
}

struct json_object *gp_json_finding(const char *severity, const char *check, const char *file, const char *text)
{
	return gp_json_object(GP_J("severity", severity), GP_J("check", check), GP_J("file", file), GP_J("text", text));
}

static struct json_object *json_altered(const struct gp_altered *alt)
{
	static const char *const state[] = {
		[GP_UNLOCK_ABSENT] = "absent", [GP_UNLOCK_PARTIAL] = "partial", [GP_UNLOCK_COMPLETE] = "complete"
	};

	if (!gp_altered_any(alt))
		return NULL;
	return gp_json_object(GP_J("hooks_state", state[alt->hooks]), GP_J("hooks_file", alt->hooks_file),
			      GP_J("hooks_missing", alt->missing), GP_J("license", alt->licence),
			      GP_J("dkms_conf", &alt->dkms_patches), GP_J("unlock_state", state[alt->user.state]),
			      GP_J("unlock_half", gp_half_name(alt->user.half)), GP_J("unlock_file", alt->user.file),
			      GP_J("unlock_missing", alt->user.missing), GP_J("unlock_config", &alt->user.config));
}

static struct json_object *json_record(const struct gp_driver *d)
{
	if (!d->record.date)
		return NULL;
	return gp_json_object(GP_J("date", d->record.date), GP_J("program", d->record.program),
			      GP_J("backup", d->record.backup), GP_J("done", gp_json_text(d->record.done)));
}

struct json_object *gp_json_driver(const struct gp_driver *d)
{
	struct json_object *o = gp_json_version(&d->version, d->kind);
	struct json_object *modules = json_object_new_array();
	struct gp_str rest = d->manifest.modules, word;

	while (gp_word_next(&rest, &word))
		json_object_array_add(modules, gp_json_str(gp_str_trim(word)));
	gp_json_fill(
		o, GP_J("file", d->rf.path),
		GP_J("form", !d->disk.root || d->rf.open ? "installer" :
			     d->installed                ? "installed" :
							   "extracted"),
		GP_J("size", d->rf.size), GP_J("label", d->rf.header.label), GP_J("modules", modules),
		GP_J("kernel_open", d->has_kernel_open),
		GP_J("compression", d->disk.root && !d->rf.open ? NULL : gp_json_text(gp_codec_name(d->rf.codec))),
		GP_J("check", d->rf.codec_facts.check), GP_J("payload_offset", d->rf.header.payload_off),
		GP_J("targetdir", d->rf.header.targetdir), GP_J("target_arch", d->rf.header.target_arch),
		GP_J("crc", d->rf.header.crc),
		GP_J("md5",
		     d->rf.header.md5 && gp_runheader_has_md5(&d->rf.header) ? gp_json_text(d->rf.header.md5) : NULL),
		GP_J("members", d->rf.n), GP_J("stub_risks", json_stub_risks(&d->rf)), GP_J("unpacked", d->rf.unpacked),
		GP_J("altered", json_altered(&d->altered)), GP_J("patched", json_record(d)));
	return o;
}
