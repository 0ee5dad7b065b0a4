/* SPDX-License-Identifier: MIT */
/* Schemas of streams: what is taken away, keys, dates. */
#include "config/patchschema.h"

#include "base/buf.h"
#include "vals.h"

static const char *const cleaned[][2] = {
	{ "{\"airbyte_hidden\":true,\"order\":1,\"group\":\"x\",\"airbyte_secret\":true}",
	    "{\"order\":1,\"airbyte_secret\":true}" },
	/* properties of these names are none of them */
	{ "{\"properties\":{\"name\":{\"name\":\"x\",\"type\":\"string\"},\"enum\":{}}}",
	    "{\"properties\":{\"name\":{\"type\":\"string\"},\"enum\":{}}}" },
	{ "{\"type\":\"integer\",\"format\":\"int64\"}", "{\"type\":\"integer\"}" },
	{ "{\"format\":\"date-time\"}", "{\"format\":\"date-time\"}" },
	{ "{\"enum\":[\"b\",1,null,\"a\"]}",
	    "{\"type\":[\"null\",\"number\",\"string\"]}" },
	{ "{\"enum\":[\"b\",\"a\"]}", "{\"type\":\"string\"}" },
	{ "{\"enum\":[true,false]}", "{\"type\":\"boolean\"}" },
	{ "{\"type\":[\"null\",\"string\"],\"enum\":[\"a\"]}",
	    "{\"type\":[\"null\",\"string\"]}" },
	{ "{\"enum\":[]}", "{}" },
	/* wherever a schema may stand */
	{ "{\"oneOf\":[{\"xml\":1}],\"anyOf\":[{\"xml\":1}],\"allOf\":[{\"xml\":1}],"
	    "\"$defs\":{\"d\":{\"xml\":1}},\"definitions\":{\"d\":{\"xml\":1}},"
	    "\"additionalProperties\":{\"xml\":1},\"items\":{\"xml\":1},"
	    "\"not\":{\"xml\":1}}",
	    "{\"oneOf\":[{}],\"anyOf\":[{}],\"allOf\":[{}],\"$defs\":{\"d\":{}},"
	    "\"definitions\":{\"d\":{}},\"additionalProperties\":{},\"items\":{},"
	    "\"not\":{}}" },
	{ "{\"items\":[{\"xml\":1},true,{\"items\":{\"xml\":1}}],"
	    "\"additionalProperties\":false}",
	    "{\"items\":[{},true,{\"items\":{}}],\"additionalProperties\":false}" },
	/* a value is no schema */
	{ "{\"const\":{\"xml\":1},\"default\":{\"enum\":[1]}}",
	    "{\"const\":{\"xml\":1},\"default\":{\"enum\":[1]}}" },
};

