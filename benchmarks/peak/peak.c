/*
 * nnz_peak: what one core does at best, as JSON: multiply-adds a second in float32 and int8, and bytes loaded a second
 * from the L1 cache, the L2 cache and memory. With the instructions that NNZ_CPU allows, as the library's kernels.
 */
#define _POSIX_C_SOURCE 200809L
#include "../../runtime/kernels/kernels.h"
#include "nnz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROUNDS = 1 << 14, /* of multiplications in one timed call */
    TRIALS = 30,      /* the best counts */
    LINE = 64,
};

/* What a level of instructions has: each function's work, known by its arguments, is timed from outside. */
typedef struct level {
    void (*fma)(void);                         /* fma_macs multiply-adds in float32 */
    void (*dot)(void);                         /* dot_macs multiply-adds of int8 */
    void (*load)(const void *x, size_t bytes); /* reads a multiple of 1024 bytes */
    double fma_macs, dot_macs;
} level;

/* What the compiler cannot know: operands come from here, and results go there. */
static volatile int zero;
static volatile float float_sink;
static volatile int64_t int_sink;

/* ---- C11 ----------------------------------------------------------------------------------------------------------
 */

enum { SUMS = 64 }; /* independent, to hide the latency of an addition */

static void fma_c(void) {
    float sums[SUMS], x[SUMS], y[SUMS], total = 0;
    for (int i = 0; i < SUMS; i++) {
        sums[i] = (float)(i + zero);
        x[i] = (float)(i + zero);
        y[i] = (float)(1 + zero);
    }
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < SUMS; i++)
            sums[i] = x[i] * y[i] + sums[i];
    for (int i = 0; i < SUMS; i++)
        total += sums[i];
    float_sink = total;
}

static void dot_c(void) {
    int32_t sums[SUMS] = {0}, total = 0;
    int16_t x[SUMS], y[SUMS];
    for (int i = 0; i < SUMS; i++) {
        x[i] = (int16_t)(i + zero);
        y[i] = (int16_t)(1 + zero);
    }
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < SUMS; i++)
            sums[i] ^= x[i] * y[i] + r;
    for (int i = 0; i < SUMS; i++)
        total += sums[i];
    int_sink = total;
}

static void load_c(const void *memory, size_t bytes) {
    const uint64_t *x = memory;
    uint64_t sums[16] = {0}, total = 0;
    for (size_t at = 0; at < bytes / sizeof *x; at += 16)
        for (int i = 0; i < 16; i++)
            sums[i] |= x[at + (size_t)i];
    for (int i = 0; i < 16; i++)
        total |= sums[i];
    int_sink = (int64_t)total;
}

static const level levels_c = {fma_c, dot_c, load_c, (double)ROUNDS * SUMS, (double)ROUNDS * SUMS};

/* ---- x86 ----------------------------------------------------------------------------------------------------------
 */

#ifdef NNZ_X86_64
#include <immintrin.h>

#define AVX2    __attribute__((target("avx2,fma")))
#define AVXVNNI __attribute__((target("avx2,avxvnni")))
#define AVX512  __attribute__((target("avx512f,avx512bw")))
#define VNNI    __attribute__((target("avx512f,avx512bw,avx512vnni")))

/* Twelve sums in registers: more than latency times throughput of any of these instructions. */
#define REPEAT(step) step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7) step(8) step(9) step(10) step(11)
enum { REGISTERS = 12 };

AVX2 static void fma_avx2(void) {
    const __m256 x = _mm256_set1_ps((float)zero), y = _mm256_set1_ps((float)zero);
    __m256 sum[REGISTERS], total = x;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm256_set1_ps((float)(i + zero));
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i) sum[i] = _mm256_fmadd_ps(x, y, sum[i]);
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm256_add_ps(total, sum[i]);
    float_sink = _mm256_cvtss_f32(total);
}

