# Guests that only tests boot: build/tests/<name> holds an agent and a loader, as GuestImage takes them.
TEST_GUESTS := misbehaving plain stuck bpftool
TESTS += $(foreach guest,$(TEST_GUESTS),$(addprefix $(BUILD)/tests/$(guest)/,agent loader-libbpf)) \
         $(BUILD)/tests/bpftool/loader-bpftool $(BUILD)/tests/unruly $(BUILD)/tests/unruly-resident
# The loop around a resident libbpf, without what it does with an object.
RESIDENT := $(addprefix loaders/libbpf/,main.c libelf_0_192.c warm_up_object.S)

$(BUILD)/tests/misbehaving/loader-libbpf: tests/misbehaving.c $(RESIDENT)
$(BUILD)/tests/plain/loader-libbpf: tests/plain.c $(addprefix loaders/libbpf/,ask.c attach_type.c version.c) $(RESIDENT)
$(BUILD)/tests/%/loader-libbpf: $(KIT) $(BUILD)/warm_up.bpf.o $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LIBBPF_CFLAGS) $(filter %.c %.S, $^) $(KIT) $(LDFLAGS) $(LIBBPF_LIBS) -o $@

$(BUILD)/tests/stuck/agent: tests/stuck_init.c Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $< $(LDFLAGS) -o $@

$(BUILD)/tests/%/agent: $(BUILD)/agent
	install -D $< $@

$(BUILD)/tests/stuck/loader-libbpf $(BUILD)/tests/bpftool/loader-libbpf: $(BUILD)/loader-libbpf
	install -D $< $@

$(BUILD)/tests/bpftool/loader-bpftool: tests/bpftool.c $(KIT) $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) tests/bpftool.c $(KIT) $(LDFLAGS) -o $@

# Loaders of somebody else's, which come into a guest with the job.
$(BUILD)/tests/unruly: CAN_STAY := 0
$(BUILD)/tests/unruly-resident: CAN_STAY := 1
$(BUILD)/tests/unruly $(BUILD)/tests/unruly-resident: tests/unruly.c $(KIT) $(HEADERS) Makefile
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -DCAN_STAY=$(CAN_STAY) $< $(KIT) $(LDFLAGS) -o $@
