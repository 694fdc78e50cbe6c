//! Which variable a name means: `let` and `const` end with their block, everything else lives to the end.

use std::collections::BTreeMap;

/// The variables of a formula and the blocks being read.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// Of the whole formula first, of the innermost block last.
    blocks: Vec<BTreeMap<String, usize>>,
    locals: Vec<Local>,
}

/// A variable.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, no state machine")]
pub(super) struct Local {
    pub(super) name: String,
    pub(super) is_constant: bool,
    /// By `var`, `let` or `const`.
    pub(super) is_declared: bool,
    pub(super) is_assigned: bool,
    /// Offset of the first place where it is read.
    pub(super) first_read: Option<usize>,
    /// Read while nothing had been assigned yet, in the order of the text.
    pub(super) is_read_early: bool,
}

impl Scopes {
    pub(super) fn open(&mut self) {
        self.blocks.push(BTreeMap::new());
    }

    pub(super) fn close(&mut self) {
        self.blocks.pop();
    }

    pub(super) fn locals(&self) -> &[Local] {
        &self.locals
    }

    /// Declares a name in the innermost block; `None` when it is declared there already.
    pub(super) fn declare(&mut self, name: &str, is_constant: bool) -> Option<usize> {
        let local = self.add(name, is_constant, true);
        let known = self.blocks.last_mut()?.insert(name.to_owned(), local);
        known.is_none().then_some(local)
    }

    /// Declares a name of the whole formula, once or again (`var`).
    pub(super) fn declare_global(&mut self, name: &str) -> usize {
        let local = self.global(name);
        self.locals[local].is_declared = true;
        local
    }

    fn global(&mut self, name: &str) -> usize {
        if let Some(local) = self.blocks.first().and_then(|names| names.get(name)) {
            return *local;
        }
        let local = self.add(name, false, false);
        if let Some(names) = self.blocks.first_mut() {
            names.insert(name.to_owned(), local);
        }
        local
    }

    fn add(&mut self, name: &str, is_constant: bool, is_declared: bool) -> usize {
        self.locals.push(Local {
            name: name.to_owned(),
            is_constant,
            is_declared,
            is_assigned: false,
            first_read: None,
            is_read_early: false,
        });
        self.locals.len() - 1
    }

    /// The variable that `name` means here; an unknown name becomes one of the whole formula.
    fn resolve(&mut self, name: &str) -> usize {
        match self.blocks.iter().rev().find_map(|names| names.get(name)) {
            Some(local) => *local,
            None => self.global(name),
        }
    }

    /// Whether `name` has a value here, in the order of the text.
    pub(super) fn has_value(&self, name: &str) -> bool {
        let known = self.blocks.iter().rev().find_map(|names| names.get(name));
        known.is_some_and(|local| self.locals[*local].is_assigned)
    }

    /// Resolves a name that is read.
    pub(super) fn read(&mut self, name: &str, offset: usize) -> usize {
        let local = self.resolve(name);
        let state = &mut self.locals[local];
        state.first_read.get_or_insert(offset);
        state.is_read_early |= !state.is_assigned;
        local
    }

    /// Resolves a name that is assigned; `None` when it is a constant that has its value.
    pub(super) fn assign(&mut self, name: &str) -> Option<usize> {
        let local = self.resolve(name);
        let state = &mut self.locals[local];
        let refused = state.is_constant;
        state.is_assigned = true;
        (!refused).then_some(local)
    }

    /// Resolves the name of a declaration that gives a value.
    pub(super) fn initialise(&mut self, name: &str, is_var: bool) -> usize {
        let local = if is_var { self.global(name) } else { self.resolve(name) };
        self.locals[local].is_assigned = true;
        local
    }
}
