/* SPDX-License-Identifier: MIT */
#include "net/http.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/call.h"

int
http_open(struct http **out, const struct http_options *o, struct err *e)
{
	struct http *h;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return err_set(e, ST_PERSON, "libcurl does not start");
	h = xcalloc(1, sizeof *h);
	h->options = *o;
	h->lifetime = HTTP_LIFETIME;
	h->last = &h->done;
	h->multi = curl_multi_init();
	if (h->multi == NULL) {
		http_close(h);
		return err_set(e, ST_TEMP, "out of memory");
	}
	/* A body goes out at once: an answer to Expect costs a round trip. */
	http_append(&h->headers, "Expect", "");
	http_append(&h->headers, "Accept", "application/json");
	if (o->coding != NULL)
		http_append(&h->headers, "Accept-Encoding", "gzip");
	*out = h;
	return 0;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	call_free(h->active);
	call_free(h->done);
	call_free(h->idle);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	curl_global_cleanup();
	free(h);
}

void
http_reply_release(struct http_reply *r)
{
	buf_release(&r->body);
	buf_release(&r->headers);
}

int
http_header(struct http *h, const char *name, const char *value,
    struct err *e)
{
	if (http_field_check(name, value, e) < 0)
		return -1;
	http_append(&h->headers, name, value);
	return 0;
}

void
http_clock(struct http *h, time_t skew)
{
	h->skew = skew;
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
