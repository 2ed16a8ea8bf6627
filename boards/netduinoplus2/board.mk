# Netduino Plus 2 with an STM32F405.
DESCRIPTION = Netduino Plus 2: STM32F405, Cortex-M4 with FPU
ISA = dsp
PREFIX = arm-none-eabi-
CPU_FLAGS = -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
START = start_cortex_m.c
EMULATOR = qemu-system-arm -M netduinoplus2
