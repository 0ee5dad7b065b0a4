/* SPDX-License-Identifier: MIT */
#include "rules/jqvalue.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/impl.h"
#include "json/text.h"

enum {
	DEPTH = 256,            /* libjq reads no deeper */
	DIGITS = 15             /* of an integer that a double surely holds */
};

/* ---- to a value ---- */

struct level {
	jv value;               /* an array or object, so far */
	jv key;                 /* of what comes next */
};

struct reader {
	struct level open[DEPTH + 1];
	size_t n;
	const char *end;
	struct buf scratch;
};

/* Only within a container, whose close ends it at the latest. */
static const char *
blank(const char *p)
{
	while ((unsigned char)*p <= ' ')
		p++;
	return p;
}

/* The string whose opening quote is at p; the result is after it. */
static const char *
read_string(struct reader *r, const char *p, jv *out)
{
	bool escaped = false;
	const char *q = json_impl()->string_end(++p, r->end, &escaped);
	struct span s = { p, (size_t)(q - p) };

	if (escaped) {
		buf_clear(&r->scratch);
		json_decode(&r->scratch, s);
		s = buf_span(&r->scratch);
	}
	*out = s.n > 0 ? jv_string_sized(s.p, (int)s.n) : jv_string("");
	return q + 1;
}

static const char *
read_number(const char *p, jv *out)
{
	const char *from = p;
	bool minus = *p == '-';
	long long n = 0;
	struct span s;
	double d;

	for (p += minus; *p >= '0' && *p <= '9' && p - from < DIGITS; p++)
		n = n * 10 + (*p - '0');
	s = (struct span){ from, (size_t)(p - from) };
	if (strchr(".eE0123456789", *p) == NULL || *p == '\0') {
		*out = jv_number(minus ? -(double)n : (double)n);
		return p;
	}
	s.n += strspn(p, "+-.eE0123456789");
	*out = json_number_double(s, &d) ? jv_number(d) :
	    jv_string_sized(s.p, (int)s.n);
	return from + s.n;
}

/* The value at p. A container is opened only: the result is after its
 * bracket. */
static const char *
read_value(struct reader *r, const char *p, jv *out)
{
	switch (json_type_of(*p)) {
	case JSON_STRING:
		return read_string(r, p, out);
	case JSON_NUMBER:
		return read_number(p, out);
	case JSON_ARRAY:
		r->open[r->n++] = (struct level){ jv_array(), jv_invalid() };
		return p + 1;
	case JSON_OBJECT:
		r->open[r->n++] = (struct level){ jv_object(), jv_invalid() };
		return p + 1;
	case JSON_TRUE:
		*out = jv_true();
		return p + 4;
	case JSON_FALSE:
		*out = jv_false();
		return p + 5;
	default:
		*out = jv_null();
		return p + 4;
	}
}

static void
attach(struct level *l, jv v)
{
	if (jv_get_kind(l->value) == JV_KIND_ARRAY) {
		l->value = jv_array_append(l->value, v);
		return;
	}
	l->value = jv_object_set(l->value, l->key, v);
	l->key = jv_invalid();
}

/* After a value that stands in a container: ends what ends at p. true: *out
 * is the outermost. */
static bool
leave(struct reader *r, const char **p, jv *out)
{
	for (;;) {
		*p = blank(*p);
		if (**p == ',')
			++*p;
		if (**p != '}' && **p != ']')
			break;
		*out = r->open[--r->n].value;
		if (r->n == 0)
			return true;
		attach(&r->open[r->n - 1], *out);
		++*p;
	}
	*p = blank(*p);
	return false;
}

static jv
read_valid(struct reader *r, const char *p)
{
	jv v = jv_invalid();
	size_t before;

	for (;;) {
		struct level *l = r->n > 0 ? &r->open[r->n - 1] : NULL;

		if (l != NULL && jv_get_kind(l->value) == JV_KIND_OBJECT) {
			p = read_string(r, p, &l->key);
			p = blank(blank(p) + 1);
		}
		before = r->n;
		p = read_value(r, p, &v);
		if (r->n == before && l == NULL)
			return v;
		if (r->n == before)
			attach(l, v);
		if (leave(r, &p, &v))
			return v;
	}
}

