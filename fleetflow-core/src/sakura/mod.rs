//! SAKURA Cloud: the client, and a folder for each kind.

use crate::http::Http;

/// A client of SAKURA Cloud. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sakura {
    http: Http,
}
