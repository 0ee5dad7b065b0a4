/* SPDX-License-Identifier: MIT */
/*
 * A stream: the same is made of it however it comes, in pieces of any size.
 * What was read is written and read again as the same records with the same
 * proof. A complete stream has an end, a prefix of it has none.
 *
 * The first byte of an input says how the reader is set up, the second how
 * long the pieces are. "@":0 in a line stands for the proof so far, which no
 * chance would find.
 */
#include "feed.h"
#include "fuzz.h"

#include <sys/mman.h>

#include "stream/reader.h"
#include "stream/writer.h"

enum { SETUP_RAW = 1, SETUP_NO_IDS = 2, SETUP_BARE = 4, SETUP_SOURCE = 8,
    SETUP_LIMIT = 16 };

struct seen {
	struct buf records;     /* kind, names and line of each */
	int status;
	bool stopped, ended, complete;
	struct proof proof;
	char text[MSG_MAX + 1];
};

static void
see(struct buf *b, const struct rec *r)
{
	const struct span parts[] = { r->id, r->prefix, r->timestamp, r->hash,
		r->stream, r->line };

	buf_printf(b, "%d", (int)r->kind);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_printf(b, " %zu:", parts[i].n);
		buf_add_span(b, parts[i]);
	}
	buf_putc(b, '\n');
}

/* A blank before an id record keeps it from being read without the scanner:
 * the same comes out. */
static void
check_plain(const struct rec *rec)
{
	struct record_parser parser = { 0 };
	struct buf b = { 0 };
	struct rec again;
	struct err e;

	buf_putc(&b, ' ');
	buf_add_span(&b, rec->line);
	buf_pad(&b);
	MUST(record_parse(&parser, buf_span(&b), &again, &e) == 1);
	MUST(again.kind == REC_ID && span_eq(again.line, rec->line));
	MUST(span_eq(again.id, rec->id) && span_eq(again.hash, rec->hash));
	MUST((again.hash.p == NULL) == (rec->hash.p == NULL));
	MUST(span_eq(again.timestamp, rec->timestamp));
	MUST((again.timestamp.p == NULL) == (rec->timestamp.p == NULL));
	record_parser_release(&parser);
	buf_release(&b);
}

static void
check_record(const struct reader *r, const struct rec *rec)
{
	struct span name = rec->prefix.p != NULL ? rec->prefix : rec->id;

	if (rec->kind <= REC_FAIL && name.n > 0)
		MUST(id_fault(name) == NULL);
	if (rec->kind == REC_ID)
		check_plain(rec);
	if (rec->kind == REC_STATE || rec->kind == REC_END)
		MUST(proof_eq(&rec->proof, &r->proof));
	if (rec->kind == REC_STATE)
		MUST(!r->partial || !r->complete);
	if (r->rules.raw)
		MUST(rec->kind == REC_DOC);
	if (r->rules.no_ids)
		MUST(rec->kind != REC_ID);
}

static void
write_record(struct writer *w, const struct reader *r, const struct rec *rec)
{
	switch (rec->kind) {
	case REC_BEGIN:
		writer_begin(w, rec->ctl);
		break;
	case REC_STATE:
		writer_state_pass(w, rec);
		break;
	case REC_END:
		writer_end(w, val_bool(val_get(rec->ctl, "complete"), false),
		    r->end_status, NULL, NULL);
		break;
	default:
		writer_pass(w, rec);
	}
}

static struct reader_rules
rules_of(unsigned setup)
{
	return (struct reader_rules){
		.place = "stream", .modes = 0x1f,
		.source = setup & SETUP_SOURCE ? "w" : NULL,
		.raw = setup & SETUP_RAW, .no_ids = setup & SETUP_NO_IDS,
		.bare_ok = (setup & (SETUP_BARE | SETUP_RAW)) == SETUP_BARE
	};
}

/* w: NULL, or where it is written again. */
static struct seen
read_all(struct span text, unsigned setup, size_t most, struct writer *w)
{
	struct reader_rules rules = rules_of(setup);
	struct feed in = { text, most };
	struct seen s = { 0 };
	struct reader r;
	struct rec rec;
	struct err e = { 0 };
	int got;

	reader_init(&r, -1, &rules);
	r.lines.read = feed_read;
	r.lines.ctx = &in;
	if (setup & SETUP_LIMIT)
		r.lines.max = 300;
	while ((got = reader_next(&r, &rec, &e)) > 0) {
		check_record(&r, &rec);
		see(&s.records, &rec);
		if (w != NULL)
			write_record(w, &r, &rec);
	}
	s.stopped = got < 0;
	s.status = got < 0 ? e.status : reader_verdict(&r, &e);
	memcpy(s.text, e.text, sizeof s.text);
	s.ended = r.ended;
	s.complete = r.complete;
	s.proof = r.proof;
	MUST(!r.complete || r.ended);
	MUST(!s.stopped || s.status != 0);
	MUST(s.stopped || s.status != 0 || r.ended || r.bare || rules.raw);
	MUST(reader_next(&r, &rec, &e) == 0);
	reader_release(&r);
	return s;
}

