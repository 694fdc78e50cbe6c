//! Lists and maps of a script's constants, flat: a value of theirs is a number, and its shape a type.
//!
//! They are made once for a field and shared by all threads; nothing of them is ever copied but single values.

use std::sync::{Arc, OnceLock};

use rhai::{Array, Dynamic, Map};

use super::tree::Type;
use crate::rng::mix;
use crate::sandbox::rhai::file_table::{self, FileTable, Kind};
use crate::sandbox::rhai::files;
use crate::sandbox::rhai::host::dates::{Date, Timestamp};
use crate::sandbox::rhai::host::decimal::Decimal;
use crate::sandbox::rhai::host::weights::Weights;

/// Most bytes of texts, and most values, that the constants of one script hold.
const MOST_BYTES: usize = 4 << 20;
const MOST_CELLS: usize = 1 << 18;

/// Most shapes of one script.
const MOST_SHAPES: usize = 1 << 12;

/// What is known of all lists or maps that may stand in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list of any length, of values of one type; `None`: it is empty.
    List(Option<Type>),
    /// A list of so many values, each of its own type.
    Tuple(Vec<Type>),
    /// A map of these names, each of its own type.
    Record(Vec<(Box<str>, Type)>),
    /// A map of any names, of values of one type.
    Lookup(Option<Type>),
}

/// That values have no type in common.
#[derive(Debug)]
struct Unlike;

/// A value in a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    Int(i64),
    Float(f64),
    Bool(bool),
    Char(char),
    /// Where it stands in the texts.
    Text(u32, u32),
    /// Its place among the decimals: they are larger than all other values.
    Decimal(u32),
    Date(i32),
    Time(i64),
    Table(u32),
}

/// What leads from a list or map to a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Place(usize),
    Name(Box<str>),
}

/// A list, or a map.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) cells: Vec<Cell>,
    /// The names of a map, rising, and where a hash of each leads.
    keys: Option<Arc<Keys>>,
    /// The values as weights, prepared when they are first used; `None`: they are no such.
    weights: OnceLock<Option<Weights>>,
}

#[derive(Debug)]
struct Keys {
    names: Vec<Box<str>>,
    /// A power of two of places, half of them empty: one more than the place of the name.
    slots: Vec<u32>,
}

fn hash(name: &[u8]) -> u64 {
    let mut hash = name.len() as u64;
    for chunk in name.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash ^ u64::from_le_bytes(word));
    }
    hash
}

