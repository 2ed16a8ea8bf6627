/*
 * nnz: a runtime for sparse neural networks.
 *
 * Three objects, all in memory that the caller gives:
 *
 *   model    a validated view of a `.nnz` file in memory (never copied, never written)
 *   plan     the decisions for one model, CPU level and number of threads: kernels, tile widths, memory offsets.
 *            Read-only once made; sessions in several threads may share it.
 *   session  one inference at a time: activations and scratch in an arena of exactly nnz_arena_size() bytes
 *
 *   nnz_model model;
 *   nnz_open(&model, data, size, nnz_registry_all(), &error);
 *   nnz_plan_init(&plan, &model, &config, plan_memory, nnz_plan_size(&model, &config), &error);
 *   nnz_session_init(&session, plan, arena, nnz_arena_size(plan), NULL, &error);
 *   nnz_run(session, inputs, outputs, &error);
 *
 * The core allocates nothing, reads no file, starts no thread and looks at no environment variable. The host layer at
 * the end of this header does these things for programs on an operating system (nnz_load() and what follows);
 * firmware leaves it out.
 *
 * Every function that can fail returns an nnz_status and, where `error` is not NULL, explains itself there. No function
 * is called with NULL except where it says so. Functions on different sessions may run at the same time; on one session
 * they may not.
 */
#ifndef NNZ_H
#define NNZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(NNZ_SHARED) && defined(__GNUC__)
#define NNZ_API __attribute__((visibility("default")))
#else
#define NNZ_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ------------------------------------------------------------------------------------------------------ */

typedef enum nnz_status {
    NNZ_OK = 0,
    NNZ_ERROR_ARGUMENT = 1,    /* a parameter is out of range: a count, a level, a name that is not there */
    NNZ_ERROR_ALIGNMENT = 2,   /* memory does not start at a multiple of NNZ_ALIGNMENT */
    NNZ_ERROR_MEMORY = 3,      /* the memory given is smaller than the size asked for, or none is to be had */
    NNZ_ERROR_FORMAT = 4,      /* the file breaks docs/FORMAT.md */
    NNZ_ERROR_VERSION = 5,     /* the file is of a version that this library does not read */
    NNZ_ERROR_UNSUPPORTED = 6, /* a valid file that needs an operator, type or encoding that is not registered */
    NNZ_ERROR_CHECKSUM = 7,    /* nnz_verify(): the file was changed after it was written */
    NNZ_ERROR_CPU = 8,         /* the CPU lacks the instructions of the level asked for */
    NNZ_ERROR_IO = 9,          /* host layer: a file cannot be read */
} nnz_status;

/* What went wrong, naming the operator, tensor or section. `message` is NUL-terminated UTF-8, cut where it is too long.
 */
typedef struct nnz_error {
    nnz_status status;
    char message[244];
} nnz_error;

/* "ok", "bad argument", ...: a constant string; "unknown status" for other values. */
NNZ_API const char *nnz_status_text(nnz_status status);

/* The library's version, "0.1.0". */
NNZ_API const char *nnz_version(void);

/* ---- Model ------------------------------------------------------------------------------------------------------- */

enum {
    NNZ_ALIGNMENT = 64, /* of the file, the plan memory and the arena, in bytes */
    NNZ_MAX_RANK = 8,
    NNZ_MAX_THREADS = 64,
};

typedef enum nnz_dtype {
    NNZ_FLOAT32 = 1,
    NNZ_INT8 = 2,
    NNZ_UINT8 = 3,
    NNZ_INT32 = 4,
    NNZ_INT64 = 5,
    NNZ_BOOL = 6,
    NNZ_FLOAT16 = 7,
} nnz_dtype;

/* Bytes of one element; 0 for a value that is not an nnz_dtype. */
NNZ_API size_t nnz_dtype_size(nnz_dtype dtype);

/* The operators and kernels a program carries. Firmware lists only what its model needs, so that the linker drops the
 * rest: nnz_registry.h. */
typedef struct nnz_registry nnz_registry;

/* Everything this build of the library has. */
NNZ_API const nnz_registry *nnz_registry_all(void);

