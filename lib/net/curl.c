/* SPDX-License-Identifier: MIT */
/*
 * libcurl under its own names, loaded at the first call. It brings some 30
 * libraries, whose linking takes five times as long as all else that a program
 * with an embedded index does before its first record.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>

#include "base/msg.h"

/* Newer headers promise not to change it. */
typedef __typeof__(_Generic(&curl_url_get,
    CURLUcode (*)(const CURLU *, CURLUPart, char **, unsigned):
    (const CURLU *)NULL, default: (CURLU *)NULL)) url_handle;

/* F(what it returns, its name, its parameters, their names) */
#define FUNCTIONS(F) \
	F(CURLcode, global_init, (long flags), (flags)) \
	F(void, global_cleanup, (void), ()) \
	F(char *, version, (void), ()) \
	F(time_t, getdate, (const char *s, const time_t *unused), (s, unused)) \
	F(void, free, (void *p), (p)) \
	F(CURL *, easy_init, (void), ()) \
	F(void, easy_cleanup, (CURL *c), (c)) \
	F(const char *, easy_strerror, (CURLcode code), (code)) \
	F(CURLHcode, easy_header, (CURL *c, const char *name, size_t index, \
	    unsigned origin, int request, struct curl_header **h), \
	    (c, name, index, origin, request, h)) \
	F(struct curl_header *, easy_nextheader, (CURL *c, unsigned origin, \
	    int request, struct curl_header *h), (c, origin, request, h)) \
	F(CURLM *, multi_init, (void), ()) \
	F(CURLMcode, multi_cleanup, (CURLM *m), (m)) \
	F(CURLMcode, multi_add_handle, (CURLM *m, CURL *c), (m, c)) \
	F(CURLMcode, multi_remove_handle, (CURLM *m, CURL *c), (m, c)) \
	F(CURLMcode, multi_perform, (CURLM *m, int *running), (m, running)) \
	F(CURLMsg *, multi_info_read, (CURLM *m, int *left), (m, left)) \
	F(CURLMcode, multi_poll, (CURLM *m, struct curl_waitfd *fds, \
	    unsigned n, int ms, int *events), (m, fds, n, ms, events)) \
	F(struct curl_slist *, slist_append, (struct curl_slist *list, \
	    const char *s), (list, s)) \
	F(void, slist_free_all, (struct curl_slist *list), (list)) \
	F(CURLU *, url, (void), ()) \
	F(void, url_cleanup, (CURLU *u), (u)) \
	F(CURLUcode, url_get, (url_handle u, CURLUPart what, char **part, \
	    unsigned flags), (u, what, part, flags)) \
	F(CURLUcode, url_set, (CURLU *u, CURLUPart what, const char *part, \
	    unsigned flags), (u, what, part, flags))

#define MEMBER(type, name, params, names) type (*name) params;
static struct {
	FUNCTIONS(MEMBER)
	CURLcode (*easy_setopt)(CURL *c, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *c, CURLINFO what, ...);
} curl;

/* An object's address is a function's, says POSIX of dlsym alone. */
static void
find(void *lib, const char *name, void *function)
{
	*(void **)function = dlsym(lib, name);
	if (*(void **)function == NULL)
		die(ST_PERSON, "%s: no %s", CONN_LIBCURL, name);
}

#define FIND(type, name, params, names) find(lib, "curl_" #name, &curl.name);
static void
load(void)
{
	void *lib;

	if (curl.easy_getinfo != NULL)
		return;
	lib = dlopen(CONN_LIBCURL, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		die(ST_PERSON, "%s", dlerror());
	FUNCTIONS(FIND)
	find(lib, "curl_easy_setopt", &curl.easy_setopt);
	find(lib, "curl_easy_getinfo", &curl.easy_getinfo);
}

#define FORWARD(type, name, params, names) \
	type curl_##name params { load(); return curl.name names; }
FUNCTIONS(FORWARD)

/* Types of options as in CURLOPTTYPE_*. */
CURLcode
(curl_easy_setopt)(CURL *c, CURLoption option, ...)
{
	CURLcode code;
	va_list ap;

	load();
	va_start(ap, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = curl.easy_setopt(c, option, va_arg(ap, long));
	else if (option < CURLOPTTYPE_FUNCTIONPOINT ||
	    option >= CURLOPTTYPE_BLOB)
		code = curl.easy_setopt(c, option, va_arg(ap, void *));
	else if (option < CURLOPTTYPE_OFF_T)
		code = curl.easy_setopt(c, option, va_arg(ap, void (*)(void)));
	else
		code = curl.easy_setopt(c, option, va_arg(ap, curl_off_t));
	va_end(ap);
	return code;
}

CURLcode
(curl_easy_getinfo)(CURL *c, CURLINFO what, ...)
{
	CURLcode code;
	va_list ap;

	load();
	va_start(ap, what);
	code = curl.easy_getinfo(c, what, va_arg(ap, void *));
	va_end(ap);
	return code;
}