impl Keys {
    fn new(names: Vec<Box<str>>) -> Self {
        let mut slots = vec![0; (names.len() * 2 + 1).next_power_of_two()];
        for (place, name) in names.iter().enumerate() {
            let mut at = hash(name.as_bytes()) as usize & (slots.len() - 1);
            while slots[at] != 0 {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = place as u32 + 1;
        }
        Self { names, slots }
    }

    fn find(&self, name: &[u8]) -> Option<usize> {
        let mut at = hash(name) as usize & (self.slots.len() - 1);
        loop {
            let place = self.slots[at].checked_sub(1)? as usize;
            if self.names[place].as_bytes() == name {
                return Some(place);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

impl Table {
    pub(super) fn is_map(&self) -> bool {
        self.keys.is_some()
    }

    /// The value called `name`.
    pub(super) fn entry(&self, name: &[u8]) -> Option<Cell> {
        self.keys.as_ref()?.find(name).map(|place| self.cells[place])
    }

    /// The value at `place`, counted from the end where it is negative.
    #[inline]
    pub(super) fn at(&self, place: i64) -> Option<Cell> {
        let place = if place < 0 {
            self.cells.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?)?
        } else {
            usize::try_from(place).ok()?
        };
        self.cells.get(place).copied()
    }

    /// The values as weights.
    pub(super) fn weights(&self) -> Option<&Weights> {
        let number = |cell: &Cell| match cell {
            Cell::Int(value) => Some(*value as f64),
            Cell::Float(value) => Some(*value),
            _ => None,
        };
        let prepare = || {
            let weights = self.cells.iter().map(number).collect::<Option<Vec<f64>>>()?;
            Weights::new(weights).ok()
        };
        self.weights.get_or_init(prepare).as_ref()
    }
}

/// All lists and maps of a script.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The texts of all, one behind the other.
    pub(super) texts: Vec<u8>,
    pub(super) decimals: Vec<Decimal>,
    all: Vec<Table>,
    shapes: Vec<Shape>,
    cells: usize,
    /// The tables of files, with what they are here; they are bounded for themselves.
    files: Vec<(Arc<FileTable>, Cell, Type)>,
    file_cells: usize,
    file_bytes: usize,
}

impl Tables {
    #[inline]
    pub(super) fn get(&self, table: u32) -> &Table {
        &self.all[table as usize]
    }

    pub(super) fn shape(&self, shape: u16) -> &Shape {
        &self.shapes[usize::from(shape)]
    }

    /// Takes a constant in; `None`: it holds what columns do not, or too much.
    pub(super) fn add(&mut self, value: &Dynamic) -> Option<(Cell, Type)> {
        if let Some(table) = files::of(value) {
            return self.file(&table);
        }
        self.cells += 1;
        if self.cells > MOST_CELLS {
            return None;
        }
        if let Ok(number) = value.as_int() {
            return Some((Cell::Int(number), Type::Int));
        }
        if let Ok(number) = value.as_float() {
            return Some((Cell::Float(number), Type::Float));
        }
        if let Ok(flag) = value.as_bool() {
            return Some((Cell::Bool(flag), Type::Bool));
        }
        if let Ok(letter) = value.as_char() {
            return Some((Cell::Char(letter), Type::Char));
        }
        if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
            let start = self.texts.len();
            self.texts.extend_from_slice(text.as_bytes());
            let fits = self.fits();
            return fits.then_some((Cell::Text(start as u32, self.texts.len() as u32), Type::Text));
        }
        if let Some(decimal) = value.read_lock::<Decimal>() {
            self.decimals.push(*decimal);
            return Some((Cell::Decimal(self.decimals.len() as u32 - 1), Type::Decimal));
        }
        if let Some(date) = value.read_lock::<Date>() {
            return Some((Cell::Date(date.0), Type::Date));
        }
        if let Some(time) = value.read_lock::<Timestamp>() {
            return Some((Cell::Time(time.0), Type::Time));
        }
        if let Some(list) = value.read_lock::<Array>() {
            return self.list(&list);
        }
        let map = value.read_lock::<Map>()?;
        self.map(&map)
    }

    /// Whether there is no more than there may be; of each value of a file's table some lists may be made.
    fn fits(&self) -> bool {
        self.cells <= MOST_CELLS + 4 * self.file_cells
            && self.texts.len() <= MOST_BYTES + 2 * self.file_bytes
    }

    /// Takes a file's table in; `None`: it has an empty cell among numbers.
    fn file(&mut self, table: &Arc<FileTable>) -> Option<(Cell, Type)> {
        if let Some((_, cell, kind)) = self.files.iter().find(|(one, ..)| Arc::ptr_eq(one, table)) {
            return Some((*cell, *kind));
        }
        let mut types: Vec<(Box<str>, Type)> = Vec::new();
        for (name, kind) in table.columns() {
            let kind = match kind {
                Kind::Whole => Type::Int,
                Kind::Number => Type::Float,
                Kind::Text => Type::Text,
            };
            types.push((name.into(), kind));
        }
        let start = self.texts.len() as u32;
        self.texts.extend_from_slice(table.texts().as_bytes());
        self.file_bytes += table.texts().len();
        self.file_cells += table.cells().len() + table.rows();
        let names = Arc::new(Keys::new(types.iter().map(|(name, _)| name.clone()).collect()));
        let width = types.len();
        let row = self.shape_of(Shape::Record(types))?;
        let mut rows = Vec::with_capacity(table.rows());
        for cells in table.cells().chunks(width) {
            let cells = cells.iter().map(|cell| match cell {
                file_table::Cell::Null => None,
                file_table::Cell::Whole(value) => Some(Cell::Int(*value)),
                file_table::Cell::Number(value) => Some(Cell::Float(*value)),
                file_table::Cell::Text(at) => Some(Cell::Text(start + at.start, start + at.end)),
            });
            let cells = cells.collect::<Option<Vec<Cell>>>()?;
            rows.push(Cell::Table(self.all.len() as u32));
            self.all.push(Table { cells, keys: Some(Arc::clone(&names)), ..Table::default() });
        }
        let kind = (!rows.is_empty()).then_some(row);
        let (keys, shape) = if table.is_map() {
            let keys = table.keys().map(Into::into).collect();
            (Some(Arc::new(Keys::new(keys))), Shape::Lookup(kind))
        } else {
            (None, Shape::List(kind))
        };
        let (cell, kind) = self.push(Table { cells: rows, keys, ..Table::default() }, shape)?;
        self.files.push((Arc::clone(table), cell, kind));
        Some((cell, kind))
    }

    fn list(&mut self, list: &Array) -> Option<(Cell, Type)> {
        let mut cells = Vec::with_capacity(list.len());
        let mut types = Vec::with_capacity(list.len());
        for value in list {
            let (cell, kind) = self.add(value)?;
            cells.push(cell);
            types.push(kind);
        }
        let shape = match self.common(&types) {
            Ok(kind) => Shape::List(kind),
            Err(Unlike) => Shape::Tuple(types),
        };
        self.push(Table { cells, ..Table::default() }, shape)
    }

    fn map(&mut self, map: &Map) -> Option<(Cell, Type)> {
        let mut cells = Vec::with_capacity(map.len());
        let mut names: Vec<Box<str>> = Vec::with_capacity(map.len());
        let mut types = Vec::with_capacity(map.len());
        for (name, value) in map {
            let (cell, kind) = self.add(value)?;
            cells.push(cell);
            names.push(name.as_str().into());
            types.push((name.as_str().into(), kind));
        }
        let keys = Some(Arc::new(Keys::new(names)));
        self.push(Table { cells, keys, ..Table::default() }, Shape::Record(types))
    }

    /// For every list of lists or maps: the list of what each of these has by `step`, which is a place or a name.
    pub(super) fn project(&mut self, shape: u16, step: &Step) -> Option<(Vec<u32>, Type)> {
        let Shape::List(Some(Type::Table(inner))) = self.shape(shape).clone() else { return None };
        let kind = match (self.shape(inner), step) {
            (Shape::Record(types), Step::Name(name)) => {
                types.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind)
            }
            (Shape::Tuple(types), Step::Place(place)) => types.get(*place).copied(),
            (Shape::List(kind), Step::Place(_)) => *kind,
            _ => None,
        }?;
        let shape = self.shape_of(Shape::List(Some(kind)))?;
        let count = self.all.len();
        let mut projected = vec![u32::MAX; count];
        for (table, projected) in projected.iter_mut().enumerate() {
            let cell = |cell: &Cell| {
                let Cell::Table(inner) = cell else { return None };
                let inner = self.get(*inner);
                match step {
                    Step::Name(name) => inner.entry(name.as_bytes()),
                    Step::Place(place) if !inner.is_map() => inner.cells.get(*place).copied(),
                    Step::Place(_) => None,
                }
            };
            if self.all[table].is_map() {
                continue;
            }
            let cells: Option<Vec<Cell>> = self.all[table].cells.iter().map(cell).collect();
            if let Some(cells) = cells {
                self.cells += cells.len();
                *projected = self.all.len() as u32;
                self.all.push(Table { cells, ..Table::default() });
            }
        }
        self.fits().then_some((projected, shape))
    }

    /// For every map of a shape: the list of its names, or of its values.
    pub(super) fn listed(&mut self, shape: u16, names: bool) -> Option<(Vec<u32>, Type)> {
        let kind = if names {
            Some(Type::Text)
        } else {
            let shape = self.shape(shape).clone();
            self.values_of(&shape).ok()?
        };
        let shape = self.shape_of(Shape::List(kind))?;
        let mut made = vec![u32::MAX; self.all.len()];
        for (table, made) in made.iter_mut().enumerate() {
            let Some(keys) = self.all[table].keys.clone() else { continue };
            let mut cells = self.all[table].cells.clone();
            if names {
                cells.clear();
                for name in &keys.names {
                    let start = self.texts.len() as u32;
                    self.texts.extend_from_slice(name.as_bytes());
                    cells.push(Cell::Text(start, self.texts.len() as u32));
                }
            }
            self.cells += cells.len();
            *made = self.all.len() as u32;
            self.all.push(Table { cells, ..Table::default() });
        }
        self.fits().then_some((made, shape))
    }

    fn push(&mut self, table: Table, shape: Shape) -> Option<(Cell, Type)> {
        let shape = self.shape_of(shape)?;
        self.all.push(table);
        Some((Cell::Table(self.all.len() as u32 - 1), shape))
    }

    fn shape_of(&mut self, shape: Shape) -> Option<Type> {
        let place = self.shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        });
        (place < MOST_SHAPES).then_some(Type::Table(place as u16))
    }

    /// The type that values of all these types have; `None` where there is none of them.
    fn common(&mut self, types: &[Type]) -> Result<Option<Type>, Unlike> {
        let mut all = None;
        for kind in types {
            all = self.either(all, Some(*kind))?;
        }
        Ok(all)
    }

    /// The type that values of both types have.
    pub(super) fn join(&mut self, a: Type, b: Type) -> Option<Type> {
        if a == b {
            return Some(a);
        }
        let (Type::Table(a), Type::Table(b)) = (a, b) else { return None };
        let joined = match (self.shape(a).clone(), self.shape(b).clone()) {
            (Shape::List(a), Shape::List(b)) => Shape::List(self.either(a, b).ok()?),
            (Shape::Tuple(a), Shape::Tuple(b)) if a.len() == b.len() => {
                let pairs = a.into_iter().zip(b);
                Shape::Tuple(pairs.map(|(a, b)| self.join(a, b)).collect::<Option<_>>()?)
            }
            (
                a @ (Shape::Record(_) | Shape::Lookup(_)),
                b @ (Shape::Record(_) | Shape::Lookup(_)),
            ) => self.join_maps(&a, &b)?,
            _ => return None,
        };
        self.shape_of(joined)
    }

    fn join_maps(&mut self, a: &Shape, b: &Shape) -> Option<Shape> {
        if let (Shape::Record(a), Shape::Record(b)) = (a, b)
            && a.iter().map(|(name, _)| name).eq(b.iter().map(|(name, _)| name))
        {
            let pairs: Vec<_> = a.iter().cloned().zip(b.iter().map(|(_, kind)| *kind)).collect();
            let joined = pairs
                .into_iter()
                .map(|((name, a), b)| Some((name, self.join(a, b)?)))
                .collect::<Option<_>>();
            if let Some(joined) = joined {
                return Some(Shape::Record(joined));
            }
        }
        let (a, b) = (self.values_of(a).ok()?, self.values_of(b).ok()?);
        Some(Shape::Lookup(self.either(a, b).ok()?))
    }

    fn either(&mut self, a: Option<Type>, b: Option<Type>) -> Result<Option<Type>, Unlike> {
        match (a, b) {
            (Some(a), Some(b)) => self.join(a, b).map(Some).ok_or(Unlike),
            (a, b) => Ok(a.or(b)),
        }
    }

    /// The type of all values of a map; `None` where it has none.
    fn values_of(&mut self, shape: &Shape) -> Result<Option<Type>, Unlike> {
        match shape {
            Shape::Lookup(kind) => Ok(*kind),
            Shape::Record(types) => {
                let types: Vec<Type> = types.iter().map(|(_, kind)| *kind).collect();
                self.common(&types)
            }
            Shape::List(_) | Shape::Tuple(_) => Err(Unlike),
        }
    }

    /// The type of what any number or any text leads to; `None`: it is not one type.
    pub(super) fn values(&mut self, shape: u16) -> Option<Type> {
        match self.shape(shape).clone() {
            Shape::List(kind) => kind,
            Shape::Tuple(types) => self.common(&types).ok()?,
            map => self.values_of(&map).ok()?,
        }
    }
}
