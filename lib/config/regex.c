/* SPDX-License-Identifier: MIT */
#include "config/regex.h"

#include <oniguruma.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/msg.h"

/* Retries bound the time of one match (about a second), the stack bounds its
 * memory: an entry has some 50 bytes, and .* takes one for each character. */
enum { RETRIES = 10 * 1000 * 1000, STACK = 4 * 1000 * 1000 };

struct regex {
	regex_t *re;
	OnigMatchParam *param;
};

static void
reason(int code, OnigErrorInfo *info, char *why, size_t size)
{
	OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN];
	int n = onig_error_code_to_str(text, code, info);

	snprintf(why, size, "%.*s", n, (const char *)text);
}

struct regex *
regex_new(struct span pattern, char *why, size_t size)
{
	const OnigUChar *p = (const OnigUChar *)(pattern.p ? pattern.p : "");
	OnigEncoding utf8 = ONIG_ENCODING_UTF8;
	OnigErrorInfo info;
	struct regex *r;
	regex_t *re;
	int code;

	onig_initialize(&utf8, 1);
	/* a library that warns on stderr behind our back */
	onig_set_warn_func(onig_null_warn);
	onig_set_verb_warn_func(onig_null_warn);
	code = onig_new(&re, p, p + pattern.n, ONIG_OPTION_CAPTURE_GROUP,
	    ONIG_ENCODING_UTF8, ONIG_SYNTAX_PERL_NG, &info);
	if (code != ONIG_NORMAL) {
		reason(code, &info, why, size);
		return NULL;
	}
	r = xmalloc(sizeof *r);
	r->re = re;
	r->param = onig_new_match_param();
	if (r->param == NULL)
		die(ST_TEMP, "out of memory");
	onig_initialize_match_param(r->param);
	onig_set_retry_limit_in_match_of_match_param(r->param, RETRIES);
	onig_set_retry_limit_in_search_of_match_param(r->param, RETRIES);
	onig_set_match_stack_limit_size_of_match_param(r->param, STACK);
	return r;
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	onig_free(r->re);
	onig_free_match_param(r->param);
	free(r);
}

static bool
found(int code, unsigned *left)
{
	if (code < 0 && code != ONIG_MISMATCH && left != NULL)
		--*left;
	return code >= 0;
}

bool
regex_search(const struct regex *r, struct span text, unsigned *left)
{
	const OnigUChar *p = (const OnigUChar *)(text.p ? text.p : "");

	if (left != NULL && *left == 0)
		return false;
	return found(onig_search_with_param(r->re, p, p + text.n, p,
	    p + text.n, NULL, ONIG_OPTION_NONE, r->param), left);
}

bool
regex_match(const struct regex *r, struct span text, unsigned *left)
{
	const OnigUChar *p = (const OnigUChar *)(text.p ? text.p : "");

	if (left != NULL && *left == 0)
		return false;
	return found(onig_match_with_param(r->re, p, p + text.n, p, NULL,
	    ONIG_OPTION_NONE, r->param), left);
}
