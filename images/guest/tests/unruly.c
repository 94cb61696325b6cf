/// A loader that misbehaves instead of loading the object, a text with one word of the table below.
/// Each word may cost only its own cell. Built twice: as a loader that is started for each cell and, with CAN_STAY, as
/// one that can be resident.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kit/residency.h"
#include "guest_protocol.h"

static uint32_t cell;

static void send_bytes(const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = write(CMX_LOADER_FD, (const char *)bytes + done, length - done);
        if (count <= 0)
            exit(70);
        done += count;
    }
}

static void send_frame(uint32_t type, const void *payload, size_t length)
{
    struct cmx_frame frame = {type, length};
    send_bytes(&frame, sizeof(frame));
    send_bytes(payload, length);
}

static void report(uint32_t of_cell, uint32_t index, enum cmx_stage stage, int error)
{
    struct cmx_program program = {
        .cell = of_cell, .program = index, .stage = stage, .error = error, .log_complete = 1, .type = "kprobe"};
    snprintf(program.name, sizeof(program.name), "program_%u", index);
    send_frame(CMX_PROGRAM, &program, sizeof(program));
}

static void send_log(uint32_t index, uint32_t source, const char *text)
{
    char payload[256];
    struct cmx_log log = {cell, index, source};
    memcpy(payload, &log, sizeof(log));
    memcpy(payload + sizeof(log), text, strlen(text));
    send_frame(CMX_LOG, payload, sizeof(log) + strlen(text));
}

static void pass(void)
{
    report(cell, 0, CMX_STAGE_LOAD, 0);
}

/// Names the process that created the one that runs the cell: the agent or the resident loader.
static void name_parent(void)
{
    char text[32];
    snprintf(text, sizeof(text), "parent %d\n", getppid());
    send_log(0, CMX_LOG_LOADER, text);
    pass();
}

static void hang(void)
{
    for (;;)
        pause();
}

static void pass_and_hang(void)
{
    pass();
    hang();
}

/// Closes its pipe and keeps running.
static void close_and_hang(void)
{
    pass();
    close(CMX_LOADER_FD);
    hang();
}

static void spin(void)
{
    for (volatile unsigned long rounds = 0;; rounds++)
        ;
}

static void crash(void)
{
    pass();
    raise(SIGSEGV);
}

static void crash_in_mid_frame(void)
{
    struct cmx_frame frame = {CMX_PROGRAM, sizeof(struct cmx_program)};
    send_bytes(&frame, sizeof(frame));
    raise(SIGSEGV);
}

static void panic_as_rust_does(void)
{
    fputs("\nthread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7\n"
          "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
          stderr);
    exit(101);
}

static void panic_as_go_does(void)
{
    fputs("panic: runtime error: index out of range [7] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n",
          stderr);
    exit(2);
}

static void say_noise(void)
{
    char noise[4096];
    memset(noise, 0xa5, sizeof(noise));
    pass();
    send_bytes(noise, sizeof(noise));
}

/// Writes more than any pipe holds, and does not stop if no one reads.
static void say_noise_for_ever(void)
{
    char noise[4096];
    memset(noise, 0xa5, sizeof(noise));
    for (;;)
        if (write(CMX_LOADER_FD, noise, sizeof(noise)) < 0)
            usleep(1000);
}

static void stop_in_mid_frame(void)
{
    struct cmx_program program = {.cell = cell};
    struct cmx_frame frame = {CMX_PROGRAM, sizeof(program)};
    send_bytes(&frame, sizeof(frame));
    send_bytes(&program, sizeof(program) / 2);
}

static void claim_too_long_a_frame(void)
{
    struct cmx_frame frame = {CMX_LOG, CMX_MAX_PAYLOAD + 1};
    pass();
    send_bytes(&frame, sizeof(frame));
    hang();
}

static void use_unknown_frame(void)
{
    pass();
    send_frame(99, &cell, sizeof(cell));
}

static void end_cell(void)
{
    struct cmx_cell_end end = {.cell = cell};
    pass();
    send_frame(CMX_CELL_END, &end, sizeof(end));
}

static void report_next_cell(void)
{
    report(cell + 1, 0, CMX_STAGE_LOAD, 0);
}

static void speak_for_the_kernel(void)
{
    send_log(CMX_WHOLE_OBJECT, CMX_LOG_KERNEL, "[    1.000000] Kernel panic - not syncing: not at all\n");
    pass();
}

static void flood_with_frames(void)
{
    for (;;)
        send_log(0, CMX_LOG_LOADER, "");
}

static void flood_with_programs(void)
{
    for (uint32_t index = 0; index < 10000; index++)
        report(cell, index, CMX_STAGE_LOAD, 0);
}

static void flood_with_words(void)
{
    for (;;)
        if (write(STDERR_FILENO, "words ", 6) < 0)
            usleep(1000);
}

static void contradict_itself(void)
{
    pass();
    report(cell, 0, CMX_STAGE_LOAD, -22);
    pass();
}

static void get_further(void)
{
    pass();
    report(cell, 0, CMX_STAGE_FIRE, 0);
}

/// The child holds the pipe and never ends.
static void leave_child(void)
{
    pass();
    if (fork() == 0) {
        setsid();
        hang();
    }
}

