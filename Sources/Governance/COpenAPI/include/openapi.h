#ifndef REGIE_OPENAPI_H
#define REGIE_OPENAPI_H

#include <stddef.h>

/// The OpenAPI document, as it stands beside this; it lives as long as the program.
///
/// @param length is set to how many bytes there are.
const unsigned char *regie_openapi(size_t *length);

#endif
