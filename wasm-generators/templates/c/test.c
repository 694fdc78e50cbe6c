/* Tests the generator without Datagen: `make test`. */
#include "generator.c"
#include <assert.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    uint64_t seeds[] = {42, 7};
    param_value_t params[PARAMETERS] = {0};
    params[PREFIX].val.text = TEXT("T");
    params[DIGITS].val.int_ = 4;
    request_t request = {.params = {params, PARAMETERS}, .row_seeds = {seeds, 2}, .rows = 2};
    answer_t answer;
    error_t error;

    assert(exports_datagen_field_generators_generate(&request, &answer, &error));
    assert(answer.values.data.val.utf8.data.len == 12);
    assert(memcmp(answer.values.data.val.utf8.data.ptr, "T-7123T-3095", 12) == 0);

    params[DIGITS].val.int_ = 19;
    assert(!exports_datagen_field_generators_generate(&request, &answer, &error));
    puts("ok");
    return 0;
}
