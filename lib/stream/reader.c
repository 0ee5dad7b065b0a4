/* SPDX-License-Identifier: MIT */
#include "stream/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "stream/control.h"

enum { REMINDER = 72 };

void
reader_init(struct reader *r, int fd, const struct reader_rules *rules)
{
	*r = (struct reader){ .rules = *rules,
		.source = span_of(rules->source),
		.parser = { .known = rules->known, .ctx = rules->ctx } };
	lines_init(&r->lines, fd, STREAM_LINE_MAX);
}

void
reader_release(struct reader *r)
{
	lines_release(&r->lines);
	record_parser_release(&r->parser);
	arena_release(&r->arena);
}

/* Nothing is read after this. Always -1. */
static int MSG_PRINTF(4, 5)
stop(struct reader *r, int status, struct err *e, const char *fmt, ...)
{
	char text[MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->finished = true;
	return err_set(e, status, "%s line %" PRIu64 ": %s", r->rules.place,
	    r->lines.number, text);
}

static void
fill_begin(struct reader *r, const struct val *ctl)
{
	struct begin *b = &r->begin;
	struct h128 digits;

	ctl = val_copy(&r->arena, ctl);
	b->ctl = ctl;
	mode_parse(val_str(val_get(ctl, "mode")), &b->mode);
	b->all = span_is(val_str(val_get(ctl, "scope")), "all");
	b->run = val_cstr(val_get(ctl, "run"));
	b->source = val_cstr(val_get(ctl, "source"));
	b->index = val_cstr(val_get(ctl, "index"));
	b->base = val_cstr(val_get(ctl, "base"));
	b->config = val_cstr(val_get(ctl, "config"));
	b->uuid = val_cstr(val_get(ctl, "uuid"));
	clock_parse(val_str(val_get(ctl, "time")), &b->time);
	b->unproven = val_cstr(val_get(ctl, "unproven"));
	b->says_unproven = val_get(ctl, "unproven") != NULL ||
	    hash_parse(span_of(b->run), &digits);
	b->has_known = val_u64(val_get(ctl, "known"), UINT64_MAX, &b->known);
}

static int
take_begin(struct reader *r, const struct rec *rec, struct err *e)
{
	const struct reader_rules *want = &r->rules;

	fill_begin(r, rec->ctl);
	if (!(want->modes & 1U << r->begin.mode))
		return stop(r, ST_PERSON, e, "mode %s does not belong here",
		    mode_name(r->begin.mode));
	if (want->source != NULL && !streq(want->source, r->begin.source))
		return stop(r, ST_USAGE, e, "source is %s, not %s",
		    r->begin.source, want->source);
	if (want->index != NULL && !streq(want->index, r->begin.index))
		return stop(r, ST_USAGE, e, "index is %s, not %s",
		    r->begin.index, want->index);
	r->source = span_of(r->begin.source);
	r->begun = true;
	return 1;
}

/* The kinds of records have equal places in both arrays. */
static int
altered(struct reader *r, const struct rec *rec, struct err *e)
{
	static const char *const names[] = { "documents", "ids", "deletes",
		"fails" };
	const struct proof *p = &rec->proof, *q = &r->proof;
	const uint64_t said[] = { p->documents, p->ids, p->deletes, p->fails };
	const uint64_t got[] = { q->documents, q->ids, q->deletes, q->fails };

	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (said[i] != got[i])
			return stop(r, ST_PERSON, e, "stream altered on its "
			    "way: %" PRIu64 " %s announced, %" PRIu64
			    " received; a filter that drops documents belongs "
			    "in rules or map", said[i], names[i], got[i]);
	return stop(r, ST_PERSON, e, "stream altered on its way: other ids "
	    "announced than received; a filter that changes documents belongs "
	    "in rules or map");
}

static int
take_end(struct reader *r, const struct rec *rec, struct err *e)
{
	bool said = val_bool(val_get(rec->ctl, "complete"), false);
	uint64_t status = 0;

	val_u64(val_get(rec->ctl, "status"), 255, &status);
	r->end_status = (int)status;
	if (!r->begun && said)
		return stop(r, ST_PERSON, e, "no begin before a complete end");
	if (!proof_eq(&rec->proof, &r->proof))
		return altered(r, rec, e);
	r->end = val_copy(&r->arena, rec->ctl);
	r->ended = true;
	r->complete = said && !r->partial;
	return 1;
}

static int
check_source(struct reader *r, struct span name, struct err *e)
{
	if (r->source.p == NULL || id_of_source(name, r->source))
		return 0;
	return stop(r, ST_PERSON, e, "id or prefix does not begin with %s:",
	    r->source.p);
}

static int
check_kind(struct reader *r, const struct rec *rec, struct err *e)
{
	if (rec->kind != REC_ID || !r->rules.no_ids)
		return 0;
	return stop(r, ST_PERSON, e,
	    "an id record; conn-load --ids makes documents of them");
}

/* A record that the proof counts. */
static int
take_counted(struct reader *r, const struct rec *rec, struct err *e)
{
	struct span name = rec->prefix.p != NULL ? rec->prefix : rec->id;
	enum mode m = r->begin.mode;

	if (rec->kind == REC_DOC && (m == MODE_SLIM || m == MODE_INDEX))
		return stop(r, ST_PERSON, e, "a document in mode %s",
		    mode_name(m));
	if (rec->kind == REC_ID && (m == MODE_LOAD || m == MODE_POLL))
		return stop(r, ST_PERSON, e, "an id record in mode %s",
		    mode_name(m));
	if (check_kind(r, rec, e) < 0)
		return -1;
	if (name.p == NULL)
		r->partial = true;
	else if (check_source(r, name, e) < 0)
		return -1;
	proof_add(&r->proof, rec->kind, name);
	return 1;
}

static int
take_raw(struct reader *r, const struct rec *rec, struct err *e)
{
	if (rec->kind != REC_DOC)
		return stop(r, ST_PERSON, e, "%s among bare documents",
		    rec->kind == REC_ID ? "an id record" : "a control record");
	return check_source(r, rec->id, e) < 0 ? -1 : 1;
}

/* A line of a bare list of ids and fails. */
static int
take_bare(struct reader *r, const struct rec *rec, struct err *e)
{
	struct span name = rec->prefix.p != NULL ? rec->prefix : rec->id;

	if (rec->kind != REC_ID && rec->kind != REC_FAIL)
		return stop(r, ST_PERSON, e,
		    "neither id nor fail record in a bare list");
	if (check_kind(r, rec, e) < 0)
		return -1;
	if (name.p != NULL && check_source(r, name, e) < 0)
		return -1;
	return 1;
}

static int
take(struct reader *r, const struct rec *rec, struct err *e)
{
	if (r->rules.raw)
		return take_raw(r, rec, e);
	if (!r->begun && r->rules.bare_ok && rec->kind != REC_BEGIN &&
	    rec->kind != REC_END)
		r->bare = true;
	if (r->bare)
		return take_bare(r, rec, e);
	if (rec->kind == REC_END)
		return take_end(r, rec, e);
	if (rec->kind == REC_BEGIN)
		return r->begun ? stop(r, ST_PERSON, e, "a second begin") :
		    take_begin(r, rec, e);
	if (!r->begun)
		return stop(r, ST_PERSON, e, "no begin before this record");
	if (rec->kind != REC_STATE)
		return take_counted(r, rec, e);
	return proof_eq(&rec->proof, &r->proof) ? 1 : altered(r, rec, e);
}

static bool
blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
			return false;
	return true;
}

