/* SPDX-License-Identifier: MIT */
#include "base/status.h"

static int
rank(int st)
{
	switch (st) {
	case ST_OK: return 0;
	case ST_SOME: return 1;
	case ST_TEMP: return 2;
	case ST_SAFETY: return 3;
	case ST_USAGE: return 5;
	default: return 4;
	}
}

int
status_worse(int a, int b)
{
	int st = rank(b) > rank(a) ? b : a;

	return rank(st) == 4 ? ST_PERSON : st;
}
