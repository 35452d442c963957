//! The environment: a wrong value stops the start with one line that says which and why.

use api::config::{Config, Settings};

fn read(name: &str, value: &str) -> Result<Config, String> {
    let (mut settings, value) = (Settings::default(), value.to_owned());
    match name {
        "HAVRE_BIND" => settings.bind = value,
        "HAVRE_DATABASE_URL" => settings.database_url = value,
        "HAVRE_KEYS_URL" => settings.keys_url = Some(value),
        "HAVRE_MASTER_KEY" => settings.master_key = Some(value),
        "HAVRE_MASTER_KEY_FILE" => settings.master_key_file = Some(value.into()),
        "HAVRE_ANCHOR_OUTPUT" => settings.anchor_output = value,
        "HAVRE_LOG" => settings.log = value,
        "HAVRE_POLICY" => settings.policy = Some(value.into()),
        "HAVRE_PUBLIC_URL" => settings.public_url = Some(value),
        "HAVRE_SMTP_URL" => settings.smtp_url = Some(value),
        "HAVRE_REDIS_URL" => settings.redis_url = Some(value),
        "HAVRE_TRUSTED_PROXIES" => settings.trusted_proxies = Some(value),
        "HAVRE_RATE_LIMITS" => settings.rate_limits = value,
        "HAVRE_OIDC_ISSUER" => settings.oidc_issuer = Some(value),
        "HAVRE_OIDC_CLIENT_SECRET_FILE" => {
            settings.oidc_issuer = Some("https://auth.example.org".to_owned());
            settings.oidc_client_id = Some("havre".to_owned());
            settings.oidc_client_secret_file = Some(value.into());
        }
        "HAVRE_PLAIN_HTTP" => settings.plain_http = value,
        "HAVRE_WEBHOOKS_LOOPBACK" => settings.webhooks_loopback = value,
        _ => panic!("{name} is not tried"),
    }
    settings.read().map_err(|error| format!("{error:#}"))
}

