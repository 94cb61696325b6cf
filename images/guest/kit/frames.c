#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int pipe_to_agent = -1;

void report_to(int descriptor)
{
    pipe_to_agent = descriptor;
}

static void write_all(const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = write(pipe_to_agent, (const char *)bytes + done, length - done);
        if (count <= 0)
            exit(70);
        done += count;
    }
}

static void write_frame(uint32_t type, const void *head, size_t head_bytes, const void *tail, size_t tail_bytes)
{
    struct cmx_frame frame = {type, head_bytes + tail_bytes};
    write_all(&frame, sizeof(frame));
    write_all(head, head_bytes);
    write_all(tail, tail_bytes);
}

void report_log(uint32_t cell, uint32_t program, enum cmx_log_source source, const char *text, size_t length)
{
    struct cmx_log log = {cell, program, source};
    const size_t most = CMX_MAX_PAYLOAD - sizeof(log);
    for (size_t done = 0; done < length;) {
        size_t part = length - done < most ? length - done : most;
        write_frame(CMX_LOG, &log, sizeof(log), text + done, part);
        done += part;
    }
}

void report_program(const struct cmx_program *program)
{
    write_frame(CMX_PROGRAM, program, sizeof(*program), NULL, 0);
}

void report_fact(uint32_t cell, enum cmx_fact_kind kind, const char *name, int answer, const char *text, size_t length)
{
    struct cmx_fact fact = {.cell = cell, .kind = kind, .answer = answer};
    snprintf(fact.name, sizeof(fact.name), "%s", name);
    const size_t most = CMX_MAX_PAYLOAD - sizeof(fact);
    size_t done = 0;
    do {
        size_t part = length - done < most ? length - done : most;
        write_frame(CMX_FACT, &fact, sizeof(fact), text + done, part);
        done += part;
    } while (done < length);
}

void report_finding(uint32_t cell, uint32_t program, struct finding finding)
{
    struct cmx_finding head = {cell, program, finding.code, finding.argument_count};
    write_frame(CMX_FINDING, &head, sizeof(head), finding.arguments, finding.length);
}

void end_unmeasured(uint32_t cell, struct finding reason)
{
    report_finding(cell, CMX_WHOLE_OBJECT, reason);
    exit(UNMEASURABLE_STATUS);
}
