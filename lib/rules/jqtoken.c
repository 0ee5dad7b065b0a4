/* SPDX-License-Identifier: MIT */
#include "rules/jqtoken.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char
peek(const struct jqtoken_reader *r, size_t i)
{
	return i < r->text.n ? r->text.p[i] : '\0';
}

static int
wrong(struct jqtoken_reader *r, size_t at, const char *text,
    const char **what)
{
	r->at = at;
	*what = text;
	return -1;
}

static void
skip_blank(struct jqtoken_reader *r)
{
	for (;; r->at++) {
		char c = peek(r, r->at);

		if (c == '#')
			while (r->at < r->text.n && peek(r, r->at) != '\n')
				r->at++;
		else if (c == '\0' || strchr(" \t\r\n", c) == NULL)
			return;
		if (r->at >= r->text.n)
			return;
	}
}

/* ---- where tokens end ---- */

static size_t
name_end(const struct jqtoken_reader *r, size_t i)
{
	for (;;) {
		while (is_name(peek(r, i)) || is_digit(peek(r, i)))
			i++;
		if (peek(r, i) != ':' || peek(r, i + 1) != ':' ||
		    !is_name(peek(r, i + 2)))
			return i;
		i += 2;
	}
}

static size_t
digits_end(const struct jqtoken_reader *r, size_t i)
{
	while (is_digit(peek(r, i)))
		i++;
	return i;
}

static size_t
number_end(const struct jqtoken_reader *r, size_t i)
{
	size_t e;

	i = digits_end(r, i);
	if (peek(r, i) == '.')
		i = digits_end(r, i + 1);
	if (peek(r, i) != 'e' && peek(r, i) != 'E')
		return i;
	e = i + 1;
	e += peek(r, e) == '+' || peek(r, e) == '-';
	return is_digit(peek(r, e)) ? digits_end(r, e) : i;
}

static size_t
operator_end(const struct jqtoken_reader *r, size_t i)
{
	static const char *const longs[] = { "?//", "//=", "|=", "+=", "-=",
		"*=", "/=", "%=", "==", "!=", "//", "<=", ">=", ".." };
	struct span rest = { r->text.p + i, r->text.n - i };

	for (size_t k = 0; k < sizeof longs / sizeof *longs; k++)
		if (span_starts(rest, span_of(longs[k])))
			return i + strlen(longs[k]);
	return i + 1;
}

/* The end of a token that is neither string nor bracket. */
static size_t
plain_end(const struct jqtoken_reader *r, size_t i)
{
	char c = peek(r, i), next = peek(r, i + 1);

	if (is_name(c))
		return name_end(r, i);
	if (is_digit(c) || (c == '.' && is_digit(next)))
		return number_end(r, i);
	if ((c == '.' || c == '$') && is_name(next))
		return name_end(r, i + 1);
	if (c == '@' && (is_name(next) || is_digit(next)))
		return name_end(r, i + 1);
	return operator_end(r, i);
}

/* ---- brackets and strings ---- */

static int
push(struct jqtoken_reader *r, char kind, size_t at, const char **what)
{
	if (r->depth == JQTOKEN_DEPTH)
		return wrong(r, at, "nested too deep", what);
	r->open[r->depth++] = (struct jqtoken_open){ kind, at };
	return 0;
}

/* Reads on in the string that was opened at `start`, up to its end or \(. */
static int
string(struct jqtoken_reader *r, size_t i, size_t start, const char **what)
{
	for (; i < r->text.n; i++) {
		if (r->text.p[i] == '"') {
			r->at = i + 1;
			return 1;
		}
		if (r->text.p[i] != '\\')
			continue;
		if (peek(r, ++i) == '(') {
			r->at = i + 1;
			return push(r, '"', start, what) == 0 ? 1 : -1;
		}
	}
	return wrong(r, start, "a string without its end", what);
}

static int
close_bracket(struct jqtoken_reader *r, char c, const char **what)
{
	static const char *const alone[] = { "a ) without its (",
		"a ] without its [", "a } without its {" };
	const char open = c == ')' ? '(' : c == ']' ? '[' : '{';
	struct jqtoken_open *top = r->depth ? &r->open[r->depth - 1] : NULL;

	if (top && c == ')' && top->kind == '"') {
		r->depth--;
		return string(r, r->at + 1, top->at, what);
	}
	if (top == NULL || top->kind != open)
		return wrong(r, r->at, alone[c == ')' ? 0 : c == ']' ? 1 : 2],
		    what);
	r->depth--;
	r->at++;
	return 1;
}

static int
ended(struct jqtoken_reader *r, const char **what)
{
	const struct jqtoken_open *top;

	if (r->depth == 0)
		return 0;
	top = &r->open[r->depth - 1];
	return wrong(r, top->at, top->kind == '(' ? "a ( without its )" :
	    top->kind == '[' ? "a [ without its ]" :
	    top->kind == '{' ? "a { without its }" :
	    "a string without its end", what);
}

int
jqtoken_next(struct jqtoken_reader *r, struct span *token, const char **what)
{
	size_t start;
	int k = 1;
	char c;

	skip_blank(r);
	start = r->at;
	if (start >= r->text.n)
		return ended(r, what);
	c = r->text.p[start];
	if (c == ')' && r->depth == 0 && r->inner)
		return 0;
	if (c == '"') {
		k = string(r, start + 1, start, what);
	} else if (c == '(' || c == '[' || c == '{') {
		k = push(r, c, start, what) == 0 ? 1 : -1;
		r->at += k == 1;
	} else if (c == ')' || c == ']' || c == '}') {
		k = close_bracket(r, c, what);
	} else {
		r->at = plain_end(r, start);
	}
	if (k == 1)
		*token = (struct span){ r->text.p + start, r->at - start };
	return k;
}
