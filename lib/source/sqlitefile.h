/* SPDX-License-Identifier: MIT */
/*
 * What the file of a SQLite database looks like from outside: enough to know
 * later that nothing was committed to it since. Every commit of SQLite leaves
 * a trace: without a write-ahead log the change counter of the header, with
 * one the log's last frame. Anything else that writes changes size or times.
 */
#ifndef CONN_SOURCE_SQLITEFILE_H
#define CONN_SOURCE_SQLITEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/span.h"

struct sqlitefile {
	int fd;                 /* -1: it cannot be read */
	bool sure;              /* else equal looks prove nothing */
	char commit[128];       /* differs: something was committed */
	char file[384];         /* differs: it may have been written to */
	struct stat locked;
	bool counted;           /* the rest is known */
	uint32_t counter;       /* of changes, without those in a log */
};

/*
 * Takes the look. Not while SQLite has the file open here, and sqlitefile_close
 * only after it: closing any descriptor of a file drops the process's locks.
 * A look is sure if the last write is 2 s ago, so that the next one must
 * change the times.
 */
void sqlitefile_look(struct sqlitefile *f, const char *path);
void sqlitefile_close(struct sqlitefile *f);

/* Is it the file of a saved look, and not another one of its name? */
bool sqlitefile_same(const struct sqlitefile *f, struct span file);

/* To be called when a transaction without a log holds its lock, and before it
 * ends: false: someone wrote in between, which SQLite itself never does. The
 * first reads the counter, too. */
void sqlitefile_locked(struct sqlitefile *f);
bool sqlitefile_untouched(const struct sqlitefile *f);
/* Has it been changed less often than when that was its counter? That is a
 * copy of then, put in its place: SQLite never counts back. */
bool sqlitefile_older(const struct sqlitefile *f, uint32_t counter);

#endif
