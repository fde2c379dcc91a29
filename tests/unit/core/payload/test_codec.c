/* SPDX-License-Identifier: MIT */
/* Tests: core/payload/chunker, core/payload/decoder, core/payload/encoder */
/* Slow: 14 s */
/* Both directions of every codec, against the gzip, bzip2, xz and zstd programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>

#include "core/payload/codec.h"
#include "fx_table.h"

static char dir[] = "/tmp/gp-codec-XXXXXX";
static struct gp_buf plain, packed, got;

static int clear(void **state)
{
	(void)state;
	gp_buf_release(&plain);
	gp_buf_release(&packed);
	gp_buf_release(&got);
	return 0;
}

/* Half text-like, half noise, so that every kind of block occurs. */
static void make(size_t len, bool noise)
{
	uint32_t x = 1;

	gp_buf_release(&plain);
	gp_buf_reserve(&plain, len + 1);
	gp_buf_puts(&plain, "");
	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245u + 12345;
		plain.data[i] = (char)(noise || i / 50000 % 2 ? x >> 16 : 'a' + (x >> 16) % 4);
	}
	plain.len = len;
}

static void save(const char *name, const struct gp_buf *b)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(b->data ? b->data : "", 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

static void load(const char *name, struct gp_buf *b)
{
	char path[128], block[65536];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	gp_buf_release(b);
	gp_buf_puts(b, "");
	while ((n = fread(block, 1, sizeof(block), f)))
		gp_buf_add(b, block, n);
	fclose(f);
}

static int shell(const char *cmd)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };

	gp_buf_printf(&line, "cd %s && { %s; } 2> err.txt", dir, cmd);
	return system(line.data);
}

/* A source of memory that gives at most step bytes at once. */
struct memory {
	struct gp_str rest;
	size_t step;
};

static ssize_t memory_read(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct memory *m = arg;
	size_t n = m->rest.len < m->step ? m->rest.len : m->step;

	(void)err;
	n = n < cap ? n : cap;
	if (n)
		memcpy(buf, m->rest.p, n);
	m->rest.p += n;
	m->rest.len -= n;
	return (ssize_t)n;
}

static ssize_t failing_read(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	(void)arg;
	(void)buf;
	(void)cap;
	return gp_fail(err, GP_E_CANCELLED, "told to fail");
}

static int decode(enum gp_codec c, struct gp_str in, size_t step, size_t cap, struct gp_codec_facts *facts,
		  struct gp_err *err)
{
	struct memory m = { in, step };
	struct gp_decoder *dec = gp_decoder_new(c, (struct gp_src){ memory_read, &m }, err);
	struct gp_src src = gp_decoder_src(dec);
	char *block = malloc(cap);
	ssize_t n;

	gp_buf_release(&got);
	gp_buf_puts(&got, "");
	while ((n = src.read(src.arg, block, cap, err)) > 0)
		gp_buf_add(&got, block, (size_t)n);
	if (n == 0) /* the end stays the end */
		n = src.read(src.arg, block, cap, err);
	if (facts)
		*facts = gp_decoder_facts(dec);
	gp_decoder_free(dec);
	free(block);
	return (int)n;
}

static void assert_plain(void)
{
	assert_int_equal(got.len, plain.len);
	if (plain.len)
		assert_memory_equal(got.data, plain.data, plain.len);
}

/* --- what the programs write is read --- */

