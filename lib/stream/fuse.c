/* SPDX-License-Identifier: MIT */
#include "stream/fuse.h"

bool
fuse_blown(const struct fuse *f, bool listed, uint64_t n, uint64_t known)
{
	if (n == 0)
		return false;
	if (!listed)
		return !f->allow_empty;
	if (f->set && f->percent)
		return n * 100 > known * f->n;
	if (f->set)
		return n > f->n;
	return n > 20 && n * 10 > known;
}
