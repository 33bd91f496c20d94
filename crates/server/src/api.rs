//! Every route, each together with what the OpenAPI document says of it: there is no other way to add one.

mod admin;
mod attachments;
mod colleagues;
mod compose;
mod consults;
mod contacts;
mod emoji;
mod erasure;
mod feed;
mod file_links;
mod hand_over;
mod health;
mod interactions;
mod kpi;
mod me;
mod offers;
mod outside;
mod points;
mod push_url;
mod routing;
mod sends;
mod sign_in;
mod team;
mod together;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use parlor_model::ClientId;
use serde::Deserialize;

use crate::openapi::{Operation, OperationMethod};
use crate::problem::{Code, Problem};
use crate::shared::Shared;

/// The routes as they are put together.
#[derive(Debug, Default)]
pub(crate) struct Api {
    router: Router<Arc<Shared>>,
    operations: Vec<Operation>,
}

impl Api {
    /// Everything there is.
    pub(crate) fn complete() -> Self {
        let api = health::routes(Self::default());
        let api = sign_in::routes(api);
        let api = me::routes(api);
        let api = feed::routes(api);
        let api = offers::routes(api);
        let api = interactions::routes(api);
        let api = hand_over::routes(api);
        let api = together::routes(api);
        let api = consults::routes(api);
        let api = colleagues::routes(api);
        let api = outside::routes(api);
        let api = push_url::routes(api);
        let api = emoji::routes(api);
        let api = attachments::routes(api);
        let api = sends::routes(api);
        let api = compose::routes(api);
        let api = points::routes(api);
        let api = webhooks::routes(api);
        let api = file_links::routes(api);
        let api = contacts::routes(api);
        let api = erasure::routes(api);
        let api = kpi::routes(api);
        let api = team::routes(api);
        let api = routing::routes(api);
        let api = crate::chat::routes(api);
        admin::routes(api)
    }

    /// Adds a route.
    pub(crate) fn route<H, T>(mut self, operation: Operation, handler: H) -> Self
    where
        H: Handler<T, Arc<Shared>>,
        T: 'static,
    {
        let filter = match operation.method() {
            OperationMethod::Get => MethodFilter::GET,
            OperationMethod::Post => MethodFilter::POST,
            OperationMethod::Put => MethodFilter::PUT,
            OperationMethod::Patch => MethodFilter::PATCH,
            OperationMethod::Delete => MethodFilter::DELETE,
        };
        self.router = self.router.route(operation.path(), on(filter, handler));
        self.operations.push(operation);
        self
    }

    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(crate) fn into_router(self) -> Router<Arc<Shared>> {
        self.router.fallback(no_such_route).method_not_allowed_fallback(no_such_method)
    }
}

async fn no_such_route() -> Problem {
    Problem::not_found("route")
}

/// The methods that the route does know stand in `Allow`, which the router adds.
async fn no_such_method(request: Request) -> Problem {
    Problem::new(Code::MethodNotAllowed, format!("this route does not know {}", known_method(&request)))
}

fn known_method(request: &Request) -> &'static str {
    // Methods are free text; only those that everybody knows are repeated.
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "this method",
    }
}

/// The body of a write that needs nothing but, perhaps, an id.
#[derive(Debug, Default, Deserialize)]
struct OnceOnly {
    id: Option<ClientId>,
}

/// An answer without a body.
fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// An answer of lines that are JSON each.
fn content_type(kind: &'static str) -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CONTENT_TYPE, HeaderValue::from_static(kind))]
}
