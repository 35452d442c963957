//! Every limit of the service, with its unit and its reason. Change one here and nowhere else.

use std::num::NonZeroU32;
use std::time::Duration;

/// Bytes of a request body. A whole request with twenty people and fifty zones takes less than 20 KiB.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Wrong fields of a body or wrong parameters that are named at once: for each the body is read once more.
pub const WRONG_FIELDS_MAX: usize = 50;

/// Requests into which a household leaves one, at most: one person stays.
pub const PARTS_MAX: usize = 19;

/// People in one household.
pub const HOUSEHOLD_MAX: usize = 20;

/// Danger zones of one request.
pub const DANGER_ZONES_MAX: usize = 50;

/// Ids in one list of a request (`refused_units`, `refused_structures`).
pub const IDS_MAX: usize = 200;

/// Codes or languages in one list; more than any list of codes holds, so only repetition reaches it.
pub const CODES_MAX: usize = 200;

/// Numbers to call in one contact.
pub const CONTACT_NUMBERS_MAX: usize = 10;

/// The greatest radius of a danger zone in km: the mainland and Corsica reach 1 100 km from end to end, so more is a slip of the keyboard.
pub const ZONE_RADIUS_KM_MAX: f64 = 1_500.0;

/// The first year of a day that may be given.
pub const DAYS_FROM_YEAR: i32 = 2000;

/// Years ahead of a day that may be given.
pub const DAYS_AHEAD_YEARS_MAX: u32 = 5;

/// Months before it is asked for that the first day of a request may have passed.
pub const FIRST_DAY_MONTHS_AGO_MAX: u32 = 12;

/// Vacancies one unit may have that are neither withdrawn nor over.
pub const VACANCIES_PER_UNIT_MAX: usize = 200;

/// Records on a page when the caller names no number.
pub const PAGE_DEFAULT: i64 = 50;

/// Records on a page at most.
pub const PAGE_MAX: i64 = 200;

/// Proposals of a ranking when the caller names no number.
pub const TOP_DEFAULT: usize = 20;

/// Proposals of a ranking at most.
pub const TOP_MAX: usize = 100;

/// Characters of an idempotency key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;

/// How long the outcome of a command is kept for a repeat of it.
pub const IDEMPOTENCY_KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Connections to the database, an instance.
pub const DATABASE_CONNECTIONS: u32 = 16;

/// What a connection to SQLite keeps of the file in memory, in KiB: each has its own, and the machine keeps the file too.
pub const SQLITE_CACHE_KIB: u32 = 640;

/// Connections to the key store, an instance: it is asked seldom, for keys that are not in memory.
pub const KEYS_CONNECTIONS: u32 = 4;

/// How long anyone waits for a connection to the key store.
pub const KEYS_WAIT: Duration = Duration::from_secs(2);

/// How long the key store is believed to be as it last answered: so soon after it went nothing sealed is opened.
pub const KEYS_LOOKED_AT: Duration = Duration::from_secs(1);

/// Keys of requests that an instance keeps in memory: some 100 bytes each, and far more than are worked with in a day.
pub const KEYS_IN_MEMORY: usize = 50_000;

/// How long a request is kept after the last act for its people (design §8).
pub const RETENTION_MONTHS: u32 = 24;

/// How often an instance sweeps what is over: requests after their time, keys that nothing is sealed with.
pub const SWEEP: Duration = Duration::from_hours(24);

/// Records that are sealed anew in one transaction: on SQLite others wait for it.
pub const SEALED_AT_ONCE: i64 = 200;

/// How often both logs are anchored at least (design §6).
pub const ANCHOR_EVERY: Duration = Duration::from_mins(5);

/// Rows behind the last anchor of a log at which the next is laid. Half of the thousand that design §6 allows: as many again may be written
/// between two looks.
pub const ANCHOR_ROWS: i64 = 500;

/// How often it is looked how many rows there are: at most a thousand stand behind the last anchor up to 2 000 rows a second.
pub const ANCHOR_LOOK: Duration = Duration::from_millis(250);

/// How long after an anchor that could not be laid the next try is made.
pub const ANCHOR_AGAIN: Duration = Duration::from_secs(5);

