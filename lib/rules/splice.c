/* SPDX-License-Identifier: MIT */
#include "rules/splice.h"

#include "json/text.h"
#include "stream/record.h"

static const char *const head[] = { "_id", "_timestamp", "_stream" };
enum { HEADS = sizeof head / sizeof *head };

/* ---- in ---- */

/* After the closing quote of the string that begins at p. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

static bool
in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
	    c == 'e' || c == 'E';
}

/* The next number in a valid text, n = 0 at its end. */
static struct span
next_number(const char *p, const char *end)
{
	const char *q;

	while (p < end && *p != '-' && (*p < '0' || *p > '9')) {
		if (*p == '"')
			p = skip_string(p, end);
		else
			p++;
	}
	for (q = p; q < end && in_number(*q); q++)
		continue;
	return (struct span){ p, q > p ? (size_t)(q - p) : 0 };
}

static bool
is_rounded(struct span s)
{
	double d;

	/* 2^53 has 16 digits */
	return (s.n >= 16 || memchr(s.p, 'e', s.n) || memchr(s.p, 'E', s.n)) &&
	    !json_number_double(s, &d);
}

bool
splice_rounded_numbers(struct buf *out, struct span text)
{
	const char *end = text.p + text.n, *done = text.p;
	struct span s = next_number(text.p, end);

	for (; s.n > 0; s = next_number(s.p + s.n, end)) {
		if (!is_rounded(s))
			continue;
		buf_add(out, done, (size_t)(s.p - done));
		buf_putc(out, '"');
		buf_add_span(out, s);
		buf_putc(out, '"');
		done = s.p + s.n;
	}
	if (done == text.p)
		return false;
	buf_add(out, done, (size_t)(end - done));
	return true;
}

/* ---- out ---- */

static bool
is_head(const struct json_member *m)
{
	for (int i = 0; i < HEADS; i++)
		if (json_key_is(m, head[i]))
			return true;
	return false;
}

/* libjq writes keys without escapes where none is needed. */
static bool
is_reserved(const struct json_member *m)
{
	return m->key.n > 0 && m->key.p[0] == '_' &&
	    (m->key.n == 1 || m->key.p[1] != '_');
}

static void
add_member(struct buf *out, const char *name, const struct json_member *m)
{
	if (out->p[out->n - 1] != '{')
		buf_putc(out, ',');
	buf_putc(out, '"');
	if (name)
		buf_puts(out, name);
	else
		buf_add_span(out, m->key);
	buf_puts(out, "\":");
	buf_add_span(out, m->value);
}

static void
add_head(struct buf *out, const struct json_object *doc)
{
	for (int i = 0; i < HEADS; i++) {
		const struct json_member *m = json_find(doc, head[i], NULL);

		if (m)
			add_member(out, head[i], m);
	}
}

static const char *
splice(struct buf *out, const struct json_object *doc,
    const struct json_object *made)
{
	buf_putc(out, '{');
	add_head(out, doc);
	for (size_t i = 0; i < made->n; i++) {
		const struct json_member *m = &made->v[i];

		if (is_head(m))
			continue;
		if (is_reserved(m))
			return "the map made a key that begins with one _";
		add_member(out, NULL, m);
	}
	buf_putc(out, '}');
	return out->n > STREAM_LINE_MAX ? "the map's result is too long" : NULL;
}

const char *
splice_head(struct buf *out, struct span line, struct span made)
{
	struct json_object doc = { 0 }, result = { 0 };
	struct json_error je = { 0 };
	const char *what = "the map's result is not a document";

	if (json_object_scan(made, JSON_DEPTH, &result, &je) != 0) {
		if (je.fault == JSON_DEEP)
			what = "the map's result is nested too deep";
	} else if (json_object_scan(line, JSON_DEPTH, &doc, &je) == 0) {
		what = splice(out, &doc, &result);
	}
	json_object_release(&doc);
	json_object_release(&result);
	return what;
}
