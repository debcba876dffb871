//! The calls that a mail costs.

use super::{address, leads, notice, portal, record};
use crate::support::world::{NORDSTERN, World};
use async_trait::async_trait;
use forecourt_domain::base::MailId;
use forecourt_edge::Platform;
use forecourt_edge::files::{Download, Files, Head, Upload, Verdict};
use forecourt_lead_intake::mail_in;
use forecourt_local::folder::Folder;
use forecourt_store::Failure;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// A folder that counts the calls of the bucket.
struct Counted {
    folder: Arc<Folder>,
    reads: AtomicUsize,
    others: AtomicUsize,
}

impl Counted {
    fn count<T>(&self, done: T) -> T {
        self.others.fetch_add(1, SeqCst);
        done
    }
}

#[async_trait]
impl Files for Counted {
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        self.count(self.folder.put(name, bytes).await)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.reads.fetch_add(1, SeqCst);
        self.folder.get(name).await
    }

    async fn head(&self, name: &str, most: u64) -> Result<Option<Head>, Failure> {
        self.reads.fetch_add(1, SeqCst);
        self.folder.head(name, most).await
    }

    async fn copy(&self, from: &str, to: &str, mark: &str) -> Result<bool, Failure> {
        self.count(self.folder.copy(from, to, mark).await)
    }

    async fn verdict(&self, name: &str) -> Result<Verdict, Failure> {
        self.count(self.folder.verdict(name).await)
    }

    async fn remove(&self, name: &str) -> Result<(), Failure> {
        self.count(self.folder.remove(name).await)
    }

    async fn erase(&self, name: &str) -> Result<(), Failure> {
        self.count(self.folder.erase(name).await)
    }

    async fn names(&self, prefix: &str) -> Result<Vec<String>, Failure> {
        self.count(self.folder.names(prefix).await)
    }

    async fn upload_link(&self, upload: Upload<'_>, validity: Duration) -> Result<String, Failure> {
        self.count(self.folder.upload_link(upload, validity).await)
    }

    async fn download_link(&self, download: Download<'_>, validity: Duration) -> Result<String, Failure> {
        self.count(self.folder.download_link(download, validity).await)
    }
}

/// INT-9: a mail costs one read of the object, one read of the table and one transaction. A mail with a virus is not read.
#[tokio::test]
async fn int_9_a_mail_costs_one_object_read_one_read_and_one_transaction() {
    let world = World::new().await;
    let files = Arc::new(Counted { folder: world.bucket.clone(), reads: AtomicUsize::default(), others: AtomicUsize::default() });
    let platform = Platform { files: files.clone(), ..world.system.platform.clone() };
    let handle = async |name: &str, more: serde_json::Value| {
        let object = format!("{}{name}", mail_in::FOLDER);
        world
            .bucket
            .put(&object, portal(name, &format!("{name}@example.com")).replace("2345678", &format!("{:07}", name.len())).into_bytes())
            .await
            .unwrap();
        let body = notice(&object, &[&address(NORDSTERN)], &more);
        let event = serde_json::from_value(json!({"Records": [{"messageId": "1", "body": body}]})).unwrap();
        let before = (world.store.spent(), files.reads.load(SeqCst));
        assert!(mail_in::messages(&platform, event).await.batch_item_failures.is_empty());
        let mail = record(&world, &MailId::of_object(&object), NORDSTERN).await.unwrap();
        // The last line reads the record.
        (world.store.spent().since(before.0).calls - 1, files.reads.load(SeqCst) - before.1, mail)
    };
    handle("a", json!({})).await;
    let (calls, reads, mail) = handle("bb", json!({})).await;
    assert_eq!((calls, reads, leads(&mail).len()), (2, 1, 1));
    let (calls, reads, _) = handle("ccc", json!({"virusVerdict": {"status": "FAIL"}})).await;
    assert_eq!((calls, reads), (2, 0));
    assert_eq!(files.others.load(SeqCst), 0, "nothing is stored again");
}
