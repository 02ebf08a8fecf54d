/// By what a caller is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthenticationMethod {
    /// Calls need no credentials.
    None,
    StaticToken,
    /// By an OIDC issuer.
    SignedToken,
    ClientCertificate,
}
