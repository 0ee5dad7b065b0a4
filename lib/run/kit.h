/* SPDX-License-Identifier: MIT */
/*
 * The conformance kit: does a driver keep conn-driver(7)? It is run on a real
 * config, many times, and what it says is compared with what it said before.
 * The source should be small and quiet meanwhile.
 */
#ifndef CONN_RUN_KIT_H
#define CONN_RUN_KIT_H

#include "config/config.h"

/* One verdict. name: "load", "subset"...; message is "" or says what is wrong,
 * or, where it is good, what deserves a look. */
typedef void kit_report(void *ctx, const char *name, bool good,
    const char *message);

struct kit_subject {
	struct config *config;
	const char *path;               /* driver_config's */
	const struct val *spec;
	const struct val *source;       /* config_source's, with secrets */
	kit_report *report;
	void *ctx;
};

/* 0: every check was made and reported; -1: stopped by a signal, or e. */
int kit_run(const struct kit_subject *s, struct err *e);

#endif
