/*
 * Chains: consecutive operators, each the only reader of the one before, that run depth-first. One band of rows after
 * the other goes through all of them, so that what lies between them stays in the cache and never exists as a whole.
 */
#ifndef NNZ_CHAIN_H
#define NNZ_CHAIN_H

#include "plan.h"

/* Fills nnz_plan_links(). */
void nnz_find_chains(nnz_plan *plan);

/* Bytes of a thread's bands in the chain that operator `op` begins. */
uint64_t nnz_chain_bytes(const nnz_plan *plan, uint32_t op);

/* Runs the chain that operator `op` begins; `exec` has what is the same for all operators. With a clock, the ticks that
 * each one took are added to its entry of ticks[]. */
void nnz_chain_run(const nnz_plan *plan, uint32_t op, const nnz_exec *exec, uint64_t (*clock)(void), uint64_t *ticks);

#endif
