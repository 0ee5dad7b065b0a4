/* SPDX-License-Identifier: MIT */
/* conn-stream(5) as the reader sees it: proof, bad input, damage anywhere. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stream/reader.h"
#include "tap.h"

#define MODE(m) (1U << (m))
#define ANY (MODE(MODE_LOAD) | MODE(MODE_POLL) | MODE(MODE_SLIM) | \
    MODE(MODE_INDEX) | MODE(MODE_DIFF))
#define ZERO "\"documents\":0,\"ids\":0,\"deletes\":0,\"fails\":0," \
    "\"digest\":\"00000000000000000000000000000000\""
#define BEGIN_AS(mode, scope) "{\"_ctl\":\"begin\",\"v\":1,\"mode\":\"" mode \
    "\",\"scope\":\"" scope "\",\"run\":\"r2\",\"source\":\"wiki\"," \
    "\"index\":\"sqlite:/s/wiki.db\",\"base\":\"r1\"," \
    "\"time\":\"2026-01-03T00:00:02.000000Z\"}\n"
#define BEGIN BEGIN_AS("load", "all")
#define END_AS(complete, status) "{\"_ctl\":\"end\",\"complete\":" complete \
    ",\"status\":" status "," ZERO ",\"time\":\"2026-01-03T00:00:03Z\"}\n"
#define END END_AS("true", "0")

static const char golden_load[] = BEGIN
"{\"_id\":\"wiki:1\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"a\"}\n"
"{\"_id\":\"wiki:2\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"B\"}\n"
"{\"_id\":\"wiki:3\",\"_timestamp\":\"2026-01-02T00:00:00Z\",\"title\":\"c\"}\n"
"{\"_ctl\":\"fail\",\"id\":\"wiki:7\",\"code\":\"http_403\"}\n"
"{\"_ctl\":\"state\",\"stream\":\"pages\",\"value\":{\"since\":\"x\"},"
"\"documents\":3,\"ids\":0,\"deletes\":0,\"fails\":1,"
"\"digest\":\"d8c938ab9323e4f8d468e26628268876\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":1,\"documents\":3,\"ids\":0,"
"\"deletes\":0,\"fails\":1,\"digest\":\"d8c938ab9323e4f8d468e26628268876\","
"\"time\":\"2026-01-03T00:00:03.000000Z\"}\n";

static const char golden_index[] = BEGIN_AS("index", "all")
"{\"id\":\"wiki:1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"hash\":"
"\"c462419e51caebfcce658b111c8e7dd1\"}\n"
"{\"id\":\"wiki:2\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"hash\":"
"\"1d9917d15e8687ad5094d34a0a09d963\"}\n"
"{\"id\":\"wiki:7\",\"hash\":\"dc7048f8f8747f561349cde127705c16\"}\n"
"{\"id\":\"wiki:9\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":0,\"documents\":0,\"ids\":4,"
"\"deletes\":0,\"fails\":0,\"digest\":\"d7020eaa18d7670cd6293ae97807fde0\","
"\"time\":\"2026-01-03T00:00:01.000000Z\"}\n";

static const char golden_diff[] = BEGIN_AS("diff", "all")
"{\"_id\":\"wiki:2\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"B\"}\n"
"{\"_id\":\"wiki:3\",\"_timestamp\":\"2026-01-02T00:00:00Z\",\"title\":\"c\"}\n"
"{\"_ctl\":\"fail\",\"id\":\"wiki:7\",\"code\":\"http_403\"}\n"
"{\"_ctl\":\"delete\",\"id\":\"wiki:9\",\"reason\":\"absent\"}\n"
"{\"_ctl\":\"state\",\"stream\":\"pages\",\"value\":{\"since\":\"x\"},"
"\"documents\":2,\"ids\":0,\"deletes\":1,\"fails\":1,"
"\"digest\":\"73672cb3c218a7c85e8bc08f1e5662ac\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":1,\"documents\":2,\"ids\":0,"
"\"deletes\":1,\"fails\":1,\"digest\":\"73672cb3c218a7c85e8bc08f1e5662ac\","
"\"time\":\"2026-01-03T00:00:04.000000Z\"}\n";

/* What became of an input. */
struct outcome {
	int status;             /* of the stop, else of the verdict */
	int end_status;
	bool stopped, complete, ended, bare;
	unsigned records, states;
	char text[MSG_MAX + 1];
};

