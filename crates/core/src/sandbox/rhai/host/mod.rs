//! What a script can call: the same functions for both tiers, so that both give the same values.
//!
//! Every function is pure but for the draws of [`Host`], which come from the row's own stream. None reads
//! a clock, a file, the environment or what another row left behind.
//!
//! | group | file |
//! |---|---|
//! | `rand_*`, `uuid`, `pick`, `pick_weighted`, `sample`, `shuffle` | `random` |
//! | names, places, phones of the dictionaries: instead of handles to whole data sets | `data` |
//! | `date`, `timestamp`, `add_*`, `days_between`, `format_date`, getters | `dates` |
//! | exact decimals: `decimal` is the number, `decimals` what scripts do with it | `decimals` |
//! | `format`: numbers and texts with widths and digits | `format` |
//! | check digits, padding, encodings, `hash`, rounding, functions of floats | `text` |
//! | check digits by 10 and 11, digests, URLs, JSON, `haversine` | `digests` |
//! | `replace`, `pad`: the language's own, measured before they are made | `measured` |
//! | `sub_string`, `to_upper`, `parse_int` …: the language's own, for the lowered tier | `language` |
//! | which value of a list its weights draw | `weights` |
//! | `row_number`, `table_rows`, `permute` | here |
//! | what tests of scripts say must hold | `asserts` |
//! | `log`, `print`, `debug`: the debug log, with field and row | `engine` |
//!
//! To add a function: write it in the file of its group, with an entry of that file's table. The interpreter,
//! the lowered tier, `datagen functions` and the reference in `scripts/README.md` follow from the entry
//! (`BLESS=1 cargo test --test it functions` writes the last).

mod asserts;
pub(super) mod data;
pub(super) mod dates;
pub(super) mod decimal;
mod decimals;
mod digests;
pub(super) mod format;
pub(super) mod function;
mod language;
mod measured;
pub(super) mod random;
mod text;
pub(super) mod weights;

use std::cell::RefCell;

use rhai::{Engine, EvalAltResult, Position};

use crate::rng::{Cell, Stream, mix, scale, unit};
use crate::sandbox::Limits;
use function::{Form, Function, Group, form};
pub(in crate::sandbox::rhai) use language::{GETTERS, PURE, part_of};
use text::{hash_int, hash_text};

thread_local! {
    /// The row that this thread's script is run for.
    static HOST: RefCell<Host> = RefCell::new(Host::new(Stream::new(0, ""), None));
}

/// What the functions of one row share.
#[derive(Debug)]
pub(in crate::sandbox::rhai) struct Host {
    /// Draws of the row.
    cell: Cell,
    row: u64,
    stream: Stream,
    total_rows: Option<u64>,
    data: data::Selections,
    random: random::Tables,
    dates: dates::Patterns,
}

/// Why a function has no answer: a sentence for the script's author.
pub(in crate::sandbox::rhai) type Answer<T> = Result<T, String>;

impl Host {
    pub(in crate::sandbox::rhai) fn new(stream: Stream, total_rows: Option<u64>) -> Self {
        Self {
            cell: stream.cell(0),
            row: 0,
            stream,
            total_rows,
            data: data::Selections::default(),
            random: random::Tables::default(),
            dates: dates::Patterns::default(),
        }
    }

    /// Turns to `row`: its draws begin.
    #[inline]
    pub(in crate::sandbox::rhai) fn begin(&mut self, row: u64) {
        self.row = row;
        self.cell = self.stream.cell(row);
    }

    /// Exchanges the row's draws for those of another row.
    pub(in crate::sandbox::rhai) fn swap(&mut self, cell: &mut Cell) {
        std::mem::swap(&mut self.cell, cell);
    }

    /// Turns to the field that draws from `stream`; what was selected before stays at hand.
    pub(in crate::sandbox::rhai) fn turn_to(&mut self, stream: Stream, total_rows: Option<u64>) {
        self.stream = stream;
        self.total_rows = total_rows;
    }

    /// The row that it is turned to.
    pub(in crate::sandbox::rhai) fn row(&self) -> u64 {
        self.row
    }

    pub(in crate::sandbox::rhai) fn row_number(&self) -> i64 {
        // Commands have fewer rows than that.
        self.row as i64
    }

    /// A draw of `key` for this field: the same in all rows.
    fn word_of(&self, key: i64) -> u64 {
        mix(self.stream.lane(KEYED_LANE).key() ^ mix(key as u64))
    }

    /// A number from `low` to `high` by `key`.
    fn number_of(&self, key: i64, low: i64, high: i64) -> Answer<i64> {
        if low > high {
            return Err(format!("rand_of(…, {low}, {high}): expected the lower number first"));
        }
        let word = self.word_of(key);
        let count = (high.wrapping_sub(low) as u64).checked_add(1);
        Ok(low.wrapping_add_unsigned(count.map_or(word, |count| scale(word, count))))
    }

