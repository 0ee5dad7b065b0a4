/* SPDX-License-Identifier: MIT */
/* How the last run went, as a textfile for Prometheus' node exporter. */
#ifndef CONN_INDEX_METRICS_H
#define CONN_INDEX_METRICS_H

#include <stdint.h>
#include <time.h>

#include "base/msg.h"

struct metrics {
	const char *source;
	uint64_t indexed, deleted, refused, failed;
	int status;             /* 0 and 1 count as success */
	struct timespec time;
	double seconds;
};

/* Replaces the file, readable by all; the time of the last success stays as
 * it was there if this run was none. */
int metrics_write(const char *path, const struct metrics *m, struct err *e);

#endif
