/* SPDX-License-Identifier: MIT */
#include "source/pghosts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/opt.h"

enum { SECONDS = 30, SECONDS_MOST = 86400 };

const char *const pghosts_keys[PG_LISTS] = { "host", "hostaddr", "port" };

void
pghosts_release(struct pghosts *h)
{
	for (int i = 0; i < PG_LISTS; i++)
		free(h->list[i]);
	*h = (struct pghosts){ 0 };
}

/* ---- lists ---- */

static size_t
count(const char *list)
{
	size_t n = list != NULL;

	for (; list != NULL && *list != '\0'; list++)
		n += *list == ',';
	return n;
}

/* A list of one is for all of them. */
static struct span
item(const char *list, size_t i)
{
	if (list == NULL)
		return span_of("");
	for (size_t n = count(list); n > 1 && i > 0; i--)
		list += strcspn(list, ",") + 1;
	return (struct span){ list, strcspn(list, ",") };
}

static char *
without(const char *list, size_t i)
{
	struct buf b = { 0 };
	char *left;

	for (size_t k = 0; k < count(list); k++)
		if (k != i) {
			buf_puts(&b, b.n > 0 || k > (i == 0) ? "," : "");
			buf_add_span(&b, item(list, k));
		}
	left = xstrdup(buf_cstr(&b));
	buf_release(&b);
	return left;
}

/* ---- what the connection has ---- */

static char *
setting(PGconn *c, const char *key)
{
	PQconninfoOption *all = PQconninfo(c);
	char *value = NULL;

	for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		if (streq(o->keyword, key) && o->val != NULL && *o->val != '\0')
			value = xstrdup(o->val);
	PQconninfoFree(all);
	return value;
}

static bool
is_or_empty(struct span s, const char *text)
{
	return s.n == 0 || (text != NULL && span_is(s, text));
}

static bool
is_current(const struct pghosts *h, size_t i, PGconn *c)
{
	struct span name = item(h->list[PG_HOST], i);

	if (name.n == 0)
		name = item(h->list[PG_HOSTADDR], i);
	return is_or_empty(name, PQhost(c)) &&
	    is_or_empty(item(h->list[PG_PORT], i), PQport(c));
}

bool
pghosts_drop(struct pghosts *h, PGconn *c)
{
	size_t n, addresses, i = 0;

	for (int k = 0; k < PG_LISTS; k++)
		if (h->list[k] == NULL)
			h->list[k] = setting(c, pghosts_keys[k]);
	n = count(h->list[PG_HOST]);
	addresses = count(h->list[PG_HOSTADDR]);
	n = n > addresses ? n : addresses;
	while (i < n && !is_current(h, i, c))
		i++;
	if (n < 2 || i == n)
		return false;
	for (int k = 0; k < PG_LISTS; k++) {
		char *all = h->list[k];

		if (count(all) < 2)
			continue;
		h->list[k] = without(all, i);
		free(all);
	}
	return true;
}

double
pghosts_patience(PGconn *c)
{
	char *text = setting(c, "connect_timeout");
	uint64_t seconds;
	bool given = text != NULL && opt_u64(text, SECONDS_MOST, &seconds) &&
	    seconds > 0;

	free(text);
	return given ? (double)seconds : SECONDS;
}
