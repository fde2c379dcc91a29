/* SPDX-License-Identifier: MIT */
#include "core/driver/debsrc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAINTAINER "gridpatch <root@localhost>"
#define STANDARDS "4.6.2"
#define BUILD_DEPENDS "debhelper-compat (= 13), dh-sequence-dkms"
#define ONE_OF_US "gridpatch-nvidia-dkms" /* two of them would put the same modules in place */

const char *gp_debsrc_arch(const char *target_arch)
{
	static const struct {
		const char *nvidia, *debian;
	} words[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "ppc64le", "ppc64el" }, { "x86", "i386" } };

	if (!target_arch || !*target_arch)
		return words[0].debian;
	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (strcmp(words[i].nvidia, target_arch) == 0)
			return words[i].debian;
	return NULL;
}

/* Policy 5.6.1: lower case, digits and "+-.". */
char *gp_debsrc_name(const struct gp_debsrc *d)
{
	char *name = gp_asprintf("%s-%s-dkms", d->dkms, d->version);

	for (char *p = name; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : strchr("+-.", *p) ? *p : '-';
	return name;
}

/* Policy 5.6.12: it begins with a digit; a '-' would part a revision, which a native
 * package has not. */
char *gp_debsrc_version(const struct gp_debsrc *d)
{
	char *version = gp_asprintf("%s%s+gridpatch1", isdigit((unsigned char)*d->version) ? "" : "0", d->version);

	for (char *p = version; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".+~", *p))
			*p = '+';
	return version;
}

static void put_control(const struct gp_debsrc *d, const char *name, struct gp_buf *out)
{
	gp_buf_printf(out,
		      "Source: %s\n"
		      "Section: non-free/kernel\n"
		      "Priority: optional\n"
		      "Maintainer: " MAINTAINER "\n"
		      "Build-Depends: " BUILD_DEPENDS "\n"
		      "Standards-Version: " STANDARDS "\n"
		      "Rules-Requires-Root: no\n"
		      "\n"
		      "Package: %s\n"
		      "Architecture: %s\n"
		      "Depends: ${misc:Depends}\n"
		      "Provides: " ONE_OF_US "\n"
		      "Conflicts: " ONE_OF_US ", nvidia-kernel-dkms, nvidia-open-kernel-dkms\n"
		      "Description: kernel modules of NVIDIA's driver %s, patched, for DKMS\n"
		      " The sources and blobs of the kernel modules as NVIDIA's installer has them,\n"
		      " patched by gridpatch %s; DKMS builds them when this is installed.\n"
		      " .\n"
		      " For machines of whoever made it: NVIDIA's licence does not let it be passed on.\n",
		      name, name, d->arch, d->version, d->program);
}

static void put_changelog(const struct gp_debsrc *d, const char *name, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *version = gp_debsrc_version(d);

	gp_buf_printf(out,
		      "%s (%s) UNRELEASED; urgency=medium\n"
		      "\n"
		      "  * The kernel modules of NVIDIA's driver %s, patched by gridpatch %s.\n",
		      name, version, d->version, d->program);
	for (size_t i = 0; i < d->changes->n; i++)
		gp_buf_printf(out, "  * %s\n", d->changes->v[i]);
	gp_buf_printf(out, "\n -- " MAINTAINER "  %s\n", d->date);
}

static void put_copyright(const struct gp_debsrc *d, struct gp_buf *out)
{
	gp_buf_printf(out,
		      "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
		      "Source: NVIDIA's installer of driver %s, which its owner had\n"
		      "Disclaimer: This is not part of Debian, and not free. It is for the machines of\n"
		      " whoever made it, and may not be passed on.\n"
		      "\n"
		      "Files: *\n"
		      "Copyright: NVIDIA Corporation\n"
		      "License: NVIDIA\n"
		      "\n"
		      "Files: debian/*\n"
		      "Copyright: none: written by a program\n"
		      "License: public-domain\n"
		      " Do with it what you like.\n"
		      "\n"
		      "License: NVIDIA\n"
		      " The licence that came with the installer (its files LICENSE and, with GRID,\n"
		      " GRID_LICENSE), which whoever uses this has to have and to keep. Some sources\n"
		      " have licences of their own in their heads. Neither lets the whole be passed on.\n",
		      d->version);
}

