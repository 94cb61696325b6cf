    .section .rodata
    .balign 8
    .global warm_up_object
warm_up_object:
    .incbin WARM_UP_OBJECT
    .global warm_up_object_end
warm_up_object_end:
    .section .note.GNU-stack, "", @progbits
