/* SPDX-License-Identifier: MIT */
/* conn-stream(5), line by line: the proof, and every bad line. */
#include "streams.h"

static void
test_vectors(void)
{
	struct proof p = { 0 }, q = { 0 };
	char hex[HASH_HEX + 1];
	struct buf b = { 0 };
	static const char doc[] = "{\"_id\":\"wiki:1\",\"title\":\"a\"}";

	proof_write(&b, &p);
	ok(span_is(buf_span(&b), ZERO) || span_is(buf_span(&b), "," ZERO),
	    "proof: of nothing");
	proof_add(&p, REC_DOC, SPAN("wiki:1"));
	hash_hex(p.digest, hex);
	ok(streq(hex, "11efc7005f20ecc530766d38ce6d5b56"), "proof: one id");
	proof_add(&p, REC_DOC, SPAN("wiki:2"));
	hash_hex(p.digest, hex);
	ok(streq(hex, "e230a186f9f2241a5e7e1d3476a0a6bb"), "proof: two ids");
	proof_add(&q, REC_DOC, SPAN("wiki:2"));
	proof_add(&q, REC_DOC, SPAN("wiki:1"));
	ok(proof_eq(&p, &q), "proof: order does not count");
	proof_add(&p, REC_DOC, SPAN("wiki:1"));
	proof_add(&q, REC_DOC, SPAN("wiki:2"));
	ok(!proof_eq(&p, &q), "proof: repetition counts");
	hash_hex(hash128(doc, sizeof doc - 1), hex);
	ok(streq(hex, "96ec82f1d3d126faf2e5126ab00c3afb"),
	    "hash: of a document");
	buf_release(&b);
}

static void
test_kinds_count(void)
{
	for (int k = REC_DOC; k <= REC_END; k++) {
		struct proof p = { 0 }, zero = { 0 };

		proof_add(&p, (enum rec_kind)k, SPAN("a:1"));
		ok(proof_eq(&p, &zero) == (k >= REC_BEGIN),
		    "proof: kind %d %s", k, k < REC_BEGIN ? "counts" : "not");
		ok(p.documents + p.ids + p.deletes + p.fails ==
		    (k < REC_BEGIN), "proof: kind %d once", k);
	}
}

static void
test_ids(void)
{
	static char big[514];
	memset(big, 'x', sizeof big);
	ok(id_fault((struct span){ big, 512 }) == NULL, "id: 512 bytes");
	ok(streq(id_fault((struct span){ big, 513 }),
	    "is longer than 512 bytes"), "id: 513 bytes");
	ok(streq(id_fault(SPAN("")), "is empty"), "id: empty");
	ok(streq(id_fault(SPAN("a:\0")), "holds a NUL"), "id: NUL");
	ok(streq(id_fault(SPAN("a:\xff")), "is not UTF-8"), "id: not UTF-8");
	ok(id_fault(SPAN("a:\xc3\xa4")) == NULL, "id: UTF-8");
	ok(id_of_source(SPAN("a:1"), SPAN("a")) &&
	    id_of_source(SPAN("a:"), SPAN("a")) &&
	    !id_of_source(SPAN("a"), SPAN("a")) &&
	    !id_of_source(SPAN("ab:1"), SPAN("a")) &&
	    !id_of_source(SPAN("b:1"), SPAN("a")), "id: of its source");
}

