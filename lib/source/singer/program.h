/* SPDX-License-Identifier: MIT */
/* A tap: where its files lie, its process, what it said of itself. */
#ifndef CONN_SOURCE_SINGER_PROGRAM_H
#define CONN_SOURCE_SINGER_PROGRAM_H

#include <sys/stat.h>

#include "source/singer/catalog.h"
#include "source/singer/log.h"
#include "source/tap/control.h"
#include "source/tap/folder.h"
#include "source/tap/process.h"
#include "source/tap/settings.h"

struct singer {
	const struct request *rq;
	struct arena arena;
	struct settings settings;
	struct control control;
	struct folder folder;
	struct tap tap;
	struct singer_log log;
	char *config_path;
	struct stat seen;       /* of that file, as it was read last */
	int watch;              /* inotify; -1: none */
	struct err failed;      /* saving what changed in it; status 0: not */
	struct singer_catalog catalog;
};

/* Settings, tokens, its folder. */
int singer_open(struct singer *s, const struct request *rq, struct err *e);
void singer_close(struct singer *s);

/* Runs --discover, and reads the catalog out of it. */
int singer_discover(struct singer *s, struct err *e);
/* words: the options behind --config FILE, up to a NULL. */
int singer_start(struct singer *s, const char *const words[], struct err *e);
/* The tap may have written into its config file: that is on disk in ours
 * before a line that it printed afterwards is given out, if this returns 0
 * then. */
int singer_saved(const struct singer *s, struct err *e);
/* The same after its end. */
int singer_settle(struct singer *s, struct err *e);
/* Why it failed, out of what it said; what: of its exit, or why it is wrong
 * without one. Returns -1. */
int singer_failed(const struct singer *s, const char *verb, int status,
    const char *what, struct err *e);

#endif
