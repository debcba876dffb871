//! The folder of dropped mails of the local run.

use super::portal;
use crate::support::world::{NORDSTERN, World};
use forecourt_local::mail_in::DropFolder;
use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

fn make_old(file: &File) {
    file.set_modified(SystemTime::now() - Duration::from_secs(5)).unwrap();
}

/// Makes a file that changed a moment ago. The time is ahead, so that it stays recent however slowly the test runs.
fn make_recent(file: &File) {
    file.set_modified(SystemTime::now() + Duration::from_secs(3_600)).unwrap();
}

/// INT-1: a dropped mail becomes a lead once the file is complete. One without a recipient moves to `failed`, with the reason.
#[tokio::test]
async fn int_1_a_dropped_mail_is_taken_when_it_is_complete() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let mut drop = DropFolder::open(path.clone()).unwrap();
    let raw = format!("Delivered-To: autohaus-nordstern-demo.demo-group@in.example.com\r\n{}", portal("p-1", "jana@example.com"));
    let (first, rest) = raw.split_at(100);
    let mut file = File::create(path.join("a.eml")).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    make_old(&file);
    assert_eq!(drop.take(&world.system).await.unwrap(), 0, "seen for the first time");
    file.write_all(rest.as_bytes()).unwrap();
    make_recent(&file);
    assert_eq!(drop.take(&world.system).await.unwrap(), 0, "it has grown");
    assert_eq!(drop.take(&world.system).await.unwrap(), 0, "it changed a moment ago");
    make_old(&file);
    assert_eq!(drop.take(&world.system).await.unwrap(), 0, "seen for the first time in this state");
    assert_eq!(drop.take(&world.system).await.unwrap(), 1);
    assert!(path.join("done/a.eml").exists() && !path.join("a.eml").exists());
    world.system.step().await;
    assert_eq!(world.list("ingo.brandt", NORDSTERN).await.len(), 1);

    make_old(&File::create(path.join("empty.eml")).unwrap());
    fs::write(path.join("other.eml"), portal("p-2", "karl@example.com")).unwrap();
    make_old(&File::options().write(true).open(path.join("other.eml")).unwrap());
    fs::write(path.join("note.txt"), "no mail").unwrap();
    drop.take(&world.system).await.unwrap();
    assert_eq!(drop.take(&world.system).await.unwrap(), 2);
    assert_eq!(fs::read_to_string(path.join("failed/empty.eml.txt")).unwrap(), "the mail is empty\n");
    let why = fs::read_to_string(path.join("failed/other.eml.txt")).unwrap();
    assert!(why.contains("no recipient is at the mail domain in.example.com"), "{why}");
    assert!(path.join("note.txt").exists());
}
