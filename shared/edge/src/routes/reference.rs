//! The documents, for everyone.

use super::problems::TOO_MANY;
use super::row::{get, routes, routes_of};
use super::{Access, Content, Operation, ProblemResponse, Route, Row};

const HTML: Content = Content::Text("text/html", "The page.");
const NO_PAGE: ProblemResponse = (404, "The page does not exist.");

routes![
    Reference = get("/reference", "reference")
        .access(Access::Open)
        .summary("Returns the first page of the reference: the documents, and all operations.")
        .responses(&[(200, "The page.", HTML)])
        .problems(&[TOO_MANY]),
    ReferencePage = get("/reference/{page}", "reference")
        .access(Access::Open)
        .summary("Returns a page of the reference: rules, or openapi.json for this document.")
        .description("The `rule_url` of a problem and of its errors leads to a rule on the page of rules.")
        .responses(&[(200, "The page as HTML; for openapi.json, this document as application/json.", HTML)])
        .problems(&[NO_PAGE, TOO_MANY]),
    DecisionsPage = get("/reference/decisions/{page}", "reference")
        .access(Access::Open)
        .summary("Returns a page of decisions, to which the rules link.")
        .responses(&[(200, "The page.", HTML)])
        .problems(&[NO_PAGE, TOO_MANY]),
];
