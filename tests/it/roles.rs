//! Who may do what: every operation of the API with every kind of caller, as one table.
//!
//! Issue 9, attacks section E.

use crate::server::Server;
use crate::support::{PASSWORD, add_user};

/// Callers, in the columns of the table. `ann` owns what is asked for; `bob` is another user.
const CALLERS: [&str; 5] = ["nobody", "eve", "ann", "bob", "root"];

/// What an operation answers: to nobody, a viewer, the owner, another user, an admin.
type Row = (&'static str, &'static str, [u16; 5]);

const STORE: &str =
    "/model/store?name=own&model={%22Fields%22:[{%22name%22:%22a%22,%22type%22:%22INTEGER%22}]}";

const TRY: &str = "/generators/try?code=fn+generate(row,params)%7B1%7D&returns=int64";

/// `ID` is a command of ann that is over, `PLAN` one of hers with a schedule, `own` a model that she stored
/// before each request.
const TABLE: &[Row] = &[
    // Open to everybody.
    ("GET", "/health/live", [200, 200, 200, 200, 200]),
    ("GET", "/health/ready", [200, 200, 200, 200, 200]),
    ("GET", "/health/status", [200, 200, 200, 200, 200]),
    ("GET", "/metrics", [200, 200, 200, 200, 200]),
    ("GET", "/metrics/all", [200, 200, 200, 200, 200]),
    ("GET", "/openapi.json", [200, 200, 200, 200, 200]),
    // What every login may read.
    ("GET", "/models", [401, 200, 200, 200, 200]),
    ("GET", "/generators", [401, 200, 200, 200, 200]),
    ("GET", "/connectors", [401, 200, 200, 200, 200]),
    ("GET", "/model_store/list", [401, 200, 200, 200, 200]),
    ("POST", "/command/getAll", [401, 200, 200, 200, 200]),
    ("POST", "/command/getAllScheduled", [401, 200, 200, 200, 200]),
    ("POST", "/command/getByStatus?status=FINISHED", [401, 200, 200, 200, 200]),
    // A command: a viewer sees all of them, a user their own.
    ("POST", "/command/getCommandStatus?commandUuid=ID", [401, 200, 200, 404, 200]),
    ("POST", "/command/get?commandUuid=ID", [401, 200, 200, 404, 200]),
    ("GET", "/command/events?commandUuid=ID", [401, 200, 200, 404, 200]),
    ("GET", "/command/data?commandUuid=ID", [401, 200, 200, 404, 200]),
    // Steering: what cannot be done now is a conflict to those who may.
    ("POST", "/command/cancel?commandUuid=ID", [401, 403, 409, 404, 409]),
    ("POST", "/command/retry?commandUuid=ID", [401, 403, 409, 404, 409]),
    ("POST", "/command/pause?commandUuid=PLAN", [401, 403, 200, 404, 200]),
    ("POST", "/command/resume?commandUuid=PLAN", [401, 403, 200, 404, 200]),
    // Making rows and keeping models.
    ("POST", "/datagen/csv?rows=1&batches=1&model=customer", [401, 403, 200, 200, 200]),
    (
        "POST",
        "/datagen/multipleconnectors?connectors=csv&rows=1&batches=1",
        [401, 403, 200, 200, 200],
    ),
    ("POST", "/model/test?model=customer", [401, 403, 200, 200, 200]),
    ("POST", TRY, [401, 403, 403, 403, 200]),
    ("POST", STORE, [401, 403, 200, 403, 200]),
    ("GET", "/model/store?model=own", [401, 200, 200, 404, 200]),
    ("DELETE", "/model/store?model=own", [401, 403, 200, 404, 200]),
    // Last: it ends the schedule.
    ("POST", "/command/removeScheduled?commandUuid=PLAN", [401, 403, 200, 404, 409]),
];

/// The status code that `caller` gets.
fn code(server: &Server, caller: &str, method: &str, path: &str) -> u16 {
    let login = format!("{caller}:{PASSWORD}");
    let all = ["-g", "-X", method, "-o", "/dev/null", "-u", &login];
    let arguments = if caller == "nobody" { &all[..5] } else { &all[..] };
    server.curl(path, arguments).0
}

#[test]
fn every_operation_answers_every_caller_as_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    for (name, role) in [("ann", "user"), ("bob", "user"), ("eve", "viewer"), ("root", "admin")] {
        add_user(folder.path(), name, role);
    }
    let server = Server::start(folder.path());
    let submit = |query: &str| {
        let path = format!("/datagen/csv?rows=1&batches=1&model=sensor{query}");
        let (code, answer) = server.post(&path, &["-u", "ann:correct horse"]);
        assert_eq!(code, 200, "{answer}");
        answer["commandUuid"].as_str().unwrap().to_owned()
    };
    let (id, plan) = (submit(""), submit("&delay_between_executions_seconds=9000"));
    for id in [&id, &plan] {
        server.wait_as(id, &["-u", "ann:correct horse"]);
    }
    let mut told = String::new();
    for (method, path, expected) in TABLE {
        let path = path.replace("ID", &id).replace("PLAN", &plan);
        for (caller, expected) in CALLERS.iter().zip(expected) {
            if path.contains("own") {
                assert_eq!(code(&server, "ann", "POST", STORE), 200);
            }
            let found = code(&server, caller, method, &path);
            if found != *expected {
                told.push_str(&format!(
                    "{method} {path}: {caller} got {found}, expected {expected}\n"
                ));
            }
        }
    }
    assert!(told.is_empty(), "{told}");
}
