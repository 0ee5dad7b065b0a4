/* SPDX-License-Identifier: MIT */
/*
 * A rebuild: NAME is an alias; the new index is NAME-RUN, says in its
 * mapping's _meta whose it is, and has no alias. One request then moves all
 * aliases of the old index to it and gives it one more, NAME-rebuilt, that it
 * keeps for ever. So an index of ours without any alias was never live: these,
 * and no others, may be removed.
 */
#include "index/elasticsearch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/text.h"

#define META "conn_rebuild"

struct es_rebuild {
	const char *live;       /* the alias: the config's name */
	const char *mark;       /* the alias of all that were ever live */
	const char *fresh;      /* the new index */
	const char *old;        /* the one behind the alias; NULL: none */
	char uuid[INDEX_UUID_MAX];      /* of the new one */
	const struct val *aliases;      /* of the template; NULL: none */
	const char *refresh, *replicas; /* as the new one had them; NULL: the
	                                   server's own */
};

/* root/INDEX REST */
static const char *
url_of(struct es *es, const char *index, const char *rest)
{
	struct buf b = { 0 };
	const char *url;

	buf_puts(&b, "/");
	http_escape(&b, span_of(index));
	buf_puts(&b, rest);
	url = es_url(es, es->root, buf_cstr(&b));
	buf_release(&b);
	return url;
}

static const char *
live_name(const struct es *es)
{
	return es->rebuild != NULL ? es->rebuild->live : es->name;
}

/* ---- what was left behind ---- */

static int
remove_index(struct es *es, const char *index, struct err *e)
{
	const char *url = url_of(es, index, "");
	struct span none = { 0 };

	if (es_request(es, "DELETE", url, none, e) < 0)
		return -1;
	if (es->reply.status != 200 && es->reply.status != 404)
		return es_refused(es, url, e);
	detail("%s: removed", url);
	return 0;
}

/* Is this index the one that the run in its _meta made? A copy of that has the
 * same _meta. low: the alias in small letters. */
static bool
is_named(struct span index, const char *low, const struct val *meta)
{
	struct span run = val_str(val_get(meta, "run"));
	char *name = xasprintf("%s-%s", low, run.p);
	bool same = run.n > 0 && span_is(index, name);

	free(name);
	return same;
}

/* Made by a rebuild of this source under this name, and never live? */
static bool
is_left(const struct es *es, const char *low, const struct val_member *index)
{
	const struct val *meta = val_get(val_get(val_get(index->value,
	    "mappings"), "_meta"), META);
	const struct val *aliases = val_get(index->value, "aliases");

	return is_named(index->key, low, meta) && aliases != NULL &&
	    aliases->type == JSON_OBJECT && aliases->n == 0 &&
	    span_eq(val_str(val_get(meta, "source")),
	    span_of(es->config->name)) &&
	    span_eq(val_str(val_get(meta, "alias")), span_of(live_name(es)));
}

