/* SPDX-License-Identifier: MIT */
#include "index/apply.h"

#include <stdio.h>

#include "index/commit.h"
#include "stream/unproven.h"

/* A part says nothing of another index: the saved one may come back. */
static bool
of_saved(const struct apply *a)
{
	return !a->opt.raw && !a->opt.stale &&
	    (a->all || optional_eq(a->state.uuid, a->uuid));
}

static void
verdict(void *ctx, const struct index_answer *v)
{
	struct apply *a = ctx;

	a->answered++;
	if (a->opt.rebuild)
		rebuild_answered(&a->rebuild, v->id, v->code == NULL);
	if (v->code != NULL) {
		a->refused++;
		failed_add(&a->fresh, v->id, v->seq + 1, v->remove ?
		    FAILED_DELETE : FAILED_PUT);
		a->opt.refused(v->id, v->code, v->message);
		return;
	}
	if (v->remove)
		a->deleted++;
	else
		a->indexed++;
	failed_done(&a->fresh, v->id, v->seq);
	if (of_saved(a))
		state_retry_remove(&a->state, v->id);
}

/* An index is made only for a stream that holds everything there is. */
static bool
may_create(const struct begin *b)
{
	if (b == NULL)
		return false;
	return b->mode == MODE_LOAD || (b->mode == MODE_DIFF && b->all &&
	    b->has_known && b->known == 0);
}

static int
missing(struct apply *a, const struct begin *b, struct err *e)
{
	if (!may_create(b))
		return err_set(e, ST_PERSON, "%s: no such index; run a full "
		    "sync", a->config->index_id);
	if (b->uuid != NULL && *b->uuid != '\0')
		return err_set(e, ST_TEMP, "%s: removed since it was listed",
		    a->config->index_id);
	if (index_create(a->ix, e) != 0 ||
	    index_uuid(a->ix, a->uuid, e) != 0)
		return -1;
	detail("%s: created", a->config->index_id);
	return 0;
}

static int
check_uuid(struct apply *a, const struct begin *b, struct err *e)
{
	const char *index = a->config->index_id;

	if (b == NULL)
		return 0;
	if (b->uuid != NULL && !streq(b->uuid, a->uuid))
		return err_set(e, ST_TEMP, "%s: replaced since it was listed",
		    index);
	if (b->mode == MODE_POLL && (a->state.uuid == NULL ||
	    !streq(a->state.uuid, a->uuid)))
		return err_set(e, ST_PERSON, "%s: not the index of the saved "
		    "state; run a full sync", index);
	return 0;
}

/* Is it the right index, and can it take our documents? b NULL: --raw. */
static int
make_ready(struct apply *a, const struct begin *b, struct err *e)
{
	if (a->opt.rebuild) {
		if (rebuild_begin(&a->rebuild, a->config, a->ix, b->run,
		    e) != 0)
			return -1;
		memcpy(a->uuid, a->rebuild.uuid, sizeof a->uuid);
		a->begun = true;
		return 0;
	}
	if (index_uuid(a->ix, a->uuid, e) != 0)
		return -1;
	if ((a->uuid[0] == '\0' ? missing(a, b, e) : check_uuid(a, b, e)) != 0)
		return -1;
	if (index_prepare(a->ix, e) != 0)
		return -1;
	if ((a->opt.raw || a->opt.stale) && commit_fence(a, e) != 0)
		return -1;
	a->begun = true;
	return 0;
}

int
apply_open(struct apply *a, struct config *c, const struct apply_options *opt,
    struct err *e)
{
	*a = (struct apply){ .opt = *opt, .config = c };
	if (state_load(&a->state, c->state_path, c->name, c->index_id,
	    e) != 0 ||
	    unproven_read(c->unproven_path, &a->state.unproven, e) != 0 ||
	    config_owns(c, a->state.file, e) != 0)
		return -1;
	state_set(&a->state.file, c->owner);
	if (opt->dry)
		return 0;
	if (index_open(&a->ix, c, verdict, a, e) != 0)
		return -1;
	index_confine(c);
	rebuild_tidy(c, a->ix);
	return opt->raw ? make_ready(a, NULL, e) : 0;
}

