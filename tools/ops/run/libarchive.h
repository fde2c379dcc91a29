/* SPDX-License-Identifier: MIT */
/*
 * libarchive, loaded when the first archive is opened.
 *
 * It brings libxml2, ICU and libstdc++ along: linked in the usual way it makes
 * up a third of the time of an `apply` that never sees an archive. Include
 * this instead of <archive.h>; the functions keep their names and types, and
 * gp_libarchive_load() comes before the first of them.
 */
#ifndef GP_OPS_RUN_LIBARCHIVE_H
#define GP_OPS_RUN_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

#define GP_LIBARCHIVE_FUNCTIONS(X) \
	X(archive_entry_copy_pathname) \
	X(archive_entry_copy_hardlink) \
	X(archive_entry_copy_symlink) \
	X(archive_entry_filetype) \
	X(archive_entry_free) \
	X(archive_entry_hardlink) \
	X(archive_entry_is_data_encrypted) \
	X(archive_entry_mtime) \
	X(archive_entry_new) \
	X(archive_entry_pathname) \
	X(archive_entry_gid) \
	X(archive_entry_perm) \
	X(archive_entry_set_filetype) \
	X(archive_entry_set_gid) \
	X(archive_entry_set_mtime) \
	X(archive_entry_set_pathname) \
	X(archive_entry_set_perm) \
	X(archive_entry_set_size) \
	X(archive_entry_set_uid) \
	X(archive_entry_size) \
	X(archive_entry_size_is_set) \
	X(archive_entry_symlink) \
	X(archive_entry_uid) \
	X(archive_errno) \
	X(archive_error_string) \
	X(archive_read_data) \
	X(archive_read_data_block) \
	X(archive_read_free) \
	X(archive_read_header_position) \
	X(archive_read_new) \
	X(archive_read_next_header) \
	X(archive_read_open) \
	X(archive_read_open1) \
	X(archive_read_open_filename) \
	X(archive_read_set_callback_data) \
	X(archive_read_set_read_callback) \
	X(archive_read_set_seek_callback) \
	X(archive_read_support_filter_all) \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_gzip) \
	X(archive_read_support_filter_lzma) \
	X(archive_read_support_filter_rpm) \
	X(archive_read_support_filter_xz) \
	X(archive_read_support_filter_zstd) \
	X(archive_read_support_format_ar) \
	X(archive_read_support_format_cpio) \
	X(archive_read_support_format_tar) \
	X(archive_read_support_format_zip) \
	X(archive_read_support_format_zip_seekable) \
	X(archive_set_error) \
	X(archive_write_add_filter_zstd) \
	X(archive_write_close) \
	X(archive_write_data) \
	X(archive_write_data_block) \
	X(archive_write_disk_new) \
	X(archive_write_disk_set_options) \
	X(archive_write_finish_entry) \
	X(archive_write_free) \
	X(archive_write_header) \
	X(archive_write_new) \
	X(archive_write_open) \
	X(archive_write_set_bytes_per_block) \
	X(archive_write_set_format_gnutar)

struct gp_libarchive {
#define GP_SLOT(name) __typeof__(&name) name;
	GP_LIBARCHIVE_FUNCTIONS(GP_SLOT)
#undef GP_SLOT
};

/* Load the library, once; later calls cost nothing. GP_E_SYSTEM: it is not
 * installed, or lacks a function. Safe from several threads. */
int gp_libarchive_load(struct gp_err *err);

/* The functions. Before a successful load they are null. */
const struct gp_libarchive *gp_libarchive(void);

