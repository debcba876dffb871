//! The element names of ADF: their synonyms and the role of each element.

/// The role of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `adf`.
    Root,
    /// `prospect`.
    Prospect,
    /// `vehicle`, `customer`, `vendor`, `provider`: a value belongs to the innermost section around it.
    Section,
    /// `contact`.
    Contact,
    /// Contains further elements.
    Group,
    /// Contains a value and no further element of ADF.
    Field,
    /// Contains free text, in which any tag may occur.
    Prose,
    /// An HTML tag, which only means a space or the end of a line.
    Html,
    /// An unknown element: its children are read as if it were absent.
    Unknown,
}

/// Returns the canonical name: without prefix, in lower case, without `-`, `_` and `.`, synonyms replaced by the specified name.
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

/// Returns the role of a canonical name.
pub(super) fn role(name: &str) -> Role {
    match name {
        "adf" => Role::Root,
        "prospect" => Role::Prospect,
        // The last three are not part of ADF, but persons inside them are not the customer.
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

/// Whether a lower-case name is an HTML tag that form mailers and editors leave in free text.
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

/// Whether an HTML tag ends a line.
pub(super) fn ends_line(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "blockquote"
            | "br"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "li"
            | "ol"
            | "p"
            | "pre"
            | "table"
            | "tr"
            | "ul"
    )
}
