/* SPDX-License-Identifier: MIT */
#include "index/elasticsearch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/opt.h"
#include "json/text.h"
#include "net/tls.h"

/* ---- requests ---- */

const char *
es_url(struct es *es, const char *base, const char *rest)
{
	char *s = xasprintf("%s%s", base, rest);
	char *copy = arena_strndup(&es->config->arena, span_of(s));

	free(s);
	return copy;
}

const char *
es_error_type(const struct val *answer)
{
	const struct val *v = val_get(val_get(answer, "error"), "type");
	struct span s = val_str(v);

	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr("._-", s.p[i]))
			return "";
	return s.n > 0 && s.n <= 64 ? s.p : "";
}

int
es_rejected(const char *url, int status, const char *type, struct err *e)
{
	bool again = es_judge_request(status, type) == ES_AGAIN;

	return err_set(e, again ? ST_TEMP : ST_PERSON, "%.*s: HTTP %d%s%s",
	    (int)http_place(url), url, status, *type ? " " : "", type);
}

/* Does AWS say that a signature was made too early or too late? */
static bool
clock_wrong(const struct es *es)
{
	struct span s = val_str(val_get(es->answer, "message"));

	return es->aws.key != NULL && es->reply.status == 403 &&
	    (span_starts(s, SPAN("Signature expired")) ||
	    span_starts(s, SPAN("Signature not yet current")));
}

int
es_refused(const struct es *es, const char *url, struct err *e)
{
	if (clock_wrong(es))
		return err_set(e, ST_PERSON, "%.*s: HTTP 403: the time of the "
		    "signature is not the server's; is the clock right",
		    (int)http_place(url), url);
	return es_rejected(url, es->reply.status, es_error_type(es->answer),
	    e);
}

struct val *
es_tree(struct arena *a, const struct http_reply *r)
{
	struct val_error ve;

	return r->body.n > ES_TREE_MAX ? NULL :
	    val_parse(a, buf_span(&r->body), ES_DEPTH, false, &ve);
}

static void
parse_answer(struct es *es)
{
	arena_release(&es->arena);
	es->answer = es_tree(&es->arena, &es->reply);
}

/* May it be sent again? e says what happened. */
static bool
again(struct es *es, const char *url, bool answered, struct err *e)
{
	enum http_fault fault = es->reply.fault;

	if (!answered)
		return fault == HTTP_DOWN || fault == HTTP_LATE ||
		    fault == HTTP_CUT;
	if (es->reply.status < 400)
		return false;
	parse_answer(es);
	return es_judge_request(es->reply.status, es_error_type(es->answer)) ==
	    ES_AGAIN && es_refused(es, url, e) < 0;
}

/* As es_request, but the reply's body is left as it is: answer is NULL. */
static int
es_request_raw(struct es *es, const char *method, const char *url,
    struct span json, struct err *e)
{
	struct http_request rq = { .method = method, .url = url, .body = json,
		.type = json.p != NULL ? "application/json" : NULL };

	for (;;) {
		bool answered = http_send(es->http, &rq, &es->reply, e) == 0;

		es->answer = NULL;
		if (!again(es, url, answered, e)) {
			if (!answered)
				return -1;
			break;
		}
		if (!retry_wait(&es->retry, &es->tries,
		    es->reply.retry_after))
			return -1;
	}
	retry_success(&es->retry, &es->tries);
	if (es->reply.status == 401)
		return es_refused(es, url, e);
	return 0;
}

int
es_request(struct es *es, const char *method, const char *url,
    struct span json, struct err *e)
{
	if (es_request_raw(es, method, url, json, e) < 0)
		return -1;
	parse_answer(es);
	if (es->reply.status == 200 && es->reply.body.n > ES_TREE_MAX)
		return err_set(e, ST_PERSON, "%.*s: the reply is too long",
		    (int)http_place(url), url);
	if (es->reply.status == 200 && es->answer == NULL)
		return err_set(e, ST_PERSON, "%.*s: HTTP 200 without JSON; "
		    "is this Elasticsearch or OpenSearch",
		    (int)http_place(url), url);
	return 0;
}