/// Bytes of the end of an anchor file in which the last anchors of before a start are looked for.
pub const ANCHORS_LOOKED_BACK: u64 = 65_536;

/// Records that stand otherwise than the log of commands says which `havre verify` names; it counts all.
pub const DIFFERENCES_NAMED: usize = 50;

/// Keys that are read, written or removed together.
pub const KEYS_AT_ONCE: usize = 500;

/// After how long a key of a request that is not there is swept, and an older key of the deployment: by then every command that made one is
/// over, and every instance knows of the newest.
pub const KEYS_SWEPT_AFTER: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// How long a body may take to arrive: a slow telephone sends the largest in half of that.
pub const BODY_WAIT: Duration = Duration::from_secs(10);

/// Requests that wait for the database at once, in an instance: beyond, others wait a moment for one of them to be done.
pub const DATABASE_WAITERS: usize = 128;

/// How long that moment is.
pub const DATABASE_WAITERS_WAIT: Duration = Duration::from_secs(1);

/// How long anyone waits for a turn to write and a connection, both together.
pub const DATABASE_WAIT: Duration = Duration::from_secs(5);

/// How long anyone waits for a connection at least, however long they waited for their turn.
pub const CONNECTION_WAIT_MIN: Duration = Duration::from_millis(100);

/// How long one statement may run on PostgreSQL, and how long a transaction may pause between two.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an instance waits at its start while another migrates the database.
pub const MIGRATION_WAIT: Duration = Duration::from_mins(30);

/// How long the schema is believed to be as it was last looked at, for readiness.
pub const SCHEMA_LOOKED_AT: Duration = Duration::from_secs(2);

/// How often a write is run at most when the database asks for another try.
pub const WRITE_TRIES: u32 = 5;

/// The longest pause between two tries of a write, in milliseconds.
pub const WRITE_PAUSE_MS_MAX: u64 = 40;

/// Seconds a caller is asked to wait when the database is busy or away.
pub const RETRY_AFTER_S: u32 = 2;

/// How long a stop waits for requests under way, in seconds.
pub const SHUTDOWN_S: u64 = 10;

/// How long a stop waits for what is being done beside requests: a mail, one transaction.
pub const WORK_SHUTDOWN: Duration = Duration::from_secs(25);

/// For how long a stop may be announced before it, in seconds.
pub const STOP_NOTICE_S_MAX: u64 = 300;

/// Events an instance catches up with one by one; further behind all is read anew.
pub const CATCH_UP_MAX: i64 = 2_000;

/// How long an instance lets changes gather before it follows them unasked.
pub const FOLLOW_PAUSE: Duration = Duration::from_millis(50);

/// Answers that go on (`streamEvents`) which an account may have open on an instance: a service with some tools, each on two machines.
pub const STREAMS_PER_ACCOUNT: usize = 8;

/// And all accounts together: each is a connection and less than a page of events.
pub const STREAMS_PER_INSTANCE: usize = 5_000;

/// When whoever had to be refused such an answer may come again, in seconds.
pub const STREAM_RETRY_AFTER_S: u32 = 5;

/// How soon whoever lost such an answer comes back, in milliseconds: told to it at the beginning.
pub const STREAM_RETRY_MS: u32 = 2_000;

/// How often such an answer looks for what nobody has announced: what another instance did while Redis is away, and whether its caller still may.
pub const STREAM_LOOKS_AGAIN: Duration = Duration::from_secs(2);

/// Upper ends of the classes in which the time of answers is counted, in seconds: a hundred milliseconds is what an ordinary one may take.
pub const REQUEST_BUCKETS_S: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The same of rankings: of ten thousand units one takes some 40 µs.
pub const RANKING_BUCKETS_S: [f64; 9] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.025, 0.1];

/// How long what is done gathers before whoever follows events reads it, and up to half of that more, by chance: many commit within a second, and many
/// follow. What comes together is read together, and not by all of them at the same moment.
pub const STREAM_GATHER: Duration = Duration::from_millis(200);

/// The same for pages that keep up, which are many more, and before which nobody counts parts of a second.
pub const MOVES_GATHER: Duration = Duration::from_millis(400);

/// After how long without a word it says that it lives: proxies close what is silent for 30 or 60 seconds.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);

