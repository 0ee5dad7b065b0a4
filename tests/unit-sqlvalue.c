/* SPDX-License-Identifier: MIT */
#include "source/sqlvalue.h"

#include "base/clock.h"
#include "source/position.h"
#include "source/sqltable.h"
#include "tap.h"

static void
put(void (*how)(struct buf *, struct span), const char *text,
    const char *expected)
{
	struct buf b = { 0 };

	how(&b, span_of(text));
	ok(span_is(buf_span(&b), expected), "%s -> %s", text, expected);
	buf_release(&b);
}

static void
at(const char *text, long long sec, long nsec)
{
	struct when t = { 0 };

	ok(sqlvalue_time(span_of(text), &t) && t.time.tv_sec == sec &&
	    t.time.tv_nsec == nsec, "%s is %lld.%09ld", text, sec, nsec);
}

static void
never(const char *text)
{
	struct when t;

	ok(!sqlvalue_time(span_of(text), &t), "no time: %s", text);
}

static void
in_window(const char *text, const char *from, const char *to, bool expected)
{
	struct window w = { .on = true, .ends = to != NULL };
	struct when t;

	ok(clock_parse(span_of(from), &w.from) &&
	    (to == NULL || clock_parse(span_of(to), &w.to)) &&
	    sqlvalue_time(span_of(text), &t) &&
	    window_may_have(&w, &t) == expected, "%s is %sin %s to %s", text,
	    expected ? "" : "not ", from, to ? to : "ever");
}

/* A date alone is a day of some zone from UTC+14 to UTC-12. */
static void
test_days(void)
{
	in_window("2026-01-01", "2026-01-01T23:50:00Z", NULL, true);
	in_window("2026-01-01", "2026-01-02T11:59:59.999999999Z", NULL, true);
	in_window("2026-01-01", "2026-01-02T12:00:00Z", NULL, false);
	in_window("2026-01-02", "2025-12-01", "2026-01-01T10:00:00.1Z", true);
	in_window("2026-01-02", "2025-12-01", "2026-01-01T10:00:00Z", false);
	in_window("2026-01-01T00:00:00", "2026-01-01T00:00:01Z", NULL, false);
	in_window("2026-01-01 00:00:00", "2025-12-01", "2026-01-01", false);
	in_window("1767225600", "2026-01-01T00:00:00Z", NULL, true);
	in_window("1767225600", "2026-01-01T00:00:01Z", NULL, false);
}

static void
test_old(void)
{
	static const char *const old[] = { "0001-01-01 00:00:00",
		"0000-01-01", "1970-01-01T00:00:00Z", "1979-12-31" };

	for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
		in_window(old[i], "2026-01-01", NULL, true);
		in_window(old[i], "2026-01-01", "2026-01-02", true);
	}
	in_window("1980-01-01T00:00:00Z", "2026-01-01", NULL, false);
}

static void
test_table(void)
{
	static const struct sqlstream s = { .name = "s", .table = "t",
		.timestamp = "u" };
	struct sqltable t;
	struct buf b = { 0 };
	struct err e;

	sqltable_init(&t, &s, true);
	sqltable_add(&t, "v", "int", 0);
	ok(sqltable_settle(&t, NULL, &e) == -1 && e.status == ST_USAGE,
	    "no primary key");
	sqltable_add(&t, "k\"", "", 2);
	sqltable_add(&t, "J", NULL, 1);
	ok(sqltable_settle(&t, NULL, &e) == -1 &&
	    streq(e.text, "streams.s: timestamp: there is no column u"),
	    "no timestamp");
	sqltable_add(&t, "U", "time", 0);
	ok(sqltable_settle(&t, NULL, &e) == 0 && t.s.nid == 2 &&
	    streq(t.s.id[0], "J") && streq(t.s.id[1], "k\""), "key in order");
	sqltable_select(&t, &b, '"', true);
	ok(span_is(buf_span(&b), "SELECT \"J\", \"k\"\"\", \"u\"") &&
	    t.timestamp == 2 && t.ndoc == 0, "slim statement");
	sqltable_release(&t);
	buf_release(&b);
}

int
main(void)
{
	put(sqlvalue_put_integer, "-9007199254740992", "-9007199254740992");
	put(sqlvalue_put_integer, "9007199254740993", "\"9007199254740993\"");
	put(sqlvalue_put_integer, "0", "0");
	put(sqlvalue_put_decimal, "1.50", "1.50");
	put(sqlvalue_put_decimal, "-0.000123456789012345",
	    "-0.000123456789012345");
	put(sqlvalue_put_decimal, "0.1234567890123456",
	    "\"0.1234567890123456\"");
	put(sqlvalue_put_decimal, "9007199254740992", "9007199254740992");
	put(sqlvalue_put_decimal, "9007199254740993", "\"9007199254740993\"");
	put(sqlvalue_put_decimal, "9007199254740992.5",
	    "\"9007199254740992.5\"");
	put(sqlvalue_put_decimal, "NaN", "\"NaN\"");
	put(sqlvalue_put_float, "1e+20", "1e+20");
	put(sqlvalue_put_float, "-Infinity", "\"-Infinity\"");
	put(sqlvalue_put_base64, "abcd", "YWJjZA==");
	put(sqlvalue_put_base64, "abcde", "YWJjZGU=");
	put(sqlvalue_put_base64, "", "");
	put(sqlvalue_put_hex, "\xff\x01", "ff01");
	at("2026-01-01T00:00:00.5Z", 1767225600, 500000000);
	at("2026-01-01", 1767225600, 0);
	at("1767225600", 1767225600, 0);
	at("1767225600123", 1767225600, 123000000);
	at("1767225600123456", 1767225600, 123456000);
	at("1767225600123456789", 1767225600, 123456789);
	at("1767225600.75", 1767225600, 0);
	never("20454");
	never("1e10");
	never("-1767225600");
	never("99999999999999999999999");
	never("soon");
	never("");
	test_days();
	test_old();
	test_table();
	return tap_done();
}
