/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RECORD_SCRUB_H
#define GP_CORE_RECORD_SCRUB_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Text without what tells one machine, or its people, from another. The same thing gets
 * the same stand-in in all texts of one record, and a text that has only stand-ins stays
 * as it is, so that a record of a record is that record.
 *
 *   UUIDs                      00000000-0000-4000-8000-000000000001, …2: a table in TOML
 *                              must not stand twice
 *   hardware addresses         00:00:00:00:00:00
 *   32 hex digits and more     00000000000000000000000000000000 (machine-id)
 *   IPv4 addresses             0.0.0.0
 *   kernel addresses           0x0000000000000000
 *   the host in a URL          ://HOST
 *   a word with "serial"       SERIAL, and the line ends there
 *   names of hosts and users   HOST, with the domain behind it, and USER
 *   /home/…                    /home/USER
 */
struct gp_scrub {
	struct gp_list hosts, users; /* names, from gp_scrub_host() and gp_scrub_user() */
	struct gp_list uuids;        /* those met so far, in lower case */
};
void gp_scrub_release(struct gp_scrub *s);

/*
 * A name that must not be told.
 *
 * In: name: untrusted. One letter, and words that this program's texts are made of
 *     (nvidia, kvm, debian …), say nothing of anybody and are left alone.
 */
void gp_scrub_host(struct gp_scrub *s, struct gp_str name);
void gp_scrub_user(struct gp_scrub *s, struct gp_str name);

/* Append the text without them. In: untrusted, any bytes. */
void gp_scrub_text(struct gp_scrub *s, struct gp_str text, struct gp_buf *out);

/* Only UUIDs, as in names of files: words there are the program's own. */
void gp_scrub_path(struct gp_scrub *s, struct gp_str path, struct gp_buf *out);

#endif
