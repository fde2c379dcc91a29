/* SPDX-License-Identifier: MIT */
/* Tests: core/payload/chunkwork, core/payload/splice_gzip, core/payload/splice_xz, core/payload/splice_zstd */
/* Slow: 25 s */
/* Continuing payloads of every kind: what comes out is decoded by us and by
 * the libraries themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>

#include "fx_splice.h"
#include "fx_table.h"

#define LAST_MAX (8u << 20) /* what the tar reader keeps */
#define SPACING 16384u      /* splice.c: places closer together are not told apart */

static struct gp_buf plain, packed, got, want, fresh, built;

static int clear(void **state)
{
	struct gp_buf *all[] = { &plain, &packed, &got, &want, &fresh, &built };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(all); i++)
		gp_buf_release(all[i]);
	return 0;
}

static struct gp_str last_of(const struct gp_buf *b)
{
	size_t n = b->len < LAST_MAX ? b->len : LAST_MAX;

	return (struct gp_str){ b->data + b->len - n, n };
}

/* Where the payload has to be continued. */
struct place {
	const struct fx_recipe *r;
	size_t end;
	struct gp_splice *splice;
	struct gp_cut cut;
	bool found;
};

/* Every message that says why there is none. */
static void assert_reason(const char *cause)
{
	static const char *const known[] = { "bzip2 cannot be continued",
					     "an xz stream with SHA-256 checks cannot be continued",
					     "an xz stream with other filters than LZMA2 cannot be continued",
					     "its xz check is unknown",
					     "its stream header is damaged",
					     "its blocks could not be followed",
					     "it has more than a million xz blocks",
					     "several xz streams cannot be continued",
					     "something follows its zstd frames",
					     "no block of it ends before the end of the archive" };

	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (strcmp(cause, known[i]) == 0)
			return;
	fail_msg("no such reason: '%s'", cause);
}

/* --- gzip's blocks, as zlib tells them --- */

struct truth {
	struct gp_cut *v;
	size_t n, cap;
};

static void truth_release(struct truth *t)
{
	free(t->v);
}

static void find_blocks(struct gp_str in, struct truth *t)
{
	z_stream z = { .next_in = (Bytef *)in.p, .avail_in = (uInt)in.len };
	struct gp_cut c = { 0 };
	Bytef block[65536];
	int rc = inflateInit2(&z, 15 + 16);

	while (rc == Z_OK) {
		z.next_out = block;
		z.avail_out = sizeof(block);
		rc = inflate(&z, Z_BLOCK);
		c.plain += sizeof(block) - z.avail_out;
		c.packed = in.len - z.avail_in;
		if (rc == Z_OK && (z.data_type & 192) == 128) {
			c.bits = (unsigned)z.data_type & 7;
			c.check = z.adler;
			GP_GROW(t->v, t->n, t->cap);
			t->v[t->n++] = c;
		}
		if (rc == Z_STREAM_END && z.avail_in) {
			c.unit_packed = c.packed;
			c.unit_plain = c.plain;
			rc = inflateReset(&z);
		}
	}
	assert_int_equal(rc, Z_STREAM_END);
	inflateEnd(&z);
}

static bool same_place(const struct gp_cut *a, const struct gp_cut *b)
{
	return a->packed == b->packed && a->plain == b->plain && a->bits == b->bits && a->check == b->check &&
	       a->unit_packed == b->unit_packed && a->unit_plain == b->unit_plain;
}

static const struct gp_cut *last_block(const struct truth *t, size_t end)
{
	const struct gp_cut *c = NULL;

	for (size_t i = 0; i < t->n && t->v[i].plain <= end; i++)
		c = &t->v[i];
	return c;
}