jv
jqvalue_read(struct span text)
{
	struct reader *r;
	struct json_error je;
	struct span value;
	jv v;

	if (text.n == 0)
		return jv_null();
	if (json_value_scan(text, DEPTH, &value, NULL, &je) != 0)
		return jv_parse_sized(text.p, (int)text.n);
	r = xmalloc(sizeof *r);
	r->n = 0;
	r->end = value.p + value.n;
	r->scratch = (struct buf){ 0 };
	v = read_valid(r, value.p);
	buf_release(&r->scratch);
	free(r);
	return v;
}

/* ---- to a text ---- */

struct opened {
	jv value;
	int at;                 /* an index, or an object's iterator */
	bool object, begun;
};

struct writer {
	struct buf *out;
	struct opened *open;
	size_t n, cap;
};

static void
put_dumped(struct buf *out, jv v)
{
	jv text = jv_dump_string(jv_copy(v), 0);

	buf_add(out, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

static void
put_string(struct buf *out, jv s)
{
	struct span text = { jv_string_value(s),
		(size_t)jv_string_length_bytes(jv_copy(s)) };

	/* only libjq writes it as an escape */
	if (memchr(text.p, '\x7f', text.n) != NULL)
		put_dumped(out, s);
	else
		json_put_string(out, text);
}

static void
put_number(struct buf *out, jv v)
{
	static const double most = 1e15;
	double d = jv_number_value(v);

	if (d > -most && d < most && d == trunc(d) && (d != 0 ||
	    !signbit(d))) {
		if (d < 0)
			buf_putc(out, '-');
		json_put_u64(out, (uint64_t)fabs(d));
		return;
	}
	put_dumped(out, v);
}

/* Adds a value, which is freed; of a container its bracket, and the rest is
 * to come. */
static void
put_value(struct writer *w, jv v)
{
	bool object = jv_get_kind(v) == JV_KIND_OBJECT;

	switch (jv_get_kind(v)) {
	case JV_KIND_ARRAY: case JV_KIND_OBJECT:
		buf_putc(w->out, object ? '{' : '[');
		w->open = xgrow(w->open, &w->cap, w->n + 1, sizeof *w->open);
		w->open[w->n++] = (struct opened){ v, object ?
			jv_object_iter(v) : 0, object, false };
		return;
	case JV_KIND_STRING:
		put_string(w->out, v);
		break;
	case JV_KIND_NUMBER:
		put_number(w->out, v);
		break;
	case JV_KIND_TRUE:
		buf_add(w->out, "true", 4);
		break;
	case JV_KIND_FALSE:
		buf_add(w->out, "false", 5);
		break;
	default:
		buf_add(w->out, "null", 4);
	}
	jv_free(v);
}

/* The next value of the innermost container, its key written. false: there
 * is none. */
static bool
next(struct writer *w, struct opened *o, jv *v)
{
	jv key;

	if (o->object ? !jv_object_iter_valid(o->value, o->at) :
	    o->at >= jv_array_length(jv_copy(o->value)))
		return false;
	if (o->begun)
		buf_putc(w->out, ',');
	o->begun = true;
	if (!o->object) {
		*v = jv_array_get(jv_copy(o->value), o->at++);
		return true;
	}
	key = jv_object_iter_key(o->value, o->at);
	put_string(w->out, key);
	jv_free(key);
	buf_putc(w->out, ':');
	*v = jv_object_iter_value(o->value, o->at);
	o->at = jv_object_iter_next(o->value, o->at);
	return true;
}

bool
jqvalue_write(struct buf *out, jv v, size_t max)
{
	struct writer w = { .out = out };
	size_t start = out->n;
	bool fits = true;

	put_value(&w, v);
	while (w.n > 0) {
		struct opened *o = &w.open[w.n - 1];

		fits = fits && out->n - start <= max;
		if (fits && next(&w, o, &v)) {
			put_value(&w, v);
			continue;
		}
		buf_putc(out, o->object ? '}' : ']');
		jv_free(o->value);
		w.n--;
	}
	free(w.open);
	return fits && out->n - start <= max;
}
