/* SPDX-License-Identifier: MIT */
#include "stream/record.h"

#include <stdio.h>

#include "json/text.h"
#include "stream/control.h"

/* The members that decide what a line is, and those we read of it. */
struct names {
	const struct json_member *ctl, *doc, *id, *prefix;
	unsigned nctl, ndoc, nid, nprefix;      /* how often each stands */
	const struct json_member *dtime, *dstream;      /* of a document */
	const struct json_member *time, *hash;          /* of an id record */
	const struct json_member *reserved;
};

static void
see(const struct json_member **m, unsigned *n, const struct json_member *it)
{
	*m = it;
	++*n;
}

/* A key that begins with an underscore; the last of equal ones counts. */
static void
see_underscore(struct names *n, const struct json_member *m, struct span key)
{
	if (span_is(key, "_id"))
		see(&n->doc, &n->ndoc, m);
	else if (span_is(key, "_ctl"))
		see(&n->ctl, &n->nctl, m);
	else if (span_is(key, "_timestamp"))
		n->dtime = m;
	else if (span_is(key, "_stream"))
		n->dstream = m;
	else if (key.n == 1 || key.p[1] != '_')
		n->reserved = m;
}

static void
see_member(struct names *n, const struct json_member *m, struct span key)
{
	if (key.n == 0)
		return;
	switch (key.p[0]) {
	case '_':
		see_underscore(n, m, key);
		break;
	case 'i':
		if (span_is(key, "id"))
			see(&n->id, &n->nid, m);
		break;
	case 'p':
		if (span_is(key, "prefix"))
			see(&n->prefix, &n->nprefix, m);
		break;
	case 't':
		if (span_is(key, "timestamp"))
			n->time = m;
		break;
	case 'h':
		if (span_is(key, "hash"))
			n->hash = m;
		break;
	default:
		break;
	}
}

static struct names
find_names(const struct json_object *o, struct buf *scratch)
{
	struct names n = { 0 };

	for (size_t i = 0; i < o->n; i++) {
		struct span key = o->v[i].key;

		if (o->v[i].key_escaped) {
			buf_clear(scratch);
			json_decode(scratch, key);
			key = buf_span(scratch);
		}
		see_member(&n, &o->v[i], key);
	}
	return n;
}