/* Being told of blocks gives one of them, and less than SPACING is lost. */
static void assert_told(const struct truth *t, size_t end, const struct gp_cut *cut)
{
	const struct gp_cut *c = last_block(t, end);
	bool real = false;

	assert_non_null(c);
	for (size_t i = 0; i < t->n; i++)
		real = real || same_place(&t->v[i], cut);
	assert_true(real);
	assert_true(cut->plain <= end);
	assert_true(c->plain == cut->plain || c->plain - cut->plain < SPACING);
	/* Far apart: the two ways agree on one place. */
	if (t->n > 2 && c > t->v + 1 && c[0].plain - c[-2].plain >= SPACING &&
	    (c + 1 == t->v + t->n || c[1].plain - c[-1].plain >= SPACING))
		assert_true(same_place(c, cut));
}

/* --- finding the place --- */

static bool cut(struct place *p, struct gp_err *err)
{
	struct gp_str in = gp_buf_str(&packed);

	*err = (struct gp_err){ 0 };
	return gp_splice_cut(p->splice, p->end, (struct gp_peek){ fx_peek, &in }, last_of(&plain), &p->cut, err) == 0;
}

static struct gp_splice *scan(const struct fx_recipe *r, const struct fx_way *way)
{
	struct gp_splice *s = gp_splice_new(r->codec);
	struct gp_err err = { 0 };

	assert_int_equal(fx_scan(r->codec, gp_buf_str(&packed), way, s, &got, &err), 0);
	assert_int_equal(got.len, plain.len);
	assert_memory_equal(got.data, plain.data, plain.len);
	return s;
}

/* gzip: the search gives the last block or nothing, being told gives one, too. */
static void find_in_gzip(struct place *p, struct fx_way way, struct gp_err *err)
{
	gp_auto(truth_release) struct truth t = { 0 };
	struct place told = { .r = p->r, .end = p->end };
	struct gp_err why;

	way.blocks = true;
	find_blocks(gp_buf_str(&packed), &t);
	told.splice = scan(p->r, &way);
	assert_true(cut(&told, &why));
	assert_told(&t, p->end, &told.cut);
	p->found = cut(p, err);
	if (p->found) {
		assert_true(same_place(&p->cut, last_block(&t, p->end)));
		gp_splice_free(told.splice);
		return;
	}
	assert_int_equal(err->code, GP_E_NOTFOUND);
	gp_splice_free(p->splice);
	p->splice = told.splice;
	p->cut = told.cut;
	p->found = true;
}

/* p->splice belongs to the caller; seed 0: without gp_splice_beyond(). */
static void find_place(struct place *p, uint64_t seed)
{
	static const size_t step[] = { 1u << 20, 4093, 65536, 300 }, cap[] = { 65536, 1u << 20, 777, 4096 };
	struct fx_way way = { .step = step[seed % 4], .cap = cap[seed / 4 % 4], .end = p->end, .seed = seed };
	struct gp_err err = { 0 };

	p->splice = scan(p->r, &way);
	if (p->r->codec == GP_CODEC_GZIP)
		find_in_gzip(p, way, &err);
	else
		p->found = cut(p, &err);
	if (!p->found) {
		assert_int_equal(err.code, GP_E_UNSUPPORTED);
		assert_reason(err.cause);
		/* An xz stream of no bytes has no block; else there always is a place. */
		if (p->r->codec == GP_CODEC_XZ &&
		    strcmp(err.cause, "no block of it ends before the end of the archive") == 0)
			assert_int_equal(plain.len, 0);
		else if (p->r->why)
			assert_string_equal(err.cause, p->r->why);
		else
			fail_msg("%s: %s", p->r->name, err.cause);
		return;
	}
	if (p->r->why && plain.len)
		fail_msg("%s: there should be no place", p->r->name);
	assert_true(p->cut.plain <= p->end);
	assert_true(p->cut.packed <= packed.len);
	assert_true(p->cut.unit_packed <= p->cut.packed);
	assert_true(p->cut.unit_plain <= p->cut.plain);
}

/* --- going on --- */

