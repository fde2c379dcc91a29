/* SPDX-License-Identifier: MIT */
/*
 * A time stamp is cut into words, and each word says by its form what it is: a
 * time has ':', a date '-' or '/' between numbers, a zone its sign. Only days
 * around the epoch matter, so there is no calendar here.
 */
#include "core/diff/epoch.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define HOUR 3600

/* What has been read so far; -1 is unknown. */
struct stamp {
	int year, month, day;
	long time; /* seconds of the day */
	long zone; /* seconds east */
	bool has_zone, bad;
	bool zone_may_follow; /* a time or a zone's name was the last word */
	bool direct;          /* "@N": time is all of it */
};

static bool digit(struct gp_str s, size_t i)
{
	return i < s.len && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Take a number of up to max digits off *s; -1 when there is none, or a longer one. */
static int take_number(struct gp_str *s, size_t max)
{
	size_t n = 0;
	int v = 0;

	while (n < max && digit(*s, n))
		v = v * 10 + s->p[n++] - '0';
	if (!n || digit(*s, n))
		return -1;
	s->p += n;
	s->len -= n;
	return v;
}

static bool take(struct gp_str *s, char c)
{
	if (!s->len || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool is_word(struct gp_str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* "Jan", "January" */
static int month_of(struct gp_str s)
{
	static const char *const names[] = { "january", "february", "march",     "april",   "may",      "june",
					     "july",    "august",   "september", "october", "november", "december" };

	for (int i = 0; i < 12; i++)
		if (is_word(s, names[i]) || (s.len == 3 && strncasecmp(s.p, names[i], 3) == 0))
			return i + 1;
	return -1;
}

static bool is_weekday(struct gp_str s)
{
	static const char *const names[] = { "monday", "tuesday",  "wednesday", "thursday",
					     "friday", "saturday", "sunday" };

	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (is_word(s, names[i]) || (s.len == 3 && strncasecmp(s.p, names[i], 3) == 0))
			return true;
	return false;
}

static void set_year(struct stamp *t, int year, size_t digits)
{
	/* Two digits are of this century from 69 on, as in POSIX. */
	t->year = digits > 2 ? year : year < 69 ? year + 2000 : year + 1900;
}

/* "+hh", "+hhmm", "+hh:mm" */
static void read_zone(struct stamp *t, struct gp_str s)
{
	int sign = s.p[0] == '-' ? -1 : 1, v;
	size_t len;

	s.p++;
	len = --s.len;
	v = take_number(&s, 4);
	if (v < 0)
		t->bad = true;
	else if (take(&s, ':'))
		t->zone = v * HOUR + take_number(&s, 2) * 60L;
	else
		t->zone = len > 2 ? (v / 100) * HOUR + (v % 100) * 60L : v * (long)HOUR;
	t->zone *= sign;
	t->has_zone = true;
	/* GNU patch takes zones up to a day. */
	t->bad |= s.len || t->zone > 24 * HOUR || t->zone < -24 * HOUR;
}

/* "hh:mm", "hh:mm:ss", "hh:mm:ss.fff", a zone right after it */
static void read_time(struct stamp *t, struct gp_str s)
{
	int h = take_number(&s, 2), m = take(&s, ':') ? take_number(&s, 2) : -1, sec = 0;

	if (take(&s, ':'))
		sec = take_number(&s, 2);
	if (s.len && (s.p[0] == '.' || s.p[0] == ','))
		do {
			s.p++;
			s.len--;
		} while (digit(s, 0));
	t->bad |= t->time >= 0 || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59;
	t->time = h * (long)HOUR + m * 60 + sec;
	if (s.len && (s.p[0] == '+' || s.p[0] == '-'))
		read_zone(t, s);
	else if (is_word(s, "pm"))
		t->time += 12 * HOUR;
	else
		t->bad |= s.len && !is_word(s, "z") && !is_word(s, "am");
}

/* "1970-01-01", "1970/1/1", "1/1/1970", "1-Jan-1970" */
static void read_date(struct stamp *t, struct gp_str s)
{
	struct gp_str whole = s;
	char mark;
	int a = take_number(&s, 4), b, c;
	size_t len[3] = { whole.len - s.len, 0, 0 };

	mark = s.len ? s.p[0] : '\0';
	if (a < 0 || !take(&s, mark)) {
		t->bad = true;
		return;
	}
	if (s.len > 3 && s.p[3] == mark && month_of((struct gp_str){ s.p, 3 }) > 0) {
		b = month_of((struct gp_str){ s.p, 3 });
		s.p += 3;
		s.len -= 3;
	} else {
		b = take_number(&s, 2);
		len[1] = 1;
	}
	whole = s;
	c = take(&s, mark) ? take_number(&s, 4) : -1;
	len[2] = whole.len - s.len - 1;
	t->bad |= t->day >= 0 || b < 0 || c < 0 || s.len;
	if (!len[1]) { /* day-Mon-year */
		t->day = a, t->month = b;
		set_year(t, c, len[2]);
	} else if (mark == '/' && len[0] <= 2) { /* month/day/year */
		t->month = a, t->day = b;
		set_year(t, c, len[2]);
	} else {
		set_year(t, a, len[0]);
		t->month = b, t->day = c;
	}
}

/* A number alone: a day, a year, or yyyymmdd. */
static void read_number(struct stamp *t, struct gp_str s)
{
	size_t len = s.len;
	int v = take_number(&s, 8);

	if (v >= 0 && len == 8 && t->day < 0) {
		t->year = v / 10000, t->month = v / 100 % 100, t->day = v % 100;
	} else if (v >= 0 && len <= 2 && t->day < 0) {
		t->day = v;
	} else if (v >= 0 && len == 4 && t->year < 0) {
		t->year = v;
	} else {
		t->bad = true;
	}
}

static void read_zone_name(struct stamp *t, struct gp_str s)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "z", 0 },    { "ut", 0 },   { "utc", 0 },   { "gmt", 0 },  { "wet", 0 },   { "west", 1 },
		      { "bst", 1 },  { "cet", 1 },  { "cest", 2 },  { "met", 1 },  { "mest", 2 },  { "eet", 2 },
		      { "eest", 3 }, { "msk", 3 },  { "ist", 5 },   { "jst", 9 },  { "nzst", 12 }, { "nzdt", 13 },
		      { "est", -5 }, { "edt", -4 }, { "cst", -6 },  { "cdt", -5 }, { "mst", -7 },  { "mdt", -6 },
		      { "pst", -8 }, { "pdt", -7 }, { "akst", -9 }, { "hst", -10 } };

	for (size_t i = 0; i < GP_COUNT(zones); i++) {
		if (!is_word(s, zones[i].name))
			continue;
		t->bad |= t->has_zone;
		t->has_zone = true;
		t->zone = zones[i].hours * (long)HOUR;
		return;
	}
	t->bad = true;
}

static bool has(struct gp_str s, char c)
{
	return memchr(s.p, c, s.len) != NULL;
}

/* "UTC", "UTC+0" */
static void read_named_zone(struct stamp *t, struct gp_str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != '+' && s.p[n] != '-')
		n++;
	read_zone_name(t, (struct gp_str){ s.p, n });
	if (n < s.len)
		read_zone(t, (struct gp_str){ s.p + n, s.len - n });
	t->zone_may_follow = true;
}