int
es_search(struct es *es, const char *url, struct span json, struct err *e)
{
	struct buf b = { 0 };
	int r;

	if (es->piped) {
		buf_printf(&b, "%s&search_pipeline=_none", url);
		r = es_request_raw(es, "POST", buf_cstr(&b), json, e);
		buf_release(&b);
		if (r < 0 || es->reply.status != 400 || !streq(es_error_type(
		    es->answer), "illegal_argument_exception"))
			return r;
		es->piped = false;
	}
	return es_request_raw(es, "POST", url, json, e);
}

bool
es_total(const struct http_reply *reply, uint64_t *n)
{
	struct arena a = { 0 };
	const struct val *v = es_tree(&a, reply);
	uint64_t failed;
	bool good = val_u64(val_get(val_get(val_get(v, "hits"), "total"),
	    "value"), INT64_MAX, n) &&
	    !val_bool(val_get(v, "timed_out"), true) &&
	    val_u64(val_get(val_get(v, "_shards"), "failed"), 0, &failed);

	arena_release(&a);
	return good;
}

/* ---- who and which ---- */

/* OpenSearch may call itself 7.10.2 for old clients; its versions end far
 * below that. */
static void
read_version(struct es *es)
{
	const struct val *version = val_get(es->answer, "version");
	const char *number = val_cstr(val_get(version, "number"));
	struct span tagline = val_str(val_get(es->answer, "tagline"));

	if (number == NULL ||
	    sscanf(number, "%u.%u", &es->major, &es->minor) != 2)
		return;
	es->flavour = ES_ELASTICSEARCH;
	if (span_is(val_str(val_get(version, "distribution")),
	    "opensearch") || span_starts(tagline, SPAN("The OpenSearch ")))
		es->flavour = ES_OPENSEARCH;
	snprintf(es->version, sizeof es->version, "%.12s%s", number,
	    es->flavour == ES_OPENSEARCH && es->major == 7 ?
	    " (compatibility)" : "");
}

int
es_identify(struct es *es, struct err *e)
{
	struct span none = { 0 };
	bool asked;

	if (es->asked)
		return 0;
	asked = es_request_raw(es, "GET", es_url(es, es->root, "/"), none,
	    e) == 0;
	/* Whoever may not ask this may do the rest, or will be told then. */
	if (!asked && es->reply.status != 401)
		return -1;
	es->asked = true;
	if (es->reply.status == 200) {
		parse_answer(es);
		read_version(es);
	}
	es->piped = es->flavour != ES_ELASTICSEARCH;
	return 0;
}

int
es_data_stream(const struct es *es, const char *url, struct err *e)
{
	return err_set(e, ST_PERSON, "%.*s: %s is a data stream; its documents "
	    "cannot be replaced", (int)http_place(url), url, es->name);
}

/* {"INDEX":{"settings":{"index":{"uuid":...}}}} of exactly one index. */
static int
read_settings(struct es *es, const char *url, char *uuid, struct err *e)
{
	const struct val *a = es->answer, *index;
	struct span id;
	uint64_t n;

	if (a->type == JSON_OBJECT && a->n > 0 &&
	    span_starts(a->members[0].key, SPAN(".ds-")))
		return es_data_stream(es, url, e);
	if (a->type == JSON_OBJECT && a->n > 1)
		return err_set(e, ST_PERSON, "%.*s: %s stands for %zu indices;"
		    " it must be one", (int)http_place(url), url, es->name,
		    a->n);
	index = a->type == JSON_OBJECT && a->n == 1 ? val_get(val_get(
	    a->members[0].value, "settings"), "index") : NULL;
	id = val_str(val_get(index, "uuid"));
	if (id.n == 0 || id.n >= INDEX_UUID_MAX)
		return err_set(e, ST_PERSON, "%.*s: no uuid of the index",
		    (int)http_place(url), url);
	memcpy(uuid, id.p, id.n + 1);
	if (opt_u64(val_str(val_get(index, "max_result_window")).p,
	    ES_PAGE_MAX, &n) && n > 0)
		es->page = (unsigned)n;
	return 0;
}

