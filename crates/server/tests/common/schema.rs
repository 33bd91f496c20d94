//! Holds answers against the OpenAPI document: what it says must be what is answered, field by field.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Map, Value};

use super::Reply;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_slice(parlor_server::openapi_document()).unwrap());

/// Every route of the document: method and path.
pub(crate) fn routes() -> Vec<(Method, String)> {
    let mut routes = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = method.to_uppercase().parse::<Method>() {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

/// The operation that a request meant, if there is one.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let (_, item) = DOCUMENT["paths"].as_object().unwrap().iter().find(|(known, _)| matches(known, path))?;
    item.get(method.as_str().to_lowercase())
}

fn matches(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// An answer must be one that the document has, with a body as it says.
pub(crate) fn check_reply(method: &Method, path: &str, reply: &Reply) {
    let status = reply.status.as_u16();
    let Some(operation) = operation(method, path) else {
        assert!(matches!(status, 404 | 405), "{method} {path} is not in the document and gave {status}");
        check_problem(reply);
        return;
    };
    let answer = &operation["responses"][status.to_string()];
    assert!(answer.is_object(), "{method} {path}: {status} is not in the document: {}", show(reply));
    let Some(content) = answer["content"].as_object() else {
        assert!(reply.body.is_empty(), "{method} {path}: {status} has no body");
        return;
    };
    let kind = reply.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
    // What a provider is answered has the form that the provider wants.
    if content.contains_key("*/*") {
        return;
    }
    let schema = &content.get(kind).unwrap_or_else(|| panic!("{method} {path}: {kind}"))["schema"];
    match kind {
        "application/json" => check(schema, &reply.json(), "answer"),
        "application/problem+json" => {
            check(schema, &reply.json(), "problem");
            let description = answer["description"].as_str().unwrap();
            assert!(
                description.contains(&format!("`{}`", reply.code())),
                "{method} {path}: {} is not among {description}",
                reply.code()
            );
            check_problem(reply);
        }
        "application/x-ndjson" => {
            for line in String::from_utf8(reply.body.clone()).unwrap().lines() {
                check(schema, &serde_json::from_str(line).unwrap(), "line");
            }
        }
        _ => {}
    }
}

fn check_problem(reply: &Reply) {
    let problem = reply.json();
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(problem["status"], reply.status.as_u16());
    assert_eq!(problem["type"], "about:blank");
    let shown = problem.to_string();
    for internals in ["panicked", "src/", ".rs:", "stack", "Error(", "sqlite"] {
        assert!(!shown.contains(internals), "{shown}");
    }
}

fn show(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// Holds a value against a schema: its type, what is required, and nothing beside what the schema names.
pub(crate) fn check(schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return check(DOCUMENT.pointer(&reference[1..]).unwrap(), value, place);
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let fits = |one: &&Value| one["type"] == "null" && value.is_null();
        if alternatives.iter().any(|one| fits(&one)) {
            return;
        }
        let other = alternatives.iter().find(|one| one["type"] != "null").unwrap();
        return check(other, value, place);
    }
    check_type(&schema["type"], value, place);
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{place}: {value} is none of {values:?}");
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64()) {
        assert!(number >= least, "{place}: {number}");
    }
    if let (Some(least), Some(text)) = (schema["minLength"].as_u64(), value.as_str()) {
        assert!(text.len() as u64 >= least, "{place}: {text:?}");
    }
    if let (Some(format), Some(text)) = (schema["format"].as_str(), value.as_str()) {
        check_format(format, text, place);
    }
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{place}[{at}]"));
            }
        }
        Value::Object(fields) => check_fields(schema, fields, place),
        _ => {}
    }
}

fn check_type(kind: &Value, value: &Value, place: &str) {
    let kinds: Vec<&str> = match kind {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => return,
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&is), "{place}: {value} is {is}, not {kinds:?}");
}

fn check_format(format: &str, text: &str, place: &str) {
    match format {
        "uuid" => assert!(text.parse::<uuid::Uuid>().is_ok(), "{place}: {text}"),
        "date-time" => {
            // 2026-01-01T00:00:00.000000Z
            assert_eq!(text.len(), 27, "{place}: {text} has no microseconds");
            assert!(text.ends_with('Z'), "{place}: {text}");
        }
        other => panic!("{place}: what is the format {other}?"),
    }
}

fn check_fields(schema: &Value, fields: &Map<String, Value>, place: &str) {
    for required in schema["required"].as_array().into_iter().flatten() {
        let required = required.as_str().unwrap();
        assert!(fields.contains_key(required), "{place} has no {required}");
    }
    let Some(properties) = schema["properties"].as_object() else {
        let any = &schema["additionalProperties"];
        for (name, value) in fields.iter().filter(|_| any.is_object()) {
            check(any, value, &format!("{place}.{name}"));
        }
        return;
    };
    // Problems and exclusions have fields of their code; everything else is named.
    let open = properties.contains_key("status") || properties.contains_key("reason");
    for (name, value) in fields {
        match properties.get(name) {
            Some(property) => check(property, value, &format!("{place}.{name}")),
            None => assert!(open, "{place}.{name} is not in the document"),
        }
    }
}
