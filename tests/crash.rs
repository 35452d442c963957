//! A server that dies between commit and reply: the same command sent again has one effect and the same answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use api::domain::Role;
use serde_json::{Value, json};

use crate::harness::{TestApp, keys, on_both};

/// `havre serve` on the test's database; killed when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(app: &TestApp) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_havre"))
            .arg("serve")
            .env_clear()
            .env("HAVRE_DATABASE_URL", app.url())
            .envs([keys::environment(app.url())])
            .env("HAVRE_BIND", "127.0.0.1:0")
            .env("HAVRE_LOG", "info")
            .env("HAVRE_RATE_LIMITS", "off")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = said.find(|line| line.contains("listening")).unwrap();
        // Nobody reads on: a server must not stumble over its own log.
        drop(said);
        let at = line.find("127.0.0.1:").unwrap();
        let address = line[at..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        Self { process, address }
    }

    /// Sends a command and leaves the reply unread.
    fn send(&self, app: &TestApp, path: &str, key: &str, body: &Value) -> TcpStream {
        let (token, body) = (app.own(Role::Referent).token().to_owned(), body.to_string());
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST /api/v1/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// SIGKILL: nothing is cleaned up, nothing is flushed.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn reply(mut stream: TcpStream) -> (u16, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap())
}

on_both! {
    async fn a_command_whose_reply_was_lost_is_not_done_twice(app: TestApp) {
        let vacancy = app.vacancy(5).await;
        for round in 1..=3 {
            let request = app.request().await;
            let (path, body) = (format!("requests/{request}/referrals"), json!({"vacancy_id": vacancy, "hold": true}));
            let server = Server::start(&app);
            let events = app.count("SELECT position AS n FROM event_head");
            let unread = server.send(&app, &path, &request, &body);
            // As soon as it is committed the server is gone, whatever it was about to say.
            while app.count("SELECT position AS n FROM event_head") == events {
                std::thread::yield_now();
            }
            server.kill();
            drop(unread);
            let server = Server::start(&app);
            let (status, first) = reply(server.send(&app, &path, &request, &body));
            assert_eq!((status, &first["state"], &first["held"]), (201, &json!("asked"), &json!(true)), "{first}");
            let (status, again) = reply(server.send(&app, &path, &request, &body));
            assert_eq!((status, &again), (201, &first));
            server.kill();
            assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), round);
            assert_eq!(app.count("SELECT count(*) AS n FROM events WHERE command = 'createReferral'"), round);
            assert_eq!(app.beds(&vacancy).await, (5, u64::try_from(round).unwrap()));
        }
        app.ignore_mails();
    }

    async fn sent_twice_at_once_it_is_done_once(app: TestApp) {
        let vacancy = app.vacancy(5).await;
        let request = app.request().await;
        let server = Server::start(&app);
        let (path, body) = (format!("requests/{request}/referrals"), json!({"vacancy_id": vacancy, "hold": true}));
        let streams: Vec<_> = (0..8).map(|_| server.send(&app, &path, "at-once", &body)).collect();
        let replies: Vec<_> = streams.into_iter().map(reply).collect();
        assert!(replies.iter().all(|reply| *reply == replies[0] && reply.0 == 201), "{replies:?}");
        assert_eq!(app.count("SELECT count(*) AS n FROM referrals"), 1);
        assert_eq!(app.beds(&vacancy).await, (5, 1));
        app.ignore_mails();
    }
}
