/* SPDX-License-Identifier: MIT */
#include "base/sandbox.h"

#include <sys/resource.h>

void
sandbox_no_core(void)
{
	struct rlimit l;

	/* 1 byte, not 0: a core that is piped to a program knows no limit
	 * but this one (core(5)) */
	if (getrlimit(RLIMIT_CORE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max = l.rlim_max < 1 ? l.rlim_max : 1;
	(void)setrlimit(RLIMIT_CORE, &l);
}
