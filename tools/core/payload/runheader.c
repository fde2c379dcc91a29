/* SPDX-License-Identifier: MIT */
#include "core/payload/runheader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The variables stand in the first lines; later ones (keep=n in the option
 * loop) mean something else. nv4 has 17, nv9 a few more. */
#define MAX_VARIABLE_LINES 64

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

/* NAME=value, NAME="value" at the start of a line; no shell is imitated. */
static bool variable_parse(struct gp_str line, struct gp_stub_variable *v)
{
	size_t n = 0;

	while (n < line.len && is_name(line.p[n]))
		n++;
	if (!n || n == line.len || line.p[n] != '=' || (line.p[0] >= '0' && line.p[0] <= '9'))
		return false;
	v->name = (struct gp_str){ line.p, n };
	v->raw = v->value = gp_str_trim((struct gp_str){ line.p + n + 1, line.len - n - 1 });
	if (v->value.len >= 2 && v->value.p[0] == '"' && v->value.p[v->value.len - 1] == '"') {
		v->value.p++;
		v->value.len -= 2;
	}
	return true;
}

bool gp_stub_variable_next(struct gp_stub_walk *w, struct gp_stub_variable *v)
{
	struct gp_str line;

	while (w->lineno + 1 < MAX_VARIABLE_LINES && gp_text_line_next(&w->rest, &line)) {
		v->lineno = ++w->lineno;
		if (variable_parse(line, v))
			return true;
		if (gp_str_trim(line).len)
			break;
	}
	return false;
}

static char **text_field(struct gp_runheader *h, struct gp_str name)
{
	struct {
		const char *name;
		char **where;
	} field[] = { { "CRCsum", &h->crc },
		      { "MD5", &h->md5 },
		      { "label", &h->label },
		      { "version_string", &h->version_string },
		      { "pkg_version", &h->pkg_version },
		      { "script", &h->script },
		      { "targetdir", &h->targetdir },
		      { "TARGET_OS", &h->target_os },
		      { "TARGET_ARCH", &h->target_arch } };

	for (size_t i = 0; i < GP_COUNT(field); i++)
		if (gp_str_eq(name, field[i].name))
			return field[i].where;
	return NULL;
}

static int number_field(struct gp_runheader *h, const struct gp_stub_variable *v, struct gp_err *err)
{
	struct {
		const char *name;
		uint64_t *where;
	} field[] = { { "skip", &h->skip },
		      { "skip_decompress", &h->skip_decompress },
		      { "size_decompress", &h->size_decompress } };

	for (size_t i = 0; i < GP_COUNT(field); i++) {
		if (!gp_str_eq(v->name, field[i].name))
			continue;
		if (!gp_parse_u64(v->value, 10000000, field[i].where))
			return gp_fail(err, GP_E_FORMAT, "the stub's %s= is not a number of lines", field[i].name);
	}
	return 0;
}

static int variables_read(struct gp_str head, struct gp_runheader *h, struct gp_err *err)
{
	struct gp_stub_walk w = { head, 1 };
	struct gp_stub_variable v;
	struct gp_str line;

	if (!gp_text_line_next(&w.rest, &line) || !gp_str_starts(line, "#!"))
		return gp_fail(err, GP_E_FORMAT, "not a .run installer: no '#!' line");
	while (gp_stub_variable_next(&w, &v)) {
		char **text;

		if (v.lineno == 4)
			h->sums_off = (uint64_t)(v.name.p - head.p);
		if (gp_text_nul_line(v.raw))
			return gp_fail(err, GP_E_FORMAT, "the stub's line %u has a NUL byte", v.lineno);
		text = text_field(h, v.name);
		/* The first one counts; a repeated name is shell code's business. */
		if (text && !*text)
			*text = gp_strndup(v.value.p, v.value.len);
		else if (!text && number_field(h, &v, err) < 0)
			return -1;
	}
	if (!h->crc || !h->md5 || !h->skip || !h->targetdir || !h->sums_off)
		return gp_fail(err, GP_E_FORMAT, "not a .run installer: the stub has no %s",
			       !h->crc       ? "CRCsum=" :
			       !h->md5       ? "MD5=" :
			       !h->skip      ? "skip=" :
			       !h->targetdir ? "targetdir=" :
					       "line 4 with a variable");
	return 0;
}

/* Byte offset after newline number n of head, or -1. */
static int64_t behind_newline(struct gp_str head, uint64_t n)
{
	const char *p = head.p, *end = head.p + head.len;

	while (n--) {
		p = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		if (!p)
			return -1;
		p++;
	}
	return p - head.p;
}

