//! What kinds of values the parts of a formula can have, from the types of the inputs.
//!
//! An upper bound: it tells whether the result may be null, and refuses what fails in every row.

use super::functions::{Convert, Function, Method};
use super::tree::{Binary, Entry, Logical, Node, NodeId, Statement, Tree, Value};
use crate::columns::DataType;
use crate::expression::condition::Scope;
use crate::expression::reference::Report;

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    const NONE: Self = Self(0);
    const NULL: Self = Self(1);
    const BOOLEAN: Self = Self(2);
    const NUMBER: Self = Self(4);
    const TEXT: Self = Self(8);

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether null is among them.
    pub(super) const fn has_null(self) -> bool {
        self.overlaps(Self::NULL)
    }

    /// `other`, and null if null is among these.
    const fn null_or(self, other: Self) -> Self {
        Self(self.0 & Self::NULL.0).with(other)
    }
}

/// The kinds of a formula's result. Reports what can never work.
pub(super) fn check(tree: &Tree, scope: Scope<'_>, report: &mut Report<'_>) -> Kinds {
    let nodes = vec![Kinds::NONE; tree.nodes.len()];
    let mut flow = Flow { tree, scope, nodes, result: Kinds::NULL, breaks: Vec::new() };
    let mut locals = vec![Kinds::NULL; tree.locals];
    flow.statements(&tree.statements, &mut locals);
    let (nodes, result) = (flow.nodes, flow.result);
    for node in &tree.nodes {
        let Node::Call(function, operands) = node else { continue };
        if let (Some(needs), Some(receiver)) = (receiver(*function), operands.first()) {
            let found = nodes[*receiver as usize];
            if !found.overlaps(needs.with(Kinds::NULL)) && found != Kinds::NONE {
                let what = if needs == Kinds::TEXT { "text" } else { "number" };
                let write = if needs == Kinds::TEXT { "String" } else { "Number" };
                let message = format!("formula: a method needs a {what} but gets none");
                report.error("formula_type", message, Some(&format!("write `{write}(…)`")));
            }
        }
    }
    check_result(result, scope, report);
    result
}

/// What a method can be called on.
fn receiver(function: Function) -> Option<Kinds> {
    match function {
        Function::Method(Method::ToString) | Function::Math(_) | Function::Convert(_) => None,
        Function::Method(Method::ToFixed) => Some(Kinds::NUMBER),
        Function::Method(_) | Function::Length => Some(Kinds::TEXT),
    }
}

fn check_result(result: Kinds, scope: Scope<'_>, report: &mut Report<'_>) {
    let fits = match scope.cast.data_type {
        DataType::Boolean | DataType::Text | DataType::Bytes => return,
        DataType::Instant if scope.cast.pattern.is_some() => Kinds::NUMBER.with(Kinds::TEXT),
        DataType::Date | DataType::Instant => Kinds::TEXT,
        _ => Kinds::NUMBER.with(Kinds::TEXT),
    };
    if result == Kinds::NULL {
        report.warning("formula_null", "formula: it never has a value".to_owned(), None);
    } else if !result.overlaps(fits) {
        let found = if result.overlaps(Kinds::BOOLEAN) { "a boolean" } else { "a number" };
        let message = format!("formula: it gives {found}, which the field's type cannot hold");
        report.error("formula_type", message, None);
    }
}

