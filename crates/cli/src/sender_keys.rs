//! Where the keys of senders' domains are asked for: the DNS, or a file where there is none.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use countersign_mail::sender::{DnsFailure, SystemDns, TextRecords};

use crate::exit::WrongInput;
use crate::home::{Home, MailConfiguration};

/// Keys of senders' domains.
pub(crate) enum SenderKeys {
    /// By their names.
    Listed(BTreeMap<String, String>),
    /// Asked for when the first is needed: most runs need none.
    Dns { configured: MailConfiguration, dns: OnceLock<Result<Box<SystemDns>, String>> },
}

impl SenderKeys {
    /// As the home's configuration says.
    pub(crate) fn of(home: &Home) -> anyhow::Result<Self> {
        let configured = home.configuration.mail.clone();
        let Some(file) = &configured.dkim_records else {
            return Ok(Self::Dns { configured, dns: OnceLock::new() });
        };
        let path = home.path().join(file);
        let wrong = |what: String| WrongInput(format!("mail.dkim_records, {}: {what}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        let records: BTreeMap<String, String> = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(Self::Listed(records.into_iter().map(|(name, it)| (name.to_ascii_lowercase(), it)).collect()))
    }
}

impl TextRecords for SenderKeys {
    fn text_records(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFailure> {
        match self {
            Self::Listed(records) => {
                let record = records.get(&name.to_ascii_lowercase()).ok_or(DnsFailure::NoRecord)?;
                Ok(vec![record.clone().into_bytes()])
            }
            Self::Dns { configured, dns } => match dns.get_or_init(|| connect(configured)) {
                Ok(dns) => dns.text_records(name),
                Err(why) => Err(DnsFailure::Unavailable(why.clone())),
            },
        }
    }
}

fn connect(configured: &MailConfiguration) -> Result<Box<SystemDns>, String> {
    let patience = Duration::from_secs(configured.dns_timeout_seconds.clamp(1, 60));
    let dns = match configured.name_servers.as_slice() {
        [] => SystemDns::new(patience),
        servers => SystemDns::asking(servers, patience),
    };
    dns.map(Box::new).map_err(|error| error.to_string())
}
