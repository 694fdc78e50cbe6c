//! Lowers the parsed JavaScript to our tree; what the language lacks is refused with its place.
//!
//! Statements are here, expressions in `lower_expression`.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    BindingPattern, Program, Statement as Js, SwitchStatement, VariableDeclaration,
    VariableDeclarationKind,
};
use oxc_span::{GetSpan, Span};

use super::complete::keep_completions;
use super::lower_expression::constant;
use super::scope::Scopes;
use super::source::Source;
use super::tree::{Entry, Node, NodeId, Statement, Tree};
use crate::problems::excerpt;

/// Levels of expressions, and of statements, within one another: evaluating goes one call deeper for each.
pub(super) const MOST_LEVELS: usize = 200;
/// Nodes of a formula.
const MOST_NODES: usize = 50_000;

/// What is said of everything that the language lacks.
pub(super) const BEYOND: &str = "formulas know expressions, `if`, `switch`, variables, `Math` and \
     functions of texts (`datagen help expressions`); for more write a RHAI field, see `datagen fields RHAI`";

/// Why a formula is refused.
#[derive(Debug)]
pub(super) struct LowerError {
    /// Offset in the prepared source.
    pub(super) offset: u32,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// A formula's tree.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) tree: Tree,
    /// Names of the inputs.
    pub(super) fields: Vec<String>,
    pub(super) warnings: Vec<String>,
}

type Result<T> = std::result::Result<T, LowerError>;

/// A lowering in progress.
pub(super) struct Lowerer<'s> {
    pub(super) source: &'s Source,
    pub(super) fields: Vec<String>,
    pub(super) scopes: Scopes,
    tree: Tree,
    /// Of each node: levels below it.
    levels: Vec<usize>,
    /// Statements around the one being read.
    depth: usize,
    /// `switch` statements around the one being read.
    switches: usize,
    /// Offsets of names, for problems about variables.
    pub(super) warned: BTreeMap<usize, String>,
}

