/* SPDX-License-Identifier: MIT */
/* Changed units, by hand; and what systemd, where it is installed, reads out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "core/driver/unit.h"
#include "fx_table.h"

#define LIB "/usr/lib/nvidia/libvgpu_unlock_rs.so"
#define WRAP "/usr/lib/nvidia/vgpu_unlock"
#define HEAD "[Unit]\nDescription=x\nDefaultDependencies=no\n\n[Service]\nType=forking\n"
#define TAIL "\n[Install]\nWantedBy=multi-user.target\n"
#define ENV "Environment=LD_PRELOAD=" LIB "\n"

static const struct unit_case {
	const char *name;
	enum gp_half half;
	const char *text, *want; /* want NULL: refused, and seen is a part of the message */
	const char *seen;        /* by systemd: a line of its dump */
} cases[] = {
	{ "a line of its own, at the section's end", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=\"A=1\"\n" TAIL,
	  HEAD "ExecStart=/bin/true\nEnvironment=\"A=1\"\n" ENV TAIL, "LD_PRELOAD=" LIB },
	{ "it is there", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n" ENV "Environment=A=1\n" TAIL,
	  HEAD "ExecStart=/bin/true\n" ENV "Environment=A=1\n" TAIL, "LD_PRELOAD=" LIB },
	{ "it is there, in quotes, with another", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=\"LD_PRELOAD=/a.so " LIB "\"\n",
	  HEAD "ExecStart=/bin/true\nEnvironment=\"LD_PRELOAD=/a.so " LIB "\"\n", "LD_PRELOAD=/a.so " LIB },
	{ "something else is preloaded", GP_HALF_LIBRARY, HEAD "Environment=LD_PRELOAD=/a.so\nExecStart=/bin/true\n",
	  HEAD "Environment=LD_PRELOAD=" LIB ":/a.so\nExecStart=/bin/true\n", "LD_PRELOAD=" LIB ":/a.so" },
	{ "something else, in quotes", GP_HALF_LIBRARY,
	  HEAD "Environment=X=1 \"LD_PRELOAD=/a.so /b.so\" Y=2\nExecStart=/bin/true\n",
	  HEAD "Environment=X=1 \"LD_PRELOAD=" LIB ":/a.so /b.so\" Y=2\nExecStart=/bin/true\n",
	  "LD_PRELOAD=" LIB ":/a.so /b.so" },
	{ "something else, half in quotes", GP_HALF_LIBRARY,
	  HEAD "Environment=LD_PRELOAD='/a.so /b.so'\nExecStart=/bin/true\n",
	  HEAD "Environment=LD_PRELOAD=" LIB ":'/a.so /b.so'\nExecStart=/bin/true\n",
	  "LD_PRELOAD=" LIB ":/a.so /b.so" },
	{ "an empty one", GP_HALF_LIBRARY, HEAD "Environment=LD_PRELOAD=\nExecStart=/bin/true\n",
	  HEAD "Environment=LD_PRELOAD=" LIB "\nExecStart=/bin/true\n", "LD_PRELOAD=" LIB },
	{ "the last of two counts", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=" LIB "\nEnvironment=LD_PRELOAD=/b.so\n",
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=" LIB "\nEnvironment=LD_PRELOAD=" LIB ":/b.so\n",
	  "LD_PRELOAD=" LIB ":/b.so" },
	{ "an empty value takes it back", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n" ENV "Environment=\n",
	  HEAD "ExecStart=/bin/true\n" ENV "Environment=\n" ENV, "LD_PRELOAD=" LIB },
	{ "another place of the same file", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=/a.so:/opt/x/libvgpu_unlock_rs.so:/b.so\n",
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=/a.so:" LIB ":/b.so\n", "LD_PRELOAD=/a.so:" LIB ":/b.so" },
	{ "a name that only ends so", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=/a/my-libvgpu_unlock_rs.so\n",
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=" LIB ":/a/my-libvgpu_unlock_rs.so\n",
	  "LD_PRELOAD=" LIB ":/a/my-libvgpu_unlock_rs.so" },
	{ "in a continued value with a comment", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=A=1 \\\n# LD_PRELOAD=/no.so \\\n  LD_PRELOAD=/a.so\n",
	  HEAD "ExecStart=/bin/true\nEnvironment=A=1 \\\n# LD_PRELOAD=/no.so \\\n  LD_PRELOAD=" LIB ":/a.so\n",
	  "LD_PRELOAD=" LIB ":/a.so" },
	{ "behind a continued value", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true \\\n  a \\\n\nRestart=no\n# end\n" TAIL,
	  HEAD "ExecStart=/bin/true \\\n  a \\\n\nRestart=no\n" ENV "# end\n" TAIL, "LD_PRELOAD=" LIB },
	{ "a comment continues nothing", GP_HALF_LIBRARY, HEAD "# a comment \\\nExecStart=/bin/true\n",
	  HEAD "# a comment \\\nExecStart=/bin/true\n" ENV, "LD_PRELOAD=" LIB },
	{ "two backslashes continue nothing", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true a\\\\\n",
	  HEAD "ExecStart=/bin/true a\\\\\n" ENV, "LD_PRELOAD=" LIB },
	{ "a comment is no line", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n;" ENV,
	  HEAD "ExecStart=/bin/true\n" ENV ";" ENV, "LD_PRELOAD=" LIB },
	{ "another section's", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n[Install]\n" ENV,
	  HEAD "ExecStart=/bin/true\n" ENV "[Install]\n" ENV, "LD_PRELOAD=" LIB },
	{ "two [Service] sections", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n" TAIL "[Service]\nEnvironment=\n" TAIL,
	  HEAD "ExecStart=/bin/true\n" TAIL "[Service]\nEnvironment=\n" ENV TAIL, "LD_PRELOAD=" LIB },
	{ "no newline at the end", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true", HEAD "ExecStart=/bin/true\n" ENV,
	  "LD_PRELOAD=" LIB },
	{ "blanks round the sign", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true\n  Environment = LD_PRELOAD=/a.so\n",
	  HEAD "ExecStart=/bin/true\n  Environment = LD_PRELOAD=" LIB ":/a.so\n", "LD_PRELOAD=" LIB ":/a.so" },
	{ "CRLF", GP_HALF_LIBRARY,
	  "[Unit]\r\nDefaultDependencies=no\r\n[Service]\r\nExecStart=/bin/true\r\n\r\n[Install]\r\n",
	  "[Unit]\r\nDefaultDependencies=no\r\n[Service]\r\nExecStart=/bin/true\r\nEnvironment=LD_PRELOAD=" LIB
	  "\r\n\r\n[Install]\r\n",
	  "LD_PRELOAD=" LIB },
	{ "nothing but the section", GP_HALF_LIBRARY, "[Service]\n", "[Service]\n" ENV, NULL },
	{ "no section", GP_HALF_LIBRARY, "[Unit]\nDescription=x\n", NULL, "no [Service]" },
	{ "an empty unit", GP_HALF_LIBRARY, "", NULL, "no [Service]" },
	{ "it is taken away", GP_HALF_LIBRARY, HEAD "UnsetEnvironment=LD_PRELOAD\n", NULL, "UnsetEnvironment=" },
	{ "it goes on nowhere", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true \\\n", NULL, "ends in a backslash" },
	{ "it goes on with a comment", GP_HALF_LIBRARY, HEAD "ExecStart=/bin/true \\\n# x\n", NULL,
	  "ends in a backslash" },
	{ "an open quote", GP_HALF_LIBRARY, HEAD "Environment=\"A=1\n", NULL, "line 7: a quote is not closed" },
	{ "an escape that systemd reads", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\n" ENV "Environment=LD\\x5fPRELOAD=/e.so\n", NULL, "line 9: it has an escape" },
	{ "an escape for which systemd drops the line", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nEnvironment=LD_PRELOAD=/x\\ y.so\n", NULL, "line 8: it has an escape" },
	{ "an escape of what is taken away", GP_HALF_LIBRARY,
	  HEAD "ExecStart=/bin/true\nUnsetEnvironment=LD\\x5fPRELOAD\n", NULL, "line 8: it has an escape" },
	{ "an escaped sign", GP_HALF_LIBRARY, HEAD "Environment=LD_PRELOAD\\=/a.so\n", NULL,
	  "line 7: it has an escape" },
	{ "wrapped", GP_HALF_SCRIPT, HEAD "ExecStart=/bin/true a\n" TAIL, HEAD "ExecStart=" WRAP " /bin/true a\n" TAIL,
	  WRAP " /bin/true a" },
	{ "wrapped already", GP_HALF_SCRIPT, HEAD "ExecStart=" WRAP " /bin/true\n",
	  HEAD "ExecStart=" WRAP " /bin/true\n", WRAP " /bin/true" },
	{ "wrapped elsewhere", GP_HALF_SCRIPT, HEAD "ExecStart=/usr/bin/vgpu_unlock /bin/true\n",
	  HEAD "ExecStart=" WRAP " /bin/true\n", WRAP " /bin/true" },
	{ "a prefix", GP_HALF_SCRIPT, HEAD "ExecStart=-/bin/true\n", HEAD "ExecStart=-" WRAP " /bin/true\n",
	  WRAP " /bin/true" },
	{ "in quotes", GP_HALF_SCRIPT, HEAD "ExecStart=\"/bin/true\" a\n", HEAD "ExecStart=" WRAP " \"/bin/true\" a\n",
	  WRAP " /bin/true a" },
	{ "the last one counts", GP_HALF_SCRIPT, HEAD "ExecStart=/bin/false\nExecStart=\nExecStart=/bin/true\n",
	  HEAD "ExecStart=/bin/false\nExecStart=\nExecStart=" WRAP " /bin/true\n", WRAP " /bin/true" },
	{ "continued", GP_HALF_SCRIPT, HEAD "ExecStart= \\\n  # no \\\n  /bin/true \\\n a\n",
	  HEAD "ExecStart= \\\n  # no \\\n  " WRAP " /bin/true \\\n a\n", WRAP " /bin/true a" },
	{ "a name of its own", GP_HALF_SCRIPT, HEAD "ExecStart=@/bin/true x\n", NULL, "in front of it" },
	{ "a prefix in quotes", GP_HALF_SCRIPT, HEAD "ExecStart=\"-/bin/true\"\n", NULL, "in front of it" },
	{ "two commands", GP_HALF_SCRIPT, HEAD "ExecStart=/bin/true\nExecStart=/bin/false\n", NULL,
	  "more than one command" },
	{ "two commands in one", GP_HALF_SCRIPT, HEAD "ExecStart=/bin/true ; /bin/false\n", NULL,
	  "more than one command" },
	{ "an empty command", GP_HALF_SCRIPT, HEAD "ExecStart=\"\"\n", NULL, "in front of it" },
	{ "a prefix alone", GP_HALF_SCRIPT, HEAD "ExecStart=- /bin/true\n", NULL, "in front of it" },
	{ "no command", GP_HALF_SCRIPT, HEAD, NULL, "no ExecStart=" },
};

static const char *path_of(enum gp_half half)
{
	return half == GP_HALF_SCRIPT ? WRAP : LIB;
}

static void check(void **state)
{
	const struct unit_case *c = *state;
	gp_auto(gp_buf_release) struct gp_buf out = { 0 }, again = { 0 };
	gp_auto(gp_free_ptr) char *used = NULL;
	struct gp_err err = { 0 };
	int rc = gp_unit_use(gp_str_of(c->text), c->half, path_of(c->half), &out, &err);

	if (!c->want) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, GP_E_UNSUPPORTED);
		assert_non_null(strstr(err.cause, c->seen));
		return;
	}
	assert_int_equal(rc, 0);
	assert_string_equal(out.data, c->want);
	assert_int_equal(gp_unit_uses(gp_buf_str(&out), c->half, strrchr(path_of(c->half), '/') + 1, &used, &err), 0);
	assert_string_equal(used, path_of(c->half));
	assert_int_equal(gp_unit_use(gp_buf_str(&out), c->half, path_of(c->half), &again, &err), 0);
	assert_string_equal(again.data, c->want);
}

/* Not one byte of a text that is cut anywhere is read beyond, and nothing hangs. */
static void check_cut(void **state)
{
	const struct unit_case *c = *state;

	for (size_t len = 0; len < strlen(c->text); len++) {
		gp_auto(gp_free_ptr) char *exact = gp_strndup(c->text, len);
		gp_auto(gp_free_ptr) char *used = NULL;
		gp_auto(gp_buf_release) struct gp_buf out = { 0 };
		struct gp_str text = { exact, len };
		struct gp_err err = { 0 };

		(void)gp_unit_uses(text, c->half, "libvgpu_unlock_rs.so", &used, &err);
		if (gp_unit_use(text, c->half, path_of(c->half), &out, &err) == 0)
			assert_true(out.len >= len);
		else
			assert_int_equal(err.code, GP_E_UNSUPPORTED);
	}
}

static void nul_byte(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_unit_use(GP_STR("[Service]\nA=\0\n"), GP_HALF_LIBRARY, LIB, &out, &err), -1);
	assert_non_null(strstr(err.cause, "line 2 has a NUL byte"));
}

/* --- systemd itself --- */

static void write_unit(const char *dir, const char *name, const char *text)
{
	gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* All results together, as units of one user's manager that only says what it would do. It
 * does that for no root, and has no words of its own for "cannot". */
static void systemd_reads_it(void **state)
{
	char dir[] = "/tmp/gp-unit-XXXXXX";
	gp_auto(gp_buf_release) struct gp_buf target = { 0 }, said = { 0 };
	gp_auto(gp_free_ptr) char *cmd = NULL;
	char line[512];
	FILE *p;

	(void)state;
	if (access("/lib/systemd/systemd", X_OK) != 0 || system("command -v setpriv >/dev/null") != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	gp_buf_puts(&target, "[Unit]\nDescription=x\n");
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_free_ptr) char *name = gp_asprintf("case%zu.service", i);

		if (!cases[i].want || !cases[i].seen)
			continue;
		write_unit(dir, name, cases[i].want);
		gp_buf_printf(&target, "Wants=%s\n", name);
	}
	write_unit(dir, "default.target", target.data);
	cmd = gp_asprintf("chmod -R a+rX %s; cd /; XDG_RUNTIME_DIR=%s SYSTEMD_UNIT_PATH=%s; export XDG_RUNTIME_DIR "
			  "SYSTEMD_UNIT_PATH; as=; [ $(id -u) != 0 ] || as='setpriv --reuid 65534 --regid 65534 "
			  "--clear-groups'; chmod 777 %s; $as /lib/systemd/systemd --user --test 2>&1 | "
			  "awk '/-> Unit /{sub(\":\", \"\", $3); u = $3} /Environment: LD_PRELOAD=|Command Line:/{"
			  "sub(/^.*(Environment|Command Line): /, \"\"); print u \" \" $0}'",
			  dir, dir, dir, dir);
	p = popen(cmd, "r");
	assert_non_null(p);
	while (fgets(line, sizeof(line), p))
		gp_buf_puts(&said, line);
	assert_int_equal(pclose(p), 0);
	gp_remove_tree(dir);
	if (!said.len)
		skip();
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		gp_auto(gp_free_ptr) char *want = gp_asprintf("case%zu.service %s\n", i, cases[i].seen);

		if (cases[i].want && cases[i].seen && !strstr(said.data, want))
			fail_msg("%s: systemd does not say '%s' in: %s", cases[i].name, want, said.data);
	}
}

int main(void)
{
	FX_ROWS(cases, check, NULL, NULL);
	FX_ROWS(cases, check_cut, NULL, NULL);
	FX_TEST(nul_byte, NULL, NULL);
	FX_TEST(systemd_reads_it, NULL, NULL);
	return fx_run(NULL, NULL);
}
