/* SPDX-License-Identifier: MIT */
/*
 * The listing: a point in time, read page by page in the order of _conn.id.
 * Whatever is not surely complete is an error, since deletes are inferred
 * from it.
 */
#include "index/elasticsearch.h"

#include <stdio.h>

#include "base/sig.h"
#include "json/text.h"

#define KEEP "5m"               /* between two pages */

struct listing {
	struct es *es;
	struct span source;
	index_listed *each;
	void *ctx;
	bool open;              /* pit is one */
	enum es_flavour pits;   /* whose way to make them */
	struct buf pit, after;  /* after: sort values of the last hit */
	struct json_object top; /* of a page */
	struct buf id, other, timestamp, hash;
	uint64_t total, seen;
	bool counted;           /* total is known */
	unsigned page;
	bool full;              /* the last one was: there may be another */
	const char *url;        /* of the search */
};

static int
doubt(const struct listing *l, struct err *e, const char *what)
{
	return err_set(e, ST_TEMP, "%.*s: %s", (int)http_place(l->url), l->url,
	    what);
}

/* ---- before and after ---- */

/* An index that was there a moment ago: the next run finds none, or another,
 * and that is a listing. */
static int
refused(const struct es *es, const char *url, struct err *e)
{
	if (es->reply.status == 404 && streq(es_error_type(es->answer),
	    "index_not_found_exception"))
		return err_set(e, ST_TEMP, "%s: removed while it was listed",
		    es->url);
	return es_refused(es, url, e);
}

static int
refresh(struct es *es, struct err *e)
{
	const char *url = es_url(es, es->url, "/_refresh?filter_path="
	    "_shards.failed,error.type,status");
	struct span none = { "", 0 };
	uint64_t failed;

	if (es_request(es, "POST", url, none, e) < 0)
		return -1;
	if (es->reply.status == 403) {
		warn("%.*s: not allowed to refresh; what was written last may "
		    "be missing in the listing", (int)http_place(url), url);
		return 0;
	}
	if (es->reply.status != 200)
		return refused(es, url, e);
	if (!val_u64(val_get(val_get(es->answer, "_shards"), "failed"), 0,
	    &failed))
		return err_set(e, ST_TEMP, "%.*s: not every shard was "
		    "refreshed", (int)http_place(url), url);
	return 0;
}

/* 1: made, 0: this server has another way, -1: e. */
static int
open_pit(struct listing *l, enum es_flavour way, struct err *e)
{
	static const char *const paths[] = {
		[ES_ELASTICSEARCH] = "/_pit?keep_alive=" KEEP,
		[ES_OPENSEARCH] = "/_search/point_in_time?keep_alive=" KEEP
		    "&allow_partial_pit_creation=false"
	};
	struct es *es = l->es;
	const char *url = es_url(es, es->url, paths[way]);
	struct span none = { "", 0 }, id;
	const struct val *failed;
	uint64_t n;

	if (es_request(es, "POST", url, none, e) < 0)
		return -1;
	if (es->reply.status == 400 || es->reply.status == 405)
		return 0;
	if (es->reply.status != 200)
		return refused(es, url, e);
	id = val_str(val_get(es->answer,
	    way == ES_OPENSEARCH ? "pit_id" : "id"));
	if (id.n == 0)
		return err_set(e, ST_PERSON, "%.*s: no id of a point in time",
		    (int)http_place(url), url);
	buf_add_span(&l->pit, id);
	l->open = true;
	l->pits = way;
	failed = val_get(val_get(es->answer, "_shards"), "failed");
	if (failed != NULL && !val_u64(failed, 0, &n))
		return err_set(e, ST_TEMP, "%.*s: not every shard is there",
		    (int)http_place(url), url);
	return 1;
}

static int
make_pit(struct listing *l, struct err *e)
{
	struct es *es = l->es;
	bool theirs;
	int r;

	if (es_identify(es, e) < 0)
		return -1;
	theirs = es->flavour == ES_OPENSEARCH;
	r = open_pit(l, theirs ? ES_OPENSEARCH : ES_ELASTICSEARCH, e);
	if (r == 0)     /* it does not say who it is, or not the truth */
		r = open_pit(l, theirs ? ES_ELASTICSEARCH : ES_OPENSEARCH, e);
	if (r == 0)
		return err_set(e, ST_PERSON, "%s: no points in time; "
		    "Elasticsearch 7.10 or OpenSearch 2.4 is needed", es->url);
	es->piped = l->pits == ES_OPENSEARCH;
	return r < 0 ? -1 : 0;
}

