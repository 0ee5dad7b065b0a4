/* SPDX-License-Identifier: MIT */
#include "index/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"
#include "stream/record.h"

enum {
	FIRST_SLOTS = 1024,
	/* what the low bits of rest say; 0: a free place */
	THERE = 1,              /* was loaded: must be in the new index */
	OUT = 2,                /* failed or refused: may be in it */
	FOUND = 3,              /* was seen in it */
	KIND = 3
};

/* ---- the ids ---- */

/* The place of this id, or the free one where it belongs. */
static struct rebuild_id *
slot_of(const struct rebuild *r, uint64_t key)
{
	size_t mask = r->nslots - 1, i = (size_t)key & mask;

	while (r->ids[i].rest != 0 && r->ids[i].key != key)
		i = (i + 1) & mask;
	return &r->ids[i];
}

static void
grow(struct rebuild *r)
{
	struct rebuild_id *old = r->ids;
	size_t n = r->nslots;

	r->nslots = n == 0 ? FIRST_SLOTS : n * 2;
	r->ids = xcalloc(r->nslots, sizeof *r->ids);
	for (size_t i = 0; i < n; i++)
		if (old[i].rest != 0)
			*slot_of(r, old[i].key) = old[i];
	free(old);
}

static struct rebuild_id *
enter(struct rebuild *r, struct span id)
{
	uint64_t key = hash128(id.p, id.n).lo;
	struct rebuild_id *at;

	if (r->nids >= r->nslots / 4 * 3)
		grow(r);
	at = slot_of(r, key);
	if (at->rest == 0) {
		at->key = key;
		r->nids++;
	}
	return at;
}

static struct rebuild_id *
look_up(const struct rebuild *r, struct span id)
{
	struct rebuild_id *at;

	if (r->nslots == 0)
		return NULL;
	at = slot_of(r, hash128(id.p, id.n).lo);
	return at->rest != 0 ? at : NULL;
}

static unsigned
kind_of(const struct rebuild_id *at)
{
	return at != NULL ? (unsigned)at->rest & KIND : 0;
}

static void
set_kind(struct rebuild_id *at, unsigned kind)
{
	at->rest = (at->rest & ~(uint64_t)KIND) | kind;
}

void
rebuild_sent(struct rebuild *r, struct span id, struct span line)
{
	struct rebuild_id *at = enter(r, id);

	at->rest = hash128(line.p, line.n).lo;
	set_kind(at, THERE);
}

void
rebuild_answered(struct rebuild *r, struct span id, bool good)
{
	struct rebuild_id *at = look_up(r, id);

	if (at != NULL)
		set_kind(at, good ? THERE : OUT);
}

void
rebuild_failed(struct rebuild *r, struct span id, struct span prefix)
{
	struct rebuild_id *at;

	if (prefix.p != NULL && !prefix_add(&r->prefixes, prefix))
		r->blind = true;
	if (id.p == NULL)
		return;
	at = enter(r, id);
	if (at->rest == 0)
		at->rest = OUT;
}

/* ---- before and after ---- */

static void
clean(struct config *c, struct index *ix)
{
	struct err e = { 0 };

	if (index_rebuild_clean(ix, &e) == 0) {
		if (unlink(c->rebuild_path) == 0 || errno == ENOENT)
			return;
		err_set(&e, ST_PERSON, "%s: %s", c->rebuild_path,
		    strerror(errno));
	}
	if (!sig_stop)
		warn("%s; what a rebuild left behind is still there", e.text);
}

void
rebuild_tidy(struct config *c, struct index *ix)
{
	if (access(c->rebuild_path, F_OK) == 0)
		clean(c, ix);
}

/* No temporary file: a killed run must leave none beside it. */
static int
note(struct rebuild *r, struct err *e)
{
	const char *path = r->config->rebuild_path;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || file_sync_dir(path) != 0)
		err_set(e, ST_PERSON, "%s: %s", path, strerror(errno));
	else
		r->noted = true;
	if (fd >= 0)
		close(fd);
	return r->noted ? 0 : -1;
}

int
rebuild_begin(struct rebuild *r, struct config *c, struct index *ix,
    const char *run, struct err *e)
{
	char name[HASH_HEX + 1];
	struct h128 h;

	r->config = c;
	r->ix = ix;
	/* whatever the run is called, the name must be one */
	if (!hash_parse(span_of(run), &h))
		h = hash128(run, strlen(run));
	hash_hex(h, name);
	if (index_uuid(ix, r->live, e) != 0 || note(r, e) != 0 ||
	    index_rebuild_clean(ix, e) != 0 ||
	    index_rebuild_begin(ix, name, e) != 0 ||
	    index_uuid(ix, r->uuid, e) != 0)
		return -1;
	if (r->uuid[0] == '\0')
		return err_set(e, ST_TEMP, "%s: the new index is gone",
		    c->index_id);
	return index_prepare(ix, e);
}

