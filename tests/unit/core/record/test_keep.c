/* SPDX-License-Identifier: MIT */
/* Of each kind of file what stays, and that nothing else does. */
#include "fx_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/keep.h"

struct row {
	const char *name, *path, *text, *want; /* NULL: nothing of such a file is told */
};

static const struct row FILES[] = {
	{ "a file that nobody thought of", "/etc/shadow", "root:x", NULL },
	{ "a list of users", "/etc/passwd", "root:x", NULL },
	{ "a host's name", "/etc/hostname", "zeus\n", NULL },
	{ "NVIDIA's module", "/lib/modules/6.1.0/updates/dkms/nvidia.ko", "\177ELF", NULL },
	{ "a star is one folder", "/sys/module/a/b/version", "1", NULL },
	{ "the first processor", "/proc/cpuinfo",
	  "processor\t: 0\nvendor_id\t: GenuineIntel\nmicrocode\t: 0xf0\nflags\t\t: fpu vmx\n\nvendor_id\t: x\n",
	  "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n" },
	{ "os-release", "/etc/os-release",
	  "ID=debian\nHOME_URL=\"https://x\"\nVERSION_ID=\"12\"\nMACHINE=zeus\nPRETTY_NAME=\"Debian\"\nIDX=1\n",
	  "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian\"\n" },
	{ "a configuration", "/boot/config-6.1.0",
	  "# CONFIG_X is not set\nCONFIG_KVM=m\nCONFIG_LOCALVERSION=\"-zeus\"\nCONFIG_CC_VERSION_TEXT=\"gcc-12\"\n"
	  "CONFIG_HZ=250\nCONFIG_DEFAULT_HOSTNAME=\"zeus\"\nCONFIG_A=0x10\n",
	  "CONFIG_KVM=m\nCONFIG_CC_VERSION_TEXT=\"gcc-12\"\nCONFIG_HZ=250\nCONFIG_A=0x10\n" },
	{ "a variable", "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6abc\1more",
	  "\6abc\1" },
	{ "a line of the kernel's", "/sys/module/nvidia/srcversion", "533BB7E5866E52F63B9ACCB\nmore\n",
	  "533BB7E5866E52F63B9ACCB\n" },
	{ "a unit", "/etc/systemd/system/nvidia-vgpud.service.d/u.conf",
	  "# by hera\n[Service]\nEnvironment=LD_PRELOAD=/home/hera/l.so\nUser=hera\n",
	  "[Service]\nEnvironment=LD_PRELOAD=/home/USER/l.so\n" },
	{ "profiles", "/etc/vgpu_unlock/profile_override.toml", "# hera's\n[profile.nvidia-46]\nnum_displays = 1\n",
	  "[profile.nvidia-46]\nnum_displays = 1\n" },
	{ "modules", "/proc/modules", "xfs 1 0 - Live 0x0\nnvidia 2 0 - Live 0xffffffffc0a81000\n",
	  "nvidia 2 0 - Live 0x0000000000000000\n" },
	{ "that it is there", "/var/lib/dkms/mok.pub", "\060\202", "" },
};

static const struct row SAID[] = {
	{ "a program that nobody thought of", "hostnamectl", "zeus", NULL },
	{ "a log", "dmesg",
	  "[ 0.1] Linux version 6.1 (hera@zeus)\n[ 0.2] Kernel command line: iommu=pt root=UUID=1\n"
	  "[ 0.3] DMAR: IOMMU enabled\n[ 0.4] usb 1-1: SerialNumber: 4\n[ 9.1] NVRM: loading\n",
	  "[ 0.3] DMAR: IOMMU enabled\n[ 9.1] NVRM: loading\n" },
	{ "a key", "mokutil-dkms", "SHA1 fingerprint 12:34\n/var/lib/dkms/mok.pub is already enrolled\n",
	  "/var/lib/dkms/mok.pub is already enrolled\n" },
	{ "a unit's state", "unit-nvidia-vgpud", "Id=x\nActiveState=active\nInvocationID=1\nMainPID=7\n",
	  "ActiveState=active\nMainPID=7\n" },
	{ "a state", "systemctl-nvidia-vgpud.service", "active\nmore\n", "active\n" },
};

static void check(const struct row *row, bool told, const struct gp_buf *out)
{
	assert_int_equal(told, row->want != NULL);
	if (row->want)
		assert_string_equal(out->len ? out->data : "", row->want);
	else
		assert_int_equal(out->len, 0);
}

static void file(void **state)
{
	const struct row *row = *state;
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

	check(row, gp_keep_file(&s, row->path, gp_str_of(row->text), &b), &b);
}

static void said(void **state)
{
	const struct row *row = *state;
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

	check(row, gp_keep_said(&s, row->path, gp_str_of(row->text), &b), &b);
}

/* Each variable of a process ends with a NUL. */
static void environ(void **state)
{
	static const char all[] = "HOME=/home/hera\0LD_PRELOAD=/home/hera/l.so\0PASSWORD=x\0__RMPCHOST=1";
	static const char want[] = "LD_PRELOAD=/home/USER/l.so\0__RMPCHOST=1";
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };

	(void)state;
	assert_true(gp_keep_file(&s, "/proc/12/environ", (struct gp_str){ all, sizeof(all) - 1 }, &b));
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
}

static void config_space(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_scrub_release) struct gp_scrub s = { 0 };
	char bytes[4096] = "\336\020";

	(void)state;
	assert_true(gp_keep_file(&s, "/sys/bus/pci/devices/0000:01:00.0/config", (struct gp_str){ bytes, 4096 }, &b));
	assert_int_equal(b.len, 64);
}

static void names(void **state)
{
	(void)state;
	assert_true(gp_keep_name("/usr/src", "nvidia-535.161.05"));
	assert_false(gp_keep_name("/usr/src", "secret-1.0"));
	assert_true(gp_keep_name("/var/lib/dkms", "nvidia"));
	assert_false(gp_keep_name("/var/lib/dkms", "secret"));
	assert_true(gp_keep_name("/var/lib/dkms/nvidia/535.161.05", "source"));
	assert_true(gp_keep_name("/sys/class/iommu", "dmar0"));
	assert_false(gp_keep_name("/home", "hera"));
	assert_true(gp_keep_link(GP_STR("/usr/src/nvidia-535.161.05")));
	assert_true(gp_keep_link(GP_STR("535.161.05/6.1.0/x86_64")));
	assert_false(gp_keep_link(GP_STR("/home/hera/nvidia")));
	assert_false(gp_keep_link(GP_STR("../../../home/hera")));
	assert_false(gp_keep_link(GP_STR("")));
}

int main(void)
{
	FX_ROWS(FILES, file, NULL, NULL);
	FX_ROWS(SAID, said, NULL, NULL);
	FX_TEST(environ, NULL, NULL);
	FX_TEST(config_space, NULL, NULL);
	FX_TEST(names, NULL, NULL);
	return fx_run(NULL, NULL);
}
