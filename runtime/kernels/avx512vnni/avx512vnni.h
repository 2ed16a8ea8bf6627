/* AVX-512 VNNI: what the kernels of this folder are compiled for. */
#ifndef NNZ_AVX512VNNI_H
#define NNZ_AVX512VNNI_H

#include "../avx512/avx512.h"

#ifdef NNZ_X86_64

#define NNZ_AVX512VNNI_TARGET target("avx2,bmi2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#define VECTOR_INLINE         static inline __attribute__((always_inline, NNZ_AVX512VNNI_TARGET))
#define VECTOR_FUNCTION       __attribute__((NNZ_AVX512VNNI_TARGET))
#define VECTOR_NAME(family)   nnz_##family##_avx512vnni

VECTOR_INLINE __m256i dot_eight(__m256i sums, __m256i x, __m256i w) {
    return _mm256_dpbusd_epi32(sums, x, w);
}

#endif

#endif
