//! Models that a server keeps.

use serde_json::json;

use crate::server::Server;

const MODEL: &str = r#"{"model_name": "orders", "Fields": [{"name": "id", "type": "INTEGER", "min": 1, "max": 1}]}"#;

#[test]
fn a_model_is_kept_named_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let upload = format!("model_file={MODEL};filename=orders.json");
    let (code, answer) = server.post("/model/store", &["-F", &upload]);
    assert_eq!((code, answer), (200, json!({"model": "orders", "owner": "", "error": ""})));
    let (code, name) =
        server.curl("/api/v1/model_store/add", &["-F", &upload, "-F", "name=second"]);
    assert_eq!((code, name.as_str()), (200, "second"));
    // Named as the shipped ones are, also after a restart.
    server.kill();
    let server = Server::start(folder.path());
    let (_, row) = server.post("/model/test", &["-F", "model=orders"]);
    assert_eq!(row, json!({"id": 1}));
    let id = server.submit("/datagen/csv?rows=1&batches=1", &["model=second"]);
    assert_eq!(server.wait(&id)["status"], "FINISHED");
    let get = |path: &str| server.curl(path, &[]);
    let (_, models) = get("/models");
    assert!(
        models.starts_with(r#"{"stored":["orders","second"],"shipped":["call_record","#),
        "{models}"
    );
    assert_eq!(get("/model/store?model=orders"), (200, MODEL.to_owned()));
    assert_eq!(get("/api/v1/model_store/get?model=orders"), (200, MODEL.to_owned()));
    assert_eq!(get("/api/v1/model_store/list"), (200, r#"["orders","second"]"#.to_owned()));
    assert_eq!(get("/api/v1/model_store/list/owner?model=orders"), (200, "anonymous".to_owned()));
    let rights = "/api/v1/model_store/add/users?model=orders&user=ann";
    assert_eq!(server.post(rights, &[]), (200, json!(true)));
    let groups = "/api/v1/model_store/add/admin_groups?model=orders&group=ops";
    assert_eq!(server.post(groups, &[]), (200, json!(true)));
    assert_eq!(get("/model_store/list/users?model=orders"), (200, r#"["ann"]"#.to_owned()));
    assert_eq!(get("/model_store/list/admin_groups?model=orders"), (200, r#"["ops"]"#.to_owned()));
    let delete = |path: &str| server.curl(path, &["-X", "DELETE"]);
    let taken = "/model_store/delete/users?model=orders&user=ann";
    assert_eq!(delete(taken), (200, "true".to_owned()));
    assert_eq!(delete(taken), (200, "false".to_owned()));
    assert_eq!(delete("/api/v1/model_store/delete?model=second"), (200, "false".to_owned()));
    assert_eq!(delete("/model/store?model=orders").0, 200);
    assert_eq!(delete("/model/store?model=orders").0, 404);
    assert_eq!(get("/model_store/list/users?model=orders").0, 404);
}

#[test]
fn a_model_that_cannot_run_or_has_no_safe_name_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let upload = format!("model={MODEL}");
    for name in ["../x", "a/b", "..", ".hidden", "customer", &"x".repeat(101)] {
        let (code, answer) =
            server.post("/model/store", &["-F", &upload, "-F", &format!("name={name}")]);
        assert_eq!((code, &answer["code"]), (400, &"wrong_name".into()), "{name}: {answer}");
    }
    let wrong = r#"model={"model_name": "w", "Fields": [{"name": "a", "type": "INTGER"}]}"#;
    let (code, answer) = server.post("/model/store", &["-F", wrong]);
    assert_eq!((code, &answer["code"]), (400, &"wrong_model".into()), "{answer}");
    let (code, answer) = server.post("/model/store", &["-F", "model=customer"]);
    assert_eq!(code, 400, "{answer}");
    let (code, answer) = server.post("/model_store/add/readers?model=a&user=b", &[]);
    assert_eq!(code, 400, "{answer}");
    assert_eq!(server.curl("/model_store/list", &[]), (200, "[]".to_owned()));
}