/// How long anyone waits for the answer to the shared question.
pub const QUESTION_WAIT: Duration = Duration::from_secs(5);

/// Rows written in one statement when a registry is loaded.
pub const LOAD_BATCH: usize = 500;

/// Open referrals of one request (design §4).
pub const OPEN_REFERRALS_MAX: usize = 15;

/// Referrals of one request that hold beds before any answer; for an `immediate` one, the number below (design §4).
pub const HOLDS_MAX: u32 = 1;

/// The same for an `immediate` request.
pub const HOLDS_IMMEDIATE_MAX: u32 = 2;

/// Days in which someone must answer; who answers less is taken to answer always, so that no bed is kept for ever.
pub const ANSWERING_HORIZON: u64 = 2 * 366;

/// Days ahead an arrival may be expected at most.
pub const ARRIVAL_DAYS_MAX: i64 = 180;

/// Requests of one plan: more than are open in the whole country at once.
pub const PLAN_REQUESTS_MAX: usize = 5_000;

/// Lines of a plan that one command confirms: each is a hold, and all are in one transaction, which keeps others from writing.
pub const PLAN_LINES_MAX: usize = 500;

/// How long a plan is searched for at most, from when its search begins.
pub const PLAN_TIME: Duration = Duration::from_secs(30);

/// How long a plan of so many requests is searched for at most: three seconds, and a hundredth of one for each.
pub fn plan_time(requests: usize) -> Duration {
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    (Duration::from_secs(3) + Duration::from_millis(10).saturating_mul(requests)).min(PLAN_TIME)
}

/// The requests up to which a plan is small: searched for beside a large one, and there in four seconds.
pub const PLAN_SMALL: usize = 100;

/// Pairings of a household and a vacancy that the search for a plan holds in memory: of each household the best of its share. Some sixty bytes
/// each. With [`PLAN_ROWS`] that is what a plan of any size holds at most, some 80 MB; two are searched for at a time, one in each lane.
pub const PLAN_EDGES: usize = 1_000_000;

/// Rows of a linear program whose inverse is held: 18 MB of them, of at most two at a time. A plan of more is bounded and not proved.
pub const PLAN_ROWS: usize = 1_500;

/// How long whoever asks for a plan waits for it before it is told to come back.
pub const PLAN_PATIENCE: Duration = Duration::from_secs(1);

/// Seconds whoever asks for a plan is told to wait before it looks again.
pub const PLAN_RETRY_AFTER_S: u32 = 1;

/// When a plan that still runs is taken to have failed, after it was asked for: long after its time, so only a server that died is late.
pub const PLAN_GIVEN_UP: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Wrong entries of a list that a refusal names.
pub const WRONG_ENTRIES_NAMED: usize = 20;

/// How often an instance looks for what is overdue, for reminders that are due and for jobs.
pub const TICK: Duration = Duration::from_secs(2);

/// How often an instance writes down the rankings it has counted in memory, and reads those of the others.
pub const TALLY: Duration = Duration::from_secs(10);

/// For how long what another instance has told of its rankings counts, where the database never says that it was written down: three times
/// as long as that takes.
pub const COUNTED_ELSEWHERE_KEPT: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// For how many accounts and organisations such counts are kept; each has its own in every batch.
pub const COUNTED_ELSEWHERE_MAX: usize = 100_000;

/// How far back an instance reads which batches of rankings were written down: longer than anything told of one may be on its way.
pub const BATCHES_READ: chrono::TimeDelta = chrono::TimeDelta::minutes(2);

/// For how long an alert stands on *Comptes*.
pub const ALERTS_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// Alerts that *Comptes* shows, the newest.
pub const ALERTS_SHOWN: i64 = 100;

/// Overdue referrals that one transaction of the background task ends.
pub const OVERDUE_BATCH: i64 = 200;

/// How many jobs of each kind an instance does at once: a kind has threads of its own, and waits for none of another.
#[derive(Debug)]
pub struct JobsAtOnce {
    /// Mails: a server that is slow to answer keeps one of them waiting for as long as [`SMTP_TIMEOUT`].
    pub mail: usize,
    /// What an edit of a unit touches: each is a turn to write.
    pub judging: usize,
    /// Keys of what was erased.
    pub keys: usize,
    /// Alerts, whose mails are jobs of their own.
    pub alert: usize,
}

