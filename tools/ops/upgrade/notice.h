/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_UPGRADE_NOTICE_H
#define GP_OPS_UPGRADE_NOTICE_H

#include "ops/host/machine.h"

/*
 * A notice about a kernel that is told at the next login: /run/motd.d/gridpatch-RELEASE,
 * which goes with the reboot that it is about.
 *
 * Source: pam_motd(8) of Linux-PAM 1.3.1 and later.
 */
#define GP_NOTICE_DIR "/run/motd.d"

/*
 * Is there a login to tell it at? Not in a container, a chroot or the build of an image:
 * there /run is a directory of the image, which would keep it for ever.
 */
bool gp_notice_has_place(const struct gp_machine *m);

/*
 * Put it, unless it is there as it is.
 *
 * In:     release: as gp_release_parse() takes it. text: masked, lines.
 * Out:    1 it is new, or another one; 0 it was there.
 * Errors: GP_E_SYSTEM.
 */
int gp_notice_put(const struct gp_machine *m, const char *release, struct gp_str text, struct gp_err *err);

/* Take it away. Out: there was one. */
bool gp_notice_drop(const struct gp_machine *m, const char *release);

/*
 * Into the system's log, a line for each of its lines; to nobody where there is none. It
 * takes two seconds at most, as whoever reads the log may have stopped.
 */
void gp_notice_log(struct gp_str text);

#endif
