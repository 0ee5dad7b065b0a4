/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"
#include "json/text.h"
#include "stream/control.h"

const char *
mode_name(enum mode m)
{
	static const char *const names[] = { [MODE_LOAD] = "load",
		[MODE_POLL] = "poll", [MODE_SLIM] = "slim",
		[MODE_INDEX] = "index", [MODE_DIFF] = "diff" };

	return names[m];
}

void
proof_add(struct proof *p, enum rec_kind kind, struct span name)
{
	switch (kind) {
	case REC_DOC: p->documents++; break;
	case REC_ID: p->ids++; break;
	case REC_DELETE: p->deletes++; break;
	case REC_FAIL: p->fails++; break;
	default: return;
	}
	if (name.n > 0)
		hash_add(&p->digest, hash128(name.p, name.n));
}

bool
proof_eq(const struct proof *a, const struct proof *b)
{
	return a->documents == b->documents && a->ids == b->ids &&
	    a->deletes == b->deletes && a->fails == b->fails &&
	    hash_eq(a->digest, b->digest);
}

static void
put_count(struct buf *out, const char *name, uint64_t n)
{
	json_put_key(out, name);
	json_put_u64(out, n);
}

void
proof_write(struct buf *out, const struct proof *p)
{
	char hex[HASH_HEX + 1];

	put_count(out, "documents", p->documents);
	put_count(out, "ids", p->ids);
	put_count(out, "deletes", p->deletes);
	put_count(out, "fails", p->fails);
	hash_hex(p->digest, hex);
	json_put_key(out, "digest");
	json_put_cstring(out, hex);
}

const char *
name_fault(struct span s)
{
	if (s.n == 0)
		return "is empty";
	if (s.n > STREAM_ID_MAX)
		return "is longer than 512 bytes";
	if (memchr(s.p, '\0', s.n) != NULL)
		return "holds a NUL";
	return NULL;
}

const char *
id_fault(struct span id)
{
	const char *fault = name_fault(id);

	if (fault == NULL && !utf8_valid(id.p, id.n))
		return "is not UTF-8";
	return fault;
}

bool
id_of_source(struct span id, struct span source)
{
	return id.n > source.n && span_starts(id, source) &&
	    id.p[source.n] == ':';
}
