//! Field types for Datagen in Zig, over the bindings for C.
//!
//! A generator is a struct; `exportModule` makes the module's functions of it:
//!
//!     pub const name = "code";                        // its name in models
//!     pub const summary = "Codes of digits.";
//!     pub const Value = field.Text;                   // or bool, i32, i64, f32, f64
//!     pub const nullable = false;                     // whether values may be null (optional)
//!     pub const Parameters = struct { digits: i64 = 6 };       // bool, i64, f64 or []const u8; without default required
//!     pub const docs = .{ .digits = "How many digits." };      // optional
//!     pub const Inputs = struct { bin: ?i64 };                 // values of other fields (optional)
//!     pub fn check(parameters: Parameters) ?field.Refusal      // refuses parameters (optional)
//!     pub fn value(row: *field.Row(Self), out: *field.Output(Value)) !void
//!
//! What `c` holds is there, too: the whole interface, for what this file does not cover.

const std = @import("std");
const builtin = @import("builtin");

pub const c = @cImport(@cInclude("datagen_field.h"));

const is_guest = builtin.cpu.arch.isWasm();

/// The kind of texts: they are written by `Output(Text).add` and `.print`.
pub const Text = struct {};

/// Why parameters are refused.
pub const Refusal = struct { parameter: []const u8, message: []const u8 };

/// The random numbers of a row: SplitMix64, started from its seed.
pub const Random = struct {
    state: u64,

    pub fn word(self: *Random) u64 {
        self.state +%= 0x9e3779b97f4a7c15;
        var value = self.state;
        value = (value ^ (value >> 30)) *% 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) *% 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// Uniform in 0 .. bound - 1.
    pub fn below(self: *Random, bound: u32) u32 {
        return @intCast(((self.word() >> 32) * bound) >> 32);
    }

    /// Uniform in [0, 1).
    pub fn unit(self: *Random) f64 {
        return @as(f64, @floatFromInt(self.word() >> 11)) * (1.0 / 9007199254740992.0);
    }

    pub fn pick(self: *Random, comptime T: type, items: []const T) T {
        return items[self.below(@intCast(items.len))];
    }
};

/// What a value is made of.
pub fn Row(comptime Generator: type) type {
    return struct {
        random: Random,
        /// The row's number, counted over the whole command.
        number: u64,
        /// The same for all rows, for permutations and the like.
        field_seed: u64,
        parameters: Generator.Parameters,
        inputs: InputsOf(Generator),
    };
}

fn InputsOf(comptime Generator: type) type {
    return if (@hasDecl(Generator, "Inputs")) Generator.Inputs else struct {};
}

/// Where values go.
pub fn Output(comptime Value: type) type {
    return if (Value == Text) TextOutput else struct {
        values: []Value,
        nulls: Nulls,
        row: usize = 0,

        const Self = @This();

        fn init(rows: usize) Self {
            return .{ .values = allocate(Value, rows), .nulls = .init(rows) };
        }

        pub fn set(self: *Self, value: Value) void {
            self.values[self.row] = value;
        }

        pub fn setNull(self: *Self) void {
            self.set(std.mem.zeroes(Value));
            self.nulls.set(self.row);
        }

        fn close(self: *Self) void {
            self.row += 1;
        }

        fn column(self: *Self) c.column_t {
            var made = std.mem.zeroes(c.column_t);
            const kind = comptime kindOf(Value);
            made.data.tag = kind.tag;
            const list = &@field(made.data.val, kind.name);
            list.ptr = if (Value == bool) @ptrCast(self.values.ptr) else self.values.ptr;
            list.len = self.values.len;
            self.nulls.into(&made);
            return made;
        }
    };
}

