/// Exports the headers of the protocol and the kit to other languages, so that nothing is defined twice:
///
///     generate rust    structures with their layout, and numbers, for Rust code that links the kit
///     generate go      names, and codes of findings; Go's structures and other numbers come through cgo
#include <bpf/libbpf.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../kit/finding.h"
#include "../kit/frames.h"
#include "../kit/plan.h"
#include "../kit/residency.h"
#include "../kit/trigger.h"

#define CONSTANT(name) printf("pub const %s: u32 = %u;\n", #name, (unsigned)(name))

/// The Rust type of a field.
#define RUST_TYPE(field) \
    _Generic((field), \
        uint32_t: "u32", \
        int32_t: "i32", \
        uint64_t: "u64", \
        char *: "char", \
        const char *: "*const c_char", \
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

// clang-format off: it indents each line of such a list further than the previous one.
#define PROGRAM_FIELDS(X, S) \
    X(S, cell) X(S, program) X(S, stage) X(S, error) X(S, log_complete) X(S, translated_bytes) X(S, jited_bytes) \
    X(S, verified_instructions) X(S, instructions) X(S, load_microseconds) X(S, verification_microseconds) \
    X(S, attach_microseconds) X(S, fire_microseconds) X(S, log_lacks_memory) X(S, name) X(S, type_)
// clang-format on
#define REQUEST_FIELDS(X, S) X(S, cell) X(S, object) X(S, plan) X(S, full_logs)
// clang-format off
#define MAP_FIELDS(X, S) \
    X(S, name) X(S, max_entries) X(S, pin) X(S, inner_type) X(S, inner_key_size) X(S, inner_value_size) \
    X(S, inner_max_entries)
// clang-format on
#define FINDING_FIELDS(X, S) X(S, code) X(S, argument_count) X(S, length) X(S, arguments)

static const struct code {
    const char *name;
    unsigned number;
} codes[] = {
#define CODE(name, number, argument_count) {#name, number},
    CMX_FINDINGS(CODE)};
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static void write_rust(void)
{
    CONSTANT(CMX_LOADER_FD);
    CONSTANT(CMX_WHOLE_OBJECT);
    CONSTANT(CMX_LOG_VERIFIER);
    CONSTANT(CMX_LOG_LOADER);
    CONSTANT(CMX_LOG_EVENT);
    CONSTANT(CMX_STAGE_OPEN);
    CONSTANT(CMX_STAGE_MAPS);
    CONSTANT(CMX_STAGE_LOAD);
    CONSTANT(CMX_STAGE_ATTACH);
    CONSTANT(CMX_STAGE_FIRE);
    CONSTANT(EVENT_LIMIT);
    CONSTANT(FIRST_EVENT_WAIT);
    printf("pub const RESIDENT_ARGUMENT: &str = \"%s\";\n", CMX_RESIDENT_ARGUMENT);
// A keyword in Rust.
#define type_ type
    STRUCTURE(cmx_program, PROGRAM_FIELDS);
#undef type_
    STRUCTURE(resident_request, REQUEST_FIELDS);
    STRUCTURE(finding, FINDING_FIELDS);
    STRUCTURE(plan_map, MAP_FIELDS);
    printf("/// Of findings.\npub mod code {\n");
    for (size_t i = 0; i < CODE_COUNT; i++)
        printf("    pub const %s: u32 = %u;\n", codes[i].name, codes[i].number);
    printf("}\n");
}

/// Writes libbpf's names, which the other loaders use as well; the last number has none.
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

/// `NO_EVENT` as `findingNoEvent`.
static void write_go_code(const struct code *code)
{
    printf("\tfinding");
    for (const char *letter = code->name; *letter != '\0'; letter++)
        if (*letter != '_')
            putchar(letter == code->name || letter[-1] == '_' ? *letter : tolower(*letter));
    printf(" findingCode = %u\n", code->number);
}

static void write_go(void)
{
    printf("package main\n\nconst (\n");
    for (size_t i = 0; i < CODE_COUNT; i++)
        write_go_code(&codes[i]);
    printf(")\n\n");
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
