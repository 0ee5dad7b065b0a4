/* SPDX-License-Identifier: MIT */
/* Records to documents. */
#include <stdio.h>

#include "source/singer/read.h"

enum { DEPTH = 1024 };

static void
emit(struct singer_reading *r, struct singer_stream *s)
{
	if (!tap_id(&r->id, s->prefix, &s->id, &r->object, &r->text)) {
		tap_nameless(s->prefix, &s->nameless);
		return;
	}
	if (!tap_emit(r->rq, buf_span(&r->id), s->label, &s->timestamp,
	    &r->object, "_sdc_deleted_at", &r->text))
		return;
	r->documents++;
	r->enough = r->rq->limit > 0 && r->documents >= r->rq->limit;
}

static void
take_version(struct singer_stream *s, const struct json_member *m)
{
	struct span v = m == NULL || m->type == JSON_NULL ||
	    m->value.n >= sizeof s->version ? (struct span){ "", 0 } :
	    m->value;

	if (s->records > 0 && !span_is(v, s->version))
		singer_stream_doubt(s, "its records are of several versions");
	snprintf(s->version, sizeof s->version, "%.*s", (int)v.n, v.p);
}

/* Said once. */
static void
stranger(struct singer_reading *r)
{
	const struct json_member *m = json_find(&r->line, "stream", NULL);

	if (m == NULL || m->type != JSON_STRING)
		singer_catalog_doubt(r->catalog, "a record names no stream");
	else if (r->catalog->strangers++ == 0)
		warn("records of the stream %.*s, which was not asked for, "
		    "are left out",
		    (int)(m->value.n < 200 ? m->value.n : 200), m->value.p);
}

void
singer_record(struct singer_reading *r)
{
	struct singer_stream *s = singer_stream_of(r);
	const struct json_member *data = json_find(&r->line, "record", NULL);
	struct json_error bad;

	if (s == NULL) {
		stranger(r);
		return;
	}
	if (data == NULL || data->type != JSON_OBJECT ||
	    json_object_scan(data->value, DEPTH, &r->object, &bad) != 0) {
		singer_stream_doubt(s, "a record without data");
		return;
	}
	take_version(s, json_find(&r->line, "version", NULL));
	s->records++;
	s->activated = s->closed = false;
	if (!s->announced) {
		singer_stream_doubt(s, "a record came before its SCHEMA");
		/* its key may still come */
		if (s->id.n == 0)
			return;
	}
	emit(r, s);
}
