/* SPDX-License-Identifier: MIT */
#include "source/airbyte/connector.h"

#include <errno.h>
#include <stdlib.h>

enum { LEVELS = 1024 };

static int
write_config(struct connector *c, struct err *e)
{
	struct buf b = { 0 };

	val_write(&b, c->settings.config);
	free(c->config_path);
	c->config_path = folder_put(&c->folder, "config.json", buf_span(&b),
	    e);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	return c->config_path != NULL ? 0 : -1;
}

int
connector_start(struct connector *c, const char *const words[], struct err *e)
{
	char **argv = settings_argv(&c->settings, c->folder.path, words);

	c->trouble = (struct trouble){ 0 };
	c->tap.show = c->rq->verbose > 0;
	detail("%s %s", argv[0], words[0]);
	return tap_start(&c->tap, argv, c->settings.env, c->folder.path, e);
}

/* It may have put things of its own beside the settings: they stay out. */
static struct val *
settings_of(struct connector *c, const struct val *config)
{
	const struct val *known = val_get(c->spec, "properties");
	struct val *v = val_new(&c->arena, JSON_OBJECT);

	for (size_t i = 0; i < config->n; i++) {
		const struct val_member *m = &config->members[i];

		if ((val_get(c->settings.config, m->key.p) != NULL ||
		    val_get(known, m->key.p) != NULL) &&
		    !span_starts(m->key, SPAN("__")))
			val_set(&c->arena, v, m->key, m->value);
	}
	return v;
}

static int
take_control(struct connector *c, const struct message *m, struct err *e)
{
	struct val_error bad;
	const struct val *v = val_parse(&c->arena, m->body, LEVELS, false,
	    &bad);
	const struct val *config = val_get(val_get(v, "connectorConfig"),
	    "config");
	int r;

	if (config == NULL || config->type != JSON_OBJECT)
		return 0;
	r = control_take(&c->control, &c->settings, settings_of(c, config), e);
	return r > 0 ? write_config(c, e) : r;
}

static void
show_noise(struct connector *c, const struct message *m)
{
	if (c->rq->verbose > 0 && m->body.n > 0)
		msg("log: %.*s", (int)(m->body.n < 900 ? m->body.n : 900),
		    m->body.p);
}

int
connector_hear(struct connector *c, const struct message *m, struct err *e)
{
	struct trouble t;

	switch (m->kind) {
	case AB_LOG:
		log_show(m->body, c->rq->verbose, &c->text);
		return 0;
	case AB_CONTROL:
		return take_control(c, m, e);
	case AB_TRACE:
		if (trouble_read(&t, m->body, &c->text) &&
		    t.stream.p == NULL && c->trouble.status == 0)
			c->trouble = t;
		return 0;
	case AB_NOISE:
	case AB_BROKEN:
		show_noise(c, m);
		return 0;
	default:
		return 0;
	}
}

int
connector_failed(const struct connector *c, const char *verb, int status,
    const char *what, struct err *e)
{
	const char *said = tap_said(&c->tap);

	if (c->trouble.status != 0)
		return err_set(e, c->trouble.status, "%s: %s", verb,
		    c->trouble.text);
	return err_set(e, status, "%s: the connector %s%s%s", verb, what,
	    *said != '\0' ? ": " : "", said);
}

/* Its output to its end; the answer's text. */
static int
hear_all(struct connector *c, enum message_kind wanted, struct buf *answer,
    struct err *e)
{
	struct message m;
	struct span line;
	enum line_result r;

	while ((r = tap_next(&c->tap, &line)) == LINE_OK || r == LINE_LONG ||
	    r == LINE_CUT) {
		if (r == LINE_LONG)
			continue;
		message_parse(&m, line, &c->object);
		if (connector_hear(c, &m, e) != 0)
			return -1;
		if (m.kind != wanted || answer->n > 0)
			continue;
		buf_add_span(answer, m.body);
	}
	if (r == LINE_ERROR)
		return err_set(e, ST_TEMP, "the connector's output: %s",
		    strerror(errno));
	return 0;
}

const struct val *
connector_ask(struct connector *c, const char *verb, enum message_kind wanted,
    struct err *e)
{
	const char *words[] = { verb, "--config", c->config_path, NULL };
	struct buf answer = { 0 };
	struct val_error bad;
	char why[200] = "gave no answer";
	const struct val *v = NULL;
	int status;

	if (streq(verb, "spec"))
		words[1] = NULL;
	if (connector_start(c, words, e) != 0)
		return NULL;
	if (hear_all(c, wanted, &answer, e) != 0) {
		tap_stop(&c->tap);
		buf_release(&answer);
		return NULL;
	}
	tap_finish(&c->tap);
	status = tap_verdict(&c->tap, why, sizeof why);
	if (status != ST_OK || answer.n == 0)
		connector_failed(c, verb, status != ST_OK ? status : ST_PERSON,
		    why, e);
	else if ((v = val_parse(&c->arena, buf_span(&answer), LEVELS, false,
	    &bad)) == NULL)
		connector_failed(c, verb, ST_PERSON, "gave an answer that "
		    "cannot be read", e);
	buf_release(&answer);
	return v;
}

const struct val *
connector_begin(struct connector *c, const struct request *rq, struct err *e)
{
	*c = (struct connector){ .rq = rq, .control.lock = -1 };
	if (settings_read(&c->settings, &c->arena, rq, e) != 0 ||
	    control_open(&c->control, &c->settings, rq, e) != 0 ||
	    folder_make(&c->folder, "airbyte", e) != 0 ||
	    write_config(c, e) != 0)
		return NULL;
	return connector_ask(c, "spec", AB_SPEC, e);
}

int
connector_open(struct connector *c, const struct request *rq, struct err *e)
{
	const struct val *answer = connector_begin(c, rq, e);

	if (answer == NULL)
		return -1;
	c->spec = val_get(answer, "connectionSpecification");
	settings_mask(c->spec, c->settings.config);
	return settings_exposed(c->spec, rq, e);
}

void
connector_close(struct connector *c)
{
	tap_stop(&c->tap);
	folder_remove(&c->folder);
	control_close(&c->control);
	json_object_release(&c->object);
	buf_release(&c->text);
	free(c->config_path);
	arena_release(&c->arena);
}
