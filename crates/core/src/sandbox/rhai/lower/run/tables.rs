//! Constant lists and maps: values of them are looked up, never copied.

use super::vector::{Many, Span, Vector};
use super::{Bail, Machine, Run};
use crate::columnwise::Selection;
use crate::rng::scale;
use crate::rng::unit;
use crate::sandbox::rhai::lower::tables::{Cell, Table, Tables};
use crate::sandbox::rhai::lower::tree::{Node, Type};

/// One value for all rows where it is `once`, else one for each of `rows`.
fn many<T>(once: bool, rows: usize, value: impl FnMut(usize) -> Run<T>) -> Run<Many<T>> {
    let mut value = value;
    if once {
        return value(0).map(Many::One);
    }
    (0..rows).map(value).collect::<Run<_>>().map(Many::Each)
}

/// Cells as values of `kind`.
fn values(
    kind: Type,
    tables: &Tables,
    once: bool,
    rows: usize,
    mut cell: impl FnMut(usize) -> Run<Cell>,
) -> Run<Vector> {
    macro_rules! of {
        ($kind:ident, $pattern:pat => $value:expr) => {
            Vector::$kind(many(once, rows, |place| match cell(place)? {
                $pattern => Ok($value),
                _ => Err(Bail),
            })?)
        };
    }
    Ok(match kind {
        Type::Int => of!(Int, Cell::Int(value) => value),
        Type::Float => of!(Float, Cell::Float(value) => value),
        Type::Bool => of!(Bool, Cell::Bool(value) => value),
        Type::Text => of!(Text, Cell::Text(start, end) => Span { start, end }),
        Type::Char => of!(Char, Cell::Char(value) => value),
        Type::Decimal => of!(Decimal, Cell::Decimal(place) => tables.decimals[place as usize]),
        Type::Date => of!(Date, Cell::Date(value) => value),
        Type::Time => of!(Time, Cell::Time(value) => value),
        Type::Table(_) => of!(Table, Cell::Table(value) => value),
    })
}

