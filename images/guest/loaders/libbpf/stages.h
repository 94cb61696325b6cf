/// The stages after the load: load the whole object, attach it and trigger its event.
#ifndef CMX_STAGES_H
#define CMX_STAGES_H

#include <bpf/libbpf.h>

#include "../../kit/plan.h"
#include "../../kit/frames.h"

/// Opens and loads an object whose programs have each loaded alone, as an application with libbpf does.
/// `plan` may be NULL. Returns NULL on failure, after reporting it about the whole object.
struct bpf_object *load_whole(uint32_t cell, const char *path, const struct plan *plan);
/// Runs the remaining stages of an object that is loaded as a whole, and closes it.
/// `reports` are the earlier reports on its programs, in the object's order. Programs that take part are reported
/// again, with the stage that they reached.
void run_stages(uint32_t cell, struct bpf_object *object, const struct plan *plan, struct cmx_program *reports);

/// Passes libbpf a target that the kernel needs at load. Returns 0 or a negative errno.
int set_load_target(struct bpf_program *program, const char *target);

/// Returned by attach functions if it is unknown whether the program would attach; the messages say why.
#define ATTACH_UNMEASURABLE 1

/// Attaches the program at `target`, or as its section specifies if that is NULL.
/// Returns 0, a negative errno or ATTACH_UNMEASURABLE. The program stays attached until `detach_all`.
int attach_program(struct bpf_object *object, struct bpf_program *program, const char *target);
/// Registers struct_ops maps. Returns 0 or a negative errno.
int attach_struct_ops(struct bpf_object *object);
void detach_all(void);

// Attach functions that need more than one call to libbpf. Results as above; the default target is the usual one.
int attach_probe(struct bpf_program *program, const char *target);
int attach_perf_event(struct bpf_program *program, const char *target);
int attach_xdp(struct bpf_program *program, const char *target);
int attach_tc(struct bpf_program *program, const char *target);
int attach_to_cgroup(struct bpf_program *program, const char *target);
int attach_to_sockets(struct bpf_program *program);
int attach_to_network(struct bpf_program *program);
int attach_iterator(struct bpf_object *object, struct bpf_program *program, const char *target);

/// Keeps a link for `detach_all`. Returns 0, or libbpf's negative errno if the link is NULL.
int keep_link(struct bpf_link *link);
/// Whether the program's section is `name`, or begins with it and a slash.
int is_in_section(const struct bpf_program *program, const char *name);

/// The link of the object's iterator; NULL until it is attached.
struct bpf_link *iterator_link(void);

#endif
