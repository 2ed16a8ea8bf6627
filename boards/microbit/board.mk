# BBC micro:bit with an nRF51822.
DESCRIPTION = BBC micro:bit: nRF51822, Cortex-M0
ISA = scalar
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m0 -mthumb
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M microbit
