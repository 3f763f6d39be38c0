/* One request through one profile: in, answered, out again, with what must hold at every step. */
#ifndef FUZZ_WIRE_H
#define FUZZ_WIRE_H

#include "fuzz.h"

enum { WIRE_HEADERS = 64 };

/* Every secret is the word TOKEN, so that requests of a fuzzer get past tokens. */
extern const struct profile_env wire_env;
/* "POST /in/ID/KIND/tail?query HTTP/1.1" and headers and body, as they come. */
void wire_parse(struct str raw, struct http_request *req, struct header *headers);
/* Through every section that the profile has; `unsigned_too`: past signatures, which no fuzzer finds. */
void wire_check(const struct profile *p, const struct http_request *req, bool unsigned_too);

#endif
