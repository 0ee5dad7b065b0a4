/* SPDX-License-Identifier: MIT */
#include "run/document.h"

#include <stdio.h>

#include "json/text.h"

bool
document_id(struct document_maker *m, struct span id, struct span *out)
{
	char hex[HASH_HEX + 1];
	bool fits;

	if (m->id.n == 0) {
		buf_add_span(&m->id, m->name);
		buf_putc(&m->id, ':');
	}
	m->id.n = m->name.n + 1;        /* the prefix stays */
	fits = id.n <= STREAM_ID_MAX - m->id.n;
	if (fits) {
		buf_add_span(&m->id, id);
	} else {
		hash_hex(hash128(id.p, id.n), hex);
		buf_putc(&m->id, '#');
		buf_puts(&m->id, hex);
	}
	*out = buf_span(&m->id);
	return fits;
}

static void
put_head(struct buf *b, struct span id, const struct driver_line *l)
{
	buf_puts(b, "{\"_id\":");
	json_put_string(b, id);
	if (l->timestamp.p != NULL) {
		buf_puts(b, ",\"_timestamp\":");
		json_put_string(b, l->timestamp);
	}
	if (l->stream.p != NULL) {
		buf_puts(b, ",\"_stream\":");
		json_put_string(b, l->stream);
	}
}

/* Is there a string, key or value, that begins so as it is written? */
static bool
has_string(struct span doc, struct span with)
{
	const char *p = doc.p, *end = p + doc.n;

	for (; (p = memchr(p, *with.p, (size_t)(end - p))) != NULL; p++)
		if (p[-1] == '"' &&
		    span_starts((struct span){ p, (size_t)(end - p) }, with))
			return true;
	return false;
}

/* Could a key begin with an underscore, written plainly or escaped? Cheap, and
 * wrong only by saying yes. */
static bool
maybe_underscored(struct span doc)
{
	return has_string(doc, SPAN("_")) || has_string(doc, SPAN("\\u005"));
}

static bool
is_underscored(const struct json_member *m)
{
	return m->key.n > 0 && (m->key.p[0] == '_' ||
	    (m->key.n >= 6 && strncasecmp(m->key.p, "\\u005f", 6) == 0));
}

/* Copies what is between from and the key of k, if that needs one more
 * underscore, and the underscore; the result is what is to be copied next. */
static const char *
put_member(struct document_maker *m, const char *from,
    const struct json_member *k)
{
	if (!is_underscored(k))
		return from;
	buf_add(&m->line, from, (size_t)(k->key.p - from));
	buf_putc(&m->line, '_');
	return k->key.p;
}

/* The members of doc after its {, with one more underscore where needed.
 * known: NULL, or the same members. */
static void
put_members(struct document_maker *m, struct span doc,
    const struct json_object *known)
{
	const char *from = doc.p + 1, *end = doc.p + doc.n;
	struct json_iter it;
	struct json_member k;

	for (size_t i = 0; known != NULL && i < known->n; i++)
		from = put_member(m, from, &known->v[i]);
	if (known == NULL && maybe_underscored(doc)) {
		json_iter_init(&it, doc);
		while (json_iter_next(&it, &k))
			from = put_member(m, from, &k);
	}
	buf_add(&m->line, from, (size_t)(end - from));
}

static bool
is_empty(struct span object)
{
	struct json_iter it;
	struct json_member k;

	json_iter_init(&it, object);
	return !json_iter_next(&it, &k);
}

static void
put_body(struct document_maker *m, const struct driver_line *l)
{
	if (l->doc.p == NULL ||
	    (l->members ? l->members->n == 0 : is_empty(l->doc))) {
		buf_putc(&m->line, '}');
		return;
	}
	buf_putc(&m->line, ',');
	if (!l->lone_surrogate) {
		put_members(m, l->doc, l->members);
		return;
	}
	buf_clear(&m->mapped);
	json_put_repaired(&m->mapped, l->doc);
	buf_pad(&m->mapped);
	put_members(m, buf_span(&m->mapped), NULL);
}

static void
failed(struct document *d, const char *code, const char *why)
{
	d->result = DOCUMENT_FAILED;
	d->code = code;
	d->why = why;
}

static void
apply_rules(struct document_maker *m, struct document *d)
{
	const char *by;
	struct json_error je;

	buf_pad(&m->line);
	if (json_object_scan(d->line, JSON_DEPTH, &m->o, &je) != 0) {
		failed(d, "too_deep", json_fault_text(je.fault));
		return;
	}
	if (rules_include(m->rules, &m->o, &by))
		return;
	d->result = DOCUMENT_LEFT_OUT;
	snprintf(m->why, sizeof m->why, "excluded by rule %s",
	    by ? by : "DEFAULT");
	d->why = m->why;
}

static int
apply_map(struct document_maker *m, struct document *d, struct err *e)
{
	enum map_result r;
	const char *what;

	buf_clear(&m->mapped);
	buf_pad(&m->line);
	if (map_run(m->map, d->line, &r, &m->mapped, &what, e) != 0)
		return -1;
	if (r == MAP_DOC) {
		d->line = buf_span(&m->mapped);
	} else if (r == MAP_ERROR) {
		failed(d, "map_error", what);
	} else {
		d->result = DOCUMENT_LEFT_OUT;
		d->why = "left out by map";
	}
	return 0;
}

int
document_make(struct document_maker *m, const struct driver_line *l,
    struct document *d, struct err *e)
{
	struct driver_line normal;

	*d = (struct document){ .result = DOCUMENT_MADE };
	if (m->normalizers != NULL && l->doc.p != NULL) {
		normal = *l;
		normal.members = NULL;
		if (normalizers_apply(m->normalizers, l->stream, l->doc,
		    &normal.doc, e) != 0)
			return -1;
		l = &normal;
	}
	if (!document_id(m, l->id, &d->id)) {
		failed(d, "id_too_long", NULL);
		return 0;
	}
	if (m->validate != NULL && l->doc.p != NULL)
		validate_document(m->validate, l->stream, l->doc, d->id);
	buf_clear(&m->line);
	put_head(&m->line, d->id, l);
	put_body(m, l);
	d->line = buf_span(&m->line);
	if (d->line.n > STREAM_LINE_MAX) {
		failed(d, "too_long", NULL);
		return 0;
	}
	if (m->rules != NULL)
		apply_rules(m, d);
	if (m->map != NULL && d->result == DOCUMENT_MADE)
		return apply_map(m, d, e);
	return 0;
}

void
document_maker_release(struct document_maker *m)
{
	buf_release(&m->id);
	buf_release(&m->line);
	buf_release(&m->mapped);
	json_object_release(&m->o);
}
