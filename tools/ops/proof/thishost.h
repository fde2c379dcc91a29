/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_THISHOST_H
#define GP_OPS_PROOF_THISHOST_H

#include "core/proof/cell.h"

/*
 * Append the machines that a report is of, each once: this one, and those that built what is
 * known already. Its system, its kernel and what it is made of; not its name, which is
 * nobody's business.
 *
 * In:  known: results of earlier runs that are taken, NULL: none; untrusted.
 * Out: "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-57-amd64, x86_64" …
 * Source: os-release(5), uname(2).
 */
void gp_hosts_add(const struct gp_cells *known, struct gp_list *out);

#endif
