/* SPDX-License-Identifier: MIT */
/*
 * The walk from one pinned page to the next that vgpu-vfio-mdev-types brings, cut out of
 * its dma-unmap.patch (walk.inc, by check.sh), beside the plainest way to find the same:
 * asking for each page. The array of pages is as long as the driver says, and no longer,
 * so that a look behind its end is an error of the sanitizer.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* What the driver and the kernel have under these names. */
typedef unsigned char NvBool;
#define NV_TRUE 1
#define NV_FALSE 0
#define GFN_PINNED (~0ull)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define rb_entry(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))

struct rb_node {
	struct rb_node *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

typedef struct {
	struct rb_node node;
	unsigned long gpfn;
} gpfn_node_t;

typedef struct {
	NvBool base_gpfn_pinned;
} mapping_node_t;

typedef struct {
	struct rb_root gpfn_list;
	mapping_node_t **mapping_cache;
	unsigned long long vfio_max_gpfn;
} vgpu_dev_t;

#include "walk.inc"

#define PAGES 512
#define LIST_PAGES 600 /* some are above what the array has */
#define LAST (ULONG_MAX >> 12)

static void add(struct rb_root *root, gpfn_node_t *n)
{
	struct rb_node **at = &root->rb_node;

	while (*at)
		at = n->gpfn < rb_entry(*at, gpfn_node_t, node)->gpfn ? &(*at)->rb_left : &(*at)->rb_right;
	*at = &n->node;
}

/* Whether all is as asking for each page says. */
static bool same(vgpu_dev_t *d, const bool *pinned, unsigned long from, unsigned long last)
{
	unsigned long want = from;

	while (want <= last && want < LIST_PAGES && !pinned[want])
		want++;
	if (want > last || want >= LIST_PAGES)
		want = last + 1;
	return nv_next_pinned(d, from, last) == want;
}

static bool one(unsigned seed)
{
	static mapping_node_t gone, base = { NV_TRUE };
	vgpu_dev_t d = { .vfio_max_gpfn = 0 };
	gpfn_node_t nodes[LIST_PAGES] = { 0 };
	bool pinned[LIST_PAGES] = { false }, fine = true;
	int rare = 1 + (int)(seed % 90);

	srand(seed);
	if (seed % 5) {
		d.vfio_max_gpfn = PAGES - 1;
		d.mapping_cache = calloc(PAGES, sizeof(*d.mapping_cache));
		for (int i = 0; d.mapping_cache && i < PAGES; i++)
			switch (rand() % (3 * rare)) {
			case 0: d.mapping_cache[i] = &gone; break;
			case 1: d.mapping_cache[i] = &base, pinned[i] = true; break;
			case 2: d.mapping_cache[i] = (mapping_node_t *)GFN_PINNED, pinned[i] = true; break;
			}
	}
	for (int i = 0; i < 40; i++) {
		unsigned long page = 1 + (unsigned long)(rand() % (LIST_PAGES - 1));

		if (nodes[page].gpfn || rand() % rare)
			continue;
		nodes[page].gpfn = page;
		add(&d.gpfn_list, &nodes[page]);
		pinned[page] = true;
	}
	for (unsigned long from = 0; from <= LIST_PAGES; from++) {
		fine &= same(&d, pinned, from, LAST);
		fine &= same(&d, pinned, from, from + (unsigned long)(rand() % 64));
	}
	fine &= same(&d, pinned, LAST, LAST);
	free(d.mapping_cache);
	return fine;
}

int main(void)
{
	for (unsigned seed = 0; seed < 300; seed++)
		if (!one(seed)) {
			printf("not the same with seed %u\n", seed);
			return 1;
		}
	return 0;
}
