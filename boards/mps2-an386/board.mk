# Arm MPS2 with the AN386 image.
DESCRIPTION = Arm MPS2 AN386, Cortex-M4 with FPU
ISA = dsp
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M mps2-an386