/* A line, whole or cut. 0: read on. */
static int
line(struct reader *r, struct span s, bool cut, struct rec *rec, struct err *e)
{
	struct err why;
	int got;

	if (blank(s))
		return 0;
	if (r->ended)
		return stop(r, ST_PERSON, e, "a record after end");
	if (cut && !r->rules.raw && !r->bare &&
	    (r->begun || !r->rules.bare_ok)) {
		r->finished = true;
		return 0;
	}
	got = record_parse(&r->parser, s, rec, &why);
	if (got < 0)
		return stop(r, why.status, e, "%s", why.text);
	if (cut && !r->rules.raw && !r->bare &&
	    (rec->kind == REC_BEGIN || rec->kind == REC_END)) {
		r->finished = true;
		return 0;
	}
	return got == 0 ? 0 : take(r, rec, e);
}

/* s: the line to be read now. */
static void
show(struct reader *r, struct span s)
{
	uint64_t now = r->lines.number;

	if (r->rules.ahead == NULL)
		return;
	if (r->shown < now)
		r->rules.ahead(r->rules.ctx, r->shown = now, s);
	while (lines_ahead(&r->lines, (unsigned)(r->shown + 1 - now), &s))
		r->rules.ahead(r->rules.ctx, ++r->shown, s);
}

