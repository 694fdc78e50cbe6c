//! `switch`: every row goes to its case at once.

use super::vector::{Many, Vector};
use super::{Bail, Machine, Run};
use crate::columnwise::Selection;
use crate::sandbox::rhai::lower::tree::{Cases, Node, Step, Type};

impl Cases {
    fn of_int(&self, value: i64) -> u32 {
        if let Ok(place) = self.ints.binary_search_by_key(&value, |(known, _)| *known) {
            return self.ints[place].1;
        }
        let range = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&value));
        range.map_or(self.otherwise, |(.., case)| *case)
    }

    fn of_text(&self, value: &[u8]) -> u32 {
        let place = self.texts.binary_search_by(|(known, _)| known.as_bytes().cmp(value));
        place.map_or(self.otherwise, |place| self.texts[place].1)
    }
}

impl Machine<'_> {
    /// The case of each row.
    fn cases(&mut self, value: &Node, cases: &Cases, rows: &Selection) -> Run<Many<u32>> {
        Ok(match self.value(value, rows)? {
            Vector::Int(values) => values.map(|value| cases.of_int(value)),
            Vector::Text(values) => values.map(|span| cases.of_text(self.text(span))),
            Vector::Bool(values) => {
                values.map(|value| cases.bools[usize::from(value)].unwrap_or(cases.otherwise))
            }
            Vector::Char(values) => {
                values.map(|value| cases.of_text(value.encode_utf8(&mut [0; 4]).as_bytes()))
            }
            Vector::Float(_)
            | Vector::Decimal(_)
            | Vector::Date(_)
            | Vector::Time(_)
            | Vector::Table(_) => {
                return Err(Bail);
            }
        })
    }

    pub(super) fn switch(
        &mut self,
        value: &Node,
        cases: &Cases,
        arms: &[Vec<Step>],
        rows: Selection,
    ) -> Run<Selection> {
        match self.cases(value, cases, &rows)? {
            Many::One(case) => self.steps(arms.get(case as usize).ok_or(Bail)?, rows),
            Many::Each(all) => {
                let mut left = Selection::NONE;
                for (case, places) in sorted(&all, arms.len()) {
                    let places = rows.at(&places);
                    let more = self.steps(&arms[case], places)?;
                    left = left.union(more, self.rows.count);
                }
                Ok(left)
            }
        }
    }

    pub(super) fn switch_value(
        &mut self,
        value: &Node,
        cases: &Cases,
        (arms, kind): (&[Node], Type),
        rows: &Selection,
    ) -> Run<Vector> {
        match self.cases(value, cases, rows)? {
            Many::One(case) => self.value(arms.get(case as usize).ok_or(Bail)?, rows),
            Many::Each(all) => {
                let mut result = Vector::empty(kind);
                for (case, places) in sorted(&all, arms.len()) {
                    let values = self.value(&arms[case], &rows.at(&places))?;
                    result.scatter(values, &places, rows.len());
                }
                Ok(result)
            }
        }
    }
}

/// The cases that any row leads to, each with the places of its rows.
fn sorted(cases: &[u32], count: usize) -> Vec<(usize, Selection)> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (place, case) in cases.iter().enumerate() {
        places[*case as usize].push(place as u32);
    }
    let used = places.into_iter().enumerate().filter(|(_, places)| !places.is_empty());
    let selection = |places: Vec<u32>| {
        if places.len() == cases.len() {
            Selection::All(cases.len())
        } else {
            Selection::some(places)
        }
    };
    used.map(|(case, places)| (case, selection(places))).collect()
}
