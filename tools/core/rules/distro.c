/* SPDX-License-Identifier: MIT */
#include "core/rules/distro.h"

#include <string.h>

/* Where the patch level is 0, and where it is only hidden. */
enum zero { HIDDEN, TRUE_ZERO };

static const struct {
	const char *name, *title;
	enum gp_distro_trait trait;
	enum zero zero;
} distros[GP_DISTRO_COUNT] = {
	[GP_DISTRO_NONE] = { "none", "plain", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_DEBIAN] = { "debian", "Debian", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_UBUNTU] = { "ubuntu", "Ubuntu", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_UBUNTU_FLAVOUR] = { "ubuntu-flavour", "an Ubuntu flavour", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_MAINLINE] = { "mainline", "Ubuntu's mainline builds", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_POP] = { "pop", "Pop!_OS", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_PVE] = { "pve", "Proxmox VE", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_RHEL] = { "rhel", "RHEL", GP_DISTRO_AHEAD, HIDDEN },
	[GP_DISTRO_UEK] = { "uek", "Oracle UEK", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_UEK6] = { "uek6", "Oracle UEK 6 and older", GP_DISTRO_AHEAD, HIDDEN },
	[GP_DISTRO_ELREPO] = { "elrepo", "ELRepo", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_FEDORA] = { "fedora", "Fedora", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_SUSE] = { "suse", "SUSE (SLES, Leap)", GP_DISTRO_AHEAD, HIDDEN },
	[GP_DISTRO_TUMBLEWEED] = { "tumbleweed", "openSUSE Tumbleweed", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_OPENEULER] = { "openeuler", "openEuler", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_EULEROS] = { "euleros", "EulerOS", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_KYLIN] = { "kylin", "Kylin", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_ANOLIS] = { "anolis", "Anolis OS", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_ALINUX] = { "alinux", "Alibaba Cloud Linux", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_TENCENT] = { "tencent", "TencentOS", GP_DISTRO_APART, HIDDEN },
	[GP_DISTRO_AMAZON] = { "amazon", "Amazon Linux", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_UNRAID] = { "unraid", "Unraid", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_TRUENAS] = { "truenas", "TrueNAS", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_XANMOD] = { "xanmod", "XanMod", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_LIQUORIX] = { "liquorix", "Liquorix", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_ZEN] = { "zen", "zen", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_CACHYOS] = { "cachyos", "CachyOS", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_ARCH] = { "arch", "Arch", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_MANJARO] = { "manjaro", "Manjaro", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_GENTOO] = { "gentoo", "Gentoo", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_ALPINE] = { "alpine", "Alpine", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_RASPBERRY] = { "raspberry", "Raspberry Pi OS", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_WSL] = { "wsl", "WSL", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_KALI] = { "kali", "Kali", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_PARROT] = { "parrot", "Parrot", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_DEEPIN] = { "deepin", "deepin", GP_DISTRO_PLAIN, HIDDEN },
	[GP_DISTRO_PHOTON] = { "photon", "Photon OS", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_AZURELINUX] = { "azurelinux", "Azure Linux", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_MAGEIA] = { "mageia", "Mageia", GP_DISTRO_PLAIN, TRUE_ZERO },
	[GP_DISTRO_OTHER] = { "other", "a distribution not known here", GP_DISTRO_APART, HIDDEN },
};

const char *gp_distro_name(enum gp_distro d)
{
	return distros[d].name;
}

const char *gp_distro_title(enum gp_distro d)
{
	return distros[d].title;
}

enum gp_distro_trait gp_distro_trait(enum gp_distro d)
{
	return distros[d].trait;
}

bool gp_distro_says_zero(enum gp_distro d)
{
	return distros[d].zero == TRUE_ZERO;
}

uint64_t gp_distros_plain(void)
{
	uint64_t plain = 0;

	_Static_assert(GP_DISTRO_COUNT <= 64, "a bit for each");
	for (int i = 0; i < GP_DISTRO_COUNT; i++)
		if (distros[i].trait == GP_DISTRO_PLAIN)
			plain |= UINT64_C(1) << i;
	return plain;
}

bool gp_distro_parse(struct gp_str word, enum gp_distro *out)
{
	for (int i = 0; i < GP_DISTRO_COUNT; i++) {
		if (!gp_str_eq(word, distros[i].name))
			continue;
		*out = (enum gp_distro)i;
		return true;
	}
	return false;
}

/* --- whose it is --- */

/* What stands in a distribution's names: '#' is any digit, '$' the end of the name. The
 * first mark that is found counts, so that a derivative stands before its base. */
