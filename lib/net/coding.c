/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/gunzip.h"
#include "base/mem.h"
#include "net/call.h"

enum { STEP = 32 << 10 };

static bool
take(struct call *c, struct span in)
{
	struct buf *out = &c->reply->body;
	ssize_t k;

	if (c->gunzip == NULL)
		c->gunzip = xcalloc(1, sizeof *c->gunzip);
	if (!c->begun)
		gunzip_start(c->gunzip);
	c->begun = true;
	do {
		buf_reserve(out, STEP);
		k = gunzip_some(c->gunzip, &in, out->p + out->n, STEP);
		if (k < 0) {
			c->damage = c->gunzip->fault;
			return false;
		}
		out->n += (size_t)k;
		c->large = out->n > c->session->options.reply_max;
	} while (!c->large && (k > 0 || in.n > 0));
	c->ended = !c->gunzip->inside;
	return !c->large;
}

static void
release(struct gunzip *g)
{
	if (g != NULL)
		gunzip_release(g);
	free(g);
}

const struct http_coding http_gzip = { take, release };
