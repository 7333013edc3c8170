//! A test of the single flight with loom (`make test-loom`), in all interleavings of its threads with at most three
//! preemptions.

use std::task::{Context, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::*;
use crate::error::{TokenError, TokenErrorKind};

const SOURCE: SourceId = SourceId::for_test(0);
const NOW: Instant = Instant::from_nanos(0);

/// The limit on preemptions in one run (loom's `preemption_bound`). Concurrency errors usually need two or three.
/// Without the limit, the test would take hours.
const MAX_PREEMPTIONS: usize = 3;

#[derive(Default)]
struct World {
    single_flight: SingleFlight<()>,
    token: ModelToken,
    fetches: AtomicUsize,
    answers: AtomicUsize,
}

struct ModelToken(ModelledMutex<Option<()>>);

impl Default for ModelToken {
    fn default() -> Self {
        Self(ModelledMutex::new(None))
    }
}

impl World {
    /// Acts as one caller. If the caller must perform the fetch, `end` ends it.
    fn call(&self, end: fn(&Self) -> Vec<()>) {
        let answered = match self.single_flight.join(SOURCE, NOW, (), || *self.token.0.lock()) {
            Join::Start => self.fetch(end),
            Join::Joined => 0,
            Join::Ready(..) | Join::CoolingDown(..) => 1,
        };
        self.answers.fetch_add(answered, Ordering::SeqCst);
    }

    /// Acts as the renewal task. If it must perform the fetch, `end` ends it.
    fn renew(&self, end: fn(&Self) -> Vec<()>) {
        if let Begin::Start = self.single_flight.begin(SOURCE, NOW, || self.token.0.lock().is_some()) {
            self.answers.fetch_add(self.fetch(end), Ordering::SeqCst);
        }
    }

    fn fetch(&self, end: fn(&Self) -> Vec<()>) -> usize {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        end(self).len()
    }

    fn succeed(&self) -> Vec<()> {
        *self.token.0.lock() = Some(());
        self.single_flight.succeed(SOURCE)
    }

    fn fail(&self) -> Vec<()> {
        let error = TokenError::new(TokenErrorKind::Rejected, "");
        let failure = FetchFailure::failed(Error::Token(std::sync::Arc::new(error)));
        self.single_flight.fail(SOURCE, &failure, NOW).waiters
    }
}

fn in_all_interleavings(check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(MAX_PREEMPTIONS);
    model.check(check);
}

/// Runs `count` callers and `beside` at the same time; each fetch ends with `end`. Checks that each caller is answered
/// once and that no fetch stays under way. Returns the number of fetches.
fn run_callers(count: usize, end: fn(&World) -> Vec<()>, beside: fn(&World)) -> usize {
    let world = Arc::new(World::default());
    let call = |_| {
        let world = Arc::clone(&world);
        thread::spawn(move || world.call(end))
    };
    let callers: Vec<_> = (0..count).map(call).collect();
    beside(&world);
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(world.answers.load(Ordering::SeqCst), count);
    assert!(!world.single_flight.activity(SOURCE, NOW).fetching);
    world.fetches.load(Ordering::SeqCst)
}

#[test]
fn callers_that_share_a_fetch_are_each_answered_once() {
    in_all_interleavings(|| assert_eq!(run_callers(3, World::succeed, |_| {}), 1));
}

#[test]
fn callers_that_share_a_failing_fetch_are_each_answered_once() {
    in_all_interleavings(|| assert_eq!(run_callers(3, World::fail, |_| {}), 1));
}

#[test]
fn renewal_and_callers_at_once_fetch_once() {
    in_all_interleavings(|| assert_eq!(run_callers(2, World::succeed, |world| world.renew(World::succeed)), 1));
}

#[test]
fn cool_down_ended_at_any_moment_allows_one_more_fetch() {
    in_all_interleavings(|| {
        let fetches = run_callers(2, World::fail, |world| world.single_flight.end_cool_down(SOURCE));
        assert!((1..=2).contains(&fetches));
    });
}

#[test]
fn renewal_that_a_caller_joins_is_notified() {
    in_all_interleavings(|| {
        let single_flight = Arc::new(SingleFlight::<()>::default());
        assert!(matches!(single_flight.begin(SOURCE, NOW, || false), Begin::Start));
        let caller = thread::spawn({
            let single_flight = Arc::clone(&single_flight);
            move || assert!(matches!(single_flight.join(SOURCE, NOW, (), || None::<()>), Join::Joined))
        });
        let mut joined = pin!(single_flight.caller_joined(SOURCE));
        let mut context = Context::from_waker(Waker::noop());
        let at_once = joined.as_mut().poll(&mut context).is_ready();
        caller.join().unwrap();
        assert!(at_once || joined.as_mut().poll(&mut context).is_ready());
        assert_eq!(single_flight.succeed(SOURCE).len(), 1);
    });
}
