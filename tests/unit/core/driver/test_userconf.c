/* SPDX-License-Identifier: MIT */
/* Which values vgpu_unlock-rs takes: by its sources, written down here by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/userconf.h"
#include "fx_table.h"

#define P GP_USERCONF_PROFILE
#define C GP_USERCONF_CONFIG
#define ONE(key) "{\"profile\": {\"nvidia-55\": {" key "}}}"

/* why NULL: taken, with that many warnings */
static const struct conf_case {
	const char *name;
	enum gp_userconf which;
	const char *doc, *why;
	size_t warnings;
} cases[] = {
	{ "nothing", C, "{}", NULL, 0 },
	{ "no table", C, "[]", "no tables", 0 },
	{ "both switches", C, "{\"unlock\": false, \"unlock_migration\": true}", NULL, 0 },
	{ "a string for a switch", C, "{\"unlock\": \"true\"}", "'unlock' has to be true or false", 0 },
	{ "another key", C, "{\"unlok\": true}", NULL, 1 },
	{ "a map", C, "{\"pci_info_map\": {\"0X1B81\": {\"device_id\": 65535, \"sub_system_id\": 0}}}", NULL, 0 },
	{ "a map by decimal and binary numbers", C,
	  "{\"pci_info_map\": {\" 7041 \": {\"device_id\": 1, \"sub_system_id\": 0}, "
	  "\"0b101\": {\"device_id\": 1, \"sub_system_id\": 0}}}",
	  NULL, 0 },
	{ "a map of more than 32 bits", C,
	  "{\"pci_info_map\": {\"4294967296\": {\"device_id\": 1, \"sub_system_id\": 0}}}", "'pci_info_map.4294967296'",
	  0 },
	{ "a map of no digits", C, "{\"pci_info_map\": {\"0x\": {\"device_id\": 1, \"sub_system_id\": 0}}}",
	  "'pci_info_map.0x'", 0 },
	{ "a map of a binary 2", C, "{\"pci_info_map\": {\"0b2\": {\"device_id\": 1, \"sub_system_id\": 0}}}",
	  "'pci_info_map.0b2'", 0 },
	{ "a map without one", C, "{\"pci_info_map\": {\"1\": {\"sub_system_id\": 0}}}", "device_id' is missing", 0 },
	{ "a map of a list", C, "{\"pci_info_map\": []}", "'pci_info_map' has to be a table", 0 },
	{ "32 bits", P, ONE("\"gpu_type\": 4294967295"), NULL, 0 },
	{ "33 bits", P, ONE("\"gpu_type\": 4294967296"), "'profile.nvidia-55.gpu_type' has to be", 0 },
	{ "64 bits", P, ONE("\"pci_id\": 9223372036854775807"), NULL, 0 },
	{ "negative", P, ONE("\"bar1_length\": -1"), "bar1_length' has to be", 0 },
	{ "a switch for a number", P, ONE("\"cuda_enabled\": true"), "cuda_enabled' has to be an integer", 0 },
	{ "a date", P, ONE("\"cuda_enabled\": null"), "cuda_enabled' has to be an integer", 0 },
	{ "a number for a string", P, ONE("\"card_name\": 1"), "card_name' has to be a string", 0 },
	{ "amounts", P,
	  ONE("\"framebuffer\": 1, \"mappable_video_size\": \"12\", \"framebuffer_reservation\": \" 1.5GiB \""), NULL,
	  0 },
	{ "an amount with a point and no unit", P, ONE("\"framebuffer\": \"1.5\""), "framebuffer' has to be", 0 },
	{ "an amount with two points", P, ONE("\"framebuffer\": \"1.5.1 MB\""), "framebuffer' has to be", 0 },
	{ "an empty amount", P, ONE("\"framebuffer\": \"\""), "framebuffer' has to be", 0 },
	{ "a unit alone", P, ONE("\"framebuffer\": \"MB\""), "framebuffer' has to be", 0 },
	{ "a negative amount", P, ONE("\"framebuffer\": \"-1 MB\""), "framebuffer' has to be", 0 },
	{ "another unit", P, ONE("\"framebuffer\": \"1 mb\""), "framebuffer' has to be", 0 },
	{ "amounts by machine and by profile", P, "{\"mdev\": {\"u\": {}}, \"vm\": {\"100\": {\"frl_enabled\": 0}}}",
	  NULL, 0 },
	{ "another key of a profile", P, ONE("\"frl_enable\": 1"), NULL, 1 },
	{ "another table", P, "{\"global\": 1}", NULL, 1 },
	{ "a profile that is none", P, "{\"profile\": 1}", "'profile' has to be a table", 0 },
};

static void check(void **state)
{
	const struct conf_case *c = *state;
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	struct json_object *doc = json_tokener_parse(c->doc);
	struct gp_err err = { 0 };
	int rc;

	assert_non_null(doc);
	rc = gp_userconf_check(c->which, doc, &warnings, &err);
	json_object_put(doc);
	assert_int_equal(rc, c->why ? -1 : 0);
	assert_int_equal(err.code, c->why ? GP_E_FORMAT : GP_OK);
	if (c->why && !strstr(err.cause, c->why))
		fail_msg("'%s' is not in '%s'", c->why, err.cause);
	if (!c->why)
		assert_int_equal(warnings.n, c->warnings);
}

int main(void)
{
	FX_ROWS(cases, check, NULL, NULL);
	return fx_run(NULL, NULL);
}