/* Nothing is built, and what lies there goes in byte for byte. */
static const char RULES[] = "#!/usr/bin/make -f\n"
			    "%%:\n"
			    "\tdh $@\n"
			    "\n"
			    "override_dh_clean:\n"
			    "\tdh_clean -X%s-%s/\n"
			    "\n"
			    "override_dh_auto_configure override_dh_auto_build override_dh_auto_test \\\n"
			    "override_dh_auto_install override_dh_auto_clean override_dh_strip override_dh_dwz \\\n"
			    "override_dh_makeshlibs override_dh_shlibdeps override_dh_strip_nondeterminism:\n";

void gp_debsrc_files(const struct gp_debsrc *d, struct gp_debsrc_file out[GP_DEBSRC_FILES])
{
	gp_auto(gp_free_ptr) char *name = gp_debsrc_name(d);
	size_t n = 0;

	memset(out, 0, GP_DEBSRC_FILES * sizeof(*out));
	out[n].path = gp_strdup("debian/changelog");
	put_changelog(d, name, &out[n++].text);
	out[n].path = gp_strdup("debian/control");
	put_control(d, name, &out[n++].text);
	out[n].path = gp_strdup("debian/copyright");
	put_copyright(d, &out[n++].text);
	out[n].path = gp_asprintf("debian/%s.dkms", name);
	gp_buf_printf(&out[n++].text, "%s-%s/dkms.conf\n", d->dkms, d->version);
	out[n].path = gp_asprintf("debian/%s.install", name);
	gp_buf_printf(&out[n++].text, "%s-%s usr/src\n", d->dkms, d->version);
	out[n].path = gp_strdup("debian/rules");
	gp_buf_printf(&out[n++].text, RULES, d->dkms, d->version);
	out[n].path = gp_strdup("debian/source/format");
	gp_buf_puts(&out[n++].text, "3.0 (native)\n");
	gp_assert(n == GP_DEBSRC_FILES);
	for (size_t i = 0; i < n; i++)
		out[i].mode = strcmp(out[i].path, "debian/rules") == 0 ? 0755 : 0644;
}

void gp_debsrc_files_release(struct gp_debsrc_file f[GP_DEBSRC_FILES])
{
	for (size_t i = 0; i < GP_DEBSRC_FILES; i++) {
		free(f[i].path);
		gp_buf_release(&f[i].text);
	}
}

void gp_debsrc_dsc(const struct gp_debsrc *d, const struct gp_debsrc_tar *tar, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *name = gp_debsrc_name(d);
	gp_auto(gp_free_ptr) char *version = gp_debsrc_version(d);

	gp_buf_printf(out,
		      "Format: 3.0 (native)\n"
		      "Source: %s\n"
		      "Binary: %s\n"
		      "Architecture: %s\n"
		      "Version: %s\n"
		      "Maintainer: " MAINTAINER "\n"
		      "Standards-Version: " STANDARDS "\n"
		      "Build-Depends: " BUILD_DEPENDS "\n"
		      "Package-List:\n"
		      " %s deb non-free/kernel optional arch=%s\n"
		      "Checksums-Sha1:\n"
		      " %s %llu %s\n"
		      "Checksums-Sha256:\n"
		      " %s %llu %s\n"
		      "Files:\n"
		      " %s %llu %s\n",
		      name, name, d->arch, version, name, d->arch, tar->sha1, (unsigned long long)tar->size, tar->name,
		      tar->sha256, (unsigned long long)tar->size, tar->name, tar->md5, (unsigned long long)tar->size,
		      tar->name);
}
