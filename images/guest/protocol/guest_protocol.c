#include "guest_protocol.h"

#include <string.h>

struct ring_view {
    struct cmx_ring *positions;
    char *bytes;
    uint64_t size;
};

static struct ring_view to_guest(void *mailbox)
{
    struct cmx_mailbox *header = mailbox;
    return (struct ring_view){&header->to_guest, (char *)mailbox + CMX_TO_GUEST_OFFSET, CMX_TO_GUEST_BYTES};
}

static struct ring_view to_host(void *mailbox)
{
    struct cmx_mailbox *header = mailbox;
    return (struct ring_view){&header->to_host, (char *)mailbox + CMX_TO_HOST_OFFSET, CMX_TO_HOST_BYTES};
}

void cmx_mailbox_open(void *mailbox)
{
    struct cmx_mailbox *header = mailbox;
    header->version = CMX_PROTOCOL_VERSION;
    __atomic_store_n(&header->magic, CMX_MAILBOX_MAGIC, __ATOMIC_RELEASE);
}

int cmx_mailbox_is_open(const void *mailbox)
{
    const struct cmx_mailbox *header = mailbox;
    return __atomic_load_n(&header->magic, __ATOMIC_ACQUIRE) == CMX_MAILBOX_MAGIC &&
           header->version == CMX_PROTOCOL_VERSION;
}

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

static size_t ring_write(struct ring_view ring, const void *bytes, size_t length)
{
    uint64_t written = ring.positions->written;
    uint64_t unread = written - __atomic_load_n(&ring.positions->read, __ATOMIC_ACQUIRE);
    if (unread > ring.size)
        return 0;
    length = smaller(length, ring.size - unread);
    size_t start = written % ring.size;
    size_t first = smaller(length, ring.size - start);
    memcpy(ring.bytes + start, bytes, first);
    memcpy(ring.bytes, (const char *)bytes + first, length - first);
    __atomic_store_n(&ring.positions->written, written + length, __ATOMIC_RELEASE);
    return length;
}

static size_t ring_read(struct ring_view ring, void *bytes, size_t length, int *broken)
{
    uint64_t read = ring.positions->read;
    uint64_t unread = __atomic_load_n(&ring.positions->written, __ATOMIC_ACQUIRE) - read;
    *broken = unread > ring.size;
    if (*broken)
        return 0;
    length = smaller(length, unread);
    size_t start = read % ring.size;
    size_t first = smaller(length, ring.size - start);
    memcpy(bytes, ring.bytes + start, first);
    memcpy((char *)bytes + first, ring.bytes, length - first);
    __atomic_store_n(&ring.positions->read, read + length, __ATOMIC_RELEASE);
    return length;
}

size_t cmx_write_to_guest(void *mailbox, const void *bytes, size_t length)
{
    return ring_write(to_guest(mailbox), bytes, length);
}

size_t cmx_write_to_host(void *mailbox, const void *bytes, size_t length)
{
    return ring_write(to_host(mailbox), bytes, length);
}

size_t cmx_read_from_host(void *mailbox, void *bytes, size_t length, int *broken)
{
    return ring_read(to_guest(mailbox), bytes, length, broken);
}

size_t cmx_read_from_guest(void *mailbox, void *bytes, size_t length, int *broken)
{
    return ring_read(to_host(mailbox), bytes, length, broken);
}

int cmx_finding_argument_count(uint32_t code)
{
#define CMX_FINDING_ARGUMENTS(name, number, argument_count) \
    case number: \
        return argument_count;
    switch (code) {
        CMX_FINDINGS(CMX_FINDING_ARGUMENTS)
    default:
        return -1;
    }
}
