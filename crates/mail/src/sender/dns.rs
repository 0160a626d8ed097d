//! The DNS, as this machine is configured to ask it, or at given servers. The only door to the network in this crate.
//!
//! Whoever can answer in a name server's place can prove any sender. So it should be one on this machine or in this network, and one
//! that checks DNSSEC.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mail_auth::hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::proto::rr::{Name, RData};
use mail_auth::hickory_resolver::{Resolver, ResolverBuilder, TokioResolver};
use tokio::runtime::{Builder, Runtime};

use super::key::{DnsFailure, TextRecords};

/// Asks name servers. Answers are kept as long as the domains allow.
pub struct SystemDns {
    resolver: TokioResolver,
    /// One thread, the caller's: questions are asked one after the other.
    runtime: Runtime,
}

impl SystemDns {
    /// Asks the name servers of this machine's configuration. `timeout` is how long an answer is waited for; each question is
    /// asked twice.
    ///
    /// # Errors
    /// Where the configuration cannot be read.
    pub fn new(timeout: Duration) -> io::Result<Self> {
        Self::of(Resolver::builder_tokio().map_err(io::Error::other)?, timeout)
    }

    /// Asks these name servers.
    ///
    /// # Errors
    /// Where the machine allows no connections.
    pub fn asking(servers: &[SocketAddr], timeout: Duration) -> io::Result<Self> {
        let server = |at: &SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut it| {
                it.port = at.port();
                it
            });
            NameServerConfig::new(at.ip(), true, connections.into())
        };
        let config = ResolverConfig::from_name_servers(servers.iter().map(server).collect());
        Self::of(Resolver::builder_with_config(config, TokioRuntimeProvider::default()), timeout)
    }

    fn of(builder: ResolverBuilder<TokioRuntimeProvider>, timeout: Duration) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
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
            // "No such name" and "nothing of this kind" are answers; everything else (SERVFAIL, REFUSED, silence) is none.
            let is_none = error.is_no_records_found();
            if is_none { DnsFailure::NoRecord } else { DnsFailure::Unavailable(error.to_string()) }
        })?;
        let texts = lookup.answers().iter().filter_map(|it| match &it.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
        Ok(texts.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// A name server on this machine that gives every question the same answer: a response code, and records of strings.
    fn server(code: u8, records: &'static [&'static [&'static str]]) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let at = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut question) {
                let name_end = question.iter().skip(12).position(|it| *it == 0).unwrap() + 13;
                let mut answer = question[..name_end + 4].to_vec();
                answer[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
                for record in records {
                    let data: Vec<u8> =
                        record.iter().flat_map(|it| [&[it.len() as u8], it.as_bytes()].concat()).collect();
                    // The name of the question; TXT, IN, a minute.
                    answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
                    answer.extend(data);
                }
                socket.send_to(&answer, from).unwrap();
            }
        });
        at
    }

    fn ask(at: SocketAddr, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        ask_for(Duration::from_secs(10), at, name)
    }

    fn ask_for(timeout: Duration, at: SocketAddr, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        SystemDns::asking(&[at], timeout).unwrap().text_records(name)
    }

    #[test]
    fn records_are_joined_from_their_strings() {
        let at = server(0, &[&["v=DKIM1; ", "p=abc"], &["other"]]);
        assert_eq!(ask(at, "k1._domainkey.acme.example"), Ok(vec![b"v=DKIM1; p=abc".to_vec(), b"other".to_vec()]));
    }

    #[test]
    fn no_record_is_an_answer_and_an_error_is_none() {
        const NAME: &str = "k1._domainkey.acme.example";
        assert_eq!(ask(server(0, &[]), NAME), Err(DnsFailure::NoRecord));
        assert_eq!(ask(server(3, &[]), NAME), Err(DnsFailure::NoRecord));
        for code in [2, 5] {
            assert!(matches!(ask(server(code, &[]), NAME), Err(DnsFailure::Unavailable(_))), "{code}");
        }
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let answer = ask_for(Duration::from_millis(100), silent.local_addr().unwrap(), NAME);
        assert!(matches!(answer, Err(DnsFailure::Unavailable(_))));
        assert_eq!(ask(silent.local_addr().unwrap(), &"x".repeat(64)), Err(DnsFailure::NoRecord));
    }
}