static void read_word(struct stamp *t, struct gp_str s)
{
	/* ISO's T between date and time */
	const char *mid = s.len > 10 && has(s, ':') ? memchr(s.p, 'T', s.len) : NULL;
	size_t cut = mid ? (size_t)(mid - s.p) : 0;

	if (cut && digit(s, 0)) {
		read_word(t, (struct gp_str){ s.p, cut });
		s = (struct gp_str){ s.p + cut + 1, s.len - cut - 1 };
	}
	if (s.p[s.len - 1] == ',')
		s.len--;
	if (!s.len)
		return;
	t->bad |= !t->zone_may_follow && (s.p[0] == '+' || s.p[0] == '-');
	t->zone_may_follow = has(s, ':') && digit(s, 0);
	if (s.p[0] == '@')
		t->direct = true, s.p++, s.len--, t->time = take_number(&s, 5), t->bad |= t->time < 0;
	else if (s.p[0] == '+' || s.p[0] == '-')
		read_zone(t, s);
	else if (digit(s, 0) && has(s, ':'))
		read_time(t, s);
	else if (digit(s, 0) && (has(s, '-') || has(s, '/')))
		read_date(t, s);
	else if (digit(s, 0))
		read_number(t, s);
	else if (month_of(s) > 0)
		t->month = month_of(s);
	else if (!is_weekday(s))
		read_named_zone(t, s);
}

/* Days from the epoch, or INT_MAX far from it. */
static int day_number(const struct stamp *t)
{
	if (t->year == 1970 && t->month == 1)
		return t->day > 0 && t->day < 4 ? t->day - 1 : INT_MAX;
	if (t->year == 1969 && t->month == 12)
		return t->day > 28 && t->day < 32 ? t->day - 32 : INT_MAX;
	return INT_MAX;
}

bool gp_stamp_is_epoch(struct gp_str stamp)
{
	struct stamp t = { .year = -1, .month = -1, .day = -1, .time = -1 };
	struct gp_str rest = gp_str_trim(stamp), word;
	long at;

	while (!t.bad && gp_word_next(&rest, &word))
		read_word(&t, word);
	if (t.bad)
		return false;
	at = t.time < 0 ? 0 : t.time;
	if (!t.direct) {
		int days = day_number(&t);

		if (days == INT_MAX)
			return false;
		at += days * 24L * HOUR - t.zone;
	}
	return at > -25L * HOUR && at < 26L * HOUR;
}
