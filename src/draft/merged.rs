//! The settings of one connector: what the operator sets of its kind, and over it what model, call and credentials
//! say, but for what is locked or out of reach.
//!
//! What the operator keeps secret goes to the operator's own hosts only, protected as the operator says: whoever names
//! another host, or reaches it in another way, brings a login of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::given::Given;
use super::operator::{Kind, Layer, Set};
use crate::attributes::{Attribute, Login, Settings, scalar_text};
use crate::delivery::Connector;
use crate::problems::{Problem, Problems, did_you_mean, excerpt};
use crate::reach::{Reach, hosts_in};

/// What an operator sets that holds for one connector: the weakest first.
#[derive(Debug, Default)]
struct Operators<'a> {
    settings: BTreeMap<&'a str, &'a Set>,
    /// With where that is said.
    locked: BTreeMap<&'a str, &'a str>,
}

impl<'a> Operators<'a> {
    fn of(kind: &'a Kind, profile: Option<&str>) -> Self {
        let profile = profile.and_then(|name| kind.profiles.get(name));
        let mut all = Self::default();
        for Layer { settings, locked } in std::iter::once(&kind.base).chain(profile) {
            all.settings.extend(settings.iter().map(|(key, set)| (key.as_str(), set)));
            all.locked.extend(locked.iter().map(|(key, place)| (key.as_str(), place.as_str())));
        }
        all
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.settings.get(key).map(|set| set.value.expose())
    }
}

impl Given {
    /// Refuses a profile that none of `connectors` has.
    pub(super) fn check_profile(
        &self,
        connectors: &[&'static dyn Connector],
        problems: &mut Problems,
    ) {
        let Some((name, pointer)) = self.profile.as_ref().filter(|_| !connectors.is_empty()) else {
            return;
        };
        let known = connectors.iter().flat_map(|connector| self.operator.profiles(*connector));
        let known: BTreeSet<&str> = known.collect();
        if known.contains(name.as_str()) {
            return;
        }
        let expected = if known.is_empty() {
            "the operator has set none for these connectors".to_owned()
        } else {
            format!("expected one of {}", known.iter().copied().collect::<Vec<_>>().join(", "))
        };
        let message = format!("there is no profile `{}`, {expected}", excerpt(name));
        let mut problem = Problem::error("unknown_profile", pointer.clone(), message);
        problem.hint = did_you_mean(name, known).map(|name| format!("did you mean `{name}`?"));
        problems.push(problem);
    }

    /// The settings of `connector`; `None` after adding errors.
    pub(super) fn of_connector(
        &self,
        connector: &dyn Connector,
        problems: &mut Problems,
    ) -> Option<Settings> {
        let kind = self.operator.kind(connector.kind());
        self.merged(kind, &connector.attributes(), problems)
    }

    fn merged(
        &self,
        kind: Option<&Kind>,
        attributes: &[Attribute],
        problems: &mut Problems,
    ) -> Option<Settings> {
        let mut own = self.settings.of_attributes(attributes);
        // A blank setting counts as not set: it does not hide the operator's.
        own.drop_blanks();
        let profile = self.profile.as_ref().map(|(name, _)| name.as_str());
        let operators = kind.map(|kind| Operators::of(kind, profile)).unwrap_or_default();
        let mut refused = Problems::default();
        refuse_locked(&mut own, &operators, &mut refused);
        refuse_hosts(&own, attributes, &self.reach, &mut refused);
        if refused.has_errors() {
            problems.extend(refused);
            return None;
        }
        let mut merged = Settings::default();
        lay(&mut merged, &own, &operators, attributes, problems);
        merged.lay_over(own);
        merged.set_reach(self.reach.clone());
        Some(merged)
    }
}

/// Sets what the operator sets, but for logins where `own` goes to other hosts, or there in another way.
fn lay(
    merged: &mut Settings,
    own: &Settings,
    operators: &Operators<'_>,
    attributes: &[Attribute],
    problems: &mut Problems,
) {
    // Hosts, what protects a login on its way and who logs in belong together.
    let place = attributes.iter().filter(|known| known.hosts || known.login != Login::Nothing);
    let other = place
        .map(|attribute| attribute.name)
        .filter(|key| is_set(own, key))
        .find(|key| text_of(own, key).as_deref() != operators.value(key));
    let mut withheld = Vec::new();
    for (key, Set { value, place, .. }) in &operators.settings {
        let attribute = attributes.iter().find(|known| known.name == *key);
        let is_secret = attribute.is_some_and(|known| known.secret);
        let is_login = is_secret || attribute.is_some_and(|known| known.login == Login::Chooses);
        if other.is_some() && is_login {
            withheld.extend((!is_set(own, key)).then_some(*key));
            continue;
        }
        if is_secret {
            merged.set_secret(key, value.clone(), place.as_str());
        } else {
            merged.set(key, Value::from(value.expose()), place.as_str());
        }
        merged.trust(key);
    }
    if let (Some(key), false) = (other, withheld.is_empty()) {
        let message = format!(
            "`{key}` is not as the operator sets it, so the operator's login is not used: {}",
            withheld.join(", ")
        );
        let hint = format!("leave `{key}` out, or give a login of your own");
        let warning = Problem::warning("operators_login_unused", own.pointer(key), message);
        problems.push(warning.hint(hint));
    }
}

fn is_set(settings: &Settings, key: &str) -> bool {
    settings.get(key).is_some() || settings.secret(key).is_some()
}

/// What `key` is set to, as a text.
fn text_of(settings: &Settings, key: &str) -> Option<String> {
    if let Some(secret) = settings.secret(key) {
        return Some(secret.expose().to_owned());
    }
    match settings.get(key)? {
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().filter_map(scalar_text).collect();
            Some(texts.join(","))
        }
        value => scalar_text(value),
    }
}

