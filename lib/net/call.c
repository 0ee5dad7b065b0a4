/* SPDX-License-Identifier: MIT */
#include "net/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/sig.h"
#include "net/tls.h"

enum {
	TURN_MS = 250,          /* between two looks at the stop signal */
	UPLOAD_BUFFER = 512 << 10       /* a body in few writes, by way of what
	                                   the caches hold */
};

static bool
take_plain(struct call *c, struct span in)
{
	struct buf *body = &c->reply->body;

	c->large = in.n > c->session->options.reply_max - body->n;
	if (!c->large)
		buf_add_span(body, in);
	return !c->large;
}

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct call *c = ctx;
	struct span in = { p, n };
	bool taken = false;

	(void)one;
	if (c->coding == CODING_NONE)
		taken = take_plain(c, in);
	else if (c->coding == CODING_ASKED)
		taken = c->session->options.coding->take(c, in);
	else
		c->unasked = true;
	return taken ? n : 0;
}

static bool
digits(const char *p, size_t n)
{
	while (n > 0 && *p >= '0' && *p <= '9') {
		p++;
		n--;
	}
	return n == 0;
}

static bool
is_status_line(const char *p, size_t n)
{
	return n > 12 && memcmp(p, "HTTP/1.", 7) == 0 && digits(p + 7, 1) &&
	    p[8] == ' ' && digits(p + 9, 3) && strchr(" \r\n", p[12]) != NULL;
}

/* libcurl takes a head that broke off for the whole of it, much that stands
 * where a status line should for one that says 200, of a length its first
 * digits, of two the last; and it undoes a gzip for the way that nobody asked
 * for, be it cut or not. */
static size_t
on_head(char *p, size_t one, size_t n, void *ctx)
{
	struct call *c = ctx;
	bool first = c->head == 0 || c->interim ||
	    (c->headed && n >= 5 && memcmp(p, "HTTP/", 5) == 0);

	(void)one;
	c->head += n;
	c->large = c->head > HTTP_HEAD_MAX;
	if (first) {
		c->strange = !is_status_line(p, n);
		c->headed = c->interim = c->sized = false;
	} else if (!c->headed) {        /* no trailer */
		c->strange = call_is_strange(c, (struct span){ p, n });
	}
	if (c->large || c->strange)
		return 0;
	if (n > 0 && (*p == '\r' || *p == '\n')) {
		c->headed = true;
		c->interim = call_status(c) / 100 == 1;
		c->coding = call_coding(c);
	}
	return n;
}

static void
set_file(CURL *c, CURLoption option, const char *path)
{
	if (path != NULL && *path != '\0')
		curl_easy_setopt(c, option, path);
}

static void
configure(struct call *call)
{
	const struct http_options *o = &call->session->options;
	double total = o->total > 0 ? o->total : HTTP_TOTAL;
	CURL *c = call->easy;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(total * 1e3));
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "conn/" CONN_VERSION);
	curl_easy_setopt(c, CURLOPT_MAXLIFETIME_CONN,
	    call->session->lifetime);
	curl_easy_setopt(c, CURLOPT_PRIVATE, call);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	set_file(c, CURLOPT_CAINFO, o->ca ? o->ca : getenv("SSL_CERT_FILE"));
	set_file(c, CURLOPT_SSLCERT, o->cert);
	set_file(c, CURLOPT_SSLKEY, o->key);
}

void
call_free(struct call *c)
{
	while (c != NULL) {
		struct call *next = c->next;

		curl_multi_remove_handle(c->session->multi, c->easy);
		curl_easy_cleanup(c->easy);
		curl_slist_free_all(c->headers);
		if (c->session->options.coding != NULL)
			c->session->options.coding->release(c->gunzip);
		free(c);
		c = next;
	}
}

static struct call *
take_idle(struct http *h)
{
	struct call *c = h->idle;

	if (c != NULL) {
		h->idle = c->next;
		return c;
	}
	c = xcalloc(1, sizeof *c);
	c->session = h;
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		die(ST_TEMP, "out of memory");
	configure(c);
	return c;
}

static void
prepare(struct call *c)
{
	const struct http_request *rq = &c->rq;
	CURL *easy = c->easy;

	call_put_headers(c);
	if (rq->type == NULL && streq(rq->method, "GET")) {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		    rq->body.n > 0 ? rq->body.p : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)rq->body.n);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(easy, CURLOPT_URL, rq->url);
}

/* Is the time over that a stop signal leaves? */
static bool
expired(struct http *h)
{
	double now;

	if (!sig_stop)
		return false;
	now = clock_mono();
	if (h->grace_end == 0)
		h->grace_end = now + HTTP_GRACE;
	return now >= h->grace_end;
}

/* Did the proxy refuse the tunnel for a reason that stays? */
static bool
proxy_refused(const struct call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 400 && status < 500 && status != 408 && status != 429;
}

/* Did the coding that the head names come to its end? Where no body is due,
 * none is one. */
static bool
is_whole(const struct call *c)
{
	long status = call_status(c);

	if (c->coding == CODING_NONE || c->ended)
		return true;
	return !c->begun && (c->sized || status / 100 != 2 ||
	    status == NO_CONTENT);
}

/* Why we took no more of it. An error page that cannot be read is of an error
 * that passes. */
static enum http_fault
refused(const struct call *c)
{
	if (c->large)
		return HTTP_LARGE;
	if (c->damage != NULL || (c->unasked && call_status(c) >= 500))
		return HTTP_CUT;
	return HTTP_BROKEN;
}

