/* SPDX-License-Identifier: MIT */
#include "ops/upgrade/nextmodules.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/regex.h"
#include "base/text.h"
#include "base/tri.h"
#include "core/driver/dkmsconf.h"
#include "core/driver/kbuild.h"
#include "core/proof/buildlog.h"
#include "core/vm/boot.h"
#include "ops/driver/unlock.h"
#include "ops/host/machine.h"
#include "ops/proof/boot.h"
#include "ops/proof/fact.h"
#include "ops/proof/modcheck.h"
#include "ops/vm/kernel.h"

#define SHOWN 3 /* findings that are told one by one */

/* --- why DKMS has not built it --- */

/* Of its dkms.conf; free() it. */
static char *setting(const struct gp_upgrade *u, const char *name)
{
	struct gp_str text;

	return gp_tree_read(&u->dkms.driver.tree, GP_DKMS_CONF, &text, NULL) == 0 ? gp_dkms_value(text, name) : NULL;
}

static bool is_excluded(const struct gp_upgrade *u)
{
	gp_auto(gp_free_ptr) char *ere = setting(u, "BUILD_EXCLUSIVE_KERNEL");
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };

	return ere && *ere && gp_regex_compile(ere, &re, NULL) == 0 &&
	       gp_regex_match(&re, gp_str_of(u->release), NULL) == 0;
}

/* The log that a failed build left, if it was for this kernel. Source: dkms 3.0.10 and
 * 3.2.2, actual_build(): "DKMS make.log for nvidia-535.161.05 for kernel R (x86_64)". */
static bool read_log(const struct gp_upgrade *u, const char *dir, struct gp_buf *log)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, "make.log");
	gp_auto(gp_free_ptr) char *mark = gp_asprintf(" for kernel %s (", u->release);
	struct gp_str rest, first = { "", 0 };

	if (gp_machine_read(u->c.machine, path, log, NULL) != GP_TRI_YES)
		return false;
	rest = gp_buf_str(log);
	gp_text_line_next(&rest, &first);
	return gp_str_find(first, gp_str_of(mark)) >= 0;
}

static void tell_failure(struct gp_upgrade *u, const char *dir, const struct gp_buf *log)
{
	struct gp_build_error e = { 0 };
	bool found = gp_buildlog_first(gp_buf_str(log), dir, &e);
	gp_auto(gp_free_ptr) char *fact = NULL;
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	const struct gp_list none = { 0 };
	struct gp_release r = { 0 };

	gp_buf_printf(&text, "DKMS could not build %s/%s for %s", u->dkms.module, u->dkms.version, u->release);
	gp_release_parse(u->release, &r, NULL);
	if (found && e.file)
		gp_buf_printf(&text, ": %s:%u", e.file, e.line);
	if (e.text)
		gp_buf_printf(&text, found ? ": %s" : "; the last line of its log: %s", e.text);
	if (e.name)
		fact = gp_fact_find(u->c.catalog, e.name, &r, &none);
	if (fact)
		gp_buf_printf(&text, "; the data know: %s", fact);
	gp_checkup_add(&u->c, "dkms", GP_HEALTH_MISSING, gp_asprintf("less %s/make.log", dir), "%s", text.data);
	gp_build_error_release(&e);
}

/* Why it did not even try; "" where nothing says so. Source: dkms 3.0.10, autoinstall() and
 * dkms_autoinstaller. */
static const char *not_asked(const struct gp_upgrade *u)
{
	gp_auto(gp_free_ptr) char *autoinstall = setting(u, "AUTOINSTALL");

	if (gp_machine_has(u->c.machine, "/etc/dkms/no-autoinstall") == GP_TRI_YES)
		return ": it is not asked to (/etc/dkms/no-autoinstall)";
	return autoinstall ? "" : ": it is not asked to (no AUTOINSTALL in dkms.conf)";
}

