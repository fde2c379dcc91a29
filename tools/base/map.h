/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_MAP_H
#define GP_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names to numbers. Zeroed is empty; keys are copied. The hash is seeded per
 * process image only by its start value: a flood of colliding names costs time
 * bounded by GP_RUN_MAX_ENTRIES, not memory. */
struct gp_map_slot {
	char *key;
	uint64_t hash;
	size_t value;
};

struct gp_map {
	struct gp_map_slot *slot;
	size_t n, cap; /* cap is a power of two */
};

void gp_map_release(struct gp_map *m);
void gp_map_put(struct gp_map *m, const char *key, size_t value);        /* replaces */
bool gp_map_get(const struct gp_map *m, const char *key, size_t *value); /* value may be NULL */

#endif
