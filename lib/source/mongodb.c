/* SPDX-License-Identifier: MIT */
/* Driver `mongodb`: collections of a database; conn-source-mongodb(7). */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/mongorun.h"

static const char spec[] = "{\"type\":\"mongodb\","
    "\"title\":\"MongoDB database\",\"schema\":{\"type\":\"object\","
    "\"required\":[\"url\",\"database\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"url\":{\"type\":\"string\",\"pattern\":\"^mongodb(\\\\+srv)?://\","
    "\"title\":\"Servers\",\"description\":\"mongodb://HOST:PORT,.../"
    "?OPTION=VALUE or mongodb+srv://NAME/, with the options of MongoDB's "
    "drivers.\"},"
    "\"user\":" MONGOSTREAM_TEXT "\"title\":\"User\",\"description\":"
    "\"Who may read; without it nobody logs in.\"},"
    "\"password\":{\"type\":\"string\",\"secret\":true,"
    "\"title\":\"Password\",\"description\":\"Of the user.\"},"
    "\"database\":" MONGOSTREAM_TEXT "\"title\":\"Database\","
    "\"description\":\"Where the collections are.\"},"
    "\"collection\":" MONGOSTREAM_TEXT "\"title\":\"Collection\","
    "\"description\":\"The only one to be read, in place of streams.\"},"
    "\"ca\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Certificates\",\"description\":\"A PEM file of those that "
    "are trusted; it turns TLS on.\"},"
    "\"cert\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Certificate\",\"description\":\"A PEM file with ours, for "
    "servers that ask for one.\"},"
    "\"key\":{\"type\":\"string\",\"format\":\"path\","
    "\"title\":\"Key\",\"description\":\"A PEM file with the key of the "
    "certificate, if that does not hold it.\"}," MONGOSTREAM_RULES "}},"
    "\"streams\":" MONGOSTREAM_SCHEMA ","
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\","
    "\"changed\"],\"slim_fields\":[],\"ids\":true,\"confirm\":false}";

static int
with_run(const struct request *rq, int (*work)(struct mongorun *,
    struct err *), struct err *e)
{
	struct mongorun r;
	int result = mongorun_open(&r, rq, e);

	if (result == 0)
		result = work(&r, e);
	mongorun_release(&r);
	mongoc_cleanup();
	return result;
}

/* All places are taken before the first document is read. */
static int
read_streams(struct mongorun *r, struct err *e)
{
	struct mongopart part = { .slim = r->rq->slim };

	if (r->rq->ids != NULL)
		return mongobatch_ids(r, e);
	for (size_t i = 0; !r->rq->slim && i < r->n; i++)
		if (!r->v[i].unread && mongorun_place(r, &r->v[i], e) != 0)
			return -1;
	for (size_t i = 0; i < r->n; i++)
		if (mongoread_stream(&r->g, &r->v[i], &part, e) != 0)
			return -1;
	if (mongorun_finish(r, e) != 0)
		return -1;
	mongorun_states(r);
	return 0;
}

static int
read_all(const struct request *rq, struct err *e)
{
	return with_run(rq, read_streams, e);
}

static int
poll_all(const struct request *rq, struct err *e)
{
	return with_run(rq, mongopoll_all, e);
}

static int
changed(const struct request *rq, struct err *e)
{
	return with_run(rq, mongopoll_changed, e);
}

static int
check(const struct request *rq, struct err *e)
{
	return with_run(rq, mongocheck_all, e);
}

static int
discover(const struct request *rq, struct err *e)
{
	struct mongoconn g;
	struct mongolist list = { 0 };
	int result = mongoconn_open(&g, rq, e);

	if (result == 0)
		result = mongolist_read(&list, &g, e);
	if (result == 0)
		result = mongocheck_discover(&g, &list, e);
	mongolist_release(&list);
	mongoconn_close(&g);
	return result;
}

static const char *
libraries(void)
{
	return xasprintf("libmongoc %s\n", mongoc_get_version());
}

/* libmongoc counts in shared memory from the moment it is loaded. The name that
 * a killed driver leaves behind makes a later one of its number complain. */
static void
forget_counters(void)
{
	char *name = xasprintf("/mongoc-%ld", (long)getpid());

	shm_unlink(name);
	free(name);
}

int
main(int argc, char **argv)
{
	static const struct source mongodb = {
		.type = "mongodb", .needs = SANDBOX_NET,
		.spec = spec, .libraries = libraries,
		.ready = mongostream_ready,
		.check = check, .discover = discover, .read = read_all,
		.poll = poll_all, .changed = changed
	};

	forget_counters();
	return source_main(&mongodb, argc, argv);
}
