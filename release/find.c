/* For unit tests, which do unwind: gcc's unwinder asks glibc where a function's table is
 * (_dl_find_object(3)); musl has only the older question. */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>

struct found {
    unsigned long long flags;
    void *start, *end;
    void *link_map;
    void *eh_frame;
    unsigned long long reserved[7];
};

struct question {
    ElfW(Addr) at;
    struct found *found;
};

static int look(struct dl_phdr_info *object, size_t size, void *data)
{
    struct question *question = data;
    const ElfW(Phdr) *table = NULL, *here = NULL;
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        ElfW(Addr) start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME)
            table = part;
        if (part->p_type == PT_LOAD && question->at - start < part->p_memsz)
            here = part;
    }
    if (!table || !here)
        return 0;
    question->found->flags = 0;
    question->found->start = (void *)(object->dlpi_addr + here->p_vaddr);
    question->found->end = (char *)question->found->start + here->p_memsz;
    question->found->link_map = NULL;
    question->found->eh_frame = (void *)(object->dlpi_addr + table->p_vaddr);
    return 1;
}

int _dl_find_object(void *at, struct found *found)
{
    struct question question = { (ElfW(Addr))at, found };
    return dl_iterate_phdr(look, &question) ? 0 : -1;
}
