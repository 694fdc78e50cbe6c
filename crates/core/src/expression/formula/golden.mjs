// Makes golden.txt: formulas with the results that JavaScript gives them.
//
//     node src/expression/formula/golden.mjs > src/expression/formula/golden.txt
//
// One line per formula: its JSON text, a tab, the JSON text of String(result). Formulas whose result
// is undefined, null or an exception are left out: there our language differs on purpose.
import vm from "node:vm";

// A generator of its own, so that the table does not change from run to run.
let state = 12345;
const random = (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
};
const pick = (list) => list[random(list.length)];

const numbers = ["0", "1", "2", "7", "10", "-3", "0.1", "0.5", "2.5", "-2.5", "1e3", "1e21", "1e-7", "123456789.125",
    "4.35", "1.005", "NaN", "Infinity", "0x1F", "9007199254740993", "-0", "1/3", "100"];
const texts = ["''", "'a'", "'Abc'", "'10'", "'9'", "' 7 '", "'été'", "'a,b,a'", "'😀x'", "'İß'", "'0x10'", "'1e3'", "'-5'",
    "'abc def'", "'.5'", "'5.'", "'Infinity'", "'12px'", "'$&'", "'\\n\\ufeff x'"];
const number = (depth) => {
    if (depth <= 0) return random(4) ? pick(numbers) : pick(["n", "m"]);
    switch (random(14)) {
        case 0: case 1: case 2: case 3:
            return `(${any(depth - 1)} ${pick(["-", "*", "/", "%"])} ${any(depth - 1)})`;
        case 4: return `(${number(depth - 1)} + ${number(depth - 1)})`;
        case 5: return `Math.${pick(["abs", "ceil", "floor", "round", "trunc", "sign", "sqrt"])}(${number(depth - 1)})`;
        case 6: return `Math.${pick(["max", "min"])}(${number(depth - 1)}, ${number(depth - 1)})`;
        case 7: return `${text(depth - 1)}.length`;
        case 8: return `${text(depth - 1)}.${pick(["indexOf", "lastIndexOf"])}(${text(0)})`;
        case 9: return `${pick(["parseInt", "parseFloat", "Number"])}(${text(depth - 1)})`;
        case 10: return `(${bool(depth - 1)} ? ${number(depth - 1)} : ${number(depth - 1)})`;
        case 11: return `(-${number(depth - 1)})`;
        case 12: return `(+${any(depth - 1)})`;
        default: return `parseInt(${text(0)}, ${pick(["2", "10", "16", "36"])})`;
    }
};
const text = (depth) => {
    if (depth <= 0) return random(4) ? pick(texts) : pick(["s", "t"]);
    switch (random(13)) {
        case 0: return `(${text(depth - 1)} + ${any(depth - 1)})`;
        case 1: return `(${any(depth - 1)} + ${text(depth - 1)})`;
        case 2: return `${text(depth - 1)}.${pick(["toUpperCase", "toLowerCase", "trim", "trimStart", "trimEnd", "toString"])}()`;
        case 3: return `${text(depth - 1)}.${pick(["slice", "substring", "substr"])}(${pick(["0", "1", "-2", "5", "NaN", "1.7"])}, ${pick(["0", "2", "-1", "9", "3"])})`;
        case 4: return `${text(depth - 1)}.${pick(["slice", "substring", "charAt", "substr"])}(${pick(["0", "1", "-2", "3"])})`;
        case 5: return `${text(depth - 1)}.${pick(["replace", "replaceAll"])}(${pick(["'a'", "'b'", "'zz'", "','"])}, ${text(0)})`;
        case 6: return `${text(depth - 1)}.${pick(["padStart", "padEnd"])}(${pick(["3", "8", "0"])}, ${pick(["'0'", "'xy'", "' '"])})`;
        case 7: return `${text(depth - 1)}.repeat(${pick(["0", "1", "3"])})`;
        case 8: return `String(${any(depth - 1)})`;
        case 9: return `(${number(depth - 1)}).toFixed(${pick(["0", "1", "2", "5"])})`;
        case 10: return "`<${" + any(depth - 1) + "}|${" + any(depth - 1) + "}>`";
        case 11: return `(${bool(depth - 1)} ? ${text(depth - 1)} : ${text(depth - 1)})`;
        default: return `${text(depth - 1)}.concat(${text(depth - 1)}, ${number(0)})`;
    }
};
const bool = (depth) => {
    if (depth <= 0) return pick(["true", "false", "b"]);
    switch (random(7)) {
        case 0: case 1: return `(${any(depth - 1)} ${pick(["==", "!=", "===", "!==", "<", "<=", ">", ">="])} ${any(depth - 1)})`;
        case 2: return `(!${any(depth - 1)})`;
        case 3: return `${text(depth - 1)}.${pick(["includes", "startsWith", "endsWith"])}(${text(0)})`;
        case 4: return `isNaN(${any(depth - 1)})`;
        case 5: return `(${bool(depth - 1)} && ${bool(depth - 1)})`;
        default: return `(${bool(depth - 1)} || ${bool(depth - 1)})`;
    }
};
const any = (depth) => pick([number, number, text, text, bool])(depth);

