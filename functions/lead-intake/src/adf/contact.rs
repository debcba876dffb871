//! Reads the contact from `customer`. No other section is passed to this module, so no other person's data can be used.

use super::leaves::{Leaf, first, leaves};
use super::names::Role;
use super::oddities::{MAX_REPEATS, Oddities};
use super::tree::Node;
use super::values;
use forecourt_domain::enquiry::{NameParts, PreferredChannel, RawContact, RawPhone};

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
    into.middle_name = into.middle_name.take().or(other.middle_name);
    into.last_name = into.last_name.take().or(other.last_name);
    into.preferred_channel = into.preferred_channel.or(other.preferred_channel);
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
    let (NameParts { first, middle, last }, company) = names(leaves, oddities);
    let mut person = RawContact { first_name: first, middle_name: middle, last_name: last, company, ..RawContact::default() };
    let channels: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| matches!(leaf.node.name.as_str(), "email" | "phone")).collect();
    let preferred = channels.iter().find(|leaf| is_preferred(leaf) && leaf.line().is_some());
    person.preferred_channel =
        preferred.map(|leaf| if leaf.node.name == "email" { PreferredChannel::Email } else { PreferredChannel::Phone });
    // The preferred channels come first, the others in the document's order.
    let (first, others): (Vec<&Leaf<'_>>, Vec<&Leaf<'_>>) = channels.into_iter().partition(|leaf| is_preferred(leaf));
    let channels = || first.iter().chain(&others);
    for leaf in channels().filter(|leaf| leaf.node.name == "email") {
        let written = leaf.line().unwrap_or_default();
        addresses(&written).into_iter().for_each(|email| add_email(&mut person, email));
    }
    for leaf in channels().filter(|leaf| leaf.node.name == "phone") {
        let Some(number) = leaf.line() else { continue };
        let kind = leaf.node.attribute("type");
        let is = |word: &str| leaf.attribute("type").is_some_and(|kind| kind.contains(word));
        if is("fax") && !is("voice") && !is("phone") {
            // A fax number cannot be called.
            oddities.note("contact.phone", &format!("fax number ignored: {number}"));
        } else {
            let time = leaf.node.attribute("time").filter(|time| !matches!(time.to_lowercase().as_str(), "nopreference" | "any"));
            add_phone(&mut person, RawPhone { number, kind, time });
        }
    }
    address(leaves, &mut person);
    person
}

/// Returns whether the customer wants to be contacted by this channel.
fn is_preferred(leaf: &Leaf<'_>) -> bool {
    leaf.attribute("preferredcontact").is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "y"))
}

/// Returns the person's name and the company.
fn names(leaves: &[Leaf<'_>], oddities: &mut Oddities) -> (NameParts, Option<String>) {
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
    let last = part("last").map(|last| [Some(last), part("suffix")].into_iter().flatten().collect::<Vec<_>>().join(" "));
    let mut name = NameParts { first: part("first"), middle: part("middle"), last };
    if let Some(full) = part("full").filter(|_| name.first.is_none() || name.last.is_none()) {
        // If a full name and one of its parts are given, the part is more reliable.
        let split = NameParts::of_full(&full);
        match (&name.first, &name.last) {
            (Some(first), _) if *first == full => {}
            (Some(first), _) => name.last = full.strip_prefix(&format!("{first} ")).map(str::to_owned).or(split.last),
            (None, Some(last)) if *last == full => {}
            (None, Some(last)) => name.first = full.strip_suffix(&format!(" {last}")).map(str::to_owned).or(split.first),
            (None, None) => (name.first, name.last) = (split.first, split.last),
        }
    }
    let mut name = name.with_prefixes();
    // If the only given name is a middle name, it becomes the first name.
    name.first = name.first.or_else(|| name.middle.take());
    (name, part("company"))
}

/// Returns the addresses in one `email` element. Some senders put several addresses into it, or the name with the address.
fn addresses(written: &str) -> Vec<String> {
    let pieces: Vec<&str> = written.split([';', ',']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let several = pieces.len() > 1 && pieces.iter().all(|piece| piece.contains('@'));
    let pieces = if several { pieces } else { vec![written] };
    let bare = |piece: &str| match piece.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        Some((address, _)) if address.contains('@') => address.trim().to_owned(),
        _ => piece.to_owned(),
    };
    pieces.into_iter().map(bare).collect()
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
