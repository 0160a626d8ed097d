//! `[letters]` of `countersign.toml`: whether letters are written, in whose name, and who takes them along.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use countersign_core::person::Email;
use countersign_mail::letters::{Answers, LetterTexts, Office, primary_language};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::exit::WrongInput;

/// Longest way to object, in characters.
const OBJECT_MAX_CHARS: usize = 500;

/// What `[letters]` says. Without the table no letter is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LettersConfiguration {
    #[serde(deserialize_with = "parsed")]
    from: Email,
    #[serde(deserialize_with = "parsed")]
    name: countersign_mail::compose::Line,
    #[serde(deserialize_with = "way_to_object")]
    object: String,
    /// The language of letters to customers whose form does not tell theirs.
    #[serde(default = "english")]
    pub(crate) language: String,
    #[serde(default = "yes")]
    answers: bool,
    /// The relay; without it letters lie in the outbox until somebody takes them.
    pub(crate) smtp: Option<RelayConfiguration>,
}

/// `[letters.smtp]`: the mail server that takes letters along.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayConfiguration {
    /// Its name; a certificate must be for it.
    pub(crate) host: String,
    port: Option<u16>,
    /// How the connection is kept secret.
    #[serde(default)]
    pub(crate) tls: Secrecy,
    user: Option<String>,
    password_file: Option<PathBuf>,
}

/// How a connection is kept secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Secrecy {
    /// From the second command on (RFC 3207), or not at all: a relay that does not offer it gets no letter.
    #[default]
    StartTls,
    /// From the first byte on (RFC 8314).
    Tls,
    /// Not: on this machine alone.
    None,
}

/// What a relay is asked to believe.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Zeroizing<String>,
}

impl LettersConfiguration {
    /// Who writes.
    pub(crate) fn office(&self) -> Office {
        Office { name: self.name.clone(), from: self.from.clone(), object: self.object.clone() }
    }

    /// Whether submissions are answered.
    pub(crate) fn answers(&self) -> Answers {
        if self.answers { Answers::Written } else { Answers::Kept }
    }
}

impl RelayConfiguration {
    /// The port: where none is said, the usual one (RFC 6409, RFC 8314).
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Secrecy::StartTls => 587,
            Secrecy::Tls => 465,
            Secrecy::None => 25,
        })
    }

    /// Checks that nothing goes over the network in the clear.
    pub(crate) fn check(&self) -> Result<(), WrongInput> {
        let is_here = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.tls == Secrecy::None && !is_here {
            let what = "countersign.toml: letters.smtp.tls may be \"none\" only where the host is localhost: \
                        letters would be read, and changed, on their way";
            return Err(WrongInput(what.to_owned()));
        }
        if self.user.is_some() != self.password_file.is_some() {
            let what = "countersign.toml: letters.smtp has `user` and `password_file`, or neither";
            return Err(WrongInput(what.to_owned()));
        }
        Ok(())
    }

    /// Name and password for the relay, if it wants them; nobody else may be able to read the password's file.
    pub(crate) fn login(&self, home: &Path) -> anyhow::Result<Option<Login>> {
        let (Some(user), Some(file)) = (&self.user, &self.password_file) else { return Ok(None) };
        let file = home.join(file);
        let reading = || format!("cannot read the relay's password {}", file.display());
        let mode = fs::metadata(&file).with_context(reading)?.permissions().mode();
        if mode & 0o077 != 0 {
            let what = format!("{} can be read by other users: chmod 600 {0}", file.display());
            bail!(WrongInput(what));
        }
        let text = fs::read_to_string(&file).map(Zeroizing::new).with_context(reading)?;
        let password = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        Ok(Some(Login { user: user.clone(), password }))
    }
}

/// The words of letters: the provider's, from `letters/` in the home, or ours.
pub(crate) struct Languages {
    folder: PathBuf,
    usual: String,
}

impl Languages {
    pub(crate) fn of(home: &Path, configuration: &LettersConfiguration) -> Self {
        Self { folder: home.join("letters"), usual: configuration.language.clone() }
    }

    /// The words in a language, and which one it is: the wanted one where there are words for it, else the usual one.
    pub(crate) fn texts(&self, wanted: Option<&str>) -> anyhow::Result<(LetterTexts, String)> {
        for tag in wanted.into_iter().chain([self.usual.as_str()]) {
            let language = primary_language(tag);
            if let Some(texts) = self.of_language(&language)? {
                return Ok((texts, language));
            }
        }
        let what = format!(
            "countersign.toml: letters.language is `{}`, and nobody said the words of letters in it: say them in {}",
            self.usual.escape_debug(),
            self.folder.join(format!("{}.toml", primary_language(&self.usual))).display()
        );
        bail!(WrongInput(what))
    }

