/// The reference for the libbpf loader: `bpftool prog loadall` from the build machine.
/// Reports one program for the whole object, failed if bpftool failed, with bpftool's output as the loader's messages.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kit/frames.h"

#define BPFTOOL "/usr/sbin/bpftool"
/// bpftool pins what it loads; each cell has a bpffs of its own.
#define PINS "/sys/fs/bpf/loaded"

int main(int argc, char **argv)
{
    static char text[1 << 20];
    int ends[2], status;
    if (argc < 3 || pipe2(ends, O_CLOEXEC) != 0)
        return 64;
    uint32_t cell = strtoul(argv[1], NULL, 10);
    report_to(CMX_LOADER_FD);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(CMX_LOADER_FD);
        execl(BPFTOOL, BPFTOOL, "prog", "loadall", argv[2], PINS, (char *)NULL);
        perror(BPFTOOL);
        _exit(127);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t count; length < sizeof(text) && (count = read(ends[0], text + length, sizeof(text) - length)) > 0;)
        length += count;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
        return 70;
    struct cmx_program report = {.cell = cell, .stage = CMX_STAGE_LOAD, .log_complete = 1};
    report.error = -WEXITSTATUS(status);
    snprintf(report.name, sizeof(report.name), "all");
    report_log(cell, 0, CMX_LOG_LOADER, text, length);
    report_program(&report);
    return 0;
}
