//! A computed field ready to evaluate: shared by all worker threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cast::{Builder, Cast, cast_column, into_dictionary, pick};
use super::condition::{Scope, Test};
use super::error::{EvaluateError, Faults};
use super::formula::Program;
use super::ladder::LineValue;
use super::lift::{Group, Memo};
use super::reference::Report;
use super::template::Template;
use super::{Expression, InputInfo, Settings};
use crate::columns::{Column, DataType, Dictionary, Rows, Values};
use crate::columnwise::Selection;
use crate::display::Form;
use crate::generator::{GenerateError, Generator, Inputs, Made, Tier};
use crate::problems::{Problem, Problems, excerpt};

/// A computed field with its types fixed.
#[derive(Debug)]
pub(crate) struct Bound {
    lines: Vec<BoundLine>,
    types: Vec<Form>,
    cast: Cast,
    nullable: bool,
    beyond_doubles: bool,
    /// The literals of all lines, converted: [`Value::Literal`] counts here.
    literals: Column,
    /// The literals of a text field, so that columns of them can be keys.
    literal_texts: Option<Arc<Dictionary>>,
    memo: Memo<Lifted>,
}

#[derive(Debug)]
struct BoundLine {
    /// `None` = always.
    test: Option<Test>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Null,
    /// Index of a literal.
    Literal(u32),
    Template(Template),
    /// Index of the input that is passed on.
    Input(usize),
    Program(Program),
}

/// What the ladder gives for each entry of its inputs' dictionaries.
#[derive(Debug)]
struct Lifted {
    values: LiftedValues,
    faults: Faults,
}

#[derive(Debug)]
enum LiftedValues {
    /// Texts without nulls: the rows keep their keys.
    Dictionary(Arc<Dictionary>),
    Column(Column),
}

/// The part of a block that one line gives.
enum Part {
    Null,
    Literal(u32),
    Column(Column),
}

impl Bound {
    /// The contract is [`Expression::bind`].
    pub(super) fn new(
        expression: &Expression,
        settings: Settings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Settings { inputs, cast, place, .. } = settings;
        let errors = problems.errors();
        if inputs.len() != expression.inputs().len() {
            let found = inputs.len();
            let message = format!("{found} inputs for {} references", expression.inputs().len());
            problems.push(Problem::error("inputs", place.pointer, message).field(place.field));
            return None;
        }
        let mut literals = Builder::new(&cast, expression.lines.len());
        let mut converted = 0;
        let mut lines = Vec::new();
        for line in &expression.lines {
            let pointer = format!("{}{}", place.pointer, line.pointer);
            let mut report = Report { pointer, field: place.field, problems: &mut *problems };
            let scope = Scope { inputs, now: settings.now, cast: &cast };
            let test =
                line.condition.as_ref().map(|condition| Test::bind(condition, scope, &mut report));
            let value = match &line.value {
                LineValue::Literal(None) => Value::Null,
                LineValue::Literal(Some(literal)) => {
                    if bind_literal(literal, &cast, &mut literals, &mut report) {
                        converted += 1;
                        Value::Literal(converted - 1)
                    } else {
                        Value::Null
                    }
                }
                LineValue::Injection(template) => match template.single_input() {
                    Some(input) => Value::Input(input),
                    None => Value::Template(template.clone()),
                },
                LineValue::Link(input) => Value::Input(*input),
                LineValue::Formula(formula) => {
                    let exact = |input: &usize| cast.is_exact_from(inputs[*input].data_type);
                    match formula.single_input().filter(exact) {
                        Some(input) => Value::Input(input),
                        None => {
                            warn_of_rounding(&formula.calculates_with(), inputs, &mut report);
                            Value::Program(formula.bind(scope, &mut report))
                        }
                    }
                }
            };
            let is_last = test.is_none();
            lines.push(BoundLine { test, value });
            if is_last {
                break;
            }
        }
        if problems.errors() > errors {
            return None;
        }
        let nullable = lines.last().is_none_or(|line| line.test.is_some())
            || lines.iter().any(|line| line.value.is_nullable(inputs));
        let literals = cast.finish(literals.finish());
        let literal_texts = match &literals.values {
            Values::Text(texts) => Some(Dictionary::from_texts(texts.clone())),
            _ => None,
        };
        let form =
            |input: &InputInfo<'_>| Form { data_type: input.data_type, decimals: input.decimals };
        let types = inputs.iter().map(form).collect();
        let memo = Memo::default();
        let passes_on = |line: &BoundLine| matches!(line.value, Value::Input(input) if inputs[input].beyond_doubles);
        let beyond_doubles = lines.iter().any(passes_on);
        Some(Self { lines, types, cast, nullable, beyond_doubles, literals, literal_texts, memo })
    }

