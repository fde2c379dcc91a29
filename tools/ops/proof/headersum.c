/* SPDX-License-Identifier: MIT */
#include "ops/proof/headersum.h"

#include <stdlib.h>
#include <string.h>

#include "base/cachedir.h"
#include "base/treesum.h"

#define MAGIC "gridpatch headers 2\n"
#define SUFFIX ".headers"
#define MEMO_MAX 4096u         /* of one file */
#define MEMOS_MAX (1ull << 20) /* of all */

/* --- what earlier runs know --- */

/* MAGIC, what stat says, the sum, and the sum of all that. */
static char *memo(const struct gp_headersum *s)
{
	gp_auto(gp_free_ptr) char *text = gp_asprintf(MAGIC "%s\n%s\n", s->stat, s->bytes);
	char sum[GP_SHA256_HEX];

	gp_sha256_hex(text, strlen(text), sum);
	return gp_asprintf("%s%s\n", text, sum);
}

static char *memo_path(const char *cache, const struct gp_headersum *s)
{
	return gp_asprintf("%s/%s" SUFFIX, cache, s->stat);
}

static bool recall(const char *cache, struct gp_headersum *s)
{
	gp_auto(gp_free_ptr) char *path = memo_path(cache, s);
	gp_auto(gp_free_ptr) char *want = NULL;
	gp_auto(gp_buf_release) struct gp_buf file = { 0 };
	size_t at = sizeof(MAGIC) - 1 + GP_SHA256_HEX; /* past the line of stat's */

	if (!gp_cache_read(path, MEMO_MAX, &file) || file.len < at + GP_SHA256_HEX)
		return false;
	memcpy(s->bytes, file.data + at, GP_SHA256_HEX - 1);
	s->bytes[GP_SHA256_HEX - 1] = '\0';
	want = memo(s);
	return strlen(want) == file.len && memcmp(want, file.data, file.len) == 0;
}

void gp_headersum_keep(const struct gp_headersum *sum, const char *cache)
{
	gp_auto(gp_free_ptr) char *path = memo_path(cache, sum);
	gp_auto(gp_free_ptr) char *text = memo(sum);

	gp_cache_write(path, gp_str_of(text), SUFFIX, MEMOS_MAX);
}

int gp_headersum_take(const struct gp_list *roots, const char *cache, struct gp_headersum *out, struct gp_err *err)
{
	*out = (struct gp_headersum){ 0 };
	if (gp_treesum(roots, GP_TREESUM_STAT, NULL, out->stat, err) < 0)
		return -1;
	out->known = cache && *out->stat && recall(cache, out);
	return out->known ? 0 : gp_treesum(roots, GP_TREESUM_BYTES, NULL, out->bytes, err);
}

bool gp_headersum_holds(const struct gp_headersum *sum, const struct gp_list *roots)
{
	char now[GP_SHA256_HEX];

	return *sum->stat && gp_treesum(roots, GP_TREESUM_STAT, NULL, now, NULL) == 0 && strcmp(now, sum->stat) == 0;
}
