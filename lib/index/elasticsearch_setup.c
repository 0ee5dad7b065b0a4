/* SPDX-License-Identifier: MIT */
/*
 * The index as we create it, what an index of others needs, and conn-check.
 *
 * The mapping refuses as few documents as it can: a value that does not suit
 * its field's type is stored but not searchable (ignore_malformed), dates are
 * not guessed from text, booleans are keywords, long keywords are left out of
 * the field. What is still refused: an object where other documents have a
 * value, or the reverse, and text and numbers mixed in one new array.
 */
#include "index/elasticsearch.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "json/tree.h"

#define JSON(...) #__VA_ARGS__

enum { TEMPLATE_MAX = 1 << 20 };

static const char body[] =
    "{\"settings\":{\"index\":{\"mapping\":{\"ignore_malformed\":true,"
    "\"depth\":{\"limit\":128},\"total_fields\":{\"limit\":5000%s}}}},"
    "\"mappings\":%s}";

/* 8191: the longest text whose UTF-8 surely fits into a term. */
static const char mappings[] = JSON({
	"date_detection": false,
	"dynamic_templates": [
		{"conn_meta": {
			"path_match": "meta.*",
			"match_mapping_type": "string",
			"mapping": {"type": "keyword", "ignore_above": 8191}
		}},
		{"conn_text": {
			"match_mapping_type": "string",
			"mapping": {"type": "text", "fields": {"keyword":
				{"type": "keyword", "ignore_above": 1024}}}
		}},
		{"conn_boolean": {
			"match_mapping_type": "boolean",
			"mapping": {"type": "keyword", "ignore_above": 8191}
		}}
	],
	"properties": {
		"_conn": {"properties": {
			"id": {"type": "keyword"},
			"source": {"type": "keyword"},
			"hash": {"type": "keyword", "index": false,
				"doc_values": false}
		}},
		"_stream": {"type": "keyword", "ignore_above": 8191},
		"_timestamp": {"type": "date", "ignore_malformed": true},
		"title": {"type": "text", "fields": {"keyword":
			{"type": "keyword", "ignore_above": 1024}}},
		"body": {"type": "text"},
		"url": {"type": "keyword", "ignore_above": 8191},
		"type": {"type": "keyword", "ignore_above": 8191},
		"author": {"type": "keyword", "ignore_above": 8191},
		"path": {"type": "keyword", "ignore_above": 8191},
		"parent": {"type": "keyword", "ignore_above": 8191},
		"tags": {"type": "keyword", "ignore_above": 8191},
		"created_at": {"type": "date", "ignore_malformed": true},
		"updated_at": {"type": "date", "ignore_malformed": true},
		"meta": {"type": "object"}
	}
});

/* ---- preparing ---- */

/* The index may have an ignore_above of its own; no id is longer than this. */
#define SEARCHED "{\"type\":\"keyword\",\"ignore_above\":512}"

/* What we need of any index, and how it must be mapped. */
static const struct field {
	const char *object;     /* NULL: top level */
	const char *name, *type;
	const char *mapping;    /* if it is not there yet */
	bool searched;          /* every value must be indexed and sortable */
	bool lenient;           /* ignore_malformed */
} fields[] = {
	{ "_conn", "id", "keyword", SEARCHED, true, false },
	{ "_conn", "source", "keyword", SEARCHED, true, false },
	{ "_conn", "hash", "keyword", "{\"type\":\"keyword\",\"index\":false,"
	    "\"doc_values\":false}", false, false },
	{ NULL, "_stream", "keyword", "{\"type\":\"keyword\","
	    "\"ignore_above\":8191}", false, false },
	{ NULL, "_timestamp", "date", "{\"type\":\"date\","
	    "\"ignore_malformed\":true}", false, true }
};

/* What an index has of it. */
struct mapping {
	const struct val *properties;   /* NULL: none of ours */
	/* of the index, if a field does not say: */
	bool lenient;           /* ignore_malformed */
	const struct val *above;        /* ignore_above */
};

/* Some parameters may stand there as strings. */
static bool
is_true(const struct val *v, bool dflt)
{
	if (v != NULL && v->type == JSON_STRING)
		return span_is(v->str, "true");
	return val_bool(v, dflt);
}

