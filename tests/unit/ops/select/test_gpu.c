/* SPDX-License-Identifier: MIT */
/* Tests: base/pci, base/root */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/pci.h"
#include "base/root.h"
#include "fx_table.h"
#include "ops/select/gpu.h"

#define CARDS \
	"Cards: 1b38, 1bb3\nGeneration: Pascal\nVgpu: native\nDriver: 418 - 535\nSriov: no\nEvidence: x\n\n" \
	"Cards: 1b00 - 1d56\nGeneration: Pascal\nVgpu: hooks\nTwin: 1b38\nDriver: 418 - 535\nSriov: no\nEvidence: x\n\n" \
	"Cards: 1e30, 1e78\nGeneration: Turing\nVgpu: native\nDriver: 450 - 580\nSriov: no\nEvidence: x\n\n" \
	"Cards: 1e02 - 1ff9\nGeneration: Turing\nVgpu: hooks\nTwin: 1e30\nDriver: 450 - 580\nSriov: no\nEvidence: x\n\n" \
	"Cards: 2236\nGeneration: Ampere\nVgpu: native\nDriver: >= 460\nSriov: yes\nEvidence: x\n\n" \
	"Cards: 2200 - 25ff\nGeneration: Ampere\nVgpu: neither\nReason: r\nSriov: yes\nEvidence: x\n"

struct world {
	struct gp_root root;
	struct gp_card_list cards;
	struct gp_gpu_list gpus;
	struct gp_err err;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct gp_stanza_list s = { 0 };
	char root[] = "/tmp/gp-gpu-XXXXXX";

	assert_int_equal(gp_root_open(&w->root, mkdtemp(root), NULL), 0);
	assert_int_equal(gp_stanza_parse(gp_str_of(CARDS), "cards", &s, NULL), 0);
	assert_int_equal(gp_cards_parse(&s, &w->cards, NULL), 0);
	gp_stanza_list_release(&s);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	gp_gpus_release(&w->gpus);
	gp_cards_release(&w->cards);
	gp_remove_tree(w->root.path);
	gp_root_close(&w->root);
	free(w);
	return 0;
}

static void put(const struct world *w, const char *slot, const char *file, const char *text)
{
	gp_auto(gp_free_ptr) char *dir = gp_asprintf("%s/sys/bus/pci/devices/%s", w->root.path, slot);
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, file);

	assert_int_equal(gp_mkdirs(dir, NULL), 0);
	assert_int_equal(gp_file_write(path, text, strlen(text), 0644, true, NULL), 0);
}

/* As the kernel shows one (Documentation/PCI/sysfs-pci.rst). */
static void put_device(const struct world *w, const char *slot, const char *vendor, const char *device,
		       const char *class)
{
	gp_auto(gp_buf_release) struct gp_buf resource = { 0 };

	for (int i = 0; i < 7; i++)
		gp_buf_puts(&resource, "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
	put(w, slot, "resource", resource.data);
	put(w, slot, "irq", "0\n");
	put(w, slot, "vendor", vendor);
	put(w, slot, "device", device);
	put(w, slot, "class", class);
	put(w, slot, "config", "");
}

static int find(struct world *w, const char *asked)
{
	gp_gpus_release(&w->gpus);
	w->err = (struct gp_err){ 0 };
	return gp_gpus_find(asked, &w->cards, &w->root, &w->gpus, &w->err);
}

static void fails(struct world *w, const char *asked, enum gp_code code, const char *why)
{
	char text[1024];

	if (find(w, asked) == 0)
		fail_msg("'%s' is %04x", asked, w->gpus.v[0].device);
	gp_err_format(&w->err, text, sizeof(text));
	if (w->err.code != code || !strstr(text, why))
		fail_msg("'%s': %d, '%s'", asked, w->err.code, text);
	assert_int_equal(w->gpus.n, 0);
}

static void ids(void **state)
{
	static const char *const good[] = { "10de:1b80", "10DE:1B80", "0x1b80", "0X1B80" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(find(w, good[i]), 0);
		assert_int_equal(w->gpus.n, 1);
		assert_int_equal(w->gpus.v[0].device, 0x1b80);
		assert_string_equal(w->gpus.v[0].card->generation, "Pascal");
		assert_string_equal(w->gpus.v[0].name, "GP104 [GeForce GTX 1080]");
		assert_string_equal(w->gpus.v[0].twin_name, "GP102GL [Tesla P40]");
		assert_null(w->gpus.v[0].slot);
	}
	fails(w, "10de:1b8", GP_E_USAGE, "no id");
	fails(w, "10de:1b800", GP_E_USAGE, "no id");
	fails(w, "10de:1b8g", GP_E_USAGE, "no id");
	fails(w, "10de:", GP_E_USAGE, "no id");
	fails(w, ":1b80", GP_E_USAGE, "no id");
	fails(w, "10de:1b80:119e", GP_E_USAGE, "no id");
	fails(w, "0x", GP_E_USAGE, "no id");
	fails(w, "0xde1b80", GP_E_USAGE, "no id");
	fails(w, "1002:67df", GP_E_NO, "NVIDIA's begin with 10de");
	fails(w, "10de:1080", GP_E_NO, "card 10de:1080 (GF110 [GeForce GTX 580]) is not known");
	fails(w, "10de:ffff", GP_E_NO, "card 10de:ffff is not known");
}

static void named(void **state)
{
	static const struct {
		const char *asked;
		unsigned device;
	} cases[] = { { "GTX 1080", 0x1b80 }, { "geforce gtx 1080", 0x1b80 }, { "Tesla P4", 0x1bb3 },
		      { "P40", 0x1b38 },      { "Quadro P4000", 0x1bb1 },     { "Quadro RTX 8000", 0x1e30 },
		      { "A10", 0x2236 },      { "RTX 3090", 0x2204 } };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (find(w, cases[i].asked) < 0)
			fail_msg("'%s': %s", cases[i].asked, w->err.cause);
		assert_int_equal(w->gpus.n, 1);
		assert_int_equal(w->gpus.v[0].device, cases[i].device);
	}
	/* Several cards, of which the same is known. */
	assert_int_equal(find(w, "GTX 1060"), 0);
	fails(w, "TX 1080", GP_E_NO, "no such name");
	fails(w, "1b80", GP_E_NO, "no such name");
	fails(w, "GTX 5", GP_E_NO, "no such name");
	fails(w, "Radeon RX 580", GP_E_NO, "no such name");
	fails(w, "RTX", GP_E_USAGE, "and more: give an id");
	fails(w, "GTX 580", GP_E_NO, "card 10de:1080 (GF110 [GeForce GTX 580]) is not known");
	fails(w, "", GP_E_USAGE, "neither an id");
	fails(w, "GTX\n1080", GP_E_USAGE, "neither an id");
}

