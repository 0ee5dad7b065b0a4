/* SPDX-License-Identifier: MIT */
/* XXH3 in vectors of 32 bytes; private to hash.c. */
#ifndef CONN_BASE_HASH_AVX2_H
#define CONN_BASE_HASH_AVX2_H

#include "base/hash.h"

/* As hash128, on machines that have AVX2. */
struct h128 hash128_avx2(const void *p, size_t n);

#endif
