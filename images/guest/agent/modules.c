#include <errno.h>
#include <fcntl.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

/// `SYSLOG_ACTION_READ_ALL` and `SYSLOG_ACTION_CLEAR` of syslog(2), which glibc's header leaves out.
#define READ_KERNEL_LOG 3
#define CLEAR_KERNEL_LOG 5

static int insert_file(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    // glibc has no wrapper. The system call exists since Linux 3.8, older than any supported kernel.
    int error = syscall(SYS_finit_module, file, "", 0) == 0 ? 0 : -errno;
    close(file);
    return error == -EEXIST ? 0 : error;
}

void insert_module(void *mailbox, const char *path)
{
    static char log[CMX_MODULE_LOG_BYTES];
    // Only moves the start of what READ_KERNEL_LOG returns; the console still shows every message.
    klogctl(CLEAR_KERNEL_LOG, NULL, 0);
    struct cmx_module_done done = {insert_file(path)};
    int length = klogctl(READ_KERNEL_LOG, log, sizeof(log));
    // The file occupies guest memory.
    unlink(path);
    send_frame(mailbox, CMX_MODULE_DONE, &done, sizeof(done), log, length > 0 ? length : 0);
}
