/* SPDX-License-Identifier: MIT */
#include "source/rest/path.h"

#include <jv.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "json/impl.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (!first && c >= '0' && c <= '9');
}

/* "..." at *p without escapes (and so without \( either). */
static bool
take_quoted(const char **p, const char *end, struct span *key)
{
	const char *from = *p + 1, *to = from;

	while (to < end && *to != '"' && *to != '\\' && *to != '\0')
		to++;
	if (to == end || *to != '"')
		return false;
	*key = (struct span){ from, (size_t)(to - from) };
	*p = to + 1;
	return utf8_valid(key->p, key->n);
}

static bool
take_name(const char **p, const char *end, struct span *key)
{
	const char *from = *p;

	if (from < end && *from == '"')
		return take_quoted(p, end, key);
	while (*p < end && is_name(**p, *p == from))
		++*p;
	*key = (struct span){ from, (size_t)(*p - from) };
	return key->n > 0;
}

/* [] or ["..."] at *p; key->p NULL for []. */
static bool
take_bracket(const char **p, const char *end, struct span *key)
{
	++*p;
	*key = (struct span){ 0 };
	if (*p < end && **p == '"' && !take_quoted(p, end, key))
		return false;
	return *p < end && *(*p)++ == ']';
}

bool
path_parse(struct path *path, struct span s, struct arena *a)
{
	const char *p = s.p, *end = p + s.n;
	struct span key;

	path->n = 0;
	while (p < end && is_space(*p))
		p++;
	while (end > p && is_space(end[-1]))
		end--;
	if (p == end || *p++ != '.')
		return false;
	for (bool dot = true; p < end; dot = false) {
		bool bracket = *p == '[';

		if (!bracket && !dot && *p++ != '.')
			return false;
		if (path->n == PATH_STEPS || !(bracket ?
		    take_bracket : take_name)(&p, end, &key))
			return false;
		path->steps[path->n++].key = key.p == NULL ? NULL :
		    arena_strndup(a, key);
	}
	return true;
}

bool
path_is_single(const struct path *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].key == NULL)
			return false;
	return true;
}

static const char *
kind(struct span v)
{
	switch (json_type_of(*v.p)) {
	case JSON_NULL: return "null";
	case JSON_NUMBER: return "number";
	case JSON_STRING: return "string";
	case JSON_ARRAY: return "array";
	case JSON_OBJECT: return "object";
	default: return "boolean";
	}
}

static struct span
member(struct span object, const char *key)
{
	struct json_member m;

	return json_iter_find(object, key, &m) ? m.value : SPAN("null");
}

struct named {
	struct span key;        /* decoded */
	size_t at;
	struct span value;
};

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int r = n > 0 ? memcmp(x->key.p, y->key.p, n) : 0;

	if (r == 0)
		r = (x->key.n > y->key.n) - (x->key.n < y->key.n);
	return r != 0 ? r : (x->at > y->at) - (x->at < y->at);
}

/* A name that stands twice: the first place, the last value. */
static void
set_values(struct path_level *l, struct named *v, size_t n)
{
	struct span *values = xcalloc(n ? n : 1, sizeof *values);

	if (n > 0)
		qsort(v, n, sizeof *v, compare);
	for (size_t i = 0, first = 0; i < n; i++) {
		if (!span_eq(v[i].key, v[first].key))
			first = i;
		values[v[first].at] = v[i].value;
	}
	l->values = values;
	l->at = 0;
	l->n = n;
}

static void
open_object(struct path_level *l)
{
	struct arena a = { 0 };
	struct buf scratch = { 0 };
	struct named *v = NULL;
	struct json_member m;
	size_t n = 0, cap = 0;

	while (json_iter_next(&l->it, &m)) {
		struct span key = m.key;

		if (m.key_escaped) {
			buf_clear(&scratch);
			json_decode(&scratch, key);
			key = buf_span(&scratch);
			key.p = arena_strndup(&a, key);
		}
		v = xgrow(v, &cap, n + 1, sizeof *v);
		v[n] = (struct named){ key, n, m.value };
		n++;
	}
	set_values(l, v, n);
	free(v);
	buf_release(&scratch);
	arena_release(&a);
}

