//! TLS to PostgreSQL, on a cluster of its own that speaks it.

use std::path::Path;
use std::process::Command;

use entitled::config::Config;
use sea_orm::ConnectionTrait as _;

use crate::certificates::{Authority, HERE, Pair, write};
use crate::database::connect;
use crate::postgres::{self, Cluster};
use crate::sample::stored;
use crate::server::TestServer;

/// In the data directory of the cluster, which belongs to another user.
fn server_file(name: &str, text: &str) -> String {
    format!("COPY (SELECT regexp_split_to_table('{text}', E'\\n')) TO PROGRAM 'umask 077; cat >{name}'")
}

/// Has the cluster speak TLS with this certificate, and ask for one of `clients` if it is to.
async fn secure(cluster: &Cluster, shown: &Pair, clients: Option<&Authority>) {
    let admin = connect(&format!("{}/postgres", cluster.server_url)).await;
    let mut statements = vec![
        server_file("server.crt", &shown.cert),
        server_file("server.key", &shown.key),
        "ALTER SYSTEM SET ssl = on".to_owned(),
    ];
    if let Some(clients) = clients {
        let access = "local all all trust\nhostssl all all 127.0.0.1/32 trust clientcert=verify-ca";
        statements.extend([
            server_file("clients.crt", &clients.pem),
            "ALTER SYSTEM SET ssl_ca_file = 'clients.crt'".to_owned(),
            server_file("pg_hba.conf", access),
        ]);
    }
    statements.push("SELECT pg_reload_conf()".to_owned());
    for statement in statements {
        admin.execute_unprepared(&statement).await.unwrap();
    }
    admin.close().await.unwrap();
}

/// Settings for this database, with these parameters behind its URL.
fn config(url: &str, directory: &Path, parameters: &str) -> Config {
    let mut config = TestServer::config(directory);
    config.store.database = format!("{url}?{parameters}").parse().unwrap();
    config
}

/// Why this database is not migrated, cause by cause.
async fn refused(config: &Config) -> String {
    let error = entitled::server::migrate(config, true).await.unwrap_err();
    let causes = std::iter::successors(Some(&*error as &dyn std::error::Error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A reload is under way for a moment: until the cluster asks for TLS.
async fn until_secure(config: &Config) {
    let begun = std::time::Instant::now();
    while let Err(error) = entitled::server::migrate(config, false).await {
        assert!(begun.elapsed().as_secs() < 60, "{error}: {:?}", error.source());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_of_the_database_is_verified_by_authority_and_name() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (authority, other) = (Authority::new("authority"), Authority::new("other"));
    let ca = write(directory, "ca.pem", &authority.pem);
    let other = write(directory, "other.pem", &other.pem);
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().await.replace("postgres@", "postgres:c4nary@");
    secure(&cluster, &authority.server(&HERE), None).await;
    let verified = config(&url, directory, &format!("sslmode=verify-full&sslrootcert={}", ca.display()));
    until_secure(&verified).await;

    let server = TestServer::serve(verified, None).await;
    stored(&server, "contoso").await;
    let admin = connect(&url).await;
    let query = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                 WHERE application_name = 'entitled'";
    let statement = sea_orm::Statement::from_string(admin.get_database_backend(), query);
    let row = admin.query_one_raw(statement).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<Option<bool>>(0).unwrap(), Some(true), "every session is encrypted");
    admin.close().await.unwrap();
    server.stop().await;

    // Nobody is verified, and yet it is TLS.
    entitled::server::migrate(&config(&url, directory, "sslmode=require"), true).await.unwrap();

    let of_another = config(&url, directory, &format!("sslmode=verify-full&sslrootcert={}", other.display()));
    let told = refused(&of_another).await;
    assert!(told.contains("neither by the authority of `sslrootcert`"), "{told}");
    let served = entitled::server::serve(of_another.clone(), |_| panic!("it serves"), std::future::pending()).await;
    assert!(served.is_err(), "it is not waited for");
    let told = refused(&config(&url, directory, "sslmode=verify-full")).await;
    assert!(told.contains("nor by a public one"), "{told}");
    for format in ["text", "json"] {
        let mut program = Command::new("timeout");
        program.args([
            "60",
            env!("CARGO_BIN_EXE_entitled"),
            "migrate",
            "--database",
            of_another.store.database.expose(),
        ]);
        let output = program.envs([("ENTITLED_LOG", "trace"), ("ENTITLED_LOG_FORMAT", format)]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(told.contains("no tls connection to the database") && !told.contains("c4nary"), "{told}");
    }

    secure(&cluster, &authority.server(&["db.example"]), None).await;
    let by_name = config(&url, directory, &format!("sslmode=verify-full&sslrootcert={}", ca.display()));
    loop {
        // Until the cluster has read its new certificate.
        let told = match entitled::server::migrate(&by_name, true).await {
            Ok(_) => continue,
            Err(_) => refused(&by_name).await,
        };
        assert!(told.contains("not for the host that the URL names") && !told.contains("127.0.0.1"), "{told}");
        break;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_shown_to_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (authority, clients) = (Authority::new("authority"), Authority::new("clients"));
    let ca = write(directory, "ca.pem", &authority.pem);
    let own = clients.client("entitled");
    let (cert, key) = own.write(directory);
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().await;
    secure(&cluster, &authority.server(&HERE), Some(&clients)).await;
    let verify = format!("sslmode=verify-full&sslrootcert={}", ca.display());
    let shown = format!("{verify}&sslcert={}&sslkey={}", cert.display(), key.display());
    until_secure(&config(&url, directory, &shown)).await;
    let told = refused(&config(&url, directory, &verify)).await;
    assert!(told.contains("SQLSTATE 28000"), "{told}");
}

#[tokio::test]
async fn a_database_without_tls_and_files_that_are_not_there_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let url = postgres::database().await;
    let told = refused(&config(&url, directory.path(), "sslmode=require")).await;
    assert!(told.contains("the server speaks none"), "{told}");
    let lacking = config(&url, directory.path(), "sslmode=verify-full&sslrootcert=/no/such/ca.pem");
    let told = refused(&lacking).await;
    assert!(told.contains("`sslrootcert` of the database's URL: /no/such/ca.pem: No such file"), "{told}");
    let served = entitled::server::serve(lacking, |_| panic!("it serves"), std::future::pending()).await;
    assert!(served.unwrap_err().to_string().contains("/no/such/ca.pem"));
}
