/* SPDX-License-Identifier: MIT */
/* The files that source.path names, and their formats. */
#ifndef CONN_SOURCE_FILESET_H
#define CONN_SOURCE_FILESET_H

#include "source/source.h"

enum format {
	FORMAT_NDJSON, FORMAT_JSON, FORMAT_CSV, FORMAT_TSV, FORMAT_ELASTICDUMP,
	FORMAT_BULK, FORMAT_NONE
};

struct fileset {
	char **v;               /* paths, sorted */
	enum format *format;    /* of each */
	size_t n;
};

/* Folders and special files are left out. None is left: status 3; a folder
 * on the way that cannot be listed: 3; a format nobody knows: 2. */
int fileset_init(struct fileset *f, const struct request *rq, struct err *e);
void fileset_release(struct fileset *f);

#endif
