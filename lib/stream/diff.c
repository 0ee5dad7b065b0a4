/* SPDX-License-Identifier: MIT */
#include "stream/diff.h"

#include "base/clock.h"
#include "base/progress.h"
#include "base/sig.h"
#include "stream/control.h"

void
diff_init(struct diff *d, const struct diff_options *o, struct reader *in,
    struct writer *out, int fd, const char *place)
{
	struct reader_rules rules = { .place = place,
		.modes = 1U << MODE_INDEX | 1U << MODE_SLIM,
		.source = in->begin.source, .index = in->begin.index };

	*d = (struct diff){ .o = o, .in = in, .out = out, .known_fd = fd,
		.known_place = place };
	known_init(&d->table, o->memory);
	reader_init(&d->known, fd, &rules);
}

void
diff_release(struct diff *d)
{
	known_release(&d->table);
	reader_release(&d->known);
	prefix_release(&d->prefixes);
	held_release(&d->held);
}

static const char *
or_null(const char *s)
{
	return s != NULL ? s : "null";
}

static int
differ(const struct diff *d, const char *what, const char *known,
    const char *stream, struct err *e)
{
	return err_set(e, ST_TEMP, "%s has %s %s, the stream has %s: "
	    "something was applied between them", d->known_place, what,
	    or_null(known), or_null(stream));
}

/* Were both made from the same state of the index? */
static int
check_base(const struct diff *d, struct err *e)
{
	const struct begin *a = &d->known.begin, *b = &d->in->begin;

	if (!optional_eq(a->base, b->base))
		return differ(d, "base", a->base, b->base, e);
	if (a->says_unproven && b->says_unproven &&
	    !optional_eq(a->unproven, b->unproven))
		return differ(d, "unproven", a->unproven, b->unproven, e);
	return 0;
}

/* An id that was listed after the source was could be newer than what the
 * source said: its absence there would mean nothing. */
static int
check_time(const struct diff *d, struct err *e)
{
	struct span end = val_str(val_get(d->known.end, "time"));
	struct span begin = val_str(val_get(d->in->begin.ctl, "time"));
	struct timespec t;

	if (clock_parse(end, &t) && clock_cmp(t, d->in->begin.time) <= 0)
		return 0;
	return err_set(e, ST_SAFETY, "%s ended at %.*s, after the stream began "
	    "at %.*s: list the known ids first", d->known_place, (int)end.n,
	    end.p, (int)begin.n, begin.p);
}

static int
check_complete(const struct diff *d, struct err *e)
{
	if (d->known.complete)
		return 0;
	if (reader_verdict(&d->known, e) == 0)
		err_set(e, ST_TEMP, "%s is incomplete", d->known_place);
	e->status = ST_TEMP;    /* end.status counts besides */
	return -1;
}

/* What of a known id is compared: a listing of ids has no content. */
static uint64_t
known_value(const struct diff *d, const struct rec *r)
{
	struct h128 h;

	if (d->in->begin.mode == MODE_SLIM)
		return r->timestamp.p == NULL ? 0 : known_digest(&d->table,
		    hash128(r->timestamp.p, r->timestamp.n));
	return r->hash.p != NULL && hash_parse(r->hash, &h) ?
	    known_digest(&d->table, h) : 0;
}

static int
load_record(struct diff *d, const struct rec *r, struct err *e)
{
	if (r->kind == REC_BEGIN)
		return check_base(d, e);
	if (r->kind != REC_ID)
		return 0;
	return known_add(&d->table, known_key(&d->table, r->id),
	    known_value(d, r), d->known.lines.offset, e);
}

int
diff_load(struct diff *d, struct err *e)
{
	struct rec r;
	int got;

	while ((got = reader_next(&d->known, &r, e)) > 0) {
		if (load_record(d, &r, e) < 0)
			return -1;
		progress_tick();
	}
	if (sig_stop)
		return err_set(e, ST_TEMP, "interrupted");
	if (got < 0 || check_complete(d, e) < 0 || check_time(d, e) < 0 ||
	    known_index(&d->table, e) < 0)
		return -1;
	d->nknown = d->table.n;
	return 0;
}

static struct val *
number(struct arena *a, uint64_t n)
{
	struct buf b = { 0 };
	struct val *v;

	buf_printf(&b, "%llu", (unsigned long long)n);
	v = val_string(a, buf_span(&b));
	v->type = JSON_NUMBER;
	buf_release(&b);
	return v;
}

/* A member right before time, the last of those that have a fixed place. */
static void
add_known(struct diff *d, struct arena *a, struct val *to)
{
	const struct begin *known = &d->known.begin;
	const char *uuid = known->uuid, *unproven = known->unproven;

	val_set(a, to, SPAN("known"), number(a, d->nknown));
	if (known->says_unproven && !d->in->begin.says_unproven)
		val_set(a, to, SPAN("unproven"), unproven != NULL ?
		    val_string(a, span_of(unproven)) : val_new(a, JSON_NULL));
	if (uuid != NULL)
		val_set(a, to, SPAN("uuid"), val_string(a, span_of(uuid)));
}

void
diff_begin(struct diff *d)
{
	const struct val *from = d->in->begin.ctl;
	struct arena a = { 0 };
	struct val *to = val_new(&a, JSON_OBJECT);

	for (size_t i = 0; i < from->n; i++) {
		const struct val_member *m = &from->members[i];
		struct val *value = m->value;

		if (span_is(m->key, "mode") &&
		    d->in->begin.mode != MODE_POLL)
			value = val_string(&a, SPAN("diff"));
		/* ids only: no cursor and no retry list may move */
		if (span_is(m->key, "scope") && (d->o->prune ||
		    d->in->begin.mode == MODE_SLIM))
			value = val_string(&a, SPAN("part"));
		if (span_is(m->key, "time"))
			add_known(d, &a, to);
		if (!span_is(m->key, "known") && (!span_is(m->key, "uuid") ||
		    d->known.begin.uuid == NULL))
			val_set(&a, to, m->key, value);
	}
	writer_begin(d->out, to);
	arena_release(&a);
}

