//! Every order in which threads can run, by loom: `make test-loom`.

use std::task::{Context, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::*;

/// Loom's mutex, with the interface of the one that it stands in for.
#[derive(Debug)]
pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(super) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(super) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}

#[derive(Default)]
struct World {
    flights: Flights<()>,
    token: Token,
    fetches: AtomicUsize,
    answers: AtomicUsize,
}

struct Token(Mutex<Option<()>>);

impl Default for Token {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl World {
    /// One caller, who performs the fetch if it falls to him, with this end.
    fn call(&self, end: fn(&Self) -> Vec<()>) {
        let answered = match self.flights.join(0, NOW, (), || *self.token.0.lock()) {
            Join::Start => self.fly(end),
            Join::Joined => 0,
            Join::Ready(..) | Join::Cooling(..) => 1,
        };
        self.answers.fetch_add(answered, Ordering::SeqCst);
    }

    fn renew(&self, end: fn(&Self) -> Vec<()>) {
        if let Ok(true) = self.flights.begin(0, NOW, || self.token.0.lock().is_some()) {
            self.answers.fetch_add(self.fly(end), Ordering::SeqCst);
        }
    }

    fn fly(&self, end: fn(&Self) -> Vec<()>) -> usize {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        end(self).len()
    }

    fn land(&self) -> Vec<()> {
        *self.token.0.lock() = Some(());
        self.flights.land(0)
    }

    fn fail(&self) -> Vec<()> {
        let error = Error::Token(std::sync::Arc::new(crate::error::TokenError {
            kind: crate::error::TokenErrorKind::Rejected,
            token_url: String::new(),
            http_status: None,
            oauth_error: None,
            oauth_error_description: None,
            message: String::new(),
        }));
        self.flights.fail(0, &error, CoolDown::GROWING, NOW).0
    }
}

const NOW: Instant = Instant::from_nanos(0);

/// As many involuntary switches between threads as an order may have. Errors of this kind need two or three; more
/// would take hours to go through.
const SWITCHES: usize = 3;

fn in_every_order(check: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(SWITCHES);
    model.check(check);
}

/// Lets so many callers loose whose fetch ends as `end` says, and `beside` them something else. Each is answered once,
/// and no fetch is left under way. Returns how many there were.
fn callers(count: usize, end: fn(&World) -> Vec<()>, beside: fn(&World)) -> usize {
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
    assert!(!world.flights.state(0, NOW).0);
    world.fetches.load(Ordering::SeqCst)
}

#[test]
fn one_fetches_and_every_caller_is_answered_once() {
    in_every_order(|| assert_eq!(callers(3, World::land, |_| {}), 1));
}

#[test]
fn one_fails_and_every_caller_hears_of_it_once() {
    in_every_order(|| assert_eq!(callers(3, World::fail, |_| {}), 1));
}

#[test]
fn a_renewal_and_callers_fetch_once() {
    in_every_order(|| assert_eq!(callers(2, World::land, |world| world.renew(World::land)), 1));
}

#[test]
fn a_failure_may_be_forgiven_at_any_moment() {
    in_every_order(|| {
        let fetches = callers(2, World::fail, |world| world.flights.forgive(0));
        assert!((1..=2).contains(&fetches));
    });
}

#[test]
fn a_fetch_that_nobody_waits_for_hears_of_the_first_who_does() {
    in_every_order(|| {
        let flights = Arc::new(Flights::<()>::default());
        assert!(flights.begin(0, NOW, || false).unwrap());
        let caller = thread::spawn({
            let flights = Arc::clone(&flights);
            move || assert!(matches!(flights.join(0, NOW, (), || None::<()>), Join::Joined))
        });
        let mut awaited = pin!(flights.awaited(0));
        let mut context = Context::from_waker(Waker::noop());
        let at_once = awaited.as_mut().poll(&mut context).is_ready();
        caller.join().unwrap();
        assert!(at_once || awaited.as_mut().poll(&mut context).is_ready());
        assert_eq!(flights.land(0).len(), 1);
    });
}
