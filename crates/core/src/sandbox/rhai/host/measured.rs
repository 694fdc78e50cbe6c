//! Functions of the language that are ours, because the language's own make more than a few times what they
//! are given before anybody looks at it: these measure what they would make, and refuse.
//!
//! The others are linear in their arguments, which have the limits of values already; a test calls all of
//! them with the largest (see `tests`).

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext, Position,
};

type Done = Result<(), Box<EvalAltResult>>;

fn too_large(what: &str) -> Done {
    Err(Box::new(EvalAltResult::ErrorDataTooLarge(what.to_owned(), Position::NONE)))
}

/// `text` with all `find` replaced by `by`, as long as texts may be.
fn replace(
    context: &NativeCallContext<'_>,
    text: &mut ImmutableString,
    find: &str,
    by: &str,
) -> Done {
    if text.is_empty() {
        return Ok(());
    }
    let count = text.matches(find).count();
    let length = text.len() - count * find.len() + count * by.len();
    if length > context.engine().max_string_size() {
        return too_large("Length of string");
    }
    *text = text.replace(find, by).into();
    Ok(())
}

/// Bytes of a value with all that hangs on it, about.
fn bytes_of(value: &Dynamic) -> usize {
    let beyond = if let Some(array) = value.read_lock::<Array>() {
        array.iter().map(bytes_of).sum()
    } else if let Some(map) = value.read_lock::<Map>() {
        map.iter().map(|(name, value)| name.len() + bytes_of(value)).sum()
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        size_of::<FnPtr>() + function.iter_curry().map(bytes_of).sum::<usize>()
    } else if let Some(blob) = value.read_lock::<rhai::Blob>() {
        blob.len()
    } else {
        // A copy of a text shares its letters.
        0
    };
    size_of::<Dynamic>() + beyond
}

/// Lengthens `list` to `length` with copies of `item`, within the limits of arrays and `memory` bytes.
fn pad(
    context: &NativeCallContext<'_>,
    list: &mut Array,
    length: i64,
    item: Dynamic,
    memory: usize,
) -> Done {
    let Ok(length) = usize::try_from(length) else { return Ok(()) };
    let missing = length.saturating_sub(list.len());
    if missing == 0 {
        return Ok(());
    }
    if length > context.engine().max_array_size()
        || missing.saturating_mul(bytes_of(&item)) > memory
    {
        return too_large("Size of array/BLOB");
    }
    list.resize(length, item);
    Ok(())
}

pub(super) fn register(engine: &mut Engine, memory: usize) {
    type Context<'a> = NativeCallContext<'a>;
    type Text = ImmutableString;
    engine.register_fn("replace", |c: Context<'_>, text: &mut Text, find: Text, by: Text| {
        replace(&c, text, &find, &by)
    });
    engine.register_fn("replace", |c: Context<'_>, text: &mut Text, find: Text, by: char| {
        replace(&c, text, &find, by.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn("replace", |c: Context<'_>, text: &mut Text, find: char, by: Text| {
        replace(&c, text, find.encode_utf8(&mut [0; 4]), &by)
    });
    engine.register_fn("replace", |c: Context<'_>, text: &mut Text, find: char, by: char| {
        replace(&c, text, find.encode_utf8(&mut [0; 4]), by.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn(
        "pad",
        move |c: Context<'_>, list: &mut Array, length: i64, item: Dynamic| {
            pad(&c, list, length, item, memory)
        },
    );
}
