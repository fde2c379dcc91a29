/* SPDX-License-Identifier: MIT */
/* Tests: core/payload/splice, core/payload/splice_gzip, core/payload/splice_xz, core/payload/splice_zstd */
/* Slow: 8 s */
/* Damaged and hostile payloads: never a crash, bounded time and memory, and
 * what is continued stays right. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>
#include <zlib.h>

#include "fx_splice.h"
#include "fx_table.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define PLAIN_MAX (1u << 20)
#define TRIES 120 /* of every kind */

static struct gp_buf plain, packed, got, want, built, scratch;

static int clear(void **state)
{
	struct gp_buf *all[] = { &plain, &packed, &got, &want, &built, &scratch };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(all); i++)
		gp_buf_release(all[i]);
	return 0;
}

/* --- damage --- */

/* Bytes [at, at + old) become len bytes of p. */
static void replace(struct gp_buf *b, size_t at, size_t old, const void *p, size_t len)
{
	gp_auto(gp_buf_release) struct gp_buf end = { 0 };

	gp_buf_add(&end, b->data + at + old, b->len - at - old);
	b->len = at;
	gp_buf_add(b, p, len);
	gp_buf_add(b, end.data, end.len);
}

/* Somewhere, more often near the start and the end. */
static size_t somewhere(uint64_t *seed, size_t len)
{
	size_t near = len < 40 ? len : 40;

	switch (fx_below(seed, 4)) {
	case 0: return fx_below(seed, near);
	case 1: return len - near + fx_below(seed, near);
	default: return fx_below(seed, len);
	}
}

static void hurt(struct gp_buf *b, uint64_t *seed)
{
	static const unsigned char odd[] = { 0, 1, 2, 0x7f, 0x80, 0xc0, 0xe0, 0xff };
	gp_auto(gp_buf_release) struct gp_buf copy = { 0 };
	size_t at = somewhere(seed, b->len), n = 1 + fx_below(seed, 64);
	uint64_t v = fx_random(seed);

	if (!b->len)
		return;
	n = n < b->len - at ? n : b->len - at;
	switch (fx_below(seed, 7)) {
	case 0: b->len = at; break;
	case 1: replace(b, at, 0, &v, fx_below(seed, 8)); break;
	case 2: replace(b, at, n, "", 0); break;
	case 3:
		gp_buf_add(&copy, b->data + at, n);
		replace(b, somewhere(seed, b->len), 0, copy.data, copy.len);
		break;
	case 4: b->data[at] = (char)odd[fx_below(seed, sizeof(odd))]; break;
	default: b->data[at] ^= (char)(1u << fx_below(seed, 8)); break;
	}
}

/* Make gzip's sums true again, if the last member decodes at all. */
static void mend_gzip(struct gp_buf *b)
{
	z_stream z = { .next_in = (Bytef *)b->data + 10, .avail_in = (uInt)(b->len < 10 ? 0 : b->len - 10) };
	uLong crc = crc32(0, NULL, 0);
	Bytef block[65536];
	uint32_t sum[2];
	int rc;

	if (b->len < 18 || inflateInit2(&z, -15) != Z_OK)
		return;
	do {
		z.next_out = block;
		z.avail_out = sizeof(block);
		rc = inflate(&z, Z_NO_FLUSH);
		crc = crc32(crc, block, (uInt)(sizeof(block) - z.avail_out));
	} while (rc == Z_OK && z.total_out < PLAIN_MAX);
	sum[0] = (uint32_t)crc;
	sum[1] = (uint32_t)z.total_out;
	inflateEnd(&z);
	if (rc != Z_STREAM_END)
		return;
	b->len -= z.avail_in;
	gp_buf_add(b, sum, sizeof(sum)); /* this machine's order: little */
}

/* --- what is done with it --- */

static void go_on(const struct fx_recipe *r, struct gp_splice *s, const struct gp_cut *cut, size_t end, bool good)
{
	gp_auto(fx_plan_release) struct fx_plan plan = { 0 };
	struct fx_way way = { .step = 4093, .cap = 65536 };
	struct gp_str in = gp_buf_str(&packed);
	struct gp_peek peek = { fx_peek, &in };
	struct gp_err err = { 0 };
	struct gp_splice *again;

	assert_true(cut->plain <= end);
	want.len = 0;
	gp_buf_add(&want, plain.data, end);
	gp_buf_puts(&want, "more of it");
	if (fx_continue(s, cut, peek, (struct gp_str){ want.data + cut->plain, want.len - (size_t)cut->plain }, &plan,
			&err) < 0) {
		/* Bytes that the decoder has not taken for right are no promise. */
		if (good)
			fail_msg("%s: %s", r->name, err.cause);
		return;
	}
	if (!fx_plan_is_sane(&plan.plan, packed.len)) {
		assert_false(good);
		return;
	}
	fx_build(in, &plan, &built);
	again = gp_splice_new(r->codec);
	if (fx_scan(r->codec, gp_buf_str(&built), &way, again, &got, &err) == 0 && good) {
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
	} else if (good) {
		fail_msg("%s: what was continued: %s", r->name, err.cause);
	}
	gp_splice_free(again);
}