static void
same_seen(const struct seen *a, const struct seen *b)
{
	MUST(span_eq(buf_span(&a->records), buf_span(&b->records)));
	MUST(a->status == b->status && a->stopped == b->stopped);
	MUST(a->ended == b->ended && a->complete == b->complete);
	MUST(proof_eq(&a->proof, &b->proof));
	MUST(streq(a->text, b->text));
}

/* What was written into fd is a stream again. */
static void
read_again(int fd, const struct seen *first)
{
	struct buf b = { 0 };
	struct seen s;

	if (lseek(fd, 0, SEEK_SET) != 0 || file_read_fd(fd, 1 << 24, &b) < 0)
		die(ST_TEMP, "memfd: %s", strerror(errno));
	s = read_all(buf_span(&b), 0, SIZE_MAX, NULL);
	MUST(first->stopped || !s.stopped);
	MUST(s.ended == first->ended && s.complete == first->complete);
	MUST(!first->ended || first->stopped ||
	    proof_eq(&s.proof, &first->proof));
	buf_release(&s.records);
	buf_release(&b);
}

static void
written(struct span text, const struct seen *first)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);
	struct out out;
	struct writer w;
	struct seen s;

	if (fd < 0)
		die(ST_TEMP, "memfd: %s", strerror(errno));
	out_init(&out, fd, "stream");
	writer_init(&w, &out, false);
	s = read_all(text, 0, SIZE_MAX, &w);
	out_flush(&out);
	same_seen(&s, first);
	read_again(fd, first);
	buf_release(&s.records);
	writer_release(&w);
	buf_release(&out.b);
	close(fd);
}

/* No proper prefix of it is complete. */
static void
cut(struct span text, const struct seen *whole)
{
	struct span part = text;
	struct seen s;

	if (!whole->complete || whole->stopped)
		return;
	while (part.n > 0 && strchr(" \t\r\n", part.p[part.n - 1]) != NULL)
		part.n--;
	s = read_all(part, 0, SIZE_MAX, NULL);
	MUST(!s.complete);
	buf_release(&s.records);
}

/* Adds a line, with the proof in place of its mark. */
static void
put_line(struct buf *out, struct span line, struct proof *proof)
{
	static const struct span mark = { ",\"@\":0", 6 };
	struct record_parser parser = { 0 };
	char *padded = fuzz_padded(line.p, line.n);
	const char *at = line.n > 0 ? memmem(line.p, line.n, mark.p, mark.n) :
	    NULL;
	struct rec rec;
	struct err e;

	if (at != NULL) {
		buf_add(out, line.p, (size_t)(at - line.p));
		proof_write(out, proof);
		line.n -= (size_t)(at - line.p) + mark.n;
		line.p = at + mark.n;
	} else if (record_parse(&parser, (struct span){ padded, line.n },
	    &rec, &e) > 0 && rec.kind <= REC_FAIL) {
		proof_add(proof, rec.kind, rec.prefix.p != NULL ? rec.prefix :
		    rec.id);
	}
	buf_add_span(out, line);
	record_parser_release(&parser);
	free(padded);
}

static void
prove(struct buf *out, struct span in)
{
	struct proof proof = { 0 };

	while (in.n > 0) {
		const char *end = in.p + in.n;

		put_line(out, fuzz_part(&in, '\n'), &proof);
		if (in.n > 0 || end[-1] == '\n')
			buf_putc(out, '\n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = { (const char *)p, n };
	unsigned setup = fuzz_byte(&in) - '0', most = fuzz_byte(&in);
	struct buf proven = { 0 };
	struct seen whole, s;

	prove(&proven, in);
	in = buf_span(&proven);
	whole = read_all(in, setup, SIZE_MAX, NULL);
	s = read_all(in, setup, most + 1, NULL);
	same_seen(&whole, &s);
	buf_release(&s.records);
	if ((setup & 0x1f) == 0) {
		cut(in, &whole);
		written(in, &whole);
	}
	buf_release(&whole.records);
	buf_release(&proven);
	return 0;
}
