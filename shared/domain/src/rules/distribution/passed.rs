//! The notices that a lead has gone on from its owner (DIS-7, DIS-10).

use crate::base::UserId;
use crate::decision::{Item, LeadInput};
use crate::lead::Event;
use crate::messages::{Message, Notice};
use crate::settings::Dealer;

/// Returns the notices to the former owner of a lead and to their supervisor. `input` has the lead before the change, `event` is the
/// change, and `site` the other dealer if the lead goes to one. The user who passes the lead on, the new owner and a pool user get none.
pub(crate) fn passed_on(input: LeadInput<'_>, event: &Event, site: Option<&Dealer>) -> Vec<Item> {
    let LeadInput { lead, dealer, by, now } = input;
    let settings = &dealer.settings;
    let (to, rule, note) = match event {
        Event::Assigned { to, why, .. } => (Some(to), why.rule.as_str(), &why.note),
        Event::Moved { note, .. } => (None, "DIS-7", note),
        _ => return Vec::new(),
    };
    let is_pool = |user: &UserId| settings.pool.as_ref().is_some_and(|pool| pool.user == *user);
    let Some(from) = lead.owner.as_ref().filter(|owner| !is_pool(owner)) else { return Vec::new() };
    let supervisor = settings.supervisor_of(Some(from));
    let readers = [(from, false), (supervisor, true)].into_iter().filter(|(reader, copy)| {
        let is_here = settings.member(reader).is_some() || *copy;
        let other = by.user() != Some(*reader) && to != Some(*reader) && !is_pool(reader);
        is_here && other && (!copy || *reader != from)
    });
    let notice = |supervisor: bool| Notice::Passed {
        from: from.clone(),
        assignment: lead.assignment,
        to: to.cloned(),
        site: site.map(|site| site.settings.name.clone()),
        rule: rule.to_owned(),
        by: by.user().cloned(),
        note: note.clone(),
        supervisor,
    };
    let cause = |reader: &UserId| format!("passed-{}-{reader}", lead.assignment);
    readers.map(|(reader, copy)| Item::Message(Message::queued(lead, cause(reader), notice(copy), reader.clone(), now))).collect()
}
