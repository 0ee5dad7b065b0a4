/* SPDX-License-Identifier: MIT */
/* Faults of a spec that its form allows. */
#include <stdio.h>

#include "config/schema.h"
#include "run/kit-run.h"

static const char *
property_fault(const struct val_member *m, char what[MSG_MAX])
{
	const struct val *dflt = val_get(m->value, "default");
	struct schema_fault f;

	if (m->value->type != JSON_OBJECT)
		snprintf(what, MSG_MAX, "schema: %s: not an object", m->key.p);
	else if (dflt != NULL && schema_secret(m->value))
		snprintf(what, MSG_MAX, "schema: %s: a secret with a default",
		    m->key.p);
	else if (dflt != NULL &&
	    schema_check(m->value, dflt, m->key.p, &f) != 0)
		snprintf(what, MSG_MAX, "schema: its own default breaks it: "
		    "%s: %s", f.path, f.what);
	else
		return NULL;
	return what;
}

static const char *
schema_fault_of(const struct val *schema, char what[MSG_MAX])
{
	const struct val *props = val_get(schema, "properties");
	const struct val *list = val_get(schema, "required");

	if (val_get(schema, "type") != NULL &&
	    !span_is(val_str(val_get(schema, "type")), "object"))
		return "schema: its type is not object";
	if (props == NULL || props->type != JSON_OBJECT)
		return "schema: no properties";
	for (size_t i = 0; i < props->n; i++)
		if (property_fault(&props->members[i], what))
			return what;
	for (size_t i = 0; i < val_nitems(list); i++) {
		const char *key = val_cstr(list->items[i]);

		if (key != NULL && val_get(props, key) != NULL)
			continue;
		snprintf(what, MSG_MAX, "schema: %s is required, but not among "
		    "its properties", key ? key : "something");
		return what;
	}
	return NULL;
}

const char *
kit_spec_fault(const struct val *spec, char what[MSG_MAX])
{
	static const char *const known[] = { "spec", "check", "discover",
		"settings", "load", "poll", "slim", "changed" };
	const struct val *verbs = val_get(spec, "verbs");
	const char *fault = schema_fault_of(val_get(spec, "schema"), what);

	for (size_t i = 0; fault == NULL && i < verbs->n; i++) {
		struct span verb = verbs->items[i]->str;
		bool found = false;

		for (size_t j = 0; j < sizeof known / sizeof *known; j++)
			found = found || span_is(verb, known[j]);
		if (!found) {
			snprintf(what, MSG_MAX, "verbs: %s is none",
			    verb.p);
			fault = what;
		}
	}
	return fault;
}
