//! Contacts: whatever way a number is usually written it is understood, and what no server takes is no address.

use api::domain::{Phone, Role};
use serde_json::{Value, json};

use super::pages::Browser;
use crate::harness::bodies::{structure, unit, vacancy, with};
use crate::harness::{Answer, TestApp, on_both};

async fn told(app: &TestApp, contact: Value) -> Answer {
    let path = format!("organisations/{}/contact", app.own(Role::Provider).identity().organisation);
    app.own(Role::Provider).put(&path, "*", &contact).await
}

on_both! {
    async fn a_number_is_understood_however_it_is_written(app: TestApp) {
        for (written, number) in [
            ("01 99 00 12 34", "+33199001234"),
            ("0199001234", "+33199001234"),
            ("01.99.00.12.34", "+33199001234"),
            ("01-99-00-12-34", "+33199001234"),
            ("01/99/00/12/34", "+33199001234"),
            ("01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "+33199001234"),
            ("01\u{202f}99\u{202f}00\u{202f}12\u{202f}34", "+33199001234"),
            ("(01) 99 00 12 34", "+33199001234"),
            (" 01 99 00 12 34 ", "+33199001234"),
            ("+33199001234", "+33199001234"),
            ("+33 1 99 00 12 34", "+33199001234"),
            ("+33 (0)1 99 00 12 34", "+33199001234"),
            ("(+33) 1 99 00 12 34", "+33199001234"),
            ("+33.1.99.00.12.34", "+33199001234"),
            ("00 33 1 99 00 12 34", "+33199001234"),
            ("0033199001234", "+33199001234"),
            // The series that ARCEP keeps for fiction, mobiles among them.
            ("06 39 98 12 34", "+33639981234"),
            ("02 61 91 12 34", "+33261911234"),
            ("07 00 00 12 34", "+33700001234"),
            ("09 70 00 12 34", "+33970001234"),
            ("0 800 05 95 95", "+33800059595"),
            // Overseas, as it is dialled from France and from abroad.
            ("0262 90 00 00", "+262262900000"),
            ("02 62 90 00 00", "+262262900000"),
            ("0692 12 34 56", "+262692123456"),
            ("0269 61 00 00", "+262269610000"),
            ("0639 01 23 45", "+262639012345"),
            ("0590 82 00 00", "+590590820000"),
            ("0690 12 34 56", "+590690123456"),
            ("0594 30 00 00", "+594594300000"),
            ("0694 12 34 56", "+594694123456"),
            ("0596 60 00 00", "+596596600000"),
            ("0696 12 34 56", "+596696123456"),
            ("0508 41 00 00", "+508410000"),
            ("+508 41 00 00", "+508410000"),
            ("+262 262 90 00 00", "+262262900000"),
            ("00 590 590 82 00 00", "+590590820000"),
            ("+262 (0)262 90 00 00", "+262262900000"),
            // With the country code of France, as many write them.
            ("+33 262 90 00 00", "+262262900000"),
            ("+33 6 92 12 34 56", "+262692123456"),
            ("+33262900000", "+262262900000"),
            ("0033 508 41 00 00", "+508410000"),
            // Short ones.
            ("115", "115"),
            ("1 1 5", "115"),
            ("119", "119"),
            ("15", "15"),
            ("39 19", "3919"),
            ("3919", "3919"),
            ("116 006", "116006"),
            // Abroad.
            ("+32 2 518 18 18", "+3225181818"),
            ("+39 06 6982 0000", "+390669820000"),
            ("+44 20 7946 0958", "+442079460958"),
            ("0041 22 327 41 11", "+41223274111"),
        ] {
            let answer = told(&app, json!({"numbers": [{"phone": written}]})).await.expect(200);
            assert_eq!(answer.body["contact"]["numbers"][0]["phone"], number, "{written}");
            // What is stored says the same when it is sent again.
            let again = told(&app, answer.body["contact"].clone()).await.expect(200);
            assert_eq!(again.body["contact"], answer.body["contact"], "{written}");
        }
    }

    async fn what_is_no_number_is_refused(app: TestApp) {
        for wrong in [
            "01 99 00 12", "01 99 00 12 3", "01 99 00 12 34 5", "00 99 00 12 34", "+33 1 99 00 12", "+33 1 99 00 12 34 5", "+999 1 23 45 67", "012345",
            "5", "+", "0", "00", "+33", "1", "01+99001234", "++33199001234", "+33+199001234", "99 99", "0508 41 00 0", "12345678901234567890",
        ] {
            let answer = told(&app, json!({"numbers": [{"phone": "115"}, {"phone": wrong}]})).await;
            if answer.status == 422 {
                assert!(wrong == "+", "{wrong}: {}", answer.text);
                continue;
            }
            let refused = answer.refused(409, "contradiction");
            assert_eq!(refused.body["errors"][0]["pointer"], "/numbers/1/phone", "{wrong}");
        }
        for shape in ["", " ", "call me", "01 99 00 12 34 poste 5", "O1 99 00 12 34", "tel:+33199001234", "01 99 00 12 34\u{200b}", "01\t99"] {
            told(&app, json!({"numbers": [{"phone": shape}]})).await.refused(422, "invalid_body");
        }
    }

    async fn an_address_that_no_server_takes_is_refused(app: TestApp) {
        for right in [
            "accueil@example.org", "o'brien@example.org", "a.b+c@example.org", "x@sub.example.org", "a_b-c@ex-ample.org", "1@2.org",
            "accueil@hébergement.example.org", "a&b@example.org",
        ] {
            let answer = told(&app, json!({"email": right})).await.expect(200);
            assert_eq!(answer.body["contact"]["email"], right);
        }
        for wrong in [
            "a..b@example.org", "moi.@example.org", ".moi@example.org", "a@-x.org", "a@x-.org", "a@x..org", "a@.org", "a@org", "a@localhost",
            "a@example.org.", "a@[127.0.0.1]", "a@127.0.0.1", "a@exa mple.org", "\"a b\"@example.org", "a,b@example.org", "<a@example.org>",
            "a@b@example.org", "a@example.org, b@example.org", "a(b)@example.org",
        ] {
            let answer = told(&app, json!({"email": wrong})).await;
            assert!([409, 422].contains(&answer.status.as_u16()), "{wrong}: {}", answer.text);
            assert_eq!(answer.body["errors"][0]["pointer"], "/email", "{wrong}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        told(&app, json!({"email": long})).await.refused(422, "invalid_body");
    }

    async fn a_home_has_numbers_by_hour(app: TestApp) {
        let numbers = json!([
            {"label": "référente traite", "phone": "01 99 00 12 34", "hours": "Mo-Fr 09:00-18:00"},
            {"label": "astreinte", "phone": "06 39 98 12 34", "hours": "Mo-Fr 18:00-09:00; Sa,Su,PH 00:00-24:00"},
            {"phone": "115"},
        ]);
        let body = with(structure(), json!({"trafficking_contact": {"numbers": numbers}}));
        let made = app.own(Role::Provider).post("structures", &body).await.expect(201);
        let seen = app.own(Role::Provider).get(&format!("structures/{}", made.id())).await.expect(200).body;
        assert_eq!(seen["trafficking_contact"], json!({"email": null, "numbers": [
            {"label": "référente traite", "phone": "+33199001234", "hours": "Mo-Fr 09:00-18:00"},
            {"label": "astreinte", "phone": "+33639981234", "hours": "Mo-Fr 18:00-09:00; Sa,Su,PH 00:00-24:00"},
            {"label": null, "phone": "115", "hours": null},
        ]}));
        let wrong = json!({"numbers": [{"phone": "115", "hours": "when it suits"}, {"phone": "1"}], "email": "a@-x.org"});
        let refused = app.own(Role::Provider).post("structures", &with(structure(), json!({"trafficking_contact": wrong}))).await;
        let refused = refused.refused(409, "contradiction");
        let pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        let below = ["numbers/0/hours", "numbers/1/phone", "email"].map(|field| format!("/trafficking_contact/{field}"));
        assert_eq!(pointers, below);
    }

    async fn a_page_shows_whom_to_call_and_when(app: TestApp) {
        let numbers = json!([
            {"label": "référente traite", "phone": "+33199001234", "hours": "Mo-Fr 09:00-18:00; PH off"},
            {"phone": "0692 12 34 56"},
        ]);
        let home = with(structure(), json!({"town": "agglomération lyonnaise", "trafficking_contact": {"numbers": numbers}}));
        let site = app.site_with(&home, &unit()).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201);
        let mut browser = Browser::signed_in(&app, &app.own(Role::Referent)).await;
        let page = browser.get(&format!("/demandes/{}/places", app.request().await)).await.expect(200).text;
        for shown in [
            "href=\"tel:+33199001234\"", "01\u{a0}99\u{a0}00\u{a0}12\u{a0}34", "référente traite", "lun.-ven. 09:00-18:00; jours fériés fermé",
            "href=\"tel:+262692123456\"", "0692\u{a0}12\u{a0}34\u{a0}56", "agglomération lyonnaise",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
    }
}

#[test]
fn a_number_is_read_as_french_people_read_it() {
    for (written, read) in [
        ("+33199001234", "01 99 00 12 34"),
        ("+33639981234", "06 39 98 12 34"),
        ("+262262900000", "0262 90 00 00"),
        ("+596696123456", "0696 12 34 56"),
        ("+508410000", "0508 41 00 00"),
        ("115", "115"),
        ("3919", "39 19"),
        ("116006", "116 006"),
        ("+3225181818", "+32 2 518 18 18"),
    ] {
        let phone = Phone::try_from(written.to_owned()).unwrap();
        assert_eq!(phone.as_read(), read.replace(' ', "\u{a0}"), "{written}: in one piece");
    }
}
