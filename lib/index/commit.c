/* SPDX-License-Identifier: MIT */
#include "index/commit.h"

/* Is this a stream that brings everything? */
static bool
whole(const struct apply *a)
{
	return a->all && (a->mode == MODE_LOAD || a->mode == MODE_DIFF);
}

void
commit_begin(struct apply *a, const char *config)
{
	const char *was = a->state.config;

	a->other = !a->opt.stale && !optional_eq(was, config);
	a->mixes = a->other && !a->opt.rebuild && was != NULL &&
	    config != NULL;
}

int
commit_mixed(struct apply *a, struct err *e)
{
	if (!a->mixes)
		return 0;
	a->mixes = false;
	state_distrust_all(&a->state);
	return state_save(&a->state, e);
}

int
commit_flush(struct apply *a, struct err *e)
{
	int r = index_flush(a->ix, e);

	if (r == 0 && a->answered != a->sent)
		r = err_set(e, ST_PERSON, "%s: %llu operations without an "
		    "answer", a->config->index_id,
		    (unsigned long long)(a->sent - a->answered));
	if (r != 0)
		a->broken = true;
	return r;
}

/* An index that was made anew meanwhile holds nothing of what was sent. */
static int
same_index(struct apply *a, struct err *e)
{
	char uuid[INDEX_UUID_MAX];

	if (index_uuid(a->ix, uuid, e) != 0) {
		a->broken = true;
		return -1;
	}
	if (streq(uuid, a->uuid))
		return 0;
	a->broken = true;
	return err_set(e, a->mode == MODE_POLL ? ST_PERSON : ST_TEMP,
	    "%s: replaced while it was written; run a full sync",
	    a->config->index_id);
}

static void
moved(struct apply *a)
{
	a->moved = true;
	a->committed = a->sent;
}

static int
save(struct apply *a, struct err *e)
{
	if (a->fresh.over || a->state.nretry > STATE_RETRY_MAX) {
		a->held_back = true;
		return 0;
	}
	a->held_back = false;
	state_set(&a->state.run, a->run);
	if (whole(a))
		state_set(&a->state.uuid, a->uuid);
	if (state_save(&a->state, e) != 0)
		return -1;
	moved(a);
	detail("%s: run %s committed", a->state.path, a->run);
	return 0;
}

/* What a poll could not read is to be deleted if it was before. */
static void
recall_deletes(struct apply *a)
{
	for (size_t i = 0; i < a->fresh.n; i++)
		if (a->fresh.v[i].what == FAILED_READ &&
		    state_retry_removes(&a->state, span_of(a->fresh.v[i].id)))
			a->fresh.v[i].what = FAILED_DELETE;
}

static void
add_failed(struct apply *a)
{
	for (size_t i = 0; i < a->fresh.n; i++) {
		struct span id = span_of(a->fresh.v[i].id);

		state_retry_add(&a->state, id);
		state_retry_set_remove(&a->state, id,
		    a->fresh.v[i].what == FAILED_DELETE);
	}
}

int
commit_states(struct apply *a, struct err *e)
{
	if (commit_flush(a, e) != 0 || same_index(a, e) != 0)
		return -1;
	if (!whole(a))
		recall_deletes(a);
	add_failed(a);
	/* In a new index, or with another config, positions hold only once the
	 * end says that all was brought. */
	if (whole(a) && (a->other || a->state.uuid == NULL ||
	    !streq(a->state.uuid, a->uuid)))
		state_distrust_all(&a->state);
	return save(a, e);
}

int
commit_end(struct apply *a, const char *config, struct err *e)
{
	a->due = false;
	if (commit_flush(a, e) != 0 || same_index(a, e) != 0)
		return -1;
	if (!whole(a))
		recall_deletes(a);
	if (a->all)
		state_retry_clear(&a->state);
	add_failed(a);
	if (whole(a)) {
		state_set(&a->state.config, config);
		state_trust_set(&a->state);
	}
	return save(a, e);
}

int
commit_fence(struct apply *a, struct err *e)
{
	char run[HASH_HEX + 1];

	if (!hash_random(run))
		return err_set(e, ST_TEMP, "no random bytes");
	state_set(&a->state.run, run);
	if (state_save(&a->state, e) != 0)
		return -1;
	moved(a);
	return 0;
}
