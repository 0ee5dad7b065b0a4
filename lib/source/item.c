/* SPDX-License-Identifier: MIT */
#include "source/item.h"

enum { NEST = 1000 };   /* deeper ones are named by the front program */

static int
add_field(struct items *t, const struct val *v, struct err *e)
{
	const char *name = val_cstr(v);

	if (name == NULL || *name == '\0')
		return source_wrong(e, "id", "not the name of a field");
	if (t->nid == ITEM_ID_FIELDS)
		return source_wrong(e, "id", "more than %d fields",
		    ITEM_ID_FIELDS);
	t->id[t->nid++] = name;
	return 0;
}

int
items_init(struct items *t, const struct request *rq, bool must,
    struct err *e)
{
	const struct val *id = val_get(rq->source, "id");
	const struct val *time = val_get(rq->source, "timestamp");

	*t = (struct items){ .slim = rq->slim, .timestamp = val_cstr(time) };
	if (time != NULL && (t->timestamp == NULL || *t->timestamp == '\0'))
		return source_wrong(e, "timestamp", "not the name of a field");
	t->joined = id != NULL && id->type == JSON_ARRAY;
	if (!t->joined && id != NULL)
		return add_field(t, id, e);
	for (size_t i = 0; t->joined && i < id->n; i++)
		if (add_field(t, id->items[i], e) != 0)
			return -1;
	if (must && t->nid == 0)
		return source_wrong(e, "id", "missing");
	return 0;
}

void
items_release(struct items *t)
{
	json_object_release(&t->object);
	buf_release(&t->key);
	buf_release(&t->scratch);
	buf_release(&t->time);
	buf_release(&t->message);
}

void
items_bad(struct items *t, const char *code, const char *what)
{
	t->bad = true;
	buf_clear(&t->message);
	if (t->line > 0)
		buf_printf(&t->message, "%s:%llu: %s", t->file,
		    (unsigned long long)t->line, what);
	else
		buf_printf(&t->message, "%s: %s", t->file, what);
	if (t->wrong == NULL)
		emit_fail_all(code, buf_cstr(&t->message));
	else if (t->wrong->status == 0)
		err_set(t->wrong, ST_PERSON, "%s", buf_cstr(&t->message));
}

void
items_id_begin(struct items *t)
{
	buf_clear(&t->key);
}

void
items_id_part(struct items *t, struct span part)
{
	if (!t->joined) {
		buf_add_span(&t->key, part);
		return;
	}
	id_part(&t->key, part);
}

struct span
items_text(const struct json_member *m, struct buf *scratch)
{
	if (m == NULL)
		return (struct span){ 0 };
	if (m->type == JSON_STRING)
		return json_string(m, scratch);
	if (m->type == JSON_NUMBER)
		return m->value;
	return (struct span){ 0 };
}

/* The member of that name; *twice if there are two. */
static const struct json_member *
find(const struct json_object *o, const char *name, bool *twice)
{
	const struct json_member *found = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; i < o->n; i++) {
		const struct json_member *m = &o->v[i];

		if (m->key_escaped ? !json_key_is(m, name) :
		    m->key.n != n || memcmp(m->key.p, name, n) != 0)
			continue;
		*twice |= found != NULL;
		found = m;
	}
	return found;
}

/* NULL, or what is wrong. part: its text. */
static const char *
find_part(struct items *t, size_t i, const struct json_member **m,
    struct span *part)
{
	bool twice = false;

	*m = find(&t->object, t->id[i], &twice);
	if (*m == NULL)
		return "no id";
	if (twice)
		return "the id stands twice";
	*part = items_text(*m, &t->scratch);
	return part->p ? NULL : "the id is not a string or number";
}

/* A single field, as JSON: most often it stays as it is. */
static const char *
take_id(struct items *t, struct span *json)
{
	const struct json_member *m;
	struct span part;
	const char *why = find_part(t, 0, &m, &part);

	if (why != NULL)
		return why;
	if (part.n == 0)
		return "the id is empty";
	*json = m->value;
	if (m->type == JSON_STRING)
		return NULL;
	buf_clear(&t->key);
	json_put_string(&t->key, part);
	*json = buf_span(&t->key);
	return NULL;
}

static const char *
join_id(struct items *t, struct span *json)
{
	items_id_begin(t);
	for (size_t i = 0; i < t->nid; i++) {
		const struct json_member *m;
		struct span part;
		const char *why = find_part(t, i, &m, &part);

		if (why != NULL)
			return why;
		if (i > 0)
			buf_putc(&t->key, '/');
		items_id_part(t, part);
	}
	if (t->key.n == 0)
		return "the id is empty";
	buf_clear(&t->scratch);
	json_put_string(&t->scratch, buf_span(&t->key));
	*json = buf_span(&t->scratch);
	return NULL;
}

/* As JSON; n = 0: none. */
static struct span
take_time(struct items *t, const struct json_member *m)
{
	if (m == NULL || (m->type != JSON_STRING && m->type != JSON_NUMBER))
		return (struct span){ 0 };
	if (m->type == JSON_STRING)
		return m->value;
	buf_clear(&t->time);
	json_put_string(&t->time, m->value);
	return buf_span(&t->time);
}

static bool
scan(struct items *t, struct span text)
{
	struct json_error e;

	if (json_object_scan(text, NEST, &t->object, &e) == 0)
		return true;
	if (json_value_scan(text, NEST, NULL, NULL, &e) == 0)
		items_bad(t, "bad_line", "not an object");
	else
		items_bad(t, "bad_line", json_fault_text(e.fault));
	return false;
}

static struct span
doc_of(const struct items *t, struct span object)
{
	return t->slim ? (struct span){ 0 } : object;
}

static struct span
time_of(struct items *t)
{
	bool twice = false;

	if (t->timestamp == NULL)
		return (struct span){ 0 };
	return take_time(t, find(&t->object, t->timestamp, &twice));
}

/* Nothing is to be written? */
static bool
looked(struct items *t)
{
	if (t->look != NULL)
		t->look(t->ctx, &t->object);
	return t->wrong != NULL;
}

void
items_object(struct items *t, struct span text)
{
	const char *why;
	struct span id;

	if (!scan(t, text))
		return;
	why = t->joined ? join_id(t, &id) : take_id(t, &id);
	if (why != NULL && t->look == NULL)
		items_bad(t, "bad_line", why);
	else if (!looked(t))
		emit_doc_json(id, time_of(t), doc_of(t, t->object.text));
}

void
items_named(struct items *t, struct span id, struct span text)
{
	if (id.n == 0) {
		items_bad(t, "bad_line", "the id is empty");
	} else if (scan(t, text) && !looked(t)) {
		buf_clear(&t->scratch);
		json_put_string(&t->scratch, id);
		emit_doc_json(buf_span(&t->scratch), time_of(t),
		    doc_of(t, t->object.text));
	}
}

void
items_known(struct items *t, struct span id, struct span object)
{
	struct span time = { 0 };
	struct json_member m;
	struct json_iter it;

	if (id.n == 0 || t->wrong != NULL) {
		items_named(t, id, object);
		return;
	}
	json_iter_init(&it, object);
	while (t->timestamp != NULL && json_iter_next(&it, &m))
		if (json_key_is(&m, t->timestamp))
			time = take_time(t, &m);
	buf_clear(&t->scratch);
	json_put_string(&t->scratch, id);
	emit_doc_json(buf_span(&t->scratch), time, doc_of(t, object));
}
