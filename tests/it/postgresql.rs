//! The connector `postgresql` against a real server, read back by psycopg.
//!
//! `DATAGEN_POSTGRESQL` names the folder of a server that `tests/services/postgresql/run start FOLDER` has started;
//! without it these tests say that they were left out.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{datagen, run, run_ok};

pub(crate) struct Database(pub(crate) PathBuf);

impl Database {
    pub(crate) fn find(test: &str) -> Option<Self> {
        let folder = std::env::var_os("DATAGEN_POSTGRESQL").map(PathBuf::from);
        if folder.is_none() {
            println!(
                "left out: {test} needs DATAGEN_POSTGRESQL (tests/services/postgresql/run start DIR)"
            );
        }
        folder.map(Self)
    }

    fn script(arguments: &[&str], folder: &Path) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/postgresql/run");
        let mut command = Command::new(script);
        command.arg(arguments[0]).arg(folder).args(&arguments[1..]);
        command
    }

    /// What its script prints for an action.
    pub(crate) fn act(&self, arguments: &[&str]) -> String {
        let output = Self::script(arguments, &self.0).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs statements as the superuser.
    pub(crate) fn sql(&self, statements: &str) -> String {
        self.act(&["psql", "-At", "-c", statements])
    }

    pub(crate) fn port(&self) -> String {
        let settings = std::fs::read_to_string(self.0.join("settings")).unwrap();
        let port = settings.lines().find_map(|line| line.strip_prefix("POSTGRESQL_PORT="));
        port.unwrap().to_owned()
    }

    /// How it is reached and entered, as settings.
    pub(crate) fn settings(&self) -> Vec<String> {
        self.act(&["env"]).lines().map(str::to_owned).collect()
    }

    /// What the referee says of `table`, which stands in the schema `public` unless it says otherwise.
    pub(crate) fn referee(&self, table: &str, arguments: &[&str], input: &[u8]) -> String {
        let python = std::env::var("DATAGEN_REFEREE").unwrap_or_else(|_| "python3".to_owned());
        let table = if table.contains('.') { table.to_owned() } else { format!("public.{table}") };
        let url = format!("postgresql://datagen:datagen-secret@127.0.0.1:{}/datagen", self.port());
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/postgresql_read.py"))
            .args([&url, &table])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A referee that has failed does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "the referee failed on {table}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every row of the Parquet files in `folder` is there once, with its values.
    pub(crate) fn check(&self, table: &str, keep: &[&str], folder: &Path) {
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
            .filter(|name| name.ends_with(".parquet"))
            .collect();
        files.sort();
        let mut arguments = vec!["compare"];
        arguments.extend(keep);
        arguments.extend(files.iter().map(String::as_str));
        let differences = self.referee(table, &arguments, b"");
        assert!(differences.is_empty(), "{table}: {differences}");
    }

    /// A server of ours that may reach it.
    pub(crate) fn server(&self, folder: &Path) -> Server {
        let allowed = format!("127.0.0.1:{}", self.port());
        Server::start_by(datagen(folder).env("DATAGEN_CONNECTORS_ALLOWED_HOSTS", allowed))
    }
}

/// A table of this test run's own.
pub(crate) fn table(name: &str) -> String {
    format!("it_{}_{name}", std::process::id())
}

/// Rows of `keys` different keys, each with the number of its row.
pub(crate) fn model(database: &Database, table: &str, keys: u64, options: &Value) -> Value {
    let mut all: serde_json::Map<String, Value> = database
        .settings()
        .iter()
        .map(|setting| setting.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    all.extend(options.as_object().unwrap().clone());
    json!({
        "Fields": [
            {"name": "n", "type": "INCREMENT_LONG", "min": 0},
            {"name": "id", "type": "INTEGER", "min": 1, "max": keys},
            {"name": "city", "type": "CITY"},
            {"name": "No\"te", "type": "STRING", "length": 9, "null_rate": 0.2}
        ],
        "Table_Names": {"POSTGRESQL_TABLE_NAME": table, "LOCAL_FILE_PATH": "files/", "LOCAL_FILE_NAME": "rows"},
        "Options": all
    })
}

fn generate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["generate", "-q", "-m", "m.json", "--seed", "7", "--now", "2026-11-27T00:00:00Z"];
    [&usual[..], more].concat()
}

fn settings(database: &Database, more: &[String]) -> Vec<String> {
    let all = database.settings().into_iter().chain(more.iter().cloned());
    all.flat_map(|setting| ["--set".to_owned(), setting]).collect()
}

/// Issue 12: for all types with nulls, Unicode and extremes, psycopg reads the values of the Parquet files.
#[test]
fn rows_are_those_of_the_files() {
    let Some(database) = Database::find("postgresql and all types") else { return };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    for (name, rows) in [("hostile_values", "20000"), ("types", "3000")] {
        let folder = tempfile::tempdir().unwrap();
        let table = table(name);
        let model = models.join(format!("{name}.json"));
        let more = [format!("POSTGRESQL_TABLE_NAME={table}"), "LOCAL_FILE_PATH=files".to_owned()];
        let settings =
            settings(&database, &[&more[..], &["DELETE_PREVIOUS=true".to_owned()]].concat());
        let mut arguments =
            vec!["generate", "-q", "-m", model.to_str().unwrap(), "-c", "postgresql,parquet"];
        arguments.extend(["-n", rows, "-b", "3", "--seed", "7", "--now", "2026-11-27T00:00:00Z"]);
        arguments.extend(settings.iter().map(String::as_str));
        // Twice: what was there before is dropped.
        for _ in 0..2 {
            run_ok(folder.path(), &arguments);
        }
        database.check(&table, &[], &folder.path().join("files"));
        // What the runs could have gone on by is gone.
        let left = format!("SELECT count(*) FROM datagen_batches WHERE table_name = '{table}'");
        assert_eq!(database.sql(&left), "0\n");
    }
}

/// Issue 12: of rows with the same key the last one stays, or the first one, also within a batch; a plain insert tells
/// the row that is there twice.
#[test]
fn keys_decide_which_row_stays() {
    let Some(database) = Database::find("postgresql and keys") else { return };
    for (operation, keep) in [("upsert", "last"), ("insert-ignore", "first"), ("insert", "")] {
        let folder = tempfile::tempdir().unwrap();
        let table = table(&operation.replace('-', "_"));
        let options = json!({
            "POSTGRESQL_PRIMARY_KEYS": "id", "POSTGRESQL_OPERATION": operation, "POSTGRESQL_SCHEMA": "it Keys"
        });
        let model = model(&database, &table, 400, &options);
        std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
        let arguments = generate(&["-c", "postgresql,parquet", "-n", "1000", "-b", "3"]);
        let qualified = format!("it Keys.{table}");
        if keep.is_empty() {
            let output = run(folder.path(), &arguments);
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{told}");
            assert!(told.contains("connector `postgresql`, batch 0: row "), "{told}");
            assert!(
                told.contains("duplicate key value") && told.contains("POSTGRESQL_OPERATION"),
                "{told}"
            );
            assert_eq!(database.referee(&qualified, &["rows"], b""), "");
        } else {
            run_ok(folder.path(), &arguments);
            database.check(&qualified, &[keep, "id"], &folder.path().join("files"));
        }
    }
}

/// Issue 12: a table that is there is filled as its own types are, where every value fits exactly.
#[test]
fn a_table_that_is_there_keeps_its_types() {
    let Some(database) = Database::find("postgresql and a table that is there") else { return };
    let folder = tempfile::tempdir().unwrap();
    let table = table("there");
    database.sql(&format!(
        "SET ROLE datagen; CREATE DOMAIN it_domain_{table} AS numeric(12,3) CHECK (VALUE >= 0); CREATE TABLE {table} (\
         made serial, whole numeric, \"Id\" uuid NOT NULL, text varchar(40), document jsonb, day timestamp, \
         at timestamp, millis bigint, price it_domain_{table}, raw bytea, small bigint, later text DEFAULT 'x')"
    ));
    let model = json!({
        "Fields": [
            {"name": "raw", "type": "STRING", "possible_values": ["a\u{0}b"]},
            {"name": "small", "type": "INTEGER", "min": -5, "max": -5},
            {"name": "price", "type": "DECIMAL", "precision": 9, "scale": 2, "possible_values": ["7.25"]},
            {"name": "millis", "type": "TIMESTAMP", "min_date": "2026-01-01T00:00:01Z", "max_date": "2026-01-01T00:00:01Z"},
            {"name": "at", "type": "DATE", "min_date": "2026-01-01T00:00:01Z", "max_date": "2026-01-01T00:00:01Z"},
            {"name": "day", "type": "BIRTHDATE", "min_date": "1/2/1960", "max_date": "1/2/1960"},
            {"name": "document", "type": "STRING", "possible_values": ["{\"a\": [1, null]}"]},
            {"name": "text", "type": "STRING", "possible_values": ["Łódź"]},
            {"name": "Id", "type": "STRING", "possible_values": ["7d444840-9dc0-11d1-b245-5ffdce74fad2"]},
            {"name": "whole", "type": "LONG", "possible_values": [9_223_372_036_854_775_807_i64]}
        ],
        "Table_Names": {"POSTGRESQL_TABLE_NAME": table}
    });
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let settings = settings(&database, &[]);
    let mut arguments = generate(&["-c", "postgresql", "-n", "1"]);
    arguments.extend(settings.iter().map(String::as_str));
    run_ok(folder.path(), &arguments);
    let row = database.sql(&format!("SELECT * FROM {table}"));
    let at = "2026-01-01 00:00:01";
    let expected = format!(
        "1|9223372036854775807|7d444840-9dc0-11d1-b245-5ffdce74fad2|Łódź|{{\"a\": [1, null]}}|1960-02-01 00:00:00|{at}|\
         1767225601000|7.250|\\x610062|-5|x\n"
    );
    assert_eq!(row, expected);
}

/// What a command that is refused says.
fn refused(database: &Database, folder: &Path, options: &Value) -> String {
    let mut model = model(database, &table("any"), 9, &json!({}));
    for (key, value) in options.as_object().unwrap() {
        let section = if key == "Fields" { &mut model } else { &mut model["Options"] };
        section[key] = value.clone();
    }
    let named = &mut model["Table_Names"];
    if let Some(table) = options.get("POSTGRESQL_TABLE_NAME") {
        named["POSTGRESQL_TABLE_NAME"] = table.clone();
    }
    std::fs::write(folder.join("m.json"), model.to_string()).unwrap();
    let output = run(folder, &generate(&["-c", "postgresql", "-n", "1000"]));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    // The usual port stands in a hint, too.
    let told = told.replace(&format!("127.0.0.1:{}", database.port()), "127.0.0.1:PORT");
    told.replace(&std::process::id().to_string(), "RUN")
}

/// Issue 12: what is wrong is told before the first row, with the setting or the column to change.
#[test]
fn what_does_not_fit_names_the_setting() {
    let Some(database) = Database::find("postgresql refusals") else { return };
    let folder = tempfile::tempdir().unwrap();
    let there = table("narrow");
    database.sql(&format!(
        "SET ROLE datagen; CREATE TABLE {there} (n integer, id bigint GENERATED ALWAYS AS IDENTITY, city text, \
         must text NOT NULL); GRANT SELECT ON {there} TO pauper; CREATE VIEW {there}_view AS SELECT 1 AS n"
    ));
    let url = |rest: &str| format!("postgresql://127.0.0.1:{}/{rest}", database.port());
    let cases = [
        json!({"POSTGRESQL_PASSWORD": "wrong-canary"}),
        json!({"POSTGRESQL_URL": url("nowhere")}),
        json!({"POSTGRESQL_URL": "postgresql://127.0.0.1:1/datagen"}),
        json!({"POSTGRESQL_URL": url("datagen?sslmode=verify-full")}),
        json!({"POSTGRESQL_URL": url("datagen?sslmode=disable"), "POSTGRESQL_USER": "encrypted"}),
        json!({"POSTGRESQL_URL": url("datagen?connect_timeout=3")}),
        json!({"POSTGRESQL_URL": "127.0.0.1"}),
        json!({"POSTGRESQL_USER": "pauper", "POSTGRESQL_SCHEMA": "fresh"}),
        json!({"POSTGRESQL_TABLE_NAME": there}),
        json!({"POSTGRESQL_TABLE_NAME": format!("{there}_view")}),
        json!({"POSTGRESQL_PRIMARY_KEYS": "nobody"}),
        json!({"POSTGRESQL_OPERATION": "upsert"}),
        json!({"POSTGRESQL_TABLE_NAME": "x".repeat(64)}),
    ];
    let told: Vec<String> =
        cases.iter().map(|case| refused(&database, folder.path(), case)).collect();
    insta::assert_snapshot!(told.concat(), @r#"
        error: connector `postgresql`: `127.0.0.1:PORT`: password authentication failed for user "datagen" (28P01) (POSTGRESQL_USER and POSTGRESQL_PASSWORD are the login; `sslmode` in POSTGRESQL_URL says whether the connection is encrypted)
        error: connector `postgresql`: `127.0.0.1:PORT`: database "nowhere" does not exist (3D000) (POSTGRESQL_URL names the database behind the host)
        error: connector `postgresql`: `127.0.0.1:1`: Connection refused (os error 111) (POSTGRESQL_URL names the server)
        error: connector `postgresql`: `127.0.0.1:PORT`: invalid peer certificate: UnknownIssuer (POSTGRESQL_SSL_CA names the authorities that are trusted, and POSTGRESQL_URL the host as its certificate does)
        error: connector `postgresql`: `127.0.0.1:PORT`: pg_hba.conf rejects connection for host "127.0.0.1", user "encrypted", database "datagen", no encryption (28000) (POSTGRESQL_USER and POSTGRESQL_PASSWORD are the login; `sslmode` in POSTGRESQL_URL says whether the connection is encrypted)
        error: m: /Options/POSTGRESQL_URL: `POSTGRESQL_URL` has the parameter `connect_timeout`, which has no effect here, expected `sslmode` only
        error: m: /Options/POSTGRESQL_URL: `POSTGRESQL_URL` is no URL of a server, as `postgresql://host:5432/database`
        error: connector `postgresql`: the user lacks the right CREATE on the database, for schema "fresh" (grant it to the user that POSTGRESQL_USER names, or change POSTGRESQL_SCHEMA)
        error: connector `postgresql`: table "public"."it_RUN_narrow" does not fit the model: column "n" is integer, and not every bigint fits there; the server makes the values of column "id" itself; there is no column "No""te" (the field is text); column "must" is NOT NULL without a default, and the model has no such field (change the fields or the table, set POSTGRESQL_TABLE_NAME to another one, or DELETE_PREVIOUS=true to make it anew)
        error: connector `postgresql`: "public"."it_RUN_narrow_view" is no table (set POSTGRESQL_TABLE_NAME to a table's name)
        error: m: /Options/POSTGRESQL_PRIMARY_KEYS: `POSTGRESQL_PRIMARY_KEYS` is the text `nobody`, expected the name of a field of the model
        error: m: /Options/POSTGRESQL_OPERATION: `POSTGRESQL_OPERATION` needs a key: `POSTGRESQL_PRIMARY_KEYS` names its fields
        error: m: /Options/POSTGRESQL_TABLE_NAME: `POSTGRESQL_TABLE_NAME` has 64 bytes, and names of PostgreSQL have at most 63
    "#);
}

/// Issue 12: the right that is missing on a table that is there is told by its name.
#[test]
fn rights_are_looked_at_before_the_first_row() {
    let Some(database) = Database::find("postgresql rights") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (schema, name) = (table("rights"), "t");
    let mut told = String::new();
    database.sql(&format!(
        "SET ROLE datagen; CREATE SCHEMA {schema}; CREATE TABLE {schema}.{name} (n bigint, id integer PRIMARY KEY, \
         city text, \"No\"\"te\" text)"
    ));
    let options = json!({
        "POSTGRESQL_USER": "pauper", "POSTGRESQL_SCHEMA": schema, "POSTGRESQL_TABLE_NAME": name,
        "POSTGRESQL_PRIMARY_KEYS": "id"
    });
    for grant in [
        "SELECT",
        &format!("GRANT USAGE ON SCHEMA {schema} TO pauper"),
        &format!("GRANT INSERT, SELECT ON {schema}.{name} TO pauper"),
        &format!("GRANT UPDATE ON {schema}.{name} TO pauper"),
    ] {
        database.sql(&format!("SET ROLE datagen; {grant}"));
        told += &refused(&database, folder.path(), &options);
    }
    database.sql(&format!("SET ROLE datagen; GRANT CREATE ON SCHEMA {schema} TO pauper"));
    insta::assert_snapshot!(told, @r#"
        error: connector `postgresql`: the user lacks the right USAGE on schema "it_RUN_rights" (grant it to the user that POSTGRESQL_USER names, or change POSTGRESQL_SCHEMA)
        error: connector `postgresql`: the user lacks the right INSERT on "it_RUN_rights"."t" (grant it to the user that POSTGRESQL_USER names, or change POSTGRESQL_TABLE_NAME)
        error: connector `postgresql`: the user lacks the right UPDATE on "it_RUN_rights"."t" (grant it to the user that POSTGRESQL_USER names, or change POSTGRESQL_TABLE_NAME)
        error: connector `postgresql`: the user lacks the right CREATE on schema "it_RUN_rights" (grant it to the user that POSTGRESQL_USER names, or change POSTGRESQL_SCHEMA)
    "#);
    run_ok(folder.path(), &generate(&["-c", "postgresql", "-n", "50"]));
}

/// Issue 12: what the server says of a row is told with the row, and nothing of its batch stays.
#[test]
fn a_row_that_the_server_refuses_is_told() {
    let Some(database) = Database::find("postgresql and constraints") else { return };
    let folder = tempfile::tempdir().unwrap();
    let table = table("checked");
    let make = |constraint: &str| {
        database.sql(&format!(
            "SET ROLE datagen; DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (n bigint, id integer, city varchar(200), \
             \"No\"\"te\" text, {constraint})"
        ));
    };
    let mut told = String::new();
    for constraint in ["CHECK (n <> 77)", "UNIQUE (id)", "CHECK (\"No\"\"te\" IS NOT NULL)"] {
        make(constraint);
        let options = json!({"POSTGRESQL_TABLE_NAME": table});
        told += &refused(&database, folder.path(), &options);
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), "0\n");
    }
    insta::assert_snapshot!(told, @r#"
        error: connector `postgresql`, batch 0: row 76: new row for relation "it_RUN_checked" violates check constraint "it_RUN_checked_n_check" (23514): Failing row contains (77, 9, Kikuyu, H0vFlIAXh). (let the model make what the table's constraints ask for)
        error: connector `postgresql`, batch 0: row 5: duplicate key value violates unique constraint "it_RUN_checked_id_key" (23505): Key (id)=(4) already exists. (set POSTGRESQL_PRIMARY_KEYS to the fields of the key and POSTGRESQL_OPERATION to upsert or insert-ignore, or DELETE_PREVIOUS=true)
        error: connector `postgresql`, batch 0: row 0: new row for relation "it_RUN_checked" violates check constraint "it_RUN_checked_No"te_check" (23514): Failing row contains (1, 4, Sialkot, null). (let the model make what the table's constraints ask for)
    "#);
    let nul = json!([{"name": "a", "type": "STRING", "possible_values": ["a\u{0}b"]}]);
    let told = refused(&database, folder.path(), &json!({"Fields": nul}));
    insta::assert_snapshot!(told, @"error: connector `postgresql`: column `a`, row 0: texts of PostgreSQL have no NUL character (U+0000): let the field make none, or let the table's column be `bytea`");
}

/// Issue 12: what would be made is printed without a server.
#[test]
fn statements_are_printed_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let model = json!({
        "Fields": [
            {"name": "big", "type": "LONG"}, {"name": "small", "type": "INTEGER"}, {"name": "yes", "type": "BOOLEAN"},
            {"name": "single", "type": "FLOAT"}, {"name": "double", "type": "DOUBLE"}, {"name": "b", "type": "BYTES", "length": 3},
            {"name": "money", "type": "DECIMAL", "precision": 12, "scale": 2}, {"name": "born", "type": "BIRTHDATE"},
            {"name": "at", "type": "DATE"}, {"name": "stamp", "type": "TIMESTAMP"},
            {"name": "te\"xt", "type": "STRING", "null_rate": 0.5}, {"name": "ghost", "type": "UUID", "ghost": true}
        ],
        "Table_Names": {"POSTGRESQL_TABLE_NAME": "t", "POSTGRESQL_SCHEMA": "it's"},
        "Options": {"POSTGRESQL_PRIMARY_KEYS": ["small", "big"], "POSTGRESQL_UNLOGGED": true}
    });
    std::fs::write(folder.path().join("m.json"), model.to_string()).unwrap();
    let ddl = ["ddl", "m.json", "--dialect", "postgres"];
    insta::assert_snapshot!(run_ok(folder.path(), &ddl), @r#"
        CREATE SCHEMA IF NOT EXISTS "it's";
        CREATE UNLOGGED TABLE "it's"."t" (
          "big" bigint NOT NULL,
          "small" integer NOT NULL,
          "yes" boolean NOT NULL,
          "single" real NOT NULL,
          "double" double precision NOT NULL,
          "b" bytea NOT NULL,
          "money" numeric(12,2) NOT NULL,
          "born" date NOT NULL,
          "at" timestamp with time zone NOT NULL,
          "stamp" timestamp with time zone NOT NULL,
          "te""xt" text,
          PRIMARY KEY ("small", "big")
        );
        CREATE TABLE IF NOT EXISTS "it's"."datagen_batches" (run text NOT NULL, table_name text NOT NULL, batch bigint NOT NULL, rows bigint NOT NULL, committed_at timestamp with time zone NOT NULL DEFAULT now(), PRIMARY KEY (run, table_name, batch));
    "#);
    let refused = |dialect: &str, more: &[&str]| {
        let arguments = ["ddl", "m.json", "--dialect", dialect];
        let output = run(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let told = [
        refused("postgresql", &["--set", "POSTGRESQL_PRIMARY_KEYS=ghost"]),
        refused("postgres", &["--set", "POSTGRESQL_TABLE_NAME="]),
        refused("oracle", &[]),
    ];
    insta::assert_snapshot!(told.concat(), @r"
        error: m: POSTGRESQL_PRIMARY_KEYS: `POSTGRESQL_PRIMARY_KEYS` names the ghost field `ghost`, which is no column of the table
        error: m: POSTGRESQL_TABLE_NAME: `POSTGRESQL_TABLE_NAME` is missing: the table to write to
        error: --dialect `oracle`: expected postgres
    ");
}

/// Issue 12: a setting that is wrong by itself is refused by its name, without a server.
#[test]
fn wrong_settings_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let model = r#"{"Fields": [{"name": "a", "type": "LONG", "null_rate": 0.5}, {"name": "b", "type": "LONG", "ghost": true}]}"#;
    std::fs::write(folder.path().join("m.json"), model).unwrap();
    let good = [
        "POSTGRESQL_URL=postgresql://ann@db.example/lake",
        "POSTGRESQL_TABLE_NAME=t",
        "POSTGRESQL_PRIMARY_KEYS=a",
    ];
    let told = |more: &[&str]| {
        let settings = good.iter().chain(more).flat_map(|setting| ["--set", setting]);
        let arguments: Vec<&str> =
            ["check", "m.json", "-c", "postgresql"].into_iter().chain(settings).collect();
        let output = run(folder.path(), &arguments);
        format!(
            "{}{}",
            String::from_utf8(output.stderr).unwrap(),
            String::from_utf8(output.stdout).unwrap()
        )
    };
    let all = [
        told(&[]),
        told(&["POSTGRESQL_URL="]),
        told(&["POSTGRESQL_URL=postgresql://db.example/lake"]),
        told(&["POSTGRESQL_URL=postgresql://ann@db.example/lake?sslmode=strict"]),
        told(&["POSTGRESQL_URL=postgresql://ann@a b/lake"]),
        told(&["POSTGRESQL_SCHEMA=  ", "POSTGRESQL_OPERATION=replace"]),
        told(&["POSTGRESQL_PRIMARY_KEYS=a,b"]),
        told(&["POSTGRESQL_TIMEOUT=0", "POSTGRESQL_UNLOGGED=maybe"]),
        told(&["POSTGRESQL_SSL_KEY=x"]),
        told(&[
            "POSTGRESQL_URL=jdbc:postgresql://a:5433,[::1]/lake?sslmode=disable",
            "POSTGRESQL_USER=ann",
            "POSTGRESQL_SSL_CA=/nowhere",
        ]),
    ];
    insta::assert_snapshot!(all.concat(), @r"
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: ok
        error: m.json: POSTGRESQL_URL: `POSTGRESQL_URL` is missing: the server and its database, as `postgresql://host:5432/database`
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: refused
        error: m.json: /Options/POSTGRESQL_USER: `POSTGRESQL_USER` is missing: the name of the login (it may stand in the URL as well; a password stands in `POSTGRESQL_PASSWORD` only)
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: refused
        error: m.json: POSTGRESQL_URL: `sslmode` in `POSTGRESQL_URL` is `strict`, expected one of disable, prefer, require, verify-ca, verify-full
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: refused
        error: m.json: POSTGRESQL_URL: `POSTGRESQL_URL`: `a b` names no host, expected one such as kafka.example:9092, *.example, 10.1.2.3 or 10.0.0.0/8
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: refused
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        error: m.json: POSTGRESQL_OPERATION: `POSTGRESQL_OPERATION` is the text `replace`, expected one of insert, upsert, insert-ignore
        m.json: refused
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        error: m.json: POSTGRESQL_PRIMARY_KEYS: `POSTGRESQL_PRIMARY_KEYS` names the ghost field `b`, which is no column of the table
        m.json: refused
        error: m.json: POSTGRESQL_TIMEOUT: `POSTGRESQL_TIMEOUT` is the text `0`, expected a whole number from 1 to 86400
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        error: m.json: POSTGRESQL_UNLOGGED: `POSTGRESQL_UNLOGGED` is the text `maybe`, expected true or false
        m.json: refused
        error: m.json: POSTGRESQL_SSL_KEY: `POSTGRESQL_SSL_CERTIFICATE` and `POSTGRESQL_SSL_KEY` belong together
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: refused
        warning: m.json: POSTGRESQL_SSL_CA: `POSTGRESQL_SSL_CA` has no effect: `sslmode` in `POSTGRESQL_URL` is disable
        warning: m.json: POSTGRESQL_PRIMARY_KEYS: field `a` may be null and is in `POSTGRESQL_PRIMARY_KEYS`: a row with a null there fails its batch
        m.json: ok
    ");
}

/// Issue 12: for all kills, every row is there once, as the files of the same command have it.
#[test]
fn a_killed_server_copies_every_row_once() {
    let Some(database) = Database::find("postgresql and kills") else { return };
    for keys in [0, 1_000_000_000] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("models")).unwrap();
        let table = table(&format!("kills_{keys}"));
        let options = if keys > 0 { json!({"POSTGRESQL_PRIMARY_KEYS": ["n"]}) } else { json!({}) };
        let file = folder.path().join("m.json");
        std::fs::write(&file, model(&database, &table, 9, &options).to_string()).unwrap();
        let mut server = database.server(folder.path());
        let form = format!("model_file=@{}", file.display());
        let path =
            "/datagen/multipleconnectors?connectors=postgresql,parquet&rows=2000&batches=120";
        let id = server.submit(path, &[&form]);
        let mut random = std::process::id();
        for _ in 0..5 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            std::thread::sleep(Duration::from_millis(u64::from(random >> 16) % 900 + 100));
            server.kill();
            server = database.server(folder.path());
        }
        let status = server.wait_after_kills(&id);
        assert_eq!(status["status"], "FINISHED", "{status}");
        assert_eq!(status["connectors"][0]["rows"], 240_000, "{status}");
        database.check(&table, &[], &folder.path().join("out/files"));
    }
}
