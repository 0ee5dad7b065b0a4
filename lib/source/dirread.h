/* SPDX-License-Identifier: MIT */
/* Reads the files below a folder: settings in, lines of conn-driver(7) out. */
#ifndef CONN_SOURCE_DIRREAD_H
#define CONN_SOURCE_DIRREAD_H

#include <sys/stat.h>

#include "source/beneath.h"
#include "source/body.h"
#include "source/dirunread.h"
#include "source/position.h"
#include "source/selection.h"

enum { DIRREAD_AHEAD = 16 };

/* A file that was opened and whose first bytes are on their way. */
struct ahead {
	int fd;
	struct stat st;
	struct buf path;
};

struct dirread {
	const struct request *rq;
	const char *path;
	struct beneath root;
	struct selection selection;
	bool follow, decompress;
	struct window changed;  /* mtime or ctime is in it */
	const struct val *before; /* what runs before left unread; NULL:
	                           nothing */
	struct dirunread unread;  /* of this run */
	struct body body;
	struct ahead ahead[DIRREAD_AHEAD]; /* a ring */
	size_t first, nahead;
	struct buf id, url, scratch, real;
};

/* Reads the settings and opens the folder. Release in any case. */
int dirread_init(struct dirread *d, const struct request *rq, struct err *e);
void dirread_release(struct dirread *d);

/* Can the folder be listed? */
int dirread_check(struct dirread *d, struct err *e);
int dirread_all(struct dirread *d, struct err *e);
/* Only these ids; one that is not there gives nothing. */
int dirread_ids(struct dirread *d, const struct val *ids, struct err *e);

#endif
