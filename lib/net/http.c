/* SPDX-License-Identifier: MIT */
#include "net/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/sig.h"

enum {
	TURN_MS = 250,          /* between two looks at the stop signal */
	UPLOAD_BUFFER = 2 << 20 /* libcurl's most: a bulk body in few writes */
};

struct http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	double grace_end;       /* 0: no stop signal seen */
	char error[CURL_ERROR_SIZE];
	/* of the request under way */
	struct buf *body;
	size_t body_max;
	bool large;
};

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct http *h = ctx;

	(void)one;
	if (n > h->body_max - h->body->n) {
		h->large = true;
		return 0;
	}
	buf_add(h->body, p, n);
	return n;
}

static void
set_file(CURL *c, CURLoption option, const char *path)
{
	if (path != NULL && *path != '\0')
		curl_easy_setopt(c, option, path);
}

static void
configure(struct http *h, const struct http_options *o)
{
	double total = o->total > 0 ? o->total : HTTP_TOTAL;
	CURL *c = h->easy;

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
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)HTTP_STALL);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "conn/" CONN_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	set_file(c, CURLOPT_CAINFO, o->ca ? o->ca : getenv("SSL_CERT_FILE"));
	set_file(c, CURLOPT_SSLCERT, o->cert);
	set_file(c, CURLOPT_SSLKEY, o->key);
	h->body_max = o->reply_max;
}

static void
append_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		die(ST_TEMP, "out of memory");
	*list = more;
}

/* An empty value takes the header out of what libcurl sends by itself. */
static void
append(struct curl_slist **list, const char *name, const char *value)
{
	char *line = xasprintf("%s:%s%s", name, *value ? " " : "", value);

	append_line(list, line);
	explicit_bzero(line, strlen(line));
	free(line);
}

int
http_open(struct http **out, const struct http_options *o, struct err *e)
{
	struct http *h;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return err_set(e, ST_PERSON, "libcurl does not start");
	h = xcalloc(1, sizeof *h);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (h->multi == NULL || h->easy == NULL) {
		http_close(h);
		return err_set(e, ST_TEMP, "out of memory");
	}
	configure(h, o);
	/* A body goes out at once: an answer to Expect costs a round trip. */
	append(&h->headers, "Expect", "");
	append(&h->headers, "Accept", "application/json");
	*out = h;
	return 0;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	curl_global_cleanup();
	free(h);
}

void
http_reply_release(struct http_reply *r)
{
	buf_release(&r->body);
}

int
http_header(struct http *h, const char *name, const char *value,
    struct err *e)
{
	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ST_USAGE,
			    "header %s: control byte in its value", name);
	append(&h->headers, name, value);
	return 0;
}

int
http_basic(struct http *h, const char *user, const char *password,
    struct err *e)
{
	char *plain = xasprintf("%s:%s", user, password);
	size_t n = strlen(plain);
	struct buf value = { 0 };
	struct span code;
	int r;

	buf_puts(&value, "Basic ");
	buf_reserve(&value, n / 3 * 4 + 5);
	code.p = value.p + value.n;
	code.n = (size_t)EVP_EncodeBlock((unsigned char *)value.p + value.n,
	    (unsigned char *)plain, (int)n);
	value.n += code.n;
	msg_secret(code);
	r = http_header(h, "Authorization", buf_cstr(&value), e);
	explicit_bzero(plain, n);
	explicit_bzero(value.p, value.n);
	free(plain);
	buf_release(&value);
	return r;
}

static struct curl_slist *
prepare(struct http *h, const struct http_request *rq)
{
	struct curl_slist *list = NULL;
	CURL *c = h->easy;

	for (struct curl_slist *s = h->headers; s != NULL; s = s->next)
		append_line(&list, s->data);
	if (rq->gzipped)
		append(&list, "Content-Encoding", "gzip");
	append(&list, "Content-Type", rq->type != NULL ? rq->type : "");
	if (rq->type == NULL && streq(rq->method, "GET")) {
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	} else {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		    rq->body.n > 0 ? rq->body.p : "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)rq->body.n);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, rq->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_URL, rq->url);
	return list;
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

static CURLcode
drive(struct http *h)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	int running = 1, left;
	CURLMsg *m;

	curl_multi_add_handle(h->multi, h->easy);
	while (curl_multi_perform(h->multi, &running) == CURLM_OK &&
	    running > 0 && !expired(h)) {
		curl_multi_poll(h->multi, NULL, 0, TURN_MS, NULL);
		progress_tick();
	}
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			result = m->data.result;
	curl_multi_remove_handle(h->multi, h->easy);
	return result;
}

static enum http_fault
classify(const struct http *h, CURLcode c)
{
	switch (c) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_PARTIAL_FILE:
		return HTTP_CUT;
	case CURLE_WRITE_ERROR:
		return h->large ? HTTP_LARGE : HTTP_BROKEN;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return HTTP_DOWN;
	default:
		return HTTP_BROKEN;
	}
}

static void
media_type(struct http *h, char *out, size_t size)
{
	const char *s = NULL;
	size_t n = 0;

	curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &s);
	for (; s != NULL && n + 1 < size && s[n] && !strchr("; \t", s[n]); n++)
		out[n] = (char)tolower((unsigned char)s[n]);
	out[n] = '\0';
}

static void
read_reply(struct http *h, struct http_reply *r)
{
	curl_off_t after = 0;
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &after);
	r->status = (int)status;
	r->retry_after = after > 0 ? (double)after : 0;
	media_type(h, r->type, sizeof r->type);
	buf_pad(&r->body);
}

static int
failed(const struct http *h, const struct http_request *rq,
    const struct http_reply *r, CURLcode code, struct err *e)
{
	const char *what = *h->error ? h->error : curl_easy_strerror(code);
	bool again = r->fault == HTTP_DOWN || r->fault == HTTP_CUT;

	if (r->fault == HTTP_LARGE)
		what = "the reply is too long";
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		what = "interrupted";
	return err_set(e, again ? ST_TEMP : ST_PERSON, "%.*s: %s",
	    (int)http_place(rq->url), rq->url, what);
}

static void
report(const struct http_request *rq, const struct http_reply *r, double t0,
    const struct err *e)
{
	int place = (int)http_place(rq->url);
	double ms = (clock_mono() - t0) * 1e3;

	if (!msg_detailed())
		return;
	if (r->fault != HTTP_ANSWERED) {
		detail("%s failed %.0f ms: %s", rq->method, ms, e->text);
		return;
	}
	detail("%s %.*s %d %.0f ms", rq->method, place, rq->url, r->status, ms);
	if (r->status >= 400 && r->body.n > 0)
		detail("reply: %.*s", r->body.n < 4096 ? (int)r->body.n : 4096,
		    r->body.p);
}

int
http_send(struct http *h, const struct http_request *rq, struct http_reply *r,
    struct err *e)
{
	struct curl_slist *list = prepare(h, rq);
	double t0 = clock_mono();
	CURLcode code;

	buf_clear(&r->body);
	r->status = 0;
	r->retry_after = 0;
	h->body = &r->body;
	h->large = false;
	h->error[0] = '\0';
	code = drive(h);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	r->fault = classify(h, code);
	if (r->fault == HTTP_ANSWERED)
		read_reply(h, r);
	else
		failed(h, rq, r, code, e);
	report(rq, r, t0, e);
	return r->fault == HTTP_ANSWERED ? 0 : -1;
}

void
http_escape(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (isascii(c) && (isalnum(c) || memchr("-._~", c, 4)))
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

size_t
http_place(const char *url)
{
	return strcspn(url, "?#");
}

const char *
http_version(void)
{
	return curl_version();
}
