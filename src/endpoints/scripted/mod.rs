//! answer: any answer, told in the URL or by a script.

mod execute;
mod facts;
mod guard;
mod parameters;

use super::{Answer, Call, Fault, Group, Outcome, Route, Text, delivery::Delivery};
use crate::script::{self, Problem, Program, parameters::parameter_of, ready};
use actix_web::http::StatusCode;
use facts::CallFacts;

const REST: Text = Text::path("rest", "Anything, slashes included.", "orders/1");
const NAME: Text = Text::path("name", "Name of a script.", "odd-status");

/// Name under which the attempts of `/v1/answer` are counted.
const ANSWER: &str = "/v1/answer";

/// Declares the group.
pub(super) fn group() -> Group {
    let group = Group::new("answer", "Any answer for every method, told in the URL or by a script.");
    let answered = |route: Route| {
        parameters::all().into_iter().fold(route, Route::takes).answers_text(
            "default",
            "The answer as told.",
            "text/plain; charset=utf-8",
            "made to order",
        )
    };
    let scripted = |route: Route| {
        route.answers_text("default", "The answer as told.", "text/plain; charset=utf-8", "status 799\n")
    };
    group
        .route(answered(
            Route::any("answer", "/v1/answer", answer)
                .about("Answers as the parameters tell.")
                .takes_body()
                .example("/v1/answer?status=299&body=made%20to%20order"),
        ))
        .route(answered(
            Route::any("answer_below", "/v1/answer/{rest}", answer)
                .about("Answers as the parameters tell, at any path.")
                .takes_rest()
                .takes_body()
                .takes(&REST)
                .example("/v1/answer/orders/1?status=299&body=made%20to%20order"),
        ))
        .route(scripted(
            Route::any("script", "/v1/script/{name}", run)
                .about("Runs a script.")
                .takes_body()
                .takes(&NAME)
                .example("/v1/script/odd-status"),
        ))
        .route(scripted(
            Route::any("script_below", "/v1/script/{name}/{rest}", run)
                .about("Runs a script, at any path.")
                .takes_rest()
                .takes_body()
                .takes(&NAME)
                .takes(&REST)
                .example("/v1/script/odd-status/orders/1"),
        ))
}

async fn answer(call: Call) -> Outcome {
    let parameters = parameters::read(&call.query())?;
    // Without failing attempts and without a key there is nothing to count.
    let counts = parameters.fail > 0 || parameters.key.is_some();
    let program = script::compile(&parameters.script()).map_err(|problems| {
        let message = problems.iter().map(problem).collect::<Vec<_>>().join("; ");
        Fault::bad_request(message)
    })?;
    deliver(call, &program, counts.then_some(ANSWER)).await
}

fn problem(problem: &Problem) -> String {
    match parameter_of(&problem.pointer) {
        Some(name) => format!("{name} {}", problem.message),
        None => problem.message.clone(),
    }
}

async fn run(call: Call) -> Outcome {
    let name = call.segment()?;
    let program = std::str::from_utf8(&name).ok().and_then(ready::ready);
    let program = program.ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "no such script"))?;
    drop(name);
    deliver(call, program, Some(program.name())).await
}

/// Counts the attempt under `counted`, and begins the run.
async fn deliver(call: Call, program: &Program, counted: Option<&str>) -> Outcome {
    let facts = CallFacts::of(&call);
    let attempt = match counted {
        Some(script) => {
            let key = program.key(&facts);
            let counting = call.surroundings.attempts.count(script, &key, script::Facts::now_ms(&facts));
            counting.await.map_err(|error| Fault::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?
        }
        None => 1,
    };
    let acts = program.begin(attempt, &facts).map_err(|refusal| Fault::bad_request(refusal.0))?;
    let guard = guard::Guard::of(&call);
    let body = call.body.clone();
    Ok(Answer::deliver(Delivery::run(async move |way| execute::run(acts, &body, guard, way).await)))
}
