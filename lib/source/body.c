/* SPDX-License-Identifier: MIT */
#include "source/body.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "source/identity.h"

enum { STEP = 64 << 10 };

static ssize_t
read_some(int fd, char *p, size_t n)
{
	ssize_t k;

	do
		k = read(fd, p, n);
	while (k < 0 && errno == EINTR);
	return k;
}

/* Checks what came since *checked; a character may be cut at the end. */
static bool
is_text(const struct buf *t, size_t *checked, bool last)
{
	const char *p = t->p + *checked;
	size_t n = t->n - *checked, good;

	if (n > 0 && memchr(p, '\0', n) != NULL)
		return false;
	good = utf8_prefix(p, n);
	*checked += good;
	return good == n || (!last && n - good < 4);
}

static enum body_result
failed(const struct unpack *u)
{
	return u != NULL && u->fault != NULL ? BODY_NONE : BODY_ERROR;
}

/* u NULL: the file as it is, probably of that size; a read of a file that
 * gives less than was asked for reached its end. */
static enum body_result
collect(struct body *b, int fd, struct unpack *u, uint64_t size)
{
	size_t step = u == NULL && size < STEP ? (size_t)size + 1 : STEP;
	size_t checked = 0;

	buf_clear(&b->text);
	for (;;) {
		ssize_t k;
		bool last;

		buf_reserve(&b->text, step);
		k = u ? unpack_read(u, b->text.p + b->text.n, step) :
		    read_some(fd, b->text.p + b->text.n, step);
		if (k < 0)
			return failed(u);
		b->text.n += (size_t)k;
		last = k == 0 || (u == NULL && (size_t)k < step &&
		    b->text.n == size);
		if (u == NULL && b->text.n > size &&
		    identity_grown(fd, size))
			return BODY_NONE;
		if (b->text.n > b->max || !is_text(&b->text, &checked, last))
			return BODY_NONE;
		if (last)
			return BODY_TEXT;
		step = STEP;
	}
}

bool
body_settle(int fd, struct stat *st)
{
	double left = clock_step_left(st->st_mtim);

	if (left <= 0)
		return true;
	clock_sleep(left);
	return fstat(fd, st) == 0 && clock_step_left(st->st_mtim) <= 0;
}

enum body_result
body_read(struct body *b, int fd, uint64_t size, bool packed)
{
	if (!packed && size > b->max)
		return BODY_NONE;
	if (packed && unpack_start(&b->unpack, fd, size) != 0)
		return failed(&b->unpack);
	if (packed && b->unpack.kind != PACKED_NOT)
		return collect(b, fd, &b->unpack, size);
	if (packed && (size > b->max || lseek(fd, 0, SEEK_SET) != 0))
		return size > b->max ? BODY_NONE : BODY_ERROR;
	return collect(b, fd, NULL, size);
}

void
body_release(struct body *b)
{
	buf_release(&b->text);
	unpack_release(&b->unpack);
}
