/* Field types for Datagen in C: short names for the generated bindings, random numbers, columns.
 *
 * A module defines the three functions that bindings/field_generators.h declares under "Exported
 * Functions"; walk.c is an example. */
#pragma once
#include "bindings/field_generators.h"
#include <stdlib.h>

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

/* Memory for `count` items, or the end of the block: the host tells that as a limit. */
static inline void *allocate(size_t count, size_t size) {
    void *memory = count > UINT32_MAX / size ? NULL : malloc(count * size);
    if (memory == NULL) abort();
    return memory;
}

/* Texts being written, one behind the other. */
typedef struct {
    uint32_t *offsets;
    uint8_t *data;
    size_t rows, bytes;
} texts_t;

/* Room for `rows` texts of at most `most` bytes each. */
static inline texts_t texts_new(size_t rows, size_t most) {
    texts_t texts = {allocate(rows + 1, sizeof(uint32_t)), allocate(rows, most), 0, 0};
    texts.offsets[0] = 0;
    return texts;
}

static inline void texts_add(texts_t *texts, const void *bytes, size_t count) {
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
