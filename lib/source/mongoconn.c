/* SPDX-License-Identifier: MIT */
#include "source/mongoconn.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "source/mongouri.h"

static const double RETRY = 600, WAIT_FIRST = 0.1, WAIT_MOST = 10,
    REFRESHES = 6;      /* of a session, in the time that it lasts */

/* ---- errors ---- */

/* Of hosts, elections, shutdowns, cursors and time limits. */
static bool
is_passing(int32_t code)
{
	static const int32_t codes[] = { 6, 7, 43, 50, 63, 64, 89, 91, 112,
		133, 134, 136, 150, 175, 189, 202, 234, 237, 239, 246, 262,
		290, 365, 384, 391, 402, 9001, 10107, 11600, 11601, 11602,
		13388, 13435, 13436 };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i] == code)
			return true;
	return false;
}

static int
status_of(const bson_error_t *error)
{
	switch (error->domain) {
	case MONGOC_ERROR_SERVER_SELECTION:
		return strstr(error->message, "certificate") != NULL ?
		    ST_PERSON : ST_TEMP;
	case MONGOC_ERROR_STREAM:
		return ST_TEMP;
	case MONGOC_ERROR_SERVER:
		return is_passing((int32_t)error->code) ? ST_TEMP : ST_PERSON;
	default:
		return ST_PERSON;
	}
}

int
mongoconn_failed(struct mongoconn *g, const bson_error_t *error,
    const char *what, struct err *e)
{
	bool server = error->domain == MONGOC_ERROR_SERVER;

	g->code = server ? (int32_t)error->code : 0;
	return err_set(e, status_of(error), "%s%s%s", what ? what : "",
	    what ? ": " : "", error->message);
}

static void
keep_log(mongoc_log_level_t level, const char *domain, const char *message,
    void *data)
{
	(void)level;
	(void)data;
	detail("%s: %s", domain, message);
}

/* ---- commands ---- */

void
mongoconn_options(const struct mongoconn *g, bson_t *opts)
{
	bson_error_t ignored;

	BSON_APPEND_INT32(opts, "serverId", (int32_t)g->server);
	if (g->session != NULL)
		mongoc_client_session_append(g->session, opts, &ignored);
}

static int
send_command(struct mongoconn *g, const char *database, const bson_t *command,
    bson_t *reply, struct err *e)
{
	bson_t opts = BSON_INITIALIZER;
	bson_error_t error;
	bool good;

	mongoconn_options(g, &opts);
	good = mongoc_client_command_with_opts(g->client, database, command,
	    mongoc_client_get_read_prefs(g->client), &opts, reply, &error);
	bson_destroy(&opts);
	return good ? 0 : mongoconn_failed(g, &error, NULL, e);
}

int
mongoconn_command(struct mongoconn *g, const bson_t *command, bson_t *reply,
    struct err *e)
{
	return send_command(g, g->database, command, reply, e);
}

int
mongoconn_refresh(struct mongoconn *g, struct err *e)
{
	bson_t command = BSON_INITIALIZER, list, reply;
	int result;

	if (g->session == NULL || clock_mono() - g->refreshed < g->refresh)
		return 0;
	g->refreshed = clock_mono();
	BSON_APPEND_ARRAY_BEGIN(&command, "refreshSessions", &list);
	BSON_APPEND_DOCUMENT(&list, "0",
	    mongoc_client_session_get_lsid(g->session));
	bson_append_array_end(&command, &list);
	result = send_command(g, "admin", &command, &reply, e);
	bson_destroy(&reply);
	bson_destroy(&command);
	return result;
}

/* ---- what the server is ---- */

static bool
date_at(const bson_t *b, const char *path, struct timespec *out)
{
	bson_iter_t i, found;

	if (!bson_iter_init(&i, b) ||
	    !bson_iter_find_descendant(&i, path, &found) ||
	    !BSON_ITER_HOLDS_DATE_TIME(&found))
		return false;
	out->tv_sec = bson_iter_date_time(&found) / 1000;
	out->tv_nsec = (long)(bson_iter_date_time(&found) % 1000) * 1000000;
	return true;
}

static bool
has_time(const bson_t *b, const char *path, bson_iter_t *found)
{
	bson_iter_t i;

	return bson_iter_init(&i, b) &&
	    bson_iter_find_descendant(&i, path, found) &&
	    BSON_ITER_HOLDS_TIMESTAMP(found);
}

/* Is all that this server has written on most members? Only a primary has all
 * that there is. */
static bool
is_level(const bson_t *hello)
{
	bson_iter_t i, last, most;
	uint32_t seconds[2], count[2];

	if (bson_iter_init_find(&i, hello, "secondary") &&
	    bson_iter_as_bool(&i))
		return false;
	if (!has_time(hello, "lastWrite.opTime.ts", &last) ||
	    !has_time(hello, "lastWrite.majorityOpTime.ts", &most))
		return false;
	bson_iter_timestamp(&last, &seconds[0], &count[0]);
	bson_iter_timestamp(&most, &seconds[1], &count[1]);
	return seconds[0] == seconds[1] && count[0] == count[1];
}

/* What is read is what was on most members, which a primary's last writes are
 * not while the others are down or slow. */
