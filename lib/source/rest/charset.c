/* SPDX-License-Identifier: MIT */
#include "source/rest/charset.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

#include "base/utf8.h"

enum { STEP = 64 << 10 };

static const struct {
	struct span mark;
	const char *name;
} marks[] = {
	{ { "\xef\xbb\xbf", 3 }, NULL },
	{ { "\xff\xfe\0\0", 4 }, "UTF-32LE" },
	{ { "\0\0\xfe\xff", 4 }, "UTF-32BE" },
	{ { "\xff\xfe", 2 }, "UTF-16LE" },
	{ { "\xfe\xff", 2 }, "UTF-16BE" }
};

static bool
is_utf8(const char *charset)
{
	return strcasecmp(charset, "utf-8") == 0 ||
	    strcasecmp(charset, "utf8") == 0 ||
	    strcasecmp(charset, "us-ascii") == 0;
}

/* A name and nothing that iconv_open(3) takes for an instruction. */
static bool
is_name(const char *s)
{
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_.:+()") == strlen(s);
}

/* The first byte from i on that is not ASCII; s.n if there is none. */
static size_t
beyond_ascii(struct span s, size_t i)
{
	i += utf8_ascii(s.p + i, s.n - i);
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

static int
convert(iconv_t cd, const char *charset, struct span in, struct buf *out,
    struct err *e)
{
	char *p = (char *)in.p;
	size_t left = in.n;
	bool more = true;       /* at last, what it holds back */

	while (more) {
		char *to;
		size_t room, r;

		buf_reserve(out, STEP);
		to = out->p + out->n;
		room = out->cap - out->n;
		more = left > 0;
		r = iconv(cd, more ? &p : NULL, &left, &to, &room);
		out->n = (size_t)(to - out->p);
		if (r == (size_t)-1 && errno != E2BIG)
			return err_set(e, ST_PERSON, "byte %zu is not %s",
			    (size_t)(p - in.p) + 1, charset);
	}
	buf_pad(out);
	return 0;
}

static int
decode(const char *charset, struct span in, struct buf *scratch,
    struct span *out, struct err *e)
{
	iconv_t cd = is_name(charset) ? iconv_open("UTF-8", charset) :
	    (iconv_t)-1;
	int r;

	if (cd == (iconv_t)-1)
		return err_set(e, ST_PERSON, "unknown charset %s", charset);
	buf_clear(scratch);
	r = convert(cd, charset, in, scratch, e);
	iconv_close(cd);
	*out = buf_span(scratch);
	return r;
}

int
charset_utf8(const char *charset, struct span body, struct buf *scratch,
    struct span *out, bool *named, struct err *e)
{
	*out = body;
	*named = true;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = marks[i].mark.n;

		if (!span_starts(body, marks[i].mark))
			continue;
		*out = (struct span){ body.p + n, body.n - n };
		return marks[i].name == NULL ? 0 :
		    decode(marks[i].name, *out, scratch, out, e);
	}
	*named = charset != NULL && *charset != '\0';
	if (!*named || is_utf8(charset))
		return 0;
	if (beyond_ascii(body, 0) < body.n &&
	    memchr(body.p, '\0', body.n) == NULL &&
	    utf8_valid(body.p, body.n))
		return 0;
	return decode(charset, body, scratch, out, e);
}

int
charset_guess(struct span *text, struct buf *scratch, struct err *e)
{
	bool foreign = false;
	size_t i = 0;

	for (; (i = beyond_ascii(*text, i)) < text->n; i++) {
		/* one that is cut or altered stays an error */
		if (utf8_len(text->p + i, text->n - i) > 0)
			return 0;
		foreign = true;
	}
	return foreign ? decode("WINDOWS-1252", *text, scratch, text, e) : 0;
}
