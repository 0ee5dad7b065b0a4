/* SPDX-License-Identifier: MIT */
#include "source/mongouri.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

static const char *
setting(const struct request *rq, const char *key)
{
	const char *text = val_cstr(val_get(rq->source, key));

	return text != NULL && *text != '\0' ? text : NULL;
}

/* PLAIN sends the password itself. */
static bool
is_bare(const mongoc_uri_t *uri)
{
	const char *mechanism = mongoc_uri_get_auth_mechanism(uri);

	return mechanism != NULL && strcasecmp(mechanism, "PLAIN") == 0 &&
	    !mongoc_uri_get_tls(uri);
}

static void
put_encoded(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || c >= 0x80)
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* url with user and password, where the library looks for them. */
static int
compose(struct buf *out, const struct request *rq, struct err *e)
{
	const char *url = setting(rq, "url"), *hosts;
	const char *user = setting(rq, "user");
	const char *password = setting(rq, "password");

	hosts = url != NULL ? strstr(url, "://") : NULL;
	if (url == NULL)
		return source_wrong(e, "url", "missing");
	if (hosts == NULL)
		return source_wrong(e, "url", "not mongodb://HOST/");
	hosts += 3;
	if (memchr(hosts, '@', strcspn(hosts, "/?")) != NULL)
		return source_wrong(e, "url",
		    "user and password have keys of their own");
	if (password != NULL && user == NULL)
		return source_wrong(e, "user", "missing, with a password");
	buf_add(out, url, (size_t)(hosts - url));
	if (user != NULL)
		put_encoded(out, user);
	if (password != NULL) {
		msg_secret(span_of(password));
		buf_putc(out, ':');
		put_encoded(out, password);
	}
	buf_puts(out, user != NULL ? "@" : "");
	buf_puts(out, hosts);
	return 0;
}

mongoc_uri_t *
mongouri_new(const struct request *rq, struct err *e)
{
	struct buf whole = { 0 };
	mongoc_uri_t *uri = NULL;
	bson_error_t error;

	if (compose(&whole, rq, e) == 0 &&
	    (uri = mongoc_uri_new_with_error(buf_cstr(&whole), &error)) ==
	    NULL)
		source_wrong(e, "url", "%s", error.message);
	buf_release(&whole);
	if (uri == NULL)
		return NULL;
	if (is_bare(uri)) {
		source_wrong(e, "url", "authMechanism PLAIN shows the "
		    "password without tls=true");
		mongoc_uri_destroy(uri);
		return NULL;
	}
	if (mongoc_uri_get_appname(uri) == NULL)
		mongoc_uri_set_appname(uri, "conn");
	if (setting(rq, "ca") != NULL || setting(rq, "cert") != NULL)
		mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLS, true);
	return uri;
}

static int
copy_file(int to, const char *key, const char *path, struct err *e)
{
	char bytes[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
		if (write(to, bytes, (size_t)n) != n)
			break;
	if (n != 0)
		err_set(e, ST_PERSON, "source.%s: %s", key, strerror(errno));
	if (fd >= 0)
		close(fd);
	return n == 0 ? 0 : -1;
}

/* Certificate and key have to be in one file, which is in memory only. */
static int
join(const char *cert, const char *key, char *path, size_t size, int *pem,
    struct err *e)
{
	*pem = memfd_create("pem", MFD_CLOEXEC);
	if (*pem < 0)
		return err_set(e, ST_TEMP, "memfd: %s", strerror(errno));
	snprintf(path, size, "/proc/self/fd/%d", *pem);
	if (copy_file(*pem, "cert", cert, e) != 0)
		return -1;
	return key == NULL ? 0 : copy_file(*pem, "key", key, e);
}

int
mongouri_certificates(mongoc_client_t *client, const struct request *rq,
    int *pem, struct err *e)
{
	const char *ca = setting(rq, "ca"), *cert = setting(rq, "cert");
	mongoc_ssl_opt_t opt = *mongoc_ssl_opt_get_default();
	const mongoc_uri_t *uri = mongoc_client_get_uri(client);
	char path[64];

	if (ca == NULL && cert == NULL)
		return 0;
	if (ca != NULL && access(ca, R_OK) != 0)
		return err_set(e, ST_PERSON, "source.ca: %s",
		    strerror(errno));
	if (cert != NULL && join(cert, setting(rq, "key"), path, sizeof path,
	    pem, e) != 0)
		return -1;
	opt.ca_file = ca;
	opt.pem_file = cert != NULL ? path : NULL;
	opt.weak_cert_validation = mongoc_uri_get_option_as_bool(uri,
	    MONGOC_URI_TLSINSECURE, false);
	opt.allow_invalid_hostname = mongoc_uri_get_option_as_bool(uri,
	    MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, false);
	mongoc_client_set_ssl_opts(client, &opt);
	return 0;
}
