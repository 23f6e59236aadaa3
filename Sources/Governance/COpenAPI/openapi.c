#include "openapi.h"

// The compiler of Swift takes minutes, and gigabytes, for an array of half a million numbers; clang takes the file as it is.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char document[] = {
#embed "openapi.json"
};

const unsigned char *regie_openapi(size_t *length) {
  *length = sizeof document;
  return document;
}