static int places_find(struct gp_str head, struct gp_runheader *h, struct gp_err *err)
{
	int64_t payload = behind_newline(head, h->skip - 1), embed = payload;

	if (payload < 0 && head.len >= GP_RUNHEADER_MAX)
		return gp_fail(err, GP_E_FORMAT, "the stub has more than %u bytes (skip=%llu)", GP_RUNHEADER_MAX,
			       (unsigned long long)h->skip);
	if (payload < 0)
		return gp_fail(err, GP_E_FORMAT, "cut off: skip=%llu, but there are fewer lines",
			       (unsigned long long)h->skip);
	if (h->skip_decompress && h->size_decompress)
		embed = behind_newline(head, h->skip_decompress - 1);
	if (embed < 0 || embed > payload || (uint64_t)embed < h->sums_off)
		return gp_fail(err, GP_E_FORMAT, "skip_decompress=%llu lies outside the stub",
			       (unsigned long long)h->skip_decompress);
	if (h->skip_decompress && h->size_decompress && h->skip_decompress + h->size_decompress != h->skip)
		return gp_fail(err, GP_E_UNSUPPORTED, "something else lies between decompressor and payload");
	h->payload_off = (uint64_t)payload;
	h->embed_off = (uint64_t)embed;
	return 0;
}

int gp_runheader_parse(struct gp_str head, struct gp_runheader *out, struct gp_err *err)
{
	*out = (struct gp_runheader){ 0 };
	if (variables_read(head, out, err) < 0 || places_find(head, out, err) < 0) {
		gp_runheader_release(out);
		return -1;
	}
	return 0;
}

void gp_runheader_release(struct gp_runheader *h)
{
	if (!h)
		return;
	free(h->crc);
	free(h->md5);
	free(h->label);
	free(h->version_string);
	free(h->pkg_version);
	free(h->script);
	free(h->targetdir);
	free(h->target_os);
	free(h->target_arch);
	*h = (struct gp_runheader){ 0 };
}

bool gp_runheader_has_md5(const struct gp_runheader *h)
{
	return strspn(h->md5, "0") != strlen(h->md5);
}

int gp_runheader_check_sums(const struct gp_runheader *h, const char *crc, const char *md5, struct gp_err *err)
{
	if (strcmp(crc, h->crc) != 0)
		return gp_fail(err, GP_E_FORMAT, "damaged or altered: CRC is %s, the stub says %s", crc, h->crc);
	if (gp_runheader_has_md5(h) && strcmp(md5, h->md5) != 0)
		return gp_fail(err, GP_E_FORMAT, "damaged or altered: MD5 is %s, the stub says %s", md5, h->md5);
	return 0;
}

void gp_stub_mask(char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._+ :/-\n";

	for (char *p = text; *p; p++)
		if (!strchr(good, *p))
			*p = '_';
}

char *gp_custom_name(const char *name)
{
	static const char mark[] = "-custom";
	size_t n = strlen(name), m = sizeof(mark) - 1;

	if (n > m && strcmp(name + n - m, mark) == 0)
		n -= m;
	return gp_asprintf("%.*s%s", (int)n, name, mark);
}

/* State of one rewrite. */
struct rewrite {
	const struct gp_runheader *h;
	const struct gp_stub_edit *edit;
	char *targetdir, *history; /* masked copies, NULL when they stay */
	uint64_t added;            /* lines */
	bool code;                 /* past the variables: nothing there is one */
	enum { BEFORE_HISTORY, IN_HISTORY, AFTER_HISTORY } at;
	struct gp_buf *out;
	struct gp_stub_sums *sums;
};