static int
file_of(const char *p, size_t n)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, 0) != 0)
		fd = -1;
	return fd;
}

static struct outcome
run_rules(struct span s, const struct reader_rules *rules)
{
	int fd = file_of(s.p, s.n), got;
	struct outcome o = { 0 };
	struct reader r;
	struct rec rec;
	struct err e = { 0 };

	reader_init(&r, fd, rules);
	while ((got = reader_next(&r, &rec, &e)) > 0) {
		o.records++;
		o.states += rec.kind == REC_STATE;
	}
	o.stopped = got < 0;
	o.status = got < 0 ? e.status : reader_verdict(&r, &e);
	o.complete = r.complete;
	o.ended = r.ended;
	o.bare = r.bare;
	o.end_status = r.end_status;
	memcpy(o.text, e.text, sizeof o.text);
	if (reader_next(&r, &rec, &e) != 0)
		o.status = -1;
	reader_release(&r);
	close(fd);
	return o;
}

static struct outcome
run(struct span s)
{
	return run_rules(s, &(struct reader_rules){ .place = "stream",
	    .modes = ANY });
}

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

static void
test_golden(void)
{
	struct outcome o = run(span_of(golden_load));

	ok(!o.stopped && o.complete && o.ended && o.records == 7 &&
	    o.states == 1 && o.status == 0 && o.end_status == 1,
	    "golden: load is complete, its status travels");
	o = run(span_of(golden_index));
	ok(!o.stopped && o.complete && o.records == 6 && o.status == 0,
	    "golden: index");
	o = run(span_of(golden_diff));
	ok(!o.stopped && o.complete && o.records == 7 && o.states == 1,
	    "golden: diff");
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
	ok(o.stopped && o.status == 3 && strstr(o.text, "1 documents announced"),
	    "a lone end must prove nothing");
}

static void
test_verdict(void)
{
	struct outcome o;

	o = run(SPAN(""));
	ok(o.status == ST_TEMP && streq(o.text, "stream ended without its end "
	    "record; its writer died"), "verdict: nothing came");
	o = run(SPAN(BEGIN));
	ok(o.status == ST_TEMP && o.records == 1, "verdict: no end");
	o = run(SPAN(BEGIN END_AS("false", "0")));
	ok(o.status == ST_TEMP && !o.complete && !o.stopped,
	    "verdict: incomplete for no reason given");
	o = run(SPAN(BEGIN_AS("load", "part") END_AS("false", "0")));
	ok(o.status == 0 && !o.complete && o.text[0] == '\0',
	    "verdict: a limit was asked for");
	o = run(SPAN(BEGIN END_AS("false", "3")));
	ok(o.status == 3 && !o.complete, "verdict: end.status");
	o = run(SPAN(BEGIN END_AS("true", "3")));
	ok(o.status == 0 && o.complete && o.end_status == 3,
	    "verdict: complete, its status besides");
	o = run(SPAN(BEGIN "{\"_ctl\":\"end\",\"complete\":false,\"status\":4,"
	    ZERO ",\"time\":\"2026-01-03T00:00:03Z\",\"message\":\"why\"}\n"));
	ok(o.status == 4 && streq(o.text, "stream is incomplete: why"),
	    "verdict: its message");
	o = run(SPAN(BEGIN END "x\n"));
	ok(o.stopped && o.complete && o.ended,
	    "after end: an error, but what end proved stays");
	o = run((struct span){ BEGIN END "  ", sizeof BEGIN END + 1 });
	ok(!o.stopped && o.complete, "after end: white space is none");
	o = run((struct span){ BEGIN END "  x", sizeof BEGIN END + 2 });
	ok(o.stopped && o.complete, "after end: nor is a cut record");
	o = run(SPAN(BEGIN "{\"_ctl\":\"fail\",\"code\":\"x\"}\n"
	    "{\"_ctl\":\"end\",\"complete\":true,\"status\":0,\"documents\":0,"
	    "\"ids\":0,\"deletes\":0,\"fails\":1,\"digest\":"
	    "\"00000000000000000000000000000000\",\"time\":\"2026-01-03\"}\n"));
	ok(!o.stopped && o.ended && !o.complete && o.status == 1,
	    "fail with neither id nor prefix: not complete");
}

