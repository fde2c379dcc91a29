/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_FILETYPE_H
#define GP_CORE_PAYLOAD_FILETYPE_H

#include "base/buf.h"

/* What people give for an installer. */
enum gp_filetype {
	GP_FILETYPE_OTHER,  /* nothing that is known */
	GP_FILETYPE_SCRIPT, /* "#!": an installer, as far as the first bytes tell */
	GP_FILETYPE_ZIP,
	GP_FILETYPE_DEB,
	GP_FILETYPE_RPM,
	GP_FILETYPE_EMPTY,
	GP_FILETYPE_MAKESELF, /* somebody else's */
	GP_FILETYPE_HTML,
	GP_FILETYPE_ANSWER, /* XML or JSON */
	GP_FILETYPE_LFS,
	GP_FILETYPE_EXE,
	GP_FILETYPE_OLE, /* .msi, .cab */
	GP_FILETYPE_ISO,
	GP_FILETYPE_VIB,
	GP_FILETYPE_PACKED, /* .gz, .xz, .bz2, .zst: a tar, most likely */
	GP_FILETYPE_TAR,
	GP_FILETYPE_7Z, /* and .rar */
	GP_FILETYPE_PDF,
	GP_FILETYPE_ELF,
	GP_FILETYPE_PATCH,
};

/* Bytes from the beginning that tell all of them: an ISO 9660 image says so in its 17th
 * sector. */
#define GP_FILETYPE_BYTES (33u << 10)

/*
 * What a file is, by its first bytes. Untrusted; names do not count.
 *
 * In: head: GP_FILETYPE_BYTES, or all of a shorter file.
 */
enum gp_filetype gp_filetype_of(struct gp_str head);

/* "is an HTML page …: what to do", to stand behind a name; NULL for what may be given:
 * OTHER, SCRIPT, ZIP, DEB, RPM. */
const char *gp_filetype_complaint(enum gp_filetype t);

#endif
