/* SPDX-License-Identifier: MIT */
/*
 * HTML to text: it is UTF-8 without NUL, linear in the input, the same each
 * time, and a text without markup comes out with its words.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "source/rest/html.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Characters of ASCII that stand for themselves. */
static bool
no_markup(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '<' || s.p[i] == '&' || s.p[i] > '~' ||
		    (s.p[i] < ' ' && !is_blank(s.p[i])))
			return false;
	return true;
}

/* The same bytes, white space aside. */
static bool
same_words(struct span a, struct span b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_blank(a.p[i]))
			i++;
		while (k < b.n && is_blank(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (a.p[i++] != b.p[k++])
			return false;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	struct buf one = { 0 }, two = { 0 };

	MUST(html_text(in, &one));
	MUST(utf8_valid(one.p, one.n));
	MUST(one.n == 0 || memchr(one.p, '\0', one.n) == NULL);
	MUST(one.n <= 64 * n + 64);
	buf_puts(&two, "before");
	MUST(html_text(in, &two));
	MUST(span_eq(buf_span(&one), (struct span){ two.p + 6, two.n - 6 }));
	if (no_markup(in))
		MUST(same_words(in, buf_span(&one)));
	buf_release(&one);
	buf_release(&two);
	return 0;
}