static void
test_altered(void)
{
	static const char *const counts[] = { "documents\":0", "ids\":0",
		"deletes\":0", "fails\":0" };
	static const char *const more[] = { "1 documents", "1 ids",
		"1 deletes", "1 fails" };
	struct buf b = { 0 };
	struct outcome o;

	for (size_t i = 0; i < 4; i++) {
		const char *at = strstr(BEGIN END, counts[i]);
		size_t n = (size_t)(at - BEGIN END) + strlen(counts[i]) - 1;

		buf_clear(&b);
		buf_add(&b, BEGIN END, n);
		buf_putc(&b, '1');
		buf_puts(&b, BEGIN END + n + 1);
		o = run(buf_span(&b));
		ok(o.stopped && o.status == 3 && !o.ended && !o.complete &&
		    strstr(o.text, more[i]) &&
		    strstr(o.text, "announced, 0 received"),
		    "altered: %s", more[i]);
	}
	buf_clear(&b);
	buf_puts(&b, BEGIN END);
	*strstr(buf_cstr(&b), "0000000\"") = '1';
	o = run(buf_span(&b));
	ok(o.stopped && strstr(o.text, "line 2: stream altered on its way: "
	    "other ids announced than received"), "altered: digest");
	buf_clear(&b);
	buf_puts(&b, BEGIN END_AS("true", "2"));
	*strstr(buf_cstr(&b), "0000000\"") = '1';
	o = run(buf_span(&b));
	ok(o.stopped && o.status == 3 && o.end_status == 2,
	    "altered: end.status counts all the same");
	buf_release(&b);
}

static void
test_rules(void)
{
	struct reader_rules rules = { .place = "known: stream", .modes = ANY,
		.source = "blog" };
	struct outcome o = run_rules(SPAN(BEGIN END), &rules);

	ok(o.stopped && o.status == 2 && streq(o.text,
	    "known: stream line 1: source is wiki, not blog"),
	    "rules: another source");
	rules.source = "wiki";
	rules.index = "sqlite:/x";
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.stopped && o.status == 2 && strstr(o.text,
	    "index is sqlite:/s/wiki.db, not sqlite:/x"),
	    "rules: another index");
	rules.index = "sqlite:/s/wiki.db";
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.complete, "rules: its source and index");
	rules.modes = ANY & ~MODE(MODE_LOAD);
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(o.stopped && o.status == 3 && strstr(o.text,
	    "mode load does not belong here"), "rules: mode");
	rules.modes = ANY;
	rules.no_ids = true;
	o = run_rules(SPAN(BEGIN_AS("diff", "all") "{\"id\":\"wiki:1\"}\n"),
	    &rules);
	ok(o.stopped && o.status == 3 && strstr(o.text, "an id record;"),
	    "rules: no id records");
	rules.no_ids = false;
	o = run_rules(SPAN(BEGIN_AS("diff", "all") "{\"id\":\"wiki:1\"}\n"),
	    &rules);
	ok(!o.stopped && o.records == 2, "rules: id records in mode diff");
}