static const struct read_case {
	const char *name, *cmd; /* plain → packed */
	enum gp_codec codec;
	size_t len;
	const char *check; /* of xz */
	int xz_check;
} reads[] = {
	{ "gzip -9", "gzip -9nc plain > packed", GP_CODEC_GZIP, 300000, NULL, -1 },
	{ "gzip of nothing", "gzip -nc plain > packed", GP_CODEC_GZIP, 0, NULL, -1 },
	{ "gzip with name and time", "gzip -kNc plain > packed", GP_CODEC_GZIP, 70000, NULL, -1 },
	{ "two gzip members", "{ head -c 1000 plain | gzip -c; tail -c +1001 plain | gzip -1c; } > packed",
	  GP_CODEC_GZIP, 300000, NULL, -1 },
	{ "bzip2 -9", "bzip2 -9c plain > packed", GP_CODEC_BZIP2, 1000000, NULL, -1 },
	{ "bzip2 of nothing", "bzip2 -c plain > packed", GP_CODEC_BZIP2, 0, NULL, -1 },
	{ "two bzip2 streams", "{ head -c 1000 plain | bzip2 -c; tail -c +1001 plain | bzip2 -1c; } > packed",
	  GP_CODEC_BZIP2, 300000, NULL, -1 },
	{ "xz -C none, as NVIDIA", "xz -6 -C none -c plain > packed", GP_CODEC_XZ, 300000, "none", 0 },
	{ "xz -C crc32", "xz -0 -C crc32 -c plain > packed", GP_CODEC_XZ, 300000, "CRC32", 1 },
	{ "xz -C crc64", "xz -0 -C crc64 -c plain > packed", GP_CODEC_XZ, 300000, "CRC64", 4 },
	{ "xz -C sha256", "xz -0 -C sha256 -c plain > packed", GP_CODEC_XZ, 300000, "SHA-256", 10 },
	{ "xz of nothing", "xz -C none -c plain > packed", GP_CODEC_XZ, 0, "none", 0 },
	{ "xz with several blocks", "xz -0 -T2 --block-size=50000 -c plain > packed", GP_CODEC_XZ, 300000, "CRC64", 4 },
	{ "xz with a BCJ filter", "xz --x86 --lzma2=preset=1 -c plain > packed", GP_CODEC_XZ, 300000, "CRC64", 4 },
	{ "two xz streams", "{ head -c 1000 plain | xz -0c; tail -c +1001 plain | xz -0c; } > packed", GP_CODEC_XZ,
	  300000, "CRC64", 4 },
	{ "two xz streams and padding",
	  "{ head -c 1000 plain | xz -0c; printf '\\0\\0\\0\\0'; tail -c +1001 plain | xz -0c; } > packed", GP_CODEC_XZ,
	  300000, "CRC64", 4 },
	{ "zstd -9", "zstd -q9 -c plain > packed", GP_CODEC_ZSTD, 300000, NULL, -1 },
	{ "zstd of nothing", "zstd -q -c plain > packed", GP_CODEC_ZSTD, 0, NULL, -1 },
	{ "zstd without a checksum", "zstd -q --no-check -c plain > packed", GP_CODEC_ZSTD, 300000, NULL, -1 },
	{ "zstd --ultra --long=31", "zstd -q --long=31 -c < plain > packed", GP_CODEC_ZSTD, 300000, NULL, -1 },
	{ "two zstd frames", "{ head -c 1000 plain | zstd -qc; tail -c +1001 plain | zstd -qc; } > packed",
	  GP_CODEC_ZSTD, 300000, NULL, -1 },
	{ "zstd behind a skippable frame",
	  "{ printf '\\120\\052\\115\\030\\003\\0\\0\\0xyz'; zstd -qc plain; } > packed", GP_CODEC_ZSTD, 300000, NULL,
	  -1 },
	{ "none", "cp plain packed", GP_CODEC_NONE, 300000, NULL, -1 },
};

static void check_read(void **state)
{
	const struct read_case *c = *state;
	static const size_t step[] = { 1u << 20, 4093, 12 };
	struct gp_codec_facts facts;
	struct gp_err err = { 0 };

	make(c->len, false);
	save("plain", &plain);
	assert_int_equal(shell(c->cmd), 0);
	load("packed", &packed);
	for (size_t i = 0; i < GP_COUNT(step); i++) {
		assert_int_equal(decode(c->codec, gp_buf_str(&packed), step[i], i == 1 ? 777 : 65536, &facts, &err), 0);
		assert_plain();
		assert_int_equal(facts.xz_check, c->xz_check);
		if (c->check)
			assert_string_equal(facts.check, c->check);
		else
			assert_null(facts.check);
	}
}

/* A source may give as little at once as it likes: less than xz's header, too. */
static void xz_facts_do_not_depend_on_the_reads(void **state)
{
	struct gp_codec_facts facts;
	struct gp_err err = { 0 };

	(void)state;
	make(1000, false);
	save("plain", &plain);
	assert_int_equal(shell("xz -0 -C crc32 -c plain > packed"), 0);
	load("packed", &packed);
	assert_int_equal(decode(GP_CODEC_XZ, gp_buf_str(&packed), 7, 65536, &facts, &err), 0);
	assert_plain();
	assert_int_equal(facts.xz_check, 1);
}

/* --- damaged input is noticed --- */

