/* SPDX-License-Identifier: MIT */
/* Driver `singer`: what a tap of Singer reads; conn-source-singer(7). */
#include "source/position.h"
#include "source/singer/check.h"
#include "source/singer/read.h"

#define PATH "\"oneOf\":[{\"type\":\"string\",\"minLength\":1}," \
	"{\"type\":\"array\",\"minItems\":1,\"items\":" \
	"{\"type\":\"string\",\"minLength\":1}}]"

static const char spec[] = "{\"type\":\"singer\","
    "\"title\":\"Singer tap\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"command\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"command\":{\"type\":\"array\",\"minItems\":1,\"title\":\"Command\","
    "\"items\":{\"type\":\"string\"},\"description\":\"The tap and its "
    "arguments; the options of Singer are added. {folder} stands for the "
    "folder of its files.\"},"
    "\"config\":{\"type\":\"object\",\"additionalProperties\":true,"
    "\"title\":\"Settings of the tap\",\"description\":\"All but its "
    "secrets.\"},"
    "\"secrets\":{\"type\":\"object\",\"title\":\"Secrets of the tap\","
    "\"description\":\"Each by its place among the settings: a, a.b, a.0.b\","
    "\"additionalProperties\":{\"type\":\"string\",\"secret\":true,"
    "\"format\":\"lines\"}},"
    "\"environment\":{\"type\":\"object\",\"title\":\"Environment\","
    "\"description\":\"Variables that the tap gets besides.\","
    "\"additionalProperties\":{\"type\":\"string\"}},"
    "\"dialect\":{\"enum\":[\"catalog\",\"properties\"],"
    "\"default\":\"catalog\",\"title\":\"Dialect\",\"description\":\"How the "
    "tap is told what to read: --catalog, or --properties as old taps have "
    "it.\"}}},"
    "\"streams\":{\"type\":\"object\",\"required\":[\"name\"],"
    "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,"
    "\"title\":\"Stream\",\"description\":\"Its tap_stream_id\"},"
    "\"id\":{\"type\":\"array\",\"minItems\":1,\"title\":\"Id\","
    "\"description\":\"Fields, or paths of fields, that name a record; "
    "default: its key properties\",\"items\":{" PATH "}},"
    "\"mode\":{\"enum\":[\"full_table\",\"incremental\",\"log_based\"],"
    "\"title\":\"Replication method\",\"description\":\"Default: what the tap "
    "tells, else incremental where there is a replication key\"},"
    "\"replication_key\":{\"type\":\"string\",\"minLength\":1,"
    "\"title\":\"Replication key\",\"description\":\"The field that an "
    "incremental stream goes by; default: what the tap tells\"},"
    "\"timestamp\":{" PATH ",\"title\":\"Time of change\",\"description\":"
    "\"A field or its path; default: the replication key\"}}},"
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\"],"
    "\"settings\":\"config\","
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

static int
with_tap(const struct request *rq, int (*work)(struct singer *, struct err *),
    struct err *e)
{
	struct singer s;
	int r = singer_open(&s, rq, e) != 0 ? -1 : work(&s, e);

	singer_close(&s);
	return r;
}

static int
read_verb(const struct request *rq, struct err *e)
{
	return with_tap(rq, singer_read, e);
}

static int
poll_verb(const struct request *rq, struct err *e)
{
	if (window_explicit(rq))
		return err_set(e, ST_USAGE, "a tap has no windows: its "
		    "positions are its own");
	return with_tap(rq, singer_read, e);
}

static int
check_verb(const struct request *rq, struct err *e)
{
	return with_tap(rq, singer_check, e);
}

static int
discover_verb(const struct request *rq, struct err *e)
{
	return with_tap(rq, singer_tell, e);
}

int
main(int argc, char **argv)
{
	static const struct source singer = {
		.type = "singer", .needs = SANDBOX_EXEC,
		.spec = spec,
		.check = check_verb, .discover = discover_verb,
		.read = read_verb, .poll = poll_verb
	};

	return source_main(&singer, argc, argv);
}
