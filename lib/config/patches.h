/* SPDX-License-Identifier: MIT */
/*
 * A folder of patch files, conn-patches(5): what is changed in the spec of a
 * type, in the settings that a driver is given, in the schemas, ids and
 * documents of its streams. Read whole and checked before anything is started;
 * every error is one line with the file's own place, status 2.
 */
#ifndef CONN_CONFIG_PATCHES_H
#define CONN_CONFIG_PATCHES_H

#include "base/msg.h"
#include "config/schema.h"
#include "json/patch.h"

enum { PATCHES_MAX = 10000 };   /* files */

enum patch_kind {               /* of a stream's file */
	PATCH_SCHEMA, PATCH_ID, PATCH_NORMALIZE
};

/* The files beside the folder of streams. */
enum patch_file_name {
	PATCH_SPEC, PATCH_MAP, PATCH_OAUTH2, PATCH_DOCUMENTATION,
	PATCH_INTERVAL, PATCH_OMITTED, PATCH_SELECTED, PATCH_NORMALIZATIONS,
	PATCH_FILES
};

struct patch_file {
	const char *path;       /* as in messages */
	const struct val *root; /* NULL: there is no such file */
};

struct patch_stream {
	struct patch_file file;
	enum patch_kind kind;
	const char *name;       /* "*": all that have none of their own */
	const char *stream;     /* whose it was found to be; of "*" the last */
};

struct patches {
	struct arena *arena;
	const char *dir;
	struct patch_file files[PATCH_FILES];
	struct patch_stream *streams;
	size_t nstreams;
	struct pointer_move *moves;     /* of PATCH_MAP, in its order */
	size_t nmoves;
};

/* All of the folder. */
int patches_read(struct arena *a, const char *dir, struct patches **out,
    struct err *e);
/* What becomes of a stream's name as that of a file: of the parts between its
 * slashes only letters, digits and -._ stay, and empty ones go. Whatever is no
 * ASCII stays. */
void patch_stream_name(struct buf *out, struct span stream);
/* The file of this kind for a stream: the one of its very name, or of what
 * becomes of that, or else the one for all. *out NULL: none. -1: it is another
 * stream's (e, status 2). */
int patches_take(struct patches *p, enum patch_kind kind, struct span stream,
    const struct patch_stream **out, struct err *e);
/* Is the file for this stream alone? */
bool patch_is_own(const struct patch_stream *s);

/* Of what decides which documents there are and what is in them. */
struct val *patches_essence(struct arena *a, const struct patches *p);

/*
 * Applies them to a driver's spec: its schema, or, where the spec says in
 * "settings" which property holds the settings of something foreign, that
 * one's; "oauth2" and "documentationUrl". *own: the schema as it was.
 */
int patches_spec(const struct patches *p, struct val *spec,
    struct val **own, struct err *e);
/* The source section as a person wrote it, as the driver wants it. */
int patches_source(const struct patches *p, const struct val *spec,
    const struct val *source, struct val **out, struct err *e);

/* err_set with "FILE:LINE:COL: WHAT", status 2. Returns -1. */
int patch_err(const struct patch_file *f, const struct val *at, struct err *e,
    const char *fmt, ...) MSG_PRINTF(4, 5);
/* The driver's own places mean nothing to who reads a message. */
void patch_forget_places(struct val *v);
/* Is it one of these words (NULL at the end)? "", or ", did you mean X". */
const char *patch_nearest(struct arena *a, struct span word,
    const char *const *words);

/* The first thing in a schema that JSON Schema does not allow, f filled. */
int schema_form(const struct val *schema, struct schema_fault *f);

#endif
