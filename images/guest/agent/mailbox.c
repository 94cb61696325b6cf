#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

/// QEMU's ivshmem device; `docs/specs/ivshmem-spec.rst` of QEMU.
#define IVSHMEM_VENDOR "0x1af4"
#define IVSHMEM_DEVICE "0x1110"
#define PCI_DEVICES "/sys/bus/pci/devices"

/// Waits by sleeping briefly, because a guest has one processor and the loader needs it.
static void wait_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 500 * 1000}, NULL);
}

static int attribute_is(const char *device, const char *attribute, const char *expected)
{
    char path[512], text[16] = "";
    snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", device, attribute);
    int file = open(path, O_RDONLY);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof(text) - 1);
    close(file);
    return length > 0 && strncmp(text, expected, strlen(expected)) == 0;
}

/// Memory decoding may be off until a driver, or this function, turns it on.
static void enable_device(const char *device)
{
    char path[512];
    snprintf(path, sizeof(path), PCI_DEVICES "/%s/enable", device);
    int file = open(path, O_WRONLY);
    if (file >= 0) {
        if (write(file, "1", 1) != 1)
            fprintf(stderr, "compat-matrix agent: cannot enable %s: %s\n", device, strerror(errno));
        close(file);
    }
}

static void *map_bar(const char *device)
{
    char path[512];
    snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", device);
    int file = open(path, O_RDWR);
    if (file < 0)
        give_up("cannot open %s: %s", path, strerror(errno));
    void *mailbox = mmap(NULL, CMX_MAILBOX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mailbox == MAP_FAILED)
        give_up("cannot map %s: %s", path, strerror(errno));
    close(file);
    return mailbox;
}

void *map_mailbox(void)
{
    DIR *devices = opendir(PCI_DEVICES);
    if (devices == NULL)
        give_up("this kernel shows no PCI devices in sysfs");
    for (struct dirent *entry; (entry = readdir(devices)) != NULL;) {
        if (!attribute_is(entry->d_name, "vendor", IVSHMEM_VENDOR) ||
            !attribute_is(entry->d_name, "device", IVSHMEM_DEVICE))
            continue;
        enable_device(entry->d_name);
        void *mailbox = map_bar(entry->d_name);
        closedir(devices);
        cmx_mailbox_open(mailbox);
        return mailbox;
    }
    give_up("no mailbox: there is no ivshmem device on the PCI bus");
}

static void write_all(void *mailbox, const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        size_t count = cmx_write_to_host(mailbox, (const char *)bytes + done, length - done);
        if (count == 0)
            wait_a_little();
        done += count;
    }
}

static void read_all(void *mailbox, void *bytes, size_t length)
{
    int broken = 0;
    for (size_t done = 0; done < length;) {
        size_t count = cmx_read_from_host(mailbox, (char *)bytes + done, length - done, &broken);
        if (broken)
            give_up("the mailbox is corrupt");
        if (count == 0)
            wait_a_little();
        done += count;
    }
}

void send_frame(void *mailbox, uint32_t type, const void *head, uint32_t head_bytes, const void *tail,
                uint32_t tail_bytes)
{
    struct cmx_frame frame = {type, head_bytes + tail_bytes};
    write_all(mailbox, &frame, sizeof(frame));
    write_all(mailbox, head, head_bytes);
    write_all(mailbox, tail, tail_bytes);
}

struct cmx_frame receive_frame(void *mailbox, void *payload)
{
    struct cmx_frame frame;
    read_all(mailbox, &frame, sizeof(frame));
    if (frame.length > CMX_MAX_PAYLOAD)
        give_up("a frame of %u bytes is longer than %u", frame.length, CMX_MAX_PAYLOAD);
    read_all(mailbox, payload, frame.length);
    return frame;
}
