/* SPDX-License-Identifier: MIT */
#include "source/rest/words.h"

#include <strings.h>

#include "base/msg.h"
#include "json/val.h"

/* A longer body is read only so far, and not as JSON. */
enum { BODY_MAX = 256 << 10, DEPTH = 64, LEVELS = 4 };

/* ---- JSON ---- */

/* What products call it; the first that holds a text has the say. */
static const char *const names[] = { "error_description", "message", "error",
	"errors", "errorMessages", "detail", "description", "title", "info",
	"reason", "value", "code", NULL };

static const char *
text_in(const struct val *v, unsigned levels)
{
	const char *text = val_cstr(v);

	if (v == NULL || levels == 0)
		return NULL;
	if (text != NULL)
		return *text != '\0' ? text : NULL;
	if (v->type == JSON_ARRAY)
		return v->n > 0 ? text_in(v->items[0], levels - 1) : NULL;
	for (size_t i = 0; text == NULL && names[i] != NULL; i++)
		text = text_in(val_get(v, names[i]), levels - 1);
	return text;
}

/* Of an object without any of the names: its only member's, as in
 * {"errors":{"title":"is missing"}}. */
static const char *
text_of(const struct val *v)
{
	const struct val *errors = val_get(v, "errors");
	const char *text = text_in(v, LEVELS);

	if (text == NULL && errors != NULL && errors->type == JSON_OBJECT &&
	    errors->n > 0)
		text = text_in(errors->members[0].value, LEVELS);
	return text;
}

/* "invalid_grant: Token was revoked" */
static void
put_json(struct buf *out, const struct val *v)
{
	const char *error = val_cstr(val_get(v, "error"));
	const char *text = text_of(v);

	if (error != NULL && text != NULL && *error != '\0' &&
	    !streq(error, text))
		buf_printf(out, "%s: ", error);
	if (text != NULL)
		buf_puts(out, text);
}

/* ---- other bodies ---- */

static const char *
find(struct span s, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, what, n) == 0)
			return s.p + i;
	return NULL;
}

static void
put_title(struct buf *out, struct span page)
{
	const char *from = find(page, "<title"), *end = page.p + page.n, *to;

	if (from != NULL)
		from = memchr(from, '>', (size_t)(end - from));
	if (from == NULL)
		return;
	from++;
	to = find((struct span){ from, (size_t)(end - from) }, "</title");
	if (to != NULL)
		buf_add(out, from, (size_t)(to - from));
}

static void
put_body(struct buf *out, struct span body)
{
	struct arena a = { 0 };
	struct val_error bad;
	const struct val *v = NULL;
	size_t blank = 0;

	while (blank < body.n && strchr(" \t\r\n", body.p[blank]) != NULL)
		blank++;
	body = (struct span){ body.p + blank, body.n - blank };
	if (body.n == 0 || *body.p == '\0')
		return;
	if (body.n <= BODY_MAX)
		v = val_parse(&a, body, DEPTH, false, &bad);
	if (v != NULL)
		put_json(out, v);
	else if (*body.p == '<')
		put_title(out, body);
	else if (*body.p != '{' && *body.p != '[')
		buf_add_span(out, body);
	arena_release(&a);
}

/* How many blanks there are at p; *lines: not of a line alone. */
static size_t
blanks(const char *p, size_t n, bool *lines)
{
	size_t k = 0;

	for (*lines = false; k < n && (p[k] == ' ' || (p[k] >= '\t' &&
	    p[k] <= '\r')); k++)
		*lines = *lines || p[k] != ' ';
	return k;
}

/* Lines are joined by a blank. Blanks alone stay as they are: a secret may
 * have some. */
static void
fold(struct buf *b)
{
	size_t n = 0;
	bool lines;

	for (size_t i = 0, k; i < b->n; i += k) {
		k = blanks(b->p + i, b->n - i, &lines);
		if (lines) {
			b->p[n++] = ' ';
			continue;
		}
		k += k == 0;
		memmove(b->p + n, b->p + i, k);
		n += k;
	}
	while (n > 0 && b->p[n - 1] == ' ')
		n--;
	b->n = n;
}

struct words
words_of(struct span body)
{
	struct words w = { "" };
	struct buf said = { 0 };

	if (body.n > 0)
		put_body(&said, body.n > BODY_MAX ?
		    (struct span){ body.p, BODY_MAX } : body);
	if (said.n > 0)
		fold(&said);
	if (said.n > 0) {
		memcpy(w.text, ": ", 2);
		/* masked as a whole, then cut */
		msg_clean(w.text + 2, WORDS_MAX + 1, buf_span(&said));
	}
	buf_release(&said);
	return w;
}
