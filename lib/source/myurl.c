/* SPDX-License-Identifier: MIT */
#include "source/myurl.h"

#include <stdlib.h>
#include <strings.h>

#include "config/url.h"

enum { MYSQL_PORT = 3306, PORT_MOST = 65535 };

static int
wrong(struct err *e, const char *what)
{
	return source_wrong(e, "url", "%s", what);
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL: a % that is none, or a NUL. */
static const char *
decode(struct arena *a, struct span s)
{
	char *out = arena_strndup(a, s), *p = out;

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			*p++ = s.p[i];
			continue;
		}
		if (s.n - i < 3 || (high = hex(s.p[i + 1])) < 0 ||
		    (low = hex(s.p[i + 2])) < 0 || high + low == 0)
			return NULL;
		*p++ = (char)(high << 4 | low);
		i += 2;
	}
	*p = '\0';
	return out;
}

/* ---- options ---- */

static int
set_mode(struct myurl *u, const char *value, struct err *e)
{
	if (strcasecmp(value, "disabled") == 0)
		u->tls = MYTLS_NONE;
	else if (strcasecmp(value, "required") == 0)
		u->tls = MYTLS_REQUIRED;
	else if (strcasecmp(value, "verify_identity") == 0)
		u->tls = MYTLS_VERIFIED;
	else
		return wrong(e, "ssl-mode is not disabled, required or "
		    "verify_identity");
	return 0;
}

static int
set_option(struct myurl *u, bool *mode, struct span key, const char *value,
    struct err *e)
{
	if (value == NULL)
		return wrong(e, "an option is not NAME=VALUE");
	if (span_is(key, "socket")) {
		u->socket = value;
		return *value == '/' ? 0 : wrong(e, "socket is not an "
		    "absolute path");
	}
	if (!span_is(key, "ssl-mode"))
		return source_wrong(e, "url", "there is no option %.*s",
		    (int)(key.n < 64 ? key.n : 64), key.p);
	*mode = true;
	return set_mode(u, value, e);
}

static int
read_options(struct myurl *u, struct arena *a, const char *p, bool *mode,
    struct err *e)
{
	while (*p != '\0') {
		size_t n = strcspn(p, "&"), at = strcspn(p, "=");
		const char *value = at < n ? decode(a,
		    (struct span){ p + at + 1, n - at - 1 }) : NULL;

		if (set_option(u, mode, (struct span){ p, at }, value, e) != 0)
			return -1;
		p += n + (p[n] == '&');
	}
	return 0;
}

/* ---- parts ---- */

static int
read_parts(struct myurl *u, struct arena *a, const struct url *parts,
    struct err *e)
{
	struct span host = parts->host, path = parts->path;

	u->port = parts->port.n > 0 ?
	    (unsigned)strtoul(parts->port.p, NULL, 10) : MYSQL_PORT;
	if (u->port == 0 || u->port > PORT_MOST)
		return wrong(e, "no such port");
	if (host.p[0] == '[')
		host = (struct span){ host.p + 1, host.n - 2 };
	u->host = arena_strndup(a, host);
	if (parts->has_user && (u->user = decode(a, parts->user)) == NULL)
		return wrong(e, "the user is not encoded as in URLs");
	if (path.n < 2 || memchr(path.p + 1, '/', path.n - 1) != NULL)
		return wrong(e, "no database: mysql://USER@HOST/DATABASE");
	u->database = decode(a, (struct span){ path.p + 1, path.n - 1 });
	return u->database != NULL ? 0 :
	    wrong(e, "the database is not encoded as in URLs");
}

static int
settle_tls(struct myurl *u, bool mode, bool secured, bool near,
    struct err *e)
{
	if (!mode)
		u->tls = secured || (!near && u->socket == NULL) ?
		    MYTLS_VERIFIED : MYTLS_NONE;
	if (secured && u->tls != MYTLS_VERIFIED)
		return wrong(e, "ssl-mode does not verify, but there are "
		    "certificates");
	if (u->socket != NULL && u->tls == MYTLS_VERIFIED)
		return wrong(e, "a socket has no host name to verify");
	return 0;
}

int
myurl_read(struct myurl *u, struct arena *a, const char *url, bool secured,
    struct err *e)
{
	struct url parts;
	bool mode = false;
	const char *query;

	*u = (struct myurl){ 0 };
	if (url == NULL || !url_parse(span_of(url), &parts) ||
	    (!span_is(parts.scheme, "mysql") &&
	    !span_is(parts.scheme, "mariadb")))
		return wrong(e, "not mysql://USER@HOST:PORT/DATABASE");
	if (parts.has_password)
		return wrong(e, "a password does not belong here");
	if (read_parts(u, a, &parts, e) != 0)
		return -1;
	query = parts.path.p + parts.path.n;
	if (*query == '#')
		return wrong(e, "an option is not NAME=VALUE");
	if (parts.has_query &&
	    read_options(u, a, query + 1, &mode, e) != 0)
		return -1;
	return settle_tls(u, mode, secured, url_loopback(&parts), e);
}
