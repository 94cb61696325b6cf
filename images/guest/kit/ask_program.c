#include "ask_program.h"

#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int loads(const struct bpf_insn *instructions, size_t count)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    // Every kernel has this type, and it needs no version.
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insns = (uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uintptr_t)"GPL";
    int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, offsetof(union bpf_attr, kern_version));
    if (program >= 0)
        close(program);
    return program >= 0;
}

int lacks_calls(const void *instructions, size_t count)
{
    static const struct bpf_insn calling[] = {
        {.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1},
        {.code = BPF_JMP | BPF_EXIT},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    const struct bpf_insn *instruction = instructions;
    for (size_t i = 0; i < count; i++)
        if (instruction[i].code == (BPF_JMP | BPF_CALL) && instruction[i].src_reg == BPF_PSEUDO_CALL)
            return loads(calling + 2, 2) && !loads(calling, 4);
    return 0;
}