static bool
takes_ids(const struct val *above)
{
	uint64_t n;

	return above == NULL || !json_number_u64(above->str, &n) || n >= 512;
}

static bool
fits(const struct mapping *m, const struct field *f)
{
	const struct val *in = m->properties, *v, *above;

	if (f->object != NULL) {
		v = val_get(in, f->object);
		/* nested documents and those not indexed are not found */
		if (val_get(v, "type") &&
		    !span_is(val_str(val_get(v, "type")), "object"))
			return false;
		if (!is_true(val_get(v, "enabled"), true))
			return false;
		in = val_get(v, "properties");
	}
	v = val_get(in, f->name);
	if (!span_is(val_str(val_get(v, "type")), f->type))
		return false;
	if (f->lenient && !is_true(val_get(v, "ignore_malformed"), m->lenient))
		return false;
	if (!f->searched)
		return true;
	above = val_get(v, "ignore_above");
	return is_true(val_get(v, "index"), true) &&
	    is_true(val_get(v, "doc_values"), true) &&
	    takes_ids(above != NULL ? above : m->above);
}

/* Adds the mapping of the fields that are missing; false: none is. */
static bool
missing(const struct mapping *m, struct buf *out)
{
	const char *open = NULL;
	bool any = false;

	buf_puts(out, "{\"properties\":{");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct field *f = &fields[i];

		if (fits(m, f))
			continue;
		if (open != NULL && f->object != open) {
			buf_puts(out, "}}");
			open = NULL;
		}
		if (any)
			buf_putc(out, ',');
		if (f->object != open) {
			buf_printf(out, "\"%s\":{\"properties\":{", f->object);
			open = f->object;
		}
		buf_printf(out, "\"%s\":%s", f->name, f->mapping);
		any = true;
	}
	buf_puts(out, open != NULL ? "}}}}" : "}}");
	return any;
}

bool
es_is_view(const struct val *alias)
{
	return val_get(alias, "filter") || val_get(alias, "index_routing") ||
	    val_get(alias, "search_routing");
}

/* What stands behind the name must take any document and show all of them. */
static int
check_target(const struct es *es, const struct val_member *index,
    struct err *e)
{
	const struct val *alias = val_get(val_get(index->value, "aliases"),
	    es->name);
	const char *why = NULL;

	if (val_get(index->value, "data_stream") != NULL)
		return es_data_stream(es, es->url, e);
	if (es->aliased && span_is(index->key, es->name))
		why = "is an index, and require_alias demands an alias";
	else if (es_is_view(alias))
		why = "is an alias with a filter or routing, which hides "
		    "documents";
	else if (!is_true(val_get(alias, "is_write_index"), true))
		why = "is an alias without a write index";
	return why == NULL ? 0 : err_set(e, ST_PERSON, "%s: %s %s", es->url,
	    es->name, why);
}

static int
read_mapping(struct es *es, struct mapping *out, struct err *e)
{
	const char *url = es_url(es, es->url, "?filter_path=error.type,status,"
	    "*.aliases,*.data_stream,"
	    "*.settings.index.mapping.ignore_*,"
	    "*.mappings.properties._conn,*.mappings.properties._stream,"
	    "*.mappings.properties._timestamp");
	struct span none = { 0 };
	const struct val *a, *index, *own;

	*out = (struct mapping){ 0 };
	if (es_request(es, "GET", url, none, e) < 0)
		return -1;
	if (es->reply.status != 200)
		return es_refused(es, url, e);
	if (val_nmembers(es->answer) == 0)
		return 0;
	if (check_target(es, &es->answer->members[0], e) < 0)
		return -1;
	a = es->answer->members[0].value;
	out->properties = val_get(val_get(a, "mappings"), "properties");
	index = val_get(val_get(a, "settings"), "index");
	own = val_get(index, "mapping");
	out->lenient = is_true(val_get(own, "ignore_malformed"), false);
	out->above = val_get(own, "ignore_above");
	return 0;
}

