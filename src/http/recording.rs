//! A recording of exchanges, to be played where no provider is asked.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Method;
use url::Url;

use super::{Answer, HttpError, Request};

/// Answers by method and URL, and the requests that were made for them.
///
/// A copy is the same recording.
#[derive(Clone, Default)]
pub struct Recording {
    tape: Arc<Mutex<Tape>>,
}

#[derive(Default)]
struct Tape {
    recorded: Vec<Recorded>,
    seen: Vec<Request>,
}

struct Recorded {
    method: Method,
    /// Without its query.
    url: Url,
    answer: Answer,
    played: bool,
}

// Requests and answers hold tokens.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

impl Recording {
    /// Adds an answer; the query of its URL does not matter.
    ///
    /// Several for one method and URL are played in their order, and the last
    /// of them again.
    pub fn record(&self, method: Method, mut url: Url, answer: Answer) {
        url.set_query(None);
        url.set_fragment(None);
        self.tape().recorded.push(Recorded {
            method,
            url,
            answer,
            played: false,
        });
    }

    /// All requests so far, in their order, unanswered ones too.
    pub fn seen(&self) -> Vec<Request> {
        self.tape().seen.clone()
    }

    /// The answer of a request; nothing recorded is an unreachable host.
    pub(super) fn play(&self, request: Request) -> Result<Answer, HttpError> {
        let mut asked = request.url.clone();
        asked.set_query(None);
        asked.set_fragment(None);
        let mut tape = self.tape();
        let method = request.method.clone();
        tape.seen.push(request);
        let mut answer = None;
        for recorded in &mut tape.recorded {
            if recorded.method == method && recorded.url == asked {
                answer = Some(recorded.answer.clone());
                if !recorded.played {
                    recorded.played = true;
                    break;
                }
            }
        }
        answer.ok_or(HttpError::Connection)
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        // Whole after every push, panic or not.
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::{HeaderMap, HttpClient};

    fn answer(status: u16) -> Answer {
        Answer {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    fn request(method: Method, url: &str) -> Request {
        Request::new(method, url.parse().unwrap(), Duration::from_secs(1))
    }

    async fn status(client: &HttpClient, method: Method, url: &str) -> Result<u16, HttpError> {
        let answer = client.send(request(method, url)).await?;
        Ok(answer.status)
    }

    #[tokio::test]
    async fn a_recording_answers_by_method_and_url_and_keeps_what_was_asked() {
        let recording = Recording::default();
        let url: Url = "https://a.example/me?recorded=1".parse().unwrap();
        recording.record(Method::GET, url.clone(), answer(201));
        recording.record(Method::POST, url, answer(202));
        let client = HttpClient::replaying(&recording);
        let me = "https://a.example/me?asked=1";
        assert_eq!(status(&client, Method::POST, me).await, Ok(202));
        assert_eq!(status(&client, Method::GET, me).await, Ok(201));
        for (method, url) in [
            (Method::DELETE, me),
            (Method::GET, "https://a.example/you"),
            (Method::GET, "https://b.example/me"),
        ] {
            let lost = status(&client, method, url).await;
            assert_eq!(lost, Err(HttpError::Connection), "{url}");
        }
        let seen = recording.seen();
        assert_eq!(seen.len(), 5);
        assert_eq!(seen[0].method, Method::POST);
        assert_eq!(seen[0].url.as_str(), me);
    }

    #[tokio::test]
    async fn several_answers_come_in_their_order_and_the_last_one_again() {
        let recording = Recording::default();
        let url: Url = "https://a.example/me".parse().unwrap();
        for code in [500, 200] {
            recording.record(Method::GET, url.clone(), answer(code));
        }
        let client = HttpClient::replaying(&recording);
        for expected in [500, 200, 200] {
            let given = status(&client, Method::GET, url.as_str()).await;
            assert_eq!(given, Ok(expected));
        }
    }

    #[tokio::test]
    async fn what_the_network_is_never_asked_is_not_played_either() {
        let client = HttpClient::replaying(&Recording::default());
        for (url, refused) in [
            ("http://a.example/", HttpError::ForbiddenScheme),
            ("https://10.0.0.1/", HttpError::ForbiddenAddress),
        ] {
            assert_eq!(status(&client, Method::GET, url).await, Err(refused));
        }
    }
}
