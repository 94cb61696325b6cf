/// Writes down for other languages than C what the headers of the protocol and the kit say, so that nothing is said twice:
///
///     generate rust    structures with their layout, and numbers, for a Rust that links the kit
///     generate go      names that Go has from nowhere else; its structures and numbers come through cgo
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../kit/frames.h"
#include "../kit/plan.h"
#include "../kit/residency.h"
#include "../kit/trigger.h"

#define NUMBER(name) printf("pub const %s: u32 = %u;\n", #name, (unsigned)(name))

/// Rust's type of a field.
#define RUST_TYPE(field) \
    _Generic((field), uint32_t: "u32", int32_t: "i32", uint64_t: "u64", char *: "char", const char *: "*const c_char", \
             default: "opaque")

static void declare(const char *name, const char *type, size_t bytes)
{
    if (strcmp(type, "char") == 0)
        printf("    pub %s: [c_char; %zu],\n", name, bytes);
    else
        printf("    pub %s: %s,\n", name, type);
}

#define FIELD(structure, name) \
    declare(#name, RUST_TYPE(((struct structure *)0)->name), sizeof(((struct structure *)0)->name));
#define CHECK(structure, name) \
    printf("const _: () = assert!(std::mem::offset_of!(%s, %s) == %zu);\n", #structure, #name, \
           offsetof(struct structure, name));
#define STRUCTURE(structure, FIELDS) \
    do { \
        printf("#[repr(C)]\n#[derive(Clone, Copy)]\npub struct %s {\n", #structure); \
        FIELDS(FIELD, structure) \
        printf("}\n"); \
        FIELDS(CHECK, structure) \
        printf("const _: () = assert!(size_of::<%s>() == %zu);\n", #structure, sizeof(struct structure)); \
    } while (0)

#define PROGRAM_FIELDS(X, S) \
    X(S, cell) X(S, program) X(S, stage) X(S, error) X(S, log_complete) X(S, translated_bytes) X(S, jited_bytes) \
    X(S, verified_instructions) X(S, instructions) X(S, load_microseconds) X(S, verification_microseconds) \
    X(S, attach_microseconds) X(S, fire_microseconds) X(S, log_lacks_memory) X(S, name) X(S, type_)
#define REQUEST_FIELDS(X, S) X(S, cell) X(S, object) X(S, plan) X(S, full_logs)

static void write_rust(void)
{
    NUMBER(CMX_LOADER_FD);
    NUMBER(CMX_WHOLE_OBJECT);
    NUMBER(CMX_LOG_VERIFIER);
    NUMBER(CMX_LOG_LOADER);
    NUMBER(CMX_LOG_EVENT);
    NUMBER(CMX_STAGE_OPEN);
    NUMBER(CMX_STAGE_MAPS);
    NUMBER(CMX_STAGE_LOAD);
    NUMBER(CMX_STAGE_ATTACH);
    NUMBER(CMX_STAGE_FIRE);
    NUMBER(EVENT_LIMIT);
    printf("pub const RESIDENT_ARGUMENT: &str = \"%s\";\n", CMX_RESIDENT_ARGUMENT);
// A keyword of Rust.
#define type_ type
    STRUCTURE(cmx_program, PROGRAM_FIELDS);
#undef type_
    STRUCTURE(resident_request, REQUEST_FIELDS);
}

/// Names as libbpf and with it the other loaders use them; the last number has none.
static void write_names(const char *go, const char *(*name_of)(int))
{
    printf("var %s = [...]string{\n", go);
    for (int number = 0; name_of(number) != NULL; number++)
        printf("\t\"%s\",\n", name_of(number));
    printf("}\n");
}

static const char *program_type(int number)
{
    return libbpf_bpf_prog_type_str(number);
}

static const char *map_type(int number)
{
    return libbpf_bpf_map_type_str(number);
}

static const char *attach_type(int number)
{
    return libbpf_bpf_attach_type_str(number);
}

static void write_go(void)
{
    printf("package main\n\n");
    write_names("programTypes", program_type);
    write_names("mapTypes", map_type);
    write_names("attachTypes", attach_type);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "rust") == 0)
        write_rust();
    else if (argc == 2 && strcmp(argv[1], "go") == 0)
        write_go();
    else
        return 64;
    return 0;
}
