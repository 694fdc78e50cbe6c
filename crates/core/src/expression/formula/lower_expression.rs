//! Lowers expressions.

use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentOperator, AssignmentTarget, BinaryExpression,
    BinaryOperator, CallExpression, Expression as Js, IdentifierReference, LogicalExpression,
    LogicalOperator, NumericLiteral, SimpleAssignmentTarget, StaticMemberExpression, StringLiteral,
    TemplateLiteral, UnaryExpression, UnaryOperator, UpdateExpression, UpdateOperator,
};
use oxc_span::{GetSpan, Span};

use super::functions::{self, Function, Signature};
use super::lower::{BEYOND, LowerError, Lowerer, MOST_LEVELS, beyond, error, too_deep};
use super::source::MARKS;
use super::tree::{Binary, Logical, Node, NodeId, Value};
use crate::display::write_number;
use crate::problems::excerpt;

type Result<T> = std::result::Result<T, LowerError>;

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, expression: &Js<'_>) -> Result<NodeId> {
        let span = expression.span();
        match expression {
            Js::ParenthesizedExpression(inner) => self.expression(&inner.expression),
            Js::StringLiteral(literal) => self.text(literal),
            Js::TemplateLiteral(template) => self.template(template),
            Js::Identifier(name) => self.name(name),
            Js::UnaryExpression(unary) => self.unary(unary),
            Js::UpdateExpression(update) => self.update(update),
            Js::BinaryExpression(binary) => self.binary(binary),
            Js::LogicalExpression(logical) => self.logical(logical),
            Js::ConditionalExpression(choice) => {
                let test = self.expression(&choice.test)?;
                let yes = self.expression(&choice.consequent)?;
                let no = self.expression(&choice.alternate)?;
                self.add(span, Node::Choose(test, yes, no))
            }
            Js::AssignmentExpression(assignment) => self.assignment(assignment),
            Js::SequenceExpression(sequence) => {
                let parts: Result<_> =
                    sequence.expressions.iter().map(|part| self.expression(part)).collect();
                self.add(span, Node::Sequence(parts?))
            }
            Js::CallExpression(call) => self.call(call),
            Js::StaticMemberExpression(member) => self.member(member),
            Js::NumericLiteral(literal) => {
                self.warn_of_lost_digits(literal);
                self.add(span, Node::Constant(Value::Number(literal.value)))
            }
            _ => match constant(expression) {
                Some(constant) => self.add(span, Node::Constant(constant)),
                None => Err(beyond(span, describe(expression))),
            },
        }
    }

    /// Tells of a whole number that no double holds.
    fn warn_of_lost_digits(&mut self, literal: &NumericLiteral<'_>) {
        let raw = literal.raw.as_ref().map_or("", |raw| raw.as_str());
        let is_exact = raw
            .parse::<i128>()
            .map_or(true, |whole| literal.value.abs() < 1e38 && literal.value as i128 == whole);
        if !is_exact {
            let mut shown = Vec::new();
            write_number(literal.value, &mut shown);
            let shown = String::from_utf8_lossy(&shown).into_owned();
            let message = format!(
                "`{}` is calculated as {shown}: formulas have JavaScript's numbers, of 53 bits",
                excerpt(raw)
            );
            self.warned.insert(literal.span.start as usize, message);
        }
    }

    /// A quoted text, with the fields in it.
    pub(super) fn text(&mut self, literal: &StringLiteral<'_>) -> Result<NodeId> {
        let mut parts = Vec::new();
        self.pieces(literal.span, &literal.value, literal.lone_surrogates, &mut parts)?;
        self.concatenation(literal.span, parts)
    }

    fn template(&mut self, template: &TemplateLiteral<'_>) -> Result<NodeId> {
        let mut parts = Vec::new();
        for (index, quasi) in template.quasis.iter().enumerate() {
            let Some(cooked) = &quasi.value.cooked else {
                return Err(error(quasi.span, "an escape that means nothing"));
            };
            self.pieces(quasi.span, cooked, quasi.lone_surrogates, &mut parts)?;
            let Some(expression) = template.expressions.get(index) else { continue };
            parts.push(match expression {
                // A name that has no value here is a field, as it is everywhere else in `${}`.
                Js::Identifier(name)
                    if !name.name.starts_with('$')
                        && !matches!(name.name.as_str(), "undefined" | "NaN" | "Infinity")
                        && !self.scopes.has_value(&name.name) =>
                {
                    let input = self.input(&name.name);
                    self.add(name.span, Node::Input { input, quoted: true })?
                }
                other => self.expression(other)?,
            });
        }
        self.concatenation(template.span, parts)
    }

    fn concatenation(&mut self, span: Span, parts: Vec<NodeId>) -> Result<NodeId> {
        match parts[..] {
            [] => self.add(span, Node::Constant(Value::Text("".into()))),
            _ => self.add(span, Node::Concatenate(parts)),
        }
    }

    /// Splits a text at the marks of its fields.
    fn pieces(
        &mut self,
        span: Span,
        text: &str,
        lone_surrogates: bool,
        parts: &mut Vec<NodeId>,
    ) -> Result<()> {
        if lone_surrogates {
            return Err(error(span, "half a character (a lone surrogate)"));
        }
        let [open, close] = MARKS;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(open) {
            let Some((number, after)) = after.split_once(close) else { break };
            let field = number.parse().ok().filter(|field| *field < self.source.fields.len());
            let Some(input) = field else { break };
            self.literal(span, before, parts)?;
            parts.push(self.add(span, Node::Input { input, quoted: true })?);
            rest = after;
        }
        self.literal(span, rest, parts)
    }

    fn literal(&mut self, span: Span, text: &str, parts: &mut Vec<NodeId>) -> Result<()> {
        if !text.is_empty() {
            parts.push(self.add(span, Node::Constant(Value::Text(text.into())))?);
        }
        Ok(())
    }

    /// The number of the field `name`, which need not be in the source as a placeholder.
    fn input(&mut self, name: &str) -> usize {
        if let Some(input) = self.fields.iter().position(|known| known == name) {
            return input;
        }
        self.fields.push(name.to_owned());
        self.fields.len() - 1
    }

    fn name(&mut self, name: &IdentifierReference<'_>) -> Result<NodeId> {
        let node = match name.name.as_str() {
            "undefined" => Node::Constant(Value::Null),
            "NaN" => Node::Constant(Value::Number(f64::NAN)),
            "Infinity" => Node::Constant(Value::Number(f64::INFINITY)),
            placeholder if placeholder.starts_with('$') => {
                let field = placeholder[1..].parse().ok();
                let Some(input) = field.filter(|field| *field < self.source.fields.len()) else {
                    return Err(error(name.span, "not a name"));
                };
                Node::Input { input, quoted: false }
            }
            "Math" | "Date" | "Number" | "String" | "Boolean" | "this" | "globalThis" | "JSON"
            | "Array" | "Object" | "RegExp" | "eval" | "Function" | "arguments" => {
                return Err(beyond(name.span, &format!("`{}` by itself", excerpt(&name.name))));
            }
            other => Node::Local(self.scopes.read(other, name.span.start as usize)),
        };
        self.add(name.span, node)
    }

    fn unary(&mut self, unary: &UnaryExpression<'_>) -> Result<NodeId> {
        let wrap = match unary.operator {
            UnaryOperator::UnaryPlus => Node::ToNumber,
            UnaryOperator::UnaryNegation => Node::Negate,
            UnaryOperator::LogicalNot => Node::Not,
            other => return Err(beyond(unary.span, &format!("`{}`", other.as_str()))),
        };
        let argument = self.expression(&unary.argument)?;
        self.add(unary.span, wrap(argument))
    }

    /// `a + b + c …` leans to the left as far as it is long: walked, not descended.
    fn binary(&mut self, binary: &BinaryExpression<'_>) -> Result<NodeId> {
        let mut spine = vec![binary];
        while let Some(Js::BinaryExpression(left)) = spine.last().map(|last| &last.left) {
            spine.push(left);
            if spine.len() > MOST_LEVELS {
                return Err(too_deep(left.span));
            }
        }
        let mut left = match spine.last() {
            Some(innermost) => self.expression(&innermost.left)?,
            None => return Err(error(binary.span, "not an expression")),
        };
        for binary in spine.into_iter().rev() {
            let Some(operator) = binary_operator(binary.operator) else {
                return Err(unknown_operator(binary));
            };
            let right = self.expression(&binary.right)?;
            left = self.add(binary.span, Node::Binary(operator, left, right))?;
        }
        Ok(left)
    }

    fn logical(&mut self, logical: &LogicalExpression<'_>) -> Result<NodeId> {
        let mut spine = vec![logical];
        while let Some(Js::LogicalExpression(left)) = spine.last().map(|last| &last.left) {
            spine.push(left);
            if spine.len() > MOST_LEVELS {
                return Err(too_deep(left.span));
            }
        }
        let mut left = match spine.last() {
            Some(innermost) => self.expression(&innermost.left)?,
            None => return Err(error(logical.span, "not an expression")),
        };
        for logical in spine.into_iter().rev() {
            let right = self.expression(&logical.right)?;
            let operator = logical_operator(logical.operator);
            left = self.add(logical.span, Node::Logical(operator, left, right))?;
        }
        Ok(left)
    }

    fn assignment(&mut self, assignment: &AssignmentExpression<'_>) -> Result<NodeId> {
        let AssignmentTarget::AssignmentTargetIdentifier(name) = &assignment.left else {
            return Err(beyond(assignment.span, "an assignment to this"));
        };
        let span = assignment.span;
        self.check_target(name)?;
        if let Some(operator) = assignment.operator.to_logical_operator() {
            let before = self.read(name)?;
            let value = self.expression(&assignment.right)?;
            let local = self.assigned(name)?;
            let assign = self.add(span, Node::Assign(local, value))?;
            let operator = logical_operator(operator);
            return self.add(span, Node::Logical(operator, before, assign));
        }
        let value = if assignment.operator == AssignmentOperator::Assign {
            self.expression(&assignment.right)?
        } else {
            let operator = assignment.operator.to_binary_operator().and_then(binary_operator);
            let Some(operator) = operator else {
                return Err(beyond(span, &format!("`{}`", assignment.operator.as_str())));
            };
            let before = self.read(name)?;
            let right = self.expression(&assignment.right)?;
            self.add(span, Node::Binary(operator, before, right))?
        };
        let local = self.assigned(name)?;
        self.add(span, Node::Assign(local, value))
    }

    fn check_target(&self, name: &IdentifierReference<'_>) -> Result<()> {
        let is_field = name.name.starts_with('$');
        if is_field || matches!(name.name.as_str(), "undefined" | "NaN" | "Infinity" | "Math") {
            let message =
                if is_field { "a field cannot be assigned" } else { "cannot be assigned" };
            return Err(error(name.span, message));
        }
        Ok(())
    }

    fn read(&mut self, name: &IdentifierReference<'_>) -> Result<NodeId> {
        let local = self.scopes.read(&name.name, name.span.start as usize);
        self.add(name.span, Node::Local(local))
    }

    fn assigned(&mut self, name: &IdentifierReference<'_>) -> Result<usize> {
        let local = self.scopes.assign(&name.name);
        local.ok_or_else(|| error(name.span, format!("`{}` is a constant", excerpt(&name.name))))
    }

    fn update(&mut self, update: &UpdateExpression<'_>) -> Result<NodeId> {
        let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = &update.argument else {
            return Err(beyond(update.span, "an assignment to this"));
        };
        let span = update.span;
        self.check_target(name)?;
        let by = if update.operator == UpdateOperator::Increment { 1.0 } else { -1.0 };
        let before = self.read(name)?;
        let local = self.assigned(name)?;
        if !update.prefix {
            return self.add(span, Node::StepAfter { local, by });
        }
        let before = self.add(span, Node::ToNumber(before))?;
        let by = self.add(span, Node::Constant(Value::Number(by)))?;
        let value = self.add(span, Node::Binary(Binary::Add, before, by))?;
        self.add(span, Node::Assign(local, value))
    }

    /// `Math.PI`, `text.length`.
    fn member(&mut self, member: &StaticMemberExpression<'_>) -> Result<NodeId> {
        let property = member.property.name.as_str();
        if member.optional {
            return Err(beyond(member.span, "`?.`"));
        }
        if let Js::Identifier(object) = &member.object
            && object.name == "Math"
        {
            return match functions::constant(property) {
                Some(value) => self.add(member.span, Node::Constant(Value::Number(value))),
                None => Err(unknown(member, &format!("`Math.{}`", excerpt(property)))),
            };
        }
        if property != "length" {
            return Err(unknown(member, &format!("the property `{}`", excerpt(property))));
        }
        let object = self.expression(&member.object)?;
        self.add(member.span, Node::Call(Function::Length, vec![object]))
    }

    fn call(&mut self, call: &CallExpression<'_>) -> Result<NodeId> {
        if call.optional {
            return Err(beyond(call.span, "`?.`"));
        }
        match &call.callee {
            Js::Identifier(name) => match functions::global(&name.name) {
                Some(signature) => self.call_function(call, &name.name, signature, Vec::new()),
                None => Err(beyond(name.span, &format!("the function `{}`", excerpt(&name.name)))),
            },
            Js::StaticMemberExpression(member) => self.call_member(call, member),
            other => Err(beyond(other.span(), "a call of this")),
        }
    }

    fn call_member(
        &mut self,
        call: &CallExpression<'_>,
        member: &StaticMemberExpression<'_>,
    ) -> Result<NodeId> {
        let property = member.property.name.as_str();
        if member.optional {
            return Err(beyond(member.span, "`?.`"));
        }
        let object = match &member.object {
            Js::Identifier(object) => object.name.as_str(),
            _ => "",
        };
        match object {
            "Math" if property == "random" => {
                let refused = beyond(member.span, "`Math.random`");
                let hint = "values must be reproducible: draw in a field of its own and use that";
                Err(LowerError { hint: Some(hint.to_owned()), ..refused })
            }
            "Math" => match functions::math(property) {
                Some(signature) => self.call_function(call, property, signature, Vec::new()),
                None => Err(unknown(member, &format!("`Math.{}`", excerpt(property)))),
            },
            "Number" => match functions::number(property) {
                Some(signature) => self.call_function(call, property, signature, Vec::new()),
                None => Err(unknown(member, &format!("`Number.{property}`"))),
            },
            "Date" if property == "now" && call.arguments.is_empty() => {
                self.add(call.span, Node::Now)
            }
            "Date" => Err(beyond(member.span, &format!("`Date.{property}`"))),
            _ => match functions::method(property) {
                Some(signature) => {
                    let object = self.expression(&member.object)?;
                    self.call_function(call, property, signature, vec![object])
                }
                None => Err(unknown(member, &format!("the method `{}`", excerpt(property)))),
            },
        }
    }

    fn call_function(
        &mut self,
        call: &CallExpression<'_>,
        name: &str,
        signature: Signature,
        mut operands: Vec<NodeId>,
    ) -> Result<NodeId> {
        let Signature { function, fewest, most } = signature;
        let found = call.arguments.len();
        if !(fewest..=most).contains(&found) {
            let expected =
                if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
            let message = format!("`{name}` takes {expected} arguments, not {found}");
            return Err(error(call.span, message));
        }
        for argument in &call.arguments {
            let Some(expression) = argument.as_expression() else {
                let span = if let Argument::SpreadElement(spread) = argument {
                    spread.span
                } else {
                    call.span
                };
                return Err(beyond(span, "`...`"));
            };
            operands.push(self.expression(expression)?);
        }
        self.add(call.span, Node::Call(function, operands))
    }
}