static void assert_same_plan(const struct fx_plan *a, const struct fx_plan *b)
{
	assert_int_equal(a->plan.keep, b->plan.keep);
	assert_int_equal(a->plan.nedit, b->plan.nedit);
	for (size_t i = 0; i < a->plan.nedit; i++) {
		assert_int_equal(a->plan.edit[i].off, b->plan.edit[i].off);
		assert_int_equal(a->plan.edit[i].old_len, b->plan.edit[i].old_len);
		assert_int_equal(a->plan.edit[i].len, b->plan.edit[i].len);
		assert_memory_equal(a->plan.edit[i].bytes, b->plan.edit[i].bytes, a->plan.edit[i].len);
	}
	assert_int_equal(a->rest.len, b->rest.len);
	if (a->rest.len)
		assert_memory_equal(a->rest.data, b->rest.data, a->rest.len);
}

static void check_saved(const struct place *p, struct gp_str more, const struct fx_plan *plan)
{
	gp_auto(fx_plan_release) struct fx_plan again = { 0 };
	gp_auto(gp_buf_release) struct gp_buf saved = { 0 };
	struct gp_str in = gp_buf_str(&packed);
	struct gp_err err = { 0 };
	struct gp_splice *s;
	struct gp_wire w;
	struct gp_cut c;

	gp_splice_save(p->splice, &p->cut, &saved);
	gp_buf_puts(&saved, "behind it");
	w = (struct gp_wire){ .rest = gp_buf_str(&saved) };
	s = gp_splice_load(p->r->codec, &c, &w);
	assert_non_null(s);
	assert_true(gp_str_eq(w.rest, "behind it"));
	assert_int_equal(fx_continue(s, &c, (struct gp_peek){ fx_peek, &in }, more, &again, &err), 0);
	assert_same_plan(plan, &again);
	gp_splice_free(s);
}

static size_t units_before(enum gp_codec c, uint64_t packed_off)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	size_t units;

	fx_library_decode(c, (struct gp_str){ packed.data, (size_t)packed_off }, &b, &units);
	return units;
}

/* built: the new payload. It gives want, and has as many members as it should. */
static void check_built(const struct place *p)
{
	struct fx_way way = { .step = 8191, .cap = 65536 };
	struct gp_splice *s = gp_splice_new(p->r->codec);
	struct gp_err err = { 0 };
	size_t units;

	if (fx_scan(p->r->codec, gp_buf_str(&built), &way, s, &got, &err) != 0)
		fail_msg("%s, end %zu of %zu: %s", p->r->name, p->end, plain.len, err.cause);
	gp_splice_free(s);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);

	got.len = want.len; /* room for it */
	assert_true(fx_library_decode(p->r->codec, gp_buf_str(&built), &got, &units));
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	if (p->r->codec == GP_CODEC_GZIP) /* the same member goes on */
		assert_int_equal(units, units_before(GP_CODEC_GZIP, p->cut.unit_packed) + 1);
	if (p->r->codec == GP_CODEC_XZ) /* the same check */
		assert_memory_equal(built.data, packed.data, LZMA_STREAM_HEADER_SIZE);
}

/* plain and packed become the new ones. */
static void go_on(const struct place *p, uint64_t seed)
{
	static const size_t some[] = { 0, 1, 512, 9000, 70000 };
	gp_auto(fx_plan_release) struct fx_plan plan = { 0 };
	gp_auto(gp_buf_release) struct gp_buf more = { 0 };
	struct gp_str in = gp_buf_str(&packed);
	struct gp_err err = { 0 };
	struct gp_buf old;

	fx_fill(&fresh, FX_MIXED, some[fx_below(&seed, GP_COUNT(some))], seed);
	gp_buf_add(&more, plain.data + p->cut.plain, (size_t)(p->end - p->cut.plain));
	gp_buf_add(&more, fresh.data, fresh.len);
	want.len = 0;
	gp_buf_add(&want, plain.data, p->end);
	gp_buf_add(&want, fresh.data, fresh.len);
	assert_int_equal(
		fx_continue(p->splice, &p->cut, (struct gp_peek){ fx_peek, &in }, gp_buf_str(&more), &plan, &err), 0);
	assert_true(fx_plan_is_sane(&plan.plan, packed.len));
	check_saved(p, gp_buf_str(&more), &plan);
	fx_build(gp_buf_str(&packed), &plan, &built);
	check_built(p);
	old = plain;
	plain = want;
	want = old;
	old = packed;
	packed = built;
	built = old;
}

