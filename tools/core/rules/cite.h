/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_CITE_H
#define GP_CORE_RULES_CITE_H

#include "core/diff/lintpatch.h"

/*
 * Can others follow what evidence says? That somebody reported, read or built something
 * counts for nothing unless it says where, what, or when.
 *
 *  - [reported]: OWNER/REPOSITORY#N (an issue or a request), !N (GitLab's), @REF (a tag
 *    or a commit, :FILE behind it); an address; the number of a document
 *    (RN-07347-001); Debian#N, LP#N (bugs);
 *  - [source]: a commit, a file, or a release; or what a report may say;
 *  - [built], [booted]: a date;
 *  - [inference]: some words;
 *  - [peer]: now [reported].
 *
 * A mark in the middle of a sentence ("as on 5.11 [built]") only reminds, and is passed
 * over.
 *
 * In:  text: evidence, its lines unfolded. file, lineno: where it stands.
 * Out: found: what cannot be followed, each once.
 */
void gp_lint_cites(const char *text, const char *file, unsigned lineno, struct gp_findings *found);

#endif
