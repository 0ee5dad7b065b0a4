/* SPDX-License-Identifier: MIT */
/* URLs as far as settings must be judged: parts, loopback, passwords. */
#ifndef CONN_CONFIG_URL_H
#define CONN_CONFIG_URL_H

#include "base/span.h"

/* scheme://[user[:password]@]host[:port][/path][?query][#fragment]; views of
 * the text. host of an IPv6 address: with its brackets. */
struct url {
	struct span scheme, user, password, host, port, path;
	bool has_user, has_password;
	bool has_query;         /* or a fragment */
};

/* false: not of that form, or a character that a URL cannot hold. */
bool url_parse(struct span s, struct url *out);
/* localhost and its subdomains, 127.0.0.0/8, [::1] */
bool url_loopback(const struct url *u);
/* Does this text hold a password, before the host or in the query? Texts that
 * are no URL do not. */
bool url_holds_password(struct span s);
/* http: to a host that is not this machine? true also if it cannot be told. */
bool url_in_clear(struct span s);

#endif
