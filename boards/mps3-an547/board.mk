# Arm MPS3 with the AN547 image (Corstone-300).
DESCRIPTION = Arm MPS3 AN547, Cortex-M55 with Helium
ISA = helium
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M mps3-an547