/* A validated model. The fields are private; the struct is complete so that it can live anywhere. */
typedef struct nnz_model {
    const uint8_t *data;
    uint32_t size;
    uint32_t tensor_count, op_count, arg_count, param_count, matrix_count, input_count, output_count;
    uint32_t data_size, name_size, report_size;
    const void *tensors, *ops, *args, *params, *matrices, *inputs, *outputs, *constants, *names, *report;
    const nnz_registry *registry;
} nnz_model;

/*
 * Validates the `.nnz` file in data[0..size) completely (docs/FORMAT.md) but for its checksum, and fills `model`.
 * `data` starts at a multiple of NNZ_ALIGNMENT (else NNZ_ERROR_ALIGNMENT) and must stay unchanged as long as the model
 * is used. Time grows with the number of records and stored weights.
 */
NNZ_API nnz_status nnz_open(nnz_model *model, const void *data, size_t size, const nnz_registry *registry,
                            nnz_error *error);

/* Compares the checksum in the header with the file: NNZ_OK or NNZ_ERROR_CHECKSUM. Reads the whole file. */
NNZ_API nnz_status nnz_verify(const nnz_model *model, nnz_error *error);

/* CRC-32C of data[0..size), continued from `crc` (0 to begin). */
NNZ_API uint32_t nnz_crc32c(uint32_t crc, const void *data, size_t size);

/*
 * Packed files (docs/FORMAT.md section 11) are smaller, but cannot run in place: nnz_unpack() makes the `.nnz` file
 * again, in memory of the sizes that nnz_packed_size() says.
 *
 *   nnz_packed_size(src, src_size, &file_size, &scratch_size, &error);
 *   nnz_unpack(file, file_size, src, src_size, scratch, scratch_size, &error);
 *   nnz_open(&model, file, file_size, nnz_registry_all(), &error);
 *
 * The source may have any alignment, the scratch starts at a multiple of NNZ_ALIGNMENT and is free afterwards. Damaged
 * sources are NNZ_ERROR_FORMAT, or give bytes that nnz_open() refuses or nnz_verify() finds changed.
 */
NNZ_API bool nnz_is_packed(const void *src, size_t src_size);
NNZ_API nnz_status nnz_packed_size(const void *src, size_t src_size, size_t *file_size, size_t *scratch_size,
                                   nnz_error *error);
NNZ_API nnz_status nnz_unpack(void *file, size_t file_size, const void *src, size_t src_size, void *scratch,
                              size_t scratch_size, nnz_error *error);

/* An input or output as the user sees it. `name` is "" in a stripped file. */
typedef struct nnz_info {
    const char *name;
    nnz_dtype dtype;
    uint32_t rank;
    uint32_t dims[NNZ_MAX_RANK];
    size_t bytes;
    float scale; /* of a quantised tensor, else 0 */
    int32_t zero_point;
} nnz_info;

NNZ_API size_t nnz_input_count(const nnz_model *model);
NNZ_API size_t nnz_output_count(const nnz_model *model);

/* Describes input or output `i`; NNZ_ERROR_ARGUMENT where there is none. */
NNZ_API nnz_status nnz_input_info(const nnz_model *model, size_t i, nnz_info *info);
NNZ_API nnz_status nnz_output_info(const nnz_model *model, size_t i, nnz_info *info);

/* The position of the input or output called `name`, or -1. */
NNZ_API int nnz_find_input(const nnz_model *model, const char *name);
NNZ_API int nnz_find_output(const nnz_model *model, const char *name);

/*
 * Between real numbers and the integers of a quantised input or output: `info` as nnz_input_info() or nnz_output_info()
 * gave it, its dtype NNZ_INT8 or NNZ_UINT8 and its scale above 0 (else NNZ_ERROR_ARGUMENT). Converts `n` values, of any
 * alignment for the integers, in float32: x / scale rounded half to even, plus the zero point, saturated, NaN as 0.0;
 * and (integer - zero point) x scale. The same bits as nnz.quantize() and nnz.dequantize() in Python.
 */
NNZ_API nnz_status nnz_quantize(const nnz_info *info, const float *real, void *integers, size_t n, nnz_error *error);
NNZ_API nnz_status nnz_dequantize(const nnz_info *info, const void *integers, float *real, size_t n, nnz_error *error);

