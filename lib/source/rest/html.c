/* SPDX-License-Identifier: MIT */
#include "source/rest/html.h"

#include <stdlib.h>
#include <strings.h>

#include "source/rest/entity.h"
#include "source/rest/flow.h"

/* A tag's name and what stands between it and its >. */
struct tag {
	struct span name, attributes;
	bool end, closed;       /* </a>, <a/> */
};

struct html {
	const char *p, *end;
	bool quotes;            /* a quoted value may hold > */
	bool tags;              /* there may be tags ahead */
	struct span skip;       /* an element that is not shown, */
	size_t depth;           /* and how many of its name are open */
	struct span link;       /* what a link shows if it has no text */
	struct flow flow;
};

enum what {
	INLINE, BLOCK, PARAGRAPH, LINE, RULE, PRE, LIST, ORDERED, ITEM, TABLE,
	ROW, CELL, IMAGE, EMOTICON, LINK, LINK_BODY, TARGET, TIME, PARAMETER,
	SKIP,
	RAW             /* not shown, and no markup until its end */
};

static const struct element {
	const char *name;
	enum what what;
} elements[] = {
	{ "p", PARAGRAPH }, { "br", LINE }, { "div", BLOCK }, { "li", ITEM },
	{ "td", CELL }, { "th", CELL }, { "tr", ROW }, { "ul", LIST },
	{ "ol", ORDERED }, { "table", TABLE }, { "img", IMAGE },
	{ "pre", PRE }, { "script", RAW }, { "style", RAW },
	{ "h1", PARAGRAPH }, { "h2", PARAGRAPH }, { "h3", PARAGRAPH },
	{ "h4", PARAGRAPH }, { "h5", PARAGRAPH }, { "h6", PARAGRAPH },
	{ "hr", RULE }, { "blockquote", PARAGRAPH }, { "dl", PARAGRAPH },
	{ "dt", BLOCK }, { "dd", BLOCK }, { "section", BLOCK },
	{ "article", BLOCK }, { "header", BLOCK }, { "footer", BLOCK },
	{ "main", BLOCK }, { "nav", BLOCK }, { "aside", BLOCK },
	{ "address", BLOCK }, { "form", BLOCK }, { "fieldset", BLOCK },
	{ "legend", BLOCK }, { "figure", BLOCK }, { "figcaption", BLOCK },
	{ "details", BLOCK }, { "summary", BLOCK }, { "center", BLOCK },
	{ "option", BLOCK }, { "caption", BLOCK }, { "title", PARAGRAPH },
	{ "body", BLOCK }, { "textarea", PRE }, { "listing", PRE },
	{ "xmp", PRE }, { "template", SKIP }, { "svg", SKIP },
	{ "iframe", RAW }, { "noembed", RAW }, { "noframes", RAW },
	{ "time", TIME },
	/* storage formats */
	{ "ac:parameter", PARAMETER }, { "ac:plain-text-body", PRE },
	{ "ac:rich-text-body", BLOCK }, { "ac:layout-cell", BLOCK },
	{ "ac:link", LINK }, { "ac:link-body", LINK_BODY },
	{ "ac:plain-text-link-body", LINK_BODY }, { "ri:page", TARGET },
	{ "ri:blog-post", TARGET }, { "ri:attachment", TARGET },
	{ "ac:image", IMAGE }, { "ac:emoticon", EMOTICON },
	{ "ac:task-list", LIST }, { "ac:task", ITEM }, { "ac:task-id", SKIP },
	{ "ac:task-uuid", SKIP }, { "ac:task-status", SKIP },
	{ "ac:placeholder", SKIP }, { "ac:adf-attribute", SKIP },
	{ "ac:adf-fallback", SKIP }
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
named(struct span s, const char *name)
{
	return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

static enum what
what_is(struct span name)
{
	char first = name.n > 0 ? (char)(*name.p | 0x20) : '\0';

	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (*elements[i].name == first && named(name, elements[i].name))
			return elements[i].what;
	return INLINE;
}

/* The attribute at *p, which moves behind it; false: there is none before the
 * > at *p, or end. A value that a quote does not close: *p is end. */
static bool
take_attribute(const char **p, const char *end, bool quotes,
    struct span *name, struct span *value)
{
	const char *q = *p, *from;

	while (q < end && (is_space(*q) || *q == '/'))
		q++;
	*p = from = q;
	if (q == end || *q == '>')
		return false;
	for (q++; q < end && !is_space(*q) && strchr("/>=", *q) == NULL; q++)
		;
	*name = (struct span){ from, (size_t)(q - from) };
	*value = (struct span){ q, 0 };
	*p = q;
	while (q < end && is_space(*q))
		q++;
	if (q == end || *q != '=')
		return true;
	for (q++; q < end && is_space(*q); q++)
		;
	from = q;
	if (quotes && q < end && (*q == '"' || *q == '\'')) {
		q = memchr(q + 1, *q, (size_t)(end - q - 1));
		*value = (struct span){ from + 1,
		    q != NULL ? (size_t)(q - from - 1) : 0 };
		*p = q != NULL ? q + 1 : end;
		return true;
	}
	while (q < end && !is_space(*q) && *q != '>')
		q++;
	*value = (struct span){ from, (size_t)(q - from) };
	*p = q;
	return true;
}

static struct span
attribute(const struct tag *t, const char *wanted)
{
	const char *p = t->attributes.p, *end = p + t->attributes.n;
	struct span name, value;

	while (take_attribute(&p, end, true, &name, &value))
		if (named(name, wanted))
			return value;
	return (struct span){ 0 };
}

/* Reads the tag at h->p, a < and a letter or /. false: it does not end. */
static bool
take_tag(struct html *h, struct tag *t)
{
	const char *p = h->p + 1, *from, *end = h->end;
	struct span name, value;

	t->end = *p == '/';
	from = p += t->end;
	while (p < end && !is_space(*p) && *p != '/' && *p != '>')
		p++;
	t->name = (struct span){ from, (size_t)(p - from) };
	from = p;
	while (take_attribute(&p, end, h->quotes, &name, &value))
		;
	if (p == end)
		return false;
	t->attributes = (struct span){ from, (size_t)(p - from) };
	t->closed = p[-1] == '/';
	h->p = p + 1;
	return true;
}

static void
put_decoded(struct html *h, struct span s)
{
	const char *p = s.p, *end, *q;

	if (s.n == 0)
		return;
	end = p + s.n;
	while (p < end) {
		uint32_t point = '&';
		size_t n;

		q = memchr(p, '&', (size_t)(end - p));
		q = q != NULL ? q : end;
		flow_text(&h->flow, (struct span){ p, (size_t)(q - p) });
		if ((p = q) == end)
			break;
		n = entity_at(p, end, &point);
		flow_point(&h->flow, point);
		p += n > 0 ? n : 1;
	}
}

static void
put_text(struct html *h, struct span s)
{
	if (h->depth == 0)
		put_decoded(h, s);
}

/* A piece of its own, with a blank on either side. */
static void
put_word(struct html *h, struct span s)
{
	flow_point(&h->flow, ' ');
	put_decoded(h, s);
	flow_point(&h->flow, ' ');
}

/* To the end tag of an element without markup, or to the end. */
static void
skip_raw(struct html *h, struct span name)
{
	const char *p = h->p;

	while ((p = memchr(p, '<', (size_t)(h->end - p))) != NULL) {
		if ((size_t)(h->end - p) > name.n + 1 && p[1] == '/' &&
		    strncasecmp(p + 2, name.p, name.n) == 0) {
			h->p = p;
			return;
		}
		p++;
	}
	h->p = h->end;
}

static void
begin_skip(struct html *h, const struct tag *t)
{
	if (t->closed)
		return;
	h->skip = t->name;
	h->depth = 1;
}

static unsigned
first_number(const struct tag *t)
{
	struct span s = attribute(t, "start");
	unsigned v = 0;

	for (size_t i = 0; i < s.n && i < 6; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 1;
		v = v * 10 + (unsigned)(s.p[i] - '0');
	}
	return s.n > 0 ? v : 1;
}

static void
at_link(struct html *h, const struct tag *t)
{
	if (t->end)
		put_decoded(h, h->link);
	h->link = (struct span){ 0 };
}

/* What a link of a storage format leads to. */
static struct span
target(const struct tag *t)
{
	struct span s = attribute(t, "ri:content-title");

	return s.n > 0 ? s : attribute(t, "ri:filename");
}

static void
begin_other(struct html *h, const struct tag *t, enum what what)
{
	struct span alt;

	switch (what) {
	case IMAGE:
		alt = attribute(t, "alt");
		put_word(h, alt.n > 0 ? alt : attribute(t, "ac:alt"));
		break;
	case EMOTICON:
		put_word(h, attribute(t, "ac:emoji-fallback"));
		break;
	case LINK_BODY:
		h->link = (struct span){ 0 };
		break;
	case TARGET:
		h->link = target(t);
		break;
	case TIME:
		if (t->closed)
			put_word(h, attribute(t, "datetime"));
		break;
	case PARAMETER:
		if (!named(attribute(t, "ac:name"), "title"))
			begin_skip(h, t);
		break;
	case SKIP:
		begin_skip(h, t);
		break;
	case RAW:
		if (!t->closed)
			skip_raw(h, t->name);
		break;
	default:
		break;
	}
}

/* What begins and ends with a break is the same at both. */
static void
at_element(struct html *h, const struct tag *t, enum what what)
{
	bool begin = !t->end;

	switch (what) {
	case BLOCK:
		flow_break(&h->flow, 1);
		break;
	case RULE:
	case PARAGRAPH:
		flow_break(&h->flow, 2);
		break;
	case LINE:
		flow_line(&h->flow);
		break;
	case PRE:
		flow_pre(&h->flow, begin);
		break;
	case LIST:
	case ORDERED:
		flow_list(&h->flow, begin, what == ORDERED, first_number(t));
		break;
	case TABLE:
		flow_table(&h->flow, begin);
		break;
	case ROW:
		flow_row(&h->flow);
		break;
	case ITEM:
		if (begin)
			flow_item(&h->flow);
		else
			flow_break(&h->flow, 1);
		break;
	case CELL:
		if (begin)
			flow_cell(&h->flow);
		break;
	case LINK:
		at_link(h, t);
		break;
	default:
		if (begin)
			begin_other(h, t, what);
		break;
	}
}

static void
at_tag(struct html *h, struct tag *t)
{
	enum what what;

	if (h->depth > 0) {
		if (t->name.n == h->skip.n &&
		    strncasecmp(t->name.p, h->skip.p, t->name.n) == 0)
			h->depth += t->end ? (size_t)-1 : !t->closed;
		return;
	}
	what = what_is(t->name);
	at_element(h, t, what);
	if (t->closed && !t->end && (what == PRE || what == LIST ||
	    what == ORDERED || what == TABLE)) {
		t->end = true;
		at_element(h, t, what);
	}
}

/* From h->p to behind the next occurrence of mark, or to the end. */
static struct span
take_until(struct html *h, struct span mark)
{
	const char *from = h->p, *at = memmem(from, (size_t)(h->end - from),
	    mark.p, mark.n);

	h->p = at != NULL ? at + mark.n : h->end;
	return (struct span){ from, (size_t)((at ? at : h->end) - from) };
}

/* What begins with <! or <? or </ and no letter. */
static void
at_declaration(struct html *h)
{
	struct span rest = { h->p, (size_t)(h->end - h->p) };

	if (span_starts(rest, SPAN("<!--"))) {
		h->p += 4;
		take_until(h, SPAN("-->"));
	} else if (span_starts(rest, SPAN("<![CDATA["))) {
		h->p += 9;
		rest = take_until(h, SPAN("]]>"));
		if (h->depth == 0)
			flow_text(&h->flow, rest);
	} else {
		take_until(h, SPAN(">"));
	}
}

/* At a <. false: it is a character of the text. */
static bool
at_markup(struct html *h)
{
	char c = h->end - h->p > 1 ? h->p[1] : ' ';
	struct tag t;

	if (c == '!' || c == '?' || (c == '/' && (h->end - h->p < 3 ||
	    !is_letter(h->p[2])))) {
		at_declaration(h);
		return true;
	}
	if (c != '/' && !is_letter(c))
		return false;
	if (!take_tag(h, &t)) {
		/* a quote that nothing closes; looked for once only */
		if (!h->quotes || !take_tag((h->quotes = false, h), &t)) {
			h->tags = false;
			return false;
		}
	}
	at_tag(h, &t);
	return true;
}

bool
html_text(struct span in, struct buf *out)
{
	struct html h = { .p = in.p, .end = in.p + in.n, .quotes = true,
		.tags = true };

	flow_init(&h.flow, out);
	while (h.p < h.end) {
		const char *lt = h.tags ?
		    memchr(h.p, '<', (size_t)(h.end - h.p)) : NULL;
		struct span text = { h.p,
		    (size_t)((lt != NULL ? lt : h.end) - h.p) };

		put_text(&h, text);
		h.p += text.n;
		if (h.p < h.end && !at_markup(&h)) {
			put_text(&h, (struct span){ h.p, 1 });
			h.p++;
		}
	}
	return true;
}