/* The fence: nothing may have been applied since this stream began to be
 * read, but what it brings itself. */
static bool
fits(const struct apply *a, const struct begin *b)
{
	const char *unproven = a->state.unproven;

	if (!optional_eq(b->base, a->state.run))
		return false;
	/* without the lock there may be a run that goes on */
	if (!b->says_unproven ||
	    (a->opt.dry && unproven != NULL && *unproven == '\0'))
		return true;
	return optional_eq(b->unproven, unproven) ||
	    unproven_is(unproven, b->run);
}

static int
begin(struct apply *a, const struct begin *b, struct err *e)
{
	a->mode = b->mode;
	a->all = b->all;
	a->run = b->run;
	if (!a->opt.stale && !fits(a, b))
		return err_set(e, ST_TEMP, "stream: something else was applied "
		    "since it began to be read; run it again");
	if (a->opt.rebuild && !b->all)
		return err_set(e, ST_USAGE, "stream: a part of the source; a "
		    "rebuild needs all of it");
	commit_begin(a, b->config);
	if (a->ix == NULL) {
		a->begun = true;
		return 0;
	}
	if (make_ready(a, b, e) == 0)
		return 0;
	a->broken = true;
	return -1;
}

/* From now on operations may be in the index that no state knows of. */
static int
mark(struct apply *a, struct err *e)
{
	const char *run = a->opt.raw || a->opt.stale ? a->state.run : a->run;

	if (a->mark > 0)
		return 0;
	if (commit_mixed(a, e) != 0)
		return -1;
	a->mark = unproven_set(a->config->unproven_path, run, e);
	return a->mark > 0 ? 0 : -1;
}

static int
send(struct apply *a, struct index_op *op, struct err *e)
{
	if (a->ix == NULL) {
		a->indexed += !op->remove;
		a->deleted += op->remove;
		return 0;
	}
	/* a new index is nobody's before it is swapped in */
	if (!a->opt.rebuild && mark(a, e) != 0)
		return -1;
	op->seq = a->sent++;
	if (index_apply(a->ix, op, e) == 0)
		return 0;
	a->broken = true;
	return -1;
}

static void
fail(struct apply *a, struct span id)
{
	a->failed++;
	if (a->opt.rebuild)
		rebuild_failed(&a->rebuild, id, (struct span){ 0 });
	if (id.p == NULL)
		return;
	held_cancel(&a->held, id);
	failed_add(&a->fresh, id, a->sent, FAILED_READ);
}

static int
document(struct apply *a, const struct rec *rec, struct err *e)
{
	struct index_op op = { .id = rec->id, .line = rec->line,
		.timestamp = rec->timestamp, .doc = rec->doc,
		.name = rec->name };
	char key[RECORD_REFUSAL], why[RECORD_REFUSAL + 16];

	if (rec->reserved.p != NULL) {
		record_refusal(rec, key);
		snprintf(why, sizeof why, "%s is reserved", key);
		fail(a, rec->id);
		a->opt.refused(rec->id, "reserved_key", why);
		return 0;
	}
	held_cancel(&a->held, rec->id);
	if (a->opt.rebuild)
		rebuild_sent(&a->rebuild, rec->id, rec->line);
	return send(a, &op, e);
}

static int
hold(struct apply *a, struct span id, struct err *e)
{
	if (a->opt.rebuild)
		return err_set(e, ST_PERSON, "stream: a delete in what is to "
		    "fill a new index");
	if (a->opt.stale || held_add(&a->held, id) == 0)
		return 0;
	return err_set(e, ST_PERSON, "more than %d GiB of ids to delete",
	    HELD_GIB);
}

/* A proof came after them. */
static int
let_go(struct apply *a, struct err *e)
{
	struct index_op op = { .remove = true };
	size_t at = 0;

	while (held_next(&a->held, &at, &op.id))
		if (send(a, &op, e) != 0)
			return -1;
	held_clear(&a->held);
	return 0;
}