int
es_uuid(struct es *es, char *uuid, struct err *e)
{
	const char *url = es->settings_url;
	struct span none = { 0 };

	uuid[0] = '\0';
	if (es_request(es, "GET", url, none, e) < 0)
		return -1;
	if (es->reply.status == 404 &&
	    streq(es_error_type(es->answer), "index_not_found_exception"))
		return 0;
	if (es->reply.status != 200)
		return es_refused(es, url, e);
	return read_settings(es, url, uuid, e);
}

/* ---- opening ---- */

static int
set_credentials(struct es *es, struct err *e)
{
	static const struct { const char *key, *scheme; } kinds[] = {
		{ "api_key", "ApiKey" }, { "bearer", "Bearer" }
	};
	struct config *c = es->config;
	const char *user = val_cstr(val_get(c->index, "user")), *secret;
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0; i++) {
		char *value;

		if (config_secret(c, val_get(c->index, kinds[i].key), &secret,
		    e) < 0)
			return -1;
		if (secret == NULL)
			continue;
		value = xasprintf("%s %s", kinds[i].scheme, secret);
		r = http_header(es->http, "Authorization", value, e);
		explicit_bzero(value, strlen(value));
		free(value);
	}
	if (r < 0 || user == NULL)
		return r;
	if (config_secret(c, val_get(c->index, "password"), &secret, e) < 0)
		return -1;
	return http_basic(es->http, user, secret ? secret : "", e);
}

/* The URLs that are asked again and again. */
void
es_aim(struct es *es, const char *name, bool require_alias)
{
	static const char bulk[] = "/_bulk?filter_path=errors,status,"
	    "error.type,error.reason,items.*._id,items.*.status,items.*.result,"
	    "items.*.failure_store,items.*.error.type,items.*.error.reason,"
	    "items.*.error.caused_by.type";
	static const char settings[] = "/_settings?filter_path=error.type,"
	    "status,*.settings.index.uuid,*.settings.index.max_result_window";
	struct buf b = { 0 };

	es->name = name;
	es->aliased = require_alias;
	buf_puts(&b, es->root);
	buf_putc(&b, '/');
	http_escape(&b, span_of(name));
	es->url = es_url(es, buf_cstr(&b), "");
	es->settings_url = es_url(es, es->url, settings);
	buf_puts(&b, bulk);
	if (require_alias)
		buf_puts(&b, "&require_alias=true");
	if (es->pipeline != NULL) {
		buf_puts(&b, "&pipeline=");
		http_escape(&b, span_of(es->pipeline));
	}
	es->bulk_url = es_url(es, buf_cstr(&b), "");
	buf_release(&b);
}

/* As JSON, in the config's arena. */
static struct span
quoted(struct config *c, const char *text)
{
	struct buf b = { 0 };
	struct span s;

	json_put_cstring(&b, text);
	s = span_of(arena_strndup(&c->arena, buf_span(&b)));
	buf_release(&b);
	return s;
}

/* The keys that requests are signed with. */
static int
set_aws(struct es *es, struct err *e)
{
	const struct val *aws = val_get(es->config->index, "aws");
	struct sigv4_keys *k = &es->aws;

	k->region = val_cstr(val_get(aws, "region"));
	k->service = val_cstr(val_get(aws, "service"));
	if (config_secret(es->config, val_get(aws, "key"), &k->key, e) < 0 ||
	    config_secret(es->config, val_get(aws, "secret"), &k->secret,
	    e) < 0)
		return -1;
	return config_secret(es->config, val_get(aws, "token"), &k->token, e);
}

