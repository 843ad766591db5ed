# Ashlar. `make run` and `make test` do all their own set-up; `make help` lists the rest.
#
# One folder holds one build: BUILD (default build, or build/MODE for another MODE). Every object
# depends on the flags it was compiled with, on its headers and on nothing else, so a second make
# does only what changed. Code for programs is position-independent for executables (-fPIE);
# libashlar.so has objects of its own under pic/, so that the server does not pay for the library.
MODE   ?= release
BUILD  ?= $(if $(filter release,$(MODE)),build,build/$(MODE))
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
PREFIX ?= /usr/local
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection
CSTD   := -std=gnu11 -D_GNU_SOURCE -I.
OPT_release := -O2 -g -D_FORTIFY_SOURCE=3 -fno-omit-frame-pointer
OPT_debug   := -O1 -g -DASHLAR_DEBUG -fno-omit-frame-pointer
OPT_asan    := -O1 -g -DASHLAR_DEBUG -DASHLAR_PASSTHROUGH -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_tsan    := -O1 -g -DASHLAR_DEBUG -fno-omit-frame-pointer -fsanitize=thread
OPT_ubsan   := -O1 -g -DASHLAR_DEBUG -fno-omit-frame-pointer -fsanitize=undefined -fno-sanitize-recover=all
OPT_poison  := -O1 -g -DASHLAR_DEBUG -DASHLAR_POISON -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_fuzz    := $(OPT_asan) -fsanitize=fuzzer-no-link -Wno-error
ifeq ($(strip $(BUILD)),)
$(error BUILD is empty)
endif
ifeq ($(OPT_$(MODE)),)
$(error MODE=$(MODE): one of release debug asan poison ubsan tsan fuzz)
endif
ALL_CFLAGS  = $(CSTD) $(WARN) $(HARDEN) $(OPT_$(MODE)) -MMD -MP $(CFLAGS)
ALL_LDFLAGS = -Wl,-z,relro,-z,now $(filter -fsanitize%,$(OPT_$(MODE))) $(LDFLAGS)
PIE     := -fPIE
PIC     := -fPIC -fno-semantic-interposition -ftls-model=initial-exec
LIBS    := -levent -levent_pthreads -llzf -lpthread -lm -ldl
# What the allocator shows. The server has its own interface and the C library's names; the
# libraries have jemalloc's and C++'s as well.
EXPORTS := ash_* malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign valloc pvalloc \
           malloc_usable_size malloc_trim mallinfo mallinfo2 malloc_info malloc_stats
LIBRARY_EXPORTS := $(EXPORTS) malloc_conf malloc_message malloc_stats_print mallctl mallctlnametomib mallctlbymib \
           mallocx rallocx xallocx sallocx dallocx sdallocx nallocx _Zn[wa]m* _Zd[la]Pv*

