//! Syntax tree -> [`Tree`], or the first construct that stands in the way.

use std::collections::BTreeMap;

use rhai::{ASTFlags, Expr, FlowControl, FnCallExpr, Position, Stmt, SwitchCasesCollection};

use super::call;
use super::tree::{Comparison, Node, Operator, Step, Tree, Type};
use crate::columns::DataType;
use crate::sandbox::InputType;

/// Why a script is interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox::rhai) struct NotLowered {
    /// The construct.
    pub(in crate::sandbox::rhai) what: String,
    pub(in crate::sandbox::rhai) position: Position,
}

type Lowered<T> = Result<T, NotLowered>;

fn cannot<T>(what: impl Into<String>, position: Position) -> Lowered<T> {
    Err(NotLowered { what: what.into(), position })
}

/// What is known of the script that is lowered.
pub(in crate::sandbox::rhai) struct Script<'a> {
    /// The body of `generate`, parameters in place.
    pub(in crate::sandbox::rhai) body: &'a [Stmt],
    /// The other functions by name and number of arguments: names of arguments, and body.
    pub(in crate::sandbox::rhai) functions: &'a Functions,
    /// Variables of the inputs, with their types where they are bound.
    pub(in crate::sandbox::rhai) inputs: &'a [(String, Option<InputType>)],
    pub(in crate::sandbox::rhai) data_type: DataType,
    /// Whether null may be returned.
    pub(in crate::sandbox::rhai) nullable: bool,
}

/// Functions of a script.
pub(in crate::sandbox::rhai) type Functions = BTreeMap<(String, usize), (Vec<String>, Vec<Stmt>)>;

/// Most calls inside one another that are put in place of each other.
const MOST_DEPTH: usize = 8;

/// Most nodes of a tree: calls in place multiply what is called often.
const MOST_NODES: u64 = 20_000;

/// Lowers the script.
///
/// # Errors
///
/// The first construct that cannot be.
pub(in crate::sandbox::rhai) fn compile(script: &Script<'_>) -> Lowered<Tree> {
    let mut compiler = Compiler {
        script,
        slots: Vec::new(),
        scopes: vec![Vec::new()],
        calls: Vec::new(),
        results: vec![Outcome::default()],
        draws: false,
        nodes: 0,
        loops: 0,
    };
    let body = compiler.tail(script.body)?;
    let outcome = compiler.results.pop().unwrap_or_default();
    let wanted = script.data_type;
    let fits = match (outcome.value, wanted) {
        (None, _) => true,
        (
            Some(Type::Int),
            DataType::Int32 | DataType::Int64 | DataType::Float32 | DataType::Float64,
        )
        | (Some(Type::Float), DataType::Float32 | DataType::Float64)
        | (Some(Type::Bool), DataType::Boolean)
        | (Some(Type::Text), DataType::Text) => true,
        (Some(_), _) => false,
    };
    if !fits {
        let wanted = crate::sandbox::data_type_name(wanted);
        return cannot(format!("the conversion of the result to {wanted}"), Position::NONE);
    }
    if outcome.null && !script.nullable {
        return cannot("null where there shall be none", Position::NONE);
    }
    Ok(Tree {
        body,
        slots: compiler.slots,
        result: outcome.value,
        data_type: wanted,
        nullable: outcome.null,
        draws: compiler.draws,
        operations: compiler.nodes * 2 + 16,
    })
}

/// What returns of a function gave so far.
#[derive(Debug, Default, Clone, Copy)]
struct Outcome {
    value: Option<Type>,
    null: bool,
}

struct Compiler<'a> {
    script: &'a Script<'a>,
    slots: Vec<Type>,
    /// Names of variables, the innermost scope last.
    scopes: Vec<Vec<(String, usize)>>,
    /// Functions that are being put in place.
    calls: Vec<(String, usize)>,
    results: Vec<Outcome>,
    draws: bool,
    nodes: u64,
    loops: usize,
}

