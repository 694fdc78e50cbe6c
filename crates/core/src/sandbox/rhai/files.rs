//! `table("rates.csv")` in scripts: which files a script names, and the tables that are put for the calls.
//!
//! Names are literals, so that all files are known before anything runs. Calls are known in constants, `generate`,
//! `init` and `check`; the tables are made once for a script and shared by all its fields and threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Dynamic, Engine, Expr, FnCallExpr, ImmutableString, Position, Stmt};

use super::file_table::FileTable;
use super::host::raised;
use super::read::Author;
use super::walk;
use crate::problems::excerpt;
use crate::sandbox::{Attachment, Beside as _, Fault, Nothing};

/// What scripts call it.
pub(super) const TABLE: &str = "table";

/// A table in a script, until it is known what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct Handle(pub(super) Arc<FileTable>);

/// A file and the column that its rows are found by.
type Named = (String, Option<String>);

/// The tables of a script.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<Named, Arc<FileTable>>);

/// The files that a script names, each once, in the order of their names. None where it is to be refused.
pub(super) fn names(parser: &Engine, bytes: &[u8]) -> Vec<String> {
    let Some(ast) = naming(parser, bytes) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    calls(&ast, &mut |call, _| names.extend(named(call).map(|(file, _)| file)));
    names.sort();
    names.dedup();
    names
}

/// The script, where it may name files.
fn naming(parser: &Engine, bytes: &[u8]) -> Option<AST> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Reading a script takes a while, and few name any.
    if !text.contains(TABLE) {
        return None;
    }
    let ast = parser.compile(text.trim_start_matches('\u{feff}')).ok()?;
    // A script's own function of the name is its own business.
    let is_own = ast.iter_functions().any(|function| function.name == TABLE);
    (!is_own).then_some(ast)
}

/// Visits every call of `table`.
fn calls(ast: &AST, visit: &mut dyn FnMut(&FnCallExpr, Position)) {
    ast.walk(&mut |nodes| {
        match nodes.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, position))
                | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) if call.name == TABLE => visit(call, *position),
            _ => {}
        }
        true
    });
}

/// What a call names, where it does so by literals.
fn named(call: &FnCallExpr) -> Option<Named> {
    let text = |expr: &Expr| match expr {
        Expr::StringConstant(text, _) => Some(text.to_string()),
        _ => None,
    };
    match &call.args[..] {
        [file] => Some((text(file)?, None)),
        [file, key] => Some((text(file)?, Some(text(key)?))),
        _ => None,
    }
}

impl Files {
    /// Reads the tables that a script names.
    ///
    /// # Errors
    ///
    /// What is wrong with a file or a call, with the place of the call.
    pub(super) fn of(parser: &Engine, at: Author<'_>) -> Result<Self, Box<Fault>> {
        let mut files = Self::default();
        let Some(ast) = naming(parser, at.source.bytes) else { return Ok(files) };
        let mut fault = None;
        calls(&ast, &mut |call, position| {
            if fault.is_none() {
                fault =
                    files.add(call, at.source.attachments).map_err(|told| (told, position)).err();
            }
        });
        let mut others = ast.clone_functions_only();
        others.retain_functions(|_, _, name, _| !["generate", "init", "check"].contains(&name));
        calls(&others, &mut |_, position| {
            let message = "`table` may stand in constants, `generate`, `init` and `check` only: hand the table over \
                           as an argument";
            fault.get_or_insert_with(|| (message.to_owned(), position));
        });
        fault.map_or(Ok(files), |(message, position)| Err(at.fault(position, message)))
    }

    fn add(&mut self, call: &FnCallExpr, attachments: &[Attachment]) -> Result<(), String> {
        let Some((file, key)) = named(call) else {
            return Err(
                "the file and the column of `table` are texts that stand in the call, as in \
                        `table(\"rates.csv\", \"currency\")`"
                    .to_owned(),
            );
        };
        if self.0.contains_key(&(file.clone(), key.clone())) {
            return Ok(());
        }
        let attached = attachments.iter().find(|one| one.name == file);
        let bytes = match attached.map(|one| &one.bytes) {
            Some(Ok(bytes)) => bytes,
            Some(Err(reason)) => return Err(reason.clone()),
            None => return Nothing.read(&file, 0).map(|_| ()),
        };
        let table = FileTable::read(&file, bytes, key.as_deref())
            .map_err(|told| format!("`{}`: {told}", excerpt(&file)))?;
        self.0.insert((file, key), Arc::new(table));
        Ok(())
    }

    /// The table that a call means.
    pub(super) fn get(&self, call: &FnCallExpr) -> Option<Dynamic> {
        if call.name != TABLE {
            return None;
        }
        self.0.get(&named(call)?).map(|table| Dynamic::from(Handle(Arc::clone(table))))
    }

    /// Most rows of a list, and of a map.
    pub(super) fn most_rows(&self) -> (usize, usize) {
        let rows = |is_map: bool| {
            let tables = self.0.values().filter(|table| table.is_map() == is_map);
            tables.map(|table| table.rows()).max().unwrap_or(0)
        };
        (rows(false), rows(true))
    }

    /// Makes `table` known to functions that run once: `init` and `check`.
    pub(super) fn register(files: &Arc<Self>, engine: &mut Engine) {
        let find = |files: &Self, file: &str, key: Option<&str>| {
            let named = (file.to_owned(), key.map(str::to_owned));
            let table = files.0.get(&named).map(|table| table.value());
            raised(table.ok_or_else(|| format!("there is no table `{}`", excerpt(file))))
        };
        let (one, other) = (Arc::clone(files), Arc::clone(files));
        engine.register_fn(TABLE, move |file: ImmutableString| find(&one, &file, None));
        engine.register_fn(TABLE, move |file: ImmutableString, key: ImmutableString| {
            find(&other, &file, Some(&key))
        });
    }
}

/// The table that a value is.
pub(super) fn of(value: &Dynamic) -> Option<Arc<FileTable>> {
    value.read_lock::<Handle>().map(|handle| Arc::clone(&handle.0))
}

/// Whether any table is left in `body`.
pub(super) fn are_in(body: &[Stmt]) -> bool {
    let mut found = false;
    walk::each(body, &mut |node| {
        found |=
            matches!(node, ASTNode::Expr(Expr::DynamicConstant(value, _)) if value.is::<Handle>());
    });
    found
}

/// Puts lists and maps for the tables that are left in `body`.
pub(super) fn spell_out(body: &mut [Stmt]) {
    walk::expressions(body, &mut |expr| {
        if let Expr::DynamicConstant(value, _) = expr
            && let Some(table) = of(value)
        {
            **value = table.value();
        }
    });
}
