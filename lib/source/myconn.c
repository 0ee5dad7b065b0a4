/* SPDX-License-Identifier: MIT */
#include "source/myconn.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "source/sqlconnect.h"

enum { CONNECT_SECONDS = 30, LOCK_SECONDS_MOST = 31536000 };

static const char texts_are[] = "utf8mb4";

/* Servers have these codes, and no header names them all: a killed
 * connection, a statement over its time, one of MySQL's, one that was idle,
 * a node of a cluster that is not ready. */
enum { CONNECTION_KILLED = 1927, STATEMENT_TIMEOUT = 1969,
	SESSION_KILLED = 3169, EXECUTION_TIMEOUT = 3024, WAS_IDLE = 4031 };

/* ---- errors ---- */

bool
myconn_is(const struct myconn *g, const unsigned *codes)
{
	for (; *codes != 0; codes++)
		if (g->code == *codes)
			return true;
	return false;
}

bool
myconn_denied(const struct myconn *g)
{
	static const unsigned codes[] = { ER_TABLEACCESS_DENIED_ERROR,
		ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR,
		ER_PROCACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR,
		ER_VIEW_INVALID, 0 };

	return myconn_is(g, codes);
}

/* Connections, resources, a server that goes or comes, a statement that was
 * killed, locked out or timed out, a table altered after the snapshot. */
static bool
is_passing(const struct myconn *g)
{
	static const unsigned codes[] = { CR_CONNECTION_ERROR,
		CR_CONN_HOST_ERROR, CR_UNKNOWN_HOST, CR_SERVER_GONE_ERROR,
		CR_OUT_OF_MEMORY, CR_SERVER_LOST, CR_SERVER_LOST_EXTENDED,
		CR_SERVER_HANDSHAKE_ERR, ER_CON_COUNT_ERROR,
		ER_OUTOFMEMORY, ER_OUT_OF_SORTMEMORY, ER_OUT_OF_RESOURCES,
		ER_SERVER_SHUTDOWN, ER_DISK_FULL, ER_RECORD_FILE_FULL,
		ER_CANT_CREATE_THREAD, ER_ABORTING_CONNECTION,
		ER_NEW_ABORTING_CONNECTION, ER_NET_READ_ERROR,
		ER_NET_READ_INTERRUPTED, ER_NET_ERROR_ON_WRITE,
		ER_NET_WRITE_INTERRUPTED, ER_NET_PACKETS_OUT_OF_ORDER,
		ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK,
		ER_QUERY_INTERRUPTED, ER_TOO_MANY_USER_CONNECTIONS,
		ER_USER_LIMIT_REACHED, ER_TABLE_DEF_CHANGED,
		ER_UNKNOWN_COM_ERROR, CONNECTION_KILLED, STATEMENT_TIMEOUT,
		SESSION_KILLED, EXECUTION_TIMEOUT, WAS_IDLE, 0 };

	return myconn_is(g, codes);
}

int
myconn_failed(struct myconn *g, const char *what, struct err *e)
{
	g->code = mysql_errno(g->c);
	snprintf(g->sqlstate, sizeof g->sqlstate, "%s", mysql_sqlstate(g->c));
	return err_set(e, is_passing(g) ? ST_TEMP : ST_PERSON, "%s%s%s",
	    what ? what : "", what ? ": " : "", mysql_error(g->c));
}

/* ---- statements ---- */

MYSQL_RES *
myconn_query(struct myconn *g, const char *sql, struct err *e)
{
	MYSQL_RES *r = NULL;

	if (mysql_real_query(g->c, sql, strlen(sql)) == 0)
		r = mysql_store_result(g->c);
	if (r == NULL)
		myconn_failed(g, NULL, e);
	return r;
}

int
myconn_run(struct myconn *g, const char *sql, struct err *e)
{
	return mysql_real_query(g->c, sql, strlen(sql)) == 0 ? 0 :
	    myconn_failed(g, NULL, e);
}

void
myconn_put_text(struct buf *sql, struct myconn *g, struct span text)
{
	buf_putc(sql, '\'');
	buf_reserve(sql, 2 * text.n + 1);
	sql->n += mysql_real_escape_string(g->c, sql->p + sql->n, text.p,
	    text.n);
	buf_putc(sql, '\'');
}

/* ---- connecting ---- */

/* Where the server need not be the one that it says it is, no password may
 * be asked for in clear. */
static void
set_tls(struct myconn *g, const struct val *source)
{
	static const char plugins[] = "mysql_native_password,"
	    "mysql_old_password,client_ed25519,caching_sha2_password,"
	    "sha256_password,parsec,auth_gssapi_client";
	my_bool yes = 1, verify = g->url.tls == MYTLS_VERIFIED;

	if (g->url.tls != MYTLS_NONE) {
		mysql_ssl_set(g->c, val_cstr(val_get(source, "key")),
		    val_cstr(val_get(source, "cert")),
		    val_cstr(val_get(source, "ca")), NULL, NULL);
		mysql_optionsv(g->c, MYSQL_OPT_SSL_ENFORCE, &yes);
		mysql_optionsv(g->c, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
		    &verify);
	}
	if (!verify && g->url.socket == NULL)
		mysql_optionsv(g->c, MARIADB_OPT_RESTRICTED_AUTH, plugins);
}

