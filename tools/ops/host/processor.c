/* SPDX-License-Identifier: MIT */
/* What guests need of the processor and the board: virtualization, IOMMU, KVM. */

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

enum maker { MAKER_OTHER, MAKER_INTEL, MAKER_AMD };

struct processor {
	enum maker maker;
	bool virtualizes; /* vmx or svm among its flags */
	bool guest;       /* it is one of a virtual machine */
};

/* Source: Documentation/arch/x86/cpuinfo.rst; the kernel takes vmx away where the
 * firmware has switched it off (arch/x86/kernel/cpu/feat_ctl.c). */
static enum gp_tri read_processor(const struct gp_machine *m, struct processor *p, struct gp_list *why)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;
	enum gp_tri read = gp_machine_read(m, "/proc/cpuinfo", &text, why);

	if (read != GP_TRI_YES)
		return GP_TRI_UNKNOWN;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		if (gp_str_starts(line, "vendor_id"))
			p->maker = gp_str_ends(line, "GenuineIntel") ? MAKER_INTEL :
				   gp_str_ends(line, "AuthenticAMD") || gp_str_ends(line, "HygonGenuine") ? MAKER_AMD :
													    p->maker;
		if (!gp_str_starts(line, "flags"))
			continue;
		p->virtualizes = gp_str_has_word(line, GP_STR("vmx")) || gp_str_has_word(line, GP_STR("svm"));
		p->guest = gp_str_has_word(line, GP_STR("hypervisor"));
		break; /* they are the same on all of them */
	}
	return GP_TRI_YES;
}

/* Source: messages of arch/x86/kernel/cpu/feat_ctl.c and arch/x86/kvm ("disabled by bios"). */
static bool firmware_forbids(const struct gp_machine *m)
{
	static const char *const argv[] = { "dmesg", NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };

	if (gp_machine_ask(m, "dmesg", argv, &said, NULL) != GP_TRI_YES || said.status)
		return false;
	return gp_str_find(gp_buf_str(&said.text), GP_STR("VMX (outside TXT) disabled by BIOS")) >= 0 ||
	       gp_str_find(gp_buf_str(&said.text), GP_STR("disabled by bios")) >= 0 ||
	       gp_str_find(gp_buf_str(&said.text), GP_STR("SVM disabled (by BIOS)")) >= 0;
}

static const char *word_of(const struct processor *p)
{
	return p->maker == MAKER_AMD ? "AMD-V (SVM)" : p->maker == MAKER_INTEL ? "VT-x" : "hardware virtualization";
}

static void check_virtualization(struct gp_checkup *c, const struct processor *p)
{
	const char *word = word_of(p);

	if (p->virtualizes)
		gp_checkup_add(c, "virtualization", GP_HEALTH_OK, NULL, "the processor has %s", word);
	else if (p->guest)
		gp_checkup_add(c, "virtualization", GP_HEALTH_ATTENTION,
			       gp_strdup("give this machine nested virtualization on its host"),
			       "this is a virtual machine without %s: guests with a vGPU cannot run in it", word);
	else if (firmware_forbids(c->machine))
		gp_checkup_add(c, "virtualization", GP_HEALTH_MISSING,
			       gp_asprintf("switch %s on in the firmware's setup", word),
			       "%s is switched off in the firmware", word);
	else
		gp_checkup_add(c, "virtualization", gp_checkup_missing(c),
			       gp_asprintf("look for %s in the firmware's setup", word),
			       "the processor shows no %s: it has none, or the firmware has switched it off", word);
}

/* Source: drivers/iommu/iommu-sysfs.c: each that is in use has an entry there. */
static void check_iommu(struct gp_checkup *c, const struct processor *p)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 }, why = { 0 };
	enum gp_tri there = gp_machine_names(c->machine, "/sys/class/iommu", &names, &why);
	const char *switch_on = p->maker == MAKER_INTEL ? "intel_iommu=on iommu=pt" : "iommu=pt";

	if (there == GP_TRI_UNKNOWN || (!names.n && c->machine->inside))
		gp_checkup_unknown(c, "iommu", "the IOMMU", &why);
	else if (names.n)
		gp_checkup_add(c, "iommu", GP_HEALTH_OK, NULL, "the IOMMU is in use (%s)", names.v[0]);
	else
		gp_checkup_add(
			c, "iommu", c->needs_iommu ? GP_HEALTH_MISSING : GP_HEALTH_ATTENTION,
			gp_asprintf("switch VT-d or AMD-Vi on in the firmware's setup, and boot with '%s'", switch_on),
			"no IOMMU is in use: %s",
			c->needs_iommu ? "a card here needs it" : "Ampere and newer cards need it");
}

static void check_kvm(struct gp_checkup *c, const struct processor *p)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	struct stat st;
	enum gp_tri there = gp_machine_look(c->machine, "/dev/kvm", &st, &why);

	if (there == GP_TRI_YES)
		gp_checkup_add(c, "kvm", GP_HEALTH_OK, NULL, "KVM is there (/dev/kvm)");
	else if (there == GP_TRI_UNKNOWN || c->machine->inside)
		gp_checkup_unknown(c, "kvm", "KVM", &why);
	else if (!p->virtualizes)
		gp_checkup_add(c, "kvm", GP_HEALTH_MISSING, NULL,
			       "there is no /dev/kvm, as the processor does not virtualize");
	else
		gp_checkup_add(c, "kvm", GP_HEALTH_MISSING,
			       gp_strdup(p->maker == MAKER_AMD ? "modprobe kvm_amd" : "modprobe kvm_intel"),
			       "there is no /dev/kvm: the kernel's module for it is not loaded");
}

void gp_check_processor(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	struct processor p = { 0 };

	if (read_processor(c->machine, &p, &why) != GP_TRI_YES)
		gp_checkup_unknown(c, "virtualization", "the processor", &why);
	else
		check_virtualization(c, &p);
	check_iommu(c, &p);
	check_kvm(c, &p);
}
