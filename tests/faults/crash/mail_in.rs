//! The journey in which mails arrive.

use super::cloud::Cloud;
use super::group::{NORTH, WEST};
use super::journey::until;
use crate::support::world::{MAIL_DOMAIN, Reply};

/// A portal's mail arrives twice, its customer writes a letter with files, which arrives twice, ADF has two enquiries, a letter goes to two
/// dealers, and a mail of this system itself comes back.
pub async fn mail_in(cloud: &Cloud) -> Vec<Reply> {
    let address = |dealer: &str| format!("{dealer}.demo-group@{MAIL_DOMAIN}");
    let (north, west) = (address(NORTH), address(WEST));
    let portal = "From: Portal <noreply@portal.example>\r\nSubject: Anfrage\r\nMessage-ID: <p-1@portal.example>\r\n\r\n\
        Name: Karl Adler\nE-Mail: karl@example.com\nTelefon: 0171 2345678\nMarke: Opel\nModell: Corsa\nNachricht: Ist der Wagen noch da?\n";
    cloud.receive_mail("portal-1", &[&north], portal.as_bytes());
    cloud.receive_mail("portal-2", &[&north], portal.as_bytes());
    until(cloud, "2026-11-23T09:10:00Z").await;
    let letter = |from: &str, id: &str| {
        format!(
            "From: {from} <{from}@example.com>\r\nSubject: Corsa\r\nMessage-ID: <{id}@example.com>\r\n\r\nDear Sir,\nis it still for sale?\n"
        )
    };
    // Its file becomes a document; the script does not.
    let head = letter("Karl", "l-1");
    let (head, text) = head.split_once("\r\n\r\n").unwrap_or_default();
    let with_files = format!(
        "{head}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         --b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\none\r\n\
         --b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=run.sh\r\n\r\n#!/bin/sh\r\n--b--\r\n"
    );
    for name in ["letter", "letter"] {
        cloud.receive_mail(name, &[&north], with_files.as_bytes());
    }
    let prospect = |id: u32| {
        format!(
            "<prospect><id source=\"autoplaza\">{id}</id><requestdate>2026-11-23T10:10:00+01:00</requestdate><vehicle><make>Opel</make><model>Corsa</model>\
             </vehicle><customer><contact><name part=\"full\">Customer {id}</name><email>c{id}@example.com</email></contact></customer></prospect>"
        )
    };
    let adf = format!(
        "From: leads@autoplaza.example\r\nSubject: ADF\r\nMessage-ID: <a-1@autoplaza.example>\r\n\r\n<?xml version=\"1.0\"?><adf>{}{}</adf>\n",
        prospect(1),
        prospect(2)
    );
    cloud.receive_mail("adf", &[&format!("north.demo-group+autoplaza@{MAIL_DOMAIN}")], adf.as_bytes());
    until(cloud, "2026-11-23T09:20:00Z").await;
    let both = letter("Berta", "l-2");
    cloud.receive_mail("both", &[&north, &west], both.as_bytes());
    let own = "From: desk@example.com\r\nSubject: A new lead\r\nX-Forecourt-Mail: m-1\r\n\r\nA new lead\n";
    cloud.receive_mail("own", &[&north], own.as_bytes());
    until(cloud, "2026-11-23T09:30:00Z").await;
    Vec::new()
}
