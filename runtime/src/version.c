#include "nnz.h"

const char *nnz_version(void) {
    return "0.1.0";
}
