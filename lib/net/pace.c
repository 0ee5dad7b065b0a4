/* SPDX-License-Identifier: MIT */
#include "net/pace.h"

enum {
	GOOD_ROW = 8,           /* good answers until more is tried */
	SMALLEST = 16 << 10     /* bytes; less is no relief to a server */
};

/* Slower than so many times the quickest answer: it has enough to do. */
static const double late = 4;
/* Answers that take so long are near the patience of something between. */
static const double too_slow = 20;

void
pace_init(struct pace *p, unsigned window, size_t bytes)
{
	*p = (struct pace){ .window = 1, .window_max = window,
		.bytes = bytes, .bytes_max = bytes };
}

static bool
shrink(struct pace *p, size_t bytes)
{
	size_t least = p->bytes_max < SMALLEST ? p->bytes_max : SMALLEST;
	size_t before = p->bytes;

	if (bytes / 2 < p->bytes)
		p->bytes = bytes / 2 > least ? bytes / 2 : least;
	return p->bytes < before;
}

static void
grow(struct pace *p)
{
	size_t more = p->bytes / 4 + 1;

	p->good = 0;
	if (p->bytes < p->bytes_max)
		p->bytes = more < p->bytes_max - p->bytes ? p->bytes + more :
		    p->bytes_max;
	else if (p->window < p->window_max)
		p->window++;
}

void
pace_good(struct pace *p, size_t bytes, double seconds)
{
	bool full = bytes >= p->bytes / 2;

	if (!full)
		return;
	if (p->quickest == 0 || seconds < p->quickest)
		p->quickest = seconds;
	else
		p->quickest *= 1.01;    /* a server may become slower */
	if (seconds > too_slow) {
		pace_trouble(p, bytes, true);
		return;
	}
	if (seconds > late * p->quickest && p->steady) {
		p->good = 0;
		return;
	}
	if (++p->good >= GOOD_ROW || !p->steady)
		grow(p);
}

bool
pace_trouble(struct pace *p, size_t bytes, bool alone)
{
	p->steady = true;
	p->good = 0;
	p->window = (p->window + 1) / 2;
	return alone && shrink(p, bytes);
}

void
pace_too_long(struct pace *p, size_t bytes)
{
	size_t half = bytes / 2 > 0 ? bytes / 2 : 1;

	p->good = 0;
	if (half < p->bytes_max)        /* others were refused meanwhile */
		p->bytes_max = half;
	if (half < p->bytes)
		p->bytes = half;
}