/// So many.
pub const JOBS_AT_ONCE: JobsAtOnce = JobsAtOnce { mail: 4, judging: 1, keys: 1, alert: 1 };

/// How long a job that was taken is another's to take: one whose instance died is done by another within a minute. While it is done it is
/// renewed.
pub const JOB_LEASE: chrono::TimeDelta = chrono::TimeDelta::seconds(50);

/// How often the jobs under way are renewed.
pub const JOB_RENEWED: Duration = Duration::from_secs(15);

/// How long a job may take. Everything that it may wait for gives up much sooner: one that is not done by then will not be, is left to itself, and
/// is tried again.
pub const JOB_PATIENCE: Duration = Duration::from_mins(10);

/// How often an instance forgets what is old: keys of commands, links, sessions.
pub const FORGET: Duration = Duration::from_secs(30);

/// Webhooks that an organisation has at once.
pub const WEBHOOKS_MAX: i64 = 50;

/// Webhooks that an instance serves at once, each some events after the other, so that one that is slow to answer holds up few.
pub const WEBHOOKS_AT_ONCE: usize = 16;

/// How long after something was done it is looked what webhooks send: what is done together is looked for together.
pub const WEBHOOK_GATHER: Duration = Duration::from_millis(200);

/// Events that are sent to one webhook at once, of different records.
pub const WEBHOOK_SENT_AT_ONCE: usize = 8;

/// Deliveries of a webhook that wait, of which the oldest are looked at; with as many no more are read from the log.
pub const WEBHOOK_WAITING_MAX: i64 = 1_000;

/// How long a webhook that an instance serves is left to it before it is another's to serve. Each round of tries renews it, and takes at most
/// [`WEBHOOK_TIMEOUT`].
pub const WEBHOOK_LEASE: chrono::TimeDelta = chrono::TimeDelta::seconds(50);

/// How far a webhook that wants nothing of what is done may lag behind the log on disk before that is written down.
pub const WEBHOOK_LAG: i64 = 1_000;

/// How long a receiver may take to answer (Standard Webhooks: 15 to 30 s).
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the body of its answer is read, and how much of it.
pub const WEBHOOK_ANSWER_WAIT: Duration = Duration::from_secs(1);

/// Bytes of that body.
pub const WEBHOOK_ANSWER_BYTES: usize = 4 * 1024;

/// How long it may take to learn what a name means.
pub const WEBHOOK_NAME_WAIT: Duration = Duration::from_secs(5);

/// Names that are asked for at once: each keeps a thread for as long as whoever answers for it likes.
pub const WEBHOOK_NAMES_AT_ONCE: usize = 16;

/// The pauses after the first, second … failed try of an event (Standard Webhooks), of which there are ten: three days and three hours.
pub const WEBHOOK_PAUSES: [chrono::TimeDelta; 9] = [
    chrono::TimeDelta::seconds(5),
    chrono::TimeDelta::minutes(5),
    chrono::TimeDelta::minutes(30),
    chrono::TimeDelta::hours(2),
    chrono::TimeDelta::hours(5),
    chrono::TimeDelta::hours(10),
    chrono::TimeDelta::hours(14),
    chrono::TimeDelta::hours(20),
    chrono::TimeDelta::hours(24),
];

/// By how many thousandths of it a pause is longer at most, drawn by chance.
pub const WEBHOOK_SPREAD: i64 = 100;

/// The longest pause that a receiver may ask for.
pub const WEBHOOK_PAUSE_MAX: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// How long nothing is sent to a receiver that asks for less and does not say how long.
pub const WEBHOOK_SLOWED: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// How long after it was seen that a tool may follow nothing it is looked again what waits for it.
pub const WEBHOOK_TOOL_AWAY: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// After how long without one delivery a webhook is disabled: all pauses together are a little more.
pub const WEBHOOK_FAILING_MAX: chrono::TimeDelta = chrono::TimeDelta::hours(75);

/// How long a signing secret goes on signing beside the one that took its place.
pub const WEBHOOK_SECRET_GOES_ON: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Signing secrets of a webhook at most, those that go on included.
pub const WEBHOOK_SECRETS_MAX: usize = 3;

