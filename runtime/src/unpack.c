/*
 * nnz_unpack(): a packed file back into a `.nnz` file (docs/FORMAT.md section 11). The packed file is untrusted: a run
 * writes only inside of the file, a table is only used where there is one, and all else is for nnz_open() to judge.
 */
#include "format.h"
#include "rans.h"
#include "status.h"

#include <string.h>

enum { RUN_END, RUN_TEXT, RUN_BYTES, RUN_BLOCKS, RUN_INDEX };
enum { CONTROL_TABLE = 0, MAX_PERIOD = 8, SHORTEST_MATCH = 4 };
enum { MAX_WIDTH = 4, SUM_STEP = 32, SUMS = 8 }; /* of blocks */

typedef struct unpacker {
    nnz_rans rans;
    uint8_t *data;
    uint32_t size, at;
} unpacker;

/* ---- Header ------------------------------------------------------------------------------------------------------ */

bool nnz_is_packed(const void *src, size_t size) {
    uint32_t magic = 0;
    if (size >= sizeof magic)
        memcpy(&magic, src, sizeof magic);
    return magic == NNZ_PACKED_MAGIC;
}

static nnz_status read_header(nnz_packed_record *header, const void *src, size_t size, nnz_error *error) {
    if (!nnz_is_packed(src, size))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "not a packed .nnz file: the magic number is missing");
    if (size < sizeof *header)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the packed file ends inside its header");
    memcpy(header, src, sizeof *header);
    if (header->major != NNZ_FORMAT_MAJOR || header->minor > NNZ_FORMAT_MINOR)
        return nnz_fail(error, NNZ_ERROR_VERSION,
                        "the packed file is of a later version than 0.1, which this library reads");
    if (header->packed_size != size) {
        nnz_fail(error, NNZ_ERROR_FORMAT, "the header says ");
        nnz_error_number(error, header->packed_size);
        nnz_error_text(error, " bytes, but the packed file has ");
        nnz_error_number(error, size);
        return NNZ_ERROR_FORMAT;
    }
    if (header->file_size < 64 || header->file_size > INT32_MAX || header->file_size % 64)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the packed file's header says a size that no .nnz file has");
    if (!header->tables || header->tables > NNZ_RANS_MAX_TABLES || !header->lanes ||
        header->lanes > NNZ_RANS_MAX_LANES || header->lanes & (header->lanes - 1) || header->reserved)
        return nnz_fail(error, NNZ_ERROR_FORMAT,
                        "the packed file's header has tables, lanes or reserved fields out of range");
    if (size - sizeof *header < header->lanes * sizeof(uint32_t))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the packed file ends inside its states");
    return NNZ_OK;
}

nnz_status nnz_packed_size(const void *src, size_t size, size_t *file, size_t *scratch, nnz_error *error) {
    nnz_packed_record header;
    const nnz_status status = read_header(&header, src, size, error);
    if (status)
        return status;
    *file = header.file_size;
    *scratch = nnz_rans_memory(header.tables, header.lanes);
    return nnz_error_begin(error, NNZ_OK);
}

/* ---- Runs: each writes bytes from `at` on; false where it would leave the file or lacks a table ------------------ */

static uint32_t next(unpacker *u, uint32_t table) {
    return nnz_rans_next(&u->rans, table);
}

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static bool read_number(unpacker *u, uint32_t table, uint32_t *number) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        const uint32_t byte = next(u, table);
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *number = (uint32_t)value;
            return value <= UINT32_MAX;
        }
    }
    return false;
}

static bool read_numbers(unpacker *u, uint32_t *numbers, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!read_number(u, CONTROL_TABLE, &numbers[i]))
            return false;
    return true;
}

static bool has_tables(const unpacker *u, uint32_t first, uint32_t n) {
    return (uint64_t)first + n <= u->rans.table_count;
}

/* Literals and copies of what came before, in turns. */
static bool run_text(unpacker *u, uint32_t n, const uint32_t *params) {
    enum { LITERALS, LITERAL, LENGTH, DISTANCE, TABLES };
    const uint32_t table = params[0], end = u->at + n;
    if (!has_tables(u, table, TABLES))
        return false;
    while (u->at < end) {
        uint32_t literals, length, distance;
        if (!read_number(u, table + LITERALS, &literals) || literals > end - u->at)
            return false;
        for (; literals; literals--)
            u->data[u->at++] = (uint8_t)next(u, table + LITERAL);
        if (u->at == end)
            break;
        if (!read_number(u, table + LENGTH, &length) || !read_number(u, table + DISTANCE, &distance) ||
            (uint64_t)length + SHORTEST_MATCH > end - u->at || distance >= u->at)
            return false;
        for (length += SHORTEST_MATCH; length; length--, u->at++)
            u->data[u->at] = u->data[u->at - distance - 1];
    }
    return true;
}

/* Elements of `period` bytes: each byte under a table for its place and the highest bit of the byte before it. */
static bool run_bytes(unpacker *u, uint32_t n, const uint32_t *params) {
    const uint32_t table = params[0], period = params[1];
    if (period < 1 || period > MAX_PERIOD || !has_tables(u, table, 2 * period - 1))
        return false;
    uint32_t place = 0, high = 0;
    for (const uint32_t end = u->at + n; u->at < end; u->at++) {
        const uint32_t byte = next(u, place ? table + 2 * place - 1 + high : table);
        u->data[u->at] = (uint8_t)byte;
        high = byte >> 7;
        place = place + 1 < period ? place + 1 : 0;
    }
    return true;
}

