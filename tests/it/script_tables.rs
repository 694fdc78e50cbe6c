//! Tables beside scripts: `table("rates.csv", "currency")`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::server::Server;
use crate::support::{run, run_ok};

const RATES: &str = "currency,rate,zip\nUSD,1.5,007\nCHF,2.25,é\n";

const SCRIPT: &str = r#"
const output = "utf8";
const RATES = table("data/rates.csv", "currency");
const ROWS = table("data/rates.csv");
fn init(params) { #{ count: table("data/rates.csv").len() } }
fn generate(row, params) {
    `${ROWS[row_number() % ROWS.len()].currency} ${RATES["CHF"].rate * 2} ${RATES["USD"].zip} ${init(params).count}`
}
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["scripts/data", "models"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("scripts/data/rates.csv", RATES);
    write("scripts/money.rhai", SCRIPT);
    write("models/m.json", r#"{"Fields": [{"name": "v", "type": "MONEY"}]}"#);
    folder
}

fn digest(folder: &Path) -> String {
    let told = run_ok(folder, &["fields", "MONEY"]);
    told.lines().find(|line| line.contains("(sha256 ")).unwrap().to_owned()
}

#[test]
fn a_table_beside_a_script_is_looked_up_in_both_tiers_and_is_part_of_its_digest() {
    let folder = folder();
    let made =
        || run_ok(folder.path(), &["generate", "-m", "models/m.json", "-n", "3", "-q", "-o", "-"]);
    let wanted = "v\n\"USD 4.5 007 2\"\n\"CHF 4.5 007 2\"\n\"USD 4.5 007 2\"\n";
    assert_eq!(made(), wanted);
    // The same, interpreted.
    let script = folder.path().join("scripts/money.rhai");
    fs::write(
        &script,
        SCRIPT.replace("params) {\n    `", "params) {\n    try { } catch { }\n    `"),
    )
    .unwrap();
    let tried = run(folder.path(), &["try", "MONEY", "-n", "1"]);
    assert!(String::from_utf8_lossy(&tried.stderr).contains("interpreted"), "{tried:?}");
    assert_eq!(made(), wanted);
    fs::write(&script, SCRIPT).unwrap();
    let before = digest(folder.path());
    fs::write(folder.path().join("scripts/data/rates.csv"), RATES.replace("2.25", "3")).unwrap();
    assert_ne!(digest(folder.path()), before);
    assert!(made().contains("\"USD 6.0 007 2\""), "{}", made());
}

#[test]
fn a_server_takes_a_changed_table_for_what_begins_later() {
    let folder = folder();
    let server = Server::start(folder.path());
    let submit = || server.submit("/datagen/csv?rows=2&seed=1", &["model=m"]);
    let made = |id: &str| {
        server.wait(id);
        let mut files = fs::read_dir(folder.path().join("out").join(id)).unwrap();
        fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap()
    };
    let first = submit();
    assert!(made(&first).contains("USD 4.5 007 2"));
    let rates = folder.path().join("scripts/data/rates.csv");
    fs::write(&rates, RATES.replace("2.25", "3")).unwrap();
    let second = submit();
    assert!(made(&second).contains("USD 6.0 007 2"), "{}", made(&second));
    // A broken one is told, and what was read before stays in use.
    fs::write(&rates, "currency,rate,zip\nUSD,1.5\n").unwrap();
    let third = submit();
    assert!(made(&third).contains("USD 6.0 007 2"));
    let told = server.curl("/generators", &[]).1;
    assert!(told.contains("line 2: 2 cells, expected 3 as in the first line"), "{told}");
    fs::write(&rates, RATES).unwrap();
    assert!(made(&submit()).contains("USD 4.5 007 2"));
}

#[test]
fn what_a_script_may_not_read_or_cannot_is_told_with_the_place() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let scripts = folder.path().join("scripts");
    fs::create_dir(&scripts).unwrap();
    let secret = outside.path().join("secret.csv");
    fs::write(&secret, "secret\nhidden\n").unwrap();
    symlink(&secret, scripts.join("link.csv")).unwrap();
    symlink(outside.path(), scripts.join("folder")).unwrap();
    fs::write(scripts.join("large.csv"), "a\n".repeat((4 << 20) + 1)).unwrap();
    fs::write(scripts.join("twice.csv"), "k,v\nx,1\nx,2\n").unwrap();
    fs::write(scripts.join("empty.csv"), "").unwrap();
    let secret = secret.to_string_lossy().into_owned();
    let mut told = String::new();
    for call in [
        "table(\"none.csv\")",
        "table(\"../x.csv\")",
        &format!("table(\"{secret}\")"),
        "table(\"link.csv\")",
        "table(\"folder/secret.csv\")",
        "table(\"large.csv\")",
        "table(\"twice.csv\", \"k\")",
        "table(\"twice.csv\", \"key\")",
        "table(\"empty.csv\")",
        "table(3)",
        "table(\"a\" + \".csv\")",
        "table()",
    ] {
        let script = format!("fn generate(row, params) {{\n  let t = {call};\n  t.len()\n}}\n");
        fs::write(scripts.join("s.rhai"), script).unwrap();
        let output = run(folder.path(), &["try", "scripts/s.rhai"]);
        assert!(!output.status.success(), "{call}");
        let error = String::from_utf8_lossy(&output.stderr).replace(&secret, "/secret.csv");
        assert!(!error.contains("hidden"), "{error}");
        let first =
            error.lines().find(|line| line.contains("s.rhai:")).unwrap_or(&error).to_owned();
        told.push_str(&format!("{}\n", first.trim()));
    }
    let helper = "const R = table(\"twice.csv\");\nfn of(x) { table(\"twice.csv\")[x] }\n\
                  fn generate(row, params) { of(0).v }\n";
    fs::write(scripts.join("s.rhai"), helper).unwrap();
    let output = run(folder.path(), &["try", "scripts/s.rhai"]);
    told.push_str(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default());
    insta::assert_snapshot!(told, @r#"
    error: scripts/s.rhai:2:11: no file `none.csv` in the folder of the script
    error: scripts/s.rhai:2:11: `../x.csv` holds `..`, which may not be read
    error: scripts/s.rhai:2:11: `/secret.csv` is an absolute path, expected a name beside the script
    error: scripts/s.rhai:2:11: no file `link.csv` in the folder of the script
    error: scripts/s.rhai:2:11: no file `folder/secret.csv` in the folder of the script
    error: scripts/s.rhai:2:11: `large.csv` has more than 8388608 bytes
    error: scripts/s.rhai:2:11: `twice.csv`: lines 2 and 3: both have `x` as `k`
    error: scripts/s.rhai:2:11: `twice.csv`: there is no column `key` (it has k, v)
    error: scripts/s.rhai:2:11: `empty.csv`: the file is empty, expected a line of the columns' names
    error: scripts/s.rhai:2:11: the file and the column of `table` are texts that stand in the call, as in `table("rates.csv", "currency")`
    error: scripts/s.rhai:2:11: the file and the column of `table` are texts that stand in the call, as in `table("rates.csv", "currency")`
    error: scripts/s.rhai:2:11: the file and the column of `table` are texts that stand in the call, as in `table("rates.csv", "currency")`
    error: scripts/s.rhai:2:12: `table` may stand in constants, `generate`, `init` and `check` only: hand the table over as an argument
    "#);
}

/// Nobody's script of before is another's now: a function of the name is the script's own.
#[test]
fn a_script_s_own_function_called_table_stays_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scripts")).unwrap();
    let script = "const output = \"utf8\";\nfn table(name) { name + \"!\" }\n\
                  fn generate(row, params) { table(\"x.csv\") }\n";
    fs::write(folder.path().join("scripts/s.rhai"), script).unwrap();
    assert_eq!(run_ok(folder.path(), &["try", "scripts/s.rhai", "-n", "1"]), "0: x.csv!\n");
}

/// Code that stands in a model has no folder.
#[test]
fn code_in_a_model_reads_no_table() {
    let folder = folder();
    let model = r#"{"Fields": [{"name": "v", "type": "RHAI", "returns": "int64",
        "code": "fn generate(row, params) { table(\"data/rates.csv\").len() }"}]}"#;
    fs::write(folder.path().join("models/m.json"), model).unwrap();
    let output = run(folder.path(), &["check", "models/m.json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned()
        + &*String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("a script has files beside it only where it is a file"), "{told}");
}
