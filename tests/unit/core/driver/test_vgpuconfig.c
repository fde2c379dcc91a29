/* SPDX-License-Identifier: MIT */
/* Tests: base/libxml, base/xmlscan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/driver/vgpuconfig.h"
#include "fx_table.h"

static struct gp_buf out, input;

static int clear(void **state)
{
	(void)state;
	gp_buf_release(&out);
	gp_buf_release(&input);
	return 0;
}

/* --- FROM=TO --- */

static const struct id_case {
	const char *name;
	const char *want; /* NULL: refused */
} ids[] = {
	{ "1b38=1b06", "1b38 1b06" },
	{ "0x1E30:0x12BA=0x1E84:0x0000", "1e30:12ba 1e84:0000" },
	{ "0X1e30:12ba=1E84", "1e30:12ba 1e84" },
	{ "10de:1b38=10de:1b06", "1b38 1b06" },
	{ "10de:1b38:0=10de:1b06:120f", "1b38:0000 1b06:120f" },
	{ "1b38:0=1b38", "1b38:0000 1b38" },
	{ "1=2", "0001 0002" },
	{ "", NULL },
	{ "=", NULL },
	{ "1b38", NULL },
	{ "1b38=", NULL },
	{ "=1b38", NULL },
	{ "1b38=1b38", NULL },
	{ "1b38=1B38", NULL },
	{ "1b38:12=1b38:0012", NULL },
	{ "0=1b38", NULL },
	{ "1b38=0", NULL },
	{ "10de:=1b06", NULL },
	{ "1b38=10de", "1b38 10de" },
	{ "1b38=1b06=1b07", NULL },
	{ "1b38=1b06:", NULL },
	{ "1b38=1b06:1:2", NULL },
	{ "1b38=1002:1b06:1", NULL },
	{ "1b38=11b06", NULL },
	{ "1b38=1b0g", NULL },
	{ "1b38=1b0-", NULL },
	{ "1b38= 1b06", NULL },
	{ "1b38=+b06", NULL },
	{ "1b38=0x", NULL },
	{ "1b38=0x0x1", NULL },
	{ "1b38=1b06 ", NULL },
};

static void check_ids(void **state)
{
	const struct id_case *c = *state;
	struct gp_profile_clone what;
	struct gp_err err = { 0 };
	char said[64], from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];
	int rc = gp_profile_clone_parse(c->name, &what, &err);

	if (!c->want) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, GP_E_USAGE);
		return;
	}
	assert_int_equal(rc, 0);
	snprintf(said, sizeof(said), "%s %s", gp_card_id_text(&what.from, from), gp_card_id_text(&what.to, to));
	assert_string_equal(said, c->want);
}

/* --- cloning --- */

#define DEV(device, sub) \
	"<devId vendorId=\"0x10de\" deviceId=\"" device "\" subsystemVendorId=\"0x10de\" subsystemId=\"" sub "\"/>"
#define TYPES \
	"<supportedVgpu vgpuId=\"46\"><maxVgpus>24</maxVgpus><digest type=\"signature\">0a1b</digest></supportedVgpu>"
#define CARD(device, sub) "<pgpu>" DEV(device, sub) TYPES "</pgpu>"
#define P40 CARD("0x1B38", "0x0")
#define ROOT(inside) "<vgpuconfig>" inside "</vgpuconfig>"

