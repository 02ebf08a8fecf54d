//! An address that leads to one database and, after a failover, to another: as a virtual IP, a Service of Kubernetes or
//! a name in DNS does.

use std::future::pending;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::postgres::Cluster;

pub(crate) struct VirtualAddress {
    /// `127.0.0.1:PORT`
    address: String,
    /// Where connections lead; none: what is sent is lost, as if the host were gone.
    target: watch::Sender<Option<String>>,
}

impl VirtualAddress {
    pub(crate) async fn of(cluster: &Cluster) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let target = watch::Sender::new(Some(place(cluster)));
        let places = target.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, places.subscribe()));
            }
        });
        Self { address, target }
    }

    /// A database's URL, by way of this address.
    pub(crate) fn url(&self, database: &str) -> String {
        let (user, rest) = database.split_once('@').unwrap();
        format!("{user}@{}/{}", self.address, rest.split_once('/').unwrap().1)
    }

    /// Cuts all connections that do not lead there; new ones do.
    pub(crate) fn lead_to(&self, cluster: &Cluster) {
        self.target.send_replace(Some(place(cluster)));
    }

    /// Connections stay open, and nothing is heard of them any more; new ones wait.
    pub(crate) fn lose(&self) {
        self.target.send_replace(None);
    }
}

fn place(cluster: &Cluster) -> String {
    cluster.server_url.split_once('@').unwrap().1.to_owned()
}

async fn forward(mut client: TcpStream, mut target: watch::Receiver<Option<String>>) {
    let place = target.wait_for(Option::is_some).await.ok().and_then(|place| place.clone());
    let Some(place) = place else { return };
    // Of a killed database nothing answers; its client is told by the end of the connection.
    let Ok(mut server) = TcpStream::connect(place).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = target.changed() => {}
    }
    if target.borrow().is_none() {
        pending().await
    }
}
