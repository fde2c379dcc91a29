/* SPDX-License-Identifier: MIT */
#include "core/payload/codec.h"

#include <string.h>

#include "base/text.h"

const char *gp_codec_name(enum gp_codec c)
{
	static const char *const name[] = { "none", "gzip", "bzip2", "xz", "zstd" };

	return name[c];
}

/* Frame magic 0xFD2FB528, or a skippable frame 0x184D2A5?, little endian. */
static bool is_zstd(struct gp_str head)
{
	return gp_str_starts(head, "\x28\xb5\x2f\xfd") ||
	       (head.len >= 4 && (head.p[0] & 0xf0) == 0x50 && memcmp(head.p + 1, "\x2a\x4d\x18", 3) == 0);
}

int gp_codec_detect(struct gp_str head, enum gp_codec *out, struct gp_err *err)
{
	if (!head.len)
		return gp_fail(err, GP_E_FORMAT, "cut off: there is no payload after the stub");
	if (gp_str_starts(head, "\x1f\x8b"))
		*out = GP_CODEC_GZIP;
	else if (gp_str_starts(head, "BZh"))
		*out = GP_CODEC_BZIP2;
	else if (head.len >= 6 && memcmp(head.p,
					 "\xfd"
					 "7zXZ\0",
					 6) == 0)
		*out = GP_CODEC_XZ;
	else if (is_zstd(head))
		*out = GP_CODEC_ZSTD;
	else if (head.len >= 512 && memcmp(head.p + 257, "ustar", 5) == 0)
		*out = GP_CODEC_NONE;
	else
		return gp_fail(err, GP_E_UNSUPPORTED, "the payload is neither gzip, bzip2, xz, zstd nor plain tar");
	return 0;
}

const char *gp_xz_check_name(int check)
{
	switch (check) {
	case -1: return NULL;
	case 0: return "none";
	case 1: return "CRC32";
	case 4: return "CRC64";
	case 10: return "SHA-256";
	default: return "unknown";
	}
}

int gp_encoder_level(enum gp_codec c, const struct gp_encoder_opts *opts)
{
	if (opts && opts->level)
		return opts->level;
	return c == GP_CODEC_XZ ? 6 : c == GP_CODEC_NONE ? 0 : 9;
}
