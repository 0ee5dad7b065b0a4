/* SPDX-License-Identifier: MIT */
#include "run/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "base/sig.h"
#include "run/discovered.h"
#include "stream/unproven.h"

static const struct front *shown;       /* by the progress line */

static void
describe(char *out, size_t size)
{
	const struct proof *p = &shown->writer.proof;

	snprintf(out, size, "%llu documents, %llu failed, %llu excluded",
	    (unsigned long long)(p->documents + p->ids),
	    (unsigned long long)shown->failed,
	    (unsigned long long)shown->excluded);
}

/* The entry of the config's streams for a name, or an entry of just the name
 * where the config has none. NULL: the config does not know it. */
static struct val *
stream_entry(struct front *f, const char *name)
{
	const struct val *all = f->config.streams;
	struct val *v;

	for (size_t i = 0; all != NULL && i < all->n; i++)
		if (span_is(val_str(val_get(all->items[i], "name")), name))
			return all->items[i];
	if (all != NULL)
		return NULL;
	v = val_new(&f->arena, JSON_OBJECT);
	val_set(&f->arena, v, SPAN("name"),
	    val_string(&f->arena, span_of(name)));
	return v;
}

static int
select_streams(struct front *f, struct err *e)
{
	struct val *picked = val_new(&f->arena, JSON_ARRAY);

	f->streams = f->config.streams;
	for (size_t i = 0; i < f->opt.nstreams; i++) {
		struct val *v = stream_entry(f, f->opt.streams[i]);

		if (v == NULL)
			return err_set(e, ST_USAGE, "%s: no stream named %s",
			    f->config.file, f->opt.streams[i]);
		val_push(&f->arena, picked, v);
	}
	if (f->opt.nstreams > 0)
		f->streams = picked;
	return 0;
}

static bool
is_of_head(const char *field)
{
	return streq(field, "_id") || streq(field, "_timestamp") ||
	    streq(field, "_stream");
}

/* Can the slim verb decide everything that load decides? */
static bool
slim_suffices(struct front *f)
{
	const struct val *fields = val_get(f->spec, "slim_fields");
	const char *field;

	if (f->maker.map != NULL || !spec_has_verb(f->spec, "slim"))
		return false;
	for (size_t i = 0; (field = rules_field(f->maker.rules, i)); i++) {
		bool found = is_of_head(field);

		f->looks_inside |= !found;
		for (size_t k = 0; fields != NULL && k < fields->n; k++)
			found |= span_is(val_str(fields->items[k]), field);
		if (!found)
			return false;
	}
	return true;
}

static int
open_validate(struct front *f, struct err *e)
{
	struct driver_request rq = { .source = f->source,
		.streams = f->streams, .verbose = f->opt.verbose,
		.token = f->config.token_path,
		.connector = f->config.connector, .config = &f->config,
		.timeout = f->config.timeout };

	return validate_open(&f->maker.validate, &f->config, f->driver,
	    f->spec, &rq, e);
}

int
front_open(struct front *f, const char *operand, struct err *e)
{
	struct config *c = &f->config;

	if (config_load(c, operand, e) != 0 ||
	    driver_config(c, &f->driver, &f->spec, e) != 0 ||
	    config_source(c, f->spec, true, &f->source, e) != 0 ||
	    discovered_choose(c, f->driver, f->spec, &f->source, e) != 0 ||
	    select_streams(f, e) != 0 ||
	    rules_new(&f->maker.rules, c->rules, c->file, e) != 0 ||
	    map_new(&f->maker.map, c->map, c->file, e) != 0 ||
	    state_load(&f->state, c->state_path, c->name, c->index_id,
	    e) != 0 ||
	    unproven_read(c->unproven_path, &f->state.unproven, e) != 0)
		return -1;
	f->source = driver_source(c, f->source);
	f->digest = config_digest(c, f->spec);
	f->maker.name = span_of(c->name);
	f->maker.normalizers = normalizers_new(c->patches);
	f->pending.streams = val_new(&f->pending.arena, JSON_OBJECT);
	f->bodies = f->opt.mode == MODE_SLIM && !slim_suffices(f);
	if (f->opt.validate && open_validate(f, e) != 0)
		return -1;
	shown = f;
	progress_start(describe);
	out_init(&f->out, STDOUT_FILENO, "stdout");
	writer_init(&f->writer, &f->out, f->opt.raw);
	return 0;
}

static const char *
new_run(struct arena *a)
{
	char hex[HASH_HEX + 1];

	if (!hash_random(hex))
		die(ST_TEMP, "no random bytes");
	return arena_strndup(a, span_of(hex));
}

static bool
scope_all(const struct front *f)
{
	const struct front_options *o = &f->opt;

	return !o->part && o->nstreams == 0 && o->limit == 0 && !o->since &&
	    !o->until;
}

static void
set(struct arena *a, struct val *object, const char *key, const char *s)
{
	struct val *v = s ? val_string(a, span_of(s)) : val_new(a, JSON_NULL);

	val_set(a, object, span_of(key), v);
}

