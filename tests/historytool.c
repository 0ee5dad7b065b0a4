/* SPDX-License-Identifier: MIT */
/*
 * A driver whose source is a file, for tests/histories.py, which writes it:
 *
 *   {"now":TIME,"docs":[{"id":S,"time":TIME,"text":S}],"fails":[ID],
 *    "stop":{"after":N,"how":"kill"|"cut"|"busy"}}
 *
 * now is the source's clock. A poll gives what is dated from the saved
 * position on, less overlap. After N documents it stops: killed, killed in the
 * middle of a line, or with 75.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "source/position.h"

#define STREAM "docs"

static const char spec[] = "{\"type\":\"history\",\"title\":\"History\","
    "\"schema\":{\"type\":\"object\",\"required\":[\"path\"],"
    "\"additionalProperties\":false,\"properties\":{\"path\":{"
    "\"type\":\"string\",\"format\":\"path\"}}},"
    "\"verbs\":[\"load\",\"slim\",\"poll\"],"
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

struct world {
	struct arena arena;
	const struct val *root, *docs;
	struct timespec now;
	uint64_t after;         /* documents before the stop */
	const char *how;        /* NULL: none */
};

static int
world_read(struct world *w, const struct request *rq, struct err *e)
{
	const char *path = val_cstr(val_get(rq->source, "path"));
	struct buf text = { 0 };
	struct val_error ve;
	const struct val *stop;

	*w = (struct world){ .after = UINT64_MAX };
	if (file_read(path, 64 << 20, &text) != 0)
		return err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	w->root = val_parse(&w->arena, buf_span(&text), 8, true, &ve);
	buf_release(&text);
	if (w->root == NULL)
		return err_set(e, ST_PERSON, "%s: not JSON", path);
	w->docs = val_get(w->root, "docs");
	stop = val_get(w->root, "stop");
	w->how = val_cstr(val_get(stop, "how"));
	if (w->how != NULL)
		val_u64(val_get(stop, "after"), UINT64_MAX, &w->after);
	return source_time(val_cstr(val_get(w->root, "now")), "now", &w->now,
	    e);
}

static int
stop(const struct world *w, struct err *e)
{
	static const char part[] = "{\"id\":\"9";

	if (streq(w->how, "busy"))
		return err_set(e, ST_TEMP, "the source is busy");
	emit_flush();
	if (streq(w->how, "cut") &&
	    write(STDOUT_FILENO, part, sizeof part - 1) < 0)
		return err_set(e, ST_TEMP, "%s", strerror(errno));
	raise(SIGKILL);
	return -1;
}

static void
emit(const struct val *doc, bool slim)
{
	struct buf body = { 0 };

	buf_puts(&body, "{\"text\":");
	json_put_string(&body, val_str(val_get(doc, "text")));
	buf_putc(&body, '}');
	emit_doc(val_str(val_get(doc, "id")), val_str(val_get(doc, "time")),
	    STREAM, slim ? (struct span){ 0 } : buf_span(&body));
	buf_release(&body);
}

static int
pass(struct world *w, const struct request *rq, const struct window *window,
    struct err *e)
{
	const struct val *fails = val_get(w->root, "fails");

	for (size_t i = 0; i <= w->docs->n; i++) {
		struct timespec t;

		if (i >= w->after)
			return stop(w, e);
		if (i == w->docs->n)
			break;
		if (source_time(val_cstr(val_get(w->docs->items[i], "time")),
		    "time", &t, e) != 0)
			return -1;
		if (window_has(window, t))
			emit(w->docs->items[i], rq->slim);
	}
	for (size_t i = 0; fails != NULL && i < fails->n; i++)
		emit_fail(val_str(fails->items[i]), "denied", NULL);
	position_emit(STREAM, w->now);
	return 0;
}

static int
read_verb(const struct request *rq, struct err *e)
{
	static const struct window all = { .on = false };
	struct world w;
	int r = world_read(&w, rq, e) != 0 ? -1 : pass(&w, rq, &all, e);

	arena_release(&w.arena);
	return r;
}

static int
poll_verb(const struct request *rq, struct err *e)
{
	struct window window;
	struct world w;
	int r = world_read(&w, rq, e);

	if (r == 0)
		r = window_init(&window, rq, STREAM, w.now, e);
	if (r == 0)
		r = pass(&w, rq, &window, e);
	arena_release(&w.arena);
	return r;
}

int
main(int argc, char **argv)
{
	static const struct source history = {
		.type = "history", .spec = spec, .read = read_verb,
		.poll = poll_verb
	};

	return source_main(&history, argc, argv);
}
