/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_MESSAGE_H
#define GP_CORE_RULES_MESSAGE_H

#include <stddef.h>

#include "base/stanza.h"

/*
 * The `log` file of kernel-versions/: what the module loader, NVIDIA's modules and daemons,
 * and vgpu_unlock write into a log, what that means for vGPUs, and what to do about it.
 */

/* Who writes it. */
enum gp_writer { GP_WRITER_LOADER, GP_WRITER_MODULES, GP_WRITER_DAEMONS, GP_WRITER_UNLOCK };

/* fault: something does not work; doubt: it may; fine: it is a good sign. */
enum gp_message_kind { GP_MESSAGE_FAULT, GP_MESSAGE_DOUBT, GP_MESSAGE_FINE };

struct gp_message {
	char *name; /* "symbol-get" */
	enum gp_writer from;
	enum gp_message_kind kind;
	struct gp_list patterns; /* at least one */
	char *cause;             /* a sentence */
	char *next;              /* a command, or what to do; NULL only where it is fine */
	char *evidence;
	char *file;
	unsigned lineno;
};

struct gp_message_list {
	struct gp_message *v;
	size_t n, cap;
};

void gp_messages_release(struct gp_message_list *l);

/*
 * Read a log file and lay it over a list: a paragraph takes the place of the one of the
 * same name; the others come before those that are there, as the first that fits a line
 * has it.
 *
 * In:     stanzas of one file, each with Message, From, Kind, Pattern (one a line, with
 *         "*" for any text), Cause, Evidence, and Next, which only Kind: fine can do
 *         without.
 * Out:    gp_messages_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": a field that is unknown or missing, a bad value, a
 *         name that is there twice, a pattern that says too little.
 */
int gp_messages_parse(const struct gp_stanza_list *stanzas, struct gp_message_list *l, struct gp_err *err);

/*
 * The message that a line of a log has, or NULL; belongs to l. A pattern may stand anywhere
 * in the line, since logs put dates, hosts and units in front.
 *
 * In: line: untrusted, of any bytes. What it costs is linear in its length: each piece of a
 *     pattern is looked for once, behind the one before it.
 */
const struct gp_message *gp_message_find(const struct gp_message_list *l, struct gp_str line);

#endif
