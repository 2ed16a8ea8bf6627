# What every framework compiles: nnz_sources, as runtime/firmware_sources.txt lists them, with nnz_options; and nnz_root.
get_filename_component(nnz_root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
file(STRINGS ${nnz_root}/runtime/firmware_sources.txt nnz_patterns)
list(TRANSFORM nnz_patterns PREPEND ${nnz_root}/)
file(GLOB nnz_sources ${nnz_patterns})

# Without contraction float results are those of the host's scalar kernels.
set(nnz_options -ffp-contract=off -ffunction-sections -fdata-sections)