int
reader_next(struct reader *r, struct rec *rec, struct err *e)
{
	while (!r->finished) {
		enum line_result got;
		struct span s;
		int n = 0;

		if (r->lines.waiting && r->rules.idle != NULL)
			r->rules.idle(r->rules.ctx);
		got = lines_next(&r->lines, &s);
		switch (got) {
		case LINE_OK: case LINE_CUT:
			show(r, s);
			n = line(r, s, got == LINE_CUT, rec, e);
			break;
		case LINE_LONG:
			return stop(r, ST_PERSON, e, "longer than 64 MiB");
		case LINE_EOF:
			/* an empty list of refused documents is one */
			r->bare |= r->rules.bare_ok && !r->begun && !r->ended;
			r->finished = true;
			break;
		case LINE_SIGNAL:
			r->finished = true;
			break;
		case LINE_TIMEOUT:
			break;
		case LINE_ERROR:
			r->finished = true;
			return err_set(e, ST_PERSON, "%s: %s", r->rules.place,
			    strerror(errno));
		}
		if (n != 0)
			return n;
	}
	return 0;
}

/* As much of the writer's message as reminds of it: it was told once. */
static int
beginning(const char *s)
{
	size_t n = strlen(s) <= REMINDER ? strlen(s) : REMINDER;

	while (n > 0 && s[n] != '\0' && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

int
reader_verdict(const struct reader *r, struct err *e)
{
	const char *why;
	int status = r->end_status;

	*e = (struct err){ 0 };
	if (r->rules.raw || r->bare || r->complete)
		return 0;
	if (!r->ended) {
		err_set(e, ST_TEMP, "%s ended without its end record; its "
		    "writer died", r->rules.place);
		return ST_TEMP;
	}
	if (status == 0 && r->partial)
		status = ST_SOME;
	else if (status == 0 && (!r->begun || r->begin.all))
		status = ST_TEMP;
	if (status == 0)
		return 0;
	why = val_cstr(val_get(r->end, "message"));
	if (why == NULL)
		why = "";
	err_set(e, status, "%s is incomplete%s%.*s%s", r->rules.place,
	    *why ? ": " : "", beginning(why), why,
	    strlen(why) > REMINDER ? "\xe2\x80\xa6" : "");
	return status;
}

struct val *
reader_end_rest(const struct reader *r, struct arena *a)
{
	static const char *const ours[] = { "_ctl", "complete", "status",
		"documents", "ids", "deletes", "fails", "digest", "time",
		"message" };
	const struct val *end = r->end;
	struct val *rest = val_new(a, JSON_OBJECT);

	for (size_t i = 0; end != NULL && i < end->n; i++) {
		size_t j = 0, n = sizeof ours / sizeof *ours;

		while (j < n && !span_is(end->members[i].key, ours[j]))
			j++;
		if (j == n)
			val_set(a, rest, end->members[i].key,
			    val_copy(a, end->members[i].value));
	}
	return rest;
}