/// A key that the operator has locked is the operator's: whoever says the same may say it.
fn refuse_locked(own: &mut Settings, operators: &Operators<'_>, problems: &mut Problems) {
    for (key, place) in &operators.locked {
        if !is_set(own, key) {
            continue;
        }
        if text_of(own, key).as_deref() != operators.value(key) {
            let message =
                format!("`{key}` is locked by the operator: no model and no call sets it");
            let problem = Problem::error("locked_setting", own.pointer(key), message);
            let hint = format!("leave it out; the operator locks it by `locked` in {place}");
            problems.push(problem.hint(hint));
        }
        own.remove(key);
    }
}

/// Tells of hosts that models and calls may not have connected to, before anybody connects.
fn refuse_hosts(
    settings: &Settings,
    attributes: &[Attribute],
    reach: &Reach,
    problems: &mut Problems,
) {
    for key in attributes.iter().filter(|attribute| attribute.hosts).map(|attribute| attribute.name)
    {
        // What is no host, the connector tells.
        let hosts = text_of(settings, key).map(|text| hosts_in(&text)).and_then(Result::ok);
        for host in hosts.into_iter().flatten() {
            if let Err(error) = reach.check(&host) {
                let message = format!("`{key}`: {error}");
                let problem = Problem::error("host_not_allowed", settings.pointer(key), message);
                problems.push(problem.hint(error.cure()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::operator::Origin;
    use crate::secrets::Secret;

    const ATTRIBUTES: &[Attribute] = &[
        Attribute::new("X_HOST", "text", "", "Where.").hosts(),
        Attribute::new("X_LOGIN", "text", "", "Who.").login(),
        Attribute::new("X_MODE", "text", "", "How."),
        Attribute::new("X_CA", "text", "", "Whose certificates count.").protects(),
        Attribute::new("X_PASSWORD", "text", "", "Password.").secret(),
    ];

    fn kind() -> Kind {
        let set = |key: &str, value: &str| {
            let (value, place) = (Secret::new(value.to_owned()), "[connectors.x]".to_owned());
            (key.to_owned(), Set { value, place, origin: Origin::File })
        };
        let mut kind = Kind::default();
        kind.base.settings = BTreeMap::from([
            set("X_HOST", "own:1"),
            set("X_LOGIN", "machine"),
            set("X_MODE", "a"),
            set("X_PASSWORD", "hunter2"),
        ]);
        kind.base.locked = BTreeMap::from([("X_MODE".to_owned(), "[connectors.x]".to_owned())]);
        kind.profiles.entry("lake".to_owned()).or_default().settings =
            BTreeMap::from([set("X_HOST", "lake:1"), set("X_PASSWORD", "deep")]);
        kind
    }

    /// What a call of `settings` comes to, and what was found. `!` marks what is the operator's word.
    fn with_operator(settings: &[(&str, Value)], profile: Option<&str>) -> (String, String) {
        let mut own = Settings::default();
        for (key, value) in settings {
            own.set(key, value.clone(), *key);
        }
        own.hide(|key| key == "X_PASSWORD");
        let given = Given {
            settings: own,
            profile: profile.map(|name| (name.to_owned(), "PROFILE".to_owned())),
            reach: Reach::only(vec!["own:1".parse().unwrap(), "other:1".parse().unwrap()]),
            ..Given::default()
        };
        let mut problems = Problems::default();
        let merged = given.merged(Some(&kind()), ATTRIBUTES, &mut problems);
        assert_eq!(merged.is_none(), problems.has_errors());
        let merged = merged.unwrap_or_default();
        let shown = ATTRIBUTES.iter().filter_map(|attribute| {
            let mark = if merged.is_operators(attribute.name) { "!" } else { "" };
            Some(format!("{mark}{}", text_of(&merged, attribute.name)?))
        });
        let shown: Vec<String> = shown.collect();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        (shown.join(" "), told.join("\n"))
    }

    #[test]
    fn what_the_operator_sets_stands_below_what_others_say() {
        let shown = |settings: &[(&str, Value)], profile| {
            let (shown, told) = with_operator(settings, profile);
            assert_eq!(told, "");
            shown
        };
        assert_eq!(shown(&[], None), "!own:1 !machine !a !hunter2");
        assert_eq!(shown(&[], Some("lake")), "!lake:1 !machine !a !deep");
        assert_eq!(shown(&[("X_PASSWORD", "mine".into())], None), "!own:1 !machine !a mine");
        let same = [("X_HOST", "own:1".into()), ("X_MODE", "a".into())];
        assert_eq!(shown(&same, None), "own:1 !machine !a !hunter2");
        // What counts as not set hides nothing.
        for blank in [Value::Null, "".into(), "  ".into()] {
            let blanks =
                [("X_HOST", blank.clone()), ("X_MODE", blank.clone()), ("X_PASSWORD", blank)];
            assert_eq!(shown(&blanks, None), "!own:1 !machine !a !hunter2");
        }
    }

    /// For all ways to name another host: what the operator keeps secret stays at home.
    #[test]
    fn logins_of_the_operator_stay_at_the_operators_hosts() {
        for host in ["other:1", "other:1,own:1", "own:1,other:1", "http://own:1", "OWN:1"] {
            for value in [Value::from(host), host.split(',').collect::<Vec<_>>().into()] {
                let (shown, told) = with_operator(&[("X_HOST", value)], None);
                assert!(
                    !shown.contains("hunter2") && !shown.contains("machine"),
                    "{host}: {shown}"
                );
                assert!(
                    told.contains("the operator's login is not used: X_LOGIN, X_PASSWORD"),
                    "{told}"
                );
            }
        }
        let given = [("X_HOST", "other:1".into()), ("X_PASSWORD", "mine".into())];
        let (shown, told) = with_operator(&given, None);
        assert_eq!(shown, "other:1 !a mine");
        insta::assert_snapshot!(told, @"X_HOST: `X_HOST` is not as the operator sets it, so the operator's login is not used: X_LOGIN (leave `X_HOST` out, or give a login of your own)");
        for (key, value) in [("X_CA", "mine"), ("X_LOGIN", "ann")] {
            let (shown, _) = with_operator(&[(key, value.into())], None);
            assert!(shown.starts_with("!own:1 ") && !shown.contains("hunter2"), "{shown}");
        }
        // The other way round: the host of one profile is not that of another.
        let (shown, _) = with_operator(&[("X_HOST", "own:1".into())], Some("lake"));
        assert_eq!(shown, "own:1 !a");
    }

    #[test]
    fn what_is_locked_or_out_of_reach_is_refused_with_the_cure() {
        let given = [("X_MODE", "b".into()), ("X_HOST", "evil:1,127.0.0.1:9092".into())];
        let (shown, told) = with_operator(&given, None);
        assert_eq!(shown, "");
        insta::assert_snapshot!(told, @r#"
        X_MODE: `X_MODE` is locked by the operator: no model and no call sets it (leave it out; the operator locks it by `locked` in [connectors.x])
        X_HOST: `X_HOST`: `evil:1` is not among the hosts that this server may reach (the server's operator allows it by `allowed_hosts = ["evil:1"]` in `[connectors]` of datagen.toml, or by DATAGEN_CONNECTORS_ALLOWED_HOSTS=evil:1)
        X_HOST: `X_HOST`: `127.0.0.1:9092` is 127.0.0.1, a loopback address: a server reaches it only where its operator names it (the server's operator allows it by `allowed_hosts = ["127.0.0.1:9092"]` in `[connectors]` of datagen.toml, or by DATAGEN_CONNECTORS_ALLOWED_HOSTS=127.0.0.1:9092)
        "#);
        let objects = [("X_MODE", serde_json::json!({"a": 1}))];
        assert!(with_operator(&objects, None).1.starts_with("X_MODE: `X_MODE` is locked"));
    }
}
