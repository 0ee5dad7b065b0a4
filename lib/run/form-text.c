/* SPDX-License-Identifier: MIT */
#include "run/form.h"

#include <ctype.h>
#include <strings.h>

enum { OPEN_MAX = 8, TAG_MAX = 8 };

void
form_escape(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else if (c == '\'')
			buf_puts(out, "&#39;");
		else if (c == '\n')
			buf_putc(out, '\n');
		else
			buf_putc(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
}

void
form_attribute(struct buf *out, const char *name, struct span value)
{
	if (value.p == NULL)
		return;
	buf_printf(out, " %s=\"", name);
	form_escape(out, value);
	buf_putc(out, '"');
}

struct span
form_plain(const struct val *v, struct buf *scratch)
{
	buf_clear(scratch);
	if (v == NULL)
		return (struct span){ NULL, 0 };
	if (v->type == JSON_STRING)
		return v->str;
	val_write(scratch, v);
	return buf_span(scratch);
}

/* ---- what stands between the words of a description ---- */

struct inline_text {
	struct buf *out;
	const char *open[OPEN_MAX];     /* what is to be closed */
	size_t n;
};

static bool
is_open(const struct inline_text *t, const char *tag)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->open[i], tag))
			return true;
	return false;
}

static void
close_to(struct inline_text *t, size_t n)
{
	while (t->n > n)
		buf_printf(t->out, "</%s>", t->open[--t->n]);
}

/* Closes the innermost of that name and what was left open in it. */
static void
close_tag(struct inline_text *t, const char *tag)
{
	for (size_t i = t->n; i-- > 0;)
		if (streq(t->open[i], tag)) {
			close_to(t, i);
			return;
		}
}

static bool
open_tag(struct inline_text *t, const char *tag)
{
	if (t->n == OPEN_MAX || is_open(t, tag))
		return false;
	t->open[t->n++] = tag;
	return true;
}

static bool
is_web(struct span url)
{
	return (url.n > 7 && strncasecmp(url.p, "http://", 7) == 0) ||
	    (url.n > 8 && strncasecmp(url.p, "https://", 8) == 0);
}

/* Opens a link, if it is one that may be followed. */
static bool
open_link(struct inline_text *t, struct span url)
{
	if (!is_web(url) || !open_tag(t, "a"))
		return false;
	buf_puts(t->out, "<a rel=\"noreferrer\"");
	form_attribute(t->out, "href", url);
	buf_putc(t->out, '>');
	return true;
}

/* The value of an attribute among a tag's words; p NULL: it is not there. */
static struct span
href_of(struct span words)
{
	for (size_t i = 0; i + 6 < words.n; i++) {
		const char *p = words.p + i + 6;
		size_t left = words.n - i - 6;
		const char *end;

		if (strncasecmp(words.p + i, "href=", 5) != 0 ||
		    (p[-1] != '"' && p[-1] != '\''))
			continue;
		end = memchr(p, p[-1], left);
		if (end != NULL)
			return (struct span){ p, (size_t)(end - p) };
	}
	return (struct span){ NULL, 0 };
}

/* The name in lower case; "": too long to be one of ours. */
static void
tag_name(struct span s, char name[TAG_MAX])
{
	size_t n = 0;

	while (n < s.n && isalnum((unsigned char)s.p[n]))
		n++;
	if (n >= TAG_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)s.p[i]);
	name[n] = '\0';
}

/* Tags that only part the lines. */
static bool
parting(struct inline_text *t, const char *name, bool end)
{
	if (streq(name, "ul") || streq(name, "ol"))
		return true;
	if (streq(name, "br") || (end && streq(name, "p")))
		buf_puts(t->out, "<br>");
	else if (!end && streq(name, "li"))
		buf_puts(t->out, "<br>&#8226; ");
	else
		return streq(name, "p") || streq(name, "li");
	return true;
}

/* A tag of the few; how many bytes it has. 0: it is text. */
static size_t
html(struct inline_text *t, struct span s)
{
	static const char *const plain[] = { "b", "strong", "i", "em",
		"code" };
	const char *gt = memchr(s.p, '>', s.n);
	bool end = s.n > 1 && s.p[1] == '/';
	size_t from = end ? 2 : 1, n;
	char name[TAG_MAX];

	if (gt == NULL || (n = (size_t)(gt - s.p) + 1) <= from)
		return 0;
	tag_name((struct span){ s.p + from, n - from - 1 }, name);
	if (parting(t, name, end))
		return n;
	if (streq(name, "a") && end)
		close_tag(t, "a");
	else if (streq(name, "a"))
		return open_link(t, href_of((struct span){ s.p, n })) ? n : 0;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		if (!streq(name, plain[i]))
			continue;
		if (end)
			close_tag(t, plain[i]);
		else if (open_tag(t, plain[i]))
			buf_printf(t->out, "<%s>", plain[i]);
		return n;
	}
	return end && streq(name, "a") ? n : 0;
}

static void
wrapped(struct inline_text *t, const char *tag, struct span s)
{
	buf_printf(t->out, "<%s>", tag);
	form_escape(t->out, s);
	buf_printf(t->out, "</%s>", tag);
}

/* [words](address) */
static size_t
link_of(struct inline_text *t, struct span s)
{
	const char *mid = memchr(s.p, ']', s.n), *end;
	struct span url;

	if (mid == NULL || mid + 1 >= s.p + s.n || mid[1] != '(')
		return 0;
	end = memchr(mid, ')', s.n - (size_t)(mid - s.p));
	if (end == NULL)
		return 0;
	url = (struct span){ mid + 2, (size_t)(end - mid) - 2 };
	if (!open_link(t, url))
		return 0;
	form_escape(t->out, (struct span){ s.p + 1,
	    (size_t)(mid - s.p) - 1 });
	close_tag(t, "a");
	return (size_t)(end - s.p) + 1;
}

/* `code`, **strong** and [words](address). */
static size_t
markdown(struct inline_text *t, struct span s)
{
	size_t mark = s.p[0] == '*' ? 2 : 1;

	if (s.p[0] == '[')
		return link_of(t, s);
	if (mark == 2 && (s.n < 5 || s.p[1] != '*' || s.p[2] == ' '))
		return 0;
	for (size_t i = mark + 1; i + mark <= s.n; i++)
		if (memcmp(s.p + i, s.p, mark) == 0) {
			wrapped(t, mark == 2 ? "strong" : "code", (struct span){
			    s.p + mark, i - mark });
			return i + mark;
		}
	return 0;
}

/* An entity that a writer of HTML cannot do without. */
static size_t
entity(struct inline_text *t, struct span s)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;",
		"&quot;", "&#39;", "&nbsp;" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_starts(s, span_of(known[i]))) {
			buf_puts(t->out, known[i]);
			return strlen(known[i]);
		}
	return 0;
}

void
form_text(struct buf *out, struct span s)
{
	struct inline_text t = { .out = out };

	while (s.n > 0) {
		size_t n = 0;

		if (s.p[0] == '<')
			n = html(&t, s);
		else if (s.p[0] == '&')
			n = entity(&t, s);
		else if (strchr("`*[", s.p[0]) != NULL && s.p[0] != '\0')
			n = markdown(&t, s);
		if (n == 0)
			form_escape(out, (struct span){ s.p, n = 1 });
		s = (struct span){ s.p + n, s.n - n };
	}
	close_to(&t, 0);
}
