/* SPDX-License-Identifier: MIT */
/* Reads the records of files, format by format. */
#ifndef CONN_SOURCE_FILEREAD_H
#define CONN_SOURCE_FILEREAD_H

#include "base/line.h"
#include "source/csv.h"
#include "source/fileset.h"
#include "source/item.h"
#include "source/jsonarray.h"
#include "source/unpack.h"

struct fileread {
	struct fileset files;
	struct items items;
	char delimiter;         /* 0: that of the format */
	bool header;
	char *path;             /* the text of keys */
	struct span keys[JSONARRAY_KEYS];
	size_t nkeys;
	struct unpack unpack;
	/* Not 0: so many records of a file are enough (discover). */
	uint64_t enough, records;
};

/* Reads the settings and looks which files there are. Release in any case. */
int fileread_init(struct fileread *f, const struct request *rq, struct err *e);
void fileread_release(struct fileread *f);

/* One file. What is wrong with it becomes a fail without id; -1 only if the
 * run has to stop. */
int fileread_one(struct fileread *f, size_t i, struct err *e);

/*
 * All files as they are at one time: while the one that is read last is
 * opened. What was renamed to a name that had been read, or moved from file to
 * file, would be missed by reading each once; so those that are new or others
 * than were read are read, too, until there are none.
 */
int fileread_all(struct fileread *f, const struct request *rq, struct err *e);

/* For fileread_one: a reader of each format. false: reading failed, errno. */
bool fileread_lines(struct fileread *f, struct lines *in);
bool fileread_dump(struct fileread *f, struct lines *in);
bool fileread_bulk(struct fileread *f, struct lines *in);
bool fileread_rows(struct fileread *f, struct lines *in, char delimiter);

/* Is another record of this file to be read? */
bool fileread_more(struct fileread *f);

#endif