void
rebuild_end(struct rebuild *r)
{
	if (r->noted)
		clean(r->config, r->ix);
	r->noted = false;
}

void
rebuild_release(struct rebuild *r)
{
	free(r->ids);
	prefix_release(&r->prefixes);
}

/* ---- the comparison ---- */

/* Adds an id to those that a message names. */
static void
name_first(char *names, struct span id)
{
	static const char more[] = "\xe2\x80\xa6";
	size_t n = strlen(names);
	char text[4 * STREAM_ID_MAX + 1];

	if (n > 0 && streq(names + n - strlen(more), more))
		return;
	msg_clean(text, sizeof text, id);
	snprintf(names + n, REBUILD_NAMES - n, "%s%s", n > 0 ? ", " : "",
	    n + strlen(text) + sizeof more + 3 > REBUILD_NAMES ? more : text);
}

static void
on_new(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	struct rebuild *r = ctx;
	struct rebuild_id *at = look_up(r, id);
	struct h128 h;
	bool good = hash_parse(hash, &h);

	(void)timestamp;
	if (kind_of(at) == THERE)
		good = good && (h.lo | KIND) == (at->rest | KIND);
	else
		good = kind_of(at) == OUT;
	if (good)
		set_kind(at, FOUND);
	else
		r->wrong++;
}

static void
on_live(void *ctx, struct span id, struct span timestamp, struct span hash)
{
	struct rebuild *r = ctx;
	struct rebuild_id *at = look_up(r, id);

	(void)timestamp;
	(void)hash;
	r->known++;
	if (kind_of(at) == FOUND)
		return;
	name_first(r->first, id);
	if (at != NULL || prefix_has(&r->prefixes, id)) {
		r->kept_out++;
		name_first(r->first_out, id);
	} else
		r->absent++;
}

/* The documents of this source in what ix is aimed at, which must be this. */
static int
list(struct rebuild *r, const char *uuid, index_listed *each, struct err *e)
{
	char now[INDEX_UUID_MAX];

	if (index_list(r->ix, span_of(r->config->name), each, r, now, e) != 0)
		return -1;
	if (streq(now, uuid))
		return 0;
	return err_set(e, ST_TEMP, "%s: replaced during the rebuild",
	    r->config->index_id);
}

/* Does the new index have each document that was loaded, and no other? */
static int
check_new(struct rebuild *r, struct err *e)
{
	uint64_t lost = 0;

	if (list(r, r->uuid, on_new, e) != 0)
		return -1;
	for (size_t i = 0; i < r->nslots; i++)
		lost += kind_of(&r->ids[i]) == THERE;
	if (lost == 0 && r->wrong == 0)
		return 0;
	return err_set(e, ST_SAFETY, "%s: the new index lacks %llu of the "
	    "documents loaded and has %llu others; not swapped",
	    r->config->index_id, (unsigned long long)lost,
	    (unsigned long long)r->wrong);
}

static int
check_live(struct rebuild *r, const struct fuse *fuse, bool asked,
    struct err *e)
{
	bool listed = r->nids > 0 || r->prefixes.n > 0;
	uint64_t gone;

	if (list(r, r->live, on_live, e) != 0)
		return -1;
	gone = r->absent + (asked ? r->kept_out : 0);
	if (!asked && r->kept_out > 0)
		return err_set(e, ST_SAFETY, "%llu of %llu documents in the "
		    "index could not be read or were refused now: %s; not "
		    "swapped; --max-delete to do without them",
		    (unsigned long long)r->kept_out,
		    (unsigned long long)r->known, r->first_out);
	if (fuse_blown(fuse, listed, gone, r->known))
		return err_set(e, ST_SAFETY, "%llu of %llu documents in the "
		    "index would be gone; first: %s; not swapped; %s",
		    (unsigned long long)gone, (unsigned long long)r->known,
		    r->first, listed ? "--max-delete to allow" :
		    "the source listed nothing; --allow-empty to allow");
	return 0;
}

int
rebuild_swap(struct rebuild *r, const struct fuse *fuse, bool asked,
    struct err *e)
{
	if (r->blind)
		return err_set(e, ST_SAFETY, "%s: too much could not be read; "
		    "not swapped", r->config->index_id);
	if (index_rebuild_settle(r->ix, e) != 0 || check_new(r, e) != 0)
		return -1;
	index_rebuild_aim(r->ix, true);
	if (check_live(r, fuse, asked, e) != 0)
		return -1;
	if (sig_stop)
		return err_set(e, ST_TEMP, "stopped by a signal; not swapped");
	if (index_rebuild_swap(r->ix, r->old, e) != 0)
		return -1;
	r->swapped = true;
	return 0;
}
