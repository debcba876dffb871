//! Every call that a function makes passes a gate: there it is numbered, and may be disturbed.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// What can go wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Fault {
    /// The process ends before the call does anything.
    CrashBefore,
    /// The process ends after the call has done its work.
    CrashAfter,
    /// The call does its work, and its answer never comes.
    ResponseLost,
    /// The other side refuses for now.
    Throttled,
    /// The other side fails, and has done nothing.
    ServerError,
    /// Another transaction is under way on the same item.
    Conflict,
    /// A batch is answered in part.
    Unprocessed,
    /// A query is answered by a page of one.
    ShortPage,
    /// An index does not show the latest commit yet.
    LaggingIndex,
}

/// A call: who makes it, what it does, to what, and the how many-th of its kind it is.
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
    /// The names of this call and those of its kind that follow it, `times` in all.
    pub fn and_the_next(&self, times: usize) -> impl Iterator<Item = String> {
        (self.nth..self.nth + times).map(|nth| Call { nth, ..self.clone() }.to_string())
    }

    /// Whether it is to a lead, a message or a rotation, and not to a user, a sender or settings by themselves.
    pub fn is_of_a_unit(&self) -> bool {
        ["#L#", "R "].iter().any(|of| self.key.contains(of))
    }

    /// Every fault that this call can meet.
    pub fn faults(&self) -> Vec<Fault> {
        use Fault::{Conflict, CrashAfter, CrashBefore, LaggingIndex, ResponseLost, ServerError, ShortPage, Throttled, Unprocessed};
        let also: &[Fault] = match self.operation.as_str() {
            // The handler is done; only that it is done can get lost.
            "acknowledge" => return vec![ResponseLost],
            "PutItem" | "TransactWriteItems" => &[Throttled, ServerError, Conflict],
            "BatchGetItem" => &[Throttled, ServerError, Unprocessed],
            // The table itself does not lag when it is read consistently.
            "Query" if self.key.starts_with("table:") => &[Throttled, ServerError, ShortPage],
            "Query" => &[Throttled, ServerError, ShortPage, LaggingIndex],
            "GetItem" => &[Throttled, ServerError],
            _ => &[ServerError],
        };
        [CrashBefore, CrashAfter, ResponseLost].iter().chain(also).copied().collect()
    }
}

/// A fault and the call that it strikes.
pub type Strike = (String, Fault);

/// The gate that all calls of a run pass.
#[derive(Default)]
pub struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    counts: HashMap<String, usize>,
    calls: Vec<Call>,
    strikes: Vec<Strike>,
    struck: usize,
    dice: Option<fastrand::Rng>,
    told: bool,
}

impl Gate {
    /// A gate at which `strikes` wait for their calls. With `dice`, calls of handlers that run side by side go on in an order that it throws.
    pub fn new(strikes: Vec<Strike>, dice: Option<u64>, told: bool) -> Arc<Self> {
        let dice = dice.map(fastrand::Rng::with_seed);
        Arc::new(Self(Mutex::new(State { strikes, dice, told, ..State::default() })))
    }

    /// A call comes by. Returns the fault that it meets.
    pub async fn enter(&self, handler: &'static str, operation: &str, key: &str) -> Option<Fault> {
        let (fault, turns) = {
            let mut state = self.0.lock().unwrap();
            let nth = state.counts.entry(format!("{handler} {operation} {key}")).or_default();
            *nth += 1;
            let call = Call { handler, operation: operation.to_owned(), key: key.to_owned(), nth: *nth };
            let name = call.to_string();
            let waiting = state.strikes.iter().position(|(at, _)| *at == name);
            let fault = waiting.map(|at| state.strikes.remove(at).1);
            state.struck += usize::from(fault.is_some());
            if state.told {
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

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().calls.clone()
    }

    /// How many faults have struck.
    pub fn struck(&self) -> usize {
        self.0.lock().unwrap().struck
    }
}

/// One process of a function: what it keeps in memory ends with it.
pub struct Process {
    /// Which function.
    pub handler: &'static str,
    /// What its calls pass.
    pub gate: Arc<Gate>,
    ended: tokio::sync::Notify,
    /// The provider has taken a mail that is not yet recorded.
    unrecorded: AtomicBool,
    /// How often in all of a run a mail may come again.
    excused: Arc<AtomicUsize>,
}

impl Process {
    /// A new process.
    pub fn new(handler: &'static str, gate: Arc<Gate>, excused: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self { handler, gate, ended: tokio::sync::Notify::new(), unrecorded: AtomicBool::new(false), excused })
    }

    /// Ends here: whoever called never goes on.
    pub async fn end<T>(&self) -> T {
        if self.unrecorded.load(SeqCst) {
            self.excuse();
        }
        self.ended.notify_one();
        std::future::pending().await
    }

    /// Waits for the end.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }

    /// The provider took a mail.
    pub fn mail_taken(&self) {
        self.unrecorded.store(true, SeqCst);
    }

    /// What was taken is on record.
    pub fn recorded(&self) {
        self.unrecorded.store(false, SeqCst);
    }

    /// Nobody can know whether the provider took the mail: it may come again.
    fn excuse(&self) {
        self.excused.fetch_add(1, SeqCst);
    }

    /// A call that is not to the table: `effect` is what it does, `failed` what its caller hears when it goes wrong.
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
                // Nobody can tell an answer that was lost from a mail that was not taken.
                if self.unrecorded.load(SeqCst) {
                    self.excuse();
                }
                Err(failed())
            }
            Some(_) => Err(failed()),
        }
    }
}
