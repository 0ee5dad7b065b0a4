/* SPDX-License-Identifier: MIT */
#include "net/ref.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"

static CURLU *
parse(const char *url)
{
	CURLU *u = curl_url();

	if (u == NULL)
		die(ST_TEMP, "out of memory");
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ==
	    CURLUE_OK)
		return u;
	curl_url_cleanup(u);
	return NULL;
}

/* A part's text, malloc'd; NULL: it has none. */
static char *
part(CURLU *u, CURLUPart what, unsigned flags)
{
	char *s = NULL, *copy;

	if (curl_url_get(u, what, &s, flags) != CURLUE_OK)
		return NULL;
	copy = xstrdup(s);
	curl_free(s);
	return copy;
}

static bool
web(CURLU *u)
{
	char *scheme = part(u, CURLUPART_SCHEME, 0);
	bool good = scheme != NULL && (strcasecmp(scheme, "http") == 0 ||
	    strcasecmp(scheme, "https") == 0);

	free(scheme);
	return good;
}

char *
ref_resolve(const char *base, const char *ref)
{
	CURLU *u = parse(base);
	char *out = NULL;

	if (u == NULL)
		return NULL;
	if (curl_url_set(u, CURLUPART_URL, ref, CURLU_DISALLOW_USER |
	    CURLU_URLENCODE) == CURLUE_OK && web(u) &&
	    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
		out = part(u, CURLUPART_URL, 0);
	curl_url_cleanup(u);
	return out;
}

char *
ref_origin(const char *url)
{
	CURLU *u = parse(url);
	char *scheme, *host, *port, *out = NULL;

	if (u == NULL)
		return NULL;
	scheme = part(u, CURLUPART_SCHEME, 0);
	host = part(u, CURLUPART_HOST, 0);
	port = part(u, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	if (scheme != NULL && host != NULL && web(u))
		out = xasprintf("%s://%s%s%s", scheme, host,
		    port != NULL ? ":" : "", port != NULL ? port : "");
	for (char *p = out; p != NULL && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	free(scheme);
	free(host);
	free(port);
	curl_url_cleanup(u);
	return out;
}

bool
ref_same_origin(const char *a, const char *b)
{
	char *x = ref_origin(a), *y = ref_origin(b);
	bool same = x != NULL && y != NULL && streq(x, y);

	free(x);
	free(y);
	return same;
}
