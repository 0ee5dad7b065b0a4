/* SPDX-License-Identifier: MIT */
#include "source/rest/link.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json/text.h"
#include "json/val.h"
#include "net/ref.h"

static const char blanks[] = " \t";

/* All values of a name, joined. */
static void
joined(const struct http_reply *r, const char *name, struct buf *out)
{
	struct http_field h;

	buf_clear(out);
	for (size_t at = 0; http_reply_next(r, &at, &h);)
		if (streq(h.name, name)) {
			buf_puts(out, out->n > 0 ? ", " : "");
			buf_puts(out, h.value);
		}
}

/* Is this the first header of its name? */
static bool
first(const struct http_reply *r, const struct http_field *f)
{
	struct http_field h;
	size_t at = 0;

	while (http_reply_next(r, &at, &h) && !streq(h.name, f->name))
		continue;
	return h.name == f->name;
}

void
link_headers(const struct http_reply *r, struct buf *out)
{
	struct buf all = { 0 };
	struct http_field h;

	buf_clear(out);
	buf_putc(out, '{');
	for (size_t at = 0; http_reply_next(r, &at, &h);) {
		if (streq(h.name, "set-cookie") || !first(r, &h))
			continue;
		joined(r, h.name, &all);
		buf_puts(out, out->n > 1 ? "," : "");
		json_put_cstring(out, h.name);
		buf_putc(out, ':');
		json_put_string(out, buf_span(&all));
	}
	buf_putc(out, '}');
	buf_release(&all);
}

/* A token or a quoted string at *p, without its quotes and backslashes. */
static void
word(const char **p, struct buf *out)
{
	const char *s = *p;

	buf_clear(out);
	if (*s == '"') {
		for (s++; *s != '\0' && *s != '"'; s++) {
			s += *s == '\\' && s[1] != '\0';
			buf_putc(out, *s);
		}
		*p = s + (*s == '"');
		return;
	}
	*p += strcspn(s, ";, \t");
	buf_add(out, s, (size_t)(*p - s));
}

/* The parameters of a link, up to the comma after it; its rel into rel. */
static void
parameters(const char **p, struct buf *rel)
{
	struct buf value = { 0 };
	bool known = false;

	buf_clear(rel);
	while (**p != '\0' && **p != ',') {
		struct span name;

		*p += strspn(*p, "; \t");
		name = (struct span){ *p, strcspn(*p, "=;, \t") };
		*p += name.n;
		*p += strspn(*p, blanks);
		buf_clear(&value);
		if (**p == '=') {
			++*p;
			*p += strspn(*p, blanks);
			word(p, &value);
		}
		if (!known && name.n == 3 &&
		    strncasecmp(name.p, "rel", 3) == 0) {
			known = true;
			buf_add_span(rel, buf_span(&value));
		}
		*p += strspn(*p, blanks);
		if (name.n == 0 && **p != '\0' && **p != ',' && **p != ';')
			++*p;
	}
	buf_release(&value);
}

/* A name that is not UTF-8 is none: written, two of them could be the same.
 * Some put it in quotes that are none. */
static void
add_relations(struct arena *a, struct val *links, struct buf *rel,
    const char *url)
{
	static const char between[] = " \t'";
	const char *p = buf_cstr(rel);

	for (char *c = rel->p; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	while (*(p += strspn(p, between)) != '\0') {
		struct span name = { p, strcspn(p, between) };
		char *key = arena_strndup(a, name);

		if (utf8_valid(name.p, name.n) && val_get(links, key) == NULL)
			val_set(a, links, span_of(key),
			    val_string(a, span_of(url)));
		p += name.n;
	}
}

void
link_relations(const struct http_reply *r, const char *url, struct buf *out)
{
	struct buf all = { 0 }, rel = { 0 };
	struct arena a = { 0 };
	struct val *links = val_new(&a, JSON_OBJECT);
	const char *p;

	joined(r, "link", &all);
	p = buf_cstr(&all);
	while ((p = strchr(p, '<')) != NULL) {
		char *ref, *target;
		size_t n = strcspn(++p, ">");

		ref = xstrndup((struct span){ p, n });
		target = ref_resolve(url, ref);
		p += n + (p[n] == '>');
		parameters(&p, &rel);
		/* who goes there is to see that it is no URL */
		add_relations(&a, links, &rel, target != NULL ? target : ref);
		free(target);
		free(ref);
	}
	buf_clear(out);
	val_write(out, links);
	arena_release(&a);
	buf_release(&all);
	buf_release(&rel);
}

void
link_charset(const struct http_reply *r, char *out, size_t size)
{
	const char *p = http_reply_header(r, "content-type");
	struct buf value = { 0 };
	size_t n = 0;

	out[0] = '\0';
	while (p != NULL && (p = strchr(p, ';')) != NULL) {
		p += 1 + strspn(p + 1, blanks);
		if (strncasecmp(p, "charset=", 8) != 0)
			continue;
		p += 8;
		word(&p, &value);
		for (; n < value.n && n + 1 < size; n++)
			out[n] = (char)tolower((unsigned char)value.p[n]);
		out[n] = '\0';
		break;
	}
	buf_release(&value);
}
