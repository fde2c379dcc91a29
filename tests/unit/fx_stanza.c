/* SPDX-License-Identifier: MIT */
#include "fx_stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void fx_refused(int rc, const struct gp_err *err, const char *why)
{
	char text[1024];

	assert_int_equal(rc, -1);
	assert_int_equal(err->code, GP_E_FORMAT);
	gp_err_format(err, text, sizeof(text));
	if (!strstr(text, why))
		fail_msg("'%s' is not in '%s'", why, text);
}
