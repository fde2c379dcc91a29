/* SPDX-License-Identifier: MIT */
#include "core/driver/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/stanza.h"
#include "base/text.h"
#include "core/driver/kofile.h"

#define LISTED 200 /* of each kind: a list is for reading */

void gp_package_free(struct gp_package *p)
{
	if (!p)
		return;
	free(p->name);
	free(p->version);
	free(p->arch);
	free(p->sources);
	free(p->driver);
	gp_list_release(&p->libraries);
	gp_list_release(&p->units);
	gp_list_release(&p->modules);
	free(p);
}

const char *gp_package_kind_name(enum gp_package_kind k)
{
	return k == GP_PACKAGE_DEB ? "a Debian package" : "an RPM package";
}

/* --- its files --- */

/* "usr/src/nvidia-535.129.03" of what lies below it. */
static char *source_folder(const char *path)
{
	static const char at[] = "usr/src/nvidia";
	const char *end;

	if (strncmp(path, at, sizeof(at) - 1) != 0)
		return NULL;
	end = strchr(path + sizeof(at) - 1, '/');
	return end ? gp_strndup(path, (size_t)(end - path)) : NULL;
}

static bool is_version(const char *s)
{
	size_t n = strspn(s, "0123456789.");

	return n > 3 && !s[n] && strchr(s, '.') && *s != '.';
}

/* The VERSION of libNAME.so.VERSION, as a driver has one: 535.129.03. */
static const char *library_version(const char *name)
{
	const char *so = strncmp(name, "lib", 3) == 0 ? strstr(name, ".so.") : NULL;

	return so && is_version(so + 4) ? so + 4 : NULL;
}

static bool is_module(const char *path)
{
	return strstr(path, "lib/modules/") && gp_ko_is(gp_str_of(path));
}

static void note_sources(struct gp_package *p, char *folder)
{
	if (!p->sources)
		p->sources = gp_steal(&folder);
	else if (folder && strcmp(p->sources, folder) != 0)
		p->more_sources = true;
	free(folder);
}

void gp_package_note(struct gp_package *p, const char *path, uint64_t size)
{
	const char *name = gp_path_base(path), *version = library_version(name);

	p->files++;
	p->unpacked += size;
	note_sources(p, source_folder(path));
	if (strcmp(name, "nvidia-vgpud") == 0 || strcmp(name, "nvidia-vgpu-mgr") == 0 ||
	    strncmp(name, "nvidia-vgpu-vfio.", 17) == 0)
		p->host = true;
	if (version && strncmp(name, "libnvidia", 9) == 0 && !p->driver)
		p->driver = gp_strdup(version);
	if (version && p->libraries.n < LISTED)
		gp_list_add(&p->libraries, name);
	if (strstr(path, "systemd/system/") && gp_str_ends(gp_str_of(name), ".service") && p->units.n < LISTED)
		gp_list_add(&p->units, name);
	if (is_module(path) && p->modules.n < LISTED)
		gp_list_add(&p->modules, path);
}

/* --- .deb --- */

static char *field(const struct gp_stanza *s, const char *name)
{
	const char *v = gp_stanza_get(s, name);

	return v ? gp_strdup(v) : NULL;
}

int gp_package_control(struct gp_package *p, struct gp_str control, struct gp_err *err)
{
	struct gp_stanza_list l = { 0 };

	if (gp_stanza_parse(control, "control", &l, err) < 0)
		return -1;
	if (l.n) {
		p->name = field(&l.v[0], "Package");
		p->version = field(&l.v[0], "Version");
		p->arch = field(&l.v[0], "Architecture");
	}
	gp_stanza_list_release(&l);
	return p->name && p->version ? 0 : gp_fail(err, GP_E_FORMAT, "its control file has no Package or no Version");
}

/* --- .rpm --- */

#define LEAD 96
#define INTRO 16 /* of a header: magic, reserved, entries, bytes of data */
#define ENTRY 16 /* tag, type, offset, count */