static int
take_hello(struct mongoconn *g, const bson_t *reply, struct err *e)
{
	struct timespec written;
	bson_iter_t i;

	if (!date_at(reply, "localTime", &g->now))
		return err_set(e, ST_PERSON, "the server does not tell its "
		    "time");
	g->since = g->now;
	if (date_at(reply, "lastWrite.majorityWriteDate", &written) &&
	    !is_level(reply) && clock_cmp(written, g->now) < 0)
		g->since = written;
	g->router = bson_iter_init_find(&i, reply, "msg") &&
	    BSON_ITER_HOLDS_UTF8(&i) &&
	    streq(bson_iter_utf8(&i, NULL), "isdbgrid");
	/* what is not on most members may be taken back */
	if ((g->router || bson_has_field(reply, "setName")) &&
	    mongoc_uri_get_option_as_utf8(mongoc_client_get_uri(g->client),
	    MONGOC_URI_READCONCERNLEVEL, NULL) == NULL) {
		mongoc_read_concern_t *rc = mongoc_read_concern_new();

		mongoc_read_concern_set_level(rc,
		    MONGOC_READ_CONCERN_LEVEL_MAJORITY);
		mongoc_client_set_read_concern(g->client, rc);
		mongoc_read_concern_destroy(rc);
	}
	return 0;
}

static int
start_session(struct mongoconn *g, const bson_t *hello, struct err *e)
{
	bson_error_t error;
	bson_iter_t minutes;

	if (!bson_iter_init_find(&minutes, hello,
	    "logicalSessionTimeoutMinutes"))
		return 0;
	g->refreshed = clock_mono();
	g->refresh = bson_iter_as_double(&minutes) * 60 / REFRESHES;
	g->session = mongoc_client_start_session(g->client, NULL, &error);
	return g->session != NULL ? 0 :
	    mongoconn_failed(g, &error, "session", e);
}

static int
say_hello(struct mongoconn *g, struct err *e)
{
	static const char *const names[] = { "hello", "isMaster" };
	bson_t reply;
	int result = -1;

	for (size_t n = 0; n < 2 && result != 0; n++) {
		bson_t command = BSON_INITIALIZER;

		BSON_APPEND_INT32(&command, names[n], 1);
		result = send_command(g, "admin", &command, &reply, e);
		bson_destroy(&command);
		if (result == 0)
			break;
		bson_destroy(&reply);
		if (g->code != MONGO_NO_COMMAND)
			return -1;
	}
	if (result != 0)
		return -1;
	result = take_hello(g, &reply, e);
	if (result == 0)
		result = start_session(g, &reply, e);
	bson_destroy(&reply);
	return result;
}

/* ---- connecting ---- */

static int
connect_once(struct mongoconn *g, struct err *e)
{
	mongoc_server_description_t *server;
	bson_error_t error;
	struct err first;

	server = mongoc_client_select_server(g->client, false,
	    mongoc_client_get_read_prefs(g->client), &error);
	if (server == NULL)
		return mongoconn_failed(g, &error, "cannot connect", e);
	g->server = mongoc_server_description_id(server);
	mongoc_server_description_destroy(server);
	if (say_hello(g, e) == 0)
		return 0;
	/* credentials are looked at with the first command */
	first = *e;
	return err_set(e, first.status, "cannot connect: %s", first.text);
}

static int
connect_patiently(struct mongoconn *g, const struct request *rq,
    struct err *e)
{
	double retry = RETRY, wait = WAIT_FIRST, end;

	if (source_seconds(rq, "retry", &retry, e) != 0)
		return -1;
	end = clock_mono() + retry;
	while (connect_once(g, e) != 0) {
		if (e->status != ST_TEMP || clock_mono() + wait > end)
			return -1;
		detail("%s", e->text);
		clock_sleep(wait);
		wait = wait * 2 < WAIT_MOST ? wait * 2 : WAIT_MOST;
	}
	*e = (struct err){ 0 };
	return 0;
}

static void *
reallocate(void *p, size_t n)
{
	return xrealloc(p, n, 1);
}

static void *
allocate_aligned(size_t align, size_t n)
{
	void *p = aligned_alloc(align, n);

	if (p == NULL)
		die(ST_TEMP, "out of memory");
	return p;
}

/* Its own allocation aborts. */
static void
use_our_allocation(void)
{
	static const bson_mem_vtable_t ours = { xmalloc, xcalloc, reallocate,
		free, allocate_aligned, { NULL } };

	bson_mem_set_vtable(&ours);
}

int
mongoconn_open(struct mongoconn *g, const struct request *rq, struct err *e)
{
	mongoc_uri_t *uri;

	*g = (struct mongoconn){ .pem = -1 };
	use_our_allocation();
	mongoc_log_set_handler(keep_log, NULL);
	mongoc_init();
	g->database = val_cstr(val_get(rq->source, "database"));
	g->user = val_cstr(val_get(rq->source, "user"));
	if (g->database == NULL || *g->database == '\0')
		return source_wrong(e, "database", "missing");
	uri = mongouri_new(rq, e);
	if (uri == NULL)
		return -1;
	g->client = mongoc_client_new_from_uri(uri);
	mongoc_uri_destroy(uri);
	if (g->client == NULL)
		return source_wrong(e, "url", "it cannot be used");
	mongoc_client_set_error_api(g->client, MONGOC_ERROR_API_VERSION_2);
	if (mongouri_certificates(g->client, rq, &g->pem, e) != 0)
		return -1;
	return connect_patiently(g, rq, e);
}

void
mongoconn_close(struct mongoconn *g)
{
	if (g->session != NULL)
		mongoc_client_session_destroy(g->session);
	if (g->client != NULL)
		mongoc_client_destroy(g->client);
	if (g->pem >= 0)
		close(g->pem);
}
