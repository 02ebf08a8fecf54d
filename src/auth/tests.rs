use super::*;
use crate::service::CustomerScope;

const TOKENS: &str = r#"
[[token]]
principal = "billing"
sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
roles = ["consumer"]
customers = ["contoso"]

[[certificate]]
principal = "warehouse"
uri = "spiffe://example.org/warehouse"
roles = ["reader"]
customers = ["*"]

[[certificate]]
principal = "gateway"
subject = "CN=gateway,O=Contoso"
roles = ["reader", "delegate"]
customers = ["*"]

[[certificate]]
principal = "portal"
dns = "portal.example.org"
roles = ["reader"]
customers = ["*"]

[[certificate]]
principal = "ada"
email = "ada@example.org"
roles = ["reader"]
customers = ["*"]
"#;

fn authenticator() -> Authenticator {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("callers.toml");
    std::fs::write(&path, TOKENS).unwrap();
    let settings =
        AuthSettings { tokens_file: Some(path.clone()), certificates_file: Some(path), ..AuthSettings::default() };
    Authenticator::new(&settings).unwrap()
}

fn why(error: Error) -> &'static str {
    let Error::Unauthenticated(why) = error else { panic!("{error:?}") };
    why
}

#[tokio::test]
async fn a_static_token_is_its_row() {
    let authenticator = authenticator();
    assert_eq!(authenticator.anybody(), None);
    let ask =
        async |token: &str| authenticator.authenticate(Credentials { token: Some(token), certificate: None }).await;
    let caller = ask("secret").await.unwrap();
    assert_eq!((&*caller.principal, &*caller.roles), ("billing", &[crate::service::Role::Consumer][..]));
    assert_eq!(caller.customers, CustomerScope::only(["contoso".to_owned()]));
    let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let long = "secret".repeat(LONGEST_TOKEN);
    for other in ["Secret", "secret ", "", digest, &long] {
        assert_eq!(why(ask(other).await.unwrap_err()), UNKNOWN_TOKEN);
    }
}

#[tokio::test]
async fn a_certificate_is_the_first_row_with_one_of_its_names() {
    let authenticator = authenticator();
    let ask = async |subject: &str, dns: &[&str], uris: &[&str], emails: &[&str]| {
        let [dns_names, uris, emails] =
            [dns, uris, emails].map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let names = CertificateNames { subject, dns_names: &dns_names, uris: &uris, emails: &emails };
        let caller = authenticator.authenticate(Credentials { token: None, certificate: Some(names) }).await;
        caller.map(|caller| caller.principal.to_string()).map_err(why)
    };
    let of = |name: &str| Ok(name.to_owned());
    assert_eq!(ask("", &["x"], &["spiffe://example.org/warehouse"], &[]).await, of("warehouse"));
    assert_eq!(ask("CN=gateway,O=Contoso", &[], &[], &[]).await, of("gateway"));
    assert_eq!(ask("", &["Portal.Example.org"], &[], &[]).await, of("portal"));
    assert_eq!(ask("", &[], &[], &["ada@example.org"]).await, of("ada"));
    assert_eq!(ask("", &["portal.example.org"], &["spiffe://example.org/warehouse"], &[]).await, of("warehouse"));
    for (subject, dns) in
        [("CN=gateway", "x"), ("CN=Gateway,O=Contoso", "a.portal.example.org"), ("", "ada@example.org")]
    {
        assert_eq!(ask(subject, &[dns], &[], &[]).await, Err(UNKNOWN_CERTIFICATE));
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_not_made_good_by_a_certificate() {
    let authenticator = authenticator();
    let uris = ["spiffe://example.org/warehouse".to_owned()];
    let names = CertificateNames { subject: "", dns_names: &[], uris: &uris, emails: &[] };
    let ask = async |token, certificate| authenticator.authenticate(Credentials { token, certificate }).await;
    assert!(ask(None, Some(names)).await.is_ok());
    assert_eq!(why(ask(Some("wrong"), Some(names)).await.unwrap_err()), UNKNOWN_TOKEN);
    assert_eq!(&*ask(Some("secret"), Some(names)).await.unwrap().principal, "billing");
    assert_eq!(why(ask(None, None).await.unwrap_err()), MISSING);
}

#[tokio::test]
async fn without_means_anybody_may_call() {
    let open = Authenticator::new(&AuthSettings::default()).unwrap();
    assert_eq!(open.anybody(), Some(Caller::anonymous()));
}
