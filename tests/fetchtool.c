/* SPDX-License-Identifier: MIT */
/*
 * fetchtool [-v]... OPTIONS: opens a fetch with the options of that JSON file
 * (url auth secrets allow_http rate parallel retry total reply_max ca token)
 * and makes the requests of stdin, one JSON object a line:
 *   method url headers type body   of the request; the url is resolved
 *   ahead     list of URLs that are foreseen first
 *   again     ask again until it is answered with 200
 *   stop      milliseconds to work on before it
 * stdout: a JSON object a reply. Exit status: that of the last error.
 */
#include <jq.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/line.h"
#include "base/out.h"
#include "base/sig.h"
#include "json/text.h"
#include "source/rest/fetch.h"

static struct err e;

static const char *
text(const struct val *v, const char *key)
{
	return val_cstr(val_get(v, key));
}

static uint64_t
number(const struct val *v, const char *key)
{
	uint64_t n = 0;

	val_u64(val_get(v, key), UINT64_MAX, &n);
	return n;
}

static double
seconds(const struct val *v, const char *key)
{
	const struct val *s = val_get(v, key);

	return s != NULL ? strtod(s->str.p, NULL) : 0;
}

static int
run_jq(void *ctx, const char *program, struct span in, struct buf *out,
    struct err *why)
{
	jq_state *jq = jq_init();
	jv v = jv_parse_sized(in.p, (int)in.n), result;
	bool good = jv_is_valid(v) && jq_compile(jq, program);

	(void)ctx;
	if (!good)
		jv_free(v);
	else
		jq_start(jq, v, 0);
	result = good ? jq_next(jq) : jv_invalid();
	good = good && jv_is_valid(result);
	if (good) {
		jv dumped = jv_dump_string(result, 0);

		buf_puts(out, jv_string_value(dumped));
		jv_free(dumped);
	} else {
		jv_free(result);
	}
	jq_teardown(&jq);
	return good ? 0 : err_set(why, ST_PERSON, "not in the reply");
}

static struct fetch *
open_fetch(const char *path)
{
	static struct arena a;
	struct fetch_options o = { .jq = run_jq };
	struct val_error bad;
	struct buf b = { 0 };
	const struct val *v;
	struct fetch *f;

	if (file_read(path, 1 << 20, &b) < 0 ||
	    (v = val_parse(&a, buf_span(&b), 64, true, &bad)) == NULL)
		die(ST_USAGE, "%s: cannot be read", path);
	o.url = text(v, "url");
	o.auth = val_get(v, "auth");
	o.secrets = val_bool(val_get(v, "secrets"), false);
	o.allow_http = val_bool(val_get(v, "allow_http"), false);
	o.rate = text(v, "rate");
	o.parallel = (unsigned)number(v, "parallel");
	o.retry = val_get(v, "retry") != NULL ? seconds(v, "retry") :
	    FETCH_RETRY;
	o.total = seconds(v, "total");
	o.reply_max = number(v, "reply_max");
	o.ca = text(v, "ca");
	o.token = text(v, "token");
	if (fetch_open(&f, &o, &e) < 0)
		err_die(&e);
	buf_release(&b);
	return f;
}

static void
foresee(struct fetch *f, const struct val *list)
{
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		char *url = fetch_resolve(f, NULL, list->items[i]->str.p, &e);
		struct fetch_request rq = { .method = "GET", .url = url };

		if (url == NULL)
			err_die(&e);
		fetch_ahead(f, &rq);
		free(url);
	}
}

static void
put(struct buf *b, const char *name, struct span json)
{
	json_put_key(b, name);
	buf_add_span(b, json.n > 0 ? json : SPAN("null"));
}

static void
show(const struct fetch_reply *r, int result, double began)
{
	struct out out;
	struct buf b = { 0 };

	out_init(&out, 1, "stdout");
	buf_printf(&b, "{\"result\":%d,\"status\":%d,\"fault\":%d,"
	    "\"limited\":%s,\"wait\":%g,\"date\":%lld,\"ms\":%.0f", result,
	    r->status, r->fault, r->limited ? "true" : "false", r->wait,
	    (long long)r->date, (clock_mono() - began) * 1e3);
	json_put_key(&b, "type");
	json_put_cstring(&b, r->type);
	json_put_key(&b, "charset");
	json_put_cstring(&b, r->charset);
	put(&b, "headers", buf_span(&r->headers));
	put(&b, "links", buf_span(&r->links));
	buf_printf(&b, ",\"bytes\":%zu", r->body.n);
	json_put_key(&b, "body");
	json_put_string(&b, (struct span){ r->body.p,
	    r->body.n < 4096 ? r->body.n : 4096 });
	json_put_key(&b, "url");
	json_put_cstring(&b, r->url != NULL ? r->url : "");
	buf_putc(&b, '}');
	out_line(&out, buf_span(&b));
	out_flush(&out);
	buf_release(&out.b);
	buf_release(&b);
}

static int
ask(struct fetch *f, const struct val *v)
{
	const struct val *headers = val_get(v, "headers");
	const char *method = text(v, "method");
	struct http_field fields[8] = { { NULL, NULL } };
	struct fetch_request rq = { .method = method ? method : "GET",
		.fields = fields, .type = text(v, "type"),
		.body = val_str(val_get(v, "body")) };
	struct fetch_reply r = { 0 };
	double began = clock_mono();
	char *url = fetch_resolve(f, NULL, text(v, "url"), &e);
	int result = url == NULL ? -1 : 0;

	for (; headers != NULL && rq.n < headers->n && rq.n < 8; rq.n++)
		fields[rq.n] = (struct http_field){
			headers->members[rq.n].key.p,
			val_cstr(headers->members[rq.n].value) };
	rq.url = url;
	if (result == 0)
		do
			result = fetch_get(f, &rq, &r, &e);
		while ((result < 0 || r.status != 200) &&
		    val_get(v, "again") != NULL && fetch_again(f, &r));
	if (result < 0)
		err_print(&e);
	show(&r, result, began);
	free(url);
	fetch_reply_release(&r);
	return result < 0 ? e.status : 0;
}

int
main(int argc, char **argv)
{
	int status = 0, verbose = 0;
	struct lines l;
	struct span s;
	struct fetch *f;

	msg_program("fetchtool");
	sig_install();
	for (; argc > 2 && streq(argv[1], "-v"); argc--, argv++)
		msg_verbosity(++verbose);
	if (argc != 2)
		die(ST_USAGE, "usage: fetchtool [-v]... OPTIONS");
	f = open_fetch(argv[1]);
	lines_init(&l, 0, 1 << 20);
	while (lines_next(&l, &s) == LINE_OK) {
		struct arena a = { 0 };
		struct val_error bad;
		const struct val *v = val_parse(&a, s, 64, true, &bad);
		double end;

		if (v == NULL)
			die(ST_USAGE, "a request that is not JSON");
		foresee(f, val_get(v, "ahead"));
		end = clock_mono() + seconds(v, "stop") / 1e3;
		while (clock_mono() < end) {
			fetch_tick(f);
			clock_sleep(0.005);
		}
		status = ask(f, v);
		arena_release(&a);
	}
	lines_release(&l);
	fetch_close(f);
	return status;
}