/* '@' in a text is where the clone of 1b38 for 1b06 is to be, "$" a NUL. */
static const struct clone_case {
	const char *name, *text;
	const char *clone; /* NULL: it fails, or nothing changes */
	enum gp_code code;
	const char *says;
	const char *what; /* NULL: 1b38=1b06 */
} clones[] = {
	{ "one line", ROOT(P40 "@"), CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "lines of their own", ROOT("\n  " P40 "@\n  " CARD("0x1E30", "0x12BA") "\n"), "\n  " CARD("0x1B06", "0x0"),
	  GP_OK, NULL, NULL },
	{ "CRLF", ROOT("\r\n\t" P40 "@\r\n"), "\r\n\t" CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "CR only", ROOT("\r " P40 "@\r"), "\r " CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "text in front of it", ROOT("x " P40 "@ y"), CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "a byte order mark", "\xef\xbb\xbf" ROOT(P40 "@"), CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "a declaration and a DOCTYPE",
	  "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE vgpu SYSTEM \"http://localhost/x>.dtd\">\n" ROOT(P40 "@"),
	  CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "a public DOCTYPE", "<!DOCTYPE vgpu PUBLIC '-//x' \"[\">" ROOT(P40 "@"), CARD("0x1B06", "0x0"), GP_OK, NULL,
	  NULL },
	{ "Latin 1", "<?xml version='1.0' encoding='ISO-8859-1'?>" ROOT(P40 "@<x>\xe4</x>"), CARD("0x1B06", "0x0"),
	  GP_OK, NULL, NULL },
	{ "comments that look like it", ROOT("<!-- " P40 " <pgpu -->" P40 "@<!-- </pgpu> -->"), CARD("0x1B06", "0x0"),
	  GP_OK, NULL, NULL },
	{ "CDATA that looks like it", ROOT("<![CDATA[" P40 "<pgpu ]]]>" P40 "@"), CARD("0x1B06", "0x0"), GP_OK, NULL,
	  NULL },
	{ "instructions that look like it", "<?x " P40 "?>" ROOT("<?pgpu > ?>" P40 "@"), CARD("0x1B06", "0x0"), GP_OK,
	  NULL, NULL },
	{ "comments and CDATA in the card",
	  ROOT("<pgpu><!-- " DEV("0x1", "0x0") " -->" DEV("0x1B38", "0x0") "<![CDATA[</pgpu>]]></pgpu>@"),
	  "<pgpu><!-- " DEV("0x1", "0x0") " -->" DEV("0x1B06", "0x0") "<![CDATA[</pgpu>]]></pgpu>", GP_OK, NULL, NULL },
	{ "a > in a value", ROOT("<pgpu a=\"</pgpu>\">" DEV("0x1B38", "0x0") "</pgpu>@"), NULL, GP_E_FORMAT, "line 1",
	  NULL },
	{ "a > in a value, well-formed", ROOT("<pgpu a='1>2' b='\"'>" DEV("0x1B38", "0x0") "</pgpu>@"),
	  "<pgpu a='1>2' b='\"'>" DEV("0x1B06", "0x0") "</pgpu>", GP_OK, NULL, NULL },
	{ "single quotes, another order, blanks, its own end tag",
	  ROOT("<pgpu >\n<devId\n subsystemId = '0x0' deviceId\t= '0x1b38' vendorId='0x10DE'></devId ></pgpu >@"),
	  "<pgpu >\n<devId\n subsystemId = '0x0' deviceId\t= '0x1B06' vendorId='0x10DE'></devId ></pgpu >", GP_OK, NULL,
	  NULL },
	{ "no subsystem", ROOT("<pgpu><devId vendorId='0x10de' deviceId='1b38'/></pgpu>@"),
	  "<pgpu><devId vendorId='0x10de' deviceId='0x1B06'/></pgpu>", GP_OK, NULL, NULL },
	{ "no subsystem, but one is wanted", ROOT("<pgpu><devId vendorId='0x10de' deviceId='1b38'/></pgpu>"), NULL,
	  GP_E_UNSUPPORTED, "names no subsystem", "1b38=1b06:12" },
	{ "a subsystem for the new one", ROOT(P40 "@"), CARD("0x1B06", "0x120F"), GP_OK, NULL, "1b38=1b06:120f" },
	{ "a character that is written as a number", ROOT("<x a='&#9;'>&#x41;&lt;</x>" P40 "@"), CARD("0x1B06", "0x0"),
	  GP_OK, NULL, NULL },
	{ "deeper ones are none", ROOT("<x>" P40 "</x>"), NULL, GP_E_NO, "no entry for 1b38", NULL },
	{ "with a prefix it is another name",
	  "<vgpuconfig xmlns:p='u'><p:pgpu>" DEV("0x1B38", "0x0") "</p:pgpu></vgpuconfig>", NULL, GP_E_NO,
	  "no entry for 1b38", NULL },
	{ "with a namespace it is the same", "<vgpuconfig xmlns='u'>" P40 "@</vgpuconfig>", CARD("0x1B06", "0x0"),
	  GP_OK, NULL, NULL },
	{ "somebody else's card", ROOT("<pgpu><devId vendorId='0x1002' deviceId='0x1B38' subsystemId='0'/></pgpu>"),
	  NULL, GP_E_NO, "no entry for 1b38", NULL },
	{ "two devices in one card", ROOT("<pgpu>" DEV("0x1B38", "0x0") DEV("0x1B39", "0x0") "</pgpu>"), NULL, GP_E_NO,
	  "no entry for 1b38", NULL },
	{ "an id that is none", ROOT(CARD("0x1B38", "12345")), NULL, GP_E_NO, "none that can be read", NULL },
	{ "a self-closing card", ROOT("<pgpu/>" P40 "@<pgpu/>"), CARD("0x1B06", "0x0"), GP_OK, NULL, NULL },
	{ "an id with a character that is written as a number",
	  ROOT("<pgpu><devId vendorId='0x10de' deviceId='0x&#49;B38' subsystemId='0'/></pgpu>"), NULL, GP_E_NO,
	  "no entry", NULL },
	{ "two subsystems, none named", ROOT(CARD("0x1E78", "0x13D8") CARD("0x1E78", "0x13D9")), NULL, GP_E_NO,
	  "1e78:13d8, 1e78:13d9; name the subsystem", "1e78=1e84" },
	{ "two subsystems, one named", ROOT(CARD("0x1E78", "0x13D8") CARD("0x1E78", "0x13D9") "@"),
	  CARD("0x1E84", "0x0"), GP_OK, NULL, "1e78:13d9=1e84" },
	{ "it is not there, and what is", ROOT(P40 CARD("0x1E30", "0x12BA")), NULL, GP_E_NO,
	  "no entry for 1e30:0000; it has 1b38:0000 1e30:12ba", "1e30:0=1e84" },
	{ "the same twice", ROOT(P40 P40), NULL, GP_E_NO, "2 entries for 1b38: 1b38:0000, 1b38:0000", NULL },
	{ "done before", ROOT("\n" P40 "\n<x/>" CARD("0x1b06", "0x0000") "\n"), NULL, GP_OK, NULL, NULL },
	{ "there with other types", ROOT(P40 "<pgpu>" DEV("0x1B06", "0x0") "</pgpu>"), NULL, GP_E_NO,
	  "has an entry for 1b06:0000 already, and it is not that of 1b38:0000", NULL },
	{ "there for every subsystem", ROOT(P40 CARD("0x1B06", "0x0")), NULL, GP_E_NO, "for every subsystem",
	  "1b38=1b06:120f" },
	{ "no cards", ROOT(""), NULL, GP_E_NO, "none that can be read", NULL },
	/* What may not come near a parser, or in. */
	{ "nothing", "", NULL, GP_E_FORMAT, "is empty", NULL },
	{ "no XML", "hello", NULL, GP_E_FORMAT, "line 1", NULL },
	{ "cut in a tag", "<vgpuconfig>\n" P40 "<pgpu", NULL, GP_E_FORMAT, "line 2: a tag does not end", NULL },
	{ "cut behind a tag", "<vgpuconfig>" P40, NULL, GP_E_FORMAT, "an element does not end", NULL },
	{ "cut in a comment", "<vgpuconfig><!--", NULL, GP_E_FORMAT, "a comment does not end", NULL },
	{ "cut in CDATA", "<vgpuconfig><![CDATA[", NULL, GP_E_FORMAT, "a CDATA section does not end", NULL },
	{ "cut in an instruction", "<?xml", NULL, GP_E_FORMAT, "an instruction does not end", NULL },
	{ "cut in a DOCTYPE", "<!DOCTYPE", NULL, GP_E_FORMAT, "the DOCTYPE does not end", NULL },
	{ "an end tag too many", "</a>", NULL, GP_E_FORMAT, "an end tag too many", NULL },
	{ "tags that do not fit", ROOT("<a><b></a></b>" P40), NULL, GP_E_FORMAT, "line 1", NULL },
	{ "two roots", ROOT(P40) ROOT(""), NULL, GP_E_FORMAT, "line 1", NULL },
	{ "an attribute twice", ROOT("<pgpu a='' a=''/>" P40), NULL, GP_E_FORMAT, "line 1", NULL },
	{ "bytes that are not UTF-8", ROOT(P40 "\xe4"), NULL, GP_E_FORMAT, "line 1", NULL },
	{ "billion laughs",
	  "<!DOCTYPE x [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>" ROOT(P40 "&c;"), NULL,
	  GP_E_UNSUPPORTED, "definitions of its own, entities maybe: refused", NULL },
	{ "an external entity", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" ROOT(P40 "&a;"), NULL,
	  GP_E_UNSUPPORTED, "definitions of its own, entities maybe: refused", NULL },
	{ "an external parameter entity",
	  "<!DOCTYPE x SYSTEM 'x' [<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;]>" ROOT(P40), NULL, GP_E_UNSUPPORTED,
	  "definitions of its own", NULL },
	{ "an empty subset", "<!DOCTYPE x []>" ROOT(P40), NULL, GP_E_UNSUPPORTED, "definitions of its own", NULL },
	{ "a subset behind a comment", "<!-- <x> --><?x?><!DOCTYPE x [<!ENTITY a 'b'>]>" ROOT(P40), NULL,
	  GP_E_UNSUPPORTED, "definitions of its own", NULL },
	{ "an entity of a DTD elsewhere", "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" ROOT(P40 "&a;"), NULL,
	  GP_E_UNSUPPORTED, "entities that are not XML's own", NULL },
	{ "one in a value", "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" ROOT("<y z='&a;'/>" P40), NULL, GP_E_UNSUPPORTED,
	  "entities that are not XML's own", NULL },
	{ "an entity that nobody defines", ROOT(P40 "&a;"), NULL, GP_E_FORMAT, "line 1", NULL },
	{ "UTF-16 with its mark", "\xff\xfe<$v$>$", NULL, GP_E_UNSUPPORTED, "not in UTF-8", NULL },
	{ "UTF-16, the other end first", "\xfe\xff$<$v$>", NULL, GP_E_UNSUPPORTED, "not in UTF-8", NULL },
	{ "UTF-16 without a mark", "<$v$>$", NULL, GP_E_UNSUPPORTED, "not in UTF-8", NULL },
	{ "a NUL", ROOT(P40 "$"), NULL, GP_E_UNSUPPORTED, "not in UTF-8", NULL },
	{ "UTF-7", "<?xml version='1.0' encoding='UTF-7'?>" ROOT(P40), NULL, GP_E_UNSUPPORTED, "is in UTF-7", NULL },
	{ "UTF-16 by name", "<?xml version='1.0' encoding='UTF-16'?>" ROOT(P40), NULL, GP_E_UNSUPPORTED, "is in UTF-16",
	  NULL },
};