/// For how long the log of deliveries keeps an event that was delivered, given up or withheld.
pub const WEBHOOK_LOG_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// The longest pause before a job that failed is tried again.
pub const JOB_PAUSE_MAX: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// Tries of a job before it is given up and the log says so: about two days.
pub const JOB_TRIES_MAX: i32 = 60;

/// How long a collector of traces may take, and how long a stop waits for the last of them.
pub const TRACES_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an SMTP server may take to answer.
pub const SMTP_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a link in a mail is good at least while its referral stands where it stood; it is good until the deadline otherwise.
pub const LINK_VALID_MIN: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// How long what is kept of a link in a mail outlives it.
pub const LINK_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// How far the clock of whoever writes down when something was done may be ahead of ours.
pub const CLOCKS_APART: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// How long the code is good that a signed-in account reads out to a telephone.
pub const PHONE_CODE_VALID: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// For how long a telephone is remembered (design §8).
pub const PHONE_REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// How old the last use of a remembered telephone may be before it is written again.
pub const PHONE_USE_UNWRITTEN: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// How long the code is good by which two referents link their requests.
pub const KEEP_APART_CODE_VALID: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Links of one request to requests it is kept apart from.
pub const KEEP_APART_LINKS_MAX: usize = 50;

/// Mails kept in memory where none are sent.
pub const OUTBOX_MAX: usize = 1_000;

/// How long someone stays signed in on the pages at most: one long shift and its handing over.
pub const SESSION_VALID: chrono::TimeDelta = chrono::TimeDelta::hours(13);

/// How long a session lasts that nobody uses: a desk that somebody has left.
pub const SESSION_IDLE: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

/// How old the last use of a session may be before it is written again. What is not written counts for nothing: a session that nobody uses
/// ends 25 to 30 minutes after its last use.
pub const SESSION_USE_UNWRITTEN: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Characters of a password at least (OWASP ASVS 5.0, 6.2.1 asks for 8 and recommends 15; 12 with a second factor).
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Characters of a password at most (6.2.9 asks that 64 are taken).
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Passwords that an instance hashes at once, each with 19 MiB on a thread of its own: who tries to sign in cannot eat the machine.
pub const HASHED_AT_ONCE: usize = 2;

/// How long anybody waits for their turn to have a password hashed.
pub const HASHING_WAIT: Duration = Duration::from_secs(5);

/// Codes on paper that an account is given.
pub const RECOVERY_CODES: usize = 10;

/// How long a link is good by which somebody chooses a new password.
pub const PASSWORD_LINK_VALID: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// How long somebody may take at the provider.
pub const PROVIDER_SIGN_IN_VALID: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// How long what the provider says of itself and of its keys is believed without asking again.
pub const PROVIDER_KNOWN: Duration = Duration::from_secs(5 * 60);

/// How long the provider may take to answer.
pub const PROVIDER_TIMEOUT: Duration = Duration::from_secs(5);

/// For how long a browser in which somebody has signed in has tries of its own.
pub const BROWSER_KNOWN: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// For how long a browser keeps the language that was chosen in it.
pub const LANGUAGE_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(365);

/// How often somebody may try: `burst` times at once, and once more after each `interval`.
#[derive(Debug)]
pub struct Tries {
    /// Tries at once.
    pub burst: i32,
    /// After which one is given back.
    pub interval: chrono::TimeDelta,
}

/// Tries to sign in to one account, from wherever: 730 a day at most, of a million codes behind a password of twelve characters. Whoever is
/// kept from a try by those of others waits two minutes after the last of them, in a browser they have signed in with not at all.
pub const TRIES_ACCOUNT: Tries = Tries { burst: 10, interval: chrono::TimeDelta::minutes(2) };

/// Tries to sign in from one address: an office that begins at eight, where some mistype.
pub const TRIES_ADDRESS: Tries = Tries { burst: 30, interval: chrono::TimeDelta::seconds(20) };

/// Mails to one address about a forgotten password.
pub const TRIES_FORGOTTEN: Tries = Tries { burst: 3, interval: chrono::TimeDelta::minutes(20) };

/// Codes that are tried with one link.
pub const TRIES_LINK: Tries = Tries { burst: 5, interval: chrono::TimeDelta::minutes(10) };

