/// A user's program for `exec` variants: its first argument sets the result of its self-test.
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WITH_LIBRARY
const char *greeting(void);
#else
static const char *greeting(void)
{
    return "no library";
}
#endif

/// Loads `r0 = 0; exit` or, to be rejected, `exit` alone; writes the verifier log the way libbpf frames it.
static int load(int refused)
{
    static char log[1 << 16];
    struct bpf_insn instructions[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                                 .insn_cnt = refused ? 1 : 2,
                                 .insns = (unsigned long)(instructions + refused),
                                 .license = (unsigned long)"GPL",
                                 .log_buf = (unsigned long)log,
                                 .log_size = sizeof(log),
                                 .log_level = 1};
    if (syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)) >= 0)
        return 0;
    fprintf(stderr,
            "libbpf: prog 'f': BPF program load failed: %s\nlibbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n%s"
            "-- END PROG LOAD LOG --\n",
            strerror(errno), log);
    return 1;
}

/// Prints where it runs and what it was given.
static int look_around(void)
{
    char own[4096] = "", text[64] = "";
    if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
        return 1;
    FILE *file = fopen("/etc/selftest.conf", "r");
    if (file == NULL || fgets(text, sizeof(text), file) == NULL)
        return 2;
    text[strcspn(text, "\n")] = '\0';
    printf("exe=%s conf=%s env=%s bash=%d library=%s\n", own, text, getenv("SELFTEST"), access("/bin/bash", X_OK),
           greeting());
    // Nothing of an earlier program is left.
    return access("/left-behind", F_OK) == 0 || creat("/left-behind", 0644) < 0 ? 3 : 0;
}

/// Prints its user and capabilities.
static int say_who(void)
{
    char line[256];
    unsigned long long effective = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "CapEff: %llx", &effective);
    printf("uid=%d gid=%d effective=%llx\n", getuid(), getgid(), effective);
    return 0;
}

__attribute__((noreturn)) static void run_on(const char *line)
{
    puts(line);
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "load") == 0)
        return load(0);
    if (strcmp(word, "refused") == 0)
        return load(1);
    if (strcmp(word, "look") == 0)
        return look_around();
    if (strcmp(word, "who") == 0)
        return say_who();
    if (strcmp(word, "status") == 0)
        return 3;
    if (strcmp(word, "abort") == 0)
        abort();
    if (strcmp(word, "ready") == 0)
        run_on("I am ready now");
    if (strcmp(word, "hang") == 0)
        run_on("waiting for what never comes");
    if (strcmp(word, "child") == 0 && fork() == 0)
        run_on("I go on");
    for (int i = 0; strcmp(word, "talk") == 0 && i < 400000; i++)
        printf("line %d\n", i);
    return 0;
}
