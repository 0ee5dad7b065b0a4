/* SPDX-License-Identifier: MIT */
/*
 * From a scalar's text back to its file. Folding and indentation change white
 * space only, so what is counted, in both, are the characters that are none.
 */
#include <stdlib.h>

#include "config/yaml.h"

/* A scalar as it is written, from its first byte. */
struct source {
	struct span raw;
	size_t at;
	unsigned line, col;
};

static bool
is_white(unsigned long c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Does a character begin here that is not white? */
static bool
counts(char c)
{
	return !is_white((unsigned char)c) && ((unsigned char)c & 0xc0) != 0x80;
}

static size_t
count(struct span text, size_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < end && i < text.n; i++)
		n += counts(text.p[i]);
	return n;
}

static void
step(struct source *s, size_t n)
{
	for (; n > 0 && s->at < s->raw.n; n--) {
		if (s->raw.p[s->at++] == '\n') {
			s->line++;
			s->col = 1;
		} else {
			s->col++;
		}
	}
}

/* The escape at p (a backslash) of a double-quoted scalar: its length, and
 * whether it stands for a character that counts. */
static size_t
escape(const char *p, bool *good)
{
	static const char hex[] = "xuU", white[] = "nt r\n\t\r";
	const char *kind = p[1] ? strchr(hex, p[1]) : NULL;
	size_t n = kind ? (size_t)2 << (kind - hex) : 0;
	char digits[9] = "";
	unsigned long c;

	*good = p[1] && strchr(white, p[1]) == NULL;
	if (n == 0)
		return p[1] ? 2 : 1;
	for (size_t i = 0; i < n && p[2 + i]; i++)
		digits[i] = p[2 + i];
	c = strtoul(digits, NULL, 16);
	/* a pair of JSON counts once */
	*good = !is_white(c) && (c < 0xdc00 || c > 0xdfff);
	return 2 + strlen(digits);
}

/* Length of what stands for one character or a part of one. */
static size_t
piece(const struct source *s, char quote, bool *good)
{
	const char *p = s->raw.p + s->at;

	if (quote == '"' && *p == '\\')
		return escape(p, good);
	*good = counts(*p);
	return quote == '\'' && *p == '\'' ? 2 : 1;
}

void
yaml_place(const struct val *v, size_t offset, unsigned *line, unsigned *col)
{
	struct source s = { .raw = v->raw, .line = v->line, .col = v->col };
	char quote = v->raw.n > 0 ? v->raw.p[0] : 0;
	size_t left = count(v->str, offset);

	if (quote == '|' || quote == '>') {
		const char *nl = memchr(s.raw.p, '\n', s.raw.n);

		step(&s, nl ? (size_t)(nl - s.raw.p) + 1 : s.raw.n);
	} else if (quote == '"' || quote == '\'') {
		step(&s, 1);
	}
	while (s.at < s.raw.n) {
		bool good;
		size_t n = piece(&s, quote, &good);

		if (good && left-- == 0)
			break;
		step(&s, n);
	}
	*line = s.line;
	*col = s.col;
}
