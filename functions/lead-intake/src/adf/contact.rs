//! Reads the contact from `customer`. No other section is passed to this module, so no other person's data can be used.

use super::leaves::{Leaf, first, leaves};
use super::names::Role;
use super::oddities::{MAX_REPEATS, Oddities};
use super::tree::Node;
use super::values;
use forecourt_domain::enquiry::{RawContact, RawPhone};

/// Returns the contact: the first person with an e-mail address or a phone number. Other persons are noted in `oddities`.
pub(super) fn contact(customers: &[&Node], oddities: &mut Oddities) -> RawContact {
    let mut people = Vec::new();
    for customer in customers {
        let mut contacts = Vec::new();
        gather(customer, &mut contacts);
        let without = leaves(customer, false);
        let named = |leaf: &&Leaf<'_>| matches!(leaf.node.name.as_str(), "name" | "first" | "last" | "full" | "email" | "phone");
        if contacts.is_empty() {
            // Some senders omit `contact`.
            people.push(person(&without, oddities));
        } else if let Some(leaf) = without.iter().find(named) {
            // Next to a contact they may belong to another person whose tags are missing.
            oddities.note("customer", &format!("ignored because it is next to contact: {}", leaf.line().unwrap_or_default()));
        }
        people.extend(contacts.iter().map(|contact| person(&leaves(contact, false), oddities)));
        for node in std::iter::once(*customer).chain(contacts) {
            note_stray_text(node, oddities);
        }
    }
    let reachable = |person: &RawContact| !person.emails.is_empty() || !person.phones.is_empty();
    let index = people.iter().position(reachable).unwrap_or(0);
    if people.is_empty() {
        return RawContact::default();
    }
    let mut chosen = people.remove(index);
    for other in people {
        let name = |person: &RawContact| [&person.first_name, &person.last_name].into_iter().flatten().cloned().collect::<Vec<_>>();
        if name(&other).is_empty() || name(&other) == name(&chosen) {
            merge(&mut chosen, other);
        } else {
            let mut parts = name(&other);
            parts.extend(other.emails);
            parts.extend(other.phones.into_iter().map(|phone| phone.number));
            oddities.note("contact", &format!("further contact: {}", parts.join(" ")));
        }
    }
    chosen.language = chosen.language.or_else(|| customers.iter().find_map(|customer| language(customer)));
    chosen
}

/// Collects the contacts in a customer, also inside elements that are not part of ADF.
fn gather<'a>(of: &'a Node, into: &mut Vec<&'a Node>) {
    for node in &of.children {
        if node.role() == Role::Contact {
            into.push(node);
        }
        if !matches!(node.role(), Role::Section | Role::Prospect) {
            gather(node, into);
        }
    }
}

fn language(of: &Node) -> Option<String> {
    let inner = || of.children.iter().filter(|node| node.role() != Role::Section).find_map(language);
    of.attribute("language").or_else(|| (of.name == "language").then(|| values::line(&of.text)).flatten()).or_else(inner)
}

fn note_stray_text(of: &Node, oddities: &mut Oddities) {
    if let Some(words) = values::line(&of.text) {
        oddities.note(&of.name, &format!("text between the elements: {words}"));
    }
}

fn merge(into: &mut RawContact, other: RawContact) {
    into.first_name = into.first_name.take().or(other.first_name);
    into.last_name = into.last_name.take().or(other.last_name);
    into.company = into.company.take().or(other.company);
    other.emails.into_iter().for_each(|email| add_email(into, email));
    other.phones.into_iter().for_each(|phone| add_phone(into, phone));
    if into.street.is_none() && into.postcode.is_none() && into.city.is_none() {
        (into.street, into.postcode, into.city) = (other.street, other.postcode, other.city);
        into.country = into.country.take().or(other.country);
    }
}

fn add_email(person: &mut RawContact, email: String) {
    if !email.is_empty() && person.emails.len() < MAX_REPEATS && !person.emails.contains(&email) {
        person.emails.push(email);
    }
}

fn add_phone(person: &mut RawContact, phone: RawPhone) {
    if person.phones.len() < MAX_REPEATS && !person.phones.iter().any(|known| known.number == phone.number) {
        person.phones.push(phone);
    }
}

