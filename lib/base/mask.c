/* SPDX-License-Identifier: MIT */
#include "base/mask.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
	SECRET_MIN = 3,
	SECRET_PART = 6         /* so much of its beginning, where it is cut */
};

static struct secret {
	struct span text;
	struct span bare;       /* without its backslashes */
} *secrets;
static size_t nsecrets, capsecrets;

/* One character as it is meant: its bytes, and how many stand for it. */
struct unit {
	char bytes[4];
	size_t n, width;
};

void
mask_add(struct span s)
{
	struct secret *new;
	char *bare;

	if (s.n < SECRET_MIN)
		return;
	secrets = xgrow(secrets, &capsecrets, nsecrets + 1, sizeof *secrets);
	new = &secrets[nsecrets++];
	new->text = (struct span){ xstrndup(s), s.n };
	new->bare = (struct span){ bare = xstrndup(s), 0 };
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\\')
			bare[new->bare.n++] = s.p[i];
	if (new->bare.n < SECRET_MIN)
		new->bare.n = 0;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number of count hex digits; -1: they are none. */
static long
digits(const char *p, size_t n, size_t count)
{
	long v = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == n || hex(p[i]) < 0)
			return -1;
		v = v * 16 + hex(p[i]);
	}
	return v;
}

static void
set_byte(struct unit *u, long c, size_t width)
{
	u->bytes[0] = (char)c;
	u->n = 1;
	u->width = width;
}

/* &amp; &#38; &#x26; */
static void
read_entity(const char *p, size_t n, struct unit *u)
{
	static const struct {
		const char *name;
		char c;
	} all[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
	    { "&quot;", '"' }, { "&apos;", '\'' }, { "&#34;", '"' },
	    { "&#38;", '&' }, { "&#39;", '\'' }, { "&#47;", '/' },
	    { "&#x22;", '"' }, { "&#x26;", '&' }, { "&#x27;", '\'' },
	    { "&#x2f;", '/' }, { "&#x2F;", '/' }, { "&#60;", '<' },
	    { "&#62;", '>' }, { "&#x60;", '`' }, { "&#61;", '=' },
	    { "&#x3d;", '=' }, { "&#x3D;", '=' }, { "&#43;", '+' } };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		size_t k = strlen(all[i].name);

		if (k <= n && memcmp(p, all[i].name, k) == 0)
			set_byte(u, all[i].c, k);
	}
}

/* What stands at p once its escapes are taken off. n > 0. */
static struct unit
read_unit(const char *p, size_t n)
{
	struct unit u = { .width = 0 };
	size_t back = 0;
	long c;

	while (back < n && p[back] == '\\')
		back++;
	if (back == n) {
		u.width = n;
		return u;
	}
	set_byte(&u, p[back], back + 1);
	if (back > 0 && p[back] == 'u' &&
	    (c = digits(p + back + 1, n - back - 1, 4)) >= 0) {
		u.n = utf8_put(u.bytes, (uint32_t)c);
		u.width = back + 5;
	} else if (p[back] == '%' &&
	    (c = digits(p + back + 1, n - back - 1, 2)) >= 0) {
		set_byte(&u, c, back + 3);
	} else if (p[back] == '&' && back == 0) {
		read_entity(p, n, &u);
	}
	if (u.n == 1 && u.bytes[0] == '\\')
		u.n = 0;        /* the secret is compared without */
	return u;
}

/* As at: the secret's characters, each escaped in some way. */
static size_t
escaped_at(const char *p, size_t n, struct span s)
{
	size_t at = 0, i = 0;

	while (i < s.n && at < n) {
		struct unit u = read_unit(p + at, n - at);
		size_t k = u.n < s.n - i ? u.n : s.n - i;

		if (memcmp(u.bytes, s.p + i, k) == 0) {
			at += u.width;
			i += k;
		} else if (p[at] == s.p[i] ||
		    (p[at] == '+' && s.p[i] == ' ')) {
			at++;
			i++;
		} else {
			break;
		}
	}
	return i > 0 && (i == s.n || (at == n && i >= SECRET_PART)) ? at : 0;
}

size_t
mask_at(const char *p, size_t n)
{
	size_t best = 0;

	for (size_t i = 0; i < nsecrets; i++) {
		struct span s = secrets[i].text;
		size_t k = s.n < n ? s.n : n;

		if ((k < s.n && k < SECRET_PART) || memcmp(p, s.p, k) != 0)
			k = escaped_at(p, n, secrets[i].bare);
		best = k > best ? k : best;
	}
	return best;
}
