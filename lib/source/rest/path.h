/* SPDX-License-Identifier: MIT */
/*
 * Plain jq paths, evaluated without libjq, with its results: keys and
 * iterations, as . .a .a.b ."a b" .["a"] .[] .a[].b[] ."@odata.nextLink".
 * Whatever is written otherwise (spaces between, an index, ?, |, //) is a
 * program for jq.
 *
 * The only difference: numbers stay as they are written, where libjq rounds
 * and writes them anew. See path_number.
 */
#ifndef CONN_SOURCE_REST_PATH_H
#define CONN_SOURCE_REST_PATH_H

#include "base/mem.h"
#include "json/text.h"

enum { PATH_STEPS = 16 };

struct path {
	size_t n;
	struct path_step {
		const char *key;        /* NULL: all members or elements */
	} steps[PATH_STEPS];
};

/* false: it is none, jq has to run it. Keys live in the arena. */
bool path_parse(struct path *p, struct span program, struct arena *a);
/* Does it give exactly one value, if any (it has no [])? */
bool path_is_single(const struct path *p);

enum path_result {
	PATH_VALUE,
	PATH_END,
	PATH_ERROR      /* what jq cannot index or iterate: see what */
};

/* The values of a path in a validated text, one after the other; they are
 * views of it (BUF_PAD readable bytes after it), or of "null". */
struct path_iter {
	const struct path *path;
	char what[128];         /* no content */
	bool begun;
	size_t from;            /* the step that in is the place of */
	struct span in;
	size_t top;             /* open iterations */
	struct path_level {
		size_t step;
		struct json_iter it;
		struct span *values;    /* of an object; NULL: an array */
		size_t at, n;
	} levels[PATH_STEPS];
};

void path_start(struct path_iter *it, const struct path *p, struct span json);
/* After PATH_END and PATH_ERROR there is nothing to release. */
enum path_result path_next(struct path_iter *it, struct span *value);
/* Needed only if the end was not reached. */
void path_stop(struct path_iter *it);

/* The value of a single path. false: jq's error. */
bool path_value(const struct path *p, struct span json, struct span *value);
/* Of n of them in one walk through json; NULL among them: nothing is set. */
void path_values(const struct path *const p[], size_t n, struct span json,
    struct span value[], bool wrong[]);

/* A number of a JSON text as jq's output has it, so that an id is the same
 * whoever cut it out: an integer without a fraction or an exponent as it is
 * (beyond 2^53 programs get it as a string), any other as libjq writes it. */
void path_number(struct buf *out, struct span number);

#endif
