/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_HOSTPROOF_H
#define GP_CORE_PROOF_HOSTPROOF_H

#include <json-c/json.h>

#include "base/tri.h"
#include "core/rules/card.h"

/*
 * What a running host shows of itself, to be given to those who keep the data: no serial
 * number, host name, UUID, address or path is in it. Nobody can check it, so what follows
 * from it is never more than reported.
 */

#define GP_HOSTPROOF_TYPE "gridpatch.proof"
#define GP_HOSTPROOF_SCHEMA 2         /* as that of reports: GP_JSON_SCHEMA */
#define GP_HOSTPROOF_MAX (256u << 10) /* bytes of one */

struct gp_hostproof_module {
	char *name; /* of its file: "nvidia-vgpu-vfio" */
	enum gp_tri loaded;
	enum gp_tri same; /* what is loaded is what lies on the disk */
};

struct gp_hostproof_card {
	unsigned device;         /* PCI id */
	size_t types, functions; /* of mdev; virtual functions that are ready */
};

struct gp_hostproof_service {
	char *name;  /* "nvidia-vgpu-mgr.service" */
	char *state; /* "active"; NULL: not known */
	enum gp_tri preloads;
};

struct gp_hostproof {
	char *date;     /* YYYY-MM-DD */
	char *program;  /* which gridpatch; NULL */
	char *platform; /* of the data's; NULL */
	char *kernel;   /* a release */
	char *driver;   /* a version; NULL: not known */
	enum gp_tri hooks;
	bool sets_known;
	struct gp_list sets;
	struct gp_hostproof_module *module;
	size_t nmodule, module_cap;
	struct gp_hostproof_card *card;
	size_t ncard, card_cap;
	struct gp_hostproof_service *service;
	size_t nservice, service_cap;
};

void gp_hostproof_release(struct gp_hostproof *p);

/* As JSON, with its type and schema; json_object_put() it. */
struct json_object *gp_hostproof_json(const struct gp_hostproof *p);

/*
 * Read one.
 *
 * In:     text: untrusted, at most GP_HOSTPROOF_MAX bytes. name: of the file, for messages.
 * Out:    gp_hostproof_release(), also after a failure. Each text of it is of its form:
 *         versions, releases, and names of lower-case letters, digits and "._+-".
 * Errors: GP_E_FORMAT no JSON, or no proof; GP_E_UNSUPPORTED of a later version.
 */
int gp_hostproof_parse(struct gp_str text, const char *name, struct gp_hostproof *out, struct gp_err *err);

/* Are nvidia and nvidia-vgpu-vfio loaded, by what it says? */
bool gp_hostproof_loaded(const struct gp_hostproof *p);

/*
 * What it reports, as a field for a rule: "Evidence" where the modules are loaded and a card
 * that needs the hooks has vGPUs with them, "Load-Evidence" where they are only loaded.
 * Its place is one that lint-set does not take before somebody has put the real one in.
 *
 * In:  cards: the data's.
 * Out: *name: a literal; the value, free() it. NULL: nothing is loaded, and nothing follows.
 */
char *gp_hostproof_field(const struct gp_hostproof *p, const struct gp_card_list *cards, const char **name);
#define GP_HOSTPROOF_PLACE "OWNER/REPOSITORY#N"

#endif
