/* SPDX-License-Identifier: MIT */
#include "source/airbyte/check.h"

#include <stdlib.h>

#include "source/airbyte/catalog.h"
#include "source/tap/tell.h"

static int
ask_status(struct connector *c, struct err *e)
{
	const struct val *v = connector_ask(c, "check", AB_STATUS, e);
	const char *text = val_cstr(val_get(v, "message"));

	if (v == NULL)
		return -1;
	if (span_is(val_str(val_get(v, "status")), "SUCCEEDED"))
		return 0;
	return err_set(e, ST_PERSON, "check: %s", text != NULL ? text :
	    "failed, and the connector does not say why");
}

static int
with_catalog(struct connector *c, void (*each)(struct arena *,
    const struct stream *), struct err *e)
{
	const struct val *offered = connector_ask(c, "discover", AB_CATALOG,
	    e);
	struct catalog k = { 0 };
	int r = offered == NULL ? -1 :
	    catalog_read(&k, &c->arena, c->rq, offered, e);

	for (size_t i = 0; r == 0 && i < k.n; i++)
		each(&c->arena, &k.v[i]);
	catalog_release(&k);
	return r;
}

static void
warn_keyless(struct arena *a, const struct stream *s)
{
	char *text;

	(void)a;
	if (s->id.n > 0)
		return;
	text = xasprintf("stream %s: no primary key; nothing of it is ever "
	    "deleted", s->label);
	emit_check("streams", true, text);
	free(text);
}

int
airbyte_check(struct connector *c, struct err *e)
{
	return ask_status(c, e) != 0 ? -1 : with_catalog(c, warn_keyless, e);
}

static void
tell(struct arena *a, const struct stream *s)
{
	tap_tell(a, s->label, &s->id, &s->timestamp,
	    val_get(s->offered, "json_schema"));
}

int
airbyte_discover(struct connector *c, struct err *e)
{
	return with_catalog(c, tell, e);
}

int
airbyte_settings(struct connector *c, const struct request *rq, struct err *e)
{
	const struct val *answer = connector_begin(c, rq, e);
	const struct val *schema = val_get(answer, "connectionSpecification");
	const struct val *url = val_get(answer, "documentationUrl");
	struct buf b = { 0 };

	if (answer == NULL)
		return -1;
	if (schema == NULL || schema->type != JSON_OBJECT)
		return connector_failed(c, "spec", ST_PERSON, "tells nothing "
		    "of its settings", e);
	buf_puts(&b, "{\"settings\":");
	val_write(&b, schema);
	if (val_cstr(url) != NULL) {
		json_put_key(&b, "documentationUrl");
		json_put_string(&b, url->str);
	}
	buf_putc(&b, '}');
	emit_raw(buf_span(&b));
	buf_release(&b);
	return 0;
}
