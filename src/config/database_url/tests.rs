use super::*;

/// What must never be told.
const CANARY: &str = "s3cret";

fn refused(url: &str) -> String {
    let why = url.parse::<DatabaseUrl>().unwrap_err();
    assert!(!why.to_lowercase().contains(CANARY), "{url}: {why}");
    why
}

#[test]
fn nothing_but_the_scheme_and_the_path_of_a_file_is_shown() {
    let shown = |url: &str| {
        let url: DatabaseUrl = url.parse().unwrap();
        assert!(!format!("{url:?}{url}").contains(CANARY), "{url}");
        url.to_string()
    };
    for url in [
        "postgres://me:s3cret@db:5432/entitled",
        "postgres://s3cret:s3cret@s3cret/s3cret?sslmode=prefer",
        "postgres://db/e?user=s3cret&password=s3cret&host=s3cret&dbname=s3cret",
        "postgres:///entitled?host=/s3cret",
        "postgres://me:s%33cret%2F%3F%40@db/e",
    ] {
        assert_eq!(shown(url), "postgres://…");
    }
    assert_eq!(shown("postgresql://me@db/e"), "postgresql://…");
    assert_eq!(shown("sqlite:entitled.db"), "sqlite:entitled.db");
    assert_eq!(shown("sqlite:///var/lib/e.db?mode=rwc"), "sqlite:/var/lib/e.db");
}

#[test]
fn what_is_no_url_of_a_database_is_refused_untold() {
    for url in [
        "",
        "sqlite:",
        "sqlite://",
        "sqlite://?mode=rwc",
        "postgres://",
        "mysql://s3cret",
        "POSTGRES://me:s3cret@db/e",
        "s3cret",
        "postgres://me:s/e?c@s3cret@db/e",
        "postgres://me:12/s3cret@db/e",
        "postgres://me:x#s3cret@db/e",
        "postgres://me:1#s3cret@db/e",
        "postgres://me:x@db/e#s3cret",
        "postgres://me:x@db:s3cret/e",
        "postgres://me:x@[s3cret]/e",
        "postgres://me:s3cret%ff@db/e",
        "postgres://me:s3cret%00@db/e",
        "postgres://me:s3cret @db/e",
        "postgres://me:s3cret\n@db/e",
        "sqlite:s3cret%ff",
        "sqlite:s3cret%00",
    ] {
        refused(url);
    }
}

#[test]
fn a_parameter_nobody_knows_is_refused_without_its_value() {
    let postgres = |query: &str| refused(&format!("postgres://me@db/e?{query}"));
    assert!(postgres("sslpassword=s3cret").starts_with("the parameter `sslpassword` of the URL is not taken here"));
    assert!(postgres("PASSWORD=s3cret").contains("is written in small letters: `password`"));
    assert!(postgres("pass%77or=s3cret").ends_with("did you mean `password`?"));
    assert!(postgres("user=me&s3cret").contains("unknown parameter, number 2 behind the `?`"));
    assert!(postgres("pasword=s3cret").ends_with("did you mean `password`?"));
    assert!(postgres("password=s3cret&pass%77ord=s3cret").contains("`password` is twice"));
    assert!(postgres("sslmode=s3cret").contains("`sslmode` of the URL: expected `disable`"));
    assert!(postgres("sslmode=verify-ca").contains("expected `verify-full`"));
    assert!(postgres("sslrootcert=s3cret").contains("goes with `sslmode=verify-full`"));
    assert!(postgres("sslmode=require&sslrootcert=s3cret").contains("goes with `sslmode=verify-full`"));
    assert!(postgres("sslcert=s3cret").contains("go together"));
    assert!(postgres("sslcert=&sslkey=s3cret").contains("the path of a PEM file"));
    assert!(postgres("sslkey=-----BEGIN+PRIVATE+KEY-----s3cret&sslcert=x").contains("the path of a PEM file"));
    assert!(postgres("port=s3cret").contains("`port` of the URL: expected a number"));
    assert!(postgres("hostaddr=s3cret").contains("expected an IP address"));
    assert!(postgres("options=-c%20s3cret").contains("`options` of the URL is not taken here"));
    assert!(postgres("options[s3cret]=s3cret").contains("unknown parameter"));
    assert!(postgres("=s3cret").contains("unknown parameter"));
    assert!("postgres://me@db/e?pass%77ord=s3cret".parse::<DatabaseUrl>().is_ok());
}

#[test]
fn a_file_that_is_not_written_or_not_kept_is_refused() {
    for (url, why) in [
        ("sqlite:e.db?mode=ro", "cannot be read-only"),
        ("sqlite:e.db?mode=memory", "in memory"),
        ("sqlite:e.db?m%6fde=memory", "in memory"),
        ("sqlite:e.db?mode=rw", "expected `rwc`"),
        ("sqlite:e.db?mode=rwc&mode=rwc", "twice"),
        ("sqlite:e.db?MODE=rwc", "small letters: `mode`"),
        ("sqlite:e.db?cache=shared", "expected `private`"),
        ("sqlite:e.db?immutable=1", "expected `false`"),
        ("sqlite:e.db?vfs=memdb", "only the usual one"),
        ("sqlite:e.db?moed=rwc", "did you mean `mode`?"),
        ("sqlite:e.db?key=s3cret", "unknown parameter"),
        ("sqlite::memory:", "in memory"),
        ("sqlite:%3Amemory%3A", "in memory"),
        ("sqlite:file:e.db%3Fmode=memory", "not another URL"),
    ] {
        let told = refused(url);
        assert!(told.contains(why), "{url}: {told}");
    }
    for url in ["sqlite:e.db?mode=rwc&cache=private&immutable=false", "sqlite:my data/e.db", "sqlite:///e#1.db"] {
        assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
    }
}

#[test]
fn a_file_may_have_any_name() {
    let url = DatabaseUrl::of_file(Path::new("/tmp/100% sure?.db")).unwrap();
    assert_eq!(url.expose(), "sqlite:/tmp/100%25 sure%3F.db");
}

#[test]
fn the_files_of_tls_are_those_of_the_parameters() {
    let files = |url: &str| url.parse::<DatabaseUrl>().unwrap().tls_files();
    let url = "postgres://db/e?sslmode=verify-full&sslrootcert=/my%20ca.pem&sslkey=k&sslcert=c";
    let expected = [("sslrootcert", "/my ca.pem"), ("sslkey", "k"), ("sslcert", "c")];
    assert_eq!(files(url), expected.map(|(name, path)| (name, PathBuf::from(path))));
    assert!(files("postgres://db/e?sslmode=require").is_empty() && files("sqlite:e.db").is_empty());
}