    /// Bijective on `0..count`: the same for all rows of the field.
    pub(in crate::sandbox::rhai) fn permute(&self, index: i64, count: i64) -> Answer<i64> {
        let (Ok(place), Ok(all)) = (u64::try_from(index), u64::try_from(count)) else {
            return Err(format!("permute({index}, {count}): expected numbers from 0 on"));
        };
        if place >= all {
            return Err(format!("permute({index}, {count}): expected a number below {count}"));
        }
        let permutation = crate::sampling::permutation::Permutation::new(
            all - 1,
            self.stream.lane(PERMUTATION_LANE).key(),
        );
        Ok(permutation.get(place).unwrap_or(place) as i64)
    }
}

/// The lane of a field's stream that keys `permute`: one for nulls is taken.
const PERMUTATION_LANE: u64 = 2;

/// The lane that `rand_of` draws from.
const KEYED_LANE: u64 = 3;

/// The lane that `init` draws from, which belongs to no row.
pub(in crate::sandbox::rhai) const INIT_LANE: u64 = 4;

/// Calls `act` with the row's state.
pub(in crate::sandbox::rhai) fn with<T>(act: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|host| act(&mut host.borrow_mut()))
}

/// An answer as Rhai takes it.
pub(in crate::sandbox::rhai) fn raised<T>(answer: Answer<T>) -> Result<T, Box<EvalAltResult>> {
    answer.map_err(|message| Box::new(EvalAltResult::ErrorRuntime(message.into(), Position::NONE)))
}

/// The functions of this file.
const FUNCTIONS: &[Function] = &[
    Function {
        group: Group::Position,
        signature: "row_number()",
        doc: "the number of the row in the whole command, from 0 on",
        forms: &[form!(draws "row_number"() -> Int, |h| Ok(h.row_number()))],
        others: None,
    },
    Function {
        group: Group::Position,
        signature: "table_rows()",
        doc: "the rows of the whole command; a million in previews and checks, which do not know it",
        forms: &[],
        others: Some(|engine| {
            engine.register_fn("table_rows", || {
                with(|host| {
                    host.total_rows.map_or(rhai::Dynamic::UNIT, |rows| (rows as i64).into())
                })
            });
        }),
    },
    Function {
        group: Group::Position,
        signature: "permute(index, count)",
        doc: "each number below `count` once for the numbers below `count`: for values that never repeat",
        forms: &[
            form!(draws "permute"(index: Int, count: Int) -> Int, |h| h.permute(index, count)),
        ],
        others: None,
    },
];

/// What is drawn by a key.
const KEYED: &[Function] = &[Function {
    group: Group::Numbers,
    signature: "rand_of(key), rand_of(key, low, high)",
    doc: "a number from 0 to below 1, or a whole one from `low` to `high`, by a text or whole number: in every row of \
          the field the same for the same key, and another for another seed",
    forms: &[
        form!(draws "rand_of"(key: Text) -> Float, |h| Ok(unit(h.word_of(hash_text(key))))),
        form!(draws "rand_of"(key: Int) -> Float, |h| Ok(unit(h.word_of(hash_int(key))))),
        form!(draws "rand_of"(key: Text, low: Int, high: Int) -> Int, |h| {
            h.number_of(hash_text(key), low, high)
        }),
        form!(draws "rand_of"(key: Int, low: Int, high: Int) -> Int, |h| {
            h.number_of(hash_int(key), low, high)
        }),
    ],
    others: None,
}];

/// What [`engine`](super::engine) makes known: it has the field that logs.
const LOGGED: &[Function] = &[Function {
    group: Group::Talking,
    signature: "log(text), print(value), debug(value)",
    doc: "writes to the debug log (`DATAGEN_LOG=datagen=debug`) with field and row, 100 lines a block",
    forms: &[],
    others: None,
}];

/// Every function of ours that scripts may call, in the order of listings.
pub(in crate::sandbox::rhai) fn functions() -> impl Iterator<Item = &'static Function> {
    const ALL: [&[Function]; 11] = [
        random::FUNCTIONS,
        KEYED,
        FUNCTIONS,
        data::FUNCTIONS,
        dates::FUNCTIONS,
        format::FUNCTIONS,
        text::FUNCTIONS,
        digests::FUNCTIONS,
        decimals::FUNCTIONS,
        asserts::FUNCTIONS,
        LOGGED,
    ];
    ALL.into_iter().flatten()
}

/// Every form of plain values, also of functions that the language has.
pub(in crate::sandbox::rhai) fn forms() -> impl Iterator<Item = &'static Form> {
    functions().flat_map(|function| function.forms).chain(language::FORMS)
}

/// Makes all functions known to `engine`.
pub(in crate::sandbox::rhai) fn register(engine: &mut Engine, limits: &Limits) {
    measured::register(engine, limits.script_memory_bytes);
    text::refuse(engine);
    for register in functions().filter_map(|function| function.others) {
        register(engine);
    }
    for register in forms().filter_map(|form| form.register) {
        register(engine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_meets_every_number_once() {
        let host = Host::new(Stream::new(1, "f"), None);
        let mut seen: Vec<i64> =
            (0..1_000).map(|index| host.permute(index, 1_000).unwrap()).collect();
        assert_ne!(seen, (0..1_000).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..1_000).collect::<Vec<_>>());
        for wrong in [(-1, 5), (5, 5), (0, 0), (0, -1)] {
            assert!(host.permute(wrong.0, wrong.1).is_err());
        }
    }
}