#ifndef GP_LIBARCHIVE_SELF
#define archive_entry_copy_pathname (gp_libarchive()->archive_entry_copy_pathname)
#define archive_entry_copy_hardlink (gp_libarchive()->archive_entry_copy_hardlink)
#define archive_entry_copy_symlink (gp_libarchive()->archive_entry_copy_symlink)
#define archive_entry_filetype (gp_libarchive()->archive_entry_filetype)
#define archive_entry_free (gp_libarchive()->archive_entry_free)
#define archive_entry_hardlink (gp_libarchive()->archive_entry_hardlink)
#define archive_entry_is_data_encrypted (gp_libarchive()->archive_entry_is_data_encrypted)
#define archive_entry_mtime (gp_libarchive()->archive_entry_mtime)
#define archive_entry_new (gp_libarchive()->archive_entry_new)
#define archive_entry_pathname (gp_libarchive()->archive_entry_pathname)
#define archive_entry_gid (gp_libarchive()->archive_entry_gid)
#define archive_entry_perm (gp_libarchive()->archive_entry_perm)
#define archive_entry_set_filetype (gp_libarchive()->archive_entry_set_filetype)
#define archive_entry_set_gid (gp_libarchive()->archive_entry_set_gid)
#define archive_entry_set_mtime (gp_libarchive()->archive_entry_set_mtime)
#define archive_entry_set_pathname (gp_libarchive()->archive_entry_set_pathname)
#define archive_entry_set_perm (gp_libarchive()->archive_entry_set_perm)
#define archive_entry_set_size (gp_libarchive()->archive_entry_set_size)
#define archive_entry_set_uid (gp_libarchive()->archive_entry_set_uid)
#define archive_entry_size (gp_libarchive()->archive_entry_size)
#define archive_entry_size_is_set (gp_libarchive()->archive_entry_size_is_set)
#define archive_entry_symlink (gp_libarchive()->archive_entry_symlink)
#define archive_entry_uid (gp_libarchive()->archive_entry_uid)
#define archive_errno (gp_libarchive()->archive_errno)
#define archive_error_string (gp_libarchive()->archive_error_string)
#define archive_read_data (gp_libarchive()->archive_read_data)
#define archive_read_data_block (gp_libarchive()->archive_read_data_block)
#define archive_read_free (gp_libarchive()->archive_read_free)
#define archive_read_header_position (gp_libarchive()->archive_read_header_position)
#define archive_read_new (gp_libarchive()->archive_read_new)
#define archive_read_next_header (gp_libarchive()->archive_read_next_header)
#define archive_read_open (gp_libarchive()->archive_read_open)
#define archive_read_open1 (gp_libarchive()->archive_read_open1)
#define archive_read_open_filename (gp_libarchive()->archive_read_open_filename)
#define archive_read_set_callback_data (gp_libarchive()->archive_read_set_callback_data)
#define archive_read_set_read_callback (gp_libarchive()->archive_read_set_read_callback)
#define archive_read_set_seek_callback (gp_libarchive()->archive_read_set_seek_callback)
#define archive_read_support_filter_all (gp_libarchive()->archive_read_support_filter_all)
#define archive_read_support_filter_bzip2 (gp_libarchive()->archive_read_support_filter_bzip2)
#define archive_read_support_filter_gzip (gp_libarchive()->archive_read_support_filter_gzip)
#define archive_read_support_filter_lzma (gp_libarchive()->archive_read_support_filter_lzma)
#define archive_read_support_filter_rpm (gp_libarchive()->archive_read_support_filter_rpm)
#define archive_read_support_filter_xz (gp_libarchive()->archive_read_support_filter_xz)
#define archive_read_support_filter_zstd (gp_libarchive()->archive_read_support_filter_zstd)
#define archive_read_support_format_ar (gp_libarchive()->archive_read_support_format_ar)
#define archive_read_support_format_cpio (gp_libarchive()->archive_read_support_format_cpio)
#define archive_read_support_format_tar (gp_libarchive()->archive_read_support_format_tar)
#define archive_read_support_format_zip (gp_libarchive()->archive_read_support_format_zip)
#define archive_read_support_format_zip_seekable (gp_libarchive()->archive_read_support_format_zip_seekable)
#define archive_set_error (gp_libarchive()->archive_set_error)
#define archive_write_add_filter_zstd (gp_libarchive()->archive_write_add_filter_zstd)
#define archive_write_close (gp_libarchive()->archive_write_close)
#define archive_write_data (gp_libarchive()->archive_write_data)
#define archive_write_data_block (gp_libarchive()->archive_write_data_block)
#define archive_write_disk_new (gp_libarchive()->archive_write_disk_new)
#define archive_write_disk_set_options (gp_libarchive()->archive_write_disk_set_options)
#define archive_write_finish_entry (gp_libarchive()->archive_write_finish_entry)
#define archive_write_free (gp_libarchive()->archive_write_free)
#define archive_write_header (gp_libarchive()->archive_write_header)
#define archive_write_new (gp_libarchive()->archive_write_new)
#define archive_write_open (gp_libarchive()->archive_write_open)
#define archive_write_set_bytes_per_block (gp_libarchive()->archive_write_set_bytes_per_block)
#define archive_write_set_format_gnutar (gp_libarchive()->archive_write_set_format_gnutar)
#endif

/* Why a failed: GP_E_SYSTEM when it had no memory, else code and its own words. */
int gp_libarchive_fail(struct archive *a, enum gp_code code, const char *what, struct gp_err *err);

#endif
