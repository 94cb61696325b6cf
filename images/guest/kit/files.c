#include "files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int read_line(const char *path, char *line, size_t bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, line, bytes - 1);
    if (file >= 0)
        close(file);
    line[length > 0 ? length : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return length >= 0;
}

int is_listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *item = list; item != NULL; item = strchr(item, ',')) {
        item += *item == ',';
        if (strcspn(item, ",") == length && strncmp(item, word, length) == 0)
            return 1;
    }
    return 0;
}

void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

int counts_runs(void)
{
    char line[16];
    return read_line(RUN_COUNTS_SWITCH, line, sizeof(line)) && strcmp(line, "1") == 0;
}
