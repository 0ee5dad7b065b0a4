/* SPDX-License-Identifier: MIT */
#include "net/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"
#include "net/http.h"

enum { HASH = 32 };

/* ---- hashes ---- */

static void
hex(const unsigned char hash[HASH], char out[SIGV4_HASH])
{
	for (size_t i = 0; i < HASH; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void
sigv4_hash(struct span s, char out[SIGV4_HASH])
{
	unsigned char hash[HASH];

	if (EVP_Digest(s.p, s.n, hash, NULL, EVP_sha256(), NULL) != 1)
		die(ST_PERSON, "OpenSSL has no SHA-256");
	hex(hash, out);
}

static void
hmac(unsigned char hash[HASH], const void *key, size_t n, struct span text)
{
	if (HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text.p,
	    text.n, hash, NULL) == NULL)
		die(ST_PERSON, "OpenSSL has no HMAC with SHA-256");
}

/* The key of a day, a region and a service signs the text. */
static void
sign_text(const struct sigv4_keys *k, struct span day, struct span text,
    char out[SIGV4_HASH])
{
	char *first = xasprintf("AWS4%s", k->secret);
	unsigned char h[HASH];

	hmac(h, first, strlen(first), day);
	hmac(h, h, HASH, span_of(k->region));
	hmac(h, h, HASH, span_of(k->service));
	hmac(h, h, HASH, SPAN("aws4_request"));
	hmac(h, h, HASH, text);
	hex(h, out);
	explicit_bzero(first, strlen(first));
	free(first);
}

/* ---- the canonical request ---- */

/* Views of a URL: host with its port, path, query. */
struct pieces {
	struct span host, path, query;
};

static struct span
piece(const char **s, const char *end)
{
	struct span p = { *s, strcspn(*s, end) };

	*s += p.n;
	return p;
}

static struct pieces
cut(const char *url)
{
	const char *s = strstr(url, "://");
	struct pieces p = { 0 };

	s = s != NULL ? s + 3 : url;
	p.host = piece(&s, "/?#");
	p.path = piece(&s, "?#");
	if (*s == '?') {
		s++;
		p.query = piece(&s, "#");
	}
	return p;
}

/* Without empty segments, "." and "..", each segment escaped (once more, if
 * it is already). */
static void
put_path(struct buf *out, struct span path)
{
	size_t start = out->n;
	bool folder = true;

	for (size_t i = 0, n; i < path.n; i += n + 1) {
		struct span s = { path.p + i, 0 };

		while (i + s.n < path.n && s.p[s.n] != '/')
			s.n++;
		n = s.n;
		folder = n == 0 || span_is(s, ".") || span_is(s, "..");
		if (span_is(s, ".."))
			while (out->n > start && out->p[--out->n] != '/')
				;
		if (folder)
			continue;
		buf_putc(out, '/');
		http_escape(out, s);
	}
	if (out->n == start || folder ||
	    (path.n > 0 && path.p[path.n - 1] == '/'))
		buf_putc(out, '/');
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) % 16 : -1;
}

/* One escape for each byte that needs it, whatever it looks like now. */
static void
put_escaped(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%' && i + 2 < s.n && digit(s.p[i + 1]) >= 0 &&
		    digit(s.p[i + 2]) >= 0) {
			c = (char)(digit(s.p[i + 1]) * 16 + digit(s.p[i + 2]));
			i += 2;
		}
		http_escape(out, (struct span){ &c, 1 });
	}
}

/* Texts "NAME\0VALUE\0": a NUL comes before all that a name may hold. */
static int
by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int r = strcmp(x, y);

	return r != 0 ? r : strcmp(x + strlen(x) + 1, y + strlen(y) + 1);
}

static size_t
split_query(struct buf *out, struct span query)
{
	size_t count = 0;

	for (size_t i = 0, n; i < query.n; i += n + 1) {
		struct span s = { query.p + i, 0 };
		const char *eq;

		while (i + s.n < query.n && s.p[s.n] != '&')
			s.n++;
		n = s.n;
		if (n == 0)
			continue;
		eq = memchr(s.p, '=', n);
		s.n = eq != NULL ? (size_t)(eq - s.p) : n;
		put_escaped(out, s);
		buf_putc(out, '\0');
		if (eq != NULL)
			put_escaped(out, (struct span){ eq + 1, n - s.n - 1 });
		buf_putc(out, '\0');
		count++;
	}
	return count;
}

static void
put_query(struct buf *out, struct span query)
{
	struct buf text = { 0 };
	size_t n = split_query(&text, query);
	const char **v = xcalloc(n + 1, sizeof *v);
	const char *s = text.p;

	for (size_t i = 0; i < n; i++) {
		v[i] = s;
		s += strlen(s) + 1;
		s += strlen(s) + 1;
	}
	if (n > 0)
		qsort(v, n, sizeof *v, by_name);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s=%s", i > 0 ? "&" : "", v[i],
		    v[i] + strlen(v[i]) + 1);
	free(v);
	buf_release(&text);
}

