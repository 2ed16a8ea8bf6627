/* What a model needs on a device: planned here for the device's level, and again without each kernel. */
#include "../../kernels/kernels.h"
#include "../plan.h"
#include "../status.h"

#include <stdlib.h>
#include <string.h>

/* The kernels of devices that this machine cannot be, too: a plan does not call them. */
#ifndef NNZ_CORTEX_M_DSP
#define NNZ_CORTEX_M_DSP
#endif
#ifndef NNZ_CORTEX_M_HELIUM
#define NNZ_CORTEX_M_HELIUM
#endif
static const nnz_kernel known[] = {
#define NNZ_KERNEL(FAMILY, family, type, ISA, isa) {NNZ_FAMILY_##FAMILY, NNZ_ISA_##ISA, #family "_" #isa, NULL},
#include "../../kernels/kernels.inc"
#undef NNZ_KERNEL
};
enum { KNOWN = sizeof known / sizeof *known };

static nnz_status make_plan(const nnz_model *model, const nnz_config *config, nnz_plan **plan, nnz_error *error) {
    size_t size = nnz_plan_size(model, config);
    if (!size)
        return nnz_fail(error, NNZ_ERROR_ARGUMENT, "the level must be one of nnz_isa");
    void *memory = aligned_alloc(NNZ_ALIGNMENT, nnz_align(size, NNZ_ALIGNMENT));
    if (!memory)
        return nnz_fail(error, NNZ_ERROR_MEMORY, "no memory for the plan");
    nnz_status status = nnz_plan_init(plan, model, config, memory, size, error);
    if (status)
        free(memory);
    return status;
}

/* Whether a plan can be made of these kernels. */
static bool suffice(const nnz_kernel *const *kernels, const nnz_model *model, const nnz_config *config) {
    const nnz_registry registry = {model->registry->ops, kernels};
    nnz_model limited = *model;
    limited.registry = &registry;
    nnz_plan *plan;
    if (make_plan(&limited, config, &plan, NULL) != NNZ_OK)
        return false;
    free(plan);
    return true;
}

/* The kernels of the level, in the order of kernels.inc: worse variants of a family before better ones. */
static void list_kernels(nnz_isa isa, const nnz_kernel *kernels[KNOWN + 1]) {
    for (size_t i = 0; i < KNOWN; i++)
        if (nnz_isa_includes(isa, known[i].isa))
            *kernels++ = &known[i];
    *kernels = NULL;
}

/* Takes out each kernel that the plan can do without: a worse variant first, so that the best stays. */
static size_t leave_out(const nnz_kernel **kernels, const nnz_model *model, const nnz_config *config) {
    size_t count = 0, needed = 0;
    while (kernels[count])
        count++;
    while (needed < count) {
        const nnz_kernel *tried = kernels[needed], **rest = kernels + needed;
        size_t bytes = (count - needed) * sizeof *rest; /* the NULL at the end among them */
        memmove(rest, rest + 1, bytes);
        if (suffice(kernels, model, config)) {
            count--;
            continue;
        }
        memmove(rest + 1, rest, bytes);
        *rest = tried;
        needed++;
    }
    return needed;
}

nnz_status nnz_footprint_of(const nnz_model *model, nnz_isa isa, nnz_footprint *footprint, nnz_error *error) {
    const nnz_config config = {isa, 1};
    const nnz_kernel *kernels[KNOWN + 1];
    const nnz_registry registry = {model->registry->ops, kernels};
    nnz_model device = *model;
    device.registry = &registry;
    list_kernels(isa, kernels);
    nnz_plan *plan;
    nnz_status status = make_plan(&device, &config, &plan, error);
    if (status)
        return status;
    *footprint = (nnz_footprint){.plan_size = nnz_plan_size(&device, &config), .arena_size = nnz_arena_size(plan)};
    free(plan);

    size_t needed = leave_out(kernels, model, &config);
    for (size_t i = 0; i < needed && i < NNZ_FOOTPRINT_KERNELS; i++)
        footprint->kernels[i] = kernels[i]->name;
    return needed <= NNZ_FOOTPRINT_KERNELS ? NNZ_OK : nnz_fail(error, NNZ_ERROR_MEMORY, "more kernels than are listed");
}
