/* Validation of the weight matrices: every index and count, once. */
#include "half.h"
#include "model.h"

#include <math.h>

static nnz_status fail_matrix(nnz_error *error, nnz_status status, uint32_t id, const char *what) {
    nnz_fail(error, status, "matrix ");
    nnz_error_number(error, id);
    nnz_error_text(error, ": ");
    nnz_error_text(error, what);
    return status;
}

static bool inside(const nnz_model *m, uint32_t offset, uint64_t bytes) {
    return offset % 64 == 0 && offset + bytes <= m->data_size - 64;
}

/* Counts add up to `start`, indices ascend and stay inside their K-block. */
static bool check_blocks(const nnz_model *m, const nnz_matrix_record *r) {
    uint32_t groups = nnz_groups(r), kblocks = nnz_kblocks(r);
    const uint8_t *index = nnz_model_data(m, r->index);
    const uint16_t *count = nnz_model_data(m, r->count);
    const uint32_t *start = nnz_model_data(m, r->start);
    uint64_t block = 0;
    for (uint32_t k = 0; k < kblocks; k++) {
        if (start[k] != block)
            return false;
        uint32_t left = nnz_units(r) - k * r->kblock, units = left < r->kblock ? left : r->kblock;
        for (uint32_t g = 0; g < groups; g++, count++) {
            if (block + *count > r->blocks)
                return false;
            for (uint32_t i = 0; i < *count; i++, block++)
                if (index[block] >= units || (i && index[block] <= index[block - 1]))
                    return false;
        }
    }
    return start[kblocks] == block && block == r->blocks;
}

/* A bit for each encoding of a dtype. */
static unsigned encodings_of(uint8_t dtype) {
    switch (dtype) {
    case NNZ_FLOAT32:
    case NNZ_FLOAT16:
    case NNZ_SCALED8:
    case NNZ_SCALED4:
        return 1u << NNZ_DENSE | 1u << NNZ_U1 | 1u << NNZ_RB4 | 1u << NNZ_F8X1;
    case NNZ_INT8:
        return 1u << NNZ_DENSE | 1u << NNZ_U1 | 1u << NNZ_Q1X4 | 1u << NNZ_Q8X4;
    }
    return 0;
}

/* Shares of all runs of a matrix whose counts are checked. */
static uint64_t count_shares(const nnz_model *m, const nnz_matrix_record *r) {
    const uint64_t groups = nnz_groups(r);
    if (r->encoding == NNZ_DENSE)
        return groups * nnz_shares(r, r->cols);
    const uint16_t *count = nnz_model_data(m, r->count);
    uint64_t shares = 0;
    for (uint64_t i = 0; i < nnz_kblocks(r) * groups; i++)
        shares += nnz_shares(r, count[i]);
    return shares;
}

/* The scales of a matrix that is otherwise checked. */
static nnz_status check_scales(const nnz_model *m, const nnz_matrix_record *r, uint32_t id, nnz_error *error) {
    const bool four = r->dtype == NNZ_SCALED4, powers = r->share && !(r->share & (r->share - 1));
    if (four ? !powers || r->share < 16 || r->share > 256 : r->share != 0)
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "its share is not 16, 32, 64, 128 or 256, or does not belong");
    if (!four && r->dtype != NNZ_SCALED8)
        return r->scale ? fail_matrix(error, NNZ_ERROR_FORMAT, id, "has scales that its dtype does not use") : NNZ_OK;
    const uint64_t scales = (four ? count_shares(m, r) : nnz_groups(r)) * nnz_block_rows(r);
    if (!inside(m, r->scale, scales * (four ? sizeof(uint16_t) : sizeof(float))))
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "its scales lie outside of section 'DATA'");
    const void *scale = nnz_model_data(m, r->scale);
    for (uint64_t i = 0; i < scales; i++)
        if (!isfinite(four ? nnz_half(((const uint16_t *)scale)[i]) : ((const float *)scale)[i]))
            return fail_matrix(error, NNZ_ERROR_FORMAT, id, "a scale is not finite");
    return NNZ_OK;
}

nnz_status nnz_check_matrix(const nnz_model *m, uint32_t id, nnz_error *error) {
    const nnz_matrix_record *r = &nnz_matrices(m)[id];
    for (int i = 0; i < 5; i++)
        if (r->reserved[i])
            return fail_matrix(error, NNZ_ERROR_FORMAT, id, "a reserved field is not zero");
    if (r->encoding >= NNZ_ENCODINGS || !(encodings_of(r->dtype) >> r->encoding & 1))
        return fail_matrix(error, NNZ_ERROR_UNSUPPORTED, id, "unknown encoding or dtype");
    if (!r->rows || !r->cols || r->rows > INT32_MAX / 8 || r->cols > INT32_MAX / 8)
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "rows or columns are out of range");

    uint64_t bits = (uint64_t)r->blocks * nnz_block_rows(r) * nnz_block_cols(r) * nnz_value_bits(r);
    if (!inside(m, r->values, (bits + 7) / 8))
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "its values lie outside of section 'DATA'");
    if (r->encoding == NNZ_DENSE) {
        if (r->blocks != (uint64_t)nnz_groups(r) * nnz_units(r) || r->kblock || r->index || r->count || r->start)
            return fail_matrix(error, NNZ_ERROR_FORMAT, id,
                               "a dense matrix has one block a unit and group, and no indices");
        return check_scales(m, r, id, error);
    }
    if (r->kblock < 1 || r->kblock > 256)
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "its K-block is not 1 to 256");
    uint64_t kblocks = nnz_kblocks(r);
    if (!inside(m, r->index, r->blocks) || !inside(m, r->count, kblocks * nnz_groups(r) * sizeof(uint16_t)) ||
        !inside(m, r->start, (kblocks + 1) * sizeof(uint32_t)))
        return fail_matrix(error, NNZ_ERROR_FORMAT, id, "its indices or counts lie outside of section 'DATA'");
    if (!check_blocks(m, r))
        return fail_matrix(error, NNZ_ERROR_FORMAT, id,
                           "its counts or indices contradict each other or leave their K-block");
    return check_scales(m, r, id, error);
}
