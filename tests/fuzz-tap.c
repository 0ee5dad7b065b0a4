/* SPDX-License-Identifier: MIT */
/*
 * Lines of connectors of Airbyte and of Singer: what is taken for a message is
 * a JSON object of that type, and no message is taken for anything else,
 * however it is written.
 */
#include "fuzz.h"

#include <strings.h>

#include "json/val.h"
#include "source/airbyte/message.h"
#include "source/singer/message.h"

static void
airbyte(struct span line, const struct val *v)
{
	static const char *const types[] = { "RECORD", "STATE", "LOG", "TRACE",
		"CONTROL", "SPEC", "CONNECTION_STATUS", "CATALOG" };
	struct json_object o = { 0 };
	struct json_error e;
	struct message m;
	enum json_type t;

	message_parse(&m, line, &o);
	if (m.kind < AB_OTHER) {
		MUST(v != NULL && v->type == JSON_OBJECT);
		MUST(span_is(val_str(val_get(v, "type")), types[m.kind]));
		MUST(m.body.p >= line.p);
		MUST(m.body.p + m.body.n <= line.p + line.n);
		MUST(json_value_scan(m.body, JSON_DEPTH, NULL, &t, &e) == 0);
		MUST(t == JSON_OBJECT);
	}
	for (size_t i = 0; v != NULL && i < AB_OTHER; i++)
		if (span_is(val_str(val_get(v, "type")), types[i]))
			MUST(m.kind == (enum message_kind)i ||
			    m.kind == AB_BROKEN);
	json_object_release(&o);
}

static void
singer(struct span line, const struct val *v)
{
	static const char *const types[] = { "SCHEMA", "RECORD", "STATE",
		"ACTIVATE_VERSION", "BATCH" };
	struct json_object o = { 0 };
	enum singer_kind k = singer_message(line, &o);

	if (k < SINGER_OTHER) {
		MUST(v != NULL && v->type == JSON_OBJECT);
		MUST(strcasecmp(val_cstr(val_get(v, "type")),
		    types[k]) == 0);
		MUST(o.n >= v->n);
	}
	for (size_t i = 0; v != NULL && i < SINGER_OTHER; i++)
		if (span_is(val_str(val_get(v, "type")), types[i]))
			MUST(k == (enum singer_kind)i || k == SINGER_BROKEN);
	json_object_release(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = fuzz_padded(p, n);
	struct span line = { text, n };
	struct arena a = { 0 };
	struct val_error e;
	const struct val *v = val_parse(&a, line, 1024, false, &e);

	airbyte(line, v);
	singer(line, v);
	arena_release(&a);
	free(text);
	return 0;
}