/// How long an invitation is good: whoever is on leave finds it on return.
pub const INVITATION_VALID: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// For how long somebody stands in for another: until the shift is over, whichever it is.
pub const REPLACEMENT_VALID: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// For how many days the secret of a tool is good where nothing is said.
pub const SECRET_DAYS_DEFAULT: i64 = 365;

/// For how many days it is good at most.
pub const SECRET_DAYS_MAX: i64 = 730;

/// Secrets of a tool that are good at once: one, and the one that comes in its place.
pub const SECRETS_AT_ONCE: usize = 2;

/// The last use of a secret is written when it is older than that as it is known: a page shows it to the minute, nearly.
pub const SECRET_USE_UNWRITTEN: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// How long a link that signs in is good.
pub const SIGN_IN_LINK_VALID: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Bytes that an answer has room for from the start: those of a ranking with its proposals.
pub const ANSWER_BYTES: usize = 24 * 1024;

/// Bytes of a form that is sent from a page.
pub const FORM_BYTES_MAX: usize = 64 * 1024;

/// Communes that a search gives at most.
pub const COMMUNES_MAX: usize = 20;

/// Days after the end of a referral in which each side still reads who the other was (design §5).
pub const OTHER_SIDE_DAYS: i64 = 30;

/// Proposals of a stored request that come with the contact of who answers; of others it is asked for (design §5).
pub const CONTACTS_SHOWN: usize = 20;

/// Places that are looked at where a regulator moves a referral.
pub const OTHER_PLACES_MAX: usize = 1_000;

/// Hours after the expected arrival in which an address may still be shown.
pub const ADDRESS_HOURS: i64 = 12;

/// Days after which a public number of a door that nobody made sure of since is shown as one that may be wrong: six months.
pub const DOOR_OLD_DAYS: i64 = 183;

/// Places that are asked at once, unless people need a bed today: who asks more may have to say no to more.
pub const WAVE: usize = 5;

/// Places that are asked at once where people need a bed today: as many as may stay open.
pub const WAVE_IMMEDIATE: usize = OPEN_REFERRALS_MAX;

/// Places to verify on the page, beside the proposals.
pub const TO_VERIFY_SHOWN: usize = 10;

/// Places that a page of places counts, puts on its map and leads through.
pub const PLACES_MAX: usize = 10_000;
/// Acts in the history of a request that its page shows, the newest.
pub const HISTORY_SHOWN: i64 = 300;

/// Places that are compared to say what an edit of a request changes.
pub const PROPOSALS_COMPARED: usize = 300;

/// Records of one entry of a log that stand in its line; more are behind a fold.
pub const RECORDS_SHOWN: usize = 5;

/// Colleagues to whom a request is handed over by a button each.
pub const COLLEAGUES_SHOWN: usize = 40;

/// Until which hour of the morning a request is lent for the night, by the clock of its place.
pub const LENT_UNTIL_HOUR: u32 = 9;

/// For how long a request that was closed stands in the list of its service.
pub const CLOSED_SHOWN: chrono::TimeDelta = chrono::TimeDelta::days(14);

/// Proposals on the page.
pub const PROPOSALS_SHOWN: usize = 20;

/// Characters of what is typed of a commune.
pub const COMMUNE_SEARCH_CHARS_MAX: usize = 200;

/// Characters of a place in a form; beyond, nothing is looked for.
pub const PLACE_CHARS_MAX: usize = 200;

/// Characters of a field of zones: fifty names, which are as many zones as a request has.
pub const ZONES_CHARS_MAX: usize = 2_000;

/// How many requests one of a kind may send: as many at once as `burst`, and `per_second` in the long run.
#[derive(Debug)]
pub struct Rate {
    /// What is limited, as the `RateLimit` fields call it.
    pub name: &'static str,
    /// Requests a second that are given back.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl Rate {
    const fn new(name: &'static str, per_second: u32, burst: u32) -> Self {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Self { name, per_second, burst },
            _ => panic!("a limit lets something pass"),
        }
    }

    /// How long until one request is given back.
    pub fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.per_second.get()
    }

    /// Seconds until the whole burst is given back.
    pub fn window_s(&self) -> u32 {
        self.burst.get().div_ceil(self.per_second.get())
    }
}

