/* SPDX-License-Identifier: MIT */
#include "source/rest/jwt.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "json/text.h"
#include "json/val.h"

enum { KEY_BITS = 2048, JSON_LEVELS = 8, LINE = 64 };

/* ---- the key ---- */

/* The text between two marks of PEM, without what a JSON or a shell made of
 * its line breaks. */
static void
put_base64(struct buf *out, struct span s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;            /* "\n" written out */
			continue;
		}
		if (strchr(" \t\r\n", s.p[i]))
			continue;
		buf_putc(out, s.p[i]);
		if (++column % LINE == 0)
			buf_putc(out, '\n');
	}
	if (column % LINE != 0)
		buf_putc(out, '\n');
}

/* The PEM as OpenSSL reads it. false: no such marks. */
static bool
put_pem(struct buf *out, const char *text)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *b = strstr(text, begin), *label, *body, *stop;

	if (b == NULL)
		return false;
	label = b + sizeof begin - 1;
	body = strstr(label, "-----");
	stop = body != NULL ? strstr(body + 5, end) : NULL;
	if (stop == NULL)
		return false;
	buf_printf(out, "%s%.*s-----\n", begin, (int)(body - label), label);
	put_base64(out, (struct span){ body + 5, (size_t)(stop - body - 5) });
	buf_printf(out, "%s%.*s-----\n", end, (int)(body - label), label);
	return true;
}

/* An encrypted key asks for its password: there is none. */
static int
no_password(char *buf, int size, int rw, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)ctx;
	return 0;
}

static EVP_PKEY *
read_pem(const char *text)
{
	struct buf pem = { 0 };
	EVP_PKEY *key = NULL;

	if (put_pem(&pem, text)) {
		BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

		if (bio == NULL)
			die(ST_TEMP, "out of memory");
		key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
		BIO_free(bio);
		explicit_bzero(pem.p, pem.n);
	}
	buf_release(&pem);
	return key;
}

static void
complete(const char **slot, const struct val *v, const char *key)
{
	if (*slot == NULL)
		*slot = val_cstr(val_get(v, key));
}

int
jwt_key_read(struct jwt_key **out, struct arena *a, const char *text,
    struct jwt_claims *c, const char **url, struct err *e)
{
	EVP_PKEY *key;

	*out = NULL;
	if (text[strspn(text, " \t\r\n")] == '{') {
		struct val_error ignored;
		const struct val *v = val_parse(a, span_of(text), JSON_LEVELS,
		    false, &ignored);

		complete(&c->issuer, v, "client_email");
		complete(&c->key_id, v, "private_key_id");
		complete(url, v, "token_uri");
		text = val_cstr(val_get(v, "private_key"));
	}
	key = text != NULL ? read_pem(text) : NULL;
	if (key == NULL)
		return err_set(e, ST_USAGE, "neither a private key in PEM, "
		    "not encrypted, nor the JSON of a service account");
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
	    EVP_PKEY_get_bits(key) >= KEY_BITS) {
		*out = (struct jwt_key *)key;
		return 0;
	}
	EVP_PKEY_free(key);
	return err_set(e, ST_USAGE, "not a key of RSA with %d bits or more",
	    KEY_BITS);
}

void
jwt_key_free(struct jwt_key *k)
{
	EVP_PKEY_free((EVP_PKEY *)k);
}

/* ---- the assertion ---- */

/* Base64 in the alphabet of URLs, without padding. */
static void
put_url64(struct buf *out, const void *p, size_t n)
{
	size_t start = out->n;
	char *s;

	buf_reserve(out, n / 3 * 4 + 5);
	s = out->p + start;
	out->n += (size_t)EVP_EncodeBlock((unsigned char *)s, p, (int)n);
	while (out->n > start && out->p[out->n - 1] == '=')
		out->n--;
	for (size_t i = start; i < out->n; i++)
		out->p[i] = out->p[i] == '+' ? '-' :
		    out->p[i] == '/' ? '_' : out->p[i];
}

static void
put_member(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	json_put_key(out, name);
	json_put_cstring(out, value);
}

static void
put_claims(struct buf *out, const struct jwt_claims *c, time_t now)
{
	unsigned char unique[16];
	struct buf id = { 0 };

	if (RAND_bytes(unique, sizeof unique) != 1)
		die(ST_TEMP, "OpenSSL has no random bytes");
	put_url64(&id, unique, sizeof unique);
	buf_putc(out, '{');
	put_member(out, "iss", c->issuer);
	put_member(out, "sub", c->subject);
	put_member(out, "aud", c->audience);
	put_member(out, "scope", c->scope);
	put_member(out, "jti", buf_cstr(&id));
	json_put_key(out, "iat");
	buf_printf(out, "%lld", (long long)now);
	json_put_key(out, "exp");
	buf_printf(out, "%lld}", (long long)now + JWT_SECONDS);
	buf_release(&id);
}

static void
put_signature(struct buf *out, const struct jwt_key *k)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *s = NULL;
	size_t n = 0;

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
	    (EVP_PKEY *)k) != 1 || EVP_DigestSign(ctx, NULL, &n,
	    (unsigned char *)out->p, out->n) != 1)
		die(ST_PERSON, "OpenSSL does not sign with RS256");
	s = xmalloc(n);
	if (EVP_DigestSign(ctx, s, &n, (unsigned char *)out->p, out->n) != 1)
		die(ST_PERSON, "OpenSSL does not sign with RS256");
	buf_putc(out, '.');
	put_url64(out, s, n);
	free(s);
	EVP_MD_CTX_free(ctx);
}

char *
jwt_sign(const struct jwt_key *k, const struct jwt_claims *c, time_t now)
{
	struct buf part = { 0 }, out = { 0 };

	buf_putc(&part, '{');
	put_member(&part, "alg", "RS256");
	put_member(&part, "typ", "JWT");
	put_member(&part, "kid", c->key_id);
	buf_putc(&part, '}');
	put_url64(&out, part.p, part.n);
	buf_putc(&out, '.');
	buf_clear(&part);
	put_claims(&part, c, now);
	put_url64(&out, part.p, part.n);
	put_signature(&out, k);
	buf_release(&part);
	return buf_cstr(&out);
}
