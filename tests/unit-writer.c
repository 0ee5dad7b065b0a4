/* SPDX-License-Identifier: MIT */
/* What the writer writes, byte for byte, and that a reader believes it. */
#include "streams.h"

#include "base/file.h"
#include "stream/writer.h"

struct sink {
	int fd;
	struct out out;
	struct writer w;
	struct arena a;
};

static void
sink_open(struct sink *s, bool raw)
{
	*s = (struct sink){ .fd = memfd_create("out", MFD_CLOEXEC) };
	out_init(&s->out, s->fd, "out");
	writer_init(&s->w, &s->out, raw);
}

/* All that was written; ends the sink. */
static struct buf
sink_close(struct sink *s)
{
	struct buf b = { 0 };

	out_flush(&s->out);
	lseek(s->fd, 0, SEEK_SET);
	file_read_fd(s->fd, 1 << 24, &b);
	buf_release(&s->out.b);
	close(s->fd);
	writer_release(&s->w);
	arena_release(&s->a);
	buf_cstr(&b);
	return b;
}

static struct val *
parse(struct sink *s, const char *text)
{
	struct val_error ve;

	return val_parse(&s->a, span_of(text), JSON_DEPTH, true, &ve);
}

static void
write_all(struct sink *s)
{
	const struct span none = { 0 };

	writer_begin(&s->w, parse(s, BEGIN_AS("load", "all")));
	writer_doc(&s->w, SPAN("wiki:1"), SPAN("{\"_id\":\"wiki:1\"}"));
	writer_delete(&s->w, SPAN("wiki:\"2"), "gone");
	writer_delete(&s->w, SPAN("wiki:3"), NULL);
	writer_fail(&s->w, SPAN("wiki:4"), none, "http_403", NULL);
	writer_fail(&s->w, none, SPAN("wiki:5/"), "eacces", "a\tb");
	writer_fail(&s->w, none, none, "bad_line", NULL);
	writer_state(&s->w, SPAN("p"), SPAN("{\"a\":1}"));
	writer_end(&s->w, false, 1, "why", parse(s, "{\"full\":true}"));
}

static void
test_all(void)
{
	static const char want[] = BEGIN "{\"_id\":\"wiki:1\"}\n"
	    "{\"_ctl\":\"delete\",\"id\":\"wiki:\\\"2\",\"reason\":\"gone\"}\n"
	    "{\"_ctl\":\"delete\",\"id\":\"wiki:3\"}\n"
	    "{\"_ctl\":\"fail\",\"id\":\"wiki:4\",\"code\":\"http_403\"}\n"
	    "{\"_ctl\":\"fail\",\"prefix\":\"wiki:5/\",\"code\":\"eacces\","
	    "\"message\":\"a\\tb\"}\n"
	    "{\"_ctl\":\"fail\",\"code\":\"bad_line\"}\n"
	    "{\"_ctl\":\"state\",\"stream\":\"p\",\"value\":{\"a\":1},"
	    "\"documents\":1,\"ids\":0,\"deletes\":2,\"fails\":3,\"digest\":";
	struct sink s;
	struct buf b;
	struct outcome o;
	const char *end;

	sink_open(&s, false);
	write_all(&s);
	writer_end(&s.w, true, 0, NULL, NULL);
	b = sink_close(&s);
	o = run(buf_span(&b));
	ok(span_starts(buf_span(&b), span_of(want)), "all: byte for byte");
	end = strstr(b.p, "{\"_ctl\":\"end\",\"complete\":false,\"status\":1,"
	    "\"documents\":1,\"ids\":0,\"deletes\":2,\"fails\":3,\"digest\":");
	ok(end != NULL && strstr(end, ",\"time\":\"20") &&
	    strstr(end, "Z\",\"message\":\"why\",\"full\":true}\n"),
	    "all: end");
	ok(!o.stopped && o.ended && o.records == 9 && o.states == 1,
	    "all: a reader believes it; end comes once");
	buf_release(&b);
}

static void
test_raw(void)
{
	struct sink s;
	struct rec r = { .kind = REC_FAIL, .id = SPAN("wiki:1"),
		.line = SPAN("{}") };
	struct buf b;

	sink_open(&s, true);
	write_all(&s);
	writer_id(&s.w, SPAN("wiki:9"), (struct span){ 0 },
	    (struct span){ 0 });
	writer_pass(&s.w, &r);
	writer_state_val(&s.w, parse(&s, "{}"));
	b = sink_close(&s);
	ok(span_is(buf_span(&b), "{\"_id\":\"wiki:1\"}\n"),
	    "raw: bare documents alone");
	buf_release(&b);
}

