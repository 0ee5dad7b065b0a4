/* SPDX-License-Identifier: MIT */
/* A schema made ready: its keywords as rules. Of docschema*.c only. */
#ifndef CONN_CONFIG_DOCRULE_H
#define CONN_CONFIG_DOCRULE_H

#include "config/docschema.h"
#include "config/regex.h"
#include "json/text.h"

enum {
	DOC_DEPTH = 512,        /* schemas within schemas, refs followed */
	DOC_STEPS = 1000 * 1000,        /* of one document, and for each of */
	DOC_STEPS_BYTE = 16             /* ... its bytes */
};

struct docnode;
struct docwalk;

/* What a violation is, and what then allows the value. */
enum docword { DOC_IS, DOC_HAS, DOC_TYPE, DOC_LACKS };
enum docedit {
	EDIT_DROP,              /* the keyword goes */
	EDIT_TYPE,              /* the type is added */
	EDIT_ENUM,              /* null is added; else the keyword goes */
	EDIT_NAME,              /* the name is required no more */
	EDIT_BRANCH,            /* one more branch, of that type */
	EDIT_DEPEND,            /* nothing depends on it any more */
	EDIT_TRUE               /* false becomes true */
};

struct dockey {
	const char *name;
	/* the types that it is for, 1U << enum json_type */
	unsigned types;
	/* NULL: no rule of its own, only its form counts */
	bool (*check)(struct docwalk *w, const struct docrule *r,
	    const struct json_member *v);
	/* What its argument must be: */
	enum dockey_form {
		FORM_ANY, FORM_NUMBER, FORM_LIMIT, FORM_COUNT, FORM_FLAG,
		FORM_TYPES, FORM_LIST, FORM_NAMES, FORM_PATTERN, FORM_WORD,
		FORM_SCHEMA, FORM_SCHEMAS, FORM_MAP, FORM_PATTERNS,
		FORM_ITEMS, FORM_NEEDS
	} form;
	enum docword word;
	const char *what;       /* "below minimum" */
	enum docedit edit;
};

struct docrule {
	const struct dockey *key;
	const struct val *schema, *arg;
	struct docnode **sub;   /* of schemas: in their order */
	size_t nsub;
	struct regex **re;      /* of patterns: in their order */
	size_t nre;
	uint64_t count;
	unsigned types;         /* FORM_TYPES */
	bool whole;             /* ... integers only */
	struct span *texts;     /* FORM_LIST: canonical, in their order */
};

struct docnode {
	const struct val *at, *base;    /* base: what # is */
	const char *name;       /* where it was first met, a pointer */
	struct docnode *ref;    /* NULL: none */
	bool foreign;           /* leads out: all passes */
	struct docrule *v;
	size_t n;
};

struct docschema {
	const struct val *root;
	struct arena arena;
	struct docnode **v;     /* v[0] is the root's */
	size_t n, cap;
	const char **foreign;
	size_t nforeign, capforeign;
	struct regex **re;
	size_t nre, capre;
	bool gave_up;
	struct buf path, text, other;   /* while a document is checked */
};

struct docwalk {
	struct docschema *s;
	docschema_each *each;   /* NULL: only the result counts */
	void *ctx;
	unsigned depth;
	uint64_t steps;         /* that are left */
	unsigned patterns;      /* that may give up */
};

extern const struct dockey dockeys[];   /* the last one's name is NULL */
extern const struct dockey dockey_false;        /* of the schema false */

/* Says that v breaks r. Returns false. */
bool docrule_broken(struct docwalk *w, const struct docrule *r,
    const struct json_member *v, struct span name);
/* "integer" of 5, else JSON's name. */
const char *doctype_name(const struct json_member *v);
/* Keywords that go into containers. */
bool doc_members(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_patterns(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_additional(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_items(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_names(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_contains(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_needs(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_required(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
/* Keywords that hold several schemas. */
bool doc_all(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_any(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_one(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_not(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);
bool doc_if(struct docwalk *w, const struct docrule *r,
    const struct json_member *v);

/* Is the text of that format? An unknown format: yes. */
bool docformat_fits(struct span format, struct span text, bool zone);

#endif