static const struct {
	const char *mark;
	enum gp_distro distro;
} marks[] = { { ".elrepo", GP_DISTRO_ELREPO },
	      { ".el#uek", GP_DISTRO_UEK },
	      { ".el##uek", GP_DISTRO_UEK },
	      { ".oe#", GP_DISTRO_OPENEULER },
	      { ".hce#", GP_DISTRO_EULEROS },
	      { ".eulerosv", GP_DISTRO_EULEROS },
	      { ".ky#", GP_DISTRO_KYLIN },
	      { ".an#", GP_DISTRO_ANOLIS },
	      { ".al#", GP_DISTRO_ALINUX },
	      { ".tl#", GP_DISTRO_TENCENT },
	      { ".oc#", GP_DISTRO_TENCENT },
	      { ".tk#", GP_DISTRO_TENCENT },
	      { "-tlinux", GP_DISTRO_TENCENT },
	      { "-##-00##.", GP_DISTRO_TENCENT },
	      { "-##.00##.", GP_DISTRO_TENCENT },
	      { ".amzn#", GP_DISTRO_AMAZON },
	      { ".ph#", GP_DISTRO_PHOTON },
	      { ".azl#", GP_DISTRO_AZURELINUX },
	      { ".cm#", GP_DISTRO_AZURELINUX },
	      { ".mga#", GP_DISTRO_MAGEIA },
	      { ".fc#", GP_DISTRO_FEDORA },
	      { "-pve$", GP_DISTRO_PVE },
	      { "microsoft", GP_DISTRO_WSL },
	      { "truenas", GP_DISTRO_TRUENAS },
	      { "-Unraid", GP_DISTRO_UNRAID },
	      { "-unraid", GP_DISTRO_UNRAID },
	      { "xanmod", GP_DISTRO_XANMOD },
	      { "liquorix", GP_DISTRO_LIQUORIX },
	      { "cachyos", GP_DISTRO_CACHYOS },
	      { "+rpt", GP_DISTRO_RASPBERRY },
	      { "-v7+", GP_DISTRO_RASPBERRY },
	      { "-v7l+", GP_DISTRO_RASPBERRY },
	      { "-v8+", GP_DISTRO_RASPBERRY },
	      { "-gentoo", GP_DISTRO_GENTOO },
	      { "MANJARO", GP_DISTRO_MANJARO },
	      { "kali", GP_DISTRO_KALI },
	      { "parrot", GP_DISTRO_PARROT },
	      { "-amd64-desktop", GP_DISTRO_DEEPIN },
	      { "deepin", GP_DISTRO_DEEPIN },
	      { "-zen", GP_DISTRO_ZEN },
	      { "-arch#", GP_DISTRO_ARCH },
	      { "-#-lts$", GP_DISTRO_ARCH },
	      { "-hardened$", GP_DISTRO_ARCH },
	      { "-#-rt-lts$", GP_DISTRO_ARCH },
	      { "-amd64$", GP_DISTRO_DEBIAN },
	      { "+deb#", GP_DISTRO_DEBIAN },
	      { "+bpo", GP_DISTRO_DEBIAN },
	      { ".bpo.", GP_DISTRO_DEBIAN },
	      { ".deb#", GP_DISTRO_DEBIAN },
	      { "-arm64$", GP_DISTRO_DEBIAN },
	      { "-686$", GP_DISTRO_DEBIAN },
	      { "-686-pae$", GP_DISTRO_DEBIAN },
	      { "-generic", GP_DISTRO_UBUNTU },
	      { "-lowlatency", GP_DISTRO_UBUNTU },
	      /* Ubuntu's kernels for clouds and boards count their packages by themselves. */
	      { "-aws", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-azure", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-gcp", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-gke", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-oem", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-kvm$", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-oracle", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-ibm", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-nvidia", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-realtime", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-raspi", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-fips", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-intel", GP_DISTRO_UBUNTU_FLAVOUR },
	      { "-xilinx", GP_DISTRO_UBUNTU_FLAVOUR } };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does the mark stand at this very place? */
static bool stands_here(const char *s, const char *mark)
{
	for (; *mark; mark++, s++) {
		if (*mark == '$')
			return !*s;
		if (*mark == '#' ? !is_digit(*s) : *s != *mark)
			return false;
	}
	return true;
}

static bool has_mark(const char *extra, const char *mark)
{
	for (; *extra; extra++)
		if (stands_here(extra, mark))
			return true;
	return false;
}

/* The number behind the first "-": 150400 of -150400.24.100-default. */
static struct gp_str first_number(const char *extra)
{
	const char *p = *extra == '-' ? extra + 1 : "";

