/* SPDX-License-Identifier: MIT */
#include "source/identity.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
