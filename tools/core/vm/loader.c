/* SPDX-License-Identifier: MIT */
#include "core/vm/loader.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* A line of the loader's by a piece of it, and what it means. */
struct said {
	const char *text, *check, *meaning;
};

static const struct said REFUSALS[] = {
	{ "failing symbol_get of non-GPLONLY symbol", "symbol-get",
	  "symbol_get() gives out GPL-only exports and no others since 6.6, 6.5.2, 6.1.52, 5.15.131 and 5.10.195 "
	  "(9011e49d54dc): a kernel from before, or a driver that links instead" },
	{ "module using GPL-only symbols uses symbols", "taint",
	  "what takes symbols of a proprietary module may take no GPL-only ones since 5.9 (262e6ae7081d): a patch "
	  "set that parts the two, or an older kernel" },
	{ "disagrees about version of symbol", "crc",
	  "it was built for another kernel, or beside another build of the module that exports this: build all "
	  "anew with this kernel's headers" },
	{ "no symbol version for", "crc",
	  "it was built without Module.symvers: build it anew with complete headers of this kernel" },
	{ "version magic '", "vermagic", "it was built for another kernel: build it with this kernel's headers" },
	{ "but does not import it", "namespace",
	  "the symbol is for modules that import its namespace: MODULE_IMPORT_NS() in its sources, by a patch set" },
	{ "exports duplicate symbol", "export", "two modules export the same: one of them is loaded already" },
	{ "Unknown symbol", "symbol",
	  "nobody exports it, or to GPL modules only: what takes symbols of a proprietary module counts as one" },
	{ "failed to validate module", "btf",
	  "its type information is not this kernel's: build it without vmlinux beside the headers, or with the "
	  "right one" },
	{ "Loading of unsigned module is rejected", "signature",
	  "this kernel takes signed modules only: --sign-key, and the key among its own" },
	{ "Loading of module with unavailable key is rejected", "signature",
	  "this kernel does not know the key that it was signed with" },
	{ "Lockdown: ", "lockdown", "this kernel is locked down: it takes modules that are signed, no others" },
	{ ".gnu.linkonce.this_module section size must match", "format",
	  "it was built for a kernel of another configuration: build it with this kernel's headers" },
	{ "relocation", "format", "it does not fit this kernel: the compiler or its flags are others" },
};

/* What a module says when there is nothing for it to do; that of nvidia-peermem: seen in
 * 535.261.03, built beside no InfiniBand stack of Mellanox's. */
#define TAKEN "that is a yes: the kernel took it, and "
static const struct {
	const char *text, *meaning;
} NOTHING[] = {
	{ "NVRM: No NVIDIA GPU found", TAKEN "there is no card in a virtual machine" },
	{ "NVRM: No NVIDIA graphics adapter found", TAKEN "there is no card in a virtual machine" },
	{ "module compiled without IB peer memory symbols", TAKEN "it was built without what it is for" },
};

static bool find_line(struct gp_str text, const char *what, struct gp_str *line)
{
	while (gp_text_line_next(&text, line))
		if (gp_str_find(*line, gp_str_of(what)) >= 0)
			return true;
	return false;
}

/* "calling  nvidia_init+0x0/0x100 [nvidia] @ 1" */
static bool init_was_called(struct gp_str text, const char *name)
{
	gp_auto(gp_free_ptr) char *of = gp_asprintf(" [%s] @ ", name);
	struct gp_str line;

	while (gp_text_line_next(&text, &line))
		if (gp_str_starts(line, "calling ") && gp_str_find(line, gp_str_of(of)) >= 0)
			return true;
	return false;
}

static void tell(struct gp_boot_module *m, enum gp_boot_verdict v, const char *check, const struct gp_str *line,
		 const char *meaning)
{
	m->verdict = v;
	m->check = check;
	m->line = line ? gp_strndup(line->p, line->len) : NULL;
	m->meaning = gp_strdup(meaning);
}

/* A line about another module, which was loaded meanwhile, is not about this one; those
 * of symbol_get() name none. */
static bool is_about(struct gp_str line, const char *name, const struct said *s)
{
	struct gp_str rest = line;

	return strcmp(s->check, "symbol-get") == 0 || strcmp(s->check, "lockdown") == 0 ||
	       strcmp(s->check, "signature") == 0 || strcmp(s->check, "btf") == 0 || strcmp(s->check, "format") == 0 ||
	       (gp_str_take(&rest, name) && gp_str_starts(rest, ":"));
}

