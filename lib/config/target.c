/* SPDX-License-Identifier: MIT */
/* The index section: where documents go, and the name of that place. */
#include <ctype.h>
#include <stdlib.h>

#include "base/opt.h"
#include "base/utf8.h"
#include "config/parts.h"
#include "config/url.h"

enum { BATCH_MAX = 100 << 20 };

static const char type_key[] = PARTS_JSON({
	"properties": {
		"type": { "enum": ["sqlite", "elasticsearch"] }
	}
});

static const char sqlite_keys[] = PARTS_JSON({
	"additionalProperties": false,
	"properties": {
		"type": { "type": "string" },
		"path": { "type": "string", "format": "path" }
	}
});

static const char elasticsearch_keys[] = PARTS_JSON({
	"required": ["url", "name"],
	"additionalProperties": false,
	"properties": {
		"type": { "type": "string" },
		"url": { "type": "string" },
		"name": { "type": "string" },
		"api_key": { "type": "string", "secret": true },
		"user": { "type": "string", "minLength": 1 },
		"password": { "type": "string", "secret": true },
		"bearer": { "type": "string", "secret": true },
		"aws": {
			"type": "object",
			"required": ["region", "key", "secret"],
			"additionalProperties": false,
			"properties": {
				"region": {
					"type": "string",
					"pattern": "^[a-z0-9-]+$"
				},
				"service": {
					"enum": ["es", "aoss"],
					"default": "es"
				},
				"key": { "type": "string", "secret": true },
				"secret": { "type": "string", "secret": true },
				"token": { "type": "string", "secret": true }
			}
		},
		"ca": { "type": "string", "format": "path" },
		"cert": { "type": "string", "format": "path" },
		"key": { "type": "string", "format": "path" },
		"template": { "type": "string", "format": "path" },
		"batch": { "type": "string", "default": "1MiB" },
		"connections": {
			"type": "integer", "minimum": 1, "maximum": 64,
			"default": 2
		},
		"pipeline": { "type": "string", "minLength": 1 },
		"gzip": { "type": "boolean", "default": false },
		"require_alias": { "type": "boolean", "default": false },
		"allow_http": { "type": "boolean", "default": false },
		"retry": { "type": "string", "default": "15m" },
		"timeout": { "type": "string", "default": "5m" }
	}
});

struct target {
	struct config *c;
	struct err *e;
};

/* Secrets are looked at, not fetched; paths become absolute. */
static int
each_value(void *ctx, const struct val *schema, struct val **slot,
    const char *path)
{
	struct target *t = ctx;

	if (schema_secret(schema))
		return secret_check(t->c, *slot, path, t->e);
	return parts_absolute(t->c, schema, slot, path, t->e);
}

/* c->index, checked against these keys and completed. */
static int
check_keys(struct config *c, const char *keys, struct err *e)
{
	const struct val *schema = parts_schema(&c->arena, keys);
	struct target t = { c, e };
	struct schema_fault f;
	struct val *v;

	if (schema_check(schema, c->index, "index", &f) != 0)
		return schema_err(c->file, &f, e);
	v = schema_complete(&c->arena, schema, c->index);
	c->index = v;
	return schema_visit(schema, &v, "index", each_value, &t);
}

/* ---- sqlite ---- */

/* The path as text that survives JSON: bytes that are no UTF-8, control bytes
 * and % as %XX. */
static void
add_path(struct buf *out, const char *path)
{
	size_t n = strlen(path), k;

	for (size_t i = 0; i < n; i += k) {
		unsigned char b = (unsigned char)path[i];

		k = utf8_len(path + i, n - i);
		if (k == 0 || b < 0x20 || b == 0x7f || b == '%') {
			buf_printf(out, "%%%02X", b);
			k = 1;
		} else {
			buf_add(out, path + i, k);
		}
	}
}

static int
find_sqlite(struct config *c, struct err *e)
{
	struct buf id = { 0 };
	const char *path;
	char *dflt;

	if (c->index && check_keys(c, sqlite_keys, e) != 0)
		return -1;
	path = val_cstr(val_get(c->index, "path"));
	if (path == NULL) {
		dflt = xasprintf("%s/%s.db", c->state_dir, c->name);
		path = parts_path(c, span_of(dflt));
		free(dflt);
	}
	c->index_type = INDEX_SQLITE;
	c->index_path = path;
	buf_puts(&id, "sqlite:");
	add_path(&id, path);
	c->index_id = arena_strndup(&c->arena, buf_span(&id));
	buf_release(&id);
	return 0;
}

/* ---- elasticsearch ---- */

/* What Elasticsearch and OpenSearch take as a name; an alias may have
 * capitals. */
static bool
index_name_fits(struct span s, bool alias)
{
	if (s.n == 0 || s.n > 255 || strchr("-_+", s.p[0]) ||
	    span_is(s, ".") || span_is(s, "..") || !utf8_valid(s.p, s.n))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];

		if (b <= 0x20 || b == 0x7f || strchr("\\/*?\"<>|,#:", b) ||
		    (!alias && b >= 'A' && b <= 'Z'))
			return false;
	}
	return true;
}

