/// Events from other maps: a value that differs from before the trigger, or a new key.
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "messages.h"

/// How much of a map is examined, in entries and bytes.
#define MAX_ENTRIES 4096
#define MAX_BYTES (4u << 20)

/// The entries of a map at one time: `count` keys with a value each, or one per processor in per-CPU maps.
struct contents {
    size_t count;
    char *entries;
};

static struct {
    int map;
    /// The length of a key that is only a position, and so not part of an event.
    size_t skipped_bytes;
    size_t key_bytes, value_bytes, most;
    struct contents before;
    /// The buffer for the next contents.
    char *spare;
} watched;

static int is_per_processor(enum bpf_map_type type)
{
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static size_t entry_bytes(void)
{
    return watched.key_bytes + watched.value_bytes;
}

static struct contents read_entries(char *room)
{
    struct contents contents = {0, room};
    char *previous = NULL;
    while (contents.count < watched.most) {
        char *key = room + contents.count * entry_bytes();
        if (bpf_map_get_next_key(watched.map, previous, key) != 0)
            break;
        previous = key;
        // An entry that has just disappeared stays zero, so it never counts as a change.
        if (bpf_map_lookup_elem(watched.map, key, key + watched.key_bytes) != 0)
            memset(key + watched.key_bytes, 0, watched.value_bytes);
        contents.count++;
    }
    return contents;
}

/// Entries keep their order while a map does not change, so the same place is tried first.
static const char *find_before(const char *key, size_t place)
{
    const struct contents *before = &watched.before;
    if (place < before->count && memcmp(before->entries + place * entry_bytes(), key, watched.key_bytes) == 0)
        return before->entries + place * entry_bytes();
    for (size_t i = 0; i < before->count; i++)
        if (memcmp(before->entries + i * entry_bytes(), key, watched.key_bytes) == 0)
            return before->entries + i * entry_bytes();
    return NULL;
}

/// Each reported value becomes the previous state, so that it is reported only once.
static int poll_entries(int limit)
{
    struct contents after = read_entries(watched.spare);
    for (size_t i = 0; i < after.count && !has_event(); i++) {
        const char *entry = after.entries + i * entry_bytes();
        const char *old = find_before(entry, i);
        if (old == NULL || memcmp(old, entry, entry_bytes()) != 0)
            take_event(entry + watched.skipped_bytes, entry_bytes() - watched.skipped_bytes);
    }
    watched.spare = watched.before.entries;
    watched.before = after;
    if (!has_event())
        usleep(limit * 1000);
    return 0;
}

/// Queues and stacks have no keys; their values are removed as they are read.
static int poll_queue(int limit)
{
    while (!has_event() && bpf_map_lookup_and_delete_elem(watched.map, NULL, watched.spare) == 0)
        take_event(watched.spare, watched.value_bytes);
    if (!has_event())
        usleep(limit * 1000);
    return 0;
}

static void settle_entries(void)
{
    watched.before = read_entries(watched.before.entries);
}

const struct event_source *watch_values(const struct bpf_map *map)
{
    static const struct event_source entries = {poll_entries, settle_entries}, queue = {poll_queue, NULL};
    enum bpf_map_type type = bpf_map__type(map);
    watched.map = bpf_map__fd(map);
    watched.key_bytes = bpf_map__key_size(map);
    watched.value_bytes = bpf_map__value_size(map);
    if (is_per_processor(type))
        // For per-CPU maps, bpf_map_lookup_elem() rounds the values up.
        watched.value_bytes = (watched.value_bytes + 7) / 8 * 8 * libbpf_num_possible_cpus();
    if (type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY)
        watched.skipped_bytes = watched.key_bytes;
    watched.most = MAX_BYTES / entry_bytes();
    if (watched.most > MAX_ENTRIES)
        watched.most = MAX_ENTRIES;
    if (watched.most == 0)
        watched.most = 1;
    watched.before.entries = calloc(watched.most, entry_bytes());
    watched.spare = calloc(watched.most, entry_bytes());
    if (watched.before.entries == NULL || watched.spare == NULL) {
        keep_finding(FINDING(EVENTS_UNOPENABLE, bpf_map__name(map), strerror(ENOMEM)));
        return NULL;
    }
    if (type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK)
        return &queue;
    return &entries;
}
