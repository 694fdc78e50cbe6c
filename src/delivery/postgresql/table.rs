//! The table: what is there, what is made, and whether rows fit.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::attributes::{KEYS, OPERATION, SCHEMA, TABLE, USER};
use super::cells::Sent;
use super::server::Session;
use super::types::{Found, declared, fitting, listed, quoted};
use crate::columns::ColumnInfo;
use crate::remote::{Failure, Kind};

/// The table in which transactions leave the numbers of their batches.
const BATCHES: &str = "datagen_batches";

/// The table of a schema and a name: its number, its kind, and whether rows are kept from the user.
const TABLE_QUERY: &str = "SELECT c.oid, c.relkind::text, row_security_active(c.oid) FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";

/// The columns of a table.
const COLUMNS_QUERY: &str = "SELECT a.attname::text, coalesce(b.typname, t.typname)::text, \
     pg_catalog.format_type(a.atttypid, a.atttypmod), \
     CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, a.attnotnull, a.atthasdef, \
     coalesce(to_jsonb(a) ->> 'attidentity', ''), coalesce(to_jsonb(a) ->> 'attgenerated', '') \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
     LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype \
     WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// The columns of each index that tells rows apart.
const INDEXES_QUERY: &str = "SELECT array(SELECT a.attname::text FROM pg_catalog.pg_attribute a \
     WHERE a.attrelid = i.indrelid AND a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1])) \
     FROM pg_catalog.pg_index i WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate \
     AND i.indpred IS NULL AND i.indexprs IS NULL";

/// What becomes of a row whose key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Insert,
    Upsert,
    InsertIgnore,
}

/// The table that rows go to, as the settings and the model have it.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<ColumnInfo>,
    pub(super) keys: Vec<String>,
    pub(super) operation: Operation,
    pub(super) unlogged: bool,
    pub(super) delete_previous: bool,
}

/// A table that is there, and its columns.
#[derive(Debug)]
struct Known {
    oid: u32,
    columns: Vec<Found>,
}

impl Wanted {
    /// Schema and table, quoted.
    pub(super) fn qualified(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// The table of batches, quoted.
    pub(super) fn batches(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(BATCHES))
    }

    /// The names of the columns, quoted, with commas between them.
    pub(super) fn column_list(&self) -> String {
        listed(self.columns.iter().map(|column| column.name.as_str()))
    }

    /// The statement that makes the table.
    pub(super) fn create(&self) -> String {
        let columns = self.columns.iter().map(|column| {
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            format!("  {} {}{not_null}", quoted(&column.name), declared(column))
        });
        let keys = (!self.keys.is_empty())
            .then(|| format!("  PRIMARY KEY ({})", listed(self.keys.iter().map(String::as_str))));
        let parts: Vec<String> = columns.chain(keys).collect();
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        format!("CREATE {unlogged}TABLE {} (\n{}\n)", self.qualified(), parts.join(",\n"))
    }

