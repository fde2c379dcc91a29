/* SPDX-License-Identifier: MIT */
#include "core/record/keep.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "base/text.h"

typedef void keep_fn(struct gp_scrub *s, struct gp_str text, struct gp_buf *out);

/* --- the ways --- */

/* The first line, of the kernel's or a program's own words. */
static void keep_line(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	struct gp_str line;

	(void)s;
	if (gp_text_line_next(&text, &line))
		gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
}

static void keep_text(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	gp_scrub_text(s, text, out);
}

/* Nothing of it is read: that it is there is all. */
static void keep_none(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	(void)s, (void)text, (void)out;
}

/* An EFI variable of one byte, and its attributes. */
static void keep_variable(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	(void)s;
	gp_buf_add(out, text.p, text.len < 5 ? text.len : 5);
}

/* The header of a configuration space, which has no serial number: that is an extended
 * capability, behind 0x100 (PCIe base specification, 7.9.3). */
static void keep_pci(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	(void)s;
	gp_buf_add(out, text.p, text.len < 64 ? text.len : 64);
}

/* A build id: of a file that others have, too. */
static void keep_build(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	(void)s;
	gp_buf_add(out, text.p, text.len < 36 ? text.len : 36);
}

/* Lines that a test takes. */
static void keep_lines(struct gp_scrub *s, struct gp_str text, bool (*takes)(struct gp_str line), struct gp_buf *out)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		if (!takes(line))
			continue;
		gp_scrub_text(s, line, out);
		gp_buf_putc(out, '\n');
	}
}

/* Does the line begin with one of the names, and then a mark? */
static bool is_setting(struct gp_str line, const char *const *names, size_t n, const char *mark)
{
	for (size_t i = 0; i < n; i++) {
		struct gp_str rest = line;

		if (gp_str_take(&rest, names[i]) && gp_str_starts(gp_str_trim(rest), mark))
			return true;
	}
	return false;
}

/* One processor: the others say the same. x86 shows no serial number. */
static void keep_processor(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	static const char *const names[] = { "vendor_id", "cpu family", "model", "stepping", "flags" };
	struct gp_str line;

	(void)s;
	while (gp_text_line_next(&text, &line) && line.len)
		if (is_setting(line, names, GP_COUNT(names), ":"))
			gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
}

/* Source: os-release(5). */
static bool is_of_release(struct gp_str line)
{
	static const char *const names[] = { "ID",   "ID_LIKE",    "VERSION_ID",       "VERSION",
					     "NAME", "VARIANT_ID", "VERSION_CODENAME", "PRETTY_NAME" };

	return is_setting(line, names, GP_COUNT(names), "=");
}

static void keep_release(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	struct gp_str line;

	(void)s;
	while (gp_text_line_next(&text, &line))
		if (is_of_release(line))
			gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
}

/* Options, numbers and which compiler: texts may be somebody's (a version's suffix, paths
 * of keys, a default host's name). */
static void keep_config(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	struct gp_str line, value;

	(void)s;
	while (gp_text_line_next(&text, &line)) {
		const char *is = line.len ? memchr(line.p, '=', line.len) : NULL;

		if (!is || !gp_str_starts(line, "CONFIG_"))
			continue;
		value = gp_str_skip(line, (size_t)(is + 1 - line.p));
		if (gp_str_eq(value, "y") || gp_str_eq(value, "m") || gp_str_starts(line, "CONFIG_CC_VERSION_TEXT=") ||
		    (value.len && value.len < 20 && isdigit((unsigned char)value.p[0])))
			gp_buf_printf(out, "%.*s\n", (int)line.len, line.p);
	}
}

/* Is one of the words somewhere in it? */
static bool has_any(struct gp_str line, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (gp_str_find(line, gp_str_of(words[i])) >= 0)
			return true;
	return false;
}

/* What the kernel and the services say of what this is about. */
static bool is_of_log(struct gp_str line)
{
	static const char *const about[] = { "GPU",    "RmInit",  "WPR2",        "GSP",       "unsigned", "NVRM",
					     "nvidia", "nouveau", "vgpu",        "vGPU",      "vmiop",    "vfio",
					     "VFIO",   "mdev",    "kvm",         "VMX",       "SVM",      "DMAR",
					     "AMD-Vi", "iommu",   "IOMMU",       "Lockdown",  "lockdown", "symbol",
					     "module", "gridd",   "Secure boot", "secureboot" };
	static const char *const never[] = { "ommand line:", "audit:", "user@", "Comm:" };

	return !has_any(line, never, GP_COUNT(never)) && has_any(line, about, GP_COUNT(about));
}

