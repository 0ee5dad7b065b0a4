/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/opt.h"
#include "config/parts.h"
#include "config/type.h"
#include "config/yaml.h"

enum { STREAMS_MAX = 1000 };

/* The keys that are ours; a driver's own are checked by config_source. */
static const char own_keys[] = PARTS_JSON({
	"type": "object",
	"required": ["source"],
	"additionalProperties": false,
	"properties": {
		"name": { "type": "string" },
		"state": { "type": "string" },
		"source": {
			"type": "object",
			"required": ["type"],
			"properties": {
				"type": { "type": "string" },
				"timeout": { "type": "string" },
				"rate": { "type": "string" },
				"overlap": { "type": "string" },
				"retry": { "type": "string" }
			}
		},
		"interval": { "type": "string" },
		"streams": {
			"type": "array",
			"items": {
				"type": "object",
				"required": ["name"],
				"properties": {
					"name": {
						"type": "string",
						"minLength": 1
					}
				}
			}
		},
		"rules": {
			"type": "array",
			"items": { "type": "object" }
		},
		"map": { "type": "string", "minLength": 1 },
		"patches": { "type": "string", "minLength": 1 },
		"max_delete": { "type": "string" },
		"index": { "type": "object" }
	}
});

/* ---- reading ---- */

static int
read_text(struct config *c, struct buf *b, struct err *e)
{
	bool in = streq(c->file, "-");
	int fd = in ? STDIN_FILENO : open(c->file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return err_set(e, ST_USAGE, "%s: %s", c->file, strerror(errno));
	r = fstat(fd, &st);
	c->exposed = r == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0044);
	if (r == 0)
		r = file_read_fd(fd, CONFIG_MAX, b);
	if (r != 0)
		err_set(e, ST_USAGE, "%s: %s", c->file, errno == EFBIG ?
		    "larger than 1 MiB" : strerror(errno));
	if (!in)
		close(fd);
	return r;
}

static void
find_dir(struct config *c)
{
	char *dir = streq(c->file, "-") ? xstrdup(".") :
	    file_dirname(c->file);
	char *abs = file_absolute(dir);

	c->dir = arena_strndup(&c->arena, span_of(abs));
	free(dir);
	free(abs);
}

/* ---- name ---- */

static bool
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* [a-z0-9][a-z0-9._-]{0,63} */
static bool
name_fits(struct span s)
{
	if (s.n == 0 || s.n > 64 || !letter_or_digit(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!letter_or_digit(s.p[i]) && s.p[i] != '.' &&
		    s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

/* The file's name without its folder and its last suffix. */
static struct span
file_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	const char *dot = strrchr(base, '.');

	return (struct span){ base,
		dot ? (size_t)(dot - base) : strlen(base) };
}

static void
find_owner(struct config *c)
{
	char *real = realpath(c->file, NULL);
	struct stat st;

	if (real != NULL && stat(real, &st) == 0 && S_ISREG(st.st_mode))
		c->owner = arena_strndup(&c->arena, span_of(real));
	free(real);
}

static int
find_name(struct config *c, struct err *e)
{
	static const char form[] =
	    "1 to 64 of a-z 0-9 . _ - that begin with a letter or a digit";
	const struct val *v = val_get(c->root, "name");
	struct span s = v ? type_text(v) : file_name(c->file);

	if (v == NULL && streq(c->file, "-"))
		return parts_err(c, c->root, "", e, "name is missing");
	if (!name_fits(s) && v)
		return parts_err(c, v, "name", e, "must be %s", form);
	if (!name_fits(s))
		return parts_err(c, c->root, "", e, "name is missing, and the "
		    "file's own is not %s", form);
	c->name = arena_strndup(&c->arena, s);
	if (v == NULL)
		find_owner(c);
	return 0;
}

int
config_owns(const struct config *c, const char *owner, struct err *e)
{
	struct stat ours, theirs;

	if (owner == NULL || c->owner == NULL || streq(owner, c->owner) ||
	    stat(owner, &theirs) != 0 || stat(c->owner, &ours) != 0 ||
	    (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino))
		return 0;
	return config_err(c, c->root, e, "name is missing, and %s is that of "
	    "%s, too", c->name, owner);
}

/* ---- values ---- */

static bool
type_name_fits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!letter_or_digit(s.p[i]) && (i == 0 || s.p[i] != '-'))
			return false;
	return s.n > 0 && s.n <= 64 && s.p[0] >= 'a';
}

static int
duration(struct config *c, const struct val *in, const char *path,
    const char *key, double dflt, double *out, struct err *e)
{
	const struct val *v = val_get(in, key);

	*out = dflt;
	if (v == NULL || opt_duration(type_text(v), out))
		return 0;
	return parts_err(c, v, path, e, DURATION_WORDS);
}

bool
rate_parse(struct span s, double *out)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	struct span count = { s.p, slash ? (size_t)(slash - s.p) : s.n };
	double per = 1, n = 0;

	if (count.n == 0 || count.n > 9)
		return false;
	for (size_t i = 0; i < count.n; i++) {
		if (count.p[i] < '0' || count.p[i] > '9')
			return false;
		n = n * 10 + (count.p[i] - '0');
	}
	if (slash) {
		struct span unit = { slash + 1, s.n - count.n - 1 };
		char one[16] = "1";

		if (unit.n == 0 || unit.n > 12)
			return false;
		memcpy(one + 1, unit.p, unit.n);
		if (!opt_duration(unit, &per) &&
		    !opt_duration((struct span){ one, unit.n + 1 }, &per))
			return false;
	}
	*out = per > 0 ? n / per : 0;
	return n > 0 && per > 0;
}

