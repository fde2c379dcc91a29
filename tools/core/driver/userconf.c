/* SPDX-License-Identifier: MIT */
#include "core/driver/userconf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum type { BOOLEAN, U16, U32, U64, TEXT, AMOUNT };

struct key {
	const char *name;
	enum type type;
	bool needed;
};

static const struct key CONFIG[] = { { "unlock", BOOLEAN, false }, { "unlock_migration", BOOLEAN, false } };
static const struct key PCI_INFO[] = { { "device_id", U16, true }, { "sub_system_id", U16, true } };
static const struct key OVERRIDE[] = { { "gpu_type", U32, false },
				       { "card_name", TEXT, false },
				       { "vgpu_type", TEXT, false },
				       { "features", TEXT, false },
				       { "max_instances", U32, false },
				       { "num_displays", U32, false },
				       { "display_width", U32, false },
				       { "display_height", U32, false },
				       { "max_pixels", U32, false },
				       { "frl_config", U32, false },
				       { "cuda_enabled", U32, false },
				       { "ecc_supported", U32, false },
				       { "mig_instance_size", U32, false },
				       { "multi_vgpu_supported", U32, false },
				       { "pci_id", U64, false },
				       { "pci_device_id", U64, false },
				       { "framebuffer", AMOUNT, false },
				       { "mappable_video_size", AMOUNT, false },
				       { "framebuffer_reservation", AMOUNT, false },
				       { "encoder_capacity", U32, false },
				       { "bar1_length", U64, false },
				       { "frl_enabled", U32, false },
				       { "adapter_name", TEXT, false },
				       { "short_gpu_name", TEXT, false },
				       { "license_type", TEXT, false } };

const char *gp_userconf_name(enum gp_userconf which)
{
	return which == GP_USERCONF_CONFIG ? "config.toml" : "profile_override.toml";
}

static const char *wanted(enum type t)
{
	switch (t) {
	case BOOLEAN: return "true or false";
	case U16: return "an integer from 0 to 65535";
	case U32: return "an integer from 0 to 4294967295";
	case U64: return "an integer that is not negative";
	case TEXT: return "a string";
	case AMOUNT: break;
	}
	return "an integer that is not negative, or a string like \"512 MiB\"";
}

static bool is_unit(struct gp_str s)
{
	static const char *const units[] = { "KB", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB" };

	for (size_t i = 0; i < GP_COUNT(units); i++)
		if (gp_str_eq(s, units[i]))
			return true;
	return false;
}

/* "1.5 GiB", "4096" */
static bool is_amount(struct gp_str s)
{
	size_t digits = 0, dots = 0, n = 0;

	s = gp_str_trim(s);
	for (; n < s.len && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'); n++) {
		dots += s.p[n] == '.';
		digits += s.p[n] != '.';
	}
	if (!digits || dots > 1)
		return false;
	return n == s.len ? !dots : is_unit(gp_str_trim(gp_str_skip(s, n)));
}

static bool is_good(struct json_object *v, enum type t)
{
	static const int64_t max[] = {
		[U16] = UINT16_MAX, [U32] = UINT32_MAX, [U64] = INT64_MAX, [AMOUNT] = INT64_MAX
	};
	bool text = json_object_is_type(v, json_type_string);

	if (t == BOOLEAN)
		return json_object_is_type(v, json_type_boolean);
	if (t == TEXT)
		return text;
	if (t == AMOUNT && text)
		return is_amount((struct gp_str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) });
	return json_object_is_type(v, json_type_int) && json_object_get_int64(v) >= 0 &&
	       json_object_get_int64(v) <= max[t];
}

