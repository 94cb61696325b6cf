/// The wire format between the host and the agent in a guest, defined only here.
///
/// Both sides share a mailbox, the memory behind an ivshmem device: a header page and two byte rings, one for each
/// direction. A ring carries frames: a `struct cmx_frame`, then `length` bytes of payload, which start with the struct
/// that the frame type names. Numbers are little-endian, because host and guest are both x86-64.
///
/// A loader writes the same frames to a pipe (file descriptor CMX_LOADER_FD); the agent forwards only whole frames.
#ifndef CMX_GUEST_PROTOCOL_H
#define CMX_GUEST_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define CMX_MAILBOX_MAGIC 0x42584d43u /* "CMXB" */
#define CMX_PROTOCOL_VERSION 5u

/// The size of the ivshmem BAR in bytes; a BAR must be a power of two.
#define CMX_MAILBOX_BYTES (16u << 20)
/// Where the ring from the host to the guest starts, and how long it is, in bytes.
#define CMX_TO_GUEST_OFFSET 4096u
#define CMX_TO_GUEST_BYTES (4u << 20)
#define CMX_TO_HOST_OFFSET (CMX_TO_GUEST_OFFSET + CMX_TO_GUEST_BYTES)
#define CMX_TO_HOST_BYTES (8u << 20)

/// The maximum payload: longer texts are split into several CMX_LOG frames, longer files into several CMX_FILE frames.
#define CMX_MAX_PAYLOAD (256u << 10)
/// The maximum length of names and paths, including the terminating NUL.
#define CMX_NAME_BYTES 128u
/// The maximum length of the path of a file for a guest, including the terminating NUL: as on the host.
#define CMX_PATH_BYTES 512u

/// The raw BTF for a kernel without its own, passed by loaders to their library; it may arrive after a loader started.
#define CMX_EXTERNAL_BTF "/btf/vmlinux"

/// The file descriptor of the pipe for a loader's frames.
#define CMX_LOADER_FD 3

/// A ring's positions count bytes since the start and never wrap; what lies between them is unread.
struct cmx_ring {
    uint64_t written;
    uint64_t read;
};

struct cmx_mailbox {
    /// CMX_MAILBOX_MAGIC once the agent has mapped the mailbox.
    uint32_t magic;
    uint32_t version;
    struct cmx_ring to_guest;
    struct cmx_ring to_host;
};

struct cmx_frame {
    uint32_t type;
    uint32_t length;
};

enum cmx_frame_type {
    // Host to guest.
    /// No payload. The agent answers with CMX_HELLO, which proves that a restored guest is running.
    CMX_BEGIN = 1,
    /// `struct cmx_file` and bytes: appended to the file at `path`, which a frame with `offset` 0 creates.
    CMX_FILE = 2,
    /// `struct cmx_load`.
    CMX_LOAD = 3,
    /// `struct cmx_module`: inserts the kernel module that CMX_FILE frames put there, and deletes the file. The agent
    /// answers with CMX_MODULE_DONE.
    CMX_MODULE = 4,
    /// `struct cmx_cell`: the libbpf loader examines the kernel and reports CMX_FACT frames between the CMX_CELL_BEGIN
    /// and the CMX_CELL_END of that cell.
    CMX_EXAMINE = 5,

    // Guest to host.
    /// `struct cmx_hello`: user space is running.
    CMX_HELLO = 16,
    /// No payload: work that every load would repeat is done, so the host can take a snapshot now.
    CMX_WARMED = 17,
    /// `struct cmx_cell`: the loader of this cell starts now.
    CMX_CELL_BEGIN = 18,
    /// `struct cmx_log` and text.
    CMX_LOG = 19,
    /// `struct cmx_program`: the complete report on a program; its log frames precede it.
    CMX_PROGRAM = 20,
    /// `struct cmx_cell_end`.
    CMX_CELL_END = 21,
    /// `struct cmx_fact` and text.
    CMX_FACT = 22,
    /// `struct cmx_module_done` and text: the kernel log since the insertion began, or its last CMX_MODULE_LOG_BYTES.
    CMX_MODULE_DONE = 23,
    /// `struct cmx_finding` and its arguments, each closed with a NUL.
    CMX_FINDING = 24,
};

struct cmx_file {
    uint64_t offset;
    /// Missing directories are created.
    char path[CMX_PATH_BYTES];
};