static void none_here(void **state)
{
	struct world *w = *state;

	fails(w, "auto", GP_E_NOTFOUND, "no PCI bus");
	put_device(w, "0000:00:00.0", "0x8086\n", "0x29c0\n", "0x060000\n");
	put_device(w, "0000:00:01.0", "0x1002\n", "0x67df\n", "0x030000\n");
	/* The sound of a card is no card. */
	put_device(w, "0000:01:00.1", "0x10de\n", "0x10f0\n", "0x040300\n");
	fails(w, "auto", GP_E_NO, "no card of NVIDIA's");
	put_device(w, "0000:02:00.0", "0x10de\n", "0x1080\n", "0x030000\n");
	fails(w, "auto", GP_E_NO, "card 10de:1080 (GF110 [GeForce GTX 580]) is not known");
}

static void several_here(void **state)
{
	struct world *w = *state;

	put_device(w, "0001:03:00.0", "0x10de\n", "0x1080\n", "0x030000\n");
	put_device(w, "0000:81:00.0", "0x10de\n", "0x2236\n", "0x030200\n");
	put_device(w, "0000:81:00.4", "0x10de\n", "0x2236\n", "0x030200\n");
	put(w, "0000:81:00.4/physfn", "x", "");
	put_device(w, "0000:01:00.0", "0x10de\n", "0x1b80\n", "0x030000\n");
	assert_int_equal(find(w, "auto"), 0);
	assert_int_equal(w->gpus.n, 3);
	assert_string_equal(w->gpus.v[0].slot, "0000:01:00.0");
	assert_int_equal(w->gpus.v[0].device, 0x1b80);
	assert_string_equal(w->gpus.v[1].slot, "0000:81:00.0");
	assert_string_equal(w->gpus.v[1].card->generation, "Ampere");
	assert_string_equal(w->gpus.v[2].slot, "0001:03:00.0");
	assert_null(w->gpus.v[2].card);
}

/* What cannot be read is no "there is none", and libpci does not end the program. */
static void broken(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *slot = gp_asprintf("%s/sys/bus/pci/devices/0000:01:00.0", w->root.path);
	gp_auto(gp_free_ptr) char *vendor = gp_path_join(slot, "vendor");

	put(w, "0000:01:00.0", "vendor", "0x10de\n");
	fails(w, "auto", GP_E_FORMAT, "0000:01:00.0' is half a device");
	put_device(w, "0000:01:00.0", "0x10de\n", "0x1b80 \n", "0x030000\n");
	fails(w, "auto", GP_E_FORMAT, "0000:01:00.0/device' has no number");
	put_device(w, "0000:01:00.0", "0x\n", "0x1b80\n", "0x030000\n");
	fails(w, "auto", GP_E_FORMAT, "vendor' has no number");
	put_device(w, "0000:01:00.0", "0x10de0000000000\n", "0x1b80\n", "0x030000\n");
	fails(w, "auto", GP_E_FORMAT, "vendor' has no number");
	/* One that nobody writes to. */
	assert_int_equal(unlink(vendor), 0);
	assert_int_equal(mkfifo(vendor, 0600), 0);
	fails(w, "auto", GP_E_SYSTEM, "vendor: Invalid argument");
}

/* Links of somebody else's root. */
static void kept_below(void **state)
{
	struct world *w = *state;
	gp_auto(gp_free_ptr) char *outside = gp_asprintf("%s-out", w->root.path), *bus = NULL, *link = NULL;
	struct world other = { .root.path = outside };

	put_device(&other, "0000:01:00.0", "0x10de\n", "0x1b80\n", "0x030000\n");
	bus = gp_asprintf("%s/sys/bus", outside);
	link = gp_asprintf("%s/sys", w->root.path);
	assert_int_equal(gp_mkdirs(link, NULL), 0);
	free(gp_steal(&link));
	link = gp_asprintf("%s/sys/bus", w->root.path);
	assert_int_equal(symlink(bus, link), 0);
	fails(w, "auto", GP_E_NOTFOUND, "no PCI bus");
	gp_remove_tree(outside);
}

int main(void)
{
	FX_TEST(ids, setup, teardown);
	FX_TEST(named, setup, teardown);
	FX_TEST(none_here, setup, teardown);
	FX_TEST(several_here, setup, teardown);
	FX_TEST(broken, setup, teardown);
	FX_TEST(kept_below, setup, teardown);
	return fx_run(NULL, NULL);
}