fn unknown_operator(binary: &BinaryExpression<'_>) -> LowerError {
    let hint = match binary.operator {
        BinaryOperator::BitwiseAnd => "for `and` write `&&`",
        BinaryOperator::BitwiseOR => "for `or` write `||`",
        BinaryOperator::BitwiseXOR => "for a power write `**`",
        _ => BEYOND,
    };
    let refused = beyond(binary.right.span(), &format!("`{}`", binary.operator.as_str()));
    LowerError { hint: Some(hint.to_owned()), ..refused }
}

fn unknown(member: &StaticMemberExpression<'_>, what: &str) -> LowerError {
    let refused = beyond(member.property.span, what);
    match functions::closest(&member.property.name) {
        Some(name) => LowerError { hint: Some(format!("did you mean `{name}`?")), ..refused },
        None => refused,
    }
}

/// The value of a literal without fields in it.
pub(super) fn constant(expression: &Js<'_>) -> Option<Value> {
    match expression {
        Js::NumericLiteral(literal) => Some(Value::Number(literal.value)),
        Js::BooleanLiteral(literal) => Some(Value::Boolean(literal.value)),
        Js::NullLiteral(_) => Some(Value::Null),
        Js::StringLiteral(literal)
            if !literal.lone_surrogates && !literal.value.contains(MARKS) =>
        {
            Some(Value::Text(literal.value.as_str().into()))
        }
        Js::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
            match &unary.argument {
                Js::NumericLiteral(literal) => Some(Value::Number(-literal.value)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn binary_operator(operator: BinaryOperator) -> Option<Binary> {
    Some(match operator {
        BinaryOperator::Addition => Binary::Add,
        BinaryOperator::Subtraction => Binary::Subtract,
        BinaryOperator::Multiplication => Binary::Multiply,
        BinaryOperator::Division => Binary::Divide,
        BinaryOperator::Remainder => Binary::Remainder,
        BinaryOperator::Exponential => Binary::Power,
        BinaryOperator::Equality => Binary::Equal,
        BinaryOperator::Inequality => Binary::NotEqual,
        BinaryOperator::StrictEquality => Binary::Identical,
        BinaryOperator::StrictInequality => Binary::NotIdentical,
        BinaryOperator::LessThan => Binary::Less,
        BinaryOperator::LessEqualThan => Binary::LessOrEqual,
        BinaryOperator::GreaterThan => Binary::Greater,
        BinaryOperator::GreaterEqualThan => Binary::GreaterOrEqual,
        _ => return None,
    })
}

fn logical_operator(operator: LogicalOperator) -> Logical {
    match operator {
        LogicalOperator::And => Logical::And,
        LogicalOperator::Or => Logical::Or,
        LogicalOperator::Coalesce => Logical::Coalesce,
    }
}

fn describe(expression: &Js<'_>) -> &'static str {
    match expression {
        Js::ArrowFunctionExpression(_) | Js::FunctionExpression(_) => "a function",
        Js::ArrayExpression(_) => "an array",
        Js::ObjectExpression(_) => "an object",
        Js::RegExpLiteral(_) => "a regular expression",
        Js::BigIntLiteral(_) => "a big integer",
        Js::NewExpression(_) => "`new`",
        Js::ThisExpression(_) => "`this`",
        Js::ComputedMemberExpression(_) => "an index `[…]`",
        Js::ChainExpression(_) => "`?.`",
        Js::ClassExpression(_) => "a class",
        Js::TaggedTemplateExpression(_) => "a tagged template",
        _ => "this expression",
    }
}
