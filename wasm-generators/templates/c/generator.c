/* @TYPE@: a code of letters and digits. Say here what your type gives. */
#include "datagen_field.h"

enum { PREFIX, DIGITS, PARAMETERS };

static param_spec_t parameters[PARAMETERS] = {
    [PREFIX] = {.name = LITERAL("prefix"), .kind = PARAM_TEXT, .default_value = {true, LITERAL("\"A\"")},
                .doc = LITERAL("What every code begins with.")},
    [DIGITS] = {.name = LITERAL("digits"), .kind = PARAM_INT, .default_value = {true, LITERAL("6")},
                .doc = LITERAL("Digits of a code, 1 to 18.")},
};

/* What is returned; the other kinds stand in bindings/field_generators.h. */
static const column_type_t OUTPUT = {DATAGEN_FIELD_TYPES_KIND_UTF8, 0, 0};

static descriptor_t descriptor;

void exports_datagen_field_generators_describe(module_info_t *ret) {
    descriptor = (descriptor_t){
        .name = TEXT("@kebab@"),
        .summary = TEXT("A code of letters and digits."),
        .output = OUTPUT,
        .params = {parameters, PARAMETERS},
        .random = true,
    };
    *ret = (module_info_t){TEXT("@kebab@"), TEXT("1.0.0"), {&descriptor, 1}};
}

/* Refuses parameters that make no sense. */
static bool check(const params_t *params, error_t *err) {
    int64_t digits = params->ptr[DIGITS].val.int_;
    if (digits < 1 || digits > 18) return refuse(err, TEXT("digits"), TEXT("expected 1 to 18"));
    return true;
}

/* Once for a field. */
bool exports_datagen_field_generators_check(
    field_generators_string_t *generator, params_t *params,
    exports_datagen_field_generators_list_option_column_type_t *inputs, column_type_t *ret, error_t *err) {
    (void)generator, (void)inputs;
    *ret = OUTPUT;
    return check(params, err);
}

/* Once for a block of rows: request->rows values, each from its own seed and number. */
bool exports_datagen_field_generators_generate(request_t *request, answer_t *ret, error_t *err) {
    const params_t *params = &request->params;
    if (!check(params, err)) return false;
    field_generators_string_t prefix = params->ptr[PREFIX].val.text;
    int64_t digits = params->ptr[DIGITS].val.int_;
    texts_t codes = texts_new(request->rows, prefix.len + 1 + (size_t)digits);
    for (size_t i = 0; i < request->rows; i++) {
        random_t random = {request->row_seeds.ptr[i]};
        texts_add(&codes, prefix.ptr, prefix.len);
        texts_add(&codes, "-", 1);
        for (int64_t digit = 0; digit < digits; digit++) {
            char letter = (char)('0' + random_below(&random, 10));
            texts_add(&codes, &letter, 1);
        }
        texts_close(&codes);
    }
    *ret = (answer_t){.values = texts_column(&codes)};
    return true;
}
