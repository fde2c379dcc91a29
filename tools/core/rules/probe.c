/* SPDX-License-Identifier: MIT */
#include "core/rules/probe.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/regex.h"
#include "base/text.h"

static const char *const probe_names[] = {
	[GP_PROBE_HEADER] = "header",           [GP_PROBE_TEXT] = "text",
	[GP_PROBE_CONFIG] = "config",           [GP_PROBE_SYMBOL] = "symbol",
	[GP_PROBE_SYMBOL_GPL] = "symbol-gpl",   [GP_PROBE_EXPORTS] = "exports",
	[GP_PROBE_DRIVER_TEXT] = "driver-text", [GP_PROBE_DRIVER_CONFTEST] = "driver-conftest"
};

bool gp_probe_asks_driver(const struct gp_probe *p)
{
	return p->word == GP_PROBE_DRIVER_TEXT || p->word == GP_PROBE_DRIVER_CONFTEST;
}

void gp_probe_release(struct gp_probe *p)
{
	free(p->arg);
	free(p->ere);
	free(p->ns);
	free(p->text);
}

static int probe_word(struct gp_str word, struct gp_probe *p, struct gp_err *err)
{
	for (size_t i = 0; i < GP_COUNT(probe_names); i++) {
		if (gp_str_eq(word, probe_names[i])) {
			p->word = (enum gp_probe_word)i;
			return 0;
		}
	}
	return gp_fail(err, GP_E_FORMAT, "unknown probe '%.*s'", (int)(word.len < 80 ? word.len : 80), word.p);
}

static int check_ere(const char *ere, struct gp_err *err)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };

	return gp_regex_compile(ere, &re, err);
}

static bool probe_has_path(const struct gp_probe *p)
{
	return p->word == GP_PROBE_HEADER || p->word == GP_PROBE_TEXT || p->word == GP_PROBE_DRIVER_TEXT;
}

static bool is_identifier(struct gp_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return s.len > 0;
}

/* The words behind the name of an export. */
static int export_words(struct gp_str rest, struct gp_probe *p, struct gp_err *err)
{
	struct gp_str word;

	while (gp_word_next(&rest, &word)) {
		if (gp_str_eq(word, "gpl") && !p->gpl)
			p->gpl = true;
		else if (gp_str_eq(word, "module-only") && !p->module_only)
			p->module_only = true;
		else if (gp_str_eq(word, "namespace") && !p->ns && gp_word_next(&rest, &word) && is_identifier(word))
			p->ns = gp_strndup(word.p, word.len);
		else
			return gp_fail(err, GP_E_FORMAT,
				       "probe 'exports' takes gpl, namespace NAME and module-only, once each; "
				       "'%.*s' does not fit",
				       (int)(word.len < 80 ? word.len : 80), word.p);
	}
	if (p->ns && p->module_only)
		return gp_fail(err, GP_E_FORMAT, "an export for named modules is in no other namespace");
	return 0;
}

static int probe_args(struct gp_str rest, struct gp_probe *p, struct gp_err *err)
{
	bool wants_ere = p->word == GP_PROBE_TEXT || p->word == GP_PROBE_DRIVER_TEXT;
	struct gp_str arg;

	if (!gp_word_next(&rest, &arg))
		return gp_fail(err, GP_E_FORMAT, "probe '%s' lacks its argument", probe_names[p->word]);
	if (probe_has_path(p))
		p->arg = gp_path_clean(arg.p, arg.len, err);
	else if (is_identifier(arg))
		p->arg = gp_strndup(arg.p, arg.len);
	else
		gp_fail(err, GP_E_FORMAT, "'%.*s' is not a name", (int)(arg.len < 80 ? arg.len : 80), arg.p);
	if (!p->arg)
		return -1;
	rest = gp_str_trim(rest);
	if (p->word == GP_PROBE_EXPORTS)
		return export_words(rest, p, err);
	if (!wants_ere)
		return rest.len ? gp_fail(err, GP_E_FORMAT, "probe '%s' takes one argument", probe_names[p->word]) : 0;
	if (!rest.len)
		return gp_fail(err, GP_E_FORMAT, "probe '%s' lacks its expression", probe_names[p->word]);
	p->ere = gp_strndup(rest.p, rest.len);
	return check_ere(p->ere, err);
}

int gp_probe_parse(struct gp_str line, struct gp_probe *p, struct gp_err *err)
{
	struct gp_str word;

	if (line.p[0] == '!') {
		p->negated = true;
		line = gp_str_trim((struct gp_str){ line.p + 1, line.len - 1 });
	}
	gp_word_next(&line, &word);
	if (probe_word(word, p, err) || probe_args(line, p, err))
		return -1;
	p->text = gp_asprintf("%s%s %s%s%s%s%s%s%s", p->negated ? "!" : "", probe_names[p->word], p->arg,
			      p->ere ? " " : "", p->ere ? p->ere : "", p->gpl ? " gpl" : "", p->ns ? " namespace " : "",
			      p->ns ? p->ns : "", p->module_only ? " module-only" : "");
	return 0;
}