static void
test_raw(void)
{
	struct reader_rules rules = { .place = "stream", .raw = true,
		.source = "wiki" };
	struct outcome o;

	o = run_rules(SPAN("{\"_id\":\"wiki:1\"}\n{\"_id\":\"wiki:2\"}"),
	    &rules);
	ok(o.records == 2 && o.status == 0 && !o.stopped,
	    "raw: end of file is success, with or without newline");
	o = run_rules(SPAN(""), &rules);
	ok(o.records == 0 && o.status == 0, "raw: nothing");
	o = run_rules(SPAN(BEGIN), &rules);
	ok(o.stopped && o.status == 3, "raw: no begin");
	o = run_rules((struct span){ BEGIN, sizeof BEGIN - 2 }, &rules);
	ok(o.stopped && o.status == 3, "raw: no begin without newline");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3 &&
	    strstr(o.text, "an id record among bare documents"),
	    "raw: no id record");
	o = run_rules(SPAN("{\"_id\":\"blog:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "raw: prefix of the source");
	o = run_rules(SPAN("{\"_id\":\"wiki:1\""), &rules);
	ok(o.stopped && o.status == 3, "raw: half a record");
}

static void
test_bare(void)
{
	struct reader_rules rules = { .place = "f: stream", .modes = ANY,
		.source = "wiki", .bare_ok = true };
	struct outcome o;

	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n{\"_ctl\":\"fail\",\"id\":"
	    "\"wiki:2\",\"code\":\"x\"}\n{\"id\":\"wiki:3\"}"), &rules);
	ok(o.records == 3 && o.status == 0 && o.bare, "bare: ids and fails");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}"), &rules);
	ok(o.records == 1 && o.status == 0 && o.bare, "bare: one without \\n");
	o = run_rules(SPAN("{\"_id\":\"wiki:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "bare: no document");
	o = run_rules(SPAN("{\"id\":\"wiki:1\"}\n" BEGIN), &rules);
	ok(o.stopped && o.status == 3, "bare: no begin within");
	o = run_rules(SPAN("{\"id\":\"blog:1\"}\n"), &rules);
	ok(o.stopped && o.status == 3, "bare: prefix of the source");
	o = run_rules(SPAN(BEGIN END), &rules);
	ok(!o.bare && o.complete, "bare: a stream is one all the same");
	o = run_rules(SPAN(BEGIN), &rules);
	ok(!o.bare && o.status == ST_TEMP, "bare: a stream needs its end");
	o = run_rules((struct span){ BEGIN, sizeof BEGIN - 2 }, &rules);
	ok(!o.bare && o.status == ST_TEMP && o.records == 0,
	    "bare: a begin without newline is a cut stream");
	o = run_rules(SPAN(END_AS("false", "2")), &rules);
	ok(!o.bare && o.status == 2, "bare: a lone end is a stream");
	o = run_rules(SPAN(""), &rules);
	ok(o.status == ST_TEMP, "bare: nothing is no list");
}

/* What a consumer may do after damage: nothing is complete, no state past
 * it. states: how many stand before the damage. */
static bool
harmless(const struct outcome *o, unsigned states)
{
	return o->status != 0 && !o->complete && o->states <= states;
}

static void
test_cut(const char *name, struct span s, unsigned states)
{
	size_t wrong = 0;

	for (size_t n = 0; n < s.n; n++) {
		struct outcome o = run((struct span){ s.p, n });

		if (!harmless(&o, states) || o.status != ST_TEMP) {
			wrong++;
			printf("# %s cut at %zu\n", name, n);
		}
	}
	ok(wrong == 0, "%s: cut at every byte", name);
}

struct parts {
	struct span v[16];
	size_t n;
};

static struct parts
split(struct span s)
{
	struct parts p = { 0 };

	while (s.n > 0) {
		const char *nl = memchr(s.p, '\n', s.n);
		size_t n = (size_t)(nl - s.p) + 1;

		p.v[p.n++] = (struct span){ s.p, n };
		s.p += n;
		s.n -= n;
	}
	return p;
}

static struct outcome
run_parts(const struct parts *p)
{
	struct buf b = { 0 };
	struct outcome o;

	for (size_t i = 0; i < p->n; i++)
		buf_add_span(&b, p->v[i]);
	o = run(buf_span(&b));
	buf_release(&b);
	return o;
}

static bool
control(struct span line, const char *name)
{
	return memmem(line.p, line.n, name, strlen(name)) != NULL;
}

static bool
counted(struct span line)
{
	return !control(line, "\"begin\"") && !control(line, "\"state\"") &&
	    !control(line, "\"end\"");
}

static void
test_dropped(const char *name, struct span s, unsigned states)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++) {
		struct parts p = all;
		bool state = control(all.v[i], "\"state\"");
		struct outcome o;

		memmove(&p.v[i], &p.v[i + 1], (--p.n - i) * sizeof *p.v);
		o = run_parts(&p);
		ok(state ? o.complete && o.states == 0 : harmless(&o,
		    counted(all.v[i]) || i == 0 ? 0 : states),
		    "%s: line %zu dropped", name, i + 1);
	}
}