static int
put_mapping(struct es *es, struct span json, struct err *e)
{
	const char *url = es_url(es, es->url, "/_mapping");

	if (es_request(es, "PUT", url, json, e) < 0)
		return -1;
	if (es->reply.status == 200)
		return 0;
	if (es->reply.status != 400)
		return es_refused(es, url, e);
	return err_set(e, ST_PERSON, "%s: HTTP 400 %s: %s does not take our "
	    "mapping of _conn, _stream and _timestamp; see conn-index(7)", url,
	    es_error_type(es->answer), es->name);
}

/* A pipeline that does not exist would refuse every document by itself. */
static int
check_pipeline(struct es *es, struct err *e)
{
	struct span none = { 0 };
	struct buf b = { 0 };
	const char *url;

	if (es->pipeline == NULL)
		return 0;
	buf_puts(&b, "/_ingest/pipeline/");
	http_escape(&b, span_of(es->pipeline));
	buf_puts(&b, "?filter_path=*.version,error.type,status");
	url = es_url(es, es->root, buf_cstr(&b));
	buf_release(&b);
	if (es_request(es, "GET", url, none, e) < 0)
		return -1;
	if (es->reply.status == 404)
		return err_set(e, ST_PERSON, "%.*s: there is no such pipeline",
		    (int)http_place(url), url);
	return 0;       /* not allowed to look (403): the writing will show */
}

int
es_prepare(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct mapping mapping = { 0 };
	struct buf json = { 0 };
	int r = check_pipeline(es, e);

	for (int i = 0; r == 0; i++) {
		r = read_mapping(es, &mapping, e);
		buf_clear(&json);
		if (r < 0 || !missing(&mapping, &json))
			break;
		r = i == 0 ? put_mapping(es, buf_span(&json), e) :
		    err_set(e, ST_PERSON, "%s/_mapping: was accepted, but is "
		    "not there", es->url);
	}
	buf_release(&json);
	return r;
}

/* ---- creating ---- */

/* WHERE or, if key is not NULL, WHERE.KEY may be absent. */
static int
want_object(const struct es *es, const struct val *v, const char *where,
    const char *key, struct err *e)
{
	if (v == NULL || v->type == JSON_OBJECT)
		return 0;
	return err_set(e, ST_USAGE, "%s:%u:%u: %s%s%s: not an object",
	    es->template, v->line, v->col, where, key != NULL ? "." : "",
	    key != NULL ? key : "");
}

/* What a rebuild takes apart, so that no server looks at it before the end. */
static int
check_template(const struct es *es, const struct val *root, struct err *e)
{
	const struct val *aliases = val_get(root, "aliases");
	const struct val *own = val_get(root, "mappings");
	int r = want_object(es, aliases, "aliases", NULL, e);

	for (size_t i = 0; r == 0 && i < val_nmembers(aliases); i++)
		r = want_object(es, aliases->members[i].value, "aliases",
		    aliases->members[i].key.p, e);
	if (r == 0)
		r = want_object(es, own, "mappings", NULL, e);
	return r != 0 ? -1 : want_object(es, val_get(own, "_meta"),
	    "mappings", "_meta", e);
}

static int
read_template(struct es *es, struct buf *out, struct err *e)
{
	struct arena a = { 0 };
	struct val_error ve;
	const struct val *root;
	int r;

	if (file_read(es->template, TEMPLATE_MAX, out) < 0)
		return err_set(e, ST_USAGE, "%s: %s", es->template,
		    errno == EFBIG ? "larger than 1 MiB" : strerror(errno));
	root = val_parse(&a, buf_span(out), ES_DEPTH, false, &ve);
	if (root != NULL && root->type == JSON_OBJECT)
		r = check_template(es, root, e);
	else
		r = err_set(e, ST_USAGE, "%s: not a JSON object with settings "
		    "and mappings", es->template);
	arena_release(&a);
	if (r != 0)
		buf_release(out);
	return r;
}

int
es_body(struct es *es, struct buf *out, struct err *e)
{
	bool lenient;

	if (es->template != NULL)
		return read_template(es, out, e);
	if (es_identify(es, e) < 0)
		return -1;
	lenient = es->flavour == ES_ELASTICSEARCH &&
	    (es->major > 8 || (es->major == 8 && es->minor >= 14));
	buf_printf(out, body,
	    lenient ? ",\"ignore_dynamic_beyond_limit\":true" : "", mappings);
	return 0;
}

