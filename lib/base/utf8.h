/* SPDX-License-Identifier: MIT */
/* UTF-8, one character at a time (RFC 3629: no surrogates, no overlong
 * forms). */
#ifndef CONN_BASE_UTF8_H
#define CONN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length 1..4 of the character at p (n > 0 bytes left); 0: not UTF-8. */
size_t utf8_len(const char *p, size_t n);
/* The code point of the character of length len (as utf8_len gave it). */
uint32_t utf8_point(const char *p, size_t len);
/* Writes a code point (not a surrogate, <= 0x10ffff); returns its length. */
size_t utf8_put(char out[4], uint32_t c);
/* Length of a beginning that is ASCII: of all of it, or up to the eight bytes
 * in which it ends. */
size_t utf8_ascii(const char *p, size_t n);
/* Length of the longest beginning that is UTF-8. */
size_t utf8_prefix(const char *p, size_t n);
/* Characters of what is UTF-8. */
size_t utf8_count(const char *p, size_t n);
bool utf8_valid(const char *p, size_t n);
/* Does this code point steer what shows it: a control character, or one that
 * ends a line or turns the direction of writing? */
bool utf8_steers(uint32_t c);

#endif