NNZ_API size_t nnz_op_count(const nnz_model *model);

/* The kind ("conv", "binary", ...) and name of operator `i`; "" where there is none. */
NNZ_API const char *nnz_op_kind(const nnz_model *model, size_t i);
NNZ_API const char *nnz_op_name(const nnz_model *model, size_t i);

/* ---- Plan -------------------------------------------------------------------------------------------------------- */

/* Levels of CPU features. A plan takes, for each kernel, the best variant up to its level; those of AVX-VNNI at its own
 * alone, for AVX-512 goes without. */
typedef enum nnz_isa {
    NNZ_ISA_SCALAR = 0,  /* C11, no extension */
    NNZ_ISA_AVX2 = 1,    /* AVX2 and FMA */
    NNZ_ISA_AVXVNNI = 2, /* and AVX-VNNI: Intel's small CPUs, which have no AVX-512 */
    NNZ_ISA_AVX512 = 3,  /* AVX-512 F, BW, DQ, VL */
    NNZ_ISA_AVX512VNNI = 4,
    NNZ_ISA_NEON = 5,    /* every AArch64; ARMv7 with NEON and VFPv4 */
    NNZ_ISA_DOTPROD = 6, /* AArch64 with int8 dot products, SDOT */
    NNZ_ISA_I8MM = 7,    /* and with int8 matrix products, SMMLA */
    NNZ_ISA_DSP = 8,     /* Cortex-M with the DSP extension: M4, M7, M33 */
    NNZ_ISA_HELIUM = 9,  /* Cortex-M with integer vectors: M55, M85 */
} nnz_isa;

/* The highest level that this CPU and operating system can run. */
NNZ_API nnz_isa nnz_cpu_isa(void);

/* Whether this CPU can run `isa`. */
NNZ_API bool nnz_cpu_has(nnz_isa isa);

/* "scalar", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "dotprod", "i8mm", "dsp", "helium"; "unknown" for other
 * values */
NNZ_API const char *nnz_isa_name(nnz_isa isa);

typedef struct nnz_config {
    nnz_isa isa;      /* sessions need a CPU that has it; sizes can be asked of any level (on Cortex-M: of its own) */
    uint32_t threads; /* 1 to NNZ_MAX_THREADS: the most that nnz_run() will use */
} nnz_config;

typedef struct nnz_plan nnz_plan;

/* Bytes that nnz_plan_init() needs, exactly; 0 where `config` is out of range or no machine has as much memory. For one
 * model and config this and nnz_arena_size() are the same on every machine. */
NNZ_API size_t nnz_plan_size(const nnz_model *model, const nnz_config *config);

/*
 * Makes the plan in memory[0..size), aligned to NNZ_ALIGNMENT, size at least nnz_plan_size(). `model` and `memory` must
 * outlive the plan.
 */
NNZ_API nnz_status nnz_plan_init(nnz_plan **plan, const nnz_model *model, const nnz_config *config, void *memory,
                                 size_t size, nnz_error *error);

/* Bytes of a session's arena, exactly: its own state, all activations, scratch of all threads. */
NNZ_API size_t nnz_arena_size(const nnz_plan *plan);

/* The kernel that operator `i` runs, "spmm_f32_u1_avx512"; "" for an operator without kernels. */
NNZ_API const char *nnz_plan_kernel(const nnz_plan *plan, size_t i);

/* ---- Session ----------------------------------------------------------------------------------------------------- */

/*
 * How a session spreads work: run() calls task(context, i, worker) for i in [0, count), in any order, possibly at the
 * same time, and returns when all are done. `worker` is below the plan's threads, and no two calls at the same time
 * share one.
 */
typedef struct nnz_parallel {
    void (*run)(void *pool, void (*task)(void *context, uint32_t i, uint32_t worker), void *context, uint32_t count);
    void *pool;
} nnz_parallel;

typedef struct nnz_session nnz_session;

/*
 * Makes a session in arena[0..size), aligned to NNZ_ALIGNMENT, size at least nnz_arena_size(). `parallel` NULL runs
 * everything in the calling thread; else it is copied. NNZ_ERROR_CPU where the CPU lacks the plan's level.
 */