static void
test_ids(void)
{
	struct sink s;
	struct buf b;
	const struct span none = { 0 };

	sink_open(&s, false);
	writer_id(&s.w, SPAN("a:1"), SPAN("t"), SPAN("h"));
	writer_id(&s.w, SPAN("a:2"), none, none);
	ok(s.w.proof.ids == 2, "ids: counted");
	b = sink_close(&s);
	ok(span_is(buf_span(&b), "{\"id\":\"a:1\",\"timestamp\":\"t\","
	    "\"hash\":\"h\"}\n{\"id\":\"a:2\"}\n"), "ids: their members");
	buf_release(&b);
}

static void
test_begin_time(void)
{
	struct sink s;
	struct buf b;

	sink_open(&s, false);
	writer_begin(&s.w, parse(&s, "{\"_ctl\":\"end\",\"v\":1,\"x\":[2]}"));
	b = sink_close(&s);
	ok(span_starts(buf_span(&b), SPAN("{\"_ctl\":\"begin\",\"v\":1,"
	    "\"x\":[2],\"time\":\"20")) && b.n == 68,
	    "begin: time with microseconds where there is none");
	buf_release(&b);
}

/* A filter that drops a document writes its own proof. */
#define SUM ",\"sum\":\"9c9e2cf88e5813905db869c4e19031e8\""

/* sum: the state's, or "". */
static void
test_pass(const char *sum)
{
	static const char state[] = "{\"_ctl\":\"state\",\"documents\":2,"
	    "\"x\":{\"digest\":1},\"ids\":0,\"stream\":\"p\","
	    "\"deletes\":0,\"value\":{\"documents\":7},\"fails\":0,"
	    "\"digest\":\"e230a186f9f2241a5e7e1d3476a0a6bb\"";
	static const char want[] = "{\"_id\":\"wiki:1\"}\n{\"_ctl\":\"state\","
	    "\"x\":{\"digest\":1},\"stream\":\"p\",\"value\":{\"documents\":7},"
	    "\"documents\":1,\"ids\":0,\"deletes\":0,\"fails\":0,"
	    "\"digest\":\"11efc7005f20ecc530766d38ce6d5b56\"";
	struct reader_rules rules = { .place = "stream", .modes = ANY };
	struct buf in = { 0 }, expected = { 0 }, b;
	struct sink s;
	struct reader r;
	struct rec rec;
	struct err e;
	int fd;

	buf_puts(&in, BEGIN " {\"_id\":\"wiki:1\"}\r\n{\"_id\":\"wiki:2\"}\n");
	buf_printf(&in, "%s%s}\n", state, sum);
	buf_printf(&expected, "%s%s}\n", want, sum);
	fd = file_of(in.p, in.n);
	sink_open(&s, false);
	reader_init(&r, fd, &rules);
	while (reader_next(&r, &rec, &e) > 0) {
		if (rec.kind == REC_DOC && span_is(rec.id, "wiki:1"))
			writer_pass(&s.w, &rec);
		if (rec.kind == REC_STATE)
			writer_state_pass(&s.w, &rec);
	}
	reader_release(&r);
	close(fd);
	b = sink_close(&s);
	ok(span_eq(buf_span(&b), buf_span(&expected)), "pass: a state with our "
	    "proof%s", *sum ? ", and the sum that it had" : "");
	buf_release(&b);
	buf_release(&expected);
	buf_release(&in);
}

static void
test_long_text(void)
{
	struct sink s;
	struct buf text = { 0 }, b;
	struct outcome o;

	buf_puts(&text, "x");
	for (size_t i = 0; i < 60000; i++)
		buf_puts(&text, "\xc3\xa4");
	sink_open(&s, false);
	writer_begin(&s.w, parse(&s, BEGIN));
	writer_fail(&s.w, SPAN("wiki:1"), (struct span){ 0 }, "x",
	    buf_cstr(&text));
	writer_end(&s.w, true, 0, NULL, NULL);
	b = sink_close(&s);
	o = run(buf_span(&b));
	ok(o.complete && strstr(b.p, "\xc3\xa4\"}\n") &&
	    !strstr(b.p, "\xef\xbf\xbd"),
	    "fail: a long message is cut between characters");
	buf_release(&b);
	buf_release(&text);
}

int
main(void)
{
	test_all();
	test_raw();
	test_ids();
	test_begin_time();
	test_pass("");
	test_pass(SUM);
	test_long_text();
	return tap_done();
}
