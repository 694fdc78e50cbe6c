//! Constant lists and maps in interpreted scripts: what asks them for a value shares them, where the language would
//! copy them for every mention.
//!
//! Only calls and brackets that take nothing but a value get a [`Shared`]; everything else gets the list or map.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, Expr, ImmutableString, Map, NativeCallContext, Position,
    Stmt,
};

use super::file_table::FileTable;
use super::host::random::UNEQUAL;
use super::host::weights::Weights;
use super::host::{self, raised};
use super::{files, walk};

type Done<T> = Result<T, Box<EvalAltResult>>;

/// What `pick_weighted` says to a map.
const NO_LISTS: &str = "pick_weighted: expected a list and a list of weights";

/// A list or map that nothing changes.
#[derive(Debug, Clone)]
pub(super) struct Shared(Rc<Kept>);

#[derive(Debug)]
struct Kept {
    held: Held,
    /// The list as weights, prepared when it is first used so.
    weights: OnceCell<Result<Weights, String>>,
}

#[derive(Debug)]
enum Held {
    Value(Dynamic),
    /// Shared with other threads, too: a value is made when it is asked for.
    File(Arc<FileTable>),
}

impl Held {
    /// What is a list or map; `None`: nothing else is shared.
    fn of(value: &Dynamic) -> Option<Self> {
        if let Some(table) = files::of(value) {
            return Some(Self::File(table));
        }
        (value.is_array() || value.is_map()).then(|| Self::Value(value.clone()))
    }

    fn is_map(&self) -> bool {
        match self {
            Self::Value(value) => value.is_map(),
            Self::File(table) => table.is_map(),
        }
    }

    /// How many values there are.
    fn count(&self) -> usize {
        match self {
            Self::Value(value) => match value.read_lock::<Array>() {
                Some(list) => list.len(),
                None => value.read_lock::<Map>().map_or(0, |map| map.len()),
            },
            Self::File(table) => table.rows(),
        }
    }

    /// The value at a place of a list.
    fn item(&self, place: usize) -> Option<Dynamic> {
        match self {
            Self::Value(value) => value.read_lock::<Array>()?.get(place).cloned(),
            Self::File(table) => {
                (place < table.rows() && !table.is_map()).then(|| table.row(place).into())
            }
        }
    }

    /// The value that a map has by a name.
    fn entry(&self, name: &str) -> Option<Dynamic> {
        match self {
            Self::Value(value) => value.read_lock::<Map>()?.get(name).cloned(),
            Self::File(table) => table.find(name).map(|place| table.row(place).into()),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Value(value) => {
                value.read_lock::<Map>().is_some_and(|map| map.contains_key(name))
            }
            Self::File(table) => table.find(name).is_some(),
        }
    }

    fn weights(&self) -> Result<Weights, String> {
        let numbers = match self {
            Self::Value(value) => {
                value.read_lock::<Array>().map(|list| host::random::numbers(&list))
            }
            Self::File(_) => None,
        };
        let numbers = numbers.unwrap_or_else(|| Err(host::random::NO_NUMBER.to_owned()));
        numbers.and_then(Weights::new)
    }
}

impl Shared {
    fn of(held: Held) -> Dynamic {
        Dynamic::from(Self(Rc::new(Kept { held, weights: OnceCell::new() })))
    }

    /// How many values the list has; `None`: it is a map.
    fn listed(&self) -> Option<usize> {
        (!self.0.held.is_map()).then(|| self.0.held.count())
    }

    /// A value of the list, of which there are enough.
    fn item(&self, place: usize) -> Dynamic {
        self.0.held.item(place).unwrap_or_default()
    }

    fn pick(&mut self) -> Done<Dynamic> {
        let Some(count) = self.listed() else {
            return raised(Err("pick: expected a list".to_owned()));
        };
        let place = host::with(|host| host.place("pick", count));
        raised(place.map(|place| self.item(place)))
    }

    fn pick_by(&mut self, weights: &Self) -> Done<Dynamic> {
        let Some(count) = self.listed() else {
            return raised(Err(NO_LISTS.to_owned()));
        };
        weights.draw(count).map(|place| self.item(place))
    }

    /// A place among so many, by this list as weights.
    fn draw(&self, count: usize) -> Done<usize> {
        if self.listed() != Some(count) {
            return raised(Err(UNEQUAL.to_owned()));
        }
        match self.0.weights.get_or_init(|| self.0.held.weights()) {
            Ok(weights) => Ok(host::with(|host| host.weighted(weights))),
            Err(message) => raised(Err(message.clone())),
        }
    }

    fn at(&mut self, place: i64) -> Done<Dynamic> {
        let Some(count) = self.listed() else {
            return raised(Err("a map has values by texts, not by numbers".to_owned()));
        };
        let from_end = usize::try_from(place.unsigned_abs()).ok();
        let index = if place < 0 {
            from_end.and_then(|back| count.checked_sub(back))
        } else {
            from_end.filter(|index| *index < count)
        };
        let missing = || EvalAltResult::ErrorArrayBounds(count, place, Position::NONE);
        index.map(|index| self.item(index)).ok_or_else(|| Box::new(missing()))
    }

