/* SPDX-License-Identifier: MIT */
#include "source/airbyte/read.h"

#include <errno.h>
#include <stdlib.h>

/* ---- what it says while it reads ---- */

static bool
is_accepted(const struct reading *r, int status)
{
	const struct val *list = val_get(r->rq->source, "accept");
	uint64_t n;

	for (size_t i = 0; list != NULL && i < list->n; i++)
		if (val_u64(list->items[i], 1000, &n) && (int)n == status)
			return true;
	return false;
}

static void
take_log(struct reading *r, const struct message *m)
{
	int status = log_ignored(m->body, &r->text);

	if (status == 0 || is_accepted(r, status))
		return;
	if (status > 0)
		catalog_doubt(&r->catalog, "an answer with status %d was "
		    "passed over", status);
	else
		catalog_doubt(&r->catalog, "an answer was passed over");
}

static void
take_status(struct reading *r, struct span body)
{
	struct json_iter it;
	struct json_member m;
	struct span what = { "", 0 };
	struct stream *s = NULL;

	json_iter_init(&it, body);
	while (json_iter_next(&it, &m)) {
		if (json_key_is(&m, "stream_descriptor") &&
		    m.type == JSON_OBJECT)
			s = catalog_named(&r->catalog, m.value, "name",
			    r->scratch);
		else if (json_key_is(&m, "status"))
			what = m.value;
	}
	if (s == NULL)
		return;
	r->told = true;
	s->started = true;
	s->complete = span_is(what, "\"COMPLETE\"");
	if (span_is(what, "\"INCOMPLETE\""))
		s->incomplete = true;
}

static void
take_error(struct reading *r, const struct trouble *t)
{
	struct stream *s = catalog_named(&r->catalog, t->stream, "name",
	    r->scratch);

	if (s == NULL)
		return;
	if (s->status == 0 || t->status == ST_TEMP)
		memcpy(s->error, t->text, sizeof s->error);
	if (s->status == 0 || t->status == ST_TEMP)
		s->status = t->status;
}

static void
take_trace(struct reading *r, const struct message *m)
{
	struct json_member status;
	struct trouble t;

	if (trouble_read(&t, m->body, &r->text)) {
		if (t.stream.p != NULL)
			take_error(r, &t);
		return;
	}
	if (json_iter_find(m->body, "stream_status", &status) &&
	    status.type == JSON_OBJECT)
		take_status(r, status.value);
}

static int
take_line(struct reading *r, struct span line, struct err *e)
{
	struct message m;

	if (record_quick(r, line))
		return 0;
	message_parse(&m, line, &r->c->object);
	switch (m.kind) {
	case AB_RECORD:
		record_take(r, line, m.body);
		return 0;
	case AB_STATE:
		states_take(&r->states, &r->catalog, m.body, r->scratch);
		return 0;
	case AB_LOG:
		take_log(r, &m);
		break;
	case AB_TRACE:
		take_trace(r, &m);
		break;
	case AB_BROKEN:
		catalog_doubt(&r->catalog, "a line of its output is broken");
		break;
	default:
		break;
	}
	return connector_hear(r->c, &m, e);
}

/* ---- the run ---- */

static int
read_lines(struct reading *r, struct err *e)
{
	struct span line;

	for (;;) {
		switch (tap_next(&r->c->tap, &line)) {
		case LINE_OK:
			if (take_line(r, line, e) != 0)
				return -1;
			if (r->enough)
				return 0;
			break;
		case LINE_LONG:
			catalog_doubt(&r->catalog, "a line of its output is "
			    "over 64 MiB");
			break;
		case LINE_CUT:
			r->cut = true;
			break;
		case LINE_EOF:
			return 0;
		default:
			return err_set(e, ST_TEMP, "the connector's output: "
			    "%s", strerror(errno));
		}
	}
}

static int
put_file(struct reading *r, const char *name, struct buf *b, char **path,
    struct err *e)
{
	*path = folder_put(&r->c->folder, name, buf_span(b), e);
	buf_release(b);
	return *path != NULL ? 0 : -1;
}

static int
start(struct reading *r, struct err *e)
{
	const char *words[8] = { "read", "--config", r->c->config_path };
	struct buf b = { 0 };
	char *catalog = NULL, *state = NULL;
	int result = -1;

	catalog_write(&r->catalog, &r->c->arena, &b);
	if (put_file(r, "catalog.json", &b, &catalog, e) == 0 &&
	    (!r->poll || states_write(&b, &r->catalog, &r->c->arena, r->rq,
	    e) == 0))
		result = 0;
	words[3] = "--catalog";
	words[4] = catalog;
	r->given = b.n > 0;
	if (result == 0 && r->given) {
		result = put_file(r, "state.json", &b, &state, e);
		words[5] = "--state";
		words[6] = state;
	}
	if (result == 0)
		result = connector_start(r->c, words, e);
	buf_release(&b);
	free(catalog);
	free(state);
	return result;
}

static int
run(struct reading *r, struct err *e)
{
	const struct val *offered = connector_ask(r->c, "discover", AB_CATALOG,
	    e);

	if (offered == NULL ||
	    catalog_read(&r->catalog, &r->c->arena, r->rq, offered, e) != 0 ||
	    start(r, e) != 0 || read_lines(r, e) != 0)
		return -1;
	if (r->enough) {
		tap_stop(&r->c->tap);
		return 0;
	}
	tap_finish(&r->c->tap);
	return judge(r, e);
}

int
airbyte_read(struct connector *c, struct err *e)
{
	struct reading r = { .c = c, .rq = c->rq,
		.poll = streq(c->rq->verb, "poll") };
	int result = run(&r, e);

	catalog_release(&r.catalog);
	buf_release(&r.states.shared);
	json_object_release(&r.object);
	buf_release(&r.id);
	buf_release(&r.text);
	buf_release(&r.scratch[0]);
	buf_release(&r.scratch[1]);
	return result;
}
