LOADERS += libbpf
BPF_CLANG ?= $(firstword $(shell command -v clang-19 clang-20 clang-21 clang-18 clang-17 clang-16 clang))
LIBBPF := $(filter-out %.bpf.c, $(wildcard loaders/libbpf/*.c)) loaders/libbpf/warm_up_object.S
# Only the loader with the current library examines kernels.
LIBBPF_OF_OBJECTS := $(filter-out loaders/libbpf/examine%,$(LIBBPF))
LIBBPF_WRAPPED := bpf_prog_load bpf_map_create btf__parse btf__load_vmlinux_btf btf__find_by_name_kind \
                  btf__find_by_name_kind_own btf__str_by_offset btf__type_cnt btf_get_from_fd btf__free
LIBBPF_NEEDS := $(BUILD)/warm_up.bpf.o $(wildcard kit/*.c) $(HEADERS) loaders/libbpf/prepare loaders/libbpf/build.mk \
                ../../scripts/libbpf ../../scripts/debian-packages Makefile

$(BUILD)/warm_up.bpf.o: loaders/libbpf/warm_up.bpf.c loaders/libbpf/build.mk | $(BUILD)
	$(BPF_CLANG) -target bpf -mcpu=v2 -g -O2 -Wall -Werror -ffile-prefix-map=$(CURDIR)=. \
	    -idirafter /usr/include/$(MULTIARCH) -c $< -o $@

# Turns `static void *(* const bpf_map_lookup_elem)(…) = (void *) 1;` into `    [1] = "map_lookup_elem",`.
HELPER_NAME := ^static .*(\* *\(const \)\{0,1\}bpf_\([a-z0-9_]*\))(.*(void \*) \([0-9]*\);$$

# Arguments: sources, flags, and the library's version, empty for the current one. The kit is compiled along, because it
# needs the same C library. The loader's version is the package's: the library omits the third number, but versions that
# differ in it have different bugs.
define build_with_libbpf
parts=$(@D)/parts-$(@F) && rm -rf $$parts && mkdir -p $$parts && \
settings=$$(loaders/libbpf/prepare $(3)) && { read -r version; read -r origin; read -r root; read -r libraries; } <<<"$$settings" && \
compile="$(CC) $(CFLAGS) $${root:+--sysroot=$$root}" && \
for source in $(wildcard kit/*.c); do $$compile -c $$source -o $$parts/$$(basename $$source .c).o || exit; done && \
ar rcsD $$parts/libkit.a $$parts/*.o && \
sed -n 's/$(HELPER_NAME)/    [\3] = "\2",/p' "$$root/usr/include/bpf/bpf_helper_defs.h" >$$parts/helper_names.h && \
$$compile -DLIBBPF_VERSION="\"$$version\"" -DWARM_UP_OBJECT='"$(BUILD)/warm_up.bpf.o"' -I$$parts $(1) $$parts/libkit.a \
    $(LDFLAGS) $(2) $$libraries -o $@$(if $(3),, && echo "$$origin" >$(call origin_of,$@))
endef

$(BUILD)/loader-libbpf: $(LIBBPF) $(LIBBPF_NEEDS)
	$(call build_with_libbpf,$(LIBBPF),$(addprefix -Wl$(comma)--wrap=,$(LIBBPF_WRAPPED)))

$(BUILD)/loader-libbpf@%: $(LIBBPF_OF_OBJECTS) $(LIBBPF_NEEDS)
	$(call build_with_libbpf,-DOBJECTS_ONLY $(LIBBPF_OF_OBJECTS),$(addprefix -Wl$(comma)--wrap=,$(LIBBPF_WRAPPED)),$*)
