# Guests that only tests boot: build/tests/<name> has an agent, the shell's builtin and a loader, as GuestImage expects.
TEST_GUESTS := misbehaving plain stuck bpftool
TESTS += $(foreach guest,$(TEST_GUESTS),$(addprefix $(BUILD)/tests/$(guest)/,agent shell.so loader-libbpf)) \
         $(BUILD)/tests/bpftool/loader-bpftool $(BUILD)/tests/unruly $(BUILD)/tests/unruly-resident \
         $(addprefix $(BUILD)/tests/residents/,agent shell.so loader-forking loader-go)
# The loop of the resident libbpf loader, without its handling of objects.
RESIDENT := $(addprefix loaders/libbpf/,main.c libelf_0_192.c warm_up_object.S)

$(BUILD)/tests/misbehaving/loader-libbpf: tests/misbehaving.c $(RESIDENT)
$(BUILD)/tests/plain/loader-libbpf: tests/plain.c $(RESIDENT)
$(BUILD)/tests/%/loader-libbpf: $(LIBBPF_NEEDS) | $(BUILD)/loader-libbpf
	mkdir -p $(@D)
	$(call build_with_libbpf,$(filter-out kit/%,$(filter %.c %.S,$^)))

$(BUILD)/tests/stuck/agent: tests/stuck_init.c Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $< $(LDFLAGS) -o $@

$(BUILD)/tests/%/agent: $(BUILD)/agent
	install -D $< $@

$(BUILD)/tests/%/shell.so: $(BUILD)/shell.so
	install -D $< $@

$(BUILD)/tests/stuck/loader-libbpf $(BUILD)/tests/bpftool/loader-libbpf: $(BUILD)/loader-libbpf
	install -D $< $@

$(BUILD)/tests/bpftool/loader-bpftool: tests/bpftool.c $(KIT) $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) tests/bpftool.c $(KIT) $(LDFLAGS) -o $@

# Third-party loaders, which reach a guest with the job.
$(BUILD)/tests/unruly: CAN_STAY := 0
$(BUILD)/tests/unruly-resident: CAN_STAY := 1
$(BUILD)/tests/unruly $(BUILD)/tests/unruly-resident: tests/unruly.c $(KIT) $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -DCAN_STAY=$(CAN_STAY) $< $(KIT) $(LDFLAGS) -o $@

# Residents of both kinds: one that forks for each cell, and one that serves all cells in one process.
$(BUILD)/tests/residents/loader-forking: tests/unruly_resident.c $(KIT) $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $< $(KIT) $(LDFLAGS) -o $@

# The cilium loader, misbehaving instead of loading.
UNRULY_GO := $(wildcard tests/unruly-go/*.go) $(filter-out %/main.go, $(wildcard $(CILIUM)/*.go))
UNRULY_GO_SOURCE := $(CILIUM_BUILD)/src/unruly-go
$(BUILD)/tests/residents/loader-go: $(UNRULY_GO) $(KIT) $(BUILD)/generate $(BUILD)/warm_up.bpf.o tests/build.mk $(CILIUM)/build.mk Makefile
	rm -rf $(UNRULY_GO_SOURCE)
	install -D -m 644 -t $(UNRULY_GO_SOURCE) $(UNRULY_GO) $(BUILD)/warm_up.bpf.o
	$(BUILD)/generate go >$(UNRULY_GO_SOURCE)/names.go
	mkdir -p $(@D)
	$(call build_go,unruly-go,$(abspath $@))

# A user's own program with cilium/ebpf.
PLAIN_GO_SOURCE := $(CILIUM_BUILD)/src/plain-go
TESTS += $(BUILD)/tests/plain-go
$(BUILD)/tests/plain-go: tests/plain-go/main.go tests/build.mk $(CILIUM)/build.mk Makefile | $(BUILD)/loader-cilium
	rm -rf $(PLAIN_GO_SOURCE)
	install -D -m 644 -t $(PLAIN_GO_SOURCE) tests/plain-go/main.go
	mkdir -p $(@D)
	$(call build_go,plain-go,$(abspath $@))
