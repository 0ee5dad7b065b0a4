/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "base/utf8.h"
#include "source/source.h"
#include "stream/record.h"

enum {
	FLUSH = 256 << 10,
	LINE_MAX_BYTES = STREAM_LINE_MAX + (64 << 10),
	FAIL_ID_MAX = 4096      /* longer ids name nothing any more */
};

/*
 * The one stdout of a driver. Whole lines only are written, so that a driver
 * that dies of another cause leaves no half line behind; a document longer
 * than the buffer is the exception.
 */
static struct {
	struct out out;
	bool ready;
	time_t flushed;
	size_t line;            /* where the open line begins in out.b */
	struct buf id;          /* of the open line */
} em;

static time_t
now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
}

static struct buf *
open_line(void)
{
	if (!em.ready) {
		out_init(&em.out, STDOUT_FILENO, "stdout");
		em.flushed = now();
	}
	em.ready = true;
	em.line = em.out.b.n;
	return &em.out.b;
}

/* A slow source shows that it lives: its lines do not wait for more. */
static void
close_line(void)
{
	buf_putc(&em.out.b, '\n');
	if (em.out.b.n < FLUSH && now() == em.flushed)
		return;
	out_flush(&em.out);
	em.flushed = now();
}

void
emit_flush(void)
{
	if (em.ready)
		out_flush(&em.out);
}

void
emit_close(void)
{
	if (em.ready)
		out_close(&em.out);
}

static void
put_member(struct buf *b, const char *head, struct span text)
{
	buf_puts(b, head);
	json_put_string(b, text);
}

/* {"id":...,"timestamp":...,"stream":... */
static struct buf *
put_head(struct span id, struct span timestamp, const char *stream)
{
	struct buf *b = open_line();

	put_member(b, "{\"id\":", id);
	if (timestamp.p != NULL)
		put_member(b, ",\"timestamp\":", timestamp);
	if (stream != NULL)
		put_member(b, ",\"stream\":", span_of(stream));
	return b;
}

static void
cancel(struct span id, const char *code, const char *message)
{
	em.out.b.n = em.line;
	if (id.n <= FAIL_ID_MAX)
		emit_fail(id, code, message);
	else
		emit_fail_all(code, message);
}

static void
too_long(struct span id)
{
	cancel(id, "too_long", "the document is over 64 MiB");
}

/* A line break is never inside a string, so the indentation after it is not
 * either: both go. */
static void
put_unfolded(struct buf *b, struct span doc)
{
	const char *p = doc.p, *end = doc.p + doc.n, *nl;

	while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size_t n = (size_t)(nl - p);

		buf_add(b, p, n > 0 && nl[-1] == '\r' ? n - 1 : n);
		for (p = nl + 1; p < end && strchr(" \t\r\n", *p) &&
		    *p != '\0'; p++)
			continue;
	}
	buf_add(b, p, (size_t)(end - p));
}

/* After the head: the document and the end. false: it is too long. */
static bool
put_doc(struct buf *b, struct span doc)
{
	if (doc.n > LINE_MAX_BYTES ||
	    b->n - em.line + doc.n + 16 > LINE_MAX_BYTES)
		return false;
	if (doc.n > 0)
		buf_add(b, ",\"doc\":", 7);
	if (doc.n > 0 && memchr(doc.p, '\n', doc.n) != NULL)
		put_unfolded(b, doc);
	else if (doc.n >= FLUSH)
		out_add(&em.out, doc.p, doc.n);
	else
		buf_add_span(b, doc);
	buf_putc(b, '}');
	close_line();
	return true;
}

void
emit_doc(struct span id, struct span timestamp, const char *stream,
    struct span doc)
{
	if (!put_doc(put_head(id, timestamp, stream), doc))
		too_long(id);
}

void
emit_doc_json(struct span id, struct span timestamp, struct span doc)
{
	struct buf *b = open_line();

	buf_add(b, "{\"id\":", 6);
	buf_add_span(b, id);
	if (timestamp.n > 0) {
		buf_add(b, ",\"timestamp\":", 13);
		buf_add_span(b, timestamp);
	}
	if (put_doc(b, doc))
		return;
	buf_clear(&em.id);
	json_decode(&em.id, (struct span){ id.p + 1, id.n - 2 });
	too_long(buf_span(&em.id));
}

struct buf *
emit_begin(struct span id, struct span timestamp, const char *stream)
{
	struct buf *b = put_head(id, timestamp, stream);

	buf_clear(&em.id);
	buf_add_span(&em.id, id);
	buf_puts(b, ",\"doc\":");
	return b;
}

void
emit_end(void)
{
	struct buf *b = &em.out.b;

	if (b->n - em.line + 2 > LINE_MAX_BYTES) {
		too_long(buf_span(&em.id));
		return;
	}
	buf_putc(b, '}');
	close_line();
}

void
emit_cancel(const char *code, const char *message)
{
	cancel(buf_span(&em.id), code, message);
}

/* We may know of secrets that whoever reads this does not: tokens that came
 * meanwhile. */
static void
put_message(struct buf *b, const char *message)
{
	char clean[MSG_MAX + 1];

	msg_clean(clean, sizeof clean, span_of(message));
	json_put_key(b, "message");
	json_put_cstring(b, clean);
}

static void
put_fail(const char *name, struct span value, const char *code,
    const char *message)
{
	struct buf *b = open_line();

	buf_puts(b, "{\"fail\":{");
	if (name != NULL) {
		json_put_key(b, name);
		json_put_string(b, value);
	}
	json_put_key(b, "code");
	json_put_cstring(b, code);
	put_message(b, message);
	buf_puts(b, "}}");
	close_line();
}

void
emit_fail(struct span id, const char *code, const char *message)
{
	put_fail("id", id, code, message);
}

void
emit_fail_prefix(struct span prefix, const char *code, const char *message)
{
	put_fail("prefix", prefix, code, message);
}

void
emit_fail_all(const char *code, const char *message)
{
	put_fail(NULL, (struct span){ 0 }, code, message);
}

void
emit_state(const char *stream, struct span value)
{
	struct buf *b = open_line();

	put_member(b, "{\"state\":{\"stream\":", span_of(stream));
	buf_puts(b, ",\"value\":");
	buf_add_span(b, value);
	buf_puts(b, "}}");
	close_line();
}

void
emit_delete(struct span id)
{
	struct buf *b = open_line();

	put_member(b, "{\"delete\":{\"id\":", id);
	buf_puts(b, "}}");
	close_line();
}

void
emit_keep(struct span prefix)
{
	struct buf *b = open_line();

	put_member(b, "{\"keep\":{\"prefix\":", prefix);
	buf_puts(b, "}}");
	close_line();
}

void
emit_reset(void)
{
	emit_raw(SPAN("{\"reset\":true}"));
}

void
emit_check(const char *what, bool good, const char *message)
{
	struct buf *b = open_line();

	put_member(b, "{\"check\":", span_of(what));
	buf_puts(b, good ? ",\"ok\":true" : ",\"ok\":false");
	put_message(b, message);
	buf_putc(b, '}');
	close_line();
}

void
emit_raw(struct span line)
{
	buf_add_span(open_line(), line);
	close_line();
}

void
id_part(struct buf *out, struct span part)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < part.n;) {
		unsigned char c = (unsigned char)part.p[i];
		size_t n = c == '%' || c == '/' ? 0 :
		    utf8_len(part.p + i, part.n - i);
		char code[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (n == 0)
			buf_add(out, code, sizeof code);
		else
			buf_add(out, part.p + i, n);
		i += n ? n : 1;
	}
}
