/* SPDX-License-Identifier: MIT */
#include "run/poll.h"

#include "base/sig.h"

const char *
poll_misfit(struct state *s, const char *digest,
    const struct val *streams)
{
	const struct val *positions = state_positions(s);

	if (!s->found || s->streams->n == 0)
		return "no saved state of this source and index";
	if (s->config == NULL || !streq(s->config, digest))
		return "the config changed since it was saved";
	if (positions->n == 0)
		return "no full sync ended since the index was replaced or "
		    "another config was used";
	for (size_t i = 0; streams != NULL && i < streams->n; i++) {
		const char *name = val_cstr(val_get(streams->items[i],
		    "name"));

		if (name == NULL || val_get(positions, name) == NULL)
			return "no saved position of a stream";
	}
	return NULL;
}

/* Did a full sync end with this config and bring no position at all, as that
 * of a database without timestamps? Another one would do no more. */
static bool
brought_none(const struct state *s, const char *digest)
{
	return s->found && s->streams->n == 0 && s->config != NULL &&
	    streq(s->config, digest);
}

/* Does the saved state answer for everything that is to be read? */
static int
check_state(struct front *f, struct err *e)
{
	const char *why;

	if (f->opt.since != NULL || f->opt.until != NULL)
		return 0;
	if (brought_none(&f->state, f->digest))
		return err_set(e, ST_USAGE, "driver %s gave no position to "
		    "poll from; use conn-sync or a full sync", f->config.type);
	/* what was not named may come and go */
	why = poll_misfit(&f->state, f->digest, f->config.offered &&
	    f->opt.nstreams == 0 ? NULL : f->streams);
	if (why == NULL)
		return 0;
	return err_set(e, ST_PERSON, "%s: %s; run a full sync",
	    f->config.state_path, why);
}

static void
read_retries(struct front *f)
{
	struct ids ids = { 0 };

	for (size_t i = 0; i < f->state.nretry; i++)
		front_want(f, &ids, span_of(f->state.retry[i].id));
	if (front_fetch(f, &ids) == 0 && !sig_stop)
		front_gone(f, &ids);
	ids_release(&ids);
}

int
poll_write(struct front *f, const char *config, struct err *e)
{
	if (front_open(f, config, e) != 0)
		return -1;
	if (!spec_has_verb(f->spec, "poll"))
		return err_set(e, ST_USAGE, "driver %s cannot poll; use "
		    "conn-sync or a full sync", f->config.type);
	if (check_state(f, e) != 0)
		return -1;
	front_begin(f, NULL);
	if (front_read(f, NULL, NULL, 0) == 0 && !sig_stop && !f->opt.since &&
	    !f->opt.until)
		read_retries(f);
	return front_end(f);
}

static int
ask_changed(struct front *f, struct err *e)
{
	struct driver_request rq = {
		.verb = "changed", .source = f->source, .streams = f->streams,
		.state = state_positions(&f->state), .verbose = f->opt.verbose,
		.token = f->config.token_path, .timeout = f->config.timeout,
		.connector = f->config.connector
	};
	struct driver_line l;
	struct driver *d;
	bool maybe = true;
	int r;

	if (driver_start(&d, f->driver, f->config.type, &rq, e) != 0)
		return -1;
	while ((r = driver_next(d, &l, e)) > 0)
		if (l.kind == DRV_CHANGED)
			maybe = l.good;
	if (r == 0 && !sig_stop && driver_finish(d, e) != 0)
		r = -1;
	driver_free(d);
	return r < 0 ? -1 : maybe ? ST_OK : ST_SAFETY;
}

int
poll_ask(struct front *f, struct err *e)
{
	struct err ignored;

	/* what is to be read again may be readable by now */
	if (!spec_has_verb(f->spec, "changed") || f->state.nretry > 0 ||
	    check_state(f, &ignored) != 0)
		return ST_OK;
	return ask_changed(f, e);
}

int
poll_changed(struct front *f, const char *config)
{
	struct err e = { 0 };
	int r = front_open(f, config, &e);

	if (r == 0)
		r = poll_ask(f, &e);
	if (sig_stop)
		sig_die(sig_stop);
	if (r >= 0)
		return r;
	if (e.text[0] != '\0')      /* else the driver said it */
		err_print(&e);
	return e.status;
}
