/// The code that goes before an unpacked kernel to make it a bzImage; boot_wrapper.S says how it works.
#ifndef CMX_BOOT_WRAPPER_H
#define CMX_BOOT_WRAPPER_H

// Where in the wrapper a kernel's own numbers go, little endian. SYSSIZE and INIT_SIZE are 32 bits, ENTRY, the address of
// the kernel's 64-bit code, is 64; VERSION is the kernel's banner, at most VERSION_LIMIT bytes and a zero.
#define CMX_WRAPPER_SYSSIZE 0x1f4
#define CMX_WRAPPER_INIT_SIZE 0x260
#define CMX_WRAPPER_VERSION 0x1200
#define CMX_WRAPPER_VERSION_LIMIT 0x1ff
#define CMX_WRAPPER_ENTRY 0x1408

// What of it is real-mode code. The rest, and the kernel after it, is loaded at 1 MiB.
#define CMX_WRAPPER_SETUP_SIZE 0x1400
#define CMX_WRAPPER_SIZE 0x8400

#ifndef __ASSEMBLER__
extern const unsigned char cmx_boot_wrapper[];

/// CMX_WRAPPER_SIZE bytes.
static inline const void *cmx_boot_wrapper_bytes(void)
{
    return cmx_boot_wrapper;
}
#endif

#endif
