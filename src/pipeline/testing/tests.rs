//! A made-up run is a run to a step, and nothing that signs anybody in.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::http::JsonRequest;
use crate::model::NewUser;
use crate::pipeline::StepRegistry;

const TEAMS: &str = "https://api.example/teams";

/// Adds the person's teams, which another service knows.
struct Teams;

#[async_trait::async_trait]
impl Step for Teams {
    fn name(&self) -> &'static str {
        "teams"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let token = ctx.access_token().unwrap_or_default();
        let request = JsonRequest::get(TEAMS).bearer(&token);
        let teams = strategy.http.ask(request).await?;
        let mut update = Update::default();
        update.extra.insert("teams".to_owned(), teams);
        Ok(update.into())
    }
}

async fn merged(run: &mut MadeUpRun, step: &dyn Step) {
    match run.step(step).await.unwrap() {
        Outcome::Merge(update) => run.merge(*update),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_step_asks_once_and_what_it_adds_is_there_for_the_next() {
    let mut run = MadeUpRun::of("github", "1")
        .said(json!({"login": "cat"}), Some("t0ken".into()))
        .answers(Method::GET, TEAMS.parse().unwrap(), (200, &json!(["red"])));
    merged(&mut run, &Teams).await;
    merged(&mut run, &Teams).await;
    assert_eq!(run.ctx.extra["teams"], json!(["red"]));
    assert_eq!(run.ctx.response()["login"], "cat");
    let asked = run.asked();
    assert_eq!(asked.len(), 1, "the second answer was remembered");
    assert_eq!(asked[0].headers[1].1, "Bearer t0ken");
}

#[tokio::test]
async fn a_failure_ends_the_run_and_is_not_remembered() {
    use crate::backends::BackendError;
    for (status, expected) in [
        (401, BackendError::HttpError { status: 401 }),
        (404, BackendError::HttpError { status: 404 }),
        (429, BackendError::RateLimited { retry_after: None }),
        (500, BackendError::Unavailable),
    ] {
        let url = || TEAMS.parse().unwrap();
        let mut run = MadeUpRun::of("github", "1")
            .answers(Method::GET, url(), (status, &json!({})))
            .answers(Method::GET, url(), (200, &json!([])));
        match run.step(&Teams).await {
            Err(AuthError::Call(error)) => assert_eq!(error, expected),
            other => panic!("{status}: {other:?}"),
        }
        merged(&mut run, &Teams).await;
        assert_eq!(run.asked().len(), 2);
    }
}

#[tokio::test]
async fn built_in_steps_find_the_users_of_a_made_up_run() {
    let steps = StepRegistry::default();
    let mut run = MadeUpRun::of("github", "1");
    let user = NewUser::new(Uuid::from_u128(7), "cat".to_owned(), run.now).as_user();
    let association = Association {
        proven_email_key: None,
        id: Uuid::from_u128(8),
        user_id: user.id,
        provider: "github".to_owned(),
        uid: "1".to_owned(),
        extra_data: JsonMap::new(),
        created: run.now,
        modified: run.now,
    };
    run = run.known(user.clone(), vec![association]);
    run.ctx.user = Some(user);
    merged(&mut run, steps.get("get_entries").unwrap().as_ref()).await;
    assert_eq!(run.ctx.entries.len(), 1);
    // The only way in, and there is no password.
    let guard = steps.get("allowed_to_disconnect").unwrap();
    let kept = run.step(guard.as_ref()).await;
    assert!(matches!(kept, Err(AuthError::DisconnectDisallowed)));
}

#[tokio::test]
async fn nobody_is_proven_by_a_made_up_run() {
    let mut run = MadeUpRun::of("github", "1");
    assert!(matches!(run.ctx.identity(), Err(AuthError::NoIdentity)));
    let steps = StepRegistry::default();
    run.ctx.user = Some(NewUser::new(Uuid::nil(), "cat".to_owned(), run.now).as_user());
    let associate = steps.get("associate_user").unwrap();
    let refused = run.step(associate.as_ref()).await;
    assert!(matches!(refused, Err(AuthError::NoIdentity)), "{refused:?}");
}
