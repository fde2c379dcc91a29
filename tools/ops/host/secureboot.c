/* SPDX-License-Identifier: MIT */
/* Does the kernel take modules that nobody signed? */
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Source: UEFI 2.10, 3.3 (SecureBoot is one byte); Documentation/filesystems/efivarfs.rst:
 * four bytes of attributes come first. */
static enum gp_tri is_secure(const struct gp_checkup *c, struct gp_list *why)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	enum gp_tri there = gp_machine_read(c->machine, SECURE_BOOT, &text, why);

	if (there != GP_TRI_YES)
		return there == GP_TRI_NO && c->machine->inside ? GP_TRI_UNKNOWN : there;
	if (text.len != 5) {
		gp_list_printf(why, "%s has %zu bytes in place of 5", SECURE_BOOT, text.len);
		return GP_TRI_UNKNOWN;
	}
	return text.data[4] == 1 ? GP_TRI_YES : GP_TRI_NO;
}

/* dkms's own key, if it was made: is it one that the firmware takes? */
static enum gp_tri key_is_enrolled(const struct gp_checkup *c, struct gp_list *why)
{
	static const char *const keys[] = { "/var/lib/dkms/mok.pub", "/var/lib/shim-signed/mok/MOK.der" };
	enum gp_tri answer = GP_TRI_NO;

	for (size_t i = 0; i < GP_COUNT(keys); i++) {
		const char *const argv[] = { "mokutil", "--test-key", keys[i], NULL };
		gp_auto(gp_said_release) struct gp_said said = { 0 };
		enum gp_tri ran;

		ran = gp_machine_has(c->machine, keys[i]);
		if (ran == GP_TRI_UNKNOWN)
			answer = ran;
		if (ran != GP_TRI_YES)
			continue;
		/* Source: mokutil(1) and src/mokutil.c 0.6: "is already enrolled", and 1. */
		ran = gp_machine_ask(c->machine, i ? "mokutil-shim" : "mokutil-dkms", argv, &said, why);
		if (ran != GP_TRI_YES)
			answer = GP_TRI_UNKNOWN;
		else if (gp_str_find(gp_buf_str(&said.text), GP_STR("is already enrolled")) >= 0)
			return GP_TRI_YES;
	}
	return answer;
}

static void tell_key(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };

	switch (key_is_enrolled(c, &why)) {
	case GP_TRI_YES:
		gp_checkup_add(c, "secure-boot", GP_HEALTH_OK, NULL,
			       "Secure Boot is on, and the key that DKMS signs with is enrolled");
		break;
	case GP_TRI_NO:
		gp_checkup_add(c, "secure-boot", GP_HEALTH_MISSING,
			       gp_strdup("mokutil --import /var/lib/dkms/mok.pub, then reboot and enrol it"),
			       "Secure Boot is on, and no key of DKMS's is enrolled: the kernel refuses its modules");
		break;
	default:
		gp_checkup_add(c, "secure-boot", GP_HEALTH_UNKNOWN,
			       gp_strdup("mokutil --test-key /var/lib/dkms/mok.pub"),
			       "Secure Boot is on; whether DKMS's key is enrolled cannot be told%s%s",
			       why.n ? ": " : "", why.n ? why.v[0] : "");
	}
}

/* Source: security/lockdown/lockdown.c: "none [integrity] confidentiality". */
static void check_lockdown(struct gp_checkup *c)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	enum gp_tri there = gp_machine_read(c->machine, "/sys/kernel/security/lockdown", &text, &why);
	struct gp_str rest = gp_buf_str(&text), line = rest;

	if (there == GP_TRI_UNKNOWN)
		gp_checkup_unknown(c, "lockdown", "whether the kernel is locked down", &why);
	if (there != GP_TRI_YES || c->machine->inside || gp_str_find(line, GP_STR("[none]")) >= 0)
		return;
	gp_text_line_next(&rest, &line);
	gp_checkup_add(c, "lockdown", GP_HEALTH_ATTENTION, gp_strdup("sign the modules, with a key that is enrolled"),
		       "the kernel is locked down (%.*s): it takes signed modules only", (int)line.len, line.p);
}

void gp_check_secureboot(struct gp_checkup *c)
{
	gp_auto(gp_list_release) struct gp_list why = { 0 };

	switch (is_secure(c, &why)) {
	case GP_TRI_YES: tell_key(c); break;
	case GP_TRI_NO: gp_checkup_add(c, "secure-boot", GP_HEALTH_OK, NULL, "Secure Boot is off"); break;
	default: gp_checkup_unknown(c, "secure-boot", "Secure Boot", &why);
	}
	check_lockdown(c);
}
