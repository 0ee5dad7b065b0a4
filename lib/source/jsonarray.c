/* SPDX-License-Identifier: MIT */
#include "source/jsonarray.h"

#include "json/text.h"

enum { CHUNK = 256 << 10, KEY_MAX_BYTES = 64 << 10 };
enum { AT_END = -1, AT_ERROR = -2 };    /* in place of a character */

void
jsonarray_init(struct jsonarray *a,
    ssize_t (*read)(void *ctx, void *p, size_t n), void *ctx, size_t max)
{
	*a = (struct jsonarray){ .read = read, .ctx = ctx, .max = max };
	buf_reserve(&a->b, CHUNK);
}

void
jsonarray_release(struct jsonarray *a)
{
	buf_release(&a->b);
	buf_release(&a->key);
}

/* Moves the mark there and counts. */
static void
count_lines(struct jsonarray *a, size_t to)
{
	const char *p = a->b.p + a->mark, *end = a->b.p + to;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		a->lines++;
		p++;
	}
	if (a->mark < to)
		a->mark = to;
}

static void
set_line(struct jsonarray *a, size_t at)
{
	count_lines(a, at);
	a->line = a->lines + 1;
}

/* Reads more behind what is from keep on, which moves to the front. */
static int
fill(struct jsonarray *a, size_t keep)
{
	ssize_t k;

	count_lines(a, keep);
	a->mark -= keep;
	a->pos -= keep;
	a->b.n -= keep;
	memmove(a->b.p, a->b.p + keep, a->b.n);
	buf_reserve(&a->b, CHUNK);
	k = a->read(a->ctx, a->b.p + a->b.n, CHUNK);
	if (k < 0)
		return -1;
	a->eof = k == 0;
	a->b.n += (size_t)k;
	memset(a->b.p + a->b.n, 0, BUF_PAD);
	return 0;
}

/* The next character that is not white space; it is not taken. */
static int
peek(struct jsonarray *a)
{
	for (;;) {
		for (; a->pos < a->b.n; a->pos++) {
			char c = a->b.p[a->pos];

			if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
				return (unsigned char)c;
		}
		if (a->eof)
			return AT_END;
		if (fill(a, a->pos) != 0)
			return AT_ERROR;
	}
}

static enum jsonarray_result
bad(struct jsonarray *a, const char *what)
{
	set_line(a, a->pos);
	a->what = what;
	a->over = true;
	return ARRAY_BAD;
}

/* What is wrong if c, as peek gave it, is not what should stand here. */
static enum jsonarray_result
unexpected(struct jsonarray *a, int c, const char *what)
{
	if (c == AT_ERROR)
		return ARRAY_ERROR;
	return bad(a, c == AT_END ? "JSON cut short" : what);
}

struct shape {
	size_t level;
	bool string, escape, plain;     /* plain: neither string nor bracket */
};

/* One byte of a value; true: it was the last. */
static bool
advance(struct shape *s, char c)
{
	if (s->string) {
		if (s->escape)
			s->escape = false;
		else if (c == '\\')
			s->escape = true;
		else if (c == '"')
			s->string = false;
	} else if (c == '"') {
		s->string = true;
	} else if (c == '{' || c == '[') {
		s->level++;
	} else if (c == '}' || c == ']') {
		s->level--;
	}
	return !s->string && s->level == 0;
}

static bool
ends_plain(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' ||
	    c == '\r' || c == '\t' || c == ':';
}

/* Over what is there of a value; true: its end was met. */
static bool
pass(struct jsonarray *a, struct shape *s)
{
	const char *p = a->b.p + a->pos, *end = a->b.p + a->b.n;
	bool last = false;

	if (s->plain) {
		while (p < end && !ends_plain(*p))
			p++;
		last = p < end;
	} else {
		while (p < end && !last)
			last = advance(s, *p++);
	}
	a->pos = (size_t)(p - a->b.p);
	return last;
}

/* The value that begins at pos; pos is behind it afterwards. out NULL: it is
 * passed over, however long. */
static enum jsonarray_result
take_value(struct jsonarray *a, size_t max, struct span *out)
{
	size_t start = a->pos;
	char c = a->b.p[start];
	struct shape s = { .plain = c != '"' && c != '{' && c != '[' };
	bool keep = out != NULL;

	set_line(a, start);
	while (!pass(a, &s)) {
		if (a->eof && s.plain)
			break;
		if (a->eof)
			return bad(a, "JSON cut short");
		keep = keep && a->pos - start <= max;
		if (fill(a, keep ? start : a->pos) != 0)
			return ARRAY_ERROR;
		start = 0;
	}
	if (out == NULL)
		return ARRAY_ELEMENT;
	if (!keep || a->pos - start > max)
		return ARRAY_LONG;
	*out = (struct span){ a->b.p + start, a->pos - start };
	return ARRAY_ELEMENT;
}

/* Takes a member's key and its colon; does it lead on along the path? */
static enum jsonarray_result
take_key(struct jsonarray *a, bool *leads)
{
	enum jsonarray_result r;
	struct json_error e;
	struct span key;
	int c = peek(a);

	if (c != '"')
		return unexpected(a, c, "no key");
	r = take_value(a, KEY_MAX_BYTES, &key);
	if (r == ARRAY_LONG)
		return bad(a, "a key too long");
	if (r != ARRAY_ELEMENT)
		return r;
	if (json_value_scan(key, 1, NULL, NULL, &e) != 0)
		return bad(a, json_fault_text(e.fault));
	buf_clear(&a->key);
	json_decode(&a->key, (struct span){ key.p + 1, key.n - 2 });
	*leads = span_eq(buf_span(&a->key), a->keys[a->level - 1]);
	c = peek(a);
	if (c != ':')
		return unexpected(a, c, "no colon after a key");
	a->pos++;
	return ARRAY_ELEMENT;
}

