/* SPDX-License-Identifier: MIT */
#include "core/diff/numbered.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t line_hash(struct gp_str s, bool nl)
{
	uint64_t h = s.len + (nl ? GP_NUMBERED_RADIX : 0), w;

	while (s.len >= 8) {
		memcpy(&w, s.p, 8);
		h = mix(h ^ 0xa0761d6478bd642full, w ^ 0xe7037ed1a0b428dbull);
		s.p += 8;
		s.len -= 8;
	}
	w = 0;
	if (s.len)
		memcpy(&w, s.p, s.len);
	return mix(h ^ 0x8ebc6af09c88c6e3ull, w ^ 0x589965cc75374cc3ull);
}

struct gp_str gp_numbered_text(const struct gp_numbered *in, size_t i, bool *nl)
{
	struct gp_str s = { in->text.p + in->start[i], in->start[i + 1] - in->start[i] };

	gp_assert(i < in->n);
	*nl = s.len && s.p[s.len - 1] == '\n';
	s.len -= *nl;
	return s;
}

/* The slot of a line: it holds its number, or is free. */
static uint32_t *find_slot(const struct gp_numbered *in, struct gp_str s, bool nl, uint64_t h)
{
	size_t i = (size_t)(h ^ (h >> 32)) & in->mask;

	for (; in->slot[i] != GP_NO_LINE; i = (i + 1) & in->mask) {
		uint32_t id = in->slot[i];
		bool its_nl;

		if (in->hash[id] != h)
			continue;
		if (gp_str_same(gp_numbered_text(in, in->sample[id], &its_nl), s) && its_nl == nl)
			break;
	}
	return &in->slot[i];
}

static void split_lines(struct gp_numbered *in)
{
	struct gp_str rest = in->text, line;
	size_t cap = 0;

	while (gp_text_line_next(&rest, &line)) {
		GP_GROW(in->start, in->n, cap);
		in->start[in->n++] = (size_t)(line.p - in->text.p);
	}
	GP_GROW(in->start, in->n, cap);
	in->start[in->n] = in->text.len;
}

static void number_lines(struct gp_numbered *in)
{
	size_t size = 16;

	while (size < 2 * in->n)
		size *= 2;
	in->mask = size - 1;
	in->slot = gp_realloc(NULL, size, sizeof(*in->slot));
	memset(in->slot, 0xff, size * sizeof(*in->slot));
	in->id = gp_realloc(NULL, in->n, sizeof(*in->id));
	in->hash = gp_realloc(NULL, in->n, sizeof(*in->hash));
	in->sample = gp_realloc(NULL, in->n, sizeof(*in->sample));
	in->sum = gp_realloc(NULL, in->n + 1, sizeof(*in->sum));
	in->sum[0] = 0;
	for (size_t i = 0; i < in->n; i++) {
		bool nl;
		struct gp_str s = gp_numbered_text(in, i, &nl);
		uint64_t h = line_hash(s, nl);
		uint32_t *slot = find_slot(in, s, nl, h);

		if (*slot == GP_NO_LINE) {
			in->hash[in->nid] = h;
			in->sample[in->nid] = (uint32_t)i;
			*slot = in->nid++;
		}
		in->id[i] = *slot;
		in->sum[i + 1] = in->sum[i] * GP_NUMBERED_RADIX + in->id[i] + 1;
	}
}

void gp_numbered_release(struct gp_numbered *in)
{
	free(in->start);
	free(in->id);
	free(in->sum);
	free(in->hash);
	free(in->sample);
	free(in->slot);
	free(in->first);
	free(in->where);
}

int gp_numbered_init(struct gp_numbered *in, struct gp_str text, struct gp_err *err)
{
	*in = (struct gp_numbered){ .text = text };
	split_lines(in);
	if (in->n >= GP_NO_LINE - 1)
		return gp_fail(err, GP_E_UNSUPPORTED, "a file of %zu lines is too long", in->n);
	number_lines(in);
	return 0;
}

void gp_numbered_index(struct gp_numbered *in)
{
	if (in->first)
		return;
	in->first = gp_alloc(((size_t)in->nid + 2) * sizeof(*in->first));
	in->where = gp_realloc(NULL, in->n, sizeof(*in->where));
	for (size_t i = 0; i < in->n; i++)
		in->first[in->id[i] + 2]++;
	for (size_t k = 2; k < (size_t)in->nid + 2; k++)
		in->first[k] += in->first[k - 1];
	for (size_t i = 0; i < in->n; i++)
		in->where[in->first[in->id[i] + 1]++] = (uint32_t)i;
}

size_t gp_numbered_count(const struct gp_numbered *in, uint32_t id)
{
	gp_assert(in->first && (id < in->nid || id == GP_NO_LINE));
	return id == GP_NO_LINE ? 0 : in->first[id + 1] - in->first[id];
}

uint32_t gp_numbered_find(const struct gp_numbered *in, struct gp_str s, bool nl)
{
	return *find_slot(in, s, nl, line_hash(s, nl));
}

size_t gp_numbered_from(const struct gp_numbered *in, size_t lo, size_t hi, int64_t min)
{
	gp_assert(lo <= hi && hi <= in->n);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if ((int64_t)in->where[mid] < min)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