impl Machine<'_> {
    pub(super) fn tables_of(&mut self, node: &Node, rows: &Selection) -> Run<Many<u32>> {
        if let Vector::Table(values) = self.value(node, rows)? { Ok(values) } else { Err(Bail) }
    }

    /// The values at places of lists.
    pub(super) fn at(
        &self,
        lists: &Many<u32>,
        places: &Many<i64>,
        kind: Type,
        rows: usize,
    ) -> Run<Vector> {
        let tables = &self.tree.tables;
        let once = lists.is_one() && places.is_one();
        if let Many::One(list) = lists {
            let list = tables.get(*list);
            return values(kind, tables, once, rows, |row| list.at(places.get(row)).ok_or(Bail));
        }
        values(kind, tables, once, rows, |row| {
            tables.get(lists.get(row)).at(places.get(row)).ok_or(Bail)
        })
    }

    /// The values that maps have by texts.
    pub(super) fn entry(
        &mut self,
        (map, name, kind): (&Node, &Node, Type),
        rows: &Selection,
    ) -> Run<Vector> {
        let maps = self.tables_of(map, rows)?;
        let tables = &self.tree.tables;
        if let Node::Text(name) = name {
            let entry = |row| tables.get(maps.get(row)).entry(name.as_bytes()).ok_or(Bail);
            return values(kind, tables, maps.is_one(), rows.len(), entry);
        }
        let names = self.texts(name, rows)?;
        let once = maps.is_one() && names.is_one();
        values(kind, tables, once, rows.len(), |row| {
            tables.get(maps.get(row)).entry(self.text(names.get(row))).ok_or(Bail)
        })
    }

    /// The letters at places of texts.
    pub(super) fn letter(&mut self, text: &Node, place: &Node, rows: &Selection) -> Run<Vector> {
        let texts = self.texts(text, rows)?;
        let places = self.ints(place, rows)?;
        let once = texts.is_one() && places.is_one();
        let letter = |row| self.letter_at(texts.get(row), places.get(row)).ok_or(Bail);
        Ok(Vector::Char(many(once, rows.len(), letter)?))
    }

    /// The letter at a place, counted from the end where it is negative.
    pub(super) fn letter_at(&self, span: Span, place: i64) -> Option<char> {
        let bytes = self.text(span);
        let offset = usize::try_from(place.unsigned_abs()).ok()?;
        if bytes.is_ascii() {
            let place = if place < 0 { bytes.len().checked_sub(offset)? } else { offset };
            return bytes.get(place).map(|byte| char::from(*byte));
        }
        let text = std::str::from_utf8(bytes).ok()?;
        if place < 0 { text.chars().rev().nth(offset - 1) } else { text.chars().nth(offset) }
    }

    /// The lists that were made of lists beforehand.
    pub(super) fn projected(&mut self, list: &Node, made: &[u32], rows: &Selection) -> Run<Vector> {
        let lists = self.tables_of(list, rows)?;
        let made = |row| match made.get(lists.get(row) as usize) {
            Some(table) if *table != u32::MAX => Ok(*table),
            _ => Err(Bail),
        };
        Ok(Vector::Table(many(lists.is_one(), rows.len(), made)?))
    }

    pub(super) fn length(&mut self, table: &Node, rows: &Selection) -> Run<Vector> {
        let tables = self.tables_of(table, rows)?;
        Ok(Vector::Int(tables.map(|table| self.tree.tables.get(table).cells.len() as i64)))
    }

    /// Whether lists have values, or maps names.
    pub(super) fn contains(
        &mut self,
        table: &Node,
        wanted: &Node,
        rows: &Selection,
    ) -> Run<Vector> {
        let lists = self.tables_of(table, rows)?;
        let wanted = self.value(wanted, rows)?;
        let once = lists.is_one() && wanted.is_one();
        let tables = &self.tree.tables;
        let texts = &tables.texts;
        let mut longest = 0;
        let found = many(once, rows.len(), |row| {
            let table: &Table = tables.get(lists.get(row));
            longest = longest.max(table.cells.len());
            let is_wanted = |cell: &Cell| match (cell, &wanted) {
                (Cell::Int(value), Vector::Int(wanted)) => *value == wanted.get(row),
                (Cell::Bool(value), Vector::Bool(wanted)) => *value == wanted.get(row),
                (Cell::Char(value), Vector::Char(wanted)) => *value == wanted.get(row),
                (Cell::Date(value), Vector::Date(wanted)) => *value == wanted.get(row),
                (Cell::Time(value), Vector::Time(wanted)) => *value == wanted.get(row),
                (Cell::Text(start, end), Vector::Text(wanted)) => {
                    texts[*start as usize..*end as usize] == *self.text(wanted.get(row))
                }
                _ => false,
            };
            Ok(match (&wanted, table.is_map()) {
                (Vector::Text(names), true) => table.entry(self.text(names.get(row))).is_some(),
                _ => table.cells.iter().any(is_wanted),
            })
        })?;
        // As many as the interpreter counts, which compares by calls.
        self.spend(longest as u64 * 2)?;
        Ok(Vector::Bool(found))
    }

    /// One of each list.
    pub(super) fn pick(&mut self, list: &Node, kind: Type, rows: &Selection) -> Run<Vector> {
        let lists = self.tables_of(list, rows)?;
        let tables = &self.tree.tables;
        let cells = &mut self.cells;
        values(kind, tables, false, rows.len(), |row| {
            let list = &tables.get(lists.get(row)).cells;
            let word = cells[rows.position(row)].word();
            list.get(scale(word, list.len() as u64) as usize).copied().ok_or(Bail)
        })
    }

    /// One of each list, by the weights of another.
    pub(super) fn pick_weighted(
        &mut self,
        (list, weights, kind): (&Node, &Node, Type),
        rows: &Selection,
    ) -> Run<Vector> {
        let lists = self.tables_of(list, rows)?;
        let weights = self.tables_of(weights, rows)?;
        let tables = &self.tree.tables;
        let cells = &mut self.cells;
        values(kind, tables, false, rows.len(), |row| {
            let list = &tables.get(lists.get(row)).cells;
            let weights = tables.get(weights.get(row)).weights().ok_or(Bail)?;
            if weights.len() != list.len() {
                return Err(Bail);
            }
            let unit = unit(cells[rows.position(row)].word());
            list.get(weights.place(unit)).copied().ok_or(Bail)
        })
    }

    /// Places among so many, drawn.
    pub(super) fn places(&mut self, count: usize, rows: &Selection) -> Run<Vector> {
        let cells = &mut self.cells;
        let draw = |row| Ok(scale(cells[rows.position(row)].word(), count as u64) as i64);
        Ok(Vector::Int(many(false, rows.len(), draw)?))
    }

    /// Places among so many, drawn by weights.
    pub(super) fn weighted(
        &mut self,
        count: usize,
        weights: &Node,
        rows: &Selection,
    ) -> Run<Vector> {
        let weights = self.tables_of(weights, rows)?;
        let tables = &self.tree.tables;
        let cells = &mut self.cells;
        let draw = |row| {
            let weights = tables.get(weights.get(row)).weights().ok_or(Bail)?;
            let unit = unit(cells[rows.position(row)].word());
            if weights.len() == count { Ok(weights.place(unit) as i64) } else { Err(Bail) }
        };
        Ok(Vector::Int(many(false, rows.len(), draw)?))
    }

    /// All values, then the one at the place that is worked out behind them.
    pub(super) fn choose(
        &mut self,
        (nodes, place, kind): (&[Node], &Node, Type),
        rows: &Selection,
    ) -> Run<Vector> {
        let mut vectors = Vec::with_capacity(nodes.len());
        for node in nodes {
            vectors.push(self.value(node, rows)?);
        }
        let places = self.ints(place, rows)?;
        let place = |row| {
            let place = places.get(row);
            let place = if place < 0 { place + vectors.len() as i64 } else { place };
            usize::try_from(place).ok().and_then(|place| vectors.get(place)).ok_or(Bail)
        };
        macro_rules! of {
            ($kind:ident) => {
                Vector::$kind(many(false, rows.len(), |row| match place(row)? {
                    Vector::$kind(values) => Ok(values.get(row)),
                    _ => Err(Bail),
                })?)
            };
        }
        Ok(match kind {
            Type::Int => of!(Int),
            Type::Float => of!(Float),
            Type::Bool => of!(Bool),
            Type::Text => of!(Text),
            Type::Char => of!(Char),
            Type::Decimal => of!(Decimal),
            Type::Date => of!(Date),
            Type::Time => of!(Time),
            Type::Table(_) => of!(Table),
        })
    }
}
