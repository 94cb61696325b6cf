/// Writes as Go what the loader takes from our C headers and from libbpf, so that nothing is said twice.
///
/// A field that is missing here, or that Go puts elsewhere, does not compile there: a constant overflows.
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>

#include "../../common/isolation.h"
#include "../../common/report.h"
#include "../../common/trigger.h"

#define NUMBER(go, c) printf("const %s = %lld\n", go, (long long)(c))
#define STRING(go, c) printf("const %s = \"%s\"\n", go, c)

/// Arrays of characters decay, so that `char *` stands for all of them.
#define KIND(field) _Generic((field), uint32_t: "uint32", int32_t: "int32", char *: NULL)
#define DECLARE(structure, go, c) \
    declare(#go, KIND(((struct structure *)0)->c), sizeof(((struct structure *)0)->c));
#define CHECK(name, structure, go, c) \
    printf("const _ = -uint(unsafe.Offsetof(%s{}.%s) ^ %zu)\n", name, #go, offsetof(struct structure, c));
#define END(name, structure) \
    printf("const _ = -uint(unsafe.Sizeof(%s{}) ^ %zu)\n", name, sizeof(struct structure))

#define FRAME_FIELDS(X) X(cmx_frame, kind, type) X(cmx_frame, length, length)
#define LOG_FIELDS(X) X(cmx_log, cell, cell) X(cmx_log, program, program) X(cmx_log, source, source)
#define PROGRAM_FIELDS(X) \
    X(cmx_program, cell, cell) X(cmx_program, program, program) X(cmx_program, stage, stage) \
    X(cmx_program, errno, error) X(cmx_program, logComplete, log_complete) \
    X(cmx_program, translatedBytes, translated_bytes) X(cmx_program, jitedBytes, jited_bytes) \
    X(cmx_program, verifiedInstructions, verified_instructions) X(cmx_program, instructions, instructions) \
    X(cmx_program, loadMicroseconds, load_microseconds) \
    X(cmx_program, verificationMicroseconds, verification_microseconds) \
    X(cmx_program, attachMicroseconds, attach_microseconds) X(cmx_program, fireMicroseconds, fire_microseconds) \
    X(cmx_program, logLacksMemory, log_lacks_memory) X(cmx_program, name, name) X(cmx_program, kind, type)

static void declare(const char *name, const char *type, size_t bytes)
{
    if (type != NULL)
        printf("\t%s %s\n", name, type);
    else
        printf("\t%s [%zu]byte\n", name, bytes);
}

static void write_constants(void)
{
    NUMBER("loaderDescriptor", CMX_LOADER_FD);
    NUMBER("maxPayload", CMX_MAX_PAYLOAD);
    NUMBER("frameLog", CMX_LOG);
    NUMBER("frameProgram", CMX_PROGRAM);
    NUMBER("sourceVerifier", CMX_LOG_VERIFIER);
    NUMBER("sourceLoader", CMX_LOG_LOADER);
    NUMBER("sourceEvent", CMX_LOG_EVENT);
    NUMBER("stageOpen", CMX_STAGE_OPEN);
    NUMBER("stageMaps", CMX_STAGE_MAPS);
    NUMBER("stageLoad", CMX_STAGE_LOAD);
    NUMBER("stageAttach", CMX_STAGE_ATTACH);
    NUMBER("stageFire", CMX_STAGE_FIRE);
    NUMBER("wholeObject", CMX_WHOLE_OBJECT);
    STRING("ourPrefix", OUR_PREFIX);
    NUMBER("unmeasurableStatus", UNMEASURABLE_STATUS);
    NUMBER("eventLimit", EVENT_LIMIT);
    NUMBER("secondTriggerAfter", SECOND_TRIGGER_AFTER);
    STRING("cgroupRoot", CGROUP_ROOT);
    STRING("cellCgroupPrefix", CELL_CGROUP_PREFIX);
}

static void write_structures(void)
{
#define CHECK_FRAME(structure, go, c) CHECK("frameHeader", structure, go, c)
    printf("type frameHeader struct {\n");
    FRAME_FIELDS(DECLARE)
    printf("}\n");
    FRAME_FIELDS(CHECK_FRAME)
    END("frameHeader", cmx_frame);

#define CHECK_LOG(structure, go, c) CHECK("logHeader", structure, go, c)
    printf("type logHeader struct {\n");
    LOG_FIELDS(DECLARE)
    printf("}\n");
    LOG_FIELDS(CHECK_LOG)
    END("logHeader", cmx_log);

#define CHECK_PROGRAM(structure, go, c) CHECK("programReport", structure, go, c)
    printf("type programReport struct {\n");
    PROGRAM_FIELDS(DECLARE)
    printf("}\n");
    PROGRAM_FIELDS(CHECK_PROGRAM)
    END("programReport", cmx_program);
}

/// Where the kernel puts the numbers that the library does not pass on.
static void write_info(void)
{
    NUMBER("infoBytes", sizeof(struct bpf_prog_info));
    NUMBER("infoJitedBytes", offsetof(struct bpf_prog_info, jited_prog_len));
    NUMBER("infoTranslatedBytes", offsetof(struct bpf_prog_info, xlated_prog_len));
    NUMBER("infoRuns", offsetof(struct bpf_prog_info, run_cnt));
    NUMBER("infoVerifiedInstructions", offsetof(struct bpf_prog_info, verified_insns));
    NUMBER("commandGetInfo", BPF_OBJ_GET_INFO_BY_FD);
    NUMBER("statsRuns", BPF_STATS_RUN_TIME);
}

/// Names as the other loaders use them; the last number has none.
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

int main(void)
{
    printf("package main\n\nimport \"unsafe\"\n\n");
    write_constants();
    write_structures();
    write_info();
    write_names("programTypes", program_type);
    write_names("mapTypes", map_type);
    write_names("attachTypes", attach_type);
    return 0;
}
