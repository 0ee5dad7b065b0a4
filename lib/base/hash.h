/* SPDX-License-Identifier: MIT */
/*
 * XXH3-128, seed 0 (xxhash.com), its sums modulo 2^128 and its hex form; and
 * the seeded 64 bits for tables.
 */
#ifndef CONN_BASE_HASH_H
#define CONN_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { HASH_HEX = 32 };

struct h128 {
	uint64_t hi, lo;
};

struct h128 hash128(const void *p, size_t n);
uint64_t hash64(const void *p, size_t n, uint64_t seed);
void hash_add(struct h128 *sum, struct h128 h);
bool hash_eq(struct h128 a, struct h128 b);
void hash_hex(struct h128 h, char out[HASH_HEX + 1]);
/* The form of a hash, but random: a name that is nowhere else. false: there
 * are no random bytes. */
bool hash_random(char out[HASH_HEX + 1]);
/* 32 lower-case hex digits, nothing else. */
bool hash_parse(struct span s, struct h128 *out);

#endif
