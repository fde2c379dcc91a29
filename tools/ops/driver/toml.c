/* SPDX-License-Identifier: MIT */
#include "ops/driver/toml.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/proc.h"

#define ANSWER_MAX (8u << 20)
#define DEPTH_MAX 64
#define TIMEOUT_S 30
#define NO_LIBRARY 9

/*
 * It prints {"doc": …} or {"why": …, "line": …}. Duplicates are an error of TOML, and
 * tomllib says so. Its messages end with where it was, which is said apart.
 */
static const char READER[] =
	"import json, re, sys\n"
	"try:\n"
	"    import tomllib\n"
	"except ImportError:\n"
	"    try:\n"
	"        import tomli as tomllib\n"
	"    except ImportError:\n"
	"        sys.exit(9)\n"
	"def plain(v):\n"
	"    if isinstance(v, dict):\n"
	"        return {k: plain(x) for k, x in v.items()}\n"
	"    if isinstance(v, list):\n"
	"        return [plain(x) for x in v]\n"
	"    if isinstance(v, int) and not -2**63 <= v < 2**63:\n"
	"        raise ValueError('an integer has more than 64 bits')\n"
	"    return v if isinstance(v, (bool, int, str)) else None\n"
	"def said(why, line):\n"
	"    print(json.dumps({'why': why, 'line': line}))\n"
	"data = open(int(sys.argv[1]), 'rb').read()\n"
	"try:\n"
	"    print(json.dumps({'doc': plain(tomllib.loads(data.decode('utf-8')))}))\n"
	"except UnicodeDecodeError as e:\n"
	"    said('not UTF-8', data.count(b'\\n', 0, e.start) + 1)\n"
	"except RecursionError:\n"
	"    said('nested too deeply', 0)\n"
	"except ValueError as e:\n"
	"    m = re.fullmatch(r'(.*) \\(at (?:line (\\d+), column \\d+|end of document)\\)', str(e), re.S)\n"
	"    last = max(len(data.splitlines()), 1)\n"
	"    said(m[1] if m else str(e), (int(m[2]) if m[2] else last) if m else 0)\n";

static int anonymous(const char *name, struct gp_str text, int *fd, struct gp_err *err)
{
	*fd = memfd_create("toml", MFD_CLOEXEC);
	if (*fd < 0)
		return gp_fail_sys(err, errno, "cannot check '%s'", name);
	if (gp_write_fd(*fd, text.p, text.len, name, err) < 0)
		return -1;
	if (lseek(*fd, 0, SEEK_SET) < 0)
		return gp_fail_sys(err, errno, "cannot check '%s'", name);
	return 0;
}

static int run(const char *name, int in, int out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *number = gp_asprintf("%d", in);
	/* -I: nothing of the user's, and nothing of this directory, is imported. */
	const char *const argv[] = { "python3", "-I", "-c", READER, number, NULL };
	struct gp_proc_work w = { .argv = argv,
				  .out = out,
				  .keep = { in, -1 },
				  .timeout_s = TIMEOUT_S,
				  .confine = { .ways = GP_CONFINE_WATCH } };
	struct gp_proc_end end = { 0 };

	if (gp_proc_work(&w, &end, err) < 0)
		return err && err->code == GP_E_NOTFOUND ?
			       gp_fail(err, GP_E_NOTFOUND,
				       "python3 is missing, which checks '%s': install it (apt-get install python3)",
				       name) :
			       -1;
	if (end.status == NO_LIBRARY)
		return gp_fail(err, GP_E_NOTFOUND,
			       "python3 is older than 3.11 and has no library for TOML, which '%s' is: install one "
			       "(apt-get install python3-tomli)",
			       name);
	if (end.status || end.timed_out)
		return gp_fail(err, GP_E_SYSTEM, "python3 could not check '%s' (exit status %d%s)", name, end.status,
			       end.timed_out ? ", after 30 seconds" : "");
	return 0;
}

/* Its answer as JSON. */
static int parse(const char *name, struct gp_str text, struct json_object **answer, struct gp_err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	enum json_tokener_error said;

	if (!tok)
		gp_oom();
	*answer = json_tokener_parse_ex(tok, text.p, (int)text.len);
	said = json_tokener_get_error(tok);
	json_tokener_free(tok);
	if (*answer)
		return 0;
	if (said == json_tokener_error_depth)
		return gp_fail(err, GP_E_FORMAT, "'%s': nested too deeply", name);
	return gp_fail(err, GP_E_SYSTEM, "python3 gave no answer about '%s'", name);
}

static int take(const char *name, struct json_object *answer, struct json_object **doc, struct gp_err *err)
{
	struct json_object *v = NULL, *line = NULL;

	if (json_object_object_get_ex(answer, "doc", &v)) {
		*doc = json_object_get(v);
		return 0;
	}
	if (!json_object_object_get_ex(answer, "why", &v) || !json_object_object_get_ex(answer, "line", &line))
		return gp_fail(err, GP_E_SYSTEM, "python3 gave no answer about '%s'", name);
	if (json_object_get_int(line) < 1)
		return gp_fail(err, GP_E_FORMAT, "'%s': %s", name, json_object_get_string(v));
	return gp_fail(err, GP_E_FORMAT, "'%s:%d': %s", name, json_object_get_int(line), json_object_get_string(v));
}

static int read_out(const char *name, int fd, struct json_object **doc, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct json_object *answer = NULL;
	int rc;

	if (lseek(fd, 0, SEEK_SET) < 0 || gp_fd_read(fd, 0, ANSWER_MAX, name, &text, err) < 0)
		return gp_fail(err, GP_E_SYSTEM, "cannot read what python3 says of '%s'", name);
	if (parse(name, gp_buf_str(&text), &answer, err) < 0)
		return -1;
	rc = take(name, answer, doc, err);
	json_object_put(answer);
	return rc;
}

int gp_toml_read(const char *name, struct gp_str text, struct json_object **doc, struct gp_err *err)
{
	int in = -1, out = -1, rc = -1;

	*doc = NULL;
	if (anonymous(name, text, &in, err) == 0 && anonymous(name, (struct gp_str){ "", 0 }, &out, err) == 0 &&
	    run(name, in, out, err) == 0)
		rc = read_out(name, out, doc, err);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}
