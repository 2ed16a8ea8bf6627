/* Memory for a plan, an arena, a copy of a model. */
#define _DEFAULT_SOURCE /* madvise() */
#include "host.h"

#include <stdlib.h>
#include <sys/mman.h>

/* In huge pages, on systems that give them only on request: activations are read in short runs a plane apart, each on
 * another page, and the CPU prefetches weights up to the end of a page. */
static void *allocate_huge(size_t size) {
    enum { PAGE = 2 << 20 };
    void *memory = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);
#ifdef MADV_HUGEPAGE
    if (memory)
        (void)madvise(memory, size / PAGE * PAGE, MADV_HUGEPAGE);
#endif
    return memory;
}

void *nnz_host_allocate(size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    if (size >= NNZ_HUGE_FROM)
        return allocate_huge(size);
    /* aligned_alloc() takes whole multiples of the alignment, and at least one. */
    return aligned_alloc(NNZ_ALIGNMENT, (size / NNZ_ALIGNMENT + 1) * NNZ_ALIGNMENT);
}