struct cmx_load {
    uint32_t cell;
    /// How long the loader may be silent before the agent kills it.
    uint32_t limit_milliseconds;
    /// Not 0 to start a loader for this cell alone, and a shell for its trigger.
    uint32_t is_alone;
    /// Not 0 for a loader that was sent with the job and supports residency.
    uint32_t may_stay;
    /// Not 0 to keep complete logs, regardless of how long the kernel takes to write them.
    uint32_t full_logs;
    /// The name of the loader; its path in the guest is /bin/loader-<name>.
    char loader[CMX_NAME_BYTES];
    /// The object's path in the guest; empty for a loader without an object.
    char object[CMX_NAME_BYTES];
    /// The path of the stage plan in the guest; empty to stop after the load.
    char plan[CMX_NAME_BYTES];
};

struct cmx_module {
    /// The module's file in the guest, uncompressed.
    char path[CMX_NAME_BYTES];
};

/// In bytes. The last lines have the reason of a rejection.
#define CMX_MODULE_LOG_BYTES (4u << 10)

struct cmx_module_done {
    /// 0, also if the module was already loaded, or the negative errno of the insertion.
    int32_t error;
};

struct cmx_hello {
    uint32_t version;
    /// Whether /sys/kernel/btf/vmlinux exists.
    uint32_t has_btf;
    /// CLOCK_MONOTONIC at the time of writing.
    uint64_t uptime_microseconds;
    /// `uname -r` and `uname -v`.
    char release[CMX_NAME_BYTES];
    char version_text[CMX_NAME_BYTES];
};

struct cmx_cell {
    uint32_t cell;
};

enum cmx_log_source {
    /// What the kernel wrote into the log buffer of BPF_PROG_LOAD.
    CMX_LOG_VERIFIER = 0,
    /// Messages of the loader's library.
    CMX_LOG_LOADER = 1,
    /// The matching event, as received from the program or tracefs.
    CMX_LOG_EVENT = 2,
    /// Kernel messages at level warning or worse while the cell ran, in the console's format, whatever the console's
    /// level; sent by the agent, about the whole object.
    CMX_LOG_KERNEL = 3,
};

/// In bytes; the first messages are kept, because they show what started it.
#define CMX_KERNEL_LOG_BYTES (16u << 10)

struct cmx_log {
    uint32_t cell;
    uint32_t program;
    uint32_t source;
};

enum cmx_stage {
    CMX_STAGE_OPEN = 0,
    CMX_STAGE_MAPS = 1,
    CMX_STAGE_LOAD = 2,
    CMX_STAGE_ATTACH = 3,
    CMX_STAGE_FIRE = 4,
};

/// `program` in a frame about the whole object, which did not open or, after reports on its programs, did not load.
#define CMX_WHOLE_OBJECT 0xffffffffu

struct cmx_program {
    uint32_t cell;
    /// The program's index in the object, from 0; CMX_WHOLE_OBJECT for the object as a whole, which is reported if it fails.
    uint32_t program;
    /// The stage that failed, or the last stage that passed.
    uint32_t stage;
    /// 0, or the negative errno of the step that failed.
    int32_t error;
    /// 0 if the log did not fit into the largest buffer.
    uint32_t log_complete;
    /// The size after the verifier's rewriting and as machine code, in bytes; 0 if the kernel does not report it.
    uint32_t translated_bytes;
    uint32_t jited_bytes;
    /// From `bpf_prog_info`; 0 before Linux 5.16.
    uint32_t verified_instructions;
    /// Instructions passed to the kernel, before its rewriting; 0 if the program was never passed.
    uint32_t instructions;
    /// The duration of the load that gave the verdict, in which the verifier wrote at most statistics.
    uint32_t load_microseconds;
    /// The verification time of that load; 0 before Linux 5.2.
    uint32_t verification_microseconds;
    /// The time to attach the program; 0 if unknown.
    uint32_t attach_microseconds;
    /// The time from the start of the trigger to the event, the same for all programs of the cell; 0 if unknown.
    uint32_t fire_microseconds;
    /// Not 0 if the log is incomplete only because the guest lacked memory.
    uint32_t log_lacks_memory;
    char name[CMX_NAME_BYTES];
    /// The program type as named by libbpf: `kprobe`, `xdp`.
    char type[CMX_NAME_BYTES];
};

/// A fact that a loader or the agent established, in addition to messages of kernel and library. The host writes the sentence.
struct cmx_finding {
    uint32_t cell;
    /// As in `struct cmx_log`. The last finding of the whole object is the reason of a cell that could not be measured.
    uint32_t program;
    /// An `enum cmx_finding_code`.
    uint32_t code;
    /// `cmx_finding_argument_count(code)`.
    uint32_t argument_count;
};

