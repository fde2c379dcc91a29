/* SPDX-License-Identifier: MIT */
#include "cmd/report/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/report/report.h"
#include "cmd/report/terminal.h"

#define CALLS 64         /* the clock is looked at after so many calls, */
#define BYTES (1u << 20) /* or so many bytes */
#define QUIET_TIME 0.5   /* seconds before a bar is worth showing */
#define INTERVAL 0.1     /* seconds between two pictures */
#define BAR_MIN 10
#define BAR_MAX 40
#define FRAME 15 /* "unpack [", "] 100%", and the column that stays free */

static const char *const phase_name[] = { "read", "unpack", "write" };

/* The one listener of the process: there is one standard error. */
static struct {
	struct gp_progress face;
	bool json;
	bool in_phase;
	bool ended;   /* done == total was shown for this phase */
	bool visible; /* a bar stands on the screen */
	enum gp_phase phase;
	uint64_t done, total;
	uint64_t looked_done; /* when the clock was last looked at: bytes, calls since, time */
	unsigned calls;
	double looked;
	double begun, phase_begun, shown;
} now;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A matrix decodes in one thread and prints lines in others. */
static pthread_mutex_t at_work = PTHREAD_MUTEX_INITIALIZER;

/* In one piece, so that nothing comes between. A terminal that is gone is not
 * what the run is about. */
static void put(const char *text, size_t len)
{
	ssize_t ignored = write(STDERR_FILENO, text, len);

	(void)ignored;
}

/* --- numbers --- */

/* Bytes a second in this phase; 0: not known yet. */
static double rate(void)
{
	double took = now.looked - now.phase_begun;

	return took > 0 ? (double)now.done / took : 0;
}

/* Seconds; only when there is a rate. */
static double left(void)
{
	return (double)(now.total - now.done) / rate();
}

/* --- JSON lines --- */

static void show_json(void)
{
	char line[256], how_fast[32] = "null", how_long[32] = "null";

	if (rate() > 0) {
		snprintf(how_fast, sizeof(how_fast), "%.0f", rate());
		snprintf(how_long, sizeof(how_long), "%.1f", left());
	}
	put(line, (size_t)snprintf(line, sizeof(line),
				   "{\"phase\":\"%s\",\"done\":%llu,\"total\":%llu,\"rate\":%s,\"eta\":%s}\n",
				   phase_name[now.phase], (unsigned long long)now.done, (unsigned long long)now.total,
				   how_fast, how_long));
}

/* --- the bar --- */

static void say_left(char *out, size_t cap)
{
	unsigned long s = left() < 1e6 ? (unsigned long)(left() + 0.5) : 999999;

	if (s >= 3600)
		snprintf(out, cap, "  %lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, cap, "  %lu:%02lu left", s / 60, s % 60);
}

/* What stands behind the bar, as far as room goes: the time left goes last. */
static void say_tail(char *out, size_t cap, size_t room)
{
	char bytes[80], speed[48] = "", eta[48] = "", a[32], b[32];
	size_t nb, ns, ne;

	snprintf(bytes, sizeof(bytes), "  %s of %s", gp_say_size(now.done, a), gp_say_size(now.total, b));
	if (rate() > 0) {
		snprintf(speed, sizeof(speed), "  %s/s", gp_say_size((uint64_t)rate(), a));
		say_left(eta, sizeof(eta));
	}
	nb = strlen(bytes);
	ns = strlen(speed);
	ne = strlen(eta);
	if (nb + ns + ne > room)
		ns = 0;
	if (nb + ne > room)
		nb = 0;
	if (ne > room)
		ne = 0;
	snprintf(out, cap, "%.*s%.*s%.*s", (int)nb, bytes, (int)ns, speed, (int)ne, eta);
}

static void show_bar(void)
{
	static const char full[BAR_MAX + 1] = "========================================";
	size_t width = gp_terminal_columns(STDERR_FILENO), bar, filled;
	unsigned percent = now.total ? (unsigned)((double)now.done * 100 / (double)now.total) : 100;
	char line[256], tail[192] = "";

	if (width < FRAME + BAR_MIN) {
		/* The column that stays free keeps the cursor off the next line. */
		snprintf(line, width < sizeof(line) ? width : sizeof(line), "%s %u%%", phase_name[now.phase], percent);
	} else {
		say_tail(tail, sizeof(tail), width - FRAME - BAR_MIN);
		bar = width - FRAME - strlen(tail);
		bar = bar > BAR_MAX ? BAR_MAX : bar;
		filled = bar * percent / 100;
		snprintf(line, sizeof(line), "%-6s [%.*s%*s] %3u%%%s", phase_name[now.phase], (int)filled, full,
			 (int)(bar - filled), "", percent, tail);
	}
	/* The cursor goes back: whatever comes next, be it from somebody else,
	 * writes over the bar and not behind it. */
	gp_auto(gp_free_ptr) char *text = gp_asprintf("\r%s\033[K\r", line);

	put(text, strlen(text));
	now.visible = true;
}

/* --- listening --- */

static void enter(enum gp_phase phase)
{
	now.in_phase = true;
	now.phase = phase;
	now.ended = false;
	now.phase_begun = now.looked; /* where the last phase ended */
}

static void hear(enum gp_phase phase, uint64_t done, uint64_t total)
{
	/* It falls when the next of several sources is read. */
	bool first = !now.in_phase || phase != now.phase || done < now.looked_done, end = done >= total;

	if (first)
		enter(phase);
	else if (now.ended || (!end && ++now.calls < CALLS && done - now.looked_done < BYTES))
		return;
	now.calls = 0;
	now.looked_done = done;
	now.looked = seconds();
	now.done = end ? total : done;
	now.total = total;
	now.ended = end;
	if (!now.json && now.looked - now.begun < QUIET_TIME)
		return;
	if (!end && now.shown > 0 && now.looked - now.shown < INTERVAL)
		return;
	now.shown = now.looked;
	if (now.json)
		show_json();
	else if (tcgetpgrp(STDERR_FILENO) == getpgrp() || tcgetpgrp(STDERR_FILENO) < 0)
		show_bar(); /* and not out of the background */
}

static void tell(void *arg, enum gp_phase phase, uint64_t done, uint64_t total)
{
	(void)arg;
	pthread_mutex_lock(&at_work);
	hear(phase, done, total);
	pthread_mutex_unlock(&at_work);
}

/* A bar needs a terminal that can clear a line, and nothing else going there. */
static bool wants_bar(const struct gp_args *a)
{
	const char *term = getenv("TERM");

	if (a->quiet || !isatty(STDERR_FILENO) || !term || !*term || strcmp(term, "dumb") == 0)
		return false;
	return !(a->json && !a->json_file && isatty(STDOUT_FILENO));
}

const struct gp_progress *gp_progress_begin(const struct gp_args *a)
{
	memset(&now, 0, sizeof(now));
	now.json = a->progress == GP_PROGRESS_JSON;
	if (a->progress == GP_PROGRESS_NONE || (!now.json && !wants_bar(a)))
		return NULL;
	now.begun = now.looked = seconds();
	now.face.tell = tell;
	return &now.face;
}

void gp_progress_end(void)
{
	static const char clear[] = "\r\033[K";

	pthread_mutex_lock(&at_work);
	if (now.visible)
		put(clear, sizeof(clear) - 1);
	now.visible = false;
	pthread_mutex_unlock(&at_work);
}
