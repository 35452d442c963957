//! How few clicks and fields it takes, counted: what is promised of each path is a number, and so is what is seen.

use std::cell::{Cell, RefCell};

use api::domain::Role;

use super::day::twelve_homes;
use super::{ASSOCIATION, SIAO, a_link};
use crate::harness::browser::{DESK, PHONE, Screen, Site, View};

/// A screen on which every click is counted, and every field that something is typed into.
struct Counted<'s> {
    screen: &'s Screen,
    clicks: Cell<usize>,
    fields: RefCell<Vec<String>>,
}

impl<'s> Counted<'s> {
    fn on(screen: &'s Screen) -> Self {
        Self { screen, clicks: Cell::new(0), fields: RefCell::default() }
    }

    async fn fill(&self, field: &str, text: &str) {
        self.fields.borrow_mut().push(field.to_owned());
        self.screen.fill(field, text).await;
    }

    /// One field of which one value is chosen.
    async fn choose(&self, field: &str, value: &str) {
        self.fields.borrow_mut().push(field.to_owned());
        self.screen.find(field).await.select_by_value(value).await.unwrap();
    }

    async fn click(&self, css: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.screen.click(css).await;
    }

    async fn submit(&self, css: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.screen.submit(css).await;
    }

    /// Opens the link of a mail: that is a tap.
    async fn open(&self, link: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.screen.go(link).await;
    }

    /// Clicks and fields since the last time.
    fn taken(&self) -> (usize, usize) {
        (self.clicks.take(), self.fields.take().len())
    }
}

/// The cards that show no number one can tap and read without opening anything.
async fn without_a_number(screen: &Screen, cards: &str) -> (usize, Vec<String>) {
    let script = "const cards = [...document.querySelectorAll(arguments[0])]; \
                  const shows = (card) => [...card.querySelectorAll(\"a[href^='tel:']\")].some((one) => one.checkVisibility() && /[0-9]/.test(one.innerText)); \
                  return [cards.length, cards.filter((card) => !shows(card)).map((card) => card.innerText)]";
    let found = screen.client.execute(script, vec![cards.into()]).await.unwrap();
    let without = found[1].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    (usize::try_from(found[0].as_u64().unwrap()).unwrap(), without.collect())
}

#[actix_web::test]
async fn a_referent_s_clicks_are_counted() {
    for view in [DESK, View { scripts: false, ..PHONE }] {
        let site = Site::start();
        let Some(screen) = site.open(view).await else { return };
        twelve_homes(&site);
        screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
        assert_eq!(screen.path().await, "/demande", "the first page is the one where this begins");
        let counted = Counted::on(&screen);

        counted.choose("#p1_who", "female_adult").await;
        counted.fill("#place", "Paris").await;
        counted.fill("#zone", "93").await;
        counted.submit(".actions.main button").await;
        assert!(screen.count(".proposals > li").await > 0);
        assert_eq!(counted.taken(), (1, 3), "a first proposal: one click, three fields");

        counted.submit("button[name=hold]").await;
        counted.click("input[name=information][value=given]").await;
        counted.submit("main form button.strong").await;
        assert!(screen.text(".asked li").await.contains("réservée"), "{}", screen.text(".asked").await);
        let (clicks, fields) = counted.taken();
        assert!(clicks <= 3 && fields == 0, "a held bed: {clicks} clicks, {fields} fields typed again");

        let before = screen.count(".asked li.card").await;
        counted.submit("button[form=ensemble][value=first]").await;
        assert_eq!(screen.count(".asked li.card").await, before + 5);
        let (clicks, fields) = counted.taken();
        assert!(clicks <= 2 && fields == 0, "five places asked: {clicks} clicks, {fields} fields");
        screen.close().await;
    }
}

#[actix_web::test]
async fn the_telephone_that_matters_stands_on_every_card() {
    let site = Site::start();
    let Some(screen) = site.open(DESK).await else { return };
    twelve_homes(&site);
    screen.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    super::fill_in(&screen).await;
    super::store(&screen).await;
    let page = screen.path().await.replace("/places", "");
    let (cards, without) = without_a_number(&screen, "ol.proposals > li").await;
    assert!(cards > 5 && without.is_empty(), "{cards} places, of which without a number: {without:#?}");
    screen.submit("button[form=ensemble][value=first]").await;
    for (path, cards) in [
        (format!("{page}/places"), "ol.proposals > li"),
        (format!("{page}/places"), ".asked li.card"),
        (page, "ul.put > li"),
        ("/orientations".to_owned(), ".referral"),
    ] {
        screen.go(&path).await;
        let (many, without) = without_a_number(&screen, cards).await;
        assert!(many > 0 && without.is_empty(), "{path}: {many} cards, of which without a number: {without:#?}");
    }
    screen.close().await;
}

#[actix_web::test]
async fn an_association_answers_from_the_mail_in_two_taps() {
    let site = Site::start();
    let Some(referent) = site.open(DESK).await else { return };
    referent.sign_in(&site.sign_in_link(SIAO, Role::Referent)).await;
    let link = a_link(&referent, &site).await;
    let phone = site.open(View { scripts: false, ..PHONE }).await.unwrap();
    let counted = Counted::on(&phone);
    counted.open(&link).await;
    counted.submit("form[action$='/oui'] button").await;
    assert_eq!(counted.taken(), (2, 0), "the link, and yes");
    assert!(phone.has("form[action$='/annuler'] button").await, "it is said, and may be taken back");
    referent.go("/orientations").await;
    assert!(referent.text("#a-faire").await.contains("acceptée"), "{}", referent.text("main").await);
    let provider = site.open(DESK).await.unwrap();
    provider.sign_in(&site.sign_in_link(ASSOCIATION, Role::Provider)).await;
    provider.go("/orientations").await;
    assert!(provider.has("#acceptees article.card").await, "and stands on the screens of the association");
    for screen in [referent, phone, provider] {
        screen.close().await;
    }
}
