/* SPDX-License-Identifier: MIT */
/* The files that source.path names, and their formats. */
#ifndef CONN_SOURCE_FILESET_H
#define CONN_SOURCE_FILESET_H

#include <sys/stat.h>

#include "source/source.h"

enum format {
	FORMAT_NDJSON, FORMAT_JSON, FORMAT_CSV, FORMAT_TSV, FORMAT_ELASTICDUMP,
	FORMAT_BULK, FORMAT_NONE
};

struct fileset {
	char **v;               /* paths, sorted */
	enum format *format;    /* of each */
	struct stat *st;        /* as it was looked at or read last; or zeros */
	size_t n, named;        /* of what the path names, files and all */
};

/* Folders and special files are left out. None is left: status 3; a folder
 * on the way that cannot be listed: 3; a format nobody knows: 2. */
int fileset_init(struct fileset *f, const struct request *rq, struct err *e);
/* The same, but none may be left. */
int fileset_look(struct fileset *f, const struct request *rq, struct err *e);
/* Is file i of now in f, and was it the same one, unchanged? */
bool fileset_has(const struct fileset *f, const struct fileset *now, size_t i);
void fileset_release(struct fileset *f);

#endif