/* What is wrong with the files of TLS, at their place in the config. */
static int
check_files(struct es *es, const struct http_options *o, struct err *e)
{
	const struct val *ix = es->config->index;
	const char *bad = NULL;
	char why[TLS_WHY];

	if (o->ca != NULL && !tls_check_ca(o->ca, why))
		bad = "ca";
	else if (o->cert != NULL && !tls_check_cert(o->cert, why))
		bad = "cert";
	else if (o->cert != NULL && !tls_check_key(o->cert,
	    o->key != NULL ? o->key : o->cert, why))
		bad = o->key != NULL ? "key" : "cert";
	if (bad == NULL)
		return 0;
	return config_err(es->config, val_get(ix, bad), e, "index.%s: %s",
	    bad, why);
}

static int
connect_to(struct es *es, struct err *e)
{
	const struct val *ix = es->config->index;
	struct http_options o = {
		.ca = val_cstr(val_get(ix, "ca")),
		.cert = val_cstr(val_get(ix, "cert")),
		.key = val_cstr(val_get(ix, "key")),
		.reply_max = ES_REPLY_MAX
	};

	opt_duration(val_str(val_get(ix, "timeout")), &o.total);
	if (check_files(es, &o, e) < 0 || set_aws(es, e) < 0)
		return -1;
	if (es->aws.key != NULL)
		o.aws = &es->aws;
	if (http_open(&es->http, &o, e) < 0)
		return -1;
	return set_credentials(es, e);
}

static void
es_close(struct index *ix)
{
	struct es *es = (struct es *)ix;

	http_close(es->http);
	http_reply_release(&es->reply);
	arena_release(&es->arena);
	buf_release(&es->scratch);
	es_lanes_release(es);
	free(es);
}

static int
es_open(struct index **out, struct config *c, struct err *e)
{
	const struct val *ix = c->index;
	struct es *es = xcalloc(1, sizeof *es);
	struct span root = val_str(val_get(ix, "url"));
	uint64_t size = 1 << 20;
	double budget = 15 * 60;
	uint64_t connections = 2;

	es->config = c;
	es->page = ES_PAGE_MAX;
	es->source = quoted(c, c->name);
	es->pipeline = val_cstr(val_get(ix, "pipeline"));
	es->template = val_cstr(val_get(ix, "template"));
	es->require_alias = val_bool(val_get(ix, "require_alias"), false);
	es->gzip = val_bool(val_get(ix, "gzip"), false);
	opt_size(val_str(val_get(ix, "batch")), &size);
	opt_duration(val_str(val_get(ix, "retry")), &budget);
	val_u64(val_get(ix, "connections"), 64, &connections);
	es_lanes_open(es, (unsigned)connections, (size_t)size);
	retry_init(&es->retry, budget);
	while (root.n > 0 && root.p[root.n - 1] == '/')
		root.n--;
	es->root = arena_strndup(&c->arena, root);
	es_aim(es, val_cstr(val_get(ix, "name")), es->require_alias);
	if (connect_to(es, e) < 0) {
		es_close(&es->index);
		return -1;
	}
	*out = &es->index;
	return 0;
}

static int
kind_uuid(struct index *ix, char *uuid, struct err *e)
{
	return es_uuid((struct es *)ix, uuid, e);
}

const struct index_kind index_elasticsearch = {
	.open = es_open,
	.close = es_close,
	.uuid = kind_uuid,
	.create = es_create,
	.prepare = es_prepare,
	.apply = es_apply,
	.idle = es_idle,
	.flush = es_flush,
	.list = es_list,
	.check = es_check,
	.clean = es_clean,
	.rebuild = es_rebuild,
	.aim = es_rebuild_aim,
	.settle = es_settle,
	.swap = es_swap
};
