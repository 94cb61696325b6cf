/// An /init that never opens the mailbox.
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    fputs("stuck on purpose\n", stderr);
    for (;;)
        pause();
}
