/* SPDX-License-Identifier: MIT */
/* Exit statuses: the same in every program, by what the caller does next. */
#ifndef CONN_BASE_STATUS_H
#define CONN_BASE_STATUS_H

enum status {
	ST_OK = 0,      /* done */
	ST_SOME = 1,    /* done, but some documents failed or were refused */
	ST_USAGE = 2,   /* usage or config */
	ST_PERSON = 3,  /* a person must act */
	ST_SAFETY = 4,  /* safety stop, nothing was deleted */
	ST_TEMP = 75    /* temporary: run the same line again */
};

/* The severer of two: 0 < 1 < 75 < 4 < 3 < 2; anything else counts as 3. */
int status_worse(int a, int b);

#endif
