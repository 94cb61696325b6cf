LOADERS += libbpf
BPF_CLANG ?= $(firstword $(shell command -v clang-19 clang-20 clang-21 clang-18 clang-17 clang-16 clang))
LIBBPF := $(filter-out %.bpf.c, $(wildcard loaders/libbpf/*.c)) loaders/libbpf/warm_up_object.S
# Of the package: what the library itself says leaves out the third number, by which its bugs differ.
LIBBPF_CFLAGS := -DLIBBPF_VERSION='"$(shell pkg-config --modversion libbpf)"' -DWARM_UP_OBJECT='"$(BUILD)/warm_up.bpf.o"' -I$(BUILD)
# What libbpf's archive needs differs between Debian 12 (no zstd) and 13.
LIBBPF_LIBS := $(shell pkg-config --static --libs libbpf libelf)
LIBBPF_WRAPPED := bpf_prog_load bpf_map_create btf__load_vmlinux_btf btf__find_by_name_kind btf_get_from_fd btf__free

$(BUILD)/warm_up.bpf.o: loaders/libbpf/warm_up.bpf.c loaders/libbpf/build.mk | $(BUILD)
	$(BPF_CLANG) -target bpf -mcpu=v2 -g -O2 -Wall -Werror -ffile-prefix-map=$(CURDIR)=. \
	    -idirafter /usr/include/$(MULTIARCH) -c $< -o $@

# `    [1] = "map_lookup_elem",` of `static void *(* const bpf_map_lookup_elem)(…) = (void *) 1;`
HELPER_NAME := ^static .*(\* *\(const \)\{0,1\}bpf_\([a-z0-9_]*\))(.*(void \*) \([0-9]*\);$$
$(BUILD)/helper_names.h: $(shell pkg-config --variable=includedir libbpf)/bpf/bpf_helper_defs.h loaders/libbpf/build.mk | $(BUILD)
	sed -n 's/$(HELPER_NAME)/    [\3] = "\2",/p' $< >$@

$(BUILD)/loader-libbpf: $(LIBBPF) $(KIT) $(BUILD)/warm_up.bpf.o $(BUILD)/helper_names.h $(HEADERS) Makefile loaders/libbpf/build.mk
	$(CC) $(CFLAGS) $(LIBBPF_CFLAGS) $(LIBBPF) $(KIT) $(LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(LIBBPF_WRAPPED)) \
	    $(LIBBPF_LIBS) -o $@
