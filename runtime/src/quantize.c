/* Between real numbers and the integers of a port: for the user, before and after a run. No model is needed. */
#include "status.h"

#include <float.h>

enum { FAR = 1024 }; /* steps beyond both ranges from any zero point */

static nnz_status check(const nnz_info *info, int32_t *low, nnz_error *error) {
    if (info->dtype != NNZ_INT8 && info->dtype != NNZ_UINT8)
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "only int8 and uint8 stand for real numbers");
    if (!(info->scale > 0 && info->scale <= FLT_MAX))
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "the scale is not a finite number above 0, as a quantised port has");
    *low = info->dtype == NNZ_INT8 ? INT8_MIN : 0;
    if (info->zero_point < *low || info->zero_point > *low + UINT8_MAX)
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "the zero point lies outside of its type");
    return nnz_error_begin(error, NNZ_OK);
}

/* To the nearest integer, ties to the even one. The difference to what truncation gives is exact. */
static int32_t round_half_even(float x) {
    const int32_t whole = (int32_t)x;
    const float rest = x - (float)whole, size = rest < 0 ? -rest : rest;
    const bool away = size > 0.5f || (size == 0.5f && whole % 2);
    return away ? whole + (rest < 0 ? -1 : 1) : whole;
}

nnz_status nnz_quantize(const nnz_info *info, const float *real, void *integers, size_t n, nnz_error *error) {
    int32_t low;
    const nnz_status status = check(info, &low, error);
    for (size_t i = 0; !status && i < n; i++) {
        const float steps = real[i] / info->scale;
        int32_t q = steps != steps ? 0 : steps > FAR ? FAR : steps < -FAR ? -FAR : round_half_even(steps);
        q += info->zero_point;
        q = q < low ? low : q > low + UINT8_MAX ? low + UINT8_MAX : q;
        ((uint8_t *)integers)[i] = (uint8_t)q;
    }
    return status;
}

nnz_status nnz_dequantize(const nnz_info *info, const void *integers, float *real, size_t n, nnz_error *error) {
    int32_t low;
    const nnz_status status = check(info, &low, error);
    for (size_t i = 0; !status && i < n; i++) {
        const int32_t q = low ? ((const int8_t *)integers)[i] : ((const uint8_t *)integers)[i];
        real[i] = (float)(q - info->zero_point) * info->scale;
    }
    return status;
}
