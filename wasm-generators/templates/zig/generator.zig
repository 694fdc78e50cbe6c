//! @TYPE@: a code of letters and digits. Say here what your type gives.
const std = @import("std");
const field = @import("datagen/datagen_field.zig");

const Code = struct {
    pub const name = "@kebab@";
    pub const summary = "A code of letters and digits.";
    /// What is returned: field.Text, bool, i32, i64, f32 or f64.
    pub const Value = field.Text;
    /// What a model may say of a field, with the defaults.
    pub const Parameters = struct { prefix: []const u8 = "A", digits: i64 = 6 };
    pub const docs = .{
        .prefix = "What every code begins with.",
        .digits = "Digits of a code, 1 to 18.",
    };

    /// Once for a field: refuses parameters that make no sense.
    pub fn check(parameters: Parameters) ?field.Refusal {
        if (parameters.digits >= 1 and parameters.digits <= 18) return null;
        return .{ .parameter = "digits", .message = "expected 1 to 18" };
    }

    /// Once for a row. An error ends the command, with its name and the row.
    pub fn value(row: *field.Row(Code), out: *field.Output(Value)) !void {
        out.print("{s}-", .{row.parameters.prefix});
        for (0..@intCast(row.parameters.digits)) |_| {
            out.byte('0' + @as(u8, @intCast(row.random.below(10))));
        }
    }
};

comptime {
    field.exportModule("@kebab@", "1.0.0", .{Code});
}

/// What panics is told to Datagen, which adds the row.
pub const panic = if (@import("builtin").is_test) std.debug.FullPanic(std.debug.defaultPanic) else field.panic;

test "codes have their prefix and digits" {
    const codes = try field.trial(Code, .{ .prefix = "T", .digits = 4 }, &.{ 42, 7 });
    try std.testing.expectEqualStrings("T-7123", codes[0]);
    try std.testing.expectEqualStrings("T-3095", codes[1]);
}

test "too many digits are refused" {
    try std.testing.expectEqualStrings("digits", Code.check(.{ .digits = 19 }).?.parameter);
}
