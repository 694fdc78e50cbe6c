//! The statements that a connector would make its place with, from a model alone: nobody is connected to.

use std::collections::BTreeSet;

use super::given::Given;
use super::{Draft, Surroundings};
use crate::delivery::Connector;
use crate::model;
use crate::plan::{self, Environment};
use crate::problems::Problems;

impl Draft<'_> {
    /// What `connector` would make for the rows of this model, in its dialect; `None` where it makes nothing, or the
    /// model or a setting is wrong. Everything that was found comes with it.
    pub(crate) fn statements(
        &self,
        connector: &'static dyn Connector,
        surroundings: &Surroundings,
    ) -> (Option<String>, Problems) {
        let mut problems = Problems::default();
        let statements = self.find_statements(connector, surroundings, &mut problems);
        (statements.filter(|_| !problems.has_errors()), problems)
    }

    fn find_statements(
        &self,
        connector: &'static dyn Connector,
        surroundings: &Surroundings,
        problems: &mut Problems,
    ) -> Option<String> {
        let mut model = model::parse(self.text, problems)?;
        let settings = std::mem::take(&mut model.settings);
        let given = Given::new(settings, self, &surroundings.site, problems);
        given.check_profile(&[connector], problems);
        let settings = given.of_connector(connector, problems)?;
        let files = surroundings.files(self.folder);
        let environment = Environment {
            seed: self.seed,
            now: self.now,
            total_rows: None,
            files: &files,
            extensions: &surroundings.extensions,
        };
        let also: BTreeSet<String> = connector.needs(&settings).into_iter().collect();
        let plan = plan::compile(&model, &environment, &also, problems)?;
        connector.statements(plan.table(), &mut settings.reader(problems))
    }
}