    fn of_language(&self, language: &str) -> anyhow::Result<Option<LetterTexts>> {
        if language.is_empty() || !language.bytes().all(|it| it.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let file = self.folder.join(format!("{language}.toml"));
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(LetterTexts::in_language(language));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let texts = LetterTexts::parse(&text).map_err(|error| WrongInput(format!("{}: {error}", file.display())))?;
        Ok(Some(texts))
    }
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn way_to_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?.trim().to_owned();
    let is_text = (1..=OBJECT_MAX_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let wrong =
        || serde::de::Error::custom(format!("a way to object has 1 to {OBJECT_MAX_CHARS} characters, on one line"));
    is_text.then_some(text).ok_or_else(wrong)
}

fn english() -> String {
    "en".to_owned()
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "from = \"letters@our.example\"\nname = \"Our Telecom\"\nobject = \"+1 555 010 0100\"\n";

    fn read(text: &str) -> Result<LettersConfiguration, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_is_the_usual() {
        let it = read(LEAST).unwrap();
        assert_eq!((it.language.as_str(), it.answers(), it.smtp.is_none()), ("en", Answers::Written, true));
        assert_eq!(it.office().from.as_str(), "letters@our.example");
        let smtp = read(&format!("{LEAST}[smtp]\nhost = \"relay.our.example\"")).unwrap().smtp.unwrap();
        assert_eq!((smtp.port(), smtp.tls, smtp.check().is_ok()), (587, Secrecy::StartTls, true));
        let smtp = read(&format!("{LEAST}[smtp]\nhost = \"relay.our.example\"\ntls = \"tls\"")).unwrap().smtp.unwrap();
        assert_eq!(smtp.port(), 465);
    }

    #[test]
    fn nobody_writes_without_a_name_and_a_way_to_object() {
        for key in ["from", "name", "object"] {
            let text: String = LEAST.lines().filter(|it| !it.starts_with(key)).map(|it| format!("{it}\n")).collect();
            assert!(read(&text).unwrap_err().contains(&format!("missing field `{key}`")), "{key}");
        }
        for (from, to) in [("letters@our.example", "letters"), ("Our Telecom", "a\\nBcc: x"), ("+1 555 010 0100", " ")]
        {
            assert!(read(&LEAST.replace(from, to)).is_err(), "{to}");
        }
        assert!(read(&format!("{LEAST}colour = \"red\"")).is_err());
    }

    #[test]
    fn nothing_goes_over_the_network_in_the_clear() {
        let check = |host: &str, more: &str| {
            let text = format!("{LEAST}[smtp]\nhost = \"{host}\"\n{more}");
            read(&text).unwrap().smtp.unwrap().check().map_err(|it| it.0)
        };
        assert!(check("localhost", "tls = \"none\"").is_ok() && check("127.0.0.1", "tls = \"none\"").is_ok());
        assert!(check("relay.our.example", "tls = \"none\"").unwrap_err().contains("only where the host is localhost"));
        assert!(check("localhost.our.example", "tls = \"none\"").is_err());
        assert!(check("relay.our.example", "user = \"us\"").unwrap_err().contains("or neither"));
        assert!(check("relay.our.example", "user = \"us\"\npassword_file = \"p\"").is_ok());
    }

    #[test]
    fn the_providers_words_go_before_ours() {
        let home = tempfile::tempdir().unwrap();
        let configuration = read(&format!("{LEAST}language = \"de-AT\"")).unwrap();
        let languages = Languages::of(home.path(), &configuration);
        let of =
            |wanted: Option<&str>| languages.texts(wanted).map(|(_, language)| language).map_err(|it| it.to_string());
        assert_eq!(of(None), Ok("de".to_owned()));
        assert_eq!(of(Some("ja")), Ok("ja".to_owned()));
        assert_eq!(of(Some("cy")), Ok("de".to_owned()));
        assert_eq!(of(Some("../../etc")), Ok("de".to_owned()));
        fs::create_dir(home.path().join("letters")).unwrap();
        fs::write(home.path().join("letters/cy.toml"), "moment = 1").unwrap();
        assert!(of(Some("cy")).unwrap_err().contains("letters/cy.toml: line 1: "), "{:?}", of(Some("cy")));
        let nobody = read(&format!("{LEAST}language = \"cy\"")).unwrap();
        fs::remove_file(home.path().join("letters/cy.toml")).unwrap();
        assert!(Languages::of(home.path(), &nobody).texts(None).is_err_and(|it| it.to_string().contains("cy.toml")));
    }
}
