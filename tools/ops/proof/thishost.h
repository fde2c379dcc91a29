/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_THISHOST_H
#define GP_OPS_PROOF_THISHOST_H

/*
 * The machine that builds, in the words of a report: its system, its kernel and what it is
 * made of. Not its name, which is nobody's business.
 *
 * Out: "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-57-amd64, x86_64"; free() it.
 * Source: os-release(5), uname(2).
 */
char *gp_this_host(void);

#endif
