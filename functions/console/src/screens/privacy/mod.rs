//! Privacy: the page of a contact with its consents, stops and legal holds, and the orders of the group's administrators (PRV-2 to PRV-6).

mod contact;
mod erase;
mod orders;

use super::{Page, Part, Screen, each_of};
use crate::forms::{Field, Form};
use forecourt_domain::base::Right;
use forecourt_edge::routes::Operation;

pub(super) const PART: Part = Part {
    screens: &[
        Screen { method: "GET", path: "/desk/leads/{id}/privacy/{contact}", run: |page| Box::pin(contact::show(page)) },
        Screen { method: "GET", path: "/desk/leads/{id}/privacy/{contact}/{form}", run: |page| Box::pin(contact::answer(page)) },
        Screen { method: "POST", path: "/desk/leads/{id}/privacy/{contact}/{form}", run: |page| Box::pin(contact::answer(page)) },
        Screen { method: "GET", path: "/desk/group/privacy", run: |page| Box::pin(orders::erasures(page)) },
        Screen { method: "GET", path: "/desk/group/privacy/erasures/{erasure}", run: |page| Box::pin(orders::erasure(page)) },
        Screen { method: "GET", path: "/desk/group/privacy/access-files", run: |page| Box::pin(orders::files(page)) },
        Screen { method: "GET", path: "/desk/group/privacy/access-files/{access_file}", run: |page| Box::pin(orders::file(page)) },
        Screen {
            method: "GET",
            path: "/desk/group/privacy/access-files/{access_file}/download",
            run: |page| Box::pin(orders::download(page)),
        },
        Screen { method: "GET", path: "/desk/group/privacy/access-files/{access_file}/cancel", run: |page| Box::pin(orders::cancel(page)) },
        Screen {
            method: "POST",
            path: "/desk/group/privacy/access-files/{access_file}/cancel",
            run: |page| Box::pin(orders::cancel(page)),
        },
        Screen { method: "GET", path: "/desk/group/privacy/holds", run: |page| Box::pin(orders::holds(page)) },
        Screen { method: "GET", path: "/desk/group/privacy/holds/{hold}/lift", run: |page| Box::pin(orders::lift(page)) },
        Screen { method: "POST", path: "/desk/group/privacy/holds/{hold}/lift", run: |page| Box::pin(orders::lift(page)) },
    ],
    templates: &[
        ("privacy_parts.html", include_str!("parts.html")),
        ("privacy_contact.html", include_str!("contact.html")),
        ("privacy_erase.html", include_str!("erase.html")),
        ("privacy_erasures.html", include_str!("erasures.html")),
        ("privacy_erasure.html", include_str!("erasure.html")),
        ("privacy_files.html", include_str!("files.html")),
        ("privacy_file.html", include_str!("file.html")),
        ("privacy_holds.html", include_str!("holds.html")),
    ],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |path| path.ends_with("/{form}").then(|| each_of(path, "{form}", contact::names())),
};

/// The part of the group with the orders.
const GROUP: &str = "/desk/group/privacy";

const fn form(name: &'static str, operation: Operation, fields: &'static [Field]) -> Form {
    Form { name, operation, fields, versioned: false, dangerous: false }
}

/// Whether the user is an administrator of the group, who erases contacts, orders access files and places legal holds.
pub(super) fn administers(page: &Page<'_>) -> bool {
    page.may(Right::ManageUsers) && page.may(Right::ReadLeads)
}
