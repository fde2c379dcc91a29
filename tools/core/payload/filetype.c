/* SPDX-License-Identifier: MIT */
#include "core/payload/filetype.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "core/payload/runheader.h"

/* Of files that always begin alike. */
static const struct {
	size_t off;
	struct gp_str bytes;
	enum gp_filetype type;
} MAGIC[] = {
	{ 0, GP_STR("PK\3\4"), GP_FILETYPE_ZIP },
	{ 0, GP_STR("PK\5\6"), GP_FILETYPE_EMPTY }, /* a .zip without members */
	{ 0, GP_STR("!<arch>\ndebian-binary"), GP_FILETYPE_DEB },
	{ 0, GP_STR("!<arch>\ndescriptor.xml"), GP_FILETYPE_VIB },
	{ 0, GP_STR("\xed\xab\xee\xdb"), GP_FILETYPE_RPM },
	{ 0, GP_STR("version https://git-lfs"), GP_FILETYPE_LFS },
	{ 0, GP_STR("MZ"), GP_FILETYPE_EXE },
	{ 0, GP_STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), GP_FILETYPE_OLE },
	{ 0, GP_STR("\x1f\x8b"), GP_FILETYPE_PACKED },
	{ 0, GP_STR("\xfd\x37zXZ"), GP_FILETYPE_PACKED },
	{ 0, GP_STR("BZh"), GP_FILETYPE_PACKED },
	{ 0, GP_STR("\x28\xb5\x2f\xfd"), GP_FILETYPE_PACKED },
	{ 0, GP_STR("MSCF"), GP_FILETYPE_OLE }, /* a cabinet */
	{ 0, GP_STR("7z\xbc\xaf\x27\x1c"), GP_FILETYPE_7Z },
	{ 0, GP_STR("Rar!\x1a\x07"), GP_FILETYPE_7Z },
	{ 0, GP_STR("%PDF-"), GP_FILETYPE_PDF },
	{ 0, GP_STR("\177ELF"), GP_FILETYPE_ELF },
	{ 0, GP_STR("diff --git "), GP_FILETYPE_PATCH },
	{ 0, GP_STR("--- "), GP_FILETYPE_PATCH },
	{ 0, GP_STR("Index: "), GP_FILETYPE_PATCH },
	{ 257, GP_STR("ustar"), GP_FILETYPE_TAR },
	{ 32769, GP_STR("CD001"), GP_FILETYPE_ISO },
};

static bool has_at(struct gp_str head, size_t off, struct gp_str bytes)
{
	return head.len >= off && head.len - off >= bytes.len && memcmp(head.p + off, bytes.p, bytes.len) == 0;
}

/* Does it stand near the beginning, in letters of any case? word is in lower case. */
static bool begins_near(struct gp_str head, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at < 512 && at + n <= head.len; at++) {
		size_t k = 0;

		while (k < n && tolower((unsigned char)head.p[at + k]) == word[k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

/* What a web server says instead of a file: a page for people, or an answer for programs. */
static enum gp_filetype page_type(struct gp_str head)
{
	struct gp_str s = head;

	gp_str_take(&s, "\xef\xbb\xbf");
	while (s.len && isspace((unsigned char)*s.p))
		s = gp_str_skip(s, 1);
	if (s.len && *s.p == '<' && (begins_near(s, "<!doctype html") || begins_near(s, "<html")))
		return GP_FILETYPE_HTML;
	return gp_str_starts(s, "<?xml") || gp_str_starts(s, "{\"") || gp_str_starts(s, "{\n") ||
			       gp_str_starts(s, "{ ") ?
		       GP_FILETYPE_ANSWER :
		       GP_FILETYPE_OTHER;
}

/* An archive of the tool that NVIDIA's installers are made with, and not one of them. */
static bool is_makeself(struct gp_str head)
{
	struct gp_runheader h;
	bool theirs = gp_str_find(head, GP_STR("Makeself")) >= 0 && gp_str_find(head, GP_STR("NVIDIA")) < 0;

	if (!theirs || gp_runheader_parse(head, &h, NULL) < 0)
		return theirs;
	gp_runheader_release(&h);
	return false;
}

enum gp_filetype gp_filetype_of(struct gp_str head)
{
	if (!head.len)
		return GP_FILETYPE_EMPTY;
	if (gp_str_starts(head, "#!"))
		return is_makeself(head) ? GP_FILETYPE_MAKESELF : GP_FILETYPE_SCRIPT;
	for (size_t i = 0; i < GP_COUNT(MAGIC); i++)
		if (has_at(head, MAGIC[i].off, MAGIC[i].bytes))
			return MAGIC[i].type;
	if (gp_str_starts(head, "From ") && gp_str_find(head, GP_STR("\ndiff --git ")) >= 0)
		return GP_FILETYPE_PATCH;
	return page_type(head);
}

const char *gp_filetype_complaint(enum gp_filetype t)
{
	switch (t) {
	case GP_FILETYPE_OTHER:
	case GP_FILETYPE_SCRIPT:
	case GP_FILETYPE_ZIP:
	case GP_FILETYPE_DEB:
	case GP_FILETYPE_RPM: break;
	case GP_FILETYPE_EMPTY: return "is empty: the download did not work, get it again";
	case GP_FILETYPE_MAKESELF:
		return "is a makeself archive, but not a .run installer of NVIDIA's: give the driver's own";
	case GP_FILETYPE_HTML:
		return "is an HTML page, most likely the portal's login page, not a .run installer: log in and get "
		       "the file again";
	case GP_FILETYPE_ANSWER:
		return "is an XML or JSON text, most likely what a server said instead of the file: read it, and get "
		       "the file again";
	case GP_FILETYPE_LFS: return "is a pointer of Git LFS, not the .run installer itself: 'git lfs pull' gets it";
	case GP_FILETYPE_EXE:
	case GP_FILETYPE_OLE:
		return "is a program or an installer for Windows: give the Linux host's .run, which is in the "
		       "portal's .zip below Host_Drivers";
	case GP_FILETYPE_ISO:
		return "is an image of a CD: unpack it (bsdtar -xf, or mount it) and give the .run that is in it";
	case GP_FILETYPE_VIB: return "is a package for VMware ESXi: give the .run for Linux with KVM";
	case GP_FILETYPE_PACKED:
	case GP_FILETYPE_TAR:
		return "is a packed file or a tar, not a .run installer: unpack it (tar -xf) and give the .run that "
		       "is in it";
	case GP_FILETYPE_7Z: return "is a 7z or RAR archive: unpack it (bsdtar -xf) and give the .run that is in it";
	case GP_FILETYPE_PDF: return "is a PDF document, not a .run installer";
	case GP_FILETYPE_ELF:
		return "is an ELF file (a program, a library or a module), not a .run installer; 'gridpatch verify' "
		       "checks modules, whose names end in .ko";
	case GP_FILETYPE_PATCH:
		return "is a patch, not a .run installer: did you mean 'gridpatch apply', or --patches?";
	}
	return NULL;
}
