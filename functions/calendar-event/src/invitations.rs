//! Invitations as staff use them: create, list, revoke (CAL-8).

use chrono::{DateTime, Utc};
use forecourt_domain::base::{Fault, InvitationId, LeadId, Refusal, Right, UserId};
use forecourt_domain::calendar::{CalendarEvent, Invitation};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::calendar::CalendarContext;
use forecourt_domain::rules::calendar::invitation::{self, DAYS, NewInvitation};
use forecourt_edge::Platform;
use forecourt_edge::auth::link;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Page, Problem, new_name};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An invitation to create (CAL-8).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"type": "booked_test_drive", "expires_in_days": 14}))]
pub struct InvitationBody {
    /// Type of the event that the customer books, such as `booked_test_drive`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "booked_test_drive")]
    kind: Loose<Text>,
    /// Title on the page and in the calendar, up to 200 characters. Defaults to the name of the type.
    #[schema(value_type = Option<String>, max_length = 200)]
    title: Loose<Text>,
    /// Days for which the link is valid, 1 to 60. Defaults to 14.
    #[schema(value_type = Option<i64>)]
    expires_in_days: Loose<i64>,
    /// The user with whom the appointment takes place. Defaults to the owner of the lead.
    #[schema(value_type = Option<String>)]
    user: Loose<Text>,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    /// Id of the invitation.
    pub id: String,
    /// Id of the lead.
    pub lead: String,
    /// The link. Give it to the contact of the lead only: anyone who has it can book, move and cancel.
    pub link: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
}

/// An invitation of a lead with its state.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationRowView {
    /// Id of the invitation.
    pub id: String,
    /// Type of the event that the customer books.
    #[serde(rename = "type")]
    pub kind: String,
    /// Title; absent if the name of the type is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The user with whom the appointment takes place; absent if it is the owner of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
    /// `open`, `booked`, `cancelled` or `over` as the customer sees it; or `expired` or `revoked`.
    pub standing: &'static str,
    /// Id of the event that was booked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The link; absent if it is no longer valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The invitations of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationsView {
    /// Newest first.
    pub invitations: Vec<InvitationRowView>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

pub(crate) async fn create(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let name = new_name(platform, call, id, "invitation");
    let name = InvitationId::parse(&name).map_err(|e| Failure::Broken(e.into()))?;
    let new = call.json::<InvitationBody>()?.check(name.clone())?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| vec![lead::enquiry_key(loaded, id)];
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let language = lead.reached(lead::enquiry_of(loaded, lead)).and_then(|reached| reached.language);
        let context = CalendarContext { lead, dealer, days: &|_, _| None, by: &by, now: call.now };
        invitation::invite(&context, NewInvitation { language, ..new.clone() }).map(|(decision, _)| decision)
    };
    let made =
        |_: &Lead, decision: Option<&Decision>, loaded: &Loaded| invitation_in(decision).or_else(|| loaded.invitation(id, &name).cloned());
    let made = lead::make(LeadRequest::of(platform, call, id), Key::Invitation(id, name.clone()), &also, rule, made).await?;
    let made = made.ok_or(Refusal::NotFound("invitation"))?;
    let link = link::of(platform, call.scope.group(), &made);
    let view = InvitationView { id: made.id.to_string(), lead: id.to_string(), link: link.clone(), expires_at: made.expires };
    Ok(Answer::new(201, &view)?.header("location", link).about(&id))
}

fn invitation_in(decision: Option<&Decision>) -> Option<Invitation> {
    let of = |item: &Item| if let Item::Invitation(made) = item { Some(Invitation::clone(made)) } else { None };
    decision?.items.iter().find_map(of)
}

impl InvitationBody {
    fn check(self, id: InvitationId) -> Result<NewInvitation, Refusal> {
        let mut faults = Vec::new();
        let kind = self.kind.text("type", &mut faults).unwrap_or_default();
        let title = self.title.text("title", &mut faults);
        let days = self.expires_in_days.take("expires_in_days", "a number", &mut faults).unwrap_or(DAYS);
        let user = self.user.text("user", &mut faults).map(|user| UserId::parse(user.trim()));
        if let Some(Err(e)) = &user {
            faults.push(Fault::new("user", "CAL-8", e.to_string()));
        }
        let new = NewInvitation { id, kind, title, user: user.and_then(Result::ok), days, language: None };
        if faults.is_empty() { Ok(new) } else { Err(Refusal::Invalid(faults)) }
    }
}

/// Lists the invitations of a lead with their states.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let page = Page::read(call, format!("{id}-invitations"), "CAL-8")?;
    let (store, lead) = (&platform.store, Load::of([Key::Lead(id)]));
    let (loaded, invitations) = tokio::try_join!(store.load(&call.scope, &lead), store.invitations(&call.scope, id))?;
    lead::readable(platform, call, loaded.lead(id)).await?;
    let (invitations, cursor) = page.cut(invitations, |invitation| (invitation.created, invitation.id.as_str()));
    let events = invitations.iter().filter_map(|invitation| invitation.event.clone()).map(|event| Key::Event(id, event));
    let events = store.load(&call.scope, &Load::of(events)).await?;
    let row = |invitation: &Invitation| {
        let event = invitation.event.as_ref().and_then(|event| events.event(id, event));
        InvitationRowView::of(platform, call, invitation, event)
    };
    let invitations = invitations.iter().map(row).collect();
    Ok(Answer::new(200, &InvitationsView { invitations, cursor })?.about(&id))
}

/// Revokes an invitation. An appointment that was booked with it remains; it is cancelled through its event.
pub(crate) async fn revoke(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let name: InvitationId = call.part("invitation", "invitation")?;
    let also = |loaded: &Loaded| {
        let event = loaded.invitation(id, &name).and_then(|found| found.event.clone()).map(|event| Key::Event(id, event));
        [Key::Invitation(id, name.clone())].into_iter().chain(event).collect()
    };
    let by = call.scope.actor();
    let rule = |LeadContext { lead, loaded, .. }: LeadContext<'_>| {
        let invitation = loaded.invitation(id, &name).ok_or(Refusal::NotFound("invitation"))?;
        Ok(invitation::revoke(lead, invitation, by.clone(), call.now))
    };
    let shown = |_: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let made = invitation_in(decision).or_else(|| loaded.invitation(id, &name).cloned())?;
        let event = made.event.as_ref().and_then(|event| loaded.event(id, event));
        Some(InvitationRowView::of(platform, call, &made, event))
    };
    let view = lead::change(LeadRequest::of(platform, call, id), &also, rule, shown).await?;
    Ok(Answer::new(200, &view.ok_or(Refusal::NotFound("invitation"))?)?.about(&id))
}

impl InvitationRowView {
    fn of(platform: &Platform, call: &Call, invitation: &Invitation, event: Option<&CalendarEvent>) -> Self {
        let standing = match invitation.revoked {
            Some(_) => "revoked",
            None if !invitation.is_good(event, call.now) => "expired",
            None => invitation.status(event, call.now).name(),
        };
        let valid = !matches!(standing, "revoked" | "expired");
        Self {
            id: invitation.id.to_string(),
            kind: invitation.kind.clone(),
            title: invitation.title.clone(),
            user: invitation.user.as_ref().map(ToString::to_string),
            created_at: invitation.created,
            expires_at: invitation.ends(event),
            standing,
            event: invitation.event.as_ref().map(ToString::to_string),
            link: valid.then(|| link::of(platform, call.scope.group(), invitation)),
        }
    }
}