/// The kinds of one node from those of its children and of the variables before it.
fn of_node(tree: &Tree, id: NodeId, nodes: &[Kinds], locals: &[Kinds], scope: Scope<'_>) -> Kinds {
    let of = |id: &NodeId| nodes[*id as usize];
    match tree.node(id) {
        Node::Constant(value) => match value {
            Value::Null => Kinds::NULL,
            Value::Boolean(_) => Kinds::BOOLEAN,
            Value::Number(_) => Kinds::NUMBER,
            Value::Text(_) => Kinds::TEXT,
        },
        Node::Input { input, quoted } => {
            let info = scope.inputs[*input];
            let kind = match info.data_type {
                _ if *quoted => Kinds::TEXT,
                DataType::Boolean => Kinds::BOOLEAN,
                data_type if data_type.is_numeric() => Kinds::NUMBER,
                _ => Kinds::TEXT,
            };
            if info.nullable { kind.with(Kinds::NULL) } else { kind }
        }
        Node::Day(input) if scope.inputs[*input].nullable => Kinds::TEXT.with(Kinds::NULL),
        Node::Day(_) => Kinds::TEXT,
        Node::Local(local) => locals[*local],
        Node::Assign(_, value) => of(value),
        Node::StepAfter { local, .. } => locals[*local].null_or(Kinds::NUMBER),
        Node::Not(_) => Kinds::BOOLEAN,
        Node::Negate(value) | Node::ToNumber(value) => of(value).null_or(Kinds::NUMBER),
        Node::Binary(operator, left, right) => {
            let both = of(left).with(of(right));
            if *operator == Binary::Add {
                let numeric = Kinds::NUMBER.with(Kinds::BOOLEAN);
                let may_join = both.overlaps(Kinds::TEXT);
                let may_count = of(left).overlaps(numeric) && of(right).overlaps(numeric);
                let text = if may_join { Kinds::TEXT } else { Kinds::NONE };
                let number = if may_count || !may_join { Kinds::NUMBER } else { Kinds::NONE };
                both.null_or(text.with(number))
            } else if operator.is_arithmetic() {
                both.null_or(Kinds::NUMBER)
            } else {
                Kinds::BOOLEAN
            }
        }
        Node::Logical(Logical::Coalesce, left, right) => {
            of(left).without(Kinds::NULL).with(of(right))
        }
        Node::Logical(Logical::Or, left, right) => of(left).without(Kinds::NULL).with(of(right)),
        Node::Logical(Logical::And, left, right) => of(left).with(of(right)),
        Node::Choose(_, yes, no) => of(yes).with(of(no)),
        Node::Sequence(parts) => parts.last().map_or(Kinds::NULL, of),
        Node::Concatenate(parts) => {
            parts.iter().fold(Kinds::TEXT, |kinds, part| of(part).null_or(kinds).with(kinds))
        }
        Node::Now | Node::Find(..) => Kinds::NUMBER,
        Node::Call(function, operands) => {
            let all = operands.iter().fold(Kinds::NONE, |kinds, operand| kinds.with(of(operand)));
            match function {
                Function::Convert(Convert::Boolean) => Kinds::BOOLEAN,
                Function::Math(_)
                | Function::Length
                | Function::Convert(Convert::Number | Convert::ParseFloat | Convert::ParseInt)
                | Function::Method(Method::IndexOf | Method::LastIndexOf | Method::CharCodeAt) => {
                    all.null_or(Kinds::NUMBER)
                }
                Function::Convert(Convert::IsFinite | Convert::IsInteger | Convert::IsNan)
                | Function::Method(Method::Includes | Method::StartsWith | Method::EndsWith) => {
                    all.null_or(Kinds::BOOLEAN)
                }
                Function::Convert(Convert::String) | Function::Method(_) => {
                    all.null_or(Kinds::TEXT)
                }
            }
        }
    }
}

/// Follows the statements: which variables have surely a value, and what the result can be.
///
/// There are no loops, so every statement is met once, after all that can run before it.
struct Flow<'a> {
    tree: &'a Tree,
    scope: Scope<'a>,
    nodes: Vec<Kinds>,
    result: Kinds,
    /// Of each `switch` around: what holds where a `break` leads.
    breaks: Vec<Ends>,
}

