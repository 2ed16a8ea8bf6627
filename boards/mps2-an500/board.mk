# Arm MPS2 with the AN500 image.
DESCRIPTION = Arm MPS2 AN500, Cortex-M7 with FPU
ISA = dsp
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M mps2-an500