/* Trimmed, runs of spaces made one. */
static void
put_value(struct buf *out, const char *value)
{
	size_t start = out->n;

	for (const char *p = value; *p != '\0'; p++) {
		bool blank = *p == ' ' || *p == '\t';

		if (!blank)
			buf_putc(out, *p);
		else if (out->n > start && out->p[out->n - 1] != ' ')
			buf_putc(out, ' ');
	}
	if (out->n > start && out->p[out->n - 1] == ' ')
		out->n--;
}

static int
header_cmp(const void *a, const void *b)
{
	const struct sigv4_header *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The lines of the headers; the list of their names into names. */
static void
put_headers(struct buf *out, struct buf *names,
    const struct sigv4_request *rq)
{
	struct sigv4_header *v = xcalloc(rq->n, sizeof *v);

	memcpy(v, rq->headers, rq->n * sizeof *v);
	qsort(v, rq->n, sizeof *v, header_cmp);
	for (size_t i = 0; i < rq->n; i++) {
		buf_printf(out, "%s:", v[i].name);
		put_value(out, v[i].value);
		buf_putc(out, '\n');
		buf_printf(names, "%s%s", i > 0 ? ";" : "", v[i].name);
	}
	free(v);
}

static void
canonical(const struct sigv4_request *rq, struct buf *names, struct buf *out)
{
	struct pieces p = cut(rq->url);
	char hash[SIGV4_HASH];

	buf_printf(out, "%s\n", rq->method);
	put_path(out, p.path);
	buf_putc(out, '\n');
	put_query(out, p.query);
	buf_putc(out, '\n');
	put_headers(out, names, rq);
	sigv4_hash(rq->body, hash);
	buf_printf(out, "\n%s\n%s", buf_cstr(names), hash);
}

void
sigv4_authorization(const struct sigv4_keys *k,
    const struct sigv4_request *rq, struct buf *out)
{
	struct span day = { rq->date, strlen("20150830") };
	struct buf names = { 0 }, text = { 0 };
	char hash[SIGV4_HASH], signature[SIGV4_HASH];
	char *scope = xasprintf("%.8s/%s/%s/aws4_request", rq->date,
	    k->region, k->service);

	canonical(rq, &names, &text);
	sigv4_hash(buf_span(&text), hash);
	buf_clear(&text);
	buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", rq->date, scope,
	    hash);
	sign_text(k, day, buf_span(&text), signature);
	buf_printf(out, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
	    "Signature=%s", k->key, scope, buf_cstr(&names), signature);
	free(scope);
	buf_release(&names);
	buf_release(&text);
}

/* ---- a request of ours ---- */

/* "20150830T123600Z" */
static void
sigv4_date(time_t t, char out[SIGV4_DATE])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, SIGV4_DATE, "%Y%m%dT%H%M%SZ", &tm);
}

void
sigv4_host(const char *url, struct buf *out)
{
	bool tls = strncasecmp(url, "https:", 6) == 0;
	struct span host = cut(url).host;
	struct span own = tls ? SPAN(":443") : SPAN(":80");

	if (host.n > own.n && span_eq(own, (struct span){
	    host.p + host.n - own.n, own.n }))
		host.n -= own.n;
	buf_add_span(out, host);
}

void
sigv4_sign(const struct sigv4_keys *k, const char *method, const char *url,
    const char *type, struct span body, time_t now, sigv4_each *each,
    void *ctx)
{
	char date[SIGV4_DATE], hash[SIGV4_HASH];
	struct buf host = { 0 }, value = { 0 };
	struct sigv4_header v[5];
	struct sigv4_request rq = { .method = method, .url = url,
		.date = date, .headers = v, .body = body };

	sigv4_date(now, date);
	sigv4_hash(body, hash);
	sigv4_host(url, &host);
	v[rq.n++] = (struct sigv4_header){ "host", buf_cstr(&host) };
	v[rq.n++] = (struct sigv4_header){ "x-amz-content-sha256", hash };
	v[rq.n++] = (struct sigv4_header){ "x-amz-date", date };
	if (k->token != NULL)
		v[rq.n++] = (struct sigv4_header){ "x-amz-security-token",
			k->token };
	for (size_t i = 0; i < rq.n; i++)
		each(ctx, v[i].name, v[i].value);
	/* signed, and sent by whoever sends the body */
	if (type != NULL)
		v[rq.n++] = (struct sigv4_header){ "content-type", type };
	sigv4_authorization(k, &rq, &value);
	each(ctx, "authorization", buf_cstr(&value));
	buf_release(&host);
	buf_release(&value);
}
