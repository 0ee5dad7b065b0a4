/* SPDX-License-Identifier: MIT */
/* What a complete listing no longer has: found, counted, deleted. */
#include <errno.h>
#include <unistd.h>

#include "base/sig.h"
#include "stream/diff.h"

enum {
	WINDOW = 32 << 10,      /* read at once where KNOWN is read again */
	SHOWN = 20,             /* ids in the fuse's message */
	TEXT = 960              /* of that message, so that a line holds it */
};

/* KNOWN once more, line by line at their offsets. */
struct again {
	struct diff *d;
	struct buf b;
	uint64_t at;            /* offset of b.p[0] */
	struct record_parser parser;
};

/* Fills the window from offset on, with at least n bytes where they exist. */
static int
refill(struct again *a, uint64_t offset, size_t n, struct err *e)
{
	buf_clear(&a->b);
	buf_reserve(&a->b, n);
	a->at = offset;
	while (a->b.n < n) {
		ssize_t k = pread(a->d->known_fd, a->b.p + a->b.n, n - a->b.n,
		    (off_t)(offset + a->b.n));

		if (k < 0 && errno == EINTR && !sig_stop)
			continue;
		if (k < 0)
			return err_set(e, ST_PERSON, "%s: %s",
			    a->d->known_place, strerror(errno));
		if (k == 0)
			break;
		a->b.n += (size_t)k;
	}
	buf_pad(&a->b);
	return 0;
}

/* The line at offset; n = 0 if there is none. */
static int
line_at(struct again *a, uint64_t offset, struct span *line, struct err *e)
{
	size_t want = WINDOW;

	for (;; want *= 4) {
		const char *from = NULL, *nl = NULL;

		if (offset >= a->at && offset < a->at + a->b.n) {
			from = a->b.p + (offset - a->at);
			nl = memchr(from, '\n',
			    a->b.n - (size_t)(offset - a->at));
		}
		*line = (struct span){ from, nl ? (size_t)(nl - from) : 0 };
		if (nl != NULL || want > 4 * (size_t)STREAM_LINE_MAX)
			return 0;
		if (refill(a, offset, want, e) < 0)
			return -1;
	}
}

/* The id of an entry. It was hashed when the file was read first: a file that
 * changed meanwhile is noticed, whatever stands there now. */
static int
id_of(struct again *a, const struct known_entry *k, struct span *id,
    struct err *e)
{
	struct err unused;
	struct span line;
	struct rec r;

	if (line_at(a, known_offset(k), &line, e) < 0)
		return -1;
	if (line.n == 0 || record_parse(&a->parser, line, &r, &unused) <= 0 ||
	    r.kind != REC_ID || known_key(&a->d->table, r.id) != k->key)
		return err_set(e, ST_TEMP, "%s changed while it was read",
		    a->d->known_place);
	*id = r.id;
	return 0;
}

/* Marks what a prefix protects; counts the rest. */
static int
count(struct again *a, struct known_entry *v, uint64_t *n, struct err *e)
{
	struct prefixes *p = &a->d->prefixes;
	struct span id;

	*n = 0;
	for (size_t i = 0; i < a->d->table.n; i++) {
		if (known_marked(&v[i], KNOWN_PASSED))
			continue;
		if (p->n > 0) {
			if (sig_stop || id_of(a, &v[i], &id, e) < 0)
				return -1;
			if (prefix_has(p, id)) {
				known_set(&v[i], KNOWN_PASSED);
				continue;
			}
		}
		++*n;
	}
	return 0;
}

/* The first ids, as many as the message has room for. */
static int
first_ids(struct again *a, const struct known_entry *v, uint64_t n,
    size_t room, struct buf *out, struct err *e)
{
	char text[4 * STREAM_ID_MAX + 1];
	unsigned shown = 0;
	struct span id;

	for (size_t i = 0; i < a->d->table.n && shown < SHOWN; i++) {
		if (known_marked(&v[i], KNOWN_PASSED))
			continue;
		if (id_of(a, &v[i], &id, e) < 0)
			return -1;
		msg_clean(text, sizeof text, id);
		if (out->n + strlen(text) + 2 > room)
			break;
		buf_printf(out, "%s%s", shown > 0 ? ", " : "", text);
		shown++;
	}
	if (shown < n)
		buf_printf(out, "%s\xe2\x80\xa6", shown > 0 ? ", " : "");
	return 0;
}

static int
blow(struct again *a, const struct known_entry *v, uint64_t n, struct err *e)
{
	const char *advice = a->d->listed ? "--max-delete to allow" :
	    "the source listed nothing; --allow-empty to allow";
	struct buf b = { 0 };
	int r;

	buf_printf(&b, "%llu of %llu known documents would be deleted; first: ",
	    (unsigned long long)n, (unsigned long long)a->d->nknown);
	r = first_ids(a, v, n, TEXT - strlen(advice), &b, e);
	if (r == 0)
		err_set(e, ST_SAFETY, "%s; %s", buf_cstr(&b), advice);
	buf_release(&b);
	return -1;
}

static int
write_deletes(struct again *a, const struct known_entry *v, struct err *e)
{
	struct diff *d = a->d;
	struct span id;

	for (size_t i = 0; i < d->table.n; i++) {
		bool protected = known_marked(&v[i], KNOWN_PASSED);

		if (protected && d->o->explain == NULL)
			continue;
		if (sig_stop || id_of(a, &v[i], &id, e) < 0)
			return -1;
		if (d->o->explain != NULL)
			d->o->explain(id, protected ? "protected" : "absent");
		if (protected)
			continue;
		writer_delete(d->out, id, "absent");
		d->deletes++;
	}
	return 0;
}

static int
delete_absent(struct diff *d, struct err *e)
{
	struct known_entry *v = known_unseen(&d->table);
	struct again a = { .d = d };
	uint64_t n;
	int r = count(&a, v, &n, e);

	if (r == 0 && fuse_blown(&d->o->fuse, d->listed, n, d->nknown))
		r = blow(&a, v, n, e);
	if (r == 0)
		r = write_deletes(&a, v, e);
	record_parser_release(&a.parser);
	buf_release(&a.b);
	return r;
}

int
diff_finish(struct diff *d, struct err *e)
{
	const struct begin *b = &d->in->begin;

	if (!d->in->complete)
		return 0;
	if (b->all && (b->mode == MODE_LOAD || b->mode == MODE_SLIM) &&
	    delete_absent(d, e) < 0)
		return -1;
	held_write(&d->held, d->out);
	return 0;
}
