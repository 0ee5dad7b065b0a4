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

/* Two that write at once tear each other's lines; a line that was once the
 * beginning of a message must not be lost without a word. */
static enum singer_kind
kind_of_garbage(struct span line)
{
	char upper[256];
	size_t n = line.n < sizeof upper ? line.n : sizeof upper;

	if (span_starts(line, SPAN("{\"")))
		return SINGER_BROKEN;
	for (size_t i = 0; i < n; i++)
		upper[i] = line.p[i] >= 'a' && line.p[i] <= 'z' ?
		    (char)(line.p[i] - 'a' + 'A') : line.p[i];
	for (size_t i = 0; i < TYPES; i++) {
		const char *at = memmem(upper, n, types[i], strlen(types[i]));

		if (at != NULL && at > upper && at[-1] == '"')
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
