//! What stands before an instance and passes everything on but what it lies about.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

/// What is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    /// A vacancy is said to be confirmed, and nobody was told.
    LosesConfirmations,
    /// It is confirmed twice.
    RepeatsConfirmations,
    /// The feed says of each vacancy that it has no beds.
    ForgetsBeds,
    /// Who follows reads another position than there was.
    MistellsEvents,
    /// The list of events is shown to the first who asks for it, and to nobody else.
    HidesTheList,
    /// One kind of question is never answered well.
    Stumbles,
}

pub(super) struct Liar(SocketAddr);

/// A request, read whole.
struct Asked {
    head: String,
    body: Vec<u8>,
}

impl Liar {
    pub(super) fn before(instance: SocketAddr, lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let first = Arc::<OnceLock<String>>::default();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let first = Arc::clone(&first);
                std::thread::spawn(move || drop(answer(client, instance, lie, &first)));
            }
        });
        Self(address)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

/// Answers one request, and closes; `first` is who has asked for the list of events first.
fn answer(mut client: TcpStream, instance: SocketAddr, lie: Lie, first: &OnceLock<String>) -> std::io::Result<()> {
    let asked = read(&client)?;
    let path = asked.head.split(' ').nth(1).unwrap_or_default().to_owned();
    let confirmed = path.strip_prefix("/api/v1/vacancies/").and_then(|rest| rest.strip_suffix("/confirm"));
    match (lie, confirmed) {
        (Lie::LosesConfirmations, Some(id)) => {
            return client.write_all(whole(200, &json!({"id": id}).to_string()).as_bytes());
        }
        (Lie::RepeatsConfirmations, Some(_)) => {
            let other_key = asked.head.replace("idempotency-key: 0", "idempotency-key: 1");
            pass_on(&Asked { head: other_key, body: Vec::new() }, instance)?.read_to_end(&mut Vec::new())?;
        }
        (Lie::Stumbles, _) if path.starts_with("/api/v1/rank?") => {
            return client.write_all(whole(500, &json!({"code": "internal"}).to_string()).as_bytes());
        }
        (Lie::HidesTheList, _) if path.starts_with("/api/v1/events?") => {
            let who = asked.head.lines().find(|line| line.to_lowercase().starts_with("authorization: ")).unwrap_or_default();
            if first.get_or_init(|| who.to_owned()) != who {
                return client.write_all(whole(429, &json!({"code": "rate_limited"}).to_string()).as_bytes());
            }
        }
        _ => {}
    }
    let mut answered = pass_on(&asked, instance)?;
    if lie == Lie::MistellsEvents && path.starts_with("/api/v1/events/stream") {
        return mistell(BufReader::new(answered), client);
    }
    if lie == Lie::ForgetsBeds && path.starts_with("/api/v1/events?") {
        let mut text = String::new();
        answered.read_to_string(&mut text)?;
        return client.write_all(whole(200, &without_beds(text.split_once("\r\n\r\n").unwrap().1)).as_bytes());
    }
    std::io::copy(&mut answered, &mut client).map(drop)
}

fn read(client: &TcpStream) -> std::io::Result<Asked> {
    let (mut client, mut head) = (BufReader::new(client), String::new());
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    Ok(Asked { head, body })
}

fn pass_on(asked: &Asked, instance: SocketAddr) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(instance)?;
    stream.write_all(asked.head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())?;
    stream.write_all(&asked.body)?;
    Ok(stream)
}

fn whole(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The last digit of each position is another.
fn mistell(mut answered: BufReader<TcpStream>, mut client: TcpStream) -> std::io::Result<()> {
    let mut line = Vec::new();
    while answered.read_until(b'\n', &mut line)? > 0 {
        if line.starts_with(b"id: ") {
            let last = line.iter_mut().rfind(|byte| byte.is_ascii_digit()).unwrap();
            *last = if *last == b'9' { b'0' } else { *last + 1 };
        }
        client.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

fn without_beds(page: &str) -> String {
    let mut page: Value = serde_json::from_str(page).unwrap();
    for event in page["items"].as_array_mut().unwrap() {
        if event["record_kind"] == "vacancy" && event["detail"]["beds"].is_number() {
            event["detail"]["beds"] = json!(0);
        }
    }
    page.to_string()
}
