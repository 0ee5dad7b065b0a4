/* SPDX-License-Identifier: MIT */
/* Which files of a folder are read: patterns to include and to exclude. */
#ifndef CONN_SOURCE_SELECTION_H
#define CONN_SOURCE_SELECTION_H

#include "source/pattern.h"
#include "source/source.h"

struct patterns {
	struct pattern *v;
	size_t n;
	bool given;             /* else: no such key */
};

/* A file is read if a pattern of include matches its path (or there is no
 * such key) and none of exclude matches it or a folder above it. */
struct selection {
	struct patterns include, exclude;
};

/* The keys include and exclude. Release in any case. */
int selection_init(struct selection *s, const struct request *rq,
    struct err *e);
void selection_release(struct selection *s);

/* Of a file in a folder that was entered. */
bool selection_has(const struct selection *s, struct span file);
/* May there be a file to read below this folder, which is in one that was
 * entered? */
bool selection_enters(const struct selection *s, struct span folder);
/* Of any file, its folders looked at too. */
bool selection_reaches(const struct selection *s, struct span file);

#endif
