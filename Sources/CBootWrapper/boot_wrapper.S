// Makes a bzImage of an unpacked x86-64 kernel (an ELF vmlinux), which boot loaders do not take as it is: what follows is
// the real-mode part of the image and the first 28 KiB of the rest; the kernel's segments come after it, each where it
// belongs in memory. The kernel itself stays as it is, neither relocated nor randomised.
//
// Source: Linux Documentation/arch/x86/boot.rst (headers, 64-bit boot protocol), Documentation/arch/x86/zero-page.rst.

#include "boot_wrapper.h"

#define BOOT_PARAMS_E820_COUNT 0x1e8
#define BOOT_PARAMS_E820_TABLE 0x2d0
#define E820_LIMIT 128
#define SMAP 0x534d4150

// A loader puts all but the real-mode part here; a kernel has never been linked below 2 MiB.
#define LOADED_AT 0x100000
#define LINEAR(label) (LOADED_AT + (label) - protected_mode)

#define BOOT_CS32 0x08
#define BOOT_CS 0x10
#define BOOT_DS 0x18

#define PRESENT_WRITABLE 0x003
#define LARGE_PAGE 0x080

    .section .rodata
    .balign 16
    .globl cmx_boot_wrapper
cmx_boot_wrapper:

// ---- Real mode. Its first 4 KiB become the kernel's boot_params: the header is at the same place in both, and the
// ---- loader fills it in here. Nothing else may be in them but zeros.

    .org cmx_boot_wrapper + 0x1f1
    .byte CMX_WRAPPER_SETUP_SIZE / 512 - 1 // setup_sects, without the boot sector
    .word 0                                // root_flags
    .long 0                                // syssize
    .word 0                                // ram_size
    .word 0xffff                           // vid_mode: normal
    .word 0                                // root_dev
    .word 0xaa55                           // boot_flag

    .code16
    .byte 0xeb, near_jump - . - 1          // jump: a short one, its distance is the header's length
    .ascii "HdrS"
    .word 0x020c                           // version
    .long 0                                // realmode_swtch
    .word 0x1000                           // start_sys_seg, obsolete
    .word CMX_WRAPPER_VERSION - 0x200      // kernel_version
    .byte 0                                // type_of_loader
    .byte 1                                // loadflags: LOADED_HIGH
    .word 0x8000                           // setup_move_size
    .long LOADED_AT                        // code32_start
    .long 0, 0                             // ramdisk_image, ramdisk_size
    .long 0                                // bootsect_kludge
    .word 0                                // heap_end_ptr
    .byte 0, 0                             // ext_loader_ver, ext_loader_type
    .long 0                                // cmd_line_ptr
    .long 0x7fffffff                       // initrd_addr_max
    .long 0x200000                         // kernel_alignment
    .byte 0                                // relocatable_kernel
    .byte 21                               // min_alignment, 2 MiB
    .word 0                                // xloadflags: no 64-bit entry of our own
    .long 2047                             // cmdline_size
    .long 0                                // hardware_subarch
    .quad 0                                // hardware_subarch_data
    .long 0, 0                             // payload_offset, payload_length: nothing is compressed
    .quad 0                                // setup_data
    .quad LOADED_AT                        // pref_address
    .long 0                                // init_size
    .long 0                                // handover_offset
near_jump:
    .byte 0xe9
    .word real_mode - . - 2

    .org cmx_boot_wrapper + 0x1000
real_mode:                                 // ds = es = ss = where the loader put the boot sector
    cli
    cld
    // Where memory is, as only the BIOS knows.
    xorl %ebx, %ebx
    xorw %si, %si
    movw $BOOT_PARAMS_E820_TABLE, %di
next_range:
    movl $0xe820, %eax
    movl $SMAP, %edx
    movl $20, %ecx
    int $0x15
    jc no_more_ranges
    cmpl $SMAP, %eax
    jne no_more_ranges
    addw $20, %di
    incw %si
    cmpw $E820_LIMIT, %si
    je no_more_ranges
    testl %ebx, %ebx
    jnz next_range
no_more_ranges:
    cli
    movw %si, %ax
    movb %al, BOOT_PARAMS_E820_COUNT

    inb $0x92, %al                         // the A20 gate, should a BIOS have left it closed
    orb $2, %al
    andb $~1, %al
    outb %al, $0x92

    xorl %esi, %esi
    movw %ds, %si
    shll $4, %esi                          // boot_params, from here on in %esi
    lgdtl gdt_pointer - cmx_boot_wrapper
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    .byte 0x66, 0xea                       // ljmpl
    .long LOADED_AT
    .word BOOT_CS32

gdt_pointer:
    .word gdt_end - gdt - 1
    .long LINEAR(gdt)

    .org cmx_boot_wrapper + CMX_WRAPPER_VERSION
    .org cmx_boot_wrapper + CMX_WRAPPER_SETUP_SIZE

// ---- Protected mode: what a loader that speaks the 32-bit protocol jumps to as well.

    .code32
protected_mode:
    jmp start32
    .org protected_mode + CMX_WRAPPER_ENTRY - CMX_WRAPPER_SETUP_SIZE
entry:
    .quad 0
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff               // BOOT_CS32
    .quad 0x00af9b000000ffff               // BOOT_CS
    .quad 0x00cf93000000ffff               // BOOT_DS
gdt_end:
gdt_pointer32:
    .word gdt_end - gdt - 1
    .long LINEAR(gdt)

start32:
    cli
    movl $BOOT_DS, %eax                    // the same number in every GDT that one comes here with
    movl %eax, %ds
    lgdt LINEAR(gdt_pointer32)
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movl $LINEAR(page_tables), %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax                        // PAE
    movl %eax, %cr4
    movl $0xc0000080, %ecx                 // EFER
    rdmsr
    orl $0x100, %eax                       // LME
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax                  // PG, PE
    movl %eax, %cr0
    ljmpl $BOOT_CS, $LINEAR(start64)

    .code64
start64:
    movl %esi, %esi                        // boot_params, where the kernel expects it
    movl $LINEAR(page_tables), %esp        // 3 KiB below the tables are free
    xorl %ebx, %ebx
    xorl %ebp, %ebp
    xorl %edi, %edi
    jmp *LINEAR(entry)

// ---- The first 4 GiB, each address as itself.

    .org protected_mode + 0x1000
page_tables:
    .quad LINEAR(third_level) + PRESENT_WRITABLE
    .org page_tables + 0x1000
third_level:
    .set table, 0
    .rept 4
    .quad LINEAR(second_level) + table * 0x1000 + PRESENT_WRITABLE
    .set table, table + 1
    .endr
    .org third_level + 0x1000
second_level:
    .set page, 0
    .rept 4 * 512
    .quad page * 0x200000 + LARGE_PAGE + PRESENT_WRITABLE
    .set page, page + 1
    .endr
    .org cmx_boot_wrapper + CMX_WRAPPER_SIZE

    .section .note.GNU-stack, "", @progbits
