//! The elements of a lead.

use super::{add, reference};
use forecourt_domain::elements::Kind;
use forecourt_edge::routes::Elements;
use forecourt_lead::{
    CommentBody, CommentView, CommunicationBody, CommunicationView, DocumentBody, DocumentView, ElementView, QuoteBody, QuoteView,
    TestDriveBody, TestDriveView, TradeInBody, TradeInView,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};

/// What a kind is written with, shown with, and listed with.
struct Of {
    body: Ref,
    one: Ref,
    all: Ref,
}

fn of<B: ToSchema, V: ToSchema>() -> Of {
    Of { body: reference::<B>(), one: Ref::from_schema_name(one::<V>()), all: Ref::from_schema_name(one::<V>() + "s") }
}

/// The name of an element that says `V`: a generic type has but one.
fn one<V: ToSchema>() -> String {
    V::name().replace("View", "Element")
}

fn kind(kind: Kind) -> Of {
    match kind {
        Kind::TradeIn => of::<TradeInBody, TradeInView>(),
        Kind::Quote => of::<QuoteBody, QuoteView>(),
        Kind::TestDrive => of::<TestDriveBody, TestDriveView>(),
        Kind::Comment => of::<CommentBody, CommentView>(),
        Kind::Document => of::<DocumentBody, DocumentView>(),
        Kind::Communication => of::<CommunicationBody, CommunicationView>(),
    }
}

pub(super) fn add_all(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    fn kind<B: ToSchema, V: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        add::<B>(schemas);
        schemas.push((one::<V>(), ElementView::<V>::schema()));
        add::<V>(schemas);
        let about =
            "The lead's elements of the kind, oldest first, without those that were removed: at most 100 but for what enquiries brought.";
        let all = ObjectBuilder::new().description(Some(about)).required("elements");
        let all = all.property("elements", ArrayBuilder::new().items(Ref::from_schema_name(one::<V>())));
        schemas.push((one::<V>() + "s", all.build().into()));
    }
    kind::<TradeInBody, TradeInView>(schemas);
    kind::<QuoteBody, QuoteView>(schemas);
    kind::<TestDriveBody, TestDriveView>(schemas);
    kind::<CommentBody, CommentView>(schemas);
    kind::<DocumentBody, DocumentView>(schemas);
    kind::<CommunicationBody, CommunicationView>(schemas);
}

pub(super) fn body(what: Elements) -> Option<Ref> {
    match what {
        Elements::Add(of) | Elements::Change(of) => Some(kind(of).body),
        Elements::List(_) | Elements::Read(_) | Elements::Remove(_) | Elements::CompleteUpload => None,
    }
}

pub(super) fn success(what: Elements) -> Vec<(&'static str, &'static str, Ref)> {
    vec![match what {
        Elements::Add(of) => ("201", "The element; `Location` says where, its version is the ETag.", kind(of).one),
        Elements::List(of) => ("200", "All of the lead's elements of the kind.", kind(of).all),
        Elements::Read(of) | Elements::Change(of) | Elements::Remove(of) => {
            ("200", "The element as it is now; its version is the ETag.", kind(of).one)
        }
        Elements::CompleteUpload => ("200", "The document, with a link to it.", kind(Kind::Document).one),
    }]
}