static struct gp_str text_of(const struct clone_case *c, size_t *at)
{
	*at = 0;
	for (const char *p = c->text; *p; p++) {
		if (*p == '@')
			*at = input.len;
		else
			gp_buf_putc(&input, *p == '$' ? '\0' : *p);
	}
	return gp_buf_str(&input);
}

static void check_clone(void **state)
{
	const struct clone_case *c = *state;
	struct gp_profile_clone what;
	struct gp_cloned is;
	struct gp_err err = { 0 };
	char said[1024];
	size_t at;
	struct gp_str text = text_of(c, &at);

	assert_int_equal(gp_profile_clone_parse(c->what ? c->what : "1b38=1b06", &what, &err), 0);
	if (gp_vgpuconfig_clone(text, &what, &out, &is, &err) < 0) {
		gp_err_format(&err, said, sizeof(said));
		if (err.code != c->code || !strstr(said, c->says))
			fail_msg("it says (%d) %s", err.code, said);
		assert_int_equal(out.len, 0);
		return;
	}
	assert_int_equal(c->code, GP_OK);
	assert_int_equal(is.there, !c->clone);
	if (!c->clone) {
		assert_int_equal(out.len, 0);
		return;
	}
	assert_int_equal(out.len, text.len + strlen(c->clone));
	assert_memory_equal(out.data, text.p, at);
	assert_memory_equal(out.data + at, c->clone, strlen(c->clone));
	assert_memory_equal(out.data + at + strlen(c->clone), text.p + at, text.len - at);
}

