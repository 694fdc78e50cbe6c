//! `GET /connectors`: what connectors there are, and what the operator has set of them; of secrets only whether.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::answers::{ConnectorInfo, ConnectorProfile, ConnectorSetting};
use super::error::{ApiError, blocking};
use crate::access::Caller;
use crate::delivery::{self, Connector};
use crate::draft::{Operator, Shown};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the connectors: what they promise, their settings, and what the operator has set of them.
#[utoipa::path(
    get, path = "/connectors", tag = "datagen",
    responses((status = 200, description = "a list", body = Vec<ConnectorInfo>))
)]
async fn list(
    State(state): State<AppState>,
    _: Caller,
) -> Result<Json<Vec<ConnectorInfo>>, ApiError> {
    blocking(move || {
        let operator = state.tracker.operator();
        Ok::<_, ApiError>(Json(delivery::connectors().map(|known| told(operator, known)).collect()))
    })
    .await
}

fn told(operator: &Operator, connector: &'static dyn Connector) -> ConnectorInfo {
    let profiles = operator.profiles(connector).into_iter().map(|name| {
        let set = operator.shown(connector, Some(name)).into_iter().filter(Shown::is_set);
        ConnectorProfile {
            name: name.to_owned(),
            settings: set.map(ConnectorSetting::from).collect(),
        }
    });
    let settings = operator.shown(connector, None).into_iter().map(ConnectorSetting::from);
    ConnectorInfo {
        name: connector.name().to_owned(),
        summary: connector.summary(),
        promise: delivery::promised(connector),
        section: connector.kind().to_owned(),
        settings: settings.collect(),
        profiles: profiles.collect(),
    }
}
