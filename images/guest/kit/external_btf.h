#ifndef CMX_EXTERNAL_BTF_H
#define CMX_EXTERNAL_BTF_H

/// CMX_EXTERNAL_BTF where the kernel has no BTF of its own and that file is there, else NULL. It comes with a job, so it can be there
/// for one cell and not have been there before.
const char *external_btf(void);

#endif
