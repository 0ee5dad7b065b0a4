/* SPDX-License-Identifier: MIT */
#include "source/singer/log.h"

#include <stdio.h>

#include "json/text.h"

enum { METRIC_DEPTH = 64, HEAD_MAX = 160 };

/* ---- metrics ---- */

static struct span
text_in(struct span object, const char *name, struct buf *scratch)
{
	struct json_member m;

	if (!json_iter_find(object, name, &m) || m.type != JSON_STRING)
		return (struct span){ "", 0 };
	return json_string(&m, scratch);
}

/* The kits write METRIC: {json}, whatever else the line begins with. */
static bool
take_metric(struct singer_log *l, struct span line, struct singer_metric *m)
{
	static const char mark[] = "METRIC: {";
	const char *at = memmem(line.p, line.n, mark, sizeof mark - 1);
	struct json_member tags;
	struct json_error bad;
	struct span json, status;

	if (at == NULL)
		return false;
	at += sizeof mark - 2;
	json = (struct span){ at, (size_t)(line.p + line.n - at) };
	if (json_object_scan(json, METRIC_DEPTH, &l->object, &bad) != 0 ||
	    !span_is(text_in(l->object.text, "metric", &l->text),
	    "sync_duration") ||
	    !json_iter_find(l->object.text, "tags", &tags) ||
	    tags.type != JSON_OBJECT)
		return false;
	status = text_in(tags.value, "status", &l->text);
	m->succeeded = span_is(status, "succeeded");
	m->stream = text_in(tags.value, "stream", &l->text);
	return m->stream.n > 0;
}

/* ---- levels ---- */

static const struct {
	const char *name;
	int level;              /* it is shown from that one on */
} levels[] = {
	{ "CRITICAL", 0 }, { "FATAL", 0 }, { "ERROR", 0 }, { "WARNING", 1 },
	{ "WARN", 1 }, { "INFO", 2 }, { "DEBUG", 2 }
};
enum { LEVELS = sizeof levels / sizeof *levels, NO_LEVEL = 1 };

static bool
has_word(const char *p, const char *name)
{
	size_t n = strlen(name);

	return strncmp(p, name, n) == 0 && strchr(" :", p[n]) != NULL &&
	    p[n] != '\0';
}

/* LEVEL TEXT; time=... level=LEVEL message=TEXT; TIME | LEVEL | NAME | TEXT.
 * Where the level stands, or NULL. */
static const char *
level_at(const char *line)
{
	const char *at = strstr(line, "level="), *bar = strchr(line, '|');

	if (at != NULL && at - line < HEAD_MAX)
		return at + strlen("level=");
	if (bar != NULL && bar - line < HEAD_MAX && bar[1] == ' ')
		return bar + 2;
	return line;
}

static const char *
text_at(const char *line, const char *level)
{
	const char *at = strstr(level, "message="), *bar;

	if (level != line && at != NULL && at - line < HEAD_MAX)
		return at + strlen("message=");
	bar = level != line ? strchr(level, '|') : NULL;
	bar = bar != NULL ? strchr(bar + 1, '|') : NULL;
	if (bar != NULL && bar - line < HEAD_MAX && bar[1] == ' ')
		return bar + 2;
	if (level != line)
		return line;
	level += strcspn(level, " :");
	return level + strspn(level, " :");
}

static int
level_of(const char *line, const char **text)
{
	const char *at = level_at(line);

	*text = line;
	for (size_t i = 0; i < LEVELS; i++)
		if (has_word(at, levels[i].name)) {
			*text = text_at(line, at);
			if (**text == '\0')
				*text = line;
			return levels[i].level;
		}
	return NO_LEVEL;
}

/* ---- tracebacks ---- */

/* Its lines are indented, the exception behind them is not. */
static bool
in_traceback(struct singer_log *l, struct span line, const char *clean)
{
	static const char start[] = "Traceback (most recent call last)";

	if (memmem(line.p, line.n, start, sizeof start - 1) != NULL) {
		l->inside = true;
		return true;
	}
	if (!l->inside || line.n == 0)
		return false;
	if (*line.p == ' ' || *line.p == '\t' || *line.p == '\r')
		return true;
	l->inside = false;
	snprintf(l->exception, sizeof l->exception, "%s", clean);
	return true;
}

bool
singer_log_take(struct singer_log *l, struct span line, const char *clean,
    struct singer_metric *m)
{
	bool metric = take_metric(l, line, m), trace;
	const char *text;
	int level = level_of(clean, &text);

	trace = in_traceback(l, line, clean);
	/* a message of several lines */
	if (text == clean && (*clean == ' ' || *clean == '\0'))
		level = l->level > 0 ? l->level : NO_LEVEL;
	l->level = level;
	if (*clean != '\0' && l->verbose >= (trace ? NO_LEVEL : level))
		msg("%s%s", level == 0 ? "" : "log: ", text);
	if (level == 0)
		snprintf(l->error, sizeof l->error, "%s", text);
	return metric;
}

const char *
singer_log_why(const struct singer_log *l)
{
	return l->exception[0] != '\0' ? l->exception : l->error;
}

void
singer_log_release(struct singer_log *l)
{
	json_object_release(&l->object);
	buf_release(&l->text);
}
