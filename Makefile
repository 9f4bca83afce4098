# SPDX-License-Identifier: Apache-2.0
#
# One Makefile, not recursive, because the same few files are built in several flavours:
#
#   host       hosted, what build/buckler is made of
#   x86_64     freestanding, what build/buckler-init is made of
#   aarch64    the same for arm64, with the cross compiler
#   san        hosted, address and undefined-behaviour sanitizers: what the unit tests link
#   fuzz       clang's libFuzzer (targets `fuzz`); the san flavour replays the same targets over their corpus
#
# A new .c file in a folder is found by itself.  Variables: CC, BUILD, WERROR=1 (CI).

CC          = gcc
CC_aarch64  = aarch64-linux-gnu-gcc
CLANG       = clang
BUILD       = build
PREFIX      = /usr/local
VERSION     = 0.1.0

ifeq ($(origin CC),default)
CC = gcc
endif

WARN   = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef \
         -Wno-missing-field-initializers $(if $(WERROR),-Werror)
COMMON = -std=gnu11 -I. -MMD -MP $(WARN) -DBK_VERSION='"$(VERSION)"'
HOST   = $(COMMON) -O2 -g -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SAN    = $(COMMON) -O1 -g -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ   = $(COMMON) -O1 -g -D_GNU_SOURCE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
# The freestanding flavour: no libc, no stack protector (it needs one), no unwind tables (nobody unwinds), small.
FREE   = $(COMMON) -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
         -fno-pic -fno-pie -ffunction-sections -fdata-sections -fno-ident -fomit-frame-pointer -fcf-protection=none
# The shim spends its time in the kernel: nothing is lost by the smallest code (gcc 12, clang).  The gate's calls are the function's own.
SHIMFREE = $(patsubst -Os,-Oz,$(FREE)) -fno-jump-tables
FREE_x86_64  = $(SHIMFREE) -mno-red-zone -mgeneral-regs-only
FREE_aarch64 = $(subst -fcf-protection=none,,$(SHIMFREE)) -mno-outline-atomics
# shim/layout.ld says what lies where.
FREELD = -static -nostdlib -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,norelro -Wl,-z,noexecstack -Wl,-T,shim/layout.ld

# The gate runs inside the function's processes: position-independent, on any stack, the caller's vector registers untouched.
GATE   = $(patsubst -Os,-O2,$(filter-out -fno-pic -fno-pie,$(FREE))) -fPIC -fvisibility=hidden -mgeneral-regs-only -mno-red-zone
# initfirst: before the constructors of every other object, the C library's included (dlopen(3) of glibc; musl does not know it).
# gate/layout.ld says what lies where.
GATELD = -shared -nostdlib -Wl,--gc-sections -Wl,-z,initfirst -Wl,-z,now -Wl,-z,norelro -Wl,-z,noexecstack -Wl,-z,defs -Wl,--hash-style=both \
         -Wl,--build-id=none -Wl,-soname,buckler-gate.so -Wl,-T,gate/layout.ld

LIBS   = -lyaml -ljansson -lelf -lcapstone -lcrypto -larchive -lsqlite3 -lexpat -lz -lm

