/* WALK: positions of something that wanders around a place, as WKT points, with LATITUDE and LONGITUDE
 * beside them for other fields to link to.
 *
 * A row cannot see the row before it, so the walk is not a sum of steps: it leads smoothly from waypoint to
 * waypoint, and each waypoint is made from its number and the field's seed. */
#include "datagen_field.h"

enum { LATITUDE, LONGITUDE, DEGREES, LEG, PARAMETERS };

static param_spec_t parameters[PARAMETERS] = {
    [LATITUDE] = {.name = {(uint8_t *)"latitude", 8}, .kind = EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_FLOAT,
                  .default_value = {true, {(uint8_t *)"48.2082", 7}}, .doc = {(uint8_t *)"Where it wanders.", 17}},
    [LONGITUDE] = {.name = {(uint8_t *)"longitude", 9}, .kind = EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_FLOAT,
                   .default_value = {true, {(uint8_t *)"16.3738", 7}}, .doc = {(uint8_t *)"Where it wanders.", 17}},
    [DEGREES] = {.name = {(uint8_t *)"degrees", 7}, .kind = EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_FLOAT,
                 .default_value = {true, {(uint8_t *)"0.05", 4}}, .doc = {(uint8_t *)"How far it strays.", 18}},
    [LEG] = {.name = {(uint8_t *)"leg", 3}, .kind = EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_INT,
             .default_value = {true, {(uint8_t *)"50", 2}}, .doc = {(uint8_t *)"Rows from waypoint to waypoint.", 31}},
};

static const column_type_t UTF8 = {DATAGEN_FIELD_TYPES_KIND_UTF8, 0, 0};

static sub_value_spec_t sub_values[2] = {
    {{(uint8_t *)"latitude", 8}, {DATAGEN_FIELD_TYPES_KIND_FLOAT64, 0, 0}},
    {{(uint8_t *)"longitude", 9}, {DATAGEN_FIELD_TYPES_KIND_FLOAT64, 0, 0}},
};

static descriptor_t descriptor;

void exports_datagen_field_generators_describe(module_info_t *ret) {
    descriptor = (descriptor_t){
        .name = TEXT("walk"),
        .summary = TEXT("Positions of a walk around a place, as WKT points."),
        .output = UTF8,
        .params = {parameters, PARAMETERS},
        .sub_values = {sub_values, 2},
        .random = true,
    };
    *ret = (module_info_t){TEXT("walk"), TEXT("1.0.0"), {&descriptor, 1}};
}

static double number(const params_t *params, int index) { return params->ptr[index].val.float_; }

static bool check(const params_t *params, error_t *err) {
    double latitude = number(params, LATITUDE), longitude = number(params, LONGITUDE);
    double degrees = number(params, DEGREES);
    int64_t leg = params->ptr[LEG].val.int_;
    if (!(degrees >= 0 && degrees <= 20)) return refuse(err, TEXT("degrees"), TEXT("expected 0 to 20"));
    if (!(latitude >= -70 && latitude <= 70)) return refuse(err, TEXT("latitude"), TEXT("expected -70 to 70"));
    if (!(longitude >= -160 && longitude <= 160)) return refuse(err, TEXT("longitude"), TEXT("expected -160 to 160"));
    if (leg < 1 || leg > 1000000) return refuse(err, TEXT("leg"), TEXT("expected 1 to 1000000"));
    return true;
}

bool exports_datagen_field_generators_check(
    field_generators_string_t *generator, params_t *params,
    exports_datagen_field_generators_list_option_column_type_t *inputs, column_type_t *ret, error_t *err) {
    *ret = UTF8;
    return check(params, err);
}

/* -1 to 1: one coordinate of a waypoint. */
static double waypoint(uint64_t seed, uint64_t number, uint64_t axis) {
    random_t random = {random_mix(seed ^ random_mix(2 * number + axis))};
    return 2 * random_unit(&random) - 1;
}

static double between(uint64_t seed, uint64_t leg, double part, uint64_t axis) {
    double from = waypoint(seed, leg, axis), to = waypoint(seed, leg + 1, axis);
    return from + (to - from) * part;
}

/* To six digits behind the point: about a tenth of a metre. */
static double rounded(double degrees) {
    return (double)(int64_t)(degrees * 1e6 + (degrees < 0 ? -0.5 : 0.5)) / 1e6;
}

static void write(texts_t *texts, const char *literal) {
    while (*literal != 0) texts->data[texts->bytes++] = (uint8_t)*literal++;
}

static void write_degrees(texts_t *texts, double degrees) {
    int64_t micro = (int64_t)(degrees * 1e6 + (degrees < 0 ? -0.5 : 0.5));
    uint64_t rest = (uint64_t)(micro < 0 ? -micro : micro);
    uint8_t digits[12];
    int count = 0;
    do {
        if (count == 6) digits[count++] = '.';
        digits[count++] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0 || count < 8);
    if (micro < 0) texts->data[texts->bytes++] = '-';
    while (count > 0) texts->data[texts->bytes++] = digits[--count];
}

bool exports_datagen_field_generators_generate(request_t *request, answer_t *ret, error_t *err) {
    const params_t *params = &request->params;
    if (!check(params, err)) return false;
    size_t rows = request->rows;
    uint64_t leg_rows = (uint64_t)params->ptr[LEG].val.int_;
    double degrees = number(params, DEGREES);
    texts_t points = texts_new(rows, 40);
    double *latitudes = allocate(rows + 1, sizeof(double)), *longitudes = allocate(rows + 1, sizeof(double));
    for (size_t i = 0; i < rows; i++) {
        uint64_t row = request->first_row + i, leg = row / leg_rows;
        double part = (double)(row % leg_rows) / (double)leg_rows;
        random_t random = {request->row_seeds.ptr[i]};
        /* A little beside the line, as every receiver has it. */
        double north = between(request->field_seed, leg, part, 0) + (random_unit(&random) - 0.5) * 0.01;
        double east = between(request->field_seed, leg, part, 1) + (random_unit(&random) - 0.5) * 0.01;
        latitudes[i] = rounded(number(params, LATITUDE) + degrees * north);
        longitudes[i] = rounded(number(params, LONGITUDE) + degrees * east);
        write(&points, "POINT(");
        write_degrees(&points, longitudes[i]);
        write(&points, " ");
        write_degrees(&points, latitudes[i]);
        write(&points, ")");
        texts_close(&points);
    }
    column_t *beside = allocate(2, sizeof(column_t));
    beside[0] = float64_column(latitudes, rows);
    beside[1] = float64_column(longitudes, rows);
    *ret = (answer_t){texts_column(&points), {beside, 2}};
    return true;
}
