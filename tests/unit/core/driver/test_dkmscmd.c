/* SPDX-License-Identifier: MIT */
/* That dkms takes these lines: tests/cli/inplace.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/driver/dkmscmd.h"
#include "fx_table.h"

static void plain(void **state)
{
	const struct gp_dkmscmd c = { .name = "nvidia", .version = "460.73.02" };
	gp_auto(gp_list_release) struct gp_list l = { 0 };

	(void)state;
	gp_dkmscmd_add(&c, &l);
	gp_dkmscmd_build(&c, "5.12.9", NULL, &l);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0], "dkms add -m nvidia -v 460.73.02");
	assert_string_equal(l.v[1], "dkms build -m nvidia -v 460.73.02 -k 5.12.9");
	assert_string_equal(l.v[2], "dkms install -m nvidia -v 460.73.02 -k 5.12.9");
}

/* Words that a shell would take apart are quoted. */
static void elsewhere(void **state)
{
	const struct gp_dkmscmd c = { "nvidia-current", "460.91.03", "/a b", "/var/lib/dkms2", true };
	gp_auto(gp_list_release) struct gp_list l = { 0 };

	(void)state;
	gp_dkmscmd_add(&c, &l);
	gp_dkmscmd_build(&c, "6.1.0", "/srv/h", &l);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[0], "dkms remove --all -m nvidia-current -v 460.91.03 --sourcetree '/a b' --dkmstree "
				    "/var/lib/dkms2");
	assert_string_equal(l.v[2], "dkms build -m nvidia-current -v 460.91.03 -k 6.1.0 --kernelsourcedir /srv/h "
				    "--sourcetree '/a b' --dkmstree /var/lib/dkms2");
}

int main(void)
{
	FX_TEST(plain, NULL, NULL);
	FX_TEST(elsewhere, NULL, NULL);
	return fx_run(NULL, NULL);
}