let fresh = 0;
const statement = (depth, inSwitch) => {
    switch (random(depth > 0 ? 9 : 5)) {
        case 0: return `${any(2)};`;
        case 1: return `x = ${any(1)};`;
        case 2: return `${pick(["x", "y"])} ${pick(["+=", "-=", "*=", "="])} ${any(1)};`;
        case 3: return `var v${fresh % 3} = ${any(1)};`;
        case 4: return `${pick(["x++", "--y", "y++"])};`;
        case 5: return `if (${bool(1)}) ${block(depth - 1, inSwitch)} else ${block(depth - 1, inSwitch)}`;
        case 6: return `if (${any(1)}) ${block(depth - 1, inSwitch)}`;
        case 7: {
            const subject = pick([any(1), "s", "n", "b"]);
            const cases = [];
            const at = random(5);
            for (let i = 0; i < 4; i++) {
                const test = i === at ? "default:" : `case ${pick([pick(texts), pick(numbers), "n", "s", "true"])}:`;
                cases.push(`${test} ${block(depth - 1, true).slice(1, -1)}${random(2) ? "break;" : ""}`);
            }
            return `switch (${subject}) { ${cases.join(" ")} }`;
        }
        default: return `{ let l${fresh++} = ${any(1)}; ${inSwitch && random(3) === 0 ? "break;" : ""} y = l${fresh - 1}; }`;
    }
};
const block = (depth, inSwitch) => {
    const parts = [];
    for (let i = random(3); i >= 0; i--) parts.push(statement(depth, inSwitch));
    if (inSwitch && random(4) === 0) parts.push("break;");
    return `{ ${parts.join(" ")} }`;
};
const program = () => {
    fresh = 0;
    const parts = ["x = 1; y = 2;"];
    for (let i = 1 + random(3); i >= 0; i--) parts.push(statement(2, false));
    return parts.join(pick(["\n", " "]));
};

const declared = "var n = 42, m = -7.25, s = 'Gold', t = 'naïve 10', b = true;\n";
const lines = new Set();
const add = (formula) => {
    let result;
    try {
        result = vm.runInNewContext(declared + formula, {}, { timeout: 1000 });
    } catch {
        return;
    }
    if (result === undefined || result === null || typeof result === "symbol") return;
    const shown = String(result);
    // Half a pair of units cannot be held in UTF-8; undefined and null show where ours gives null.
    if (shown.length > 200 || !shown.isWellFormed() || /undefined|null/.test(shown)) return;
    if (formula.length > 400) return;
    lines.add(JSON.stringify(formula) + "\t" + JSON.stringify(shown));
};
for (const number of [0.5, 1.5, 2.5, -0.5, -1.5, 1.005, 1.45, 8.345, 0.000001, 1e20, 123.456, -0.0001, 10.235, 1e21, 0.045]) {
    for (const digits of [0, 1, 2, 3]) add(`(${number}).toFixed(${digits})`);
    add(`Math.round(${number})`);
    add(`String(${number})`);
}
for (const name of ["sin", "cos", "tan", "atan", "exp", "log", "log2", "log10", "cbrt", "sqrt", "sinh", "cosh", "tanh", "expm1", "log1p", "asin", "acos"]) {
    for (const x of ["0", "0.5", "1", "2", "10"]) add(`Math.${name}(${x}).toFixed(9)`);
}
for (const [x, y] of [[2, 10], [2, 0.5], [10, -3], [-2, 3], [-8, "1/3"], [0, 0], [1, "Infinity"], [2, "NaN"]]) {
    add(`(${x}) ** (${y})`);
    add(`Math.pow(${x}, ${y}).toFixed(6)`);
    add(`Math.hypot(${x}, ${y})`);
    add(`Math.atan2(${x}, ${y}).toFixed(9)`);
}
for (let i = 0; lines.size < 560; i++) add(any(1 + (i % 3)));
for (let i = 0; lines.size < 900; i++) add(program());
process.stdout.write([...lines].join("\n") + "\n");
