OPTIONAL_LOADERS += cilium
CILIUM := loaders/cilium
CILIUM_BUILD := $(abspath $(BUILD)/cilium)

# In a GOPATH beside Debian's, as Debian's Go packages are meant to be used, and without the user's settings.
CILIUM_NEEDS := $(KIT) $(BUILD)/generate $(BUILD)/warm_up.bpf.o $(wildcard $(CILIUM)/*.go) $(CILIUM)/prepare $(CILIUM)/build.mk \
                ../../scripts/go-toolchain Makefile
$(BUILD)/loader-cilium: $(CILIUM_NEEDS)
	$(call build_cilium,)

$(BUILD)/loader-cilium@%: $(CILIUM_NEEDS)
	$(call build_cilium,$*)

# Argument: the library's version, empty for the current one.
define build_cilium
rm -rf $(CILIUM_BUILD)/src
install -D -m 644 -t $(CILIUM_BUILD)/src/loader-cilium $(wildcard $(CILIUM)/*.go) $(BUILD)/warm_up.bpf.o
$(BUILD)/generate go >$(CILIUM_BUILD)/src/loader-cilium/names.go
$(call build_go,loader-cilium,$@,$(1))
endef

# Arguments: a package of that GOPATH, a file, and the library's version. The kit is C.
define build_go
settings=$$($(CILIUM)/prepare --print $(3)) && read -r version go gopath tags origin <<<"$$settings" && \
env -u GOFLAGS -u GOROOT -u GOEXPERIMENT -u GOAMD64 -u GODEBUG \
    HOME=$(CILIUM_BUILD) GOENV=off GO111MODULE=off GOPROXY=off GOTOOLCHAIN=local GOOS=linux GOARCH=amd64 \
    CGO_ENABLED=1 CC=$(CC) CGO_CFLAGS="-O2 -g0 -D_GNU_SOURCE -I$(abspath kit) -I$(abspath protocol/include) -ffile-prefix-map=$(CURDIR)=." \
    CGO_LDFLAGS="$(abspath $(KIT)) -Wl,--build-id=none" GOCACHE=$(CILIUM_BUILD)/cache GOPATH=$(CILIUM_BUILD):$$gopath \
    "$$go" build -trimpath -buildvcs=false -tags "$$tags" \
    -ldflags "-s -w -buildid= -linkmode external -extldflags '-static' -X main.version=$$version" \
    -o $(2) $(1)$(if $(3),, && echo "$$origin" >$(call origin_of,$(2)))
endef
