/* SPDX-License-Identifier: MIT */
/*
 * A state file: what is not as it was written is refused; what was read is
 * written and read again as the same state. The input is a file without its
 * sum, which is added; after a first byte that is none, it is the whole file.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "stream/state.h"
#include "temp.h"

static void
put(struct span text)
{
	int fd = open("w.state", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		die(ST_TEMP, "w.state: %s", strerror(errno));
	close(fd);
}

static void
add_sum(struct buf *b)
{
	char hex[HASH_HEX + 1];

	if (b->n > 0 && b->p[b->n - 1] == '\n')
		b->n--;
	if (b->n > 0 && b->p[b->n - 1] == '}')
		b->n--;
	buf_putc(b, '}');
	hash_hex(hash128(b->p, b->n), hex);
	b->n--;
	buf_printf(b, ",\"sum\":\"%s\"}\n", hex);
}

static void
same_text(const char *a, const char *b)
{
	MUST((a == NULL) == (b == NULL) && (a == NULL || streq(a, b)));
}

static void
same_state(const struct state *a, const struct state *b)
{
	same_text(a->uuid, b->uuid);
	same_text(a->config, b->config);
	same_text(a->run, b->run);
	same_text(a->started, b->started);
	MUST(val_same(a->streams, b->streams) && a->nretry == b->nretry);
	for (size_t i = 0; i < a->nretry; i++) {
		struct span id = span_of(a->retry[i].id);

		same_text(a->retry[i].id, b->retry[i].id);
		MUST(i == 0 ||
		    strcmp(a->retry[i - 1].id, a->retry[i].id) < 0);
		MUST(state_retry_has(b, id));
		MUST(state_retry_removes(a, id) == state_retry_removes(b, id));
	}
	for (size_t i = 0; i < a->streams->n; i++)
		MUST(state_value_fault(a->streams->members[i].value) == NULL);
}

static void
write_again(struct state *s)
{
	struct state again;
	struct err e;

	MUST(state_save(s, &e) == 0);
	MUST(state_load(&again, "w.state", "w", "i", &e) == 0 && again.found);
	same_state(s, &again);
	state_release(&again);
}

/* Another byte anywhere, or one less: refused. */
static void
damage(struct buf *b, unsigned at)
{
	struct state s;
	struct err e;

	b->p[at % b->n] ^= (char)(1 << at % 8);
	put(buf_span(b));
	MUST(state_load(&s, "w.state", "w", "i", &e) < 0 && !s.found);
	MUST(e.status == ST_PERSON);
	state_release(&s);
	b->p[at % b->n] ^= (char)(1 << at % 8);
	put((struct span){ b->p, at % b->n });
	MUST(state_load(&s, "w.state", "w", "i", &e) < 0 && !s.found);
	state_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { 0 };
	struct state s;
	struct err e = { 0 };

	if (temp_dir[0] == '\0')
		temp_enter();
	buf_add(&b, p, n);
	if (n > 0 && p[0] == '{')
		add_sum(&b);
	put(buf_span(&b));
	if (state_load(&s, "w.state", "w", "i", &e) < 0) {
		MUST(e.status == ST_PERSON);
	} else if (s.found) {
		damage(&b, (unsigned)hash128(p, n).lo);
		put(buf_span(&b));
		write_again(&s);
	}
	state_release(&s);
	buf_release(&b);
	return 0;
}
