/* SPDX-License-Identifier: MIT */
/*
 * NAME.state: where polls resume, the fence (run), what to read again.
 *
 *   {"v":1,"source":S,"index":S,"file":S,"uuid":S,"config":S,"run":S,
 *    "time":S,"started":S,"streams":{STREAM:VALUE},"stale":[STREAM],
 *    "retry":[ID],"deletes":[ID],"sum":H}
 *
 * file to started are left out where they are not set. stale: those of streams
 * that no poll may go on from; deletes: those of retry whose refused operation
 * is a delete; both left out where there is none. sum is the XXH3-128 of the
 * object's bytes before ,"sum" and a closing }.
 * Written whole: temporary file, fsync, rename, fsync of the folder.
 */
#ifndef CONN_STREAM_STATE_H
#define CONN_STREAM_STATE_H

#include "base/file.h"
#include "base/hash.h"
#include "json/val.h"

enum { STATE_RETRY_MAX = 1000, STATE_FILE_MAX = 64 << 20 };

struct state_retry {
	char *id;
	bool remove;            /* what was refused is a delete */
};

struct state {
	const char *path;
	bool found;             /* a file of this source and index was there */
	char *source, *index;
	char *file;             /* the config that gave its own name; NULL: a
	                           name was set */
	char *uuid, *config, *run, *time;       /* NULL: none */
	char *started;          /* conn-sync's last start that succeeded */
	char *unproven;         /* not of this file: see unproven.h */
	struct arena arena;
	struct val *streams;    /* object: stream to value; never NULL */
	struct arena names;     /* of set and stale: arrays, NULL if empty */
	struct val *set;        /* streams that were set since it was loaded */
	struct val *stale;      /* streams whose position is not to be used */
	struct state_retry *retry;      /* each id once; sorted by their bytes
	                           after state_load and state_save */
	size_t nretry, capretry;
	uint32_t *slots;        /* hash table of places in retry, plus 1 */
	size_t nslots;
	size_t replaced, live;  /* bytes set since streams was copied; then */
};

/* path is borrowed. 0, also if the file is missing or belongs to another
 * source or index (found is false then and everything empty, but for the run of
 * another's, which is the fence all the same); -1: unreadable or its sum is
 * wrong (status 3, "PATH: ...; remove it and run a full sync"). */
int state_load(struct state *s, const char *path, const char *source,
    const char *index, struct err *e);
/* Sets time to now and replaces the file. */
int state_save(struct state *s, struct err *e);
void state_release(struct state *s);

void state_set(char **field, const char *value);        /* copies; NULL ok */
/* value: JSON text of an object, as state_value_fault likes it. What was read
 * from streams before is no longer valid. */
void state_set_stream(struct state *s, struct span stream, struct span value);
/* Until a load has brought everything, no poll may go on from any position. */
void state_distrust_all(struct state *s);
/* One has: from those that it brought, but not from those that it did not. What
 * they are of is gone, and may come back as old as it was. */
void state_trust_set(struct state *s);
/* A poll has brought this one, which it read from what it may go on from, or
 * anew. */
void state_trust(struct state *s, struct span stream);
/* Those that a poll may go on from; lives as long as streams does. */
const struct val *state_positions(struct state *s);
bool state_retry_has(const struct state *s, struct span id);
/* Beyond STATE_RETRY_MAX, too, up to a million. Once it holds that many, the
 * set stays as it is until it is cleared. */
void state_retry_add(struct state *s, struct span id);
/* Of an id that is in the set; one that is added is no delete. */
void state_retry_set_remove(struct state *s, struct span id, bool remove);
bool state_retry_removes(const struct state *s, struct span id);
void state_retry_remove(struct state *s, struct span id);
void state_retry_clear(struct state *s);
void state_retry_sort(struct state *s);

/* Is this a state value: non-empty object of strings, booleans, null,
 * objects, arrays and integers of at most 15 digits? NULL, or what is wrong. */
const char *state_value_fault(const struct val *value);
/* Of a state record: XXH3-128 of {"stream":S,"value":V} with keys sorted, so
 * that a filter may write it in any form. */
struct h128 state_sum(struct span stream, const struct val *value);

#endif
