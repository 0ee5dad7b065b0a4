/* SPDX-License-Identifier: MIT */
/* front_read: a driver's lines to records. */
#include "run/front.h"

#include <stdio.h>

#include "base/progress.h"
#include "base/sig.h"
#include "json/text.h"

enum { SHOWN_FAILS = 10 };

static const struct span NONE = { NULL, 0 };

static void
explain(const struct front *f, struct span id, const char *why)
{
	if (f->opt.explain)
		msg("explain: %.*s: %s", (int)id.n, id.p, why);
}

void
front_fail(struct front *f, struct span id, struct span prefix,
    const char *code, const char *message)
{
	struct span at = id.n > 0 ? id : prefix.n > 0 ? prefix :
	    span_of(f->config.type);
	char clean[MSG_MAX + 1], clean_code[MSG_MAX + 1];

	/* what a server said may be an echo */
	msg_clean(clean_code, sizeof clean_code, span_of(code));
	code = clean_code;
	if (message != NULL) {
		msg_clean(clean, sizeof clean, span_of(message));
		message = clean;
	}
	f->failed++;
	if (id.n == 0 && prefix.n == 0)
		f->incomplete = true;
	if (f->shown < SHOWN_FAILS) {
		msg("%.*s: %s%s%s", (int)at.n, at.p, code,
		    message && *message ? ": " : "", message ? message : "");
		f->shown++;
	}
	writer_fail(&f->writer, id, prefix, code, message);
}

static bool
is_wanted(struct front *f, struct span bare, struct ids_entry **entry)
{
	*entry = NULL;
	if (f->wanted == NULL)
		return true;
	*entry = ids_find(f->wanted, bare);
	return *entry != NULL;
}

static void
on_left_out(struct front *f, const struct document *d, struct ids_entry *asked)
{
	f->excluded++;
	explain(f, d->id, d->why);
	if (f->opt.mode != MODE_POLL)
		return;
	writer_delete(&f->writer, d->id, d->why);
	if (asked != NULL)
		asked->answered = true;
}

static void
on_made(struct front *f, const struct driver_line *l, const struct document *d)
{
	if (f->opt.mode == MODE_SLIM)
		writer_id(&f->writer, d->id, l->timestamp, NONE);
	else
		writer_doc(&f->writer, d->id, d->line);
	f->limited = f->opt.limit > 0 && f->opt.mode != MODE_SLIM &&
	    f->writer.proof.documents >= f->opt.limit;
}

static int
on_doc(struct front *f, const struct driver_line *l, struct err *e)
{
	struct ids_entry *entry;
	struct document d = { .result = DOCUMENT_MADE };
	bool bare = f->opt.mode == MODE_SLIM && !f->bodies &&
	    f->maker.rules == NULL;

	if (!is_wanted(f, l->id, &entry))
		return 0;
	/* by rules on what it does not have it would be left out, or not */
	if (f->opt.mode == MODE_SLIM && !f->bodies && f->looks_inside &&
	    l->doc.p == NULL)
		return err_set(e, ST_PERSON, "driver %s: slim gave no doc, "
		    "but its spec has slim_fields", f->config.type);
	if (bare && document_id(&f->maker, l->id, &d.id)) {
		on_made(f, l, &d);
		return 0;
	}
	if (document_make(&f->maker, l, &d, e) != 0)
		return -1;
	if (d.result == DOCUMENT_LEFT_OUT) {
		on_left_out(f, &d, entry);
		return 0;
	}
	if (entry != NULL)
		entry->answered = true;
	if (d.result == DOCUMENT_MADE)
		on_made(f, l, &d);
	else
		front_fail(f, d.id, NONE, d.code, d.why);
	return 0;
}

static bool
is_refused_delete(const struct front *f, struct span id)
{
	return f->opt.mode == MODE_POLL && state_retry_removes(&f->state, id);
}

/* Of what was asked for, all that a prefix names is answered: it is there, or
 * cannot be told. code NULL: that is no failure, but that what a poll is to
 * read again, or to delete, waits on. */
static void
answer_prefix(struct front *f, struct span prefix, const char *code,
    const char *message)
{
	for (size_t i = 0; f->wanted != NULL && i < f->wanted->n; i++) {
		struct span bare = span_of(ids_text(f->wanted, i)), id;

		if (f->wanted->v[i].answered || !span_starts(bare, prefix))
			continue;
		f->wanted->v[i].answered = true;
		document_id(&f->maker, bare, &id);
		if (code != NULL)
			front_fail(f, id, NONE, code, message);
		else if (f->opt.mode == MODE_POLL)
			front_fail(f, id, NONE, "keep",
			    is_refused_delete(f, id) ? "its delete was "
			    "refused, and it is not listed now" : "it failed "
			    "before, and is not listed now");
	}
}

void
front_gone(struct front *f, const struct ids *ids)
{
	struct span id;

	if (f->incomplete || f->opt.nstreams > 0)
		return;
	for (size_t i = 0; i < ids->n; i++) {
		if (ids->v[i].answered)
			continue;
		document_id(&f->maker, span_of(ids_text(ids, i)), &id);
		if (!is_refused_delete(f, id))
			continue;
		explain(f, id, "gone");
		writer_delete(&f->writer, id, "gone");
	}
}

