/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#include "core/rules/cite.h"

#define REPORT "a report that nobody can follow: "
#define SOURCE "a source without a file, a release or a commit: "

static const struct {
	const char *text, *found; /* "" when all is well; "; " between findings */
} cases[] = {
	/* the forms that a report may have */
	{ "[reported] DualCoder/vgpu_unlock#71: it runs", "" },
	{ "[reported] NVIDIA/gpu-driver-container#823 and #486: on el9_6", "" },
	{ "[reported] gitlab.com/polloloco/vgpu-proxmox!9 patches it", "" },
	{ "[reported] patch.sh of VGPU-Community-Drivers/vGPU-Unlock-patcher@470.141", "" },
	{ "[reported] proxmox/pve-kernel@a75b088f667e:debian/changelog", "" },
	{ "[reported] https://docs.nvidia.com/ai-enterprise/3.0/release-notes/index.html, section 1", "" },
	{ "[reported] NVIDIA's release notes RN-07347-001 v12.2, section 2.1", "" },
	{ "[reported] Debian#1052069; LP#2039208", "" },
	/* and those that nobody can follow */
	{ "[reported] public reports of 580.159.01 on Ubuntu's 6.8",
	  REPORT "'public reports of 580.159.01 on Ubuntu's 6.8'" },
	{ "[reported] gpu-driver-container#823", REPORT "'gpu-driver-container#823'" },
	{ "[reported] DualCoder/vgpu_unlock, its issues", REPORT "'DualCoder/vgpu_unlock, its issues'" },
	{ "[reported] somebody@example", REPORT "'somebody@example'" },
	{ "[reported] #823", REPORT "'#823'" },
	{ "[reported] a/b#", REPORT "'a/b#'" },
	{ "[reported] http://", REPORT "'http://'" },
	{ "[reported]", REPORT "''" },
	{ "[reported]; [built] 2026-11-22: it", REPORT "''" },
	{ "[built] 2026-11-22: it. [reported] others, too", REPORT "'others, too'" },
	/* the older word */
	{ "[peer] a/b#1: it runs", "an old word: '[peer]'" },
	{ "[peer] others", "an old word: '[peer]'; " REPORT "'others'" },
	/* what was read, built, concluded */
	{ "[source] kernel commit 9011e49d54dc", "" },
	{ "[source] open-gpu-kernel-modules has the test from 550.120", "" },
	{ "[source] nvidia-vgpu-vfio.c", "" },
	{ "[source] src/lib.rs", "" },
	{ "[source] conftest vfio_device_mig_state in 525", "" },
	{ "[source] the driver's Kbuild", "" },
	{ "[source] the cards: DualCoder's table", SOURCE "'the cards: DualCoder's table'" },
	{ "[source] read in 2026", SOURCE "'read in 2026'" },
	{ "[built] 2026-11-22: 460.73.01 on Debian 5.10.262-1, gcc 12.2", "" },
	{ "[built] 460.73.01 on Debian 6.1.0-50", "a build without a date: '460.73.01 on Debian 6.1.0-50'" },
	{ "[built] 12026-11-221", "a build without a date: '12026-11-221'" },
	{ "[booted] once", "a boot without a date: 'once'" },
	{ "[inference] from 5.11", "" },
	{ "[inference]", "a conclusion from nothing: ''" },
	/* a mark that only reminds, and one that is first all the same */
	{ "[inference] from 5.11, which builds [built]", "" },
	{ "[inference 5.12] as 5.11 [built] 5.10; [built 5.11] it", "a build without a date: 'it'" },
	{ "nobody [reported] it", REPORT "'it'" },
	/* no mark: the caller says so */
	{ "somebody said it", "" },
	{ "[something] else", "" },
	{ "", "" },
	/* long words are cut */
	{ "[reported] 0123456789 0123456789 0123456789 0123456789 0123456789 01234 0123456789",
	  REPORT "'0123456789 0123456789 0123456789 0123456789 0123456789 01234…'" },
};

static void test_case(void **state)
{
	size_t i = *(const size_t *)*state;
	struct gp_findings found = { 0 };
	struct gp_buf got = { 0 };

	gp_lint_cites(cases[i].text, "kernel-versions/5.10", 7, &found);
	/* Once, however often it is looked at. */
	gp_lint_cites(cases[i].text, "kernel-versions/5.10", 7, &found);
	for (size_t k = 0; k < found.n; k++) {
		assert_string_equal(found.v[k].file, "kernel-versions/5.10");
		assert_int_equal(found.v[k].lineno, 7);
		gp_buf_printf(&got, "%s%s", k ? "; " : "", found.v[k].what);
	}
	assert_string_equal(got.data ? got.data : "", cases[i].found);
	gp_findings_release(&found);
	gp_buf_release(&got);
}

int main(void)
{
	static size_t index[GP_COUNT(cases)];
	static struct CMUnitTest tests[GP_COUNT(cases)];

	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		index[i] = i;
		tests[i] = (struct CMUnitTest){ *cases[i].text ? cases[i].text : "nothing", test_case, NULL, NULL,
						&index[i] };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