bool
max_delete_parse(struct span s, struct max_delete *out)
{
	bool percent = s.n > 1 && s.p[s.n - 1] == '%';
	size_t n = s.n - percent;
	uint64_t v = 0;

	if (n == 0 || n > 18)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (percent && v > 100)
		return false;
	*out = (struct max_delete){ true, percent, v };
	return true;
}

static int
find_values(struct config *c, struct err *e)
{
	const struct val *rate = val_get(c->source, "rate");
	const struct val *max = val_get(c->root, "max_delete");
	const struct val *type = val_get(c->source, "type");

	if (!type_name_fits(type_text(type)))
		return parts_err(c, type, "source.type", e,
		    "must be lower-case letters, digits and -");
	c->type = type->str.p;
	if (duration(c, c->source, "source.timeout", "timeout", 3600,
	        &c->timeout, e) != 0 ||
	    duration(c, c->source, "source.overlap", "overlap", 600,
	        &c->overlap, e) != 0 ||
	    duration(c, c->source, "source.retry", "retry", 600,
	        &c->retry, e) != 0 ||
	    duration(c, c->root, "interval", "interval", 0,
	        &c->interval, e) != 0)
		return -1;
	if (c->timeout <= 0)
		return parts_err(c, val_get(c->source, "timeout"),
		    "source.timeout", e, "must be more than 0");
	if (rate && !rate_parse(type_text(rate), &c->rate))
		return parts_err(c, rate, "source.rate", e, RATE_WORDS);
	if (max && !max_delete_parse(type_text(max), &c->max_delete))
		return parts_err(c, max, "max_delete", e,
		    "must be a number or a percentage, such as 500 or 40%%");
	return 0;
}

static int
check_streams(struct config *c, struct err *e)
{
	const struct val *list = c->streams;
	char path[SCHEMA_PATH];

	if (list && list->n > STREAMS_MAX)
		return parts_err(c, list, "streams", e,
		    "must have at most %d items", STREAMS_MAX);
	for (size_t i = 0; list && i < list->n; i++) {
		const struct val *name = val_get(list->items[i], "name");

		for (size_t j = 0; j < i; j++) {
			const struct val *other = val_get(list->items[j],
			    "name");

			if (!span_eq(type_text(name), type_text(other)))
				continue;
			schema_path_item(path, "streams", i);
			return parts_err(c, name, path, e,
			    "a second stream of this name");
		}
	}
	return 0;
}

/* ---- patches ---- */

static int
find_patches(struct config *c, struct err *e)
{
	const struct val *v = val_get(c->root, "patches");
	const struct val *minutes;
	const char *dir;
	struct stat st;

	if (v == NULL)
		return 0;
	dir = parts_path(c, v->str);
	if (stat(dir, &st) != 0)
		return parts_err(c, v, "patches", e, "%s: %s", dir,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return parts_err(c, v, "patches", e, "%s: not a folder", dir);
	if (patches_read(&c->arena, dir, &c->patches, e) != 0)
		return -1;
	minutes = c->patches->files[PATCH_INTERVAL].root;
	if (minutes != NULL && val_get(c->root, "interval") == NULL)
		c->interval = 60 * strtod(minutes->str.p, NULL);
	return 0;
}

/* ---- all of it ---- */

static int
check_root(struct config *c, struct err *e)
{
	const struct val *schema = parts_schema(&c->arena, own_keys);
	struct schema_fault f;

	if (schema_check(schema, c->root, "", &f) != 0)
		return schema_err(c->file, &f, e);
	/* from here on a scalar that must be a string is one */
	c->root = schema_complete(&c->arena, schema, c->root);
	c->source = val_get(c->root, "source");
	c->streams = val_get(c->root, "streams");
	c->rules = val_get(c->root, "rules");
	c->map = val_get(c->root, "map");
	return 0;
}

static int
load(struct config *c, struct span text, struct err *e)
{
	c->root = yaml_parse(&c->arena, text, CONFIG_DEPTH, c->file, e);
	if (c->root == NULL || check_root(c, e) != 0 ||
	    find_name(c, e) != 0 || find_values(c, e) != 0 ||
	    check_streams(c, e) != 0 || parts_state(c, e) != 0 ||
	    find_patches(c, e) != 0)
		return -1;
	return parts_index(c, e);
}

int
config_load(struct config *c, const char *operand, struct err *e)
{
	struct buf text = { 0 };
	int r;

	*c = (struct config){ 0 };
	c->file = arena_strndup(&c->arena, span_of(operand));
	find_dir(c);
	r = read_text(c, &text, e);
	if (r == 0)
		r = load(c, buf_span(&text), e);
	buf_release(&text);
	return r;
}

void
config_release(struct config *c)
{
	arena_release(&c->arena);
	*c = (struct config){ 0 };
}