static void keep_log(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_log, out);
}

/* Of the vGPU's own daemons and of vgpu_unlock: all but what a guest's command line says. */
static bool is_of_journal(struct gp_str line)
{
	return gp_str_find(line, GP_STR("qemu-system")) < 0 && gp_str_find(line, GP_STR("/usr/bin/kvm")) < 0;
}

static void keep_journal(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_journal, out);
}

/* systemctl show. */
static bool is_of_unit(struct gp_str line)
{
	static const char *const names[] = { "LoadState",   "ActiveState",      "SubState",
					     "MainPID",     "UnitFileState",    "FragmentPath",
					     "DropInPaths", "NeedDaemonReload", "Result" };

	return is_setting(line, names, GP_COUNT(names), "=");
}

static void keep_unit(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_unit, out);
}

static bool is_of_unit_file(struct gp_str line)
{
	static const char *const names[] = { "Environment", "EnvironmentFile", "ExecStart", "ExecStop", "Type" };

	line = gp_str_trim(line);
	return (line.len && line.p[0] == '[') || is_setting(line, names, GP_COUNT(names), "=");
}

static void keep_unit_file(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_unit_file, out);
}

static bool is_no_comment(struct gp_str line)
{
	line = gp_str_trim(line);
	return line.len && line.p[0] != '#';
}

static void keep_toml(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_no_comment, out);
}

/* Of lists of modules. */
static bool is_of_ours(struct gp_str line)
{
	static const char *const about[] = { "nvidia", "nouveau", "vfio", "mdev", "kvm", "irqbypass" };

	return has_any(line, about, GP_COUNT(about));
}

static void keep_modules(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_ours, out);
}

static bool is_of_key(struct gp_str line)
{
	return gp_str_ends(line, "is already enrolled") || gp_str_ends(line, "is not enrolled");
}

static void keep_key(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	keep_lines(s, text, is_of_key, out);
}

/* Variables of a process, each with a NUL behind it. */
static void keep_environ(struct gp_scrub *s, struct gp_str text, struct gp_buf *out)
{
	static const char *const names[] = { "LD_PRELOAD=", "__RMPCHOST", "__RMCFG" };

	while (text.len) {
		const char *end = memchr(text.p, 0, text.len);
		struct gp_str one = { text.p, end ? (size_t)(end - text.p) : text.len };

		text = gp_str_skip(text, one.len + (end != NULL));
		for (size_t i = 0; i < GP_COUNT(names); i++) {
			if (!gp_str_starts(one, names[i]))
				continue;
			gp_scrub_text(s, one, out);
			gp_buf_putc(out, '\0');
		}
	}
}

/* --- the lists --- */

struct rule {
	const char *path; /* fnmatch(3); no star matches '/' */
	keep_fn *keep;
};

