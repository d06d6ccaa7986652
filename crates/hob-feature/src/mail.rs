//! The section `[mail]` of `hob.toml`: the server through which features send mail. Which one sends what is theirs; this
//! says only how, so that it is written down once.

use crate::secrets::{Secret, SecretSource};
use crate::{Config, ConfigSection, Problems};

/// `[mail]`. The feature that lists it reports its mistakes.
pub const SECTION: ConfigSection = ConfigSection {
    key: "mail",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# The server through which copies of messages go out by mail, as scripts ask for with the header “Email”. Mail about
# incidents has channels of its own.
#
# [mail]
# host = "smtp.example.org"
# encryption = "starttls"               # also "tls" or "none"
# port = 587                            # default: by the encryption, 587, 465 or 25
# user = "anna@example.org"
# password = { file = "/run/secrets/mail" } # also { env = "MAIL_PASSWORD" }
# from = "Hob <hob@example.org>"
# accept_any_certificate = false        # for a server of your own with a certificate that it signed itself
"#;

/// Whether the way to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Plain text first and then TLS.
    #[default]
    StartTls,
    /// TLS from the first byte on.
    Tls,
    /// None.
    None,
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the way to it is encrypted.
    pub encryption: Encryption,
    /// Who logs in, and where the password is to be found.
    pub login: Option<(String, SecretSource)>,
    /// Who writes: an address, with or without a name.
    pub from: String,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl MailSettings {
    /// Fetches the password, at the time when it is needed.
    ///
    /// # Errors
    /// One sentence that names the file or variable.
    pub fn password(&self) -> Result<Option<Secret>, String> {
        self.login.as_ref().map(|(_, source)| source.resolve()).transpose()
    }
}

/// Reads the section; `None` if it is not there or cannot be used, which is reported.
pub fn read(config: &Config, problems: &Problems) -> Option<MailSettings> {
    let reader = config.section("mail", problems);
    if !reader.is_present() {
        return None;
    }
    let encryption = reader.parsed("encryption", |text| match text {
        "starttls" => Ok(Encryption::StartTls),
        "tls" => Ok(Encryption::Tls),
        "none" => Ok(Encryption::None),
        _ => Err("it must be starttls, tls or none".to_owned()),
    });
    let encryption = encryption.unwrap_or_default();
    let usual = match encryption {
        Encryption::StartTls => 587,
        Encryption::Tls => 465,
        Encryption::None => 25,
    };
    let port = reader.integer("port", 1..=65535).and_then(|port| u16::try_from(port).ok());
    let host = reader.required_text("host", "smtp.example.org");
    let from = reader.required_text("from", "Hob <hob@example.org>");
    let (user, password) = (reader.text("user"), reader.secret("password"));
    if user.is_some() != password.is_some() {
        reader.problem("user", "a user name and a password belong together");
    }
    if from.as_ref().is_some_and(|from| !from.contains('@')) {
        reader.problem("from", "this is no address of mail; write for example \"Hob <hob@example.org>\"");
    }
    let accept_any_certificate = reader.boolean("accept_any_certificate").unwrap_or(false);
    reader.finish();
    Some(MailSettings {
        host: host?,
        port: port.unwrap_or(usual),
        encryption,
        login: user.zip(password),
        from: from.filter(|from| from.contains('@'))?,
        accept_any_certificate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Option<MailSettings>, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let settings = read(&config, &problems);
        (settings, problems.into_sorted().into_iter().map(|problem| problem.setting).collect())
    }

    #[test]
    fn a_server_is_read() {
        let text = "[mail]\nhost = \"m.example\"\nfrom = \"hob@m.example\"\n";
        let (settings, problems) = read_text(text);
        let settings = settings.unwrap();
        assert_eq!((settings.port, settings.login, problems.len()), (587, None, 0));
        let more = format!(
            "{text}encryption = \"tls\"\nuser = \"a\"\npassword = {{ env = \"NO_SUCH_VARIABLE\" }}\n"
        );
        let settings = read_text(&more).0.unwrap();
        assert_eq!((settings.port, settings.encryption), (465, Encryption::Tls));
        assert!(settings.password().unwrap_err().contains("NO_SUCH_VARIABLE"));
        assert_eq!(read_text("").0, None);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, setting) in [
            ("[mail]\nfrom = \"a@b\"\n", "mail.host"),
            ("[mail]\nhost = \"m\"\n", "mail.from"),
            ("[mail]\nhost = \"m\"\nfrom = \"hob\"\n", "mail.from"),
            ("[mail]\nhost = \"m\"\nfrom = \"a@b\"\nuser = \"x\"\n", "mail.user"),
            ("[mail]\nhost = \"m\"\nfrom = \"a@b\"\npassword = \"x\"\n", "mail.password"),
            ("[mail]\nhost = \"m\"\nfrom = \"a@b\"\nencryption = \"ssl\"\n", "mail.encryption"),
            ("[mail]\nhost = \"m\"\nfrom = \"a@b\"\nservr = \"x\"\n", "mail.servr"),
        ] {
            let problems = read_text(text).1;
            assert!(problems.contains(&setting.to_owned()), "{text}: {problems:?}");
        }
    }
}
