//! Whoever receives webhooks: a server on this machine that remembers what came and answers as a test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use standardwebhooks::Webhook;

/// A message that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub timestamp: i64,
    pub signatures: Vec<String>,
    pub text: String,
    pub body: Value,
}

impl Received {
    pub fn position(&self) -> i64 {
        self.body["data"]["position"].as_i64().unwrap()
    }

    pub fn record(&self) -> &str {
        self.body["data"]["record_id"].as_str().unwrap()
    }

    /// Whether one of its signatures is made with this secret; at whatever time by the clock of the test.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let made = Webhook::new(secret).unwrap().sign(&self.id, self.timestamp, self.text.as_bytes()).unwrap();
        self.signatures.contains(&made)
    }
}

/// What is answered: the whole of it, from the status line on. Nothing: the connection stays as it is, without a word.
type Answer = Box<dyn FnMut(&Received) -> String + Send>;

struct Inner {
    received: Vec<Received>,
    answer: Answer,
}

/// A receiver. It listens as long as the test process lives.
#[derive(Clone)]
pub struct Receiver {
    pub port: u16,
    inner: Arc<Mutex<Inner>>,
}

/// Answers that wait until this is dropped: what is done before is done while a try is under way. Meanwhile the receiver says
/// nothing else either.
pub struct Held {
    came: mpsc::Receiver<()>,
    _answer: mpsc::Sender<()>,
}

impl Held {
    /// Waits until a message has come.
    pub async fn came(&self) {
        for _ in 0..3_000 {
            if self.came.try_recv().is_ok() {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no message came");
    }
}

/// An answer of this status, with more headers where they are given.
pub fn status(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n{headers}\r\n")
}

impl Receiver {
    /// One that takes all.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Answer = Box::new(|_| status(204, ""));
        let inner = Arc::new(Mutex::new(Inner { received: Vec::new(), answer }));
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inner = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(stream, &inner)));
            }
        });
        Self { port, inner }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/havre", self.port)
    }

    /// From now on it answers so.
    pub fn answers(&self, answer: impl FnMut(&Received) -> String + Send + 'static) {
        self.inner.lock().unwrap().answer = Box::new(answer);
    }

    /// From now on it answers so when it is let to.
    pub fn holds(&self, mut answer: impl FnMut(&Received) -> String + Send + 'static) -> Held {
        let ((comes, came), (let_go, held)) = (mpsc::channel(), mpsc::channel::<()>());
        self.answers(move |message| {
            _ = comes.send(());
            // Nothing is ever said: it is heard that nobody is there any more.
            _ = held.recv();
            answer(message)
        });
        Held { came, _answer: let_go }
    }

    /// What has come since this was last asked.
    pub fn took(&self) -> Vec<Received> {
        std::mem::take(&mut self.inner.lock().unwrap().received)
    }

    /// Waits until so much has come.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        for _ in 0..600 {
            if self.inner.lock().unwrap().received.len() >= count {
                return self.took();
            }
            actix_web::rt::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{count} were to come, there are {:#?}", self.took());
    }
}

fn serve(stream: TcpStream, inner: &Mutex<Inner>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream.try_clone()?), stream);
    loop {
        let (mut headers, mut line) = (Vec::new(), String::new());
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        loop {
            line.clear();
            lines.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let header = |name: &str| headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        lines.read_exact(&mut body)?;
        let text = String::from_utf8(body).unwrap();
        let received = Received {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp").parse().unwrap(),
            signatures: header("webhook-signature").split(' ').map(ToOwned::to_owned).collect(),
            body: serde_json::from_str(&text).unwrap(),
            text,
        };
        assert_eq!(header("content-type"), "application/json");
        let answer = {
            let mut inner = inner.lock().unwrap();
            let answer = (inner.answer)(&received);
            inner.received.push(received);
            answer
        };
        if answer.is_empty() {
            std::thread::sleep(Duration::from_secs(60));
            return Ok(());
        }
        out.write_all(answer.as_bytes())?;
    }
}

/// Whoever takes one message and answers in its own way: where it is, and what comes of that.
pub fn answering<T: Send + 'static>(answer: impl FnOnce(TcpStream) -> T + Send + 'static) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/havre", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let head = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        assert!(head.count() > 1);
        answer(stream)
    });
    (url, answering)
}

/// Says nothing, until nobody listens any more.
pub fn until_gone(mut stream: TcpStream) {
    while stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
}

/// What has come of it, once it has; whoever listens to it goes on meanwhile.
pub async fn ended<T: Send + 'static>(answering: JoinHandle<T>) -> T {
    actix_web::web::block(move || answering.join().unwrap()).await.unwrap()
}