static void
test_doubled(const char *name, struct span s, unsigned states)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++) {
		struct parts p = all;
		struct outcome o;

		memmove(&p.v[i + 1], &p.v[i], (p.n++ - i) * sizeof *p.v);
		o = run_parts(&p);
		if (control(all.v[i], "\"state\""))
			ok(o.complete && o.states == 2,
			    "%s: a state may come twice", name);
		else if (i + 1 == all.n)
			ok(o.stopped && o.status == 3 && o.complete,
			    "%s: end twice is an error after the end", name);
		else
			ok(harmless(&o, counted(all.v[i]) || i == 0 ? 0 :
			    states) && o.status == 3, "%s: line %zu doubled",
			    name, i + 1);
	}
}

static void
test_swapped(const char *name, struct span s)
{
	struct parts all = split(s);

	for (size_t i = 0; i < all.n; i++)
		for (size_t j = i + 1; j < all.n; j++) {
			struct parts p = all;
			struct outcome o;

			p.v[i] = all.v[j];
			p.v[j] = all.v[i];
			o = run_parts(&p);
			if (counted(all.v[i]) && counted(all.v[j]))
				ok(o.complete && !o.stopped, "%s: records %zu "
				    "and %zu may change places", name, i + 1,
				    j + 1);
			else if (control(all.v[i], "\"state\"") &&
			    j + 1 == all.n)
				ok(o.stopped && o.status == 3 && o.states == 0,
				    "%s: a state after end is none", name);
			else
				ok(harmless(&o, 0) && o.status == 3,
				    "%s: lines %zu and %zu swapped", name,
				    i + 1, j + 1);
		}
}

static void
test_joined(const char *name, struct span s, struct span t)
{
	struct buf b = { 0 };
	struct outcome o, first = run(s);

	buf_add_span(&b, s);
	buf_add_span(&b, t);
	o = run(buf_span(&b));
	ok(o.stopped && o.status == 3 && o.states == first.states &&
	    o.records == first.records, "%s: another stream after it", name);
	buf_release(&b);
}

int
main(void)
{
	static const struct { const char *name, *text; unsigned states; } g[] = {
		{ "load", golden_load, 1 }, { "index", golden_index, 0 },
		{ "diff", golden_diff, 1 }
	};

	test_vectors();
	test_kinds_count();
	test_ids();
	test_golden();
	test_bad();
	test_depth();
	test_ceilings();
	test_fine();
	test_verdict();
	test_altered();
	test_rules();
	test_raw();
	test_bare();
	for (size_t i = 0; i < sizeof g / sizeof *g; i++) {
		struct span s = span_of(g[i].text);

		test_cut(g[i].name, s, g[i].states);
		test_dropped(g[i].name, s, g[i].states);
		test_doubled(g[i].name, s, g[i].states);
		test_swapped(g[i].name, s);
		test_joined(g[i].name, s, s);
		test_joined(g[i].name, s, span_of(golden_load));
	}
	return tap_done();
}