static const struct hurt_case {
	const char *name, *cmd;
	enum gp_codec codec;
} hurts[] = { { "gzip", "gzip -nc plain > packed", GP_CODEC_GZIP },
	      { "bzip2", "bzip2 -c plain > packed", GP_CODEC_BZIP2 },
	      { "xz -C none", "xz -0 -C none -c plain > packed", GP_CODEC_XZ },
	      { "xz -C crc64", "xz -0 -c plain > packed", GP_CODEC_XZ },
	      { "zstd", "zstd -qc plain > packed", GP_CODEC_ZSTD } };

/* Every place in the first and last 40 bytes, and about 60 between. */
static size_t next_cut(size_t at, size_t len)
{
	size_t next = at + (at < 40 || at + 40 >= len ? 1 : len / 60 + 1);

	/* Do not step over the last 40. */
	return at + 40 < len && next + 40 > len ? len - 40 : next;
}

static void check_cut(void **state)
{
	const struct hurt_case *c = *state;

	make(20000, false);
	save("plain", &plain);
	assert_int_equal(shell(c->cmd), 0);
	load("packed", &packed);
	for (size_t n = 1; n < packed.len; n = next_cut(n, packed.len)) {
		struct gp_err err = { 0 };

		if (decode(c->codec, (struct gp_str){ packed.data, n }, 4093, 65536, NULL, &err) != -1)
			fail_msg("cut after %zu of %zu bytes: no error", n, packed.len);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
}

static void check_garbage(void **state)
{
	const struct hurt_case *c = *state;
	struct gp_err err = { 0 };

	make(20000, false);
	save("plain", &plain);
	assert_int_equal(shell(c->cmd), 0);
	load("packed", &packed);
	gp_buf_puts(&packed, "garbage behind it");
	assert_int_equal(decode(c->codec, gp_buf_str(&packed), 4093, 65536, NULL, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
}

/* All but `xz -C none` carry a sum of the plain bytes: no flip may pass as
 * other plain bytes. (Bits that mean nothing, as gzip's time, may flip.) */
static void check_flip(void **state)
{
	const struct hurt_case *c = *state;
	size_t passed = 0, tried = 0;

	if (strcmp(c->name, "xz -C none") == 0)
		return;
	make(20000, false);
	save("plain", &plain);
	assert_int_equal(shell(c->cmd), 0);
	load("packed", &packed);
	for (size_t n = 0; n < packed.len; n = next_cut(n, packed.len)) {
		struct gp_err err = { 0 };

		packed.data[n] ^= 0x10;
		tried++;
		if (decode(c->codec, gp_buf_str(&packed), 4093, 65536, NULL, &err) == 0) {
			assert_plain();
			passed++;
		} else {
			assert_int_equal(err.code, GP_E_FORMAT);
		}
		packed.data[n] ^= 0x10;
	}
	assert_true(passed < tried / 4);
}

/* Well formed, but nobody's installer: not "damaged", and not "no memory". */
static void a_dictionary_that_is_too_large(void **state)
{
	/* RFC 8878 3.1.1.1.2: a window of 2^41 bytes; one raw block. */
	static const char zstd[] = "\x28\xb5\x2f\xfd\x00\xf8\x09\x00\x00x";
	struct gp_err err = { 0 };
	uint32_t crc;

	(void)state;
	assert_int_equal(decode(GP_CODEC_ZSTD, (struct gp_str){ zstd, sizeof(zstd) - 1 }, 4093, 65536, NULL, &err), -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
	assert_non_null(strstr(err.cause, "window"));

	/* xz-file-format 3.1 and 5.3.1: the block header is at 12, of 12 bytes; its fifth
	 * is the dictionary's size, 40 for 4 GiB - 1; a CRC32 ends it. */
	make(1000, false);
	save("plain", &plain);
	assert_int_equal(shell("xz -0 -T1 -c plain > packed"), 0);
	load("packed", &packed);
	assert_int_equal(packed.data[12], 2);
	packed.data[16] = 40;
	crc = lzma_crc32((const uint8_t *)packed.data + 12, 8, 0);
	for (int i = 0; i < 4; i++)
		packed.data[20 + i] = (char)(crc >> 8 * i & 255);
	err = (struct gp_err){ 0 };
	assert_int_equal(decode(GP_CODEC_XZ, gp_buf_str(&packed), 4093, 65536, NULL, &err), -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
	assert_non_null(strstr(err.cause, "dictionary"));
}

static void an_error_of_the_source_is_passed_on(void **state)
{
	(void)state;
	for (int c = GP_CODEC_NONE; c <= GP_CODEC_ZSTD; c++) {
		struct gp_err err = { 0 };
		struct gp_decoder *dec = gp_decoder_new((enum gp_codec)c, (struct gp_src){ failing_read, NULL }, &err);
		struct gp_src src = gp_decoder_src(dec);
		char block[16];

		assert_int_equal(src.read(src.arg, block, sizeof(block), &err), -1);
		assert_int_equal(err.code, GP_E_CANCELLED);
		gp_decoder_free(dec);
	}
	gp_decoder_free(NULL);
	gp_encoder_free(NULL);
}

/* --- what we write is read by the programs --- */

static int sink_add(void *arg, const void *p, size_t len, struct gp_err *err)
{
	(void)err;
	gp_buf_add(arg, p, len);
	return 0;
}

static int sink_full(void *arg, const void *p, size_t len, struct gp_err *err)
{
	(void)arg;
	(void)p;
	return len ? gp_fail(err, GP_E_SYSTEM, "no space") : 0;
}

static int encode(enum gp_codec c, const struct gp_encoder_opts *o, size_t step, struct gp_buf *to, struct gp_err *err)
{
	struct gp_encoder *enc;
	int rc;

	gp_buf_release(to);
	enc = gp_encoder_new(c, o, (struct gp_sink){ to ? sink_add : sink_full, to }, err);
	rc = enc ? 0 : -1;
	for (size_t i = 0; i < plain.len && rc == 0; i += step)
		rc = gp_encoder_write(enc, plain.data + i, plain.len - i < step ? plain.len - i : step, err);
	if (rc == 0)
		rc = gp_encoder_finish(enc, err);
	gp_encoder_free(enc);
	return rc;
}

static const struct write_case {
	const char *name;
	enum gp_codec codec;
	int level, xz_check;
	size_t len;
	const char *test, *unpack;
} writes[] = {
	{ "gzip: nothing", GP_CODEC_GZIP, 0, 0, 0, "gzip -t < packed", "gzip -cd < packed" },
	{ "gzip: a byte", GP_CODEC_GZIP, 0, 0, 1, "gzip -t < packed", "gzip -cd < packed" },
	{ "gzip: a piece less one", GP_CODEC_GZIP, 0, 0, (1u << 20) - 1, "gzip -t < packed", "gzip -cd < packed" },
	{ "gzip: a piece", GP_CODEC_GZIP, 0, 0, 1u << 20, "gzip -t < packed", "gzip -cd < packed" },
	{ "gzip: a piece and one", GP_CODEC_GZIP, 0, 0, (1u << 20) + 1, "gzip -t < packed", "gzip -cd < packed" },
	{ "gzip: many pieces, level 1", GP_CODEC_GZIP, 1, 0, 3u << 20, "gzip -t < packed", "gzip -cd < packed" },
	{ "bzip2: nothing", GP_CODEC_BZIP2, 0, 0, 0, "bzip2 -t < packed", "bzip2 -cd < packed" },
	{ "bzip2: a piece", GP_CODEC_BZIP2, 0, 0, 900000, "bzip2 -t < packed", "bzip2 -cd < packed" },
	{ "bzip2: a piece and one", GP_CODEC_BZIP2, 0, 0, 900001, "bzip2 -t < packed", "bzip2 -cd < packed" },
	{ "bzip2: many pieces", GP_CODEC_BZIP2, 0, 0, 2000000, "bzip2 -t < packed", "bzip2 -cd < packed" },
	{ "xz: nothing, check none", GP_CODEC_XZ, 0, 0, 0, "xz -tq < packed", "xz -cdq < packed" },
	{ "xz: check none", GP_CODEC_XZ, 1, 0, 600000, "xz -l --robot -v packed.xz | grep -q 'None'",
	  "xz -cdqQ < packed" },
	{ "xz: check CRC64, several blocks", GP_CODEC_XZ, 1, 4, 3500000, "xz -t < packed", "xz -cd < packed" },
	{ "xz: check SHA-256", GP_CODEC_XZ, 1, 10, 100000, "xz -l --robot -v packed.xz | grep -q 'SHA-256'",
	  "xz -cd < packed" },
	{ "zstd: nothing", GP_CODEC_ZSTD, 0, 0, 0, "zstd -tq < packed", "zstd -cdq < packed" },
	{ "zstd: a byte", GP_CODEC_ZSTD, 0, 0, 1, "zstd -tq < packed", "zstd -cdq < packed" },
	{ "zstd: many jobs", GP_CODEC_ZSTD, 0, 0, 4500000, "zstd -tq < packed", "zstd -cdq < packed" },
	{ "none", GP_CODEC_NONE, 0, 0, 100000, "true", "cat packed" },
};

static void check_write(void **state)
{
	const struct write_case *c = *state;
	static const unsigned threads[] = { 1, 2, 5 };
	gp_auto(gp_buf_release) struct gp_buf first = { 0 };
	gp_auto(gp_buf_release) struct gp_buf cmd = { 0 };
	struct gp_err err = { 0 };

	make(c->len, false);
	save("plain", &plain);
	for (size_t i = 0; i < GP_COUNT(threads); i++) {
		struct gp_encoder_opts o = { threads[i], c->level, c->xz_check };

		/* Neither threads nor the size of writes show in the bytes. */
		assert_int_equal(encode(c->codec, &o, i ? 100003 * i : 65536, &packed, &err), 0);
		if (!i)
			gp_buf_add(&first, packed.data, packed.len);
		assert_int_equal(packed.len, first.len);
		assert_int_equal(memcmp(packed.data ? packed.data : "", first.data ? first.data : "", first.len), 0);
	}
	save("packed", &packed);
	save("packed.xz", &packed);
	gp_buf_printf(&cmd, "{ %s; } && { %s; } | cmp - plain", c->test, c->unpack);
	assert_int_equal(shell(cmd.data), 0);
	assert_int_equal(decode(c->codec, gp_buf_str(&packed), 4093, 65536, NULL, &err), 0);
	assert_plain();
}

/* One stream, one frame, one member: NVIDIA's embedded decoders read no second. */
static void there_is_one_stream_only(void **state)
{
	struct gp_encoder_opts o = { 2, 1, 0 };
	struct gp_err err = { 0 };

	(void)state;
	make(3500000, false);
	assert_int_equal(encode(GP_CODEC_XZ, &o, 1u << 20, &packed, &err), 0);
	save("packed.xz", &packed);
	/* Columns of --robot: streams, blocks. */
	assert_int_equal(shell("[ \"$(xz -l --robot packed.xz | awk '/^file/ { print $2 }')\" = 1 ]"), 0);
	assert_int_equal(encode(GP_CODEC_ZSTD, &o, 1u << 20, &packed, &err), 0);
	save("packed.zst", &packed);
	assert_int_equal(shell("zstd -lv packed.zst | grep -q 'Zstandard Frames: 1$'"), 0);
	assert_int_equal(encode(GP_CODEC_GZIP, &o, 1u << 20, &packed, &err), 0);
	save("packed.gz", &packed);
	assert_int_equal(shell("python3 -c 'import zlib; d = zlib.decompressobj(31); "
			       "d.decompress(open(\"packed.gz\", \"rb\").read()); "
			       "assert d.eof and not d.unused_data' || ! command -v python3 > /dev/null"),
			 0);
}

static void a_sink_that_fails_ends_it(void **state)
{
	(void)state;
	make(3000000, true);
	for (int c = GP_CODEC_NONE; c <= GP_CODEC_ZSTD; c++) {
		struct gp_encoder_opts o = { 2, 1, 0 };
		struct gp_err err = { 0 };

		assert_int_equal(encode((enum gp_codec)c, &o, 65536, NULL, &err), -1);
		assert_int_equal(err.code, GP_E_SYSTEM);
	}
}

static void giving_up_early_is_fine(void **state)
{
	struct gp_encoder_opts o = { 3, 1, 0 };
	struct gp_err err = { 0 };

	(void)state;
	make(3000000, true);
	for (int c = GP_CODEC_NONE; c <= GP_CODEC_ZSTD; c++) {
		struct gp_encoder *enc =
			gp_encoder_new((enum gp_codec)c, &o, (struct gp_sink){ sink_add, &packed }, &err);

		assert_non_null(enc);
		assert_int_equal(gp_encoder_write(enc, plain.data, plain.len, &err), 0);
		gp_encoder_free(enc);
	}
}

/* makeself's levels: gzip -9, bzip2 -9, xz -6, zstd -9. */
static void levels(void **state)
{
	struct gp_encoder_opts three = { 1, 3, 0 };

	(void)state;
	assert_int_equal(gp_encoder_level(GP_CODEC_GZIP, NULL), 9);
	assert_int_equal(gp_encoder_level(GP_CODEC_BZIP2, NULL), 9);
	assert_int_equal(gp_encoder_level(GP_CODEC_XZ, NULL), 6);
	assert_int_equal(gp_encoder_level(GP_CODEC_ZSTD, NULL), 9);
	assert_int_equal(gp_encoder_level(GP_CODEC_XZ, &three), 3);
}

/* --- telling them apart --- */

static const struct detect_case {
	const char *name, *head;
	size_t len;
	enum gp_code code;
	enum gp_codec want;
} detects[] = { { "gzip's two bytes", "\x1f\x8b\x08", 3, GP_OK, GP_CODEC_GZIP },
		{ "bzip2's three", "BZh9", 4, GP_OK, GP_CODEC_BZIP2 },
		{ "xz's six",
		  "\xfd"
		  "7zXZ\0",
		  6, GP_OK, GP_CODEC_XZ },
		{ "zstd's four", "\x28\xb5\x2f\xfd", 4, GP_OK, GP_CODEC_ZSTD },
		{ "zstd's first skippable frame", "\x50\x2a\x4d\x18", 4, GP_OK, GP_CODEC_ZSTD },
		{ "zstd's last skippable frame", "\x5f\x2a\x4d\x18", 4, GP_OK, GP_CODEC_ZSTD },
		{ "no skippable frame", "\x60\x2a\x4d\x18", 4, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "nothing", "", 0, GP_E_FORMAT, GP_CODEC_NONE },
		{ "one byte of gzip", "\x1f", 1, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "xz cut short",
		  "\xfd"
		  "7zX",
		  4, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "lzip", "LZIP\1", 5, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "lzma alone", "\x5d\0\0\x80\0", 5, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "compress", "\x1f\x9d\x90", 3, GP_E_UNSUPPORTED, GP_CODEC_NONE },
		{ "text", "hello", 5, GP_E_UNSUPPORTED, GP_CODEC_NONE } };

static void check_detect(void **state)
{
	const struct detect_case *c = *state;
	enum gp_codec codec = GP_CODEC_NONE;
	struct gp_err err = { 0 };

	assert_int_equal(gp_codec_detect((struct gp_str){ c->head, c->len }, &codec, &err), c->code ? -1 : 0);
	assert_int_equal(err.code, c->code);
	if (!c->code)
		assert_int_equal(codec, c->want);
}

static void a_plain_tar_is_told_by_its_magic(void **state)
{
	enum gp_codec codec = GP_CODEC_GZIP;
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(shell("echo x > f && tar -cf packed --format=gnu f && "
			       "tar -cf ustar --format=ustar f && head -c 300 packed > short"),
			 0);
	load("packed", &packed);
	assert_int_equal(gp_codec_detect(gp_buf_str(&packed), &codec, &err), 0);
	assert_int_equal(codec, GP_CODEC_NONE);
	load("ustar", &packed);
	assert_int_equal(gp_codec_detect(gp_buf_str(&packed), &codec, &err), 0);
	load("short", &packed);
	assert_int_equal(gp_codec_detect(gp_buf_str(&packed), &codec, &err), -1);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(gp_codec_name(GP_CODEC_NONE), "none");
	assert_string_equal(gp_codec_name(GP_CODEC_GZIP), "gzip");
	assert_string_equal(gp_codec_name(GP_CODEC_BZIP2), "bzip2");
	assert_string_equal(gp_codec_name(GP_CODEC_XZ), "xz");
	assert_string_equal(gp_codec_name(GP_CODEC_ZSTD), "zstd");
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int main(void)
{
	static const struct CMUnitTest rest[] = { cmocka_unit_test_teardown(xz_facts_do_not_depend_on_the_reads, clear),
						  cmocka_unit_test_teardown(a_dictionary_that_is_too_large, clear),
						  cmocka_unit_test_teardown(an_error_of_the_source_is_passed_on, clear),
						  cmocka_unit_test_teardown(there_is_one_stream_only, clear),
						  cmocka_unit_test_teardown(a_sink_that_fails_ends_it, clear),
						  cmocka_unit_test_teardown(giving_up_early_is_fine, clear),
						  cmocka_unit_test_teardown(levels, clear),
						  cmocka_unit_test_teardown(a_plain_tar_is_told_by_its_magic, clear),
						  cmocka_unit_test_teardown(names, clear) };

	FX_ROWS(reads, check_read, NULL, clear);
	FX_ROWS(hurts, check_cut, NULL, clear);
	FX_ROWS(hurts, check_garbage, NULL, clear);
	FX_ROWS(hurts, check_flip, NULL, clear);
	FX_ROWS(writes, check_write, NULL, clear);
	FX_ROWS(detects, check_detect, NULL, clear);
	FX_TESTS(rest);
	return fx_run(setup, teardown);
}