/* One bad line after begin (or in its place) and exactly what is said. */
static const struct {
	const char *text, *message;
} bad[] = {
	{ BEGIN "x", "not a JSON object" },
	{ BEGIN "[]", "not a JSON object" },
	{ BEGIN "7", "not a JSON object" },
	{ BEGIN "{\"_id\":\"wiki:1\"} {}", "bytes after the JSON value "
	    "at byte 18" },
	{ BEGIN "{\"_id\":\"wiki:1\",}", "not JSON at byte 17" },
	{ BEGIN "{\"_id\":\"wiki:1\"", "JSON cut short at byte 16" },
	{ BEGIN "{\"_id\":\"wiki:\xff\"}", "bad UTF-8 at byte 14" },
	{ BEGIN "\xef\xbb\xbf{\"_id\":\"wiki:1\"}",
	    "begins with a byte order mark" },
	{ BEGIN "{}", "no _id" },
	{ BEGIN "{\"title\":\"a\"}", "no _id" },
	{ BEGIN "{\"_id\":1}", "_id is not a string" },
	{ BEGIN "{\"_id\":null}", "_id is not a string" },
	{ BEGIN "{\"_id\":\"\"}", "_id is empty" },
	{ BEGIN "{\"_id\":\"wiki:\\u0000\"}", "_id holds a NUL" },
	{ BEGIN "{\"_id\":\"wiki:1\",\"a\":1,\"_id\":\"wiki:2\"}",
	    "_id stands twice" },
	{ BEGIN "{\"_id\":\"wiki:1\",\"\\u005fid\":\"wiki:1\"}",
	    "_id stands twice" },
	{ BEGIN "{\"_id\":\"wiki:\\ud800\"}",
	    "_id holds half a surrogate pair" },
	{ BEGIN "{\"_id\":\"wiki:1\",\"_timestamp\":1}",
	    "_timestamp is not a string" },
	{ BEGIN "{\"_id\":\"wiki:1\",\"_stream\":[]}",
	    "_stream is not a string" },
	{ BEGIN "{\"_id\":\"wik:1\"}",
	    "id or prefix does not begin with wiki:" },
	{ BEGIN "{\"_id\":\"wiki\"}",
	    "id or prefix does not begin with wiki:" },
	{ BEGIN "{\"id\":\"wiki:1\"}", "an id record in mode load" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"x:1\"}",
	    "id or prefix does not begin with wiki:" },
	{ BEGIN "{\"_ctl\":\"fail\",\"prefix\":\"wik\",\"code\":\"x\"}",
	    "id or prefix does not begin with wiki:" },
	{ BEGIN BEGIN, "a second begin" },
	{ BEGIN "{\"_ctl\":1}", "_ctl is not a string" },
	{ BEGIN "{\"_ctl\":\"\",\"_id\":\"wiki:1\"}", "_ctl is empty" },
	{ BEGIN "{\"_ctl\":\"end\",\"\\u005fctl\":\"end\"}",
	    "_ctl stands twice" },
	{ BEGIN "{\"_ctl\":\"purge\"}", "unknown _ctl \"purge\"" },
	{ BEGIN "{\"_ctl\":\"delete\"}", "no id" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"\"}", "id is empty" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":7}", "id is not a string" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:1\",\"id\":\"wiki:1\"}",
	    "id stands twice" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:1\",\"\\u0069d\":\"\"}",
	    "id stands twice" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:1\\u0000\"}",
	    "id holds a NUL" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:\\udfff\"}",
	    "id holds half a surrogate pair" },
	{ BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:1\",\"reason\":1}",
	    "reason is not a string" },
	{ BEGIN "{\"_ctl\":\"fail\",\"id\":\"wiki:1\"}", "no code" },
	{ BEGIN "{\"_ctl\":\"fail\",\"id\":\"wiki:1\",\"code\":3}",
	    "code is not a string" },
	{ BEGIN "{\"_ctl\":\"fail\",\"id\":\"wiki:1\",\"code\":\"x\","
	    "\"message\":1}", "message is not a string" },
	{ BEGIN "{\"_ctl\":\"fail\",\"id\":\"wiki:1\",\"prefix\":\"wiki:1\","
	    "\"code\":\"x\"}", "both id and prefix" },
	{ BEGIN "{\"_ctl\":\"fail\",\"prefix\":\"\",\"code\":\"x\"}",
	    "prefix is empty" },
	{ BEGIN "{\"_ctl\":\"fail\",\"prefix\":\"wiki:\",\"prefix\":"
	    "\"wiki:\",\"code\":\"x\"}", "prefix stands twice" },
	{ BEGIN "{\"_ctl\":\"fail\",\"prefix\":\"wiki:\\u0000\",\"code\":"
	    "\"x\"}", "prefix holds a NUL" },
	{ BEGIN "{\"_ctl\":\"state\",\"value\":{\"a\":1}," ZERO "}",
	    "no stream" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\"," ZERO "}", "no value" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{}," ZERO "}",
	    "value is empty" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":[1]," ZERO "}",
	    "value is not an object" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1.5},"
	    ZERO "}", "value holds a number that is not an integer" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":"
	    "{\"a\":[{\"b\":1234567890123456}]}," ZERO "}",
	    "value holds an integer of more than 15 digits" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    "\"documents\":0,\"ids\":0,\"deletes\":0,\"fails\":0}",
	    "no digest" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    "\"documents\":0,\"ids\":0,\"deletes\":0,\"fails\":0,"
	    "\"digest\":\"0000000000000000000000000000000A\"}",
	    "digest is not 32 lower-case hex digits" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    "\"documents\":-1,\"ids\":0,\"deletes\":0,\"fails\":0,"
	    "\"digest\":\"00000000000000000000000000000000\"}",
	    "documents is not a whole number" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    "\"documents\":1,\"ids\":0,\"deletes\":0,\"fails\":0,"
	    "\"digest\":\"00000000000000000000000000000000\"}",
	    "stream altered on its way: 1 documents announced, 0 received; a "
	    "filter that drops documents belongs in rules or map" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    ZERO ",\"sum\":\"9c9e2cf88e5813905db869c4e19031e8\"}",
	    "stream altered on its way: a state whose sum is not that of its "
	    "stream and value" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\","
	    "\"value\":{\"a\":\"\\udc80\"}," ZERO "}",
	    "state holds half a surrogate pair" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    ZERO ",\"sum\":\"\"}",
	    "stream altered on its way: a state whose sum is not that of its "
	    "stream and value" },
	{ BEGIN "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    ZERO ",\"sum\":1}", "sum is not a string" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":1,\"status\":0," ZERO
	    ",\"time\":\"2026-01-03T00:00:03Z\"}",
	    "complete is neither true nor false" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":true," ZERO
	    ",\"time\":\"2026-01-03T00:00:03Z\"}", "no status" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":true,\"status\":256," ZERO
	    ",\"time\":\"2026-01-03T00:00:03Z\"}", "status is not 0 to 255" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":true,\"status\":0," ZERO "}",
	    "no time" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":true,\"status\":0," ZERO
	    ",\"time\":\"yesterday\"}", "time is not an RFC 3339 time" },
	{ BEGIN "{\"_ctl\":\"end\",\"complete\":true,\"status\":0," ZERO
	    ",\"time\":\"2026-01-03T00:00:03Z\",\"message\":1}",
	    "message is not a string" },
	{ BEGIN END END, "a record after end" },
	{ BEGIN END "x", "a record after end" },
	{ BEGIN END "{\"_id\":\"wiki:1\"}", "a record after end" },
	{ BEGIN_AS("slim", "all") "{\"_id\":\"wiki:1\"}",
	    "a document in mode slim" },
	{ BEGIN_AS("index", "all") "{\"_id\":\"wiki:1\"}",
	    "a document in mode index" },
	{ BEGIN_AS("poll", "all") "{\"id\":\"wiki:1\"}",
	    "an id record in mode poll" },
	{ BEGIN_AS("slim", "all") "{\"id\":\"wiki:1\",\"id\":\"wiki:1\"}",
	    "id stands twice" },
	{ BEGIN_AS("slim", "all") "{\"id\":\"wiki:1\",\"timestamp\":1}",
	    "timestamp is not a string" },
	{ BEGIN_AS("slim", "all") "{\"id\":\"wiki:1\",\"hash\":null}",
	    "hash is not a string" },
	{ BEGIN_AS("slim", "all") "{\"id\":\"wiki:1\"}\n{\"id\":\"wiki\"}",
	    "id or prefix does not begin with wiki:" },
	{ "{\"_id\":\"wiki:1\"}", "no begin before this record" },
	{ "{\"id\":\"wiki:1\"}", "no begin before this record" },
	{ "{\"_ctl\":\"delete\",\"id\":\"wiki:1\"}",
	    "no begin before this record" },
	{ END, "no begin before a complete end" },
	{ BEGIN_AS("slurp", "all"),
	    "mode is none of load poll slim index diff" },
	{ BEGIN_AS("load", "most"), "scope is neither all nor part" },
};

