//! The DNS, as this machine is configured to ask it. The only door to the network in this crate.

use std::io;
use std::time::Duration;

use mail_auth::hickory_resolver::config::ResolverOpts;
use mail_auth::hickory_resolver::proto::rr::{Name, RData};
use mail_auth::hickory_resolver::{Resolver, TokioResolver};
use tokio::runtime::{Builder, Runtime};

use super::key::{DnsFailure, TextRecords};

/// Asks the name servers of this machine. Answers are kept as long as the domains allow.
pub struct SystemDns {
    resolver: TokioResolver,
    /// One thread, the caller's: questions are asked one after the other.
    runtime: Runtime,
}

impl SystemDns {
    /// Reads the machine's configuration. `timeout` is how long one name server is waited for; each is asked twice.
    ///
    /// # Errors
    /// Where the configuration cannot be read.
    pub fn new(timeout: Duration) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let builder = Resolver::builder_tokio().map_err(io::Error::other)?;
        let mut options = ResolverOpts::default();
        (options.timeout, options.attempts) = (timeout, 2);
        let resolver = builder.with_options(options).build().map_err(io::Error::other)?;
        Ok(Self { resolver, runtime })
    }
}

impl TextRecords for SystemDns {
    fn text_records(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        // A name that the DNS cannot hold is at no domain. The dot at its end keeps search lists away from it.
        let name = Name::from_ascii(format!("{name}.")).map_err(|_| DnsFailure::NoRecord)?;
        let lookup = self.runtime.block_on(self.resolver.txt_lookup(name)).map_err(|error| {
            let is_none = error.is_nx_domain() || error.is_no_records_found();
            if is_none { DnsFailure::NoRecord } else { DnsFailure::Unavailable(error.to_string()) }
        })?;
        let texts = lookup.answers().iter().filter_map(|it| match &it.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        Ok(texts.collect())
    }
}
