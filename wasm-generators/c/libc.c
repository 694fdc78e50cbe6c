/* The few functions of a C library that a generator needs. Every block is made by a fresh instance, so
 * memory is never given back: it ends with the block. */
#include "datagen_field.h"
#include <assert.h>
#include <string.h>

extern char __heap_base;

static uintptr_t next;

_Noreturn void abort(void) { die(TEXT("it calls abort()")); }

_Noreturn void assertion_failed(const char *what, const char *file, int line) {
    die(text_of("%s does not hold (%s:%d)", what, file, line));
}

void free(void *memory) { (void)memory; }

void *malloc(size_t size) {
    const size_t page = 65536;
    if (next == 0) next = (uintptr_t)&__heap_base;
    uintptr_t start = (next + 15) & ~(uintptr_t)15;
    if (size > UINT32_MAX - start) return NULL;
    uintptr_t end = start + size;
    uintptr_t have = __builtin_wasm_memory_size(0) * page;
    if (end > have) {
        size_t pages = (end - have + page - 1) / page;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
    }
    next = end;
    return (void *)start;
}

void *realloc(void *old, size_t size) {
    /* The old size is not known; what lies behind is memory of this instance and does no harm. */
    void *fresh = malloc(size);
    if (fresh != NULL && old != NULL) {
        size_t most = (uintptr_t)fresh - (uintptr_t)old;
        memcpy(fresh, old, size < most ? size : most);
    }
    return fresh;
}

void *memcpy(void *to, const void *from, size_t size) {
    __builtin_memcpy(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size) {
    __builtin_memset(to, byte, size);
    return to;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}
