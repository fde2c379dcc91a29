/* SPDX-License-Identifier: MIT */
#include "core/record/scrub.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define UUID_LEN 36
#define WORD_MAX 64 /* of names of hosts (HOST_NAME_MAX), users have 32; each part of a word is looked at anew */
#define UUID_STAND_IN "00000000-0000-4000-8000-"

void gp_scrub_release(struct gp_scrub *s)
{
	gp_list_release(&s->hosts);
	gp_list_release(&s->users);
	gp_list_release(&s->uuids);
}

/* --- names --- */

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static void add_name(struct gp_list *l, struct gp_str name)
{
	static const char *const plain[] = {
		"arch",   "centos", "debian",  "fedora", "host", "kernel",  "kvm",    "linux", "localhost",
		"mdev",   "nvidia", "proxmox", "pve",    "qemu", "root",    "system", "tower", "truenas",
		"ubuntu", "unraid", "user",    "USER",   "HOST", "systemd", "vfio",   "vgpu",
	};
	gp_auto(gp_free_ptr) char *text = gp_strndup(name.p, name.len);

	for (size_t i = 0; i < GP_COUNT(plain); i++)
		if (strcmp(text, plain[i]) == 0)
			return;
	if (name.len > 1 && !gp_list_has(l, text))
		gp_list_take(l, gp_steal(&text));
}

void gp_scrub_host(struct gp_scrub *s, struct gp_str name)
{
	const char *dot = name.len ? memchr(name.p, '.', name.len) : NULL;

	add_name(&s->hosts, dot ? (struct gp_str){ name.p, (size_t)(dot - name.p) } : name);
}

void gp_scrub_user(struct gp_scrub *s, struct gp_str name)
{
	add_name(&s->users, name);
}

/* --- what has a form: how many bytes of it stand at the beginning of rest, 0: none --- */

static size_t run_of(struct gp_str rest, int (*is)(int))
{
	size_t n = 0;

	while (n < rest.len && is((unsigned char)rest.p[n]))
		n++;
	return n;
}

static size_t uuid_at(struct gp_str rest)
{
	static const unsigned groups[] = { 8, 4, 4, 4, 12 };
	size_t at = 0;

	for (size_t i = 0; i < GP_COUNT(groups); i++) {
		if (i && (at >= rest.len || rest.p[at++] != '-'))
			return 0;
		if (run_of(gp_str_skip(rest, at), isxdigit) < groups[i])
			return 0;
		at += groups[i];
	}
	return at < rest.len && isalnum((unsigned char)rest.p[at]) ? 0 : at;
}

/* Six pairs of hex digits or more (Ethernet has 6, InfiniBand 8 and 20), with ':' or '-'. */
static size_t hardware_at(struct gp_str rest)
{
	size_t at = 0, pairs = 0;
	char sep = rest.len > 2 ? rest.p[2] : 0;

	while (run_of(gp_str_skip(rest, at), isxdigit) == 2 && ++pairs) {
		at += 2;
		if (at >= rest.len || rest.p[at] != sep)
			break;
		at++;
	}
	if (at && pairs && rest.p[at - 1] == sep)
		at--;
	return (sep == ':' || sep == '-') && pairs >= 6 ? at : 0;
}

static size_t ipv4_at(struct gp_str rest)
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t n;

		if (i && (at >= rest.len || rest.p[at++] != '.'))
			return 0;
		n = run_of(gp_str_skip(rest, at), isdigit);
		if (!n || n > 3)
			return 0;
		at += n;
	}
	return at < rest.len && (rest.p[at] == '.' || is_word_byte(rest.p[at])) ? 0 : at;
}

/* Sixteen hex digits in groups, "::" for some: a slot of the PCI bus has two colons. */
static size_t ipv6_at(struct gp_str rest)
{
	size_t at = 0, colons = 0;
	bool gap = false;

	while (at < rest.len && (rest.p[at] == ':' || isxdigit((unsigned char)rest.p[at]))) {
		gap |= rest.p[at] == ':' && at && rest.p[at - 1] == ':';
		colons += rest.p[at++] == ':';
	}
	return colons >= 7 || (gap && colons >= 3) ? at : 0;
}

static bool has_nocase(struct gp_str text, struct gp_str word)
{
	for (; text.len >= word.len; text = gp_str_skip(text, 1))
		if (strncasecmp(text.p, word.p, word.len) == 0)
			return true;
	return false;
}

static size_t to_line_end(struct gp_str rest)
{
	const char *end = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;

	return end ? (size_t)(end - rest.p) : rest.len;
}

/* --- one place of a text --- */

