/* SPDX-License-Identifier: MIT */
#include "source/rest/entity.h"

#include <libxml/HTMLparser.h>
#include <stdbool.h>
#include <string.h>

enum { NAME_MAX_BYTES = 16, LATIN1 = 0xff, REPLACEMENT = 0xfffd };

/* What 0x80..0x9f mean in a reference: windows-1252, by old custom. */
static const uint16_t c1[32] = {
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178
};

static int
digit(char c, unsigned base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After &#. */
static size_t
numeric(const char *p, const char *end, uint32_t *point)
{
	const char *from = p;
	unsigned base = 10;
	uint32_t v = 0;
	size_t n = 0;

	if (p < end && (*p | 0x20) == 'x') {
		base = 16;
		p++;
	}
	for (int d; p < end && (d = digit(*p, base)) >= 0; p++, n++)
		v = v > 0x10ffff ? v : v * base + (uint32_t)d;
	if (n == 0)
		return 0;
	if (v >= 0x80 && v <= 0x9f)
		v = c1[v - 0x80];
	if (v == 0 || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		v = REPLACEMENT;
	*point = v;
	p += p < end && *p == ';';
	return (size_t)(p - from) + 2;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

size_t
entity_at(const char *p, const char *end, uint32_t *point)
{
	char name[NAME_MAX_BYTES + 1];
	const htmlEntityDesc *found;
	size_t n = 0;
	bool closed;

	if (end - p >= 2 && p[1] == '#')
		return numeric(p + 2, end, point);
	for (p++; p < end && n < NAME_MAX_BYTES && is_letter(*p); p++)
		name[n++] = *p;
	name[n] = '\0';
	closed = p < end && *p == ';';
	if (n == 0 || (p < end && is_letter(*p)))
		return 0;
	if (closed && strcmp(name, "apos") == 0) {
		*point = '\'';
		return n + 2;
	}
	found = htmlEntityLookup((const xmlChar *)name);
	if (found == NULL || (!closed && found->value > LATIN1))
		return 0;
	*point = found->value;
	return n + 1 + closed;
}
