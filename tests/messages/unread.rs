//! A notice whose facts cannot be read (MSG-1).

use crate::support::connector::{self, EmbeddedTable, TableResponse};
use crate::support::sim::SimulatedTable;
use crate::support::world::{World, enquiry};
use async_trait::async_trait;
use aws_smithy_runtime_api::client::result::ConnectorError;
use forecourt_domain::messages::MessageState;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A table whose timeline entries cannot be read for a time.
#[derive(Clone)]
struct WithoutTimeline(SimulatedTable, Arc<AtomicBool>);

#[async_trait]
impl EmbeddedTable for WithoutTimeline {
    async fn answer(&self, operation: &str, body: &[u8]) -> Result<TableResponse, ConnectorError> {
        let is_read = matches!(operation, "GetItem" | "BatchGetItem") && String::from_utf8_lossy(body).contains("\"T#");
        if self.1.load(Ordering::Relaxed) && is_read {
            return Err(ConnectorError::io("the table does not answer".into()));
        }
        self.0.answer(operation, body).await
    }
}

/// MSG-1: a notice whose enquiry cannot be read is sent later with the customer's message. The attempt does not count as one without an
/// answer.
#[tokio::test]
async fn msg_1_a_notice_waits_until_its_enquiry_can_be_read() {
    let broken = Arc::new(AtomicBool::new(false));
    let world = World::on(connector::client(WithoutTimeline(SimulatedTable::new(), broken.clone()), 0)).await;
    let mut body = enquiry("jana");
    body["message"] = serde_json::json!("Ist der Wagen noch da?");
    let id = world.lead(&body).await;
    broken.store(true, Ordering::Relaxed);
    world.system.settle().await;
    broken.store(false, Ordering::Relaxed);
    let state = world.page(id).await.messages.remove(0).state;
    assert!(matches!(state, MessageState::Queued { attempts: 1, unclear: 0, .. }), "{state:?}");
    assert!(world.system.mailbox.mails().is_empty());
    world.advance_to("2026-11-23T09:30:00Z").await;
    let sent = world.system.mailbox.mails().remove(0);
    assert!(sent.text.contains("Ist der Wagen noch da?"), "{}", sent.text);
}