static void put_uuid(struct gp_scrub *s, struct gp_str uuid, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *low = gp_strndup(uuid.p, uuid.len);
	size_t i;

	if (gp_str_starts(uuid, UUID_STAND_IN)) {
		gp_buf_add(out, uuid.p, uuid.len);
		return;
	}
	for (char *p = low; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (i = 0; i < s->uuids.n && strcmp(s->uuids.v[i], low) != 0; i++)
		;
	if (i == s->uuids.n)
		gp_list_take(&s->uuids, gp_steal(&low));
	gp_buf_printf(out, UUID_STAND_IN "%012zx", i + 1);
}

/* What has a form. Out: how many bytes of rest were taken; 0: none. */
static size_t take_form(struct gp_str rest, struct gp_buf *out)
{
	size_t n = hardware_at(rest);

	if (n) {
		gp_buf_puts(out, "00:00:00:00:00:00");
		return n;
	}
	n = ipv4_at(rest);
	n = n ? n : ipv6_at(rest);
	if (n) {
		gp_buf_puts(out, "0.0.0.0");
		return n;
	}
	n = run_of(rest, isxdigit);
	if (n >= 32) {
		gp_buf_puts(out, "00000000000000000000000000000000");
		return n;
	}
	if (gp_str_starts(rest, "0x") && run_of(gp_str_skip(rest, 2), isxdigit) == 16) {
		gp_buf_puts(out, "0x0000000000000000");
		return 18;
	}
	/* systemd's name of a network card without another one (systemd.net-naming-scheme). */
	if (gp_str_starts(rest, "enx") && run_of(gp_str_skip(rest, 3), isxdigit) == 12) {
		gp_buf_puts(out, "enx000000000000");
		return 15;
	}
	return 0;
}

/* Bytes of a host behind "://", and of a domain behind a host's name. */
static size_t host_len(struct gp_str rest)
{
	size_t n = 0;

	while (n < rest.len && (is_word_byte(rest.p[n]) || (rest.p[n] && strchr(".@[]%", rest.p[n]))))
		n++;
	return n;
}

static bool take_name(const struct gp_list *names, struct gp_str word)
{
	for (size_t i = 0; i < names->n; i++)
		if (word.len == strlen(names->v[i]) && strncasecmp(word.p, names->v[i], word.len) == 0)
			return true;
	return false;
}

/* A word, or what stands in it before the next '-' or '_': what has a form may follow. */
static size_t take_word(struct gp_scrub *s, struct gp_str rest, struct gp_buf *out)
{
	size_t part = run_of(rest, isalnum), n = part;

	part = part ? part : 1;
	while (n < rest.len && n < WORD_MAX && is_word_byte(rest.p[n]))
		n++;
	if (has_nocase((struct gp_str){ rest.p, part < rest.len ? part : rest.len }, GP_STR("serial"))) {
		gp_buf_puts(out, "SERIAL");
		return to_line_end(rest);
	}
	for (size_t len = n;; len = part) {
		const struct gp_str word = { rest.p, len };

		if (take_name(&s->hosts, word)) {
			size_t domain = len < rest.len && rest.p[len] == '.' ? host_len(gp_str_skip(rest, len)) : 0;

			gp_buf_puts(out, "HOST");
			/* The full stop of a sentence is no domain. */
			return len + (domain > 1 ? domain : 0);
		}
		if (take_name(&s->users, word)) {
			gp_buf_puts(out, "USER");
			return len;
		}
		if (len == part)
			break;
	}
	gp_buf_add(out, rest.p, part);
	return part;
}

/* A place between words. */
static size_t take_mark(struct gp_str rest, struct gp_buf *out)
{
	static const struct {
		const char *is, *becomes;
	} marks[] = { { "://", "://HOST" }, { "/home/", "/home/USER" } };

	for (size_t i = 0; i < GP_COUNT(marks); i++) {
		size_t n = strlen(marks[i].is), more;

		if (!gp_str_starts(rest, marks[i].is))
			continue;
		more = host_len(gp_str_skip(rest, n));
		gp_buf_puts(out, more ? marks[i].becomes : marks[i].is);
		return n + more;
	}
	gp_buf_putc(out, rest.p[0]);
	return 1;
}

static size_t take(struct gp_scrub *s, struct gp_str rest, struct gp_buf *out)
{
	size_t n = uuid_at(rest);

	if (n) {
		put_uuid(s, (struct gp_str){ rest.p, n }, out);
		return n;
	}
	n = take_form(rest, out);
	if (n)
		return n;
	return is_word_byte(rest.p[0]) ? take_word(s, rest, out) : take_mark(rest, out);
}

void gp_scrub_text(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	while (text.len)
		text = gp_str_skip(text, take(s, text, out));
}

void gp_scrub_path(struct gp_scrub *s, struct gp_str path, struct gp_buf *out)
{
	while (path.len) {
		size_t n = uuid_at(path);

		if (n) {
			put_uuid(s, (struct gp_str){ path.p, n }, out);
		} else {
			/* A whole run: one does not begin in the middle of a word. */
			n = run_of(path, isalnum);
			n = n ? n : 1;
			gp_buf_add(out, path.p, n);
		}
		path = gp_str_skip(path, n);
	}
}