static void tell_not_built(struct gp_upgrade *u, const struct gp_headers *h)
{
	const struct gp_dkms_driver *d = &u->dkms;
	gp_auto(gp_free_ptr) char *dir = gp_asprintf(GP_DKMS_TREE "/%s/%s/build", d->module, d->version);
	gp_auto(gp_buf_release) struct gp_buf log = { 0 };
	char *install = gp_asprintf("dkms install %s/%s -k %s", d->module, d->version, u->release);

	if (!h) {
		free(install);
		gp_checkup_add(&u->c, "headers", GP_HEALTH_UNKNOWN, gp_checkup_headers(&u->c, u->release),
			       "%s: its headers are not here, and DKMS can build nothing before they are", u->release);
	} else if (is_excluded(u)) {
		free(install);
		gp_checkup_add(&u->c, "dkms", GP_HEALTH_MISSING, NULL,
			       "DKMS leaves %s out: BUILD_EXCLUSIVE_KERNEL in %s/dkms.conf", u->release, d->source);
	} else if (read_log(u, dir, &log)) {
		free(install);
		tell_failure(u, dir, &log);
	} else {
		gp_checkup_add(&u->c, "dkms", GP_HEALTH_MISSING, install, "DKMS has not built %s/%s for %s%s",
			       d->module, d->version, u->release, not_asked(u));
	}
}

/* --- what was built --- */

/* The least that a report says of one: which module, and what. */
static void tell_findings(struct gp_upgrade *u, const struct gp_modfindings *l)
{
	size_t told = 0;

	for (size_t i = 0; i < l->n && told < SHOWN; i++) {
		const struct gp_modfinding *f = &l->v[i];

		if (f->severity != GP_FIND_ERROR)
			continue;
		told++;
		gp_checkup_add(&u->c, "modules", GP_HEALTH_MISSING, NULL, "%s would not take %s: %s: %s", u->release,
			       *f->module ? f->module : "them", f->check, f->text);
	}
	if (l->errors > told)
		gp_checkup_add(&u->c, "modules", GP_HEALTH_MISSING, NULL, "%s: %zu more of the kind", u->release,
			       l->errors - told);
}

static void tell_boot(struct gp_upgrade *u, const struct gp_boot *b)
{
	gp_auto(gp_free_ptr) char *reason = gp_boot_reason(b);
	const char *colon = reason ? ": " : "", *why = reason ? reason : "";

	switch (gp_boot_answer(b)) {
	case GP_BOOT_SAYS_YES:
		gp_checkup_add(&u->c, "boot", GP_HEALTH_OK, NULL, "%s took them in a virtual machine", u->release);
		break;
	case GP_BOOT_SAYS_NO:
		gp_checkup_add(&u->c, "boot", GP_HEALTH_MISSING, NULL, "%s refused them in a virtual machine%s%s",
			       u->release, colon, why);
		break;
	case GP_BOOT_SAYS_NOTHING:
		gp_checkup_add(&u->c, "boot", GP_HEALTH_ATTENTION, NULL, "%s did not answer in a virtual machine%s%s",
			       u->release, colon, why);
	}
}

/* As `verify --boot`. That nobody was asked is no answer, and told all the same: it was wanted. */
static void check_boot(struct gp_upgrade *u, const struct gp_modreport *r, const struct gp_headers *h,
		       const volatile sig_atomic_t *cancel)
{
	const struct gp_vmkernel_opts from = { .cancel = cancel };
	gp_auto(gp_vmkernels_close) struct gp_vmkernels kernels = { 0 };
	gp_auto(gp_boot_release) struct gp_boot b = { 0 };
	struct gp_boot_opts o = { .kernels = &kernels,
				  .release = u->release,
				  .file = r->file,
				  .n = r->n,
				  .headers = h,
				  .timeout_s = u->conf.booting,
				  .cancel = cancel };
	struct gp_err err = { 0 };

	if (u->c.machine->root)
		gp_checkup_add(&u->c, "boot", GP_HEALTH_ATTENTION, NULL,
			       "%s was not booted: it is a recorded machine's", u->release);
	else if (gp_vmkernels_open(&kernels, &from, &err) < 0 || gp_boot_run(&o, &b, &err) < 0)
		gp_checkup_add(&u->c, "boot", GP_HEALTH_ATTENTION, NULL, "%s was not booted: %s", u->release,
			       err.cause);
	else
		tell_boot(u, &b);
}