int
es_put_index(struct es *es, struct span json, struct err *e)
{
	const char *reason;

	if (es_request(es, "PUT", es->url, json, e) < 0)
		return -1;
	if (es->reply.status == 200 || streq(es_error_type(es->answer),
	    "resource_already_exists_exception"))
		return 0;
	reason = val_cstr(val_get(val_get(es->answer, "error"), "reason"));
	if (es->reply.status == 400 && reason != NULL &&
	    strstr(reason, "creates data streams only") != NULL)
		return err_set(e, ST_PERSON, "%s: a template of the server "
		    "makes %s a data stream; its documents could not be "
		    "replaced", es->url, es->name);
	return es_refused(es, es->url, e);
}

int
es_no_alias(const struct es *es, struct err *e)
{
	return err_set(e, ST_PERSON, "%s: there is no alias %s, and "
	    "require_alias forbids to create an index", es->url, es->name);
}

int
es_create(struct index *ix, struct err *e)
{
	struct es *es = (struct es *)ix;
	struct buf json = { 0 };
	int r;

	if (es->require_alias)
		return es_no_alias(es, e);
	r = es_body(es, &json, e);
	if (r == 0)
		r = es_put_index(es, buf_span(&json), e);
	buf_release(&json);
	return r == 0 ? es_prepare(ix, e) : -1;
}

/* ---- conn-check ---- */

static int
check_version(struct es *es, struct err *e)
{
	unsigned major = 7, minor = 10;

	if (es_identify(es, e) < 0)
		return -1;
	if (es->flavour == ES_OPENSEARCH) {
		major = 2;
		minor = 4;
	}
	if (es->flavour == ES_UNKNOWN || es->major > major ||
	    (es->major == major && es->minor >= minor))
		return 0;
	return err_set(e, ST_PERSON, "%s: version %s is too old; "
	    "Elasticsearch 7.10 or OpenSearch 2.4 is needed", es->root,
	    es->version);
}

/* An update of a document that is not there writes nothing, and needs the
 * permission to write. */
static int
check_write(struct es *es, struct err *e)
{
	static const char update[] =
	    "{\"update\":{\"_id\":\"%s:#conn-check\"}}\n{\"doc\":{}}\n";
	struct buf json = { 0 };
	const struct val *items;
	const char *type;
	int r;

	buf_printf(&json, update, es->config->name);
	r = es_request(es, "POST", es->bulk_url, buf_span(&json), e);
	buf_release(&json);
	if (r < 0)
		return -1;
	items = val_get(es->answer, "items");
	if (es->reply.status != 200 || val_nitems(items) != 1)
		return es_refused(es, es->bulk_url, e);
	type = es_error_type(val_get(items->items[0], "update"));
	if (streq(type, "document_missing_exception") || *type == '\0')
		return 0;
	return err_set(e, streq(type, "cluster_block_exception") ? ST_TEMP :
	    ST_PERSON, "%s/_bulk: %s", es->url, type);
}

int
es_check(struct index *ix, char *message, size_t size, struct err *e)
{
	static const char *const names[] = {
		"a server that does not tell its version", "Elasticsearch ",
		"OpenSearch "
	};
	struct es *es = (struct es *)ix;
	char uuid[INDEX_UUID_MAX];
	struct mapping ignored;

	retry_init(&es->retry, 0);      /* now, or not */
	message[0] = '\0';
	if (check_version(es, e) < 0 || es_uuid(es, uuid, e) < 0 ||
	    check_pipeline(es, e) < 0)
		return -1;
	if (uuid[0] == '\0' && es->require_alias)
		return es_no_alias(es, e);
	if (uuid[0] != '\0' && (read_mapping(es, &ignored, e) < 0 ||
	    check_write(es, e) < 0))
		return -1;
	snprintf(message, size, "%s%s, index %s %s", names[es->flavour],
	    es->version, es->name, uuid[0] != '\0' ? "exists" :
	    "does not exist yet: conn-bulk creates it");
	return 0;
}
