/* SPDX-License-Identifier: MIT */
#include "source/tap/path.h"

#include "base/hash.h"
#include "source/source.h"

static bool
add(struct arena *a, const struct val *v, struct tap_path *p)
{
	const char *name = val_cstr(v);

	if (name == NULL || strlen(name) != v->str.n)
		return false;
	p->part[p->n++] = arena_strndup(a, v->str);
	return true;
}

bool
tap_path_read(struct arena *a, const struct val *v, struct tap_path *p)
{
	bool list = v != NULL && v->type == JSON_ARRAY;
	size_t n = list ? v->n : 1;

	*p = (struct tap_path){ 0 };
	if (v == NULL || n == 0)
		return false;
	p->part = arena_alloc(a, n * sizeof *p->part);
	if (!list)
		return add(a, v, p);
	for (size_t i = 0; i < n; i++)
		if (!add(a, v->items[i], p))
			return false;
	return true;
}

bool
tap_paths_read(struct arena *a, const struct val *v, struct tap_paths *p)
{
	*p = (struct tap_paths){ 0 };
	if (v == NULL || v->type != JSON_ARRAY || v->n == 0)
		return false;
	p->v = arena_alloc(a, v->n * sizeof *p->v);
	for (size_t i = 0; i < v->n; i++)
		if (!tap_path_read(a, v->items[i], &p->v[p->n++]))
			return false;
	return true;
}

const char *
tap_path_text(struct arena *a, const struct tap_path *p)
{
	struct buf b = { 0 };
	const char *text;

	for (size_t i = 0; i < p->n; i++) {
		if (i > 0)
			buf_putc(&b, '.');
		buf_puts(&b, p->part[i]);
	}
	text = arena_strndup(a, buf_span(&b));
	buf_release(&b);
	return text;
}

struct val *
tap_path_val(struct arena *a, const struct tap_path *p)
{
	struct val *list = val_new(a, JSON_ARRAY);

	for (size_t i = 0; i < p->n; i++)
		val_push(a, list, val_string(a, span_of(p->part[i])));
	return list;
}

/* The member that it leads to in a scanned object. */
static bool
tap_path_find(const struct tap_path *p, const struct json_object *o,
    struct json_member *m)
{
	const struct json_member *top = p->n == 0 ? NULL :
	    json_find(o, p->part[0], NULL);

	if (top == NULL)
		return false;
	*m = *top;
	for (size_t i = 1; i < p->n; i++)
		if (m->type != JSON_OBJECT ||
		    !json_iter_find(m->value, p->part[i], m))
			return false;
	return true;
}

/* Adds the values that the paths lead to, as parts of an id, with / between
 * them: strings, numbers as written, booleans. false: one is missing or none
 * of these. */
static bool
tap_paths_put(const struct tap_paths *p, const struct json_object *o,
    struct buf *out, struct buf *scratch)
{
	struct json_member m;

	for (size_t i = 0; i < p->n; i++) {
		if (!tap_path_find(&p->v[i], o, &m) || m.type == JSON_NULL ||
		    m.type == JSON_OBJECT || m.type == JSON_ARRAY)
			return false;
		if (i > 0)
			buf_putc(out, '/');
		id_part(out, m.type == JSON_STRING ?
		    json_string(&m, scratch) : m.value);
	}
	return true;
}

struct span
tap_path_value(const struct tap_path *p, const struct json_object *o,
    struct buf *scratch)
{
	struct json_member m;

	if (!tap_path_find(p, o, &m) ||
	    (m.type != JSON_STRING && m.type != JSON_NUMBER))
		return (struct span){ 0 };
	return m.type == JSON_STRING ? json_string(&m, scratch) : m.value;
}

bool
tap_id(struct buf *out, struct span prefix, const struct tap_paths *p,
    const struct json_object *o, struct buf *scratch)
{
	char hex[HASH_HEX + 1];

	buf_clear(out);
	buf_add_span(out, prefix);
	if (p->n > 0)
		return tap_paths_put(p, o, out, scratch);
	hash_hex(hash128(o->text.p, o->text.n), hex);
	buf_add(out, hex, HASH_HEX);
	return true;
}

void
tap_nameless(struct span prefix, bool *told)
{
	if (!*told)
		emit_fail_prefix(prefix, "no_id", "a record lacks a value of "
		    "its primary key");
	*told = true;
}
