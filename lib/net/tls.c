/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

enum { FILE_MAX = 8 << 20 };

static bool
fault(char why[TLS_WHY], const char *path, const char *what)
{
	ERR_clear_error();
	snprintf(why, TLS_WHY, "%.180s: %s", path, what);
	return false;
}

/* Its bytes as a BIO, which views b. NULL: why. */
static BIO *
open_file(const char *path, struct buf *b, char why[TLS_WHY])
{
	BIO *bio;

	if (file_read(path, FILE_MAX, b) < 0) {
		fault(why, path, strerror(errno));
		return NULL;
	}
	bio = BIO_new_mem_buf(b->n > 0 ? b->p : "", (int)b->n);
	if (bio == NULL)
		die(ST_TEMP, "out of memory");
	return bio;
}

/* The first certificate. NULL: why. */
static X509 *
read_cert(const char *path, char why[TLS_WHY])
{
	struct buf b = { 0 };
	BIO *bio = open_file(path, &b, why);
	X509 *x = NULL;

	if (bio != NULL) {
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (x == NULL)
			fault(why, path, "no certificate in PEM in it");
	}
	BIO_free(bio);
	buf_release(&b);
	return x;
}

bool
tls_check_ca(const char *ca, char why[TLS_WHY])
{
	X509 *x = read_cert(ca, why);

	X509_free(x);
	return x != NULL;
}

bool
tls_check_cert(const char *cert, char why[TLS_WHY])
{
	X509 *x = read_cert(cert, why);
	bool good = x != NULL;

	if (good && X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		good = fault(why, cert, "the certificate is not valid yet");
	if (good && X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		good = fault(why, cert, "the certificate has expired");
	X509_free(x);
	return good;
}

/* Nobody is asked for a passphrase. */
static int
no_passphrase(char *out, int size, int writing, void *asked)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

bool
tls_check_key(const char *cert, const char *key, char why[TLS_WHY])
{
	X509 *x = read_cert(cert, why);
	struct buf b = { 0 };
	BIO *bio = x != NULL ? open_file(key, &b, why) : NULL;
	bool good = bio != NULL, encrypted = false;
	EVP_PKEY *k = NULL;

	if (good) {
		k = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase,
		    &encrypted);
		good = k != NULL || fault(why, key, encrypted ?
		    "the key is encrypted; it must have no passphrase" :
		    "no private key in PEM in it");
	}
	if (good && X509_check_private_key(x, k) != 1)
		good = fault(why, key, "not the key of the certificate");
	EVP_PKEY_free(k);
	BIO_free(bio);
	X509_free(x);
	if (b.n > 0)
		explicit_bzero(b.p, b.n);
	buf_release(&b);
	return good;
}

bool
tls_refused(const char *text)
{
	static const char *const reasons[] = {
		"certificate", "unknown ca", "unsupported protocol",
		"protocol version", "handshake failure", "http request",
		"wrong version number", "inappropriate fallback",
		"unrecognized name", "no shared cipher", "access denied",
		"no protocols available", "insufficient security",
		"dh key too small", "ee key too small"
	};
	const char *s = strstr(text, "SSL routines:");

	for (size_t i = 0; s != NULL && i < sizeof reasons / sizeof *reasons;
	    i++)
		if (strstr(s, reasons[i]) != NULL)
			return true;
	return false;
}