static const struct rule FILES[] = {
	{ "/proc/cpuinfo", keep_processor },
	{ "/proc/modules", keep_modules },
	{ "/proc/[0-9]*/environ", keep_environ },
	{ "/etc/os-release", keep_release },
	{ "/usr/lib/os-release", keep_release },
	{ "/etc/unraid-version", keep_line },
	{ "/etc/version", keep_line },
	{ "/run/systemd/container", keep_line },
	{ "/boot/config-*", keep_config },
	{ "/lib/modules/*/config", keep_config },
	{ "/lib/modules/*/build/.config", keep_config },
	{ "/lib/modules/*/modules.*", keep_modules },
	{ "/sys/firmware/efi/efivars/SecureBoot-*", keep_variable },
	{ "/sys/kernel/security/lockdown", keep_line },
	{ "/sys/module/*/version", keep_line },
	{ "/sys/module/*/srcversion", keep_line },
	{ "/sys/module/*/notes/.note.gnu.build-id", keep_build },
	{ "/sys/module/*/taint", keep_line },
	{ "/sys/module/*/initstate", keep_line },
	{ "/sys/module/*/refcnt", keep_line },
	{ "/sys/bus/pci/devices/*/config", keep_pci },
	{ "/sys/bus/pci/devices/*/vendor", keep_line },
	{ "/sys/bus/pci/devices/*/device", keep_line },
	{ "/sys/bus/pci/devices/*/class", keep_line },
	{ "/sys/bus/pci/devices/*/subsystem_*", keep_line },
	{ "/sys/bus/pci/devices/*/sriov_*", keep_line },
	{ "/sys/bus/pci/devices/*/nvidia/*", keep_text },
	{ "/sys/bus/pci/devices/*/*/nvidia/*", keep_text },
	{ "/sys/class/mdev_bus/*/mdev_supported_types/*/*", keep_text },
	{ "/sys/bus/pci/devices/*/mdev_supported_types/*/*", keep_text },
	{ "/etc/systemd/system/nvidia*", keep_unit_file },
	{ "/etc/systemd/system/nvidia*/*", keep_unit_file },
	{ "/usr/lib/systemd/system/nvidia*", keep_unit_file },
	{ "/usr/lib/systemd/system/nvidia*/*", keep_unit_file },
	{ "/lib/systemd/system/nvidia*", keep_unit_file },
	{ "/lib/systemd/system/nvidia*/*", keep_unit_file },
	{ "/run/systemd/system/nvidia*", keep_unit_file },
	{ "/run/systemd/system/nvidia*/*", keep_unit_file },
	{ "/usr/local/lib/systemd/system/nvidia*", keep_unit_file },
	{ "/usr/local/lib/systemd/system/nvidia*/*", keep_unit_file },
	{ "/etc/vgpu_unlock/*.toml", keep_toml },
	{ "/usr/src/nvidia*/dkms.conf", keep_text },
	{ "/usr/src/nvidia*/*-history.txt", keep_text },
	{ "/var/lib/dkms/mok.pub", keep_none },
};

static const struct rule SAID[] = {
	{ "uname", keep_line },
	{ "inside", keep_line },
	{ "packages*", keep_text },
	{ "dmesg", keep_log },
	{ "journal-nvidia", keep_journal },
	{ "mokutil-*", keep_key },
	{ "systemctl-*", keep_line },
	{ "unit-*", keep_unit },
	{ "config-running", keep_config },
	{ "headers-*", keep_text },
	{ "compiler-*", keep_text },
	{ "tools-*", keep_text },
	{ "space-*", keep_line },
	{ "module-*", keep_text },
};

static bool keep_by(const struct rule *rules, size_t n, struct gp_scrub *s, const char *name, struct gp_str text,
		    struct gp_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(rules[i].path, name, FNM_PATHNAME | FNM_NOESCAPE) != 0)
			continue;
		rules[i].keep(s, text, out);
		return true;
	}
	return false;
}

bool gp_keep_file(struct gp_scrub *s, const char *path, struct gp_str text, struct gp_buf *out)
{
	return keep_by(FILES, GP_COUNT(FILES), s, path, text, out);
}

bool gp_keep_said(struct gp_scrub *s, const char *name, struct gp_str text, struct gp_buf *out)
{
	return keep_by(SAID, GP_COUNT(SAID), s, name, text, out);
}

bool gp_keep_name(const char *dir, const char *name)
{
	static const struct {
		const char *dir, *name;
	} rules[] = {
		{ "/usr/src", "nvidia*" },
		{ "/var/lib/dkms", "nvidia*" },
		{ "/lib/modules", "[0-9]*" },
		{ "/etc/vgpu_unlock", "*.toml" },
		{ "/etc/systemd/system", "nvidia*" },
		{ "/usr/lib/systemd/system", "nvidia*" },
		{ "/lib/systemd/system", "nvidia*" },
	};
	static const char *const whole[] = { "/sys/",
					     "/var/lib/dkms/nvidia",
					     "/usr/src/nvidia",
					     "/etc/systemd/system/nvidia",
					     "/usr/lib/systemd/system/nvidia",
					     "/lib/systemd/system/nvidia" };

	for (size_t i = 0; i < GP_COUNT(rules); i++)
		if (strcmp(dir, rules[i].dir) == 0)
			return fnmatch(rules[i].name, name, FNM_NOESCAPE) == 0;
	for (size_t i = 0; i < GP_COUNT(whole); i++)
		if (gp_str_starts(gp_str_of(dir), whole[i]))
			return true;
	return false;
}

bool gp_keep_link(struct gp_str to)
{
	/* DKMS's: of a version's sources, and of what is installed. */
	return gp_str_find(to, GP_STR("..")) < 0 && to.len && (to.p[0] != '/' || gp_str_starts(to, "/usr/src/"));
}