NNZ_API nnz_status nnz_session_init(nnz_session **session, const nnz_plan *plan, void *arena, size_t size,
                                    const nnz_parallel *parallel, nnz_error *error);

/*
 * Runs the model once. inputs[i] and outputs[i] are row-major arrays of the shape and type of nnz_input_info(i) and
 * nnz_output_info(i), of any alignment; they do not overlap. An entry may be NULL: that input was written to
 * nnz_input_data(i) before; that output is left where it is, in nnz_output_data(i). Others need not be there after the
 * run: operators may work on the arrays themselves. The same inputs give the same bytes at any number of
 * threads.
 */
NNZ_API nnz_status nnz_run(nnz_session *session, const void *const *inputs, void *const *outputs, nnz_error *error);

/*
 * The arena's own memory of an input or output, in the internal layout (docs/FORMAT.md section 7), or NULL where `i` is
 * out of range. An input's memory may be reused during the run: write it before each one.
 */
NNZ_API void *nnz_input_data(nnz_session *session, size_t i);
NNZ_API const void *nnz_output_data(const nnz_session *session, size_t i);

/*
 * From now on each run adds, for each operator i, the ticks it took to ticks[i] (nnz_op_count() entries); where
 * several operators run together, its share of their time. `clock` NULL stops it.
 */
NNZ_API void nnz_profile(nnz_session *session, uint64_t (*clock)(void), uint64_t *ticks);

/* ---- Host layer: files, memory, threads, environment (left out of firmware) -------------------------------------- */

/* A model with its plan's and sessions' memory managed. */
typedef struct nnz_program nnz_program;

/*
 * Maps the file at `path` (reads it where it is large), or copies data[0..size), unpacks it where it is packed, opens
 * it, and plans it for `threads` threads (0: one for each CPU the process may use) and for the level in the environment
 * variable NNZ_CPU (a name of nnz_isa_name(); unset or empty: nnz_cpu_isa()). The checksum is compared. While the
 * program lives, nobody may write into the file: a newer one takes its place by a rename, as the tools do it.
 */
NNZ_API nnz_status nnz_load(nnz_program **program, const char *path, uint32_t threads, nnz_error *error);
NNZ_API nnz_status nnz_load_memory(nnz_program **program, const void *data, size_t size, uint32_t threads,
                                   nnz_error *error);

/* The parts of a program, for the functions above. They live as long as it does. */
NNZ_API const nnz_model *nnz_program_model(const nnz_program *program);
NNZ_API const nnz_plan *nnz_program_plan(const nnz_program *program);
NNZ_API nnz_session *nnz_program_session(nnz_program *program);
NNZ_API nnz_isa nnz_program_isa(const nnz_program *program);
NNZ_API uint32_t nnz_program_threads(const nnz_program *program);

/* Frees everything; NULL is allowed. */
NNZ_API void nnz_free(nnz_program *program);

/* The level NNZ_CPU names, or the CPU's. NNZ_ERROR_ARGUMENT for an unknown name, NNZ_ERROR_CPU for one the CPU lacks.
 */
NNZ_API nnz_status nnz_host_isa(nnz_isa *isa, nnz_error *error);

/* Nanoseconds of a monotonic clock, for nnz_profile(). */
NNZ_API uint64_t nnz_host_clock(void);

enum { NNZ_FOOTPRINT_KERNELS = 63 };

/* What a device that runs one model needs of this library. */
typedef struct nnz_footprint {
    size_t plan_size, arena_size;                   /* as nnz_plan_size() and nnz_arena_size() say on the device */
    const char *kernels[NNZ_FOOTPRINT_KERNELS + 1]; /* without them the plan fails; then NULL */
} nnz_footprint;

/*
 * Finds out what `model`, opened with nnz_registry_all(), needs on a device of level `isa` with one thread. The device
 * may be of another kind than this machine.
 */
NNZ_API nnz_status nnz_footprint_of(const nnz_model *model, nnz_isa isa, nnz_footprint *footprint, nnz_error *error);

#ifdef __cplusplus
}
#endif

#endif