static void
set_options(struct myconn *g, const struct val *source)
{
	unsigned seconds = CONNECT_SECONDS, no = 0;
	unsigned protocol = g->url.socket ? MYSQL_PROTOCOL_SOCKET :
	    MYSQL_PROTOCOL_TCP;

	mysql_optionsv(g->c, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	/* a server could ask for any file of ours */
	mysql_optionsv(g->c, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_optionsv(g->c, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_optionsv(g->c, MYSQL_SET_CHARSET_NAME, texts_are);
	mysql_optionsv(g->c, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
	    "conn");
	set_tls(g, source);
}

/* A server that went away without a word is noticed. */
static void
keep_alive(MYSQL *c)
{
	int fd = mysql_get_socket(c);
	static const struct { int name, value; } opts[] = {
		{ TCP_KEEPIDLE, 60 }, { TCP_KEEPINTVL, 10 },
		{ TCP_KEEPCNT, 6 } };
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	for (size_t i = 0; i < sizeof opts / sizeof *opts; i++)
		setsockopt(fd, IPPROTO_TCP, opts[i].name, &opts[i].value,
		    sizeof opts[i].value);
}

/* The library goes on in clear if it need not verify, whatever it was told. */
static int
check_tls(struct myconn *g, struct err *e)
{
	if (g->url.tls == MYTLS_NONE || mysql_get_ssl_cipher(g->c) != NULL)
		return 0;
	return err_set(e, ST_PERSON, "cannot connect: the server does not "
	    "encrypt");
}

static int
try_connect(void *ctx, const struct request *rq, struct err *e)
{
	struct myconn *g = ctx;

	g->c = mysql_init(NULL);
	if (g->c == NULL)
		return err_set(e, ST_TEMP, "cannot connect: out of memory");
	set_options(g, rq->source);
	if (mysql_real_connect(g->c, g->url.host, g->url.user,
	    val_cstr(val_get(rq->source, "password")), g->url.database,
	    g->url.port, g->url.socket, 0) != NULL) {
		if (g->url.socket == NULL)
			keep_alive(g->c);
		return check_tls(g, e);
	}
	myconn_failed(g, "cannot connect", e);
	mysql_close(g->c);
	g->c = NULL;
	return -1;
}

/* ---- the session ---- */

/* The mode is the server's, which a query may rely on, but for the one that
 * adds blanks to values. net_write_timeout: we may have to wait for whoever
 * reads from us. */
static const char *const settings[] = {
	("sql_mode = TRIM(BOTH ',' FROM REPLACE(CONCAT(',', @@sql_mode, ','), "
	    "',PAD_CHAR_TO_FULL_LENGTH,', ','))"),
	"time_zone = '+00:00'", "autocommit = 1", "sql_auto_is_null = 0",
	"sql_select_limit = 18446744073709551615", "sql_big_selects = 1",
	"net_write_timeout = 31536000", "wait_timeout = 2147483",
	/* of one kind of server only */
	"max_statement_time = 0", "max_execution_time = 0",
	"idle_transaction_timeout = 0",
	"idle_readonly_transaction_timeout = 0", "idle_write_timeout = 0",
	"system_versioning_asof = DEFAULT"
};

static int
apply_settings(struct myconn *g, struct err *e)
{
	static const unsigned unknown[] = { ER_UNKNOWN_SYSTEM_VARIABLE, 0 };
	struct buf sql = { 0 };
	struct err told = { 0 };
	int r = 0;

	for (size_t i = 0; i < sizeof settings / sizeof *settings && r == 0;
	    i++) {
		buf_clear(&sql);
		buf_printf(&sql, "SET SESSION %s", settings[i]);
		r = myconn_run(g, buf_cstr(&sql), &told);
		if (r != 0 && myconn_is(g, unknown))
			r = 0;
	}
	buf_release(&sql);
	if (r != 0)
		*e = told;
	return r;
}

/* What was asked for as the connection was made may have been ignored by the
 * server, or undone by its init_connect. */
static int
set_encoding(struct myconn *g, struct err *e)
{
	return mysql_set_character_set(g->c, texts_are) == 0 ? 0 :
	    myconn_failed(g, NULL, e);
}

static int
wait_for_locks(struct myconn *g, const struct request *rq, struct err *e)
{
	double retry;
	char sql[64];

	if (sqlconnect_retry(rq, &retry, e) != 0)
		return -1;
	snprintf(sql, sizeof sql, "SET SESSION lock_wait_timeout = %d",
	    retry < 1 ? 1 : retry < LOCK_SECONDS_MOST ? (int)retry :
	    LOCK_SECONDS_MOST);
	return myconn_run(g, sql, e);
}

static int
ask_zone(struct myconn *g, struct err *e)
{
	MYSQL_RES *r = myconn_query(g, "SELECT @@session.time_zone", e);
	MYSQL_ROW row = r != NULL ? mysql_fetch_row(r) : NULL;

	if (row != NULL && row[0] != NULL)
		snprintf(g->zone, sizeof g->zone, "%s", row[0]);
	mysql_free_result(r);
	return r != NULL ? 0 : -1;
}

int
myconn_open(struct myconn *g, const struct request *rq, struct err *e)
{
	const struct val *s = rq->source;
	bool secured = val_get(s, "ca") || val_get(s, "cert") ||
	    val_get(s, "key");

	*g = (struct myconn){ 0 };
	if (myurl_read(&g->url, &g->arena, val_cstr(val_get(s, "url")),
	    secured, e) != 0 || sqlconnect(rq, try_connect, g, e) != 0 ||
	    set_encoding(g, e) != 0 || ask_zone(g, e) != 0 ||
	    apply_settings(g, e) != 0)
		return -1;
	return wait_for_locks(g, rq, e);
}

void
myconn_close(struct myconn *g)
{
	if (g->c != NULL)
		mysql_close(g->c);
	g->c = NULL;
	arena_release(&g->arena);
}
