/* SPDX-License-Identifier: MIT */
/* Real images are read in tests/cli/boot.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/vm/bzimage.h"
#include "fx_table.h"

static const struct image_case {
	const char *name, *magic, *version, *want;
	size_t len;
	enum gp_code code;
} images[] = {
	{ "Debian's", "HdrS", "6.1.0-50-amd64 (debian-kernel@x) #1 SMP", "6.1.0-50-amd64", 4096, GP_OK },
	{ "no magic", "hdrs", "6.1.0 x", NULL, 4096, GP_E_UNSUPPORTED },
	{ "nothing", "HdrS", "6.1.0 x", NULL, 0, GP_E_UNSUPPORTED },
	{ "cut off in front of it", "HdrS", "6.1.0 x", NULL, 0x400, GP_E_FORMAT },
	{ "cut off within the header", "HdrS", "6.1.0 x", NULL, 0x20f, GP_E_UNSUPPORTED },
	{ "no release", "HdrS", "banana", NULL, 4096, GP_E_FORMAT },
	{ "none at all", "HdrS", " ", NULL, 4096, GP_E_FORMAT },
	{ "a path", "HdrS", "../../etc", NULL, 4096, GP_E_FORMAT },
};

static void test_image(void **state)
{
	const struct image_case *t = *state;
	char *image = calloc(1, 8192), *got;
	struct gp_err err = { 0 };

	assert_non_null(image);
	memcpy(image + 0x202, t->magic, 4);
	image[0x20e] = 0x00;
	image[0x20f] = 0x06; /* 0x200 + 0x600 */
	memcpy(image + 0x800, t->version, strlen(t->version));
	got = gp_bzimage_release((struct gp_str){ image, t->len }, &err);
	assert_int_equal(err.code, t->code);
	if (t->want)
		assert_string_equal(got, t->want);
	else
		assert_null(got);
	free(got);
	free(image);
}

int main(void)
{
	FX_ROWS(images, test_image, NULL, NULL);
	return fx_run(NULL, NULL);
}
