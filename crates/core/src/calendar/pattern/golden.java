// Makes golden.txt: what Java itself writes for every letter and count, and which patterns it refuses.
// Run with Java 17, whose `F` the patterns follow: java golden.java > golden.txt
// First line: the instants. Then one line per pattern: the pattern and its text at each instant, or `!`
// where Java refuses the pattern. Columns are separated by tabs.

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

class Golden {
    static final List<String> INSTANTS = List.of(
        "2024-02-14T13:56:59Z", "2024-12-30T00:00:00.123456Z", "2023-01-01T12:00:30.500Z",
        "2022-12-31T06:00:00Z", "1969-07-20T20:17:40.000001Z", "0009-05-08T11:59:00.012Z",
        "9999-12-31T23:59:59.999999Z", "-0004-03-01T12:01:00Z", "0000-12-31T00:00:01Z", "+12345-09-30T18:05:07Z");

    static final List<String> OTHERS = List.of(
        "yyyy-MM-dd HH:mm:ss", "yyyy_MM_dd-K a mm:ss.SSS ZZZ", "EEEE',' dd 'of' LLLL YYYY, 'at' h a",
        "dd/MM/yyyy", "uuuu-MM-dd'T'HH:mm:ss.SSSSSSXXX", "EEE, d MMM yyyy HH:mm:ss O", "yyyyMMddHHmmssSSS",
        "YYYY-'W'ww-e", "h:mm a", "QQQ yyyy G", "[yyyy[-MM]]", "[yyyy", "''", "''''", "'it''s' yyyy",
        "yyyy''MM", "'''x'", "[]", "\u00e9\u20ac yyyy 'd\u00e9cembre'", "(yyyy)", "ppH", "pppppM", "HppM",
        "pppppppppEEEE", "ppppppppppppZZZZ", "ppppdd", "ppppppuuuu", "H:mm:ss,SSSSSSSSS", "D/uuuu", "k:K",
        // Refused.
        "yyyy]", "[yyyy]]", "'abc", "'''", "{", "}", "#", "p", "pp", "pp-", "ppp[H]", "p'x'", "ppp", "ppb",
        "yyyy-MM-dd b", "today", "I", "T", "yyyy-MM-ddTHH:mm");

    public static void main(String[] arguments) {
        List<String> patterns = new ArrayList<>();
        for (char letter : "GuyYQqMLwWdDFEecgaBhHKkmsSAnNVvzOXxZ".toCharArray()) {
            int most = "uyYASnNg".indexOf(letter) < 0 ? 6 : 20;
            // Wide numbers: the first few counts, and the ends.
            for (int count = 1; count <= most; count++) {
                if (count <= 6 || (letter == 'S' ? count <= 10 : count >= 19)) {
                    patterns.add(String.valueOf(letter).repeat(count));
                }
            }
        }
        // Java compiles this one and fails as soon as it is used for reading; refused here.
        patterns.remove("Y".repeat(20));
        patterns.addAll(OTHERS);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.print(String.join("\t", INSTANTS) + "\n");
        for (String pattern : patterns) {
            StringBuilder line = new StringBuilder(pattern);
            try {
                var formatter = DateTimeFormatter.ofPattern(pattern, Locale.US).withZone(ZoneOffset.UTC);
                INSTANTS.forEach(instant -> line.append('\t').append(formatter.format(Instant.parse(instant))));
            } catch (IllegalArgumentException refused) {
                line.append("\t!");
            }
            out.print(line + "\n");
        }
    }
}
