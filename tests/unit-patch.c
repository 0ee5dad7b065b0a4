/* SPDX-License-Identifier: MIT */
/* Merge patches, pointers and maps. */
#include "json/patch.h"

#include <stdlib.h>

#include "base/buf.h"
#include "vals.h"

/* RFC 7396, appendix A: original, patch, result. */
static const char *const merges[][3] = {
	{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
	{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
	{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
	{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
	    "{\"a\":{\"b\":\"d\"}}" },
	{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
	{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
	{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
	{ "{\"a\":\"foo\"}", "null", "null" },
	{ "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
	{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
	{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
	{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
	/* numbers as they are written, members in their order */
	{ "{\"b\":1,\"a\":12345678901234567890.10}", "{\"c\":1e400,\"b\":2}",
	    "{\"b\":2,\"a\":12345678901234567890.10,\"c\":1e400}" },
};

/* RFC 6901, section 5, and what is not there. */
static const char document[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,"
    "\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,"
    "\"m~n\":8,\"0\":9}";
static const char *const pointers[][2] = {
	{ "", document }, { "/foo", "[\"bar\",\"baz\"]" },
	{ "/foo/0", "\"bar\"" }, { "/", "0" }, { "/a~1b", "1" },
	{ "/c%d", "2" }, { "/e^f", "3" }, { "/g|h", "4" }, { "/i\\j", "5" },
	{ "/k\"l", "6" }, { "/ ", "7" }, { "/m~0n", "8" }, { "/0", "9" },
	{ "foo/1", "\"baz\"" }, { "/foo/2", "" }, { "/foo/-", "" },
	{ "/foo/00", "" }, { "/foo/+1", "" }, { "/foo/", "" },
	{ "/foo/x", "" }, { "/x/y", "" }, { "/a~1b/c", "" },
	{ "/foo/18446744073709551616", "" },
};

/* The same as the fragment of a URI, section 6; what leads out of it. */
static const char *const refs[][2] = {
	{ "#", document }, { "#/foo", "[\"bar\",\"baz\"]" },
	{ "#/foo/0", "\"bar\"" }, { "#/", "0" }, { "#/a~1b", "1" },
	{ "#/c%25d", "2" }, { "#/e%5Ef", "3" }, { "#/g%7ch", "4" },
	{ "#/i%5Cj", "5" }, { "#/k%22l", "6" }, { "#/%20", "7" },
	{ "#/m~0n", "8" }, { "#%2F0", "" }, { "#/c%d", "2" }, { "#/0%", "" },
	{ "#/0%3", "" }, { "#foo", "" }, { "", "" }, { "/foo", "" },
	{ "x#/foo", "" }, { "#/a~2", "" },
};

/* A map as its file has it, and what it makes of what. */
static const char *const maps[][3] = {
	{ "{\"/a\":\"/b\",\"/b\":\"/a\"}", "{\"a\":1,\"b\":2,\"c\":3}",
	    "{\"c\":3,\"a\":2,\"b\":1}" },
	{ "{\"/b\":\"/a\",\"/c\":\"/b\"}", "{\"a\":1,\"b\":2}",
	    "{\"b\":1,\"c\":2}" },
	{ "{\"/client\":\"/credentials/client\",\"/key\":\"/credentials/key\"}",
	    "{\"credentials\":{\"client\":1},\"x\":0}",
	    "{\"x\":0,\"client\":1}" },
	{ "{\"/client\":\"/credentials/client\"}",
	    "{\"credentials\":{\"client\":1,\"kept\":2}}",
	    "{\"credentials\":{\"kept\":2},\"client\":1}" },
	{ "{\"/c/app\":\"/c/id\",\"/secret\":\"/c/secret\"}",
	    "{\"c\":{\"id\":1,\"secret\":2}}",
	    "{\"c\":{\"app\":1},\"secret\":2}" },
	{ "{\"/a/b\":\"/a\"}", "{\"a\":{\"x\":1}}",
	    "{\"a\":{\"b\":{\"x\":1}}}" },
	{ "{\"/a\":\"/a/b\"}", "{\"a\":{\"b\":{\"x\":1}}}",
	    "{\"a\":{\"x\":1}}" },
	{ "{\"/x\":\"/a\",\"/y\":\"/a/b\"}", "{\"a\":{\"b\":1,\"c\":2}}",
	    "{\"x\":{\"b\":1,\"c\":2},\"y\":1}" },
	{ "{\"\":\"/a\"}", "{\"a\":1,\"b\":2}", "{\"b\":2}" },
	{ "{\"\":\"/none\"}", "{\"b\":2}", "{\"b\":2}" },
	{ "{\"/x~1y\":\"/a~0b\",\"/m~0n\":\"/a~1b\"}",
	    "{\"a~b\":1,\"a/b\":2}", "{\"x/y\":1,\"m~n\":2}" },
	{ "{\"/new/deep/er\":\"/a\"}", "{\"a\":[1,{}]}",
	    "{\"new\":{\"deep\":{\"er\":[1,{}]}}}" },
	{ "{\"/*\":\"/-\"}", "{\"-\":1}", "{\"*\":1}" },
	{ "{\"/x\":\"/l/1\"}", "{\"l\":[1,2]}", "" },
	{ "{\"/b/x\":\"/a\"}", "{\"a\":1,\"b\":2}", "" },
	{ "{\"/b/x\":\"/a\"}", "{\"a\":1,\"b\":[]}", "" },
};

static void
check_map(const char *const row[3])
{
	const struct val *map = parse(row[0]);
	struct pointer_move *moves = xcalloc(map->n, sizeof *moves);
	size_t wrong = 99;
	struct val *v;

	for (size_t i = 0; i < map->n; i++) {
		moves[i].drop = map->members[i].key.n == 0;
		pointer_parse(&arena, map->members[i].key, &moves[i].to);
		pointer_parse(&arena, map->members[i].value->str,
		    &moves[i].from);
	}
	v = pointer_map(&arena, parse(row[1]), moves, map->n, &wrong);
	same(v, row[2], row[0]);
	if (v == NULL)
		ok(wrong == 0, "%s: the move is named", row[0]);
	free(moves);
}

int
main(void)
{
	struct pointer p;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof merges / sizeof *merges; i++)
		same(val_merge(&arena, parse(merges[i][0]),
		    parse(merges[i][1])), merges[i][2], merges[i][1]);
	same(val_merge(&arena, NULL, parse("{\"a\":{\"b\":null}}")),
	    "{\"a\":{}}", "a patch of nothing");
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
		ok(pointer_parse(&arena, span_of(pointers[i][0]), &p),
		    "a pointer: %s", pointers[i][0]);
		same(pointer_get(parse(document), &p), pointers[i][1],
		    pointers[i][0]);
	}
	for (size_t i = 0; i < sizeof refs / sizeof *refs; i++)
		same(pointer_ref(&arena, parse(document), span_of(refs[i][0])),
		    refs[i][1], refs[i][0]);
	pointer_put(&b, SPAN("a/b~c"));
	pointer_put(&b, SPAN(""));
	ok(span_is(buf_span(&b), "/a~1b~0c/"), "parts are encoded");
	buf_release(&b);
	ok(!pointer_parse(&arena, SPAN("/a~2"), &p), "~2 stands for nothing");
	ok(!pointer_parse(&arena, SPAN("/a~"), &p), "~ at the end");
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
		check_map(maps[i]);
	arena_release(&arena);
	return tap_done();
}