    /// The statement that makes the schema, where it is not the one that every database has.
    pub(super) fn create_schema(&self) -> String {
        format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&self.schema))
    }

    /// The statement that makes the table of batches.
    fn create_batches(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (run text NOT NULL, table_name text NOT NULL, batch bigint NOT NULL, \
             rows bigint NOT NULL, committed_at timestamp with time zone NOT NULL DEFAULT now(), \
             PRIMARY KEY (run, table_name, batch))",
            self.batches()
        )
    }

    /// All statements that a run makes before its first row, where nothing is there.
    pub(super) fn statements(&self) -> String {
        let schema = (self.schema != "public").then(|| self.create_schema());
        let all = schema.into_iter().chain([self.create(), self.create_batches()]);
        all.map(|statement| format!("{statement};\n")).collect()
    }

    /// What is there; nothing is changed.
    async fn find(&self, session: &Session) -> Result<Option<Known>, Failure> {
        let (schema, name) = (&self.schema, &self.name);
        let rows = session.rows(TABLE_QUERY, &[(schema, Type::TEXT), (name, Type::TEXT)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (oid, kind): (u32, &str) = (row.get(0), row.get(1));
        if !["r", "p"].contains(&kind) {
            let cause = format!("{} is no table", self.qualified());
            return Err(Failure::new(Kind::Refused, cause)
                .cured_by(format!("set {TABLE} to a table's name")));
        }
        if row.get(2) {
            let cause = format!(
                "{} has row-level security, and the server does not copy into such tables",
                self.qualified()
            );
            let cure = format!(
                "let the user that {USER} names be one with BYPASSRLS, or the table's owner"
            );
            return Err(Failure::new(Kind::NotAllowed, cause).cured_by(cure));
        }
        let rows = session.rows(COLUMNS_QUERY, &[(&oid, Type::OID)]).await?;
        Ok(Some(Known { oid, columns: rows.iter().map(column).collect() }))
    }

    /// Looks whether the user may do what a run does, and whether rows fit. Nothing is changed.
    pub(super) async fn look(&self, session: &Session) -> Result<(), Failure> {
        let present = self.find(session).await?;
        let schema = self.has_schema(session).await?;
        if schema {
            self.right(
                session,
                &format!("has_schema_privilege({}, 'USAGE')", literal(&self.schema)),
                || (format!("USAGE on schema {}", quoted(&self.schema)), SCHEMA),
            )
            .await?;
        }
        match &present {
            Some(known) if !self.delete_previous => {
                self.fit(known)?;
                self.check_keys(session, known).await?;
                self.check_rights(session, known).await?;
            }
            Some(known) => {
                let owner = format!(
                    "(SELECT pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = {})",
                    known.oid
                );
                let what = || {
                    (
                        format!("to drop {}, which has another owner,", self.qualified()),
                        "DELETE_PREVIOUS",
                    )
                };
                self.right(session, &owner, what).await?;
            }
            None => {}
        }
        let has_batches = format!("to_regclass({}) IS NOT NULL", literal(&self.batches()));
        let has_batches = schema && ask(session, &has_batches).await?;
        if has_batches {
            for right in ["SELECT", "INSERT", "DELETE"] {
                let asked = format!("has_table_privilege({}, '{right}')", literal(&self.batches()));
                self.right(session, &asked, || (format!("{right} on {}", self.batches()), SCHEMA))
                    .await?;
            }
        }
        if schema && (present.is_none() || self.delete_previous || !has_batches) {
            let asked = format!("has_schema_privilege({}, 'CREATE')", literal(&self.schema));
            self.right(session, &asked, || {
                (format!("CREATE on schema {}", quoted(&self.schema)), SCHEMA)
            })
            .await?;
        }
        if !schema {
            let asked = "has_database_privilege(current_database(), 'CREATE')";
            let what =
                || (format!("CREATE on the database, for schema {}", quoted(&self.schema)), SCHEMA);
            self.right(session, asked, what).await?;
        }
        if self.operation != Operation::Insert {
            let asked = "has_database_privilege(current_database(), 'TEMPORARY')";
            self.right(session, asked, || ("TEMPORARY on the database".to_owned(), OPERATION))
                .await?;
        }
        Ok(())
    }

    async fn has_schema(&self, session: &Session) -> Result<bool, Failure> {
        let name = literal(&self.schema);
        ask(
            session,
            &format!("EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {name})"),
        )
        .await
    }

    /// Refuses where `asked` is false: the user lacks what `what` names, which belongs to a setting.
    async fn right(
        &self,
        session: &Session,
        asked: &str,
        what: impl Fn() -> (String, &'static str),
    ) -> Result<(), Failure> {
        if ask(session, asked).await? {
            return Ok(());
        }
        let (right, setting) = what();
        let cure = format!("grant it to the user that {USER} names, or change {setting}");
        Err(Failure::new(Kind::NotAllowed, format!("the user lacks the right {right}"))
            .cured_by(cure))
    }

    async fn check_rights(&self, session: &Session, known: &Known) -> Result<(), Failure> {
        let rights: &[&str] = match self.operation {
            Operation::Insert => &["INSERT"],
            Operation::InsertIgnore => &["INSERT", "SELECT"],
            Operation::Upsert => &["INSERT", "SELECT", "UPDATE"],
        };
        for right in rights {
            // A right on the table, or on each of the columns.
            let columns = self.columns.iter().map(|column| {
                let name = literal(&column.name);
                format!("has_column_privilege({}::oid, {name}, '{right}')", known.oid)
            });
            let columns: Vec<String> = columns.collect();
            let asked = columns.join(" AND ");
            self.right(session, &asked, || (format!("{right} on {}", self.qualified()), TABLE))
                .await?;
        }
        Ok(())
    }

    /// How each column is sent to the table that is there.
    fn fit(&self, known: &Known) -> Result<Vec<Sent>, Failure> {
        let (mut sent, mut faults) = (Vec::new(), Vec::new());
        for info in &self.columns {
            let found = known.columns.iter().find(|found| found.name == info.name);
            let name = quoted(&info.name);
            match found {
                None => faults
                    .push(format!("there is no column {name} (the field is {})", declared(info))),
                Some(found) if found.is_generated => {
                    faults.push(format!("the server makes the values of column {name} itself"));
                }
                Some(found) => match fitting(info.data_type, found) {
                    Some(wire) => sent.push(Sent { info: info.clone(), wire }),
                    None => faults.push(format!(
                        "column {name} is {}, and not every {} fits there",
                        found.shown,
                        declared(info)
                    )),
                },
            }
        }
        let ours: BTreeSet<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        for found in known.columns.iter().filter(|found| !ours.contains(found.name.as_str())) {
            if found.not_null && !found.has_default && !found.is_generated {
                let name = quoted(&found.name);
                faults.push(format!(
                    "column {name} is NOT NULL without a default, and the model has no such field"
                ));
            }
        }
        if faults.is_empty() {
            return Ok(sent);
        }
        let cause =
            format!("table {} does not fit the model: {}", self.qualified(), faults.join("; "));
        let cure = format!(
            "change the fields or the table, set {TABLE} to another one, or DELETE_PREVIOUS=true to make it anew"
        );
        Err(Failure::new(Kind::Refused, cause).cured_by(cure))
    }

    /// An upsert finds its rows by a unique index of exactly the keys, none of them null.
    async fn check_keys(&self, session: &Session, known: &Known) -> Result<(), Failure> {
        if self.operation == Operation::Insert {
            return Ok(());
        }
        let indexes = session.rows(INDEXES_QUERY, &[(&known.oid, Type::OID)]).await?;
        let keys: BTreeSet<&str> = self.keys.iter().map(String::as_str).collect();
        let is_keys =
            |row: &Row| row.get::<_, Vec<&str>>(0).into_iter().collect::<BTreeSet<_>>() == keys;
        let nullable = known
            .columns
            .iter()
            .find(|found| keys.contains(found.name.as_str()) && !found.not_null);
        let list = listed(self.keys.iter().map(String::as_str));
        let cause = match nullable {
            _ if !indexes.iter().any(is_keys) => {
                format!("table {} has no primary key or unique index of ({list})", self.qualified())
            }
            Some(found) => format!(
                "column {} of the key may be null in table {}, and rows with nulls are never the same",
                quoted(&found.name),
                self.qualified()
            ),
            None => return Ok(()),
        };
        let cure = format!(
            "`ALTER TABLE {} ADD PRIMARY KEY ({list})` makes one; or change {KEYS}, or set {OPERATION}=insert",
            self.qualified()
        );
        Err(Failure::new(Kind::Refused, cause).cured_by(cure))
    }

    /// Schema, table and the table of batches are there; `anew` they are made again. Answers how columns are sent, and
    /// their types there.
    pub(super) async fn prepare(
        &self,
        session: &Session,
        anew: bool,
    ) -> Result<(Vec<Sent>, Vec<String>), Failure> {
        // One after the other: what is made `IF NOT EXISTS` by two at a time fails for one of them.
        session
            .execute("BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7236328409372921)")
            .await?;
        if !self.has_schema(session).await? {
            session.execute(&self.create_schema()).await?;
        }
        let has_batches = format!("to_regclass({}) IS NOT NULL", literal(&self.batches()));
        if !ask(session, &has_batches).await? {
            session.execute(&self.create_batches()).await?;
        }
        let mut present = self.find(session).await?;
        if present.is_some() && anew {
            session.execute(&format!("DROP TABLE {}", self.qualified())).await?;
            present = None;
        }
        if present.is_none() {
            session.execute(&self.create()).await?;
            present = self.find(session).await?;
        }
        let known = present.ok_or_else(|| Failure::fault("a table that was made is not there"))?;
        let sent = self.fit(&known)?;
        self.check_keys(session, &known).await?;
        session.execute("COMMIT").await?;
        let shown = self.columns.iter().filter_map(|column| {
            known
                .columns
                .iter()
                .find(|found| found.name == column.name)
                .map(|found| found.shown.clone())
        });
        Ok((sent, shown.collect()))
    }
}

/// A text as a literal, whatever it holds and however the server reads backslashes.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// What the server says to a question.
async fn ask(session: &Session, question: &str) -> Result<bool, Failure> {
    let rows = session.rows(&format!("SELECT {question}"), &[]).await?;
    Ok(rows.first().is_some_and(|row| row.get::<_, Option<bool>>(0) == Some(true)))
}

fn column(row: &Row) -> Found {
    let (base, modifier): (String, i32) = (row.get(1), row.get(3));
    let digits = (base == "numeric" && modifier >= 4).then(|| {
        let packed = modifier - 4;
        // Eleven bits with a sign.
        ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024)
    });
    let (identity, generated): (&str, &str) = (row.get(6), row.get(7));
    Found {
        name: row.get(0),
        base,
        shown: row.get(2),
        digits,
        not_null: row.get(4),
        has_default: row.get::<_, bool>(5) || identity == "d",
        is_generated: identity == "a" || !generated.is_empty(),
    }
}