/// The maximum length of a finding's arguments, in bytes, including their NULs.
#define CMX_FINDING_BYTES (4u << 10)

/// FINDING(name, number, argument count) for each code, below a comment with its arguments.
/// `error` is the text of an errno or a library's message, `map` is empty for the output of an iterator, numbers are
/// decimal.
#define CMX_FINDINGS(FINDING) \
    /* text: of a loader that is not part of the guest's image, in its own words */ \
    FINDING(TEXT, 1, 1) \
\
    /* The kernel rejects it, as shown by programs and maps that differ in one thing only. */ \
    /* type: every program of it is rejected */ \
    FINDING(PROGRAM_TYPE_REJECTED, 16, 1) \
    /* type: every map of it is rejected */ \
    FINDING(MAP_TYPE_REJECTED, 17, 1) \
    /* program type, attach type */ \
    FINDING(ATTACH_TYPE_REJECTED, 18, 2) \
    /* program type, flags as 0x20 */ \
    FINDING(FLAGS_REJECTED, 19, 2) \
    /* program type, version as 3.16.7 */ \
    FINDING(VERSION_REJECTED, 20, 2) \
    /* instructions of a program that does nothing */ \
    FINDING(LENGTH_REJECTED, 21, 1) \
    /* number of the helper */ \
    FINDING(HELPER_MISSING, 22, 1) \
    /* number of the helper, program types that may call it as `kprobe, xdp` */ \
    FINDING(HELPER_ELSEWHERE, 23, 2) \
    /* the program is accepted with a higher RLIMIT_MEMLOCK */ \
    FINDING(MEMLOCK_TOO_LOW, 24, 0) \
    /* level: the word of /sys/kernel/security/lockdown */ \
    FINDING(LOCKED_DOWN, 25, 1) \
    /* library that sends types for a map's key and value to a kernel without support for them */ \
    FINDING(MAP_BTF_REJECTED, 26, 1) \
    /* number of a helper that no program type may call */ \
    FINDING(HELPER_NOWHERE, 27, 1) \
    /* type of a map without max_entries; the kernel has that type */ \
    FINDING(MAP_SIZE_MISSING, 28, 1) \
    /* the program has calls between functions, which the kernel does not support */ \
    FINDING(CALLS_REJECTED, 29, 0) \
\
    /* The plan, and the object as a whole. */ \
    /* error */ \
    FINDING(PLAN_UNREADABLE, 32, 1) \
    /* the line */ \
    FINDING(PLAN_LINE_UNKNOWN, 33, 1) \
    FINDING(PLAN_WITHOUT_PROGRAM, 34, 0) \
    FINDING(PLAN_WITHOUT_TRACEFS_EVENT, 35, 0) \
    /* program that replaces a function that no other program of the object has */ \
    FINDING(REPLACED_FUNCTION_MISSING, 37, 1) \
    /* library, program: neither its section nor the plan names its target in the kernel's BTF */ \
    FINDING(LOAD_TARGET_UNNAMED, 38, 2) \
    /* program, target, error */ \
    FINDING(LOAD_TARGET_REFUSED, 39, 3) \
    /* map without max_entries that was given one, as the plan requests; about the whole object */ \
    FINDING(MAP_SIZED, 40, 1) \
    /* program array into which the kernel does not accept its programs */ \
    FINDING(ARRAY_REFUSED, 41, 1) \
    /* library that loads programs as compiled if there is no BTF to relocate them against */ \
    FINDING(RELOCATIONS_SKIPPED, 42, 1) \
    /* library, map that the plan names */ \
    FINDING(MAP_NOT_FOUND, 43, 2) \
    /* map for which the plan has an inner map; its type has none */ \
    FINDING(INNER_MAP_UNUSABLE, 44, 1) \
    /* library that cannot set it, key as `inner`, map */ \
    FINDING(MAP_SETTING_UNSUPPORTED, 45, 3) \
    /* map, error */ \
    FINDING(INNER_MAP_REJECTED, 46, 2) \
