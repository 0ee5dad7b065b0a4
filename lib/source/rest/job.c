/* SPDX-License-Identifier: MIT */
#include "source/rest/job.h"

#include <stdlib.h>

#include "base/mem.h"

void
jobs_init(struct jobs *js)
{
	*js = (struct jobs){ 0 };
	js->tail = &js->head;
}

static unsigned *
count(struct jobs *js, enum job_state state)
{
	return state == JOB_QUEUED ? &js->queued :
	    state == JOB_ACTIVE ? &js->active : &js->done;
}

void
jobs_move(struct jobs *js, struct job *j, enum job_state state)
{
	--*count(js, j->state);
	++*count(js, state);
	j->state = state;
}

/* ---- one ---- */

void
job_bare(struct job *j)
{
	if (j->credentials != NULL)
		explicit_bzero(j->credentials, strlen(j->credentials));
	free(j->credentials);
	j->credentials = NULL;
	j->rq.n = j->own;
}

void
job_credentials(struct job *j, const char *name, const char *value)
{
	/* ours to write to: jobs_add made it, with room for this one */
	struct http_field *fields = (struct http_field *)j->rq.fields;

	job_bare(j);
	j->credentials = xstrdup(value);
	fields[j->rq.n++] = (struct http_field){ name, j->credentials };
}

static void
job_free(struct job *j)
{
	job_bare(j);
	free((void *)j->rq.fields);
	buf_release(&j->text);
	http_reply_release(&j->reply);
	free(j);
}

/* ---- what a request is ---- */

static void
put(struct buf *out, const char *s)
{
	if (s != NULL)
		buf_puts(out, s);
	buf_putc(out, '\0');
}

/* Each piece ends in a NUL, so that no two requests give the same text. */
static void
write_text(struct buf *out, const struct fetch_request *rq)
{
	put(out, rq->url);
	put(out, rq->method);
	put(out, rq->type);
	for (size_t i = 0; i < rq->n; i++) {
		put(out, rq->fields[i].name);
		put(out, rq->fields[i].value);
	}
	buf_putc(out, '\0');
	buf_add_span(out, rq->body);
	buf_pad(out);
}

static const char *
take(const char **p)
{
	const char *s = *p;

	*p += strlen(s) + 1;
	return s;
}

static void
view(struct job *j, const struct fetch_request *rq)
{
	struct http_field *fields = xcalloc(rq->n + 1, sizeof *fields);
	const char *p = j->text.p;

	j->rq.url = take(&p);
	j->rq.method = take(&p);
	j->rq.type = take(&p);
	if (rq->type == NULL)
		j->rq.type = NULL;
	j->rq.fields = fields;
	for (size_t i = 0; i < rq->n; i++) {
		struct http_field h;

		h.name = take(&p);
		h.value = take(&p);
		/* a signature counts it in */
		if (j->rq.type != NULL &&
		    strcasecmp(h.name, "Content-Type") == 0)
			j->rq.type = h.value;
		else
			fields[j->own++] = h;
	}
	j->rq.n = j->own;
	j->rq.body = (struct span){ p + 1, rq->body.n };
}

/* ---- all ---- */

struct job *
jobs_add(struct jobs *js, const struct fetch_request *rq)
{
	struct job *j = xcalloc(1, sizeof *j);

	write_text(&j->text, rq);
	view(j, rq);
	*js->tail = j;
	js->tail = &j->next;
	js->queued++;
	return j;
}

struct job *
jobs_find(const struct jobs *js, const struct fetch_request *rq)
{
	struct buf text = { 0 };
	struct job *j = js->head;

	if (j == NULL)
		return NULL;
	write_text(&text, rq);
	while (j != NULL && !span_eq(buf_span(&text), buf_span(&j->text)))
		j = j->next;
	buf_release(&text);
	return j;
}

struct job *
jobs_first(const struct jobs *js, enum job_state state)
{
	struct job *j = js->head;

	while (j != NULL && j->state != state)
		j = j->next;
	return j;
}

void
jobs_drop(struct jobs *js, struct job *j)
{
	struct job **at = &js->head;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	if (js->tail == &j->next)
		js->tail = at;
	--*count(js, j->state);
	job_free(j);
}

void
jobs_release(struct jobs *js)
{
	while (js->head != NULL)
		jobs_drop(js, js->head);
}
