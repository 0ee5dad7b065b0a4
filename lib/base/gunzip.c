/* SPDX-License-Identifier: MIT */
#include "base/gunzip.h"

#include "base/msg.h"

enum { CHUNK = 128 << 10, GZIP_ONLY = 15 + 16 };

void
gunzip_start(struct gunzip *g)
{
	int r = g->z.state != NULL ? inflateReset(&g->z) :
	    inflateInit2(&g->z, GZIP_ONLY);

	if (r != Z_OK)
		die(ST_TEMP, "out of memory");
	g->inside = true;
	g->fault = NULL;
}

void
gunzip_release(struct gunzip *g)
{
	if (g->z.state != NULL)
		inflateEnd(&g->z);
	*g = (struct gunzip){ 0 };
}

static ssize_t
damaged(struct gunzip *g, const char *fault)
{
	g->fault = fault;
	return -1;
}

/* Between two members: zeros are padding, as gzip(1) has it. */
static int
next_member(struct gunzip *g, struct span *in)
{
	while (in->n > 0 && *in->p == '\0') {
		in->p++;
		in->n--;
	}
	if (in->n == 0)
		return 0;
	if (*in->p != '\x1f') {
		damaged(g, "bytes after the gzip data");
		return -1;
	}
	inflateReset(&g->z);
	g->inside = true;
	return 0;
}

static uInt
at_most(size_t n)
{
	return n > CHUNK ? CHUNK : (uInt)n;
}

ssize_t
gunzip_some(struct gunzip *g, struct span *in, void *p, size_t n)
{
	uInt given, room = at_most(n);
	int r;

	if (!g->inside && next_member(g, in) != 0)
		return -1;
	if (!g->inside)
		return 0;
	given = at_most(in->n);
	g->z.next_in = (Bytef *)in->p;
	g->z.avail_in = given;
	g->z.next_out = p;
	g->z.avail_out = room;
	r = inflate(&g->z, Z_NO_FLUSH);
	in->p += given - g->z.avail_in;
	in->n -= given - g->z.avail_in;
	if (r == Z_STREAM_END)
		g->inside = false;
	else if (r == Z_MEM_ERROR)
		die(ST_TEMP, "out of memory");
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return damaged(g, g->z.msg ? g->z.msg : "damaged gzip data");
	return (ssize_t)(room - g->z.avail_out);
}
