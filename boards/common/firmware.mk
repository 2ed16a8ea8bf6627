# Builds and runs the firmware image of a model. The Makefile that `nnz embed` writes says
#
#   NAME    of the model and the image
#   NNZ     where runtime/ and boards/ are
#   BOARD   a folder of boards/
#   BUILD   where to put what is built
#   LIBRARY where to put the objects of libnnz: images of the same board can share them
#   DEBUG   options for a debugger, -g
#   V       1: show whole commands, not what they make
#
# The core is compiled for size, kernels for speed; no loop is turned into a call of memmove().
include $(NNZ)/boards/$(BOARD)/board.mk

Q = $(if $(filter 1,$(V)),,@)
CC = $(PREFIX)gcc
AR = $(PREFIX)ar
SEMIHOSTING = -display none -monitor none -serial none -semihosting-config enable=on,target=native

CFLAGS = $(CPU_FLAGS) -std=c11 $(DEBUG) -Wall -Wextra -Wpedantic -DNNZ_NO_TEXT -DNNZ_ONE_THREAD -ffp-contract=off \
	-ffunction-sections -fdata-sections \
	-fno-tree-loop-distribute-patterns -I$(NNZ)/runtime/include -I$(NNZ)/boards/common
DEPENDENCIES = -MMD -MP -MF $@.d
# Objects in LIBRARY are made from several directories: ccache must not write dependencies relative to one of them.
export CCACHE_BASEDIR =
LDFLAGS = $(CPU_FLAGS) -nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
	-L$(NNZ)/boards/common -T $(NNZ)/boards/$(BOARD)/board.ld

nnz_sources := $(wildcard $(addprefix $(NNZ)/,$(shell cat $(NNZ)/runtime/firmware_sources.txt)))
nnz_objects := $(nnz_sources:$(NNZ)/runtime/%.c=$(LIBRARY)/%.o)
objects := $(patsubst %.c,$(BUILD)/%.o,$(wildcard *.c))
settings := $(NNZ)/boards/common/firmware.mk
board_objects := $(addprefix $(BUILD)/board/,$(START:.c=.o) start.o semihosting.o marks.o)

$(BUILD)/$(NAME).elf: $(objects) $(board_objects) $(LIBRARY)/libnnz.a $(NNZ)/boards/$(BOARD)/board.ld \
		$(NNZ)/boards/common/sections.ld
	@echo '  LINK $(notdir $@)'
	$(Q)$(CC) $(LDFLAGS) $(objects) $(board_objects) $(LIBRARY)/libnnz.a -lm -o $@

$(LIBRARY)/libnnz.a: $(nnz_objects)
	@rm -f $@
	@echo '  AR   $(notdir $@)'
	$(Q)$(AR) rcs $@ $^

$(LIBRARY)/kernels/%.o: $(NNZ)/runtime/kernels/%.c $(settings)
	@mkdir -p $(@D)
	@echo '  CC   $(notdir $<)'
	$(Q)$(CC) $(CFLAGS) -O2 $(DEPENDENCIES) -c $< -o $@

$(LIBRARY)/%.o: $(NNZ)/runtime/%.c $(settings)
	@mkdir -p $(@D)
	@echo '  CC   $(notdir $<)'
	$(Q)$(CC) $(CFLAGS) -Os $(DEPENDENCIES) -c $< -o $@

$(BUILD)/board/%.o: $(NNZ)/boards/common/%.c $(settings)
	@mkdir -p $(@D)
	@echo '  CC   $(notdir $<)'
	$(Q)$(CC) $(CFLAGS) -Os $(DEPENDENCIES) -c $< -o $@

$(BUILD)/%.o: %.c $(settings)
	@mkdir -p $(@D)
	@echo '  CC   $(notdir $<)'
	$(Q)$(CC) $(CFLAGS) -Os $(DEPENDENCIES) -c $< -o $@

run: $(BUILD)/$(NAME).elf
	$(EMULATOR) $(SEMIHOSTING) -kernel $<

clean:
	rm -rf $(BUILD)

.PHONY: run clean
-include $(addsuffix .d,$(objects) $(board_objects) $(nnz_objects))