\
    /* The user, the capabilities and the sysctls of the cell. */ \
    /* capability that the plan grants and the kernel does not have, as `CAP_BPF`; about the whole object */ \
    FINDING(CAPABILITY_ABSENT, 144, 1) \
    /* `programs`, `maps` or `BTF`; type, empty for BTF; capability that bpf() requires and the loader lacks */ \
    FINDING(CAPABILITY_MISSING, 145, 3) \
    /* the kernel cannot give the plan's user capabilities that outlast exec */ \
    FINDING(PRIVILEGES_UNAVAILABLE, 146, 0) \
    /* sysctl that the kernel does not have */ \
    FINDING(SYSCTL_ABSENT, 147, 1) \
    /* sysctl, value, error */ \
    FINDING(SYSCTL_REJECTED, 148, 3) \
\
    /* Attaching. */ \
    /* library, program: neither its section nor the plan names its target */ \
    FINDING(TARGET_UNNAMED, 48, 2) \
    /* target */ \
    FINDING(TARGET_NOT_PATH_AND_SYMBOL, 49, 1) \
    /* target */ \
    FINDING(TARGET_NOT_CATEGORY_AND_NAME, 50, 1) \
    /* target */ \
    FINDING(TARGET_NOT_SYMBOL_AND_OFFSET, 51, 1) \
    /* loader, or library with its version, that cannot attach; program type */ \
    FINDING(TYPE_NOT_ATTACHABLE, 52, 2) \
    /* loader, section */ \
    FINDING(SECTION_NOT_ATTACHABLE, 53, 2) \
    /* interface */ \
    FINDING(INTERFACE_MISSING, 54, 1) \
    /* path, empty for the cell's own cgroup; error */ \
    FINDING(CGROUP_UNOPENABLE, 55, 2) \
    FINDING(CLASSIFIER_MISSING, 56, 0) \
    FINDING(PACKET_SOCKETS_MISSING, 57, 0) \
    /* perf event */ \
    FINDING(PERF_EVENT_UNKNOWN, 58, 1) \
    /* perf event, error */ \
    FINDING(PERF_EVENT_MISSING, 59, 2) \
    /* map */ \
    FINDING(ITERATOR_MAP_MISSING, 60, 1) \
    FINDING(LSM_UNKNOWN, 61, 0) \
    /* active modules as /sys/kernel/security/lsm lists them */ \
    FINDING(LSM_INACTIVE, 62, 1) \
\
    /* The target of a program that was not attached. */ \
    /* function: not in /proc/kallsyms */ \
    FINDING(SYMBOL_ABSENT, 128, 1) \
    /* function, the compiler's variants as `name.isra.0, name.part.1` */ \
    FINDING(SYMBOL_RENAMED, 129, 2) \
    /* function: in /proc/kallsyms, but in no list of traceable functions */ \
    FINDING(SYMBOL_NOT_TRACEABLE, 130, 1) \
    /* function: not in the error injection list, but the program replaces its result */ \
    FINDING(NOT_ERROR_INJECTABLE, 131, 1) \
    /* category/name */ \
    FINDING(TRACEPOINT_ABSENT, 132, 1) \
    /* category/name, bytes of its record: a program that reads nothing attaches */ \
    FINDING(RECORD_EXCEEDED, 133, 2) \
\
    /* Events. */ \
    /* map */ \
    FINDING(EVENT_MAP_MISSING, 64, 1) \
    FINDING(EVENT_MAP_AMBIGUOUS, 65, 0) \
    /* map, error */ \
    FINDING(EVENTS_UNOPENABLE, 66, 2) \
    /* map, error */ \
    FINDING(EVENTS_UNREADABLE, 67, 2) \
    /* map, seconds after the trigger */ \
    FINDING(NO_EVENT, 68, 2) \
    /* number of events, map, text that none of them contains */ \
    FINDING(NO_FITTING_EVENT, 69, 3) \
    /* program, number of runs */ \
    FINDING(RUN_COUNT, 70, 2) \
\
    /* The trigger. */ \
    /* error */ \
    FINDING(TRIGGER_NOT_STARTED, 80, 1) \
    FINDING(TRIGGER_SERVICE_ENDED, 81, 0) \
    /* error */ \
    FINDING(BASH_MISSING, 82, 1) \
    /* error */ \
    FINDING(TERMINAL_MISSING, 83, 1) \
    /* error */ \
    FINDING(SHELL_NOT_STARTED, 84, 1) \
    /* seconds, what bash wrote instead */ \
    FINDING(NO_PROMPT, 85, 2) \
    /* seconds */ \
    FINDING(COMMAND_OVERDUE, 86, 1) \
    /* exit status, the command's last line */ \
    FINDING(COMMAND_FAILED, 87, 2) \
