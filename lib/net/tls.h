/* SPDX-License-Identifier: MIT */
/* Certificates and keys in PEM files, looked at before libcurl gets them: it
 * says less of what is wrong with them, and only when it connects. And what
 * it says of a connection that was refused. */
#ifndef CONN_NET_TLS_H
#define CONN_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

enum { TLS_WHY = 256 };

/* Each: true, or false with why, which names the file. */

/* At least one certificate is in it. */
bool tls_check_ca(const char *ca, char why[TLS_WHY]);
/* Its first certificate has begun and has not ended yet. */
bool tls_check_cert(const char *cert, char why[TLS_WHY]);
/* It is that certificate's key, and not encrypted. */
bool tls_check_key(const char *cert, const char *key, char why[TLS_WHY]);

/* Does this text of libcurl with OpenSSL tell of a refusal that another try
 * will meet again: versions, algorithms, certificates? false if unsure. */
bool tls_refused(const char *text);

#endif