static void
explain(const struct diff *d, struct span id, const char *why)
{
	if (d->o->explain != NULL)
		d->o->explain(id, why);
}

static void
pass(struct diff *d, const struct rec *r, struct known_entry *known)
{
	writer_pass(d->out, r);
	d->passed++;
	if (known != NULL)
		known_set(known, KNOWN_PASSED);
}

static uint64_t
value_of(const struct diff *d, const struct rec *r)
{
	if (r->kind == REC_DOC)
		return known_digest(&d->table, hash128(r->line.p, r->line.n));
	return r->timestamp.p == NULL ? 0 : known_digest(&d->table,
	    hash128(r->timestamp.p, r->timestamp.n));
}

void
diff_idle(void *ctx)
{
	struct diff *d = ctx;

	if (d->out != NULL)
		out_flush(d->out->out);
}

enum { FETCH = 12 };    /* lines between known_ask and known_fetch */

/* Until the listing is loaded nothing is known. */
void
diff_ahead(void *ctx, uint64_t number, struct span line)
{
	struct diff *d = ctx;
	size_t i = number % DIFF_AHEAD, far = (number - FETCH) % DIFF_AHEAD;
	struct span id;

	if (d->table.n == 0 || !record_head(line, &id))
		return;
	d->ahead[i].number = number;
	d->ahead[i].id = id.p;
	d->ahead[i].key = known_key(&d->table, id);
	known_ask(&d->table, d->ahead[i].key);
	if (d->ahead[far].number == number - FETCH)
		known_fetch(&d->table, d->ahead[far].key);
}

/* NULL: not known. id: of the line that is read, which may begin with what is
 * not its name after all. */
static struct known_entry *
find(const struct diff *d, struct span id)
{
	uint64_t number = d->in->lines.number;
	size_t i = number % DIFF_AHEAD;
	bool asked = d->ahead[i].number == number && d->ahead[i].id == id.p;

	return known_find(&d->table, asked ? d->ahead[i].key :
	    known_key(&d->table, id));
}

bool
diff_same(void *ctx, struct span id, struct span line)
{
	struct diff *d = ctx;

	if (d->table.n == 0)
		return false;
	d->same = find(d, id);
	return d->same != NULL && !known_marked(d->same, KNOWN_PASSED) &&
	    known_same(d->same, known_digest(&d->table,
	    hash128(line.p, line.n)));
}

/* A document or an id record. */
static void
take_listed(struct diff *d, const struct rec *r, struct known_entry *known)
{
	bool same = r->kind == REC_DOC && r->doc == NULL;

	d->listed = true;
	if (known != NULL) {
		known_set(known, KNOWN_SEEN);
		same = same || (!known_marked(known, KNOWN_PASSED) &&
		    known_same(known, value_of(d, r)));
	}
	explain(d, r->id, same ? "unchanged" : known ? "changed" : "new");
	if (same)
		d->unchanged++;
	else if (!d->o->prune)
		pass(d, r, known);
}

static void
refuse(struct diff *d, const struct rec *r, struct known_entry *known)
{
	char why[RECORD_REFUSAL];

	d->listed = true;
	d->status = ST_SOME;
	record_refusal(r, why);
	writer_fail(d->out, r->id, (struct span){ 0 }, "reserved_key", why);
	d->passed++;
	if (known != NULL)
		known_set(known, KNOWN_PASSED);
}

static int
take_fail(struct diff *d, const struct rec *r, struct known_entry *known,
    struct err *e)
{
	if (r->prefix.p != NULL && !prefix_add(&d->prefixes, r->prefix))
		return record_err(e, "more than 64 MiB of prefixes failed");
	pass(d, r, known);
	return 0;
}

static int
take_state(struct diff *d, const struct rec *r, struct err *e)
{
	if (d->o->prune || d->in->partial)
		return 0;
	if (d->in->begin.mode != MODE_POLL)
		return held_add(&d->held, r, e);
	writer_state_pass(d->out, r);
	return 0;
}

static int
take_other(struct diff *d, const struct rec *r, struct known_entry *known,
    struct err *e)
{
	switch (r->kind) {
	case REC_DOC:
		refuse(d, r, known);
		return 0;
	case REC_DELETE:
		if (known != NULL)
			known_set(known, KNOWN_SEEN);
		pass(d, r, known);
		return 0;
	case REC_FAIL:
		return take_fail(d, r, known, e);
	default:
		return r->kind == REC_STATE ? take_state(d, r, e) : 0;
	}
}

static int
take(struct diff *d, const struct rec *r, struct err *e)
{
	struct known_entry *known = d->same;

	d->read += r->kind <= REC_FAIL;
	if (r->kind != REC_DOC || r->doc != NULL)
		known = r->id.p == NULL ? NULL : find(d, r->id);
	if (r->kind == REC_ID ||
	    (r->kind == REC_DOC && r->reserved.p == NULL)) {
		take_listed(d, r, known);
		return 0;
	}
	return take_other(d, r, known, e);
}

int
diff_run(struct diff *d, struct err *e)
{
	struct err why;
	struct rec r;
	int got;

	while ((got = reader_next(d->in, &r, e)) > 0) {
		if (take(d, &r, &why) < 0)
			return err_set(e, why.status, "%s line %llu: %s",
			    d->in->rules.place,
			    (unsigned long long)d->in->lines.number,
			    why.text);
		progress_tick();
	}
	return got;
}