\
    /* The tracefs loader. */ \
    /* symbol, path, error */ \
    FINDING(SYMBOL_NOT_FOUND, 96, 3) \
    /* file of tracefs, definition: EINVAL */ \
    FINDING(DEFINITION_REJECTED, 97, 2) \
    /* file of tracefs, definition, any other error */ \
    FINDING(DEFINITION_FAILED, 98, 3) \
    /* definition, error */ \
    FINDING(EVENT_NOT_ENABLED, 99, 2) \
    /* strings were read from the process's memory, because the kernel dereferences nothing at a uprobe */ \
    FINDING(STRINGS_READ_LATER, 100, 0) \
    /* error */ \
    FINDING(TRACE_UNREADABLE, 101, 1) \
    /* event, seconds after the trigger */ \
    FINDING(NO_TRACE_EVENT, 102, 2) \
    /* number of events, event, text that none of them contains */ \
    FINDING(NO_FITTING_TRACE_EVENT, 103, 3) \
\
    /* The exec loader. */ \
    /* error */ \
    FINDING(ROOT_MISSING, 112, 1) \
    /* error */ \
    FINDING(PROGRAM_NOT_STARTED, 113, 1) \
    /* signal, its name */ \
    FINDING(PROGRAM_KILLED, 114, 2) \
    /* exit status, expected exit status */ \
    FINDING(PROGRAM_FAILED, 115, 2) \
    /* text that no line of the output contains, exit status */ \
    FINDING(PROGRAM_WITHOUT_LINE, 116, 2)

#define CMX_FINDING_VALUE(name, number, argument_count) CMX_FINDING_##name = number,
enum cmx_finding_code { CMX_FINDINGS(CMX_FINDING_VALUE) };

/// The number of arguments of a finding with that code; negative for an unknown code.
int cmx_finding_argument_count(uint32_t code);

/// Writes the sentence of a finding about a plan or its trigger, for loaders that read it from `/init trigger`.
/// `first` and `second` are its arguments; `second` is empty if there are fewer. Returns 0 for other findings.
int cmx_write_trigger_sentence(char *line, size_t bytes, uint32_t code, const char *first, const char *second);

enum cmx_fact_kind {
    /// A property that decides what loads or attaches: `bounded_loops`; `answer` says whether the kernel has it.
    CMX_FACT_FEATURE = 0,
    /// A type by libbpf's name; without one, by its name in the kernel's BTF, or as `prog_type 33`.
    CMX_FACT_PROGRAM_TYPE = 1,
    CMX_FACT_MAP_TYPE = 2,
    /// `name` is an existing program type, the text the helpers that it may call, one per line: `map_lookup_elem`.
    CMX_FACT_HELPERS = 3,
    /// The text is the contents of a file in /proc or /sys about the kernel; `name` is our own.
    CMX_FACT_SETTING = 4,
    /// A part of the `CONFIG_…` file embedded in the kernel; the parts come in order.
    CMX_FACT_CONFIG = 5,
    /// Names in the kernel: `name` is `kfuncs`, `iterators` or `struct_ops`, the text has one name per line.
    CMX_FACT_LIST = 6,
};

struct cmx_fact {
    uint32_t cell;
    uint32_t kind;
    /// 1 for yes, 0 for no, a negative errno if unknown.
    int32_t answer;
    char name[CMX_NAME_BYTES];
};

struct cmx_cell_end {
    uint32_t cell;
    /// The loader's wait status: how it exited, or the signal that killed it.
    int32_t wait_status;
    /// Not 0 if the agent killed the loader because it was silent for too long.
    uint32_t overdue;
    /// The duration of the cell in the guest.
    uint32_t microseconds;
};

/// Marks the mailbox as in use. The memory must be zeroed. Called once, by the agent.
void cmx_mailbox_open(void *mailbox);
/// Whether an agent of this protocol version has opened the mailbox.
int cmx_mailbox_is_open(const void *mailbox);

/// Writes up to `length` bytes and returns how many there was room for. One writer per ring.
size_t cmx_write_to_guest(void *mailbox, const void *bytes, size_t length);
size_t cmx_write_to_host(void *mailbox, const void *bytes, size_t length);
/// Reads up to `length` bytes and returns how many there were. One reader per ring.
/// The positions come from the other side, so they are not trusted: a ring that claims more than it can hold counts as
/// empty and sets `*broken`.
size_t cmx_read_from_host(void *mailbox, void *bytes, size_t length, int *broken);
size_t cmx_read_from_guest(void *mailbox, void *bytes, size_t length, int *broken);

#endif
