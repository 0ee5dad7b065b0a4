/* SPDX-License-Identifier: MIT */
#include "source/identity.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void
identity_format(int fd, char out[IDENTITY_TEXT])
{
	struct statx s;
	size_t n;

	out[0] = '\0';
	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &s) != 0)
		return;
	snprintf(out, IDENTITY_TEXT, "%ju", (uintmax_t)s.stx_ino);
	n = strlen(out);
	if (s.stx_mask & STATX_BTIME)
		snprintf(out + n, IDENTITY_TEXT - n, "@%jd.%09u",
		    (intmax_t)s.stx_btime.tv_sec,
		    (unsigned)s.stx_btime.tv_nsec);
}

/* A rename shows in the change time; the number of an inode is not that of the
 * file on every file system. */
bool
identity_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    clock_cmp(a->st_mtim, b->st_mtim) == 0 &&
	    clock_cmp(a->st_ctim, b->st_ctim) == 0;
}

bool
identity_grown(int fd, uint64_t size)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_size > size;
}
