# QEMU's generic RISC-V machine: its DRAM is divided into what serves as flash and as RAM.
DESCRIPTION = QEMU virt, RV32IMAC
ISA = scalar
PREFIX = riscv64-unknown-elf-
CPU_FLAGS = -march=rv32imac -mabi=ilp32 --specs=picolibc.specs
START = start_riscv.c
EMULATOR = qemu-system-riscv32 -M virt -bios none
