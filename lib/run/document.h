/* SPDX-License-Identifier: MIT */
/*
 * From a driver's line to a document of the stream, in this order: the
 * normalizations of patches, the prefix of the id, the check against the
 * stream's schema where it is asked for, repaired surrogates, one
 * more underscore for the source's own underscored keys, the rules, the map.
 * What needs no change is copied.
 */
#ifndef CONN_RUN_DOCUMENT_H
#define CONN_RUN_DOCUMENT_H

#include "rules/map.h"
#include "rules/rules.h"
#include "run/driver.h"
#include "run/normalize.h"
#include "run/validate.h"

struct document_maker {
	struct span name;       /* of the config */
	struct rules *rules;    /* NULL: none */
	struct map *map;        /* NULL: none */
	struct normalizers *normalizers;        /* NULL: none */
	struct validate *validate;      /* NULL: documents are not checked */
	struct buf id, line, mapped;
	struct json_object o;
	char why[STREAM_ID_MAX + 64];
};

enum document_result { DOCUMENT_MADE, DOCUMENT_LEFT_OUT, DOCUMENT_FAILED };

/* Views until the next call. */
struct document {
	enum document_result result;
	struct span id;         /* with its prefix; always there */
	struct span line;       /* MADE: the object, without a newline */
	const char *code;       /* FAILED */
	const char *why;        /* LEFT_OUT: "excluded by rule r3"; FAILED:
	                           message, or NULL */
};

/* l: DRV_DOC; without doc: only _id, _timestamp and _stream. -1: the map's
 * worker cannot be had, or two streams share a patch file (e). */
int document_make(struct document_maker *m, const struct driver_line *l,
    struct document *d, struct err *e);

/* The id as the stream has it: NAME and a colon before it, or, if that is
 * longer than 512 bytes, NAME:# and the id's digest. false: it was too long. */
bool document_id(struct document_maker *m, struct span id, struct span *out);

void document_maker_release(struct document_maker *m);

#endif