const TextOutput = struct {
    bytes: []u8,
    length: usize = 0,
    offsets: []u32,
    nulls: Nulls,
    row: usize = 0,

    fn init(rows: usize) TextOutput {
        const offsets = allocate(u32, rows + 1);
        offsets[0] = 0;
        return .{ .bytes = allocate(u8, 16 * rows + 64), .offsets = offsets, .nulls = .init(rows) };
    }

    /// Adds to the text of the row.
    pub fn add(self: *TextOutput, text: []const u8) void {
        self.reserve(text.len);
        @memcpy(self.bytes[self.length..][0..text.len], text);
        self.length += text.len;
    }

    pub fn byte(self: *TextOutput, value: u8) void {
        self.add(&.{value});
    }

    /// Adds what `std.fmt` makes of it.
    pub fn print(self: *TextOutput, comptime format: []const u8, values: anytype) void {
        while (true) {
            const made = std.fmt.bufPrint(self.bytes[self.length..], format, values) catch {
                self.reserve(self.bytes.len);
                continue;
            };
            self.length += made.len;
            return;
        }
    }

    /// The row is null, whatever was added to it.
    pub fn setNull(self: *TextOutput) void {
        self.length = self.offsets[self.row];
        self.nulls.set(self.row);
    }

    fn reserve(self: *TextOutput, more: usize) void {
        if (more <= self.bytes.len - self.length) return;
        const larger = allocate(u8, 2 * (self.bytes.len + more));
        @memcpy(larger[0..self.length], self.bytes[0..self.length]);
        self.bytes = larger;
    }

    fn close(self: *TextOutput) void {
        self.row += 1;
        self.offsets[self.row] = @intCast(self.length);
    }

    fn column(self: *TextOutput) c.column_t {
        var made = std.mem.zeroes(c.column_t);
        made.data.tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_UTF8;
        made.data.val.utf8.offsets = .{ .ptr = self.offsets.ptr, .len = self.offsets.len };
        made.data.val.utf8.data = .{ .ptr = self.bytes.ptr, .len = self.length };
        self.nulls.into(&made);
        return made;
    }
};

const Nulls = struct {
    rows: usize,
    validity: ?[]u8 = null,

    fn init(rows: usize) Nulls {
        return .{ .rows = rows };
    }

    fn set(self: *Nulls, row: usize) void {
        if (self.validity == null) {
            self.validity = allocate(u8, self.rows);
            @memset(self.validity.?, 1);
        }
        self.validity.?[row] = 0;
    }

    fn into(self: Nulls, column: *c.column_t) void {
        const validity = self.validity orelse return;
        column.validity.is_some = true;
        column.validity.val = .{ .ptr = validity.ptr, .len = validity.len };
    }
};

/// Memory that ends with the block.
pub fn allocate(comptime T: type, count: usize) []T {
    const size = std.math.mul(usize, @sizeOf(T), count) catch die("there is no memory left");
    const memory = c.malloc(@max(size, 1)) orelse die("there is no memory left");
    return @as([*]T, @ptrCast(@alignCast(memory)))[0..count];
}

/// Tells a line that `datagen try` shows, and the message of a row that fails.
pub fn print(comptime format: []const u8, values: anytype) void {
    var buffer: [512]u8 = undefined;
    tell(c.DATAGEN_FIELD_LOG_LEVEL_INFO, std.fmt.bufPrint(&buffer, format, values) catch &buffer);
}

/// Ends the command with this text; the host adds the row.
pub fn die(message: []const u8) noreturn {
    tell(c.DATAGEN_FIELD_LOG_LEVEL_ERROR, message);
    @trap();
}

/// What `panic` of the root file is set to: `pub const panic = field.panic;`.
pub const panic = std.debug.FullPanic(panicked);

fn panicked(message: []const u8, _: ?usize) noreturn {
    die(message);
}

fn tell(level: u8, message: []const u8) void {
    if (is_guest) {
        var text = lent(message);
        c.datagen_field_log_log(level, &text);
    } else {
        std.debug.print("{s}\n", .{message});
    }
}

/// A text that is only read.
fn lent(text: []const u8) c.field_generators_string_t {
    return .{ .ptr = @constCast(text.ptr), .len = text.len };
}

const Kind = struct { name: []const u8, tag: u8, kind: u8 };

/// How values of a type are handed over.
fn kindOf(comptime Value: type) Kind {
    return switch (Value) {
        bool => .{ .name = "boolean", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_BOOLEAN, .kind = c.DATAGEN_FIELD_TYPES_KIND_BOOLEAN },
        i32 => .{ .name = "int32", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_INT32, .kind = c.DATAGEN_FIELD_TYPES_KIND_INT32 },
        i64 => .{ .name = "int64", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_INT64, .kind = c.DATAGEN_FIELD_TYPES_KIND_INT64 },
        f32 => .{ .name = "float32", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_FLOAT32, .kind = c.DATAGEN_FIELD_TYPES_KIND_FLOAT32 },
        f64 => .{ .name = "float64", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_FLOAT64, .kind = c.DATAGEN_FIELD_TYPES_KIND_FLOAT64 },
        Text, []const u8 => .{ .name = "utf8", .tag = c.DATAGEN_FIELD_TYPES_COLUMN_DATA_UTF8, .kind = c.DATAGEN_FIELD_TYPES_KIND_UTF8 },
        else => @compileError("values are field.Text, bool, i32, i64, f32 or f64; inputs []const u8, bool, i32, i64, f32 or f64"),
    };
}