static size_t some_end(uint64_t *seed, size_t len)
{
	switch (fx_below(seed, 6)) {
	case 0: return len;
	case 1: return len ? len - 1 : 0;
	case 2: return fx_below(seed, len + 1);
	case 3: return fx_below(seed, 40) < len ? fx_below(seed, len < 40 ? len + 1 : 40) : 0;
	default: return len - fx_below(seed, (len < 20000 ? len : 20000) + 1); /* as tars end */
	}
}

/* Cut at one end, and at three more of what came out. */
static void chain(const struct fx_recipe *r, enum fx_data kind, size_t len, uint64_t seed)
{
	fx_fill(&plain, kind, len, seed);
	packed.len = 0;
	gp_buf_puts(&packed, "");
	r->make(r, gp_buf_str(&plain), &packed);
	for (int i = 0; i < 4; i++) {
		struct place p = { .r = r, .end = some_end(&seed, plain.len) };

		find_place(&p, i % 2 ? 0 : seed);
		if (p.found)
			go_on(&p, seed);
		gp_splice_free(p.splice);
		if (!p.found)
			break;
	}
}

static void check_small(void **state)
{
	static const size_t len[] = { 0, 1, 255, 256, 1000, 20000, 70000 };
	const struct fx_recipe *r = *state;
	size_t turn = (size_t)(r - fx_recipe);

	for (size_t i = 0; i < GP_COUNT(len); i++)
		chain(r, (enum fx_data)((turn + i) % 4), len[i], turn * 8 + i + 1);
}

static void check_large(void **state)
{
	const struct fx_recipe *r = *state;
	size_t turn = (size_t)(r - fx_recipe);

	chain(r, FX_MIXED, 200000, 71);
	chain(r, (enum fx_data)(turn % 3), 60000, 72 + turn);
}

/* What a driver's payload is like, but smaller; the check is none of them all. */
static void three_megabytes(void **state)
{
	static const char *const name[] = { "none",
					    "gzip 9",
					    "xz 0, no check",
					    "xz, blocks with sizes, CRC64",
					    "zstd 3, checksum",
					    "zstd 3 at once",
					    "zstd, flushed often, size" };

	(void)state;
	for (size_t i = 0; i < fx_recipes; i++)
		for (size_t k = 0; k < GP_COUNT(name); k++)
			if (strcmp(fx_recipe[i].name, name[k]) == 0)
				chain(&fx_recipe[i], FX_MIXED, 3000000 + k, 100 + k);
}

/* --- what is larger than memory --- */

static int to_buf(void *arg, const void *p, size_t len, struct gp_err *err)
{
	(void)err;
	gp_buf_add(arg, p, len);
	return 0;
}

/* fresh, in steps, behind what the plan keeps. */
static void stream(const struct place *p, unsigned threads, size_t step, struct fx_plan *plan)
{
	struct gp_str in = gp_buf_str(&packed);
	struct gp_splice_to to = { { to_buf, &plan->rest }, threads };
	struct gp_err err = { 0 };
	struct gp_splice_more *m =
		gp_splice_more_new(p->splice, &p->cut, (struct gp_peek){ fx_peek, &in }, &to, &plan->plan, &err);

	assert_non_null(m);
	assert_int_equal(gp_splice_more_put(m, plain.data + p->cut.plain, (size_t)(p->end - p->cut.plain), &err), 0);
	for (size_t at = 0; at < fresh.len; at += step)
		assert_int_equal(
			gp_splice_more_put(m, fresh.data + at, fresh.len - at < step ? fresh.len - at : step, &err), 0);
	assert_int_equal(gp_splice_more_end(m, &err), 0);
	gp_splice_more_free(m);
	assert_int_equal(plan->rest.len, plan->plan.rest_len);
}

