/// A loader that misbehaves instead of loading the object, a text that starts with a word of the table below.
/// Linked with the loop of the resident libbpf loader.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../loaders/libbpf/loader.h"

static int pipe_to_agent;

void report_to(int descriptor)
{
    pipe_to_agent = descriptor;
}

void end_unmeasured(uint32_t cell, struct finding reason)
{
    (void)cell, (void)reason;
    exit(69);
}

void learn_kernel_btf(void) {}

void index_kernel_btf(void) {}

void learn_new_btf(void) {}

static void send_bytes(const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = write(pipe_to_agent, (const char *)bytes + done, length - done);
        if (count <= 0)
            exit(70);
        done += count;
    }
}

static void send_frame_of(uint32_t type, const void *payload, size_t length)
{
    struct cmx_frame frame = {type, length};
    send_bytes(&frame, sizeof(frame));
    send_bytes(payload, length);
}

static struct cmx_program passing(uint32_t cell, uint32_t index)
{
    struct cmx_program program = {.cell = cell, .program = index, .stage = CMX_STAGE_LOAD, .log_complete = 1};
    snprintf(program.name, sizeof(program.name), "program_%u", index);
    snprintf(program.type, sizeof(program.type), "kprobe");
    return program;
}

static void pass(uint32_t cell)
{
    struct cmx_program program = passing(cell, 0);
    send_frame_of(CMX_PROGRAM, &program, sizeof(program));
}

static void press_sysrq(const char *key)
{
    int trigger = open("/proc/sysrq-trigger", O_WRONLY);
    if (trigger < 0 || write(trigger, key, 1) != 1)
        perror("/proc/sysrq-trigger");
}

static void panic(uint32_t cell)
{
    (void)cell;
    press_sysrq("c");
}

static void reset(uint32_t cell)
{
    (void)cell;
    press_sysrq("b");
}

void examine_kernel(uint32_t cell)
{
    panic(cell);
}

static void sleep_on(uint32_t cell)
{
    (void)cell;
    for (;;)
        pause();
}

static void kill_itself(uint32_t cell)
{
    pass(cell);
    raise(SIGSEGV);
}

static void kill_resident(uint32_t cell)
{
    (void)cell;
    kill(getppid(), SIGKILL);
}

/// Uses more memory than a guest has by default; passes in a large one.
static void use_much_memory(uint32_t cell)
{
    for (int mebibytes = 0; mebibytes < 320; mebibytes++) {
        char *memory = malloc(1 << 20);
        if (memory == NULL)
            abort();
        memset(memory, 1, 1 << 20);
    }
    pass(cell);
}

/// The kernel kills a child of the loader and logs it; the loader itself is fine.
static void lose_child(uint32_t cell)
{
    pid_t child = fork();
    if (child == 0) {
        // Leaves the kernel no doubt which process to kill.
        int score = open("/proc/self/oom_score_adj", O_WRONLY);
        if (score < 0 || write(score, "1000", 4) != 4)
            _exit(1);
        for (;;)
            memset(malloc(1 << 20), 1, 1 << 20);
    }
    waitpid(child, NULL, 0);
    pass(cell);
}

/// Writes a kernel's last message to the console and into the kernel log.
static void cry_wolf(uint32_t cell)
{
    static const char words[] = "<4>Kernel panic - not syncing: not at all\n";
    int log = open("/dev/kmsg", O_WRONLY);
    if (log < 0 || write(log, words, sizeof(words) - 1) < 0 || write(STDERR_FILENO, words + 3, sizeof(words) - 4) < 0)
        exit(70);
    pass(cell);
}

/// Ends as if successful, after bytes that are not a frame.
static void talk_noise(uint32_t cell)
{
    char noise[4096];
    memset(noise, 0xa5, sizeof(noise));
    pass(cell);
    send_bytes(noise, sizeof(noise));
}

static void stop_in_mid_frame(uint32_t cell)
{
    struct cmx_program program = passing(cell, 0);
    struct cmx_frame frame = {CMX_PROGRAM, sizeof(program)};
    send_bytes(&frame, sizeof(frame));
    send_bytes(&program, sizeof(program) / 2);
}

/// Sends a frame that only the agent may send.
static void end_cell(uint32_t cell)
{
    struct cmx_cell_end end = {.cell = cell};
    pass(cell);
    send_frame_of(CMX_CELL_END, &end, sizeof(end));
}

/// Reports a verdict about the next cell.
static void report_next_cell(uint32_t cell)
{
    pass(cell + 1);
}

static void use_unknown_frame(uint32_t cell)
{
    send_frame_of(99, &cell, sizeof(cell));
}

static void send_short_report(uint32_t cell)
{
    send_frame_of(CMX_PROGRAM, &cell, sizeof(cell));
}

static void say_nothing(uint32_t cell)
{
    (void)cell;
}

/// Sends more than the mailbox holds at once.
static void talk_much(uint32_t cell)
{
    static char bytes[sizeof(struct cmx_log) + (64 << 10)];
    struct cmx_log log = {cell, 0, CMX_LOG_VERIFIER};
    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, &log, sizeof(log));
    for (int part = 0; part < 256; part++)
        send_frame_of(CMX_LOG, bytes, sizeof(bytes));
    pass(cell);
}

static const struct {
    const char *word;
    void (*act)(uint32_t cell);
} behaviours[] = {
    {"pass", pass},
    {"panic", panic},
    {"reset", reset},
    {"sleep", sleep_on},
    {"segfault", kill_itself},
    {"kill-resident", kill_resident},
    {"memory", use_much_memory},
    {"lost-child", lose_child},
    {"wolf", cry_wolf},
    {"noise", talk_noise},
    {"half-frame", stop_in_mid_frame},
    {"cell-end", end_cell},
    {"next-cell", report_next_cell},
    {"unknown-frame", use_unknown_frame},
    {"short-report", send_short_report},
    {"nothing", say_nothing},
    {"flood", talk_much},
};

void load_object(uint32_t cell, const char *path, const struct plan *plan)
{
    (void)plan;
    char word[32] = "";
    int file = open(path, O_RDONLY);
    if (file < 0 || read(file, word, sizeof(word) - 1) < 0)
        exit(70);
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        if (strcmp(word, behaviours[i].word) == 0) {
            behaviours[i].act(cell);
            return;
        }
    }
    fprintf(stderr, "misbehaving loader: there is no '%s'\n", word);
    exit(64);
}
