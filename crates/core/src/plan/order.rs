//! The order of computation: every field after the fields it reads; ties as in the document.

/// Orders the items `0..inputs.len()`, where `inputs[i]` lists what item `i` reads.
///
/// # Errors
///
/// The items of one cycle, each reading the next, the first one repeated at the end.
pub(super) fn topological(inputs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut order = Vec::with_capacity(inputs.len());
    let mut state = vec![State::New; inputs.len()];
    for start in 0..inputs.len() {
        visit(start, inputs, &mut state, &mut order)?;
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Depth first with a stack of our own: a chain of thousands of fields must not overflow the thread's.
fn visit(
    start: usize,
    inputs: &[Vec<usize>],
    state: &mut [State],
    order: &mut Vec<usize>,
) -> Result<(), Vec<usize>> {
    let mut path: Vec<(usize, usize)> = Vec::new();
    if state[start] == State::New {
        state[start] = State::Open;
        path.push((start, 0));
    }
    while let Some((item, next)) = path.last_mut() {
        let Some(&input) = inputs[*item].get(*next) else {
            state[*item] = State::Done;
            order.push(*item);
            path.pop();
            continue;
        };
        *next += 1;
        match state[input] {
            State::Done => {}
            State::New => {
                state[input] = State::Open;
                path.push((input, 0));
            }
            State::Open => {
                let begin = path.iter().position(|(item, _)| *item == input).unwrap_or(0);
                let mut cycle: Vec<_> = path[begin..].iter().map(|(item, _)| *item).collect();
                cycle.push(input);
                return Err(cycle);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_first_and_ties_keep_their_order() {
        assert_eq!(topological(&[vec![2], vec![], vec![], vec![0, 1]]), Ok(vec![2, 0, 1, 3]));
        assert_eq!(topological(&[vec![], vec![], vec![]]), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn a_cycle_is_named_in_the_order_of_reading() {
        assert_eq!(topological(&[vec![], vec![2], vec![3], vec![1]]), Err(vec![1, 2, 3, 1]));
        assert_eq!(topological(&[vec![0]]), Err(vec![0, 0]));
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let inputs: Vec<Vec<usize>> =
            (0..200_000).map(|i| if i + 1 < 200_000 { vec![i + 1] } else { vec![] }).collect();
        assert_eq!(topological(&inputs).unwrap().first(), Some(&199_999));
    }
}
