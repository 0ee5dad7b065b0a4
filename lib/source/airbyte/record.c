/* SPDX-License-Identifier: MIT */
/* Records to documents; where the time goes. */
#include "source/airbyte/read.h"

enum { DEPTH = 1024 };

static void
emit(struct reading *r, struct stream *s)
{
	if (!tap_id(&r->id, s->prefix, &s->id, &r->object, &r->text)) {
		tap_nameless(s->prefix, &s->nameless);
		return;
	}
	if (!tap_emit(r->rq, buf_span(&r->id), s->label, &s->timestamp,
	    &r->object, s->deletes ? "_ab_cdc_deleted_at" : NULL, &r->text))
		return;
	r->documents++;
	r->enough = r->rq->limit > 0 && r->documents >= r->rq->limit;
}

/* data: an object; validated here. false: it is none. */
static bool
take(struct reading *r, struct stream *s, struct span data)
{
	struct json_error bad;

	if (json_object_scan(data, DEPTH, &r->object, &bad) != 0)
		return false;
	s->records++;
	s->counted++;
	r->states.counted++;
	s->complete = false;
	emit(r, s);
	return true;
}

/* {"...","emitted_at": 1,...}}: the end of a line behind its data. */
static const char *
before_time(const char *start, const char *end)
{
	static const char name[] = "\"emitted_at\":";
	const char *p = end - 1;
	size_t n = sizeof name - 1;

	if (end - start < 40 || *p-- != '}' || *p-- != '}')
		return NULL;
	while (p > start && *p >= '0' && *p <= '9')
		p--;
	if (*p == ' ')
		p--;
	p -= n - 1;
	if (end - p > 60 || p <= start || p[n] == '}' ||
	    memcmp(p, name, n) != 0)
		return NULL;
	if (*--p == ' ')
		p--;
	return *p == ',' ? p : NULL;
}

/*
 * A line that begins just as that of the last record did, and ends as all do,
 * is one of the same stream, if what is between is an object: so it is looked
 * at once.
 */
bool
record_quick(struct reading *r, struct span line)
{
	struct stream *s = r->catalog.last;
	const char *end;

	if (s == NULL || s->nhead == 0 ||
	    !span_starts(line, (struct span){ s->head, s->nhead }) ||
	    line.p[line.n - 1] != '}')
		return false;
	end = before_time(line.p + s->nhead, line.p + line.n);
	return end != NULL && take(r, s, (struct span){ line.p + s->nhead,
	    (size_t)(end - line.p) - s->nhead });
}

static void
remember(struct stream *s, struct span line, struct span data)
{
	size_t n = (size_t)(data.p - line.p);
	const char *end = before_time(data.p, line.p + line.n);

	if (n > RECORD_HEAD || end != data.p + data.n)
		return;
	memcpy(s->head, line.p, n);
	s->nhead = n;
}

/* Of two with one name, of which one has a namespace and the other has none,
 * it may be one of ours after all. */
static void
doubt_namesakes(struct catalog *k, struct span name, bool ns)
{
	for (size_t i = 0; i < k->n; i++)
		if (span_is(name, k->v[i].name) && ns != (k->v[i].ns != NULL))
			stream_doubt(&k->v[i], "records came under its name, "
			    "but not of its namespace");
}

/* Said once. */
static void
stranger(struct reading *r, struct span body)
{
	struct json_member m, ns;

	if (!json_iter_find(body, "stream", &m) || m.type != JSON_STRING) {
		catalog_doubt(&r->catalog, "a record names no stream");
		return;
	}
	doubt_namesakes(&r->catalog, json_string(&m, r->scratch),
	    json_iter_find(body, "namespace", &ns) &&
	    ns.type == JSON_STRING && ns.value.n > 2);
	if (r->catalog.strangers++ == 0)
		warn("records of the stream %.*s, which was not asked for, "
		    "are left out", (int)(m.value.n < 200 ? m.value.n : 200),
		    m.value.p);
}

void
record_take(struct reading *r, struct span line, struct span body)
{
	struct stream *s = catalog_named(&r->catalog, body, "stream",
	    r->scratch);
	struct json_member data;

	if (s == NULL) {
		stranger(r, body);
		return;
	}
	(void)json_iter_find(body, "data", &data);
	if (data.type != JSON_OBJECT || !take(r, s, data.value)) {
		stream_doubt(s, "a record without data");
		return;
	}
	remember(s, line, data.value);
}
