use std::sync::Mutex as Lock;
use std::sync::atomic::AtomicUsize;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::*;

/// An issuer that answers as it is told to.
struct Issuer {
    url: String,
    script: Arc<Script>,
}

struct Script {
    /// The whole response to a request for keys.
    answer: Lock<String>,
    discovery: Lock<String>,
    fetches: AtomicUsize,
    /// One for each answer that may be given.
    permits: Semaphore,
}

impl Issuer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Script {
            answer: Lock::default(),
            discovery: Lock::new(ok(&json!({"issuer": url, "jwks_uri": format!("{url}/keys")}).to_string())),
            fetches: AtomicUsize::new(0),
            permits: Semaphore::new(1_000_000),
        });
        let issuer = Self { url, script: Arc::clone(&script) };
        issuer.keys(&["one"]);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&script)));
            }
        });
        issuer
    }

    fn answers(&self, answer: String) {
        *self.script.answer.lock().unwrap() = answer;
    }

    fn keys(&self, ids: &[&str]) {
        self.answers(ok(&keys(ids)));
    }

    fn fetches(&self) -> usize {
        self.script.fetches.load(Ordering::SeqCst)
    }

    fn jwks(&self, change: impl FnOnce(&mut Times)) -> Arc<Jwks> {
        let settings = OidcSettings { issuer: Some(self.url.clone()), ..OidcSettings::default() };
        let mut times = Times::new(&settings);
        change(&mut times);
        Jwks::new(Source::new(&self.url, &settings).unwrap(), times)
    }
}

fn keys(ids: &[&str]) -> String {
    let key = |id: &&str| {
        json!({
            "kty": "EC", "crv": "P-256", "kid": id,
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    };
    json!({ "keys": ids.iter().map(key).collect::<Vec<Value>>() }).to_string()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn answer(mut stream: TcpStream, script: Arc<Script>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    let answer = if request.starts_with(b"GET /keys ") {
        script.fetches.fetch_add(1, Ordering::SeqCst);
        script.permits.acquire().await.unwrap().forget();
        script.answer.lock().unwrap().clone()
    } else {
        assert!(request.starts_with(b"GET /.well-known/openid-configuration "));
        script.discovery.lock().unwrap().clone()
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn ids(keys: Option<&Arc<KeySet>>) -> Vec<String> {
    keys.map(|keys| keys.keys.iter().filter_map(|key| key.id.clone()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_key_that_is_new_is_there_after_one_fetch() {
    let issuer = Issuer::start().await;
    let jwks = issuer.jwks(|times| times.cooldown = Duration::ZERO);
    let first = jwks.refreshed().await.unwrap();
    assert_eq!(ids(Some(&first)), ["one"]);
    issuer.keys(&["one", "two"]);
    let second = jwks.refreshed().await.unwrap();
    assert_eq!((ids(Some(&second)), issuer.fetches()), (vec!["one".to_owned(), "two".to_owned()], 2));
    assert_ne!(second.generation, first.generation);
    assert_eq!(jwks.refreshed().await.unwrap().generation, second.generation, "the same keys are the same generation");
    assert!(second.find(Some("two")).is_some() && second.find(Some("three")).is_none());
    assert!(second.find(None).is_none() && first.find(None).is_some(), "only a key alone needs no id");
}

#[tokio::test]
async fn a_thousand_made_up_keys_make_one_fetch() {
    let issuer = Issuer::start().await;
    let jwks = issuer.jwks(|times| times.cooldown = Duration::from_secs(3_600));
    let all = (0..1_000).map(|_| jwks.refreshed());
    let keys = futures_util::future::join_all(all).await;
    assert!(keys.iter().all(|keys| ids(keys.as_ref()) == ["one"]));
    assert_eq!(issuer.fetches(), 1);
    issuer.keys(&["two"]);
    assert_eq!(ids(jwks.refreshed().await.as_ref()), ["one"], "within the cooldown nothing is fetched");
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_fetch_with_it() {
    let issuer = Issuer::start().await;
    let jwks = issuer.jwks(|times| times.cooldown = Duration::from_secs(3_600));
    issuer.script.permits.forget_permits(usize::MAX);
    let caller = tokio::spawn({
        let jwks = Arc::clone(&jwks);
        async move { jwks.refreshed().await.is_some() }
    });
    while issuer.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.is_err());
    issuer.script.permits.add_permits(1);
    while jwks.usable().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn while_the_issuer_is_away_known_keys_count_for_a_time() {
    let issuer = Issuer::start().await;
    for (max_age, is_open) in [(Duration::from_secs(3_600), true), (Duration::ZERO, false)] {
        issuer.keys(&["one"]);
        let jwks = issuer.jwks(|times| (times.cooldown, times.max_age) = (Duration::ZERO, max_age));
        jwks.refreshed().await;
        issuer.answers("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned());
        assert_eq!(jwks.refreshed().await.is_some(), is_open);
        assert_eq!(jwks.usable().is_some(), is_open);
        assert_eq!(jwks.fetches(), (1, 1));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_of_the_issuer_or_too_large_is_not_taken() {
    let issuer = Issuer::start().await;
    let large = format!("{{\"keys\": [], \"x\": \"{}\"}}", "x".repeat(2 << 20));
    let elsewhere = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}/keys\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        issuer.url
    );
    let broken =
        [ok(&large), ok("{}"), ok("not json"), ok(&keys(&[])), elsewhere, String::new(), "HTTP/1.1 200 OK".into()];
    for answer in broken {
        issuer.answers(answer.clone());
        let jwks = issuer.jwks(|_| {});
        assert!(jwks.refreshed().await.is_none(), "{}", &answer[..answer.len().min(80)]);
    }
    issuer.keys(&["one"]);
    assert!(issuer.jwks(|_| {}).refreshed().await.is_some());
    let url = &issuer.url;
    for discovery in [
        json!({"issuer": format!("{url}/"), "jwks_uri": format!("{url}/keys")}),
        json!({"issuer": "https://other.example", "jwks_uri": format!("{url}/keys")}),
        json!({"issuer": url, "jwks_uri": "http://other.example/keys"}),
        json!({"issuer": url, "jwks_uri": "file:///etc/passwd"}),
        json!({"issuer": url}),
    ] {
        *issuer.script.discovery.lock().unwrap() = ok(&discovery.to_string());
        assert!(issuer.jwks(|_| {}).refreshed().await.is_none(), "{discovery}");
    }
}

#[tokio::test]
async fn keys_of_a_file_are_read_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), keys(&["one"])).unwrap();
    let times = Times { cooldown: Duration::ZERO, ..Times::new(&OidcSettings::default()) };
    let source = Source::File(file.path().to_owned());
    check_file(&source).unwrap();
    let jwks = Jwks::new(source, times);
    assert_eq!(ids(jwks.refreshed().await.as_ref()), ["one"]);
    std::fs::write(file.path(), keys(&["two"])).unwrap();
    assert_eq!(ids(jwks.refreshed().await.as_ref()), ["two"]);
    std::fs::write(file.path(), "{").unwrap();
    assert_eq!(ids(jwks.refreshed().await.as_ref()), ["two"]);
    assert!(check_file(&Source::File(file.path().to_owned())).is_err());
}
