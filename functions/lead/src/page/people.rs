//! The users whom a lead's page and its timeline mention.

use forecourt_domain::base::UserId;
use forecourt_domain::lead::{Entry, Event};
use forecourt_domain::messages::{MessageState, Recipient};
use forecourt_store::LeadPage;
use std::collections::BTreeSet;

/// Returns the users whom the page mentions.
pub(super) fn of_page(page: &LeadPage) -> BTreeSet<UserId> {
    let assignees = page.lead.tasks.iter().filter_map(|task| task.assignee.as_ref());
    let planned = page.next.as_ref().and_then(|event| event.user.as_ref());
    let notified = page.messages.iter().filter_map(|message| match &message.state {
        MessageState::Sent { to: Recipient::User(user), .. } => Some(user),
        _ => None,
    });
    let mut users = of_timeline(&page.timeline);
    let starter = page.lead.follow_up.as_ref().and_then(|run| run.by.user());
    users.extend(page.lead.owner.iter().chain(starter).chain(assignees).chain(planned).chain(notified).cloned());
    users
}

/// Returns the users whom entries of the timeline mention.
pub(super) fn of_timeline(entries: &[Entry]) -> BTreeSet<UserId> {
    let authors = entries.iter().filter_map(|entry| entry.by.user());
    let mentioned = entries.iter().flat_map(|entry| &entry.events).flat_map(of_event);
    authors.chain(mentioned).cloned().collect()
}

fn of_event(event: &Event) -> Vec<&UserId> {
    match event {
        Event::Assigned { from, to, why } => {
            let passed_over = why.passed_over.iter().map(|passed| &passed.user);
            from.iter().chain([to]).chain(passed_over).collect()
        }
        Event::EventGiven { from, to, .. } => from.iter().chain(to).collect(),
        Event::Task { assignee, .. } => assignee.iter().collect(),
        _ => Vec::new(),
    }
}
