LOADERS += exec
EXEC := $(wildcard loaders/exec/*.c)
$(BUILD)/loader-exec: $(EXEC) $(KIT) $(HEADERS) Makefile loaders/exec/build.mk
	$(CC) $(CFLAGS) $(EXEC) $(KIT) $(LDFLAGS) -o $@
