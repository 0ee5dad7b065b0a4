/* SPDX-License-Identifier: MIT */
#include "source/rest/deep.h"

#include "json/text.h"

/* Stands for what was cut off; TRACE comes through a program as it is, even
 * one that makes a text of JSON. */
#define TRACE "u0001nested too deep"
static const char mark[] = "\"\\" TRACE "\"";

/* Behind a string. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

/* Behind a list or an object. */
static const char *
value_end(const char *p, const char *end)
{
	size_t level = 0;

	do {
		if (*p == '"') {
			p = string_end(p, end);
			continue;
		}
		level += *p == '[' || *p == '{';
		level -= *p == ']' || *p == '}';
		p++;
	} while (level > 0 && p < end);
	return p;
}

/* Until out has that much. How far it came in the text. */
static size_t
put_cut(struct buf *out, struct span text, size_t most)
{
	const char *p = text.p, *end = p + text.n, *next;
	unsigned level = 0;

	for (; p < end && out->n < most; p = next) {
		bool opens = *p == '[' || *p == '{';

		if (opens && level == DEEP_LEVELS) {
			buf_puts(out, mark);
			next = value_end(p, end);
			continue;
		}
		level += opens;
		level -= *p == ']' || *p == '}';
		next = *p == '"' ? string_end(p, end) : p + 1;
		buf_add(out, p, (size_t)(next - p));
	}
	return (size_t)(p - text.p);
}

/* Where in the text is what stands there in what was made of it? */
static size_t
place_of(struct span text, size_t offset)
{
	struct buf cut = { 0 };
	size_t place = put_cut(&cut, text, offset);

	place -= cut.n - offset;
	buf_release(&cut);
	return place;
}

/* However deep it is: what is cut off has to end, and no more. */
int
deep_put(struct buf *out, struct span text, struct json_error *e)
{
	struct buf cut = { 0 };
	struct span value;
	int r = json_value_scan(text, DEEP_LEVELS, &value, NULL, e);

	if (r != 0 && e->fault == JSON_DEEP) {
		put_cut(&cut, text, SIZE_MAX);
		buf_pad(&cut);
		r = json_value_scan(buf_span(&cut), DEEP_LEVELS, &value, NULL,
		    e);
		if (r != 0)
			e->offset = place_of(text, e->offset);
	}
	if (r == 0)
		json_put_repaired(out, value);
	buf_release(&cut);
	return r;
}

bool
deep_is_cut(struct span json)
{
	return memmem(json.p, json.n, TRACE, sizeof TRACE - 1) != NULL;
}