    fn entry(&mut self, name: &str) -> Done<Dynamic> {
        if !self.0.held.is_map() {
            return raised(Err("a list has values by numbers, not by texts".to_owned()));
        }
        let missing = || EvalAltResult::ErrorPropertyNotFound(name.to_owned(), Position::NONE);
        self.0.held.entry(name).ok_or_else(|| Box::new(missing()))
    }

    fn len(&mut self) -> i64 {
        self.0.held.count() as i64
    }

    /// By the comparisons of the language, which tell numbers apart in their own way.
    fn contains(&mut self, context: &NativeCallContext<'_>, wanted: &Dynamic) -> Done<bool> {
        let Some(count) = self.listed() else {
            return Ok(wanted
                .read_lock::<ImmutableString>()
                .is_some_and(|name| self.0.held.has(name.as_str())));
        };
        for place in 0..count {
            let mut pair = (self.item(place), wanted.clone());
            let (type_id, wanted_id) = (pair.0.type_id(), pair.1.type_id());
            let equal = context.call_native_fn_raw("==", true, &mut [&mut pair.0, &mut pair.1]);
            match equal {
                Ok(equal) if equal.as_bool().unwrap_or(false) => return Ok(true),
                Ok(_) => {}
                Err(error) => match *error {
                    EvalAltResult::ErrorFunctionNotFound(..) if type_id != wanted_id => {}
                    error => return Err(Box::new(error)),
                },
            }
        }
        Ok(false)
    }
}

/// The values of a list, one after the other.
#[derive(Debug)]
pub(super) struct Items {
    list: Shared,
    next: usize,
}

impl Iterator for Items {
    type Item = Dynamic;

    fn next(&mut self) -> Option<Dynamic> {
        let item = self.list.0.held.item(self.next);
        self.next += 1;
        item
    }
}

impl IntoIterator for Shared {
    type Item = Dynamic;
    type IntoIter = Items;

    fn into_iter(self) -> Items {
        Items { list: self, next: 0 }
    }
}

/// Makes known what takes a [`Shared`].
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Shared>("list or map");
    engine.register_iterator::<Shared>();
    engine.register_fn("pick", Shared::pick);
    engine
        .register_fn("pick_weighted", |list: &mut Shared, weights: Shared| list.pick_by(&weights));
    engine.register_fn("pick_weighted", |list: &mut Array, weights: Shared| {
        weights.draw(list.len()).map(|place| list[place].clone())
    });
    engine.register_fn("pick_weighted", |list: &mut Shared, weights: Array| {
        let Some(count) = list.listed() else {
            return raised(Err(NO_LISTS.to_owned()));
        };
        let place = host::with(|host| host.weighted_by(count, &weights));
        raised(place.map(|place| list.item(place)))
    });
    engine.register_fn("len", Shared::len);
    engine.register_fn(
        "contains",
        |context: NativeCallContext<'_>, list: &mut Shared, wanted: Dynamic| {
            list.contains(&context, &wanted)
        },
    );
    engine.register_indexer_get(Shared::at);
    engine.register_indexer_get(|map: &mut Shared, name: ImmutableString| map.entry(&name));
}

/// Functions of which the first argument is asked for values only.
const ASKED: [&str; 4] = ["pick", "pick_weighted", "len", "contains"];

/// Puts shared lists and maps where they are asked for values only; what is left of tables of files is spelt out.
pub(super) fn share(body: &mut [Stmt]) {
    walk::places(body, &mut |expr, is_gone_through| match expr {
        Expr::DynamicConstant(value, _) if is_gone_through => {
            if let Some(held) = Held::of(value).filter(|held| !held.is_map()) {
                **value = Shared::of(held);
            }
        }
        Expr::FnCall(call, _) if ASKED.contains(&call.name.as_str()) => {
            let count = if call.name == "pick_weighted" { 2 } else { 1 };
            let kinds = call.args.iter().take(count).all(|argument| wanted(argument, &call.name));
            if kinds {
                call.args.iter_mut().take(count).for_each(put);
            }
        }
        Expr::Dot(pair, ..) => {
            let head = match &pair.rhs {
                Expr::Dot(next, ..) | Expr::Index(next, ..) => &next.lhs,
                head => head,
            };
            let Expr::MethodCall(call, _) = head else { return };
            if ASKED.contains(&call.name.as_str()) && wanted(&pair.lhs, &call.name) {
                put(&mut pair.lhs);
            }
        }
        Expr::Index(pair, ..) => put(&mut pair.lhs),
        _ => {}
    });
    files::spell_out(body);
}

/// Whether an argument is what the function takes, or no constant.
fn wanted(argument: &Expr, function: &str) -> bool {
    match argument {
        Expr::DynamicConstant(value, _) if Held::of(value).is_some_and(|held| held.is_map()) => {
            function == "len" || function == "contains"
        }
        _ => true,
    }
}

fn put(expr: &mut Expr) {
    if let Expr::DynamicConstant(value, _) = expr
        && let Some(held) = Held::of(value)
    {
        **value = Shared::of(held);
    }
}
