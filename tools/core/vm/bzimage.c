/* SPDX-License-Identifier: MIT */
#include "core/vm/bzimage.h"

#include <string.h>

#include "core/rules/release.h"

#define MAGIC_AT 0x202
#define VERSION_AT 0x20e
#define VERSION_FROM 0x200

char *gp_bzimage_release(struct gp_str head, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *release = NULL;
	struct gp_release r;
	size_t at, n = 0;

	if (head.len < VERSION_AT + 2 || memcmp(head.p + MAGIC_AT, "HdrS", 4) != 0) {
		gp_fail(err, GP_E_UNSUPPORTED, "it is no bzImage, which is what QEMU starts");
		return NULL;
	}
	at = VERSION_FROM + ((size_t)(uint8_t)head.p[VERSION_AT] | (size_t)(uint8_t)head.p[VERSION_AT + 1] << 8);
	while (at + n < head.len && head.p[at + n] > ' ' && head.p[at + n] < 0x7f && n < 256)
		n++;
	release = n ? gp_strndup(head.p + at, n) : NULL;
	if (!release || gp_release_parse(release, &r, NULL) < 0) {
		gp_fail(err, GP_E_FORMAT, "it does not say which kernel it is");
		return NULL;
	}
	return gp_steal(&release);
}