	return (struct gp_str){ p, strspn(p, "0123456789") };
}

/* Names like those of rpm packages. RHEL's own kernels have the patch level 0, whatever
 * they are made of; those that others build for RHEL have a true one. Any other rpm
 * distribution has kernels of its own: there are more heirs of openEuler (.uel20,
 * .bclinux, .ctl3) than a list could hold. */
static enum gp_distro who_of_rpm(const unsigned v[3], const char *extra)
{
	if (has_mark(extra, ".el#_") || has_mark(extra, ".el##_") || has_mark(extra, ".el#.") ||
	    has_mark(extra, ".el##.") || has_mark(extra, ".el#$") || has_mark(extra, ".el##$") ||
	    has_mark(extra, ".el#+"))
		return v[0] == 2 || v[2] == 0 ? GP_DISTRO_RHEL : GP_DISTRO_NONE;
	return has_mark(extra, ".x86_64") || has_mark(extra, ".aarch64") ? GP_DISTRO_OTHER : GP_DISTRO_NONE;
}

/* SLES and Leap stay with one kernel for years; 150400 is 15 SP4. Tumbleweed's
 * package numbers are small, and its patch level is in the name. */
static bool is_sles(const unsigned v[3], const char *extra)
{
	static const unsigned old[][3] = { { 4, 12, 14 }, { 5, 3, 18 } };
	struct gp_str n = first_number(extra);
	const char *end = n.p + n.len;

	if (n.len == 6 && n.p[0] == '1' && n.p[1] >= '2' && n.p[1] <= '9' && *end == '.')
		return true;
	if (has_mark(extra, "-lp1##"))
		return true;
	for (size_t i = 0; i < GP_COUNT(old); i++)
		if (memcmp(old[i], v, sizeof(old[i])) == 0 && has_mark(extra, "-default$"))
			return true;
	return false;
}

/* Letters right behind the package number (6.1.0-12mx-amd64 is MX's): a derivative of
 * Debian or Ubuntu that has package numbers of its own. */
static bool number_is_own(const char *extra)
{
	struct gp_str n = first_number(extra);
	char c = n.len ? n.p[n.len] : '\0';

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 6.5.3-060503-generic is kernel.org's 6.5.3 and 6.6.10-76060610-generic
 * System76's: numbers that Ubuntu's own packages never have. */
static enum gp_distro who_of_ubuntu(const char *extra)
{
	struct gp_str n = first_number(extra);

	if (n.len >= 6 && n.p[0] == '0')
		return GP_DISTRO_MAINLINE;
	return n.len >= 8 && n.p[0] == '7' ? GP_DISTRO_POP : GP_DISTRO_UBUNTU;
}

/* Up to UEK 6 only the base is in the name: 4.14.35, 5.4.17. */
static enum gp_distro who_of_uek(const unsigned v[3])
{
	return v[0] > 5 || (v[0] == 5 && v[1] >= 15) ? GP_DISTRO_UEK : GP_DISTRO_UEK6;
}

static enum gp_distro by_marks(const unsigned version[3], const char *extra)
{
	for (size_t i = 0; i < GP_COUNT(marks); i++) {
		enum gp_distro d = marks[i].distro;

		if (!has_mark(extra, marks[i].mark))
			continue;
		if ((d == GP_DISTRO_DEBIAN || d == GP_DISTRO_UBUNTU) && number_is_own(extra))
			return GP_DISTRO_NONE;
		if (d == GP_DISTRO_UBUNTU)
			return who_of_ubuntu(extra);
		return d == GP_DISTRO_UEK ? who_of_uek(version) : d;
	}
	return who_of_rpm(version, extra);
}

enum gp_distro gp_distro_guess(const unsigned version[3], const char *extra)
{
	if (is_sles(version, extra))
		return GP_DISTRO_SUSE;
	if (has_mark(extra, "-default$"))
		return GP_DISTRO_TUMBLEWEED;
	if (has_mark(extra, "-0-lts$") || has_mark(extra, "-#-virt$"))
		return GP_DISTRO_ALPINE;
	return by_marks(version, extra);
}

bool gp_distro_says_rt(const char *extra)
{
	for (const char *p = extra; (p = strpbrk(p, "-.+_")) != NULL;) {
		size_t n;

		p++;
		if (strncmp(p, "realtime", strlen("realtime")) == 0)
			return true;
		if (strncmp(p, "rt", 2) != 0)
			continue;
		n = 2 + strspn(p + 2, "0123456789");
		if (!p[n] || strchr("-.+_", p[n]))
			return true;
	}
	return false;
}