static void
on_fail(struct front *f, const struct driver_line *l)
{
	struct arena a = { 0 };
	const char *code = arena_strndup(&a, l->code);
	const char *message = l->message.p ?
	    arena_strndup(&a, l->message) : NULL;
	struct ids_entry *entry = NULL;
	struct span id = NONE;

	if (l->id.n == 0 && l->prefix.n == 0) {
		front_fail(f, NONE, NONE, code, message);
	} else if (l->id.n == 0) {
		answer_prefix(f, l->prefix, code, message);
		document_id(&f->maker, l->prefix, &id);
		front_fail(f, NONE, id, code, message);
	} else if (is_wanted(f, l->id, &entry)) {
		if (entry != NULL)
			entry->answered = true;
		if (!document_id(&f->maker, l->id, &id))
			code = "id_too_long";
		front_fail(f, id, NONE, code, message);
	}
	arena_release(&a);
}

/* "*": what all that were asked for have together. */
static bool
is_read(const struct front *f, struct span stream)
{
	for (size_t i = 0; i < f->opt.nstreams; i++)
		if (span_is(stream, f->opt.streams[i]))
			return true;
	return f->opt.nstreams == 0 || span_is(stream, "*");
}

static void
on_state(struct front *f, const struct driver_line *l)
{
	if (f->wanted != NULL || f->incomplete || f->opt.since ||
	    f->opt.until || !is_read(f, l->stream))
		return;
	if (f->opt.mode == MODE_POLL)
		writer_state(&f->writer, l->stream, l->value);
	else if (f->opt.mode == MODE_LOAD)
		state_set_stream(&f->pending, l->stream, l->value);
}

/* What a stream without a key of its own protects: no failure. */
static void
on_keep(struct front *f, const struct driver_line *l)
{
	struct span prefix;

	if (f->wanted != NULL) {
		answer_prefix(f, l->prefix, NULL, NULL);
		return;
	}
	document_id(&f->maker, l->prefix, &prefix);
	writer_fail(&f->writer, NONE, prefix, "keep", NULL);
}

static void
on_delete(struct front *f, const struct driver_line *l)
{
	struct span id;

	if (document_id(&f->maker, l->id, &id))
		writer_delete(&f->writer, id, NULL);
}

static int
on_line(struct front *f, const struct driver_line *l, struct err *e)
{
	switch (l->kind) {
	case DRV_DOC:
		return on_doc(f, l, e);
	case DRV_FAIL:
		on_fail(f, l);
		return 0;
	case DRV_STATE:
		on_state(f, l);
		return 0;
	case DRV_KEEP:
		on_keep(f, l);
		return 0;
	case DRV_DELETE:
		on_delete(f, l);
		return 0;
	case DRV_RESET:
		f->full = true;
		return err_set(e, ST_PERSON,
		    "the source refuses the saved position; run a full sync");
	default:
		return err_set(e, ST_PERSON, "driver %s: unexpected line",
		    f->config.type);
	}
}

static int
read_lines(struct front *f, struct driver *d, struct err *e)
{
	struct driver_line l;
	int r = 1;

	while (r > 0 && !f->limited) {
		r = driver_next(d, &l, e);
		if (r > 0 && on_line(f, &l, e) != 0)
			r = -1;
		/* one that failed here, or as its line was looked at, counts,
		 * since the driver has no more */
		f->taken += r > 0 && l.doc.p != NULL;
		f->limited = f->limited || (f->told > 0 &&
		    f->taken >= f->told);
		progress_tick();
	}
	if (r == 0 && !sig_stop)
		return driver_finish(d, e);
	return r < 0 ? e->status : 0;
}

static const char *
own_verb(const struct front *f)
{
	switch (f->opt.mode) {
	case MODE_POLL:
		return "poll";
	case MODE_SLIM:
		return f->bodies ? "load" : "slim";
	default:
		return "load";
	}
}

/* Where nothing is left out here, the driver need not read more. */
static uint64_t
limit_told(const struct front *f)
{
	bool all = f->opt.mode == MODE_LOAD && f->wanted == NULL &&
	    f->maker.rules == NULL && f->maker.map == NULL;

	return all ? f->opt.limit : 0;
}

int
front_read(struct front *f, const char *verb, char *const *ids, size_t nids)
{
	struct driver_request rq = {
		.verb = verb ? verb : own_verb(f), .source = f->source,
		.streams = f->streams, .ids = ids, .nids = nids,
		.verbose = f->opt.verbose, .token = f->config.token_path,
		.connector = f->config.connector, .config = &f->config,
		.timeout = f->config.timeout
	};
	struct driver *d;
	struct err e = { 0 };

	f->told = rq.limit = limit_told(f);
	rq.bare = streq(rq.verb, "slim") &&
	    rules_field(f->maker.rules, 0) == NULL;
	if (streq(rq.verb, "poll")) {
		rq.since = f->opt.since;
		rq.until = f->opt.until;
		rq.state = state_positions(&f->state);
	}
	if (driver_start(&d, f->driver, f->config.type, &rq, &e) != 0) {
		front_fault(f, &e);
		return -1;
	}
	if (read_lines(f, d, &e) != 0) {
		/* what the driver said was shown when it came */
		if (e.text[0] == '\0' && f->message[0] == '\0' &&
		    driver_said(d)[0] != '\0')
			snprintf(f->message, sizeof f->message, "driver %s: %s",
			    f->config.type, driver_said(d));
		front_fault(f, &e);
	}
	driver_free(d);
	return f->incomplete && f->status > ST_SOME ? -1 : 0;
}
