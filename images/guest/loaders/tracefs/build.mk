LOADERS += tracefs
TRACEFS := $(wildcard loaders/tracefs/*.c) loaders/libbpf/libelf_0_192.c
$(BUILD)/loader-tracefs: $(TRACEFS) $(KIT) $(HEADERS) Makefile loaders/tracefs/build.mk
	$(CC) $(CFLAGS) $(TRACEFS) $(KIT) $(LDFLAGS) $(shell pkg-config --static --libs libelf) -o $@
