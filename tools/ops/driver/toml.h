/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_TOML_H
#define GP_OPS_DRIVER_TOML_H

#include <json-c/json.h>

#include "base/buf.h"

/*
 * Read a TOML file with Python's library for it, which 3.11 and newer bring along (else
 * python3-tomli): there is none for C in Debian 12.
 *
 * In:     name: for messages. text: untrusted.
 * Out:    *doc: json_object_put() it; dates, numbers with a point and other things that are
 *         no table, array, string, boolean or integer are null.
 * Errors: GP_E_FORMAT with the line: not UTF-8, no TOML, a key that is there twice, an
 *         integer of more than 64 bits; GP_E_NOTFOUND no python3, or no such library in it.
 */
int gp_toml_read(const char *name, struct gp_str text, struct json_object **doc, struct gp_err *err);

#endif
