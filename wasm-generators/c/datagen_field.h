/* Field types for Datagen in C: short names for the generated bindings, random numbers, columns.
 *
 * A module defines the three functions that bindings/field_generators.h declares under "Exported
 * Functions"; walk.c is an example. */
#pragma once
#include "bindings/field_generators.h"
#include <stdarg.h>
#include <stdlib.h>
#ifndef __wasm__
#include <stdio.h>
#endif

typedef exports_datagen_field_generators_request_t request_t;
typedef exports_datagen_field_generators_answer_t answer_t;
typedef exports_datagen_field_generators_error_t error_t;
typedef exports_datagen_field_generators_column_t column_t;
typedef exports_datagen_field_generators_column_type_t column_type_t;
typedef exports_datagen_field_generators_descriptor_t descriptor_t;
typedef exports_datagen_field_generators_module_info_t module_info_t;
typedef exports_datagen_field_generators_param_spec_t param_spec_t;
typedef exports_datagen_field_generators_param_value_t param_value_t;
typedef exports_datagen_field_generators_list_param_value_t params_t;
typedef exports_datagen_field_generators_sub_value_spec_t sub_value_spec_t;

/* A text that stands in the program. */
#define TEXT(literal) ((field_generators_string_t){(uint8_t *)(literal), sizeof(literal) - 1})

/* The same where a table is filled in. */
#define LITERAL(literal) {(uint8_t *)(literal), sizeof(literal) - 1}

#define PARAM_BOOLEAN EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_BOOLEAN
#define PARAM_INT EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_INT
#define PARAM_FLOAT EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_FLOAT
#define PARAM_TEXT EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_TEXT
#define PARAM_JSON EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_JSON

/* Random numbers of a row: SplitMix64, started from its seed. */
typedef struct { uint64_t state; } random_t;

static inline uint64_t random_mix(uint64_t value) {
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static inline uint64_t random_word(random_t *random) {
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return random_mix(random->state);
}

/* Uniform in 0 .. bound - 1. */
static inline uint32_t random_below(random_t *random, uint32_t bound) {
    return (uint32_t)(((random_word(random) >> 32) * bound) >> 32);
}

/* Uniform in [0, 1). */
static inline double random_unit(random_t *random) {
    return (double)(random_word(random) >> 11) * (1.0 / 9007199254740992.0);
}

/* Tells the host a line; in tests without Datagen it goes to stderr. */
static inline void tell(datagen_field_log_level_t level, field_generators_string_t text) {
#ifdef __wasm__
    datagen_field_log_log(level, &text);
#else
    fprintf(stderr, "%d: %.*s\n", level, (int)text.len, (const char *)text.ptr);
#endif
}

/* Prints a line that `datagen try` shows, and the message of a row that fails. */
static inline void print(field_generators_string_t text) { tell(DATAGEN_FIELD_LOG_LEVEL_INFO, text); }

/* Ends the command with this text; the host adds the row. */
_Noreturn static inline void die(field_generators_string_t text) {
    tell(DATAGEN_FIELD_LOG_LEVEL_ERROR, text);
#ifdef __wasm__
    __builtin_trap();
#else
    abort();
#endif
}

/* Memory for `count` items, or the end of the block: the host tells that as a limit. */
static inline void *allocate(size_t count, size_t size) {
    void *memory = size != 0 && count > UINT32_MAX / size ? NULL : malloc(count * size);
    if (memory == NULL) die(TEXT("there is no memory left"));
    return memory;
}

/* A text made like those of printf, from %s, %d, %u, %lld, %llu, %c and %%; for messages. */
static inline field_generators_string_t text_of(const char *format, ...) {
    uint8_t *text = allocate(512, 1);
    size_t length = 0;
    va_list values;
    va_start(values, format);
    for (const char *next = format; *next != 0 && length < 480; next++) {
        if (*next != '%') {
            text[length++] = (uint8_t)*next;
            continue;
        }
        bool is_long = next[1] == 'l' && next[2] == 'l';
        next += is_long ? 3 : 1;
        if (*next == 0) break;
        if (*next == 's') {
            const char *word = va_arg(values, const char *);
            while (*word != 0 && length < 480) text[length++] = (uint8_t)*word++;
        } else if (*next == 'd' || *next == 'u') {
            bool is_signed = *next == 'd';
            uint64_t number = is_long     ? va_arg(values, uint64_t)
                              : is_signed ? (uint64_t)(int64_t)va_arg(values, int)
                                          : va_arg(values, unsigned);
            if (is_signed && (int64_t)number < 0) {
                text[length++] = '-';
                number = -number;
            }
            char digits[20];
            size_t count = 0;
            do digits[count++] = (char)('0' + number % 10);
            while ((number /= 10) != 0);
            while (count > 0) text[length++] = (uint8_t)digits[--count];
        } else {
            text[length++] = *next == 'c' ? (uint8_t)va_arg(values, int) : (uint8_t)*next;
        }
    }
    va_end(values);
    return (field_generators_string_t){text, length};
}

/* Texts being written, one behind the other. */
typedef struct {
    uint32_t *offsets;
    uint8_t *data;
    size_t rows, bytes, room;
} texts_t;

/* Room for `rows` texts of at most `most` bytes each. */
static inline texts_t texts_new(size_t rows, size_t most) {
    texts_t texts = {allocate(rows + 1, sizeof(uint32_t)), allocate(rows, most), 0, 0, rows * most};
    texts.offsets[0] = 0;
    return texts;
}

static inline void texts_add(texts_t *texts, const void *bytes, size_t count) {
    if (count > texts->room - texts->bytes) die(TEXT("the texts are longer than texts_new was told"));
    __builtin_memcpy(texts->data + texts->bytes, bytes, count);
    texts->bytes += count;
}

static inline void texts_close(texts_t *texts) { texts->offsets[++texts->rows] = (uint32_t)texts->bytes; }

static inline column_t texts_column(const texts_t *texts) {
    column_t column = {0};
    column.data.tag = DATAGEN_FIELD_TYPES_COLUMN_DATA_UTF8;
    column.data.val.utf8.offsets = (field_generators_list_u32_t){texts->offsets, texts->rows + 1};
    column.data.val.utf8.data = (field_generators_list_u8_t){texts->data, texts->bytes};
    return column;
}

static inline column_t int64_column(int64_t *values, size_t rows) {
    column_t column = {0};
    column.data.tag = DATAGEN_FIELD_TYPES_COLUMN_DATA_INT64;
    column.data.val.int64 = (field_generators_list_s64_t){values, rows};
    return column;
}

static inline column_t float64_column(double *values, size_t rows) {
    column_t column = {0};
    column.data.tag = DATAGEN_FIELD_TYPES_COLUMN_DATA_FLOAT64;
    column.data.val.float64 = (field_generators_list_f64_t){values, rows};
    return column;
}

/* Fills in an error that refuses the parameter `name`; answers false, as a failing function does. */
static inline bool refuse(error_t *error, field_generators_string_t name, field_generators_string_t message) {
    *error = (error_t){.kind = DATAGEN_FIELD_TYPES_ERROR_KIND_BAD_PARAMS, .message = message};
    error->param.is_some = true;
    error->param.val = name;
    return false;
}

/* Fills in an error that blames the row at `row` of the block; answers false, as a failing function does. */
static inline bool fail(error_t *error, size_t row, field_generators_string_t message) {
    *error = (error_t){.kind = DATAGEN_FIELD_TYPES_ERROR_KIND_INTERNAL, .message = message};
    error->row.is_some = true;
    error->row.val = (uint32_t)row;
    return false;
}
