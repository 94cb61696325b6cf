/// Findings: facts that a loader or the agent established, as a code of `guest_protocol.h` with arguments. The host writes
/// the sentence.
#ifndef CMX_KIT_FINDING_H
#define CMX_KIT_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "guest_protocol.h"

struct finding {
    /// An `enum cmx_finding_code`; 0 for no finding.
    uint32_t code;
    uint32_t argument_count;
    /// The length of all arguments, including their NULs.
    uint32_t length;
    char arguments[CMX_FINDING_BYTES];
};

/// Truncates arguments that are too long.
struct finding make_finding(enum cmx_finding_code code, size_t count, const char *const *arguments);
/// `FINDING(NO_EVENT, map, NUMBER(5))`: the code without its prefix, and its arguments.
#define FINDING(name, ...) \
    make_finding(CMX_FINDING_##name, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), \
                 (const char *const[]){__VA_ARGS__})

#define NUMBER_BYTES 24
/// Writes the number in decimal and returns `text`.
const char *write_number(char text[NUMBER_BYTES], long long number);
/// A number as an argument; lives as long as the enclosing block.
#define NUMBER(number) write_number((char[NUMBER_BYTES]){0}, number)

/// The argument with that index, starting at 0; empty if there is none.
const char *finding_argument(const struct finding *finding, size_t index);

#endif