/* The members of begin, one by one left out or of another type. */
static const struct {
	const char *drop, *with, *message;
} begins[] = {
	{ "\"v\":1,", "", "no v" },
	{ "\"v\":1", "\"v\":2", "v is not 1" },
	{ "\"v\":1", "\"v\":0", "v is not 1" },
	{ "\"v\":1", "\"v\":\"1\"", "v is not a whole number" },
	{ "\"mode\":\"load\",", "", "no mode" },
	{ "\"mode\":\"load\"", "\"mode\":1", "mode is not a string" },
	{ "\"scope\":\"all\",", "", "no scope" },
	{ "\"run\":\"r2\",", "", "no run" },
	{ "\"run\":\"r2\"", "\"run\":\"\"", "run is empty" },
	{ "\"run\":\"r2\"", "\"run\":\"r\\u0000\"", "run holds a NUL" },
	{ "\"source\":\"wiki\",", "", "no source" },
	{ "\"source\":\"wiki\"", "\"source\":{}", "source is not a string" },
	{ "\"index\":\"sqlite:/s/wiki.db\",", "", "no index" },
	{ "\"base\":\"r1\",", "", "no base" },
	{ "\"base\":\"r1\"", "\"base\":1", "base is not a string" },
	{ "\"base\":\"r1\"", "\"base\":\"r1\",\"config\":1",
	    "config is not a string" },
	{ "\"base\":\"r1\"", "\"base\":\"r1\",\"uuid\":1",
	    "uuid is not a string" },
	{ "\"base\":\"r1\"", "\"base\":\"r1\",\"known\":\"1\"",
	    "known is not a whole number" },
	{ ",\"time\":\"2026-01-03T00:00:02.000000Z\"", "", "no time" },
	{ "\"time\":\"2026-01-03T", "\"time\":\"2026-13-03T",
	    "time is not an RFC 3339 time" },
	{ "T00:00:02.000000Z", "", "time is not an RFC 3339 time" },
	{ "00:02.000000Z", "00:02.000000", "time is not an RFC 3339 time" },
};

