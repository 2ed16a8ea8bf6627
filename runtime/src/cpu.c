/* What the CPU and the operating system can run. */
#include "nnz.h"

const char *nnz_isa_name(nnz_isa isa) {
    switch (isa) {
    case NNZ_ISA_SCALAR:
        return "scalar";
    case NNZ_ISA_AVX2:
        return "avx2";
    case NNZ_ISA_AVX512:
        return "avx512";
    case NNZ_ISA_AVX512VNNI:
        return "avx512vnni";
    case NNZ_ISA_NEON:
        return "neon";
    case NNZ_ISA_DOTPROD:
        return "dotprod";
    case NNZ_ISA_I8MM:
        return "i8mm";
    case NNZ_ISA_DSP:
        return "dsp";
    case NNZ_ISA_HELIUM:
        return "helium";
    }
    return "unknown";
}

#if defined(__x86_64__) && defined(__GNUC__)

/* The compiler's builtin asks CPUID and, for the wide registers, XGETBV. */
nnz_isa nnz_cpu_isa(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return NNZ_ISA_SCALAR;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return NNZ_ISA_AVX2;
    return __builtin_cpu_supports("avx512vnni") ? NNZ_ISA_AVX512VNNI : NNZ_ISA_AVX512;
}

bool nnz_cpu_has(nnz_isa isa) {
    return isa >= NNZ_ISA_SCALAR && isa <= nnz_cpu_isa();
}

#else

nnz_isa nnz_cpu_isa(void) {
    return NNZ_ISA_SCALAR;
}

bool nnz_cpu_has(nnz_isa isa) {
    return isa == NNZ_ISA_SCALAR;
}

#endif
