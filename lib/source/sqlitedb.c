/* SPDX-License-Identifier: MIT */
#include "source/sqlitedb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_passing(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_NOMEM:
	case SQLITE_PROTOCOL:
	case SQLITE_INTERRUPT:
	case SQLITE_SCHEMA:
		return true;
	default:
		return code == SQLITE_IOERR_NOMEM;
	}
}

/* Is the database in write-ahead mode? Its header says so. */
static bool
is_wal(const char *path)
{
	char head[20] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);

	if (fd >= 0)
		close(fd);
	return n == sizeof head && head[18] == 2;
}

/* What a person can do about it, or NULL. */
static const char *
advice(int code, const char *path)
{
	if ((code & 0xff) != SQLITE_CANTOPEN &&
	    (code & 0xff) != SQLITE_READONLY)
		return NULL;
	if (is_wal(path))
		return "it is in WAL mode, whose readers must be able to "
		    "write to its folder";
	if (code == SQLITE_READONLY_ROLLBACK)
		return "a writer that died left a journal; open it once with "
		    "the right to write";
	return NULL;
}

int
sqlitedb_failed(const struct sqlitedb *db, struct err *e)
{
	int code = sqlite3_extended_errcode(db->h);
	const char *why = advice(code, db->path);

	return err_set(e, is_passing(code) ? ST_TEMP : ST_PERSON,
	    "%s: %s%s%s", db->path, sqlite3_errmsg(db->h), why ? ": " : "",
	    why ? why : "");
}

/* The one who may only read is told why not by open(2), not by SQLite. */
static int
check_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return err_set(e, errno_temporary(errno) ? ST_TEMP :
		    ST_PERSON, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ST_PERSON, "%s: not a file", path);
	return 0;
}

static int
run(struct sqlitedb *db, const char *sql, struct err *e)
{
	return sqlite3_exec(db->h, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    sqlitedb_failed(db, e);
}

/* The file is somebody else's: nothing in it may make us do more than read. */
static void
restrain(sqlite3 *h)
{
	sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, NULL);
	/* "x" that is no column is an error, not the text x */
	sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_limit(h, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(h, SQLITE_LIMIT_WORKER_THREADS, 0);
}

/* The functions that always give the same for the same arguments; what dates
 * and times give depends on those. */
static bool
is_steady(const char *name)
{
	static const char *const steady[] = { "abs", "avg", "ceil", "char",
		"coalesce", "concat", "concat_ws", "conn_wanted",
		"count", "exp", "floor",
		"format", "glob", "group_concat", "hex", "ifnull", "iif",
		"instr", "json", "json_array", "json_array_length",
		"json_extract", "json_group_array", "json_group_object",
		"json_object", "json_quote", "json_type", "json_valid", "->",
		"->>", "length", "like", "likelihood", "likely", "ln", "log",
		"lower", "ltrim", "max", "min", "mod", "nullif", "octet_length",
		"pow", "power", "printf", "quote", "rank", "replace", "round",
		"row_number", "rtrim", "sign", "sqrt", "string_agg", "substr",
		"substring", "subtype", "sum", "total", "trim", "typeof",
		"unhex", "unicode", "unlikely", "upper", "zeroblob" };

	for (size_t i = 0; i < sizeof steady / sizeof *steady; i++)
		if (sqlite3_stricmp(name, steady[i]) == 0)
			return true;
	return false;
}

/* What a user's query may do, and what any statement depends on. */
static int
authorize(void *ctx, int action, const char *a, const char *b, const char *c,
    const char *d)
{
	struct sqlitedb *db = ctx;

	(void)a;
	(void)c;
	(void)d;
	if (action == SQLITE_FUNCTION && !is_steady(b))
		db->wavers = true;
	if (!db->query)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_FUNCTION:
		return sqlite3_stricmp(b, "load_extension") == 0 ?
		    SQLITE_DENY : SQLITE_OK;
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

int
sqlitedb_open(struct sqlitedb *db, const char *path, double wait,
    struct err *e)
{
	*db = (struct sqlitedb){ .path = path };
	if (check_file(path, e) != 0)
		return -1;
	if (sqlite3_open_v2(path, &db->h, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
		return sqlitedb_failed(db, e);
	restrain(db->h);
	sqlite3_set_authorizer(db->h, authorize, db);
	sqlite3_busy_timeout(db->h,
	    wait < 2e6 ? (int)(wait * 1e3) : 2000000000);
	/* the transaction begins with its first read */
	if (run(db, "PRAGMA cell_size_check=1; PRAGMA query_only=1; BEGIN", e)
	    != 0)
		return -1;
	return run(db, "SELECT count(*) FROM sqlite_schema", e);
}

void
sqlitedb_close(struct sqlitedb *db)
{
	sqlite3_close(db->h);
	db->h = NULL;
}

bool
sqlitedb_is_wal(struct sqlitedb *db)
{
	sqlite3_stmt *q = NULL;
	bool wal = true;

	if (sqlite3_prepare_v2(db->h, "PRAGMA journal_mode", -1, &q, NULL) ==
	    SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		wal = sqlite3_stricmp((const char *)sqlite3_column_text(q, 0),
		    "wal") == 0;
	sqlite3_finalize(q);
	return wal;
}

int
sqlitedb_prepare(struct sqlitedb *db, const char *sql, sqlite3_stmt **out,
    struct err *e)
{
	return sqlite3_prepare_v2(db->h, sql, -1, out, NULL) == SQLITE_OK ?
	    0 : sqlitedb_failed(db, e);
}

static int
bad_query(const struct sqlitedb *db, const struct sqlstream *s, struct err *e)
{
	int code = sqlite3_errcode(db->h);

	if (code == SQLITE_AUTH)
		return sqlstream_wrong(s, e, "query: only a SELECT is allowed");
	if (code == SQLITE_ERROR)
		return sqlstream_wrong(s, e, "query: %s",
		    sqlite3_errmsg(db->h));
	return sqlitedb_failed(db, e);
}

/* Is there a statement in what follows the first? Blanks and comments are
 * none. */
static bool
goes_on(struct sqlitedb *db, const char *tail)
{
	sqlite3_stmt *more = NULL;
	int r = sqlite3_prepare_v2(db->h, tail, -1, &more, NULL);

	sqlite3_finalize(more);
	return r != SQLITE_OK || more != NULL;
}

int
sqlitedb_prepare_query(struct sqlitedb *db, const struct sqlstream *s,
    sqlite3_stmt **out, struct err *e)
{
	const char *tail = "";
	int r;

	db->query = true;
	r = sqlite3_prepare_v2(db->h, s->query, -1, out, &tail);
	if (r != SQLITE_OK)
		r = bad_query(db, s, e);
	else if (goes_on(db, tail))
		r = sqlstream_wrong(s, e, "query: more than one statement");
	else if (*out == NULL || !sqlite3_stmt_readonly(*out) ||
	    sqlite3_column_count(*out) == 0)
		r = sqlstream_wrong(s, e, "query: only a SELECT is allowed");
	else if (sqlite3_bind_parameter_count(*out) > 0)
		r = sqlstream_wrong(s, e, "query: it has parameters");
	db->query = false;
	return r == 0 ? 0 : -1;
}
