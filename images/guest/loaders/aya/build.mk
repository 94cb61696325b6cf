OPTIONAL_LOADERS += aya
AYA := loaders/aya
# Explicit, because otherwise crt-static also applies to the crates' build scripts and macros, which cannot be static.
RUST_TARGET := x86_64-unknown-linux-gnu
RUSTFLAGS := -C target-feature=+crt-static -C link-arg=-Wl,--wrap=syscall -C relocation-model=static -C link-arg=-Wl,--build-id=none \
             --remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$(CURDIR)/$(AYA)/../../$(BUILD)/crates/=
$(BUILD)/protocol.rs: $(BUILD)/generate
	$< rust >$@

# Aya's half in C, which is linked before the kit.
$(BUILD)/libaya_observe.a: $(AYA)/observe.c $(HEADERS) Makefile | $(BUILD)
	$(CC) $(CFLAGS) -c $< -o $(BUILD)/aya_observe.o
	rm -f $@
	ar rcsD $@ $(BUILD)/aya_observe.o

# Ignores the user's cargo settings.
$(BUILD)/loader-aya: $(KIT) $(BUILD)/libaya_observe.a $(BUILD)/protocol.rs $(BUILD)/warm_up.bpf.o $(wildcard $(AYA)/src/*.rs) \
                     $(addprefix $(AYA)/,Cargo.toml build.rs build.mk) ../../scripts/rust-crates ../../scripts/debian-packages Makefile
	$(AYA)/prepare
	tools=($$($(AYA)/toolchain)) && cd $(AYA) && env -u CARGO_BUILD_RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS \
	    CARGO_HOME=$(CURDIR)/$(BUILD)/aya/home RUSTC="$${tools[1]}" COMPAT_MATRIX_KIT=$(CURDIR)/$(BUILD) \
	    RUSTFLAGS='$(RUSTFLAGS)' \
	    "$${tools[0]}" build --quiet --offline --release --target $(RUST_TARGET) --target-dir $(CURDIR)/$(BUILD)/aya/target
	install $(BUILD)/aya/target/$(RUST_TARGET)/release/loader-aya $@
	sed -n '1s/\([^ ]*\).*/Debian \1/p' $(BUILD)/crates/versions >$(call origin_of,$@)
