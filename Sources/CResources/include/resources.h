/// Files built into the program. The C compiler embeds them almost instantly. SwiftPM's `.embedInCode` turns them into
/// array literals, which cost each build two minutes of processor time.
#ifndef CMX_RESOURCES_H
#define CMX_RESOURCES_H

#include <stddef.h>

struct cmx_resource {
    const void *bytes;
    size_t count;
};

struct cmx_resource cmx_catalogue(void);
struct cmx_resource cmx_features(void);
struct cmx_resource cmx_report_template(void);
struct cmx_resource cmx_report_style(void);
struct cmx_resource cmx_report_script(void);

#endif