    /// Whether a value may be null.
    pub(crate) fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether a value may be a whole number beyond 2^53, passed on from an input.
    pub(crate) fn is_beyond_doubles(&self) -> bool {
        self.beyond_doubles
    }

    /// The values of `rows`: a column of the cast's type.
    ///
    /// `inputs[i]` holds the values of [`Expression::inputs`]`[i]` in the same rows.
    ///
    /// # Errors
    ///
    /// The first row whose value cannot be computed or converted.
    pub(crate) fn evaluate(&self, rows: Rows, inputs: &[&Column]) -> Result<Column, EvaluateError> {
        let (column, errors) = self.evaluate_all(rows, inputs);
        errors.into_iter().next().map_or(Ok(column), Err)
    }

    /// [`evaluate`](Self::evaluate) for those who go on after errors: such rows hold null.
    ///
    /// Beyond ten thousand errors of a block no more are listed.
    pub(crate) fn evaluate_all(
        &self,
        rows: Rows,
        inputs: &[&Column],
    ) -> (Column, Vec<EvaluateError>) {
        let mut faults = Faults::default();
        let column = self
            .lifted(inputs, &mut faults)
            .unwrap_or_else(|| self.ladder(inputs, rows.count, &mut faults));
        (column, faults.into_errors(rows.first))
    }

    /// The values by way of the dictionary entries, where all inputs share their keys.
    fn lifted(&self, inputs: &[&Column], faults: &mut Faults) -> Option<Column> {
        let group = Group::of(inputs.iter().copied())?;
        if let [BoundLine { test: None, value: Value::Input(_) }] = self.lines[..]
            && self.cast.is_plain_text()
        {
            return None;
        }
        let lifted = self.memo.get(&group, || {
            let columns = group.entry_columns();
            let columns: Vec<&Column> = columns.iter().collect();
            let mut faults = Faults::default();
            let column = self.ladder(&columns, group.entries(), &mut faults);
            faults.sort();
            let values = match into_dictionary(column) {
                Ok(dictionary) => LiftedValues::Dictionary(dictionary),
                Err(column) => LiftedValues::Column(column),
            };
            Lifted { values, faults }
        })?;
        if lifted.faults.has_overflowed() {
            return None;
        }
        if !lifted.faults.is_empty() {
            for (position, key) in group.keys.iter().enumerate() {
                if let Some(message) = lifted.faults.at(*key as usize) {
                    faults.push(position, message.to_owned());
                }
            }
        }
        Some(match &lifted.values {
            LiftedValues::Dictionary(dictionary) => Column::new(Values::Choice {
                keys: Arc::clone(group.keys),
                dictionary: Arc::clone(dictionary),
            }),
            LiftedValues::Column(column) => pick(column, &Selection::Some(Arc::clone(group.keys))),
        })
    }

    /// Tries the lines one after the other, each on the rows that are left.
    fn ladder(&self, columns: &[&Column], count: usize, faults: &mut Faults) -> Column {
        let mut left = Selection::All(count);
        let mut parts: Vec<(Selection, Part)> = Vec::new();
        for line in &self.lines {
            let (taken, rest) = match &line.test {
                None => (left, Selection::NONE),
                Some(test) => left.split(&test.evaluate(columns, &self.types, &left)),
            };
            if !taken.is_empty() {
                let part = self.part(&line.value, columns, &taken, count, faults);
                parts.push((taken, part));
            }
            left = rest;
            if left.is_empty() {
                break;
            }
        }
        if !left.is_empty() {
            parts.push((left, Part::Null));
        }
        self.assemble(count, parts)
    }

    fn part(
        &self,
        value: &Value,
        columns: &[&Column],
        selection: &Selection,
        count: usize,
        faults: &mut Faults,
    ) -> Part {
        Part::Column(match value {
            Value::Null => return Part::Null,
            Value::Literal(literal) => return Part::Literal(*literal),
            Value::Input(input) => {
                let form = self.types[*input];
                let column = cast_column(columns[*input], form, &self.cast, selection, faults);
                self.cast.finish(column)
            }
            Value::Template(template) => {
                let (texts, validity) = template.evaluate(columns, &self.types, selection, faults);
                let column = Column { values: Values::Text(texts), validity };
                if self.cast.is_plain_text() {
                    return Part::Column(column);
                }
                let all = Selection::All(column.len());
                let mut own = Faults::default();
                let cast = cast_column(&column, DataType::Text.into(), &self.cast, &all, &mut own);
                faults.extend(own, |index| selection.position(index));
                self.cast.finish(cast)
            }
            Value::Program(program) => {
                let column = program.evaluate(columns, &self.types, selection, count, faults);
                self.cast.finish(column)
            }
        })
    }

