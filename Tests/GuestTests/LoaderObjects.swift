/// Objects that a naive loader gets wrong, as C.
enum LoaderObjects {
    private static let head = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #include <bpf/bpf_tracing.h>
        char LICENSE[] SEC("license") = "GPL";

        """

    /// Maps whose size the application gives at run time, and one that wants more than 64 KiB of locked memory.
    static let maps =
        head + """
            #define MAP(name, t, n) struct { __uint(type, t); __uint(max_entries, n); __type(key, int); __type(value, long); } name SEC(".maps")
            MAP(array, BPF_MAP_TYPE_ARRAY, 0);
            MAP(hash, BPF_MAP_TYPE_HASH, 0);
            MAP(percpu, BPF_MAP_TYPE_PERCPU_ARRAY, 0);
            MAP(large, BPF_MAP_TYPE_HASH, 100000);
            struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); } events SEC(".maps");
            struct {
                __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
                __uint(max_entries, 4);
                __type(key, int);
                __array(values, struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, int); });
            } outer SEC(".maps");
            SEC("kprobe/do_exit") int uses_all(void *context)
            {
                int key = 0;
                bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, &key, sizeof(key));
                return !!bpf_map_lookup_elem(&array, &key) + !!bpf_map_lookup_elem(&hash, &key)
                    + !!bpf_map_lookup_elem(&percpu, &key) + !!bpf_map_lookup_elem(&large, &key)
                    + !!bpf_map_lookup_elem(&outer, &key);
            }
            """

    /// Neither a power of two nor pages, and none at all.
    static let rings =
        head + """
            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 5000); } odd SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); } none SEC(".maps");
            SEC("kprobe/do_exit") int writes(void *context)
            {
                int value = 1;
                bpf_ringbuf_output(&odd, &value, sizeof(value), 0);
                return bpf_ringbuf_output(&none, &value, sizeof(value), 0);
            }
            """

    /// A program array that the loader fills with programs of which only one is loaded at a time.
    static let tailCalls =
        head + """
            int first(struct xdp_md *context);
            struct {
                __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
                __uint(max_entries, 1);
                __uint(key_size, 4);
                __array(values, int (struct xdp_md *));
            } calls SEC(".maps") = {.values = {[0] = (void *)&first}};
            SEC("xdp") int first(struct xdp_md *context) { return XDP_PASS; }
            SEC("xdp") int entry(struct xdp_md *context) { bpf_tail_call(context, &calls, 0); return XDP_DROP; }
            """

    /// Two replacements, one for a function that a program here has; the subprogram is not shared.
    static let replacements =
        head + """
            __attribute__((noinline)) int decide(struct xdp_md *context) { volatile int verdict = XDP_PASS; return verdict; }
            SEC("tc") int other(struct __sk_buff *context) { return 0; }
            SEC("xdp") int dispatcher(struct xdp_md *context) { return decide(context); }
            SEC("freplace/decide") int better(struct xdp_md *context) { return XDP_DROP; }
            SEC("freplace/elsewhere") int lost(struct xdp_md *context) { return XDP_DROP; }
            """

    /// libbpf loads all programs of a struct_ops map together; a bad one must not fail the others.
    static let structOps =
        head + """
            struct sock;
            struct tcp_congestion_ops {
                __u32 (*ssthresh)(struct sock *);
                void (*cong_avoid)(struct sock *, __u32, __u32);
                void (*release)(struct sock *);
                __u32 (*undo_cwnd)(struct sock *);
                char name[16];
            };
            SEC("struct_ops/ssthresh") __u32 BPF_PROG(ssthresh, struct sock *sk) { return 2; }
            SEC("struct_ops/release") void BPF_PROG(reads_beyond, struct sock *sk)
            {
                asm volatile("r0 = *(u64 *)(%[context] + 512)" :: [context] "r"(ctx) : "r0");
            }
            SEC("struct_ops/cong_avoid") void BPF_PROG(cong_avoid, struct sock *sk, __u32 ack, __u32 acked) {}
            SEC("struct_ops/undo_cwnd") __u32 BPF_PROG(undo_cwnd, struct sock *sk) { return 2; }
            SEC(".struct_ops") struct tcp_congestion_ops steady = {
                .ssthresh = (void *)ssthresh, .release = (void *)reads_beyond, .cong_avoid = (void *)cong_avoid,
                .undo_cwnd = (void *)undo_cwnd, .name = "steady",
            };
            """

    /// Kernels before 5.0 compare a kprobe program's version with their own.
    static let noVersion = head + "SEC(\"kprobe/do_exit\") int any(void *context) { return 0; }\n"
    static let wrongVersion = noVersion + "__u32 _version SEC(\"version\") = 1;\n"

    /// What libbpf itself has to find: a type's member, a function in the kernel's BTF.
    static let missing =
        head + """
            #include <bpf/bpf_core_read.h>
            struct task_struct { int no_such_member; } __attribute__((preserve_access_index));
            SEC("kprobe/do_exit") int member(struct task_struct *task)
            {
                int value;
                return bpf_core_read(&value, sizeof(value), &task->no_such_member);
            }
            SEC("fentry/no_such_function") int BPF_PROG(function, int argument) { return 0; }
            """

    /// One of each kind that is loaded in a way of its own.
    static let types =
        head + """
            struct bpf_iter__task;
            struct { __uint(type, BPF_MAP_TYPE_SOCKMAP); __uint(max_entries, 2); __type(key, int); __type(value, int); } sockets SEC(".maps");
            static __attribute__((noinline)) int twice(int value) { return value * 2; }
            SEC("sk_skb/stream_verdict") int verdict(struct __sk_buff *skb) { return bpf_sk_redirect_map(skb, &sockets, 0, 0); }
            SEC("sk_msg") int message(struct sk_msg_md *message) { return SK_PASS; }
            SEC("syscall") int with_subprogram(void *context) { return twice(3); }
            SEC("iter/task") int iterator(struct bpf_iter__task *context) { return 0; }
            SEC("lsm/file_open") int BPF_PROG(hook, void *file) { return 0; }
            SEC("lsm.s/file_open") int BPF_PROG(sleeping_hook, void *file) { return 0; }
            SEC("fentry/do_exit") int BPF_PROG(entry, long code) { return 0; }
            SEC("kprobe.multi/do_*") int many(void *context) { return 0; }
            SEC("netfilter") int filter(void *context) { return 1; }
            SEC("?xdp") int left_out_by_default(struct xdp_md *context) { return XDP_PASS; }
            """

    /// About 2 KiB of log for each of `TURNS`, and a refusal at the very end.
    static let longLog =
        head + """
            #define STEP "r6 += r7; r6 ^= r7; r7 += r6; r7 >>= 1; r6 -= r7; r6 *= r7; r7 ^= r6; r7 += 12345;"
            SEC("kprobe/do_exit") __attribute__((naked)) int long_log(void *context)
            {
                asm volatile("call %[random]; r6 = r0; r7 = r0; r8 = 0; 1: " STEP STEP STEP
                             "r8 += 1; if r8 < %[turns] goto 1b; r0 = r9; exit;"
                             :: [random] "i"(BPF_FUNC_get_prandom_u32), [turns] "i"(TURNS));
            }
            """

    /// Paths that Linux 4.15 writes with 60 slots of the stack each: some 20 MiB.
    ///
    /// Each block forgets what it counted, so that the verifier has few states to compare with, and no more than 1024
    /// branches wait to be looked at.
    static let manyPaths: String = {
        let slots = (1...60).map { "*(u64 *)(r10 - \($0 * 8)) = r1;" }.joined()
        let block = "r9 = 0;" + (0..<7).map { "if r6 & \(1 << $0) goto +1; r9 += \(1 << $0);" }.joined()
        return head + """
            #define BLOCK "\(block)"
            #define TEN BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK
            SEC("kprobe/do_exit") __attribute__((naked)) int many_paths(void *context)
            {
                asm volatile("\(slots) call %[random]; r6 = r0;" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
                             "r0 = r9; exit;" :: [random] "i"(BPF_FUNC_get_prandom_u32));
            }
            """
    }()
}
