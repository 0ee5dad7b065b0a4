/* SPDX-License-Identifier: MIT */
/* What a tap says on stderr: log lines of three forms, tracebacks, metrics. */
#ifndef CONN_SOURCE_SINGER_LOG_H
#define CONN_SOURCE_SINGER_LOG_H

#include "json/scan.h"
#include "source/tap/process.h"

struct singer_log {             /* zero-initialised but for the first */
	int verbose;
	bool inside;            /* a traceback */
	int level;              /* of the last line */
	char exception[TAP_SHOWN]; /* that the last one ended with; "": none */
	char error[TAP_SHOWN];  /* the last line of that level; "": none */
	struct json_object object;      /* scratch, as is text */
	struct buf text;
};

/* METRIC sync_duration of a stream. */
struct singer_metric {
	struct span stream;     /* valid until the next line */
	bool succeeded;         /* else: failed */
};

/* Shows a line as it deserves: errors always, warnings and what has no level
 * from 1 on, the rest from 2 on. clean: the same, masked. true: it is such a
 * metric. */
bool singer_log_take(struct singer_log *l, struct span line,
    const char *clean, struct singer_metric *m);
/* What went wrong in the end, masked: the exception, else the last error;
 * "" if neither. */
const char *singer_log_why(const struct singer_log *l);
void singer_log_release(struct singer_log *l);

#endif
