#pragma once
#include <libpq-fe.h>
#include <openssl/ssl.h>

// Bytes that TLS has already taken off the socket and libpq has not read yet. The kernel can not tell of them, so
// who waits for the socket must ask here first.
static inline int CLibPQ_pendingTLSBytes(PGconn *connection) {
  SSL *tls = (SSL *)PQsslStruct(connection, "OpenSSL");
  return tls ? SSL_pending(tls) : 0;
}
