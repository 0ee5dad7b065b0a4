/* SPDX-License-Identifier: MIT */
#include "source/singer/read.h"

#include <errno.h>
#include <stdlib.h>

#include "source/singer/message.h"

/* ---- what it says ---- */

struct singer_stream *
singer_stream_of(struct singer_reading *r)
{
	const struct json_member *m = json_find(&r->line, "stream", NULL);

	if (m == NULL || m->type != JSON_STRING)
		return NULL;
	return singer_catalog_find(r->catalog, json_string(m, &r->name));
}

static void
take_schema(struct singer_reading *r)
{
	struct singer_stream *s = singer_stream_of(r);
	const struct json_member *key = json_find(&r->line, "key_properties",
	    NULL);

	if (s == NULL)
		return;
	s->announced = true;
	s->closed = false;
	if (key != NULL && key->type == JSON_ARRAY)
		singer_stream_key(s, &r->s->arena, key->value);
}

/* One before any record only says that a listing begins. */
static void
take_version(struct singer_reading *r)
{
	struct singer_stream *s = singer_stream_of(r);
	const struct json_member *m = json_find(&r->line, "version", NULL);

	if (s == NULL || s->records == 0)
		return;
	if (s->version[0] != '\0' && (m == NULL ||
	    !span_is(m->value, s->version)))
		singer_stream_doubt(s, "it made version %.*s valid, its "
		    "records are of %s", m == NULL ? 0 :
		    (int)(m->value.n < 40 ? m->value.n : 40),
		    m == NULL ? "" : m->value.p, s->version);
	s->activated = true;
}

/* What it wrote into files is not read, and nothing would tell that. */
static int
refuse_batch(struct singer_reading *r, struct err *e)
{
	struct singer_stream *s = singer_stream_of(r);

	return err_set(e, ST_PERSON, "read: the tap sends batches%s%s, which "
	    "are not read; take batch_config out of its settings",
	    s != NULL ? " of " : "", s != NULL ? s->label : "");
}

static void
show_noise(const struct singer_reading *r, struct span line)
{
	if (r->rq->verbose > 0 && line.n > 0)
		msg("log: %.*s", (int)(line.n < 900 ? line.n : 900), line.p);
}

static int
take_line(struct singer_reading *r, struct span line, struct err *e)
{
	const struct json_member *value;

	switch (singer_message(line, &r->line)) {
	case SINGER_RECORD:
		singer_record(r);
		return 0;
	case SINGER_SCHEMA:
		take_schema(r);
		return 0;
	case SINGER_STATE:
		value = json_find(&r->line, "value", NULL);
		if (value != NULL)
			singer_state_take(r, value);
		return 0;
	case SINGER_VERSION:
		take_version(r);
		return 0;
	case SINGER_BATCH:
		return refuse_batch(r, e);
	case SINGER_BROKEN:
		singer_catalog_doubt(r->catalog, "a line of the tap's output "
		    "is broken");
		show_noise(r, line);
		return 0;
	case SINGER_NOISE:
		show_noise(r, line);
		return 0;
	default:
		return 0;
	}
}

/* ---- the run ---- */

static int
read_lines(struct singer_reading *r, struct err *e)
{
	struct span line;

	for (;;) {
		enum line_result got = tap_next(&r->s->tap, &line);

		if (singer_saved(r->s, e) != 0)
			return -1;
		switch (got) {
		case LINE_OK:
			if (take_line(r, line, e) != 0)
				return -1;
			if (r->enough)
				return 0;
			break;
		case LINE_LONG:
			singer_catalog_doubt(r->catalog, "a line of the tap's "
			    "output is over 64 MiB");
			break;
		case LINE_CUT:
			r->cut = true;
			break;
		case LINE_EOF:
			return 0;
		default:
			return err_set(e, ST_TEMP, "the tap's output: %s",
			    strerror(errno));
		}
	}
}

static int
start(struct singer_reading *r, struct err *e)
{
	const char *dialect = val_cstr(val_get(r->rq->source, "dialect"));
	bool old = dialect != NULL && streq(dialect, "properties");
	const char *words[5] = { old ? "--properties" : "--catalog" };
	struct buf b = { 0 };
	char *catalog, *state = NULL;
	int result = -1;

	singer_catalog_write(r->catalog, &r->s->arena, old, &b);
	catalog = folder_put(&r->s->folder, "catalog.json", buf_span(&b), e);
	buf_clear(&b);
	words[1] = catalog;
	if (catalog != NULL && (!r->poll ||
	    singer_state_write(r, &b, e) == 0)) {
		r->given = b.n > 0;
		if (r->given)
			state = folder_put(&r->s->folder, "state.json",
			    buf_span(&b), e);
		words[2] = r->given ? "--state" : NULL;
		words[3] = state;
		if (!r->given || state != NULL)
			result = singer_start(r->s, words, e);
	}
	buf_release(&b);
	free(catalog);
	free(state);
	return result;
}

static int
run(struct singer_reading *r, struct err *e)
{
	if (singer_discover(r->s, e) != 0 || start(r, e) != 0 ||
	    read_lines(r, e) != 0)
		return -1;
	if (r->enough) {
		tap_stop(&r->s->tap);
		return singer_settle(r->s, e);
	}
	tap_finish(&r->s->tap);
	return singer_settle(r->s, e) != 0 ? -1 : singer_judge(r, e);
}

int
singer_read(struct singer *s, struct err *e)
{
	struct singer_reading r = { .s = s, .rq = s->rq,
		.catalog = &s->catalog, .poll = streq(s->rq->verb, "poll") };
	int result = run(&r, e);

	json_object_release(&r.line);
	json_object_release(&r.object);
	buf_release(&r.state);
	buf_release(&r.id);
	buf_release(&r.text);
	buf_release(&r.name);
	return result;
}
