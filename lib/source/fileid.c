/* SPDX-License-Identifier: MIT */
#include "source/fileid.h"

#include "base/utf8.h"

static const char hex[] = "0123456789ABCDEF";

static void
put_byte(struct buf *out, char byte)
{
	unsigned char c = (unsigned char)byte;
	char e[3] = { '%', hex[c >> 4], hex[c & 15] };

	buf_add(out, e, sizeof e);
}

/* Length of the character at p that stays as it is; 0: its byte is encoded. */
static size_t
stays(const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;

	if (c > 0x7f)
		return utf8_len(p, n);
	return c >= 0x20 && c != 0x7f && c != '%';
}

void
fileid_put(struct buf *out, struct span s)
{
	buf_reserve(out, s.n);
	for (size_t i = 0; i < s.n;) {
		size_t from = i, k;

		while (i < s.n && (k = stays(s.p + i, s.n - i)) > 0)
			i += k;
		buf_add(out, s.p + from, i - from);
		if (i < s.n)
			put_byte(out, s.p[i++]);
	}
}

static int
hex_value(char c)
{
	const char *at = c ? strchr(hex, c) : NULL;

	return at ? (int)(at - hex) : -1;
}

static bool
decode(struct buf *out, struct span id)
{
	for (size_t i = 0; i < id.n; i++) {
		int high, low;

		if (id.p[i] != '%') {
			buf_putc(out, id.p[i]);
			continue;
		}
		if (id.n - i < 3)
			return false;
		high = hex_value(id.p[++i]);
		low = hex_value(id.p[++i]);
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		buf_putc(out, (char)(high << 4 | low));
	}
	return memchr(out->p ? out->p : "", '\0', out->n) == NULL;
}

/* Names between single slashes, none of them . or .. */
static bool
is_relative(struct span path)
{
	const char *p = path.p, *end = path.p + path.n;

	if (path.n == 0)
		return false;
	for (;;) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		struct span name = { p, (size_t)((slash ? slash : end) - p) };

		if (name.n == 0 || span_is(name, ".") || span_is(name, ".."))
			return false;
		if (slash == NULL)
			return true;
		p = slash + 1;
	}
}

bool
fileid_path(struct buf *out, struct span id)
{
	struct buf again = { 0 };
	bool good;

	buf_clear(out);
	good = decode(out, id) && is_relative(buf_span(out));
	if (good)
		fileid_put(&again, buf_span(out));
	good = good && span_eq(buf_span(&again), id);
	buf_release(&again);
	return good;
}

void
fileid_put_url(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], low = c | 0x20;

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '.' || c == '_' || c == '~' || c == '/')
			buf_putc(out, s.p[i]);
		else
			put_byte(out, s.p[i]);
	}
}

void
fileid_put_prefix(struct buf *out, struct span folder, size_t max)
{
	size_t start = out->n, end;

	fileid_put(out, folder);
	buf_putc(out, '/');
	end = start + max;
	if (out->n <= end)
		return;
	/* not within a character, nor within its code */
	while (end > start && ((out->p[end] & 0xc0) == 0x80 ||
	    memchr(out->p + (end > 2 ? end - 2 : 0), '%', 2) != NULL))
		end--;
	out->n = end;
}