#define TYPE_STRING 6
#define TYPE_STRINGS 8
#define TYPE_I18N 9
#define TAG_NAME 1000
#define TAG_VERSION 1001
#define TAG_RELEASE 1002
#define TAG_ARCH 1022
#define TAG_PAYLOAD_DIGEST 5092
#define TAG_PAYLOAD_ALGORITHM 5093

/* A header within head, found to lie in it. */
struct header {
	struct gp_str entries, data;
	size_t end;
};

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int header_at(struct gp_str head, size_t off, struct header *h, struct gp_err *err)
{
	unsigned long long n, len;

	if (head.len < off + INTRO || memcmp(head.p + off, "\x8e\xad\xe8\x01", 4) != 0)
		return gp_fail(err, GP_E_FORMAT, "damaged or cut off rpm: no header at byte %zu", off);
	n = (unsigned long long)be32(head.p + off + 8) * ENTRY;
	len = be32(head.p + off + 12);
	if (n + len > head.len - off - INTRO)
		return gp_fail(err, GP_E_FORMAT, "damaged or cut off rpm: a header of %llu bytes", n + len);
	h->entries = (struct gp_str){ head.p + off + INTRO, (size_t)n };
	h->data = (struct gp_str){ head.p + off + INTRO + n, (size_t)len };
	h->end = off + INTRO + (size_t)(n + len);
	return 0;
}

static const char *entry_of(const struct header *h, uint32_t tag)
{
	for (size_t at = 0; at < h->entries.len; at += ENTRY)
		if (be32(h->entries.p + at) == tag)
			return h->entries.p + at;
	return NULL;
}

/* The first string of a tag, or NULL. */
static char *string_of(const struct header *h, uint32_t tag)
{
	const char *e = entry_of(h, tag);
	uint32_t type = e ? be32(e + 4) : 0, off = e ? be32(e + 8) : 0;

	if ((type != TYPE_STRING && type != TYPE_STRINGS && type != TYPE_I18N) || off >= h->data.len ||
	    !memchr(h->data.p + off, '\0', h->data.len - off))
		return NULL;
	return gp_strdup(h->data.p + off);
}

/* SHA-256 has number 8, OpenPGP's. */
static bool is_sha256(const struct header *h)
{
	const char *e = entry_of(h, TAG_PAYLOAD_ALGORITHM);
	uint32_t off = e ? be32(e + 8) : 0;

	return e && h->data.len >= 4 && off <= h->data.len - 4 && be32(h->data.p + off) == 8;
}

int gp_package_rpm(struct gp_package *p, struct gp_str head, struct gp_rpm *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *version = NULL;
	gp_auto(gp_free_ptr) char *release = NULL;
	gp_auto(gp_free_ptr) char *sum = NULL;
	struct header signature = { 0 }, h = { 0 };

	*out = (struct gp_rpm){ 0 };
	if (head.len < LEAD)
		return gp_fail(err, GP_E_FORMAT, "damaged or cut off rpm: it ends in its lead");
	/* The signature is padded to eight bytes. */
	if (header_at(head, LEAD, &signature, err) < 0 || header_at(head, (signature.end + 7) / 8 * 8, &h, err) < 0)
		return -1;
	out->payload_off = h.end;
	p->name = string_of(&h, TAG_NAME);
	p->arch = string_of(&h, TAG_ARCH);
	version = string_of(&h, TAG_VERSION);
	release = string_of(&h, TAG_RELEASE);
	if (!p->name || !version)
		return gp_fail(err, GP_E_FORMAT, "damaged rpm: its header has no name or no version");
	p->version = gp_asprintf("%s%s%s", version, release ? "-" : "", release ? release : "");
	sum = is_sha256(&h) ? string_of(&h, TAG_PAYLOAD_DIGEST) : NULL;
	if (sum && strlen(sum) == sizeof(out->sha256) - 1)
		memcpy(out->sha256, sum, sizeof(out->sha256));
	return 0;
}
