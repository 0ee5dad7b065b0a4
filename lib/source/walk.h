/* SPDX-License-Identifier: MIT */
/*
 * Walks a tree of files without recursion and without holding lists: one open
 * folder for each level. Symlinks are not followed unless asked for, and then
 * only where they stay below the root.
 *
 * Listing a folder that is changed meanwhile can miss an entry that was there
 * all the time: one file renamed over another may lose its old place and get
 * a new one behind the reader. So a folder whose change time moved while it
 * was read is read again, for the entries that changed since, until it held
 * still; if it never does, that is told (WALK_BUSY). Entries may come twice.
 */
#ifndef CONN_SOURCE_WALK_H
#define CONN_SOURCE_WALK_H

#include <dirent.h>
#include <sys/stat.h>

#include "base/span.h"
#include "source/beneath.h"

enum {
	WALK_PATH_MAX = 512,    /* a folder's path; so depth is at most 257 */
	WALK_PASSES = 10        /* readings of a folder that changes */
};

enum walk_kind {
	WALK_FILE,              /* a regular file, as it seemed */
	WALK_BAD_FILE,          /* these three: error says why */
	WALK_BAD_FOLDER,        /* path is empty for the root itself */
	WALK_BAD_ENTRY,         /* a file or a folder, that is not known */
	WALK_BUSY,              /* a folder that kept changing */
	WALK_DEEP,              /* a folder whose path is too long to enter */
	WALK_END
};

/* Valid until the next call. */
struct walk_item {
	enum walk_kind kind;
	struct span path;       /* relative to the root, bytes as they are */
	int at;                 /* opens it: beneath_open(root, at, name, 0) */
	const char *name;
	int error;              /* errno */
	bool known;             /* st is set */
	struct stat st;
};

struct walk_options {
	bool follow;
	bool stat;              /* fill in st of every file */
	bool once;              /* do not read a changing folder again */
	/* Is this folder to be entered? NULL: all are. */
	bool (*enter)(void *ctx, struct span path);
	void *ctx;
};

struct walk_frame;

struct walk {
	const struct beneath *root;
	struct walk_options o;
	struct walk_frame *v;
	size_t n, cap;
	struct buf path, real, key;
	bool started;
};

void walk_init(struct walk *w, const struct beneath *root,
    const struct walk_options *o);
void walk_next(struct walk *w, struct walk_item *it);
void walk_release(struct walk *w);

#endif
