/* SPDX-License-Identifier: MIT */
/* Between the scanner's face (scan.c) and its implementations. */
#ifndef CONN_JSON_IMPL_H
#define CONN_JSON_IMPL_H

#include "json/scan.h"

/* No caller may ask for more levels than this: the stack is this deep. */
enum { JSON_NEST = 1024 };

struct json_scan {
	struct span text;       /* in */
	unsigned depth;         /* in, 1..JSON_NEST */
	struct json_object *object; /* in; not NULL: only an object will do,
	                               and its members go here */
	struct span value;      /* out: without the white space around it */
	enum json_type type;    /* out */
	bool lone_surrogate;    /* out */
	struct json_error error; /* out, if false was returned */
};

struct json_impl {
	const char *name;
	bool (*here)(void);     /* can this machine run it? */
	/* Every implementation accepts the same texts and gives the same
	 * views. Only the portable one says what is wrong and where: after
	 * another one's false the portable one is asked. */
	bool (*scan)(struct json_scan *);
	/* The closing quote of a validated string, from its first byte; end
	 * is any address after it within the text. *escaped is set if there
	 * is a backslash, else left as it is. */
	const char *(*string_end)(const char *p, const char *end,
	    bool *escaped);
	/* After the close of a validated object or array, from its open; end
	 * as above. */
	const char *(*container_end)(const char *p, const char *end);
};

extern const struct json_impl json_portable;
#if defined(__x86_64__)
extern const struct json_impl json_sse2, json_avx2;
#endif

/* The one in use. */
const struct json_impl *json_impl(void);

/* By the first byte of a valid value. */
static inline enum json_type
json_type_of(char c)
{
	switch (c) {
	case '"': return JSON_STRING;
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

/* The escape at *p of a validated string as UTF-8; *p moves behind it. */
size_t json_unescape(const char **p, const char *end, char out[4]);

#endif
