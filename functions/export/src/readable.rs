//! The records that a sender may export, and the exports that the sender may read (EXP-1, EXP-3).

use forecourt_domain::base::{Actor, DealerId, Refusal, Right, Role};
use forecourt_domain::reports::Export;
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use std::collections::BTreeSet;

/// What a sender may export and read.
pub(crate) enum Readable {
    /// Head office: the records of all dealers, and every export.
    Everything,
    /// An administrator of dealers that allow it: their records, and the own exports of these.
    Own { by: Actor, dealers: BTreeSet<DealerId> },
}

impl Readable {
    /// Determines what the sender may export and read.
    ///
    /// # Errors
    /// 403 if that is nothing. An administrator of a dealer learns of the setting.
    pub(crate) async fn of(platform: &Platform, call: &Call) -> Result<Self, Problem> {
        if call.scope.needs(Right::Export).is_ok() {
            return Ok(Self::Everything);
        }
        let reached: Vec<DealerId> = match call.scope.as_user() {
            Some(user) if !call.scope.reaches_all() => user.dealers.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let found = platform.store.cached_dealers(&call.scope, &reached).await?;
        let allowed = found.iter().filter(|dealer| call.scope.needs_export(dealer).is_ok());
        let dealers: BTreeSet<DealerId> = allowed.map(|dealer| dealer.id.clone()).collect();
        if dealers.is_empty() { Err(not_allowed(call).into()) } else { Ok(Self::Own { by: call.scope.actor(), dealers }) }
    }

    /// Returns the dealers of which a request wants the records: the requested ones, or all whose records the sender may export.
    ///
    /// # Errors
    /// 403 if the sender may not export the records of one of them.
    pub(crate) async fn dealers(&self, platform: &Platform, call: &Call, requested: &[DealerId]) -> Result<Vec<DealerId>, Problem> {
        match self {
            Self::Everything if requested.is_empty() => Ok(platform.store.dealers(&call.scope).await?),
            Self::Everything => Ok(requested.to_vec()),
            Self::Own { dealers, .. } if requested.is_empty() => Ok(dealers.iter().cloned().collect()),
            Self::Own { dealers, .. } if requested.iter().all(|dealer| dealers.contains(dealer)) => Ok(requested.to_vec()),
            Self::Own { .. } => Err(not_allowed(call).into()),
        }
    }

    /// Whether the sender may read an export.
    pub(crate) fn has(&self, export: &Export) -> bool {
        match self {
            Self::Everything => true,
            Self::Own { by, dealers } => export.by == *by && export.dealers.iter().all(|dealer| dealers.contains(dealer)),
        }
    }

    /// Returns the export if the sender may read it.
    ///
    /// # Errors
    /// 404 for an export of others, as for one that does not exist.
    pub(crate) fn found<'a>(&self, export: Option<&'a Export>) -> Result<&'a Export, Refusal> {
        export.filter(|export| self.has(export)).ok_or(Refusal::NotFound("export"))
    }
}

/// Returns the refusal of a sender who may not export. An administrator of a dealer learns of the setting.
fn not_allowed(call: &Call) -> Refusal {
    let administers = call.scope.as_user().is_some_and(|user| user.role == Role::DealerAdmin);
    let detail = "only head office may export; an administrator of a dealer may export its records if its setting own_exports allows it";
    if administers { Refusal::not_allowed(Right::Export, crate::request::RULE, detail) } else { Refusal::Forbidden(Right::Export) }
}
