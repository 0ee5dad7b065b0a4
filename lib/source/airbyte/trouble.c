/* SPDX-License-Identifier: MIT */
#include "source/airbyte/trouble.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"
#include "source/tap/process.h"

/* Its first line, n 0 if there is none. */
static struct span
text_of(struct span object, const char *name, struct buf *scratch)
{
	struct json_member m;
	struct span s;
	const char *nl;

	if (!json_iter_find(object, name, &m) || m.type != JSON_STRING)
		return (struct span){ "", 0 };
	s = json_string(&m, scratch);
	nl = memchr(s.p, '\n', s.n);
	if (nl != NULL)
		s.n = (size_t)(nl - s.p);
	return s;
}

static int
status_of(struct span kind, const char *text, const char *inner)
{
	if (span_is(kind, "transient_error"))
		return ST_TEMP;
	if (span_is(kind, "config_error"))
		return ST_PERSON;
	return tap_of_connection(text) || tap_of_connection(inner) ? ST_TEMP :
	    ST_PERSON;
}

bool
trouble_read(struct trouble *t, struct span trace, struct buf *scratch)
{
	struct json_member m, error;
	char inner[400], kind[32];
	struct span s;

	*t = (struct trouble){ 0 };
	if (!json_iter_find(trace, "error", &error) ||
	    error.type != JSON_OBJECT)
		return false;
	s = text_of(error.value, "failure_type", scratch);
	snprintf(kind, sizeof kind, "%.*s", (int)s.n, s.p);
	s = text_of(error.value, "internal_message", scratch);
	snprintf(inner, sizeof inner, "%.*s", (int)(s.n < 399 ? s.n : 399),
	    s.p);
	s = text_of(error.value, "message", scratch);
	/* the kit's words for an error that nobody foresaw say nothing */
	if (s.n == 0 || (inner[0] != '\0' && span_starts(s,
	    SPAN("Something went wrong in the connector"))))
		s = span_of(inner);
	snprintf(t->text, sizeof t->text, "%.*s", (int)(s.n < 399 ? s.n : 399),
	    s.p);
	t->status = status_of(span_of(kind), t->text, inner);
	if (span_starts(span_of(t->text), SPAN("Config validation error")))
		t->status = ST_USAGE;
	if (json_iter_find(error.value, "stream_descriptor", &m) &&
	    m.type == JSON_OBJECT)
		t->stream = m.value;
	return true;
}

void
log_show(struct span log, int verbose, struct buf *scratch)
{
	struct span level = text_of(log, "level", scratch);
	bool bad = span_is(level, "FATAL") || span_is(level, "ERROR");
	int need = bad ? 0 : span_is(level, "WARN") ? 1 : 2;
	struct span text;

	if (verbose < need)
		return;
	text = text_of(log, "message", scratch);
	msg("%s%.*s", bad ? "" : "log: ", (int)(text.n < 900 ? text.n : 900),
	    text.p);
}

/* How a line begins that tells of an answer with this status; of its own words
 * for one that is passed over the kit of declared connectors uses these. */
static const struct {
	const char *text;
	int status;
} beginnings[] = {
	{ "Bad request.", 400 }, { "Unauthorized.", 401 },
	{ "Forbidden.", 403 }, { "Not found.", 404 },
	{ "Method not allowed.", 405 }
};

/* What stands before the digits of a status, somewhere in a line. */
static const struct {
	const char *text;
	bool alone;             /* without a number it means the same */
} marks[] = {
	{ "with response code '", false }, { "HTTP Status Code: ", false },
	{ "Ignoring response for ", true }
};

/* A status that is not tried again, or 0. */
static int
refusal(struct span digits)
{
	char text[4] = "";

	snprintf(text, sizeof text, "%.*s",
	    (int)(digits.n < 3 ? digits.n : 3), digits.p);
	return text[0] == '4' && !streq(text, "429") && !streq(text, "408") ?
	    (int)strtol(text, NULL, 10) : 0;
}

int
log_ignored(struct span log, struct buf *scratch)
{
	struct span s = text_of(log, "message", scratch);

	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (span_starts(s, span_of(beginnings[i].text)))
			return beginnings[i].status;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = strlen(marks[i].text);
		const char *at = memmem(s.p, s.n, marks[i].text, n);
		int status = at == NULL ? 0 : refusal((struct span){ at + n,
		    (size_t)(s.p + s.n - at) - n });

		if (status != 0)
			return status;
		if (at != NULL && marks[i].alone)
			return -1;
	}
	return 0;
}
