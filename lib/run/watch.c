/* SPDX-License-Identifier: MIT */
#include "run/watch.h"

#include <errno.h>
#include <unistd.h>

#include "base/out.h"
#include "json/val.h"
#include "stream/reader.h"

/* Does the last line say so? It is a control line, so it is short. */
static bool
wants_full(struct span last)
{
	struct arena a = { 0 };
	struct val_error ve;
	const struct val *v = val_parse(&a, last, JSON_DEPTH, false, &ve);
	bool full = span_is(val_str(val_get(v, "_ctl")), "end") &&
	    val_bool(val_get(v, "full"), false);

	arena_release(&a);
	return full;
}

int
watch(struct err *e)
{
	struct lines lines;
	struct out out;
	struct buf last = { 0 };
	struct span s;
	enum line_result r;
	bool full;

	lines_init(&lines, STDIN_FILENO, STREAM_LINE_MAX);
	out_init(&out, STDOUT_FILENO, "stdout");
	while ((r = lines_next(&lines, &s)) == LINE_OK) {
		out_line(&out, s);
		if (lines.waiting)
			out_flush(&out);
		buf_clear(&last);
		if (s.n <= STREAM_CTL_MAX)
			buf_add_span(&last, s);
	}
	if (r == LINE_CUT)
		out_add(&out, s.p, s.n);
	out_close(&out);
	full = r == LINE_EOF && wants_full(buf_span(&last));
	buf_release(&last);
	lines_release(&lines);
	if (r == LINE_ERROR)
		return err_set(e, ST_PERSON, "stream: %s", strerror(errno));
	return full ? WATCH_FULL : ST_OK;
}
