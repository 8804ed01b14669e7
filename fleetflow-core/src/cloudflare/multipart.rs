//! Writes `multipart/form-data` bodies (RFC 7578) that can be sent again. It knows no product's parts.

use http::HeaderValue;

use crate::http::Body;

/// A form in the making.
#[derive(Default)]
pub(crate) struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    /// With a plain field.
    pub(crate) fn field(mut self, name: &str, value: &[u8]) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
        self.parts.push((head, value.to_vec()));
        self
    }

    /// With a file.
    pub(crate) fn file(mut self, name: &str, file_name: &str, media_type: &str, body: &[u8]) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {media_type}",
            quoted(name),
            quoted(file_name)
        );
        self.parts.push((head, body.to_vec()));
        self
    }

    /// The form as a body.
    pub(crate) fn body(self) -> Body {
        let (bytes, boundary) = self.written();
        let media_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
            .unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data"));
        Body::Bytes(bytes.into(), media_type)
    }

    /// The form as bytes, whose first line tells the boundary.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.written().0
    }

    /// The form and its boundary, which is a digest of what is in it, and so is not in it.
    fn written(self) -> (Vec<u8>, String) {
        let mut hasher = blake3::Hasher::new();
        for (head, body) in &self.parts {
            hasher.update(head.as_bytes());
            hasher.update(body);
        }
        let boundary = format!("fleetflow-{}", &hasher.finalize().to_hex()[..32]);
        let mut bytes = Vec::new();
        for (head, body) in &self.parts {
            bytes.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (bytes, boundary)
    }
}

/// What a browser escapes in names (RFC 7578 section 4.2).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
