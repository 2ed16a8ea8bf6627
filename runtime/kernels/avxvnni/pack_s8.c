/* pack_s8 for AVX-VNNI: its tiles are those of AVX2. */
#include "../kernels.h"

#ifdef NNZ_AVXVNNI

void nnz_pack_s8_avxvnni(const nnz_pack_s8 *a) {
    nnz_pack_s8_avx2(a);
}

#endif