void
path_start(struct path_iter *it, const struct path *p, struct span json)
{
	it->path = p;
	it->in = json;
	it->begun = false;
	it->from = 0;
	it->top = 0;
	it->what[0] = '\0';
}

void
path_stop(struct path_iter *it)
{
	while (it->top > 0)
		free(it->levels[--it->top].values);
}

static bool
open_level(struct path_iter *it, size_t step, struct span v)
{
	struct path_level *l;

	if (*v.p != '{' && *v.p != '[') {
		snprintf(it->what, sizeof it->what, "cannot iterate over %s",
		    kind(v));
		path_stop(it);
		return false;
	}
	l = &it->levels[it->top++];
	l->step = step;
	l->values = NULL;
	json_iter_init(&l->it, v);
	if (l->it.object)
		open_object(l);
	return true;
}

/* The next value of the innermost iteration that has one. */
static bool
advance(struct path_iter *it, struct span *v, size_t *step)
{
	struct json_member m;

	for (; it->top > 0; free(it->levels[--it->top].values)) {
		struct path_level *l = &it->levels[it->top - 1];

		*step = l->step + 1;
		while (l->values != NULL && l->at < l->n)
			if (l->values[l->at++].p != NULL) {
				*v = l->values[l->at - 1];
				return true;
			}
		if (l->values == NULL && json_iter_next(&l->it, &m)) {
			*v = m.value;
			return true;
		}
	}
	return false;
}

static bool
index_key(struct path_iter *it, struct span *v, const char *key)
{
	if (*v->p == '{') {
		*v = member(*v, key);
		return true;
	}
	if (*v->p == 'n')
		return true;
	snprintf(it->what, sizeof it->what, "cannot index %s with \"%.64s\"",
	    kind(*v), key);
	path_stop(it);
	return false;
}

enum path_result
path_next(struct path_iter *it, struct span *out)
{
	const struct path *p = it->path;
	struct span v = it->in;
	size_t step = it->from;

	if (it->begun && !advance(it, &v, &step))
		return PATH_END;
	it->begun = true;
	for (;;) {
		for (; step < p->n && p->steps[step].key != NULL; step++)
			if (!index_key(it, &v, p->steps[step].key))
				return PATH_ERROR;
		if (step == p->n)
			break;
		if (!open_level(it, step, v))
			return PATH_ERROR;
		if (!advance(it, &v, &step))
			return PATH_END;
	}
	*out = v;
	return PATH_VALUE;
}

/* The members that the first steps name. */
static void
first_steps(const struct path *const p[], size_t n, struct span object,
    struct span value[])
{
	struct json_iter it;
	struct json_member m;

	for (size_t i = 0; i < n; i++)
		if (p[i] != NULL)
			value[i] = SPAN("null");
	json_iter_init(&it, object);
	while (json_iter_next(&it, &m))
		for (size_t i = 0; i < n; i++)
			if (p[i] != NULL && p[i]->n > 0 &&
			    json_key_is(&m, p[i]->steps[0].key))
				value[i] = m.value;
}

void
path_values(const struct path *const p[], size_t n, struct span json,
    struct span value[], bool wrong[])
{
	bool object = *json.p == '{';

	if (object)
		first_steps(p, n, json, value);
	for (size_t i = 0; i < n; i++) {
		struct path_iter it;

		if (p[i] == NULL)
			continue;
		path_start(&it, p[i], json);
		if (object && p[i]->n > 0) {
			it.from = 1;
			it.in = value[i];
		}
		wrong[i] = path_next(&it, &value[i]) != PATH_VALUE;
	}
}

bool
path_value(const struct path *p, struct span json, struct span *value)
{
	bool wrong = true;

	path_values(&p, 1, json, value, &wrong);
	return !wrong;
}

void
path_number(struct buf *out, struct span s)
{
	size_t whole = 0;
	jv text;

	while (whole < s.n && strchr(".eE", s.p[whole]) == NULL)
		whole++;
	if (whole == s.n) {
		buf_add_span(out, s);
		return;
	}
	text = jv_dump_string(jv_parse_sized(s.p, (int)s.n), 0);
	buf_puts(out, jv_string_value(text));
	jv_free(text);
}