/* Several pieces, of which threads make some at the same time: the libraries decode what
 * comes out, and it is the same for any number of threads and any steps. */
static void many_pieces_by_threads(void **state)
{
	static const char *const name[] = { "none", "gzip 9", "gzip, flushed to a bit", "xz, blocks with sizes, CRC64",
					    "zstd 3, checksum" };

	(void)state;
	for (size_t k = 0; k < GP_COUNT(name); k++) {
		gp_auto(fx_plan_release) struct fx_plan one = { 0 }, three = { 0 };
		struct place p = { 0 };

		for (size_t i = 0; i < fx_recipes; i++)
			p.r = strcmp(fx_recipe[i].name, name[k]) == 0 ? &fx_recipe[i] : p.r;
		assert_non_null(p.r);
		fx_fill(&plain, FX_MIXED, 100000, k);
		fx_fill(&fresh, FX_MIXED, 5000000 + k, k + 1);
		packed.len = 0;
		p.r->make(p.r, gp_buf_str(&plain), &packed);
		p.end = plain.len;
		find_place(&p, 0);
		assert_true(p.found);
		want.len = 0;
		gp_buf_add(&want, plain.data, p.end);
		gp_buf_add(&want, fresh.data, fresh.len);
		stream(&p, 1, 1000000, &one);
		stream(&p, 3, 70001, &three);
		assert_same_plan(&one, &three);
		fx_build(gp_buf_str(&packed), &one, &built);
		check_built(&p);
		gp_splice_free(p.splice);
	}
}

/* One scan answers for every end; more of the tar is known with each of them. */
static void every_end_of_one_payload(void **state)
{
	static const char *const name[] = { "gzip, flushed to a bit", "xz, blocks with sizes, CRC32",
					    "xz, synchronised", "zstd, flushed", "zstd by hand" };
	const struct fx_recipe *r = *state;
	struct fx_way way = { .step = 5000, .cap = 5000, .blocks = true };
	uint64_t before = 0;
	struct gp_err err;
	bool chosen = false;

	for (size_t i = 0; i < GP_COUNT(name); i++)
		chosen = chosen || strcmp(r->name, name[i]) == 0;
	if (!chosen)
		return;
	fx_fill(&plain, FX_MIXED, 250000, 9);
	r->make(r, gp_buf_str(&plain), &packed);
	for (struct place p = { .r = r, .splice = scan(r, &way) };; p.end += 1 + p.end % 997) {
		if (p.end > plain.len) {
			gp_splice_free(p.splice);
			break;
		}
		assert_true(cut(&p, &err));
		assert_true(p.cut.plain <= p.end && p.cut.plain >= before);
		/* Blocks are about 20000 bytes here: twice that and the spacing. */
		if (p.end > 200000)
			assert_true(p.end - p.cut.plain < 131072 + 2 * SPACING);
		before = p.cut.plain;
	}
}

/* Enough plain bytes before the end and blocks with codes of their own: the
 * search finds what it should, for every end behind its first find. */
static void the_search_finds_blocks(void **state)
{
	static const char *const name[] = { "gzip 9",
					    "gzip 1",
					    "gzip 6, little memory",
					    "gzip 9, less memory",
					    "gzip, Huffman only",
					    "gzip, filtered",
					    "gzip, flushed to a bit",
					    "gzip, synchronised" };
	struct fx_way way = { .step = 65536, .cap = 65536 };

	(void)state;
	for (size_t i = 0; i < fx_recipes * GP_COUNT(name); i++) {
		gp_auto(truth_release) struct truth t = { 0 };
		struct place p = { .r = &fx_recipe[i / GP_COUNT(name)] };
		struct gp_err err;
		size_t found = 0;

		if (strcmp(p.r->name, name[i % GP_COUNT(name)]) != 0)
			continue;
		fx_fill(&plain, FX_TEXT, 700000, i);
		packed.len = 0;
		p.r->make(p.r, gp_buf_str(&plain), &packed);
		find_blocks(gp_buf_str(&packed), &t);
		p.splice = scan(p.r, &way);
		for (p.end = 30000; p.end <= plain.len; p.end += 9973) {
			if (cut(&p, &err)) {
				assert_true(same_place(&p.cut, last_block(&t, p.end)));
				found++;
			} else {
				assert_int_equal(err.code, GP_E_NOTFOUND);
				assert_int_equal(found, 0); /* never behind a find */
			}
		}
		if (found < 10)
			fail_msg("%s: found %zu times", p.r->name, found);
		gp_splice_free(p.splice);
	}
}

