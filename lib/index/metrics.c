/* SPDX-License-Identifier: MIT */
#include "index/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"

static const char success[] = "conn_last_success_timestamp_seconds";

/* The number behind the success metric in what is there; n = 0 if none. */
static struct span
last_success(struct buf *old, const char *path)
{
	const char *p, *end;

	if (file_read(path, 1 << 20, old) != 0)
		return SPAN("");
	p = buf_cstr(old);
	while ((p = strstr(p, success)) != NULL && p[sizeof success - 1] != '{')
		p++;
	if (p == NULL || (p = strstr(p, "} ")) == NULL)
		return SPAN("");
	end = p + 2 + strspn(p + 2, "0123456789.");
	return (struct span){ p + 2, (size_t)(end - p - 2) };
}

static void
head(struct buf *b, const char *name, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void
line(struct buf *b, const char *name, const struct metrics *m,
    const char *value)
{
	buf_printf(b, "%s{source=\"%s\"} %s\n", name, m->source, value);
}

static void
put_time(struct buf *b, const struct metrics *m, const char *path)
{
	struct buf old = { 0 };
	char now[32];
	struct span when;

	snprintf(now, sizeof now, "%lld.%03ld", (long long)m->time.tv_sec,
	    m->time.tv_nsec / 1000000);
	head(b, "conn_last_run_timestamp_seconds", "When the last run ended.");
	line(b, "conn_last_run_timestamp_seconds", m, now);
	when = m->status == ST_OK || m->status == ST_SOME ? span_of(now) :
	    last_success(&old, path);
	if (when.n > 0) {
		char *s = xstrndup(when);

		head(b, success, "When the last run that was done ended.");
		line(b, success, m, s);
		free(s);
	}
	buf_release(&old);
}

static void
put_documents(struct buf *b, const struct metrics *m)
{
	const struct { const char *op; uint64_t n; } ops[] = {
		{ "indexed", m->indexed }, { "deleted", m->deleted },
		{ "refused", m->refused }, { "failed", m->failed }
	};

	head(b, "conn_documents", "Documents of the last run.");
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		buf_printf(b, "conn_documents{source=\"%s\",op=\"%s\"} %llu\n",
		    m->source, ops[i].op, (unsigned long long)ops[i].n);
}

int
metrics_write(const char *path, const struct metrics *m, struct err *e)
{
	struct buf b = { 0 };
	char text[32];
	int r;

	put_time(&b, m, path);
	head(&b, "conn_last_exit_status", "Exit status of the last run.");
	snprintf(text, sizeof text, "%d", m->status);
	line(&b, "conn_last_exit_status", m, text);
	put_documents(&b, m);
	head(&b, "conn_run_seconds", "How long the last run took.");
	snprintf(text, sizeof text, "%.3f", m->seconds);
	line(&b, "conn_run_seconds", m, text);
	r = file_replace_mode(path, buf_span(&b), 0644, e);
	buf_release(&b);
	return r;
}