static int
bad_json(struct span line, const struct json_error *je, struct err *e)
{
	size_t i = strspn(line.p, " \t\r\n");

	if (line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		return record_err(e, "begins with a byte order mark");
	if (je->fault == JSON_SYNTAX && je->offset == i)
		return record_err(e, "not a JSON object");
	return record_err(e, "%s at byte %zu", json_fault_text(je->fault),
	    je->offset + 1);
}

/* The member that names a record: once, a string, an id's bytes. */
static int
read_name(struct record_parser *p, const struct json_member *m, unsigned n,
    const char *key, struct span *out, struct err *e)
{
	const char *fault;

	if (n > 1)
		return record_err(e, "%s stands twice", key);
	if (m->type != JSON_STRING)
		return record_err(e, "%s is not a string", key);
	*out = json_string(m, &p->id);
	fault = name_fault(*out);
	if (fault != NULL)
		return record_err(e, "%s %s", key, fault);
	if (p->o.lone_surrogate && json_half_pair(m))
		return record_err(e, "%s holds half a surrogate pair", key);
	return 0;
}

/* An optional string; max 0: no ceiling of its own. */
static int
read_string(const struct json_member *m, struct buf *scratch, const char *key,
    size_t max, struct span *out, struct err *e)
{
	if (m == NULL)
		return 0;
	if (m->type != JSON_STRING)
		return record_err(e, "%s is not a string", key);
	*out = json_string(m, scratch);
	if (max > 0 && out->n > max)
		return record_err(e, "%s is longer than %zu bytes", key, max);
	return 0;
}

static int
read_doc(struct record_parser *p, const struct names *n, struct rec *r,
    struct err *e)
{
	r->kind = REC_DOC;
	r->doc = &p->o;
	r->name = n->doc;
	if (n->reserved != NULL)
		r->reserved = n->reserved->key;
	if (read_name(p, n->doc, n->ndoc, "_id", &r->id, e) < 0 ||
	    read_string(n->dtime, &p->timestamp, "_timestamp",
	    STREAM_TIME_MAX, &r->timestamp, e) < 0 ||
	    read_string(n->dstream, &p->stream, "_stream", 0, &r->stream,
	    e) < 0)
		return -1;
	return 1;
}

static int
read_id(struct record_parser *p, const struct names *n, struct rec *r,
    struct err *e)
{
	r->kind = REC_ID;
	if (read_name(p, n->id, n->nid, "id", &r->id, e) < 0 ||
	    read_string(n->time, &p->timestamp, "timestamp", STREAM_TIME_MAX,
	    &r->timestamp, e) < 0 ||
	    read_string(n->hash, &p->hash, "hash", 0, &r->hash, e) < 0)
		return -1;
	return 1;
}

/* id and prefix of delete and fail name these records. */
static int
check_names(struct record_parser *p, const struct names *n, struct err *e)
{
	struct span unused;

	if (n->id != NULL &&
	    read_name(p, n->id, n->nid, "id", &unused, e) < 0)
		return -1;
	if (n->prefix != NULL && read_name(p, n->prefix, n->nprefix, "prefix",
	    &unused, e) < 0)
		return -1;
	return 0;
}

static int
read_control(struct record_parser *p, const struct names *n, size_t line,
    struct rec *r, struct err *e)
{
	struct val_error ve;
	struct span name;
	int kind;

	if (read_name(p, n->ctl, n->nctl, "_ctl", &name, e) < 0)
		return -1;
	kind = control_kind(name);
	if (kind < 0)
		return record_err(e, "unknown _ctl \"%.*s\"", (int)name.n,
		    name.p);
	r->kind = (enum rec_kind)kind;
	if (line > (kind == REC_STATE ? STREAM_STATE_MAX : STREAM_CTL_MAX))
		return record_err(e, "%.*s is longer than %s", (int)name.n,
		    name.p, kind == REC_STATE ? "16 MiB" : "64 KiB");
	if (kind == REC_STATE && p->o.lone_surrogate)
		return record_err(e, "state holds half a surrogate pair");
	if ((kind == REC_DELETE || kind == REC_FAIL) &&
	    check_names(p, n, e) < 0)
		return -1;
	arena_release(&p->arena);
	r->ctl = val_parse(&p->arena, r->line, JSON_DEPTH, false, &ve);
	return control_check(r, e) < 0 ? -1 : 1;
}

/* All but the proof, which only state and end have. Field by field: for so few
 * bytes what a compiler makes of a whole struct takes longer than the rest. */
static void
rec_init(struct rec *r, enum rec_kind kind, struct span line, struct span id)
{
	r->kind = kind;
	r->line = line;
	r->id = id;
	r->prefix = (struct span){ 0 };
	r->timestamp = (struct span){ 0 };
	r->hash = (struct span){ 0 };
	r->stream = (struct span){ 0 };
	r->reserved = (struct span){ 0 };
	r->doc = NULL;
	r->name = NULL;
	r->ctl = NULL;
}

/* A name that stands at the start of rest, after these bytes; what is plain
 * holds no NUL. */
static inline bool
take_name(struct span *rest, struct span before, struct span *name)
{
	return json_take_plain(rest, before, name) && name->n > 0 &&
	    name->n <= STREAM_ID_MAX;
}

/* An id record as our own writers write most of them, read without the
 * scanner, to which all that is not just so is left. */
static bool
plain_id(struct span line, struct rec *r)
{
	struct span rest = line, id, time = { 0 }, hash = { 0 };

	if (!take_name(&rest, SPAN("{\"id\":\""), &id))
		return false;
	(void)json_take_plain(&rest, SPAN(",\"timestamp\":\""), &time);
	(void)json_take_plain(&rest, SPAN(",\"hash\":\""), &hash);
	if (!span_is(rest, "}") || time.n > STREAM_TIME_MAX)
		return false;
	rec_init(r, REC_ID, line, id);
	r->timestamp = time;
	r->hash = hash;
	return true;
}

bool
record_head(struct span line, struct span *id)
{
	return take_name(&line, SPAN("{\"_id\":\""), id) ||
	    take_name(&line, SPAN("{\"id\":\""), id);
}

static bool
known_doc(const struct record_parser *p, struct span line, struct rec *r)
{
	struct span rest = line, id;

	if (p->known == NULL ||
	    !take_name(&rest, SPAN("{\"_id\":\""), &id) ||
	    !p->known(p->ctx, id, line))
		return false;
	rec_init(r, REC_DOC, line, id);
	return true;
}

int
record_parse(struct record_parser *p, struct span line, struct rec *r,
    struct err *e)
{
	struct json_error je;
	struct names n;

	if (plain_id(line, r) || known_doc(p, line, r))
		return 1;
	rec_init(r, REC_DOC, line, (struct span){ 0 });
	if (json_object_scan(line, JSON_DEPTH, &p->o, &je) < 0)
		return je.fault == JSON_EMPTY ? 0 : bad_json(line, &je, e);
	r->line = p->o.text;
	n = find_names(&p->o, &p->id);
	if (n.ctl != NULL)
		return read_control(p, &n, line.n, r, e);
	if (n.doc != NULL)
		return read_doc(p, &n, r, e);
	if (n.id != NULL)
		return read_id(p, &n, r, e);
	return record_err(e, "no _id");
}

bool
record_is_keep(const struct rec *r)
{
	return r->prefix.p != NULL &&
	    span_is(val_str(val_get(r->ctl, "code")), "keep");
}

void
record_refusal(const struct rec *r, char out[RECORD_REFUSAL])
{
	snprintf(out, RECORD_REFUSAL, "key %.*s",
	    (int)(r->reserved.n < 64 ? r->reserved.n : 64), r->reserved.p);
}

void
record_parser_release(struct record_parser *p)
{
	json_object_release(&p->o);
	buf_release(&p->id);
	buf_release(&p->timestamp);
	buf_release(&p->hash);
	buf_release(&p->stream);
	arena_release(&p->arena);
	*p = (struct record_parser){ 0 };
}
