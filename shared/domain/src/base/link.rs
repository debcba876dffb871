//! Finds links in names: mail programs turn them into something to click on (MSG-2).

use crate::base::Country;

/// Top-level domains of more than two letters that are common in links.
const DOMAINS: [&str; 58] = [
    "app", "auto", "autos", "beauty", "berlin", "best", "bid", "biz", "blog", "bond", "car", "cars", "cfd", "click", "cloud", "club",
    "com", "cyou", "deals", "dev", "digital", "email", "fun", "gift", "help", "icu", "info", "life", "link", "live", "loan", "lol", "mobi",
    "mom", "money", "monster", "net", "online", "org", "page", "pro", "quest", "rest", "review", "sbs", "shop", "site", "space", "store",
    "support", "tech", "today", "top", "vip", "website", "win", "world", "xyz",
];

/// The beginnings of names that end with a full stop: the text after it is a name and no domain.
const TITLES: [&str; 28] = [
    "co", "dipl", "dott", "dr", "fa", "fam", "fr", "frl", "gebr", "hr", "ing", "jr", "jun", "mag", "med", "mevr", "mr", "mrs", "ms", "nat",
    "phil", "prof", "sen", "sig", "sr", "st", "th", "univ",
];

/// Returns whether a name contains a link, or text that mail programs show as one: a web address, a domain with or without a path, an
/// e-mail address. `Dr.Vogt`, `J.R. Smit` and `Vogt Co.KG` are names.
pub fn has_link(name: &str) -> bool {
    // Browsers read these as full stops.
    let text = name.replace(['．', '。', '｡'], ".").to_lowercase();
    text.contains("://") || text.split(|c: char| c.is_whitespace() || "<>()[]{}\"'„“”‚‘’|,;".contains(c)).any(is_link)
}

fn is_link(word: &str) -> bool {
    // The text before an `@` is no domain; the text after a scheme such as `mailto:` is.
    let host = word.rsplit('@').next().unwrap_or(word);
    let is_address = host.len() < word.len();
    let end = host.find(['/', ':', '?', '#']).unwrap_or(host.len());
    let (host, rest) = host.split_at(end);
    let has_path = rest.len() > 1;
    let labels: Vec<&str> = host.trim_matches('.').split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let [front @ .., last] = labels.as_slice() else { return false };
    if front.is_empty() || !labels.iter().all(is_label) || last.chars().all(char::is_numeric) {
        return false;
    }
    let is_country = matches!(*last, "eu" | "uk") || Country::try_from((*last).to_owned()).is_ok_and(Country::has_numbers);
    let is_domain = is_country || last.starts_with("xn--") || DOMAINS.contains(last);
    // `J.de Vries` and `Dr.de Boer` are names.
    let is_name = front.iter().all(|part| part.chars().count() < 2 || TITLES.contains(part));
    front.first() == Some(&"www") || (is_domain && (has_path || is_address || !is_name))
}
