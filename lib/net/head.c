/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/opt.h"
#include "net/call.h"

/* ---- of requests ---- */

static void
http_append_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		die(ST_TEMP, "out of memory");
	*list = more;
}

void
http_append(struct curl_slist **list, const char *name, const char *value)
{
	char *line = xasprintf("%s:%s%s", name, *value ? " " : "", value);

	http_append_line(list, line);
	explicit_bzero(line, strlen(line));
	free(line);
}

static bool
http_line_is(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* A token (RFC 9110, 5.6.2). */
static bool
is_name(const char *s)
{
	const char *p = s;

	while (*p != '\0' && isascii((unsigned char)*p) &&
	    (isalnum((unsigned char)*p) || strchr("!#$%&'*+-.^_`|~", *p)))
		p++;
	return p > s && *p == '\0';
}

int
http_field_check(const char *name, const char *value, struct err *e)
{
	if (!is_name(name))
		return err_set(e, ST_USAGE, "header %.40s: not a name for one",
		    name);
	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ST_USAGE,
			    "header %s: control byte in its value", name);
	return 0;
}

static bool
replaced(const struct http_request *rq, const char *line)
{
	for (size_t i = 0; i < rq->n; i++)
		if (http_line_is(line, rq->fields[i].name))
			return true;
	return false;
}

static void
add_signed(void *list, const char *name, const char *value)
{
	http_append(list, name, value);
}

void
call_put_headers(struct call *c)
{
	const struct http_request *rq = &c->rq;

	for (struct curl_slist *s = c->session->headers; s; s = s->next)
		if (!replaced(rq, s->data))
			http_append_line(&c->headers, s->data);
	for (size_t i = 0; i < rq->n; i++)
		http_append(&c->headers, rq->fields[i].name,
		    rq->fields[i].value);
	if (rq->gzipped)
		http_append(&c->headers, "Content-Encoding", "gzip");
	if (!replaced(rq, "Content-Type:"))
		http_append(&c->headers, "Content-Type",
		    rq->type != NULL ? rq->type : "");
	if (c->session->options.aws != NULL)
		sigv4_sign(c->session->options.aws, rq->method, rq->url,
		    rq->type, rq->body, clock_wall().tv_sec + c->session->skew,
		    add_signed, &c->headers);
}

/* ---- the head of a reply, as it comes in ---- */

long
call_status(const struct call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* The next of a list that changes anything; false: there is none. */
static bool
next_coding(struct span *list, char out[16])
{
	static const char between[] = ", \t";

	while (list->n > 0) {
		size_t n = 0, k;

		while (n < list->n && strchr(between, list->p[n]) == NULL)
			n++;
		k = n < 16 ? n : 15;
		memcpy(out, list->p, k);
		out[k] = '\0';
		n += n < list->n;
		list->p += n;
		list->n -= n;
		if (k > 0 && strcasecmp(out, "identity") != 0)
			return true;
	}
	return false;
}

static bool
is_plain_transfer(struct span value)
{
	char name[16];
	bool chunked = false;

	while (next_coding(&value, name)) {
		if (chunked || strcasecmp(name, "chunked") != 0)
			return false;
		chunked = true;
	}
	return true;
}

/* Is it a header of that name? Then value is what it says. */
static bool
is_header(struct span line, struct span name, struct span *value)
{
	size_t k = name.n, n = line.n;

	if (n <= k || strncasecmp(line.p, name.p, k) != 0 || line.p[k] != ':')
		return false;
	do
		k++;
	while (k < n && (line.p[k] == ' ' || line.p[k] == '\t'));
	while (n > k && strchr(" \t\r\n", line.p[n - 1]) != NULL)
		n--;
	*value = (struct span){ line.p + k, n - k };
	return true;
}

/* A length that is no number, is not the one before, or is of what has none. */
static bool
is_strange_length(struct call *c, struct span value)
{
	uint64_t length;
	char digits[24];

	snprintf(digits, sizeof digits, "%.*s", (int)value.n, value.p);
	if (value.n >= sizeof digits ||
	    !opt_u64(digits, INT64_MAX, &length) ||
	    (c->sized && length != c->size) ||
	    (length > 0 && call_status(c) == NO_CONTENT))
		return true;
	c->sized = true;
	c->size = length;
	return false;
}

bool
call_is_strange(struct call *c, struct span line)
{
	struct span value;

	if (is_header(line, SPAN("Content-Length"), &value))
		return is_strange_length(c, value);
	return is_header(line, SPAN("Transfer-Encoding"), &value) &&
	    !is_plain_transfer(value);
}

enum coding
call_coding(const struct call *c)
{
	const struct http_coding *asked = c->session->options.coding;
	enum coding found = CODING_NONE;
	struct curl_header *h;
	char name[16];

	for (size_t i = 0; curl_easy_header(c->easy, "Content-Encoding", i,
	    CURLH_HEADER, -1, &h) == CURLHE_OK; i++)
		for (struct span s = span_of(h->value);
		    next_coding(&s, name);)
			found = found == CODING_NONE && asked != NULL &&
			    (strcasecmp(name, "gzip") == 0 ||
			    strcasecmp(name, "x-gzip") == 0) ?
			    CODING_ASKED : CODING_OTHER;
	return found;
}

/* ---- of replies that are there ---- */

static void
media_type(const struct call *c, char *out, size_t size)
{
	const char *s = NULL;
	size_t n = 0;

	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &s);
	for (; s != NULL && n + 1 < size && s[n] && !strchr("; \t", s[n]); n++)
		out[n] = (char)tolower((unsigned char)s[n]);
	out[n] = '\0';
}

