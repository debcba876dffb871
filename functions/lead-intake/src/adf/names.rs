//! The words of ADF: which elements there are, under which other names they come, and what they may hold.

/// What kind of element a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `adf`.
    Root,
    /// `prospect`.
    Prospect,
    /// `vehicle`, `customer`, `vendor`, `provider`: whatever is in one belongs to the innermost one.
    Section,
    /// `contact`.
    Contact,
    /// Holds further elements.
    Group,
    /// Holds a value and no further element of ADF.
    Field,
    /// Holds prose, in which anything may stand.
    Prose,
    /// A tag of HTML, which means nothing but a space or a line's end.
    Html,
    /// None of these: read through as if it were not there.
    Unknown,
}

/// A name as it is compared: without its prefix, in lower case, without `-`, `_` and `.`, and of several names for one thing the specified one.
pub(super) fn canonical(name: &str) -> String {
    let local = name.rsplit(':').find(|part| !part.is_empty()).unwrap_or_default();
    let bare: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).flat_map(char::to_lowercase).collect();
    let known = match bare.as_str() {
        "comment" | "message" | "notes" => "comments",
        "dealer" | "dealership" | "seller" => "vendor",
        "dealername" => "vendorname",
        "telephone" | "phonenumber" => "phone",
        "emailaddress" | "mail" => "email",
        "zip" | "zipcode" | "postcode" | "postal" => "postalcode",
        "town" => "city",
        "state" | "region" => "regioncode",
        "stocknumber" | "stockno" => "stock",
        "mileage" => "odometer",
        "licenseplate" | "licenceplate" | "registration" | "numberplate" => "plate",
        "color" | "colour" | "exteriorcolour" => "exteriorcolor",
        "interiorcolour" => "interiorcolor",
        "colourcombination" => "colorcombination",
        "firstname" | "givenname" => "first",
        "middlename" => "middle",
        "lastname" | "surname" | "familyname" => "last",
        "fullname" => "full",
        "companyname" => "company",
        "lang" | "preferredlanguage" => "language",
        "requesteddate" | "requestdatetime" => "requestdate",
        _ => return bare,
    };
    known.to_owned()
}

/// The role of a canonical name.
pub(super) fn role(name: &str) -> Role {
    match name {
        "adf" => Role::Root,
        "prospect" => Role::Prospect,
        // The last ones are no part of ADF, but people of theirs are not the customer either.
        "vehicle" | "customer" | "vendor" | "provider" | "salesperson" | "salesrep" | "manufacturer" => Role::Section,
        "contact" => Role::Contact,
        "address" | "timeframe" | "finance" | "option" | "colorcombination" => Role::Group,
        "id" | "requestdate" | "name" | "first" | "middle" | "last" | "full" | "company" | "email" | "phone" | "street" | "apartment"
        | "city" | "regioncode" | "postalcode" | "country" | "url" | "language" | "vendorname" | "service" | "year" | "make" | "model"
        | "vin" | "stock" | "plate" | "trim" | "doors" | "bodystyle" | "transmission" | "odometer" | "condition" | "imagetag" | "price"
        | "interiorcolor" | "exteriorcolor" | "preference" | "optionname" | "manufacturercode" | "weighting" | "method" | "amount"
        | "balance" | "description" | "earliestdate" | "latestdate" => Role::Field,
        "comments" | "pricecomments" => Role::Prose,
        _ if is_html(name) => Role::Html,
        _ => Role::Unknown,
    }
}

/// Whether a name in lower case is a tag of HTML such as form mailers and editors leave in prose.
pub(super) fn is_html(name: &str) -> bool {
    ends_line(name)
        || matches!(
            name,
            "a" | "abbr"
                | "b"
                | "big"
                | "body"
                | "center"
                | "code"
                | "em"
                | "font"
                | "form"
                | "head"
                | "html"
                | "i"
                | "img"
                | "input"
                | "label"
                | "link"
                | "meta"
                | "s"
                | "script"
                | "small"
                | "span"
                | "strike"
                | "strong"
                | "style"
                | "sub"
                | "sup"
                | "tbody"
                | "td"
                | "th"
                | "thead"
                | "tt"
                | "u"
        )
}

/// Whether a tag of HTML ends a line.
pub(super) fn ends_line(name: &str) -> bool {
    let parts = "address blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul";
    parts.split(' ').any(|part| part == name)
}
