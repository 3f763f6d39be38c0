/* What the fuzz targets share. Run them from the project's folder: they load conf/hotlined.conf, with secrets
 * out of build/fuzz/secrets, which `make fuzz-build` makes. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "snapshot/snapshot.h"

#define FUZZ_SECRETS "build/fuzz/secrets"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run as a crash when it does not hold, so that libFuzzer keeps the input. */
void holds(bool condition, const char *what);
/* The example configuration; ends the program with its findings when it is wrong. */
const struct snapshot *fuzz_snapshot(void);
/* UTF-8 by RFC 3629, without NUL; independent of the library that the daemon uses. */
bool fuzz_clean_utf8(struct str s);
/* '+' and 7 to 15 digits, the first no 0. */
bool fuzz_e164(const char *number);
/* The span's bytes in memory of exactly their size, so that the sanitizer sees a read behind them. */
struct str fuzz_exact(const uint8_t *data, size_t n);
void fuzz_exact_free(struct str s);

#endif