static int
check_credentials(struct config *c, struct span url, struct err *e)
{
	static const char *const keys[] = {
		"api_key", "bearer", "user", "aws"
	};
	const struct val *user = val_get(c->index, "user");
	const struct val *password = val_get(c->index, "password");
	const struct val *cert = val_get(c->index, "cert");
	const struct val *key = val_get(c->index, "key");
	const char *first = NULL;

	if (user && !password)
		return parts_err(c, c->index, "index", e,
		    "password is missing");
	if (password && !user)
		return parts_err(c, c->index, "index", e, "user is missing");
	if (key && !cert)
		return parts_err(c, c->index, "index", e, "cert is missing");
	if (cert && strncasecmp(url.p, "http:", 5) == 0)
		return parts_err(c, cert, "index.cert", e,
		    "a client certificate needs a URL with https");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct val *v = val_get(c->index, keys[i]);

		if (v && first)
			return parts_err(c, v, "index", e,
			    "%s and %s: only one of them", first, keys[i]);
		first = v ? keys[i] : first;
	}
	if (first && url_in_clear(url) &&
	    !val_bool(val_get(c->index, "allow_http"), false))
		return parts_err(c, val_get(c->index, "url"), "index.url", e,
		    "credentials would go over http in the clear; "
		    "use https, or set allow_http: true");
	return 0;
}

static int
check_numbers(struct config *c, struct err *e)
{
	const struct val *batch = val_get(c->index, "batch");
	const struct val *retry = val_get(c->index, "retry");
	const struct val *timeout = val_get(c->index, "timeout");
	uint64_t size;
	double seconds;

	if (!opt_size(batch->str, &size) || size == 0 || size > BATCH_MAX)
		return parts_err(c, batch, "index.batch", e,
		    "must be a size up to 100MiB, such as 1MiB");
	if (!opt_duration(retry->str, &seconds))
		return parts_err(c, retry, "index.retry", e,
		    "must be a number and a unit (ms s m h d), such as 15m");
	if (!opt_duration(timeout->str, &seconds) || seconds <= 0)
		return parts_err(c, timeout, "index.timeout", e,
		    "must be a number above 0 and a unit (ms s m h d), such "
		    "as 5m");
	return 0;
}

static void
add_lower(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_putc(out, (char)tolower((unsigned char)s.p[i]));
}

/* Scheme and host in lower case, the port unless it is the scheme's own, the
 * path without slashes at its end, the name. */
static void
make_id(struct config *c, const struct url *u, struct span name)
{
	struct span path = u->path;
	struct buf id = { 0 };

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	buf_puts(&id, "elasticsearch:");
	add_lower(&id, u->scheme);
	buf_puts(&id, "://");
	add_lower(&id, u->host);
	if (u->port.n > 0 &&
	    !span_is(u->port, u->scheme.n == 5 ? "443" : "80")) {
		buf_putc(&id, ':');
		buf_add_span(&id, u->port);
	}
	buf_add_span(&id, path);
	buf_putc(&id, '/');
	buf_add_span(&id, name);
	c->index_id = arena_strndup(&c->arena, buf_span(&id));
	buf_release(&id);
}

static int
check_url(struct config *c, const struct val *v, struct url *u,
    struct err *e)
{
	bool good = url_parse(v->str, u);

	if (url_holds_password(v->str))
		return parts_err(c, v, "index.url", e,
		    "a password in a URL; use user and password");
	if (!good || (strncasecmp(u->scheme.p, "https:", 6) != 0 &&
	    strncasecmp(u->scheme.p, "http:", 5) != 0))
		return parts_err(c, v, "index.url", e,
		    "must be a URL such as https://host:9200");
	if (u->has_user)
		return parts_err(c, v, "index.url", e,
		    "a user in a URL; use user and password");
	if (u->has_query)
		return parts_err(c, v, "index.url", e,
		    "must not have a query or a fragment");
	return 0;
}

static int
find_elasticsearch(struct config *c, struct err *e)
{
	const struct val *url, *name;
	struct url u;

	if (check_keys(c, elasticsearch_keys, e) != 0)
		return -1;
	url = val_get(c->index, "url");
	name = val_get(c->index, "name");
	if (check_url(c, url, &u, e) != 0 ||
	    check_credentials(c, url->str, e) != 0 ||
	    check_numbers(c, e) != 0)
		return -1;
	if (!index_name_fits(name->str,
	    val_bool(val_get(c->index, "require_alias"), false)))
		return parts_err(c, name, "index.name", e,
		    "not a name that an index can have");
	c->index_type = INDEX_ELASTICSEARCH;
	make_id(c, &u, name->str);
	return 0;
}

int
parts_index(struct config *c, struct err *e)
{
	const struct val *schema = parts_schema(&c->arena, type_key);
	struct schema_fault f;

	c->index = val_get(c->root, "index");
	if (c->index && schema_check(schema, c->index, "index", &f) != 0)
		return schema_err(c->file, &f, e);
	if (span_is(val_str(val_get(c->index, "type")), "elasticsearch"))
		return find_elasticsearch(c, e);
	return find_sqlite(c, e);
}