static int
state(struct apply *a, const struct reader *r, const struct rec *rec,
    struct err *e)
{
	struct buf value = { 0 };

	if (let_go(a, e) != 0)
		return -1;
	if (r->partial || a->opt.stale || a->ix == NULL)
		return 0;
	if (commit_mixed(a, e) != 0)
		return -1;
	val_write(&value, val_get(rec->ctl, "value"));
	state_set_stream(&a->state, rec->stream, buf_span(&value));
	if (a->mode == MODE_POLL && !a->other)
		state_trust(&a->state, rec->stream);
	buf_release(&value);
	a->due = !a->opt.rebuild;       /* it comes true with the swap */
	return 0;
}

/* More failures than a state can hold: then polls could not go on from it. */
static int
swap(struct apply *a, struct err *e)
{
	if (commit_flush(a, e) != 0)
		return -1;
	if (a->fresh.over)
		err_set(e, ST_SAFETY, "%s: more than %d documents failed or "
		    "were refused; not swapped", a->config->index_id,
		    STATE_RETRY_MAX);
	else if (mark(a, e) == 0 && rebuild_swap(&a->rebuild, &a->opt.fuse,
	    a->opt.asked, e) == 0)
		return 0;
	a->broken = true;
	return -1;
}

static int
end(struct apply *a, const struct reader *r, struct err *e)
{
	if (!r->complete)
		return 0;
	if (let_go(a, e) != 0)
		return -1;
	if (a->opt.stale || a->ix == NULL)
		return 0;
	if (a->opt.rebuild && swap(a, e) != 0)
		return -1;
	return commit_end(a, r->begin.config, e);
}

/* States that were proven and are not committed yet. */
static int
commit_due(struct apply *a, struct err *e)
{
	if (!a->due)
		return 0;
	a->due = false;
	return commit_states(a, e);
}

int
apply_idle(struct apply *a, int fd, struct err *e)
{
	if (commit_due(a, e) != 0)
		return -1;
	if (a->ix == NULL || a->sent == a->answered ||
	    index_idle(a->ix, fd, e) == 0)
		return 0;
	a->broken = true;
	return -1;
}

int
apply_record(struct apply *a, const struct reader *r, const struct rec *rec,
    struct err *e)
{
	if (rec->kind != REC_STATE && rec->kind != REC_END &&
	    commit_due(a, e) != 0)
		return -1;
	switch (rec->kind) {
	case REC_BEGIN:
		return begin(a, &r->begin, e);
	case REC_DOC:
		return document(a, rec, e);
	case REC_DELETE:
		return hold(a, rec->id, e);
	case REC_FAIL:
		if (!record_is_keep(rec))
			fail(a, rec->id);
		if (a->opt.rebuild)
			rebuild_failed(&a->rebuild, (struct span){ 0 },
			    rec->prefix);
		return 0;
	case REC_STATE:
		return state(a, r, rec, e);
	case REC_END:
		return end(a, r, e);
	case REC_ID:
	default:
		return 0;
	}
}

/* What was read before is fenced off by the run of the state now. */
static void
settle(const struct apply *a)
{
	if (a->moved && a->committed == a->sent)
		unproven_clear(a->config->unproven_path);
}

int
apply_finish(struct apply *a, struct err *e)
{
	int r = 0;

	if (a->opt.rebuild && a->ix != NULL) {
		rebuild_end(&a->rebuild);
		settle(a);
		return 0;
	}
	if (a->ix == NULL || !a->begun)
		return 0;
	if (!a->broken)
		r = commit_flush(a, e);
	if (r == 0 && !a->broken)
		r = commit_due(a, e);
	if ((a->opt.raw || a->opt.stale) && r == 0)
		r = commit_fence(a, e);
	if (r == 0)
		settle(a);
	return r;
}

void
apply_release(struct apply *a)
{
	index_close(a->ix);
	state_release(&a->state);
	held_release(&a->held);
	failed_release(&a->fresh);
	rebuild_release(&a->rebuild);
}
