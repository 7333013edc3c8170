//! The scenarios. Each file is a chapter:
//!
//! * `single_flight`: many callers share one fetch;
//! * `refusals`: a backend refuses a token;
//! * `lifetime`: the time for which a token is used;
//! * `renewal`: tokens are renewed ahead of expiry;
//! * `responses`: responses that are not accepted;
//! * `retry`: failures that are tried again, `Retry-After`, cool-downs;
//! * `admission`: limits on the requests under way;
//! * `circuit_breaker`: a host that fails several times in a row;
//! * `requests`: the content of a token request, and the backends that share a token;
//! * `tls`: certificates and trust;
//! * `proxy`: proxies from the environment;
//! * `process`: fork and shutdown;
//! * `secrets`: secrets stay hidden. This chapter is the last, because it also checks the log records of the others.

mod admission;
mod circuit_breaker;
mod lifetime;
mod process;
mod proxy;
mod refusals;
mod renewal;
mod requests;
mod responses;
mod retry;
mod secrets;
mod single_flight;
mod tls;

/// All chapters, in the order in which they run and appear in `docs/faults.md`.
pub(crate) const CHAPTERS: &[Chapter] = &[
    single_flight::CHAPTER,
    refusals::CHAPTER,
    lifetime::CHAPTER,
    renewal::CHAPTER,
    responses::CHAPTER,
    retry::CHAPTER,
    admission::CHAPTER,
    circuit_breaker::CHAPTER,
    requests::CHAPTER,
    tls::CHAPTER,
    proxy::CHAPTER,
    process::CHAPTER,
    secrets::CHAPTER,
];

/// The scenarios of one topic, with a heading for `docs/faults.md`.
pub(crate) struct Chapter {
    /// The name of the chapter: the first part of its ids, and the name of its file.
    pub topic: &'static str,
    /// The heading: letters, spaces and hyphens only.
    pub title: &'static str,
    /// The text below the heading, one or two sentences.
    pub introduction: &'static str,
    pub scenarios: &'static [Scenario],
}

/// One row of the table.
pub(crate) struct Scenario {
    /// Topic, dot, number. The numbers of a chapter count from 1.
    pub id: &'static str,
    /// The condition that the scenario produces.
    pub when: &'static str,
    /// The result that it checks.
    pub then: &'static str,
    /// Produces the condition, and panics if the result is different.
    pub run: fn(),
}

impl Chapter {
    pub(crate) fn ids(&self) -> Vec<&'static str> {
        self.scenarios.iter().map(|scenario| scenario.id).collect()
    }
}

impl Scenario {
    /// Returns whether `name` is this scenario's id or topic.
    pub(crate) fn is_named_by(&self, name: &str) -> bool {
        self.id == name || self.id.split_once('.').is_some_and(|(topic, _)| topic == name)
    }
}

/// Checks that topics are unique, and that the ids of each chapter are its topic with the numbers from 1 on.
///
/// # Errors
///
/// A message that names the first wrong topic or id.
pub(crate) fn check_ids(chapters: &[Chapter]) -> Result<(), String> {
    for (index, chapter) in chapters.iter().enumerate() {
        let topic = chapter.topic;
        if chapters[..index].iter().any(|other| other.topic == topic) {
            return Err(format!("two chapters have the topic {topic}"));
        }
        for (number, id) in (1..).zip(chapter.ids()) {
            let expected = format!("{topic}.{number}");
            if id != expected {
                return Err(format!(
                    "scenario number {number} of the chapter {topic} is {id}, and should be {expected}"
                ));
            }
        }
    }
    Ok(())
}
