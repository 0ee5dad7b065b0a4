/* SPDX-License-Identifier: MIT */
#include "source/sqlrows.h"

#include "stream/record.h"

static const char row_too_long[] = "the row is over 64 MiB";

bool
sqlrows_id(struct sqlrows *r)
{
	const struct sqltable *t = r->t;

	buf_clear(&r->id);
	id_part(&r->id, span_of(t->s.name));
	for (size_t i = 0; i < t->s.nid; i++) {
		buf_putc(&r->id, '/');
		if (!r->values->put_id(r->ctx, &r->id, t->id[i]))
			return false;
	}
	return true;
}

static bool
is_wanted(const struct sqlrows *r)
{
	struct when when;

	return r->w == NULL || !r->w->on || r->t->timestamp < 0 ||
	    !r->values->time(r->ctx, r->t->timestamp, &when) ||
	    window_may_have(r->w, &when);
}

/* More than a line may hold, without looking at each byte. */
static bool
is_too_long(const struct sqlrows *r)
{
	size_t sum = 0;

	for (int i = 0; r->values->size && i < r->t->ndoc; i++)
		sum += r->values->size(r->ctx, i);
	return sum > STREAM_LINE_MAX;
}

static size_t
room(size_t used)
{
	return used < STREAM_LINE_MAX ? STREAM_LINE_MAX - used : 0;
}

static void
put_document(struct sqlrows *r, struct span stamp)
{
	const struct sqltable *t = r->t;
	struct buf *b = emit_begin(buf_span(&r->id), stamp, t->s.name);
	size_t start = b->n;

	for (int i = 0; i < t->ndoc; i++) {
		buf_add_span(b, buf_span(&t->keys[i]));
		if (r->values->put_within == NULL) {
			r->values->put(r->ctx, b, i);
		} else if (!r->values->put_within(r->ctx, b, i,
		    room(b->n - start))) {
			emit_cancel("too_long", row_too_long);
			return;
		}
	}
	buf_putc(b, '}');
	emit_end();
}

static void
null_id(struct sqlrows *r)
{
	buf_clear(&r->id);
	buf_printf(&r->id, "stream %s: a row whose id is NULL", r->t->s.name);
	emit_fail_all("null_id", buf_cstr(&r->id));
}

void
sqlrows_put(struct sqlrows *r)
{
	const struct sqltable *t = r->t;
	struct span stamp = { 0 };

	if (!is_wanted(r))
		return;
	if (!sqlrows_id(r)) {
		null_id(r);
		return;
	}
	if (t->timestamp >= 0) {
		buf_clear(&r->stamp);
		stamp = r->values->stamp(r->ctx, &r->stamp, t->timestamp);
	}
	if (t->ndoc == 0)
		emit_doc(buf_span(&r->id), stamp, t->s.name,
		    (struct span){ 0 });
	else if (is_too_long(r))
		emit_fail(buf_span(&r->id), "too_long", row_too_long);
	else
		put_document(r, stamp);
}

void
sqlrows_unread(const struct sqltable *t)
{
	struct buf prefix = { 0 };

	sqlstream_put_prefix(&prefix, t->s.name);
	emit_fail_prefix(buf_span(&prefix), "permission", t->why);
	buf_release(&prefix);
}

void
sqlrows_release(struct sqlrows *r)
{
	buf_release(&r->id);
	buf_release(&r->stamp);
}