static int check_table(const char *where, struct json_object *table, const struct key *keys, size_t n,
		       struct gp_list *warnings, struct gp_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *v = NULL;

		if (!json_object_object_get_ex(table, keys[i].name, &v)) {
			if (!keys[i].needed)
				continue;
			return gp_fail(err, GP_E_FORMAT, "'%s%s' is missing", where, keys[i].name);
		}
		if (!is_good(v, keys[i].type))
			return gp_fail(err, GP_E_FORMAT, "'%s%s' has to be %s", where, keys[i].name,
				       wanted(keys[i].type));
	}
	json_object_object_foreach(table, name, value)
	{
		size_t i = 0;

		(void)value;
		while (i < n && strcmp(keys[i].name, name) != 0)
			i++;
		if (i == n)
			gp_list_printf(warnings, "'%s%s' is not known to vgpu_unlock-rs, which passes it over", where,
				       name);
	}
	return 0;
}

/* A table of tables: each entry has these keys. */
static int check_entries(const char *of, struct json_object *tables, const struct key *keys, size_t n,
			 struct gp_list *warnings, struct gp_err *err)
{
	if (!json_object_is_type(tables, json_type_object))
		return gp_fail(err, GP_E_FORMAT, "'%s' has to be a table", of);
	json_object_object_foreach(tables, name, entry)
	{
		gp_auto(gp_free_ptr) char *where = gp_asprintf("%s.%s.", of, name);

		if (!json_object_is_type(entry, json_type_object))
			return gp_fail(err, GP_E_FORMAT, "'%s.%s' has to be a table", of, name);
		if (check_table(where, entry, keys, n, warnings, err) < 0)
			return -1;
	}
	return 0;
}

/* A device id as the key of a table: "0x1b81", "0b1", "7041". */
static bool is_number(const char *key)
{
	struct gp_str s = gp_str_trim(gp_str_of(key));
	bool hex = s.len > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X');
	bool bits = s.len > 2 && s.p[0] == '0' && (s.p[1] == 'b' || s.p[1] == 'B');
	gp_auto(gp_free_ptr) char *digits = gp_strndup(s.p + (hex || bits ? 2 : 0), s.len - (hex || bits ? 2 : 0));
	size_t len = strlen(digits);

	return len &&
	       len == strspn(digits, hex  ? "0123456789abcdefABCDEF" :
				     bits ? "01" :
					    "0123456789") &&
	       len <= 32 &&
	       strtoull(digits, NULL,
			hex  ? 16 :
			bits ? 2 :
			       10) <= UINT32_MAX;
}

static int check_config(struct json_object *doc, struct gp_list *warnings, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list said = { 0 };
	struct json_object *map = NULL;

	if (check_table("", doc, CONFIG, GP_COUNT(CONFIG), &said, err) < 0)
		return -1;
	for (size_t i = 0; i < said.n; i++)
		if (!gp_str_starts(gp_str_of(said.v[i]), "'pci_info_map'"))
			gp_list_add(warnings, said.v[i]);
	if (!json_object_object_get_ex(doc, "pci_info_map", &map))
		return 0;
	if (check_entries("pci_info_map", map, PCI_INFO, GP_COUNT(PCI_INFO), warnings, err) < 0)
		return -1;
	json_object_object_foreach(map, name, entry)
	{
		(void)entry;
		if (!is_number(name))
			return gp_fail(err, GP_E_FORMAT, "'pci_info_map.%s': a device id is a number, 7041 or 0x1b81",
				       name);
	}
	return 0;
}

static int check_profile(struct json_object *doc, struct gp_list *warnings, struct gp_err *err)
{
	json_object_object_foreach(doc, name, tables)
	{
		if (strcmp(name, "profile") != 0 && strcmp(name, "mdev") != 0 && strcmp(name, "vm") != 0)
			gp_list_printf(warnings, "'%s' is not known to vgpu_unlock-rs, which passes it over", name);
		else if (check_entries(name, tables, OVERRIDE, GP_COUNT(OVERRIDE), warnings, err) < 0)
			return -1;
	}
	return 0;
}

int gp_userconf_check(enum gp_userconf which, struct json_object *doc, struct gp_list *warnings, struct gp_err *err)
{
	if (!json_object_is_type(doc, json_type_object))
		return gp_fail(err, GP_E_FORMAT, "it has no tables and keys");
	return which == GP_USERCONF_CONFIG ? check_config(doc, warnings, err) : check_profile(doc, warnings, err);
}
