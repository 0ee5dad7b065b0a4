/* SPDX-License-Identifier: MIT */
#include "source/pattern.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { NOT_UTF8 = 0x110000 };   /* + the byte: a character of its own */

/* The character at the start of s, taken off it. */
static uint32_t
take(struct span *s)
{
	size_t n = utf8_len(s->p, s->n);
	uint32_t c = n ? utf8_point(s->p, n) :
	    (uint32_t)NOT_UTF8 + (unsigned char)*s->p;

	n = n ? n : 1;
	s->p += n;
	s->n -= n;
	return c;
}

/* A character of a pattern, with \ before it or not. */
static uint32_t
take_quoted(struct span *s)
{
	uint32_t c = take(s);

	return c == '\\' && s->n > 0 ? take(s) : c;
}

/* set is behind its [; afterwards behind its ]. */
static bool
in_set(struct span *set, uint32_t c)
{
	bool negated = *set->p == '!' || *set->p == '^';
	bool found = false, first = true;

	if (negated)
		take(set);
	for (; first || *set->p != ']'; first = false) {
		uint32_t low = take_quoted(set), high = low;

		if (set->n > 1 && set->p[0] == '-' && set->p[1] != ']') {
			take(set);
			high = take_quoted(set);
		}
		found |= c >= low && c <= high;
	}
	take(set);
	return found != negated;
}

/* One character of name against the head of pattern, which is not a star. */
static bool
match_one(struct span *pattern, struct span *name)
{
	uint32_t c = take(name), p = take(pattern);

	if (p == '?')
		return true;
	if (p == '[')
		return in_set(pattern, c);
	if (p == '\\')
		p = take(pattern);
	return p == c;
}

static bool
match_name(struct span p, struct span name)
{
	struct span star = { 0 }, rest = { 0 };

	while (name.n > 0) {
		if (p.n > 0 && *p.p == '*') {
			take(&p);
			star = p;
			rest = name;
		} else if (p.n > 0 && match_one(&p, &name)) {
			continue;
		} else if (star.p != NULL) {
			take(&rest);
			name = rest;
			p = star;
		} else {
			return false;
		}
	}
	while (p.n > 0 && *p.p == '*')
		take(&p);
	return p.n == 0;
}

static struct span
next_name(struct span *path)
{
	const char *slash = memchr(path->p, '/', path->n);
	size_t n = slash ? (size_t)(slash - path->p) : path->n;
	struct span name = { path->p, n };

	n += slash != NULL;
	path->p += n;
	path->n -= n;
	return name;
}

static bool
is_any(struct span part)
{
	return span_is(part, "**");
}

/* The first n parts against the whole path. */
static bool
match_parts(const struct pattern *p, size_t n, struct span path)
{
	struct span rest = { 0 };
	size_t i = 0, star = SIZE_MAX;

	while (path.n > 0) {
		if (i < n && is_any(p->parts[i])) {
			star = i++;
			rest = path;
			continue;
		}
		if (match_name(i < n ? p->parts[i] : SPAN(""),
		    next_name(&path))) {
			i++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		next_name(&rest);
		path = rest;
		i = star + 1;
	}
	while (i < n && is_any(p->parts[i]))
		i++;
	return i == n;
}

bool
pattern_match(const struct pattern *p, struct span path)
{
	if (p->n == 2 && p->all_below)
		return path.n > 0;
	return match_parts(p, p->n, path);
}

bool
pattern_covers(const struct pattern *p, struct span folder)
{
	if (!p->all_below)
		return false;
	return p->n == 2 || match_parts(p, p->n - 2, folder);
}

bool
pattern_below(const struct pattern *p, struct span folder)
{
	size_t i = 0;

	for (; folder.n > 0; i++) {
		if (i == p->n)
			return false;
		if (is_any(p->parts[i]))
			return true;
		if (!match_name(p->parts[i], next_name(&folder)))
			return false;
	}
	return i < p->n;
}

/* A set is closed and no longer than its name; what a \ quotes is there. */
static const char *
check_name(struct span s)
{
	while (s.n > 0) {
		uint32_t c = take(&s);
		bool first = true;

		if (c == '\\' && s.n == 0)
			return "ends with a backslash";
		if (c == '\\')
			take(&s);
		if (c != '[')
			continue;
		if (s.n > 0 && (*s.p == '!' || *s.p == '^'))
			take(&s);
		for (; s.n > 0 && (first || *s.p != ']'); first = false) {
			if (s.n > 1 && s.p[0] == '[' && s.p[1] == ':')
				return "[: :] is not understood here";
			take_quoted(&s);
		}
		if (s.n == 0)
			return "a [ without its ]";
		take(&s);
	}
	return NULL;
}

static const char *
check(struct span text)
{
	if (text.n == 0)
		return "is empty";
	if (text.n > PATTERN_MAX)
		return "is longer than 4096 bytes";
	if (memchr(text.p, '\0', text.n) != NULL)
		return "holds a NUL";
	if (text.p[0] == '/')
		return "begins with a slash; patterns are relative to path";
	if (text.p[text.n - 1] == '/')
		return "ends with a slash; all of a folder is FOLDER/**";
	return NULL;
}

static const char *
check_part(struct span part)
{
	if (part.n == 0)
		return "has an empty name in it";
	if (span_is(part, ".") || span_is(part, ".."))
		return "has . or .. in it";
	return check_name(part);
}

const char *
pattern_parse(struct pattern *p, struct span text)
{
	const char *why = check(text);
	struct span rest;

	*p = (struct pattern){ 0 };
	if (why != NULL)
		return why;
	p->text = xstrndup(text);
	p->parts = xcalloc(PATTERN_NAMES + 1, sizeof *p->parts);
	rest = (struct span){ p->text, text.n };
	while (why == NULL && rest.n > 0) {
		struct span part = next_name(&rest);

		why = p->n == PATTERN_NAMES ? "has too many slashes" :
		    check_part(part);
		p->parts[p->n++] = part;
	}
	if (why != NULL) {
		pattern_release(p);
		return why;
	}
	if (is_any(p->parts[p->n - 1])) {
		p->all_below = true;
		p->parts[p->n++] = SPAN("*");
	}
	return NULL;
}

void
pattern_release(struct pattern *p)
{
	free(p->text);
	free(p->parts);
	*p = (struct pattern){ 0 };
}