/* Best effort: the server drops it by itself in a while. */
static void
close_pit(struct listing *l)
{
	struct http_request rq = { .method = "DELETE",
		.type = "application/json" };
	bool theirs = l->pits == ES_OPENSEARCH;
	struct buf json = { 0 };
	struct err ignored;

	if (!l->open)
		return;
	buf_puts(&json, theirs ? "{\"pit_id\":[" : "{\"id\":");
	json_put_string(&json, buf_span(&l->pit));
	buf_puts(&json, theirs ? "]}" : "}");
	rq.url = es_url(l->es, l->es->root,
	    theirs ? "/_search/point_in_time" : "/_pit");
	rq.body = buf_span(&json);
	http_send(l->es->http, &rq, &l->es->reply, &ignored);
	buf_release(&json);
}

/* ---- one page ---- */

static void
write_query(const struct listing *l, struct buf *out)
{
	buf_printf(out, "{\"size\":%u,\"track_total_hits\":true,"
	    "\"pit\":{\"keep_alive\":\"" KEEP "\",\"id\":", l->page);
	json_put_string(out, buf_span(&l->pit));
	buf_puts(out, "},\"query\":{\"bool\":{\"filter\":[{\"term\":"
	    "{\"_conn.source\":");
	json_put_string(out, l->source);
	buf_puts(out, "}}]}},\"sort\":[{\"_conn.id\":{\"order\":\"asc\","
	    "\"unmapped_type\":\"keyword\"}}],"
	    "\"_source\":[\"_conn\",\"_timestamp\"]");
	if (l->after.n > 0) {
		buf_puts(out, ",\"search_after\":");
		buf_add_span(out, buf_span(&l->after));
	}
	buf_putc(out, '}');
}

/* The member of an object value; type JSON_NULL if there is none. */
static struct json_member
member(struct span object, const char *name)
{
	struct json_member m;

	(void)json_iter_find(object, name, &m);
	return m;
}