impl Compiler<'_> {
    fn count(&mut self, position: Position) -> Lowered<()> {
        self.nodes += 1;
        if self.nodes > MOST_NODES { cannot("a script of this length", position) } else { Ok(()) }
    }

    fn new_slot(&mut self, kind: Type) -> usize {
        self.slots.push(kind);
        self.slots.len() - 1
    }

    fn declare(&mut self, name: &str, kind: Type) -> usize {
        let slot = self.new_slot(kind);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), slot));
        }
        slot
    }

    fn find(&self, name: &str) -> Option<usize> {
        let all = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        all.into_iter().find(|(known, _)| known == name).map(|(_, slot)| *slot)
    }

    fn scoped<T>(&mut self, act: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        self.scopes.push(Vec::new());
        let result = act(self);
        self.scopes.pop();
        result
    }

    /// The statements of a function: what stands last is returned.
    fn tail(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        self.scoped(|this| {
            let Some((last, before)) = statements.split_last() else {
                return this.give(None).map(|step| vec![step]);
            };
            let mut steps = this.statements(before)?;
            this.tail_statement(last, &mut steps)?;
            Ok(steps)
        })
    }

    fn tail_statement(&mut self, last: &Stmt, steps: &mut Vec<Step>) -> Lowered<()> {
        match last {
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.tail(flow.body.statements())?;
                let no = self.tail(flow.branch.statements())?;
                steps.push(Step::If(condition, yes, no));
            }
            Stmt::Switch(parts, position) => {
                let step = self.switch(&parts.0, &parts.1, *position, true)?;
                steps.extend(step);
            }
            Stmt::Block(block) => steps.extend(self.tail(block.statements())?),
            Stmt::Expr(expr) => {
                // An `if` that stands last may be wrapped as an expression.
                if let Expr::Stmt(block) = &**expr {
                    steps.extend(self.tail(block.statements())?);
                } else {
                    let step = self.returned(Some(expr))?;
                    steps.push(step);
                }
            }
            Stmt::FnCall(call, position) => {
                let (node, kind) = self.call(call, *position)?;
                steps.push(self.give(Some((node, kind, *position)))?);
            }
            Stmt::Return(..) => steps.extend(self.statement(last)?),
            other => {
                steps.extend(self.statement(other)?);
                steps.push(self.give(None)?);
            }
        }
        Ok(())
    }

    fn returned(&mut self, expr: Option<&Expr>) -> Lowered<Step> {
        match expr {
            None | Some(Expr::Unit(_)) => self.give(None),
            Some(expr) => {
                let (node, kind) = self.expression(expr)?;
                self.give(Some((node, kind, expr.position())))
            }
        }
    }

    /// Returns a value, or null.
    fn give(&mut self, value: Option<(Node, Type, Position)>) -> Lowered<Step> {
        let Some(outcome) = self.results.last_mut() else {
            return cannot("a return outside of functions", Position::NONE);
        };
        let Some((node, kind, position)) = value else {
            outcome.null = true;
            return Ok(Step::Return(None));
        };
        match outcome.value.get_or_insert(kind) {
            known if *known == kind => Ok(Step::Return(Some(node))),
            _ => cannot("results of different types", position),
        }
    }

    fn statements(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        let mut steps = Vec::with_capacity(statements.len());
        for statement in statements {
            steps.extend(self.statement(statement)?);
        }
        Ok(steps)
    }

    fn block(&mut self, statements: &[Stmt]) -> Lowered<Vec<Step>> {
        self.scoped(|this| this.statements(statements))
    }

    fn statement(&mut self, statement: &Stmt) -> Lowered<Vec<Step>> {
        self.count(statement.position())?;
        Ok(vec![match statement {
            Stmt::Noop(_) => return Ok(Vec::new()),
            Stmt::Block(block) => return self.block(block.statements()),
            Stmt::Var(parts, _, position) => {
                let (node, kind) = self.expression(&parts.1).or_else(|error| {
                    if matches!(parts.1, Expr::Unit(_)) {
                        return cannot("a variable without a value", *position);
                    }
                    Err(error)
                })?;
                let slot = self.declare(parts.0.name.as_str(), kind);
                Step::Set(slot, node)
            }
            Stmt::Assignment(parts) => self.assignment(&parts.0, &parts.1.lhs, &parts.1.rhs)?,
            Stmt::If(flow, _) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.block(flow.body.statements())?;
                let no = self.block(flow.branch.statements())?;
                Step::If(condition, yes, no)
            }
            Stmt::Switch(parts, position) => {
                return self.switch(&parts.0, &parts.1, *position, false);
            }
            Stmt::While(flow, _) => self.repeat(flow, false, false)?,
            Stmt::Do(flow, flags, _) => {
                self.repeat(flow, true, flags.contains(ASTFlags::NEGATED))?
            }
            Stmt::For(parts, position) => {
                if parts.1.is_some() {
                    return cannot("`for` with a counter", *position);
                }
                self.count_through(parts.0.name.as_str(), &parts.2, *position)?
            }
            Stmt::FnCall(call, position) => Step::Run(self.call(call, *position)?.0),
            Stmt::Expr(expr) => match &**expr {
                Expr::Stmt(block) => return self.block(block.statements()),
                expr => Step::Run(self.expression(expr)?.0),
            },
            Stmt::BreakLoop(None, flags, position) if self.loops > 0 => {
                let _ = position;
                if flags.contains(ASTFlags::BREAK) { Step::Break } else { Step::Continue }
            }
            Stmt::Return(expr, flags, position) => {
                if flags.contains(ASTFlags::BREAK) {
                    return cannot("`throw`", *position);
                }
                self.returned(expr.as_deref())?
            }
            Stmt::TryCatch(_, position) => return cannot("`try`", *position),
            other => return cannot("this statement", other.position()),
        }])
    }

    fn assignment(
        &mut self,
        operation: &rhai::OpAssignment,
        left: &Expr,
        right: &Expr,
    ) -> Lowered<Step> {
        let position = left.position();
        let Expr::Variable(parts, _, _) = left else {
            return cannot("an assignment to part of a value", position);
        };
        let Some(slot) = self.find(&parts.1) else {
            return cannot("an assignment to an input", position);
        };
        let kind = self.slots[slot];
        let (node, found) = self.expression(right)?;
        let (node, found) = match operation.get_op_assignment_info() {
            None => (node, found),
            Some((.., syntax)) => {
                self.operate(syntax, (Node::Slot(slot), kind), (node, found), position)?
            }
        };
        if found != kind {
            return cannot("a variable that changes its type", position);
        }
        Ok(Step::Set(slot, node))
    }

    fn repeat(&mut self, flow: &FlowControl, after: bool, negated: bool) -> Lowered<Step> {
        let before = self.nodes;
        let condition = match &flow.expr {
            Expr::Unit(_) => None,
            expr => Some(self.typed(expr, Type::Bool)?),
        };
        let body = self.looped(|this| this.block(flow.body.statements()))?;
        let operations = (self.nodes - before) * 2 + 8;
        Ok(Step::Loop { condition, negated, after, body, operations })
    }

    fn looped<T>(&mut self, act: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        self.loops += 1;
        let result = act(self);
        self.loops -= 1;
        result
    }

    fn count_through(
        &mut self,
        name: &str,
        flow: &FlowControl,
        position: Position,
    ) -> Lowered<Step> {
        let Expr::FnCall(range, _) = &flow.expr else {
            return cannot("`for` over anything but a range", position);
        };
        let inclusive = match (range.name.as_str(), range.args.len()) {
            ("..", 2) => false,
            ("..=", 2) => true,
            _ => return cannot("`for` over anything but a range", position),
        };
        let from = self.typed(&range.args[0], Type::Int)?;
        let to = self.typed(&range.args[1], Type::Int)?;
        let before = self.nodes;
        self.scoped(|this| {
            let slot = this.declare(name, Type::Int);
            let body = this.looped(|this| this.block(flow.body.statements()))?;
            let operations = (this.nodes - before) * 2 + 8;
            Ok(Step::For { slot, from, to, inclusive, body, operations })
        })
    }

    /// A `switch` as a chain of comparisons; in `tail` position its cases return.
    fn switch(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
        tail: bool,
    ) -> Lowered<Vec<Step>> {
        let (node, kind) = self.expression(value)?;
        let slot = self.new_slot(kind);
        let arms = self.arms(slot, kind, cases, position)?;
        let mut steps = match cases.def_case {
            Some(index) => self.arm(&cases.expressions[index].rhs, tail)?,
            None if tail => vec![self.give(None)?],
            None => Vec::new(),
        };
        for (condition, index) in arms.into_iter().rev() {
            let arm = self.arm(&cases.expressions[index].rhs, tail)?;
            steps = vec![Step::If(condition, arm, steps)];
        }
        steps.insert(0, Step::Set(slot, node));
        Ok(steps)
    }

    fn arm(&mut self, expr: &Expr, tail: bool) -> Lowered<Vec<Step>> {
        match expr {
            Expr::Stmt(block) if tail => self.tail(block.statements()),
            Expr::Stmt(block) => self.block(block.statements()),
            expr if tail => self.returned(Some(expr)).map(|step| vec![step]),
            expr => Ok(vec![Step::Run(self.expression(expr)?.0)]),
        }
    }

    /// The tests of a `switch` in the order in which the interpreter tries them, with their cases.
    fn arms(
        &mut self,
        slot: usize,
        kind: Type,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<Vec<(Node, usize)>> {
        if !cases.ranges.is_empty() {
            return cannot("`switch` with ranges", position);
        }
        let mut arms: Vec<(Node, usize)> = Vec::new();
        let all: Vec<_> = cases.cases.values().collect();
        for case in all {
            let literal = &case.value;
            let literal = match kind {
                Type::Int => literal.as_int().ok().map(Node::Int),
                Type::Bool => literal.as_bool().ok().map(Node::Bool),
                Type::Text => {
                    literal.clone().into_string().ok().map(|text| Node::Text(text.into()))
                }
                Type::Float => None,
            };
            let Some(literal) = literal else {
                return cannot("`switch` with cases of another type", position);
            };
            let [index] = case.blocks[..] else {
                return cannot("`switch` with a case twice", position);
            };
            if !matches!(cases.expressions[index].lhs, Expr::BoolConstant(true, _)) {
                return cannot("`switch` with conditions", position);
            }
            let test =
                Node::Compare(Comparison::Equal, Box::new(Node::Slot(slot)), Box::new(literal));
            arms.push((test, index));
            self.count(position)?;
        }
        // The map of cases has no order; each value leads to one case, so any order is right. This one
        // is the author's.
        arms.sort_by_key(|(_, index)| *index);
        Ok(arms)
    }

    /// An expression of type `kind`.
    fn typed(&mut self, expr: &Expr, kind: Type) -> Lowered<Node> {
        match self.expression(expr)? {
            (node, found) if found == kind => Ok(node),
            _ => cannot("a value of another type than its place needs", expr.position()),
        }
    }

    fn expression(&mut self, expr: &Expr) -> Lowered<(Node, Type)> {
        let position = expr.position();
        self.count(position)?;
        Ok(match expr {
            Expr::IntegerConstant(value, _) => (Node::Int(*value), Type::Int),
            Expr::FloatConstant(value, _) => (Node::Float(**value), Type::Float),
            Expr::BoolConstant(value, _) => (Node::Bool(*value), Type::Bool),
            Expr::StringConstant(value, _) => (Node::Text(value.as_str().into()), Type::Text),
            Expr::DynamicConstant(value, _) => match value.as_float() {
                Ok(value) => (Node::Float(value), Type::Float),
                Err(_) => {
                    return cannot(format!("a value of type {}", value.type_name()), position);
                }
            },
            Expr::Variable(parts, ..) => return self.variable(&parts.1, position),
            Expr::InterpolatedString(parts, _) => {
                let mut texts = Vec::with_capacity(parts.len());
                for part in parts {
                    let value = self.expression(part)?;
                    texts.push(shown(value));
                }
                (Node::Concat(texts), Type::Text)
            }
            Expr::And(parts, _) => (Node::And(self.truths(parts)?), Type::Bool),
            Expr::Or(parts, _) => (Node::Or(self.truths(parts)?), Type::Bool),
            Expr::Stmt(block) => {
                return self.scoped(|this| this.valued(block.statements(), position));
            }
            Expr::FnCall(call, _) => return self.call(call, position),
            Expr::Dot(pair, flags, _) => {
                if flags.contains(ASTFlags::NEGATED) {
                    return cannot("`?.`", position);
                }
                return self.method(&pair.lhs, &pair.rhs, position);
            }
            Expr::Array(..) => return cannot("an array", position),
            Expr::Map(..) => return cannot("a map", position),
            Expr::Index(..) => return cannot("an index", position),
            Expr::CharConstant(..) => return cannot("a character", position),
            Expr::Unit(_) => return cannot("`()` as a value", position),
            _ => return cannot("this expression", position),
        })
    }

    fn truths(&mut self, parts: &[Expr]) -> Lowered<Vec<Node>> {
        parts.iter().map(|part| self.typed(part, Type::Bool)).collect()
    }

    /// Statements whose last one is the value.
    fn valued(&mut self, statements: &[Stmt], position: Position) -> Lowered<(Node, Type)> {
        let Some((last, before)) = statements.split_last() else {
            return cannot("`()` as a value", position);
        };
        let steps = self.statements(before)?;
        let (value, kind) = match last {
            Stmt::Expr(expr) => self.expression(expr)?,
            Stmt::FnCall(call, position) => self.call(call, *position)?,
            Stmt::Block(block) => self.scoped(|this| this.valued(block.statements(), position))?,
            Stmt::If(flow, position) => {
                let condition = self.typed(&flow.expr, Type::Bool)?;
                let yes = self.scoped(|this| this.valued(flow.body.statements(), *position))?;
                let no = self.scoped(|this| this.valued(flow.branch.statements(), *position))?;
                self.either(condition, yes, no, *position)?
            }
            Stmt::Switch(parts, position) => self.switch_value(&parts.0, &parts.1, *position)?,
            other => return cannot("`()` as a value", other.position()),
        };
        let block = if steps.is_empty() { value } else { Node::Block(steps, Box::new(value)) };
        Ok((block, kind))
    }

    fn either(
        &self,
        condition: Node,
        yes: (Node, Type),
        no: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if yes.1 != no.1 {
            return cannot("branches of different types", position);
        }
        Ok((Node::If(Box::new(condition), Box::new(yes.0), Box::new(no.0)), yes.1))
    }

    fn switch_value(
        &mut self,
        value: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let (node, kind) = self.expression(value)?;
        let slot = self.new_slot(kind);
        let arms = self.arms(slot, kind, cases, position)?;
        let Some(otherwise) = cases.def_case else {
            return cannot("a `switch` for a value without `_`", position);
        };
        let mut result = self.expression(&cases.expressions[otherwise].rhs)?;
        for (condition, index) in arms.into_iter().rev() {
            let arm = self.expression(&cases.expressions[index].rhs)?;
            result = self.either(condition, arm, result, position)?;
        }
        Ok((Node::Block(vec![Step::Set(slot, node)], Box::new(result.0)), result.1))
    }

    fn variable(&self, name: &str, position: Position) -> Lowered<(Node, Type)> {
        if let Some(slot) = self.find(name) {
            return Ok((Node::Slot(slot), self.slots[slot]));
        }
        let place = self.script.inputs.iter().position(|(known, _)| known == name);
        let Some(index) = place else {
            return cannot(format!("`{name}` as a whole"), position);
        };
        let Some(input) = self.script.inputs[index].1 else {
            return cannot("an input that is not bound", position);
        };
        let kind = match input.data_type {
            DataType::Int32 | DataType::Int64 => Type::Int,
            DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => Type::Float,
            DataType::Boolean => Type::Bool,
            DataType::Text => Type::Text,
            other => {
                let other = crate::sandbox::data_type_name(other);
                return cannot(format!("an input of type {other}"), position);
            }
        };
        Ok((Node::Input(index), kind))
    }

    /// `value.name` and `value.name(…)`: functions with the value as first argument.
    fn method(&mut self, left: &Expr, right: &Expr, position: Position) -> Lowered<(Node, Type)> {
        let (name, arguments): (&str, &[Expr]) = match right {
            Expr::MethodCall(call, _) => (&call.name, &call.args),
            Expr::Property(property, _) if property.2 == "len" => ("len", &[]),
            Expr::Dot(..) | Expr::Index(..) => return cannot("a chain of calls", position),
            _ => return cannot("a property", position),
        };
        // A function of the script's own may be called so as well, with another `this`.
        if self.script.functions.keys().any(|(known, _)| known == name) {
            return cannot("a function of the script called as a method", position);
        }
        let first = self.expression(left)?;
        if name == "to_string" && arguments.is_empty() {
            return Ok((shown(first), Type::Text));
        }
        let mut values = vec![first];
        for argument in arguments {
            let value = self.expression(argument)?;
            values.push(value);
        }
        self.call_known(name, values, position)
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) -> Lowered<(Node, Type)> {
        let name = call.name.as_str();
        if call.capture_parent_scope {
            return cannot("a call that shares variables", position);
        }
        if let Some(index) = self.null_test(call) {
            let test = Node::IsNull(index);
            return Ok(match name {
                "==" => (test, Type::Bool),
                _ => (Node::Not(Box::new(test)), Type::Bool),
            });
        }
        if self.script.functions.contains_key(&(name.to_owned(), call.args.len())) {
            return self.inline(call, position);
        }
        let mut values = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            let value = self.expression(argument)?;
            values.push(value);
        }
        if call.is_operator_call() {
            let mut values = values.into_iter();
            return match (values.next(), values.next()) {
                (Some(left), Some(right)) => self.operate(name, left, right, position),
                (Some((value, Type::Int | Type::Float)), None) if name == "+" => {
                    let kind = self.kind_of(&value);
                    Ok((value, kind))
                }
                (Some((value, kind @ (Type::Int | Type::Float))), None) if name == "-" => {
                    Ok((Node::Negate(Box::new(value)), kind))
                }
                (Some((value, Type::Bool)), None) if name == "!" => {
                    Ok((Node::Not(Box::new(value)), Type::Bool))
                }
                _ => cannot(format!("the operator `{name}` here"), position),
            };
        }
        if name == "row_number" && values.is_empty() {
            self.draws = true;
            return Ok((Node::RowNumber, Type::Int));
        }
        self.call_known(name, values, position)
    }

    /// The type of a number that was just compiled.
    fn kind_of(&self, node: &Node) -> Type {
        match node {
            Node::Float(_) | Node::Widen(_) => Type::Float,
            Node::Slot(slot) => self.slots[*slot],
            Node::Call(function, _) => function.result,
            Node::Negate(inner) => self.kind_of(inner),
            Node::Arithmetic(_, left, _) => self.kind_of(left),
            _ => Type::Int,
        }
    }

    /// The input that is held against `()`.
    fn null_test(&self, call: &FnCallExpr) -> Option<usize> {
        let ("==" | "!=", [left, right]) = (call.name.as_str(), &call.args[..]) else {
            return None;
        };
        let (Expr::Variable(parts, ..), Expr::Unit(_)) = (left, right) else { return None };
        self.script.inputs.iter().position(|(known, kind)| *known == parts.1 && kind.is_some())
    }

    fn call_known(
        &mut self,
        name: &str,
        values: Vec<(Node, Type)>,
        position: Position,
    ) -> Lowered<(Node, Type)> {
        let types: Vec<Type> = values.iter().map(|(_, kind)| *kind).collect();
        let Some(function) = call::find(name, &types) else {
            let why = if call::is_known(name) { " with these arguments" } else { "" };
            return cannot(format!("the function `{name}`{why}"), position);
        };
        self.draws |= function.draws;
        let values = values.into_iter().map(|(node, _)| node).collect();
        Ok((Node::Call(function, values), function.result))
    }

    /// Puts a function of the script in place of its call.
    fn inline(&mut self, call: &FnCallExpr, position: Position) -> Lowered<(Node, Type)> {
        let key = (call.name.to_string(), call.args.len());
        if self.calls.contains(&key) || self.calls.len() >= MOST_DEPTH {
            return cannot("a function that calls itself", position);
        }
        let mut arguments = Vec::with_capacity(call.args.len());
        for argument in &call.args {
            let (node, kind) = self.expression(argument)?;
            arguments.push((self.new_slot(kind), node));
        }
        let functions = self.script.functions;
        let Some((names, body)) = functions.get(&key) else {
            return cannot("this call", position);
        };
        let names = names.iter().cloned().zip(arguments.iter().map(|(slot, _)| *slot)).collect();
        // The function sees its arguments only.
        let outside = std::mem::replace(&mut self.scopes, vec![names]);
        let loops = std::mem::take(&mut self.loops);
        self.calls.push(key);
        self.results.push(Outcome::default());
        let body = self.tail(body);
        let outcome = self.results.pop().unwrap_or_default();
        self.calls.pop();
        self.loops = loops;
        self.scopes = outside;
        let body = body?;
        match outcome {
            Outcome { value: Some(result), null: false } => {
                Ok((Node::Inline { arguments, body, result }, result))
            }
            _ => cannot("a function that may return nothing", position),
        }
    }

    /// `left syntax right` for two values.
    fn operate(
        &mut self,
        syntax: &str,
        left: (Node, Type),
        right: (Node, Type),
        position: Position,
    ) -> Lowered<(Node, Type)> {
        if syntax == "+" && left.1 == Type::Text {
            return Ok((Node::Concat(vec![left.0, shown(right)]), Type::Text));
        }
        let comparison = match syntax {
            "==" => Some(Comparison::Equal),
            "!=" => Some(Comparison::NotEqual),
            "<" => Some(Comparison::Less),
            "<=" => Some(Comparison::LessOrEqual),
            ">" => Some(Comparison::Greater),
            ">=" => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        let (left, right, kind) = match (left, right) {
            ((left, a), (right, b)) if a == b => (left, right, a),
            ((left, Type::Int), (right, Type::Float)) => {
                (Node::Widen(Box::new(left)), right, Type::Float)
            }
            ((left, Type::Float), (right, Type::Int)) => {
                (left, Node::Widen(Box::new(right)), Type::Float)
            }
            _ => return cannot(format!("`{syntax}` between values of different types"), position),
        };
        let (left, right) = (Box::new(left), Box::new(right));
        if let Some(comparison) = comparison {
            return Ok((Node::Compare(comparison, left, right), Type::Bool));
        }
        let operator = match (syntax, kind) {
            ("+", Type::Int | Type::Float) => Operator::Add,
            ("-", Type::Int | Type::Float) => Operator::Subtract,
            ("*", Type::Int | Type::Float) => Operator::Multiply,
            ("/", Type::Int | Type::Float) => Operator::Divide,
            ("%", Type::Int | Type::Float) => Operator::Remainder,
            ("**", Type::Int) => Operator::Power,
            ("<<", Type::Int) => Operator::ShiftLeft,
            (">>", Type::Int) => Operator::ShiftRight,
            ("&", Type::Int) => Operator::And,
            ("|", Type::Int) => Operator::Or,
            ("^", Type::Int) => Operator::Xor,
            _ => return cannot(format!("the operator `{syntax}` here"), position),
        };
        Ok((Node::Arithmetic(operator, left, right), kind))
    }
}

/// A value as text.
fn shown((node, kind): (Node, Type)) -> Node {
    if kind == Type::Text { node } else { Node::Show(Box::new(node)) }
}