static void
expect_stop(struct span s, const char *message)
{
	struct outcome o = run(s);
	char want[MSG_MAX + 1];
	unsigned lines = 0;

	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n';
	snprintf(want, sizeof want, "stream line %u: %s", lines, message);
	ok(o.stopped && o.status == ST_PERSON && streq(o.text, want), "%s",
	    message);
	if (!streq(o.text, want))
		printf("# %s\n", o.text);
}

static void
test_bad(void)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_clear(&b);
		buf_puts(&b, bad[i].text);
		if (b.p[b.n - 1] != '\n')
			buf_putc(&b, '\n');
		expect_stop(buf_span(&b), bad[i].message);
	}
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		const char *at = strstr(BEGIN, begins[i].drop);

		buf_clear(&b);
		buf_add(&b, BEGIN, (size_t)(at - BEGIN));
		buf_puts(&b, begins[i].with);
		buf_puts(&b, at + strlen(begins[i].drop));
		expect_stop(buf_span(&b), begins[i].message);
	}
	buf_release(&b);
}

static void
repeat(struct buf *b, const char *s, size_t n)
{
	while (n-- > 0)
		buf_puts(b, s);
}

/* BEGIN, then head, n times fill, and tail. */
static struct outcome
run_filled(const char *begin, const char *head, const char *fill, size_t n,
    const char *tail)
{
	struct buf b = { 0 };
	struct outcome o;

	buf_puts(&b, begin);
	buf_puts(&b, head);
	repeat(&b, fill, n);
	buf_puts(&b, tail);
	o = run(buf_span(&b));
	buf_release(&b);
	return o;
}

