//! The OpenAPI document. It is made from the routes as they are added, so it cannot leave one out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bytes::Bytes;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    ResponseBuilder, Schema,
};

use crate::api::Api;
use crate::problem::Code;

/// What the answers look like. A test compares it with what is really answered.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// The document as it is served.
pub(crate) fn document() -> &'static Bytes {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| build().into());
    &DOCUMENT
}

/// Methods that routes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationMethod {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anyone,
    Visitor,
    Agent,
    Admin,
}

/// What a route answers when it does what it was asked to.
#[derive(Clone, Copy, Debug)]
enum Success {
    Nothing,
    Json { status: u16, schema: &'static str },
    Lines { schema: &'static str },
    Text { kind: &'static str },
    Bytes { kinds: &'static [&'static str] },
    Socket,
}

/// The pictures that are shown.
const PICTURES: &[&str] = &["image/gif", "image/jpeg", "image/png", "image/webp"];

/// What is not shown.
const FILES: &[&str] = &["application/octet-stream"];

/// A parameter in the query of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    name: &'static str,
    schema: &'static str,
    description: &'static str,
}

impl Parameter {
    /// `schema` is JSON.
    pub(crate) const fn new(name: &'static str, schema: &'static str, description: &'static str) -> Self {
        Self { name, schema, description }
    }
}

/// One route, as the document has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    method: OperationMethod,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    who: Who,
    parameters: &'static [Parameter],
    body: Option<(&'static str, bool)>,
    file: bool,
    success: Success,
    problems: &'static [Code],
}

impl Operation {
    const fn new(
        method: OperationMethod,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            who: Who::Agent,
            parameters: &[],
            body: None,
            file: false,
            success: Success::Nothing,
            problems: &[],
        }
    }

    pub(crate) const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(OperationMethod::Get, path, id, summary)
    }

    pub(crate) const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(OperationMethod::Post, path, id, summary)
    }

    pub(crate) const fn put(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(OperationMethod::Put, path, id, summary)
    }

    pub(crate) const fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(OperationMethod::Patch, path, id, summary)
    }

    pub(crate) const fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(OperationMethod::Delete, path, id, summary)
    }

    /// Nobody has to be signed in.
    pub(crate) const fn anyone(mut self) -> Self {
        self.who = Who::Anyone;
        self
    }

    /// The token of a chat session opens it.
    pub(crate) const fn visitor(mut self) -> Self {
        self.who = Who::Visitor;
        self
    }

    /// Only the administration token opens it.
    pub(crate) const fn admin(mut self) -> Self {
        self.who = Who::Admin;
        self
    }

    pub(crate) const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// A body is needed.
    pub(crate) const fn takes(mut self, schema: &'static str) -> Self {
        self.body = Some((schema, true));
        self
    }

    /// A body may be there.
    pub(crate) const fn may_take(mut self, schema: &'static str) -> Self {
        self.body = Some((schema, false));
        self
    }

    /// The body is a file, as it is.
    pub(crate) const fn takes_file(mut self) -> Self {
        self.file = true;
        self
    }

    /// Gives a picture that is shown.
    pub(crate) const fn gives_picture(mut self) -> Self {
        self.success = Success::Bytes { kinds: PICTURES };
        self
    }

    /// Gives a file that is saved.
    pub(crate) const fn gives_file(mut self) -> Self {
        self.success = Success::Bytes { kinds: FILES };
        self
    }

    pub(crate) const fn gives(mut self, status: u16, schema: &'static str) -> Self {
        self.success = Success::Json { status, schema };
        self
    }

    pub(crate) const fn gives_nothing(mut self) -> Self {
        self.success = Success::Nothing;
        self
    }

    pub(crate) const fn gives_lines(mut self, schema: &'static str) -> Self {
        self.success = Success::Lines { schema };
        self
    }

    pub(crate) const fn gives_text(mut self, kind: &'static str) -> Self {
        self.success = Success::Text { kind };
        self
    }

    pub(crate) const fn gives_socket(mut self) -> Self {
        self.success = Success::Socket;
        self
    }

    /// The refusals that are its own; those that follow from what it takes and who may call it are added.
    pub(crate) const fn refuses(mut self, problems: &'static [Code]) -> Self {
        self.problems = problems;
        self
    }

    pub(crate) const fn method(&self) -> OperationMethod {
        self.method
    }

    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }

    /// The names in braces.
    fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    fn all_problems(&self) -> BTreeSet<Code> {
        let mut problems: BTreeSet<Code> = self.problems.iter().copied().collect();
        problems.extend([Code::Internal, Code::Busy]);
        match self.who {
            Who::Anyone => {}
            Who::Visitor => {
                problems.insert(Code::NotSignedIn);
            }
            Who::Agent => {
                problems.extend([Code::NotSignedIn, Code::Denied, Code::FeatureDisabled]);
                problems.insert(Code::TooManyRequests);
                if self.method != OperationMethod::Get {
                    problems.insert(Code::OriginRefused);
                }
            }
            Who::Admin => problems.extend([Code::NotSignedIn, Code::Denied]),
        }
        if self.body.is_some() {
            problems.extend([
                Code::BadJson,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::RequestTimeout,
            ]);
        }
        if self.file {
            problems.insert(Code::RequestTimeout);
        }
        if !self.parameters.is_empty() {
            problems.insert(Code::BadQuery);
        }
        if self.path_parameters().next().is_some() {
            problems.insert(Code::NotFound);
        }
        problems
    }
}

