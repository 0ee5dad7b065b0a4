/* SPDX-License-Identifier: MIT */
/*
 * The normalizations of conn-patches(5): single values of a document, named
 * by pointers, are written in another form; all else stays as its bytes are.
 */
#ifndef CONN_RUN_NORMALIZE_H
#define CONN_RUN_NORMALIZE_H

#include "config/patches.h"

struct normalizers;

/* NULL: no file says any. p must outlive them. */
struct normalizers *normalizers_new(struct patches *p);
void normalizers_free(struct normalizers *n);

/* doc: an object, validated, as its stream has it (p NULL: one that has no
 * name), BUF_PAD readable bytes after it. *out: the same, padded, valid until
 * the next call; doc itself if nothing changes. -1: two streams share a file
 * (e, status 2). */
int normalizers_apply(struct normalizers *n, struct span stream,
    struct span doc, struct span *out, struct err *e);

#endif