fn person(leaves: &[Leaf<'_>], oddities: &mut Oddities) -> RawContact {
    let (first_name, last_name, company) = names(leaves, oddities);
    let mut person = RawContact { first_name, last_name, company, ..RawContact::default() };
    for leaf in leaves.iter().filter(|leaf| leaf.node.name == "email") {
        // One element can hold several addresses, or a name with the address: the check of the enquiry reads them.
        add_email(&mut person, leaf.line().unwrap_or_default());
    }
    for leaf in leaves.iter().filter(|leaf| leaf.node.name == "phone") {
        let Some(number) = leaf.line() else { continue };
        let kind = leaf.node.attribute("type");
        let is = |word: &str| leaf.attribute("type").is_some_and(|kind| kind.contains(word));
        if is("fax") && !is("voice") && !is("phone") {
            // A fax number cannot be called.
            oddities.note("contact.phone", &format!("fax number ignored: {number}"));
        } else {
            add_phone(&mut person, RawPhone { number, kind });
        }
    }
    address(leaves, &mut person);
    person
}

/// Returns first name, last name and company.
fn names(leaves: &[Leaf<'_>], oddities: &mut Oddities) -> (Option<String>, Option<String>, Option<String>) {
    let mut parts: Vec<(&str, String)> = Vec::new();
    for leaf in leaves {
        let Some(value) = leaf.line() else { continue };
        let part = match leaf.node.name.as_str() {
            "name" => leaf.attribute("part").unwrap_or_default(),
            "first" | "middle" | "last" | "full" | "company" => leaf.node.name.clone(),
            _ => continue,
        };
        let is_business = leaf.attribute("type").is_some_and(|kind| kind.contains("business") || kind.contains("company"));
        let part = match part.as_str() {
            "company" | "business" => "company",
            "first" | "firstname" | "given" | "fname" => "first",
            "middle" | "mi" | "middlename" | "initial" => "middle",
            "last" | "surname" | "lastname" | "family" | "lname" => "last",
            "suffix" => "suffix",
            // Titles are not stored as part of the name.
            "title" | "prefix" | "salutation" => continue,
            _ if is_business => "company",
            _ => "full",
        };
        match parts.iter().find(|(known, _)| *known == part) {
            None => parts.push((part, value)),
            Some((_, known)) if *known == value => {}
            Some(_) => oddities.note("contact.name", &format!("further {part} name: {value}")),
        }
    }
    let part = |name: &str| parts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let joined = |names: [&str; 2]| {
        let words: Vec<String> = names.into_iter().filter_map(part).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let (mut first, mut last) =
        (part("first").and_then(|_| joined(["first", "middle"])), part("last").and_then(|_| joined(["last", "suffix"])));
    if let Some(full) = part("full").filter(|_| first.is_none() || last.is_none()) {
        let (front, back) = match full.split_once(',') {
            Some((last, first)) if !first.trim().is_empty() => (Some(first.trim()), last.trim()),
            _ => full.rsplit_once(' ').map_or((None, full.as_str()), |(first, last)| (Some(first), last)),
        };
        // If a full name and one of its parts are given, the part is more reliable.
        let back = if first.as_deref() == Some(full.as_str()) { "" } else { back };
        if last.is_none() && first.is_none() {
            first = front.map(str::to_owned);
        } else if first.is_none() {
            first = front.filter(|front| Some(*front) != last.as_deref()).map(str::to_owned);
        }
        last = last.or_else(|| (!back.is_empty()).then(|| back.to_owned()));
    }
    (first.or_else(|| part("middle")), last, part("company"))
}

/// Reads the first address that is not empty.
fn address(leaves: &[Leaf<'_>], person: &mut RawContact) {
    let is_address = |leaf: &&Leaf<'_>| {
        matches!(leaf.node.name.as_str(), "street" | "apartment" | "city" | "postalcode" | "country") && leaf.line().is_some()
    };
    let Some(group) = leaves.iter().find(is_address).map(|leaf| leaf.parent) else { return };
    let lines: Vec<Leaf<'_>> =
        leaves.iter().filter(|leaf| std::ptr::eq(leaf.parent, group)).map(|leaf| Leaf { node: leaf.node, parent: leaf.parent }).collect();
    let mut street: Vec<(u32, String)> = Vec::new();
    for leaf in lines.iter().filter(|leaf| matches!(leaf.node.name.as_str(), "street" | "apartment")) {
        let position =
            if leaf.node.name == "apartment" { u32::MAX } else { leaf.attribute("line").and_then(|n| n.parse().ok()).unwrap_or(0) };
        street.extend(leaf.line().map(|line| (position, line)));
    }
    street.sort_by_key(|(position, _)| *position);
    let street: Vec<String> = street.into_iter().map(|(_, line)| line).collect();
    person.street = (!street.is_empty()).then(|| street.join(", "));
    person.postcode = first(&lines, "postalcode");
    person.city = first(&lines, "city");
    person.country = first(&lines, "country");
}
