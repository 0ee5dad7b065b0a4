/* SPDX-License-Identifier: MIT */
/* What the server says of a column of a result. */
#include "source/mystream.h"

enum { BINARY = 63 };           /* the number of that character set */

static bool
is_json(const MYSQL_FIELD *f)
{
	MARIADB_CONST_STRING format = { 0 };

	return f->type == MYSQL_TYPE_JSON ||
	    (mariadb_field_attr(&format, f, MARIADB_FIELD_ATTR_FORMAT_NAME)
	    == 0 && span_is((struct span){ format.str, format.length },
	    "json"));
}

enum mykind
mykind_of(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		return MY_INT;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return MY_DECIMAL;
	case MYSQL_TYPE_FLOAT:
		return MY_FLOAT;
	case MYSQL_TYPE_DOUBLE:
		return MY_DOUBLE;
	case MYSQL_TYPE_BIT:
		return MY_BIT;
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
		return MY_DATE;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_DATETIME2:
		return MY_DATETIME;
	case MYSQL_TYPE_TIMESTAMP:
	case MYSQL_TYPE_TIMESTAMP2:
		return MY_TIMESTAMP;
	case MYSQL_TYPE_TIME:
	case MYSQL_TYPE_TIME2:
	case MYSQL_TYPE_NULL:
		return MY_TEXT;
	case MYSQL_TYPE_GEOMETRY:
		return MY_GEOMETRY;
	default:
		return is_json(f) ? MY_JSON :
		    f->charsetnr == BINARY ? MY_BINARY : MY_TEXT;
	}
}

enum sqlform
mykind_form(const MYSQL_FIELD *f)
{
	static const enum sqlform forms[] = {
		[MY_TEXT] = SQLFORM_TEXT, [MY_INT] = SQLFORM_INT,
		[MY_DECIMAL] = SQLFORM_DECIMAL, [MY_DOUBLE] = SQLFORM_DOUBLE,
		[MY_FLOAT] = SQLFORM_DOUBLE, [MY_BIT] = SQLFORM_BIG,
		[MY_JSON] = SQLFORM_ANY, [MY_BINARY] = SQLFORM_BASE64,
		[MY_DATE] = SQLFORM_DATE, [MY_DATETIME] = SQLFORM_TEXT,
		[MY_TIMESTAMP] = SQLFORM_TIME, [MY_GEOMETRY] = SQLFORM_BASE64
	};

	return f->type == MYSQL_TYPE_LONGLONG ? SQLFORM_BIG :
	    forms[mykind_of(f)];
}

bool
mykind_null(const MYSQL_FIELD *f)
{
	enum mykind k = mykind_of(f);

	/* a date that is zero is null */
	return (f->flags & NOT_NULL_FLAG) == 0 || k == MY_DATE ||
	    k == MY_DATETIME || k == MY_TIMESTAMP;
}

bool
mykind_compared(const MYSQL_FIELD *f)
{
	switch (mykind_of(f)) {
	case MY_INT:
		return f->type != MYSQL_TYPE_YEAR;
	case MY_DECIMAL:
	case MY_BINARY:
		return true;
	case MY_TEXT:
		return (f->type == MYSQL_TYPE_STRING ||
		    f->type == MYSQL_TYPE_VAR_STRING ||
		    f->type == MYSQL_TYPE_VARCHAR || IS_BLOB(f->flags)) &&
		    (f->flags & (ENUM_FLAG | SET_FLAG)) == 0;
	default:
		return false;
	}
}