/// Records of a list that cost as much as one request: a page of 200 costs five.
pub const LIST_COST: u32 = 50;

/// What a ranking costs, in requests.
pub const RANKING_COST: u32 = 2;

/// What is worked out over the whole registry or many records costs, in requests: a plan, an export.
pub const HEAVY_COST: u32 = 10;

/// Requests of one account: a page of the screens takes a handful, a tool that is written with care two or three a second.
pub const RATE_ACCOUNT: Rate = Rate::new("account", 20, 60);

/// Requests of all accounts of one organisation: three at full speed. The burst is as long as an account's, three seconds' worth.
pub const RATE_ORGANISATION: Rate = Rate::new("organisation", 60, 180);

/// Requests of one address without sign-in: to sign in, and to read the API's description. Three seconds' worth, too: an office behind one
/// address signs in at eight in the morning.
pub const RATE_ADDRESS: Rate = Rate::new("address", 5, 15);

/// Requests with one mailed link: it is opened, confirmed, and looked at by every mail filter on its way.
pub const RATE_LINK: Rate = Rate::new("link", 1, 10);

/// What is counted as one address of IPv6: its network of 64 bits, the least that anyone is given.
pub const IPV6_NETWORK: u128 = !0 << 64;

/// Subjects of one limit that an instance keeps before it forgets those whose limit is whole again.
pub const RATE_SUBJECTS_KEPT: usize = 1_024;

/// Paths that no limit is for, and all below those that end with a slash: what watches the service, and files that never change.
pub const UNLIMITED_PATHS: &[&str] = &["/api/v1/health", "/api/v1/readiness", "/static/", "/docs", "/docs/"];

/// What stands before the token of a mailed link.
pub const LINK_PATHS: &[&str] = &["/lien/", "/api/v1/links/"];

/// How long anyone waits for Redis before it is taken to be away: some hundred times what it takes.
pub const REDIS_PATIENCE: Duration = Duration::from_millis(50);

/// Answers of Redis that are late in a row before the log says that it is away.
pub const REDIS_LATE_MAX: u32 = 3;

/// How often an instance looks whether Redis is there: it may have gone while nobody asked it.
pub const REDIS_LOOK: Duration = Duration::from_secs(1);

/// The same while it is away.
pub const REDIS_LOOK_AWAY: Duration = Duration::from_millis(250);

/// How long a connection to Redis may take.
pub const REDIS_CONNECT: Duration = Duration::from_secs(1);

/// The longest pause between two tries to connect to Redis.
pub const REDIS_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long what was sent to Redis may stay unconfirmed by its machine before the connection is given up.
pub const REDIS_SILENT_MAX: Duration = Duration::from_secs(10);

/// Questions to Redis that wait to be sent at once.
pub const REDIS_AT_ONCE: usize = 1_024;

/// Within which a person who could not be informed is asked again.
pub const INFORMATION_DUE: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// Within which it is assessed what is best for a lone minor.
pub const ASSESSMENT_DUE: chrono::TimeDelta = chrono::TimeDelta::hours(72);

/// For how long a request is lent at most: a night, a long weekend.
pub const LENDING_MAX: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// For how long the alias of a closed request is given to no other: people go on speaking of it.
pub const ALIAS_RESTS: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// How many aliases are drawn at once: nearly always the first is free.
pub const ALIASES_DRAWN: usize = 16;

/// How often they are drawn before none is believed to be free.
pub const ALIAS_DRAWS: usize = 32;

/// How many open referrals and stays an edit judges again at once; the rest is left to a job.
pub const REEVALUATED_AT_ONCE: i64 = 20;

/// How many notes a request has.
pub const NOTES_MAX: usize = 200;

/// For how many days a home is marked as new, from the day on which somebody first vouched for it (design §5).
pub const NEW_HOME_DAYS: i64 = 90;

/// How many units that wait to be vouched for are looked at at once, to find those that somebody may vouch for.
pub const VOUCHING_LOOKED_AT: i64 = 200;

/// How many of them *Registre* shows at once: what is decided makes room for the next.
pub const VOUCHING_SHOWN: usize = 20;
