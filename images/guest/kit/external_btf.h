#ifndef CMX_EXTERNAL_BTF_H
#define CMX_EXTERNAL_BTF_H

/// CMX_EXTERNAL_BTF if the kernel has no BTF of its own and that file exists, otherwise NULL.
/// The file comes with a job, so it may exist for one cell and not for an earlier one.
const char *external_btf(void);

#endif
