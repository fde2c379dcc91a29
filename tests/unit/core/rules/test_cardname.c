/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rules/cardname.h"
#include "fx_table.h"

/* The names are those of pci.ids, 2023.04.11. */
static const struct fit_case {
	const char *name, *entry;
	enum gp_name_fit want;
} fits[] = {
	{ "GeForce GTX 1080", "GP104 [GeForce GTX 1080]", GP_NAME_WHOLE },
	{ "NVIDIA GeForce GTX 1080", "GP104 [GeForce GTX 1080]", GP_NAME_WHOLE },
	{ "GTX 1080", "GP104 [GeForce GTX 1080]", GP_NAME_ENDS },
	{ "gtx1080", "GP104 [GeForce GTX 1080]", GP_NAME_ENDS },
	{ "GTX-1080", "GP104 [GeForce GTX 1080]", GP_NAME_ENDS },
	{ "1080", "GP104 [GeForce GTX 1080]", GP_NAME_ENDS },
	{ "GTX 1080", "GP102 [GeForce GTX 1080 Ti]", GP_NAME_BEGINS },
	{ "GTX 1080", "GP104M [GeForce GTX 1080 Mobile]", GP_NAME_BEGINS },
	{ "1080 Ti", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "GTX 108", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "X 1080", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "80", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "GP104", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "P4", "GP104GL [Tesla P4]", GP_NAME_ENDS },
	{ "P4", "GP102GL [Tesla P40]", GP_NAME_OTHER },
	{ "A16", "GA107GL [A2 / A16]", GP_NAME_WHOLE },
	{ "A2", "GA107GL [A2 / A16]", GP_NAME_WHOLE },
	{ "A2 A16", "GA107GL [A2 / A16]", GP_NAME_OTHER },
	{ "Quadro RTX 6000", "TU102GL [Quadro RTX 6000/8000]", GP_NAME_WHOLE },
	{ "Quadro RTX 8000", "TU102GL [Quadro RTX 6000/8000]", GP_NAME_WHOLE },
	{ "RTX 8000", "TU102GL [Quadro RTX 6000/8000]", GP_NAME_ENDS },
	{ "RTX 4060 Mobile", "AD107M [GeForce RTX 4060 Max-Q / Mobile]", GP_NAME_OTHER },
	{ "RTX 6000 Ada Generation", "AD102GL [L6000 / RTX 6000 Ada Generation]", GP_NAME_WHOLE },
	{ "RTX 6000 Ada", "AD102GL [L6000 / RTX 6000 Ada Generation]", GP_NAME_BEGINS },
	{ "H100 SXM5 80GB", "GH100[H100 SXM5 80GB]", GP_NAME_WHOLE },
	{ "TITAN RTX", "TU102 [TITAN RTX]", GP_NAME_WHOLE },
	{ "RTX", "TU102 [TITAN RTX]", GP_NAME_BEGINS },
	{ "GTX TITAN X", "GM200 [GeForce GTX TITAN X]", GP_NAME_BEGINS },
	{ "Audio", "GP104 High Definition Audio Controller", GP_NAME_OTHER },
	{ "", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "nvidia", "GP104 [GeForce GTX 1080]", GP_NAME_OTHER },
	{ "x", "GP104 []", GP_NAME_OTHER },
	{ "x", "GP104 [/x/]", GP_NAME_WHOLE },
	{ "x", "GP104 ]x[", GP_NAME_OTHER },
};

static void fit(void **state)
{
	const struct fit_case *c = *state;

	assert_int_equal(gp_card_name_fit(c->name, c->entry), c->want);
}

static void sane(void **state)
{
	static const char *const good[] = { "GTX 1080", "A2 / A16", "Tesla P4", "1080", "Quadro RTX 6000 (passive)" };
	static const char *const bad[] = {
		"",         " ",        "-",         "GTX\n1080",
		"GTX;1080", "\x1b[31m", "10de:1b80", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(gp_card_name_sane(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gp_card_name_sane(bad[i]));
}

/* More words and letters than there is room for. */
static void long_names(void **state)
{
	static const char many[] =
		"x [a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p]";
	char entry[1024] = "x [";

	(void)state;
	assert_int_equal(gp_card_name_fit("a b", many), GP_NAME_BEGINS);
	for (size_t i = 3; i < sizeof(entry) - 2; i++)
		entry[i] = i % 100 ? 'a' : ' ';
	entry[sizeof(entry) - 2] = ']';
	assert_int_equal(gp_card_name_fit("b", entry), GP_NAME_OTHER);
	assert_int_equal(gp_card_name_fit(entry + 3, many), GP_NAME_OTHER);
}

int main(void)
{
	FX_ROWS(fits, fit, NULL, NULL);
	FX_TEST(sane, NULL, NULL);
	FX_TEST(long_names, NULL, NULL);
	return fx_run(NULL, NULL);
}
