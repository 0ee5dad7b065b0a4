/* SPDX-License-Identifier: MIT */
/* Driver `file`: records of files; conn-source-file(7). */
#include "source/fields.h"
#include "source/fileread.h"

enum { SAMPLE = 100 };

static const char spec[] = "{\"type\":\"file\","
    "\"title\":\"Records of files: NDJSON, JSON, CSV, dumps\","
    "\"schema\":{\"type\":\"object\",\"required\":[\"path\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"format\":\"path\","
    "\"title\":\"Files\","
    "\"description\":\"A file, or a pattern of the shell (* ? [a-z]).\"},"
    "\"format\":{\"type\":\"string\",\"enum\":[\"ndjson\",\"json\",\"csv\","
    "\"tsv\",\"elasticdump\",\"bulk\"],\"title\":\"Format\","
    "\"description\":\"Without it the name tells: .ndjson .jsonl .json .csv "
    ".tsv .tab, each with .gz or .zst behind it or not.\"},"
    "\"items\":{\"type\":\"string\",\"minLength\":1,\"title\":\"Items\","
    "\"description\":\"Where the array is in a JSON document: .a.b\"},"
    "\"id\":{\"type\":[\"string\",\"array\"],\"minLength\":1,"
    "\"minItems\":1,\"maxItems\":64,"
    "\"items\":{\"type\":\"string\",\"minLength\":1},\"title\":\"Id\","
    "\"description\":\"The field, or list of fields, that names a record. "
    "Needed but for elasticdump and bulk.\"},"
    "\"timestamp\":{\"type\":\"string\",\"minLength\":1,"
    "\"title\":\"Timestamp\","
    "\"description\":\"The field that changes with the record.\"},"
    "\"delimiter\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1,"
    "\"title\":\"Delimiter\",\"description\":\"Between the fields of csv "
    "(without it a comma) and tsv (without it a tab).\"},"
    "\"header\":{\"type\":\"boolean\",\"default\":true,"
    "\"title\":\"Header\",\"description\":\"The first row of csv and tsv "
    "names the columns; false: they are c1, c2 and so on.\"}}},"
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\"],"
    "\"slim_fields\":[],\"ids\":false,\"confirm\":false}";

static int
read_files(const struct request *rq, struct err *e)
{
	struct fileread f;
	int r = fileread_init(&f, rq, e);

	if (r == 0)
		r = fileread_all(&f, rq, e);
	fileread_release(&f);
	return r;
}

/* The first record of each file: can it be read, does it have its id? */
static int
check(const struct request *rq, struct err *e)
{
	struct err wrong = { 0 };
	struct fileread f;
	int r = fileread_init(&f, rq, e);

	f.items.wrong = &wrong;
	f.enough = 1;
	for (size_t i = 0; r == 0 && i < f.files.n; i++)
		r = fileread_one(&f, i, e);
	fileread_release(&f);
	if (r == 0 && wrong.status != 0) {
		*e = wrong;
		return -1;
	}
	return r;
}

static int
discover(const struct request *rq, struct err *e)
{
	struct err wrong = { 0 };
	static struct fields fields;
	struct fileread f;
	int r = fileread_init(&f, rq, e);

	f.items.wrong = &wrong;
	f.items.look = fields_look;
	f.items.ctx = &fields;
	f.enough = SAMPLE;
	for (size_t i = 0; r == 0 && i < f.files.n; i++)
		r = fileread_one(&f, i, e);
	if (r == 0 && fields.n == 0 && wrong.status != 0) {
		*e = wrong;
		r = -1;
	}
	if (r == 0)
		fields_emit(&fields, "documents", f.items.id, f.items.nid,
		    f.items.timestamp);
	fields_release(&fields);
	fileread_release(&f);
	return r;
}

static const char *
libraries(void)
{
	return "zlib " ZLIB_VERSION "\nzstd " ZSTD_VERSION_STRING "\n";
}

int
main(int argc, char **argv)
{
	static const struct source file = {
		.type = "file", .spec = spec, .libraries = libraries,
		.check = check, .discover = discover, .read = read_files
	};

	return source_main(&file, argc, argv);
}
