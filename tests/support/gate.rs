//! The gate numbers every external call of a function and can inject a fault into it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Fault {
    /// The process ends before the call has an effect.
    CrashBefore,
    /// The process ends after the call has taken effect.
    CrashAfter,
    /// The call takes effect, but its response is lost.
    ResponseLost,
    /// The service throttles the call.
    Throttled,
    /// The service fails without any effect.
    ServerError,
    /// Another transaction is in progress on the same item.
    Conflict,
    /// A batch is processed only in part.
    Unprocessed,
    /// The process ends, and the write reaches the table only after the repeat of its batch has written the same item.
    Late,
    /// A query returns a page with one item.
    ShortPage,
    /// An index does not include the latest commit yet.
    LaggingIndex,
}

/// An external call: the function, the operation, the items, and the number of the call among those of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    handler: &'static str,
    operation: String,
    key: String,
    nth: usize,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} #{}", self.handler, self.operation, self.key, self.nth)
    }
}

impl Call {
    /// Returns the names of this call and of the next calls of its kind, `times` in all.
    pub fn and_the_next(&self, times: usize) -> impl Iterator<Item = String> {
        (self.nth..self.nth + times).map(|nth| Call { nth, ..self.clone() }.to_string())
    }

    /// Whether the call concerns a lead, a message or a rotation, rather than a single user, sender, settings item or entry of a timeline,
    /// which an attempt to send a notice reads once.
    pub fn is_of_a_unit(&self) -> bool {
        let is_read_of_an_entry = self.operation == "GetItem" && self.key.contains("/T#");
        !is_read_of_an_entry && ["#L#", "R "].iter().any(|of| self.key.contains(of))
    }

    /// Returns every fault that this call can meet.
    pub fn faults(&self) -> Vec<Fault> {
        use Fault::{Conflict, CrashAfter, CrashBefore, LaggingIndex, Late, ResponseLost, ServerError, ShortPage, Throttled, Unprocessed};
        let also: &[Fault] = match self.operation.as_str() {
            // The handler has finished. Only its acknowledgement can be lost.
            "acknowledge" => return vec![ResponseLost],
            "PutItem" | "TransactWriteItems" => &[Throttled, ServerError, Conflict, Late],
            "BatchGetItem" => &[Throttled, ServerError, Unprocessed],
            // A consistent read of the table itself does not lag.
            "Query" if self.key.starts_with("table:") => &[Throttled, ServerError, ShortPage],
            "Query" => &[Throttled, ServerError, ShortPage, LaggingIndex],
            "GetItem" => &[Throttled, ServerError],
            _ => &[ServerError],
        };
        [CrashBefore, CrashAfter, ResponseLost].iter().chain(also).copied().collect()
    }
}

/// The name of a call and the fault that is injected into it.
pub type Strike = (String, Fault);

/// The gate that all calls of a run pass.
#[derive(Default)]
pub struct Gate(Mutex<GateState>);

#[derive(Default)]
struct GateState {
    counts: HashMap<String, usize>,
    calls: Vec<Call>,
    strikes: Vec<Strike>,
    injected: usize,
    dice: Option<fastrand::Rng>,
    verbose: bool,
}

impl Gate {
    /// Returns a gate that injects `strikes`. With `dice`, a seed, it also chooses the order in which the calls of concurrent handlers
    /// continue.
    pub fn new(strikes: Vec<Strike>, dice: Option<u64>, verbose: bool) -> Arc<Self> {
        let dice = dice.map(fastrand::Rng::with_seed);
        Arc::new(Self(Mutex::new(GateState { strikes, dice, verbose, ..GateState::default() })))
    }

    /// Registers a call. Returns the fault to inject, or `None`.
    pub async fn enter(&self, handler: &'static str, operation: &str, key: &str) -> Option<Fault> {
        let (fault, turns) = {
            let mut state = self.0.lock().unwrap();
            let nth = state.counts.entry(format!("{handler} {operation} {key}")).or_default();
            *nth += 1;
            let call = Call { handler, operation: operation.to_owned(), key: key.to_owned(), nth: *nth };
            let name = call.to_string();
            let waiting = state.strikes.iter().position(|(at, _)| *at == name);
            let fault = waiting.map(|at| state.strikes.remove(at).1);
            state.injected += usize::from(fault.is_some());
            if state.verbose {
                println!("    {name}{}", fault.map(|f| format!("  <- {f:?}")).unwrap_or_default());
            }
            state.calls.push(call);
            (fault, state.dice.as_mut().map_or(0, |dice| dice.usize(0..8)))
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        fault
    }

    /// Returns every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Returns the number of faults that were injected.
    pub fn injected(&self) -> usize {
        self.0.lock().unwrap().injected
    }
}

/// One process of a function. Its memory is lost when it ends.
pub struct Process {
    pub handler: &'static str,
    pub gate: Arc<Gate>,
    ended: tokio::sync::Notify,
    /// Whether the provider has accepted a mail that is not recorded yet.
    unrecorded: AtomicBool,
    /// How many mails of the run may be repeated.
    excused: Arc<AtomicUsize>,
}

impl Process {
    pub fn new(handler: &'static str, gate: Arc<Gate>, excused: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self { handler, gate, ended: tokio::sync::Notify::new(), unrecorded: AtomicBool::new(false), excused })
    }

    /// Ends the process. The caller never resumes.
    pub async fn end<T>(&self) -> T {
        if self.unrecorded.load(SeqCst) {
            self.allow_repeated_mail();
        }
        self.ended.notify_one();
        std::future::pending().await
    }

    /// Waits until the process has ended.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }

    /// Notes that the provider has accepted a mail.
    pub fn mail_taken(&self) {
        self.unrecorded.store(true, SeqCst);
    }

    /// Notes that the accepted mail is recorded.
    pub fn recorded(&self) {
        self.unrecorded.store(false, SeqCst);
    }

    /// Allows one repeated mail, because the sender cannot know whether the provider accepted it.
    fn allow_repeated_mail(&self) {
        self.excused.fetch_add(1, SeqCst);
    }

    /// Passes a call that does not go to the table. `effect` performs it; `failed` makes the error that the caller receives.
    pub async fn call<T, E>(&self, operation: &str, key: &str, effect: impl FnOnce() -> T, failed: impl FnOnce() -> E) -> Result<T, E> {
        match self.gate.enter(self.handler, operation, key).await {
            None => Ok(effect()),
            Some(Fault::CrashBefore) => self.end().await,
            Some(Fault::CrashAfter) => {
                effect();
                self.end().await
            }
            Some(Fault::ResponseLost) => {
                effect();
                // The sender cannot distinguish a lost response from a mail that was not accepted.
                if self.unrecorded.load(SeqCst) {
                    self.allow_repeated_mail();
                }
                Err(failed())
            }
            Some(_) => Err(failed()),
        }
    }
}