static uint64_t count_lines(const char *text)
{
	uint64_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Has the stub a here-document that --pkg-history prints? Only then lines can
 * be added. Source: makeself.sh nv4, "EOF_PKG_HISTORY". */
static bool has_history(struct gp_str stub)
{
	struct gp_str rest = stub, line;
	bool open = false;

	while (gp_text_line_next(&rest, &line)) {
		if (!open && gp_str_find(line, GP_STR("<< EOF_PKG_HISTORY")) >= 0)
			open = true;
		else if (open && gp_str_eq(gp_str_trim(line), "EOF_PKG_HISTORY"))
			return true;
	}
	return false;
}

/* targetdir= occurs quoted and unquoted: keep the quotes it had. */
static void put_targetdir(struct rewrite *w, struct gp_str line)
{
	bool quoted = line.len > 10 && line.p[10] == '"';

	gp_buf_printf(w->out, quoted ? "targetdir=\"%s\"" : "targetdir=%s", w->targetdir);
}

static bool put_variable(struct rewrite *w, struct gp_str line, unsigned lineno)
{
	struct gp_stub_variable v;

	if (w->code)
		return false;
	/* The variables end where variables_read() ends. */
	if (lineno >= MAX_VARIABLE_LINES || (lineno > 1 && !variable_parse(line, &v))) {
		w->code = lineno >= MAX_VARIABLE_LINES || gp_str_trim(line).len;
		return false;
	}
	if (lineno == 1)
		return false;
	if (gp_str_eq(v.name, "CRCsum") && lineno == 2) {
		gp_buf_puts(w->out, "CRCsum=");
		w->sums->crc_off = w->out->len;
		/* Trailing blanks keep later offsets where they are; sh, dash and
		 * bash accept them (not every CRC has ten digits). */
		gp_buf_puts(w->out, "          ");
	} else if (gp_str_eq(v.name, "MD5") && lineno == 3) {
		gp_buf_puts(w->out, "MD5=");
		w->sums->md5_off = w->out->len;
		gp_buf_puts(w->out, "00000000000000000000000000000000");
	} else if (gp_str_eq(v.name, "skip")) {
		gp_buf_printf(w->out, "skip=%" PRIu64, w->h->skip + w->added);
	} else if (gp_str_eq(v.name, "skip_decompress")) {
		gp_buf_printf(w->out, "skip_decompress=%" PRIu64, w->h->skip_decompress + w->added);
	} else if (gp_str_eq(v.name, "targetdir") && w->targetdir) {
		put_targetdir(w, line);
	} else {
		return false;
	}
	return true;
}

/* Whole kilobytes, the last one begun: never less than nothing. */
static uint64_t grown_kb(uint64_t kb, int64_t grown)
{
	int64_t bytes = (int64_t)(kb * 1024) + grown;

	return bytes < 0 ? 0 : ((uint64_t)bytes + 1023) / 1024;
}

/* `echo "  Uncompressed size : 12345 KB"` of --info. By the difference, not
 * counted anew: makeself asked du(1), which counts in its own way. */
static bool put_size(struct rewrite *w, struct gp_str line)
{
	static const char key[] = "Uncompressed size : ";
	ssize_t at = gp_str_find(line, gp_str_of(key));
	size_t from, to;
	uint64_t kb;

	if (at < 0)
		return false;
	from = to = (size_t)at + sizeof(key) - 1;
	while (to < line.len && line.p[to] >= '0' && line.p[to] <= '9')
		to++;
	if (!gp_parse_u64((struct gp_str){ line.p + from, to - from }, UINT64_MAX >> 12, &kb))
		return false;
	gp_buf_add(w->out, line.p, from);
	gp_buf_printf(w->out, "%" PRIu64, grown_kb(kb, w->edit->grown));
	gp_buf_add(w->out, line.p + to, line.len - to);
	return true;
}

static void put_line(struct rewrite *w, struct gp_str line, unsigned lineno)
{
	if (w->at == BEFORE_HISTORY && gp_str_find(line, GP_STR("<< EOF_PKG_HISTORY")) >= 0) {
		w->at = IN_HISTORY;
	} else if (w->at == IN_HISTORY && gp_str_eq(gp_str_trim(line), "EOF_PKG_HISTORY")) {
		if (w->history)
			gp_buf_puts(w->out, w->history);
		w->at = AFTER_HISTORY;
	} else if (put_variable(w, line, lineno) || put_size(w, line)) {
		gp_buf_putc(w->out, '\n');
		return;
	}
	gp_buf_add(w->out, line.p, line.len);
	gp_buf_putc(w->out, '\n');
}

int gp_runheader_rewrite(const struct gp_runheader *h, struct gp_str head, const struct gp_stub_edit *edit,
			 struct gp_buf *out, struct gp_stub_sums *sums, struct gp_err *err)
{
	struct gp_str stub = { head.p, (size_t)h->embed_off }, rest = stub, line;
	gp_auto(gp_free_ptr) char *targetdir = edit->targetdir ? gp_strdup(edit->targetdir) : NULL;
	gp_auto(gp_free_ptr) char *history = edit->history && has_history(stub) ? gp_strdup(edit->history) : NULL;
	struct rewrite w = { .h = h, .edit = edit, .out = out, .sums = sums };

	*sums = (struct gp_stub_sums){ 0 };
	if (targetdir)
		gp_stub_mask(targetdir);
	for (char *p = targetdir; p && *p; p++)
		if (*p == ' ' || *p == '\n') /* it stands unquoted in some stubs */
			*p = '_';
	if (history)
		gp_stub_mask(history);
	/* A line of it must not end the here-document. */
	for (char *p = history ? strstr(history, "EOF_PKG_HISTORY") : NULL; p; p = strstr(p, "EOF_PKG_HISTORY"))
		p[3] = '-';
	w.targetdir = targetdir;
	w.history = history;
	w.added = history ? count_lines(history) : 0;
	for (unsigned lineno = 1; gp_text_line_next(&rest, &line); lineno++) {
		if (lineno == 4)
			sums->sums_off = out->len;
		put_line(&w, line, lineno);
	}
	if (!sums->crc_off || !sums->md5_off)
		return gp_fail(err, GP_E_UNSUPPORTED, "CRCsum= and MD5= are not in lines 2 and 3");
	gp_buf_add(out, head.p + h->embed_off, (size_t)(h->payload_off - h->embed_off));
	return 0;
}
