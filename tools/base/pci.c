/* SPDX-License-Identifier: MIT */
#include "base/pci.h"

#include <ctype.h>
#include <limits.h>
#include <pci/pci.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/dynlib.h"
#include "base/root.h"
#include "base/text.h"
#include "base/tri.h"

/* Structs are used, too, so only what the headers are of will do; 3 since 2008. */
#define SONAME "libpci.so.3"

#define FUNCTIONS(X) \
	X(pci_alloc) \
	X(pci_cleanup) \
	X(pci_load_name_list) \
	X(pci_lookup_name) \
	X(pci_set_param)

static struct {
#define SLOT(name) __typeof__(&name) name;
	FUNCTIONS(SLOT)
#undef SLOT
} lib;

static const char *const names[] = {
#define NAME(name) #name,
	FUNCTIONS(NAME)
};
_Static_assert(sizeof(names) == sizeof(lib), "one pointer a function");

static int load_once(struct gp_err *err)
{
	static struct gp_dynlib l = { .name = "libpci",
				      .soname = SONAME,
				      .functions = names,
				      .n = GP_COUNT(names),
				      .table = &lib,
				      .lock = PTHREAD_MUTEX_INITIALIZER };

	return gp_dynlib_load(&l, err);
}

struct gp_pci {
	struct pci_access *a;
};

/* libpci's error() must not return, and the one it brings ends the program. It is told
 * nothing of whose error it is, so the place to go back to is the thread's. */
struct trap {
	jmp_buf back;
	char why[256];
};
static __thread struct trap *trap;

static void on_error(char *fmt, ...) PCI_PRINTF(1, 2) PCI_NONRET;
static void on_error(char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trap->why, sizeof(trap->why), fmt, ap);
	va_end(ap);
	longjmp(trap->back, 1);
}

static void say_nothing(char *fmt, ...) PCI_PRINTF(1, 2);
static void say_nothing(char *fmt, ...)
{
	(void)fmt;
}

/* Call a function of ours that calls libpci's. Out: -1: libpci gave up. */
static int guarded(void (*f)(struct gp_pci *, void *), struct gp_pci *p, void *arg, struct gp_err *err)
{
	struct trap t;
	int rc = 0;

	trap = &t;
	if (setjmp(t.back) == 0)
		f(p, arg);
	else
		rc = gp_fail(err, GP_E_SYSTEM, "libpci: %s", t.why);
	trap = NULL;
	return rc;
}

int gp_pci_open(struct gp_pci **out, struct gp_err *err)
{
	*out = NULL;
	if (load_once(err) < 0)
		return -1;
	*out = gp_alloc(sizeof(**out));
	(*out)->a = lib.pci_alloc();
	(*out)->a->error = on_error;
	(*out)->a->warning = say_nothing;
	(*out)->a->debug = say_nothing;
	return 0;
}

static void cleanup(struct gp_pci *p, void *arg)
{
	(void)arg;
	lib.pci_cleanup(p->a);
}

void gp_pci_close(struct gp_pci *p)
{
	if (!p)
		return;
	(void)guarded(cleanup, p, NULL, NULL);
	free(p);
}

/* --- the bus --- */

void gp_pci_list_release(struct gp_pci_list *l)
{
	if (!l)
		return;
	free(l->v);
	*l = (struct gp_pci_list){ 0 };
}

#define DEVICES "/sys/bus/pci/devices"

/* Such a file is "0x", digits and a line end. Out: 0; 1 there is no such file; -1 */
static int read_number(const struct gp_root *root, const char *slot, const char *name, unsigned *out,
		       struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf(DEVICES "/%s/%s", slot, name);
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	enum gp_tri there = gp_root_read(root, path, &text, &why);
	unsigned long value;
	char *end;

	if (there == GP_TRI_NO)
		return 1;
	if (there == GP_TRI_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "cannot read %s", why.v[0]);
	value = text.len > 2 && gp_str_starts(gp_buf_str(&text), "0x") && isxdigit((unsigned char)text.data[2]) ?
			strtoul(text.data, &end, 16) :
			ULONG_MAX;
	if (value > UINT_MAX || end != text.data + text.len - (*end == '\n'))
		return gp_fail(err, GP_E_FORMAT, "'%s' has no number of the PCI bus", path);
	*out = (unsigned)value;
	return 0;
}

/* Out: 0; 1 it was taken out meanwhile; -1 */
static int read_device(const struct gp_root *root, const char *slot, struct gp_pci_dev *out, struct gp_err *err)
{
	int rc = read_number(root, slot, "vendor", &out->vendor, err);

	if (rc)
		return rc;
	if (read_number(root, slot, "device", &out->device, err) || read_number(root, slot, "class", &out->class, err))
		return err && err->code ? -1 : gp_fail(err, GP_E_FORMAT, "'" DEVICES "/%s' is half a device", slot);
	out->class >>= 8;
	snprintf(out->slot, sizeof(out->slot), "%s", slot);
	return 0;
}

int gp_pci_scan(const struct gp_root *root, struct gp_pci_list *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list slots = { 0 }, why = { 0 };
	enum gp_tri there = gp_root_names(root, DEVICES, &slots, &why);

	*out = (struct gp_pci_list){ 0 };
	if (there == GP_TRI_NO)
		return gp_fail(err, GP_E_NOTFOUND, "no PCI bus: '" DEVICES "' is no directory");
	if (there == GP_TRI_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "cannot read %s", why.v[0]);
	for (size_t i = 0; i < slots.n; i++) {
		struct gp_pci_dev one = { 0 };
		int rc = read_device(root, slots.v[i], &one, err);

		if (rc < 0) {
			gp_pci_list_release(out);
			return -1;
		}
		if (rc > 0)
			continue;
		GP_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = one;
	}
	return 0;
}

/* --- names --- */

struct lookup {
	unsigned vendor, device;
	char name[256];
	bool there;
};

static void look_up(struct gp_pci *p, void *arg)
{
	struct lookup *l = arg;
	const char *name = lib.pci_lookup_name(p->a, l->name, sizeof(l->name),
					       PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB,
					       (int)l->vendor, (int)l->device);

	l->there = name == l->name;
}

char *gp_pci_name(struct gp_pci *p, unsigned vendor, unsigned device)
{
	struct lookup l = { .vendor = vendor, .device = device };

	if (guarded(look_up, p, &l, NULL) < 0 || !l.there)
		return NULL;
	return gp_strdup(l.name);
}

static void load_names(struct gp_pci *p, void *arg)
{
	*(bool *)arg = lib.pci_load_name_list(p->a);
}

bool gp_pci_has_names(struct gp_pci *p)
{
	bool there = false;

	return guarded(load_names, p, &there, NULL) == 0 && there;
}
