# Ashlar. `make run` and `make test` do all their own set-up; `make` alone builds into build/.
BUILD   ?= build
CC      ?= gcc
MODE    ?= release
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Werror
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fPIC
CSTD    := -std=gnu11 -D_GNU_SOURCE -I.
OPT_release := -O2 -g -D_FORTIFY_SOURCE=3 -fno-omit-frame-pointer
OPT_debug   := -O1 -g -DASHLAR_DEBUG -fno-omit-frame-pointer
OPT_asan    := -O1 -g -DASHLAR_DEBUG -DASHLAR_PASSTHROUGH -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_tsan    := -O1 -g -DASHLAR_DEBUG -fno-omit-frame-pointer -fsanitize=thread
CFLAGS  += $(CSTD) $(WARN) $(HARDEN) $(OPT_$(MODE)) -MMD -MP
LDFLAGS += -Wl,-z,relro,-z,now $(filter -fsanitize%,$(OPT_$(MODE)))
LIBS    := -levent -levent_pthreads -lpthread -lm -ldl

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
ALLOC_SRC  := $(wildcard alloc/*.c)
PROTO_SRC  := $(wildcard proto/*.c)
SERVER_SRC := $(filter-out server/main.c,$(wildcard server/*.c server/*/*.c))
SUPPORT_SRC:= $(wildcard tests/support/*.c)
UNIT_SRC   := $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
UNIT_BIN   := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))

all: $(BUILD)/ashlar-server $(BUILD)/libashlar.a $(BUILD)/libashlar.so

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/libashlar.a: $(call obj,$(ALLOC_SRC))
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libashlar.so: $(call obj,$(ALLOC_SRC))
	$(CC) -shared $(LDFLAGS) -o $@ $^ -lpthread
$(BUILD)/libproto.a: $(call obj,$(PROTO_SRC))
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libserver.a: $(call obj,$(SERVER_SRC))
	@rm -f $@; ar rcs $@ $^
$(BUILD)/libsupport.a: $(call obj,$(SUPPORT_SRC))
	@rm -f $@; ar rcs $@ $^
$(BUILD)/ashlar-server: $(call obj,server/main.c) $(BUILD)/libserver.a $(BUILD)/libproto.a $(call obj,$(ALLOC_SRC))
	$(CC) -pie $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS)
$(BUILD)/tests/unit/alloc/%: tests/unit/alloc/%.c $(BUILD)/libashlar.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lpthread -lm
$(BUILD)/tests/unit/proto/%: tests/unit/proto/%.c $(BUILD)/libproto.a $(BUILD)/libashlar.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lpthread -lm
$(BUILD)/tests/unit/server/%: tests/unit/server/%.c $(BUILD)/libserver.a $(BUILD)/libproto.a $(BUILD)/libashlar.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)
unit-bins: $(UNIT_BIN)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all unit-bins
