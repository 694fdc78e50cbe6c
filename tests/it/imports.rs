//! What a source file names of other modules and crates, read by a real parser: a file whole, with
//! its macros, attributes and grouped imports. Only code for tests (`#[cfg(test)]`) is left out.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemMod, Macro, Meta, Path, Stmt, UseTree};

/// What one source file names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Top-level modules of this crate: by `crate::…`, and by `super::…` that climbs to the root.
    pub(crate) modules: BTreeSet<String>,
    /// First names of all other paths: crates, and what is in scope.
    pub(crate) firsts: BTreeSet<String>,
}

/// What `text`, the source at `file` below `src/`, names.
pub(crate) fn names(file: &str, text: &str) -> Names {
    let parsed = parse(file, text);
    let depth = file.trim_end_matches("/mod.rs").split('/').count();
    let mut reader = NameReader { depth, names: Names::default() };
    reader.visit_file(&parsed);
    reader.names
}

/// The first names of all paths in the static, constant or function `item` of `text`: what a registry
/// lists. Empty when there is no such item.
pub(crate) fn names_in_item(file: &str, text: &str, item: &str) -> BTreeSet<String> {
    let parsed = parse(file, text);
    let mut reader = NameReader { depth: 1, names: Names::default() };
    for found in &parsed.items {
        match found {
            Item::Static(found) if found.ident == item => reader.visit_expr(&found.expr),
            Item::Const(found) if found.ident == item => reader.visit_expr(&found.expr),
            Item::Fn(found) if found.sig.ident == item => reader.visit_block(&found.block),
            _ => {}
        }
    }
    reader.names.firsts
}

/// Whether `text` holds a function called `name` at its top.
pub(crate) fn has_function(file: &str, text: &str, name: &str) -> bool {
    let parsed = parse(file, text);
    parsed.items.iter().any(|item| matches!(item, Item::Fn(found) if found.sig.ident == name))
}

fn parse(file: &str, text: &str) -> syn::File {
    let parsed = syn::parse_file(text);
    assert!(parsed.is_ok(), "{file} does not parse: {:?}", parsed.err());
    parsed.unwrap()
}

struct NameReader {
    /// How many names lead from the crate's root to the module that is read: `super` takes one away.
    depth: usize,
    names: Names,
}

impl NameReader {
    fn path(&mut self, segments: &[String]) {
        let climbs = segments.iter().take_while(|segment| *segment == "super").count();
        match segments {
            [first, module, ..] if first == "crate" => {
                self.names.modules.insert(module.clone());
            }
            [first, ..] if first == "super" => {
                if let Some(module) = segments.get(climbs).filter(|_| climbs >= self.depth) {
                    self.names.modules.insert(module.clone());
                }
            }
            [first, _, ..] if first != "self" && first != "Self" => {
                self.names.firsts.insert(first.clone());
            }
            _ => {}
        }
    }

    fn use_tree(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.use_tree(before, tree));
            }
            UseTree::Name(syn::UseName { ident })
            | UseTree::Rename(syn::UseRename { ident, .. }) => {
                self.used(before, ident.to_string());
            }
            UseTree::Glob(_) => self.used(before, "*".to_owned()),
        }
    }

    fn used(&mut self, before: &[String], last: String) {
        if before.is_empty() {
            // `use tokio;` names the crate without a path.
            self.names.firsts.insert(last);
        } else {
            self.path(&[before, &[last]].concat());
        }
    }

    /// Paths in the unparsed tokens of a macro or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons < 2 {
                        self.path(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&path);
    }
}

impl<'a> Visit<'a> for NameReader {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let for_tests = matches!(statement, Stmt::Local(local) if is_for_tests(&local.attrs));
        if !for_tests {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.use_tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'a Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'a Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        visit::visit_attribute(self, attribute);
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }
}

/// Whether `#[cfg(test)]` (also within `all(…)`) stands among the attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string();
        condition == "test" || condition.starts_with("all") && condition.contains("test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[test]
fn every_way_to_name_a_module_is_read() {
    let source = r#"
        //! A page.
        #[cfg(test)]
        mod trial;
        use crate::{a::A, b, c::{d, e}};
        use tokio;
        use super::super::f::F;
        #[derive(g::G)]
        struct S { x: crate::h::H }
        fn run() { println!("{}", crate::i::I); let _ = vec![j::J, crate::k::K]; super::near(); }
        mod inner { use super::super::super::l::L; use super::super::sibling; }
        #[cfg(test)]
        mod tests { use crate::hidden::X; }
        #[cfg(all(test, unix))]
        fn only_for_tests() { crate::hidden::y(); }
    "#;
    let names = names("room/file.rs", source);
    let modules: Vec<&str> = names.modules.iter().map(String::as_str).collect();
    assert_eq!(modules, ["a", "b", "c", "f", "h", "i", "k", "l"]);
    for crate_name in ["tokio", "g", "j"] {
        assert!(names.firsts.contains(crate_name), "{crate_name} is missing in {names:?}");
    }
}
