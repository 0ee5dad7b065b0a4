/* SPDX-License-Identifier: MIT */
#include "run/driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sig.h"
#include "json/text.h"
#include "run/driver-line.h"
#include "run/driver-proc.h"

struct driver {
	struct proc proc;
	struct lines lines;
	struct line_parser parser;
	double timeout;
	double until;           /* of the wait under way; 0: none */
	int status;             /* of one that we killed, or that finished */
	bool finished;
};

static void
put_val(struct buf *b, const char *name, const struct val *v, const char *dflt)
{
	json_put_key(b, name);
	if (v != NULL)
		val_write(b, v);
	else
		buf_puts(b, dflt);
}

static void
put_text(struct buf *b, const char *name, const char *s)
{
	if (s == NULL)
		return;
	json_put_key(b, name);
	json_put_cstring(b, s);
}

const struct val *
driver_source(struct config *c, const struct val *source)
{
	struct val *copy = val_copy(&c->arena, source);
	struct val *v = val_new(&c->arena, JSON_NUMBER);
	char text[32];

	snprintf(text, sizeof text, "%.0f", c->overlap);
	v->str = (struct span){ arena_strndup(&c->arena, span_of(text)),
	    strlen(text) };
	val_set(&c->arena, copy, SPAN("overlap"), v);
	return copy;
}

void
driver_put_request(struct buf *b, const struct driver_request *rq)
{
	buf_puts(b, "{\"v\":1");
	json_put_key(b, "verbose");
	json_put_u64(b, rq->verbose > 0 ? (uint64_t)rq->verbose : 0);
	put_text(b, "token", rq->token);
	put_text(b, "connector", rq->connector);
	put_val(b, "source", rq->source, "{}");
	put_val(b, "streams", rq->streams, "[]");
	put_val(b, "state", rq->state, "null");
	if (rq->rules != NULL)
		put_val(b, "rules", rq->rules, "[]");
	if (rq->limit > 0) {
		json_put_key(b, "limit");
		json_put_u64(b, rq->limit);
	}
	if (rq->bare)
		buf_puts(b, ",\"bare\":true");
	put_text(b, "since", rq->since);
	put_text(b, "until", rq->until);
	if (rq->ids != NULL) {
		json_put_key(b, "ids");
		buf_putc(b, '[');
		for (size_t i = 0; i < rq->nids; i++) {
			if (i > 0)
				buf_putc(b, ',');
			json_put_cstring(b, rq->ids[i]);
		}
		buf_putc(b, ']');
	}
	buf_puts(b, "}\n");
}

/* The request holds the secrets. */
static void
wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	buf_release(b);
}

int
driver_start(struct driver **out, const char *path, const char *type,
    const struct driver_request *rq, struct err *e)
{
	struct driver *d = xcalloc(1, sizeof *d);
	struct buf request = { 0 };
	int r;

	d->parser.verb = driver_verb(rq->verb);
	d->timeout = rq->timeout;
	driver_put_request(&request, rq);
	r = proc_start(&d->proc, path, type, rq->verb, buf_span(&request), e);
	wipe(&request);
	if (r != 0) {
		free(d);
		return -1;
	}
	d->proc.config = rq->config;
	lines_init(&d->lines, d->proc.out, DRIVER_LINE_MAX);
	d->lines.timeout = 0;
	*out = d;
	return 0;
}

/* Kills it for what it did, or did not do. */
MSG_PRINTF(4, 5)
static int
give_up(struct driver *d, int status, struct err *e, const char *fmt, ...)
{
	char what[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	d->status = status;
	proc_kill(&d->proc);
	return err_set(e, status, "driver %s%s", d->proc.type, what);
}

/* Nothing to read: waits. 1: look again; 0: a signal to us; -1: e. */
static int
await(struct driver *d, struct err *e)
{
	double now = clock_mono();

	if (d->until == 0)
		d->until = now + d->timeout;
	for (;;) {
		switch (proc_wait(&d->proc, d->until)) {
		case PROC_OUT:
			return 1;
		case PROC_SIGNAL:
			return 0;
		case PROC_EXIT:
			break;
		case PROC_TIMEOUT:
			if (d->proc.exited)
				return give_up(d, ST_TEMP, e, ": ended, but "
				    "left a process that holds its stdout");
			return give_up(d, ST_TEMP, e,
			    ": no line for %.15g s; killed", d->timeout);
		}
	}
}

static int
parse(struct driver *d, struct span text, struct driver_line *l,
    struct err *e)
{
	char what[MSG_MAX];

	if (line_parse(&d->parser, text, l, what) == 0)
		return 1;
	return give_up(d, ST_PERSON, e, " line %" PRIu64 ": %s",
	    d->lines.number, what);
}

static int
too_long(struct driver *d, struct driver_line *l, struct err *e)
{
	if (d->parser.verb != VERB_LOAD && d->parser.verb != VERB_POLL &&
	    d->parser.verb != VERB_SLIM)
		return give_up(d, ST_PERSON, e, " line %" PRIu64 ": too long",
		    d->lines.number);
	*l = (struct driver_line){ .kind = DRV_FAIL,
	    .code = SPAN("too_long"),
	    .message = SPAN("a line of the driver is longer than 64 MiB") };
	return 1;
}

int
driver_next(struct driver *d, struct driver_line *l, struct err *e)
{
	struct span text;
	int r;

	d->until = 0;
	for (;;) {
		switch (lines_next(&d->lines, &text)) {
		case LINE_OK:
			return parse(d, text, l, e);
		case LINE_LONG:
			return too_long(d, l, e);
		case LINE_CUT:
			return give_up(d, ST_PERSON, e, " line %" PRIu64
			    ": cut short, no newline at its end",
			    d->lines.number);
		case LINE_EOF:
		case LINE_SIGNAL:
			return 0;
		case LINE_ERROR:
			return give_up(d, ST_PERSON, e, ": its stdout: %s",
			    strerror(errno));
		case LINE_TIMEOUT:
			r = await(d, e);
			if (r <= 0)
				return r;
		}
	}
}

int
driver_finish(struct driver *d, struct err *e)
{
	*e = (struct err){ .status = d->status };
	if (d->status == 0 && !d->finished)
		d->status = proc_finish(&d->proc, e);
	d->finished = true;
	return d->status;
}

const char *
driver_said(const struct driver *d)
{
	return d->proc.said;
}

void
driver_free(struct driver *d)
{
	if (d == NULL)
		return;
	proc_stop(&d->proc);
	line_parser_release(&d->parser);
	lines_release(&d->lines);
	free(d);
}
