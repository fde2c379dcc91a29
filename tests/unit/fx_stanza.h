/* SPDX-License-Identifier: MIT */
#ifndef GP_TESTS_FX_STANZA_H
#define GP_TESTS_FX_STANZA_H

#include "base/err.h"
#include "base/stanza.h"

/* Read a data file's text: paragraphs first, then what read() makes of them in to. */
#define FX_READ(text, origin, read, to, err) \
	({ \
		struct gp_stanza_list s_ = { 0 }; \
		int rc_ = gp_stanza_parse(gp_str_of(text), origin, &s_, err); \
\
		if (rc_ == 0) \
			rc_ = read(&s_, to, err); \
		gp_stanza_list_release(&s_); \
		rc_; \
	})

/* It was refused as malformed, and why is in the message. */
void fx_refused(int rc, const struct gp_err *err, const char *why);

#endif
