/* SPDX-License-Identifier: MIT */
#include "source/singer/message.h"

#include <strings.h>

enum { DEPTH = 1024 };          /* documents have a ceiling of their own */

static const char *const types[] = {
	[SINGER_SCHEMA] = "SCHEMA", [SINGER_RECORD] = "RECORD",
	[SINGER_STATE] = "STATE", [SINGER_VERSION] = "ACTIVATE_VERSION",
	[SINGER_BATCH] = "BATCH"
};
enum { TYPES = sizeof types / sizeof *types };

/* Does a type stand there, in whatever case? */
static bool
begins_type(struct span s)
{
	for (size_t i = 0; i < TYPES; i++)
		if (s.n >= strlen(types[i]) &&
		    strncasecmp(s.p, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

/* Two that write at once tear each other's lines; a line that was once the
 * beginning of a message, or has one behind something else, must not be lost
 * without a word. */
static enum singer_kind
kind_of_garbage(struct span line)
{
	const char *p = line.p, *end = line.p + line.n;

	if (span_starts(line, SPAN("{\"")))
		return SINGER_BROKEN;
	while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		p++;
		if (begins_type((struct span){ p, (size_t)(end - p) }))
			return SINGER_BROKEN;
	}
	return SINGER_NOISE;
}

enum singer_kind
singer_message(struct span line, struct json_object *o)
{
	const struct json_member *type;
	struct json_error bad;

	if (json_object_scan(line, DEPTH, o, &bad) != 0)
		return kind_of_garbage(line);
	type = json_find(o, "type", NULL);
	if (type == NULL || type->type != JSON_STRING)
		return SINGER_NOISE;
	/* no tap writes its types so */
	if (type->escaped)
		return SINGER_BROKEN;
	for (size_t i = 0; i < TYPES; i++)
		if (type->value.n == strlen(types[i]) + 2 &&
		    strncasecmp(type->value.p + 1, types[i],
		    strlen(types[i])) == 0)
			return (enum singer_kind)i;
	return SINGER_OTHER;
}
