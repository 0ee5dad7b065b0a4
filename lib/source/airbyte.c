/* SPDX-License-Identifier: MIT */
/* Driver `airbyte`: what a connector of Airbyte reads;
 * conn-source-airbyte(7). */
#include "source/airbyte/check.h"
#include "source/airbyte/read.h"
#include "source/position.h"

#define PATH "\"oneOf\":[{\"type\":\"string\",\"minLength\":1}," \
	"{\"type\":\"array\",\"minItems\":1,\"items\":" \
	"{\"type\":\"string\",\"minLength\":1}}]"

static const char spec[] = "{\"type\":\"airbyte\","
    "\"title\":\"Airbyte connector\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"command\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"command\":{\"type\":\"array\",\"minItems\":1,\"title\":\"Command\","
    "\"items\":{\"type\":\"string\"},\"description\":\"The connector and "
    "its arguments; the verb and its options are added. {folder} stands for "
    "the folder of its files.\"},"
    "\"config\":{\"type\":\"object\",\"additionalProperties\":true,"
    "\"title\":\"Settings of the connector\",\"description\":\"All but its "
    "secrets.\"},"
    "\"secrets\":{\"type\":\"object\",\"title\":\"Secrets of the connector\","
    "\"description\":\"Each by its place among the settings: a, a.b, a.0.b\","
    "\"additionalProperties\":{\"type\":\"string\",\"secret\":true,"
    "\"format\":\"lines\"}},"
    "\"environment\":{\"type\":\"object\",\"title\":\"Environment\","
    "\"description\":\"Variables that the connector gets besides.\","
    "\"additionalProperties\":{\"type\":\"string\"}},"
    "\"accept\":{\"type\":\"array\",\"title\":\"Statuses passed over\","
    "\"description\":\"Statuses of HTTP, as 404, that leave a stream complete "
    "although the connector passes over such an answer.\","
    "\"items\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":499}}}},"
    "\"streams\":{\"type\":\"object\",\"required\":[\"name\"],"
    "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,"
    "\"title\":\"Stream\",\"description\":\"NAME or NAMESPACE.NAME\"},"
    "\"id\":{\"type\":\"array\",\"minItems\":1,\"title\":\"Id\","
    "\"description\":\"Fields, or paths of fields, that name a record; "
    "default: its primary key\",\"items\":{" PATH "}},"
    "\"mode\":{\"enum\":[\"incremental\",\"full_refresh\"],"
    "\"title\":\"Sync mode\",\"description\":\"Default: incremental where "
    "the connector offers it\"},"
    "\"cursor\":{" PATH ",\"title\":\"Cursor\",\"description\":\"A field or "
    "its path, where the connector does not decide\"},"
    "\"timestamp\":{" PATH ",\"title\":\"Time of change\",\"description\":"
    "\"A field or its path; default: the cursor\"}}},"
    "\"verbs\":[\"check\",\"discover\",\"settings\",\"load\",\"slim\","
    "\"poll\"],"
    "\"settings\":\"config\","
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

static int
with_connector(const struct request *rq, int (*work)(struct connector *,
    struct err *), struct err *e)
{
	struct connector c;
	int r = connector_open(&c, rq, e) != 0 ? -1 : work(&c, e);

	connector_close(&c);
	return r;
}

static int
read_verb(const struct request *rq, struct err *e)
{
	return with_connector(rq, airbyte_read, e);
}

static int
poll_verb(const struct request *rq, struct err *e)
{
	if (window_explicit(rq))
		return err_set(e, ST_USAGE, "a connector has no windows: its "
		    "positions are its own");
	return with_connector(rq, airbyte_read, e);
}

static int
check_verb(const struct request *rq, struct err *e)
{
	return with_connector(rq, airbyte_check, e);
}

static int
discover_verb(const struct request *rq, struct err *e)
{
	return with_connector(rq, airbyte_discover, e);
}

/* Of the connector, not of its config: that need not be complete. */
static int
settings_verb(const struct request *rq, struct err *e)
{
	static struct arena arena;
	struct request bare = *rq;
	struct val *source = val_copy(&arena, rq->source);
	struct connector c;
	int r;

	val_unset(source, "secrets");
	val_unset(source, "config");
	bare.source = source;
	r = airbyte_settings(&c, &bare, e);
	connector_close(&c);
	arena_release(&arena);
	return r;
}

int
main(int argc, char **argv)
{
	static const struct source airbyte = {
		.type = "airbyte", .needs = SANDBOX_EXEC,
		.spec = spec,
		.check = check_verb, .discover = discover_verb,
		.settings = settings_verb,
		.read = read_verb, .poll = poll_verb
	};

	return source_main(&airbyte, argc, argv);
}
