# Arm MPS2 with the AN505 image: the secure side alone is used.
DESCRIPTION = Arm MPS2 AN505, Cortex-M33 with FPU
ISA = dsp
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m33 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M mps2-an505