/* true: the decoder finds nothing wrong. */
static bool attempt(const struct fx_recipe *r, bool blocks, uint64_t seed)
{
	struct fx_way way = { .step = 1 + fx_below(&seed, 6000),
			      .cap = 1 + fx_below(&seed, 6000),
			      .blocks = blocks,
			      .end = fx_below(&seed, 9000),
			      .seed = fx_random(&seed) % 3 * seed,
			      .max = PLAIN_MAX };
	struct gp_splice *s = gp_splice_new(r->codec);
	struct gp_str in = gp_buf_str(&packed);
	struct gp_err err = { 0 };
	bool good = fx_scan(r->codec, in, &way, s, &plain, &err) == 0;

	if (!good)
		assert_in_range(err.code, GP_E_FORMAT, GP_E_CANCELLED);
	for (int i = 0; i < 3; i++) {
		size_t end = i ? way.end + fx_below(&seed, plain.len + 1) : plain.len;
		struct gp_err why = { 0 };
		struct gp_cut cut;

		end = end < plain.len ? end : plain.len;
		if (gp_splice_cut(s, end, (struct gp_peek){ fx_peek, &in }, gp_buf_str(&plain), &cut, &why) == 0)
			go_on(r, s, &cut, end, good);
		else if (why.code != GP_E_NOTFOUND)
			assert_int_equal(why.code, GP_E_UNSUPPORTED);
	}
	gp_splice_free(s);
	return good;
}

static void damaged(void **state)
{
	static const size_t len[] = { 0, 1, 300, 3000, 9000, 40000 };
	const struct fx_recipe *r = *state;
	size_t good = 0;

	for (uint64_t i = 0; i < TRIES; i++) {
		uint64_t seed = i * 1000003 + (uint64_t)(r - fx_recipe) + 1;

		fx_fill(&scratch, (enum fx_data)fx_below(&seed, 4), len[fx_below(&seed, GP_COUNT(len))], seed);
		packed.len = 0;
		r->make(r, gp_buf_str(&scratch), &packed);
		for (size_t n = 1 + fx_below(&seed, 3); n; n--)
			hurt(&packed, &seed);
		if (r->codec == GP_CODEC_GZIP && i % 2)
			mend_gzip(&packed);
		good += attempt(r, false, seed);
		if (r->codec == GP_CODEC_GZIP)
			attempt(r, true, seed);
	}
	print_message("%s: %zu of %d decode\n", r->name, good, TRIES);
}

/* --- payloads made with care --- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct bits {
	struct gp_buf *out;
	unsigned n, byte;
};

static void put_bits(struct bits *b, unsigned v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		b->byte |= (v >> i & 1) << b->n;
		if (++b->n == 8) {
			gp_buf_putc(b->out, (char)b->byte);
			b->n = b->byte = 0;
		}
	}
}

/* A deflate block with dynamic codes and nothing but its end: 92 bits. RFC 1951 3.2.7. */
static void put_empty_block(struct bits *b)
{
	/* Lengths of the code lengths' codes: 18 has one bit, 0 and 1 have two. */
	static const unsigned len[18] = { [2] = 1, [3] = 2, [17] = 2 };

	put_bits(b, 4, 3);  /* not the last one, dynamic */
	put_bits(b, 0, 10); /* 257 literals, one distance */
	put_bits(b, 14, 4); /* 18 lengths */
	for (size_t i = 0; i < GP_COUNT(len); i++)
		put_bits(b, len[i], 3);
	put_bits(b, 0, 1); /* 18: zeros, 138 of them */
	put_bits(b, 127, 7);
	put_bits(b, 0, 1); /* 118 more */
	put_bits(b, 107, 7);
	put_bits(b, 3, 2); /* the end has one bit */
	put_bits(b, 1, 2); /* the distance none */
	put_bits(b, 0, 1); /* the end */
}

/* Stored bytes that are deflate blocks themselves: at each of them the search
 * might decode to the end of all, to find that it was for nothing. */
