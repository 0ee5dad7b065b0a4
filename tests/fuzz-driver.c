/* SPDX-License-Identifier: MIT */
/*
 * A driver's line: what its form allows comes out as a record of the stream
 * that names the same id, whatever the document holds; nothing becomes a
 * control record. The input: a letter for the verb, the line,
 * up to a newline.
 */
#include "fuzz.h"

#include "run/document.h"
#include "run/driver-line.h"
#include "stream/record.h"
#include "stream/state.h"

static const struct {
	char letter;
	enum driver_verb verb;
	unsigned kinds;
} verbs[] = {
	{ 'l', VERB_LOAD, 1U << DRV_DOC | 1U << DRV_FAIL | 1U << DRV_STATE |
	    1U << DRV_KEEP },
	{ 'p', VERB_POLL, 1U << DRV_DOC | 1U << DRV_FAIL | 1U << DRV_STATE |
	    1U << DRV_KEEP | 1U << DRV_DELETE | 1U << DRV_RESET },
	{ 's', VERB_SLIM, 1U << DRV_DOC | 1U << DRV_FAIL | 1U << DRV_STATE |
	    1U << DRV_KEEP },
	{ 'c', VERB_CHECK, 1U << DRV_CHECK },
	{ 'd', VERB_DISCOVER, 1U << DRV_RAW },
	{ 'g', VERB_CHANGED, 1U << DRV_CHANGED },
	{ 't', VERB_SETTINGS, 1U << DRV_RAW }
};

/* The line is a document of that id, and of no other kind. */
static void
check_made(const struct document *d, const struct driver_line *l)
{
	struct record_parser parser = { 0 };
	char *line = fuzz_padded(d->line.p, d->line.n);
	struct rec r;
	struct err e;

	MUST(record_parse(&parser, (struct span){ line, d->line.n }, &r,
	    &e) == 1);
	MUST(r.kind == REC_DOC && span_eq(r.id, d->id));
	MUST(span_starts(r.id, SPAN("w:")) && r.reserved.n == 0);
	MUST(span_eq((struct span){ r.id.p + 2, r.id.n - 2 }, l->id) ||
	    l->id.n + 2 > STREAM_ID_MAX);
	MUST(span_eq(r.timestamp, l->timestamp));
	MUST((r.timestamp.p == NULL) == (l->timestamp.p == NULL));
	MUST(span_eq(r.stream, l->stream));
	MUST(!r.doc->lone_surrogate);
	MUST(memchr(d->line.p, '\n', d->line.n) == NULL);
	record_parser_release(&parser);
	free(line);
}

static void
make(const struct driver_line *l)
{
	struct document_maker m = { .name = { "w", 1 } };
	struct document d;
	struct err e;

	MUST(document_make(&m, l, &d, &e) == 0);
	MUST(id_fault(d.id) == NULL && span_starts(d.id, SPAN("w:")));
	if (d.result == DOCUMENT_MADE)
		check_made(&d, l);
	else
		MUST(d.result == DOCUMENT_FAILED && d.code != NULL);
	document_maker_release(&m);
}

static void
check_line(const struct driver_line *l)
{
	struct arena a = { 0 };
	struct val_error e;

	if (l->kind == DRV_DOC) {
		MUST(l->id.n > 0 && memchr(l->id.p, 0, l->id.n) == NULL);
		MUST(l->timestamp.n <= STREAM_TIME_MAX);
		make(l);
	}
	if (l->kind == DRV_FAIL)
		MUST(l->code.n > 0 && l->message.n <= DRIVER_MESSAGE_MAX &&
		    (l->id.n == 0 || l->prefix.n == 0));
	if (l->kind == DRV_DELETE)
		MUST(l->id.n > 0);
	if (l->kind == DRV_KEEP)
		MUST(l->prefix.n > 0);
	if (l->kind == DRV_STATE) {
		const struct val *v = val_parse(&a, l->value, JSON_DEPTH,
		    true, &e);

		MUST(l->stream.n > 0 && v != NULL);
		MUST(state_value_fault(v) == NULL);
	}
	arena_release(&a);
}

/* A blank before the line keeps it from being read without the scanner: the
 * same comes out. */
static void
check_plain(enum driver_verb verb, struct span text,
    const struct driver_line *l)
{
	struct line_parser parser = { .verb = verb };
	struct driver_line again;
	struct buf b = { 0 };
	char what[MSG_MAX];

	buf_putc(&b, ' ');
	buf_add_span(&b, text);
	buf_pad(&b);
	MUST(line_parse(&parser, buf_span(&b), &again, what) == 0);
	MUST(again.kind == l->kind);
	MUST(again.lone_surrogate == l->lone_surrogate);
	MUST(span_eq(again.id, l->id) && span_eq(again.doc, l->doc));
	MUST(span_eq(again.timestamp, l->timestamp));
	MUST((again.timestamp.p == NULL) == (l->timestamp.p == NULL));
	MUST(span_eq(again.stream, l->stream));
	MUST((again.stream.p == NULL) == (l->stream.p == NULL));
	line_parser_release(&parser);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span all = { (const char *)p, n };
	struct span in = fuzz_part(&all, '\n');
	char letter = (char)fuzz_byte(&in), what[MSG_MAX] = "";
	char *text = fuzz_padded(in.p, in.n);
	struct line_parser parser = { 0 };
	struct driver_line l = { 0 };
	size_t i = sizeof verbs / sizeof *verbs - 1;

	while (i > 0 && verbs[i].letter != letter)
		i--;
	parser.verb = verbs[i].verb;
	in.p = text;
	if (line_parse(&parser, in, &l, what) == 0) {
		MUST(verbs[i].kinds & 1U << l.kind);
		check_line(&l);
		check_plain(parser.verb, in, &l);
	} else {
		MUST(what[0] != '\0');
	}
	line_parser_release(&parser);
	free(text);
	return 0;
}
