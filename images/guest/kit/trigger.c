#include "trigger.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "namespaces.h"

static struct trigger not_run(int error)
{
    return (struct trigger){.connection = -1, .answer = {.finding = FINDING(TRIGGER_NOT_STARTED, strerror(error))}};
}

static int send_request(int service, const struct plan *plan, int is_fresh)
{
    static struct trigger_request request;
    request.kind = plan->trigger;
    request.is_fresh = is_fresh || getenv(FRESH_TRIGGER_VARIABLE) != NULL;
    size_t length = strlen(plan->trigger_text);
    if (length >= sizeof(request.text)) {
        errno = E2BIG;
        return 0;
    }
    memcpy(request.text, plan->trigger_text, length + 1);
    struct place place = open_place();
    const int descriptors[] = {place.network, place.mounts, place.cgroup};
    int sent = send_with_descriptors(service, &request, offsetof(struct trigger_request, text) + length + 1,
                                     descriptors, 3);
    int error = errno;
    close_place(&place);
    errno = error;
    return sent;
}

struct trigger start_trigger(const struct plan *plan, int is_fresh)
{
    if (plan->trigger == TRIGGER_NONE)
        return (struct trigger){.connection = -1, .answer = {.ran = 1}};
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TRIGGER_SOCKET};
    struct trigger trigger = {.connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (trigger.connection < 0)
        return not_run(errno);
    if (connect(trigger.connection, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        send_request(trigger.connection, plan, is_fresh))
        return trigger;
    int error = errno;
    close(trigger.connection);
    return not_run(error);
}

/// Waits at most `limit` milliseconds; a negative limit waits until it has ended.
static int has_ended_within(struct trigger *trigger, int limit)
{
    if (trigger->connection < 0)
        return 1;
    struct pollfd ready = {.fd = trigger->connection, .events = POLLIN};
    if (poll(&ready, 1, limit) <= 0)
        return 0;
    if (recv(trigger->connection, &trigger->answer, sizeof(trigger->answer), 0) != sizeof(trigger->answer))
        trigger->answer = (struct trigger_answer){.finding = FINDING(TRIGGER_SERVICE_ENDED)};
    close(trigger->connection);
    trigger->connection = -1;
    return 1;
}

int trigger_has_ended(struct trigger *trigger)
{
    return has_ended_within(trigger, 0);
}

void await_trigger_end(struct trigger *trigger)
{
    while (!has_ended_within(trigger, -1))
        continue;
}

void stop_trigger(struct trigger *trigger)
{
    if (trigger->connection < 0)
        return;
    close(trigger->connection);
    *trigger = (struct trigger){.connection = -1, .answer = {.ran = 1}};
}

int next_event_wait(int milliseconds)
{
    const int longest = 160;
    return milliseconds * 3 / 2 < longest ? milliseconds * 3 / 2 : longest;
}

int is_absence(int error)
{
    return error == -ETIMEDOUT || error == -EBADMSG;
}

int run_trigger_for_event(const struct plan *plan, await_event_function *await, void *context, struct trigger *trigger)
{
    long long start = now_microseconds();
    *trigger = start_trigger(plan, 0);
    int error = await(context, trigger, SECOND_TRIGGER_AFTER);
    uint32_t microseconds = microseconds_since(start);
    stop_trigger(trigger);
    if (is_absence(error) && trigger->answer.ran) {
        *trigger = start_trigger(plan, 1);
        error = await(context, trigger, EVENT_LIMIT - SECOND_TRIGGER_AFTER);
        microseconds = microseconds_since(start);
        stop_trigger(trigger);
    }
    trigger->microseconds = microseconds;
    return error;
}