    /// Puts the parts, which cover all rows, into one column.
    fn assemble(&self, count: usize, mut parts: Vec<(Selection, Part)>) -> Column {
        if let [(_, Part::Column(_))] = parts[..]
            && let Some((_, Part::Column(column))) = parts.pop()
        {
            return column;
        }
        let no_column = parts.iter().all(|(_, part)| !matches!(part, Part::Column(_)));
        if let (true, Some(dictionary)) = (no_column, &self.literal_texts) {
            return literal_keys(count, &parts, dictionary);
        }
        let mut sources = vec![(0_u32, 0_u32); count];
        for (number, (selection, part)) in parts.iter().enumerate() {
            selection.fill(&mut sources, |index| match part {
                Part::Literal(literal) => (number as u32, *literal),
                Part::Null | Part::Column(_) => (number as u32, index as u32),
            });
        }
        let mut builder = Builder::new(&Cast::new(self.cast.column_type()), count);
        for (number, within) in sources {
            match &parts[number as usize].1 {
                Part::Null => builder.push_null(),
                Part::Literal(_) => builder.push_same(&self.literals, within as usize),
                Part::Column(column) => builder.push_same(column, within as usize),
            }
        }
        builder.finish()
    }
}

impl Generator for Bound {
    fn generate(&self, rows: Rows, inputs: &Inputs<'_>) -> Result<Made, GenerateError> {
        // An expression mentions what it reads: no input of it is missing.
        let columns: Vec<&Column> = inputs.iter().copied().flatten().collect();
        self.evaluate(rows, &columns).map(Made::from).map_err(GenerateError::new)
    }

    fn tier(&self) -> Tier {
        Tier::Computed
    }
}

impl Value {
    fn is_nullable(&self, inputs: &[InputInfo<'_>]) -> bool {
        match self {
            Self::Null => true,
            Self::Literal(_) => false,
            Self::Template(template) => template.inputs().any(|input| inputs[input].nullable),
            Self::Input(input) => inputs[*input].nullable,
            Self::Program(program) => program.is_nullable(),
        }
    }
}

/// Rows of literal texts only, as keys.
fn literal_keys(count: usize, parts: &[(Selection, Part)], dictionary: &Arc<Dictionary>) -> Column {
    let mut keys = vec![0; count];
    let mut validity = None;
    for (selection, part) in parts {
        match part {
            Part::Literal(literal) => {
                selection.fill(&mut keys, |_| *literal);
            }
            Part::Null | Part::Column(_) => {
                let validity = validity.get_or_insert_with(|| vec![true; count]);
                selection.fill(validity, |_| false);
            }
        }
    }
    // Keys of an empty dictionary would name nothing.
    if dictionary.is_empty() {
        let texts = (0..count).map(|_| "").collect();
        return Column { values: Values::Text(texts), validity };
    }
    let dictionary = Arc::clone(dictionary);
    Column { values: Values::Choice { keys: Arc::new(keys), dictionary }, validity }
}

/// Tells of inputs that a formula rounds, as its numbers are doubles.
fn warn_of_rounding(read: &BTreeSet<usize>, inputs: &[InputInfo<'_>], report: &mut Report<'_>) {
    for input in read.iter().map(|input| inputs[*input]).filter(|input| input.beyond_doubles) {
        let message = format!(
            "`{}` may be beyond 9007199254740992, where formulas round: they have JavaScript's numbers, of 53 bits",
            excerpt(input.name)
        );
        let hint =
            "narrow its range, or compute the value by a RHAI field, whose whole numbers are exact";
        report.warning("rounded_input", message, Some(hint));
    }
}

/// Converts a literal; a bad one is reported.
fn bind_literal(text: &str, cast: &Cast, literals: &mut Builder, report: &mut Report<'_>) -> bool {
    let shown = excerpt(text);
    if cast.data_type == DataType::Boolean
        && !["true", "false"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
    {
        let message = format!("the value `{shown}` counts as false: expected `true` or `false`");
        report.warning("line_value", message, None);
    }
    let pushed = literals.push_text(text.as_bytes());
    if let Err(message) = &pushed {
        let message = format!("the value of this line does not fit the field's type: {message}");
        report.error("line_value", message, Some("for no value write null"));
    }
    pushed.is_ok()
}
