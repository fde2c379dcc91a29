/* SPDX-License-Identifier: MIT */
#include "base/pci.h"

#include <pci/pci.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/dynlib.h"
#include "base/fsio.h"
#include "base/path.h"

/* Structs are used, too, so only what the headers are of will do; 3 since 2008. */
#define SONAME "libpci.so.3"

#define FUNCTIONS(X) \
	X(pci_alloc) \
	X(pci_cleanup) \
	X(pci_fill_info) \
	X(pci_init) \
	X(pci_load_name_list) \
	X(pci_lookup_name) \
	X(pci_scan_bus) \
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

struct scan {
	char *sysfs;
	struct gp_pci_list *found;
};

static void scan(struct gp_pci *p, void *arg)
{
	struct scan *s = arg;
	struct gp_pci_list *l = s->found;

	p->a->method = PCI_ACCESS_SYS_BUS_PCI;
	lib.pci_set_param(p->a, (char[]){ "sysfs.path" }, s->sysfs);
	lib.pci_init(p->a);
	lib.pci_scan_bus(p->a);
	for (struct pci_dev *d = p->a->devices; d; d = d->next) {
		struct gp_pci_dev one = { 0 };

		lib.pci_fill_info(d, PCI_FILL_IDENT | PCI_FILL_CLASS);
		snprintf(one.slot, sizeof(one.slot), "%04x:%02x:%02x.%x", (unsigned)d->domain, d->bus, d->dev,
			 d->func & 7u);
		one.vendor = d->vendor_id;
		one.device = d->device_id;
		one.class = d->device_class;
		GP_GROW(l->v, l->n, l->cap);
		l->v[l->n++] = one;
	}
}

static int by_slot(const void *a, const void *b)
{
	const struct gp_pci_dev *x = a, *y = b;

	return strcmp(x->slot, y->slot);
}

int gp_pci_scan(struct gp_pci *p, const char *sysfs, struct gp_pci_list *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *devices = gp_path_join(sysfs, "devices");
	gp_auto(gp_free_ptr) char *path = gp_strdup(sysfs);
	struct scan s = { .sysfs = path, .found = out };
	int thing = gp_thing_at(devices, err);

	*out = (struct gp_pci_list){ 0 };
	if (thing < 0)
		return -1;
	if (thing != GP_THING_DIR)
		return gp_fail(err, GP_E_NOTFOUND, "no PCI bus: '%s' is no directory", devices);
	if (guarded(scan, p, &s, err) < 0) {
		gp_pci_list_release(out);
		return gp_within(err, "'%s'", sysfs);
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_slot);
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