struct val *
front_begin_record(struct arena *a, enum mode mode, bool all,
    const struct config *c, const struct state *state, const char *uuid)
{
	struct val *b = val_new(a, JSON_OBJECT);
	struct val *v = val_new(a, JSON_NUMBER);

	set(a, b, "_ctl", "begin");
	v->str = SPAN("1");
	val_set(a, b, SPAN("v"), v);
	set(a, b, "mode", mode_name(mode));
	set(a, b, "scope", all ? "all" : "part");
	set(a, b, "run", new_run(a));
	set(a, b, "source", c->name);
	set(a, b, "index", c->index_id);
	set(a, b, "base", state->run);
	if (state->unproven != NULL)
		set(a, b, "unproven", state->unproven);
	if (uuid != NULL && *uuid != '\0')
		set(a, b, "uuid", uuid);
	return b;
}

void
front_begin(struct front *f, const struct val *more)
{
	struct val *b = front_begin_record(&f->arena, f->opt.mode, scope_all(f),
	    &f->config, &f->state, NULL);

	set(&f->arena, b, "config", f->digest);
	for (size_t i = 0; more != NULL && i < more->n; i++)
		val_set(&f->arena, b, more->members[i].key,
		    more->members[i].value);
	writer_begin(&f->writer, b);
}

void
front_fault(struct front *f, const struct err *e)
{
	if (e->text[0] != '\0')      /* else the driver said it */
		err_print(e);
	if (f->message[0] == '\0')
		msg_clean(f->message, sizeof f->message, span_of(e->text));
	f->status = status_worse(f->status, e->status);
	f->incomplete = true;
}

/* Only a load tells where the source stood when it began, and only once it is
 * known to be whole. */
static void
write_states(struct front *f)
{
	const struct val *states = f->pending.streams;
	struct buf value = { 0 };

	for (size_t i = 0; i < states->n; i++) {
		buf_clear(&value);
		val_write(&value, states->members[i].value);
		writer_state(&f->writer, states->members[i].key,
		    buf_span(&value));
	}
	buf_release(&value);
}

static void
summary(const struct front *f)
{
	const struct proof *p = &f->writer.proof;
	unsigned long long n = f->opt.mode == MODE_SLIM ? p->ids : p->documents;

	if (f->shown < f->failed)
		msg("%llu more documents failed",
		    (unsigned long long)(f->failed - f->shown));
	if (f->opt.verbose > 0)
		msg("%llu %s, %llu failed, %llu excluded", n,
		    f->opt.mode == MODE_SLIM ? "ids" : "documents",
		    (unsigned long long)f->failed,
		    (unsigned long long)f->excluded);
}

static const struct val *
end_rest(struct front *f)
{
	if (!f->full)
		return f->rest;
	if (f->rest == NULL)
		f->rest = val_new(&f->arena, JSON_OBJECT);
	val_set(&f->arena, f->rest, SPAN("full"),
	    val_new(&f->arena, JSON_TRUE));
	return f->rest;
}

static void
release(struct front *f)
{
	rules_free(f->maker.rules);
	map_free(f->maker.map);
	normalizers_free(f->maker.normalizers);
	validate_free(f->maker.validate);
	document_maker_release(&f->maker);
	writer_release(&f->writer);
	state_release(&f->state);
	state_release(&f->pending);
	config_release(&f->config);
	arena_release(&f->arena);
}

static void
report_violations(struct front *f)
{
	struct err e = { 0 };
	int found;

	progress_erase();
	found = validate_report(f->maker.validate, f->opt.patches, &e);
	if (found < 0) {
		err_print(&e);
		f->status = status_worse(f->status, e.status);
	} else if (found > 0) {
		f->status = status_worse(f->status, ST_SOME);
	}
}

int
front_end(struct front *f)
{
	bool complete = !f->incomplete && !f->limited && !sig_stop;

	if (sig_stop)
		f->status = status_worse(f->status, ST_TEMP);
	if (f->failed > 0)
		f->status = status_worse(f->status, ST_SOME);
	if (f->maker.validate != NULL)
		report_violations(f);
	if (f->opt.mode == MODE_LOAD && complete && scope_all(f))
		write_states(f);
	writer_end(&f->writer, complete, f->status,
	    f->message[0] ? f->message : NULL, end_rest(f));
	out_close(&f->out);
	progress_erase();
	summary(f);
	release(f);
	if (sig_stop)
		sig_die(sig_stop);
	return f->status;
}

int
front_failed(struct front *f, const struct err *e)
{
	char message[256];

	if (sig_stop) {
		front_refuse(f->opt.raw, ST_TEMP, NULL);
		sig_die(sig_stop);
	}
	err_print(e);
	msg_clean(message, sizeof message, span_of(e->text));
	front_refuse(f->opt.raw, e->status, message);
	return e->status;
}

void
front_add_stream(struct front_options *o, char *name)
{
	for (size_t i = 0; i < o->nstreams; i++)
		if (streq(o->streams[i], name))
			return;
	o->streams = xrealloc(o->streams, o->nstreams + 1, sizeof *o->streams);
	o->streams[o->nstreams++] = name;
}

void
front_refuse(bool raw, int status, const char *message)
{
	struct out o;
	struct writer w;

	if (raw || isatty(STDOUT_FILENO))
		return;
	out_init(&o, STDOUT_FILENO, "stdout");
	writer_init(&w, &o, false);
	writer_end(&w, false, status, message, NULL);
	out_close(&o);
	writer_release(&w);
}