/* Out: that kernel would take them. */
static bool check_files(struct gp_upgrade *u, const struct gp_list *paths, struct gp_headers *h, bool hooks,
			const volatile sig_atomic_t *cancel)
{
	struct gp_modcheck_opts o = { .paths = (const char *const *)paths->v,
				      .n = paths->n,
				      .headers = h,
				      .hooks_wanted = hooks,
				      .version = u->c.driver ? u->c.driver->version.text : NULL };
	gp_auto(gp_modreport_release) struct gp_modreport r = { 0 };
	struct gp_err err = { 0 };

	if (gp_modcheck_run(&o, &r, &err) < 0) {
		gp_checkup_add(&u->c, "modules", GP_HEALTH_UNKNOWN, NULL, "%s: its modules: %s", u->release, err.cause);
		return false;
	}
	tell_findings(u, &r.found);
	if (r.found.errors)
		return false;
	if (!h)
		gp_checkup_add(&u->c, "modules", GP_HEALTH_UNKNOWN, gp_checkup_headers(&u->c, u->release),
			       "%s: without its headers nobody can tell whether it would take the modules", u->release);
	else
		gp_checkup_add(&u->c, "modules", GP_HEALTH_OK, NULL, "%s would take %zu module%s of it", u->release,
			       r.n, r.n == 1 ? "" : "s");
	if (u->conf.boot)
		check_boot(u, &r, h, cancel);
	return h != NULL;
}

bool gp_next_modules_check(struct gp_upgrade *u, struct gp_headers *h, const volatile sig_atomic_t *cancel)
{
	const struct gp_dkms_driver *d = &u->dkms;
	const struct gp_dkms_build *b = gp_dkms_state_for(&d->state, u->release);
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_err err = { 0 };

	if (!b) {
		tell_not_built(u, h);
		return false;
	}
	if (!b->installed)
		gp_checkup_add(&u->c, "dkms", GP_HEALTH_MISSING,
			       gp_asprintf("dkms install %s/%s -k %s", d->module, d->version, u->release),
			       "DKMS built %s/%s for %s, and has not installed it", d->module, d->version, u->release);
	else
		gp_checkup_add(&u->c, "dkms", GP_HEALTH_OK, NULL, "DKMS built and installed %s/%s for %s", d->module,
			       d->version, u->release);
	if (gp_dkms_driver_modules(d, b, &paths, &err) < 0 || !paths.n) {
		gp_checkup_add(&u->c, "modules", GP_HEALTH_UNKNOWN, NULL, "%s: what DKMS built cannot be found%s%s",
			       u->release, err.code ? ": " : "", err.code ? err.cause : "");
		return false;
	}
	return check_files(u, &paths, h, d->driver.altered.hooks == GP_UNLOCK_COMPLETE, cancel) && b->installed;
}

/* --- a driver that DKMS does not know --- */

/* Kernels have nvidiafb.ko and nvidia-wmi-ec-backlight.ko of their own. */
static bool is_driver(const char *file)
{
	for (size_t i = 0; gp_module_names[i]; i++) {
		struct gp_str rest = gp_str_of(file);

		if (gp_str_take(&rest, gp_module_names[i]) && gp_str_starts(rest, ".ko"))
			return true;
	}
	return false;
}

void gp_kernel_nvidia(const struct gp_machine *m, const char *release, struct gp_list *paths)
{
	gp_auto(gp_free_ptr) char *list = gp_asprintf("/lib/modules/%s/modules.dep", release);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str rest, line;
	bool driver = false;

	if (gp_machine_read(m, list, &text, NULL) != GP_TRI_YES)
		return;
	rest = gp_buf_str(&text);
	while (gp_text_line_next(&rest, &line)) {
		ssize_t colon = gp_str_find(line, GP_STR(":"));
		gp_auto(gp_free_ptr) char *file = colon > 0 ? gp_strndup(line.p, (size_t)colon) : NULL;
		gp_auto(gp_free_ptr) char *path = file ? gp_asprintf("/lib/modules/%s/%s", release, file) : NULL;
		char *real = NULL;

		if (!file || !is_driver(gp_path_base(file)))
			continue;
		driver |= gp_str_starts(gp_str_of(gp_path_base(file)), "nvidia.ko");
		if (gp_machine_real(m, path, &real, NULL) == GP_TRI_YES)
			gp_list_take(paths, real);
	}
	if (!driver)
		gp_list_release(paths);
}

void gp_next_elsewhere_check(struct gp_upgrade *u, struct gp_headers *h, const volatile sig_atomic_t *cancel)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };

	gp_kernel_nvidia(u->c.machine, u->release, &paths);
	if (paths.n) {
		check_files(u, &paths, h, false, cancel);
		return;
	}
	gp_checkup_add(&u->c, "driver", u->arrived ? GP_HEALTH_MISSING : GP_HEALTH_UNKNOWN,
		       gp_strdup("install the driver with --dkms, or build its modules for this kernel by hand"),
		       "%s has the driver and %s has not: DKMS does not know it, so nobody builds it there",
		       u->elsewhere, u->release);
}