src       = $(sort $(wildcard $(1)/*.c))
CORE     := $(call src,core)
BASE     := $(call src,base)
LANG_    := $(call src,lang)
LEARN    := $(call src,learn)
SCAN     := $(call src,scan) $(call src,scan/read) $(call src,scan/tree)
PACK     := $(call src,pack)
CHART    := $(call src,chart)
CLI      := $(call src,cli)
SHIM     := $(call src,shim)
GATE_    := $(call src,gate)
# Of the gate what is pure: its decoder and its readers of objects are tested hosted.
GATEPURE := $(foreach f,decode extent key number object sites symbol table,gate/$(f).c)
HOSTED   := $(CORE) $(BASE) $(LANG_) $(LEARN) $(SCAN) $(PACK) $(GATEPURE) $(CHART)
UNIT     := $(call src,tests/unit) $(call src,tests/table)
FUZZERS  := $(call src,tests/fuzz)
SUPPORT  := $(call src,tests/support)
BENCH    := $(call src,bench)
ATTACK   := $(call src,tests/attack)

shim_sources = $(SHIM) $(call src,shim/arch/$(1)) $(wildcard shim/arch/$(1)/*.S) $(CORE)
gate_sources = $(GATE_) $(call src,gate/arch/$(1)) $(wildcard gate/arch/$(1)/*.S) shim/text.c shim/mem.c shim/acts.c $(CORE)
objects  = $(patsubst %,$(BUILD)/$(1)/%.o,$(2))

.PHONY: all programs cross tests fuzz bench check deps-check install clean
.DELETE_ON_ERROR:
.SECONDARY:

all: programs

programs: $(BUILD)/buckler $(BUILD)/buckler-init $(if $(filter x86_64,$(shell uname -m)),$(BUILD)/buckler-gate.so)

cross: $(BUILD)/buckler-init.aarch64

# --- objects ---------------------------------------------------------------------------------------------------------

$(BUILD)/host/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST) -c $< -o $@

$(BUILD)/san/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SAN) -c $< -o $@

$(BUILD)/fuzz/%.c.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ) -c $< -o $@

$(BUILD)/x86_64/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FREE_x86_64) -c $< -o $@

$(BUILD)/x86_64/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) $(FREE_x86_64) -c $< -o $@

$(BUILD)/gate_x86_64/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(GATE) -c $< -o $@

$(BUILD)/gate_x86_64/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) $(GATE) -c $< -o $@

$(BUILD)/aarch64/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC_aarch64) $(FREE_aarch64) -c $< -o $@

$(BUILD)/aarch64/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC_aarch64) $(FREE_aarch64) -c $< -o $@

# What runs for every byte of text in each process that starts.
$(foreach f,decode extent number object sites table,$(BUILD)/gate_x86_64/gate/$(f).c.o): GATE := $(patsubst -Os,-O2,$(GATE))

# SHA-NI needs vector registers, the rest of the shim does not touch them.
$(BUILD)/x86_64/core/sha256.c.o: FREE_x86_64 := $(filter-out -mgeneral-regs-only,$(FREE_x86_64))

# --- programs --------------------------------------------------------------------------------------------------------

$(BUILD)/buckler: $(call objects,host,$(HOSTED) $(CLI))
	$(CC) -pie -Wl,-z,relro,-z,now -o $@ $^ $(LIBS)

$(BUILD)/buckler-init: $(call objects,x86_64,$(call shim_sources,x86_64)) shim/layout.ld
	$(CC) $(FREELD) -o $@ $(filter %.o,$^)
	strip --strip-all --remove-section=.comment $@

$(BUILD)/buckler-init.aarch64: $(call objects,aarch64,$(call shim_sources,aarch64)) shim/layout.ld
	$(CC_aarch64) $(FREELD) -o $@ $(filter %.o,$^)
	aarch64-linux-gnu-strip --strip-all --remove-section=.comment $@

$(BUILD)/buckler-gate.so: $(call objects,gate_x86_64,$(call gate_sources,x86_64)) gate/layout.ld
	$(CC) $(GATELD) -o $@ $(filter %.o,$^)
	strip --strip-unneeded --remove-section=.comment $@

# --- tests -----------------------------------------------------------------------------------------------------------
# tests/unit/NAME.c and tests/table/NAME.c become $(BUILD)/tests/NAME: TAP programs linked with all hosted code but cli.
# tests/attack/NAME.c become $(BUILD)/attack/NAME: attack programs, plain C with libc and threads.
# tests/place/ is the box that stands for a Lambda function's place, and the proof of its limits.
# tests/fuzz/NAME.c become $(BUILD)/replay/NAME (corpus replay) and $(BUILD)/fuzzers/NAME (libFuzzer).

TESTS    := $(foreach f,$(UNIT),$(BUILD)/tests/$(basename $(notdir $(f))))
REPLAYS  := $(foreach f,$(FUZZERS),$(BUILD)/replay/$(basename $(notdir $(f))))
FUZZBINS := $(foreach f,$(FUZZERS),$(BUILD)/fuzzers/$(basename $(notdir $(f))))
ATTACKS  := $(foreach f,$(ATTACK),$(BUILD)/attack/$(basename $(notdir $(f))))
BENCHES  := $(foreach f,$(BENCH),$(BUILD)/bench/$(basename $(notdir $(f))))

tests: $(BUILD)/attack/refuse $(BUILD)/attack/deaf $(TESTS) $(REPLAYS) $(ATTACKS) $(addprefix $(BUILD)/place/,box limits persist past)
fuzz:  $(FUZZBINS)
bench: programs $(BUILD)/attack/refuse $(BUILD)/attack/deaf $(BENCHES) $(BUILD)/place/box $(BUILD)/bench/exit0

SANOBJ = $(call objects,san,$(HOSTED) $(SUPPORT))

$(BUILD)/tests/%: $(BUILD)/san/tests/unit/%.c.o $(SANOBJ)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(LIBS) -lpthread

$(BUILD)/tests/%: $(BUILD)/san/tests/table/%.c.o $(SANOBJ)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(LIBS) -lpthread

$(BUILD)/replay/%: $(BUILD)/san/tests/fuzz/%.c.o $(BUILD)/san/tests/fuzz/replay/main.c.o $(SANOBJ)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(LIBS)

$(BUILD)/fuzzers/%: $(BUILD)/fuzz/tests/fuzz/%.c.o $(call objects,fuzz,$(HOSTED) $(SUPPORT))
	@mkdir -p $(@D)
	$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

$(BUILD)/attack/%: tests/attack/%.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O1 -g -D_GNU_SOURCE -o $@ $< -lpthread -ldl

$(BUILD)/attack/refuse: tests/place/refuse.c tests/place/filter.c tests/place/filter.h
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O1 -g -D_GNU_SOURCE -o $@ $(filter %.c,$^)

$(BUILD)/attack/deaf: tests/place/deaf.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O1 -g -D_GNU_SOURCE -o $@ $<

$(BUILD)/place/%: tests/place/%.c tests/place/filter.c tests/place/filter.h
	@mkdir -p $(@D)
	$(CC) $(COMMON) -O1 -g -D_GNU_SOURCE -o $@ $(filter %.c,$^)

BENCHOBJ = $(call objects,host,$(call src,bench/lib) $(CORE) $(BASE) $(LANG_))

$(BUILD)/bench/%: $(BUILD)/host/bench/%.c.o $(BENCHOBJ)
	@mkdir -p $(@D)
	$(CC) -pie -Wl,--as-needed -o $@ $^ $(LIBS) -lpthread -lm

# What the shim has, not what a hosted build would make of it.
$(BUILD)/bench/hash: $(BUILD)/host/bench/hash.c.o $(call objects,host,$(call src,bench/lib) $(BASE)) $(BUILD)/x86_64/core/sha256.c.o
	@mkdir -p $(@D)
	$(CC) -no-pie -Wl,--as-needed -o $@ $^ $(LIBS) -lm

$(BUILD)/bench/exit0: bench/target/exit0.c
	@mkdir -p $(@D)
	$(CC) $(COMMON) -Os -ffreestanding -static -nostdlib -fno-stack-protector -o $@ $<

check: all tests
	prove -r --failures --timer tests

# The arrows between folders (ARCHITECTURE.md), read from the compiler's dependency files.
deps-check: all
	sh tests/deps.sh $(BUILD)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(addprefix $(DESTDIR)$(PREFIX)/share/man/man,1 5 7)
	install -m 755 $(BUILD)/buckler $(BUILD)/buckler-init $(wildcard $(BUILD)/buckler-gate.so) $(DESTDIR)$(PREFIX)/bin
	install -m 644 doc/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 doc/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 doc/*.7 $(DESTDIR)$(PREFIX)/share/man/man7

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
