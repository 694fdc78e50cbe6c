//! Constant lists and maps in interpreted scripts: what asks them for a value shares them, where the language would
//! copy them for every mention.
//!
//! Only calls and brackets that take nothing but a value get a [`Shared`]; everything else gets the list or map.

use std::cell::OnceCell;
use std::rc::Rc;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, Expr, ImmutableString, Map, NativeCallContext, Position,
    Stmt,
};

use super::host::random::UNEQUAL;
use super::host::weights::Weights;
use super::host::{self, raised};
use super::walk;

type Done<T> = Result<T, Box<EvalAltResult>>;

/// A list or map that nothing changes.
#[derive(Debug, Clone)]
pub(super) struct Shared(Rc<Kept>);

#[derive(Debug)]
struct Kept {
    value: Dynamic,
    /// The list as weights, prepared when it is first used so.
    weights: OnceCell<Result<Weights, String>>,
}

impl Shared {
    fn of(value: &Dynamic) -> Dynamic {
        Dynamic::from(Self(Rc::new(Kept { value: value.clone(), weights: OnceCell::new() })))
    }

    fn list<T>(&self, act: impl FnOnce(&Array) -> T) -> Option<T> {
        self.0.value.read_lock::<Array>().map(|list| act(&list))
    }

    fn pick(&mut self) -> Done<Dynamic> {
        let picked = self.list(|list| {
            let place = host::with(|host| host.place("pick", list.len()))?;
            Ok(list[place].clone())
        });
        raised(picked.unwrap_or_else(|| Err("pick: expected a list".to_owned())))
    }

    fn pick_by(&mut self, weights: &Self) -> Done<Dynamic> {
        self.list(|list| weights.draw(list)).unwrap_or_else(|| {
            raised(Err("pick_weighted: expected a list and a list of weights".to_owned()))
        })
    }

    /// One of `list`, by this list as weights.
    fn draw(&self, list: &Array) -> Done<Dynamic> {
        let prepare = || {
            let weights = self.list(host::random::numbers);
            weights
                .unwrap_or_else(|| Err("pick_weighted: a weight is no number".to_owned()))
                .and_then(Weights::new)
        };
        if self.list(Array::len) != Some(list.len()) {
            return raised(Err(UNEQUAL.to_owned()));
        }
        match self.0.weights.get_or_init(prepare) {
            Ok(weights) => Ok(list[host::with(|host| host.weighted(weights))].clone()),
            Err(message) => raised(Err(message.clone())),
        }
    }

    fn at(&mut self, place: i64) -> Done<Dynamic> {
        let missing =
            |count| Box::new(EvalAltResult::ErrorArrayBounds(count, place, Position::NONE));
        let found = self.list(|list| {
            let from_end = usize::try_from(place.unsigned_abs()).ok();
            let index = if place < 0 {
                from_end.and_then(|back| list.len().checked_sub(back))
            } else {
                from_end
            };
            index.and_then(|index| list.get(index)).cloned().ok_or_else(|| missing(list.len()))
        });
        found.unwrap_or_else(|| raised(Err("a map has values by texts, not by numbers".to_owned())))
    }

    fn entry(&mut self, name: &str) -> Done<Dynamic> {
        let Some(map) = self.0.value.read_lock::<Map>() else {
            return raised(Err("a list has values by numbers, not by texts".to_owned()));
        };
        let missing = || EvalAltResult::ErrorPropertyNotFound(name.to_owned(), Position::NONE);
        map.get(name).cloned().ok_or_else(|| Box::new(missing()))
    }

    fn len(&mut self) -> i64 {
        let map = || self.0.value.read_lock::<Map>().map_or(0, |map| map.len());
        self.list(Array::len).unwrap_or_else(map) as i64
    }

    /// By the comparisons of the language, which tell numbers apart in their own way.
    fn contains(&mut self, context: &NativeCallContext<'_>, wanted: &Dynamic) -> Done<bool> {
        if let Some(map) = self.0.value.read_lock::<Map>() {
            return Ok(wanted
                .read_lock::<ImmutableString>()
                .is_some_and(|name| map.contains_key(name.as_str())));
        }
        let found = self.list(|list| {
            for item in list {
                let mut pair = (item.clone(), wanted.clone());
                let equal = context.call_native_fn_raw("==", true, &mut [&mut pair.0, &mut pair.1]);
                match equal {
                    Ok(equal) if equal.as_bool().unwrap_or(false) => return Ok(true),
                    Ok(_) => {}
                    Err(error) => match *error {
                        EvalAltResult::ErrorFunctionNotFound(..)
                            if item.type_id() != wanted.type_id() => {}
                        error => return Err(Box::new(error)),
                    },
                }
            }
            Ok(false)
        });
        found.unwrap_or(Ok(false))
    }
}

/// Makes known what takes a [`Shared`].
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Shared>("list or map");
    engine.register_fn("pick", Shared::pick);
    engine
        .register_fn("pick_weighted", |list: &mut Shared, weights: Shared| list.pick_by(&weights));
    engine.register_fn("pick_weighted", |list: &mut Array, weights: Shared| weights.draw(list));
    engine.register_fn("pick_weighted", |list: &mut Shared, weights: Array| {
        let drawn = list.list(|list| host::with(|host| host.pick_weighted(list, &weights)));
        raised(drawn.unwrap_or_else(|| Err("pick_weighted: expected a list".to_owned())))
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

/// Puts shared lists and maps where they are asked for values only.
pub(super) fn share(body: &mut [Stmt]) {
    walk::expressions(body, &mut |expr| match expr {
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
}

/// Whether an argument is what the function takes, or no constant.
fn wanted(argument: &Expr, function: &str) -> bool {
    match argument {
        Expr::DynamicConstant(value, _) if value.is_map() => {
            function == "len" || function == "contains"
        }
        _ => true,
    }
}

fn put(expr: &mut Expr) {
    if let Expr::DynamicConstant(value, _) = expr
        && (value.is_array() || value.is_map())
    {
        let shared = Shared::of(value);
        **value = shared;
    }
}