/// Reads a schema that stands in this crate.
#[expect(clippy::expect_used, reason = "the text is a constant, and a test reads it")]
fn schema(json: &str) -> RefOr<Schema> {
    serde_json::from_str(json).expect("a schema of ours is one")
}

fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

#[expect(clippy::expect_used, reason = "the text is a constant, and a test reads it")]
fn build() -> Vec<u8> {
    let schemas: BTreeMap<String, RefOr<Schema>> =
        serde_json::from_str(SCHEMAS).expect("the schemas of ours are some");
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .schema("Problem", problem_schema())
        .security_scheme(
            "bearer",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .security_scheme(
            "visitor",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        )
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "parlor_session",
                "Given by `POST /api/session`. Whatever is not GET needs an `Origin` of this server with it. Over https the name begins with `__Host-`.",
            ))),
        );
    let mut paths = PathsBuilder::new().build();
    for operation in Api::complete().operations() {
        let method = match operation.method {
            OperationMethod::Get => HttpMethod::Get,
            OperationMethod::Post => HttpMethod::Post,
            OperationMethod::Put => HttpMethod::Put,
            OperationMethod::Patch => HttpMethod::Patch,
            OperationMethod::Delete => HttpMethod::Delete,
        };
        paths.add_path_operation(operation.path, vec![method], describe(operation));
    }
    let document: OpenApi = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Parlor")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "The agent API, the live feed, the web-chat socket and the exports. Times are RFC 3339 with microseconds. \
                     Writes take a client-made `id`; repeating one gives the same answer again.",
                )),
        )
        .paths(paths)
        .components(Some(components.build()))
        .build();
    serde_json::to_vec(&document).expect("a document has text keys and no part that can fail")
}

