//! TRACKING: numbers of parcels as posts of all countries write them (UPU standard S10): two letters of the service, eight
//! digits, a digit that checks them, the country.
const field = @import("datagen_field.zig");

/// What the digits count for in the sum that is checked.
const WEIGHTS = [8]u32{ 8, 6, 4, 2, 3, 5, 9, 7 };

const Tracking = struct {
    pub const name = "tracking";
    pub const summary = "Numbers of parcels, with their check digit (UPU S10).";
    pub const Value = field.Text;
    pub const Parameters = struct { service: []const u8 = "RR", country: []const u8 = "NO" };
    pub const docs = .{
        .service = "Two letters of the service: RR registered, EE express, CP parcel.",
        .country = "Two letters of the country that posts it.",
    };

    pub fn check(parameters: Parameters) ?field.Refusal {
        if (!isTwoLetters(parameters.service)) return .{ .parameter = "service", .message = "expected two capital letters" };
        if (!isTwoLetters(parameters.country)) return .{ .parameter = "country", .message = "expected two capital letters" };
        return null;
    }

    pub fn value(row: *field.Row(Tracking), out: *field.Output(Value)) !void {
        out.add(row.parameters.service);
        var sum: u32 = 0;
        for (WEIGHTS) |weight| {
            const digit = row.random.below(10);
            sum += weight * digit;
            out.byte('0' + @as(u8, @intCast(digit)));
        }
        out.byte('0' + checkDigit(sum));
        out.add(row.parameters.country);
    }
};

fn isTwoLetters(text: []const u8) bool {
    if (text.len != 2) return false;
    for (text) |letter| if (letter < 'A' or letter > 'Z') return false;
    return true;
}

fn checkDigit(sum: u32) u8 {
    return switch (sum % 11) {
        0 => 5,
        1 => 0,
        else => |rest| @intCast(11 - rest),
    };
}

comptime {
    field.exportModule("tracking", "1.0.0", .{Tracking});
}

pub const panic = field.panic;
