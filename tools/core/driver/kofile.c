/* SPDX-License-Identifier: MIT */
#include "core/driver/kofile.h"

#include <string.h>

#include "base/text.h"

const char *const gp_ko_suffixes[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz", NULL };

struct gp_str gp_ko_stem(struct gp_str file)
{
	for (size_t i = 0; gp_ko_suffixes[i]; i++)
		if (gp_str_ends(file, gp_ko_suffixes[i]))
			return (struct gp_str){ file.p, file.len - strlen(gp_ko_suffixes[i]) };
	return (struct gp_str){ NULL, 0 };
}

char *gp_ko_name(struct gp_str stem)
{
	char *name = gp_strndup(stem.p, stem.len);

	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : *p;
	return name;
}
