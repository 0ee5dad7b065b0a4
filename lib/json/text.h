/* SPDX-License-Identifier: MIT */
/* JSON strings and numbers: decoding, writing, comparing. */
#ifndef CONN_JSON_TEXT_H
#define CONN_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/scan.h"

/* Adds the decoded UTF-8 of a string's inside (without quotes, validated). A
 * lone surrogate becomes U+FFFD. */
void json_decode(struct buf *out, struct span inside);
/* A string value (with quotes) without copying when it has no escapes, else
 * decoded into scratch (cleared first). Valid until either changes. */
struct span json_string(const struct json_member *m, struct buf *scratch);

/* Adds "..." of UTF-8 text: escapes " \ and C0 only; bytes that are not UTF-8
 * become U+FFFD. */
void json_put_string(struct buf *out, struct span utf8);
void json_put_cstring(struct buf *out, const char *s);
/* Adds JSON text so that a terminal is not steered by it: escaped is also what
 * need not be, DEL, C1 and such (utf8_steers). */
void json_put_tame(struct buf *out, struct span json);
/* Can s stand between the quotes as it is? */
bool json_is_plain(struct span s);
/* The string that needs no decoding after that many bytes of rest, the last of
 * them a quote; BUF_PAD bytes after rest can be read. false: see
 * json_take_plain. */
bool json_take_string(struct span *rest, size_t before, struct span *out);
/* What machines write most lines of begins so: takes these bytes, the last of
 * them a quote, and a string that needs no decoding from the start of rest.
 * false: it begins otherwise, and rest and out are as they were. */
static inline bool
json_take_plain(struct span *rest, struct span before, struct span *out)
{
	return span_starts(*rest, before) &&
	    json_take_string(rest, before.n, out);
}
/* Adds ,"name": (no comma after { or at the start of out's object). */
void json_put_key(struct buf *out, const char *name);
void json_put_u64(struct buf *out, uint64_t v);
/* The shortest text that reads back as the same double, which is finite, in
 * the form of printf's %g: 5, 0.1, 1e+300 ... */
void json_put_double(struct buf *out, double v);
/* ... and never in that of an integer: 5.0. */
void json_put_real(struct buf *out, double v);

/* A validated JSON text with each lone surrogate escape as \ufffd. */
void json_put_repaired(struct buf *out, struct span text);

/* Number texts as written (RFC 8259), exact at any size. */
int json_number_cmp(struct span a, struct span b);      /* <0, 0, >0 */
/* An integer by value (5, 5.0, 50e-1, -0) ... */
bool json_number_is_integer(struct span s);
/* ... beyond +-2^53, where a double is no longer exact. */
bool json_number_is_big(struct span s);
/* The double next to s, by which a reader that has doubles gives it back: its
 * shortest text, or that of 17 digits, has the same value. false: it would be
 * rounded, as a big integer is. What follows s is no part of a number. */
bool json_number_double(struct span s, double *out);
/* Is a a whole number of times b, which is positive? Where b has more than 18
 * digits: yes. */
bool json_number_multiple(struct span a, struct span b);
/* Adds a text that is the same for equal numbers. */
void json_put_canonical(struct buf *out, struct span s);
/* The whole of s is a JSON number. */
bool json_is_number(struct span s);

#endif
