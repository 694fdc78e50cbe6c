//! The connectors of a draft: those that the call names, or what all of them say of the model's settings.

use std::sync::Arc;

use super::given::Given;
use crate::attributes::Settings;
use crate::columns::Table;
use crate::delivery::{self, Connector, Named, OutputBase, Target, Workbench};
use crate::problems::{Problem, Problems, Severity};

/// Where rows shall go.
#[derive(Debug)]
pub(super) struct Wanted {
    /// What works of the names, each connector once.
    pub(super) connectors: Vec<&'static dyn Connector>,
    /// The first name that is a connector's to come.
    pub(super) to_come: Option<&'static str>,
    /// Whether the call names connectors.
    named: bool,
}

impl Wanted {
    /// The connectors that a call names, where it names any.
    pub(super) fn new(names: Option<&[String]>, problems: &mut Problems) -> Self {
        let mut wanted = Self { connectors: Vec::new(), to_come: None, named: names.is_some() };
        let Some(names) = names else { return wanted };
        for name in names.iter().filter(|name| !name.trim().is_empty()) {
            match delivery::find(name) {
                Ok(Named::Known(connector)) => {
                    // Named twice means once: both would write the same files.
                    if !wanted.connectors.iter().any(|known| known.name() == connector.name()) {
                        wanted.connectors.push(connector);
                    }
                }
                Ok(Named::ToCome(name)) => {
                    wanted.to_come.get_or_insert(name);
                }
                Err(unknown) => {
                    let mut problem =
                        Problem::error("unknown_connector", "connectors", unknown.to_string());
                    problem.hint = unknown.closest.map(|name| format!("did you mean `{name}`?"));
                    problems.push(problem);
                }
            }
        }
        if let Some(name) = wanted.to_come {
            let message = format!("connector `{name}` is not available yet");
            problems.push(
                Problem::error("connector_to_come", "connectors", message)
                    .hint(format!("available: {}", delivery::names().join(", "))),
            );
        } else if wanted.connectors.is_empty() && !problems.has_errors() {
            problems.push(Problem::error(
                "no_connector",
                "connectors",
                format!("no connector is given, expected one of {}", delivery::names().join(", ")),
            ));
        }
        wanted
    }

    /// The connectors with the settings of each.
    pub(super) fn settle<'a>(self, given: &'a Given, problems: &mut Problems) -> Settled<'a> {
        let mut told = Once::default();
        let settings = self.connectors.iter();
        let settings =
            settings.map(|connector| told.by(|found| given.of_connector(*connector, found)));
        let settings = settings.collect();
        told.tell(problems);
        Settled { wanted: self, given, settings }
    }
}

/// Where rows shall go, with the settings of each connector; those that were refused have none.
#[derive(Debug)]
pub(super) struct Settled<'a> {
    wanted: Wanted,
    given: &'a Given,
    settings: Vec<Option<Settings>>,
}

impl Settled<'_> {
    pub(super) fn connectors(&self) -> &[&'static dyn Connector] {
        &self.wanted.connectors
    }

    fn all(&self) -> impl Iterator<Item = (&'static dyn Connector, &Settings)> {
        let all = self.wanted.connectors.iter().zip(&self.settings);
        all.filter_map(|(connector, settings)| Some((*connector, settings.as_ref()?)))
    }

    /// The names of the fields that connectors need whether the output has them or not.
    pub(super) fn needs(&self) -> impl Iterator<Item = String> {
        self.all().flat_map(|(connector, settings)| connector.needs(settings))
    }

    /// The targets of the connectors that were named. Without names there are none, and all connectors
    /// look at the settings that stand in the model.
    pub(super) fn compile(
        &self,
        table: &Table,
        base: &OutputBase,
        problems: &mut Problems,
    ) -> Vec<Arc<dyn Target>> {
        if !self.wanted.named {
            check_settings(table, self.given, base, problems);
            return Vec::new();
        }
        let bench = Workbench { base: base.clone(), ..Workbench::default() };
        let mut told = Once::default();
        let compile = |(connector, settings): (&'static dyn Connector, &Settings)| {
            told.by(|found| connector.compile(table, &mut settings.reader(found), &bench))
        };
        let targets = self.all().filter_map(compile).collect();
        told.tell(problems);
        targets
    }
}

/// What several connectors say: the same thing is told once.
#[derive(Debug, Default)]
struct Once(Vec<Problem>);

impl Once {
    /// What `work` answers; what it finds is kept, unless another one has found it.
    fn by<T>(&mut self, work: impl FnOnce(&mut Problems) -> T) -> T {
        let mut found = Problems::default();
        let answer = work(&mut found);
        let known = self.0.len();
        for problem in &found {
            if !self.0[..known].contains(problem) {
                self.0.push(problem.clone());
            }
        }
        answer
    }

    fn tell(self, problems: &mut Problems) {
        for problem in self.0 {
            problems.push(problem);
        }
    }
}

/// What the connectors say of the settings that stand in the model. One that no connector takes is an
/// error; of one that some take, the others' refusals are told. What they say of the columns is
/// left to a call that names them.
fn check_settings(table: &Table, given: &Given, base: &OutputBase, problems: &mut Problems) {
    let settings = &given.settings;
    let opinions: Vec<Opinion> = delivery::connectors()
        .map(|connector| Opinion::of(connector, table, given, base))
        .collect();
    for key in settings.keys() {
        let pointer = settings.pointer(key);
        let readers: Vec<&Opinion> = opinions.iter().filter(|opinion| opinion.reads(key)).collect();
        let refused = !readers.is_empty()
            && readers.iter().all(|opinion| opinion.about(pointer).any(is_error));
        // Each finding once, with the names of those who have it.
        let mut told: Vec<(&Problem, Vec<&str>)> = Vec::new();
        for opinion in readers {
            for problem in opinion.about(pointer) {
                match told.iter_mut().find(|(known, _)| *known == problem) {
                    Some((_, names)) => names.push(opinion.name),
                    None => told.push((problem, vec![opinion.name])),
                }
            }
        }
        for (problem, names) in told {
            let mut problem = problem.clone();
            if !refused && is_error(&problem) {
                problem.severity = Severity::Warning;
                problem.message = format!("connector {}: {}", names.join(", "), problem.message);
            }
            problems.push(problem);
        }
    }
}

fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

/// What a connector says of a model.
struct Opinion {
    name: &'static str,
    reads: Vec<&'static str>,
    said: Problems,
}

impl Opinion {
    fn of(
        connector: &'static dyn Connector,
        table: &Table,
        given: &Given,
        base: &OutputBase,
    ) -> Self {
        let mut said = Problems::default();
        // Only what it says is of interest.
        // With a workbench of its own: what others compiled already would be told to them alone.
        let bench = Workbench { base: base.clone(), ..Workbench::default() };
        if let Some(settings) = given.of_connector(connector, &mut said) {
            let _ = connector.compile(table, &mut settings.reader(&mut said), &bench);
        }
        let reads = connector.attributes().iter().map(|attribute| attribute.name).collect();
        Self { name: connector.name(), reads, said }
    }

    fn reads(&self, key: &str) -> bool {
        self.reads.contains(&key)
    }

    /// Its findings at `pointer`.
    fn about<'a>(&'a self, pointer: &'a str) -> impl Iterator<Item = &'a Problem> {
        self.said.iter().filter(move |problem| problem.pointer == pointer)
    }
}
