/* SPDX-License-Identifier: MIT */
/*
 * The scanner against libjq: both must take the same texts. Where they are
 * known to differ the reason is looked for in the text.
 */
#ifndef CONN_TESTS_JQAGREE_H
#define CONN_TESTS_JQAGREE_H

#include <jv.h>
#include <stdlib.h>
#include <string.h>

#include "json/text.h"
#include "json/val.h"

/* libjq 1.6 takes these, RFC 8259 does not. */
enum known {
	UNKNOWN,
	BAD_UTF8,       /* becomes U+FFFD */
	BOM,            /* one at the start is skipped */
	LOOSE_NUMBER,   /* what strtod reads: 01 +1 .5 1. nan Infinity; up to
	                   a NUL */
	RAW_CONTROL,    /* U+0000 and U+001F unescaped in a string */
	SEPARATOR,      /* U+001E, which begins a text in a sequence of them:
	                   what is before it no longer counts */
	DEEPER,         /* 256 levels of arrays are its ceiling */
	/* ... and refuses this. */
	LONE_HIGH       /* surrogate; a lone low one becomes U+FFFD */
};

/* libjq 1.6 loses the second string of {"a":"x" "b". */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libjq.so\n";
}

static bool
libjq_takes(struct span text, jv *out)
{
	*out = jv_parse_sized(text.p, (int)text.n);
	return jv_is_valid(*out);
}

static bool
token_char(char c)
{
	return strchr("[]{}:,\" \t\r\n", c) == NULL || c == '\0';
}

/* Is the bare word at, or right before, the fault a number to strtod? */
static bool
loose_number(struct span text, size_t at)
{
	size_t from = at < text.n ? at : text.n, to = from;
	static char token[1 << 16];
	char *end;

	while (from > 0 && token_char(text.p[from - 1]))
		from--;
	while (to < text.n && token_char(text.p[to]))
		to++;
	if (from == to || to - from >= sizeof token)
		return false;
	memcpy(token, text.p + from, to - from);
	token[to - from] = '\0';
	if (strpbrk(token, "xX(") != NULL)
		return false;
	/* a NUL that nothing is before is a number, too */
	strtod(token, &end);
	return *end == '\0';
}

/* Why may libjq take what is refused with e? */
static enum known
why_taken(struct span text, struct json_error e)
{
	if (e.fault == JSON_UTF8 ||
	    (e.fault == JSON_CUT && (text.p[text.n - 1] & 0x80)))
		return BAD_UTF8;
	if (e.offset == 0 && span_starts(text, SPAN("\xef\xbb\xbf")))
		return BOM;
	if (e.fault == JSON_DEEP)
		return DEEPER;
	if (memchr(text.p, 0x1e, text.n) != NULL)
		return SEPARATOR;
	if (e.offset < text.n && (text.p[e.offset] == '\0' ||
	    text.p[e.offset] == 0x1f) && memchr(text.p, '"', e.offset))
		return RAW_CONTROL;
	return loose_number(text, e.offset) ? LOOSE_NUMBER : UNKNOWN;
}

/* It takes the text once its lone surrogates are gone. */
static enum known
why_refused(struct span text)
{
	struct buf b = { 0 };
	enum known k = UNKNOWN;
	jv v;

	json_put_repaired(&b, text);
	if (!span_eq(buf_span(&b), text)) {
		k = libjq_takes(buf_span(&b), &v) ? LONE_HIGH : UNKNOWN;
		jv_free(v);
	}
	buf_release(&b);
	return k;
}

/* The tree, written and read by libjq, is what libjq read at first. */
static bool
same_tree(struct span text, jv theirs)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct val_error e;
	struct val *v = val_parse(&a, text, JSON_DEPTH, false, &e);
	bool same = false;
	jv back;

	if (v != NULL) {
		val_write(&b, v);
		same = libjq_takes(buf_span(&b), &back);
		same = same ? jv_equal(jv_copy(theirs), back) :
		    (jv_free(back), false);
	}
	buf_release(&b);
	arena_release(&a);
	return same;
}

/* false: they differ, and not in a known way. */
__attribute__((unused))
static bool
agree(struct span text, enum known *k)
{
	struct json_error e;
	bool ours = json_value_scan(text, JSON_DEPTH, NULL, NULL, &e) == 0;
	jv v;
	bool theirs = libjq_takes(text, &v), good = true;

	*k = UNKNOWN;
	if (ours && theirs)
		good = same_tree(text, v);
	else if (theirs)
		good = (*k = why_taken(text, e)) != UNKNOWN;
	else if (ours)
		good = (*k = why_refused(text)) != UNKNOWN;
	jv_free(v);
	return good;
}

#endif