const char *
call_header(const struct call *c, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(c->easy, name, 0, CURLH_HEADER, -1, &h) ==
	    CURLHE_OK ? h->value : NULL;
}

time_t
http_date(const char *s)
{
	time_t t = curl_getdate(s, NULL);

	return t > 0 ? t : 0;
}

/* Not libcurl's own reading of it, which takes our clock for the server's. */
static double
retry_after(const char *s, time_t date)
{
	uint64_t seconds;
	double wait;

	if (s == NULL)
		return 0;
	if (opt_u64(s, UINT32_MAX, &seconds))
		return (double)seconds;
	if (http_date(s) == 0)
		return 0;
	if (date == 0)
		date = clock_wall().tv_sec;
	wait = difftime(http_date(s), date);
	return wait > 0 ? wait : 0;
}

static void
keep(const struct call *c)
{
	struct buf *out = &c->reply->headers;
	struct curl_header *h = NULL;

	while ((h = curl_easy_nextheader(c->easy, CURLH_HEADER, -1, h))) {
		/* nobody can ask for it; as UTF-8 it might be like another */
		if (!is_name(h->name))
			continue;
		for (const char *p = h->name; *p != '\0'; p++)
			buf_putc(out, (char)tolower((unsigned char)*p));
		buf_putc(out, '\0');
		buf_add(out, h->value, strlen(h->value) + 1);
	}
}

void
call_read_headers(struct call *c)
{
	struct http_reply *r = c->reply;
	const char *date = call_header(c, "Date");

	media_type(c, r->type, sizeof r->type);
	r->date = date != NULL ? http_date(date) : 0;
	r->retry_after = retry_after(call_header(c, "Retry-After"), r->date);
	if (c->session->options.headers)
		keep(c);
}

bool
http_reply_next(const struct http_reply *r, size_t *at,
    struct http_field *out)
{
	if (*at >= r->headers.n)
		return false;
	out->name = r->headers.p + *at;
	out->value = out->name + strlen(out->name) + 1;
	*at += (size_t)(out->value - out->name) + strlen(out->value) + 1;
	return true;
}

const char *
http_reply_header(const struct http_reply *r, const char *name)
{
	struct http_field h;

	for (size_t at = 0; http_reply_next(r, &at, &h);)
		if (streq(h.name, name))
			return h.value;
	return NULL;
}
