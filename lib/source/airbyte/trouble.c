/* SPDX-License-Identifier: MIT */
#include "source/airbyte/trouble.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"

static bool
member(struct span object, const char *name, struct json_member *m)
{
	struct json_iter it;

	json_iter_init(&it, object);
	while (json_iter_next(&it, m))
		if (json_key_is(m, name))
			return true;
	return false;
}

/* Its first line, n 0 if there is none. */
static struct span
text_of(struct span object, const char *name, struct buf *scratch)
{
	struct json_member m;
	struct span s;
	const char *nl;

	if (!member(object, name, &m) || m.type != JSON_STRING)
		return (struct span){ "", 0 };
	s = json_string(&m, scratch);
	nl = memchr(s.p, '\n', s.n);
	if (nl != NULL)
		s.n = (size_t)(nl - s.p);
	return s;
}

static bool
says(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/* Words of sockets and their libraries: another try may help. */
static bool
of_connection(const char *text)
{
	static const char *const words[] = { "connection refused",
		"connection reset", "connection aborted", "connectionerror",
		"connection error", "timed out", "timeout",
		"temporary failure in name resolution", "max retries exceeded",
		"network is unreachable", "remote end closed" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (says(text, words[i]))
			return true;
	return false;
}

static int
status_of(struct span kind, const char *text, const char *inner)
{
	if (span_is(kind, "transient_error"))
		return ST_TEMP;
	if (span_is(kind, "config_error"))
		return ST_PERSON;
	return of_connection(text) || of_connection(inner) ? ST_TEMP :
	    ST_PERSON;
}

bool
trouble_read(struct trouble *t, struct span trace, struct buf *scratch)
{
	struct json_member m, error;
	char inner[400], kind[32];
	struct span s;

	*t = (struct trouble){ 0 };
	if (!member(trace, "error", &error) || error.type != JSON_OBJECT)
		return false;
	s = text_of(error.value, "failure_type", scratch);
	snprintf(kind, sizeof kind, "%.*s", (int)s.n, s.p);
	s = text_of(error.value, "internal_message", scratch);
	snprintf(inner, sizeof inner, "%.*s", (int)(s.n < 399 ? s.n : 399),
	    s.p);
	s = text_of(error.value, "message", scratch);
	if (s.n == 0)
		s = span_of(inner);
	snprintf(t->text, sizeof t->text, "%.*s", (int)(s.n < 399 ? s.n : 399),
	    s.p);
	t->status = status_of(span_of(kind), t->text, inner);
	if (span_starts(span_of(t->text), SPAN("Config validation error")))
		t->status = ST_USAGE;
	if (member(error.value, "stream_descriptor", &m) &&
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

int
log_ignored(struct span log, struct buf *scratch)
{
	static const struct {
		const char *text;
		bool alone;     /* without a number it means the same */
	} words[] = {
		{ "with response code '", false },
		{ "HTTP Status Code: ", false },
		{ "Ignoring response for ", true }
	};
	struct span s = text_of(log, "message", scratch);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i].text);
		const char *at = memmem(s.p, s.n, words[i].text, n);
		char digits[4] = "";

		if (at == NULL)
			continue;
		snprintf(digits, sizeof digits, "%.*s",
		    (int)(s.p + s.n - at - (ptrdiff_t)n), at + n);
		if (digits[0] == '4' && !streq(digits, "429") &&
		    !streq(digits, "408"))
			return (int)strtol(digits, NULL, 10);
		if (words[i].alone)
			return -1;
	}
	return 0;
}
