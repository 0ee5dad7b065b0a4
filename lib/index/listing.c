/* SPDX-License-Identifier: MIT */
#include "index/listing.h"

#include <stdio.h>
#include <unistd.h>

#include "base/progress.h"
#include "base/sig.h"
#include "index/index.h"
#include "run/front.h"
#include "stream/state.h"
#include "stream/unproven.h"
#include "stream/writer.h"

static struct writer writer;

static void
describe(char *out, size_t size)
{
	snprintf(out, size, "%llu ids", (unsigned long long)writer.proof.ids);
}

static void
on_listed(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	writer_id(ctx, id, timestamp, hash);
	progress_tick();
}

static int
list(struct index *ix, const struct config *c, const char *uuid, struct err *e)
{
	char listed[INDEX_UUID_MAX];

	if (index_list(ix, span_of(c->name), on_listed, &writer, listed,
	    e) != 0)
		return -1;
	if (!streq(uuid, listed))
		return err_set(e, ST_TEMP, "%s: the index was replaced while "
		    "it was listed", c->index_id);
	return 0;
}

/* begin was written: what happens now is told by end. */
static int
list_and_end(struct index *ix, const struct config *c, const char *uuid,
    struct out *out)
{
	struct err e = { 0 };
	char message[256];
	bool good;

	progress_start(describe);
	if (list(ix, c, uuid, &e) == 0)
		e.status = 0;   /* of what a further try made good */
	if (sig_stop && e.status == 0)
		err_set(&e, ST_TEMP, "stopped by a signal");
	good = e.status == 0;
	msg_clean(message, sizeof message, span_of(e.text));
	writer_end(&writer, good, e.status, good ? NULL : message, NULL);
	out_close(out);
	progress_erase();
	if (sig_stop)
		sig_die(sig_stop);
	if (!good)
		err_print(&e);
	return e.status;
}

static int
open_all(struct config *c, struct state *state, struct index **ix,
    char uuid[INDEX_UUID_MAX], const char *operand, struct err *e)
{
	if (config_load(c, operand, e) != 0 ||
	    state_load(state, c->state_path, c->name, c->index_id, e) != 0 ||
	    unproven_read(c->unproven_path, &state->unproven, e) != 0 ||
	    index_open(ix, c, NULL, NULL, e) != 0)
		return -1;
	index_confine(c);
	return index_uuid(*ix, uuid, e);
}

int
listing_write(const char *operand, int verbose, struct err *e)
{
	struct config c = { 0 };
	struct state state = { 0 };
	struct arena a = { 0 };
	struct index *ix = NULL;
	char uuid[INDEX_UUID_MAX] = "";
	struct out out;
	int status = -1;

	if (open_all(&c, &state, &ix, uuid, operand, e) == 0) {
		out_init(&out, STDOUT_FILENO, "stdout");
		writer_init(&writer, &out, false);
		writer_begin(&writer, front_begin_record(&a, MODE_INDEX, true,
		    &c, &state, uuid));
		status = list_and_end(ix, &c, uuid, &out);
		if (verbose > 0)
			msg("%llu ids", (unsigned long long)writer.proof.ids);
		writer_release(&writer);
	}
	index_close(ix);
	arena_release(&a);
	state_release(&state);
	config_release(&c);
	return status;
}
