# ARMv6 Linux with VFPv2 (Raspberry Pi Zero and 1), by zig as C compiler (pip install ziglang; the first link builds a C
# library, and takes a minute): the C library of Debian's cross compiler needs ARMv7. Programs are linked statically and
# run by qemu-arm. NNZ_PYTHON names the Python that has ziglang.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv6)
set(zig_target arm-linux-musleabihf -mcpu=arm1176jzf_s)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm;-cpu;arm1176)