/* n times in a row. */
static struct gp_str long_text(const char *before, const char *what, size_t n, const char *after)
{
	gp_buf_puts(&input, "<vgpuconfig>\n" P40 "\n");
	gp_buf_puts(&input, before);
	for (size_t i = 0; i < n; i++)
		gp_buf_puts(&input, what);
	gp_buf_puts(&input, after);
	gp_buf_puts(&input, "</vgpuconfig>");
	return gp_buf_str(&input);
}

/* What keeps a parser busy for minutes is not shown to it. */
static void too_long(void **state)
{
	static const struct {
		const char *before, *what, *after;
		size_t n;
		const char *says;
	} cases[] = {
		{ "<a", " a=''", "/>", 200000, "line 3: a tag of more than 4096 bytes" },
		{ "", "<", ">", 3000000, "line 3: a tag of more than 4096 bytes" },
		{ "<!--", "xxxxxxxx", "-->", 1500000, "line 3: a text or a comment of more than 8388608 bytes" },
		{ "", "        ", "", 1500000, "line 2: a text or a comment of more than 8388608 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		struct gp_vgpuconfig c;
		struct gp_err err = { 0 };
		char said[1024];

		assert_int_equal(
			gp_vgpuconfig_parse(long_text(cases[i].before, cases[i].what, cases[i].n, cases[i].after), &c,
					    &err),
			-1);
		gp_err_format(&err, said, sizeof(said));
		if (!strstr(said, cases[i].says))
			fail_msg("it says %s", said);
		gp_vgpuconfig_release(&c);
		gp_buf_release(&input);
	}
}

/* What it has made is there for the second run. */
static void twice(void **state)
{
	struct gp_profile_clone what;
	struct gp_cloned is;
	struct gp_err err = { 0 };

	(void)state;
	gp_buf_puts(&input, ROOT("\n  " P40 "\n  " CARD("0x1E30", "0x12BA") "\n"));
	assert_int_equal(gp_profile_clone_parse("1e30=1E84", &what, &err), 0);
	assert_int_equal(gp_vgpuconfig_clone(gp_buf_str(&input), &what, &out, &is, &err), 0);
	assert_false(is.there);
	assert_int_equal(is.from.subsystem, 0x12ba);
	assert_int_equal(is.ntypes, 1);
	GP_SWAP(input, out);
	gp_buf_release(&out);
	assert_int_equal(gp_vgpuconfig_clone(gp_buf_str(&input), &what, &out, &is, &err), 0);
	assert_true(is.there);
	assert_int_equal(out.len, 0);
}

static void origins(void **state)
{
	struct gp_vgpuconfig c;
	struct gp_err err = { 0 };

	(void)state;
	gp_buf_puts(&input, ROOT(P40 "<pgpu>" DEV("0x1", "0x0") "</pgpu><pgpu>" DEV("0x2", "0x0") "</pgpu>" CARD(
				    "0x1B06", "0x120F")));
	assert_int_equal(gp_vgpuconfig_parse(gp_buf_str(&input), &c, &err), 0);
	assert_int_equal(c.n, 4);
	assert_null(gp_vgpuconfig_origin(&c, 0));
	assert_null(gp_vgpuconfig_origin(&c, 1));
	assert_null(gp_vgpuconfig_origin(&c, 2)); /* without types: that says nothing */
	assert_ptr_equal(gp_vgpuconfig_origin(&c, 3), &c.v[0]);
	gp_vgpuconfig_release(&c);
}

/* --- too much of it --- */

static enum gp_code parse_many(const char *piece, size_t n, const char *end)
{
	struct gp_vgpuconfig c;
	struct gp_err err = { 0 };

	gp_buf_puts(&input, "<vgpuconfig>");
	for (size_t i = 0; i < n; i++)
		gp_buf_puts(&input, piece);
	gp_buf_puts(&input, end);
	gp_vgpuconfig_parse(gp_buf_str(&input), &c, &err);
	gp_vgpuconfig_release(&c);
	gp_buf_release(&input);
	return err.code;
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(parse_many("<pgpu/>", 2000, "</vgpuconfig>"), GP_OK);
	assert_int_equal(parse_many("<pgpu/>", 2001, "</vgpuconfig>"), GP_E_UNSUPPORTED);
	assert_int_equal(parse_many("<x/>", 400001, "</vgpuconfig>"), GP_E_UNSUPPORTED);
	assert_int_equal(parse_many("<x>", 65, ""), GP_E_UNSUPPORTED);
	assert_int_equal(parse_many("                ", 1 << 20, "</vgpuconfig>"), GP_E_UNSUPPORTED);
}

int main(void)
{
	FX_ROWS(ids, check_ids, NULL, clear);
	FX_ROWS(clones, check_clone, NULL, clear);
	FX_TEST(twice, NULL, clear);
	FX_TEST(origins, NULL, clear);
	FX_TEST(limits, NULL, clear);
	FX_TEST(too_long, NULL, clear);
	return fx_run(NULL, NULL);
}
