# ARMv7 Linux with a floating-point unit, by the cross compiler of Debian (gcc-arm-linux-gnueabihf); programs are linked
# statically and run by qemu-arm. NEON is turned on for its kernels alone, and used where the CPU has it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
