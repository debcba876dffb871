//! Finds links in names: mail programs turn them into something to click on (MSG-2).

use crate::base::Country;

/// Top-level domains of more than two letters that are common in links.
const DOMAINS: &str = "\
    academy agency app art auto autos bar beauty berlin best bet bid bio biz blog bond business cafe capital car care cars casa cash \
    casino center cfd chat city click cloud club com company cool credit cyou date deals design dev digital direct download edu \
    email energy estate events exchange expert express family fashion finance financial fit foundation fun fyi game games gift \
    global gold gov group guru hair hamburg help host house icu info ink int international jetzt jobs kaufen koeln land lat law \
    legal life link live loan lol london market marketing media men mil mobi moda mom money monster mov movie name net network news \
    ninja nrw one online org page parts party photo photos pics plus poker press pro promo property quest rent rest review rocks \
    ruhr run saarland sale sbs school science services shop show site skin social software solutions space store stream studio style \
    support systems taxi team tech technology tel tips today tools top tours town trade trading travel ventures video vip wang watch \
    webcam website wien win work works world wtf xxx xyz zip zone";

/// The beginnings of names that end with a full stop: the text after it is a name and no domain.
const TITLES: [&str; 28] = [
    "co", "dipl", "dott", "dr", "fa", "fam", "fr", "frl", "gebr", "hr", "ing", "jr", "jun", "mag", "med", "mevr", "mr", "mrs", "ms", "nat",
    "phil", "prof", "sen", "sig", "sr", "st", "th", "univ",
];

/// Codes of countries and unions that end domains, and are no code of a country with telephone numbers of its own: also those in other
/// scripts.
const CODES: [&str; 22] = [
    "eu", "gs", "hm", "pn", "su", "tf", "uk", "бг", "бел", "ею", "мкд", "рф", "срб", "укр", "ελ", "ευ", "中国", "中國", "台湾", "台灣",
    "香港", "한국",
];

/// Returns whether a name contains a link, or text that mail programs show as one: a web address, a domain with or without a path, an
/// e-mail address. `Dr.Vogt`, `J.R. Smit` and `Vogt Co.KG` are names.
pub fn has_link(name: &str) -> bool {
    // Browsers read these as full stops. Two full stops in a row are no part of a domain, but can stand before or behind one.
    let text = name.replace(['．', '。', '｡'], ".").replace("..", " ").to_lowercase();
    if text.contains("://") {
        return true;
    }
    // Every other sign ends a domain: mail programs find the link in `→evil.com!` too.
    let ends_host = |c: char| !c.is_alphanumeric() && c != '-' && c != '.';
    let (mut rest, mut before) = (text.as_str(), ' ');
    while !rest.is_empty() {
        let (host, after) = rest.split_at(rest.find(ends_host).unwrap_or(rest.len()));
        if is_link(host, before == '@', after) {
            return true;
        }
        let mut after = after.chars();
        before = after.next().unwrap_or(' ');
        rest = after.as_str();
    }
    false
}

/// Whether `host` is a domain that is shown as a link. `is_address`: it stands behind an `@`. `after` is the text behind it.
fn is_link(host: &str, is_address: bool, after: &str) -> bool {
    let path = after.strip_prefix(['/', ':', '?', '#']);
    let has_path = path.is_some_and(|path| path.starts_with(|c: char| !c.is_whitespace()));
    let labels: Vec<&str> = host.trim_matches(['.', '-']).split('.').collect();
    let [front @ .., last] = labels.as_slice() else { return false };
    if front.is_empty() || labels.iter().any(|label| label.is_empty()) || last.chars().all(char::is_numeric) {
        return false;
    }
    let is_country = CODES.contains(last) || Country::try_from((*last).to_owned()).is_ok_and(Country::has_numbers);
    let is_domain = is_country || last.starts_with("xn--") || DOMAINS.split(' ').any(|known| known == *last);
    // `J.de Vries` and `Dr.de Boer` are names. Mail programs show every e-mail address as a link.
    let is_name = front.iter().all(|part| part.chars().count() < 2 || TITLES.contains(part));
    front.first() == Some(&"www") || is_address || (is_domain && (has_path || !is_name))
}
