/* SPDX-License-Identifier: MIT */
#include "stream/region.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sig.h"
#include "stream/spool.h"

enum { PAGE = 4096, STEP = 2 << 20 /* a huge page */, LARGE = 64 << 20 };

void
region_init(struct region *r, uint64_t limit)
{
	*r = (struct region){ .limit = limit, .fd = -1 };
}

/* The blocks are taken at once: a full disk is an error here, not SIGBUS. */
static int
extend_file(struct region *r, size_t size, struct err *e)
{
	int bad;

	do
		bad = posix_fallocate(r->fd, 0, (off_t)size);
	while (bad == EINTR && !sig_stop);
	if (bad != 0)
		return err_set(e, ST_PERSON, "%s: %s", temp_dir(),
		    strerror(bad));
	return 0;
}

/* In a large table the walk to an address costs more than what is there, unless
 * pages are large; in others it would cost a part of the last page. */
static void
advise(const struct region *r)
{
#ifdef MADV_HUGEPAGE
	if (r->fd < 0 && r->size >= LARGE)
		madvise(r->p, r->size, MADV_HUGEPAGE);
#else
	(void)r;
#endif
}

static int
map(struct region *r, size_t size, struct err *e)
{
	int flags = r->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *p = r->p == NULL ?
	    mmap(NULL, size, PROT_READ | PROT_WRITE, flags, r->fd, 0) :
	    mremap(r->p, r->size, size, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return err_set(e, ST_TEMP, "out of memory");
	r->p = p;
	r->size = size;
	advise(r);
	return 0;
}

/* From memory to a file. */
static int
move(struct region *r, size_t size, struct err *e)
{
	struct region to = { .limit = r->limit, .fd = temp_file(e) };

	if (to.fd < 0)
		return -1;
	if (extend_file(&to, size, e) < 0 || map(&to, size, e) < 0) {
		close(to.fd);
		return -1;
	}
	if (r->p != NULL) {
		memcpy(to.p, r->p, r->size);
		munmap(r->p, r->size);
	}
	*r = to;
	return 0;
}

int
region_grow(struct region *r, size_t size, struct err *e)
{
	size_t room = r->size + r->size / 2;

	if (size <= r->size)
		return 0;
	if (size > SIZE_MAX / 4)
		return err_set(e, ST_TEMP, "out of memory");
	if (room < size)
		room = size;
	room = (room + STEP - 1) / STEP * STEP;
	if (size <= r->limit && room > r->limit)
		room = ((size_t)r->limit + PAGE - 1) / PAGE * PAGE;
	if (r->fd < 0 && size > r->limit)
		return move(r, room, e);
	if (r->fd >= 0 && extend_file(r, room, e) < 0)
		return -1;
	return map(r, room, e);
}

void
region_release(struct region *r)
{
	if (r->p != NULL)
		munmap(r->p, r->size);
	if (r->fd >= 0)
		close(r->fd);
	region_init(r, r->limit);
}
