/// Loaded once per guest so that libbpf runs its feature probes.
/// They test names, BTF of functions and data, global data, mmap-able arrays, probe_read_kernel, and CO-RE against the
/// kernel's BTF.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
    int pid;
} __attribute__((preserve_access_index));

const volatile int offset = 1;
int seen;

__noinline int remember(int pid)
{
    seen = pid + offset;
    return seen;
}

SEC("kprobe")
int warm_up(void *context)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    return remember(BPF_CORE_READ(task, pid));
}

char LICENSE[] SEC("license") = "GPL";