/* The value of a key on the path: the next object of it, or the array. */
static enum jsonarray_result
enter(struct jsonarray *a)
{
	bool last = a->level == a->nkeys;
	int c = peek(a);

	if (c != (last ? '[' : '{'))
		return unexpected(a, c, last ?
		    "there is no array at the end of items" :
		    "there is no object on the way to items");
	if (a->level > 0 && a->seen[a->level - 1])
		return bad(a, "a key of items stands twice");
	if (a->level > 0)
		a->seen[a->level - 1] = true;
	a->pos++;
	a->first = true;
	a->inside = last;
	a->level += !last;
	return ARRAY_ELEMENT;
}

/* One step in the objects of the path: a member, or the closing bracket. */
static enum jsonarray_result
step(struct jsonarray *a)
{
	enum jsonarray_result r;
	bool leads = false;
	int c = peek(a);

	if (c == '}') {
		a->pos++;
		a->level--;
		a->first = false;
		return ARRAY_ELEMENT;
	}
	if (!a->first && c != ',')
		return unexpected(a, c, "no comma between members");
	a->pos += !a->first;
	a->first = false;
	r = take_key(a, &leads);
	if (r != ARRAY_ELEMENT)
		return r;
	if (leads)
		return enter(a);
	c = peek(a);
	if (c < 0 || ends_plain((char)c))
		return unexpected(a, c, "a key without a value");
	return take_value(a, 0, NULL);
}

static enum jsonarray_result
finish(struct jsonarray *a)
{
	int c = peek(a);

	if (c == AT_ERROR)
		return ARRAY_ERROR;
	if (c != AT_END)
		return bad(a, "bytes after the JSON value");
	if (a->nkeys > 0 && !a->seen[a->nkeys - 1])
		return bad(a, "items is not there");
	a->over = true;
	return ARRAY_END;
}

static enum jsonarray_result
element(struct jsonarray *a, struct span *out)
{
	int c = peek(a);

	if (c == ']') {
		a->pos++;
		a->inside = a->first = false;
		return ARRAY_END;
	}
	if (!a->first) {
		if (c != ',')
			return unexpected(a, c, "no comma between elements");
		a->pos++;
		c = peek(a);
	}
	a->first = false;
	if (c < 0 || ends_plain((char)c))
		return unexpected(a, c, "a comma without an element");
	return take_value(a, a->max, out);
}

/* Over a byte order mark. -1: reading failed. */
static int
skip_mark(struct jsonarray *a)
{
	while (a->b.n < 3 && !a->eof)
		if (fill(a, 0) != 0)
			return -1;
	if (a->b.n >= 3 && memcmp(a->b.p, "\xef\xbb\xbf", 3) == 0)
		a->pos = 3;
	return 0;
}

/* The first bracket, or the whole text if that is one object. */
static enum jsonarray_result
begin(struct jsonarray *a, struct span *out, bool *whole)
{
	int c = skip_mark(a) != 0 ? AT_ERROR : peek(a);

	a->begun = true;
	*whole = a->nkeys == 0 && c == '{';
	if (*whole)
		return take_value(a, a->max, out);
	if (a->nkeys == 0 && c != '[')
		return unexpected(a, c, "neither an array nor an object");
	return enter(a);
}

enum jsonarray_result
jsonarray_next(struct jsonarray *a, struct span *out)
{
	enum jsonarray_result r = ARRAY_ELEMENT;
	bool whole;

	if (a->over)
		return ARRAY_END;
	if (!a->begun) {
		r = begin(a, out, &whole);
		if (whole || r != ARRAY_ELEMENT)
			return r;
	}
	for (;;) {
		if (a->inside) {
			r = element(a, out);
			if (r != ARRAY_END)
				return r;
			continue;
		}
		if (a->level == 0)
			return finish(a);
		r = step(a);
		if (r != ARRAY_ELEMENT)
			return r;
	}
}

/* "..." of a path to its key, in place. */
static const char *
quoted_key(char **p, struct span *key)
{
	struct json_error e;
	struct buf in = { 0 }, out = { 0 };
	char *end = *p + 1;
	bool good;

	while (*end != '\0' && *end != '"')
		end += *end == '\\' && end[1] != '\0' ? 2 : 1;
	end += *end == '"';
	buf_add(&in, *p, (size_t)(end - *p));
	buf_pad(&in);
	good = json_value_scan(buf_span(&in), 1, NULL, NULL, &e) == 0;
	if (good) {
		json_decode(&out, (struct span){ in.p + 1, in.n - 2 });
		*key = (struct span){ *p, out.n };
		memcpy(*p, out.p ? out.p : "", out.n);
		*p = end;
	}
	buf_release(&in);
	buf_release(&out);
	return good ? NULL : "has a quoted key that is no JSON string";
}

const char *
jsonarray_path(char *p, struct span keys[JSONARRAY_KEYS], size_t *n)
{
	*n = 0;
	if (streq(p, "."))
		return NULL;
	do {
		const char *why;

		if (*p++ != '.')
			return "is not a path like .a.b";
		if (*n == JSONARRAY_KEYS)
			return "has too many keys";
		if (*p == '"') {
			why = quoted_key(&p, &keys[*n]);
			if (why != NULL)
				return why;
		} else {
			keys[*n] = (struct span){ p, strcspn(p, ".") };
			p += keys[*n].n;
			if (keys[*n].n == 0 || memchr(keys[*n].p, '[',
			    keys[*n].n) != NULL)
				return "is not a path like .a.b";
		}
		++*n;
	} while (*p != '\0');
	return NULL;
}