static enum http_fault
classify(const struct call *c, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		if (!c->headed)
			return HTTP_DOWN;
		return is_whole(c) ? HTTP_ANSWERED : HTTP_CUT;
	case CURLE_PARTIAL_FILE:
		return c->headed ? HTTP_CUT : HTTP_DOWN;
	case CURLE_WRITE_ERROR:
		return refused(c);
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_LATE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_ABORTED_BY_CALLBACK:
		return HTTP_DOWN;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return tls_refused(c->error) || proxy_refused(c) ?
		    HTTP_BROKEN : HTTP_DOWN;
	default:
		return HTTP_BROKEN;
	}
}

static void
read_reply(struct call *c)
{
	struct http_reply *r = c->reply;

	r->status = (int)call_status(c);
	call_read_headers(c);
	buf_pad(&r->body);
}

static const char *
what_failed(struct call *c, CURLcode code)
{
	if (c->reply->fault == HTTP_LARGE)
		return "the reply is too long";
	if (c->strange)
		return "the head of the reply is not as HTTP/1 has it";
	if (code == CURLE_OK)
		return c->headed ? "the reply broke off in its "
		    "Content-Encoding" : "the reply broke off in its head";
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "interrupted";
	if (c->damage != NULL)
		snprintf(c->error, sizeof c->error, "gzip: %s", c->damage);
	else if (c->unasked)
		snprintf(c->error, sizeof c->error, "Content-Encoding: %.40s "
		    "is not what was asked for",
		    call_header(c, "Content-Encoding"));
	return *c->error ? c->error : curl_easy_strerror(code);
}

static void
failed(struct call *c, CURLcode code)
{
	struct http_reply *r = c->reply;
	bool again = r->fault != HTTP_LARGE && r->fault != HTTP_BROKEN;

	err_set(&r->err, again ? ST_TEMP : ST_PERSON, "%.*s: %s",
	    (int)http_place(c->rq.url), c->rq.url, what_failed(c, code));
}

static void
report(const struct call *c)
{
	const struct http_request *rq = &c->rq;
	const struct http_reply *r = c->reply;
	int place = (int)http_place(rq->url);
	double ms = r->seconds * 1e3;

	if (!msg_detailed())
		return;
	if (r->fault != HTTP_ANSWERED) {
		detail("%s failed %.0f ms: %s", rq->method, ms, r->err.text);
		return;
	}
	detail("%s %.*s %d %.0f ms", rq->method, place, rq->url, r->status, ms);
	if ((r->status >= 400 || c->session->options.show) && r->body.n > 0)
		detail("reply: %.*s", r->body.n < 4096 ? (int)r->body.n : 4096,
		    r->body.p);
}

/* Takes it out of the active ones and puts it to those that are done. */
static void
finish(struct call *c, CURLcode code)
{
	struct http *h = c->session;
	struct call **at = &h->active;
	struct http_reply *r = c->reply;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->next = NULL;
	*h->last = c;
	h->last = &c->next;
	curl_multi_remove_handle(h->multi, c->easy);
	r->seconds = clock_mono() - c->began;
	r->fault = classify(c, code);
	if (r->fault == HTTP_ANSWERED)
		read_reply(c);
	else
		failed(c, code);
	report(c);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(c->headers);
	c->headers = NULL;
}

/* What can be done at once. */
static void
perform(struct http *h)
{
	bool over = expired(h);
	int running, left;
	CURLMsg *m;

	if (curl_multi_perform(h->multi, &running) != CURLM_OK)
		over = true;
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct call *c;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		finish(c, m->data.result);
	}
	while (over && h->active != NULL)
		finish(h->active, CURLE_ABORTED_BY_CALLBACK);
}

void
http_start(struct http *h, const struct http_request *rq,
    struct http_reply *r)
{
	struct call *c = take_idle(h);

	c->rq = *rq;
	c->reply = r;
	c->began = clock_mono();
	c->large = c->strange = false;
	c->headed = c->interim = c->sized = false;
	c->head = 0;
	c->coding = CODING_NONE;
	c->begun = c->ended = c->unasked = false;
	c->damage = NULL;
	c->error[0] = '\0';
	c->next = h->active;
	h->active = c;
	buf_clear(&r->body);
	buf_clear(&r->headers);
	r->status = 0;
	r->retry_after = 0;
	r->date = 0;
	prepare(c);
	if (curl_multi_add_handle(h->multi, c->easy) != CURLM_OK)
		die(ST_TEMP, "out of memory");
	perform(h);
}

static struct http_reply *
take_done(struct http *h)
{
	struct call *c = h->done;

	if (c == NULL)
		return NULL;
	h->done = c->next;
	if (h->done == NULL)
		h->last = &h->done;
	c->next = h->idle;
	h->idle = c;
	return c->reply;
}

struct http_reply *
http_done(struct http *h, int fd, int ms)
{
	struct curl_waitfd input = { .fd = fd, .events = CURL_WAIT_POLLIN };
	double end = clock_mono() + ms / 1e3;

	for (;;) {
		double left;

		perform(h);
		progress_tick();
		left = ms < 0 ? 1 : end - clock_mono();
		if (h->done != NULL || h->active == NULL || left <= 0 ||
		    input.revents != 0)
			return take_done(h);
		left *= 1e3;
		curl_multi_poll(h->multi, &input, fd >= 0 ? 1 : 0,
		    left < TURN_MS ? (int)left + 1 : TURN_MS, NULL);
	}
}

int
http_send(struct http *h, const struct http_request *rq, struct http_reply *r,
    struct err *e)
{
	http_start(h, rq, r);
	while (http_done(h, -1, -1) != r)
		continue;
	if (r->fault == HTTP_ANSWERED)
		return 0;
	*e = r->err;
	return -1;
}