static bool
number(const struct json_member *m, uint64_t *out)
{
	*out = 0;
	if (m->type != JSON_NUMBER || m->value.n == 0 || m->value.n > 18)
		return false;
	for (size_t i = 0; i < m->value.n; i++) {
		if (m->value.p[i] < '0' || m->value.p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(m->value.p[i] - '0');
	}
	return true;
}

static bool
number_in(struct span object, const char *name, uint64_t *out)
{
	struct json_member m = member(object, name);

	return number(&m, out);
}

/* Did every shard answer, in time? */
static bool
whole(struct span shards, const struct json_member *timed_out)
{
	uint64_t total, good, skipped, failed;

	if (timed_out == NULL || timed_out->type != JSON_FALSE ||
	    !number_in(shards, "total", &total) ||
	    !number_in(shards, "successful", &good) ||
	    !number_in(shards, "failed", &failed) || failed > 0)
		return false;
	number_in(shards, "skipped", &skipped);
	return good == total || good + skipped == total;
}

/* hits.total: exact, and the same on every page. */
static int
check_total(struct listing *l, struct span hits, struct err *e)
{
	struct json_member total = member(hits, "total"), relation;
	uint64_t n;

	if (total.type != JSON_OBJECT || !number_in(total.value, "value", &n))
		return doubt(l, e, "no total of the hits");
	relation = member(total.value, "relation");
	if (!span_eq(relation.value, SPAN("\"eq\"")))
		return doubt(l, e, "the total of the hits is not exact");
	if (l->counted && n != l->total)
		return doubt(l, e, "the total of the hits changed");
	l->counted = true;
	l->total = n;
	return 0;
}

static struct span
text(const struct json_member *m, struct buf *scratch)
{
	struct span none = { 0 };

	return m->type == JSON_STRING ? json_string(m, scratch) : none;
}

static int
read_hit(struct listing *l, struct span hit, struct err *e)
{
	struct json_member source = member(hit, "_source"), conn, m, sort;
	struct span id, own, timestamp, hash;

	sort = member(hit, "sort");
	if (source.type != JSON_OBJECT || sort.type != JSON_ARRAY)
		return err_set(e, ST_PERSON, "%s: a document without _source; "
		    "the mapping must keep it", l->es->url);
	conn = member(source.value, "_conn");
	if (conn.type != JSON_OBJECT)
		return doubt(l, e, "a document without _conn");
	m = member(conn.value, "id");
	id = text(&m, &l->id);
	m = member(hit, "_id");
	own = text(&m, &l->other);
	if (id.n == 0 || !span_eq(id, own))
		return err_set(e, ST_PERSON, "%s: document %.*s is not the one "
		    "its _conn.id names; delete it", l->es->url, (int)own.n,
		    own.p);
	m = member(source.value, "_timestamp");
	timestamp = text(&m, &l->timestamp);
	m = member(conn.value, "hash");
	hash = text(&m, &l->hash);
	l->each(l->ctx, id, timestamp, hash);
	l->seen++;
	buf_clear(&l->after);
	buf_add_span(&l->after, sort.value);
	return 0;
}

static int
read_page(struct listing *l, struct err *e)
{
	const struct json_member *shards, *hits, *pit, *timed_out;
	struct json_member list, hit;
	struct json_error je;
	struct json_iter it;
	uint64_t before = l->seen;

	if (json_object_scan(buf_span(&l->es->reply.body), ES_DEPTH, &l->top,
	    &je) < 0)
		return doubt(l, e, "the reply is not JSON");
	shards = json_find(&l->top, "_shards", NULL);
	timed_out = json_find(&l->top, "timed_out", NULL);
	hits = json_find(&l->top, "hits", NULL);
	pit = json_find(&l->top, "pit_id", NULL);
	if (shards == NULL || shards->type != JSON_OBJECT ||
	    !whole(shards->value, timed_out))
		return doubt(l, e, "not every shard answered");
	if (hits == NULL || hits->type != JSON_OBJECT)
		return doubt(l, e, "the reply has no hits");
	if (check_total(l, hits->value, e) < 0)
		return -1;
	if (pit != NULL && pit->type == JSON_STRING) {
		buf_clear(&l->pit);
		buf_add_span(&l->pit, json_string(pit, &l->other));
	}
	list = member(hits->value, "hits");
	if (list.type == JSON_ARRAY) {
		json_iter_init(&it, list.value);
		while (json_iter_next(&it, &hit))
			if (read_hit(l, hit.value, e) < 0)
				return -1;
	}
	l->full = l->seen - before >= l->page;
	if (l->seen > l->total || (l->seen == before && l->seen < l->total))
		return doubt(l, e, "other hits than were announced");
	return 0;
}

static int
get_page(struct listing *l, struct err *e)
{
	struct es *es = l->es;
	struct buf json = { 0 };
	int r;

	write_query(l, &json);
	r = es_search(es, l->url, buf_span(&json), e);
	buf_release(&json);
	if (r < 0 && es->reply.fault == HTTP_LARGE && l->page > 1) {
		l->page /= 2;
		return 0;       /* the same place, a smaller page */
	}
	if (r < 0)
		return -1;
	if (es->reply.status == 404)
		return doubt(l, e, "the point in time is gone");
	if (es->reply.status == 400 && !l->counted)
		return err_set(e, ST_PERSON, "%s: its _conn cannot be searched "
		    "or sorted by, since the index was not made by conn but by "
		    "the cluster, for what was written after it was deleted; "
		    "delete it and run a full sync", es->url);
	if (es->reply.status != 200)
		return es_refused(es, l->url, e);
	return read_page(l, e);
}

/* ---- the whole ---- */

static int
list_all(struct listing *l, struct err *e)
{
	struct es *es = l->es;

	if (refresh(es, e) < 0 || make_pit(l, e) < 0)
		return -1;
	l->page = es->page;
	l->url = es_url(es, es->root, "/_search?allow_partial_search_results="
	    "false&filter_path=pit_id,timed_out,_shards,hits.total,"
	    "hits.hits._id,hits.hits._source,hits.hits.sort,error.type,"
	    "status");
	/* a total that is too small shows when more is asked for */
	while (!l->counted || l->seen < l->total || l->full) {
		if (sig_stop)
			return doubt(l, e, "interrupted");
		if (get_page(l, e) < 0)
			return -1;
	}
	return 0;
}

static void
release(struct listing *l)
{
	json_object_release(&l->top);
	buf_release(&l->pit);
	buf_release(&l->after);
	buf_release(&l->id);
	buf_release(&l->other);
	buf_release(&l->timestamp);
	buf_release(&l->hash);
}

int
es_list(struct index *ix, struct span source, index_listed *each, void *ctx,
    char *uuid, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct listing l = { .es = es, .source = source, .each = each,
		.ctx = ctx };
	char now[INDEX_UUID_MAX];
	int r;

	if (es_uuid(es, uuid, e) < 0)
		return -1;
	if (uuid[0] == '\0')
		return 0;
	r = list_all(&l, e);
	close_pit(&l);
	release(&l);
	if (r < 0)
		return -1;
	if (es_uuid(es, now, e) < 0)
		return -1;
	if (!streq(uuid, now))
		return err_set(e, ST_TEMP, "%s: was replaced while it was "
		    "listed", es->url);
	return 0;
}
