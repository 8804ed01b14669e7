//! The codes of credentials and keys. They decide nothing.

use super::Code;
use super::run::run;
use crate::error::ErrorKind;

pub(super) static ACCESS: [&Code; 10] = [
    &NO_CREDENTIALS,
    &BAD_CREDENTIALS,
    &REFUSED_CREDENTIALS,
    &PERMISSION,
    &ACCOUNT,
    &SSH_LOGIN,
    &HOST_KEY,
    &STATE_KEY,
    &REGISTRY_LOGIN,
    &TLS,
];

/// No credentials anywhere.
pub static NO_CREDENTIALS: Code = run(
    "FF0231",
    "no-credentials",
    ErrorKind::Unauthorized,
    "no credentials were found",
    "The stage has something at this provider, and nothing says who asks there. The message lists each place that \
     was looked at.",
    "Set one of them. SAKURA Cloud: `SAKURA_ACCESS_TOKEN` and `SAKURA_ACCESS_TOKEN_SECRET`, or a profile of \
     usacloud. Cloudflare: `CLOUDFLARE_API_TOKEN`. To try it without an account: `--sandbox`.",
    "error[FF0231]: no API token of Cloudflare was found; looked at:\n  `api-token` in the file\n  the variable \
     CLOUDFLARE_API_TOKEN",
);

/// Credentials that cannot be used as they are.
pub static BAD_CREDENTIALS: Code = run(
    "FF0232",
    "bad-credentials",
    ErrorKind::Unauthorized,
    "credentials cannot be read, or are half",
    "Credentials were found, and cannot be used: one of a pair is missing, a profile or a certificate is not there, \
     damaged or unreadable, a key has a line break in it.",
    "Mend what the message names; nothing was sent.",
    "error[FF0232]: SAKURA_ACCESS_TOKEN is set, and SAKURA_ACCESS_TOKEN_SECRET is not\n  help: set both, or neither",
);

/// Credentials that the provider does not accept.
pub static REFUSED_CREDENTIALS: Code = run(
    "FF0233",
    "refused-credentials",
    ErrorKind::Unauthorized,
    "the provider does not accept the credentials",
    "The key or token was sent, and the provider knows none like it: it is mistyped, expired, revoked, or of \
     another provider.",
    "Make a new one, and see that the place that the message names has it.",
    "error[FF0233]: the API token is expired since 2026-01-31\n  help: make a new token, or enable this one, at \
     dash.cloudflare.com/profile/api-tokens",
);

/// A permission that is lacking.
pub static PERMISSION: Code = run(
    "FF0234",
    "permission",
    ErrorKind::Unauthorized,
    "a permission is missing",
    "The provider knows who asks, and does not allow this. Before a run FleetFlow tries whether it may write where \
     it will have to, so that all that is missing is told at once.",
    "Give the token or key the permission that the message names, for this account or zone.",
    "error[FF0234]: could not read the DNS records: Authentication error\n  the provider's code 10000\n  help: the \
     API token needs the permission `DNS Read`, for this account or zone; check also that it is not expired",
);

/// An account that the credentials do not see.
pub static ACCOUNT: Code = run(
    "FF0235",
    "account",
    ErrorKind::Unauthorized,
    "the account is not seen",
    "The credentials see no account, or others than the one that the file names.",
    "Write the id that is meant as `account-id`, or use credentials of that account.",
    "error[FF0235]: the credentials for Cloudflare see no account\n  help: give the account's id, or a token of \
     that account",
);

/// A server that lets nobody in.
pub static SSH_LOGIN: Code = run(
    "FF0236",
    "ssh-login",
    ErrorKind::Unauthorized,
    "a server lets nobody in with SSH",
    "The server was reached, and accepts none of the keys that were offered. The message lists them.",
    "Put the public key on the server (`ssh-key` of a server that FleetFlow makes), load the key into the agent, or \
     name the user.",
    "error[FF0236]: could not log in with SSH: web (192.0.2.1) lets no `ubuntu` in: tried the agent (no keys), \
     ~/.ssh/id_ed25519",
);

/// A server that shows another key than before.
pub static HOST_KEY: Code = run(
    "FF0237",
    "host-key",
    ErrorKind::Unauthorized,
    "a server shows another key than before",
    "Either the server was installed anew, or somebody else answers in its place. Nothing was sent to it.",
    "Find out which; only then forget the old key, as the message says.",
    "error[FF0237]: the server at 192.0.2.1 shows another key than before",
);

/// A state that does not open.
pub static STATE_KEY: Code = run(
    "FF0238",
    "state-key",
    ErrorKind::Unauthorized,
    "the state does not open with this key",
    "The state is encrypted, and no key or passphrase, or another one than it was written with, was given.",
    "Give the one that it was first written with: `state \"...\" { encrypt env=\"NAME\" }`.",
    "error[FF0238]: the passphrase does not open s3://shop-state/team/shop/dev/identity.age, which holds the state's key\n  \
     help: give the passphrase that the state was first written with",
);

/// A registry that wants to know who asks.
pub static REGISTRY_LOGIN: Code = run(
    "FF0239",
    "registry-login",
    ErrorKind::Unauthorized,
    "a registry wants a login",
    "The registry gives out this image to those it knows only, or has no such image and does not say so.",
    "Log in (`docker login HOST`), or write a `registry` node with `user` and `password`.",
    "error[FF0239]: container.web/shop/api: could not pull ghcr.io/shop/api:12 on web: unauthorized\n  help: check \
     the image's name and tag; a private registry needs credentials, as `docker login` stores them",
);

/// A TLS connection that is not trusted.
pub static TLS: Code = run(
    "FF0240",
    "tls",
    ErrorKind::Unauthorized,
    "a container engine and its certificates do not fit",
    "The engine shows a certificate that its authority did not sign or that names another host, or it does not take \
     ours.",
    "See that `ca.pem`, `cert.pem` and `key.pem` belong to this engine and are still valid.",
    "error[FF0240]: the container engine at tcp://10.0.0.5:2376 is not trusted: invalid peer certificate: \
     UnknownIssuer",
);
