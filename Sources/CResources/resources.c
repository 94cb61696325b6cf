#include "resources.h"

#define RESOURCE(name) \
    struct cmx_resource cmx_##name(void) \
    { \
        return (struct cmx_resource){name, sizeof(name)}; \
    }

static const unsigned char catalogue[] = {
#embed "../VerifierLog/Resources/catalogue.json"
};
RESOURCE(catalogue)

static const unsigned char features[] = {
#embed "../VerifierLog/Resources/features.json"
};
RESOURCE(features)

static const unsigned char report_template[] = {
#embed "../Reports/Resources/report.html"
};
RESOURCE(report_template)

static const unsigned char report_style[] = {
#embed "../Reports/Resources/page.css"
    ,
#embed "../Reports/Resources/matrix.css"
    ,
#embed "../Reports/Resources/panel.css"
    ,
#embed "../Reports/Resources/media.css"
};
RESOURCE(report_style)

// Modules one after another, each behind those that it imports.
static const unsigned char report_script[] = {
#embed "../Reports/Resources/page.js"
    , '\n',
#embed "../Reports/Resources/model.js"
    , '\n',
#embed "../Reports/Resources/view.js"
    , '\n',
#embed "../Reports/Resources/chart.js"
    , '\n',
#embed "../Reports/Resources/order.js"
    , '\n',
#embed "../Reports/Resources/sight.js"
    , '\n',
#embed "../Reports/Resources/focus.js"
    , '\n',
#embed "../Reports/Resources/grid.js"
    , '\n',
#embed "../Reports/Resources/filter.js"
    , '\n',
#embed "../Reports/Resources/summary.js"
    , '\n',
#embed "../Reports/Resources/log.js"
    , '\n',
#embed "../Reports/Resources/panel.js"
    , '\n',
#embed "../Reports/Resources/start.js"
};
RESOURCE(report_script)
