/* SPDX-License-Identifier: MIT */
/* What must not be told, in the forms in which Linux and NVIDIA's driver print it. */
#include "fx_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/scrub.h"

struct row {
	const char *name, *text, *want;
};

static const struct row ROWS[] = {
	{ "a UUID", "GPU-6f1c2b0a-9d3e-4f11-8a77-0123456789ab is", "GPU-00000000-0000-4000-8000-000000000001 is" },
	{ "the same, in capitals", "6F1C2B0A-9D3E-4F11-8A77-0123456789AB 6f1c2b0a-9d3e-4f11-8a77-0123456789ab",
	  "00000000-0000-4000-8000-000000000001 00000000-0000-4000-8000-000000000001" },
	{ "another one", "[mdev.6f1c2b0a-9d3e-4f11-8a77-0123456789ab]\n[mdev.7f1c2b0a-9d3e-4f11-8a77-0123456789ab]",
	  "[mdev.00000000-0000-4000-8000-000000000001]\n[mdev.00000000-0000-4000-8000-000000000002]" },
	{ "a stand-in", "00000000-0000-4000-8000-000000000007", "00000000-0000-4000-8000-000000000007" },
	{ "no UUID", "6f1c2b0a-9d3e-4f11-8a77-0123456789ab1", "6f1c2b0a-9d3e-4f11-8a77-0123456789ab1" },
	{ "a network card", "eth0: 52:54:00:ab:cd:ef, up", "eth0: 00:00:00:00:00:00, up" },
	{ "with strokes", "52-54-00-ab-cd-ef", "00:00:00:00:00:00" },
	{ "InfiniBand", "80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:4b:ae:bc.", "00:00:00:00:00:00." },
	{ "in its name", "renamed to enx525400abcdef", "renamed to enx000000000000" },
	{ "a slot is none", "nvidia 0000:01:00.0: enabling", "nvidia 0000:01:00.0: enabling" },
	{ "a time is none", "at 12:34:56", "at 12:34:56" },
	{ "a machine-id", "id=0123456789abcdef0123456789abcdef", "id=00000000000000000000000000000000" },
	{ "a version of sources is none", "533BB7E5866E52F63B9ACCB", "533BB7E5866E52F63B9ACCB" },
	{ "a serial number", "NVRM: GPU Board Serial Number: 0324718091234\nnext", "NVRM: GPU Board SERIAL\nnext" },
	{ "of USB", "usb 1-1: SerialNumber: 4C530001", "usb 1-1: SERIAL" },
	{ "with a stroke", "board_serial_no=77", "board_SERIAL" },
	{ "an address", "server 10.1.22.7:443", "server 0.0.0.0:443" },
	{ "of IPv6", "fe80::5054:ff:feab:cdef up", "0.0.0.0 up" },
	{ "a version is none", "driver 535.161.05 of kernel 6.1.0-44", "driver 535.161.05 of kernel 6.1.0-44" },
	{ "a URL", "https://dls.example.org:443/api", "https://HOST:443/api" },
	{ "of the kernel", "nvidia 57884672 1 - Live 0xffffffffc0a81000 (POE)",
	  "nvidia 57884672 1 - Live 0x0000000000000000 (POE)" },
	{ "a host", "on zeus: ready", "on HOST: ready" },
	{ "with a domain", "zeus.example.org, ready", "HOST, ready" },
	{ "at the end of a sentence", "This is zeus.", "This is HOST." },
	{ "in capitals", "ZEUS", "HOST" },
	{ "with a stroke before it", "vm-zeus", "vm-HOST" },
	{ "a part of a word", "zeuss zeu", "zeuss zeu" },
	{ "a user", "by hera", "by USER" },
	{ "a home", "/home/somebody/lib.so /home/ /home", "/home/USER/lib.so /home/ /home" },
	{ "words of the driver stay", "nvidia kvm debian root", "nvidia kvm debian root" },
	{ "not text", "a\001\377zeus\377", "a\001\377HOST\377" },
};

static void scrubs(void **state)
{
	const struct row *row = *state;
	gp_auto(gp_buf_release) struct gp_buf once = { 0 }, twice = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 }, again = { 0 };
	const char *const hosts[] = { "zeus.example.org", "debian", "x" }, *const users[] = { "hera", "nvidia",
											      "root" };

	for (size_t i = 0; i < GP_COUNT(hosts); i++) {
		gp_scrub_host(&s, gp_str_of(hosts[i]));
		gp_scrub_user(&s, gp_str_of(users[i]));
	}
	gp_scrub_text(&s, gp_str_of(row->text), &once);
	assert_string_equal(once.data, row->want);
	/* What is left is nobody's. */
	gp_scrub_text(&again, gp_buf_str(&once), &twice);
	assert_string_equal(twice.data, row->want);
}

static void paths(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

	(void)state;
	gp_scrub_host(&s, GP_STR("zeus"));
	gp_scrub_path(&s, GP_STR("/sys/x/6f1c2b0a-9d3e-4f11-8a77-0123456789ab/zeus/10.1.1.1"), &b);
	assert_string_equal(b.data, "/sys/x/00000000-0000-4000-8000-000000000001/zeus/10.1.1.1");
}

/* NUL bytes are bytes. */
static void nul(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

	(void)state;
	gp_scrub_text(&s, (struct gp_str){ "://a\0/home/b\0", 13 }, &b);
	assert_int_equal(b.len, 19);
	assert_memory_equal(b.data, "://HOST\0/home/USER\0", 19);
}

/* Somebody's file: what is slow here would be so for ever. */
static void long_words(void **state)
{
	static const char *const of[] = { "a-", "a_", "0", "aa:", "0.", "s", "z", "/home", "://", "0x", "serial" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(of); i++) {
		gp_auto(gp_buf_release) struct gp_buf in = { 0 }, out = { 0 };
		gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

		gp_scrub_host(&s, GP_STR("zeus"));
		while (in.len < 1u << 20)
			gp_buf_puts(&in, of[i]);
		gp_scrub_text(&s, gp_buf_str(&in), &out);
		assert_true(out.len > 0);
	}
}

int main(void)
{
	FX_ROWS(ROWS, scrubs, NULL, NULL);
	FX_TEST(paths, NULL, NULL);
	FX_TEST(nul, NULL, NULL);
	FX_TEST(long_words, NULL, NULL);
	return fx_run(NULL, NULL);
}