static char *
lower(const char *s)
{
	char *low = xstrdup(s);

	for (char *p = low; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return low;
}

int
es_clean(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;
	char *name = lower(live_name(es));
	const char *url = url_of(es, name, "-*?expand_wildcards=open,closed,"
	    "hidden&filter_path=error.type,status,*.aliases,"
	    "*.mappings._meta." META);
	struct span none = { 0 };
	struct arena a = { 0 };
	const struct val *all = NULL;
	int r = es_request(es, "GET", url, none, e);

	if (r == 0 && es->reply.status == 200)
		all = val_copy(&a, es->answer);
	else if (r == 0 && es->reply.status != 404)
		r = es_refused(es, url, e);
	for (size_t i = 0; r == 0 && i < val_nmembers(all); i++)
		if (is_left(es, name, &all->members[i]))
			r = remove_index(es, all->members[i].key.p, e);
	arena_release(&a);
	free(name);
	return r;
}

/* ---- may it be replaced? ---- */

/* The index behind the alias, with all of its aliases; old is NULL if there is
 * none. They live until the next request. */
static int
read_live(struct es *es, const char **old, const struct val **aliases,
    struct err *e)
{
	const char *name = es->rebuild->live;
	const char *url = url_of(es, name, "/_alias");
	struct span none = { 0 };
	const struct val *a;

	*old = NULL;
	*aliases = NULL;
	if (es_request(es, "GET", url, none, e) < 0)
		return -1;
	if (es->reply.status == 404)
		return 0;
	if (es->reply.status != 200)
		return es_refused(es, url, e);
	a = es->answer;
	if (val_nmembers(a) != 1)
		return err_set(e, ST_PERSON, "%s: not an alias of one index",
		    url);
	*aliases = val_get(a->members[0].value, "aliases");
	if (val_get(*aliases, name) == NULL)
		return err_set(e, ST_PERSON, "%s: an index, not an alias, so "
		    "no other can take its place; conn-index(7) tells how to "
		    "make it one", url_of(es, name, ""));
	if (es_is_view(val_get(*aliases, name)))
		return err_set(e, ST_PERSON, "%s: an alias with a filter or "
		    "routing, so no other index can take its place",
		    url_of(es, name, ""));
	*old = arena_strndup(&es->config->arena, a->members[0].key);
	return 0;
}

/* Is all that the live index holds of this source? */
static int
check_alone(struct es *es, struct err *e)
{
	const char *url = url_of(es, es->rebuild->old, "/_search?filter_path="
	    "timed_out,_shards.failed,hits.total,error.type,status");
	struct buf json = { 0 };
	uint64_t n;
	int r;

	buf_puts(&json, "{\"size\":0,\"track_total_hits\":true,\"query\":"
	    "{\"bool\":{\"must_not\":[{\"term\":{\"_conn.source\":");
	json_put_cstring(&json, es->config->name);
	buf_puts(&json, "}}]}}}");
	r = es_identify(es, e);
	if (r == 0)
		r = es_search(es, url, buf_span(&json), e);
	buf_release(&json);
	if (r < 0)
		return -1;
	if (es->reply.status != 200)
		return es_refused(es, url, e);
	if (!es_total(&es->reply, &n))
		return err_set(e, ST_TEMP, "%.*s: not every shard answered",
		    (int)http_place(url), url);
	if (n == 0)
		return 0;
	return err_set(e, ST_SAFETY, "%s: %llu documents are not of source %s;"
	    " a rebuild would drop them", url_of(es, es->rebuild->old, ""),
	    (unsigned long long)n, es->config->name);
}

/* ---- the new index ---- */

/* An object without one member. */
static struct val *
without(struct arena *a, const struct val *object, const char *key)
{
	struct val *v = val_new(a, JSON_OBJECT);

	for (size_t i = 0; i < object->n; i++)
		if (!span_eq(object->members[i].key, span_of(key)))
			val_set(a, v, object->members[i].key,
			    object->members[i].value);
	return v;
}

static struct val *
object_in(struct arena *a, struct val *parent, const char *key)
{
	struct val *v = val_get(parent, key);

	if (v == NULL || v->type != JSON_OBJECT) {
		v = val_new(a, JSON_OBJECT);
		val_set(a, parent, span_of(key), v);
	}
	return v;
}

/* What a first load would make, with our mark and no alias yet. */
static int
write_body(struct es *es, const char *run, struct buf *out, struct err *e)
{
	struct es_rebuild *rb = es->rebuild;
	struct arena *a = &es->config->arena;
	struct buf b = { 0 };
	struct val *body, *meta;
	struct val_error ve;

	if (es_body(es, &b, e) != 0)
		return -1;
	body = val_parse(a, buf_span(&b), ES_DEPTH, false, &ve);
	buf_release(&b);
	if (body == NULL)
		return err_set(e, ST_USAGE, "%s: not an object with settings "
		    "and mappings", es->template);
	rb->aliases = val_get(body, "aliases");
	body = without(a, body, "aliases");
	meta = object_in(a, object_in(a, object_in(a, body, "mappings"),
	    "_meta"), META);
	val_set(a, meta, SPAN("source"),
	    val_string(a, span_of(es->config->name)));
	val_set(a, meta, SPAN("alias"), val_string(a, span_of(rb->live)));
	val_set(a, meta, SPAN("run"), val_string(a, span_of(run)));
	val_write(out, body);
	return 0;
}

static const char *
keep_text(struct es *es, const struct val *v)
{
	struct span s = val_str(v);

	return s.n > 0 ? arena_strndup(&es->config->arena, s) : NULL;
}

/* What it came to be, by the server's own templates, too. An alias among them
 * has made it live: it goes at once. */
static int
read_fresh(struct es *es, struct err *e)
{
	struct es_rebuild *rb = es->rebuild;
	const char *url = url_of(es, rb->fresh, "?filter_path=error.type,"
	    "status,*.aliases,*.settings.index.refresh_interval,"
	    "*.settings.index.number_of_replicas");
	struct span none = { 0 };
	const struct val *index, *settings;

	if (es_request(es, "GET", url, none, e) < 0)
		return -1;
	if (es->reply.status != 200 || val_nmembers(es->answer) != 1)
		return es_refused(es, url, e);
	index = es->answer->members[0].value;
	settings = val_get(val_get(index, "settings"), "index");
	rb->refresh = keep_text(es, val_get(settings, "refresh_interval"));
	rb->replicas = keep_text(es, val_get(settings, "number_of_replicas"));
	if (val_nmembers(val_get(index, "aliases")) == 0)
		return 0;
	if (remove_index(es, rb->fresh, e) != 0)
		return -1;
	return err_set(e, ST_PERSON, "%s: an index template of the server "
	    "gives it aliases, so it cannot be filled beside the live one",
	    url_of(es, rb->fresh, ""));
}

/* "VALUE", or null */
static void
put_setting(struct buf *b, const char *key, const char *value)
{
	json_put_key(b, key);
	if (value != NULL)
		json_put_cstring(b, value);
	else
		buf_puts(b, "null");
}

static int
put_settings(struct es *es, const char *refresh, const char *replicas,
    struct err *e)
{
	const char *url = url_of(es, es->rebuild->fresh, "/_settings");
	struct buf json = { 0 };
	int r;

	buf_puts(&json, "{\"index\":{");
	put_setting(&json, "refresh_interval", refresh);
	put_setting(&json, "number_of_replicas", replicas);
	buf_puts(&json, "}}");
	r = es_request(es, "PUT", url, buf_span(&json), e);
	buf_release(&json);
	if (r < 0)
		return -1;
	return es->reply.status == 200 ? 0 : es_refused(es, url, e);
}

static int
make_fresh(struct es *es, const char *run, struct err *e)
{
	struct buf json = { 0 };
	int r = write_body(es, run, &json, e);

	es_aim(es, es->rebuild->fresh, false);
	if (r == 0)
		r = es_put_index(es, buf_span(&json), e);
	buf_release(&json);
	if (r != 0 || read_fresh(es, e) != 0 ||
	    put_settings(es, "-1", "0", e) != 0)
		return -1;
	detail("%s: created", es->url);
	return es_uuid(es, es->rebuild->uuid, e);
}

int
es_rebuild(struct index *ix, const char *run, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct es_rebuild *rb = arena_alloc(&es->config->arena, sizeof *rb);
	char uuid[INDEX_UUID_MAX], *low = lower(es->name);
	const struct val *aliases;

	rb->live = es->name;
	rb->mark = es_url(es, es->name, "-rebuilt");
	rb->fresh = es_url(es, es_url(es, low, "-"), run);
	free(low);
	es->rebuild = rb;
	/* no data stream, and no alias of several */
	if (es_uuid(es, uuid, e) != 0 ||
	    read_live(es, &rb->old, &aliases, e) != 0)
		return -1;
	if (rb->old == NULL && es->require_alias)
		return es_no_alias(es, e);
	if (rb->old != NULL && check_alone(es, e) != 0)
		return -1;
	return make_fresh(es, run, e);
}

void
es_rebuild_aim(struct index *ix, bool live)
{
	struct es *es = (struct es *)ix;

	if (es->rebuild != NULL)
		es_aim(es, live ? es->rebuild->live : es->rebuild->fresh,
		    live && es->require_alias);
}

int
es_settle(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;

	return put_settings(es, es->rebuild->refresh, es->rebuild->replicas,
	    e);
}

/* ---- the swap ---- */

/* One action; members: further ones of the alias, or NULL. */
static void
put_action(struct buf *b, const char *what, const char *index,
    const char *alias, const struct val *members)
{
	buf_printf(b, "%s{\"%s\":{\"index\":", b->p[b->n - 1] == '}' ? "," :
	    "", what);
	json_put_cstring(b, index);
	json_put_key(b, "alias");
	json_put_cstring(b, alias);
	if (streq(what, "remove"))
		buf_puts(b, ",\"must_exist\":true");
	for (size_t i = 0; i < val_nmembers(members); i++) {
		json_put_key(b, members->members[i].key.p);
		val_write(b, members->members[i].value);
	}
	buf_puts(b, "}}");
}

/* All aliases of the old one move, but for the mark. */
static void
write_actions(struct es *es, const struct val *aliases, struct buf *b)
{
	const struct es_rebuild *rb = es->rebuild;
	const struct val *wanted = rb->aliases;

	buf_puts(b, "{\"actions\":[");
	for (size_t i = 0; i < val_nmembers(aliases); i++) {
		const struct val_member *m = &aliases->members[i];

		if (streq(m->key.p, rb->mark))
			continue;
		put_action(b, "remove", rb->old, m->key.p, NULL);
		put_action(b, "add", rb->fresh, m->key.p, m->value);
	}
	for (size_t i = 0; i < val_nmembers(wanted); i++)
		if (val_get(aliases, wanted->members[i].key.p) == NULL)
			put_action(b, "add", rb->fresh,
			    wanted->members[i].key.p,
			    wanted->members[i].value);
	if (val_get(aliases, rb->live) == NULL &&
	    val_get(wanted, rb->live) == NULL)
		put_action(b, "add", rb->fresh, rb->live, NULL);
	put_action(b, "add", rb->fresh, rb->mark, NULL);
	buf_puts(b, "]}");
}

static int
moved(struct es *es, struct err *e)
{
	return err_set(e, ST_TEMP, "%s: another index was put behind it "
	    "during the rebuild; not swapped", url_of(es, es->rebuild->live,
	    ""));
}

static int
post_actions(struct es *es, struct span json, struct err *e)
{
	const char *url = es_url(es, es->root, "/_aliases");

	if (es_request(es, "POST", url, json, e) < 0)
		return -1;
	if (es->reply.status == 200)
		return 0;
	if (es->reply.status == 404)
		return moved(es, e);
	return es_refused(es, url, e);
}

/* Whatever was answered, or not: what does the alias stand for now? */
static int
is_swapped(struct es *es, struct err *e)
{
	struct err other = { 0 };
	char uuid[INDEX_UUID_MAX];

	if (es_uuid(es, uuid, e->status == 0 ? e : &other) != 0)
		return -1;
	if (streq(uuid, es->rebuild->uuid))
		return 0;
	return e->status != 0 ? -1 : moved(es, e);
}

int
es_swap(struct index *ix, char *old, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct es_rebuild *rb = es->rebuild;
	const struct val *aliases;
	const char *now;
	struct buf json = { 0 };

	es_rebuild_aim(ix, true);
	if (rb->old != NULL && check_alone(es, e) != 0)
		return -1;
	if (read_live(es, &now, &aliases, e) != 0)
		return -1;
	if ((now == NULL) != (rb->old == NULL) ||
	    (now != NULL && !streq(now, rb->old)))
		return moved(es, e);
	write_actions(es, aliases, &json);
	post_actions(es, buf_span(&json), e);
	buf_release(&json);
	if (is_swapped(es, e) != 0)
		return -1;
	e->status = 0;
	snprintf(old, INDEX_NAME_MAX, "%s", rb->old != NULL ? rb->old : "");
	detail("%s: now %s", es->url, rb->fresh);
	return 0;
}
