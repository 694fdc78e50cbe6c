//! What a client may send as parameters, in every form and with every slip: nothing is dropped in silence.

use std::path::Path;

use serde_json::Value;

use crate::server::Server;

/// A model whose rows are told from the default model's by their one column.
const MINE: &str = r#"{"model_name": "mine", "Fields": [{"name": "mine", "type": "SEQUENCE"}]}"#;

/// The kinds of body: arguments of curl.
const JSON: [&str; 2] = ["-H", "content-type: application/json"];
const PARTS: [&str; 2] = ["-H", "content-type: multipart/form-data; boundary=X"];

fn server(folder: &Path) -> Server {
    std::fs::create_dir(folder.join("models")).unwrap();
    for (name, text) in [
        ("mine.json", MINE),
        ("models/kept.json", MINE),
        ("empty.json", ""),
        ("blank.json", " \n"),
        ("list.json", "[1, 2]"),
        ("rows.txt", "5"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Server::start(folder)
}

/// `path` with the arguments, in which `@` stands for the folder of files.
fn ask(server: &Server, folder: &Path, path: &str, arguments: &[&str]) -> (u16, Value) {
    let files = format!("@{}/", folder.display());
    let texts = format!("<{}/", folder.display());
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.replace("@./", &files).replace("<./", &texts))
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    server.post(path, &arguments)
}

/// Issue 9, F2 and B3: the model that was sent is the one that is used.
#[test]
fn a_model_is_taken_however_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let inner = format!(r#"{{"model": {MINE}}}"#);
    let parts = format!(
        "--X\r\ncontent-disposition: form-data; name=\"model\"; filename=\"\"\r\n\r\n{MINE}\r\n--X--\r\n"
    );
    let marked = format!("\u{feff}{MINE}");
    let encoded = form_urlencoded_model();
    let ways: &[&[&str]] = &[
        &["-F", "model_file=@./mine.json"],
        &["-F", "model_file=@./mine.json;type=application/json"],
        &["-F", "model=@./mine.json"],
        &["-F", "file=@./mine.json"],
        &["-F", "model_file=<./mine.json"],
        &["-F", "model=<./mine.json"],
        &["-F", "model=kept"],
        &["-F", "model_file=kept.json"],
        &["-F", "model=kept", "-F", "model=kept"],
        &["-F", "model=kept", "-F", "model_file=kept"],
        &["-F", "model=kept", "-F", "model_file="],
        &["-d", "model=kept"],
        &["-d", &encoded],
        &[
            "-H",
            "content-type: application/x-www-form-urlencoded;charset=UTF-8",
            "-d",
            "model=kept",
        ],
        &[&JSON[..], &["-d", "{\"model\": \"kept\"}"]].concat(),
        &[&JSON[..], &["-d", &inner]].concat(),
        // The body is the model itself.
        &[&JSON[..], &["--data-binary", "@./mine.json"]].concat(),
        &[&JSON[..], &["-d", &marked]].concat(),
        &["-H", "content-type: application/json; charset=utf-8", "-d", "{\"model\": \"kept\"}"],
        &[&PARTS[..], &["--data-binary", &parts]].concat(),
    ];
    for way in ways {
        let (code, row) = ask(&server, folder.path(), "/model/test", way);
        assert_eq!((code, row.to_string().as_str()), (200, r#"{"mine":1}"#), "{way:?}");
        let path = "/datagen/csv?rows=1&batches=1";
        let (code, accepted) = ask(&server, folder.path(), path, way);
        assert_eq!(code, 200, "{way:?}: {accepted}");
        assert!(accepted.get("warnings").is_none(), "{way:?}: {accepted}");
        let which = format!("commandUuid={}", accepted["commandUuid"].as_str().unwrap());
        let (_, command) = server.post("/command/get", &["-d", &which]);
        assert_eq!(command["modelId"], "mine", "{way:?}");
    }
    // Nothing at all is the default model, also with a form in which no file was chosen.
    let none = "--X\r\ncontent-disposition: form-data; name=\"model_file\"; filename=\"\"\r\n\r\n\r\n--X--\r\n";
    for way in [&[][..], &["-F", "rows=1"], &[&PARTS[..], &["--data-binary", none]].concat()] {
        let (code, row) = ask(&server, folder.path(), "/model/test", way);
        let row = row.get(0).unwrap_or(&row).clone();
        assert!(code == 200 && row["first_name"].is_string(), "{way:?}: {row}");
    }
}

/// [`MINE`] as a form holds it.
fn form_urlencoded_model() -> String {
    let escaped: String = MINE
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("model={escaped}")
}

/// Issue 9, F2 and B3: whatever was sent and is not taken is refused with the cure.
#[test]
fn what_is_sent_and_not_taken_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let nameless = "--X\r\ncontent-disposition: form-data\r\n\r\n{}\r\n--X--\r\n";
    let empty_name =
        "--X\r\ncontent-disposition: form-data; name=\"\"; filename=\"m\"\r\n\r\n{}\r\n--X--\r\n";
    let no_disposition = "--X\r\nx: y\r\n\r\n{}\r\n--X--\r\n";
    let unended = "--X\r\ncontent-disposition: form-data; name=\"rows\"\r\n\r\n1";
    let latin = b"--X\r\ncontent-disposition: form-data; name=\"rows\"\r\n\r\n\xe9\r\n--X--\r\n";
    std::fs::write(folder.path().join("latin"), latin).unwrap();
    let many = format!("{{{}\"z\": 1}}", "\"a\": 1, ".repeat(10_001));
    std::fs::write(folder.path().join("many.json"), many).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (
            &["-F", "fiel=@./mine.json"],
            "the file `mine.json` came as `fiel`, which is no parameter; send it as `model_file`",
        ),
        (&["-F", "Model=@./mine.json"], "send it as `model_file`"),
        (&["-F", "upload=@./mine.json"], "send it as `model_file`"),
        (&["-F", "rows=@./rows.txt"], "curl sends the text of a file by -F 'rows=<FILE'"),
        (&["-F", "model_file=@./empty.json"], "the file `empty.json` is empty"),
        (&["-F", "model_file=@./blank.json"], "the file `blank.json` is empty"),
        (&["-F", "model="], "`model` is empty"),
        (
            &["-F", "model_file=@./mine.json", "-F", "model=kept"],
            "two models are given, as `model_file` and as `model`",
        ),
        (
            &["-F", "model_file=@./mine.json", "-F", "model_file=@./mine.json"],
            "two models are given",
        ),
        (&["-F", "model=kept", "-F", "model_file=customer"], "two models are given"),
        (&["-F", "model_file=@./list.json"], "expected a JSON object"),
        (&["-F", "fiel=<./mine.json"], "did you mean `file`?"),
        (&["-F", "row=5"], "there is no parameter `row` (did you mean `rows`?)"),
        (&["-F", "FIEL=x"], "did you mean `file`?"),
        (&["-F", "rows=1", "-F", "rows=2"], "`rows` is given twice, as `1` and as `2`"),
        // curl calls these a form.
        (&["--data-binary", "@./mine.json"], "a model is sent by -F model_file=@FILE"),
        (&["-d", "[1,2]"], "the body is JSON and its content type says that it is a form"),
        (&["-d", "Fields: - name"], "is no name of a parameter"),
        (&["-d", "<model/>"], "is no name of a parameter"),
        (&["-H", "content-type: text/plain", "-d", MINE], "content type `text/plain`, expected"),
        (&["-H", "content-type:", "-d", MINE], "content type ``, expected"),
        (
            &["-H", "content-type: application/yaml", "-d", "rows: 5"],
            "a model is sent by -F model_file=@FILE",
        ),
        (&[JSON[0], JSON[1], "-d", "[{\"rows\": 1}]"], "the JSON body is no object"),
        (&[JSON[0], JSON[1], "-d", "\"kept\""], "the JSON body is no object"),
        (&[JSON[0], JSON[1], "-d", "{\"rows\": 1"], "not valid JSON"),
        (&[JSON[0], JSON[1], "-d", "{\"rows\": 1} {}"], "not valid JSON"),
        (&[JSON[0], JSON[1], "-d", "{\"rows\": {}}"], "`rows` is an object, expected a text"),
        (&[JSON[0], JSON[1], "-d", "{\"rows\": [[]]}"], "`rows` is a list, expected a text"),
        (&[JSON[0], JSON[1], "-d", "{\"model\": [1, 2]}"], "`model` is given twice"),
        (&[JSON[0], JSON[1], "-d", "{\"rows\": 1, \"rows\": 2}"], "`rows` is given twice"),
        (&[JSON[0], JSON[1], "--data-binary", "@./many.json"], "more than 10000"),
        (&[PARTS[0], PARTS[1], "--data-binary", "--X--\r\n"], "the form is empty"),
        (&[PARTS[0], PARTS[1], "--data-binary", nameless], "a part of the form has no name"),
        (&[PARTS[0], PARTS[1], "--data-binary", empty_name], "a part of the form has no name"),
        (&[PARTS[0], PARTS[1], "--data-binary", no_disposition], "a part of the form has no name"),
        (&[PARTS[0], PARTS[1], "--data-binary", unended], "the body cannot be read"),
        (&[PARTS[0], PARTS[1], "--data-binary", "no part"], "the body cannot be read"),
        (&[PARTS[0], PARTS[1], "--data-binary", "@./latin"], "`rows` is not UTF-8 text"),
        (&["-H", "content-type: multipart/form-data", "--data-binary", "--X--\r\n"], "boundary"),
    ];
    for (arguments, words) in cases {
        for path in ["/datagen/csv", "/model/test"] {
            let (code, answer) = ask(&server, folder.path(), path, arguments);
            let error = answer["error"].as_str().unwrap_or_default();
            assert_eq!(code, 400, "{path} {arguments:?}: {answer}");
            // `/model/test` takes no settings: it calls such names unknown.
            let told =
                error.contains(words) || (path == "/model/test" && error.contains("parameter"));
            assert!(told, "{path} {arguments:?}: {error}");
        }
    }
    let (_, all) = server.post("/command/getAll", &[]);
    assert_eq!(all, Value::Array(Vec::new()), "nothing was accepted");
}

/// Issue 9, F2: the same holds for the query, and for operations that take no settings.
#[test]
fn a_misspelt_parameter_is_refused_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let upload = ["-F", "model_file=@./mine.json"];
    let cases: &[(&str, &[&str], &str)] = &[
        ("/datagen/csv?row=5", &upload, "did you mean `rows`?"),
        ("/datagen/csv?rows=5&batch=1", &upload, "did you mean `batches`?"),
        ("/datagen/csv?rows=5", &["-F", "rows=6"], "`rows` is given twice, as `5` and as `6`"),
        (
            "/datagen/csv?connectors=json",
            &upload,
            "`/datagen/csv` writes to `csv` only; `/datagen/multipleconnectors` takes `connectors`",
        ),
        ("/datagen/csv?threads=0", &upload, "expected a whole number from 1 to 64"),
        ("/datagen/csv?threads=65", &upload, "expected a whole number from 1 to 64"),
        ("/datagen/csv?threads=x", &upload, "expected a whole number from 1 to 64"),
        ("/datagen/csv?CSV_NULL=a&csv_null=b", &upload, "is given twice"),
        (
            "/model/test?threads=2",
            &upload,
            "there is no parameter `threads` here, expected file, model, model_file, now, rows, seed",
        ),
        ("/model/store?naem=x", &upload, "did you mean `name`?"),
        ("/command/getAll?limt=5", &[], "did you mean `limit`?"),
        ("/command/getAll", &["-F", "file=@./mine.json"], "no file is taken here"),
        ("/command/getCommandStatus?commandUUID=x", &[], "did you mean `commandUuid`?"),
        ("/generators/try", &["-F", "kode=@./mine.json"], "send it as `file`"),
        ("/generators/try", &["-F", "code=1", "-F", "row=1"], "did you mean `rows`?"),
        (
            "/command/cancel?force=true",
            &[],
            "there is no parameter `force` here, expected commandUuid",
        ),
    ];
    for (path, arguments, words) in cases {
        let (code, answer) = ask(&server, folder.path(), path, arguments);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(code == 400 && error.contains(words), "{path} {arguments:?}: {code} {answer}");
    }
    // A setting that nobody knows has its warning, as the reference takes anything.
    let (code, answer) =
        ask(&server, folder.path(), "/datagen/csv?rows=1&batches=1&extraProperties=x", &upload);
    assert_eq!((code, &answer["warnings"][0]["code"]), (200, &"unknown_option".into()), "{answer}");
    // The connector of the path may be said again.
    let (code, answer) =
        ask(&server, folder.path(), "/datagen/csv?connectors=CSV&rows=1&batches=1", &upload);
    assert_eq!((code, &answer["error"]), (200, &"".into()), "{answer}");
}
