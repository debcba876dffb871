//! Reads the prospects from the tree and decides which data belongs to which role.

use super::leaves::{Leaf, first, leaves};
use super::names::Role;
use super::oddities::{MAX_REPEATS, Oddities};
use super::tree::Node;
use super::{Prospect, condition, contact, values, vehicle};
use forecourt_domain::enquiry::RawEnquiry;

/// Collects every element of a role, outer elements first. It does not descend into prospects.
fn every<'a>(role: Role, nodes: &'a [Node], into: &mut Vec<&'a Node>) {
    for node in nodes {
        if node.role() == role {
            into.push(node);
        }
        if node.role() != Role::Prospect {
            every(role, &node.children, into);
        }
    }
}

/// Returns the prospects of a document.
pub(super) fn prospects(tree: &[Node], text: &str) -> Vec<Prospect> {
    let (mut prospects, mut beside) = (Vec::new(), Vec::new());
    every(Role::Prospect, tree, &mut prospects);
    every(Role::Section, tree, &mut beside);
    if prospects.len() > 1 {
        beside.retain(|section| matches!(section.name.as_str(), "vendor" | "provider"));
    }
    prospects.iter().map(|node| prospect(node, &beside, text)).collect()
}

fn prospect(node: &Node, beside: &[&Node], text: &str) -> Prospect {
    let mut within = Vec::new();
    every(Role::Section, &node.children, &mut within);
    let of = |name: &str| -> Vec<&Node> {
        let named = |sections: &[&'_ Node]| sections.iter().any(|section| section.name == name);
        let sections = if named(&within) { &within[..] } else { beside };
        sections.iter().filter(|section| section.name == name).copied().collect()
    };
    let mut oddities = Oddities::default();
    node.repairs.iter().for_each(|what| oddities.note("prospect", what));
    let own = leaves(node, false);
    let vendor: Vec<Leaf<'_>> = of("vendor").into_iter().flat_map(|section| leaves(section, true)).collect();
    let provider: Vec<Leaf<'_>> = of("provider").into_iter().flat_map(|section| leaves(section, true)).collect();
    let customers = of("customer");
    misplaced(node, &own, &mut oddities);

    let id = own.iter().find(|leaf| leaf.node.name == "id" && leaf.line().is_some());
    let source_of_any_id = || own.iter().filter(|leaf| leaf.node.name == "id").find_map(|leaf| leaf.node.attribute("source"));
    let id_source = id.and_then(|leaf| leaf.node.attribute("source")).or_else(source_of_any_id);
    let direct = |leaves: &[Leaf<'_>], name: &str| {
        leaves.iter().filter(|leaf| leaf.node.name == name && leaf.parent.role() == Role::Section).find_map(Leaf::line)
    };
    let sender = direct(&provider, "name");
    let vehicles = vehicle::vehicles(&of("vehicle"), &mut oddities);
    let service = direct(&provider, "service");
    // The name of the provider's service, such as `Used Car Search`, is not a source, but can show the condition.
    let by_service =
        service.as_deref().filter(|_| vehicles.lead_type == "other" && !vehicles.wanted.is_empty()).and_then(condition::of_text);
    let lead_type = by_service.map_or(vehicles.lead_type, |condition| vehicle::type_of(Some(condition)));
    let mut contact = contact::contact(&customers, &mut oddities);
    contact.language = contact.language.or_else(|| first(&own, "language")).or_else(|| node.attribute("language"));

    let enquiry = RawEnquiry {
        source: id_source.clone().or_else(|| sender.clone()),
        provider: sender.or(id_source),
        external_id: id.and_then(Leaf::line),
        lead_type: Some(lead_type.to_owned()),
        contact,
        vehicles: vehicles.wanted,
        trade_ins: vehicles.trade_ins,
        message: message(&customers, &own),
        requested_at: first(&own, "requestdate"),
        // The format has no field for the text that the customer saw.
        consents: Vec::new(),
        resend: node.attribute("status").is_some_and(|status| status.eq_ignore_ascii_case("resend")),
    };
    Prospect {
        enquiry,
        vendor_id: direct(&vendor, "id"),
        vendor_name: direct(&vendor, "vendorname")
            .or_else(|| direct(&vendor, "name"))
            .or_else(|| first(&vendor, "full"))
            .or_else(|| first(&vendor, "name")),
        raw: text.get(node.span.clone()).unwrap_or_default().to_owned(),
        oddities: oddities.into_inner(),
    }
}

/// Notes data that looks like a customer's but is outside `customer`: it may be anybody's and is not used.
fn misplaced(node: &Node, own: &[Leaf<'_>], oddities: &mut Oddities) {
    let is_contact = |node: &Node| node.role() == Role::Contact;
    for contact in node.children.iter().filter(|child| is_contact(child)) {
        let words = leaves(contact, true).iter().filter_map(Leaf::line).collect::<Vec<_>>().join(", ");
        oddities.note("contact", &format!("ignored because it is outside customer: {words}"));
    }
    for leaf in own.iter().filter(|leaf| matches!(leaf.node.name.as_str(), "email" | "phone" | "name")) {
        if let Some(value) = leaf.line() {
            oddities.note(&format!("contact.{}", leaf.node.name), &format!("ignored because it is outside customer: {value}"));
        }
    }
}

/// Returns the customer's message: comments of the customer and of the prospect, without duplicates, then time frame and finance.
fn message(customers: &[&Node], own: &[Leaf<'_>]) -> Option<String> {
    let theirs: Vec<Leaf<'_>> = customers.iter().flat_map(|customer| leaves(customer, true)).collect();
    let mut parts: Vec<String> = Vec::new();
    for leaf in theirs.iter().chain(own).filter(|leaf| leaf.node.name == "comments").take(MAX_REPEATS) {
        if let Some(words) = values::lines(&leaf.node.text).filter(|words| !parts.contains(words)) {
            parts.push(words);
        }
    }
    let frame = |name: &str| theirs.iter().chain(own).filter(|l| l.parent.name == "timeframe" && l.node.name == name).find_map(Leaf::line);
    let dates = [("earliest", frame("earliestdate")), ("latest", frame("latestdate"))];
    let dates = dates.into_iter().filter_map(|(word, date)| date.map(|date| format!("{word} {date}")));
    let frame: Vec<String> = frame("description").into_iter().chain(dates).collect();
    if !frame.is_empty() {
        parts.push(format!("Time frame: {}", frame.join(", ")));
    }
    let money: Vec<String> = customers.iter().copied().filter_map(|customer| vehicle::finance(&leaves(customer, true))).collect();
    parts.extend(money);
    (!parts.is_empty()).then(|| parts.join("\n"))
}
