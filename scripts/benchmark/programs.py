"""The measured programs, and projects with them."""

import shutil
import subprocess
import sys

PERF_BUFFER = """\
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} exits SEC(".maps");

SEC("tracepoint/sched/sched_process_exit")
int watch_exit(void *context)
{
	unsigned long long ended[] = {ROUND, bpf_get_current_pid_tgid()};

	bpf_perf_event_output(context, &exits, BPF_F_CURRENT_CPU, ended, sizeof(ended));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"""

# The verifier follows this loop iteration by iteration, and hits the complexity limit long before the end. Kernels
# without bounded loops (before 5.3) reject its back-edge at once.
ENDLESS_LOOP = """\
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tracepoint/sched/sched_process_exit")
int endless_loop(void *context)
{
	asm volatile("r6 = 0; r7 = 0; 1: r6 += 1; r7 ^= r6; if r6 < 0x7fffffff goto 1b;" ::: "r6", "r7");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"""

# 400 bytes of log for each step and a rejection at the end: more than 100 MiB on kernels that print states as 6.x does.
LONG_LOG = """\
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define STEP "r6 += r7; r7 -= r6; r6 s>>= 2; r7 s>>= 2;"
SEC("kprobe/do_exit") __attribute__((naked)) int long_log(void *context)
{
    asm volatile("call %[random]; r9 = r0; r8 = 0; 1: r6 = r9; r7 = r9; r6 s>>= 3; r7 s>>= 3;" STEP STEP STEP STEP STEP
                 "r8 += 1; if r8 < 37000 goto 1b; r0 = r5; exit;" :: [random] "i"(BPF_FUNC_get_prandom_u32));
}
char LICENSE[] SEC("license") = "GPL";
"""


def compiled(folder, name, source, *arguments):
    """Compiles `source` to `<name>.bpf.o` in `folder`."""
    clang = next(filter(None, (shutil.which(name) for name in ("clang-19", "clang-20", "clang-21", "clang"))), None)
    if clang is None:
        sys.exit("bench: no clang found: run 'make setup'")
    text, target = folder / f"{name}.bpf.c", folder / f"{name}.bpf.o"
    text.write_text(source)
    machine = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(
        [
            clang,
            "-target",
            "bpf",
            "-mcpu=v2",
            "-O2",
            "-g",
            "-idirafter",
            f"/usr/include/{machine}",
            *arguments,
            "-c",
            text,
            "-o",
            target,
        ],
        check=True,
    )
    return target


def perf_buffer(folder):
    """A program that loads, attaches and fires on every kernel since 4.7, with every loader."""
    return compiled(folder, "exits", PERF_BUFFER, "-DROUND=0")


def write_probe(project, name, variants, fires=True):
    """Writes `probes/<name>/probe.yaml` of a project; `variants` maps their names to how they are built."""
    folder = project / "probes" / name
    folder.mkdir(parents=True)
    stages = 'attach: true\ntrigger: { shell: "true" }\nevent: { map: exits }\n' if fires else ""
    listed = "".join(f"  {variant}: {{ {made} }}\n" for variant, made in variants.items())
    (folder / "probe.yaml").write_text(f"summary: Which processes end.\nloaders: '*'\n{stages}variants:\n{listed}")
    return folder
