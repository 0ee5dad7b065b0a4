/* SPDX-License-Identifier: MIT */
#include "config/url.h"

#include <strings.h>

static const char alnum[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool
among(char c, const char *set)
{
	return c != '\0' && (strchr(alnum, c) || strchr(set, c));
}

/* Is s made of letters, digits and these? */
static bool
all(struct span s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!among(s.p[i], set))
			return false;
	return true;
}

/* The bytes before the first (last: the last) of the set go to *head, those
 * after it stay in *s. */
static bool
split(struct span *s, const char *set, bool last, struct span *head)
{
	size_t at = s->n;

	for (size_t i = 0; i < s->n && (last || at == s->n); i++)
		if (s->p[i] != '\0' && strchr(set, s->p[i]))
			at = i;
	if (at == s->n)
		return false;
	*head = (struct span){ s->p, at };
	*s = (struct span){ s->p + at + 1, s->n - at - 1 };
	return true;
}

/* The text from "://" on; false if there is no scheme. */
static bool
scheme(struct span s, struct span *name, struct span *rest)
{
	size_t i = 0;

	while (i < s.n && among(s.p[i], "+.-"))
		i++;
	if (i == 0 || s.n - i < 3 || memcmp(s.p + i, "://", 3) != 0)
		return false;
	*name = (struct span){ s.p, i };
	*rest = (struct span){ s.p + i + 3, s.n - i - 3 };
	return true;
}

static bool
host_port(struct span s, struct url *u)
{
	size_t end = 0;

	if (s.n > 0 && s.p[0] == '[') {
		while (end < s.n && s.p[end] != ']')
			end++;
		if (end++ == s.n || end < 4 ||
		    !all((struct span){ s.p + 1, end - 2 }, ":."))
			return false;
	} else {
		while (end < s.n && s.p[end] != ':')
			end++;
		if (end == 0 || !all((struct span){ s.p, end }, ".-_"))
			return false;
	}
	u->host = (struct span){ s.p, end };
	if (end == s.n)
		return true;
	u->port = (struct span){ s.p + end + 1, s.n - end - 1 };
	if (s.p[end] != ':' || u->port.n == 0 || u->port.n > 5)
		return false;
	for (size_t i = 0; i < u->port.n; i++)
		if (u->port.p[i] < '0' || u->port.p[i] > '9')
			return false;
	return true;
}

bool
url_parse(struct span s, struct url *u)
{
	struct span rest, authority, user;

	*u = (struct url){ 0 };
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("\"<>\\^`{|}", s.p[i]))
			return false;
	if (!scheme(s, &u->scheme, &rest))
		return false;
	authority = rest;
	if (split(&rest, "/?#", false, &authority)) {
		struct span path = { rest.p - 1, rest.n + 1 };

		rest = path;
		u->path = path;
		u->has_query = split(&rest, "?#", false, &u->path);
	}
	if (split(&authority, "@", true, &user)) {
		u->has_user = true;
		u->password = user;
		u->has_password = split(&u->password, ":", false, &u->user);
		if (!u->has_password)
			u->user = user;
	}
	return host_port(authority, u);
}

bool
url_loopback(const struct url *u)
{
	static const char name[] = "localhost";
	size_t n = sizeof name - 1, dots = 0;
	struct span h = u->host;

	if (h.n >= n && strncasecmp(h.p + h.n - n, name, n) == 0)
		return h.n == n || h.p[h.n - n - 1] == '.';
	if (span_is(h, "[::1]"))
		return true;
	for (size_t i = 0; i < h.n; i++) {
		if (h.p[i] == '.')
			dots++;
		else if (h.p[i] < '0' || h.p[i] > '9')
			return false;
	}
	return dots == 3 && span_starts(h, SPAN("127."));
}

static bool
query_password(struct span s)
{
	static const char *const names[] = { "password=", "sslpassword=" };
	struct span head;

	if (!split(&s, "?", false, &head))
		return false;
	for (bool more = true; more;) {
		struct span rest = s;

		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (span_starts(s, span_of(names[i])))
				return true;
		more = split(&rest, "&", false, &head);
		s = rest;
	}
	return false;
}

bool
url_holds_password(struct span s)
{
	struct span name, rest, authority, user, part;

	if (!scheme(s, &name, &rest))
		return false;
	authority = rest;
	split(&rest, "/?#", false, &authority);
	if (split(&authority, "@", true, &user) &&
	    split(&user, ":", false, &part))
		return true;
	return query_password(s);
}

bool
url_in_clear(struct span s)
{
	struct url u;

	if (s.n < 5 || strncasecmp(s.p, "http:", 5) != 0)
		return false;
	return !url_parse(s, &u) || !url_loopback(&u);
}
