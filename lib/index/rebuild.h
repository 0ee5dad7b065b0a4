/* SPDX-License-Identifier: MIT */
/*
 * conn-bulk --rebuild: a whole load goes into a new index, which takes the
 * place of the live one once it was read back and compared, id by id.
 *
 * The order: NAME.rebuild in the state folder; the new index; documents; the
 * settings it is to have; what it holds and what the live one holds; the swap;
 * the state; NAME.rebuild is removed. Killed before the swap: the live index
 * is as it was, and NAME.rebuild has the next run remove the new one. Killed
 * after it: the uuid in the state is not the index's, so no poll goes on
 * before a full sync.
 *
 * Memory: 16 bytes a document and as much again for the table's free places.
 */
#ifndef CONN_INDEX_REBUILD_H
#define CONN_INDEX_REBUILD_H

#include "index/index.h"
#include "stream/fuse.h"
#include "stream/prefix.h"

struct rebuild_id {
	uint64_t key;           /* of the id */
	uint64_t rest;          /* hash of the document; 2 bits: what it is */
};

enum { REBUILD_NAMES = 512 };

struct rebuild {                /* zero-initialised is empty */
	struct config *config;
	struct index *ix;
	char live[INDEX_UUID_MAX];      /* uuid of the index to replace */
	char uuid[INDEX_UUID_MAX];      /* and of the new one */
	bool noted;             /* NAME.rebuild is there */
	bool swapped;
	char old[INDEX_NAME_MAX];       /* after the swap: kept; "" if none */
	struct rebuild_id *ids; /* hash table */
	size_t nids, nslots;
	struct prefixes prefixes;       /* could not be read */
	bool blind;             /* more of them than there is room for */
	/* of the comparison */
	uint64_t wrong, known, absent, kept_out;
	/* the first ids of the last two together; and of the last alone */
	char first[REBUILD_NAMES], first_out[REBUILD_NAMES];
};

/* Removes what earlier rebuilds left, if NAME.rebuild says that there may be
 * something; what goes wrong is a warning. */
void rebuild_tidy(struct config *c, struct index *ix);
/* ix is aimed at a new, empty index when this returns 0. */
int rebuild_begin(struct rebuild *r, struct config *c, struct index *ix,
    const char *run, struct err *e);
/* A document was sent; was answered; could not be read (id or prefix). */
void rebuild_sent(struct rebuild *r, struct span id, struct span line);
void rebuild_answered(struct rebuild *r, struct span id, bool good);
void rebuild_failed(struct rebuild *r, struct span id, struct span prefix);
/* All was sent and answered: compares and swaps. asked: the fuse's number is
 * of the command line, so it also counts what could not be read. */
int rebuild_swap(struct rebuild *r, const struct fuse *fuse, bool asked,
    struct err *e);
/* Removes the new index unless it was swapped in. */
void rebuild_end(struct rebuild *r);
void rebuild_release(struct rebuild *r);

#endif
