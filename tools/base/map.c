/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* FNV-1a, 64 bit. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3u;
	return h;
}

static struct gp_map_slot *probe(const struct gp_map *m, const char *key, uint64_t hash)
{
	size_t i = (size_t)hash & (m->cap - 1);

	while (m->slot[i].key && (m->slot[i].hash != hash || strcmp(m->slot[i].key, key) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

static void grow(struct gp_map *m)
{
	struct gp_map old = *m;

	m->cap = old.cap ? old.cap * 2 : 64;
	m->slot = gp_alloc(m->cap * sizeof(*m->slot));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].key)
			*probe(m, old.slot[i].key, old.slot[i].hash) = old.slot[i];
	free(old.slot);
}

void gp_map_put(struct gp_map *m, const char *key, size_t value)
{
	uint64_t hash = hash_of(key);
	struct gp_map_slot *s;

	if (m->n * 2 >= m->cap)
		grow(m);
	s = probe(m, key, hash);
	if (!s->key) {
		s->key = gp_strdup(key);
		s->hash = hash;
		m->n++;
	}
	s->value = value;
}

bool gp_map_get(const struct gp_map *m, const char *key, size_t *value)
{
	struct gp_map_slot *s;

	if (!m->cap)
		return false;
	s = probe(m, key, hash_of(key));
	if (s->key && value)
		*value = s->value;
	return s->key != NULL;
}

void gp_map_release(struct gp_map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++)
		free(m->slot[i].key);
	free(m->slot);
	*m = (struct gp_map){ 0 };
}