static void kill_everyone(void)
{
    pass();
    kill(-1, SIGKILL);
}

static void say_it_is_unmeasurable(void)
{
    send_log(CMX_WHOLE_OBJECT, CMX_LOG_LOADER, "compat-matrix: it has no code that attaches xdp programs\n");
    exit(69);
}

static void send_finding(uint32_t index, uint32_t code, uint32_t count, const char *arguments, size_t length)
{
    static char payload[sizeof(struct cmx_finding) + 2 * CMX_FINDING_BYTES];
    struct cmx_finding finding = {cell, index, code, count};
    memcpy(payload, &finding, sizeof(finding));
    memcpy(payload + sizeof(finding), arguments, length);
    send_frame(CMX_FINDING, payload, sizeof(finding) + length);
}

static void find_it_is_unmeasurable(void)
{
    static const char words[] = "it has no code that attaches tc programs";
    send_finding(CMX_WHOLE_OBJECT, CMX_FINDING_TEXT, 1, words, sizeof(words));
    exit(69);
}

static void find_no_event(void)
{
    static const char arguments[] = "lines\0"
                                    "5";
    pass();
    send_finding(0, CMX_FINDING_NO_EVENT, 2, arguments, sizeof(arguments));
    report(cell, 0, CMX_STAGE_FIRE, -ETIMEDOUT);
}

static void use_unknown_finding(void)
{
    pass();
    send_finding(0, 999, 0, "", 0);
}

static void leave_out_an_argument(void)
{
    pass();
    send_finding(0, CMX_FINDING_NO_EVENT, 2, "lines", sizeof("lines"));
}

static void leave_a_finding_open(void)
{
    pass();
    send_finding(0, CMX_FINDING_TEXT, 1, "words", strlen("words"));
}

static void send_too_long_a_finding(void)
{
    static char words[CMX_FINDING_BYTES + 1];
    memset(words, 'x', sizeof(words) - 1);
    pass();
    send_finding(0, CMX_FINDING_TEXT, 1, words, sizeof(words));
}

static void flood_with_findings(void)
{
    for (;;)
        send_finding(0, CMX_FINDING_LSM_UNKNOWN, 0, "", 0);
}

static void use_unknown_stage(void)
{
    report(cell, 0, CMX_STAGE_FIRE + 1, 0);
}

static void use_unknown_source(void)
{
    send_log(0, CMX_LOG_KERNEL + 1, "words\n");
    pass();
}

static void say_nothing(void) {}

static void exit_with_words(void)
{
    pass();
    fputs("something\ncannot go on\n", stderr);
    exit(3);
}

static const struct {
    const char *word;
    void (*act)(void);
} behaviours[] = {
    {"pass", pass},
    {"parent", name_parent},
    {"hang", hang},
    {"pass-hang", pass_and_hang},
    {"close-hang", close_and_hang},
    {"spin", spin},
    {"crash", crash},
    {"crash-mid-frame", crash_in_mid_frame},
    {"rust-panic", panic_as_rust_does},
    {"go-panic", panic_as_go_does},
    {"noise", say_noise},
    {"endless-noise", say_noise_for_ever},
    {"half-frame", stop_in_mid_frame},
    {"long-frame", claim_too_long_a_frame},
    {"unknown-frame", use_unknown_frame},
    {"cell-end", end_cell},
    {"next-cell", report_next_cell},
    {"kernel-words", speak_for_the_kernel},
    {"flood-frames", flood_with_frames},
    {"flood-programs", flood_with_programs},
    {"flood-words", flood_with_words},
    {"contradiction", contradict_itself},
    {"further", get_further},
    {"child", leave_child},
    {"kill-everyone", kill_everyone},
    {"unmeasurable", say_it_is_unmeasurable},
    {"text-finding", find_it_is_unmeasurable},
    {"finding", find_no_event},
    {"unknown-finding", use_unknown_finding},
    {"short-finding", leave_out_an_argument},
    {"open-finding", leave_a_finding_open},
    {"long-finding", send_too_long_a_finding},
    {"flood-findings", flood_with_findings},
    {"unknown-stage", use_unknown_stage},
    {"unknown-source", use_unknown_source},
    {"nothing", say_nothing},
    {"words", exit_with_words},
};

static void obey(const char *object)
{
    char word[32] = "";
    int file = open(object, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, word, sizeof(word) - 1) < 0)
        exit(64);
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        if (strcmp(word, behaviours[i].word) == 0) {
            behaviours[i].act();
            return;
        }
    }
    // Not a word but a real object: pass without looking at it.
    pass();
}

static void serve(const struct resident_request *request)
{
    cell = request->cell;
    obey(request->object);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts(CAN_STAY ? "unruly 1.0\nresident" : "unruly 1.0") < 0;
    if (CAN_STAY && argc == 2 && strcmp(argv[1], CMX_RESIDENT_ARGUMENT) == 0) {
        serve_cells(NULL, serve);
        return 0;
    }
    if (argc != 4)
        return 64;
    cell = strtoul(argv[1], NULL, 10);
    obey(argv[2]);
    return 0;
}