AVX512 static void fma_avx512(void) {
    const __m512 x = _mm512_set1_ps((float)zero), y = _mm512_set1_ps((float)zero);
    __m512 sum[REGISTERS], total = x;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm512_set1_ps((float)(i + zero));
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i) sum[i] = _mm512_fmadd_ps(x, y, sum[i]);
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm512_add_ps(total, sum[i]);
    float_sink = _mm512_cvtss_f32(total);
}

/* Without VNNI: products of unsigned and signed bytes in pairs, pairs in fours, and an addition. The empty statement
 * keeps the compiler from taking the product, always the same, out of the loop. */
AVX2 static void dot_avx2(void) {
    const __m256i y = _mm256_set1_epi8((char)(1 + zero)), ones = _mm256_set1_epi16(1);
    __m256i x = y, sum[REGISTERS], total = y;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm256_set1_epi32(i + zero);
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i)                                                                                                        \
    __asm__ volatile("" : "+x"(x));                                                                                    \
    sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), ones));
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm256_add_epi32(total, sum[i]);
    int_sink = _mm256_extract_epi32(total, 0);
}

AVX512 static void dot_avx512(void) {
    const __m512i y = _mm512_set1_epi8((char)(1 + zero)), ones = _mm512_set1_epi16(1);
    __m512i x = y, sum[REGISTERS], total = y;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm512_set1_epi32(i + zero);
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i)                                                                                                        \
    __asm__ volatile("" : "+x"(x));                                                                                    \
    sum[i] = _mm512_add_epi32(sum[i], _mm512_madd_epi16(_mm512_maddubs_epi16(x, y), ones));
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm512_add_epi32(total, sum[i]);
    int_sink = _mm512_reduce_add_epi32(total);
}

#ifdef NNZ_AVXVNNI
AVXVNNI static void dot_avxvnni(void) {
    const __m256i x = _mm256_set1_epi8((char)(1 + zero)), y = x;
    __m256i sum[REGISTERS], total = x;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm256_set1_epi32(i + zero);
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i) sum[i] = _mm256_dpbusd_avx_epi32(sum[i], x, y);
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm256_add_epi32(total, sum[i]);
    int_sink = _mm256_extract_epi32(total, 0);
}
#endif

VNNI static void dot_vnni(void) {
    const __m512i x = _mm512_set1_epi8((char)(1 + zero)), y = x;
    __m512i sum[REGISTERS], total = x;
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm512_set1_epi32(i + zero);
    for (int r = 0; r < ROUNDS; r++) {
#define STEP(i) sum[i] = _mm512_dpbusd_epi32(sum[i], x, y);
        REPEAT(STEP)
#undef STEP
    }
    for (int i = 0; i < REGISTERS; i++)
        total = _mm512_add_epi32(total, sum[i]);
    int_sink = _mm512_reduce_add_epi32(total);
}

AVX2 static void load_avx2(const void *memory, size_t bytes) {
    const __m256i *x = memory;
    __m256i sum[8] = {_mm256_setzero_si256()}, total = sum[0];
    for (int i = 1; i < 8; i++)
        sum[i] = sum[0];
    for (size_t at = 0; at < bytes / sizeof *x; at += 8)
        for (int i = 0; i < 8; i++)
            sum[i] = _mm256_or_si256(sum[i], _mm256_load_si256(x + at + i));
    for (int i = 0; i < 8; i++)
        total = _mm256_or_si256(total, sum[i]);
    int_sink = _mm256_extract_epi32(total, 0);
}

AVX512 static void load_avx512(const void *memory, size_t bytes) {
    const __m512i *x = memory;
    __m512i sum[8] = {_mm512_setzero_si512()}, total = sum[0];
    for (int i = 1; i < 8; i++)
        sum[i] = sum[0];
    for (size_t at = 0; at < bytes / sizeof *x; at += 8)
        for (int i = 0; i < 8; i++)
            sum[i] = _mm512_or_si512(sum[i], _mm512_load_si512(x + at + i));
    for (int i = 0; i < 8; i++)
        total = _mm512_or_si512(total, sum[i]);
    int_sink = _mm512_reduce_add_epi32(total);
}

