/* SPDX-License-Identifier: MIT */
#include "source/rest/issuer.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "source/rest/words.h"

enum { REPLY_MAX = 1 << 20 };

int
issuer_open(struct issuer *s, const struct fetch_options *o, struct retry *r,
    struct err *e)
{
	struct http_options h = {
		.ca = o->ca, .cert = o->cert, .key = o->key,
		.total = o->total, .reply_max = REPLY_MAX,
		.coding = &http_gzip, .headers = true
	};

	s->retry = r;
	return http_open(&s->http, &h, e);
}

void
issuer_close(struct issuer *s)
{
	http_close(s->http);
	s->http = NULL;
}

/* A status that passes by itself: as an error. */
static bool
passing(const struct http_request *rq, const struct http_reply *r,
    struct err *e)
{
	if (r->status != 429 && r->status != 408 && r->status < 500)
		return false;
	err_set(e, ST_TEMP, "%.*s: answered with %d",
	    (int)http_place(rq->url), rq->url, r->status);
	return true;
}

int
issuer_send(struct issuer *s, const struct http_request *rq,
    struct http_reply *r, struct err *e)
{
	struct retry_try try = { 0 };
	int result;

	for (;;) {
		result = http_send(s->http, rq, r, e);
		if (result == 0 && !passing(rq, r, e))
			break;
		result = -1;
		if (e->status != ST_TEMP || try.failures + 1 >= FETCH_TRIES ||
		    !retry_wait(s->retry, &try, r->retry_after))
			break;
	}
	retry_success(s->retry, &try);
	return result;
}

int
issuer_refused(const struct http_request *rq, const struct http_reply *r,
    struct err *e)
{
	return err_set(e, ST_PERSON, "%.*s: refused with %d%s",
	    (int)http_place(rq->url), rq->url, r->status,
	    words_of(buf_span(&r->body)).text);
}

void
issuer_form(struct buf *form, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_puts(form, form->n > 0 ? "&" : "");
	http_escape(form, span_of(name));
	buf_putc(form, '=');
	http_escape(form, span_of(value));
}

char *
issuer_basic(const char *user, const char *password)
{
	char *plain = xasprintf("%s:%s", user, password);
	size_t n = strlen(plain);
	char *out = xmalloc(n / 3 * 4 + 16);

	memcpy(out, "Basic ", 7);
	EVP_EncodeBlock((unsigned char *)out + 6, (unsigned char *)plain,
	    (int)n);
	msg_secret(span_of(out + 6));
	explicit_bzero(plain, n);
	free(plain);
	return out;
}