impl Flow<'_> {
    /// Follows statements; gives whether the end is reached, rather than left by `break`.
    fn statements(&mut self, statements: &[Statement], locals: &mut Vec<Kinds>) -> bool {
        statements.iter().all(|statement| self.statement(statement, locals))
    }

    fn statement(&mut self, statement: &Statement, locals: &mut Vec<Kinds>) -> bool {
        match statement {
            Statement::Expression { value, keep } => {
                let kinds = self.value(*value, locals);
                if *keep {
                    self.result = kinds;
                }
                true
            }
            Statement::Declare(value) => {
                self.value(*value, locals);
                true
            }
            Statement::Break => {
                if let Some(ends) = self.breaks.last_mut() {
                    ends.add(locals, self.result);
                }
                false
            }
            Statement::If { arms, otherwise, reset } => {
                self.reset(*reset);
                let before = self.result;
                let mut ends = Ends::default();
                for (test, body) in arms {
                    self.value(*test, locals);
                    self.branch(body, locals.clone(), before, &mut ends);
                }
                self.branch(otherwise, locals.clone(), before, &mut ends);
                self.go_on(ends, locals)
            }
            Statement::Switch { entry, bodies, default, reset } => {
                self.reset(*reset);
                match entry {
                    Entry::Constants(find) => {
                        self.value(*find, locals);
                    }
                    Entry::Tests(subject, tests) => {
                        self.value(*subject, locals);
                        for test in tests {
                            self.perhaps(*test, locals);
                        }
                    }
                }
                self.bodies(bodies, default.is_some(), locals)
            }
        }
    }

    /// The bodies of a `switch`: each is entered from the start, or from the one before.
    fn bodies(
        &mut self,
        bodies: &[Vec<Statement>],
        has_default: bool,
        locals: &mut Vec<Kinds>,
    ) -> bool {
        let start = (locals.clone(), self.result);
        self.breaks.push(Ends::default());
        let mut running = Ends::default();
        for body in bodies {
            running.add(&start.0, start.1);
            let entered = std::mem::take(&mut running);
            let mut here = start.0.clone();
            self.go_on(entered, &mut here);
            if self.statements(body, &mut here) {
                running.add(&here, self.result);
            }
        }
        let mut ends = self.breaks.pop().unwrap_or_default();
        if let Some(last) = running.locals {
            ends.add(&last, running.result);
        }
        if !has_default {
            ends.add(&start.0, start.1);
        }
        self.go_on(ends, locals)
    }

    fn branch(
        &mut self,
        body: &[Statement],
        mut locals: Vec<Kinds>,
        before: Kinds,
        ends: &mut Ends,
    ) {
        self.result = before;
        if self.statements(body, &mut locals) {
            ends.add(&locals, self.result);
        }
    }

    /// Goes on where `ends` meet; false when nothing leads there.
    fn go_on(&mut self, ends: Ends, locals: &mut Vec<Kinds>) -> bool {
        let Some(met) = ends.locals else { return false };
        *locals = met;
        self.result = ends.result;
        true
    }

    /// An expression that may not be evaluated: what it assigns may be unassigned.
    fn perhaps(&mut self, id: NodeId, locals: &mut [Kinds]) {
        let mut after = locals.to_vec();
        self.value(id, &mut after);
        for (local, after) in locals.iter_mut().zip(after) {
            *local = local.with(after);
        }
    }

    fn reset(&mut self, reset: bool) {
        if reset {
            self.result = Kinds::NULL;
        }
    }

    /// The kinds of an expression here, where variables have those of `locals`.
    fn value(&mut self, id: NodeId, locals: &mut [Kinds]) -> Kinds {
        let tree = self.tree;
        match tree.node(id) {
            Node::Logical(_, left, right) => {
                self.value(*left, locals);
                self.perhaps(*right, locals);
            }
            Node::Choose(test, yes, no) => {
                self.value(*test, locals);
                self.perhaps(*yes, locals);
                self.perhaps(*no, locals);
            }
            _ => {
                for child in tree.children(id) {
                    self.value(child, locals);
                }
            }
        }
        let kinds = of_node(tree, id, &self.nodes, locals, self.scope);
        if let Node::Assign(local, _) | Node::StepAfter { local, .. } = tree.node(id) {
            // What the variable was before is gone.
            locals[*local] = kinds;
        }
        self.nodes[id as usize] = kinds;
        kinds
    }
}

/// What holds where branches come together.
#[derive(Default)]
struct Ends {
    /// `None`: nothing leads there.
    locals: Option<Vec<Kinds>>,
    result: Kinds,
}

impl Ends {
    fn add(&mut self, locals: &[Kinds], result: Kinds) {
        self.result = self.result.with(result);
        match &mut self.locals {
            None => self.locals = Some(locals.to_vec()),
            Some(known) => {
                for (known, new) in known.iter_mut().zip(locals) {
                    *known = known.with(*new);
                }
            }
        }
    }
}
