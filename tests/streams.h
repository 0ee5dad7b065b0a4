/* SPDX-License-Identifier: MIT */
/* Golden streams of conn-stream(5), and what a reader makes of an input. */
#ifndef CONN_TESTS_STREAMS_H
#define CONN_TESTS_STREAMS_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stream/reader.h"
#include "tap.h"

#define MODE(m) (1U << (m))
#define ANY (MODE(MODE_LOAD) | MODE(MODE_POLL) | MODE(MODE_SLIM) | \
    MODE(MODE_INDEX) | MODE(MODE_DIFF))
#define ZERO "\"documents\":0,\"ids\":0,\"deletes\":0,\"fails\":0," \
    "\"digest\":\"00000000000000000000000000000000\""
#define BEGIN_AS(mode, scope) "{\"_ctl\":\"begin\",\"v\":1,\"mode\":\"" mode \
    "\",\"scope\":\"" scope "\",\"run\":\"r2\",\"source\":\"wiki\"," \
    "\"index\":\"sqlite:/s/wiki.db\",\"base\":\"r1\"," \
    "\"time\":\"2026-01-03T00:00:02.000000Z\"}\n"
#define BEGIN BEGIN_AS("load", "all")
#define END_AS(complete, status) "{\"_ctl\":\"end\",\"complete\":" complete \
    ",\"status\":" status "," ZERO ",\"time\":\"2026-01-03T00:00:03Z\"}\n"
#define END END_AS("true", "0")

__attribute__((unused))
static const char golden_load[] = BEGIN
"{\"_id\":\"wiki:1\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"a\"}\n"
"{\"_id\":\"wiki:2\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"B\"}\n"
"{\"_id\":\"wiki:3\",\"_timestamp\":\"2026-01-02T00:00:00Z\",\"title\":\"c\"}\n"
"{\"_ctl\":\"fail\",\"id\":\"wiki:7\",\"code\":\"http_403\"}\n"
"{\"_ctl\":\"state\",\"stream\":\"pages\",\"value\":{\"since\":\"x\"},"
"\"documents\":3,\"ids\":0,\"deletes\":0,\"fails\":1,"
"\"digest\":\"d8c938ab9323e4f8d468e26628268876\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":1,\"documents\":3,\"ids\":0,"
"\"deletes\":0,\"fails\":1,\"digest\":\"d8c938ab9323e4f8d468e26628268876\","
"\"time\":\"2026-01-03T00:00:03.000000Z\"}\n";

__attribute__((unused))
static const char golden_index[] = BEGIN_AS("index", "all")
"{\"id\":\"wiki:1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"hash\":"
"\"c462419e51caebfcce658b111c8e7dd1\"}\n"
"{\"id\":\"wiki:2\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"hash\":"
"\"1d9917d15e8687ad5094d34a0a09d963\"}\n"
"{\"id\":\"wiki:7\",\"hash\":\"dc7048f8f8747f561349cde127705c16\"}\n"
"{\"id\":\"wiki:9\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":0,\"documents\":0,\"ids\":4,"
"\"deletes\":0,\"fails\":0,\"digest\":\"d7020eaa18d7670cd6293ae97807fde0\","
"\"time\":\"2026-01-03T00:00:01.000000Z\"}\n";

__attribute__((unused))
static const char golden_diff[] = BEGIN_AS("diff", "all")
"{\"_id\":\"wiki:2\",\"_timestamp\":\"2026-01-01T00:00:00Z\",\"title\":\"B\"}\n"
"{\"_id\":\"wiki:3\",\"_timestamp\":\"2026-01-02T00:00:00Z\",\"title\":\"c\"}\n"
"{\"_ctl\":\"fail\",\"id\":\"wiki:7\",\"code\":\"http_403\"}\n"
"{\"_ctl\":\"delete\",\"id\":\"wiki:9\",\"reason\":\"absent\"}\n"
"{\"_ctl\":\"state\",\"stream\":\"pages\",\"value\":{\"since\":\"x\"},"
"\"documents\":2,\"ids\":0,\"deletes\":1,\"fails\":1,"
"\"digest\":\"73672cb3c218a7c85e8bc08f1e5662ac\"}\n"
"{\"_ctl\":\"end\",\"complete\":true,\"status\":1,\"documents\":2,\"ids\":0,"
"\"deletes\":1,\"fails\":1,\"digest\":\"73672cb3c218a7c85e8bc08f1e5662ac\","
"\"time\":\"2026-01-03T00:00:04.000000Z\"}\n";

/* What became of an input. */
struct outcome {
	int status;             /* of the stop, else of the verdict */
	int end_status;
	bool stopped, complete, ended, bare;
	struct proof proof;
	unsigned records, states;
	char text[MSG_MAX + 1];
};

static int
file_of(const char *p, size_t n)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n || lseek(fd, 0, 0) != 0)
		fd = -1;
	return fd;
}

static struct outcome
run_rules(struct span s, const struct reader_rules *rules)
{
	int fd = file_of(s.p, s.n), got;
	struct outcome o = { 0 };
	struct reader r;
	struct rec rec;
	struct err e = { 0 };

	reader_init(&r, fd, rules);
	while ((got = reader_next(&r, &rec, &e)) > 0) {
		o.records++;
		o.states += rec.kind == REC_STATE;
	}
	o.stopped = got < 0;
	o.status = got < 0 ? e.status : reader_verdict(&r, &e);
	o.complete = r.complete;
	o.ended = r.ended;
	o.bare = r.bare;
	o.proof = r.proof;
	o.end_status = r.end_status;
	memcpy(o.text, e.text, sizeof o.text);
	if (reader_next(&r, &rec, &e) != 0)
		o.status = -1;
	reader_release(&r);
	close(fd);
	return o;
}

__attribute__((unused))
static struct outcome
run(struct span s)
{
	return run_rules(s, &(struct reader_rules){ .place = "stream",
	    .modes = ANY });
}

#endif