static void
test_depth(void)
{
	struct outcome o;

	o = run_filled(BEGIN "{\"_id\":\"wiki:1\",\"a\":", "", "[", 127, "");
	ok(o.records == 1 && o.status == ST_TEMP, "depth: cut is no fault");
	for (size_t deep = 127; deep <= 128; deep++) {
		struct buf b = { 0 };

		buf_puts(&b, BEGIN "{\"_id\":\"wiki:1\",\"a\":");
		repeat(&b, "[", deep);
		repeat(&b, "]", deep);
		buf_puts(&b, "}\n");
		o = run(buf_span(&b));
		ok(deep == 127 ? o.records == 2 && !o.stopped : o.stopped &&
		    o.status == 3 && strstr(o.text, "line 2: nested too deep"),
		    "depth: %zu", deep + 1);
		buf_release(&b);
	}
}

static void
test_ceilings(void)
{
	static const char fail[] = "{\"_ctl\":\"fail\",\"code\":\"\",\"m\":\"";
	static const char state[] = "{\"_ctl\":\"state\",\"stream\":\"p\"," ZERO
	    ",\"value\":{\"a\":\"";
	static const char doc[] = "{\"_id\":\"wiki:1\",\"a\":\"";
	struct outcome o;
	size_t n;

	o = run_filled(BEGIN "{\"_id\":\"wiki:", "", "x", 507, "\"}\n");
	ok(o.records == 2 && !o.stopped, "id: 512 bytes");
	o = run_filled(BEGIN "{\"_id\":\"wiki:", "", "x", 508, "\"}\n");
	ok(o.stopped && strstr(o.text, "_id is longer than 512 bytes"),
	    "id: 513 bytes");
	o = run_filled(BEGIN "{\"_id\":\"wiki:1\",\"_timestamp\":\"", "", "x",
	    128, "\"}\n");
	ok(o.records == 2 && !o.stopped, "timestamp: 128 bytes");
	o = run_filled(BEGIN "{\"_id\":\"wiki:1\",\"_timestamp\":\"", "", "x",
	    129, "\"}\n");
	ok(o.stopped && strstr(o.text, "_timestamp is longer than 128 bytes"),
	    "timestamp: 129 bytes");
	n = STREAM_CTL_MAX - (sizeof fail - 1) - 2;
	o = run_filled(BEGIN, fail, "x", n, "\"}\n");
	ok(o.records == 2 && !o.stopped, "control: 64 KiB");
	o = run_filled(BEGIN, fail, "x", n + 1, "\"}\n");
	ok(o.stopped && strstr(o.text, "fail is longer than 64 KiB"),
	    "control: 64 KiB and a byte");
	n = STREAM_STATE_MAX - (sizeof state - 1) - 3;
	o = run_filled(BEGIN, state, "x", n, "\"}}\n");
	ok(o.states == 1 && !o.stopped, "state: 16 MiB");
	o = run_filled(BEGIN, state, "x", n + 1, "\"}}\n");
	ok(o.stopped && strstr(o.text, "state is longer than 16 MiB"),
	    "state: 16 MiB and a byte");
	n = STREAM_LINE_MAX - (sizeof doc - 1) - 2;
	o = run_filled(BEGIN, doc, "x", n, "\"}\n");
	ok(o.records == 2 && !o.stopped, "line: 64 MiB");
	o = run_filled(BEGIN, doc, "x", n + 1, "\"}\n");
	ok(o.stopped && o.status == 3 &&
	    streq(o.text, "stream line 2: longer than 64 MiB"),
	    "line: 64 MiB and a byte");
}

