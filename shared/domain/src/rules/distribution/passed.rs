//! The notices that a lead has gone on from its owner (DIS-7, DIS-10, DIS-12).

use crate::base::UserId;
use crate::decision::{Item, LeadInput};
use crate::lead::Event;
use crate::messages::{Message, Notice};
use crate::settings::Dealer;

/// How a lead has gone on.
#[derive(Debug, Clone, Copy, Default)]
struct Way<'a> {
    /// The other dealer, if it went to one.
    site: Option<&'a Dealer>,
    /// The recorded supervisor of a former owner who is no member any more.
    supervisor: Option<&'a UserId>,
    /// Whether an order to hand over work moved it, and the former owner needs no notice.
    ordered: bool,
    /// Whether it went back to a user who returned.
    back: bool,
}

/// Returns the notices to the former owner of a lead and to their supervisor. `input` has the lead before the change, `event` is the
/// change, and `site` the other dealer if the lead goes to one. The user who passes the lead on, the new owner and a pool user get none.
pub(crate) fn passed_on(input: LeadInput<'_>, event: &Event, site: Option<&Dealer>) -> Vec<Item> {
    notices(input, event, Way { site, ..Way::default() }).collect()
}

/// Returns the notice to the supervisor that an order took a lead from its user (DIS-12). The user knows of the order. `supervisor` is the
/// one that the order recorded. Many leads are one mail.
pub(crate) fn handed_on(input: LeadInput<'_>, event: &Event, supervisor: Option<&UserId>) -> Vec<Item> {
    notices(input, event, Way { supervisor, ordered: true, ..Way::default() }).map(gathered).collect()
}

/// Returns the notices to the substitute and their supervisor that a lead went back to a user who returned (DIS-12).
pub(crate) fn given_back(input: LeadInput<'_>, event: &Event) -> Vec<Item> {
    notices(input, event, Way { back: true, ..Way::default() }).map(gathered).collect()
}

fn notices<'a>(input: LeadInput<'a>, event: &'a Event, way: Way<'a>) -> impl Iterator<Item = Item> + use<'a> {
    let LeadInput { lead, dealer, by, now } = input;
    let settings = &dealer.settings;
    let change = match event {
        Event::Assigned { to, why, .. } => Some((Some(to), why.rule.as_str(), &why.note)),
        Event::Moved { note, .. } => Some((None, "DIS-7", note)),
        _ => None,
    };
    let is_pool = |user: &UserId| settings.pool.as_ref().is_some_and(|pool| pool.user == *user);
    let passed = change.zip(lead.owner.as_ref().filter(|owner| !is_pool(owner)));
    passed.into_iter().flat_map(move |((to, rule, note), from)| {
        let is_member = |user: &&UserId| settings.member(user).is_some();
        let recorded = way.supervisor.filter(|_| settings.member(from).is_none()).filter(is_member);
        let supervisor = recorded.unwrap_or_else(|| settings.supervisor_of(Some(from)));
        let readers = [(from, false), (supervisor, true)].into_iter().filter(move |(reader, copy)| {
            let is_here = *copy || (settings.member(reader).is_some() && !way.ordered);
            let other = by.user() != Some(*reader) && to != Some(*reader) && !is_pool(reader);
            is_here && other && (!copy || *reader != from)
        });
        readers.map(move |(reader, supervisor)| {
            let notice = Notice::Passed {
                from: from.clone(),
                assignment: lead.assignment,
                to: to.cloned(),
                site: way.site.map(|site| site.settings.name.clone()),
                rule: rule.to_owned(),
                by: by.user().cloned(),
                note: note.clone(),
                supervisor,
                back: way.back,
            };
            let cause = format!("passed-{}-{reader}", lead.assignment);
            Item::Message(Message::queued(lead, cause, notice, reader.clone(), now))
        })
    })
}

fn gathered(notice: Item) -> Item {
    match notice {
        Item::Message(message) => Item::Message(message.gathered()),
        other => other,
    }
}