fn columnType(comptime Value: type) c.column_type_t {
    return .{ .kind = comptime kindOf(Value).kind, .precision = 0, .scale = 0 };
}

fn parameterKind(comptime T: type) u8 {
    return switch (T) {
        bool => c.EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_BOOLEAN,
        i64 => c.EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_INT,
        f64 => c.EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_FLOAT,
        []const u8 => c.EXPORTS_DATAGEN_FIELD_GENERATORS_PARAM_KIND_TEXT,
        else => @compileError("parameters are bool, i64, f64 or []const u8"),
    };
}

/// The default of a parameter as JSON.
fn defaultOf(comptime field: std.builtin.Type.StructField) ?[]const u8 {
    const value = field.defaultValue() orelse return null;
    return switch (field.type) {
        []const u8 => comptime quoted(value),
        bool => if (value) "true" else "false",
        else => std.fmt.comptimePrint("{d}", .{value}),
    };
}

fn quoted(comptime text: []const u8) []const u8 {
    comptime var out: []const u8 = "\"";
    inline for (text) |byte| {
        out = out ++ switch (byte) {
            '"', '\\' => &[_]u8{ '\\', byte },
            0...31 => std.fmt.comptimePrint("\\u{x:0>4}", .{byte}),
            else => &[_]u8{byte},
        };
    }
    return out ++ "\"";
}

fn documented(comptime Generator: type, comptime name: []const u8) []const u8 {
    if (!@hasDecl(Generator, "docs")) return "";
    return if (@hasField(@TypeOf(Generator.docs), name)) @field(Generator.docs, name) else "";
}

fn fieldsOf(comptime T: type) []const std.builtin.Type.StructField {
    return @typeInfo(T).@"struct".fields;
}

fn parameterSpecs(comptime Generator: type) []c.param_spec_t {
    const fields = comptime fieldsOf(Generator.Parameters);
    const specs = allocate(c.param_spec_t, fields.len);
    inline for (fields, specs) |field, *spec| {
        spec.* = std.mem.zeroes(c.param_spec_t);
        spec.name = lent(field.name);
        spec.kind = comptime parameterKind(field.type);
        spec.doc = lent(comptime documented(Generator, field.name));
        if (comptime defaultOf(field)) |default| {
            spec.default_value.is_some = true;
            spec.default_value.val = lent(default);
        } else spec.required = true;
    }
    return specs;
}

fn InputType(comptime field: std.builtin.Type.StructField) type {
    return switch (@typeInfo(field.type)) {
        .optional => |optional| optional.child,
        else => @compileError("an input may be null: write `" ++ field.name ++ ": ?" ++ @typeName(field.type) ++ "`"),
    };
}

const InputSpec = c.exports_datagen_field_generators_input_spec_t;

fn inputSpecs(comptime Generator: type) []InputSpec {
    const fields = comptime fieldsOf(InputsOf(Generator));
    const specs = allocate(InputSpec, fields.len);
    inline for (fields, specs) |field, *spec| {
        const kinds = allocate(u8, 1);
        kinds[0] = comptime kindOf(InputType(field)).kind;
        spec.* = std.mem.zeroes(InputSpec);
        spec.name = lent(field.name);
        spec.accepts = .{ .ptr = kinds.ptr, .len = kinds.len };
        spec.doc = lent(comptime documented(Generator, field.name));
    }
    return specs;
}

fn describeOne(comptime Generator: type) c.descriptor_t {
    var made = std.mem.zeroes(c.descriptor_t);
    const params = parameterSpecs(Generator);
    const inputs = inputSpecs(Generator);
    made.name = lent(Generator.name);
    made.summary = lent(Generator.summary);
    made.output = columnType(Generator.Value);
    made.nullable = @hasDecl(Generator, "nullable") and Generator.nullable;
    made.params = .{ .ptr = params.ptr, .len = params.len };
    made.inputs = .{ .ptr = inputs.ptr, .len = inputs.len };
    made.random = true;
    return made;
}

fn parametersOf(comptime Generator: type, given: c.params_t) Generator.Parameters {
    var parameters: Generator.Parameters = undefined;
    inline for (comptime fieldsOf(Generator.Parameters), 0..) |field, place| {
        const value = given.ptr[place].val;
        @field(parameters, field.name) = switch (field.type) {
            bool => value.boolean,
            i64 => value.int_,
            f64 => value.float_,
            else => value.text.ptr[0..value.text.len],
        };
    }
    return parameters;
}

