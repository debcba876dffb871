//! The saved views of the requesting user (ACC-5).

use crate::body;
use crate::change::required_versions;
use crate::me::requesting_user;
use forecourt_domain::base::text::{forbidden, line};
use forecourt_domain::base::{DealerId, Fault, Refusal, UserId, ViewId};
use forecourt_domain::people::{SavedView, SavedViews, ViewScreen};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Maximum length of a name, in characters.
const MAX_NAME: usize = 60;
/// Maximum length of a query, in characters.
const MAX_QUERY: usize = 1_000;

/// A view to save. It replaces the view with the same id.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Overdue used cars", "screen": "leads", "query": "overdue=true&type=used_car", "pinned": true}))]
pub struct SavedViewBody {
    /// The name: 1 to 60 characters in one line.
    name: String,
    /// The screen that shows the view.
    screen: String,
    /// The part of the screen's address after the question mark; default empty.
    query: Option<String>,
    /// Whether the view is pinned; default `false`.
    pinned: Option<bool>,
    /// The dealer whose list the view shows; absent if the screen chooses.
    dealer: Option<String>,
}

/// A saved view.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViewView {
    /// Id of the view.
    pub id: String,
    /// Version of the view; also its ETag.
    pub version: u64,
    /// The name.
    pub name: String,
    /// `leads`, `board`, `tasks`, `appointments` or `overview`.
    pub screen: &'static str,
    /// The part of the screen's address after the question mark.
    pub query: String,
    /// Whether the view is pinned.
    pub pinned: bool,
    /// The dealer whose list the view shows; absent if the screen chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
}

/// Your saved views.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViewsView {
    /// Oldest first, at most 50.
    pub views: Vec<SavedViewView>,
}

impl SavedViewView {
    fn of(view: &SavedView) -> Self {
        Self {
            id: view.id.to_string(),
            version: view.version,
            name: view.name.clone(),
            screen: view.screen.name(),
            query: view.query.clone(),
            pinned: view.pinned,
            dealer: view.dealer.as_ref().map(ToString::to_string),
        }
    }
}

impl SavedViewsView {
    fn of(views: &SavedViews) -> Self {
        Self { views: views.views.iter().map(SavedViewView::of).collect() }
    }
}

/// A request about the views of the requesting user.
pub(crate) async fn operate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let user = &requesting_user(call)?.id;
    match call.operation {
        Operation::ListViews => {
            let loaded = platform.store.load(&call.scope, &Load::of([Key::SavedViews(user.clone())])).await?;
            Ok(Answer::new(200, &SavedViewsView::of(&views_of(&loaded, user)))?.revalidated(call).about(user))
        }
        Operation::SaveView => save(platform, call, user).await,
        _ => remove(platform, call, user).await,
    }
}

fn views_of(loaded: &Loaded, user: &UserId) -> SavedViews {
    loaded.saved_views(user).cloned().unwrap_or_else(|| SavedViews::none(user.clone()))
}

/// Creates a view without `If-Match`, or changes an existing view with it. A repeat finds the view as requested, and changes nothing.
async fn save(platform: &Platform, call: &Call, user: &UserId) -> Result<Answer, Problem> {
    let id: Result<ViewId, _> = call.part::<String>("view", "saved view")?.parse();
    let id = id.map_err(|e| Refusal::field("view", "ACC-5", e.to_string()))?;
    let new = checked(platform, call, id).await?;
    let versions = call.if_match()?;
    let saved = platform.store.decide(&call.scope, Load::of([Key::SavedViews(user.clone())]), |loaded, _| {
        let views = views_of(loaded, user);
        let (decision, after) = views.with(new.clone())?;
        if decision.is_none() {
            return Ok((None, Some((after, 200))));
        }
        match (views.get(&new.id), &versions) {
            (Some(_), None) => Ok((None, None)),
            (Some(before), Some(versions)) if !versions.contains(&before.version) => Err(Refusal::Stale { current: before.version }),
            (None, Some(_)) => Err(Refusal::Stale { current: 0 }),
            (before, _) => Ok((decision, Some((after, if before.is_some() { 200 } else { 201 })))),
        }
    });
    let Some((view, status)) = saved.await? else {
        return Err(Problem::precondition_required(
            "If-Match header required: this view exists, send the ETag of the version that you read (SET-10)",
        ));
    };
    Ok(Answer::new(status, &SavedViewView::of(&view))?.header("etag", format!("\"{}\"", view.version)).about(&view.id))
}

async fn remove(platform: &Platform, call: &Call, user: &UserId) -> Result<Answer, Problem> {
    let id: ViewId = call.part("view", "saved view")?;
    let versions = required_versions(call)?;
    let left = platform.store.decide(&call.scope, Load::of([Key::SavedViews(user.clone())]), |loaded, _| {
        let views = views_of(loaded, user);
        let (decision, left) = views.without(&id)?;
        match views.get(&id) {
            Some(view) if !versions.contains(&view.version) => Err(Refusal::Stale { current: view.version }),
            _ => Ok((Some(decision), left)),
        }
    });
    Ok(Answer::new(200, &SavedViewsView::of(&left.await?))?.about(&id))
}

/// Returns the view of a body, still without its version.
///
/// # Errors
/// 422 with each field that is unknown or breaks a rule.
async fn checked(platform: &Platform, call: &Call, id: ViewId) -> Result<SavedView, Problem> {
    let body: SavedViewBody = body::read(body::writable(call, &["id", "version"])?, "ACC-5")?;
    let reached = match &body.dealer {
        Some(dealer) => reached(platform, call, dealer).await?,
        None => None,
    };
    let mut faults = Vec::new();
    let name = line(&body.name, MAX_NAME);
    if name.is_none() {
        faults.push(Fault::new("name", "ACC-5", format!("must be 1 to {MAX_NAME} characters in one line")));
    }
    let screen = ViewScreen::NAMES.iter().find(|(known, _)| *known == body.screen).map(|(_, screen)| *screen);
    if screen.is_none() {
        let names: Vec<&str> = ViewScreen::NAMES.iter().map(|(name, _)| *name).collect();
        faults.push(Fault::new("screen", "ACC-5", format!("must be one of {}", names.join(", "))));
    }
    let query = body.query.unwrap_or_default();
    if query.chars().count() > MAX_QUERY {
        faults.push(Fault::new("query", "ACC-5", format!("must be at most {MAX_QUERY} characters long")));
    } else if query.starts_with('?') || query.chars().any(|c| c == '#' || forbidden(c)) {
        let detail = "must be the part of the screen's address after the question mark: one line, without ? at its start and without #";
        faults.push(Fault::new("query", "ACC-5", detail));
    }
    if body.dealer.is_some() && reached.is_none() {
        faults.push(Fault::new("dealer", "ACC-5", "must be a dealer that you have access to"));
    }
    match (name, screen) {
        (Some(name), Some(screen)) if faults.is_empty() => {
            Ok(SavedView { id, version: 0, name, screen, query, pinned: body.pinned.unwrap_or_default(), dealer: reached })
        }
        _ => Err(Problem::invalid(faults)),
    }
}

/// Returns the dealer with this id. `None` if it does not exist or is out of the requester's reach.
async fn reached(platform: &Platform, call: &Call, dealer: &str) -> Result<Option<DealerId>, Failure> {
    let reached = DealerId::parse(dealer).ok().filter(|dealer| call.scope.reaches(dealer).is_ok());
    let Some(id) = reached else { return Ok(None) };
    Ok(platform.store.dealer(&call.scope, &id).await?.map(|_| id))
}
