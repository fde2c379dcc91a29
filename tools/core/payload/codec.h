/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_CODEC_H
#define GP_CORE_PAYLOAD_CODEC_H

#include <stdbool.h>

#include "base/buf.h"

/* How the payload of a .run is compressed. */
enum gp_codec { GP_CODEC_NONE, GP_CODEC_GZIP, GP_CODEC_BZIP2, GP_CODEC_XZ, GP_CODEC_ZSTD };

const char *gp_codec_name(enum gp_codec c); /* "xz", as the stub's --info says it */

/*
 * Tell the compression from the first bytes of a payload.
 *
 * In:     head: at least 512 bytes unless the payload is shorter; untrusted.
 * Errors: GP_E_UNSUPPORTED none of the known ones; GP_E_FORMAT empty.
 * Source: RFC 1952 2.3.1; bzip2 "BZh"; xz-file-format 2.1.1.1; RFC 8878 3.1.1
 *         and 3.1.2 (skippable frames); "ustar" at byte 257 (POSIX pax).
 */
int gp_codec_detect(struct gp_str head, enum gp_codec *out, struct gp_err *err);

/* "CRC32"; NULL for -1. Check IDs: xz-file-format 2.1.1.2. */
const char *gp_xz_check_name(int check);

/* What the decoder learns on its way; complete when the source has ended. */
struct gp_codec_facts {
	const char *check; /* xz: "none", "CRC32", "CRC64", "SHA-256"; NULL elsewhere */
	int xz_check;      /* the xz check ID of the first stream, -1 if not xz */
};

/*
 * Decompress src, all members, streams and frames of it, up to its end.
 *
 * Out:    dec, gp_decoder_free(); gp_decoder_src() gives the plain bytes and
 *         belongs to dec.
 * Errors: (when read) GP_E_FORMAT damaged, truncated or followed by garbage;
 *         GP_E_UNSUPPORTED a dictionary or window that is too large, or a
 *         filter the library does not know; GP_E_SYSTEM no memory.
 */
struct gp_decoder;
struct gp_decoder *gp_decoder_new(enum gp_codec c, struct gp_src src, struct gp_err *err);
struct gp_src gp_decoder_src(struct gp_decoder *dec);

/* Tell splice (core/payload/splice.h) of what is read; before the first read. It must
 * outlive the decoder. */
struct gp_splice;
void gp_decoder_watch(struct gp_decoder *dec, struct gp_splice *splice);
struct gp_codec_facts gp_decoder_facts(const struct gp_decoder *dec);
void gp_decoder_free(struct gp_decoder *dec);

struct gp_encoder_opts {
	unsigned threads; /* 1 … 256; the output does not depend on it */
	int level;        /* 0: the one makeself uses: gzip 9, bzip2 9, xz 6, zstd 9 */
	int xz_check;     /* an xz check ID; NVIDIA's small decompressor knows only 0, none */
};

/*
 * Compress into sink.
 *
 * gzip: one member (deflate blocks made side by side, as pigz does it);
 * bzip2: a stream for each 900 kB (as pbzip2 does it); xz: one stream of
 * several blocks (xz -T; the embedded decoder of 2013 reads only one stream);
 * zstd: one frame.
 */
struct gp_encoder;
struct gp_encoder *gp_encoder_new(enum gp_codec c, const struct gp_encoder_opts *opts, struct gp_sink sink,
				  struct gp_err *err);
int gp_encoder_write(struct gp_encoder *enc, const void *p, size_t len, struct gp_err *err);
int gp_encoder_finish(struct gp_encoder *enc, struct gp_err *err);
void gp_encoder_free(struct gp_encoder *enc); /* before finish: gives up */

int gp_encoder_level(enum gp_codec c, const struct gp_encoder_opts *opts);

#endif