/*
 * int8 in blocks of `width`: each value under a table for its place and the magnitude of those before it. Of each
 * `stride` values the first `used` are coded, and the others zero.
 */
static bool run_blocks(unpacker *u, uint32_t n, const uint32_t *params) {
    const uint32_t table = params[0], width = params[1], stride = params[2], used = params[3];
    if (width < 1 || width > MAX_WIDTH || !stride || used > stride || !has_tables(u, table, 1 + (width - 1) * SUMS))
        return false;
    uint32_t place = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++, u->at++) {
        if (i % stride >= used)
            continue;
        const uint32_t level = sum / SUM_STEP < SUMS ? sum / SUM_STEP : SUMS - 1;
        const uint32_t byte = next(u, place ? table + 1 + (place - 1) * SUMS + level : table);
        u->data[u->at] = (uint8_t)byte;
        sum += byte < 128 ? byte : 256 - byte;
        if (++place == width)
            place = sum = 0;
    }
    return true;
}

static void put16(uint8_t *p, uint32_t value) {
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *p, uint32_t value) {
    put16(p, value);
    put16(p + 2, value >> 16);
}

/*
 * The arrays `index`, `count` and `start` of a sparse matrix, from a bit for each of its blocks: eight units of a group
 * in a byte, the last byte of a group in a K-block under a table of its own where it has fewer.
 */
static bool run_index(unpacker *u, uint32_t n, const uint32_t *params) {
    const uint32_t table = params[0], groups = params[1], units = params[2], kblock = params[3];
    if (!groups || !units || kblock < 1 || kblock > 256 || !has_tables(u, table, 2))
        return false;
    const uint32_t kblocks = units / kblock + (units % kblock != 0);
    const uint64_t count = (uint64_t)u->at + n + params[4], count_bytes = 2 * (uint64_t)kblocks * groups;
    const uint64_t start = count + count_bytes + params[5], end = start + 4 * ((uint64_t)kblocks + 1);
    if (count_bytes > u->size || end > u->size)
        return false;
    uint8_t *index = u->data + u->at, *counts = u->data + count, *starts = u->data + start;
    uint32_t blocks = 0;
    for (uint32_t k = 0; k < kblocks; k++, starts += 4) {
        put32(starts, blocks);
        const uint32_t width = units - k * kblock < kblock ? units - k * kblock : kblock;
        for (uint32_t g = 0; g < groups; g++, counts += 2) {
            const uint32_t before = blocks;
            for (uint32_t unit = 0; unit < width; unit += 8) {
                uint32_t bits = next(u, table + (width - unit < 8));
                for (uint32_t i = unit; bits; bits >>= 1, i++) {
                    if (!(bits & 1))
                        continue;
                    if (blocks == n || i >= width)
                        return false;
                    index[blocks++] = (uint8_t)i;
                }
            }
            put16(counts, blocks - before);
            if (u->rans.exhausted)
                return false;
        }
    }
    put32(starts, blocks);
    u->at = (uint32_t)end;
    return blocks == n;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static const struct {
    bool (*decode)(unpacker *u, uint32_t n, const uint32_t *params);
    uint32_t params;
} runs[] = {
    [RUN_TEXT] = {run_text, 1},
    [RUN_BYTES] = {run_bytes, 2},
    [RUN_BLOCKS] = {run_blocks, 4},
    [RUN_INDEX] = {run_index, 6},
};

/* One run, or `kind` RUN_END: its numbers are how many bytes to leave zero, its length, and its own parameters. */
static bool decode_run(unpacker *u, uint32_t *kind) {
    enum { SKIP, LENGTH, PARAMS, MOST = PARAMS + 6 };
    uint32_t numbers[MOST];
    *kind = next(u, CONTROL_TABLE);
    if (*kind == RUN_END)
        return true;
    if (*kind >= sizeof runs / sizeof *runs || !read_numbers(u, numbers, PARAMS + runs[*kind].params))
        return false;
    if ((uint64_t)numbers[SKIP] + numbers[LENGTH] > u->size - u->at)
        return false;
    u->at += numbers[SKIP];
    return runs[*kind].decode(u, numbers[LENGTH], numbers + PARAMS);
}

nnz_status nnz_unpack(void *dst, size_t dst_size, const void *src, size_t src_size, void *scratch, size_t scratch_size,
                      nnz_error *error) {
    nnz_packed_record header;
    const nnz_status status = read_header(&header, src, src_size, error);
    if (status)
        return status;
    if ((uintptr_t)scratch % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the scratch must start at a multiple of 64");
    if (dst_size < header.file_size || scratch_size < nnz_rans_memory(header.tables, header.lanes))
        return nnz_fail(error, NNZ_ERROR_MEMORY, "less memory than nnz_packed_size() says");

    unpacker u = {.data = dst, .size = header.file_size};
    memset(dst, 0, header.file_size);
    nnz_rans_begin(&u.rans, header.tables, header.lanes, (const uint8_t *)src + sizeof header, src_size - sizeof header,
                   scratch);
    uint32_t kind;
    do {
        if (!decode_run(&u, &kind) || u.rans.exhausted) {
            nnz_fail(error, NNZ_ERROR_FORMAT, "the packed file is damaged or ends early: what follows byte ");
            nnz_error_number(error, u.at);
            nnz_error_text(error, " of the .nnz file in it cannot be unpacked");
            return NNZ_ERROR_FORMAT;
        }
    } while (kind != RUN_END);
    if (!nnz_rans_complete(&u.rans))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the packed file is damaged: it does not end where its content does");
    return nnz_error_begin(error, NNZ_OK);
}