/* The first line counts: "Unknown symbol" comes after the line that says why. */
static bool find_refusal(struct gp_str text, struct gp_boot_module *m)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		for (size_t i = 0; i < GP_COUNT(REFUSALS); i++) {
			if (gp_str_find(line, gp_str_of(REFUSALS[i].text)) < 0 ||
			    !is_about(line, m->name, &REFUSALS[i]))
				continue;
			tell(m, GP_BOOT_REFUSED, REFUSALS[i].check, &line, REFUSALS[i].meaning);
			return true;
		}
	}
	return false;
}

/* The last line that is neither the tracer's nor about tainting: the module's own words. */
static bool last_words(struct gp_str text, struct gp_str *out)
{
	struct gp_str line;
	bool found = false;

	while (gp_text_line_next(&text, &line)) {
		if (!gp_str_trim(line).len || gp_str_starts(line, "calling ") || gp_str_starts(line, "initcall ") ||
		    gp_str_starts(line, "probe of ") || gp_str_find(line, GP_STR("taint")) >= 0)
			continue;
		*out = line;
		found = true;
	}
	return found;
}

static void judge_init(struct gp_str text, struct gp_boot_module *m)
{
	struct gp_str line = { "", 0 };
	gp_auto(gp_free_ptr) char *meaning = NULL;
	const char *name = gp_loader_errno(m->error);
	bool words;

	for (size_t i = 0; i < GP_COUNT(NOTHING); i++) {
		if (!find_line(text, NOTHING[i].text, &line))
			continue;
		tell(m, GP_BOOT_ENDED, "card", &line, NOTHING[i].meaning);
		return;
	}
	words = last_words(text, &line);
	meaning = gp_asprintf("the kernel took it; its own init ended with %ld%s%s%s", m->error, name ? " (" : "",
			      name ? name : "", name ? ")" : "");
	tell(m, GP_BOOT_FAILED, "init", words ? &line : NULL, meaning);
}

void gp_loader_judge(const struct gp_console_step *step, struct gp_boot_module *m)
{
	struct gp_str text = gp_buf_str(&step->text);
	gp_auto(gp_free_ptr) char *meaning = NULL;
	const char *name;

	m->error = step->ended ? step->result : 0;
	if (!step->begun) {
		tell(m, GP_BOOT_NOT_ASKED, NULL, NULL, "the machine was off before its turn came");
	} else if (!step->ended) {
		tell(m, GP_BOOT_CRASHED, "init", NULL, "the kernel did not come back from loading it");
	} else if (step->result == 0) {
		m->verdict = GP_BOOT_LOADED;
	} else if (find_refusal(text, m)) {
		return;
	} else if (init_was_called(text, m->name)) {
		judge_init(text, m);
	} else {
		name = gp_loader_errno(m->error);
		meaning = gp_asprintf("the loader gives %ld%s%s%s and no reason", m->error, name ? " (" : "",
				      name ? name : "", name ? ")" : "");
		tell(m, GP_BOOT_REFUSED, "errno", NULL, meaning);
	}
}

/* strerror() may be of any language, and is not for several threads. */
const char *gp_loader_errno(long error)
{
	static const struct {
		int value;
		const char *text;
	} known[] = {
		{ EPERM, "Operation not permitted" },
		{ ENOENT, "No such file or directory" },
		{ EIO, "Input/output error" },
		{ ENXIO, "No such device or address" },
		{ ENOEXEC, "Exec format error" },
		{ EAGAIN, "Resource temporarily unavailable" },
		{ ENOMEM, "Cannot allocate memory" },
		{ EACCES, "Permission denied" },
		{ EFAULT, "Bad address" },
		{ EBUSY, "Device or resource busy" },
		{ EEXIST, "File exists" },
		{ ENODEV, "No such device" },
		{ EINVAL, "Invalid argument" },
		{ ENOSPC, "No space left on device" },
		{ ENOSYS, "Function not implemented" },
		{ EOPNOTSUPP, "Operation not supported" },
		{ ENOKEY, "Required key not available" },
		{ EKEYREJECTED, "Key was rejected by service" },
	};

	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (error == -known[i].value)
			return known[i].text;
	return NULL;
}
