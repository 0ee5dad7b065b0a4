/* SPDX-License-Identifier: MIT */
#include "source/airbyte/message.h"

enum { DEPTH = 1024 };          /* documents have a ceiling of their own */

static const struct {
	const char *type, *member;
} kinds[] = {
	[AB_RECORD] = { "\"RECORD\"", "record" },
	[AB_STATE] = { "\"STATE\"", "state" },
	[AB_LOG] = { "\"LOG\"", "log" },
	[AB_TRACE] = { "\"TRACE\"", "trace" },
	[AB_CONTROL] = { "\"CONTROL\"", "control" },
	[AB_SPEC] = { "\"SPEC\"", "spec" },
	[AB_STATUS] = { "\"CONNECTION_STATUS\"", "connectionStatus" },
	[AB_CATALOG] = { "\"CATALOG\"", "catalog" }
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Two that write at once tear each other's lines; a line that was once the
 * beginning of a message must not be lost without a word. */
static enum message_kind
kind_of_garbage(struct span line)
{
	static const char *const parts[] = { "\"RECORD\"", "\"STATE\"",
		"\"TRACE\"", "\"CONTROL\"", "\"emitted_at\"" };

	if (span_starts(line, SPAN("{\"")))
		return AB_BROKEN;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (memmem(line.p, line.n, parts[i], strlen(parts[i])) != NULL)
			return AB_BROKEN;
	return AB_NOISE;
}

void
message_parse(struct message *m, struct span line, struct json_object *o)
{
	const struct json_member *type, *body;
	struct json_error bad;

	*m = (struct message){ .kind = AB_OTHER, .body = line };
	if (json_object_scan(line, DEPTH, o, &bad) != 0) {
		m->kind = kind_of_garbage(line);
		return;
	}
	type = json_find(o, "type", NULL);
	if (type == NULL || type->type != JSON_STRING) {
		m->kind = AB_NOISE;
		return;
	}
	/* no connector writes its types so */
	if (type->escaped) {
		m->kind = AB_BROKEN;
		return;
	}
	for (size_t i = 0; i < KINDS; i++) {
		if (!span_is(type->value, kinds[i].type))
			continue;
		body = json_find(o, kinds[i].member, NULL);
		m->kind = body != NULL && body->type == JSON_OBJECT ?
		    (enum message_kind)i : AB_BROKEN;
		if (m->kind != AB_BROKEN)
			m->body = body->value;
		return;
	}
}
