/* SPDX-License-Identifier: MIT */
#include "source/sqlform.h"

static const struct {
	const char *types;      /* as they stand in a JSON array; NULL: any */
	const char *rest;       /* keywords; a pattern is for strings only */
} forms[] = {
	[SQLFORM_ANY] = { NULL, "" },
	[SQLFORM_BOOL] = { "\"boolean\"", "" },
	[SQLFORM_INT] = { "\"integer\"", "" },
	[SQLFORM_BIG] = { "\"integer\",\"string\"",
	    ",\"pattern\":\"^-?[0-9]+$\"" },
	[SQLFORM_DOUBLE] = { "\"number\"", "" },
	[SQLFORM_FLOAT] = { "\"number\",\"string\"",
	    ",\"pattern\":\"^(NaN|-?Infinity)$\"" },
	[SQLFORM_DECIMAL] = { "\"number\",\"string\"",
	    ",\"pattern\":\"^(-?[0-9]+(\\\\.[0-9]+)?|NaN|-?Infinity)$\"" },
	[SQLFORM_SCALAR] = { "\"number\",\"string\"", "" },
	[SQLFORM_TEXT] = { "\"string\"", "" },
	[SQLFORM_BASE64] = { "\"string\"",
	    ",\"contentEncoding\":\"base64\"" },
	[SQLFORM_DATE] = { "\"string\"", ",\"format\":\"date\"" },
	[SQLFORM_TIME] = { "\"string\"", ",\"format\":\"date-time\"" },
	[SQLFORM_ARRAY] = { "\"array\"", "" },
	[SQLFORM_OBJECT] = { "\"object\"", "" }
};

void
sqlform_put(struct buf *out, enum sqlform form, bool null)
{
	const char *types = forms[form].types;
	bool list = null || (types != NULL && strchr(types, ',') != NULL);

	if (types == NULL) {
		buf_puts(out, "{}");
		return;
	}
	buf_puts(out, "{\"type\":");
	buf_puts(out, list ? "[" : "");
	buf_puts(out, types);
	buf_puts(out, null ? ",\"null\"" : "");
	buf_puts(out, list ? "]" : "");
	buf_puts(out, forms[form].rest);
	buf_putc(out, '}');
}