#[test]
fn a_wrong_value_is_named_in_one_line() {
    for (name, value, why) in [
        ("HAVRE_BIND", "localhost", "no address with a port"),
        ("HAVRE_BIND", "127.0.0.1:99999", "no address with a port"),
        ("HAVRE_BIND", "", "no address with a port"),
        ("HAVRE_DATABASE_URL", "mysql://x", "starts with `sqlite:` or `postgres://`"),
        ("HAVRE_DATABASE_URL", "/var/lib/havre.sqlite", "starts with"),
        ("HAVRE_DATABASE_URL", "sqlite:", "wants a file path"),
        ("HAVRE_KEYS_URL", "keys.sqlite", "starts with `sqlite:` or `postgres://`"),
        ("HAVRE_MASTER_KEY", "c2VjcmV0", "32 bytes in base64"),
        ("HAVRE_MASTER_KEY_FILE", "/nowhere.key", "/nowhere.key"),
        ("HAVRE_ANCHOR_OUTPUT", "loud", "`loud` is neither `on` nor `off`"),
        ("HAVRE_LOG", "api=loud", "api=loud"),
        ("HAVRE_PUBLIC_URL", "havre.example.org", "does not start with https://"),
        ("HAVRE_PUBLIC_URL", "https://", "does not start with https://"),
        ("HAVRE_SMTP_URL", "pigeon://roof", "it looks like smtps://"),
        ("HAVRE_REDIS_URL", "redis:/host", "it looks like redis://"),
        ("HAVRE_TRUSTED_PROXIES", "proxy.example.org", "`proxy.example.org` is neither an address nor a network"),
        ("HAVRE_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/33"),
        ("HAVRE_TRUSTED_PROXIES", "10.0.0.1;10.0.0.2", "10.0.0.1;10.0.0.2"),
        ("HAVRE_RATE_LIMITS", "none", "`none` is neither `on` nor `off`"),
        ("HAVRE_OIDC_ISSUER", "auth.example.org", "does not start with https://"),
        ("HAVRE_OIDC_ISSUER", "http://auth.example.org", "does not start with https://"),
        ("HAVRE_OIDC_CLIENT_SECRET_FILE", "/nowhere", "/nowhere cannot be read"),
        ("HAVRE_PLAIN_HTTP", "maybe", "`maybe` is neither `yes` nor `no`"),
        ("HAVRE_WEBHOOKS_LOOPBACK", "maybe", "`maybe` is neither `yes` nor `no`"),
    ] {
        let error = read(name, value).unwrap_err();
        assert!(error.starts_with(&format!("{name} is wrong: ")), "{error}");
        assert!(error.contains(why) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_password_is_never_repeated() {
    let error = read("HAVRE_DATABASE_URL", "postgress://havre:secret@host/db").unwrap_err();
    assert!(!error.contains("secret"), "{error}");
    let error = read("HAVRE_SMTP_URL", "pigeon://havre:secret@roof").unwrap_err();
    assert!(!error.contains("secret"), "{error}");
    let error = read("HAVRE_SMTP_URL", "smtps://havre:secret@host").unwrap_err();
    assert!(error.starts_with("HAVRE_MAIL_FROM is missing") && !error.contains("secret"), "{error}");
    for url in ["redis:/secret", "http://:secret@host", "rediss://:secret@host:6379", "redis://:secret@host:port"] {
        let error = read("HAVRE_REDIS_URL", url).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
    for wrong in ["secret", "c2VjcmV0"] {
        let error = read("HAVRE_MASTER_KEY", wrong).unwrap_err();
        assert!(!error.contains(wrong), "{error}");
    }
    const MASTER: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
    assert!(!format!("{:?}", read("HAVRE_MASTER_KEY", MASTER).unwrap()).contains("c2VjcmV0"));
    for (name, url) in
        [("HAVRE_DATABASE_URL", "postgres://havre:secret@host/db"), ("HAVRE_REDIS_URL", "redis://:secret@host:6379/0")]
    {
        let config = read(name, url).unwrap();
        assert!(!format!("{config:?}").contains("secret"), "{name}");
    }
}

#[test]
fn without_any_it_listens_on_loopback_on_a_file() {
    let config = Settings::default().read().unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.policy().unwrap().version(), matcher::Policy::embedded().version());
}

#[test]
fn what_is_set_to_nothing_is_not_set() {
    for name in
        ["HAVRE_POLICY", "HAVRE_PUBLIC_URL", "HAVRE_SMTP_URL", "HAVRE_KEYS_URL", "HAVRE_MASTER_KEY", "HAVRE_MASTER_KEY_FILE"]
    {
        let config = read(name, "").unwrap();
        assert_eq!((config.policy.as_ref(), config.public_url.as_str()), (None, "http://127.0.0.1:8080"), "{name}");
    }
}

#[test]
fn a_wrong_policy_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let config = |path: &std::path::Path| read("HAVRE_POLICY", path.to_str().unwrap()).unwrap();
    let error = format!("{:#}", config(&file).policy().unwrap_err());
    assert!(error.contains("cannot be read"), "{error}");
    let default = include_str!("../matcher/policy/default.toml");
    std::fs::write(&file, default.replace("far_km = 400", "far_km = -1")).unwrap();
    let error = format!("{:#}", config(&file).policy().unwrap_err());
    assert!(error.starts_with("HAVRE_POLICY is wrong: ") && error.contains("limits.far_km"), "{error}");
    std::fs::write(&file, default.replace("2026-11-01", "ours-1")).unwrap();
    assert_eq!(config(&file).policy().unwrap().version(), "ours-1");
}

#[test]
fn a_provider_is_said_whole_or_not_at_all() {
    let all = || Settings {
        oidc_issuer: Some("https://auth.example.org".to_owned()),
        oidc_client_id: Some("havre".to_owned()),
        oidc_client_secret: Some("a secret".to_owned()),
        ..Settings::default()
    };
    let config = all().read().unwrap();
    assert!(config.oidc.is_some() && !format!("{config:?}").contains("a secret"));
    assert!(Settings::default().read().unwrap().oidc.is_none());
    for (without, missing) in [
        (Settings { oidc_issuer: None, ..all() }, "HAVRE_OIDC_ISSUER is missing"),
        (Settings { oidc_client_id: None, ..all() }, "HAVRE_OIDC_CLIENT_ID is missing"),
        (Settings { oidc_client_secret: None, ..all() }, "HAVRE_OIDC_CLIENT_SECRET is missing"),
        (Settings { oidc_client_secret_file: Some("x".into()), ..all() }, "both set"),
    ] {
        let error = format!("{:#}", without.read().unwrap_err());
        assert!(error.contains(missing) && !error.contains("a secret"), "{error}");
    }
    let loopback = Settings { oidc_issuer: Some("http://127.0.0.1:3000".to_owned()), ..all() };
    assert!(loopback.read().is_ok(), "on this machine nobody listens in between");
}

#[test]
fn without_tls_people_are_served_on_this_machine_alone() {
    let served = |bind: &str, url: Option<&str>, plain: &str| {
        let settings = Settings {
            bind: bind.to_owned(),
            public_url: url.map(ToOwned::to_owned),
            plain_http: plain.to_owned(),
            ..Settings::default()
        };
        settings.read().unwrap().may_serve().map_err(|error| format!("{error:#}"))
    };
    for (bind, url) in [
        ("127.0.0.1:8080", None),
        ("[::1]:8080", None),
        ("127.0.0.1:8080", Some("http://localhost:8080")),
        ("127.0.0.1:8080", Some("http://[::1]:8080/havre")),
        ("0.0.0.0:8080", Some("https://havre.example.org")),
    ] {
        assert_eq!(served(bind, url, "no"), Ok(()), "{bind} {url:?}");
    }
    for (bind, url) in [
        ("0.0.0.0:8080", None),
        ("192.0.2.1:8080", None),
        ("127.0.0.1:8080", Some("http://havre.example.org")),
        ("127.0.0.1:8080", Some("http://127.0.0.1.example.org")),
        ("0.0.0.0:8080", Some("http://localhost:8080")),
    ] {
        let error = served(bind, url, "no").unwrap_err();
        assert!(error.starts_with("HAVRE_PUBLIC_URL is wrong: ") && error.contains("HAVRE_PLAIN_HTTP=yes"), "{error}");
        assert_eq!(served(bind, url, "yes"), Ok(()), "{bind} {url:?}");
    }
}

#[test]
fn mails_that_leave_in_the_clear_are_known() {
    let read = |url: &str| {
        let settings =
            Settings { smtp_url: Some(url.to_owned()), mail_from: Some("havre@example.org".to_owned()), ..Settings::default() };
        settings.read().unwrap_or_else(|error| panic!("{url}: {error:#}")).mails_in_the_clear
    };
    for clear in [
        "smtp://mail.example.org",
        "smtp://mail.example.org:25",
        "smtp://u:p@mail.example.org",
        "smtp://mail.example.org?tls=opportunistic",
        "smtp://192.0.2.4:25",
    ] {
        assert!(read(clear), "{clear}");
    }
    for safe in [
        "smtps://mail.example.org",
        "smtp://mail.example.org?tls=required",
        "smtp://127.0.0.1:25",
        "smtp://localhost",
        "smtp://[::1]:25",
    ] {
        assert!(!read(safe), "{safe}");
    }
}
