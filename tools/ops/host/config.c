/* SPDX-License-Identifier: MIT */
#include "ops/host/config.h"

#include <stdlib.h>

#include "base/text.h"
#include "base/tri.h"
#include "core/payload/codec.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

#define CONFIG_MAX (8u << 20)
#define RUNNING "config-running" /* its name in a record */

void gp_kconfig_release(struct gp_kconfig *k)
{
	gp_buf_release(&k->text);
	free(k->from);
	*k = (struct gp_kconfig){ 0 };
}

static bool take(const struct gp_machine *m, char *path, struct gp_kconfig *k)
{
	gp_auto(gp_free_ptr) char *owned = path;

	if (gp_machine_read(m, owned, &k->text, NULL) != GP_TRI_YES || !k->text.len) {
		gp_buf_release(&k->text);
		return false;
	}
	k->from = gp_steal(&owned);
	return true;
}

/* The running kernel's own, CONFIG_IKCONFIG_PROC. */
static bool take_packed(const struct gp_machine *m, const char *path, struct gp_kconfig *k)
{
	struct gp_root files = gp_machine_unseen(m);
	gp_auto(gp_buf_release) struct gp_buf packed = { 0 };
	struct gp_decoder *dec;
	struct gp_err err = { 0 };
	struct gp_str rest;
	struct gp_src src;
	char block[16384];
	ssize_t n = -1;

	if (gp_root_read(&files, path, &packed, NULL) != GP_TRI_YES)
		return false;
	rest = gp_buf_str(&packed);
	dec = gp_decoder_new(GP_CODEC_GZIP, gp_str_src(&rest), &err);
	if (!dec)
		return false;
	src = gp_decoder_src(dec);
	while (k->text.len < CONFIG_MAX && (n = src.read(src.arg, block, sizeof(block), &err)) > 0)
		gp_buf_add(&k->text, block, (size_t)n);
	gp_decoder_free(dec);
	if (n == 0) {
		k->from = gp_strdup(path);
		gp_machine_note(m, RUNNING, gp_buf_str(&k->text), 0);
		return true;
	}
	gp_buf_release(&k->text);
	return false;
}

/* What it says unpacked, in a record. */
static void take_noted(const struct gp_machine *m, struct gp_kconfig *k)
{
	gp_auto(gp_said_release) struct gp_said said = { 0 };

	if (gp_machine_noted(m, RUNNING, &said, NULL) != GP_TRI_YES || !said.text.len)
		return;
	GP_SWAP(k->text, said.text);
	k->from = gp_strdup("/proc/config.gz");
}

void gp_kconfig_read(const struct gp_machine *m, const char *release, bool running, struct gp_kconfig *k)
{
	*k = (struct gp_kconfig){ 0 };
	if (take(m, gp_asprintf("/boot/config-%s", release), k) ||
	    take(m, gp_asprintf("/lib/modules/%s/config", release), k) ||
	    take(m, gp_asprintf("/lib/modules/%s/build/.config", release), k) || !running)
		return;
	if (!take_packed(m, "/proc/config.gz", k))
		take_noted(m, k);
}

char gp_kconfig_is(const struct gp_kconfig *k, const char *name)
{
	struct gp_str v;

	return gp_text_setting(gp_buf_str(&k->text), name, &v) && v.len == 1 ? v.p[0] : 'n';
}

char *gp_kconfig_text(const struct gp_kconfig *k, const char *name)
{
	struct gp_str v;

	return gp_text_setting(gp_buf_str(&k->text), name, &v) ? gp_strndup(v.p, v.len) : NULL;
}

/* --- what vGPU needs of it --- */

struct need {
	const char *name;  /* CONFIG_… */
	const char *older; /* what it was called before, NULL */
	const char *what;
};

/* Source: vgpu_kvm_sanity_check of NVIDIA's conftest.sh (VFIO_IOMMU_TYPE1, VFIO_MDEV, KVM_VFIO);
 * VFIO_MDEV_DEVICE went with 5.19, KVM_VFIO is not one to choose. */
static const struct need NEEDS[] = {
	{ "CONFIG_KVM", NULL, "KVM" },
	{ "CONFIG_VFIO", NULL, "VFIO" },
	{ "CONFIG_VFIO_IOMMU_TYPE1", NULL, "VFIO for an IOMMU" },
	{ "CONFIG_VFIO_MDEV", "CONFIG_VFIO_MDEV_DEVICE", "mediated devices (mdev)" },
};

void gp_check_config(struct gp_checkup *c, const char *release, const struct gp_kconfig *k)
{
	gp_auto(gp_buf_release) struct gp_buf lacks = { 0 };

	if (!k->from) {
		gp_checkup_add(c, "config", GP_HEALTH_UNKNOWN, NULL, "%s: its configuration is not here", release);
		return;
	}
	for (size_t i = 0; i < GP_COUNT(NEEDS); i++) {
		const struct need *n = &NEEDS[i];

		if (gp_kconfig_is(k, n->name) == 'n' && (!n->older || gp_kconfig_is(k, n->older) == 'n'))
			gp_buf_printf(&lacks, "%s%s (%s)", lacks.len ? ", " : "", n->what, n->name);
	}
	if (lacks.len)
		gp_checkup_add(c, "config", GP_HEALTH_MISSING, gp_strdup("boot another kernel of this distribution"),
			       "%s is built without %s", release, lacks.data);
	else
		gp_checkup_add(c, "config", GP_HEALTH_OK, NULL, "%s has KVM, VFIO and mdev", release);
}