impl<'s> Lowerer<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            fields: source.fields.clone(),
            scopes: Scopes::default(),
            tree: Tree::default(),
            levels: Vec::new(),
            depth: 0,
            switches: 0,
            warned: BTreeMap::new(),
        }
    }

    pub(super) fn program(mut self, program: &Program<'_>) -> Result<Lowered> {
        self.scopes.open();
        let mut statements = Vec::new();
        // Texts at the start count as directives, but are values like any other.
        for directive in &program.directives {
            let value = self.text(&directive.expression)?;
            statements.push(Statement::Expression { value, keep: false });
        }
        self.declare(&program.body)?;
        self.list(&program.body, &mut statements)?;
        if statements.is_empty() {
            return Err(error(program.span, "holds no expression"));
        }
        keep_completions(&mut statements);
        for local in self.scopes.locals() {
            let Some(offset) = local.first_read else { continue };
            if !local.is_declared && !local.is_assigned {
                let name = excerpt(&local.name);
                return Err(LowerError {
                    offset: offset as u32,
                    message: format!("unknown name `{name}`"),
                    hint: Some(format!("a field is written `${{{name}}}`")),
                });
            }
            if local.is_read_early {
                let message = format!("`{}` is read before it has a value", excerpt(&local.name));
                self.warned.insert(offset, message);
            }
        }
        self.tree.statements = statements;
        self.tree.locals = self.scopes.locals().len();
        let warnings = self.warned.into_values().collect();
        Ok(Lowered { tree: self.tree, fields: self.fields, warnings })
    }

    /// Appends a node whose children exist.
    pub(super) fn add(&mut self, span: Span, node: Node) -> Result<NodeId> {
        if self.tree.nodes.len() >= MOST_NODES {
            return Err(error(span, format!("more than {MOST_NODES} operations")));
        }
        let id = self.tree.nodes.len() as NodeId;
        self.tree.nodes.push(node);
        let children = self.tree.children(id);
        let below = children.iter().map(|child| self.levels[*child as usize]).max().unwrap_or(0);
        if below >= MOST_LEVELS {
            return Err(too_deep(span));
        }
        self.levels.push(below + 1);
        Ok(id)
    }

    /// Declares the `let` and `const` of a block before it is read.
    fn declare(&mut self, body: &[Js<'_>]) -> Result<()> {
        for statement in body {
            let Js::VariableDeclaration(declaration) = statement else { continue };
            if declaration.kind == VariableDeclarationKind::Var {
                continue;
            }
            let is_constant = declaration.kind == VariableDeclarationKind::Const;
            for declarator in &declaration.declarations {
                let BindingPattern::BindingIdentifier(name) = &declarator.id else { continue };
                if self.scopes.declare(&name.name, is_constant).is_none() {
                    return Err(error(
                        name.span,
                        format!("`{}` is declared twice", excerpt(&name.name)),
                    ));
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, body: &[Js<'_>], out: &mut Vec<Statement>) -> Result<()> {
        body.iter().try_for_each(|statement| self.statement(statement, out))
    }

    /// The statements of one that may be a block, as a list of their own.
    fn body(&mut self, statement: &Js<'_>) -> Result<Vec<Statement>> {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(too_deep(statement.span()));
        }
        let mut out = Vec::new();
        self.statement(statement, &mut out)?;
        self.depth -= 1;
        Ok(out)
    }

    fn statement(&mut self, statement: &Js<'_>, out: &mut Vec<Statement>) -> Result<()> {
        match statement {
            Js::ExpressionStatement(statement) => {
                let value = self.expression(&statement.expression)?;
                out.push(Statement::Expression { value, keep: false });
            }
            Js::VariableDeclaration(declaration) => self.declaration(declaration, out)?,
            Js::BlockStatement(block) => {
                self.depth += 1;
                if self.depth > MOST_LEVELS {
                    return Err(too_deep(block.span));
                }
                self.scopes.open();
                self.declare(&block.body)?;
                self.list(&block.body, out)?;
                self.scopes.close();
                self.depth -= 1;
            }
            Js::EmptyStatement(_) => {}
            Js::IfStatement(_) => {
                let conditional = self.conditional(statement)?;
                out.push(conditional);
            }
            Js::SwitchStatement(switch) => {
                let switch = self.switch(switch)?;
                out.push(switch);
            }
            Js::BreakStatement(statement) => {
                if statement.label.is_some() || self.switches == 0 {
                    return Err(beyond(statement.span, "`break` outside of a `switch`"));
                }
                out.push(Statement::Break);
            }
            other => {
                let what = match other {
                    Js::ForStatement(_)
                    | Js::ForInStatement(_)
                    | Js::ForOfStatement(_)
                    | Js::WhileStatement(_)
                    | Js::DoWhileStatement(_) => "a loop",
                    Js::FunctionDeclaration(_) => "a function",
                    Js::ClassDeclaration(_) => "a class",
                    Js::TryStatement(_) | Js::ThrowStatement(_) => "an exception",
                    Js::ReturnStatement(_) => "`return`",
                    Js::LabeledStatement(_) => "a label",
                    _ => "this statement",
                };
                return Err(beyond(other.span(), what));
            }
        }
        Ok(())
    }

    fn declaration(
        &mut self,
        declaration: &VariableDeclaration<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<()> {
        for declarator in &declaration.declarations {
            let BindingPattern::BindingIdentifier(name) = &declarator.id else {
                return Err(beyond(declarator.span, "a pattern"));
            };
            if name.name.starts_with('$') {
                return Err(error(name.span, "a field cannot be declared"));
            }
            let is_var = declaration.kind == VariableDeclarationKind::Var;
            if is_var {
                self.scopes.declare_global(&name.name);
            }
            let Some(value) = &declarator.init else { continue };
            let value = self.expression(value)?;
            let local = self.scopes.initialise(&name.name, is_var);
            let assign = self.add(declarator.span, Node::Assign(local, value))?;
            out.push(Statement::Declare(assign));
        }
        Ok(())
    }

    /// `if` with all its `else if`, without going deeper for each.
    fn conditional(&mut self, statement: &Js<'_>) -> Result<Statement> {
        let mut arms = Vec::new();
        let mut next = Some(statement);
        while let Some(Js::IfStatement(conditional)) = next {
            let test = self.expression(&conditional.test)?;
            arms.push((test, self.body(&conditional.consequent)?));
            next = conditional.alternate.as_ref();
        }
        let otherwise = next.map_or_else(|| Ok(Vec::new()), |last| self.body(last))?;
        Ok(Statement::If { arms, otherwise, reset: false })
    }

    fn switch(&mut self, switch: &SwitchStatement<'_>) -> Result<Statement> {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(too_deep(switch.span));
        }
        let subject = self.expression(&switch.discriminant)?;
        self.scopes.open();
        self.switches += 1;
        for case in &switch.cases {
            self.declare(&case.consequent)?;
        }
        let tests: Vec<_> = switch.cases.iter().filter_map(|case| case.test.as_ref()).collect();
        let constants: Option<Vec<_>> = tests.iter().map(|test| constant(test)).collect();
        let entry = match constants {
            Some(constants) => {
                Entry::Constants(self.add(switch.span, Node::Find(subject, constants))?)
            }
            None => {
                let tests: Result<_> = tests.iter().map(|test| self.expression(test)).collect();
                Entry::Tests(subject, tests?)
            }
        };
        let mut bodies = Vec::with_capacity(switch.cases.len());
        for case in &switch.cases {
            let mut body = Vec::new();
            self.list(&case.consequent, &mut body)?;
            bodies.push(body);
        }
        self.switches -= 1;
        self.scopes.close();
        self.depth -= 1;
        let default = switch.cases.iter().position(|case| case.test.is_none());
        Ok(Statement::Switch { entry, bodies, default, reset: false })
    }
}

pub(super) fn error(span: Span, message: impl Into<String>) -> LowerError {
    LowerError { offset: span.start, message: message.into(), hint: None }
}

/// Refuses what is JavaScript but not ours.
pub(super) fn beyond(span: Span, what: &str) -> LowerError {
    LowerError {
        offset: span.start,
        message: format!("{what} is not part of the formula language"),
        hint: Some(BEYOND.to_owned()),
    }
}

pub(super) fn too_deep(span: Span) -> LowerError {
    let message = format!("more than {MOST_LEVELS} levels within one another");
    LowerError { hint: Some("use variables".to_owned()), ..error(span, message) }
}