fn refusal(comptime Generator: type, parameters: Generator.Parameters, told: *c.error_t) bool {
    if (!@hasDecl(Generator, "check")) return false;
    const refused: Refusal = Generator.check(parameters) orelse return false;
    told.* = std.mem.zeroes(c.error_t);
    told.kind = c.DATAGEN_FIELD_TYPES_ERROR_KIND_BAD_PARAMS;
    told.message = lent(refused.message);
    told.param.is_some = true;
    told.param.val = lent(refused.parameter);
    return true;
}

/// The value of an input in a row of a block.
fn cell(comptime T: type, column: c.column_t, row: usize) ?T {
    if (column.validity.is_some and column.validity.val.ptr[row] == 0) return null;
    if (T == []const u8) {
        const texts = column.data.val.utf8;
        return texts.data.ptr[texts.offsets.ptr[row]..texts.offsets.ptr[row + 1]];
    }
    const found = @field(column.data.val, kindOf(T).name).ptr[row];
    return if (T == bool) found != 0 else found;
}

fn generateOne(comptime Generator: type, request: *c.request_t, answer: *c.answer_t, told: *c.error_t) bool {
    const parameters = parametersOf(Generator, request.params);
    if (refusal(Generator, parameters, told)) return false;
    var out: Output(Generator.Value) = .init(request.rows);
    for (0..request.rows) |place| {
        var row: Row(Generator) = .{
            .random = .{ .state = request.row_seeds.ptr[place] },
            .number = request.first_row + place,
            .field_seed = request.field_seed,
            .parameters = parameters,
            .inputs = undefined,
        };
        inline for (comptime fieldsOf(InputsOf(Generator)), 0..) |field, number| {
            const bound = request.inputs.ptr[number];
            @field(row.inputs, field.name) =
                if (bound.is_some) cell(InputType(field), bound.val, place) else null;
        }
        Generator.value(&row, &out) catch |failure| {
            told.* = std.mem.zeroes(c.error_t);
            told.kind = c.DATAGEN_FIELD_TYPES_ERROR_KIND_INTERNAL;
            told.message = lent(@errorName(failure));
            told.row.is_some = true;
            told.row.val = @intCast(place);
            return false;
        };
        out.close();
    }
    answer.* = std.mem.zeroes(c.answer_t);
    answer.values = out.column();
    return true;
}

/// Exports the functions of a module that has these generators: a tuple of structs.
pub fn exportModule(comptime name: []const u8, comptime version: []const u8, comptime generators: anytype) void {
    const Module = struct {
        fn describe(told: *c.module_info_t) callconv(.c) void {
            const made = allocate(c.descriptor_t, generators.len);
            inline for (generators, made) |Generator, *descriptor| descriptor.* = describeOne(Generator);
            told.* = .{
                .name = lent(name),
                .version = lent(version),
                .generators = .{ .ptr = made.ptr, .len = made.len },
            };
        }

        const Inputs = c.exports_datagen_field_generators_list_option_column_type_t;

        fn check(asked: *c.field_generators_string_t, params: *c.params_t, _: *Inputs, output: *c.column_type_t, told: *c.error_t) callconv(.c) bool {
            inline for (generators) |Generator| {
                if (std.mem.eql(u8, asked.ptr[0..asked.len], Generator.name)) {
                    output.* = columnType(Generator.Value);
                    return !refusal(Generator, parametersOf(Generator, params.*), told);
                }
            }
            die("there is no such generator");
        }

        fn generate(request: *c.request_t, answer: *c.answer_t, told: *c.error_t) callconv(.c) bool {
            inline for (generators) |Generator| {
                if (std.mem.eql(u8, request.generator.ptr[0..request.generator.len], Generator.name)) {
                    return generateOne(Generator, request, answer, told);
                }
            }
            die("there is no such generator");
        }
    };
    @export(&Module.describe, .{ .name = "exports_datagen_field_generators_describe" });
    @export(&Module.check, .{ .name = "exports_datagen_field_generators_check" });
    @export(&Module.generate, .{ .name = "exports_datagen_field_generators_generate" });
}

/// The values of a generator of texts for these seeds, in tests without Datagen.
pub fn trial(comptime Generator: type, parameters: Generator.Parameters, seeds: []const u64) ![]const []const u8 {
    const texts = allocate([]const u8, seeds.len);
    for (seeds, texts, 0..) |seed, *text, number| {
        var out: TextOutput = .init(1);
        var row: Row(Generator) = .{
            .random = .{ .state = seed },
            .number = number,
            .field_seed = 0,
            .parameters = parameters,
            .inputs = undefined,
        };
        inline for (comptime fieldsOf(InputsOf(Generator))) |field| @field(row.inputs, field.name) = null;
        try Generator.value(&row, &out);
        text.* = out.bytes[0..out.length];
    }
    return texts;
}
