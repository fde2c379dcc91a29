/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_PCI_H
#define GP_BASE_PCI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct gp_root;

/*
 * The PCI bus of a machine, and the names of pci.ids, by libpci, which is loaded when it
 * is first needed: most runs do not ask. libpci reads the bus, too, but follows links out
 * of a root, waits for FIFOs, and needs to be there.
 */
struct gp_pci;

#define GP_PCI_SLOT 16

struct gp_pci_dev {
	char slot[GP_PCI_SLOT]; /* "0000:01:00.0" */
	unsigned vendor, device;
	unsigned class; /* 0x0300: a VGA controller */
};

struct gp_pci_list {
	struct gp_pci_dev *v;
	size_t n, cap;
};

void gp_pci_list_release(struct gp_pci_list *l);

/* Errors: GP_E_SYSTEM no libpci. Out: gp_pci_close() it; NULL on failure. */
int gp_pci_open(struct gp_pci **out, struct gp_err *err);
void gp_pci_close(struct gp_pci *p);

/*
 * Every device of the bus, in the order of their slots.
 *
 * In:     root: NULL: this machine.
 * Out:    gp_pci_list_release() frees it; empty on failure.
 * Errors: GP_E_NOTFOUND there is no such bus, as in many a container; GP_E_SYSTEM it
 *         cannot be read; GP_E_FORMAT a device's file has something else in it.
 * Source: Linux, Documentation/PCI/sysfs-pci.rst: vendor, device, class; each is "0x" and
 *         digits (drivers/pci/pci-sysfs.c), a class's last two are the interface.
 */
int gp_pci_scan(const struct gp_root *root, struct gp_pci_list *out, struct gp_err *err);

/* A device's name in pci.ids; free() it. NULL: it has none there, or there is no pci.ids. */
char *gp_pci_name(struct gp_pci *p, unsigned vendor, unsigned device);

bool gp_pci_has_names(struct gp_pci *p); /* there is a pci.ids */

#endif