fn describe(operation: &Operation) -> utoipa::openapi::path::Operation {
    let mut builder =
        OperationBuilder::new().operation_id(Some(operation.id)).summary(Some(operation.summary));
    builder = match operation.who {
        Who::Anyone => builder.securities(Some([SecurityRequirement::default()])),
        Who::Agent => builder.securities(Some([
            SecurityRequirement::new("bearer", [] as [&str; 0]),
            SecurityRequirement::new("session", [] as [&str; 0]),
        ])),
        Who::Visitor => builder.security(SecurityRequirement::new("visitor", [] as [&str; 0])),
        Who::Admin => builder.security(SecurityRequirement::new("bearer", [] as [&str; 0])),
    };
    for name in operation.path_parameters() {
        let form = match name {
            "channel" => reference("Name"),
            _ => reference("Id"),
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(form));
        builder = builder.parameter(parameter);
    }
    for parameter in operation.parameters {
        builder = builder.parameter(
            ParameterBuilder::new()
                .name(parameter.name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(parameter.description))
                .schema(Some(schema(parameter.schema))),
        );
    }
    if let Some((name, required)) = operation.body {
        let required = if required { Required::True } else { Required::False };
        builder = builder.request_body(Some(
            RequestBodyBuilder::new()
                .content("application/json", content(name))
                .required(Some(required))
                .build(),
        ));
    }
    if operation.file {
        builder = builder.request_body(Some(
            RequestBodyBuilder::new()
                .content("application/octet-stream", binary())
                .required(Some(Required::True))
                .build(),
        ));
    }
    builder = match operation.success {
        Success::Nothing => builder.response("204", ResponseBuilder::new().description("Done")),
        Success::Json { status, schema } => builder.response(
            status.to_string(),
            ResponseBuilder::new().description("Done").content("application/json", content(schema)),
        ),
        Success::Lines { schema } => builder.response(
            "200",
            ResponseBuilder::new()
                .description("One JSON object a line")
                .content("application/x-ndjson", content(schema)),
        ),
        Success::Text { kind } => builder.response(
            "200",
            ResponseBuilder::new()
                .description("Text")
                .content(kind, ContentBuilder::new().schema(Some(schema(r#"{"type":"string"}"#))).build()),
        ),
        Success::Bytes { kinds } => builder.response(
            "200",
            kinds.iter().fold(ResponseBuilder::new().description("The bytes"), |response, kind| {
                response.content(*kind, binary())
            }),
        ),
        Success::Socket => builder.response(
            "101",
            ResponseBuilder::new().description("The connection is a WebSocket from here on"),
        ),
    };
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in operation.all_problems() {
        by_status.entry(code.status()).or_default().push(code.as_str());
    }
    for (status, codes) in by_status {
        builder = builder.response(
            status.to_string(),
            ResponseBuilder::new()
                .description(format!("`{}`", codes.join("`, `")))
                .content("application/problem+json", content("Problem")),
        );
    }
    builder.build()
}

/// Bytes of any kind.
fn binary() -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(schema(r#"{"type":"string","format":"binary"}"#))).build()
}

fn content(name: &str) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(reference(name))).build()
}

fn problem_schema() -> RefOr<Schema> {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    schema(
        &serde_json::json!({
            "type": "object",
            "description": "Why something was not done (RFC 9457). Some codes have fields of their own.",
            "required": ["type", "title", "status", "code", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string", "enum": codes},
                "detail": {"type": "string"},
            },
        })
        .to_string(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_schemas_come_through_as_they_were_written() {
        let written: Value = serde_json::from_str(SCHEMAS).unwrap();
        let document: Value = serde_json::from_slice(document()).unwrap();
        for (name, schema) in written.as_object().unwrap() {
            assert_eq!(&document["components"]["schemas"][name], schema, "{name}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document: Value = serde_json::from_slice(document()).unwrap();
        let mut named = BTreeSet::new();
        references(&document, &mut named);
        let schemas: BTreeSet<String> =
            document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(named.difference(&schemas).collect::<Vec<_>>(), Vec::<&String>::new());
        let unused: Vec<&String> = schemas.difference(&named).collect();
        assert_eq!(unused, ["FeedEvents"], "only the events of the feed belong to no JSON answer");
    }

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value.as_str() {
                        Some(reference) if key == "$ref" => {
                            let name = reference.strip_prefix("#/components/schemas/").unwrap();
                            found.insert(name.to_owned());
                        }
                        _ => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
}