static void
test_fine(void)
{
	struct outcome o;

	o = run(SPAN("\r\n \n" " " BEGIN_AS("load", "all") "\n" END " \t\r\n"));
	ok(!o.stopped && o.complete && o.records == 2,
	    "white space and empty lines are ignored");
	o = run(SPAN(BEGIN "{\"_id\":\"wiki:1\",\"id\":1,\"id\":[],"
	    "\"prefix\":\"\",\"hash\":{},\"timestamp\":3}\n"));
	ok(o.records == 2 && !o.stopped, "id in a document is data");
	o = run(SPAN(BEGIN_AS("slim", "all")
	    "{\"id\":\"wiki:1\",\"prefix\":1,\"prefix\":2}\n"));
	ok(o.records == 2 && !o.stopped, "prefix in an id record is data");
	o = run(SPAN(BEGIN "{\"_ctl\":\"delete\",\"id\":\"wiki:1\",\"_id\":7,"
	    "\"x\":{\"id\":1},\"later\":null}\n"));
	ok(o.records == 2 && !o.stopped, "control: unknown members are fine");
	o = run(SPAN("{\"\\u005fctl\":\"end\",\"complete\":false,\"status\":2,"
	    ZERO ",\"time\":\"2026-01-03T00:00:03Z\"}\n"));
	ok(!o.stopped && o.ended && !o.complete && o.status == 2 &&
	    streq(o.text, "stream is incomplete"), "a lone end is a stream");
	o = run(SPAN("{\"_ctl\":\"end\",\"complete\":false,\"status\":75,"
	    "\"documents\":1,\"ids\":0,\"deletes\":0,\"fails\":0,\"digest\":"
	    "\"00000000000000000000000000000000\","
	    "\"time\":\"2026-01-03T00:00:03Z\"}\n"));
	ok(o.stopped && o.status == 3 && strstr(o.text, "1 documents ann"),
	    "a lone end must prove nothing");
}

/* Every byte at every place: a digit of a hash is one of 0-9 and a-f. */
static void
hash_digits(void)
{
	char text[HASH_HEX + 1], again[HASH_HEX + 1];
	size_t wrong = 0;

	for (int at = 0; at < HASH_HEX; at++)
		for (int c = 0; c < 256; c++) {
			bool digit = (c >= '0' && c <= '9') ||
			    (c >= 'a' && c <= 'f');
			struct h128 h = { 0x0123456789abcdef,
				0xfedcba9876543210 };

			hash_hex(h, text);
			text[at] = (char)c;
			wrong += hash_parse((struct span){ text, HASH_HEX },
			    &h) != digit;
			hash_hex(h, again);
			wrong += digit && memcmp(text, again, HASH_HEX) != 0;
		}
	ok(wrong == 0, "hash_parse: %zu bytes taken wrongly", wrong);
}

/* As a filter may write it: spaces, escapes, another order. */
static void
test_state_sum(void)
{
	static const char text[] = BEGIN "{\"_ctl\":\"state\",\"sum\":"
	    "\"c4bf48f826f0ca0df606337b6862f506\", \"stream\": \"\\u0070\","
	    "\"value\":{\"b\": 1, \"a\":\"\\u00e9\"}," ZERO "}\n";
	struct outcome o = run(span_of(text));

	ok(o.states == 1 && !o.stopped, "state: the sum is of what it means");
}

int
main(void)
{
	test_vectors();
	test_kinds_count();
	test_ids();
	test_bad();
	test_depth();
	test_ceilings();
	test_fine();
	hash_digits();
	test_state_sum();
	return tap_done();
}
