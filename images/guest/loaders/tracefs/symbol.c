#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracefs.h"

/// The address of a function in an ELF file's symbol tables; 0 if no table has it.
static GElf_Addr find_address(Elf *elf, const char *symbol)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        // Stripped programs keep the names of exported symbols in .dynsym.
        if (gelf_getshdr(section, &header) == NULL || header.sh_entsize == 0 ||
            (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        GElf_Sym entry;
        for (size_t i = 0; data != NULL && gelf_getsym(data, i, &entry) != NULL; i++) {
            const char *name = elf_strptr(elf, header.sh_link, entry.st_name);
            if (name != NULL && strcmp(name, symbol) == 0 && GELF_ST_TYPE(entry.st_info) == STT_FUNC &&
                entry.st_value != 0)
                return entry.st_value;
        }
    }
    return 0;
}

/// Works for position-independent programs and others: the segment says where in the file an address is.
static int offset_in_file(Elf *elf, GElf_Addr address, unsigned long *offset)
{
    size_t count = 0;
    GElf_Phdr segment;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(elf, i, &segment) == NULL || segment.p_type != PT_LOAD || address < segment.p_vaddr ||
            address - segment.p_vaddr >= segment.p_filesz)
            continue;
        *offset = address - segment.p_vaddr + segment.p_offset;
        return 0;
    }
    return -ENOENT;
}

static int find_in_elf(int file, const char *symbol, unsigned long *offset)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(file, ELF_C_READ, NULL);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
        return -ENOEXEC;
    GElf_Addr address = find_address(elf, symbol);
    int error = address == 0 ? -ENOENT : offset_in_file(elf, address, offset);
    elf_end(elf);
    return error;
}

int find_function(const char *path, const char *symbol, unsigned long *offset)
{
    char name[256], *end;
    size_t length = strcspn(symbol, "+");
    if (length >= sizeof(name))
        return -ENAMETOOLONG;
    memcpy(name, symbol, length);
    name[length] = '\0';
    unsigned long addend = symbol[length] == '+' ? strtoul(symbol + length + 1, NULL, 0) : 0;

    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    *offset = strtoul(name, &end, 0);
    int error = *end == '\0' && end != name ? 0 : find_in_elf(file, name, offset);
    *offset += addend;
    close(file);
    return error;
}
