/* The entropy decoder of packed files (docs/FORMAT.md section 11): interleaved rANS over adaptive tables of bytes. */
#ifndef NNZ_RANS_H
#define NNZ_RANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NNZ_RANS_MAX_LANES = 256, NNZ_RANS_MAX_TABLES = 256 };

/* How often each byte came, and the slots that it has since the last renewal: below[s] to below[s + 1] of 2^15. */
typedef struct nnz_rans_table {
    uint16_t count[256];
    uint16_t below[257];
    uint16_t period, left; /* bytes between two renewals, and until the next */
} nnz_rans_table;

typedef struct nnz_rans {
    const uint8_t *at, *end; /* the words that are left */
    nnz_rans_table *tables;
    uint32_t *states;
    uint32_t table_count, lanes, lane;
    bool exhausted; /* more words were asked for than there are */
} nnz_rans;

/* Bytes of memory that nnz_rans_begin() takes. */
size_t nnz_rans_memory(uint32_t tables, uint32_t lanes);

/* `lanes` is a power of two; src[0..size) begins with their states. */
void nnz_rans_begin(nnz_rans *r, uint32_t tables, uint32_t lanes, const uint8_t *src, size_t size, void *memory);

/* The next byte, under a table below table_count. After the end of the words: any byte. */
uint8_t nnz_rans_next(nnz_rans *r, uint32_t table);

/* Whether exactly what was encoded has been decoded. */
bool nnz_rans_complete(const nnz_rans *r);

#endif
