//! The transport keeps the contract of transports.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "deliveries are for the other tests")]

mod centre;

use std::sync::Arc;

use custom_transport::Smpp;
use parlor::model::{ChannelKind, PointAddress, PointKey};
use parlor_testkit::transport_suite::{NetworkMode, TransportBench, TransportHarness};

use crate::centre::{Centre, LOGIN};

struct Network;

fn kind() -> ChannelKind {
    "smpp".parse().unwrap()
}

#[async_trait::async_trait]
impl TransportHarness for Network {
    async fn open(&self, mode: NetworkMode) -> TransportBench {
        let centre = Centre::start(mode).await;
        let (smpp, line) = Smpp::new(kind(), &centre.address, LOGIN).unwrap();
        tokio::spawn(line.run(|_| async { true }));
        TransportBench { transport: Arc::new(smpp), network: Arc::new(centre) }
    }

    fn from(&self) -> String {
        "+15550001111".to_owned()
    }

    fn contacts(&self) -> [PointKey; 2] {
        ["+14155550100", "72345"].map(|address| PointKey {
            kind: kind(),
            scope: String::new(),
            address: PointAddress::new(address),
        })
    }

    fn takes_tokens(&self) -> bool {
        false
    }

    fn can_be_asked(&self) -> bool {
        false
    }
}

parlor_testkit::transport_conformance!(Network);
