/* What the CPU and the operating system can run. */
#include "../kernels/kernels.h"

const char *nnz_isa_name(nnz_isa isa) {
    switch (isa) {
    case NNZ_ISA_SCALAR:
        return "scalar";
    case NNZ_ISA_AVX2:
        return "avx2";
    case NNZ_ISA_AVXVNNI:
        return "avxvnni";
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

/* By CPUID and XGETBV rather than the compiler's builtin, which finds nothing where the compiler's library (zig's) does
 * not fill its table. */
#include <cpuid.h>

static bool has(uint32_t word, uint32_t bits) {
    return (word & bits) == bits;
}

/* The registers that the operating system saves. */
static uint32_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Its registers are those of AVX2. */
static bool has_avxvnni(void) {
#ifdef NNZ_AVXVNNI
    enum { AVXVNNI = 1 << 4 }; /* leaf 7, subleaf 1, EAX */
    uint32_t a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, AVXVNNI);
#else
    return false;
#endif
}

nnz_isa nnz_cpu_isa(void) {
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, AVX = 1 << 28, F16C = 1 << 29 };                         /* leaf 1, ECX */
    enum { AVX2 = 1 << 5, BMI2 = 1 << 8, AVX512F = 1 << 16, AVX512DQ = 1 << 17, AVX512BW = 1 << 30 }; /* leaf 7, EBX */
    const uint32_t avx512vl = 1u << 31, avx512vnni = 1 << 11; /* leaf 7, EBX and ECX */
    enum { YMM = 6, ZMM = 0xE6 };
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, FMA | OSXSAVE | AVX | F16C))
        return NNZ_ISA_SCALAR;
    const uint32_t saved = saved_registers();
    if (!has(saved, YMM) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, AVX2))
        return NNZ_ISA_SCALAR;
    if (!has(saved, ZMM) || !has(b, BMI2 | AVX512F | AVX512DQ | AVX512BW | avx512vl))
        return has_avxvnni() ? NNZ_ISA_AVXVNNI : NNZ_ISA_AVX2;
    return has(c, avx512vnni) ? NNZ_ISA_AVX512VNNI : NNZ_ISA_AVX512;
}

/* Kernels ask at each call, and a virtual machine takes long to answer: so it is asked once. */
bool nnz_cpu_has_vbmi(void) {
    enum { UNKNOWN, NO, YES, VBMI = 1 << 1 }; /* leaf 7, ECX */
    static int answer = UNKNOWN;
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
    if (known == UNKNOWN) {
        uint32_t a, b, c, d;
        known = __get_cpuid_count(7, 0, &a, &b, &c, &d) && has(c, VBMI) ? YES : NO;
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known == YES;
}

bool nnz_cpu_has(nnz_isa isa) {
    const nnz_isa highest = nnz_cpu_isa();
    return isa == NNZ_ISA_AVXVNNI ? highest >= NNZ_ISA_AVX2 && has_avxvnni() : nnz_isa_includes(highest, isa);
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