static level level_of(nnz_isa isa) {
    const double instructions = (double)ROUNDS * REGISTERS;
    switch (isa) {
    case NNZ_ISA_AVX2:
        return (level){fma_avx2, dot_avx2, load_avx2, 8 * instructions, 32 * instructions};
#ifdef NNZ_AVXVNNI
    case NNZ_ISA_AVXVNNI:
        return (level){fma_avx2, dot_avxvnni, load_avx2, 8 * instructions, 32 * instructions};
#endif
    case NNZ_ISA_AVX512:
        return (level){fma_avx512, dot_avx512, load_avx512, 16 * instructions, 64 * instructions};
    case NNZ_ISA_AVX512VNNI:
        return (level){fma_avx512, dot_vnni, load_avx512, 16 * instructions, 64 * instructions};
    default:
        return levels_c;
    }
}
#else
static level level_of(nnz_isa isa) {
    (void)isa;
    return levels_c;
}
#endif

/* ---- Timing -------------------------------------------------------------------------------------------------------
 */

static double seconds(uint64_t begin) {
    return (double)(nnz_host_clock() - begin) * 1e-9;
}

static double rate(void (*work)(void), double amount) {
    double best = 0;
    for (int i = 0; i < TRIALS; i++) {
        const uint64_t begin = nnz_host_clock();
        work();
        const double found = amount / seconds(begin);
        best = found > best ? found : best;
    }
    return best;
}

/* Bytes a second from memory[0..size), read until at least a few megabytes are. */
static double bandwidth(const level *l, const void *memory, size_t size) {
    enum { LEAST = 4 << 20 };
    const int repeats = (int)(LEAST / size + 1), trials = size > LEAST ? TRIALS / 10 : TRIALS;
    double best = 0;
    for (int i = 0; i < trials; i++) {
        const uint64_t begin = nnz_host_clock();
        for (int r = 0; r < repeats; r++)
            l->load(memory, size);
        const double found = (double)size * repeats / seconds(begin);
        best = found > best ? found : best;
    }
    return best;
}

/* Bytes of a cache, or `otherwise` where the system does not say. */
static size_t cache_size(int name, size_t otherwise) {
    const long found = sysconf(name);
    return found > 0 ? (size_t)found : otherwise;
}

#ifdef _SC_LEVEL1_DCACHE_SIZE
enum { L1 = _SC_LEVEL1_DCACHE_SIZE, L2 = _SC_LEVEL2_CACHE_SIZE, L3 = _SC_LEVEL3_CACHE_SIZE };
#else
enum { L1 = -1, L2 = -1, L3 = -1 };
#endif

int main(void) {
    enum { GRAIN = 4096 };
    nnz_isa isa;
    nnz_error error;
    if (nnz_host_isa(&isa, &error)) {
        fprintf(stderr, "nnz_peak: %s\n", error.message);
        return 2;
    }
    const level l = level_of(isa);
    const size_t l1 = cache_size(L1, 32 << 10), l2 = cache_size(L2, 512 << 10), l3 = cache_size(L3, 32 << 20);
    const size_t far = l3 < (size_t)512 << 20 ? 2 * l3 : (size_t)1 << 30, size = (far + 4 * l2) / GRAIN * GRAIN;
    void *memory = aligned_alloc(GRAIN, size);
    if (!memory) {
        fprintf(stderr, "nnz_peak: no memory for %zu bytes, which are to be more than the caches hold\n", size);
        return 1;
    }
    memset(memory, 1, size);
    printf("{\"isa\": \"%s\", \"f32_macs\": %.4g, \"int8_macs\": %.4g, ", nnz_isa_name(isa), rate(l.fma, l.fma_macs),
           rate(l.dot, l.dot_macs));
    printf("\"l1_bytes\": %zu, \"l2_bytes\": %zu, ", l1, l2);
    printf("\"l1\": %.4g, \"l2\": %.4g, \"memory\": %.4g}\n", bandwidth(&l, memory, l1 / 2 / 1024 * 1024),
           bandwidth(&l, memory, l2 / 2 / 1024 * 1024), bandwidth(&l, memory, size));
    free(memory);
    return 0;
}