static void a_search_has_an_end(void **state)
{
	struct fx_way way = { .step = 65536, .cap = 65536 };
	const struct fx_recipe stored = { .level = 0 };
	struct gp_splice *s = gp_splice_new(GP_CODEC_GZIP);
	struct bits b = { .out = &scratch };
	struct gp_err err = { 0 };
	struct gp_cut cut;
	struct gp_str in;
	double from;

	(void)state;
	while (scratch.len < 60000) /* one stored block: none of its bounds is in the way */
		put_empty_block(&b);
	for (size_t i = 0; i < fx_recipes; i++)
		if (strcmp(fx_recipe[i].name, "gzip, stored") == 0)
			fx_recipe[i].make(&stored, gp_buf_str(&scratch), &packed);
	in = gp_buf_str(&packed);
	assert_int_equal(fx_scan(GP_CODEC_GZIP, in, &way, s, &plain, &err), 0);
	from = now();
	gp_splice_cut(s, plain.len, (struct gp_peek){ fx_peek, &in }, gp_buf_str(&plain), &cut, &err);
	print_message("%.2f s for %zu bytes\n", now() - from, packed.len);
	assert_true(now() - from < (SANITIZED ? 10 : 2));
	gp_splice_free(s);
}

/* Blocks of no bytes in a frame with a checksum: none of them is worth memory. */
static void empty_zstd_blocks_fill_no_memory(void **state)
{
	struct fx_way way = { .step = 65536, .cap = 65536 };
	struct gp_splice *s = gp_splice_new(GP_CODEC_ZSTD);
	struct gp_err err = { 0 };
	size_t before, after;

	(void)state;
	gp_buf_add(&packed, "\x28\xb5\x2f\xfd\x04\x50", 6);
	for (int i = 0; i < 1000000; i++)
		gp_buf_add(&packed, "\0\0", 3);
	gp_buf_add(&packed, "\1\0\0\x99\xe9\xd8\x51", 7); /* XXH64 of nothing */
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_int_equal(fx_scan(GP_CODEC_ZSTD, gp_buf_str(&packed), &way, s, &plain, &err), 0);
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	print_message("%zu bytes more for %zu\n", after - before, packed.len);
	if (!SANITIZED)
		assert_true(after < before + (1u << 20));
	gp_splice_free(s);
}

/* Every set of header fields (RFC 1952 2.3.1), in pieces of every size. */
static void check_header(gz_header *head)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t) "plain", .avail_in = 5 };
	char out[200];

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflateSetHeader(&z, head), Z_OK);
	z.next_out = (Bytef *)out;
	z.avail_out = sizeof(out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	for (size_t step = 1; step < 80; step++) {
		struct fx_way way = { .step = step, .cap = 100 };
		struct gp_splice *s = gp_splice_new(GP_CODEC_GZIP);
		struct gp_err err = { 0 };

		if (fx_scan(GP_CODEC_GZIP, (struct gp_str){ out, z.total_out }, &way, s, &plain, &err) < 0)
			fail_msg("extra %d, name %d, comment %d, CRC %d, %zu bytes at once: %s", head->extra != NULL,
				 head->name != NULL, head->comment != NULL, head->hcrc, step, err.cause);
		assert_true(gp_str_eq(gp_buf_str(&plain), "plain"));
		gp_splice_free(s);
	}
	deflateEnd(&z);
}

static void gzip_headers_come_in_pieces(void **state)
{
	static Bytef text[30] = "some text";

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		gz_header head = { .extra = i & 1 ? text : NULL,
				   .extra_len = i & 1 ? sizeof(text) : 0,
				   .name = i & 2 ? text : NULL,
				   .comment = i & 4 ? text : NULL,
				   .hcrc = (i & 8) != 0 };

		check_header(&head);
	}
}

/* Whatever was tried above. */
static void memory_was_bounded(void **state)
{
	struct rusage u;

	(void)state;
	getrusage(RUSAGE_SELF, &u);
	print_message("at most %ld MB\n", u.ru_maxrss >> 10);
	if (!SANITIZED)
		assert_true(u.ru_maxrss < 300 << 10);
}

int main(void)
{
	static const struct CMUnitTest rest[] = { cmocka_unit_test_teardown(memory_was_bounded, clear),
						  cmocka_unit_test_teardown(a_search_has_an_end, clear),
						  cmocka_unit_test_teardown(empty_zstd_blocks_fill_no_memory, clear),
						  cmocka_unit_test_teardown(gzip_headers_come_in_pieces, clear) };

	for (size_t i = 0; i < fx_recipes; i++)
		fx_add((struct CMUnitTest){ fx_recipe[i].name, damaged, NULL, clear,
					    (void *)(uintptr_t)&fx_recipe[i] });
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
