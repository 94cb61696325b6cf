#include "residency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "frames.h"
#include "inherited_memory.h"
#include "load_log.h"
#include "namespaces.h"

int receive_cell(struct resident_cell *cell)
{
    int pipes[2];
    if (receive_with_descriptors(CMX_RESIDENT_FD, &cell->request, sizeof(cell->request), pipes, 2) !=
        sizeof(cell->request))
        return 0;
    cell->reports = pipes[0];
    cell->words = pipes[1];
    return 1;
}

int send_resident_event(enum resident_event event, int32_t value)
{
    struct resident_message message = {event, value};
    return send(CMX_RESIDENT_FD, &message, sizeof(message), MSG_NOSIGNAL) == sizeof(message);
}

/// Runs the cell in the child process and exits.
__attribute__((noreturn)) static void become_cell(const struct resident_cell *cell,
                                                  void (*run)(const struct resident_request *))
{
    close(CMX_RESIDENT_FD);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(cell->words, STDOUT_FILENO);
    dup2(cell->words, STDERR_FILENO);
    close(nothing);
    close(cell->words);
    isolate_bpffs();
    // The same descriptor as in a loader that is started for one cell.
    dup3(cell->reports, CMX_LOADER_FD, O_CLOEXEC);
    close(cell->reports);
    report_to(CMX_LOADER_FD);
    want_full_logs(cell->request.full_logs);
    run(&cell->request);
    _exit(0);
}

/// Returns the cell's wait status, or exit status 127 as in a shell if fork fails.
static int run_in_child(const struct resident_cell *cell, void (*run)(const struct resident_request *))
{
    pid_t child = fork();
    if (child == 0)
        become_cell(cell, run);
    close(cell->reports);
    close(cell->words);
    if (cell->request.plan[0] != '\0')
        give_network_away();
    send_resident_event(RESIDENT_STARTED, child > 0 ? child : 0);
    int status = 127 << 8;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

void serve_cells(void (*prepare)(void), void (*run)(const struct resident_request *request))
{
    struct resident_cell cell;
    prepare_networks();
    move_memory_for_children();
    int is_heard = send_resident_event(RESIDENT_READY, 0);
    while (is_heard && receive_cell(&cell)) {
        if (prepare != NULL)
            prepare();
        is_heard = send_resident_event(RESIDENT_ENDED, run_in_child(&cell, run));
    }
}