ALLOC_SRC   := $(wildcard alloc/*.c)
PROTO_SRC   := $(wildcard proto/*.c)
SERVER_SRC  := $(filter-out server/main.c,$(wildcard server/*.c server/*/*.c))
TOOL_SRC    := $(wildcard tests/support/transcript.c tests/support/differ.c)
REPLAY_SRC  := $(wildcard tests/support/replay.c)
SUPPORT_SRC := $(filter-out $(TOOL_SRC) $(REPLAY_SRC),$(wildcard tests/support/*.c))
UNIT_SRC    := $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
# Under asan the allocator is passthrough.c and what its unit tests are about is not there.
ifeq ($(MODE),asan)
UNIT_SRC    := $(filter-out tests/unit/alloc/%,$(UNIT_SRC))
endif
# Where the C library's names are the sanitizer's; and AddressSanitizer can't start under a limit.
ifneq ($(filter poison tsan,$(MODE)),)
UNIT_SRC    := $(filter-out tests/unit/alloc/libc_test.c tests/unit/alloc/jemalloc_test.c,$(UNIT_SRC))
endif
ifeq ($(MODE),poison)
UNIT_SRC    := $(filter-out tests/unit/alloc/window_test.c,$(UNIT_SRC))
endif
PROG_SRC    := $(wildcard tests/integration/*.c tests/bench/*.c tests/regress/*.c)
FUZZ_SRC    := $(wildcard tests/fuzz/*_fuzz.c)

obj   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
ASHLAR  := $(BUILD)/libashlar.a
PROTO   := $(BUILD)/libproto.a $(ASHLAR)
SERVER  := $(BUILD)/libserver.a $(PROTO)
SUPPORT := $(BUILD)/libsupport.a
BINARIES := $(BUILD)/ashlar-server $(BUILD)/libashlar.a $(BUILD)/libashlar.so
UNIT_BIN := $(patsubst %.c,$(BUILD)/%,$(UNIT_SRC))
TOOL_BIN := $(patsubst tests/support/%.c,$(BUILD)/tests/%,$(TOOL_SRC))
PROG_BIN := $(patsubst %.c,$(BUILD)/%,$(PROG_SRC))
FUZZ_BIN := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))

.PHONY: all binaries run test check unit-bins alloc-bins test-bins fuzz-bins asan-bins guard-bins stress bench bench-alloc bench-memory fuzz install clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all:
	@scripts/deps build
	@$(MAKE) --no-print-directory binaries
binaries: $(BINARIES)

# --- What each file is made from --------------------------------------------------------------
# One short line a file; V=1 shows the whole command.
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)
link = $(call say,LINK) $(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(PIE) -c -o $@ $<
$(BUILD)/pic/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(PIC) -c -o $@ $<
$(BUILD)/liballoc.a: $(call obj,$(ALLOC_SRC)) $(BUILD)/sources
	@rm -f $@; ar rcs $@ $(filter %.o,$^)
# The allocator is one object that shows only its interface, so its inner names meet nobody else's:
# ashlar.o for the server, libashlar.o for the library.
$(BUILD)/ashlar.o: SHOWN = $(EXPORTS)
$(BUILD)/libashlar.o: SHOWN = $(LIBRARY_EXPORTS)
$(BUILD)/ashlar.o $(BUILD)/libashlar.o: $(call obj,$(ALLOC_SRC)) $(BUILD)/sources
	$(call say,LD) ld -r -o $@ $(filter %.o,$^)
	@objcopy -w $(SHOWN:%=--keep-global-symbol='%') $@
$(BUILD)/libashlar.a: $(BUILD)/libashlar.o
	@rm -f $@; ar rcs $@ $^
$(BUILD)/exports.map: $(BUILD)/sources
	@echo "{ global: $(LIBRARY_EXPORTS:%=%;) local: *; };" >$@
$(BUILD)/libproto.a: $(call obj,$(PROTO_SRC)) $(BUILD)/sources
	@rm -f $@; ar rcs $@ $(filter %.o,$^)
$(BUILD)/libserver.a: $(call obj,$(SERVER_SRC)) $(BUILD)/sources
	@rm -f $@; ar rcs $@ $(filter %.o,$^)
$(BUILD)/libsupport.a: $(call obj,$(SUPPORT_SRC)) $(BUILD)/sources
	@rm -f $@; ar rcs $@ $(filter %.o,$^)
$(BUILD)/libashlar.so: $(patsubst %.c,$(BUILD)/pic/%.o,$(ALLOC_SRC)) $(BUILD)/exports.map
	$(call say,LINK) $(CC) -shared $(ALL_LDFLAGS) -Wl,-soname,libashlar.so -Wl,-Bsymbolic -Wl,--version-script=$(BUILD)/exports.map -o $@ $(filter %.o,$^) -lpthread
$(BUILD)/ashlar-server: $(call obj,server/main.c) $(BUILD)/libserver.a $(BUILD)/libproto.a $(BUILD)/ashlar.o $(BUILD)/sources
	$(link) -rdynamic $(LIBS)

$(BUILD)/tests/unit/alloc/%: $(BUILD)/obj/tests/unit/alloc/%.o $(BUILD)/liballoc.a
	@mkdir -p $(@D)
	$(link) -lcmocka -lpthread -lm
$(BUILD)/tests/unit/proto/%: $(BUILD)/obj/tests/unit/proto/%.o $(PROTO)
	@mkdir -p $(@D)
	$(link) -lcmocka -lpthread -lm
$(BUILD)/tests/unit/server/%: $(BUILD)/obj/tests/unit/server/%.o $(SUPPORT) $(SERVER)
	@mkdir -p $(@D)
	$(link) -lcmocka $(LIBS)
$(BUILD)/tests/unit/support/%: $(BUILD)/obj/tests/unit/support/%.o $(SUPPORT)
	@mkdir -p $(@D)
	$(link) -lcmocka -lhiredis -lm
$(BUILD)/tests/integration/%: $(BUILD)/obj/tests/integration/%.o $(SUPPORT)
	@mkdir -p $(@D)
	$(link) -lhiredis -lpthread -lm
# Calls malloc by its plain name: whose it is, LD_PRELOAD says.
$(BUILD)/tests/bench/malloc_bench: $(call obj,$(wildcard tests/bench/alloc/*.c))
	@mkdir -p $(@D)
	$(link) -lpthread
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(SUPPORT) $(SERVER)
	@mkdir -p $(@D)
	$(link) -lhiredis $(LIBS)
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(if $(filter fuzz,$(MODE)),,$(call obj,$(REPLAY_SRC))) $(SUPPORT) $(SERVER)
	@mkdir -p $(@D)
	$(link) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) $(LIBS)
$(BUILD)/tests/regress/%: $(BUILD)/obj/tests/regress/%.o $(SUPPORT) $(SERVER)
	@mkdir -p $(@D)
	$(link) -lcmocka -lhiredis $(LIBS)
$(BUILD)/tests/%: $(BUILD)/obj/tests/support/%.o $(SUPPORT)
	@mkdir -p $(@D)
	$(link) -lhiredis -lm

# Rewritten only when they would change: what depends on them is then built anew.
keep_if_same = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@
$(BUILD)/flags: FORCE
	$(call keep_if_same,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PIE) $(PIC))
$(BUILD)/sources: FORCE
	$(call keep_if_same,$(ALLOC_SRC) $(PROTO_SRC) $(SERVER_SRC) $(SUPPORT_SRC) $(ALL_LDFLAGS) $(LIBS))
FORCE:

# --- What people ask for ----------------------------------------------------------------------
run: all
	@exec $(BUILD)/ashlar-server redis.conf.sample

unit-bins: $(UNIT_BIN)
alloc-bins: $(filter $(BUILD)/tests/unit/alloc/%,$(UNIT_BIN)) $(if $(filter debug,$(MODE)),$(BUILD)/libashlar.so)
fuzz-bins: $(FUZZ_BIN)
test-bins: binaries $(UNIT_BIN) $(TOOL_BIN) $(PROG_BIN)
asan-bins:
	@$(MAKE) --no-print-directory MODE=asan BUILD=$(BUILD)/asan binaries unit-bins fuzz-bins

# The allocator with guards around every object: under AddressSanitizer as well, and as a library.
guard-bins:
	@$(MAKE) --no-print-directory MODE=poison BUILD=$(BUILD)/poison alloc-bins
	@$(MAKE) --no-print-directory MODE=debug BUILD=$(BUILD)/debug alloc-bins

test:
	@scripts/deps test
	@$(MAKE) --no-print-directory test-bins
	@$(MAKE) --no-print-directory asan-bins
	@$(MAKE) --no-print-directory guard-bins
	@scripts/test-run --build $(BUILD)
check:
	@scripts/deps test
	@$(MAKE) --no-print-directory test-bins
	@$(MAKE) --no-print-directory asan-bins
	@$(MAKE) --no-print-directory guard-bins
	@$(MAKE) --no-print-directory MODE=tsan BUILD=$(BUILD)/tsan unit-bins
	@$(MAKE) --no-print-directory MODE=ubsan BUILD=$(BUILD)/ubsan unit-bins
	@scripts/test-run --build $(BUILD) --all

# So many operations on the allocator in each build in turn. CPU time of 100,000,000 on the machine at
# hand: release 45 s, debug 2 min, poison 4 min, TSan some 25 to 40 min.
OPERATIONS ?= 100000000
stress:
	@for mode in release debug poison tsan; do \
	    dir=$(BUILD)/$$mode; [ $$mode = release ] && dir=$(BUILD); \
	    $(MAKE) --no-print-directory MODE=$$mode BUILD=$$dir $$dir/tests/unit/alloc/stress_test && \
	    echo "== $$mode: $(OPERATIONS) operations" && time $$dir/tests/unit/alloc/stress_test $(OPERATIONS) || exit 1; \
	done

# libFuzzer needs clang; the programs are build/fuzz/tests/fuzz/*_fuzz.
fuzz:
	@$(MAKE) --no-print-directory CC=clang MODE=fuzz BUILD=$(BUILD)/fuzz fuzz-bins

bench:
	@scripts/deps test
	@$(MAKE) --no-print-directory binaries
	@scripts/bench-compare --server $(BUILD)/ashlar-server $(BENCH)

bench-memory:
	@scripts/deps test
	@$(MAKE) --no-print-directory binaries $(BUILD)/tests/bench/reclaim $(BUILD)/tests/bench/footprint $(BUILD)/tests/bench/beside
	@scripts/bench-memory --build $(BUILD) $(BENCH)

bench-alloc:
	@scripts/deps bench
	@$(MAKE) --no-print-directory binaries $(BUILD)/tests/bench/malloc_bench
	@scripts/bench-alloc --build $(BUILD) $(BENCH)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/ashlar $(DESTDIR)$(PREFIX)/share/ashlar
	install -m 755 $(BUILD)/ashlar-server $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libashlar.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(BUILD)/libashlar.so $(DESTDIR)$(PREFIX)/lib/
	install -m 644 alloc/alloc.h alloc/jemalloc.h $(DESTDIR)$(PREFIX)/include/ashlar/
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e "s|@VERSION@|$$(sed -n 's/.*ASHLAR_VERSION *"\(.*\)".*/\1/p' server/version.h)|" alloc/ashlar.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/ashlar.pc
	install -m 644 redis.conf.sample $(DESTDIR)$(PREFIX)/share/ashlar/

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            build/ashlar-server, build/libashlar.a, build/libashlar.so'
	@echo 'make run        build, then start the server on 127.0.0.1:6379 with redis.conf.sample'
	@echo 'make test       every test, within 10 minutes; installs redis-server as the oracle'
	@echo 'make check      the same, and the unit tests under ASan, UBSan and TSan, and a longer differential run'
	@echo 'make stress     the allocator: OPERATIONS=100000000 in each build in turn (release, debug, poison, TSan)'
	@echo 'make fuzz       fuzz targets for libFuzzer, in build/fuzz (needs clang)'
	@echo 'make bench      Ashlar against redis-server; BENCH="--quick get set" picks cases'
	@echo 'make bench-alloc libashlar.so against jemalloc, mimalloc, tcmalloc and glibc; BENCH="--quick churn"'
	@echo 'make bench-memory the longest wait of other clients while memory is given back; BENCH="--quick zset"'
	@echo 'make install    into PREFIX (default /usr/local) below DESTDIR'
	@echo 'make clean      removes BUILD'
	@echo 'MODE=release|debug|asan|poison|ubsan|tsan   BUILD=folder   CC=gcc|clang   V=1'
	@echo 'One unit test: make build/tests/unit/proto/num_test && build/tests/unit/proto/num_test'

ifneq ($(wildcard $(BUILD)/obj $(BUILD)/pic),)
-include $(shell find $(wildcard $(BUILD)/obj $(BUILD)/pic) -name '*.d')
endif