static const struct {
	const char *schema, *at, *expect;
	enum patchschema_key result;
} keys[] = {
	{ "{\"properties\":{\"a\":{\"type\":[\"null\",\"string\"]}}}", "/a",
	    "{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}",
	    KEY_SET },
	{ "{\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"null\"}}}", "a",
	    "{\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"null\"}}}",
	    KEY_SET },
	{ "{\"type\":[\"object\",\"null\"],\"properties\":{\"a\":{\"type\":"
	    "[\"object\",\"null\"],\"properties\":{\"b\":{\"type\":[\"string\","
	    "\"integer\",\"null\"]}}}}}", "/a/b",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\","
	    "\"properties\":{\"b\":{\"type\":[\"string\",\"integer\"]}},"
	    "\"required\":[\"b\"]}},\"required\":[\"a\"]}", KEY_SET },
	/* by reference: what others refer to as well stays as it is */
	{ "{\"$defs\":{\"x\":{\"type\":[\"string\",\"null\"]}},\"properties\":"
	    "{\"a\":{\"$ref\":\"#/$defs/x\"},\"b\":{\"$ref\":\"#/$defs/x\"}}}",
	    "/a", "{\"$defs\":{\"x\":{\"type\":[\"string\",\"null\"]}},"
	    "\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"$ref\":"
	    "\"#/$defs/x\"}},\"required\":[\"a\"]}", KEY_SET },
	{ "{\"allOf\":[{\"properties\":{\"b\":{}}},{\"properties\":{\"a\":"
	    "{\"type\":[\"string\",\"null\"]}}}]}", "/a",
	    "{\"allOf\":[{\"properties\":{\"b\":{}}},{\"properties\":{\"a\":"
	    "{\"type\":\"string\"}},\"required\":[\"a\"]}]}", KEY_SET },
	{ "{\"definitions\":{\"d\":{\"properties\":{\"a\":{}}}},\"allOf\":"
	    "[{\"$ref\":\"#/definitions/d\"}]}", "/a",
	    "{\"definitions\":{\"d\":{\"properties\":{\"a\":{}}}},\"allOf\":"
	    "[{\"properties\":{\"a\":{}},\"required\":[\"a\"]}]}", KEY_SET },
	{ "{\"properties\":{\"b\":{}}}", "/a", "{\"properties\":{\"b\":{}}}",
	    KEY_NOWHERE },
	{ "{\"properties\":{\"a\":{\"properties\":{}}}}", "/a/b",
	    "{\"properties\":{\"a\":{\"properties\":{}}},\"required\":[\"a\"]}",
	    KEY_NOWHERE },
	{ "{}", "/a", "{}", KEY_OPEN },
	{ "{\"properties\":{},\"additionalProperties\":true}", "/a",
	    "{\"properties\":{},\"additionalProperties\":true}", KEY_OPEN },
	{ "{\"anyOf\":[{\"properties\":{\"a\":{}}}]}", "/a",
	    "{\"anyOf\":[{\"properties\":{\"a\":{}}}]}", KEY_OPEN },
	{ "{\"properties\":{\"a\":{\"$ref\":\"other.json\"}}}", "/a/b",
	    "{\"properties\":{\"a\":{\"$ref\":\"other.json\"}},\"required\":[\"a\"]}",
	    KEY_OPEN },
	/* without an end */
	{ "{\"$defs\":{\"x\":{\"$ref\":\"#/$defs/x\"}},\"properties\":{\"a\":"
	    "{\"$ref\":\"#/$defs/x\"}}}", "/a/b", NULL, KEY_OPEN },
	{ "{\"allOf\":[{\"$ref\":\"#\"}]}", "/a", NULL, KEY_OPEN },
};

/* A pointer, and whether what it points at may be there. */
static const char found[] = "{\"type\":\"object\",\"properties\":{"
    "\"s\":{\"type\":[\"string\",\"null\"]},\"any\":{},"
    "\"l\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"properties\":{\"d\":{\"type\":\"string\"}}}},"
    "\"r\":{\"$ref\":\"#/properties/l\"},\"t\":true}}";
static const struct {
	const char *at;
	enum patchschema_key result;
} finds[] = {
	{ "/s", KEY_SET }, { "/x", KEY_NOWHERE }, { "/s/x", KEY_NOWHERE },
	{ "/any/x/y", KEY_OPEN }, { "/l/*/d", KEY_SET }, { "/l/-/d", KEY_SET },
	{ "/l/3/d", KEY_SET }, { "/l/*/e", KEY_NOWHERE }, { "/l/d", KEY_OPEN },
	{ "/r/*/d", KEY_SET }, { "/r/*/e", KEY_NOWHERE }, { "/t/x", KEY_OPEN },
	{ "/l/*/d/*", KEY_NOWHERE }, { "/*", KEY_NOWHERE }
};

int
main(void)
{
	struct val *v;

	for (size_t i = 0; i < sizeof cleaned / sizeof *cleaned; i++) {
		v = parse(cleaned[i][0]);
		patchschema_clean(&arena, v);
		same(v, cleaned[i][1], cleaned[i][0]);
	}
	v = parse("{\"format\":\"date\",\"items\":{\"format\":\"time\","
	    "\"properties\":{\"format\":{\"format\":\"date\"}}}}");
	patchschema_datetime(&arena, v);
	same(v, "{\"format\":\"date-time\",\"items\":{\"format\":\"time\","
	    "\"properties\":{\"format\":{\"format\":\"date-time\"}}}}",
	    "dates are dates and times");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct pointer at;

		v = parse(keys[i].schema);
		pointer_parse(&arena, span_of(keys[i].at), &at);
		ok(patchschema_key(&arena, v, &at) == keys[i].result,
		    "%s in %s", keys[i].at, keys[i].schema);
		if (keys[i].expect != NULL)
			same(v, keys[i].expect, "what becomes of it");
	}
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		struct pointer at;

		pointer_parse(&arena, span_of(finds[i].at), &at);
		ok(patchschema_find(&arena, parse(found), &at) ==
		    finds[i].result, "may be there: %s", finds[i].at);
	}
	arena_release(&arena);
	return tap_done();
}