/* --- saved places --- */

static uint64_t odd_number(uint64_t *seed)
{
	static const uint64_t odd[] = { 0,  1,  2,   3,          7,          8,          10,
					15, 16, 255, UINT32_MAX, 1ull << 62, 1ull << 63, UINT64_MAX };
	uint64_t v = odd[fx_below(seed, GP_COUNT(odd))];

	return fx_below(seed, 3) ? v : v + fx_below(seed, packed.len + 2);
}

static void hurt_saved(struct gp_buf *b, uint64_t *seed)
{
	size_t field = fx_below(seed, b->len / 8);
	uint64_t v = odd_number(seed);

	switch (fx_below(seed, 4)) {
	case 0: b->len = fx_below(seed, b->len); break;
	case 1: b->data[fx_below(seed, b->len)] ^= (char)(1 << fx_below(seed, 8)); break;
	default: memcpy(b->data + 8 * field, &v, 8); break;
	}
}

/* What is read back from a file nobody vouches for: an error or some plan, and
 * that plan stays inside of the payload. */
static void saved_bytes_are_not_believed(void **state)
{
	const struct fx_recipe *r = *state;
	struct place p = { .r = r, .end = 30000 };
	struct gp_str in;

	fx_fill(&plain, FX_MIXED, 40000, 5);
	r->make(r, gp_buf_str(&plain), &packed);
	in = gp_buf_str(&packed);
	find_place(&p, 0);
	for (uint64_t seed = 1, i = 0; p.found && i < 400; i++) {
		gp_auto(fx_plan_release) struct fx_plan plan = { 0 };
		gp_auto(gp_buf_release) struct gp_buf saved = { 0 };
		struct gp_err err = { 0 };
		struct gp_splice *s;
		struct gp_wire w;
		struct gp_cut c;

		gp_splice_save(p.splice, &p.cut, &saved);
		for (size_t n = 1 + fx_below(&seed, 2); n && saved.len; n--)
			hurt_saved(&saved, &seed);
		w = (struct gp_wire){ .rest = gp_buf_str(&saved) };
		s = gp_splice_load(r->codec, &c, &w);
		if (!s)
			continue;
		/* The reader of the index asks this before it goes on. */
		if (c.packed <= packed.len &&
		    fx_continue(s, &c, (struct gp_peek){ fx_peek, &in }, GP_STR("more"), &plan, &err) == 0)
			assert_true(fx_plan_is_sane(&plan.plan, packed.len));
		gp_splice_free(s);
	}
	gp_splice_free(p.splice);
}

/* A test of every recipe. */
static void each(const char *what, CMUnitTestFunction f)
{
	for (size_t i = 0; i < fx_recipes; i++)
		fx_add((struct CMUnitTest){ .name = gp_asprintf("%s: %s", what, fx_recipe[i].name),
					    .test_func = f,
					    .teardown_func = clear,
					    .initial_state = (void *)(uintptr_t)&fx_recipe[i] });
}

int main(void)
{
	each("small", check_small);
	each("large", check_large);
	each("every end", every_end_of_one_payload);
	each("saved", saved_bytes_are_not_believed);
	FX_TEST(three_megabytes, NULL, clear);
	FX_TEST(many_pieces_by_threads, NULL, clear);
	FX_TEST(the_search_finds_blocks, NULL, clear);
	return fx_run(NULL, NULL);
}
