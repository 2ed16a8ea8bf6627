/* What the CPU and the operating system can run. */
#include "../kernels/kernels.h"

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

#if defined(NNZ_X86_64)

/* The compiler's builtin asks CPUID and, for the wide registers, XGETBV. */
nnz_isa nnz_cpu_isa(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
        return NNZ_ISA_SCALAR;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return NNZ_ISA_AVX2;
    return __builtin_cpu_supports("avx512vnni") ? NNZ_ISA_AVX512VNNI : NNZ_ISA_AVX512;
}

bool nnz_cpu_has(nnz_isa isa) {
    return isa >= NNZ_ISA_SCALAR && isa <= nnz_cpu_isa();
}

#elif defined(NNZ_ARM_NEON)

/* What Linux says of the CPU in the auxiliary vector; without Linux what the compiler was told. */
#ifdef __linux__
#include <sys/auxv.h>

static bool has(unsigned long type, unsigned long bits) {
    return (getauxval(type) & bits) == bits;
}
#endif

#ifdef NNZ_AARCH64

nnz_isa nnz_cpu_isa(void) {
#ifdef __linux__
    enum { ASIMDDP = 1 << 20, I8MM = 1 << 13 };
    const bool dotprod = has(AT_HWCAP, ASIMDDP), i8mm = has(AT_HWCAP2, I8MM);
#else
#ifdef __ARM_FEATURE_DOTPROD
    const bool dotprod = true;
#else
    const bool dotprod = false;
#endif
#ifdef __ARM_FEATURE_MATMUL_INT8
    const bool i8mm = true;
#else
    const bool i8mm = false;
#endif
#endif
    return !dotprod ? NNZ_ISA_NEON : i8mm ? NNZ_ISA_I8MM : NNZ_ISA_DOTPROD;
}

#else

nnz_isa nnz_cpu_isa(void) {
#ifdef __linux__
    enum { NEON = 1 << 12, VFPV4 = 1 << 16 };
    return has(AT_HWCAP, NEON | VFPV4) ? NNZ_ISA_NEON : NNZ_ISA_SCALAR;
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return NNZ_ISA_NEON;
#else
    return NNZ_ISA_SCALAR;
#endif
}

#endif

bool nnz_cpu_has(nnz_isa isa) {
    return isa == NNZ_ISA_SCALAR || (isa >= NNZ_ISA_NEON && isa <= nnz_cpu_isa());
}

#elif defined(NNZ_CORTEX_M_DSP)

nnz_isa nnz_cpu_isa(void) {
#ifdef NNZ_CORTEX_M_HELIUM
    return NNZ_ISA_HELIUM;
#else
    return NNZ_ISA_DSP;
#endif
}

bool nnz_cpu_has(nnz_isa isa) {
    return nnz_isa_includes(nnz_cpu_isa(), isa);
}

#else

nnz_isa nnz_cpu_isa(void) {
    return NNZ_ISA_SCALAR;
}

bool nnz_cpu_has(nnz_isa isa) {
    return isa == NNZ_ISA_SCALAR;
}

#endif
