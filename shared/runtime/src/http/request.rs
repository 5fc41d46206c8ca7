//! Requests, as `lambda_http` reads them from API Gateway: payload 1.0 of REST APIs, 2.0 of HTTP APIs and `cargo lambda
//! watch`.

use std::collections::HashMap;

use lambda_http::RequestExt;
use lambda_http::http::header::HOST;
use lambda_http::request::{LambdaRequest, RequestContext};

/// A request, from which handlers read with [`Input`](crate::Input).
pub struct HttpRequest(pub(crate) lambda_http::Request);

impl HttpRequest {
    /// Returns the method: `GET`, `POST` …
    pub(crate) fn method(&self) -> &str {
        self.0.method().as_str()
    }

    /// Returns the path below the stage, as the caller wrote it.
    pub(crate) fn path(&self) -> &str {
        self.0.raw_http_path()
    }

    /// Returns the route that the gateway chose, with `{parameters}`; `None` if the event does not contain it.
    pub(crate) fn route(&self) -> Option<&str> {
        match self.0.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.resource_path.as_deref(),
            _ => None,
        }
    }

    /// Returns a header by its lower-case name: the first one if there are several, `None` if its value is not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// Returns the token of `Authorization: Bearer …`.
    #[must_use]
    pub(crate) fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    }

    /// Returns the parameters of the query string, decoded. A repeated parameter is in the list several times.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let pairs = self.0.query_string_parameters();
        pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Returns a parameter of the path, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.0.path_parameters().first(name).map(str::to_owned)
    }

    /// Returns the same request with these path parameters.
    #[must_use]
    pub(crate) fn with_parameters(self, parameters: HashMap<String, String>) -> Self {
        Self(self.0.with_path_parameters(parameters))
    }

    /// Returns the bytes of the body.
    pub(crate) fn body(&self) -> &[u8] {
        self.0.body()
    }

    /// Returns the IP address of the caller, as the gateway saw it.
    pub(crate) fn source_ip(&self) -> Option<String> {
        match self.0.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.identity.source_ip.clone(),
            RequestContext::ApiGatewayV2(context) => context.http.source_ip.clone(),
            _ => None,
        }
    }
}

/// Returns the same event without its `Host`: `lambda_http` panics if that is not a valid host, and our code does not
/// read it.
pub(crate) fn without_host(mut event: LambdaRequest) -> LambdaRequest {
    let (headers, domain) = match &mut event {
        LambdaRequest::ApiGatewayV1(event) => {
            event.multi_value_headers.remove(HOST);
            (&mut event.headers, &mut event.request_context.domain_name)
        }
        LambdaRequest::ApiGatewayV2(event) => (&mut event.headers, &mut event.request_context.domain_name),
        _ => return event,
    };
    headers.remove(HOST);
    *domain = None;
    event
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns a request from an event of API Gateway.
    pub(crate) fn request(event: &Value) -> HttpRequest {
        HttpRequest(without_host(serde_json::from_value(event.clone()).unwrap()).into())
    }

    /// Returns a `POST` with this body.
    pub(crate) fn post(body: &str) -> HttpRequest {
        request(&json!({"httpMethod": "POST", "path": "/v1/x", "body": body, "requestContext": {"httpMethod": "POST"}}))
    }

    #[test]
    fn reads_an_event_of_a_rest_api() {
        let request = request(&json!({
            "httpMethod": "POST", "path": "/v1/été x", "resource": "/v1/{id}",
            "headers": {"Authorization": "bearer  t0ken", "X-Correlation-ID": "c"},
            "multiValueHeaders": {"Authorization": ["bearer  t0ken"], "X-Correlation-ID": ["c"]},
            "queryStringParameters": {"limit": "6", "status": "b"},
            "multiValueQueryStringParameters": {"limit": ["6"], "status": ["a&b", "b"]},
            "pathParameters": {"id": "été x"}, "body": "aGk=", "isBase64Encoded": true,
            "requestContext": {"httpMethod": "POST", "resourcePath": "/v1/{id}", "identity": {"sourceIp": "192.0.2.1"}}
        }));
        assert_eq!((request.method(), request.path(), request.route()), ("POST", "/v1/été x", Some("/v1/{id}")));
        assert_eq!((request.bearer_token(), request.header("x-correlation-id")), (Some("t0ken"), Some("c")));
        let mut query = request.query();
        query.sort();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(query, [pair("limit", "6"), pair("status", "a&b"), pair("status", "b")]);
        assert_eq!(request.parameter("id").as_deref(), Some("été x"));
        assert_eq!((request.body(), request.source_ip().as_deref()), (&b"hi"[..], Some("192.0.2.1")));
    }

    #[test]
    fn strange_headers_hosts_and_paths_are_read() {
        for host in ["a b", "[", "", "é.example", "x:99999999"] {
            let event = json!({
                "httpMethod": "GET", "path": "/v1/<a b>\u{0}{x}|^`\\%zz#f?q", "headers": {"Host": host, "X-Name": "é\u{1f600}"},
                "requestContext": {"httpMethod": "GET"}
            });
            let request = request(&event);
            assert_eq!(request.method(), "GET", "{host}");
        }
    }

    #[test]
    fn reads_an_event_of_an_http_api() {
        let request = request(&json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/x", "rawQueryString": "status=a&status=b%20c",
            "headers": {"authorization": "Bearer t"}, "body": "{}", "isBase64Encoded": false,
            "requestContext": {"stage": "$default", "http": {"method": "PUT", "path": "/v1/x", "sourceIp": "192.0.2.7"}}
        }));
        assert_eq!((request.method(), request.path(), request.route()), ("PUT", "/v1/x", None));
        let values: Vec<String> = request.query().into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["a", "b c"]);
        assert_eq!((request.body(), request.source_ip().as_deref()), (&b"{}"[..], Some("192.0.2.7")));
    }
}
