/* SPDX-License-Identifier: MIT */
/*
 * Times: what is read is written as RFC 3339 and read again as the same time,
 * by both readers; what RFC 3339 allows the other reader takes, too.
 */
#include "fuzz.h"

#include "base/clock.h"
#include "base/datetext.h"
#include "base/opt.h"
#include "source/rest/functions.h"
#include "source/sqlvalue.h"

/* Of the years 1 to 9999, which alone RFC 3339 can write. */
static bool
in_range(struct timespec t)
{
	return t.tv_sec >= -62135596800 && t.tv_sec <= 253402300799;
}

static void
same_time(struct timespec t)
{
	char text[CLOCK_TEXT];
	struct timespec back;
	struct when read;

	MUST(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	if (!in_range(t))
		return;
	clock_format(t, 9, text);
	MUST(clock_parse(span_of(text), &back) && clock_cmp(t, back) == 0);
	MUST(datetext_parse(span_of(text), &back) && clock_cmp(t, back) == 0);
	MUST(sqlvalue_time(span_of(text), &read) &&
	    clock_cmp(t, read.time) == 0);
}

static void
as_json(struct span text)
{
	struct buf b = { 0 }, out = { 0 };
	struct when t, back;

	json_put_string(&b, text);
	buf_pad(&b);
	if (function_time(buf_span(&b), &t)) {
		same_time(t.time);
		buf_putc(&out, '"');
		function_put_time(&out, t.time);
		buf_putc(&out, '"');
		buf_pad(&out);
		MUST(function_time(buf_span(&out), &back));
		MUST(clock_cmp(t.time, back.time) == 0);
	}
	buf_clear(&b);
	buf_add_span(&b, text);
	buf_pad(&b);
	if (json_is_number(buf_span(&b)) && function_time(buf_span(&b), &t))
		same_time(t.time);
	buf_release(&b);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *copy = xmalloc(n + 1);
	struct span text = { copy, n };
	struct timespec t, other;
	struct when w;
	double seconds;

	memcpy(copy, p, n);
	copy[n] = '\0';
	if (datetext_parse(text, &t))
		same_time(t);
	if (clock_parse(text, &t)) {
		same_time(t);
		MUST(!in_range(t) || (datetext_parse(text, &other) &&
		    clock_cmp(t, other) == 0));
	}
	if (sqlvalue_time(text, &w))
		same_time(w.time);
	for (int scale = 0; scale <= 9; scale += 3)
		if (json_is_number(text) && datetext_number(text, scale, &t))
			same_time(t);
	if (opt_duration(text, &seconds))
		MUST(seconds >= 0);
	as_json(text);
	free(copy);
	return 0;
}
