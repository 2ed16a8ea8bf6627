# Arm MPS2 with the AN385 image.
DESCRIPTION = Arm MPS2 AN385, Cortex-M3
ISA = scalar
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m3 -mthumb
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M mps2-an385
